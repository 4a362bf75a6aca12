//! Users, groups and roles, with all that hangs on them.

use std::collections::BTreeSet;

use super::super::ImportError;
use super::super::error::Place;
use super::super::estate::PrincipalRecord;
use super::state::KnownPrincipal;
use super::{Applier, Warning};
use crate::store::{
    AttachmentKind, NewPrincipal, PolicyKey, Principal, PrincipalKey, PrincipalKind, StoreError,
};

impl Applier<'_, '_> {
    /// Every principal of a kind. Groups come first, for users are in them.
    pub(super) fn principals(&mut self, kind: PrincipalKind) -> Result<(), ImportError> {
        for record in self.estate.principals.iter().filter(|record| record.kind == kind) {
            self.outcome.count(kind);
            self.principal(record)?;
            self.step();
        }
        Ok(())
    }

    fn principal(&mut self, record: &PrincipalRecord) -> Result<(), ImportError> {
        let known = self.state.principal(record.kind, Some(&record.name.account), &record.name.name);
        let (key, is_new, mut changed) = match known {
            None => (self.create(record)?, true, false),
            Some(known) if is_same(known, record) => (known.principal.key, false, false),
            Some(known) => {
                let another = is_another(&known.principal, record);
                let old = known.principal.key;
                self.outcome.removed += usize::from(another);
                (self.replace(old, record)?, another, true)
            }
        };
        let Some(known) = self.state.principals.get_mut(&key) else { return Ok(()) };
        known.seen = true;
        let known = known.clone();
        changed |= self.tags(&known, record)?;
        changed |= self.inline(&known, record)?;
        changed |= self.trust(&known, record)?;
        changed |= self.attachments(&known, record)?;
        changed |= self.boundary(&known, record)?;
        changed |= self.memberships(&known, record)?;
        self.outcome.new += usize::from(is_new);
        self.outcome.changed += usize::from(changed && !is_new);
        Ok(())
    }

    /// Users and roles of which only tags, boundary and trust policy are said: the rest stays as it is, unless it is of
    /// another of the same name, who is gone.
    pub(super) fn shown(&mut self) -> Result<(), StoreError> {
        for record in &self.estate.shown {
            self.outcome.count(record.kind);
            let known = self.state.principal(record.kind, Some(&record.name.account), &record.name.name);
            let (key, is_new) = match known {
                None => (self.create(record)?, true),
                Some(known) if is_another(&known.principal, record) => {
                    let old = known.principal.key;
                    self.outcome.removed += 1;
                    (self.replace(old, record)?, true)
                }
                Some(known) => (known.principal.key, false),
            };
            if let Some(known) = self.state.principals.get(&key).cloned() {
                let mut changed = self.tags(&known, record)?;
                changed |= self.trust(&known, record)?;
                changed |= self.boundary(&known, record)?;
                self.outcome.new += usize::from(is_new);
                self.outcome.changed += usize::from(changed && !is_new);
            }
            self.step();
        }
        Ok(())
    }

    fn create(&mut self, record: &PrincipalRecord) -> Result<PrincipalKey, StoreError> {
        let principal = self.writer.create_principal(&NewPrincipal {
            kind: record.kind,
            partition: record.name.partition.clone(),
            account: Some(record.name.account.clone()),
            path: record.name.path.clone(),
            name: record.name.name.clone(),
            unique_id: record.unique_id.clone(),
        })?;
        let key = principal.key;
        self.state.add_principal(principal, false);
        Ok(key)
    }

    /// Makes a principal anew: another unique id (R-GRM-29), another path, or one that was made by hand and is
    /// now known by its id. All that hangs on it is said by the dump, but for the members of a group.
    fn replace(&mut self, old: PrincipalKey, record: &PrincipalRecord) -> Result<PrincipalKey, StoreError> {
        let members: Vec<PrincipalKey> = self
            .state
            .principals
            .iter()
            .filter(|(_, known)| known.groups.contains(&old))
            .map(|(key, _)| *key)
            .collect();
        self.writer.delete_principal(old)?;
        self.state.remove_principal(old);
        let key = self.create(record)?;
        for member in members.into_iter().collect::<BTreeSet<_>>() {
            self.writer.join(member, key)?;
            if let Some(known) = self.state.principals.get_mut(&member) {
                known.groups.insert(key);
            }
        }
        Ok(key)
    }

    fn tags(&mut self, known: &KnownPrincipal, record: &PrincipalRecord) -> Result<bool, StoreError> {
        let (key, mut changed) = (known.principal.key, false);
        for (lower, (tag, _)) in &known.tags {
            if !record.tags.contains_key(lower) {
                changed |= self.writer.remove_tag(key, tag)?;
            }
        }
        for (lower, said) in &record.tags {
            if known.tags.get(lower) != Some(said) {
                self.writer.put_tag(key, &said.0, &said.1)?;
                changed = true;
            }
        }
        Ok(changed)
    }

    fn inline(&mut self, known: &KnownPrincipal, record: &PrincipalRecord) -> Result<bool, StoreError> {
        let (key, documents, mut changed) = (known.principal.key, &self.estate.documents, false);
        for name in known.inline.keys().filter(|name| !record.inline.contains_key(*name)) {
            changed |= self.writer.remove_inline(key, name)?;
        }
        for (name, &document) in &record.inline {
            if known.inline.get(name) != Some(&self.id(document)) {
                changed |= self.writer.put_inline(key, name, &documents[document])?;
            }
        }
        Ok(changed)
    }

    fn trust(&mut self, known: &KnownPrincipal, record: &PrincipalRecord) -> Result<bool, StoreError> {
        match record.trust {
            Some(document) if known.trust.as_ref() != Some(&self.id(document)) => {
                self.writer.put_trust_policy(known.principal.key, &self.estate.documents[document])
            }
            _ => Ok(false),
        }
    }

    fn attachments(&mut self, known: &KnownPrincipal, record: &PrincipalRecord) -> Result<bool, StoreError> {
        let key = known.principal.key;
        let said: BTreeSet<PolicyKey> = record.attached.iter().map(|&policy| self.key_of(policy)).collect();
        for &policy in known.attached.difference(&said) {
            self.detach(key, policy, AttachmentKind::Managed)?;
        }
        for &policy in said.difference(&known.attached) {
            self.attach(key, policy, AttachmentKind::Managed)?;
        }
        Ok(said != known.attached)
    }

    fn boundary(&mut self, known: &KnownPrincipal, record: &PrincipalRecord) -> Result<bool, StoreError> {
        let key = known.principal.key;
        let said = record.boundary.map(|policy| self.key_of(policy));
        if said == known.boundary {
            return Ok(false);
        }
        if let Some(old) = known.boundary {
            self.detach(key, old, AttachmentKind::Boundary)?;
        }
        if let Some(new) = said {
            self.attach(key, new, AttachmentKind::Boundary)?;
        }
        Ok(true)
    }

    /// A group that a dump of all groups does not have is gone. What another dump is silent about counts all the same, and
    /// without it every answer about the user could be wrong (R-FMT-8).
    fn memberships(&mut self, known: &KnownPrincipal, record: &PrincipalRecord) -> Result<bool, ImportError> {
        if record.kind != PrincipalKind::User {
            return Ok(false);
        }
        let mut said = BTreeSet::new();
        for group in &record.groups {
            match self.group(record, group) {
                Some(key) => {
                    said.insert(key);
                }
                None if !self.covers(&record.name.account, PrincipalKind::Group) => {
                    return Err(ImportError::Content {
                        file: record.arn.clone(),
                        place: Place::default(),
                        message: format!(
                            "is in group `{group}`, of which neither the dump nor the database says anything; import a dump with its \
                             groups, first or together with this one"
                        ),
                    });
                }
                None => {
                    let warning = Warning::NoSuchGroup { user: record.arn.clone(), group: group.clone() };
                    self.outcome.warnings.push(warning);
                }
            }
        }
        let key = known.principal.key;
        for &group in known.groups.difference(&said) {
            self.writer.leave(key, group)?;
        }
        for &group in said.difference(&known.groups) {
            self.writer.join(key, group)?;
        }
        let changed = said != known.groups;
        if let Some(known) = self.state.principals.get_mut(&key) {
            known.groups = said;
        }
        Ok(changed)
    }

    /// The group of that name: one that the dump describes, or, where it describes not all, one that is stored.
    fn group(&self, user: &PrincipalRecord, name: &str) -> Option<PrincipalKey> {
        let account = &user.name.account;
        let group = self.state.principal(PrincipalKind::Group, Some(account), name)?;
        let may_be_gone = !group.by_hand && self.covers(account, PrincipalKind::Group);
        (group.seen || !may_be_gone).then_some(group.principal.key)
    }
}

/// Whether the stored row can stand for what the dump says. What was made by hand can where the dump does not know
/// an id of it either: then it is what an export says of it.
fn is_same(known: &KnownPrincipal, record: &PrincipalRecord) -> bool {
    let Principal { partition, path, unique_id, .. } = &known.principal;
    (!known.by_hand || record.unique_id.is_none())
        && *partition == record.name.partition
        && *path == record.name.path
        && (record.unique_id.is_none() || *unique_id == record.unique_id)
}

/// Whether it has been deleted and made again meanwhile (R-GRM-29).
fn is_another(known: &Principal, record: &PrincipalRecord) -> bool {
    known.unique_id.is_some() && record.unique_id.is_some() && known.unique_id != record.unique_id
}
