//! Copies while others write, and packing: what is stored stays what it is.

use std::process::Command;

use super::processes::{WRITES, start};
use super::*;

#[test]
fn a_copy_is_the_last_complete_change_whoever_writes() {
    let (folder, path) = folder();
    ordinary(&path);
    let mut writers = ["a", "b"].map(|name| start(WRITES, &path, name, &[]));
    let mut seen = Vec::new();
    for number in 0.. {
        let copy = folder.path().join(format!("copy{number}.db"));
        Store::open(&path).unwrap().copy_to(&copy).unwrap();
        let copied = Store::open(&copy).unwrap();
        assert!(copied.verify().unwrap().is_ok());
        let changes = copied.changes().unwrap();
        assert!(changes.starts_with(&seen), "a later copy has everything that an earlier one had");
        seen = changes;
        if writers.iter_mut().all(|writer| writer.try_wait().unwrap().is_some()) {
            break;
        }
    }
    for mut writer in writers {
        assert!(writer.wait().unwrap().success());
    }
    let all = Store::open(&path).unwrap().changes().unwrap();
    assert_eq!(all.len(), 45);
    assert!(all.starts_with(&seen));
}

#[test]
fn packing_changes_nothing_that_is_stored() {
    let (_folder, path) = folder();
    let mut store = ordinary(&path);
    change(&mut store, |writer| {
        for number in 0..500 {
            let key = writer.create_principal(&user(&format!("user{number}")))?.key;
            writer.put_tag(key, "Filler", &"x".repeat(200))?;
        }
        Ok(())
    });
    let before = (store.changes().unwrap(), store.verify().unwrap().unwrap());
    let compacted = store.compact().unwrap();
    assert!(compacted.after < compacted.before, "the log is empty: {compacted:?}");
    assert_eq!((store.changes().unwrap(), store.verify().unwrap().unwrap()), before);
    assert_eq!(store.compact().unwrap().before, compacted.after);
}

/// The command: never over a file that is there, and nothing is left of a copy that fails.
#[test]
fn a_backup_takes_no_name_that_is_taken() {
    let (folder, path) = folder();
    drop(ordinary(&path));
    let backup = |file: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_iamdb"));
        let ran = command.current_dir(folder.path()).env_clear().args(["backup", file]).output().unwrap();
        (ran.status.code(), String::from_utf8(ran.stdout).unwrap(), String::from_utf8(ran.stderr).unwrap())
    };
    let names = || {
        let entries = std::fs::read_dir(folder.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    let (code, stdout, _) = backup("copy.db");
    assert_eq!(code, Some(0));
    assert!(stdout.starts_with("backed up 5 changes to copy.db\nchange 5 is sha256 "), "{stdout}");
    assert_eq!(names(), ["copy.db", "iam.db"]);
    assert_eq!(Store::open(&folder.path().join("copy.db")).unwrap().verify().unwrap().unwrap().changes, 5);
    let bytes = std::fs::read(folder.path().join("copy.db")).unwrap();
    for taken in ["copy.db", "iam.db", "."] {
        let (code, _, stderr) = backup(taken);
        assert_eq!(code, Some(2));
        assert!(stderr.starts_with(&format!("error: `{taken}` is there already\n")), "{stderr}");
    }
    assert_eq!(backup("nowhere/copy.db").0, Some(2));
    assert_eq!(names(), ["copy.db", "iam.db"]);
    assert_eq!(std::fs::read(folder.path().join("copy.db")).unwrap(), bytes);
}
