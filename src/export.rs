//! From rows of the store back to AWS's own output formats: the inverse of [`crate::import`].
//!
//! What is written is what `import` reads: an account dump for each account, the tree and the policies of each
//! organization in files named after what they are of, and a list of resources with their policies. Importing it into
//! a new file gives the same state, and into the same file changes nothing. AWS's formats have no place for the
//! history, for what belongs to an account that is not set, and for what has no id of AWS in an organization: what is
//! [`LeftOut`] is told.
//!
//! Documents stand in a dump as AWS's command line prints them, as objects: byte for byte as they were
//! written, but for blank space around them. A text that is no object stands there as a string.
//!
//! No file is opened here: the caller has them. A dump is written as a stream.

mod document;
mod gaad;
mod left_out;
mod organization;
mod resource;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

pub use left_out::LeftOut;

use crate::arn::AccountId;
use crate::store::{
    AttachmentKind, ManagedPolicy, PolicyOwner, Principal, PrincipalKind, Snapshot, StoreError, Whose,
};

/// The file of AWS's own policies that are attached to nobody: no account's dump lists them.
const OF_AWS: &str = "gaad-aws.json";

/// Opens a file of that name, which may have a folder in it.
pub type Open<'a> = dyn FnMut(&str) -> io::Result<Box<dyn Write>> + 'a;

/// Why nothing, or not everything, was written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The database cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file cannot be written.
    #[error("cannot write the export: {0}")]
    Io(#[from] io::Error),
}

impl From<serde_json::Error> for ExportError {
    fn from(error: serde_json::Error) -> ExportError {
        ExportError::Io(error.into())
    }
}

/// How much of each sort was written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts {
    /// Users.
    pub users: usize,
    /// Groups.
    pub groups: usize,
    /// Roles.
    pub roles: usize,
    /// Managed policies, AWS's own once for each account that has them.
    pub policies: usize,
    /// Accounts of organizations.
    pub member_accounts: usize,
    /// OUs.
    pub ous: usize,
    /// Service and resource control policies.
    pub organization_policies: usize,
    /// Resources.
    pub resources: usize,
}

/// One state of a database, on its way out.
#[derive(Debug)]
pub struct Export<'s, 'a> {
    now: &'s Snapshot<'a>,
    accounts: BTreeMap<AccountId, Account>,
    /// AWS's own policies that nobody has.
    of_aws: Vec<ManagedPolicy>,
    counts: Counts,
    left_out: BTreeSet<LeftOut>,
}

/// What is of one account.
#[derive(Debug, Default)]
struct Account {
    principals: Vec<Principal>,
    /// The account's own, by ARN.
    policies: Vec<ManagedPolicy>,
    /// AWS's own that are attached in it, by ARN.
    of_aws: BTreeMap<String, ManagedPolicy>,
}

impl<'s, 'a> Export<'s, 'a> {
    /// Nothing written yet.
    pub fn new(now: &'s Snapshot<'a>) -> Result<Export<'s, 'a>, StoreError> {
        let mut export = Export {
            now,
            accounts: BTreeMap::new(),
            of_aws: Vec::new(),
            counts: Counts::default(),
            left_out: BTreeSet::new(),
        };
        let mut account_of = BTreeMap::new();
        for principal in now.principals(None)? {
            match principal.account.clone() {
                Some(account) => {
                    account_of.insert(principal.key, account.clone());
                    export.accounts.entry(account).or_default().principals.push(principal);
                }
                None => {
                    let what = format!("{}/{}", principal.kind, principal.name);
                    export.left_out.insert(LeftOut::NoAccount { what });
                }
            }
        }
        let mut of_aws = BTreeMap::new();
        for policy in now.managed_policies()? {
            match &policy.owner {
                PolicyOwner::Aws => {
                    of_aws.insert(policy.key, policy);
                }
                PolicyOwner::Account(Some(account)) => {
                    export.accounts.entry(account.clone()).or_default().policies.push(policy);
                }
                PolicyOwner::Account(None) => {
                    let what = format!("policy/{}", policy.name);
                    export.left_out.insert(LeftOut::NoAccount { what });
                }
            }
        }
        let mut attached = BTreeSet::new();
        for row in now.all_attachments(Whose::All)? {
            if let Some(policy) = of_aws.get(&row.policy) {
                attached.insert(row.policy);
                let account = account_of.get(&row.to).and_then(|account| export.accounts.get_mut(account));
                account.map(|account| account.of_aws.insert(policy.arn(), policy.clone()));
            }
        }
        of_aws.retain(|key, _| !attached.contains(key));
        export.of_aws = of_aws.into_values().collect();
        export.of_aws.sort_by_cached_key(ManagedPolicy::arn);
        Ok(export)
    }

    /// The accounts that something belongs to.
    pub fn accounts(&self) -> impl Iterator<Item = &AccountId> {
        self.accounts.keys()
    }

    /// Whether there is more than what the dumps of accounts say.
    pub fn has_more_than_accounts(&self) -> Result<bool, StoreError> {
        let has_organization =
            !self.now.nodes(None)?.is_empty() || !self.now.organization_policies()?.is_empty();
        Ok(has_organization || !self.of_aws.is_empty() || !self.now.resources()?.is_empty())
    }

    /// Writes everything.
    pub fn write(&mut self, open: &mut Open<'_>) -> Result<(), ExportError> {
        let accounts: Vec<AccountId> = self.accounts().cloned().collect();
        for account in accounts {
            let mut file = open(&format!("gaad-{account}.json"))?;
            self.write_account(&account, &mut file)?;
            file.flush()?;
        }
        if !self.of_aws.is_empty() {
            let of_aws = Account { policies: std::mem::take(&mut self.of_aws), ..Account::default() };
            let mut file = open(OF_AWS)?;
            self.write_dump(&of_aws, &mut file)?;
            file.flush()?;
        }
        self.organizations(open)?;
        self.resources(open)
    }

    /// Writes one account as `get-account-authorization-details` prints it; nothing where it is not stored.
    pub fn write_account(&mut self, account: &AccountId, out: &mut dyn Write) -> Result<(), ExportError> {
        let Some(dump) = self.accounts.remove(account) else { return Ok(()) };
        let written = self.write_dump(&dump, out);
        self.accounts.insert(account.clone(), dump);
        written
    }

    /// How much has been written.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// What AWS's formats cannot say.
    pub fn left_out(&self) -> impl Iterator<Item = &LeftOut> {
        self.left_out.iter()
    }

    fn count(&mut self, kind: PrincipalKind) {
        match kind {
            PrincipalKind::User => self.counts.users += 1,
            PrincipalKind::Group => self.counts.groups += 1,
            PrincipalKind::Role => self.counts.roles += 1,
        }
    }

    /// What is attached to a principal in one way. A policy of an account that is not set has no ARN.
    fn attached(&self, to: &Principal, kind: AttachmentKind) -> Result<Vec<ManagedPolicy>, StoreError> {
        let mut attached = self.now.attached(to.key, kind)?;
        attached.retain(|policy| policy.owner != PolicyOwner::Account(None));
        Ok(attached)
    }
}
