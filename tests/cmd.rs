//! Transcripts of the command line: each file of `cmd/` is a session in a folder of its own, which begins with what
//! is in the `.in` folder beside it. `TRYCMD=overwrite cargo test transcripts` writes down what is printed now.

use std::path::Path;
use std::process::{Command, Stdio};

#[test]
fn transcripts() {
    trycmd::TestCases::new()
        .env("IAMDB_ACTOR", "ada")
        .env("NO_COLOR", "1")
        .case("tests/cmd/*.md")
        .case("tests/cmd/*.toml");
}

/// Runs the program in a folder.
fn iamdb(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_iamdb"));
    command.args(arguments).current_dir(folder).env("IAMDB_ACTOR", "ada");
    command
}

#[test]
fn damage_that_is_found_is_a_no() {
    let folder = tempfile::tempdir().unwrap();
    let created = iamdb(folder.path(), &["create", "user/alice"]).output().unwrap();
    assert!(created.status.success());
    let file = rusqlite::Connection::open(folder.path().join("iam.db")).unwrap();
    file.execute("UPDATE principals SET name = 'mallory'", []).unwrap();
    drop(file);
    let verified = iamdb(folder.path(), &["verify"]).output().unwrap();
    assert_eq!(verified.status.code(), Some(1));
    assert!(String::from_utf8(verified.stdout).unwrap().starts_with("damaged: "));
    assert!(verified.stderr.is_empty());
}

/// Even damage that lets nothing of the file be read.
#[test]
fn a_file_that_was_cut_off_is_a_no() {
    let folder = tempfile::tempdir().unwrap();
    assert!(iamdb(folder.path(), &["create", "user/alice"]).output().unwrap().status.success());
    let file = folder.path().join("iam.db");
    let whole = std::fs::read(&file).unwrap();
    std::fs::write(&file, whole.get(..5000).unwrap()).unwrap();
    let verified = iamdb(folder.path(), &["verify"]).output().unwrap();
    assert_eq!(verified.status.code(), Some(1));
    assert!(String::from_utf8(verified.stdout).unwrap().starts_with("damaged: the database cannot be read"));
    assert_eq!(iamdb(folder.path(), &["ls"]).output().unwrap().status.code(), Some(2));
}

/// As for NO_COLOR, a variable that is set to nothing is not set.
#[test]
fn an_empty_variable_names_no_database() {
    let folder = tempfile::tempdir().unwrap();
    let created = iamdb(folder.path(), &["create", "user/alice"]).env("IAMDB_DB", "").output().unwrap();
    assert!(created.status.success());
    assert!(folder.path().join("iam.db").exists());
}

#[test]
fn a_reader_who_stops_reading_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let mut shell = iamdb(folder.path(), &["completions", "bash"]);
    let mut child = shell.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), ended.stderr), (Some(0), Vec::new()));
}
