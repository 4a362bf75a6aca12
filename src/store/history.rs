//! The chain of changes: what a change's hash covers, byte for byte.
//!
//! A change's hash is the SHA-256, in lower-case hexadecimal, of lines of JSON. Each ends with a line feed;
//! there is no space outside of strings:
//!
//! ```text
//! ["change",PREVIOUS,NUMBER,TIME,ACTOR,COMMAND,SUMMARY]
//! ["open","principals",{"id":1,"kind":"user","name":"alice",…}]
//! ["close","tags",7]
//! ```
//!
//! `PREVIOUS` is the previous change's hash (sixty-four zeros for the first change). Then come, table by table in
//! the order of [`TABLES`], the rows whose `valid_from` is the change, with every column but `valid_to`, keys in
//! byte order and NULLs left out (so that a column added later does not disturb old hashes), and the ids of the
//! rows whose `valid_to` is the change; both by id. Documents are covered by the hash of their text in
//! `document_text`. JSON quotes and separates, so no two contents have the same lines.
//!
//! Writing a change and verifying it read the rows back by the same function.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::types::{FromSqlError, Type, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{Attribution, Change, ChangeNumber};

/// The tables with history, in the order in which they are hashed. The list only ever grows at its end.
pub(super) const TABLES: [&str; 20] = [
    "settings",
    "principals",
    "tags",
    "group_memberships",
    "policies",
    "policy_versions",
    "attachments",
    "inline_policies",
    "trust_policies",
    "organization_nodes",
    "organization_node_details",
    "organization_placements",
    "organizations",
    "organization_policies",
    "organization_policy_contents",
    "organization_attachments",
    "resources",
    "resource_owners",
    "resource_policies",
    "resource_tags",
];

/// Those of them that refer to documents, by `document_text`.
pub(super) const TABLES_WITH_DOCUMENTS: [&str; 5] = [
    "policy_versions",
    "inline_policies",
    "trust_policies",
    "organization_policy_contents",
    "resource_policies",
];

/// What stands for the hash before the first change.
pub(super) const NO_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

const SELECT: &str = "SELECT number, time, actor, command, summary, hash FROM changes";

/// A change and the hash it says it follows.
pub(super) struct Link {
    pub(super) change: Change,
    pub(super) previous_hash: String,
}

/// Every change with its predecessor's hash, oldest first.
pub(super) fn links(conn: &Connection) -> rusqlite::Result<Vec<Link>> {
    let sql =
        "SELECT number, time, actor, command, summary, hash, previous_hash FROM changes ORDER BY number";
    conn.prepare(sql)?
        .query_map([], |row| {
            Ok(Link { change: change_from_row(row)?, previous_hash: row.get("previous_hash")? })
        })?
        .collect()
}

/// Every change, oldest first.
pub(super) fn changes(conn: &Connection) -> rusqlite::Result<Vec<Change>> {
    conn.prepare(&format!("{SELECT} ORDER BY number"))?.query_map([], change_from_row)?.collect()
}

/// The change of a number.
pub(super) fn numbered(conn: &Connection, number: ChangeNumber) -> rusqlite::Result<Option<Change>> {
    conn.query_row(&format!("{SELECT} WHERE number = ?1"), [number.0], change_from_row).optional()
}

/// The newest change.
pub(super) fn newest(conn: &Connection) -> rusqlite::Result<Option<Change>> {
    let sql = format!("{SELECT} ORDER BY number DESC LIMIT 1");
    conn.query_row(&sql, [], change_from_row).optional()
}

/// The newest change at or before a time; 0 before the first.
pub(super) fn newest_at(conn: &Connection, time: Timestamp) -> rusqlite::Result<ChangeNumber> {
    // A change's time is cut down to its second, so a question must be as well. Equal widths: text order is time order.
    let sql = "SELECT number FROM changes WHERE time <= ?1 ORDER BY number DESC LIMIT 1";
    let number = conn.query_row(sql, [whole_seconds(time).to_string()], |row| row.get(0)).optional()?;
    Ok(ChangeNumber(number.unwrap_or(0)))
}

/// Records that the rows opened and closed under `number` are one change. `None` where there are none.
pub(super) fn record(
    conn: &Connection,
    number: ChangeNumber,
    by: &Attribution,
    summary: String,
) -> rusqlite::Result<Option<Change>> {
    let previous = newest(conn)?;
    let time = whole_seconds(by.time);
    let mut change = Change {
        number,
        // Clocks go back at times; history does not.
        time: previous.as_ref().map_or(time, |previous| time.max(previous.time)),
        actor: by.actor.clone(),
        command: by.command.clone(),
        summary,
        hash: String::new(),
    };
    let previous_hash = previous.map_or_else(|| NO_HASH.to_owned(), |previous| previous.hash);
    let (hash, rows) = hash(conn, &change, &previous_hash)?;
    if rows == 0 {
        return Ok(None);
    }
    change.hash = hash;
    conn.execute(
        "INSERT INTO changes (number, time, actor, command, summary, previous_hash, hash) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        (
            number.0,
            change.time.to_string(),
            &change.actor,
            &change.command,
            &change.summary,
            &previous_hash,
            &change.hash,
        ),
    )?;
    Ok(Some(change))
}

/// The hash that a change ought to have, and how many rows it opened and closed.
pub(super) fn hash(
    conn: &Connection,
    change: &Change,
    previous_hash: &str,
) -> rusqlite::Result<(String, usize)> {
    let Change { number, time, actor, command, summary, .. } = change;
    let mut lines = Lines { sha256: Sha256::new(), count: 0 };
    lines.push(&("change", previous_hash, number.0, time.to_string(), actor, command, summary))?;
    for table in TABLES {
        let sql = format!("SELECT * FROM {table} WHERE valid_from = ?1 ORDER BY id");
        let mut statement = conn.prepare_cached(&sql)?;
        let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let mut rows = statement.query([number.0])?;
        while let Some(row) = rows.next()? {
            lines.push(&("open", table, fields(row, &columns)?))?;
        }
        let sql = format!("SELECT id FROM {table} WHERE valid_to = ?1 ORDER BY id");
        let mut statement = conn.prepare_cached(&sql)?;
        let mut rows = statement.query([number.0])?;
        while let Some(row) = rows.next()? {
            lines.push(&("close", table, row.get::<_, i64>(0)?))?;
        }
    }
    Ok((hex(lines.sha256), lines.count - 1))
}

/// The lower-case hexadecimal SHA-256 of a document's text, its key in `document_texts`.
pub(super) fn text_hash(text: &str) -> String {
    hex(Sha256::new_with_prefix(text))
}

fn hex(sha256: Sha256) -> String {
    sha256.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The lines as they go into the hash.
struct Lines {
    sha256: Sha256,
    count: usize,
}

impl Lines {
    fn push(&mut self, line: &impl Serialize) -> rusqlite::Result<()> {
        let mut json = serde_json::to_vec(line)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
        json.push(b'\n');
        self.sha256.update(&json);
        self.count += 1;
        Ok(())
    }
}

/// A column's value: the schema has no others.
#[derive(Serialize)]
#[serde(untagged)]
enum Field<'a> {
    Integer(i64),
    Text(&'a str),
}

fn fields<'a>(row: &'a Row<'_>, columns: &'a [String]) -> rusqlite::Result<BTreeMap<&'a str, Field<'a>>> {
    let mut fields = BTreeMap::new();
    for (index, column) in columns.iter().enumerate().filter(|(_, column)| *column != "valid_to") {
        let failed = |kind, error: FromSqlError| {
            rusqlite::Error::FromSqlConversionFailure(index, kind, Box::new(error))
        };
        match row.get_ref(index)? {
            ValueRef::Null => {}
            ValueRef::Integer(value) => {
                fields.insert(column.as_str(), Field::Integer(value));
            }
            value => {
                let text = value.as_str().map_err(|error| failed(value.data_type(), error))?;
                fields.insert(column.as_str(), Field::Text(text));
            }
        }
    }
    Ok(fields)
}

fn change_from_row(row: &Row<'_>) -> rusqlite::Result<Change> {
    let time: String = row.get("time")?;
    Ok(Change {
        number: ChangeNumber(row.get("number")?),
        time: time
            .parse()
            .map_err(|error| rusqlite::Error::FromSqlConversionFailure(1, Type::Text, Box::new(error)))?,
        actor: row.get("actor")?,
        command: row.get("command")?,
        summary: row.get("summary")?,
        hash: row.get("hash")?,
    })
}

/// The second that an instant lies in.
fn whole_seconds(time: Timestamp) -> Timestamp {
    // `as_second` cuts towards 1970, which is down for every time that a change can have.
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}
