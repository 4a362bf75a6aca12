//! From any older schema to the newest: a list of SQL files, of which the file remembers how many it has seen.
//!
//! Two rules keep it that simple. The list only ever grows at its end, and a migration that has been released is
//! never edited. The count is SQLite's `user_version`, which rolls back with its transaction, so a migration that
//! fails leaves the file as it was.

use rusqlite::{Connection, TransactionBehavior};

/// Every migration, oldest first.
pub(super) const MIGRATIONS: &[&str] = &[
    include_str!("../../migrations/0001_initial.sql"),
    include_str!("../../migrations/0002_organizations.sql"),
];

/// The schema version of this program.
pub(super) const NEWEST: i64 = MIGRATIONS.len() as i64;

/// Runs the migrations that the database has not seen, all or none.
pub(super) fn migrate(conn: &mut Connection, migrations: &[&str]) -> rusqlite::Result<()> {
    // IMMEDIATE before the version is read: of two processes that come at once, the second finds nothing to do.
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let seen: u32 = tx.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    for (sql, version) in migrations.iter().zip(1_u32..).skip(seen as usize) {
        tx.execute_batch(sql)?;
        tx.pragma_update(None, "user_version", version)?;
    }
    tx.commit()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(conn: &Connection) -> i64 {
        conn.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn only_the_tail_of_the_list_runs() {
        let mut conn = Connection::open_in_memory().unwrap();
        migrate(&mut conn, &["CREATE TABLE a (x)"]).unwrap();
        migrate(&mut conn, &["CREATE TABLE a (x)", "INSERT INTO a VALUES (7)"]).unwrap();
        migrate(&mut conn, &["CREATE TABLE a (x)", "INSERT INTO a VALUES (7)"]).unwrap();
        assert_eq!(version(&conn), 2);
        let rows: i64 = conn.query_row("SELECT count(*) FROM a", [], |row| row.get(0)).unwrap();
        assert_eq!(rows, 1);
    }

    #[test]
    fn a_failing_migration_rolls_back_with_its_version() {
        let mut conn = Connection::open_in_memory().unwrap();
        migrate(&mut conn, &["CREATE TABLE a (x)"]).unwrap();
        let broken = ["CREATE TABLE a (x)", "CREATE TABLE b (x)", "INSERT INTO nowhere VALUES (1)"];
        migrate(&mut conn, &broken).unwrap_err();
        assert_eq!(version(&conn), 1);
        let tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
        assert_eq!(tables, 1);
    }
}
