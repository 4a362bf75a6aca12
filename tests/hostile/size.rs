//! Deep, wide and long input: every reader ends in an answer or a clear error, in time and memory that go with the
//! length of the input. `IAMDB_HOSTILE_MB=100 cargo test hostile` makes the input as long as that.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use iamdb::catalog::{Catalog, Contents};
use iamdb::embedded::{find, plan_changes};
use iamdb::eval::authorize;
use iamdb::import::{Reading, apply};
use iamdb::policy::{Document, PolicyType, parse};
use iamdb::scenario::{Documents, Reader, Table};
use iamdb::store::{At, Attribution, PrincipalKind, Store};
use iamdb::stored::{Everyone, policy_layers};
use serde_json::json;

/// How many bytes a long input has.
pub(super) fn length() -> usize {
    std::env::var("IAMDB_HOSTILE_MB").map_or(1 << 18, |text| text.parse::<usize>().unwrap() << 20)
}

/// A limit against hangs: nothing measured here takes a tenth of it on a machine that is idle.
fn ends(what: &str, work: impl FnOnce()) {
    let start = Instant::now();
    work();
    let (took, most) = (start.elapsed(), Duration::from_secs(60 + 60 * (length() as u64 >> 20)));
    assert!(took < most, "{what} took {took:?}");
}

/// Everything that reads a text reads it.
fn is_read_by_everything(what: &str, text: &str) {
    let catalog = Catalog::embedded();
    ends(&format!("{what} as a policy"), || {
        parse(text, PolicyType::Identity);
    });
    ends(&format!("{what} as a document"), || {
        Document::new(text.to_owned());
    });
    ends(&format!("{what} as a template"), || {
        let _found = find(text);
    });
    ends(&format!("{what} as a plan"), || {
        let _found = plan_changes(text);
    });
    ends(&format!("{what} as an import"), || {
        let mut reading = Reading::new();
        if reading.add("file.json", text.as_bytes()).is_ok() {
            let _estate = reading.finish();
        }
    });
    ends(&format!("{what} as a scenario"), || {
        let documents = Documents::new(catalog.rcp_services().map(str::to_owned).collect());
        let reader = Reader { documents: &documents, catalog: &catalog, now: jiff::Timestamp::UNIX_EPOCH };
        let _scenario = reader.read(text);
        if let Ok(table) = Table::read(text) {
            table.cases(&reader);
        }
    });
    ends(&format!("{what} as a catalogue"), || {
        let _contents = Contents::from_json(text);
        let file = [("file.json".to_owned(), text.to_owned())];
        let _contents = Contents::from_service_reference(&file, "1", &catalog);
    });
}

/// Where a value may stand in what is read.
const PLACES: [(&str, &str); 12] = [
    ("", ""),
    (r#"{"Version":"2012-10-17","Statement":"#, "}"),
    (r#"{"Statement":{"Effect":"Allow","Action":"#, r#","Resource":"*"}}"#),
    (r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":"#, "}}"),
    (r#"{"Resources":{"P":{"Type":"AWS::IAM::Policy","Properties":{"PolicyDocument":"#, "}}}}"),
    ("Resources: # AWS::\n  P: {Type: AWS::IAM::Policy, Properties: {PolicyDocument: ", "}}"),
    (r#"{"format_version":"1.2","resource_changes":"#, "}"),
    (r#"{"UserDetailList":"#, "}"),
    (r#"{"UserDetailList":[{"UserPolicyList":[{"PolicyName":"p","PolicyDocument":"#, "}]}]}"),
    (r#"{"request":{"principal":"*","action":"s3:GetObject","resource":"*","context":"#, "}}"),
    (r#"{"cases":[{"policies":{"identity":"#, "}}]}"),
    (r#"{"version":"1","rcp_services":[],"services":"#, "}"),
];

#[test]
fn deep_values_are_read_or_refused() {
    for depth in [100, 1_000, 100_000] {
        let values = [
            ("lists", "[".repeat(depth) + &"]".repeat(depth)),
            ("objects", r#"{"a":"#.repeat(depth) + "1" + &"}".repeat(depth)),
            ("policies", r#"{"Statement":"#.repeat(depth) + "[]" + &"}".repeat(depth)),
            ("lists without an end", "[".repeat(depth)),
            ("functions", r#"{"Fn::Sub":["#.repeat(depth) + "1" + &"]}".repeat(depth)),
            ("quoted lists", format!("{:?}", "[".repeat(depth) + &"]".repeat(depth))),
        ];
        for (name, value) in values {
            for (before, after) in PLACES {
                is_read_by_everything(
                    &format!("{depth} {name} behind {before}"),
                    &format!("{before}{value}{after}"),
                );
            }
        }
    }
}

#[test]
fn long_values_are_read_or_refused() {
    let length = length();
    let list = |item: &str| format!("[{}{item}]", format!("{item},").repeat(length / (item.len() + 1)));
    let members = |member: &dyn Fn(usize) -> String| {
        let mut text = "{".to_owned();
        let mut nth = 0;
        while text.len() < length {
            write!(text, "{},", member(nth)).unwrap();
            nth += 1;
        }
        text + r#""end":1}"#
    };
    let values = [
        ("nulls", list("null")),
        ("empty objects", list("{}")),
        ("statements", list(r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#)),
        ("strings", list(r#""s3:Get*""#)),
        ("members", members(&|nth| format!(r#""k{nth}":{nth}"#))),
        ("members of one name", members(&|nth| format!(r#""k":{nth}"#))),
        ("a string", format!("\"{}\"", "x".repeat(length))),
        ("a string of escapes", format!("\"{}\"", r"\u0041".repeat(length / 6))),
        ("a number", "1".repeat(length)),
        ("white space", " ".repeat(length) + "1"),
    ];
    for (name, value) in &values {
        for (before, after) in PLACES {
            is_read_by_everything(&format!("{name} behind {before}"), &format!("{before}{value}{after}"));
        }
    }
}

/// A name from input may have any length, and what is told of it not.
#[test]
fn a_long_name_is_not_told_as_a_whole() {
    let folder = tempfile::tempdir().unwrap();
    let dump = json!({ "UserDetailList": [{ "UserName": "x".repeat(length()) }] });
    std::fs::write(folder.path().join("dump.json"), dump.to_string()).unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_iamdb"));
    let output = command.args(["import", "dump.json"]).current_dir(folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stderr.len() < 20_000, "{} bytes", output.stderr.len());
    assert!(output.stderr.starts_with(b"error: dump.json"));
}

/// A database with what a dump says.
pub(super) fn imported(dump: &str) -> Store {
    let mut reading = Reading::new();
    reading.add("dump.json", dump.as_bytes()).unwrap();
    let estate = reading.finish().unwrap();
    let mut store = Store::in_memory().unwrap();
    let by = Attribution {
        actor: "eve".to_owned(),
        time: jiff::Timestamp::UNIX_EPOCH,
        command: "import".to_owned(),
    };
    store
        .write(&by, |writer| {
            let outcome = apply(writer, &estate, &mut |_| {})?;
            Ok::<_, iamdb::import::ImportError>(((), outcome.summary()))
        })
        .unwrap();
    store
}

fn entity(kind: &str, name: &str, more: serde_json::Value) -> serde_json::Value {
    let mut entity =
        json!({ "Path": "/", "Arn": format!("arn:aws:iam::222222222222:{}/{name}", kind.to_lowercase()) });
    entity[format!("{kind}Name")] = json!(name);
    entity[format!("{kind}Id")] = json!(format!("A{name}"));
    entity.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    entity
}

fn allow(action: &str) -> serde_json::Value {
    json!({ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": action, "Resource": "*" } })
}

/// A hundred thousand members where input is to have a hundred megabytes.
#[test]
fn a_huge_group_has_all_its_members() {
    let count = length() / 1_000;
    let users: Vec<_> =
        (0..count).map(|nth| entity("User", &format!("u{nth}"), json!({ "GroupList": ["all"] }))).collect();
    let group = entity(
        "Group",
        "all",
        json!({ "GroupPolicyList": [{ "PolicyName": "p", "PolicyDocument": allow("s3:*") }] }),
    );
    let dump =
        json!({ "UserDetailList": users, "GroupDetailList": [group], "RoleDetailList": [], "Policies": [] });
    ends("a huge group", || {
        let mut store = imported(&dump.to_string());
        let now = store.read(At::Now).unwrap();
        let group = now.principals(Some(PrincipalKind::Group)).unwrap().remove(0);
        assert_eq!(now.members_of(group.key).unwrap().len(), count);
        let everyone = Everyone::read(&now).unwrap();
        assert!(everyone.users_and_roles().all(|holder| everyone.identity(holder).count() == 1));
        drop(now);
        store.verify().unwrap().unwrap();
    });
}

#[test]
fn a_user_of_many_groups_has_all_their_policies() {
    let count = length() / 20_000 + 200;
    let names: Vec<String> = (0..count).map(|nth| format!("g{nth}")).collect();
    let policy = |nth: usize| json!({ "GroupPolicyList": [{ "PolicyName": "p", "PolicyDocument": allow(&format!("s3:Get{nth}")) }] });
    let groups: Vec<_> =
        names.iter().enumerate().map(|(nth, name)| entity("Group", name, policy(nth))).collect();
    let user = entity("User", "alice", json!({ "GroupList": names }));
    let dump =
        json!({ "UserDetailList": [user], "GroupDetailList": groups, "RoleDetailList": [], "Policies": [] });
    ends("a user of many groups", || {
        let mut store = imported(&dump.to_string());
        let now = store.read(At::Now).unwrap();
        let alice = now.principals_named("alice").unwrap().remove(0);
        let layers = policy_layers(&now, &alice).unwrap();
        assert_eq!(layers.identity.len(), count);
        let last =
            crate::asking::request(&format!("s3:Get{}", count - 1), "*", iamdb::request::Context::default());
        assert_eq!(authorize(&layers, &last).decision, iamdb::eval::Decision::Allowed);
    });
}
