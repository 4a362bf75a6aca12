//! Bytes that are no UTF-8, in every file that is read and in the names of files: an error that names the file, exit code
//! 2, and nothing is made of them.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use std::process::{Command, Output};

/// Every kind of broken UTF-8, and other encodings.
const BROKEN: [(&str, &[u8]); 14] = [
    ("a continuation alone", b"\x80"),
    ("a beginning alone", b"\xc3("),
    ("a sequence cut short", b"\xe2\x82"),
    ("a sequence of four cut short", b"\xf0\x9f\x98"),
    ("an overlong slash", b"\xc0\xaf"),
    ("an overlong zero", b"\xe0\x80\x80"),
    ("an overlong sequence of four", b"\xf0\x80\x80\xaf"),
    ("a surrogate", b"\xed\xa0\x80"),
    ("a pair of surrogates", b"\xed\xa0\xbd\xed\xb8\x80"),
    ("beyond the last character", b"\xf4\x90\x80\x80"),
    ("a sequence of five", b"\xf8\x88\x80\x80\x80"),
    ("no byte of UTF-8", b"\xff"),
    ("another one", b"\xfe\xfe"),
    ("Latin-1", b"caf\xe9"),
];

/// What a file says around the bytes, and a command that reads it.
const READERS: [(&str, &str, &[&str]); 9] = [
    (
        "policy.json",
        r#"{"Version":"2012-10-17","Statement":{"Sid":"@","Effect":"Allow","Action":"*","Resource":"*"}}"#,
        &["validate"],
    ),
    (
        "policy.json",
        r#"{"Version":"2012-10-17","Statement":{"Sid":"@","Effect":"Allow","Action":"*","Resource":"*"}}"#,
        &["attach", "alice"],
    ),
    ("policy.json", r#"{"Version":"2012-10-17","Statement":[],"Id":"@"}"#, &["import"]),
    (
        "dump.json",
        r#"{"UserDetailList":[{"UserName":"@","Arn":"arn:aws:iam::111111111111:user/a","Path":"/"}],"GroupDetailList":[],"RoleDetailList":[],"Policies":[]}"#,
        &["import"],
    ),
    ("template.yaml", "# @\nResources:\n  P: {Type: AWS::IAM::Policy}\n", &["validate"]),
    (
        "plan.json",
        r#"{"format_version":"1.2","terraform_version":"@","resource_changes":[]}"#,
        &["diff", "--plan"],
    ),
    (
        "scenario.json",
        r#"{"name":"@","request":{"principal":"*","action":"s3:GetObject","resource":"*"}}"#,
        &["simulate"],
    ),
    ("cases.test.json", r#"{"name":"@","cases":[]}"#, &["test"]),
    ("catalog.json", r#"{"version":"@","rcp_services":[],"services":{}}"#, &["actions", "s3:*", "--catalog"]),
];

fn iamdb(folder: &Path, arguments: &[&str], file: &OsString) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_iamdb"));
    command.args(arguments).arg(file).current_dir(folder).env("IAMDB_ACTOR", "ada").output().unwrap()
}

#[test]
fn broken_text_is_refused_by_every_reader() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text, arguments) in READERS {
        let (before, after) = text.split_once('@').unwrap();
        for (kind, bytes) in BROKEN {
            fs::write(folder.path().join(name), [before.as_bytes(), bytes, after.as_bytes()].concat())
                .unwrap();
            let output = iamdb(folder.path(), arguments, &name.into());
            let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
            assert_eq!(output.status.code(), Some(2), "{arguments:?} of {kind}: {told}");
            let says_where = told.contains(name.split('.').next().unwrap()) || told.contains(r#""line":1"#);
            let is_clear =
                says_where && ["UTF-8", "unicode", "not a catalogue"].iter().any(|what| told.contains(what));
            assert!(is_clear, "{arguments:?} of {kind}: {told}");
            assert!(!folder.path().join("iam.db").exists(), "{arguments:?} of {kind} made a database");
        }
    }
}

/// UTF-16 and UTF-32 are told apart from text by their zeros or by their marks.
#[test]
fn text_of_another_width_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text, arguments) in READERS {
        let units: Vec<u16> = text.encode_utf16().collect();
        let wide: [Vec<u8>; 3] = [
            [b"\xff\xfe".to_vec(), units.iter().flat_map(|unit| unit.to_le_bytes()).collect()].concat(),
            units.iter().flat_map(|unit| unit.to_be_bytes()).collect(),
            text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect(),
        ];
        for bytes in wide {
            fs::write(folder.path().join(name), bytes).unwrap();
            let output = iamdb(folder.path(), arguments, &name.into());
            let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
            assert!(matches!(output.status.code(), Some(1 | 2)), "{arguments:?}: {told}");
            assert!(!folder.path().join("iam.db").exists(), "{arguments:?} made a database");
        }
    }
}

/// A file may have a name that is no text. Whoever can be told which, is.
#[test]
fn files_with_broken_names_are_read_or_refused() {
    let commands: [&[&str]; 9] = [
        &["validate"],
        &["import"],
        &["import", "--dry-run"],
        &["simulate"],
        &["test"],
        &["attach", "alice"],
        &["backup"],
        &["export"],
        &["ls", "--db"],
    ];
    for (kind, bytes) in BROKEN {
        let folder = tempfile::tempdir().unwrap();
        let name = OsString::from_vec([b"p".as_slice(), bytes, b".json"].concat());
        if fs::write(folder.path().join(&name), r#"{"Version":"2012-10-17","Statement":[]}"#).is_err() {
            // Some systems have no such names.
            continue;
        }
        for arguments in commands {
            let output = iamdb(folder.path(), arguments, &name);
            let told = [output.stdout, output.stderr].concat();
            assert!(matches!(output.status.code(), Some(0..=3)), "{arguments:?} of {kind}");
            assert!(String::from_utf8(told).is_ok(), "{arguments:?} of {kind}");
        }
        let missing = OsString::from_vec([b"none".as_slice(), bytes, b"/x.db"].concat());
        let output = iamdb(folder.path(), &["ls", "--db"], &missing);
        assert_eq!(output.status.code(), Some(2), "{kind}");
        assert!(String::from_utf8([output.stdout, output.stderr].concat()).is_ok(), "{kind}");
    }
}
