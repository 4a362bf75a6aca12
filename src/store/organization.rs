//! Organizations: their trees of nodes, the policies attached to them, and where an account stands (R-EVL-35).
//!
//! ```text
//! organization ── root ── OU dev ── OU web ── account 222222222222
//!                   │                           (its levels: root, dev, web, the account)
//!                   └── account 111111111111, the management account
//! ```

use std::collections::HashSet;
use std::fmt;

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Params, Row, params};

use super::snapshot::valid;
use super::{Snapshot, StoreError};
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
    /// `ACTIVE`, `SUSPENDED`, …, of accounts that were imported (R-FMT-22).
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
    /// Its organization. `None` for an account on its own, and where the way up does not reach a root because a
    /// tree was imported in parts: then there are levels above the account.
    pub organization: Option<Organization>,
    /// From the root, or the highest node known, down to the account.
    pub levels: Vec<Level>,
}

impl Standing {
    /// Whether it is the management account, which no SCP and no RCP limits.
    pub fn is_management_account(&self) -> bool {
        let management = self.organization.as_ref().and_then(|one| one.facts.management_account.as_ref());
        management == Some(&self.account)
    }

    /// `o-x/r-y/ou-a/ou-b/` as `aws:PrincipalOrgPaths` has it (R-FMT-25); `None` where an id is not known.
    pub fn path(&self) -> Option<String> {
        let mut path = format!("{}/", self.organization.as_ref()?.facts.id.as_ref()?);
        for level in self.levels.iter().filter(|level| level.node.kind != NodeKind::Account) {
            path.push_str(level.node.id.as_ref()?);
            path.push('/');
        }
        Some(path)
    }
}

/// Selects nodes `n` with their details.
fn select_nodes(joins: &str, condition: &str) -> String {
    format!(
        "SELECT n.id, n.kind, n.aws_id, d.name, d.status FROM organization_nodes AS n {joins} \
         LEFT JOIN organization_node_details AS d ON d.node_id = n.id AND {} \
         WHERE {} AND {condition} ORDER BY n.kind = 'account', n.kind = 'ou', CASE n.kind WHEN 'account' THEN n.aws_id ELSE d.name END, n.aws_id, n.id",
        valid("d"),
        valid("n")
    )
}

/// Selects organization policies `q` with their contents `c`.
fn select_policies(joins: &str, condition: &str) -> String {
    format!(
        "SELECT q.id, q.type, q.aws_id, q.owner, q.organization_id, c.name, t.text \
         FROM organization_policies AS q {joins} \
         JOIN organization_policy_contents AS c ON c.policy_id = q.id AND {} \
         LEFT JOIN document_texts AS t ON t.sha256 = c.document_text \
         WHERE {} AND {condition} ORDER BY q.type DESC, c.name, q.aws_id, q.id",
        valid("c"),
        valid("q")
    )
}

impl Snapshot<'_> {
    /// Every organization, oldest first.
    pub fn organizations(&self) -> Result<Vec<Organization>, StoreError> {
        let sql = format!("SELECT o.* FROM organizations AS o WHERE {} ORDER BY o.root_id", valid("o"));
        self.list(&sql, [self.at.0], Organization::from_row)
    }

    /// Every root, OU and account, or every one of a kind; roots first, then OUs by name, then accounts by id.
    pub fn nodes(&self, kind: Option<NodeKind>) -> Result<Vec<Node>, StoreError> {
        self.node_list(&select_nodes("", "(?2 IS NULL OR n.kind = ?2)"), params![self.at.0, kind])
    }

    /// The node of that id: `r-…`, `ou-…` or twelve digits.
    pub fn node_with_id(&self, id: &str) -> Result<Option<Node>, StoreError> {
        Ok(self.node_list(&select_nodes("", "n.aws_id = ?2"), params![self.at.0, id])?.pop())
    }

    /// The node above; `None` for a root, and for what hangs nowhere.
    pub fn parent_of(&self, node: NodeKey) -> Result<Option<Node>, StoreError> {
        let joins = format!("JOIN organization_placements AS p ON p.parent_id = n.id AND {}", valid("p"));
        Ok(self.node_list(&select_nodes(&joins, "p.node_id = ?2"), params![self.at.0, node])?.pop())
    }

    /// The nodes right below.
    pub fn children_of(&self, node: NodeKey) -> Result<Vec<Node>, StoreError> {
        let joins = format!("JOIN organization_placements AS p ON p.node_id = n.id AND {}", valid("p"));
        self.node_list(&select_nodes(&joins, "p.parent_id = ?2"), params![self.at.0, node])
    }

    /// From the highest node known down to this one.
    pub fn path_of(&self, node: &Node) -> Result<Vec<Node>, StoreError> {
        let mut path = vec![node.clone()];
        // A file that was tampered with may hold a circle: it must not be walked for ever.
        let mut seen = HashSet::from([node.key]);
        let mut key = node.key;
        while let Some(parent) = self.parent_of(key)?
            && seen.insert(parent.key)
        {
            key = parent.key;
            path.push(parent);
        }
        path.reverse();
        Ok(path)
    }

    /// Where an account stands; `None` where it is not stored.
    pub fn standing(&self, account: &AccountId) -> Result<Option<Standing>, StoreError> {
        let Some(node) = self.node_with_id(account.as_str())? else { return Ok(None) };
        let path = self.path_of(&node)?;
        let root = path.first().map(|node| node.key);
        let organization = self.organizations()?.into_iter().find(|one| Some(one.root) == root);
        let mut levels = Vec::new();
        for node in path {
            let (scps, rcps) = self
                .policies_of_node(node.key)?
                .into_iter()
                .partition(|policy| policy.policy_type == OrganizationPolicyType::Scp);
            levels.push(Level { node, scps, rcps });
        }
        Ok(Some(Standing { account: account.clone(), organization, levels }))
    }

    /// Every service and resource control policy; SCPs first, by name.
    pub fn organization_policies(&self) -> Result<Vec<OrganizationPolicy>, StoreError> {
        self.list(&select_policies("", "true"), [self.at.0], OrganizationPolicy::from_row)
    }

    /// The policies attached to one node itself.
    pub fn policies_of_node(&self, node: NodeKey) -> Result<Vec<OrganizationPolicy>, StoreError> {
        let joins = format!("JOIN organization_attachments AS a ON a.policy_id = q.id AND {}", valid("a"));
        let sql = select_policies(&joins, "a.node_id = ?2");
        self.list(&sql, params![self.at.0, node], OrganizationPolicy::from_row)
    }

    /// The nodes that a policy is attached to.
    pub fn nodes_of_policy(&self, policy: OrganizationPolicyKey) -> Result<Vec<Node>, StoreError> {
        let joins = format!("JOIN organization_attachments AS a ON a.node_id = n.id AND {}", valid("a"));
        self.node_list(&select_nodes(&joins, "a.policy_id = ?2"), params![self.at.0, policy])
    }

    /// Every attachment: node and policy.
    pub fn all_organization_attachments(&self) -> Result<Vec<(NodeKey, OrganizationPolicyKey)>, StoreError> {
        let sql = format!(
            "SELECT a.node_id, a.policy_id FROM organization_attachments AS a WHERE {} ORDER BY a.id",
            valid("a")
        );
        self.list(&sql, [self.at.0], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// Every placement: a node, and the one that it hangs under.
    pub fn all_placements(&self) -> Result<Vec<(NodeKey, NodeKey)>, StoreError> {
        let sql = format!(
            "SELECT p.node_id, p.parent_id FROM organization_placements AS p WHERE {} ORDER BY p.id",
            valid("p")
        );
        self.list(&sql, [self.at.0], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// A node by its key; `None` where it did not live then.
    pub(super) fn node(&self, key: NodeKey) -> Result<Option<Node>, StoreError> {
        Ok(self.node_list(&select_nodes("", "n.id = ?2"), params![self.at.0, key])?.pop())
    }

    /// An organization policy by its key, likewise.
    pub(super) fn organization_policy(
        &self,
        key: OrganizationPolicyKey,
    ) -> Result<Option<OrganizationPolicy>, StoreError> {
        let sql = select_policies("", "q.id = ?2");
        Ok(self.list(&sql, params![self.at.0, key], OrganizationPolicy::from_row)?.pop())
    }

    fn node_list(&self, sql: &str, params: impl Params) -> Result<Vec<Node>, StoreError> {
        self.list(sql, params, Node::from_row)
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
