//! Every kind of damage is found and named.

use std::fs;

use rusqlite::Connection;

use super::*;

/// Runs SQL behind the store's back on an ordinary database and returns what `verify` names.
fn named_after(sql: &str) -> (Option<i64>, String) {
    let (_folder, path) = folder();
    drop(ordinary(&path));
    let conn = Connection::open(&path).unwrap();
    conn.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    let touched = {
        let before = conn.total_changes();
        conn.execute_batch(sql).unwrap();
        conn.total_changes() - before
    };
    assert!(touched > 0, "nothing was damaged");
    drop(conn);
    let damage = Store::open(&path).unwrap().verify().unwrap().unwrap_err();
    (damage.change.map(|change| change.0), damage.to_string())
}

fn assert_named(sql: &str, change: Option<i64>, words: &str) {
    let (found, what) = named_after(sql);
    assert!(found == change && what.contains(words), "{sql}\n{found:?}: {what}");
}

#[test]
fn ordinary_work_verifies() {
    let (_folder, path) = folder();
    let store = ordinary(&path);
    let verified = store.verify().unwrap().unwrap();
    assert_eq!((verified.changes, verified.documents, verified.texts), (5, 3, 3));
    assert_eq!(verified.newest, store.changes().unwrap().pop());
}

#[test]
fn an_edited_document_text() {
    assert_named(
        "UPDATE document_texts SET text = replace(text, 's3:Get*', 's3:*')",
        Some(1),
        "first used in change 1, was altered afterwards",
    );
}

#[test]
fn an_edited_canonical_form() {
    assert_named(
        "UPDATE documents SET canonical = replace(canonical, 's3:Put*', 's3:*')",
        Some(3),
        "first used in change 3, is not what its text",
    );
}

#[test]
fn a_text_that_was_moved_to_another_document() {
    assert_named(
        "UPDATE document_texts SET document = (SELECT min(sha256) FROM documents)",
        Some(1),
        "is not what its text",
    );
}

#[test]
fn a_removed_text() {
    assert_named(
        "DELETE FROM document_texts WHERE text LIKE '%s3:Get%'",
        None,
        "refers to a row of `document_texts` that is missing",
    );
}

#[test]
fn a_document_that_nothing_uses() {
    let sql = "INSERT INTO documents VALUES (printf('%064d', 1), '{}');";
    assert_named(sql, None, "has no text");
    let text = "INSERT INTO document_texts VALUES (printf('%064d', 2), printf('%064d', 1), '{}')";
    assert_named(&format!("{sql}{text}"), None, "is not used by anything");
}

#[test]
fn a_removed_change() {
    assert_named("DELETE FROM changes WHERE number = 2", Some(2), "change 2 is missing");
    assert_named("DELETE FROM changes WHERE number = 5", Some(5), "belongs to change 5, which is missing");
    assert_named(
        "DELETE FROM changes WHERE number = 2; UPDATE changes SET number = number - 1 WHERE number > 2",
        Some(2),
        "does not follow change 1",
    );
}

#[test]
fn swapped_changes() {
    assert_named(
        "UPDATE changes SET number = 77 WHERE number = 2; \
         UPDATE changes SET number = 2 WHERE number = 3; \
         UPDATE changes SET number = 3 WHERE number = 77",
        Some(2),
        "does not follow change 1",
    );
}

#[test]
fn an_edited_change() {
    for edit in ["summary = 'nothing'", "actor = 'mallory'", "time = '2020-01-01T00:00:00Z'", "command = ''"]
    {
        assert_named(
            &format!("UPDATE changes SET {edit} WHERE number = 3"),
            Some(3),
            "was altered afterwards",
        );
    }
}

#[test]
fn an_edited_validity() {
    assert_named(
        "DELETE FROM tags WHERE key = 'team'; UPDATE tags SET valid_to = NULL WHERE key = 'Team'",
        Some(5),
        "altered",
    );
    assert_named("UPDATE tags SET valid_to = 4 WHERE key = 'Team'", Some(4), "altered");
    assert_named("UPDATE attachments SET valid_to = 4 WHERE kind = 'boundary'", Some(4), "altered");
    assert_named("UPDATE attachments SET valid_from = 1 WHERE kind = 'boundary'", Some(1), "altered");
    assert_named("UPDATE attachments SET valid_to = 9 WHERE kind = 'boundary'", Some(9), "which is missing");
}

#[test]
fn a_deleted_row() {
    assert_named("DELETE FROM attachments WHERE kind = 'boundary'", Some(2), "altered");
    assert_named("DELETE FROM group_memberships", Some(1), "altered");
}

#[test]
fn an_inserted_row() {
    let insert = "INSERT INTO attachments (principal_id, policy_id, kind, valid_from)";
    assert_named(&format!("{insert} VALUES (3, 1, 'managed', 4)"), Some(4), "altered");
    assert_named(&format!("{insert} VALUES (3, 1, 'managed', 6)"), Some(6), "which is missing");
}

#[test]
fn an_edited_row() {
    assert_named("UPDATE principals SET name = 'mallory' WHERE name = 'alice'", Some(1), "altered");
    assert_named(
        "UPDATE policy_versions SET is_default = NOT is_default WHERE valid_to IS NOT NULL",
        Some(2),
        "altered",
    );
}

#[test]
fn an_edited_schema() {
    assert_named(
        "DROP VIEW current_tags; UPDATE changes SET number = number",
        None,
        "`current_tags` is missing from the schema",
    );
    assert_named(
        "DROP VIEW current_tags; CREATE VIEW current_tags AS SELECT 1; UPDATE changes SET number = number",
        None,
        "the definition of `current_tags` is not the one that iamdb makes",
    );
}

/// Whether opening or verifying says that something is wrong. It must never panic.
fn is_noticed(path: &std::path::Path) -> bool {
    Store::open(path).and_then(|store| store.verify()).map_or(true, |verified| verified.is_err())
}

#[test]
fn a_flipped_byte_in_what_is_kept_is_noticed() {
    let (folder, path) = folder();
    let store = ordinary(&path);
    let hash = store.changes().unwrap()[2].hash.clone();
    drop(store);
    let bytes = fs::read(&path).unwrap();
    let copy = folder.path().join("copy.db");
    for word in
        ["s3:Get*", "alice", "deploy", "boundary", "iamdb test", "123456789012", "2026-01-01T", "blue", &hash]
    {
        let places: Vec<usize> = bytes
            .windows(word.len())
            .enumerate()
            .filter(|(_, at)| *at == word.as_bytes())
            .map(|(at, _)| at)
            .collect();
        assert!(!places.is_empty(), "{word}");
        for place in places {
            let mut damaged = bytes.clone();
            damaged[place] ^= 0x02;
            fs::write(&copy, damaged).unwrap();
            assert!(is_noticed(&copy), "{word} at {place}");
        }
    }
}

#[test]
fn a_flipped_byte_anywhere_is_survived() {
    let (folder, path) = folder();
    drop(ordinary(&path));
    let bytes = fs::read(&path).unwrap();
    let copy = folder.path().join("copy.db");
    // Every byte of the first page's header, the heads of some pages, and a sample of everything else.
    let places = (0..112).chain((4096..bytes.len()).step_by(4096)).chain((0..bytes.len()).step_by(1009));
    for place in places {
        let mut damaged = bytes.clone();
        damaged[place] ^= 0x81;
        fs::write(&copy, damaged).unwrap();
        is_noticed(&copy);
    }
}

#[test]
fn a_file_cut_short_is_noticed() {
    let (folder, path) = folder();
    drop(ordinary(&path));
    let bytes = fs::read(&path).unwrap();
    let copy = folder.path().join("copy.db");
    for length in [100, 512, 4096, bytes.len() / 2, bytes.len() - 4096] {
        fs::write(&copy, &bytes[..length]).unwrap();
        assert!(is_noticed(&copy), "{length}");
    }
}

/// The trigger itself changes nothing yet; what comes after it would not be what a command says it did.
#[test]
fn a_trigger_that_changes_rows_behind_our_back() {
    assert_named(
        "UPDATE changes SET number = number WHERE number = 1;
         CREATE TRIGGER sneak AFTER INSERT ON attachments BEGIN DELETE FROM tags; END",
        None,
        "the trigger `sneak`",
    );
}

/// A file whose newest change has the last of all numbers is damaged, and takes no other.
#[test]
fn a_change_after_which_there_is_no_number() {
    let (_folder, path) = folder();
    drop(ordinary(&path));
    let conn = Connection::open(&path).unwrap();
    conn.execute_batch(
        "PRAGMA foreign_keys = OFF; UPDATE changes SET number = 9223372036854775807 WHERE number = 5",
    )
    .unwrap();
    drop(conn);
    let mut store = Store::open(&path).unwrap();
    let refused = write(&mut store, |writer| writer.create_principal(&user("zoe"))).unwrap_err();
    assert!(matches!(refused, StoreError::Damaged(_)), "{refused}");
    assert!(store.verify().unwrap().is_err());
}
