//! Users, groups and roles, and what belongs to one of them alone.

use rusqlite::params;

use super::Writer;
use crate::policy::Document;
use crate::store::{NewPrincipal, Principal, PrincipalKey, PrincipalKind, StoreError};

impl Writer<'_> {
    /// Makes a user, group or role, unless one of that kind and name is in the account.
    pub fn create_principal(&mut self, new: &NewPrincipal) -> Result<Principal, StoreError> {
        let NewPrincipal { kind, partition, account, path, name, unique_id } = new.clone();
        let own = self.account()?;
        let account_then = account.clone().or_else(|| own.clone());
        let taken = self.one(
            "SELECT id FROM principals WHERE name = ?1 AND kind = ?2 AND valid_to IS NULL \
             AND coalesce(account, ?3) IS ?4",
            params![name, kind, own, account_then],
            |row| row.get(0),
        )?;
        if let Some(taken) = taken {
            return Err(StoreError::Exists { what: self.living(taken)?.arn() });
        }
        let key = self.open(
            "principals",
            "kind, partition, account, path, name, unique_id",
            params![kind, partition, account, path, name, unique_id],
        )?;
        let key = PrincipalKey(key);
        Ok(Principal { key, kind, partition, account: account_then, path, name, unique_id })
    }

    /// Deletes a principal with its tags, memberships, attachments, inline and trust policies.
    pub fn delete_principal(&mut self, key: PrincipalKey) -> Result<(), StoreError> {
        self.living(key)?;
        self.close_all("tags", "principal_id", key.0)?;
        self.close_all("group_memberships", "user_id", key.0)?;
        self.close_all("group_memberships", "group_id", key.0)?;
        self.close_all("attachments", "principal_id", key.0)?;
        self.close_all("inline_policies", "principal_id", key.0)?;
        self.close_all("trust_policies", "principal_id", key.0)?;
        self.close("principals", key.0)
    }

    /// Gives a principal a tag. Keys compare case-insensitively (R-TAG-5): the new spelling replaces the old.
    pub fn put_tag(&mut self, of: PrincipalKey, key: &str, value: &str) -> Result<(), StoreError> {
        self.living(of)?;
        if let Some((id, old_key, old_value)) = self.tag(of, key)? {
            if old_key == key && old_value == value {
                return Ok(());
            }
            self.close("tags", id)?;
        }
        self.open("tags", "principal_id, key, value", params![of, key, value])?;
        Ok(())
    }

    /// Takes a tag away; `false` where there was none of that key, in whatever case.
    pub fn remove_tag(&mut self, of: PrincipalKey, key: &str) -> Result<bool, StoreError> {
        self.living(of)?;
        match self.tag(of, key)? {
            Some((id, _, _)) => self.close("tags", id).map(|()| true),
            None => Ok(false),
        }
    }

    /// The row id, key and value of the tag that `key` is a spelling of.
    fn tag(&self, of: PrincipalKey, key: &str) -> Result<Option<(i64, String, String)>, StoreError> {
        let sql = "SELECT id, key, value FROM tags WHERE principal_id = ?1 AND valid_to IS NULL";
        let tags: Vec<(i64, String, String)> =
            self.list(sql, [of], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        Ok(tags.into_iter().find(|(_, known, _)| known.to_lowercase() == key.to_lowercase()))
    }

    /// Puts a user into a group; `false` where it is in it already.
    pub fn join(&mut self, user: PrincipalKey, group: PrincipalKey) -> Result<bool, StoreError> {
        let kinds = (self.living(user)?.kind, self.living(group)?.kind);
        if kinds != (PrincipalKind::User, PrincipalKind::Group) {
            return Err(StoreError::WrongKind { rule: "only users join, and only groups are joined" });
        }
        if self.membership(user, group)?.is_some() {
            return Ok(false);
        }
        self.open("group_memberships", "user_id, group_id", params![user, group])?;
        Ok(true)
    }

    /// Takes a user out of a group; `false` where it is not in it.
    pub fn leave(&mut self, user: PrincipalKey, group: PrincipalKey) -> Result<bool, StoreError> {
        match self.membership(user, group)? {
            Some(id) => self.close("group_memberships", id).map(|()| true),
            None => Ok(false),
        }
    }

    fn membership(&self, user: PrincipalKey, group: PrincipalKey) -> Result<Option<i64>, StoreError> {
        let sql =
            "SELECT id FROM group_memberships WHERE user_id = ?1 AND group_id = ?2 AND valid_to IS NULL";
        self.one(sql, params![user, group], |row| row.get(0))
    }

    /// Embeds a policy in a principal in place of any of that name; `false` where that text is there already.
    pub fn put_inline(
        &mut self,
        of: PrincipalKey,
        name: &str,
        document: &Document,
    ) -> Result<bool, StoreError> {
        self.living(of)?;
        let text = self.keep(document)?;
        match self.inline_row(of, name)? {
            Some((_, known)) if known == text => return Ok(false),
            Some((id, _)) => self.close("inline_policies", id)?,
            None => {}
        }
        self.open("inline_policies", "principal_id, name, document_text", params![of, name, text])?;
        Ok(true)
    }

    /// Removes an inline policy; `false` where there is none of that name.
    pub fn remove_inline(&mut self, of: PrincipalKey, name: &str) -> Result<bool, StoreError> {
        match self.inline_row(of, name)? {
            Some((id, _)) => self.close("inline_policies", id).map(|()| true),
            None => Ok(false),
        }
    }

    fn inline_row(&self, of: PrincipalKey, name: &str) -> Result<Option<(i64, String)>, StoreError> {
        let sql = "SELECT id, document_text FROM inline_policies \
                   WHERE principal_id = ?1 AND name = ?2 AND valid_to IS NULL";
        self.one(sql, params![of, name], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// Says who may assume a role; `false` where that text is there already.
    pub fn put_trust_policy(&mut self, of: PrincipalKey, document: &Document) -> Result<bool, StoreError> {
        if self.living(of)?.kind != PrincipalKind::Role {
            return Err(StoreError::WrongKind { rule: "only a role has a trust policy" });
        }
        let text = self.keep(document)?;
        let sql = "SELECT id, document_text FROM trust_policies WHERE principal_id = ?1 AND valid_to IS NULL";
        match self.one(sql, [of], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))? {
            Some((_, known)) if known == text => return Ok(false),
            Some((id, _)) => self.close("trust_policies", id)?,
            None => {}
        }
        self.open("trust_policies", "principal_id, document_text", params![of, text])?;
        Ok(true)
    }

    /// Forgets who may assume a role; `false` where that was not known.
    pub fn remove_trust_policy(&mut self, of: PrincipalKey) -> Result<bool, StoreError> {
        self.living(of)?;
        let had = self.trust_policy(of)?.is_some();
        self.close_all("trust_policies", "principal_id", of.0)?;
        Ok(had)
    }
}
