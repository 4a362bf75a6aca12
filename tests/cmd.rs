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

#[test]
fn a_reader_who_stops_reading_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let mut shell = iamdb(folder.path(), &["completions", "bash"]);
    let mut child = shell.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), ended.stderr), (Some(0), Vec::new()));
}
