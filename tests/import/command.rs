//! `iamdb import`, the program.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use iamdb::store::{At, Store};
use tempfile::TempDir;

use super::{account, allow};
use crate::estate::write_account;

fn iamdb(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_iamdb"));
    command.current_dir(folder).env_clear().env("IAMDB_ACTOR", "test").args(arguments);
    command
}

fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = iamdb(folder, arguments).output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

#[test]
fn files_and_folders() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir_all(at("dump/policies/deep")).unwrap();
    fs::write(at("dump/gaad.json"), account().to_string()).unwrap();
    fs::write(at("dump/policies/deep/repo.json"), allow("ecr:*").to_string()).unwrap();
    fs::write(at("dump/README.md"), "notes").unwrap();

    let (code, stdout, stderr) = run(folder.path(), &["import", "dump", "--dry-run"]);
    let summary = "imported 2 users, 1 group, 1 role, 3 policies of 123456789012 (8 new)";
    assert_eq!((code, stdout), (Some(0), format!("would have {summary}\n")));
    assert!(stderr.contains("note: left out what is not .json or .jsonl: `dump/README.md`\n"), "{stderr}");
    assert!(stderr.contains("warning: `arn:aws:iam::aws:policy/SecurityAudit` is attached"), "{stderr}");
    assert!(!at("iam.db").exists());

    let (code, stdout, _) = run(folder.path(), &["import", "dump"]);
    assert_eq!((code, stdout), (Some(0), format!("{summary}\n")));
    let (code, stdout, _) = run(folder.path(), &["import", "dump", "-o", "json"]);
    let json: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((code, &json["new"], &json["change"]), (Some(0), &0.into(), &serde_json::Value::Null));

    fs::write(at("dump/package.json"), r#"{"name": "x"}"#).unwrap();
    let (code, stdout, stderr) = run(folder.path(), &["import", "dump"]);
    assert_eq!((code, stdout.as_str()), (Some(2), ""));
    assert!(stderr.starts_with("error: dump/package.json: not something that can be imported"), "{stderr}");
    let (code, _, stderr) = run(folder.path(), &["import", "absent"]);
    assert_eq!(
        (code, stderr.as_str()),
        (Some(2), "error: cannot read `absent`: there is no such file or folder\n")
    );
}

/// A killed import leaves the file as it was, or has done all, whenever it is killed.
#[test]
fn a_killed_import_leaves_the_file_as_it_was() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("small.json"), account().to_string()).unwrap();
    let mut large = Vec::new();
    write_account(400, 5, &mut large).unwrap();
    fs::write(folder.path().join("large.json"), large).unwrap();
    assert_eq!(run(folder.path(), &["import", "small.json"]).0, Some(0));
    let db = folder.path().join("iam.db");
    let state = |db: &Path| {
        let mut store = Store::open(db).unwrap();
        assert!(store.verify().unwrap().is_ok());
        let changes = store.changes().unwrap();
        (changes, store.read(At::Now).unwrap().principals(None).unwrap())
    };
    let before = state(&db);

    let mut killed = 0;
    for attempt in 0..12 {
        let mut child = iamdb(folder.path(), &["import", "large.json"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(5 + attempt * 15));
        child.kill().unwrap();
        if child.wait().unwrap().success() {
            break;
        }
        let now = state(&db);
        if now != before {
            // It was killed when all was done: nothing is left to be imported.
            assert_eq!(run(folder.path(), &["import", "large.json"]).0, Some(0));
            assert!(state(&db) == now, "half an import was there");
            break;
        }
        killed += 1;
    }
    assert!(killed > 0, "the import was over before it could be killed");
    assert_eq!(run(folder.path(), &["import", "large.json"]).0, Some(0));
    assert!(state(&db) != before, "nothing was imported");
}
