//! What the store keeps: principals, managed policies, and how they hang together.

use std::fmt;

use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

use crate::arn::{AccountId, Arn};
use crate::policy::Document;

/// User, group or role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PrincipalKind {
    /// An IAM user.
    User,
    /// An IAM group: not a principal in AWS's sense (R-EVL-3), but policies attach to it.
    Group,
    /// An IAM role.
    Role,
}

impl PrincipalKind {
    /// Every kind.
    pub const ALL: [PrincipalKind; 3] = [PrincipalKind::User, PrincipalKind::Group, PrincipalKind::Role];

    /// `user`, `group` or `role`, as in ARNs.
    pub fn as_str(self) -> &'static str {
        match self {
            PrincipalKind::User => "user",
            PrincipalKind::Group => "group",
            PrincipalKind::Role => "role",
        }
    }
}

impl fmt::Display for PrincipalKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Row id of a principal's life: a principal that is deleted and made again is another one (R-GRM-29).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PrincipalKey(pub(crate) i64);

/// Row id of a managed policy's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyKey(pub(crate) i64);

/// A user, group or role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Its key in this file.
    pub key: PrincipalKey,
    /// User, group or role.
    pub kind: PrincipalKind,
    /// `aws`, `aws-cn`, …
    pub partition: String,
    /// Its account; `None` where it was made by hand and the file's account is not set.
    pub account: Option<AccountId>,
    /// `/` or `/dev/`.
    pub path: String,
    /// The name without path.
    pub name: String,
    /// `AIDA…`, `AGPA…`, `AROA…`; unknown for what was made by hand.
    pub unique_id: Option<String>,
}

impl Principal {
    /// The order in which principals are listed: by account, kind, path and name.
    pub fn in_order(one: &Principal, other: &Principal) -> std::cmp::Ordering {
        (&one.account, one.kind, &one.path, &one.name).cmp(&(
            &other.account,
            other.kind,
            &other.path,
            &other.name,
        ))
    }

    /// `arn:aws:iam::123456789012:user/dev/alice`; `000000000000` stands for an account that is not set.
    pub fn arn(&self) -> String {
        let Principal { kind, partition, account, path, name, .. } = self;
        format!("arn:{partition}:iam::{}:{kind}{path}{name}", field(account.as_ref()))
    }

    /// Whether it may be of the account of an ARN: while its own is not set, of any.
    pub fn may_be_of(&self, arn: &Arn) -> bool {
        self.partition == arn.partition()
            && self.account.as_ref().is_none_or(|account| account.as_str() == arn.account())
    }

    pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<Principal> {
        Ok(Principal {
            key: row.get("id")?,
            kind: row.get("kind")?,
            partition: row.get("partition")?,
            account: row.get("account")?,
            path: row.get("path")?,
            name: row.get("name")?,
            unique_id: row.get("unique_id")?,
        })
    }
}

/// What to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPrincipal {
    /// User, group or role.
    pub kind: PrincipalKind,
    /// `aws` unless an import says otherwise.
    pub partition: String,
    /// `None`: the file's own account, set or not.
    pub account: Option<AccountId>,
    /// `/` or `/dev/`.
    pub path: String,
    /// The name without path.
    pub name: String,
    /// The unique id, where known.
    pub unique_id: Option<String>,
}

/// A managed policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagedPolicy {
    /// Its key in this file.
    pub key: PolicyKey,
    /// `aws`, `aws-cn`, …
    pub partition: String,
    /// Whose it is.
    pub owner: PolicyOwner,
    /// `/` or `/service-role/`.
    pub path: String,
    /// The name without path.
    pub name: String,
}

impl ManagedPolicy {
    /// `arn:aws:iam::123456789012:policy/dev/deploy`, with `aws` in place of the account for AWS's own.
    pub fn arn(&self) -> String {
        let ManagedPolicy { partition, owner, path, name, .. } = self;
        let account = match owner {
            PolicyOwner::Aws => "aws",
            PolicyOwner::Account(account) => field(account.as_ref()),
        };
        format!("arn:{partition}:iam::{account}:policy{path}{name}")
    }

    pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<ManagedPolicy> {
        let owner: String = row.get("owner")?;
        let owner = if owner == "aws" { PolicyOwner::Aws } else { PolicyOwner::Account(row.get("account")?) };
        Ok(ManagedPolicy {
            key: row.get("id")?,
            partition: row.get("partition")?,
            owner,
            path: row.get("path")?,
            name: row.get("name")?,
        })
    }
}

/// The account field of an ARN.
fn field(account: Option<&AccountId>) -> &str {
    account.map_or(AccountId::UNSET, AccountId::as_str)
}

/// Whose a managed policy is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyOwner {
    /// AWS's own: `aws` in the account field of the ARN.
    Aws,
    /// A customer's; `None` as in [`Principal::account`].
    Account(Option<AccountId>),
}

/// What to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewManagedPolicy {
    /// `aws` unless an import says otherwise.
    pub partition: String,
    /// Whose it is.
    pub owner: PolicyOwner,
    /// `/` or `/service-role/`.
    pub path: String,
    /// The name without path.
    pub name: String,
}

/// One version of a managed policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyVersion {
    /// `1` for `v1`.
    pub number: u32,
    /// Whether it is the one that counts (R-EVL-3).
    pub is_default: bool,
    /// Its document.
    pub document: Document,
}

impl PolicyVersion {
    pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<PolicyVersion> {
        Ok(PolicyVersion {
            number: row.get("number")?,
            is_default: row.get("is_default")?,
            document: Document::new(row.get("text")?),
        })
    }
}

/// How a managed policy is attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AttachmentKind {
    /// As an identity policy.
    Managed,
    /// As the permissions boundary; at most one, never on a group.
    Boundary,
}

impl AttachmentKind {
    /// `managed` or `boundary`.
    pub fn as_str(self) -> &'static str {
        match self {
            AttachmentKind::Managed => "managed",
            AttachmentKind::Boundary => "boundary",
        }
    }
}

/// A policy embedded in one principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InlinePolicy {
    /// Its name, unique within the principal.
    pub name: String,
    /// Its document.
    pub document: Document,
}

impl InlinePolicy {
    pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<InlinePolicy> {
        Ok(InlinePolicy { name: row.get("name")?, document: Document::new(row.get("text")?) })
    }
}

impl FromSql for PrincipalKind {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<PrincipalKind> {
        let text = value.as_str()?;
        PrincipalKind::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(FromSqlError::InvalidType)
    }
}

impl ToSql for PrincipalKind {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.as_str().into())
    }
}

impl ToSql for AttachmentKind {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.as_str().into())
    }
}

impl FromSql for AccountId {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<AccountId> {
        AccountId::parse(value.as_str()?).ok_or(FromSqlError::InvalidType)
    }
}

impl ToSql for AccountId {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.as_str().into())
    }
}

impl FromSql for PrincipalKey {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<PrincipalKey> {
        i64::column_result(value).map(PrincipalKey)
    }
}

impl ToSql for PrincipalKey {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}

impl FromSql for PolicyKey {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<PolicyKey> {
        i64::column_result(value).map(PolicyKey)
    }
}

impl ToSql for PolicyKey {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}
