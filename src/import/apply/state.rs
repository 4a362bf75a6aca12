//! What is stored when an import begins, read once and kept up with what it writes.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::super::name::PolicyName;
use crate::arn::AccountId;
use crate::store::{
    AttachmentKind, DocumentId, ManagedPolicy, PolicyKey, PolicyOwner, Principal, PrincipalKey,
    PrincipalKind, Snapshot, StoreError, Whose,
};

/// Every principal and managed policy, by key and by name.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) principals: HashMap<PrincipalKey, KnownPrincipal>,
    pub(super) policies: HashMap<PolicyKey, KnownPolicy>,
    principal_keys: HashMap<(PrincipalKind, Option<AccountId>, String), PrincipalKey>,
    policy_keys: HashMap<(String, String), PolicyKey>,
}

/// A stored principal and all that hangs on it.
#[derive(Debug, Clone)]
pub(super) struct KnownPrincipal {
    pub(super) principal: Principal,
    /// Stored without an account, so it did not come from an import.
    pub(super) by_hand: bool,
    /// This import has it.
    pub(super) seen: bool,
    /// By the key in lower case (R-TAG-5): key and value.
    pub(super) tags: BTreeMap<String, (String, String)>,
    pub(super) groups: BTreeSet<PrincipalKey>,
    pub(super) attached: BTreeSet<PolicyKey>,
    pub(super) boundary: Option<PolicyKey>,
    pub(super) inline: BTreeMap<String, DocumentId>,
    pub(super) trust: Option<DocumentId>,
}

/// A stored managed policy.
#[derive(Debug, Clone)]
pub(super) struct KnownPolicy {
    pub(super) policy: ManagedPolicy,
    /// Stored without an account, so it did not come from an import.
    pub(super) by_hand: bool,
    /// This import has it.
    pub(super) seen: bool,
    pub(super) versions: BTreeMap<u32, KnownVersion>,
}

/// A stored version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KnownVersion {
    pub(super) document: DocumentId,
    pub(super) is_default: bool,
}

impl State {
    /// Reads everything: one query a table.
    pub(super) fn load(snapshot: &Snapshot<'_>) -> Result<State, StoreError> {
        let mut state = State::default();
        let by_hand: HashSet<PrincipalKey> = snapshot.principals_made_by_hand()?.into_iter().collect();
        for principal in snapshot.principals(None)? {
            let by_hand = by_hand.contains(&principal.key);
            state.add_principal(principal, by_hand);
        }
        let by_hand: HashSet<PolicyKey> = snapshot.policies_made_by_hand()?.into_iter().collect();
        for policy in snapshot.managed_policies()? {
            let by_hand = by_hand.contains(&policy.key);
            state.add_policy(policy, by_hand);
        }
        let principals = &mut state.principals;
        for tag in snapshot.all_tags(Whose::All)? {
            if let Some(known) = principals.get_mut(&tag.of) {
                known.tags.insert(tag.key.to_lowercase(), (tag.key, tag.value));
            }
        }
        for membership in snapshot.all_memberships(Whose::All)? {
            if let Some(known) = principals.get_mut(&membership.user) {
                known.groups.insert(membership.group);
            }
        }
        for attachment in snapshot.all_attachments(Whose::All)? {
            if let Some(known) = principals.get_mut(&attachment.to) {
                known.attach(attachment.policy, attachment.kind);
            }
        }
        for inline in snapshot.all_inline(Whose::All)? {
            if let Some(known) = principals.get_mut(&inline.of) {
                known.inline.insert(inline.name, inline.document);
            }
        }
        for trust in snapshot.all_trust_policies(Whose::All)? {
            if let Some(known) = principals.get_mut(&trust.of) {
                known.trust = Some(trust.document);
            }
        }
        for version in snapshot.all_versions()? {
            if let Some(known) = state.policies.get_mut(&version.of) {
                let is_default = version.is_default;
                known
                    .versions
                    .insert(version.number, KnownVersion { document: version.document, is_default });
            }
        }
        Ok(state)
    }

    /// The principal of that kind, account and name.
    pub(super) fn principal(
        &self,
        kind: PrincipalKind,
        account: Option<&AccountId>,
        name: &str,
    ) -> Option<&KnownPrincipal> {
        let key = self.principal_keys.get(&(kind, account.cloned(), name.to_owned()))?;
        self.principals.get(key)
    }

    /// The policy of that owner, partition and name: a name is unique whatever the path.
    pub(super) fn policy(&self, name: &PolicyName) -> Option<&KnownPolicy> {
        let key = self.policy_keys.get(&(owner(&name.partition, &name.owner), name.name.clone()))?;
        self.policies.get(key)
    }

    pub(super) fn add_principal(&mut self, principal: Principal, by_hand: bool) {
        let name = (principal.kind, principal.account.clone(), principal.name.clone());
        self.principal_keys.insert(name, principal.key);
        let known = KnownPrincipal {
            by_hand,
            seen: false,
            tags: BTreeMap::new(),
            groups: BTreeSet::new(),
            attached: BTreeSet::new(),
            boundary: None,
            inline: BTreeMap::new(),
            trust: None,
            principal,
        };
        self.principals.insert(known.principal.key, known);
    }

    pub(super) fn add_policy(&mut self, policy: ManagedPolicy, by_hand: bool) {
        let name = (owner(&policy.partition, &policy.owner), policy.name.clone());
        self.policy_keys.insert(name, policy.key);
        let known = KnownPolicy { by_hand, seen: false, versions: BTreeMap::new(), policy };
        self.policies.insert(known.policy.key, known);
    }

    pub(super) fn remove_principal(&mut self, key: PrincipalKey) {
        let Some(KnownPrincipal { principal, .. }) = self.principals.remove(&key) else { return };
        if principal.kind == PrincipalKind::Group {
            for known in self.principals.values_mut() {
                known.groups.remove(&key);
            }
        }
        self.principal_keys.remove(&(principal.kind, principal.account, principal.name));
    }

    pub(super) fn remove_policy(&mut self, key: PolicyKey) {
        if let Some(KnownPolicy { policy, .. }) = self.policies.remove(&key) {
            self.policy_keys.remove(&(owner(&policy.partition, &policy.owner), policy.name));
        }
    }

    /// Whom a policy is attached to, and how.
    pub(super) fn attachments_of(&self, policy: PolicyKey) -> Vec<(PrincipalKey, AttachmentKind)> {
        let mut found = Vec::new();
        for (key, known) in &self.principals {
            if known.attached.contains(&policy) {
                found.push((*key, AttachmentKind::Managed));
            }
            if known.boundary == Some(policy) {
                found.push((*key, AttachmentKind::Boundary));
            }
        }
        found.sort();
        found
    }
}

impl KnownPrincipal {
    pub(super) fn attach(&mut self, policy: PolicyKey, kind: AttachmentKind) {
        match kind {
            AttachmentKind::Managed => {
                self.attached.insert(policy);
            }
            AttachmentKind::Boundary => self.boundary = Some(policy),
        }
    }

    pub(super) fn detach(&mut self, policy: PolicyKey, kind: AttachmentKind) {
        match kind {
            AttachmentKind::Managed => {
                self.attached.remove(&policy);
            }
            AttachmentKind::Boundary => self.boundary = None,
        }
    }
}

/// `aws:123456789012`, `aws:aws`, `aws:` while the account is not known.
fn owner(partition: &str, owner: &PolicyOwner) -> String {
    let owner = match owner {
        PolicyOwner::Aws => "aws",
        PolicyOwner::Account(account) => account.as_ref().map_or("", AccountId::as_str),
    };
    format!("{partition}:{owner}")
}
