//! The proof that a file is intact: recompute everything that can be recomputed, and name what does not hold.
//!
//! From the ground up, so that the first thing named is a cause and not a consequence: the file (SQLite's own
//! check, the schema), the chain of changes with the rows they opened and closed, rows that no change owns up
//! to, references, documents. What it cannot see is that the newest changes were cut off together with all their
//! rows: keep the newest hash elsewhere to see that.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use rusqlite::{Connection, OptionalExtension};

use super::history::{self, NO_HASH, TABLES, TABLES_WITH_DOCUMENTS, text_hash};
use super::migrate::{MIGRATIONS, migrate};
use super::{Change, ChangeNumber, StoreError};
use crate::policy::Document;

/// What has been found intact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// How many changes there are.
    pub changes: u64,
    /// How many documents there are, as distinct meanings.
    pub documents: u64,
    /// How many texts there are of them.
    pub texts: u64,
    /// The newest change; its hash vouches for everything before it.
    pub newest: Option<Change>,
}

/// The first thing that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// What it is, in words.
    pub what: String,
    /// The change that it belongs to, where it belongs to one.
    pub change: Option<ChangeNumber>,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

/// Why a check stopped.
enum Stop {
    Damage(Damage),
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for Stop {
    fn from(error: rusqlite::Error) -> Stop {
        Stop::Sqlite(error)
    }
}

fn damage(what: String) -> Stop {
    Stop::Damage(Damage { what, change: None })
}

fn damage_at(change: ChangeNumber, what: String) -> Stop {
    Stop::Damage(Damage { what, change: Some(change) })
}

/// Checks everything. `conn` must be in a read transaction.
pub(super) fn verify(conn: &Connection) -> Result<Result<Verified, Damage>, StoreError> {
    match check(conn) {
        Ok(verified) => Ok(Ok(verified)),
        Err(Stop::Damage(damage)) => Ok(Err(damage)),
        Err(Stop::Sqlite(error)) => match StoreError::from(error) {
            StoreError::Sqlite(error) | StoreError::Damaged(error) => {
                Ok(Err(Damage { what: format!("the file cannot be read through: {error}"), change: None }))
            }
            error => Err(error),
        },
    }
}

fn check(conn: &Connection) -> Result<Verified, Stop> {
    check_file(conn)?;
    check_schema(conn)?;
    let changes = history::links(conn)?;
    check_chain(conn, &changes)?;
    check_validity(conn, &changes.iter().map(|link| link.change.number.0).collect())?;
    check_references(conn)?;
    let (documents, texts) = check_documents(conn)?;
    let count = changes.len() as u64;
    Ok(Verified {
        changes: count,
        documents,
        texts,
        newest: changes.into_iter().next_back().map(|l| l.change),
    })
}

/// SQLite's own check of pages, indexes and constraints.
fn check_file(conn: &Connection) -> Result<(), Stop> {
    let report: String = conn.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    match report.as_str() {
        "ok" => Ok(()),
        // SQLite heads reports about pages with a line that says only which file it is.
        report => Err(damage(format!(
            "SQLite's own check fails: {}",
            report.trim_start_matches("*** in database main ***\n")
        ))),
    }
}

/// Every table, index and view that a new file has is there and the same, and nothing changes rows behind our back.
/// More is none of our business.
fn check_schema(conn: &Connection) -> Result<(), Stop> {
    let mut fresh = Connection::open_in_memory()?;
    migrate(&mut fresh, MIGRATIONS)?;
    let found = schema(conn)?;
    let trigger = "SELECT name FROM sqlite_schema WHERE type = 'trigger' ORDER BY name LIMIT 1";
    if let Some(name) = conn.query_row(trigger, [], |row| row.get::<_, String>(0)).optional()? {
        return Err(damage(format!("the trigger `{name}` is in the file: iamdb makes none")));
    }
    for (name, sql) in schema(&fresh)? {
        match found.get(&name) {
            Some(found) if *found == sql => {}
            Some(_) => {
                return Err(damage(format!("the definition of `{name}` is not the one that iamdb makes")));
            }
            None => return Err(damage(format!("`{name}` is missing from the schema"))),
        }
    }
    Ok(())
}

/// The definitions by name.
fn schema(conn: &Connection) -> rusqlite::Result<BTreeMap<String, Option<String>>> {
    conn.prepare("SELECT name, sql FROM sqlite_schema")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

/// No change is missing, each follows the one before it, and each hash is that of the change and its rows.
fn check_chain(conn: &Connection, changes: &[history::Link]) -> Result<(), Stop> {
    let mut previous_hash = NO_HASH;
    for (link, number) in changes.iter().zip(1..) {
        let Change { number: found, command, hash, .. } = &link.change;
        if found.0 != number {
            return Err(damage_at(ChangeNumber(number), format!("change {number} is missing")));
        }
        if link.previous_hash != previous_hash {
            let before = number - 1;
            let what = format!(
                "change {number} (`{command}`) does not follow change {before}: \
                 it was made after `{}`, but `{previous_hash}` is there",
                link.previous_hash
            );
            return Err(damage_at(*found, what));
        }
        let (actual, _) = history::hash(conn, &link.change, previous_hash)?;
        if actual != *hash {
            let what = format!(
                "change {number} (`{command}`) was altered afterwards: \
                 it and its rows have the hash `{actual}`, but `{hash}` was recorded"
            );
            return Err(damage_at(*found, what));
        }
        previous_hash = hash;
    }
    Ok(())
}

/// Every row was opened by a change, and closed by a later one if at all. (That the change knows of it is in its hash.)
fn check_validity(conn: &Connection, changes: &BTreeSet<i64>) -> Result<(), Stop> {
    for table in TABLES {
        let mut statement =
            conn.prepare(&format!("SELECT id, valid_from, valid_to FROM {table} ORDER BY id"))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (id, from, to): (i64, i64, Option<i64>) = (row.get(0)?, row.get(1)?, row.get(2)?);
            if let Some(missing) = [Some(from), to].into_iter().flatten().find(|n| !changes.contains(n)) {
                let what = format!("row {id} of `{table}` belongs to change {missing}, which is missing");
                return Err(damage_at(ChangeNumber(missing), what));
            }
            if to.is_some_and(|to| to <= from) {
                let what = format!("row {id} of `{table}` ends before it begins");
                return Err(damage_at(ChangeNumber(from), what));
            }
        }
    }
    Ok(())
}

/// Every row that another one refers to is there.
fn check_references(conn: &Connection) -> Result<(), Stop> {
    let dangling = conn
        .query_row("PRAGMA foreign_key_check", [], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, Option<i64>>(1)?, row.get::<_, String>(2)?))
        })
        .optional()?;
    match dangling {
        Some((table, id, parent)) => {
            let row = id.map_or_else(|| "a row".to_owned(), |id| format!("row {id}"));
            Err(damage(format!("{row} of `{table}` refers to a row of `{parent}` that is missing")))
        }
        None => Ok(()),
    }
}

/// Which change first used each text.
fn first_uses() -> String {
    let uses = TABLES_WITH_DOCUMENTS.map(|table| format!("SELECT document_text, valid_from FROM {table}"));
    let uses = uses.join(" UNION ALL ");
    format!("SELECT document_text, min(valid_from) AS change FROM ({uses}) GROUP BY document_text")
}

/// Every text has its hash, means its document, and is used; every document has a text.
fn check_documents(conn: &Connection) -> Result<(u64, u64), Stop> {
    let sql = format!(
        "SELECT t.sha256, t.text, t.document, d.canonical, u.change FROM document_texts AS t \
         JOIN documents AS d ON d.sha256 = t.document LEFT JOIN ({}) AS u ON u.document_text = t.sha256 \
         ORDER BY u.change, t.rowid",
        first_uses()
    );
    let mut statement = conn.prepare(&sql)?;
    let mut rows = statement.query([])?;
    let mut texts = 0;
    while let Some(row) = rows.next()? {
        let (key, text): (String, String) = (row.get(0)?, row.get(1)?);
        let (id, canonical): (String, String) = (row.get(2)?, row.get(3)?);
        let Some(change) = row.get::<_, Option<i64>>(4)?.map(ChangeNumber) else {
            return Err(damage(format!("the document text `{key}` is not used by anything")));
        };
        let actual = text_hash(&text);
        if actual != key {
            let what = format!(
                "the document text `{key}`, first used in change {change}, was altered afterwards: \
                 its hash is `{actual}`"
            );
            return Err(damage_at(change, what));
        }
        let document = Document::new(text);
        if document.id().to_string() != id || document.canonical() != canonical {
            let what = format!(
                "the document `{id}`, first used in change {change}, is not what its text `{key}` means: \
                 that has the hash `{}`",
                document.id()
            );
            return Err(damage_at(change, what));
        }
        texts += 1;
    }
    let sql =
        "SELECT sha256 FROM documents WHERE sha256 NOT IN (SELECT document FROM document_texts) LIMIT 1";
    if let Some(id) = conn.query_row(sql, [], |row| row.get::<_, String>(0)).optional()? {
        return Err(damage(format!("the document `{id}` has no text")));
    }
    let documents: i64 = conn.query_row("SELECT count(*) FROM documents", [], |row| row.get(0))?;
    Ok((documents.unsigned_abs(), texts))
}
