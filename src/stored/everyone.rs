//! Every stored principal with its policies, read at once: for questions about all of them.
//!
//! A policy that many hold is here once, and a document that several policies are made of is read once.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{caller_with, layer_document, lets_tags_in, managed_kind};
use crate::caller::IamCaller;
use crate::layers::{LayerDocument, LayerPolicy, PolicyLayers};
use crate::policy::PolicyType;
use crate::store::{
    AttachmentKind, PolicyKey, Principal, PrincipalKey, PrincipalKind, Snapshot, StoreError, TextKey, Whose,
};

/// Everybody.
#[derive(Debug, Default)]
pub struct Everyone {
    /// Users, roles and groups, in the order of [`Snapshot::principals`].
    holders: Vec<Holder>,
    /// The policies that they hold, each in no group.
    policies: Vec<LayerPolicy>,
    /// The positions of the holders.
    at: FxHashMap<PrincipalKey, usize>,
}

/// A principal and what it holds.
#[derive(Debug)]
pub struct Holder {
    /// Who.
    pub principal: Principal,
    /// Its tags, by key.
    pub tags: Vec<(String, String)>,
    /// Whether its sessions may bring tags ([`IamCaller::may_bring_tags`]).
    pub may_bring_tags: bool,
    /// Its groups, as positions among all holders, in order.
    groups: Vec<usize>,
    /// Its own policies, inline ones first, as positions among all policies.
    identity: Vec<usize>,
    boundary: Vec<usize>,
}

/// A policy that somebody holds.
#[derive(Debug, Clone, Copy)]
pub struct Held<'e> {
    /// Its position among all policies.
    pub policy: usize,
    /// The group through which it is held.
    pub group: Option<&'e str>,
}

impl Everyone {
    /// Reads what a file holds.
    pub fn read(snapshot: &Snapshot<'_>) -> Result<Everyone, StoreError> {
        Everyone::of(snapshot, snapshot.principals(None)?, Whose::All)
    }

    /// Some users and roles, those that there are.
    pub fn some(snapshot: &Snapshot<'_>, keys: &BTreeSet<PrincipalKey>) -> Result<Everyone, StoreError> {
        let mut keys: Vec<PrincipalKey> = keys.iter().copied().collect();
        let memberships = snapshot.all_memberships(Whose::Of(&keys))?;
        keys.extend(memberships.into_iter().map(|row| row.group));
        keys.sort_unstable();
        keys.dedup();
        let mut principals = Vec::new();
        for key in &keys {
            principals.extend(snapshot.principal(*key)?);
        }
        principals.sort_by(Principal::in_order);
        Everyone::of(snapshot, principals, Whose::Of(&keys))
    }

    fn of(
        snapshot: &Snapshot<'_>,
        principals: Vec<Principal>,
        whose: Whose<'_>,
    ) -> Result<Everyone, StoreError> {
        let holder = |principal| Holder {
            principal,
            tags: Vec::new(),
            may_bring_tags: false,
            groups: Vec::new(),
            identity: Vec::new(),
            boundary: Vec::new(),
        };
        let holders: Vec<Holder> = principals.into_iter().map(holder).collect();
        let at = holders.iter().enumerate().map(|(nth, holder)| (holder.principal.key, nth)).collect();
        let mut everyone = Everyone { holders, policies: Vec::new(), at };
        let mut documents = Documents::new(snapshot);
        everyone.read_inline(whose, &mut documents)?;
        everyone.read_managed(whose, &mut documents)?;
        for tag in snapshot.all_tags(whose)? {
            if let Some(holder) = everyone.holder_mut(tag.of) {
                holder.tags.push((tag.key, tag.value));
            }
        }
        for row in snapshot.trust_policies_that_may_name_tag_session(whose)? {
            let trust = documents.get(row.text, PolicyType::Trust)?;
            if let Some(holder) = everyone.holder_mut(row.of) {
                holder.may_bring_tags = lets_tags_in(&trust.parsed);
            }
        }
        for membership in snapshot.all_memberships(whose)? {
            let group = everyone.at.get(&membership.group).copied();
            if let Some((user, group)) = everyone.holder_mut(membership.user).zip(group) {
                user.groups.push(group);
            }
        }
        for holder in &mut everyone.holders {
            holder.tags.sort();
            holder.groups.sort_unstable();
            holder.identity.sort_unstable();
            holder.boundary.sort_unstable();
        }
        Ok(everyone)
    }

    fn holder_mut(&mut self, key: PrincipalKey) -> Option<&mut Holder> {
        self.holders.get_mut(*self.at.get(&key)?)
    }

    /// Inline policies come by name.
    fn read_inline(&mut self, whose: Whose<'_>, documents: &mut Documents<'_, '_>) -> Result<(), StoreError> {
        let rows = documents.snapshot.all_inline(whose)?;
        let mut held: FxHashMap<(&str, TextKey), usize> = FxHashMap::default();
        let distinct: BTreeSet<(&str, TextKey)> =
            rows.iter().map(|row| (row.name.as_str(), row.text)).collect();
        for (name, text) in distinct {
            let document = Some(documents.get(text, PolicyType::Identity)?);
            let policy =
                self.add(name.to_owned(), "inline policy".to_owned(), PolicyType::Identity, document);
            held.insert((name, text), policy);
        }
        for row in &rows {
            let policy = held.get(&(row.name.as_str(), row.text)).copied();
            if let Some((holder, policy)) = self.holder_mut(row.of).zip(policy) {
                holder.identity.push(policy);
            }
        }
        Ok(())
    }

    /// Managed policies come after them, by ARN.
    fn read_managed(
        &mut self,
        whose: Whose<'_>,
        documents: &mut Documents<'_, '_>,
    ) -> Result<(), StoreError> {
        let snapshot = documents.snapshot;
        let versions = snapshot.all_versions()?.into_iter().filter(|version| version.is_default);
        let versions: FxHashMap<PolicyKey, (u32, TextKey)> =
            versions.map(|version| (version.of, (version.number, version.text))).collect();
        let rows = snapshot.all_attachments(whose)?;
        let attached: FxHashSet<(PolicyKey, AttachmentKind)> =
            rows.iter().map(|row| (row.policy, row.kind)).collect();
        let mut held: FxHashMap<(PolicyKey, AttachmentKind), usize> = FxHashMap::default();
        for of in snapshot.managed_policies()? {
            for kind in [AttachmentKind::Managed, AttachmentKind::Boundary] {
                if !attached.contains(&(of.key, kind)) {
                    continue;
                }
                let policy_type = match kind {
                    AttachmentKind::Managed => PolicyType::Identity,
                    AttachmentKind::Boundary => PolicyType::Boundary,
                };
                let version = versions.get(&of.key);
                let label = managed_kind(version.map(|(number, _)| *number));
                let document = version.map(|(_, text)| documents.get(*text, policy_type)).transpose()?;
                held.insert((of.key, kind), self.add(of.name.clone(), label, policy_type, document));
            }
        }
        for row in &rows {
            let policy = held.get(&(row.policy, row.kind)).copied();
            if let Some((holder, policy)) = self.holder_mut(row.to).zip(policy) {
                match row.kind {
                    AttachmentKind::Managed => holder.identity.push(policy),
                    AttachmentKind::Boundary => holder.boundary.push(policy),
                }
            }
        }
        Ok(())
    }

    fn add(
        &mut self,
        name: String,
        kind: String,
        policy_type: PolicyType,
        document: Option<Arc<LayerDocument>>,
    ) -> usize {
        self.policies.push(LayerPolicy { name, kind, group: None, policy_type, document, offset: 0 });
        self.policies.len() - 1
    }

    /// A principal by its key.
    pub fn holder(&self, key: PrincipalKey) -> Option<&Holder> {
        self.holders.get(*self.at.get(&key)?)
    }

    /// Users and roles.
    pub fn users_and_roles(&self) -> impl Iterator<Item = &Holder> {
        self.holders.iter().filter(|holder| holder.principal.kind != PrincipalKind::Group)
    }

    /// The policies that anybody holds.
    pub fn policies(&self) -> &[LayerPolicy] {
        &self.policies
    }

    /// The identity policies of somebody, its own and those of its groups, in the order of [`policy_layers`].
    ///
    /// [`policy_layers`]: super::policy_layers
    pub fn identity<'e>(&'e self, holder: &'e Holder) -> impl Iterator<Item = Held<'e>> {
        let own = holder.identity.iter().map(|&policy| Held { policy, group: None });
        let groups = holder.groups.iter().filter_map(|&group| self.holders.get(group));
        let of_groups = groups.flat_map(|group| {
            let name = Some(group.principal.name.as_str());
            group.identity.iter().map(move |&policy| Held { policy, group: name })
        });
        own.chain(of_groups)
    }

    /// The boundary of somebody, as positions among all policies.
    pub fn boundary<'e>(&self, holder: &'e Holder) -> &'e [usize] {
        &holder.boundary
    }

    /// A policy as somebody holds it.
    pub fn policy(&self, held: Held<'_>) -> Option<LayerPolicy> {
        let policy = self.policies.get(held.policy)?;
        Some(LayerPolicy { group: held.group.map(str::to_owned), ..policy.clone() })
    }

    /// The layers of somebody: what [`policy_layers`] reads.
    ///
    /// [`policy_layers`]: super::policy_layers
    pub fn policy_layers(&self, holder: &Holder) -> PolicyLayers {
        let boundary = holder.boundary.iter().filter_map(|&policy| self.policies.get(policy).cloned());
        PolicyLayers {
            identity: self.identity(holder).filter_map(|held| self.policy(held)).collect(),
            boundary: boundary.collect(),
            ..PolicyLayers::default()
        }
    }
}

impl Holder {
    /// The holder as a caller; `None` for a group.
    pub fn caller(&self) -> Option<IamCaller> {
        caller_with(&self.principal, None, self.tags.clone(), self.may_bring_tags)
    }
}

/// Documents, each read once.
pub(super) struct Documents<'s, 'a> {
    snapshot: &'s Snapshot<'a>,
    read: FxHashMap<(TextKey, PolicyType), Arc<LayerDocument>>,
}

impl<'s, 'a> Documents<'s, 'a> {
    pub(super) fn new(snapshot: &'s Snapshot<'a>) -> Documents<'s, 'a> {
        Documents { snapshot, read: FxHashMap::default() }
    }

    pub(super) fn get(
        &mut self,
        text: TextKey,
        policy_type: PolicyType,
    ) -> Result<Arc<LayerDocument>, StoreError> {
        if let Some(known) = self.read.get(&(text, policy_type)) {
            return Ok(known.clone());
        }
        let document = layer_document(self.snapshot.written(text)?, policy_type);
        self.read.insert((text, policy_type), document.clone());
        Ok(document)
    }
}
