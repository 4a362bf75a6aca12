//! Documents that come with a name and no ARN: which policy or principal is meant?

use super::super::ImportError;
use super::super::error::Place;
use super::super::estate::{NamedDocument, NamedInline};
use super::super::name::PolicyName;
use super::Applier;
use crate::store::{NewPrincipal, PolicyKey, PolicyOwner, PrincipalKey, StoreError};

impl Applier<'_, '_> {
    /// Every document of a policy or principal that is only named.
    pub(super) fn named(&mut self) -> Result<(), ImportError> {
        for named in &self.estate.named {
            self.outcome.policies += 1;
            self.named_document(named)?;
            self.step();
        }
        for named in &self.estate.inline {
            self.named_inline(named)?;
            self.step();
        }
        Ok(())
    }

    fn named_document(&mut self, named: &NamedDocument) -> Result<(), StoreError> {
        let (key, is_new) = match self.meant_policy(named)? {
            Some(key) => (key, false),
            None => {
                let name = PolicyName {
                    partition: "aws".to_owned(),
                    owner: PolicyOwner::Account(None),
                    path: "/".to_owned(),
                    name: named.name.clone(),
                };
                (self.create_policy(&name)?, true)
            }
        };
        let changed = match named.version {
            Some((number, is_default)) => {
                let document = &self.estate.documents[named.document];
                self.put_version(key, number, document, is_default)?
            }
            None => self.newest(key, named)?,
        };
        self.outcome.new += usize::from(is_new);
        self.outcome.changed += usize::from(changed && !is_new);
        Ok(())
    }

    /// A document without number is the default version: the one there is, if it has the same text, else a
    /// new one.
    fn newest(&mut self, key: PolicyKey, named: &NamedDocument) -> Result<bool, StoreError> {
        let document = &self.estate.documents[named.document];
        match self.writer.default_version(key)? {
            Some(default) if default.document.text() == document.text() => Ok(false),
            Some(default) if default.document.id() == document.id() => {
                self.put_version(key, default.number, document, true)
            }
            Some(_) => {
                let number = self.writer.add_version(key, document)?;
                self.put_version(key, number, document, true)?;
                Ok(true)
            }
            None => self.put_version(key, 1, document, true),
        }
    }

    /// The file's own policy of that name, else the only customer's, else AWS's own where the content fits it: it
    /// is numbered as AWS does, or AWS's document is not known yet, or it is the same.
    fn meant_policy(&mut self, named: &NamedDocument) -> Result<Option<PolicyKey>, StoreError> {
        let own = self.writer.account()?;
        let candidates = self.writer.managed_policies_named(&named.name)?;
        let customers: Vec<_> = candidates.iter().filter(|policy| policy.owner != PolicyOwner::Aws).collect();
        if let Some(policy) =
            customers.iter().find(|policy| policy.owner == PolicyOwner::Account(own.clone()))
        {
            return Ok(Some(policy.key));
        }
        if let [policy] = customers.as_slice() {
            return Ok(Some(policy.key));
        }
        let said = self.id(named.document);
        let fits = |key: PolicyKey| {
            let versions = self.stored_versions(key);
            let default = versions.values().find(|version| version.is_default);
            named.version.is_some() || default.is_none_or(|version| version.document == said)
        };
        let aws = candidates.iter().find(|policy| policy.owner == PolicyOwner::Aws);
        Ok(aws.map(|policy| policy.key).filter(|key| fits(*key)))
    }

    fn named_inline(&mut self, named: &NamedInline) -> Result<(), ImportError> {
        let (key, is_new) = match self.meant_principal(named)? {
            Some(key) => (key, false),
            None => {
                let principal = self.writer.create_principal(&NewPrincipal {
                    kind: named.kind,
                    partition: "aws".to_owned(),
                    account: None,
                    path: "/".to_owned(),
                    name: named.principal.clone(),
                    unique_id: None,
                })?;
                let key = principal.key;
                self.state.add_principal(principal, true);
                (key, true)
            }
        };
        let document = &self.estate.documents[named.document];
        let changed = self.writer.put_inline(key, &named.name, document)?;
        self.outcome.count(named.kind);
        self.outcome.new += usize::from(is_new);
        self.outcome.changed += usize::from(changed && !is_new);
        Ok(())
    }

    /// The principal of that name in the file's own account, else the only one.
    fn meant_principal(&self, named: &NamedInline) -> Result<Option<PrincipalKey>, ImportError> {
        let own = self.writer.account()?;
        let mut candidates = self.writer.principals_named(&named.principal)?;
        candidates.retain(|principal| principal.kind == named.kind);
        if let Some(principal) = candidates.iter().find(|principal| principal.account == own) {
            return Ok(Some(principal.key));
        }
        match candidates.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(one.key)),
            several => {
                let arns: Vec<String> = several.iter().map(|one| format!("`{}`", one.arn())).collect();
                Err(ImportError::Content {
                    file: named.file.clone(),
                    place: Place::default(),
                    message: format!("{}/{} can be any of {}", named.kind, named.principal, arns.join(", ")),
                })
            }
        }
    }
}
