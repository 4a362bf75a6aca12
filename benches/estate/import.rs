//! Importing an account, beside the least that it could take: reading the JSON and inserting the rows.

use std::path::Path;

use iamdb::store::Store;
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite::types::Value;

use crate::estate::Account;
use crate::made::{Made, import};
use crate::table::{least, line, ms, ratio};

/// The rows of a table, with the statement that inserts one.
pub(crate) struct Table {
    insert: String,
    rows: Vec<Vec<Value>>,
}

/// Every row of a database, in an order in which each refers to earlier ones.
pub(crate) fn rows(db: &Path) -> Vec<Table> {
    let conn = Connection::open(db).expect("a database");
    let mut names = conn
        .prepare(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'sqlite_*' ORDER BY rowid",
        )
        .expect("a schema");
    let names: Vec<String> =
        names.query_map([], |row| row.get(0)).expect("names").map(Result::unwrap_or_default).collect();
    let table = |name: String| {
        let mut select = conn.prepare(&format!("SELECT * FROM {name} ORDER BY rowid")).expect("a table");
        let columns = select.column_count();
        let marks = vec!["?"; columns].join(", ");
        let rows = select.query_map([], |row| (0..columns).map(|nth| row.get(nth)).collect());
        let rows = rows.expect("rows").collect::<Result<_, _>>().expect("rows");
        Table { insert: format!("INSERT INTO {name} VALUES ({marks})"), rows }
    };
    names.into_iter().map(table).collect()
}

/// Inserts rows into a new file of the same schema, indexes and checks: one transaction, each statement prepared once.
fn insert(tables: &[Table], db: &Path) {
    drop(Store::open_or_create(db).expect("a database"));
    let mut conn = Connection::open(db).expect("a database");
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true).expect("foreign keys");
    let tx = conn.transaction().expect("a transaction");
    for Table { insert, rows } in tables {
        let mut statement = tx.prepare(insert).expect("a statement");
        for row in rows {
            statement.execute(rusqlite::params_from_iter(row)).expect("a row");
        }
    }
    tx.commit().expect("a commit");
}

/// Prints how long imports take at these sizes.
pub(crate) fn print(sizes: &[usize]) {
    let made = Made::new();
    for &size in sizes {
        let times = if size > 10_000 { 1 } else { 5 };
        let account = Account::new(size, 1);
        let dump = made.dump(&account);
        let later = made.dump(&account.later(size / 100));

        let first = least(times, || import(&dump, &made.fresh("iam.db")));
        let db = made.path("iam.db");
        let tables = rows(&db);
        let json = least(times, || -> serde_json::Value {
            serde_json::from_slice(&std::fs::read(&dump).expect("a dump")).expect("JSON")
        });
        let raw = least(times, || insert(&tables, &made.fresh("raw.db")));
        let same = least(times, || import(&dump, &db));
        let newer = least(times, || {
            let copy = made.fresh("later.db");
            std::fs::copy(&db, &copy).expect("a copy");
            import(&later, &copy);
        });
        let (rows, bytes) = (tables.iter().map(|table| table.rows.len()).sum::<usize>(), size_of(&dump));
        line(&format!(
            "import {size:>7} principals ({:.1} MB, {rows} rows): {}, beside JSON {} + rows {}: {} times",
            bytes as f64 / 1e6,
            ms(first),
            ms(json),
            ms(raw),
            ratio(first, json + raw),
        ));
        line(&format!(
            "  the same again: {} ({} of the first); with {} of the principals changed: {} ({})",
            ms(same),
            ratio(same, first),
            size / 100,
            ms(newer),
            ratio(newer, first),
        ));
    }
}

fn size_of(file: &Path) -> u64 {
    std::fs::metadata(file).map_or(0, |metadata| metadata.len())
}
