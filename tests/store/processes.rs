//! Several at once, and one that dies: each process is this test binary again, running one test of this file.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Child, Command};

use super::*;

/// Names the database to the processes that the tests start; without it the tests that they run do nothing.
pub(super) const DATABASE: &str = "IAMDB_TEST_DATABASE";
pub(super) const NAME: &str = "IAMDB_TEST_NAME";

pub(super) fn start(test: &str, path: &Path, name: &str, more: &[(&str, &OsStr)]) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("store::{test}"), "--quiet"])
        .env(DATABASE, path)
        .env(NAME, name)
        .envs(more.iter().copied())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap()
}

/// The test that such a process runs.
pub(super) const WRITES: &str = "processes::a_process_that_writes";

#[test]
fn a_process_that_writes() {
    let (Some(path), Ok(name)) = (std::env::var_os(DATABASE), std::env::var(NAME)) else { return };
    for number in 0..20 {
        let mut store = Store::open_or_create(Path::new(&path)).unwrap();
        change(&mut store, |writer| writer.create_principal(&user(&format!("{name}{number}"))));
    }
}

#[test]
fn a_process_that_dies() {
    let Some(path) = std::env::var_os(DATABASE) else { return };
    let mut store = Store::open(Path::new(&path)).unwrap();
    change(&mut store, |writer| {
        // More than SQLite keeps in memory, so that some of it is in the log already.
        for number in 0..10_000 {
            let key = writer.create_principal(&user(&format!("unlucky{number}")))?.key;
            writer.put_tag(key, "Filler", &"x".repeat(200))?;
        }
        std::process::exit(0)
    })
}

#[test]
fn two_processes_take_turns() {
    let (_folder, path) = folder();
    // They even race for making the file.
    let mut children = [start(WRITES, &path, "a", &[]), start(WRITES, &path, "b", &[])];
    for child in &mut children {
        assert!(child.wait().unwrap().success());
    }
    let mut store = Store::open(&path).unwrap();
    assert_eq!(store.verify().unwrap().unwrap().changes, 40);
    assert_eq!(store.read(At::Now).unwrap().principals(None).unwrap().len(), 40);
}

#[test]
fn threads_with_a_store_each_take_turns() {
    let (_folder, path) = folder();
    std::thread::scope(|scope| {
        for name in ["a", "b", "c"] {
            let path = &path;
            scope.spawn(move || {
                let mut store = Store::open_or_create(path).unwrap();
                for number in 0..10 {
                    change(&mut store, |writer| writer.create_principal(&user(&format!("{name}{number}"))));
                }
            });
        }
    });
    assert_eq!(Store::open(&path).unwrap().verify().unwrap().unwrap().changes, 30);
}

#[test]
fn a_process_that_dies_leaves_the_last_change() {
    let (_folder, path) = folder();
    let before = ordinary(&path).changes().unwrap();
    assert!(start("processes::a_process_that_dies", &path, "", &[]).wait().unwrap().success());
    let log = path.with_extension("db-wal");
    assert!(std::fs::metadata(log).unwrap().len() > 0, "the process died too early to show anything");
    let mut store = Store::open(&path).unwrap();
    assert_eq!(store.changes().unwrap(), before);
    assert_eq!(store.read(At::Now).unwrap().principals(None).unwrap().len(), 3);
    assert!(store.verify().unwrap().is_ok());
}

#[test]
fn a_snapshot_does_not_see_later_changes() {
    let (_folder, path) = folder();
    let mut reader = ordinary(&path);
    let mut writer = Store::open(&path).unwrap();
    let snapshot = reader.read(At::Now).unwrap();
    change(&mut writer, |writer| writer.create_principal(&user("bob")));
    assert_eq!(snapshot.principals(None).unwrap().len(), 3);
    drop(snapshot);
    assert_eq!(reader.read(At::Now).unwrap().principals(None).unwrap().len(), 4);
}
