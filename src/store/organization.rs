//! Organizations: their trees of nodes, the policies attached to them, and where an account stands (R-EVL-35).
//!
//! ```text
//! organization ── root ── OU dev ── OU web ── account 222222222222
//!                   │                           (its levels: root, dev, web, the account)
//!                   └── account 111111111111, the management account
//! ```

mod reading;

use std::fmt;

use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

use crate::arn::AccountId;
use crate::policy::{Document, PolicyType};

/// Root, OU or account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NodeKind {
    /// Where the tree begins: `r-…`.
    Root,
    /// An organizational unit: `ou-…`.
    Ou,
    /// An account: twelve digits.
    Account,
}

impl NodeKind {
    /// Every kind.
    pub const ALL: [NodeKind; 3] = [NodeKind::Root, NodeKind::Ou, NodeKind::Account];

    /// `root`, `ou` or `account`.
    pub fn as_str(self) -> &'static str {
        match self {
            NodeKind::Root => "root",
            NodeKind::Ou => "ou",
            NodeKind::Account => "account",
        }
    }
}

impl fmt::Display for NodeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Row id of a node's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeKey(pub(crate) i64);

/// Row id of an organization policy's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrganizationPolicyKey(pub(crate) i64);

/// A root, OU or account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its key in this file.
    pub key: NodeKey,
    /// Root, OU or account.
    pub kind: NodeKind,
    /// `r-…`, `ou-…` or the account id; roots and OUs made by hand may have none.
    pub id: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// `ACTIVE`, `SUSPENDED`, …, of accounts that their organization listed (R-FMT-22) and that have not left it since.
    pub status: Option<String>,
}

impl Node {
    /// The account that it is; `None` for roots and OUs.
    pub fn account(&self) -> Option<AccountId> {
        match self.kind {
            NodeKind::Account => self.id.as_deref().and_then(AccountId::parse),
            NodeKind::Root | NodeKind::Ou => None,
        }
    }

    fn from_row(row: &Row<'_>) -> rusqlite::Result<Node> {
        Ok(Node {
            key: row.get("id")?,
            kind: row.get("kind")?,
            id: row.get("aws_id")?,
            name: row.get("name")?,
            status: row.get("status")?,
        })
    }
}

/// `root`, `ou/dev`, `account/123456789012`.
impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.kind {
            NodeKind::Root => return f.write_str("root"),
            NodeKind::Ou => self.name.as_ref().or(self.id.as_ref()),
            NodeKind::Account => self.id.as_ref(),
        };
        write!(f, "{}/{}", self.kind, name.map_or("", String::as_str))
    }
}

/// What to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewNode {
    /// Root, OU or account.
    pub kind: NodeKind,
    /// `r-…`, `ou-…` or the account id, where known; an account has one.
    pub id: Option<String>,
    /// Its name, where known.
    pub name: Option<String>,
    /// The status of an account, where known.
    pub status: Option<String>,
}

/// What an organization is for: only with all features do policies count (R-EVL-36).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FeatureSet {
    /// `ALL`.
    All,
    /// `CONSOLIDATED_BILLING`: no SCP and no RCP is in scope.
    ConsolidatedBilling,
}

impl FeatureSet {
    /// Every feature set.
    pub const ALL: [FeatureSet; 2] = [FeatureSet::All, FeatureSet::ConsolidatedBilling];

    /// As AWS writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            FeatureSet::All => "ALL",
            FeatureSet::ConsolidatedBilling => "CONSOLIDATED_BILLING",
        }
    }
}

/// Whether a type of policies is enabled on the root of an organization (R-FMT-27).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TypeStatus {
    /// Policies of the type count.
    Enabled,
    /// They do not count, even if they are attached.
    Disabled,
}

impl TypeStatus {
    /// Both.
    pub const ALL: [TypeStatus; 2] = [TypeStatus::Enabled, TypeStatus::Disabled];

    /// `enabled` or `disabled`.
    pub fn as_str(self) -> &'static str {
        match self {
            TypeStatus::Enabled => "enabled",
            TypeStatus::Disabled => "disabled",
        }
    }
}

/// What is true of an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationFacts {
    /// `o-…`, where known.
    pub id: Option<String>,
    /// The account that no SCP and no RCP touches (R-EVL-36, R-EVL-37), where known.
    pub management_account: Option<AccountId>,
    /// What it is for.
    pub feature_set: FeatureSet,
    /// Whether SCPs are enabled.
    pub scps: TypeStatus,
    /// Whether RCPs are enabled.
    pub rcps: TypeStatus,
}

/// An organization: its root, and what is true of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// The key of its root.
    pub root: NodeKey,
    /// What is true of it.
    pub facts: OrganizationFacts,
}

impl Organization {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Organization> {
        Ok(Organization {
            root: row.get("root_id")?,
            facts: OrganizationFacts {
                id: row.get("organization_id")?,
                management_account: row.get("management_account")?,
                feature_set: row.get("feature_set")?,
                scps: row.get("scps")?,
                rcps: row.get("rcps")?,
            },
        })
    }
}

/// Which of the two sorts of policies of an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OrganizationPolicyType {
    /// A service control policy: limits what principals of member accounts can do.
    Scp,
    /// A resource control policy: limits what can be done to resources of member accounts.
    Rcp,
}

impl OrganizationPolicyType {
    /// Both types.
    pub const ALL: [OrganizationPolicyType; 2] = [OrganizationPolicyType::Scp, OrganizationPolicyType::Rcp];

    /// `scp` or `rcp`.
    pub fn as_str(self) -> &'static str {
        match self {
            OrganizationPolicyType::Scp => "scp",
            OrganizationPolicyType::Rcp => "rcp",
        }
    }

    /// The grammar of its documents.
    pub fn policy_type(self) -> PolicyType {
        match self {
            OrganizationPolicyType::Scp => PolicyType::Scp,
            OrganizationPolicyType::Rcp => PolicyType::Rcp,
        }
    }

    /// `SERVICE_CONTROL_POLICY` or `RESOURCE_CONTROL_POLICY` (R-FMT-21).
    pub fn aws_name(self) -> &'static str {
        match self {
            OrganizationPolicyType::Scp => "SERVICE_CONTROL_POLICY",
            OrganizationPolicyType::Rcp => "RESOURCE_CONTROL_POLICY",
        }
    }
}

impl fmt::Display for OrganizationPolicyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Whose an organization policy is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrganizationPolicyOwner {
    /// AWS's own, such as `FullAWSAccess`: the same in every organization.
    Aws,
    /// A customer's: the id of the organization that it was imported from, `None` where it was made by hand.
    Customer(Option<String>),
}

/// A service or resource control policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationPolicy {
    /// Its key in this file.
    pub key: OrganizationPolicyKey,
    /// SCP or RCP.
    pub policy_type: OrganizationPolicyType,
    /// `p-…`; unknown for what was made by hand.
    pub id: Option<String>,
    /// Whose it is.
    pub owner: OrganizationPolicyOwner,
    /// Its name.
    pub name: String,
    /// Its document; `None` where it was only listed.
    pub document: Option<Document>,
}

impl OrganizationPolicy {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<OrganizationPolicy> {
        let owner: String = row.get("owner")?;
        let owner = if owner == "aws" {
            OrganizationPolicyOwner::Aws
        } else {
            OrganizationPolicyOwner::Customer(row.get("organization_id")?)
        };
        let text: Option<String> = row.get("text")?;
        Ok(OrganizationPolicy {
            key: row.get("id")?,
            policy_type: row.get("type")?,
            id: row.get("aws_id")?,
            owner,
            name: row.get("name")?,
            document: text.map(Document::new),
        })
    }
}

/// `scp/limits`.
impl fmt::Display for OrganizationPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.policy_type, self.name)
    }
}

/// What to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOrganizationPolicy {
    /// SCP or RCP.
    pub policy_type: OrganizationPolicyType,
    /// `p-…`, where known.
    pub id: Option<String>,
    /// Whose it is.
    pub owner: OrganizationPolicyOwner,
    /// Its name.
    pub name: String,
    /// Its document, where known.
    pub document: Option<Document>,
}

impl NewOrganizationPolicy {
    /// AWS's own SCP that allows everything: AWS attaches it to every node where SCPs are enabled.
    pub fn full_aws_access() -> NewOrganizationPolicy {
        NewOrganizationPolicy::allowing_all(
            OrganizationPolicyType::Scp,
            "FullAWSAccess",
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
        )
    }

    /// AWS's own RCP that allows everything (R-GRM-34).
    pub fn rcp_full_aws_access() -> NewOrganizationPolicy {
        NewOrganizationPolicy::allowing_all(
            OrganizationPolicyType::Rcp,
            "RCPFullAWSAccess",
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#,
        )
    }

    /// The one of AWS's own of that id.
    pub fn of_aws(id: &str) -> Option<NewOrganizationPolicy> {
        let all = [NewOrganizationPolicy::full_aws_access(), NewOrganizationPolicy::rcp_full_aws_access()];
        all.into_iter().find(|policy| policy.id.as_deref() == Some(id))
    }

    fn allowing_all(policy_type: OrganizationPolicyType, name: &str, text: &str) -> NewOrganizationPolicy {
        NewOrganizationPolicy {
            policy_type,
            id: Some(format!("p-{name}")),
            owner: OrganizationPolicyOwner::Aws,
            name: name.to_owned(),
            document: Some(Document::new(text.to_owned())),
        }
    }
}

/// One level of what limits an account: the root, an OU on the way, or the account itself (R-EVL-35).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    /// The node.
    pub node: Node,
    /// The SCPs attached to it, by name.
    pub scps: Vec<OrganizationPolicy>,
    /// The RCPs attached to it, by name. `RCPFullAWSAccess` need not be among them (R-EVL-37).
    pub rcps: Vec<OrganizationPolicy>,
}

/// Where an account stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The account.
    pub account: AccountId,
    /// Its organization: that of the root above it, the one that it manages, or the only one where it is listed. `None`
    /// for an account on its own, and where it is not known which it is in.
    pub organization: Option<Organization>,
    /// Whether it is in an organization, and the way up to the root is not known: a tree was imported in parts.
    pub is_known_in_part: bool,
    /// From the root, or the highest node known, down to the account.
    pub levels: Vec<Level>,
}

impl Standing {
    /// Whether it is the management account, which no SCP and no RCP limits.
    pub fn is_management_account(&self) -> bool {
        let management = self.organization.as_ref().and_then(|one| one.facts.management_account.as_ref());
        management == Some(&self.account)
    }

    /// `o-x/r-y/ou-a/ou-b/` as `aws:PrincipalOrgPaths` has it (R-FMT-25); `None` where the way up or an id is not known.
    pub fn path(&self) -> Option<String> {
        let organization = self.organization.as_ref().filter(|_| !self.is_known_in_part)?;
        let mut path = format!("{}/", organization.facts.id.as_ref()?);
        for level in self.levels.iter().filter(|level| level.node.kind != NodeKind::Account) {
            path.push_str(level.node.id.as_ref()?);
            path.push('/');
        }
        Some(path)
    }
}

/// The one of `all` that is written like the column.
fn word<T: Copy>(value: ValueRef<'_>, all: &[T], as_str: impl Fn(T) -> &'static str) -> FromSqlResult<T> {
    let text = value.as_str()?;
    all.iter().copied().find(|&one| as_str(one) == text).ok_or(FromSqlError::InvalidType)
}

impl FromSql for NodeKind {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<NodeKind> {
        word(value, &NodeKind::ALL, NodeKind::as_str)
    }
}

impl FromSql for FeatureSet {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<FeatureSet> {
        word(value, &FeatureSet::ALL, FeatureSet::as_str)
    }
}

impl FromSql for TypeStatus {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<TypeStatus> {
        word(value, &TypeStatus::ALL, TypeStatus::as_str)
    }
}

impl FromSql for OrganizationPolicyType {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<OrganizationPolicyType> {
        word(value, &OrganizationPolicyType::ALL, OrganizationPolicyType::as_str)
    }
}

impl FromSql for NodeKey {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<NodeKey> {
        i64::column_result(value).map(NodeKey)
    }
}

impl FromSql for OrganizationPolicyKey {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<OrganizationPolicyKey> {
        i64::column_result(value).map(OrganizationPolicyKey)
    }
}

impl ToSql for NodeKind {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.as_str().into())
    }
}

impl ToSql for FeatureSet {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.as_str().into())
    }
}

impl ToSql for TypeStatus {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.as_str().into())
    }
}

impl ToSql for OrganizationPolicyType {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.as_str().into())
    }
}

impl ToSql for NodeKey {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}

impl ToSql for OrganizationPolicyKey {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}
