//! Exporting is the inverse of importing: what AWS's formats can say comes back, and nothing of it changes.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::rc::Rc;

use iamdb::export::{Export, ExportError, LeftOut};
use iamdb::policy::Document;
use iamdb::store::{
    At, AttachmentKind, ChangeNumber, NewManagedPolicy, NewNode, NewPrincipal, NodeKind,
    OrganizationPolicyOwner, PolicyOwner, PrincipalKind, Snapshot, StoreError,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Database, about, account, allow, arn, attribution};
use crate::estate::{Account, Organization};

/// Files by name.
type Files = BTreeMap<String, String>;

/// A file in memory.
#[derive(Clone, Default)]
pub(super) struct Memory(Rc<RefCell<Vec<u8>>>);

impl Memory {
    pub(super) fn text(&self) -> String {
        String::from_utf8(self.0.borrow().clone()).unwrap()
    }
}

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Everything that an export writes, and what it leaves out.
fn exported(now: &Snapshot<'_>) -> (Files, Vec<LeftOut>) {
    let mut files: BTreeMap<String, Memory> = BTreeMap::new();
    let mut export = Export::new(now).unwrap();
    export
        .write(&mut |name| {
            assert!(!files.contains_key(name), "{name} is written twice");
            Ok(Box::new(files.entry(name.to_owned()).or_default().clone()))
        })
        .unwrap();
    let left_out = export.left_out().cloned().collect();
    (files.into_iter().map(|(name, file)| (name, file.text())).collect(), left_out)
}

fn borrowed(files: &Files) -> Vec<(&str, &str)> {
    files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect()
}

/// Everything that is stored and that AWS's formats can say. Documents are what they mean, and their texts without the
/// blank space around them.
fn state(now: &Snapshot<'_>) -> Value {
    let text = |document: &Document| json!([document.id().to_string(), document.text().trim()]);
    let node = |key| {
        let found = now.nodes(None).unwrap().into_iter().find(|node| node.key == key);
        found.and_then(|node| node.id).unwrap_or_default()
    };
    let mut policies = BTreeMap::new();
    for policy in now.managed_policies().unwrap() {
        let versions = now.versions(policy.key).unwrap();
        let versions: Vec<Value> =
            versions.iter().map(|one| json!([one.number, one.is_default, text(&one.document)])).collect();
        policies.insert(policy.arn(), versions);
    }
    let mut nodes = BTreeMap::new();
    for one in now.nodes(None).unwrap() {
        let parent = now.parent_of(one.key).unwrap().and_then(|parent| parent.id);
        nodes.insert(one.id.clone().unwrap(), json!([one.kind.as_str(), one.name, one.status, parent]));
    }
    let mut organization_policies = BTreeMap::new();
    for one in now.organization_policies().unwrap() {
        let of_aws = one.owner == OrganizationPolicyOwner::Aws;
        let document = one.document.as_ref().map(text);
        let mut on: Vec<String> =
            now.nodes_of_policy(one.key).unwrap().iter().map(|one| node(one.key)).collect();
        on.sort();
        let said = json!([one.policy_type.as_str(), one.name, of_aws, document, on]);
        organization_policies.insert(one.id.clone().unwrap(), said);
    }
    let mut resources = BTreeMap::new();
    for one in now.resources().unwrap() {
        let account = one.account.as_ref().map(|account| account.as_str().to_owned());
        let tags = now.resource_tags(one.key).unwrap();
        resources.insert(one.arn.clone(), json!([account, one.policy.as_ref().map(text), tags]));
    }
    json!({
        "principals": now.principals(None).unwrap().iter().map(|one| about(now, one)).collect::<Vec<_>>(),
        "policies": policies,
        "organizations": now.organizations().unwrap().iter()
            .map(|one| json!([node(one.root), format!("{:?}", one.facts)])).collect::<Vec<_>>(),
        "nodes": nodes,
        "organization_policies": organization_policies,
        "resources": resources,
    })
}

/// What was imported is what an import of its export gives; into the same database it changes nothing.
fn assert_round_trip(db: &mut Database) {
    let (files, left_out) = db.ask(exported);
    assert_eq!(left_out, []);
    let mut copy = Database::new();
    copy.import(&borrowed(&files));
    assert_eq!(copy.ask(state), db.ask(state));
    let again = copy.ask(exported).0;
    assert_eq!(again.keys().collect::<Vec<_>>(), files.keys().collect::<Vec<_>>());
    for (name, text) in &files {
        assert_eq!(again[name], *text, "{name}");
    }
    assert_eq!(db.import(&borrowed(&files)).1, None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn a_round_trip_loses_nothing(accounts in 1_usize..5, principals in 0_usize..14, resources in 0_usize..9, seed: u64) {
        let made = Organization { accounts, principals: principals.max(2), resources, seed };
        let mut db = Database::new();
        db.import(&borrowed(&super::generated::files(&made)));
        assert_round_trip(&mut db);
    }

    /// Two dumps one after the other: as of the first change everything is as after the older dump alone, and the
    /// second change ends where the newer dump alone ends.
    #[test]
    fn a_dump_over_a_dump(size in 3_usize..40, changed in 0_usize..40, seed: u64) {
        let dump = |account: &Account| {
            let mut text = Vec::new();
            account.write(&mut text).unwrap();
            String::from_utf8(text).unwrap()
        };
        let account = Account::new(size, seed);
        let (january, june) = (dump(&account), dump(&account.later(changed)));
        let mut both = Database::new();
        both.import(&[("january.json", &january)]);
        let (outcome, change) = both.import(&[("june.json", &june)]);
        prop_assert_eq!((outcome.new, outcome.changed, outcome.removed), (0, changed.min(size), 0));
        prop_assert_eq!(change.map(|change| change.number.0), (changed > 0).then_some(2));
        for (number, alone) in [(1, &january), (2.min(both.store.changes().unwrap().len() as i64), &june)] {
            let mut fresh = Database::new();
            fresh.import(&[("alone.json", alone)]);
            let then = both.store.read(At::Change(ChangeNumber(number))).unwrap();
            prop_assert_eq!(exported(&then).0, fresh.ask(exported).0);
            prop_assert_eq!(state(&then), fresh.ask(state));
        }
        prop_assert!(both.store.verify().unwrap().is_ok());
    }
}

#[test]
fn something_of_everything() {
    let mut db = Database::new();
    let mut dump = account();
    // Known by name only, by number only, and not known to anybody.
    dump["Policies"][1]["PolicyVersionList"] = json!([]);
    let aws = json!({ "Policies": [{ "PolicyName": "Nobody", "Arn": "arn:aws:iam::aws:policy/Nobody",
        "PolicyVersionList": [{ "VersionId": "v3", "IsDefaultVersion": true, "Document": allow("s3:*") }] }] });
    let resources = json!([
        { "ResourceArn": "arn:aws:s3:::reports", "AccountId": "222222222222", "Policy": allow("s3:GetObject"),
          "Tags": [{ "Key": "Team", "Value": "web" }, { "Key": "team", "Value": "data" }] },
        { "ResourceArn": "arn:aws:s3:::no-policy" },
    ]);
    db.import(&[
        ("gaad.json", &dump.to_string()),
        ("aws.json", &aws.to_string()),
        ("resources.json", &resources.to_string()),
        // An account in no organization, and an OU of which nobody knows where it hangs.
        ("describe-account.json", r#"{ "Account": { "Id": "333333333333", "Status": "ACTIVE" } }"#),
        (
            "describe-organizational-unit.json",
            r#"{ "OrganizationalUnit": { "Id": "ou-ab12-abcd1234", "Name": "dev" } }"#,
        ),
    ]);
    assert_round_trip(&mut db);
    let (files, _) = db.ask(exported);
    assert!(files.contains_key("gaad-123456789012.json") && files.contains_key("gaad-aws.json"));
}

/// Texts are kept as they were written, whatever they are.
#[test]
fn texts_survive() {
    let texts = [
        "{ \"Statement\" :\n\t[], \"Version\": \"2012-10-17\", \"Version\": \"2008-10-17\" }",
        r#"{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"NumericLessThan":{"x":1.50}}}]}"#,
        "no JSON at all",
        "%5B is no brace: %",
        "[1, 2]",
        "",
    ];
    let inline: Vec<Value> = (0_usize..)
        .zip(&texts)
        .map(|(nth, text)| json!({ "PolicyName": format!("p{nth}"), "PolicyDocument": text }))
        .collect();
    let mut dump = account();
    dump["UserDetailList"][0]["UserPolicyList"] = json!(inline);
    let mut db = Database::new();
    db.import(&[("gaad.json", &dump.to_string())]);
    let stored: Vec<String> = db.ask(|now| {
        let alice = super::one(now, PrincipalKind::User, "alice");
        now.inline(alice.key).unwrap().into_iter().map(|one| one.document.text().to_owned()).collect()
    });
    assert_eq!(stored, texts);
    assert_round_trip(&mut db);
}

/// What was made by hand comes out with the rest once its account is known, and comes back as what it was.
#[test]
fn what_was_made_by_hand() {
    let mut db = Database::new();
    let document = |action: &str| Document::new(format!("\n {} \n", allow(action)));
    let made = db.store.write(&attribution(), |writer| {
        let alice = writer.create_principal(&NewPrincipal {
            kind: PrincipalKind::User,
            partition: "aws".to_owned(),
            account: None,
            path: "/".to_owned(),
            name: "alice".to_owned(),
            unique_id: None,
        })?;
        let policy = writer.create_managed_policy(&NewManagedPolicy {
            partition: "aws".to_owned(),
            owner: PolicyOwner::Account(None),
            path: "/".to_owned(),
            name: "read".to_owned(),
        })?;
        writer.put_version(policy.key, 1, &document("s3:Get*"), true)?;
        writer.attach(alice.key, policy.key, AttachmentKind::Managed)?;
        writer.put_inline(alice.key, "own", &document("iam:GetUser"))?;
        let root = writer.create_node(&NewNode {
            kind: NodeKind::Root,
            id: None,
            name: Some("Root".to_owned()),
            status: None,
        })?;
        let member = writer.create_node(&NewNode {
            kind: NodeKind::Account,
            id: Some("222222222222".to_owned()),
            name: None,
            status: None,
        })?;
        writer.place(member.key, root.key)?;
        Ok::<_, StoreError>(((), "made by hand".to_owned()))
    });
    made.unwrap();
    let (files, left_out) = db.ask(exported);
    let told: Vec<String> = left_out.iter().map(LeftOut::to_string).collect();
    assert_eq!(
        told,
        [
            "`policy/read` is left out: its account is not set",
            "`user/alice` is left out: its account is not set",
            "`root` is left out with what hangs on it: it has no id of AWS",
        ]
    );
    assert_eq!(files.keys().collect::<Vec<_>>(), Vec::<&String>::new());

    let account = iamdb::arn::AccountId::parse("123456789012").unwrap();
    let set = db.store.write(&attribution(), |writer| {
        writer.set_account(&account)?;
        Ok::<_, StoreError>(((), "set the account".to_owned()))
    });
    set.unwrap();
    let (files, _) = db.ask(exported);
    assert!(files["gaad-123456789012.json"].contains(&arn("policy/read")));
    assert_eq!(db.import(&borrowed(&files)).1, None);
}

#[test]
fn a_writer_that_fails_is_an_error() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut db = Database::new();
    db.import(&[("gaad.json", &account().to_string())]);
    let failed = db.ask(|now| Export::new(now).unwrap().write(&mut |_| Ok(Box::new(Full))));
    assert!(matches!(failed, Err(ExportError::Io(_))), "{failed:?}");
}

#[test]
fn the_command_makes_a_folder_or_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let iamdb = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_iamdb"));
        let ran = command.current_dir(folder.path()).env_clear().args(arguments).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (ran.status.code(), text(ran.stdout), text(ran.stderr))
    };
    let names = |path: &Path| {
        let entries =
            fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = entries.collect();
        names.sort();
        names
    };
    fs::write(folder.path().join("gaad.json"), account().to_string()).unwrap();
    assert_eq!(iamdb(&["import", "gaad.json"]).0, Some(0));
    let (code, stdout, _) = iamdb(&["export"]);
    assert_eq!(code, Some(0));
    fs::write(folder.path().join("again.json"), &stdout).unwrap();
    assert!(iamdb(&["import", "again.json"]).1.ends_with("(nothing changed)\n"));

    let (code, stdout, _) = iamdb(&["export", "out"]);
    let said = "exported 2 users, 1 group, 1 role, 2 policies of 123456789012 to out\n";
    assert_eq!((code, stdout.as_str()), (Some(0), said));
    assert_eq!(names(&folder.path().join("out")), ["gaad-123456789012.json"]);
    let before = names(folder.path());
    let (code, _, stderr) = iamdb(&["export", "out"]);
    assert_eq!((code, stderr.lines().next()), (Some(2), Some("error: `out` is not empty")));
    let (code, ..) = iamdb(&["export", "nowhere/out"]);
    assert_eq!((code, names(folder.path())), (Some(2), before));
}
