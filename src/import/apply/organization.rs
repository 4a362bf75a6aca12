//! The tree of an organization and the policies attached to it.
//!
//! What was made by hand without an id and has the same name in the same place is taken for the same: what the dump
//! describes takes its place, with all that hangs on it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::super::ImportError;
use super::super::error::Place;
use super::super::organization::{Listed, NodeRecord, OrganizationPolicyRecord};
use super::{Applier, Warning};
use crate::policy::Document;
use crate::store::{
    FeatureSet, NewNode, NewOrganizationPolicy, Node, NodeKey, NodeKind, Organization, OrganizationFacts,
    OrganizationPolicy, OrganizationPolicyKey, OrganizationPolicyOwner, OrganizationPolicyType, StoreError,
    TypeStatus,
};

/// The organization being imported, as it is stored meanwhile.
#[derive(Debug, Default)]
struct Stored {
    nodes: HashMap<String, NodeKey>,
    policies: HashMap<String, OrganizationPolicyKey>,
    /// Whose facts count as changed or new, by id, so that each is counted once.
    new: BTreeSet<String>,
    changed: BTreeSet<String>,
    removed: usize,
}

impl Applier<'_, '_> {
    /// Everything that the files say of an organization.
    pub(super) fn organization(&mut self) -> Result<(), ImportError> {
        let dump = &self.estate.organization;
        if dump.is_empty() {
            return Ok(());
        }
        let mut stored = Stored::default();
        let root = self.root(&mut stored)?;
        let all = self.writer.organization_policies()?;
        for (id, record) in &dump.policies {
            self.organization_policy(id, record, &all, &mut stored)?;
            self.outcome.organization_policies += 1;
            self.step();
        }
        for (id, record) in &dump.nodes {
            self.node(id, record, &mut stored)?;
            match record.kind {
                NodeKind::Root => {}
                NodeKind::Ou => self.outcome.ous += 1,
                NodeKind::Account => self.outcome.member_accounts += 1,
            }
            self.step();
        }
        self.placements(&mut stored)?;
        if let Some(root) = &root {
            self.remove_nodes(root, &mut stored)?;
        }
        self.remove_organization_policies(&mut stored)?;
        self.node_attachments(root.as_ref(), &mut stored)?;
        self.warn_of_gaps()?;
        stored.changed.retain(|id| !stored.new.contains(id));
        self.outcome.new += stored.new.len();
        self.outcome.changed += stored.changed.len();
        self.outcome.removed += stored.removed;
        Ok(())
    }

    /// The organization, made or brought up to what the dump says; `None` where the dump does not say which it is.
    fn root(&mut self, stored: &mut Stored) -> Result<Option<Organization>, StoreError> {
        let dump = &self.estate.organization;
        let id = dump.id.as_ref().map(|(id, _)| id.clone());
        let said = dump.nodes.iter().find(|(_, node)| node.kind == NodeKind::Root);
        let root_id = said.map(|(id, _)| id.as_str());
        let all = self.writer.organizations()?;
        let of_root = root_id.map(|id| self.writer.node_with_id(id)).transpose()?.flatten();
        let mut known = all.iter().find(|one| match &of_root {
            Some(root) => one.root == root.key,
            None => one.facts.id.is_some() && one.facts.id == id,
        });
        if known.is_none()
            && let [only] = all.as_slice()
            && (only.facts.id.is_none() || id.is_none())
            && self
                .node_id(only.root)?
                .is_none_or(|known| Some(known.as_str()) == root_id || root_id.is_none())
        {
            known = Some(only);
        }
        if known.is_none() && id.is_none() && root_id.is_none() {
            return Ok(None);
        }
        let before = known.map(|one| one.facts.clone());
        let root = match (known, root_id) {
            (Some(known), Some(root_id)) if of_root.is_none() => {
                let new = self.create_root(Some(root_id))?;
                self.replace_node(known.root, new.key)?;
                new.key
            }
            (Some(known), _) => known.root,
            (None, _) => self.create_root(root_id)?.key,
        };
        if let Some(root_id) = root_id {
            stored.nodes.insert(root_id.to_owned(), root);
        }
        let status = |policy_type| match &dump.enabled {
            Some(enabled) if enabled.contains(&policy_type) => Some(TypeStatus::Enabled),
            Some(_) => Some(TypeStatus::Disabled),
            None => None,
        };
        if before.is_none() && dump.enabled.is_none() {
            self.outcome.warnings.push(Warning::NoRoots);
        }
        let old = before.as_ref();
        let facts = OrganizationFacts {
            id: id.or_else(|| old.and_then(|old| old.id.clone())),
            management_account: dump
                .management_account
                .clone()
                .or_else(|| old.and_then(|old| old.management_account.clone())),
            feature_set: dump.feature_set.or(old.map(|old| old.feature_set)).unwrap_or(FeatureSet::All),
            scps: status(OrganizationPolicyType::Scp)
                .or(old.map(|old| old.scps))
                .unwrap_or(TypeStatus::Enabled),
            rcps: status(OrganizationPolicyType::Rcp)
                .or(old.map(|old| old.rcps))
                .unwrap_or(TypeStatus::Enabled),
        };
        let changed = self.writer.put_organization(root, &facts)?;
        let name = root_id.unwrap_or("root").to_owned();
        if before.is_none() {
            stored.new.insert(name);
        } else if changed {
            stored.changed.insert(name);
        }
        Ok(Some(Organization { root, facts }))
    }

    fn node_id(&self, key: NodeKey) -> Result<Option<String>, StoreError> {
        let nodes = self.writer.nodes(None)?;
        Ok(nodes.into_iter().find(|node| node.key == key).and_then(|node| node.id))
    }

    fn create_root(&mut self, id: Option<&str>) -> Result<Node, StoreError> {
        let (id, name) = (id.map(str::to_owned), Some("Root".to_owned()));
        self.writer.create_node(&NewNode { kind: NodeKind::Root, id, name, status: None })
    }

    /// Hangs what hangs on `old` on `new`, and deletes `old`.
    fn replace_node(&mut self, old: NodeKey, new: NodeKey) -> Result<(), StoreError> {
        for child in self.writer.children_of(old)? {
            self.writer.place(child.key, new)?;
        }
        for policy in self.writer.policies_of_node(old)? {
            self.writer.attach_to_node(new, policy.key)?;
        }
        self.writer.delete_node(old)
    }

    fn organization_policy(
        &mut self,
        id: &str,
        record: &OrganizationPolicyRecord,
        all: &[OrganizationPolicy],
        stored: &mut Stored,
    ) -> Result<(), StoreError> {
        let dump = &self.estate.organization;
        let document = record.document.map(|document| &self.estate.documents[document]);
        if let Some(known) = all.iter().find(|policy| policy.id.as_deref() == Some(id)) {
            stored.policies.insert(id.to_owned(), known.key);
            let same = document.map(Document::id) == known.document.as_ref().map(Document::id);
            let document = document.filter(|_| !same);
            if self.writer.put_organization_policy(known.key, &record.name, document)? {
                stored.changed.insert(id.to_owned());
            }
            return Ok(());
        }
        let by_hand = all.iter().find(|policy| {
            policy.id.is_none() && policy.policy_type == record.policy_type && policy.name == record.name
        });
        let owner = if record.of_aws {
            OrganizationPolicyOwner::Aws
        } else {
            OrganizationPolicyOwner::Customer(dump.id.as_ref().map(|(id, _)| id.clone()))
        };
        // What AWS's own say is known, also where they are only listed.
        let known_document = match by_hand {
            Some(policy) => policy.document.clone(),
            None => NewOrganizationPolicy::of_aws(id).and_then(|policy| policy.document),
        };
        let policy = self.writer.create_organization_policy(&NewOrganizationPolicy {
            policy_type: record.policy_type,
            id: Some(id.to_owned()),
            owner,
            name: record.name.clone(),
            document: document.cloned().or(known_document),
        })?;
        match by_hand {
            Some(OrganizationPolicy { key, .. }) => {
                for node in self.writer.nodes_of_policy(*key)? {
                    self.writer.attach_to_node(node.key, policy.key)?;
                    self.writer.detach_from_node(node.key, *key)?;
                }
                self.writer.delete_organization_policy(*key)?;
                stored.changed.insert(id.to_owned());
            }
            None => {
                stored.new.insert(id.to_owned());
            }
        }
        stored.policies.insert(id.to_owned(), policy.key);
        Ok(())
    }

    fn node(&mut self, id: &str, record: &NodeRecord, stored: &mut Stored) -> Result<(), StoreError> {
        let known = match stored.nodes.get(id) {
            Some(&key) => self.writer.nodes(None)?.into_iter().find(|node| node.key == key),
            None => self.writer.node_with_id(id)?,
        };
        let key = match known {
            Some(known) => {
                let name = record.name.as_deref().or(known.name.as_deref());
                let status = record.status.as_deref().or(known.status.as_deref());
                if self.writer.put_node_details(known.key, name, status)? {
                    stored.changed.insert(id.to_owned());
                }
                known.key
            }
            None => {
                let node = self.writer.create_node(&NewNode {
                    kind: record.kind,
                    id: Some(id.to_owned()),
                    name: record.name.clone(),
                    status: record.status.clone(),
                })?;
                stored.new.insert(id.to_owned());
                node.key
            }
        };
        stored.nodes.insert(id.to_owned(), key);
        Ok(())
    }

    /// Hangs every node where the dump says. Those that move are taken down first, so that no order of moves makes
    /// a circle that is not in the dump.
    fn placements(&mut self, stored: &mut Stored) -> Result<(), ImportError> {
        let dump = &self.estate.organization;
        let mut moves: Vec<(&String, NodeKey, NodeKey)> = Vec::new();
        for (child, (parent, file)) in &dump.parents {
            let (Some(&child_key), Some(&parent_key)) = (stored.nodes.get(child), stored.nodes.get(parent))
            else {
                return Err(unknown_node(file, parent));
            };
            if self.writer.parent_of(child_key)?.map(|parent| parent.key) != Some(parent_key) {
                moves.push((child, child_key, parent_key));
            }
        }
        for (_, child, _) in &moves {
            self.writer.unplace(*child)?;
        }
        for (id, child, parent) in moves {
            self.writer.place(child, parent)?;
            self.adopt(child, parent)?;
            stored.changed.insert(id.clone());
        }
        Ok(())
    }

    /// An OU made by hand that has the same name in the same place is the same OU.
    fn adopt(&mut self, ou: NodeKey, parent: NodeKey) -> Result<(), StoreError> {
        let siblings = self.writer.children_of(parent)?;
        let Some(name) = siblings.iter().find(|node| node.key == ou).and_then(|node| node.name.clone())
        else {
            return Ok(());
        };
        let by_hand = siblings
            .iter()
            .find(|node| node.kind == NodeKind::Ou && node.id.is_none() && node.name.as_ref() == Some(&name));
        match by_hand {
            Some(old) => self.replace_node(old.key, ou),
            None => Ok(()),
        }
    }

    /// Deletes the accounts, then the OUs, of this organization that the dump covers and does not have.
    fn remove_nodes(&mut self, root: &Organization, stored: &mut Stored) -> Result<(), StoreError> {
        let dump = &self.estate.organization;
        let is_missing = |node: &Node| node.id.as_ref().is_some_and(|id| !dump.nodes.contains_key(id));
        let all = self.writer.nodes_under(root.root)?;
        let accounts = all.iter().filter(|node| node.kind == NodeKind::Account);
        for account in accounts.filter(|account| dump.covers_accounts() && is_missing(account)) {
            self.writer.delete_node(account.key)?;
            stored.removed += 1;
        }
        // From the top down: an OU is gone where the list of those beside it does not have it, and with it go those
        // in it that no list has.
        let above: HashMap<NodeKey, NodeKey> = self.writer.all_placements()?.into_iter().collect();
        let covers = |id: Option<&String>| id.is_some_and(|id| dump.covers(&Listed::OusUnder(id.clone())));
        let listed: BTreeSet<NodeKey> =
            all.iter().filter(|node| covers(node.id.as_ref())).map(|node| node.key).collect();
        let mut gone: Vec<&Node> = Vec::new();
        for ou in all.iter().filter(|node| node.kind == NodeKind::Ou && is_missing(node)) {
            let is_gone = above.get(&ou.key).is_some_and(|parent| {
                listed.contains(parent) || gone.iter().any(|other| other.key == *parent)
            });
            gone.extend(is_gone.then_some(ou));
        }
        // From the bottom up: an OU is empty when its own OUs are deleted.
        for ou in gone.into_iter().rev() {
            if self.writer.children_of(ou.key)?.is_empty() {
                self.writer.delete_node(ou.key)?;
                stored.removed += 1;
            } else if let Some(id) = ou.id.clone() {
                self.outcome.warnings.push(Warning::KeptOu { id });
            }
        }
        Ok(())
    }

    /// Attaches and detaches so that what the dump lists is so. Where it leaves a node of an organization with SCPs
    /// without one, it is incomplete, and AWS's beginning is taken for so.
    fn node_attachments(
        &mut self,
        organization: Option<&Organization>,
        stored: &mut Stored,
    ) -> Result<(), ImportError> {
        let dump = &self.estate.organization;
        self.attached_ones_of_aws()?;
        let mut nodes: BTreeMap<NodeKey, Node> = BTreeMap::new();
        for node in self.writer.nodes(None)? {
            nodes.insert(node.key, node);
        }
        let policies = self.writer.organization_policies()?;
        let types: HashMap<OrganizationPolicyKey, OrganizationPolicyType> =
            policies.iter().map(|policy| (policy.key, policy.policy_type)).collect();
        let policy_by_id: HashMap<&str, OrganizationPolicyKey> =
            policies.iter().filter_map(|policy| Some((policy.id.as_deref()?, policy.key))).collect();
        let by_id: HashMap<&str, NodeKey> =
            nodes.values().filter_map(|node| Some((node.id.as_deref()?, node.key))).collect();
        let before: BTreeSet<(NodeKey, OrganizationPolicyKey)> =
            self.writer.all_organization_attachments()?.into_iter().collect();
        let here: BTreeSet<NodeKey> = match organization {
            Some(organization) => {
                self.writer.nodes_under(organization.root)?.iter().map(|node| node.key).collect()
            }
            None => BTreeSet::new(),
        };
        let mut after = BTreeSet::new();
        for ((policy, node), file) in &dump.attachments {
            let Some(&node) = by_id.get(node.as_str()) else { return Err(unknown_node(file, node)) };
            if let Some(&policy) = policy_by_id.get(policy.as_str()) {
                after.insert((node, policy));
            } else if !dump.ignored.contains(policy) {
                return Err(unknown_policy(file, policy));
            }
        }
        for &(node, policy) in &before {
            let node_id = nodes.get(&node).and_then(|node| node.id.clone());
            let known = policies.iter().find(|known| known.key == policy);
            let policy_id = known.and_then(|policy| policy.id.clone());
            let of_node = node_id.zip(known.map(|policy| policy.policy_type));
            // No list can have what was made by hand and has no id.
            let covered = of_node.is_some_and(|(id, policy_type)| {
                policy_id.is_some_and(|id| dump.covers(&Listed::TargetsOf(id)))
                    || dump.covers(&Listed::PoliciesOf(id, policy_type))
            });
            if !covered || !here.contains(&node) {
                after.insert((node, policy));
            }
        }
        if organization.is_some_and(|one| one.facts.scps == TypeStatus::Enabled) {
            self.assume_full_access(&here, &nodes, &types, &mut after)?;
        }
        for &(node, policy) in before.difference(&after) {
            self.writer.detach_from_node(node, policy)?;
            stored.changed.extend(nodes.get(&node).and_then(|node| node.id.clone()));
        }
        for &(node, policy) in after.difference(&before) {
            self.writer.attach_to_node(node, policy)?;
            stored.changed.extend(nodes.get(&node).and_then(|node| node.id.clone()));
        }
        Ok(())
    }

    /// AWS's own policies of which only the targets were listed: what they say is known.
    fn attached_ones_of_aws(&mut self) -> Result<(), StoreError> {
        let named: BTreeSet<&String> =
            self.estate.organization.attachments.keys().map(|(policy, _)| policy).collect();
        for new in named.into_iter().filter_map(|id| NewOrganizationPolicy::of_aws(id)) {
            if !self.writer.organization_policies()?.iter().any(|policy| policy.id == new.id) {
                self.writer.create_organization_policy(&new)?;
            }
        }
        Ok(())
    }

    fn assume_full_access(
        &mut self,
        here: &BTreeSet<NodeKey>,
        nodes: &BTreeMap<NodeKey, Node>,
        types: &HashMap<OrganizationPolicyKey, OrganizationPolicyType>,
        after: &mut BTreeSet<(NodeKey, OrganizationPolicyKey)>,
    ) -> Result<(), StoreError> {
        let has_scp: BTreeSet<NodeKey> = after
            .iter()
            .filter(|(_, policy)| types.get(policy).is_none_or(|one| *one == OrganizationPolicyType::Scp))
            .map(|(node, _)| *node)
            .collect();
        let without: Vec<NodeKey> = here.difference(&has_scp).copied().collect();
        if without.is_empty() {
            return Ok(());
        }
        let known = self.writer.organization_policies()?;
        let full_access = match known.into_iter().find(|policy| policy.id.as_deref() == Some(FULL_ACCESS)) {
            Some(policy) => policy.key,
            None => self.writer.create_organization_policy(&NewOrganizationPolicy::full_aws_access())?.key,
        };
        let ids = without.iter().filter_map(|key| nodes.get(key));
        let ids = ids.map(|node| node.id.clone().or(node.name.clone()).unwrap_or_default()).collect();
        self.outcome.warnings.push(Warning::AssumedFullAccess { nodes: ids });
        after.extend(without.into_iter().map(|node| (node, full_access)));
        Ok(())
    }

    /// Deletes the policies of this organization of which all of their type were listed, and they were not.
    fn remove_organization_policies(&mut self, stored: &mut Stored) -> Result<(), StoreError> {
        let dump = &self.estate.organization;
        let Some((organization, _)) = &dump.id else { return Ok(()) };
        for policy in self.writer.organization_policies()? {
            let is_of_this = policy.owner == OrganizationPolicyOwner::Customer(Some(organization.clone()));
            let is_listed = policy.id.as_ref().is_some_and(|id| dump.policies.contains_key(id));
            if is_of_this && !is_listed && dump.covers(&Listed::Policies(policy.policy_type)) {
                for node in self.writer.nodes_of_policy(policy.key)? {
                    self.writer.detach_from_node(node.key, policy.key)?;
                }
                self.writer.delete_organization_policy(policy.key)?;
                stored.removed += 1;
            }
        }
        Ok(())
    }

    /// What the tree does not say.
    fn warn_of_gaps(&mut self) -> Result<(), StoreError> {
        let dump = &self.estate.organization;
        let mut unplaced = Vec::new();
        for (id, record) in dump.nodes.iter().filter(|(_, record)| record.kind != NodeKind::Root) {
            let node = self.writer.node_with_id(id)?;
            let path = node.as_ref().map(|node| self.writer.path_of(node)).transpose()?;
            let top = path.as_ref().and_then(|path| path.first());
            // What hangs under something that hangs nowhere is told by that.
            let hangs_nowhere =
                top.is_some_and(|top| top.kind != NodeKind::Root && top.id.as_ref() == Some(id));
            if hangs_nowhere || (record.only_referred && node.is_none()) {
                unplaced.push(id.clone());
            }
        }
        if !unplaced.is_empty() {
            self.outcome.warnings.push(Warning::Unplaced { nodes: unplaced });
        }
        for policy in self.writer.organization_policies()? {
            let (Some(id), None) = (&policy.id, &policy.document) else { continue };
            if !self.writer.nodes_of_policy(policy.key)?.is_empty() {
                self.outcome
                    .warnings
                    .push(Warning::UnknownOrganizationPolicy { policy: policy.to_string(), id: id.clone() });
            }
        }
        Ok(())
    }
}

/// AWS's own SCP that allows everything.
const FULL_ACCESS: &str = "p-FullAWSAccess";

fn unknown_node(file: &str, id: &str) -> ImportError {
    let message =
        format!("`{id}` is neither in this import nor stored: import the organization's tree with it");
    ImportError::Content { file: file.to_owned(), place: Place::default(), message }
}

fn unknown_policy(file: &str, id: &str) -> ImportError {
    let message = format!("`{id}` is neither in this import nor stored: import the policy with its targets");
    ImportError::Content { file: file.to_owned(), place: Place::default(), message }
}
