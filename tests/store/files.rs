//! Which files are opened, and what is left of those that are not.

use std::fs;
use std::path::Path;

use rusqlite::Connection;

use super::*;

fn sqlite(path: &Path, sql: &str) {
    Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

/// The version of the schema.
pub(super) fn version(path: &Path) -> i64 {
    let conn = Connection::open(path).unwrap();
    conn.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
}

/// Makes of a database without an organization and resources one as the first schema had it, in one file.
pub(super) fn back_to_the_first_schema(path: &Path) {
    let conn = Connection::open(path).unwrap();
    conn.execute_batch("PRAGMA journal_mode = DELETE; PRAGMA foreign_keys = OFF").unwrap();
    let first = Connection::open_in_memory().unwrap();
    first.execute_batch(include_str!("../../migrations/0001_initial.sql")).unwrap();
    let kept = definitions(&first);
    for (name, kind) in definitions(&conn).into_iter().filter(|found| !kept.contains(found)) {
        // What belongs to a table goes with it.
        conn.execute_batch(&format!("DROP {kind} IF EXISTS \"{name}\"")).unwrap();
    }
    conn.execute_batch("PRAGMA user_version = 1; VACUUM").unwrap();
    assert_eq!(definitions(&conn), kept);
}

/// Names and kinds of what is defined and has a definition.
fn definitions(conn: &Connection) -> Vec<(String, String)> {
    conn.prepare("SELECT name, type FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type DESC, name")
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap()
}

/// The definitions of a database, as they came.
fn schema(path: &Path) -> String {
    let conn = Connection::open(path).unwrap();
    let mut statement =
        conn.prepare("SELECT sql || ';\n' FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid").unwrap();
    let lines = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    lines.collect::<Result<String, _>>().unwrap()
}

/// Migrations say how we got here; `schema.sql` says where we are. `SCHEMA=overwrite` writes it.
#[test]
fn the_schema_is_pinned() {
    let (_folder, path) = folder();
    Store::open_or_create(&path).unwrap();
    let pinned = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schema.sql");
    if std::env::var_os("SCHEMA").is_some_and(|word| word == "overwrite") {
        fs::write(&pinned, schema(&path)).unwrap();
    }
    assert_eq!(schema(&path), fs::read_to_string(pinned).unwrap());
}

#[test]
fn people_can_read_the_views() {
    let (_folder, path) = folder();
    drop(ordinary(&path));
    let conn = Connection::open(&path).unwrap();
    let lines = |sql: &str| -> Vec<String> {
        let mut statement = conn.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    };
    assert_eq!(
        lines("SELECT arn FROM current_principals ORDER BY id"),
        [
            "arn:aws:iam::123456789012:user/alice",
            "arn:aws:iam::123456789012:group/devs",
            "arn:aws:iam::123456789012:role/deploy"
        ]
    );
    assert_eq!(
        lines(
            "SELECT concat_ws(' ', principal_name, attached_as, policy_name, policy_arn) \
             FROM current_attachments ORDER BY 1"
        ),
        [
            "alice boundary s3 arn:aws:iam::123456789012:policy/s3",
            "alice inline own",
            "devs managed s3 arn:aws:iam::123456789012:policy/s3"
        ]
    );
    assert_eq!(
        lines("SELECT arn || default_version FROM current_policies"),
        ["arn:aws:iam::123456789012:policy/s32"]
    );
    assert_eq!(
        lines("SELECT trim(version || ' ' || is_default) FROM current_policy_versions ORDER BY 1"),
        ["v1", "v2 default"]
    );
    assert_eq!(lines("SELECT key || '=' || value FROM current_tags"), ["team=red"]);
    assert_eq!(lines("SELECT name || '=' || value FROM current_settings"), ["account=123456789012"]);
    assert!(lines("SELECT user_name FROM current_group_memberships").is_empty());
}

#[test]
fn what_is_not_there_is_not_made_by_reading() {
    let (folder, path) = folder();
    let error = Store::open(&path).unwrap_err();
    assert_eq!(error.to_string(), format!("there is no database at `{}`", path.display()));
    assert!(!path.exists());
    let missing = folder.path().join("no/such/folder/iam.db");
    assert!(matches!(Store::open_or_create(&missing), Err(StoreError::Io { .. })));
    assert!(matches!(Store::open(folder.path()), Err(StoreError::NotADatabase { .. })));
}

#[test]
fn an_empty_file_becomes_a_database() {
    let (_folder, path) = folder();
    fs::write(&path, "").unwrap();
    assert_eq!(Store::open(&path).unwrap().verify().unwrap().unwrap().changes, 0);
}

#[test]
fn another_kind_of_file_is_refused_and_untouched() {
    let (_folder, path) = folder();
    for content in ["{\"Version\": \"2012-10-17\"}".to_owned(), "a".repeat(10_000)] {
        fs::write(&path, &content).unwrap();
        for opened in [Store::open(&path), Store::open_or_create(&path)] {
            assert_eq!(opened.unwrap_err().to_string(), format!("`{}` is not a database", path.display()));
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), content);
    }
}

#[test]
fn somebody_elses_database_is_refused_and_untouched() {
    let (_folder, path) = folder();
    for sql in [
        "CREATE TABLE notes (x)",
        "PRAGMA journal_mode = WAL; INSERT INTO notes VALUES (1)",
        "PRAGMA application_id = 7; PRAGMA user_version = 1",
    ] {
        sqlite(&path, sql);
        let before = fs::read(&path).unwrap();
        let error = Store::open_or_create(&path).unwrap_err();
        assert!(matches!(error, StoreError::Foreign { .. }), "{error}");
        assert!(before == fs::read(&path).unwrap());
    }
}

#[test]
fn a_newer_database_is_refused_and_untouched() {
    let (_folder, path) = folder();
    drop(ordinary(&path));
    sqlite(&path, "PRAGMA user_version = 99; CREATE TABLE future (x)");
    let before = fs::read(&path).unwrap();
    let error = Store::open(&path).unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 99, known: 2, .. }), "{error}");
    assert!(before == fs::read(&path).unwrap());
}

/// Ours by its id, but of no version: what is there is not begun over.
#[test]
fn a_database_without_version_is_refused_and_untouched() {
    for version in ["0", "-1"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("iam.db");
        Store::open_or_create(&path).unwrap();
        sqlite(&path, &format!("PRAGMA user_version = {version}"));
        let before = std::fs::read(&path).unwrap();
        let error = Store::open(&path).unwrap_err();
        assert!(matches!(error, StoreError::NoVersion { .. }), "{error}");
        assert!(!error.to_string().contains("CREATE TABLE"), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }
}

/// The newer schema is still in the log: the file itself looks like ours.
#[test]
fn a_newer_log_is_left_alone_as_well() {
    let (folder, path) = folder();
    drop(ordinary(&path));
    let newer = Connection::open(&path).unwrap();
    newer.execute_batch("PRAGMA user_version = 99; CREATE TABLE future (x)").unwrap();
    let copy = folder.path().join("copy.db");
    let beside = |path: &Path| path.with_extension("db-wal");
    fs::copy(&path, &copy).unwrap();
    fs::copy(beside(&path), beside(&copy)).unwrap();
    let before = (fs::read(&copy).unwrap(), fs::read(beside(&copy)).unwrap());
    assert!(matches!(Store::open(&copy), Err(StoreError::Newer { .. })));
    assert!(before == (fs::read(&copy).unwrap(), fs::read(beside(&copy)).unwrap()));
}

#[test]
fn an_interrupted_beginning_can_be_begun_again() {
    let (_folder, path) = folder();
    // The header is written, the schema is not.
    sqlite(&path, "PRAGMA journal_mode = WAL");
    assert_eq!(Store::open_or_create(&path).unwrap().verify().unwrap().unwrap().changes, 0);
}

#[cfg(unix)]
#[test]
fn a_read_only_folder_can_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, path) = folder();
    drop(ordinary(&path));
    let allow = |mode| fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    allow(0o555);
    let read = Store::open(&path).map(|mut store| {
        let users = store.read(At::Now).unwrap().principals(None).unwrap().len();
        (users, write(&mut store, |writer| writer.create_principal(&user("bob"))).err())
    });
    let is_root = fs::write(folder.path().join("probe"), "").is_ok();
    allow(0o755);
    let (users, refused) = read.unwrap();
    assert_eq!(users, 3);
    // Nothing is read-only to root.
    assert!(is_root || matches!(refused, Some(StoreError::ReadOnly)), "{refused:?}");
}
