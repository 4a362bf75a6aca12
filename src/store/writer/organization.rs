//! The tree of an organization, and the policies attached to it.

use rusqlite::params;

use super::Writer;
use crate::policy::Document;
use crate::store::{
    NewNode, NewOrganizationPolicy, Node, NodeKey, NodeKind, Organization, OrganizationFacts,
    OrganizationPolicy, OrganizationPolicyKey, OrganizationPolicyOwner, StoreError,
};

impl Writer<'_> {
    /// Makes a root, OU or account that hangs nowhere yet, unless one of that id is there.
    pub fn create_node(&mut self, new: &NewNode) -> Result<Node, StoreError> {
        let NewNode { kind, id, name, status } = new.clone();
        if let Some(id) = &id
            && self.node_with_id(id)?.is_some()
        {
            return Err(StoreError::Exists { what: id.clone() });
        }
        let key = NodeKey(self.open("organization_nodes", "kind, aws_id", params![kind, id])?);
        self.put_node_details(key, name.as_deref(), status.as_deref())?;
        Ok(Node { key, kind, id, name, status })
    }

    /// Says a node's name and status; `false` where both are so already.
    pub fn put_node_details(
        &mut self,
        of: NodeKey,
        name: Option<&str>,
        status: Option<&str>,
    ) -> Result<bool, StoreError> {
        let node = self.standing_node(of)?;
        if node.name.as_deref() == name && node.status.as_deref() == status {
            return Ok(false);
        }
        self.close_all("organization_node_details", "node_id", of.0)?;
        if name.is_some() || status.is_some() {
            self.open("organization_node_details", "node_id, name, status", params![of, name, status])?;
        }
        Ok(true)
    }

    /// Hangs a node under a root or OU, wherever it hung before; `false` where it hangs there already.
    ///
    /// Refused where it would make a circle, or put a root or something under an account.
    pub fn place(&mut self, node: NodeKey, parent: NodeKey) -> Result<bool, StoreError> {
        let (child, above) = (self.standing_node(node)?, self.standing_node(parent)?);
        if child.kind == NodeKind::Root {
            return Err(StoreError::WrongKind { rule: "a root hangs under nothing" });
        }
        if above.kind == NodeKind::Account {
            return Err(StoreError::WrongKind { rule: "nothing hangs under an account" });
        }
        let before = self.parent_of(node)?.map(|parent| parent.key);
        if before == Some(parent) {
            return Ok(false);
        }
        if self.path_of(&above)?.iter().any(|one| one.key == node) {
            return Err(StoreError::Circle { node: child.to_string(), parent: above.to_string() });
        }
        self.unplace(node)?;
        self.open("organization_placements", "node_id, parent_id", params![node, parent])?;
        Ok(true)
    }

    /// Takes a node out of the tree with all that hangs under it; `false` where it hangs nowhere.
    pub fn unplace(&mut self, node: NodeKey) -> Result<bool, StoreError> {
        let placed = self.parent_of(node)?.is_some();
        self.close_all("organization_placements", "node_id", node.0)?;
        Ok(placed)
    }

    /// Deletes a node with its attachments, and an organization with its root. Refused while something hangs under it.
    pub fn delete_node(&mut self, key: NodeKey) -> Result<(), StoreError> {
        let node = self.standing_node(key)?;
        let children = self.children_of(key)?;
        if !children.is_empty() {
            let under = children.iter().map(Node::to_string).collect();
            return Err(StoreError::NotEmpty { node: node.to_string(), under });
        }
        self.close_all("organizations", "root_id", key.0)?;
        self.close_all("organization_attachments", "node_id", key.0)?;
        self.close_all("organization_placements", "node_id", key.0)?;
        self.close_all("organization_node_details", "node_id", key.0)?;
        self.close("organization_nodes", key.0)
    }

    /// Says what is true of the organization of a root; `false` where it is so already.
    pub fn put_organization(&mut self, root: NodeKey, facts: &OrganizationFacts) -> Result<bool, StoreError> {
        if self.standing_node(root)?.kind != NodeKind::Root {
            return Err(StoreError::WrongKind { rule: "an organization begins with a root" });
        }
        let all = self.organizations()?;
        if let Some(id) = &facts.id
            && all.iter().any(|one| one.root != root && one.facts.id.as_ref() == Some(id))
        {
            return Err(StoreError::Exists { what: id.clone() });
        }
        let new = Organization { root, facts: facts.clone() };
        if all.contains(&new) {
            return Ok(false);
        }
        self.close_all("organizations", "root_id", root.0)?;
        let OrganizationFacts { id, management_account, feature_set, scps, rcps } = facts;
        self.open(
            "organizations",
            "root_id, organization_id, management_account, feature_set, scps, rcps",
            params![root, id, management_account, feature_set, scps, rcps],
        )?;
        Ok(true)
    }

    /// Makes a service or resource control policy, unless one of that id is there.
    pub fn create_organization_policy(
        &mut self,
        new: &NewOrganizationPolicy,
    ) -> Result<OrganizationPolicy, StoreError> {
        let NewOrganizationPolicy { policy_type, id, owner, name, document } = new.clone();
        let taken = "SELECT id FROM organization_policies WHERE aws_id = ?1 AND valid_to IS NULL";
        if let Some(id) = &id
            && self.one(taken, [id], |row| row.get::<_, i64>(0))?.is_some()
        {
            return Err(StoreError::Exists { what: id.clone() });
        }
        let (owner_word, organization) = match &owner {
            OrganizationPolicyOwner::Aws => ("aws", None),
            OrganizationPolicyOwner::Customer(organization) => ("customer", organization.as_ref()),
        };
        let key = self.open(
            "organization_policies",
            "type, aws_id, owner, organization_id",
            params![policy_type, id, owner_word, organization],
        )?;
        self.open_content(OrganizationPolicyKey(key), &name, document.as_ref())?;
        Ok(OrganizationPolicy { key: OrganizationPolicyKey(key), policy_type, id, owner, name, document })
    }

    /// Says a policy's name and, where one is given, its document; `false` where both are so already.
    ///
    /// A document that is known is not forgotten: policies of organizations have no versions, and a list of them no
    /// documents.
    pub fn put_organization_policy(
        &mut self,
        of: OrganizationPolicyKey,
        name: &str,
        document: Option<&Document>,
    ) -> Result<bool, StoreError> {
        let policy = self.standing_policy(of)?;
        let document = document.or(policy.document.as_ref());
        let texts = (document.map(Document::text), policy.document.as_ref().map(Document::text));
        if policy.name == name && texts.0 == texts.1 {
            return Ok(false);
        }
        self.close_all("organization_policy_contents", "policy_id", of.0)?;
        self.open_content(of, name, document)?;
        Ok(true)
    }

    fn open_content(
        &mut self,
        of: OrganizationPolicyKey,
        name: &str,
        document: Option<&Document>,
    ) -> Result<(), StoreError> {
        let text = document.map(|document| self.keep(document)).transpose()?;
        let columns = "policy_id, name, document_text";
        self.open("organization_policy_contents", columns, params![of, name, text])?;
        Ok(())
    }

    /// Deletes a service or resource control policy, unless it is attached to a node.
    pub fn delete_organization_policy(&mut self, key: OrganizationPolicyKey) -> Result<(), StoreError> {
        let policy = self.standing_policy(key)?;
        let nodes = self.nodes_of_policy(key)?;
        if !nodes.is_empty() {
            let by = nodes.iter().map(Node::to_string).collect();
            return Err(StoreError::InUse { policy: policy.to_string(), by });
        }
        self.close_all("organization_policy_contents", "policy_id", key.0)?;
        self.close("organization_policies", key.0)
    }

    /// Attaches a policy to a node; `false` where it is attached already.
    pub fn attach_to_node(&mut self, to: NodeKey, policy: OrganizationPolicyKey) -> Result<bool, StoreError> {
        self.standing_node(to)?;
        self.standing_policy(policy)?;
        if self.node_attachment(to, policy)?.is_some() {
            return Ok(false);
        }
        self.open("organization_attachments", "node_id, policy_id", params![to, policy])?;
        Ok(true)
    }

    /// Detaches a policy from a node; `false` where it is not attached.
    pub fn detach_from_node(
        &mut self,
        from: NodeKey,
        policy: OrganizationPolicyKey,
    ) -> Result<bool, StoreError> {
        match self.node_attachment(from, policy)? {
            Some(id) => self.close("organization_attachments", id).map(|()| true),
            None => Ok(false),
        }
    }

    fn node_attachment(&self, to: NodeKey, policy: OrganizationPolicyKey) -> Result<Option<i64>, StoreError> {
        let sql = "SELECT id FROM organization_attachments \
                   WHERE node_id = ?1 AND policy_id = ?2 AND valid_to IS NULL";
        self.one(sql, params![to, policy], |row| row.get(0))
    }

    /// The node, where it has not been deleted.
    fn standing_node(&self, key: NodeKey) -> Result<Node, StoreError> {
        self.node(key)?.ok_or(StoreError::Gone { what: "root, OU or account" })
    }

    /// The organization policy, where it has not been deleted.
    fn standing_policy(&self, key: OrganizationPolicyKey) -> Result<OrganizationPolicy, StoreError> {
        self.organization_policy(key)?.ok_or(StoreError::Gone { what: "organization policy" })
    }
}
