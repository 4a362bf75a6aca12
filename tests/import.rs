//! Importing: every format, merged and applied as differences (semantics 7.1, 7.2); and exporting again.

mod apply;
mod command;
mod corpus;
mod export;
mod formats;
mod generated;
mod organization;

use iamdb::import::{Estate, ImportError, Outcome, Reading, apply as apply_estate};
use iamdb::store::{At, Attribution, Change, Principal, PrincipalKind, Snapshot, Store};
use serde_json::{Value, json};

/// A database file in a folder of its own.
struct Database {
    folder: tempfile::TempDir,
    store: Store,
}

impl Database {
    fn new() -> Database {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open_or_create(&folder.path().join("iam.db")).unwrap();
        Database { folder, store }
    }

    /// Imports files, given by name and content.
    fn import(&mut self, files: &[(&str, &str)]) -> (Outcome, Option<Change>) {
        self.try_import(files).unwrap()
    }

    fn try_import(&mut self, files: &[(&str, &str)]) -> Result<(Outcome, Option<Change>), ImportError> {
        let estate = read(files)?;
        self.store.write(&attribution(), |writer| {
            let outcome = apply_estate(writer, &estate, &mut |_| {})?;
            let summary = outcome.summary();
            Ok((outcome, summary))
        })
    }

    fn ask<T>(&mut self, question: impl FnOnce(&Snapshot<'_>) -> T) -> T {
        question(&self.store.read(At::Now).unwrap())
    }

    /// Everything about one principal, to compare.
    fn about(&mut self, kind: PrincipalKind, name: &str) -> Value {
        self.ask(|now| about(now, &one(now, kind, name)))
    }

    /// `(number, is_default, text)` of the versions of the only policy of that name.
    fn versions(&mut self, policy: &str) -> Vec<(u32, bool, String)> {
        self.ask(|now| {
            let found = now.managed_policies_named(policy).unwrap();
            let [policy] = found.as_slice() else { panic!("{found:?}") };
            let versions = now.versions(policy.key).unwrap();
            versions.into_iter().map(|v| (v.number, v.is_default, v.document.text().to_owned())).collect()
        })
    }

    fn bytes(&self) -> Vec<(String, Vec<u8>)> {
        let mut files: Vec<_> = std::fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap())
            .map(|entry| {
                (entry.file_name().to_string_lossy().into_owned(), std::fs::read(entry.path()).unwrap())
            })
            .filter(|(name, _)| !name.ends_with("-shm"))
            .collect();
        files.sort();
        files
    }
}

fn attribution() -> Attribution {
    let time = jiff::Timestamp::from_second(1_767_225_600).unwrap();
    Attribution { actor: "test".to_owned(), time, command: "iamdb import".to_owned() }
}

fn read(files: &[(&str, &str)]) -> Result<Estate, ImportError> {
    let mut reading = Reading::new();
    for (name, text) in files {
        reading.add(name, text.as_bytes())?;
    }
    reading.finish()
}

/// The error of an import that must fail.
fn refused(files: &[(&str, &str)]) -> String {
    read(files).unwrap_err().to_string()
}

fn one(now: &Snapshot<'_>, kind: PrincipalKind, name: &str) -> Principal {
    let mut found = now.principals_named(name).unwrap();
    found.retain(|principal| principal.kind == kind);
    assert_eq!(found.len(), 1, "{kind}/{name}: {found:?}");
    found.remove(0)
}

fn about(now: &Snapshot<'_>, principal: &Principal) -> Value {
    use iamdb::store::AttachmentKind::{Boundary, Managed};
    let arns = |kind| -> Vec<String> {
        now.attached(principal.key, kind).unwrap().iter().map(|policy| policy.arn()).collect()
    };
    let inline: Vec<(String, String)> = now
        .inline(principal.key)
        .unwrap()
        .into_iter()
        .map(|p| (p.name, p.document.text().to_owned()))
        .collect();
    let groups: Vec<String> =
        now.groups_of(principal.key).unwrap().into_iter().map(|group| group.name).collect();
    json!({
        "arn": principal.arn(),
        "id": principal.unique_id,
        "tags": now.tags(principal.key).unwrap(),
        "groups": groups,
        "attached": arns(Managed),
        "boundary": arns(Boundary),
        "inline": inline,
        "trust": now.trust_policy(principal.key).unwrap().map(|document| document.text().to_owned()),
    })
}

/// A document that allows one action.
fn allow(action: &str) -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": action, "Resource": "*" }] })
}

fn arn(rest: &str) -> String {
    format!("arn:aws:iam::123456789012:{rest}")
}

fn user(name: &str, id: &str) -> Value {
    json!({ "UserName": name, "UserId": id, "Arn": arn(&format!("user/{name}")), "Path": "/" })
}

fn policy(name: &str, versions: &[(&str, bool, Value)]) -> Value {
    let versions: Vec<Value> = versions
        .iter()
        .map(|(id, is_default, document)| {
            json!({ "VersionId": id, "IsDefaultVersion": is_default, "Document": document })
        })
        .collect();
    json!({ "PolicyName": name, "Arn": arn(&format!("policy/{name}")), "PolicyVersionList": versions })
}

/// A small account with something of everything.
fn account() -> Value {
    let mut alice = user("alice", "AIDAALICE");
    alice["Tags"] = json!([{ "Key": "team", "Value": "web" }]);
    alice["GroupList"] = json!(["devs"]);
    alice["UserPolicyList"] = json!([{ "PolicyName": "own", "PolicyDocument": allow("iam:GetUser") }]);
    alice["AttachedManagedPolicies"] = json!([
        { "PolicyName": "read", "PolicyArn": arn("policy/read") },
        { "PolicyName": "SecurityAudit", "PolicyArn": "arn:aws:iam::aws:policy/SecurityAudit" },
    ]);
    alice["PermissionsBoundary"] = json!({
        "PermissionsBoundaryType": "PermissionsBoundaryPolicy",
        "PermissionsBoundaryArn": arn("policy/limit"),
    });
    json!({
        "UserDetailList": [alice, user("bob", "AIDABOB")],
        "GroupDetailList": [{
            "GroupName": "devs", "GroupId": "AGPADEVS", "Arn": arn("group/dev/devs"), "Path": "/dev/",
            "GroupPolicyList": [], "AttachedManagedPolicies": [{ "PolicyName": "read", "PolicyArn": arn("policy/read") }],
        }],
        "RoleDetailList": [{
            "RoleName": "deploy", "RoleId": "AROADEPLOY", "Arn": arn("role/deploy"), "Path": "/",
            "AssumeRolePolicyDocument": { "Version": "2012-10-17", "Statement": [
                { "Effect": "Allow", "Principal": { "Service": "ec2.amazonaws.com" }, "Action": "sts:AssumeRole" } ] },
            "RoleLastUsed": {}, "Unheard": { "of": [1, 2] },
        }],
        "Policies": [
            policy("read", &[("v1", false, allow("s3:GetObject")), ("v2", true, allow("s3:Get*"))]),
            policy("limit", &[("v1", true, allow("s3:*"))]),
        ],
        "IsTruncated": false,
    })
}
