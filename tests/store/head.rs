//! The head of the chain, kept elsewhere: it shows what the file alone cannot, that its history was made anew.

use std::fs;
use std::process::Command;

use super::*;

/// What a command prints, and its exit code.
fn iamdb(folder: &Path, arguments: &[&str]) -> (String, Option<i32>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_iamdb"));
    let output = command.current_dir(folder).env_clear().args(arguments).output().unwrap();
    (String::from_utf8(output.stdout).unwrap(), output.status.code())
}

/// The head of `iam.db`, as a script reads it.
fn head(folder: &Path) -> String {
    let (printed, code) = iamdb(folder, &["log", "--head"]);
    assert_eq!(code, Some(0));
    printed.trim_end().to_owned()
}

/// Makes `iam.db` of one change, with a new history.
fn begin(folder: &Path, time: &str) {
    let path = folder.join("iam.db");
    let _absent = fs::remove_file(&path);
    let mut store = Store::open_or_create(&path).unwrap();
    let made: Result<_, StoreError> =
        store.write(&by(time), |writer| Ok((writer.create_principal(&user("alice"))?, "made".to_owned())));
    assert!(made.unwrap().1.is_some());
}

#[test]
fn a_head_vouches_for_what_was_there() {
    let (folder, _) = folder();
    let folder = folder.path();
    begin(folder, "2026-01-01T00:00:00Z");
    let first = head(folder);
    assert_eq!(iamdb(folder, &["verify", "--head", &first]).1, Some(0));
    fs::copy(folder.join("iam.db"), folder.join("older.db")).unwrap();

    // What comes later does not matter to it.
    assert_eq!(iamdb(folder, &["create", "user/bob"]).1, Some(0));
    let second = head(folder);
    assert_ne!(first, second);
    for head in [&first, &second, &second.to_uppercase()] {
        let (words, code) = iamdb(folder, &["verify", "--head", head]);
        assert_eq!((code, words.starts_with("intact: 2 changes")), (Some(0), true));
    }
    assert_eq!(iamdb(folder, &["log", "--head", "--at", "1"]).0.trim_end(), first);

    // An older copy, put back, knows nothing of the second.
    fs::copy(folder.join("older.db"), folder.join("iam.db")).unwrap();
    assert_eq!(iamdb(folder, &["verify", "--head", &first]).1, Some(0));
    let (words, code) = iamdb(folder, &["verify", "--head", &second]);
    assert_eq!((code, words.contains(&second)), (Some(1), true));
}

#[test]
fn a_history_made_anew_has_another_head() {
    let (folder, _) = folder();
    let folder = folder.path();
    begin(folder, "2026-01-01T00:00:00Z");
    let first = head(folder);
    begin(folder, "2026-01-01T00:00:00Z");
    assert_eq!(head(folder), first, "the same history has the same head");
    begin(folder, "2026-01-01T00:00:01Z");
    assert_eq!(iamdb(folder, &["verify"]).1, Some(0), "the file agrees with itself");
    assert_eq!(iamdb(folder, &["verify", "--head", &first]).1, Some(1));
}

#[test]
fn what_is_no_head_is_refused() {
    let (folder, path) = folder();
    drop(Store::open_or_create(&path).unwrap());
    assert_eq!(
        iamdb(folder.path(), &["log", "--head"]),
        (String::new(), Some(0)),
        "nothing has happened yet"
    );
    for text in ["", "beef", "deploy", &"g".repeat(64), &"é".repeat(32), &"a".repeat(65)] {
        assert_eq!(iamdb(folder.path(), &["verify", "--head", text]).1, Some(2), "{text}");
    }
}
