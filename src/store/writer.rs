//! Writing: one change, made of rows that are opened and rows that are closed.
//!
//! No row is ever edited but to close it. A row that this very change has opened was never seen by anybody, so
//! closing it erases it: what is made and unmade within one change leaves no trace.

use std::ops::Deref;

use rusqlite::{Connection, Params, ToSql, TransactionBehavior, params};

use super::history::{self, text_hash};
use super::{
    AttachmentKind, Attribution, Change, ChangeNumber, ManagedPolicy, NewManagedPolicy, NewPrincipal,
    PolicyKey, PolicyOwner, Principal, PrincipalKey, PrincipalKind, Snapshot, StoreError,
};
use crate::arn::AccountId;
use crate::policy::Document;

/// Makes one change. Reads, by way of [`Snapshot`], see what it has written so far.
#[derive(Debug)]
pub struct Writer<'a> {
    snapshot: Snapshot<'a>,
    /// Whether a row was erased or refused, which may leave a document that nothing refers to.
    loose_documents: bool,
}

impl<'a> Deref for Writer<'a> {
    type Target = Snapshot<'a>;

    fn deref(&self) -> &Snapshot<'a> {
        &self.snapshot
    }
}

impl Writer<'_> {
    /// Starts the change after the newest one; other processes wait until it is over.
    pub(super) fn begin(conn: &mut Connection) -> Result<Writer<'_>, StoreError> {
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let newest = history::newest(&tx)?.map_or(0, |change| change.number.0);
        let snapshot = Snapshot::of_change_in_progress(tx, ChangeNumber(newest + 1));
        Ok(Writer { snapshot, loose_documents: false })
    }

    /// Ends it: either it is recorded and kept, or nothing was written and the file stays as it was.
    pub(super) fn commit(self, by: &Attribution, summary: String) -> Result<Option<Change>, StoreError> {
        if self.loose_documents {
            self.forget_unused_documents()?;
        }
        let tx = self.snapshot.tx;
        let change = history::record(&tx, self.snapshot.at, by, summary)?;
        match change {
            Some(_) => tx.commit()?,
            None => tx.rollback()?,
        }
        Ok(change)
    }

    /// Says which account everything made by hand belongs to. It can be said once.
    ///
    /// Fails where two principals or policies of one name would then be in one account.
    pub fn set_account(&mut self, account: &AccountId) -> Result<(), StoreError> {
        match self.account()? {
            Some(set) if set == *account => return Ok(()),
            Some(set) => return Err(StoreError::AccountSet { set, asked: account.clone() }),
            None => {}
        }
        if let Some(what) = self.first_to_coincide(account)? {
            return Err(StoreError::Exists { what });
        }
        self.open("settings", "name, value", params!["account", account])?;
        Ok(())
    }

    /// The ARN of something in `account` that has a namesake without account.
    fn first_to_coincide(&self, account: &AccountId) -> Result<Option<String>, StoreError> {
        let principal = self.one(
            "SELECT b.id FROM principals AS a JOIN principals AS b ON b.name = a.name AND b.kind = a.kind \
             WHERE a.account IS NULL AND a.valid_to IS NULL AND b.account = ?1 AND b.valid_to IS NULL \
             ORDER BY b.id LIMIT 1",
            [account],
            |row| row.get(0),
        )?;
        if let Some(principal) = principal {
            return Ok(self.principal(principal)?.map(|principal| principal.arn()));
        }
        let policy = self.one(
            "SELECT b.id FROM policies AS a \
             JOIN policies AS b ON b.name = a.name AND b.owner = a.owner AND b.partition = a.partition \
             WHERE a.account IS NULL AND a.valid_to IS NULL AND b.account = ?1 AND b.valid_to IS NULL \
             ORDER BY b.id LIMIT 1",
            [account],
            |row| row.get(0),
        )?;
        match policy {
            Some(policy) => Ok(self.managed_policy(policy)?.map(|policy| policy.arn())),
            None => Ok(None),
        }
    }

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

    /// The principal, where it has not been deleted.
    fn living(&self, key: PrincipalKey) -> Result<Principal, StoreError> {
        self.principal(key)?.ok_or(StoreError::Gone { what: "principal" })
    }

    /// The managed policy, where it has not been deleted.
    fn existing(&self, key: PolicyKey) -> Result<ManagedPolicy, StoreError> {
        self.managed_policy(key)?.ok_or(StoreError::Gone { what: "managed policy" })
    }

    /// Keeps a document and its text, once each; returns the text's key.
    fn keep(&self, document: &Document) -> Result<String, StoreError> {
        let (id, text) = (document.id().to_string(), text_hash(document.text()));
        self.execute(
            "INSERT INTO documents (sha256, canonical) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            params![id, document.canonical()],
        )?;
        self.execute(
            "INSERT INTO document_texts (sha256, document, text) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            params![text, id, document.text()],
        )?;
        Ok(text)
    }

    /// Drops the documents that nothing refers to.
    fn forget_unused_documents(&self) -> Result<(), StoreError> {
        self.execute(
            "DELETE FROM document_texts WHERE sha256 NOT IN (SELECT document_text FROM policy_versions) \
             AND sha256 NOT IN (SELECT document_text FROM inline_policies) \
             AND sha256 NOT IN (SELECT document_text FROM trust_policies)",
            [],
        )?;
        self.execute("DELETE FROM documents WHERE sha256 NOT IN (SELECT document FROM document_texts)", [])?;
        Ok(())
    }

    /// Inserts a row that is valid from this change on; returns its id.
    fn open(&mut self, table: &str, columns: &str, values: &[&dyn ToSql]) -> Result<i64, StoreError> {
        let marks = ", ?".repeat(values.len());
        let number = self.change().0;
        let sql = format!("INSERT INTO {table} ({columns}, valid_from) VALUES (?{marks})");
        let values: Vec<&dyn ToSql> = values.iter().copied().chain([&number as &dyn ToSql]).collect();
        if let Err(error) = self.execute(&sql, values.as_slice()) {
            self.loose_documents = true;
            return Err(error);
        }
        Ok(self.tx.last_insert_rowid())
    }

    /// Ends a row's validity with this change.
    fn close(&mut self, table: &str, id: i64) -> Result<(), StoreError> {
        let number = self.change().0;
        let erase = format!("DELETE FROM {table} WHERE id = ?1 AND valid_from = ?2");
        if self.execute(&erase, [id, number])? > 0 {
            self.loose_documents = true;
        } else {
            let close = format!("UPDATE {table} SET valid_to = ?2 WHERE id = ?1 AND valid_to IS NULL");
            self.execute(&close, [id, number])?;
        }
        Ok(())
    }

    /// Ends the validity of every row that refers to something by `column`.
    fn close_all(&mut self, table: &str, column: &str, key: i64) -> Result<(), StoreError> {
        let sql = format!("SELECT id FROM {table} WHERE {column} = ?1 AND valid_to IS NULL");
        for id in self.list(&sql, [key], |row| row.get(0))? {
            self.close(table, id)?;
        }
        Ok(())
    }

    fn execute(&self, sql: &str, params: impl Params) -> Result<usize, StoreError> {
        Ok(self.tx.prepare_cached(sql)?.execute(params)?)
    }
}
