//! What an import found, as plain values: the state that an account was in.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Warning;
use super::document::{DocumentRef, Documents};
use super::name::{PolicyName, PrincipalName};
use super::organization::OrganizationDump;
use super::resource::ResourceRecord;
use crate::arn::AccountId;
use crate::store::PrincipalKind;

/// Everything that the files of one import say, merged (R-FMT-4).
#[derive(Debug, Default)]
pub struct Estate {
    pub(super) documents: Documents,
    pub(super) principals: Vec<PrincipalRecord>,
    pub(super) policies: Vec<PolicyRecord>,
    pub(super) policy_by_arn: HashMap<String, PolicyRef>,
    pub(super) named: Vec<NamedDocument>,
    pub(super) inline: Vec<NamedInline>,
    /// Users and roles without their policies and groups, as get-user and get-role print them.
    pub(super) shown: Vec<PrincipalRecord>,
    pub(super) coverage: BTreeMap<AccountId, Coverage>,
    pub(super) organization: OrganizationDump,
    /// By ARN.
    pub(super) resources: BTreeMap<String, ResourceRecord>,
    pub(super) warnings: Vec<Warning>,
}

/// Which of [`Estate::policies`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct PolicyRef(pub(super) usize);

/// A user, group or role of a dump.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PrincipalRecord {
    pub(super) kind: PrincipalKind,
    pub(super) arn: String,
    pub(super) name: PrincipalName,
    pub(super) unique_id: Option<String>,
    /// By the key in lower case, because keys compare that way (R-TAG-5): key and value.
    pub(super) tags: BTreeMap<String, (String, String)>,
    /// Names, not ARNs (R-FMT-2).
    pub(super) groups: BTreeSet<String>,
    pub(super) attached: BTreeSet<PolicyRef>,
    pub(super) boundary: Option<PolicyRef>,
    pub(super) inline: BTreeMap<String, DocumentRef>,
    pub(super) trust: Option<DocumentRef>,
}

/// A managed policy that a dump describes, or only refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PolicyRecord {
    pub(super) arn: String,
    pub(super) name: PolicyName,
    /// What is said of it.
    pub(super) described: Described,
    /// The version that counts (R-FMT-6).
    pub(super) default: Option<u32>,
    pub(super) versions: BTreeMap<u32, DocumentRef>,
}

/// How much is said of a managed policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Described {
    /// Somebody refers to it.
    Referred,
    /// Some of its versions, or which is the default one.
    Partly,
    /// All its versions: those that are not listed are gone.
    Fully,
}

/// A document that has a name but no ARN: a file of its own, or the output of get-policy-version (R-FMT-15).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NamedDocument {
    pub(super) file: String,
    pub(super) name: String,
    pub(super) document: DocumentRef,
    /// The number, and whether it is the default version; a bare document has neither.
    pub(super) version: Option<(u32, bool)>,
}

/// The output of get-user-policy, get-group-policy or get-role-policy: the principal has a name but no ARN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NamedInline {
    pub(super) file: String,
    pub(super) kind: PrincipalKind,
    pub(super) principal: String,
    pub(super) name: String,
    pub(super) document: DocumentRef,
}

/// What of one account has been seen, so that what has not been seen can be told to be gone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Coverage {
    /// The kinds of which something was listed: a filtered dump has empty lists (R-FMT-8).
    pub(super) kinds: BTreeSet<PrincipalKind>,
    /// Customer-managed policies were listed.
    pub(super) policies: bool,
    /// The lists of principals were there, be they empty: it is not the output of `aws iam list-policies`.
    pub(super) lists_principals: bool,
    /// Some file of the dump does not end with `IsTruncated: true` (R-FMT-4).
    pub(super) has_end: bool,
    /// The last file that does.
    pub(super) truncated: Option<String>,
}

impl Coverage {
    /// Whether the whole dump was read.
    pub(super) fn is_complete(&self) -> bool {
        self.has_end && self.lists_principals
    }
}

impl Estate {
    /// The policy of that ARN, which is made known by it.
    pub(super) fn policy(&mut self, arn: &str, name: PolicyName) -> PolicyRef {
        if let Some(&known) = self.policy_by_arn.get(arn) {
            return known;
        }
        let policy = PolicyRef(self.policies.len());
        self.policies.push(PolicyRecord {
            arn: arn.to_owned(),
            name,
            described: Described::Referred,
            default: None,
            versions: BTreeMap::new(),
        });
        self.policy_by_arn.insert(arn.to_owned(), policy);
        policy
    }

    /// How many entities there are to apply.
    pub fn len(&self) -> usize {
        let of_account = self.principals.len() + self.shown.len() + self.policies.len();
        let named = self.named.len() + self.inline.len();
        of_account
            + named
            + self.organization.nodes.len()
            + self.organization.policies.len()
            + self.resources.len()
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
