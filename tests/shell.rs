//! What shells are offered where somebody types: the program is called as the completion scripts call it.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// Runs the program in a folder, to its end.
fn iamdb(folder: &Path, arguments: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_iamdb"));
    let done = command.args(arguments).current_dir(folder).env_remove("IAMDB_DB").output().unwrap();
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}

/// What a script that calls the program with these words gets, which is never an error.
fn answer(folder: &Path, shell: &str, words: &[&str]) -> Vec<String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_iamdb"));
    command.arg("--").args(words).current_dir(folder).env_remove("IAMDB_DB").env("IAMDB_COMPLETE", shell);
    let index = (words.len() - 1).to_string();
    let answered = command.env("_CLAP_COMPLETE_INDEX", index).env("_CLAP_IFS", "\n").output().unwrap();
    assert!(answered.status.success() && answered.stderr.is_empty(), "{words:?}");
    String::from_utf8(answered.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// What bash is offered at the end of a line, of whose last word it will replace this.
fn in_bash(folder: &Path, line: &str, replaced: &str) -> Vec<String> {
    answer(folder, "bash", &[line, replaced])
}

/// A database with some of everything.
fn estate() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let policy = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#;
    for arguments in [
        ["create", "user/alice"],
        ["create", "user/albert"],
        ["create", "role/deploy"],
        ["create", "group/devs"],
        ["create", "user/devs"],
        ["create", "arn:aws:s3:::reports"],
    ] {
        iamdb(folder.path(), &arguments);
    }
    iamdb(folder.path(), &["attach", "alice", policy, "--name", "all-of-s3"]);
    folder
}

#[test]
fn every_shell_is_offered_what_is_stored() {
    let folder = estate();
    let folder = folder.path();
    let plain = |lines: Vec<String>, end: char| -> Vec<String> {
        lines.iter().filter_map(|line| line.split(end).next()).map(str::to_owned).collect()
    };
    assert_eq!(in_bash(folder, "iamdb can ", ""), ["albert", "alice", "deploy", "user/devs"]);
    assert_eq!(plain(answer(folder, "zsh", &["iamdb", "can", "al"]), ':'), ["albert", "alice"]);
    assert_eq!(plain(answer(folder, "fish", &["iamdb", "can", "al"]), '\t'), ["albert", "alice"]);
    assert_eq!(plain(answer(folder, "elvish", &["iamdb", "can", "al"]), '\t'), ["albert", "alice"]);
    assert_eq!(in_bash(folder, "iamdb attach alice all", "all"), ["all-of-s3"]);
    assert_eq!(in_bash(folder, "iamdb join alice ", ""), ["group/devs"]);
    assert_eq!(in_bash(folder, "iamdb show role/", "role/"), ["role/deploy"]);
    assert_eq!(in_bash(folder, "iamdb who-can s3:GetObject --principal d", "d"), ["deploy"]);
    assert_eq!(in_bash(folder, "iamdb det", "det"), ["detach"]);
    assert_eq!(in_bash(folder, "iamdb can alice --clo", "--clo"), ["--closed"]);
}

/// Bash takes `s3:Get` apart, unless it is told not to or the word is quoted.
#[test]
fn bash_is_given_what_stands_behind_a_colon() {
    let folder = estate();
    let folder = folder.path();
    let line = "iamdb can alice s3:getobjectatt";
    assert_eq!(in_bash(folder, line, "getobjectatt"), ["GetObjectAttributes"]);
    assert_eq!(in_bash(folder, line, "s3:getobjectatt"), ["s3:GetObjectAttributes"]);
    assert_eq!(in_bash(folder, "iamdb can alice dynamodb", "dynamodb"), ["dynamodb:"]);
    assert_eq!(in_bash(folder, "iamdb can alice s3:GetObject arn:aws:s3:", ""), ["::reports"]);
    assert_eq!(in_bash(folder, "iamdb can 'al", "'al"), ["albert", "alice"]);
}

#[test]
fn the_line_names_the_database() {
    let (folder, empty) = (estate(), tempfile::tempdir().unwrap());
    let file = folder.path().join("iam.db");
    let file = file.to_str().unwrap();
    for line in [format!("iamdb --db {file} can al"), format!("iamdb can --db='{file}' al")] {
        assert_eq!(in_bash(empty.path(), &line, "al"), ["albert", "alice"], "{line}");
    }
    assert_eq!(in_bash(folder.path(), "iamdb --db other.db can al", "al"), [""; 0]);
}

/// Whatever is in the way: nothing is offered, made or changed.
#[test]
fn who_completes_only_looks() {
    let folder = estate();
    let file = folder.path().join("iam.db");
    let before = fs::read(&file).unwrap();
    let names = |folder: &Path| {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        entries.collect::<Vec<_>>()
    };
    assert_eq!(in_bash(folder.path(), "iamdb can al", "al").len(), 2);
    assert_eq!((fs::read(&file).unwrap() == before, names(folder.path())), (true, vec!["iam.db".into()]));
    for damaged in [&before[..5_000], b"not a database".as_slice(), b"".as_slice()] {
        fs::write(&file, damaged).unwrap();
        assert_eq!(in_bash(folder.path(), "iamdb can al", "al"), [""; 0]);
        assert_eq!(
            (fs::read(&file).unwrap() == damaged, names(folder.path())),
            (true, vec!["iam.db".into()])
        );
    }
    fs::remove_file(&file).unwrap();
    assert_eq!(in_bash(folder.path(), "iamdb can al", "al"), [""; 0]);
    assert_eq!(names(folder.path()), [""; 0]);
    assert_eq!(answer(folder.path(), "no-shell", &["iamdb", ""]), [""; 0]);
}

/// Names come from dumps, too, and files have any name.
#[test]
fn no_shell_is_given_what_it_would_run() {
    let folder = tempfile::tempdir().unwrap();
    let user = |name: &str| {
        serde_json::json!({
            "UserName": name, "Path": "/", "UserId": format!("AIDA{}", name.len()),
            "Arn": format!("arn:aws:iam::123456789012:user/{name}"), "CreateDate": "2026-01-01T00:00:00Z",
            "GroupList": [], "AttachedManagedPolicies": [], "UserPolicyList": []
        })
    };
    let users: Vec<_> = ["al$(reboot)", "al;reboot", "al\u{1b}[2J", "al\nx", "al"].map(user).into();
    let dump = serde_json::json!({
        "UserDetailList": users, "GroupDetailList": [], "RoleDetailList": [], "Policies": []
    });
    fs::write(folder.path().join("al $(reboot).json"), dump.to_string()).unwrap();
    iamdb(folder.path(), &["import", "al $(reboot).json"]);
    for shell in ["zsh", "fish"] {
        let offered = answer(folder.path(), shell, &["iamdb", "can", "al"]);
        assert_eq!(offered.len(), 1, "{shell}: {offered:?}");
    }
    assert_eq!(in_bash(folder.path(), "iamdb can al", "al"), ["al"]);
    assert_eq!(in_bash(folder.path(), "iamdb validate al", "al"), [r"al\ \$\(reboot\).json"]);
}

/// The script itself, where there is a bash.
#[test]
fn bash_runs_its_script() {
    let folder = estate();
    let program = Path::new(env!("CARGO_BIN_EXE_iamdb")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let typed = |line: &str, word: &str| {
        let script = "source <(iamdb completions bash)\nCOMP_LINE=$1 COMP_POINT=${#1}\n\
                      _iamdb iamdb \"$2\" ''\nprintf '%s\\n' \"${COMPREPLY[@]}\"";
        let mut bash = Command::new("bash");
        bash.args(["--norc", "-c", script, "bash", line, word]).current_dir(folder.path());
        let answered = bash.env("PATH", &path).env_remove("IAMDB_DB").output().ok()?;
        Some((String::from_utf8(answered.stdout).unwrap(), String::from_utf8(answered.stderr).unwrap()))
    };
    let Some((offered, errors)) = typed("iamdb can al", "al") else {
        eprintln!("skipped: there is no bash");
        return;
    };
    assert_eq!((offered.as_str(), errors.as_str()), ("albert\nalice\n", ""));
    let (offered, _) = typed("iamdb can alice s3:GetObjectAtt", "GetObjectAtt").unwrap();
    assert_eq!(offered, "GetObjectAttributes\n");
}
