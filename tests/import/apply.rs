//! An import writes the differences and nothing else.

use iamdb::import::{ImportError, Warning, apply};
use iamdb::store::PrincipalKind::{self, Group, Role, User};
use iamdb::store::{At, AttachmentKind, ChangeNumber, NewPrincipal};
use serde_json::{Value, json};

use super::{Database, account, allow, arn, attribution, policy, user};
use crate::estate::write_account;

fn generated(principals: usize, seed: u64) -> String {
    let mut text = Vec::new();
    write_account(principals, seed, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

#[test]
fn importing_twice_changes_nothing() {
    for text in [account().to_string(), generated(60, 7)] {
        let mut db = Database::new();
        assert!(db.import(&[("gaad.json", &text)]).1.is_some());
        let before = db.bytes();
        let (outcome, change) = db.import(&[("gaad.json", &text)]);
        assert_eq!(change, None);
        assert!(outcome.summary().ends_with("(nothing changed)"), "{}", outcome.summary());
        assert_eq!(db.bytes(), before);
        // Printed by another tool, it says the same.
        let reformatted = format!("{:#}", serde_json::from_str::<Value>(&text).unwrap());
        assert_eq!(db.import(&[("gaad.json", &reformatted)]).1, None);
    }
}

#[test]
fn a_newer_dump_records_what_has_become_different() {
    let mut db = Database::new();
    let mut new = account();
    db.import(&[("gaad.json", &new.to_string())]);

    let alice = &mut new["UserDetailList"][0];
    alice["Tags"] = json!([{ "Key": "Team", "Value": "data" }, { "Key": "new", "Value": "" }]);
    alice["GroupList"] = json!([]);
    alice["AttachedManagedPolicies"] = json!([{ "PolicyArn": arn("policy/write") }]);
    alice["PermissionsBoundary"] = json!(null);
    alice["UserPolicyList"] = json!([{ "PolicyName": "own", "PolicyDocument": allow("iam:ListUsers") }]);
    new["UserDetailList"][1] = user("carol", "AIDACAROL");
    new["Policies"] = json!([
        policy("read", &[("v2", false, allow("s3:Get*")), ("v3", true, allow("s3:List*"))]),
        policy("write", &[("v1", true, allow("s3:Put*"))]),
    ]);
    let (outcome, change) = db.import(&[("gaad.json", &new.to_string())]);
    let summary =
        "imported 2 users, 1 group, 1 role, 2 policies of 123456789012 (2 new, 2 changed, 2 removed)";
    assert_eq!(outcome.summary(), summary);
    assert_eq!(change.unwrap().number, ChangeNumber(2));
    assert_eq!(
        db.about(User, "alice"),
        json!({
            "arn": arn("user/alice"), "id": "AIDAALICE", "tags": [["Team", "data"], ["new", ""]],
            "groups": [], "attached": [arn("policy/write")], "boundary": [],
            "inline": [["own", allow("iam:ListUsers").to_string()]], "trust": null,
        })
    );
    let versions: Vec<(u32, bool)> = db.versions("read").iter().map(|v| (v.0, v.1)).collect();
    assert_eq!(versions, [(2, false), (3, true)]);
    assert!(db.ask(|now| now.principals_named("bob").unwrap()).is_empty());
    assert!(db.ask(|now| now.managed_policies_named("limit").unwrap()).is_empty());
    // AWS's own policies are never gone.
    assert_eq!(db.ask(|now| now.managed_policies_named("SecurityAudit").unwrap()).len(), 1);
    assert!(db.store.verify().unwrap().is_ok());

    // As of the older dump nothing has changed.
    let january = db.store.read(At::Change(ChangeNumber(1))).unwrap();
    let alice = super::one(&january, User, "alice");
    assert_eq!(super::about(&january, &alice)["groups"], json!(["devs"]));
    assert_eq!(january.principals_named("bob").unwrap().len(), 1);
}

/// The end is the same as that of importing the newer dump alone.
#[test]
fn after_two_dumps_the_state_is_that_of_the_second() {
    let everything = |db: &mut Database| -> Vec<Value> {
        db.ask(|now| now.principals(None).unwrap().iter().map(|one| super::about(now, one)).collect())
    };
    for (first, second) in [(1, 2), (2, 3)] {
        let (old, new) = (generated(50, first), generated(40, second));
        let (mut both, mut alone) = (Database::new(), Database::new());
        both.import(&[("old.json", &old)]);
        both.import(&[("new.json", &new)]);
        alone.import(&[("new.json", &new)]);
        assert_eq!(everything(&mut both), everything(&mut alone));
        for nth in 0..40 {
            let name = format!("shared-{nth:03}");
            assert_eq!(both.versions(&name), alone.versions(&name));
        }
        assert!(both.store.verify().unwrap().is_ok());
    }
}

/// R-FMT-4, R-FMT-8: what is not listed is gone only from a complete list that is not empty.
#[test]
fn nothing_is_gone_from_a_partial_dump() {
    let mut db = Database::new();
    db.import(&[("gaad.json", &account().to_string())]);
    let partial = json!({ "UserDetailList": [account()["UserDetailList"][0]], "IsTruncated": true });
    assert_eq!(db.import(&[("page.json", &partial.to_string())]).1, None);

    let filtered = json!({ "UserDetailList": [account()["UserDetailList"][0]], "GroupDetailList": [],
        "RoleDetailList": [], "Policies": [] });
    let (outcome, _) = db.import(&[("users.json", &filtered.to_string())]);
    assert_eq!(outcome.removed, 1, "bob");
    assert_eq!(db.about(Role, "deploy")["id"], "AROADEPLOY");
    assert_eq!(db.versions("limit").len(), 1);
    assert_eq!(db.about(User, "alice")["groups"], json!(["devs"]));
}

/// R-GRM-29: who is deleted and made again is somebody else.
#[test]
fn another_unique_id_is_another_principal() {
    let mut db = Database::new();
    let mut new = account();
    db.import(&[("gaad.json", &new.to_string())]);
    let before = db.ask(|now| super::one(now, User, "bob").key);
    new["UserDetailList"][1]["UserId"] = json!("AIDABOB2");
    let (outcome, _) = db.import(&[("gaad.json", &new.to_string())]);
    assert_eq!((outcome.new, outcome.changed, outcome.removed), (1, 0, 1));
    assert_ne!(db.ask(|now| super::one(now, User, "bob").key), before);

    // Another path is another ARN of the same user.
    new["UserDetailList"][1]["Arn"] = json!(arn("user/moved/bob"));
    let (outcome, _) = db.import(&[("gaad.json", &new.to_string())]);
    assert_eq!((outcome.new, outcome.changed, outcome.removed), (0, 1, 0));
    assert_eq!(db.about(User, "bob")["arn"], arn("user/moved/bob"));
}

fn by_hand(db: &mut Database, kind: PrincipalKind, name: &str) {
    let (partition, path, name) = ("aws".to_owned(), "/".to_owned(), name.to_owned());
    let new = NewPrincipal { kind, partition, account: None, path, name, unique_id: None };
    let create = |writer: &mut iamdb::store::Writer<'_>| {
        writer.create_principal(&new).map(|principal| (principal, "created".to_owned()))
    };
    db.store.write(&attribution(), create).unwrap();
}

#[test]
fn what_was_made_by_hand_is_adopted_or_left_alone() {
    let mut db = Database::new();
    by_hand(&mut db, User, "alice");
    by_hand(&mut db, User, "zoe");
    by_hand(&mut db, Group, "devs");
    let (outcome, _) = db.import(&[("gaad.json", &account().to_string())]);
    let warnings = outcome.warnings;
    assert!(matches!(warnings.as_slice(), [Warning::AccountSet { .. }, ..]), "{warnings:?}");
    assert_eq!(db.about(User, "alice")["id"], "AIDAALICE");
    assert_eq!(db.about(User, "zoe")["arn"], arn("user/zoe"));
    assert_eq!(db.import(&[("gaad.json", &account().to_string())]).1, None);
    assert_eq!(db.about(User, "zoe")["arn"], arn("user/zoe"));
}

#[test]
fn an_account_that_nobody_made_by_hand_is_in_is_not_made_the_files_own() {
    let mut db = Database::new();
    by_hand(&mut db, User, "zoe");
    db.import(&[("gaad.json", &account().to_string())]);
    assert_eq!(db.ask(|now| now.account().unwrap()), None);
    assert_eq!(db.about(User, "zoe")["arn"], "arn:aws:iam::000000000000:user/zoe");
}

#[test]
fn a_policy_that_is_gone_but_attached_is_kept() {
    let mut db = Database::new();
    let mut new = account();
    db.import(&[("gaad.json", &new.to_string())]);
    by_hand(&mut db, User, "zoe");
    db.store
        .write(&attribution(), |writer| {
            let zoe = super::one(writer, User, "zoe").key;
            let limit = writer.managed_policies_named("limit").unwrap()[0].key;
            writer.attach(zoe, limit, AttachmentKind::Managed).map(|_| ((), "attached".to_owned()))
        })
        .unwrap();
    new["UserDetailList"][0]["PermissionsBoundary"] = json!(null);
    new["Policies"] = json!([new["Policies"][0]]);
    let (outcome, _) = db.import(&[("gaad.json", &new.to_string())]);
    assert!(outcome.warnings.contains(&Warning::KeptAttached { arn: arn("policy/limit") }));
    assert_eq!(db.versions("limit").len(), 1);
}

/// Two accounts in two files are two dumps.
#[test]
fn several_accounts_in_several_files() {
    let one = account().to_string();
    let other = one.replace("123456789012", "210987654321");
    let mut db = Database::new();
    let files = [("1.json", one.as_str()), ("2.json", other.as_str())];
    let (outcome, _) = db.import(&files);
    let summary = "imported 4 users, 2 groups, 2 roles, 4 policies of 2 accounts (13 new)";
    assert_eq!(outcome.summary(), summary);
    assert_eq!(db.import(&files).1, None);
    // One account's dump says nothing about the other.
    assert_eq!(db.import(&files[..1]).1, None);
}

#[test]
fn a_failing_import_leaves_the_file_as_it_was() {
    let mut db = Database::new();
    db.import(&[("gaad.json", &account().to_string())]);
    let before = db.bytes();
    let mut new = account();
    new["UserDetailList"][0]["Tags"] = json!([]);
    new["RoleDetailList"][0]["Arn"] = json!("arn");
    assert!(db.try_import(&[("gaad.json", &new.to_string())]).is_err());
    assert_eq!(db.bytes(), before);
    // Also where it fails when all has been written.
    let estate = super::read(&[("gaad.json", &generated(40, 3))]).unwrap();
    let failed = db.store.write(&attribution(), |writer| {
        apply(writer, &estate, &mut |_| {})?;
        Err::<((), String), _>(ImportError::Unrecognised { file: String::new(), found: String::new() })
    });
    assert!(failed.is_err());
    assert_eq!(db.import(&[("gaad.json", &account().to_string())]).1, None);
    assert_eq!(db.store.changes().unwrap().len(), 1);
}

#[test]
fn a_thousand_principals() {
    let text = generated(1000, 1);
    let mut db = Database::new();
    let estate = super::read(&[("gaad.json", &text)]).unwrap();
    let mut steps = Vec::new();
    let (outcome, change) = db
        .store
        .write(&attribution(), |writer| {
            let outcome = apply(writer, &estate, &mut |progress| steps.push(progress))?;
            let summary = outcome.summary();
            Ok::<_, ImportError>((outcome, summary))
        })
        .unwrap();
    let summary = "imported 600 users, 15 groups, 400 roles, 68 policies of 123456789012 (1,083 new)";
    assert_eq!(change.unwrap().summary, summary);
    assert_eq!(outcome.warnings, []);
    assert_eq!(steps.len(), estate.len());
    assert!(steps.iter().enumerate().all(|(nth, step)| step.done == nth + 1 && step.total == estate.len()));
    assert_eq!(db.import(&[("gaad.json", &text)]).1, None);
    assert!(db.store.verify().unwrap().is_ok());
}
