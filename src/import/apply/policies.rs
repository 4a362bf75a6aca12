//! Managed policies and their versions.

use std::collections::BTreeMap;

use super::super::estate::{Described, PolicyRecord};
use super::super::name::PolicyName;
use super::Applier;
use super::state::KnownVersion;
use crate::policy::Document;
use crate::store::{AttachmentKind, NewManagedPolicy, PolicyKey, PolicyOwner, PrincipalKey, StoreError};

impl Applier<'_, '_> {
    /// Every policy that the estate has or refers to.
    pub(super) fn policies(&mut self) -> Result<(), StoreError> {
        for record in &self.estate.policies {
            self.outcome.policies += usize::from(record.described > Described::Referred);
            let key = self.policy(record)?;
            self.policy_keys.push(key);
            self.step();
        }
        Ok(())
    }

    fn policy(&mut self, record: &PolicyRecord) -> Result<PolicyKey, StoreError> {
        let known = self.state.policy(&record.name);
        let known = known.map(|known| (known.policy.key, known.by_hand, known.policy.path.clone()));
        let (key, is_new, mut changed) = match known {
            None => (self.create_policy(&record.name)?, true, false),
            Some((key, false, path)) if path == record.name.path || is_guess(record) => (key, false, false),
            // Made by hand, and nothing else is said of it: as it was.
            Some((key, true, path)) if path == record.name.path && self.says(key, record) => {
                (key, false, false)
            }
            Some((key, ..)) => (self.replace_policy(key, &record.name)?, false, true),
        };
        if let Some(known) = self.state.policies.get_mut(&key) {
            known.seen = true;
        }
        changed |= self.versions(key, record)?;
        self.outcome.new += usize::from(is_new);
        self.outcome.changed += usize::from(changed && !is_new);
        Ok(key)
    }

    pub(super) fn create_policy(&mut self, name: &PolicyName) -> Result<PolicyKey, StoreError> {
        let PolicyName { partition, owner, path, name } = name.clone();
        let by_hand = owner == PolicyOwner::Account(None);
        let policy = self.writer.create_managed_policy(&NewManagedPolicy { partition, owner, path, name })?;
        let key = policy.key;
        self.state.add_policy(policy, by_hand);
        Ok(key)
    }

    /// Makes a policy anew under another path, or one made by hand as the account's own, with its versions
    /// and attachments.
    fn replace_policy(&mut self, old: PolicyKey, name: &PolicyName) -> Result<PolicyKey, StoreError> {
        let versions = self.writer.versions(old)?;
        let attachments = self.state.attachments_of(old);
        for &(to, kind) in &attachments {
            self.detach(to, old, kind)?;
        }
        self.writer.delete_managed_policy(old)?;
        self.state.remove_policy(old);
        let key = self.create_policy(name)?;
        self.policy_keys.iter_mut().filter(|known| **known == old).for_each(|known| *known = key);
        for version in versions {
            self.put_version(key, version.number, &version.document, version.is_default)?;
        }
        for &(to, kind) in &attachments {
            self.attach(to, key, kind)?;
        }
        Ok(key)
    }

    /// Whether the stored versions are those of a record that says all of them.
    fn says(&mut self, key: PolicyKey, record: &PolicyRecord) -> bool {
        let said = record.versions.iter().map(|(&number, &document)| {
            let is_default = record.default == Some(number);
            (number, KnownVersion { document: self.id(document), is_default })
        });
        let said: BTreeMap<u32, KnownVersion> = said.collect();
        record.described == Described::Fully && self.stored_versions(key) == said
    }

    /// Makes the versions what the record says, the default one last, so that each row changes once at most.
    fn versions(&mut self, key: PolicyKey, record: &PolicyRecord) -> Result<bool, StoreError> {
        let stored = self.stored_versions(key);
        let mut changed = false;
        if record.described == Described::Fully && record.name.owner != PolicyOwner::Aws {
            for &number in stored.keys().filter(|number| !record.versions.contains_key(number)) {
                changed |= self.writer.remove_version(key, number)?;
                if let Some(known) = self.state.policies.get_mut(&key) {
                    known.versions.remove(&number);
                }
            }
        }
        let is_default = |number: u32| match record.default {
            Some(default) => default == number,
            None => stored.get(&number).is_some_and(|version| version.is_default),
        };
        let documents = &self.estate.documents;
        let (default, others): (Vec<_>, Vec<_>) =
            record.versions.iter().partition(|(number, _)| is_default(**number));
        for (&number, &document) in others.into_iter().chain(default) {
            let is_default = is_default(number);
            let said = KnownVersion { document: self.id(document), is_default };
            if stored.get(&number) != Some(&said) {
                changed |= self.put_version(key, number, &documents[document], is_default)?;
            }
        }
        // get-policy says which version counts and has no documents.
        if let Some(number) = record.default
            && !record.versions.contains_key(&number)
            && stored.get(&number).is_some_and(|version| !version.is_default)
        {
            let versions = self.writer.versions(key)?;
            if let Some(version) = versions.into_iter().find(|version| version.number == number) {
                changed |= self.put_version(key, number, &version.document, true)?;
            }
        }
        Ok(changed)
    }

    pub(super) fn stored_versions(&self, key: PolicyKey) -> BTreeMap<u32, KnownVersion> {
        self.state.policies.get(&key).map(|known| known.versions.clone()).unwrap_or_default()
    }

    pub(super) fn put_version(
        &mut self,
        key: PolicyKey,
        number: u32,
        document: &Document,
        is_default: bool,
    ) -> Result<bool, StoreError> {
        let changed = self.writer.put_version(key, number, document, is_default)?;
        if let Some(known) = self.state.policies.get_mut(&key) {
            if is_default {
                known.versions.values_mut().for_each(|version| version.is_default = false);
            }
            let version = KnownVersion { document: document.id().to_string(), is_default };
            known.versions.insert(number, version);
        }
        Ok(changed)
    }

    pub(super) fn attach(
        &mut self,
        to: PrincipalKey,
        policy: PolicyKey,
        kind: AttachmentKind,
    ) -> Result<(), StoreError> {
        self.writer.attach(to, policy, kind)?;
        if let Some(known) = self.state.principals.get_mut(&to) {
            known.attach(policy, kind);
        }
        Ok(())
    }

    pub(super) fn detach(
        &mut self,
        from: PrincipalKey,
        policy: PolicyKey,
        kind: AttachmentKind,
    ) -> Result<(), StoreError> {
        self.writer.detach(from, policy, kind)?;
        if let Some(known) = self.state.principals.get_mut(&from) {
            known.detach(policy, kind);
        }
        Ok(())
    }
}

/// AWS's own policies never move, and an index may not know their path: a stored one is the better.
fn is_guess(record: &PolicyRecord) -> bool {
    record.name.owner == PolicyOwner::Aws && record.name.path == "/"
}
