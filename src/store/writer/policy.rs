//! Managed policies, their versions, and whom they are attached to.

use rusqlite::params;

use super::Writer;
use crate::policy::Document;
use crate::store::{
    AttachmentKind, ManagedPolicy, NewManagedPolicy, PolicyKey, PolicyOwner, Principal, PrincipalKey,
    PrincipalKind, StoreError,
};

impl Writer<'_> {
    /// Makes a managed policy without versions, unless its owner has one of that name.
    pub fn create_managed_policy(&mut self, new: &NewManagedPolicy) -> Result<ManagedPolicy, StoreError> {
        let NewManagedPolicy { partition, owner, path, name } = new.clone();
        let own = self.account()?;
        let (owner_word, account, owner) = match owner {
            PolicyOwner::Aws => ("aws", None, PolicyOwner::Aws),
            PolicyOwner::Account(account) => {
                let account_then = account.clone().or_else(|| own.clone());
                ("account", account, PolicyOwner::Account(account_then))
            }
        };
        let taken = self.one(
            "SELECT id FROM policies WHERE name = ?1 AND owner = ?2 AND partition = ?3 AND valid_to IS NULL \
             AND coalesce(account, ?4) IS coalesce(?5, ?4)",
            params![name, owner_word, partition, own, account],
            |row| row.get(0),
        )?;
        if let Some(taken) = taken {
            return Err(StoreError::Exists { what: self.existing(taken)?.arn() });
        }
        let key = self.open(
            "policies",
            "partition, owner, account, path, name",
            params![partition, owner_word, account, path, name],
        )?;
        Ok(ManagedPolicy { key: PolicyKey(key), partition, owner, path, name })
    }

    /// Deletes a managed policy with its versions, unless it is attached to somebody.
    pub fn delete_managed_policy(&mut self, key: PolicyKey) -> Result<(), StoreError> {
        let policy = self.existing(key)?;
        let mut users = self.attached_to(key, AttachmentKind::Managed)?;
        users.extend(self.attached_to(key, AttachmentKind::Boundary)?);
        if !users.is_empty() {
            let by = users.iter().map(Principal::arn).collect();
            return Err(StoreError::InUse { policy: policy.arn(), by });
        }
        self.close_all("policy_versions", "policy_id", key.0)?;
        self.close("policies", key.0)
    }

    /// Makes one version of a managed policy what is said here; `false` where it is that already.
    ///
    /// A default version takes that from whichever was it.
    pub fn put_version(
        &mut self,
        of: PolicyKey,
        number: u32,
        document: &Document,
        is_default: bool,
    ) -> Result<bool, StoreError> {
        self.existing(of)?;
        let text = self.keep(document)?;
        let known = self.one(
            "SELECT id, document_text, is_default FROM policy_versions \
             WHERE policy_id = ?1 AND number = ?2 AND valid_to IS NULL",
            params![of, number],
            |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, bool>(2)?)),
        )?;
        if let Some((id, known_text, known_default)) = known {
            if known_text == text && known_default == is_default {
                return Ok(false);
            }
            self.close("policy_versions", id)?;
        }
        if is_default {
            self.demote(of)?;
        }
        self.open_version(of, number, is_default, &text)?;
        Ok(true)
    }

    /// Removes a version; `false` where there is none of that number. A policy that loses its default version has
    /// none until another becomes it.
    pub fn remove_version(&mut self, of: PolicyKey, number: u32) -> Result<bool, StoreError> {
        let sql = "SELECT id FROM policy_versions WHERE policy_id = ?1 AND number = ?2 AND valid_to IS NULL";
        match self.one(sql, params![of, number], |row| row.get(0))? {
            Some(id) => self.close("policy_versions", id).map(|()| true),
            None => Ok(false),
        }
    }

    /// Adds a version with the next number that was never used, and makes it the default.
    pub fn add_version(&mut self, of: PolicyKey, document: &Document) -> Result<u32, StoreError> {
        let sql = "SELECT coalesce(max(number), 0) + 1 FROM policy_versions WHERE policy_id = ?1";
        let number = self.one(sql, [of], |row| row.get(0))?.unwrap_or(1);
        self.put_version(of, number, document, true)?;
        Ok(number)
    }

    /// Leaves a policy without default version.
    fn demote(&mut self, of: PolicyKey) -> Result<(), StoreError> {
        let default = self.one(
            "SELECT id, number, document_text FROM policy_versions \
             WHERE policy_id = ?1 AND is_default = 1 AND valid_to IS NULL",
            [of],
            |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?)),
        )?;
        if let Some((id, number, text)) = default {
            self.close("policy_versions", id)?;
            self.open_version(of, number, false, &text)?;
        }
        Ok(())
    }

    fn open_version(
        &mut self,
        of: PolicyKey,
        number: u32,
        is_default: bool,
        text: &str,
    ) -> Result<(), StoreError> {
        let columns = "policy_id, number, is_default, document_text";
        self.open("policy_versions", columns, params![of, number, is_default, text])?;
        Ok(())
    }

    /// Attaches a managed policy; `false` where it is attached that way already. A boundary replaces the one that
    /// is there.
    pub fn attach(
        &mut self,
        to: PrincipalKey,
        policy: PolicyKey,
        kind: AttachmentKind,
    ) -> Result<bool, StoreError> {
        let principal = self.living(to)?;
        self.existing(policy)?;
        if self.attachment(to, policy, kind)?.is_some() {
            return Ok(false);
        }
        if kind == AttachmentKind::Boundary {
            if principal.kind == PrincipalKind::Group {
                return Err(StoreError::WrongKind { rule: "a group has no permissions boundary" });
            }
            for old in self.attached(to, AttachmentKind::Boundary)? {
                self.detach(to, old.key, AttachmentKind::Boundary)?;
            }
        }
        self.open("attachments", "principal_id, policy_id, kind", params![to, policy, kind])?;
        Ok(true)
    }

    /// Detaches a managed policy; `false` where it is not attached that way.
    pub fn detach(
        &mut self,
        from: PrincipalKey,
        policy: PolicyKey,
        kind: AttachmentKind,
    ) -> Result<bool, StoreError> {
        match self.attachment(from, policy, kind)? {
            Some(id) => self.close("attachments", id).map(|()| true),
            None => Ok(false),
        }
    }

    fn attachment(
        &self,
        to: PrincipalKey,
        policy: PolicyKey,
        kind: AttachmentKind,
    ) -> Result<Option<i64>, StoreError> {
        let sql = "SELECT id FROM attachments \
                   WHERE principal_id = ?1 AND policy_id = ?2 AND kind = ?3 AND valid_to IS NULL";
        self.one(sql, params![to, policy, kind], |row| row.get(0))
    }
}
