//! Writing: one change, made of rows that are opened and rows that are closed.
//!
//! No row is ever edited but to close it. A row that this very change has opened was never seen by anybody, so
//! closing it erases it: what is made and unmade within one change leaves no trace.

mod organization;
mod policy;
mod principal;
mod resource;

use std::ops::Deref;
use std::rc::Rc;

use rusqlite::{Connection, Params, ToSql, TransactionBehavior, params};

use super::history::{self, TABLES_WITH_DOCUMENTS, text_hash};
use super::{
    Attribution, Change, ChangeNumber, ManagedPolicy, PolicyKey, Principal, PrincipalKey, Snapshot,
    StoreError,
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
        let out_of_range = || StoreError::Damaged(rusqlite::Error::IntegralValueOutOfRange(0, newest));
        let next = ChangeNumber(newest.checked_add(1).ok_or_else(out_of_range)?);
        let snapshot = Snapshot::of_change_in_progress(tx, next);
        Ok(Writer { snapshot, loose_documents: false })
    }

    /// The state before the change, as it still is for everybody else.
    pub fn before(&self) -> Snapshot<'_> {
        self.snapshot.before_change_in_progress()
    }

    /// Ends it: either it is recorded and kept, or nothing was written and the file stays as it was.
    pub(super) fn commit(self, by: &Attribution, summary: String) -> Result<Option<Change>, StoreError> {
        if self.loose_documents {
            self.forget_unused_documents()?;
        }
        let tx = Rc::into_inner(self.snapshot.tx).expect("INVARIANT (no view outlives its snapshot)");
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
        let used = TABLES_WITH_DOCUMENTS
            .map(|table| format!("SELECT document_text FROM {table} WHERE document_text IS NOT NULL"));
        let used = used.join(" UNION ");
        self.execute(&format!("DELETE FROM document_texts WHERE sha256 NOT IN ({used})"), [])?;
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
