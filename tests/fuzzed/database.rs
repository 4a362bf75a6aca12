//! A small database and what damages it, four bytes for each deed: the first byte of the input says whether they flip
//! bytes of the file or put values into cells behind the store's back. It is opened, verified, asked and written to:
//! each time an answer or an error, and what verifies still says what it said.

use std::fs;
use std::path::Path;

use iamdb::analysis::Part;
use iamdb::policy::Document;
use iamdb::store::{At, Attribution, Change, NewPrincipal, PrincipalKind, Store, StoreError};
use iamdb::stored::{self, Everyone};
use rusqlite::Connection;

use super::CATALOG;
use super::import::{Files, exported, files, imported, read};

/// The files that the database is imported from.
const ESTATE: &[u8] = include_bytes!("estate.txt");

/// What is put into a cell.
const VALUES: [&str; 16] = [
    "NULL",
    "-1",
    "0",
    "1",
    "2",
    "9223372036854775807",
    "-1.5",
    "''",
    "'x'",
    "'{}'",
    "'a' || char(0) || 'b'",
    "CAST(x'ff' AS TEXT)",
    "x'ff'",
    "'222222222222'",
    "zeroblob(100000)",
    "printf('%.*c', 100000, '*')",
];

/// The database as it was, as bytes, by cells and by what it says.
struct Whole {
    bytes: Vec<u8>,
    /// Every column of every table, in order.
    columns: Vec<(String, String)>,
    says: Files,
    newest: Option<Change>,
}

thread_local!(static WHOLE: Whole = Whole::new());

impl Whole {
    fn new() -> Whole {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("iam.db");
        let mut store = Store::in_memory().unwrap();
        imported(&mut store, &read(&files(ESTATE)).unwrap()).unwrap();
        store.copy_to(&path).unwrap();
        let conn = Connection::open(&path).unwrap();
        let sql = "SELECT tables.name, columns.name FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS columns
                   WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite%' ORDER BY 1, 2";
        let columns = conn
            .prepare(sql)
            .unwrap()
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        drop(conn);
        Whole {
            bytes: fs::read(&path).unwrap(),
            columns,
            says: exported(&mut store).unwrap(),
            newest: store.changes().unwrap().pop(),
        }
    }
}

pub(super) fn run(input: &[u8]) {
    let Some((first, deeds)) = input.split_first() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("iam.db");
    WHOLE.with(|whole| {
        if first % 2 == 0 {
            fs::write(&path, with_bytes(&whole.bytes, deeds)).unwrap();
        } else {
            fs::write(&path, &whole.bytes).unwrap();
            put_values(&path, &whole.columns, deeds);
        }
        let Ok(mut store) = Store::open(&path) else { return };
        let verified = store.verify();
        let says = exported(&mut store);
        // The newest change vouches for everything before it; a file that was emptied has none.
        if verified.is_ok_and(|verified| verified.is_ok_and(|verified| verified.newest == whole.newest)) {
            assert_eq!(says.unwrap(), whole.says, "it verifies and says something else");
        }
        let _asked = is_asked(&mut store);
        let _written = is_written_to(&mut store);
    });
}

/// The file with bytes flipped, or cut short.
fn with_bytes(bytes: &[u8], deeds: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for deed in deeds.as_chunks::<4>().0 {
        let [a, b, c, flip] = *deed;
        let place = u32::from_be_bytes([0, a, b, c]) as usize % bytes.len().max(1);
        match bytes.get_mut(place) {
            Some(byte) if flip > 0 => *byte ^= flip,
            _ => bytes.truncate(place),
        }
    }
    bytes
}

/// Values in cells, as far as the schema lets them in.
fn put_values(path: &Path, columns: &[(String, String)], deeds: &[u8]) {
    let conn = Connection::open(path).unwrap();
    conn.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON").unwrap();
    for [high, low, row, value] in deeds.as_chunks::<4>().0 {
        let (table, column) = &columns[usize::from(u16::from_be_bytes([*high, *low])) % columns.len()];
        let value = VALUES[usize::from(*value) % VALUES.len()];
        let sql = format!(
            "UPDATE OR IGNORE {table} SET {column} = {value}
             WHERE rowid = (SELECT rowid FROM {table} LIMIT 1 OFFSET {row} % (SELECT count(*) FROM {table}))"
        );
        let _put = conn.execute_batch(&sql);
    }
}

/// Everything about everybody.
fn is_asked(store: &mut Store) -> Result<(), StoreError> {
    store.changes()?;
    let now = store.read(At::Now)?;
    Everyone::read(&now)?;
    for principal in now.principals(None)? {
        stored::policy_layers(&now, &principal)?;
        CATALOG.with(|catalog| stored::subject(&now, &principal, None, catalog, &Part::default()))?;
    }
    Ok(())
}

/// Something is made in it.
fn is_written_to(store: &mut Store) -> Result<(), StoreError> {
    let time = "2026-01-02T00:00:00Z".parse().unwrap();
    let by = Attribution { actor: "eve".to_owned(), time, command: "iamdb create".to_owned() };
    let new = NewPrincipal {
        kind: PrincipalKind::User,
        partition: "aws".to_owned(),
        account: None,
        path: "/".to_owned(),
        name: "zoe".to_owned(),
        unique_id: None,
    };
    store.write(&by, |writer| {
        let zoe = writer.create_principal(&new)?.key;
        writer.put_tag(zoe, "team", "blue")?;
        writer.put_inline(zoe, "own", &Document::new("{}".to_owned()))?;
        Ok::<_, StoreError>(((), "made zoe".to_owned()))
    })?;
    Ok(())
}
