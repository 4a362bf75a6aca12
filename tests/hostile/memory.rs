//! A dump of any shape is imported, or refused, in memory that goes with its length: the most that the process has had is
//! looked at while it runs.

use std::fmt::Write as _;
use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

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

fn dumps() -> Vec<(&'static str, String)> {
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
        ("users", dump(r#"{"UserDetailList":["#, user, "]}")),
        ("inline policies", dump(&of_user("UserPolicyList"), policy, "]}]}")),
        ("attachments", dump(&of_user("AttachedManagedPolicies"), attachment, "]}]}")),
        ("groups", dump(&of_user("GroupList"), |nth| format!("\"g{nth}\""), "]}]}")),
        ("tags", dump(&of_user("Tags"), |nth| format!(r#"{{"Key":"k{nth}","Value":"v"}}"#), "]}]}")),
        ("what nobody reads", dump(&of_user("Unknown"), |_| "{}".to_owned(), "]}]}")),
    ]
}

/// The most memory that a process has had so far, in bytes; none where it is gone.
fn peak(process: u32) -> Option<usize> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<usize>().ok()? << 10)
}

#[test]
fn an_import_takes_memory_that_goes_with_the_dump() {
    for (what, text) in dumps() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("gaad.json"), &text).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_iamdb"));
        command.args(["import", "gaad.json", "--quiet"]).current_dir(folder.path());
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut most = 0;
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            most = peak(child.id()).unwrap_or(0).max(most);
            thread::sleep(Duration::from_millis(2));
        };
        assert!(matches!(status.code(), Some(0 | 2)), "{what}: {status}");
        assert!(most > 1 << 20, "{what}: nothing was seen of the process");
        let bound = (32 << 20) + 25 * text.len();
        assert!(most < bound, "{what}: {most} bytes for a dump of {}", text.len());
    }
}
