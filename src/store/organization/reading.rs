//! Reading the tree, the policies, and where an account stands.

use std::collections::{HashMap, HashSet};

use rusqlite::{Params, params};

use super::{
    Level, Node, NodeKey, NodeKind, Organization, OrganizationPolicy, OrganizationPolicyKey,
    OrganizationPolicyType, Standing,
};
use crate::arn::AccountId;
use crate::store::snapshot::valid;
use crate::store::{Snapshot, StoreError};

/// Selects nodes `n` with their details. An account that has left its organization has no status there, until it is
/// listed again.
fn select_nodes(joins: &str, condition: &str) -> String {
    let has_left = format!(
        "EXISTS (SELECT 1 FROM organization_placements AS l WHERE l.node_id = n.id AND l.valid_to > d.valid_from AND l.valid_to <= ?1) \
         AND NOT EXISTS (SELECT 1 FROM organization_placements AS h WHERE h.node_id = n.id AND {})",
        valid("h")
    );
    format!(
        "SELECT n.id, n.kind, n.aws_id, d.name, CASE WHEN {has_left} THEN NULL ELSE d.status END AS status \
         FROM organization_nodes AS n {joins} \
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

    /// A node with everything that hangs under it, from the top down.
    pub fn nodes_under(&self, top: NodeKey) -> Result<Vec<Node>, StoreError> {
        let mut left: HashMap<NodeKey, Node> =
            self.nodes(None)?.into_iter().map(|node| (node.key, node)).collect();
        let mut children: HashMap<NodeKey, Vec<NodeKey>> = HashMap::new();
        for (child, parent) in self.all_placements()? {
            children.entry(parent).or_default().push(child);
        }
        let mut found: Vec<Node> = left.remove(&top).into_iter().collect();
        let mut next = 0;
        while let Some(node) = found.get(next) {
            let below = children.remove(&node.key).unwrap_or_default();
            found.extend(below.into_iter().filter_map(|key| left.remove(&key)));
            next += 1;
        }
        Ok(found)
    }

    /// Where an account stands; `None` where it is not stored.
    pub fn standing(&self, account: &AccountId) -> Result<Option<Standing>, StoreError> {
        let Some(node) = self.node_with_id(account.as_str())? else { return Ok(None) };
        let path = self.path_of(&node)?;
        let root = path.first().map(|node| node.key);
        let mut levels = Vec::new();
        for node in path {
            let (scps, rcps) = self
                .policies_of_node(node.key)?
                .into_iter()
                .partition(|policy| policy.policy_type == OrganizationPolicyType::Scp);
            levels.push(Level { node, scps, rcps });
        }
        let is_limited =
            levels.len() > 1 || levels.iter().any(|of| !of.scps.is_empty() || !of.rcps.is_empty());
        let is_listed = node.status.is_some();
        let organizations = self.organizations()?;
        let above = organizations.iter().find(|one| Some(one.root) == root);
        let managed = organizations.iter().find(|one| one.facts.management_account.as_ref() == Some(account));
        let listing = match organizations.as_slice() {
            [only] if is_listed => Some(only),
            _ => None,
        };
        let organization = above.or(managed).or(listing).cloned();
        let is_known_in_part = above.is_none() && (organization.is_some() || is_listed || is_limited);
        Ok(Some(Standing { account: account.clone(), organization, is_known_in_part, levels }))
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
    pub(in crate::store) fn node(&self, key: NodeKey) -> Result<Option<Node>, StoreError> {
        Ok(self.node_list(&select_nodes("", "n.id = ?2"), params![self.at.0, key])?.pop())
    }

    /// An organization policy by its key, likewise.
    pub(in crate::store) fn organization_policy(
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
