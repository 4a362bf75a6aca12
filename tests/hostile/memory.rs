//! A dump of any shape is imported, or refused, in memory that goes with its length: Linux gives the process no more. What
//! a growing list keeps in reserve counts too, so the limit is about twice what is in use.

use std::fmt::Write as _;
use std::fs;
use std::process::{Command, Output};

use super::size::length;

/// A list of items until a text is so long, within the text before and behind it.
fn dump(before: &str, item: impl Fn(usize) -> String, behind: &str) -> String {
    let mut text = before.to_owned();
    let mut nth = 0;
    while text.len() < length() {
        write!(text, "{}{}", if nth == 0 { "" } else { "," }, item(nth)).unwrap();
        nth += 1;
    }
    text + behind
}

/// A user that begins with all that every user has.
const USER: &str =
    r#"{"UserDetailList":[{"UserName":"u","Path":"/","Arn":"arn:aws:iam::123456789012:user/u","#;

/// Dumps of many of one thing, and the status that their import ends with.
fn dumps() -> Vec<(&'static str, i32, String)> {
    let user =
        |nth| format!(r#"{{"UserName":"u{nth}","Path":"/","Arn":"arn:aws:iam::123456789012:user/u{nth}"}}"#);
    let policy = |nth| {
        format!(
            r#"{{"PolicyName":"p{nth}","PolicyDocument":{{"Statement":{{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b{nth}"}}}}}}"#
        )
    };
    let attachment =
        |nth| format!(r#"{{"PolicyName":"p{nth}","PolicyArn":"arn:aws:iam::aws:policy/p{nth}"}}"#);
    let of_user = |list: &str| format!("{USER}\"{list}\":[");
    vec![
        ("users", 0, dump(r#"{"UserDetailList":["#, user, "]}")),
        ("inline policies", 0, dump(&of_user("UserPolicyList"), policy, "]}]}")),
        ("attachments", 0, dump(&of_user("AttachedManagedPolicies"), attachment, "]}]}")),
        ("groups", 2, dump(&of_user("GroupList"), |nth| format!("\"g{nth}\""), "]}]}")),
        ("tags", 2, dump(&of_user("Tags"), |nth| format!(r#"{{"Key":"k{nth}","Value":"v"}}"#), "]}]}")),
        ("what nobody reads", 0, dump(&of_user("Unknown"), |_| "{}".to_owned(), "]}]}")),
    ]
}

/// What an import says, and its status, with no more bytes of memory for its data than asked for.
fn import(dump: &str, most: Option<usize>) -> Output {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("gaad.json"), dump).unwrap();
    let limit = most.map(|bytes| format!("ulimit -d {} && ", bytes >> 10)).unwrap_or_default();
    let mut command = Command::new("sh");
    command.args(["-c", &format!(r#"{limit}exec "$@""#), "sh"]);
    command.args([env!("CARGO_BIN_EXE_iamdb"), "import", "gaad.json"]);
    command.current_dir(folder.path()).output().unwrap()
}

#[test]
fn an_import_takes_memory_that_goes_with_the_dump() {
    for (what, status, text) in dumps() {
        let (plenty, bound) = (import(&text, None), import(&text, Some((24 << 20) + 48 * text.len())));
        assert_eq!(plenty.status.code(), Some(status), "{what}: {plenty:.300?}");
        assert_eq!(bound, plenty, "{what}: not within its memory, of {} bytes", text.len());
    }
    let short = import(&dumps()[0].2, Some(1 << 20));
    assert!(!short.status.success(), "the limit limits nothing");
}
