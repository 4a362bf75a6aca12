//! What an ARN of IAM says: whose, which path, which name.

use crate::arn::{AccountId, Arn};
use crate::store::{PolicyOwner, PrincipalKind};

/// The parts of the ARN of a user, group or role (R-FMT-9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PrincipalName {
    pub(super) partition: String,
    pub(super) account: AccountId,
    pub(super) path: String,
    pub(super) name: String,
}

impl PrincipalName {
    /// `None` unless it is the ARN of something of that kind.
    pub(super) fn parse(arn: &str, kind: PrincipalKind) -> Option<PrincipalName> {
        let arn = Arn::parse(arn).filter(|arn| arn.service() == "iam")?;
        let (path, name) = path_and_name(arn.resource(), kind.as_str())?;
        Some(PrincipalName {
            partition: arn.partition().to_owned(),
            account: AccountId::parse(arn.account())?,
            path,
            name,
        })
    }
}

/// The parts of the ARN of a managed policy (R-FMT-9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PolicyName {
    pub(super) partition: String,
    pub(super) owner: PolicyOwner,
    pub(super) path: String,
    pub(super) name: String,
}

impl PolicyName {
    /// `None` unless it is the ARN of a managed policy.
    pub(super) fn parse(arn: &str) -> Option<PolicyName> {
        let arn = Arn::parse(arn).filter(|arn| arn.service() == "iam")?;
        let (path, name) = path_and_name(arn.resource(), "policy")?;
        let owner = match arn.account() {
            "aws" => PolicyOwner::Aws,
            account => PolicyOwner::Account(Some(AccountId::parse(account)?)),
        };
        Some(PolicyName { partition: arn.partition().to_owned(), owner, path, name })
    }

    /// The account that it belongs to; AWS's own belong to none.
    pub(super) fn account(&self) -> Option<&AccountId> {
        match &self.owner {
            PolicyOwner::Aws => None,
            PolicyOwner::Account(account) => account.as_ref(),
        }
    }
}

/// `user/dev/alice` -> `/dev/`, `alice`
fn path_and_name(resource: &str, kind: &str) -> Option<(String, String)> {
    let rest = resource.strip_prefix(kind).filter(|rest| rest.starts_with('/'))?;
    let (path, name) = rest.rsplit_once('/')?;
    (!name.is_empty()).then(|| (format!("{path}/"), name.to_owned()))
}

/// `v3` -> 3
pub(super) fn version_number(id: &str) -> Option<u32> {
    id.strip_prefix('v')?.parse().ok().filter(|&number| number > 0)
}

/// What IAM takes for the name of a policy.
pub(super) fn is_policy_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    (1..=128).contains(&name.len()) && name.chars().all(allowed)
}
