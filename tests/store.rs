//! The store from outside: what goes in comes out, as of any change; what does not belong is refused.

mod crashes;
mod damage;
mod files;
mod head;
mod organization;
mod processes;
#[cfg(target_os = "linux")]
mod room;
mod upkeep;

use std::path::{Path, PathBuf};

use iamdb::arn::AccountId;
use iamdb::policy::Document;
use iamdb::store::{
    At, AttachmentKind, Attribution, ChangeNumber, ManagedPolicy, NewManagedPolicy, NewPrincipal,
    PolicyOwner, Principal, PrincipalKind, Snapshot, Store, StoreError, Writer,
};
use tempfile::TempDir;

const READ: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}}"#;
const WRITE: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Put*","Resource":"*"}}"#;

/// A folder that is gone at the end of the test, and the name of a database in it.
fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("iam.db");
    (folder, path)
}

fn by(time: &str) -> Attribution {
    Attribution { actor: "eve".to_owned(), time: time.parse().unwrap(), command: "iamdb test".to_owned() }
}

fn now() -> Attribution {
    by("2026-01-01T00:00:00Z")
}

fn new(kind: PrincipalKind, name: &str) -> NewPrincipal {
    let (partition, path) = ("aws".to_owned(), "/".to_owned());
    NewPrincipal { kind, partition, account: None, path, name: name.to_owned(), unique_id: None }
}

fn user(name: &str) -> NewPrincipal {
    new(PrincipalKind::User, name)
}

fn managed(name: &str) -> NewManagedPolicy {
    let (partition, path) = ("aws".to_owned(), "/".to_owned());
    NewManagedPolicy { partition, owner: PolicyOwner::Account(None), path, name: name.to_owned() }
}

fn account(digits: &str) -> AccountId {
    AccountId::parse(digits).unwrap()
}

fn document(text: &str) -> Document {
    Document::new(text.to_owned())
}

/// Makes one change that must be recorded.
fn change<T>(store: &mut Store, work: impl FnOnce(&mut Writer<'_>) -> Result<T, StoreError>) -> T {
    let (value, change) = write(store, work).unwrap();
    change.expect("a change");
    value
}

fn write<T>(
    store: &mut Store,
    work: impl FnOnce(&mut Writer<'_>) -> Result<T, StoreError>,
) -> Result<(T, Option<iamdb::store::Change>), StoreError> {
    store.write(&now(), |writer| Ok((work(writer)?, "test".to_owned())))
}

fn names(principals: Vec<Principal>) -> Vec<String> {
    principals.into_iter().map(|principal| principal.name).collect()
}

fn policy_names(policies: Vec<ManagedPolicy>) -> Vec<String> {
    policies.into_iter().map(|policy| policy.name).collect()
}

fn only(snapshot: &Snapshot<'_>, name: &str) -> Principal {
    let [principal] = snapshot.principals_named(name).unwrap().try_into().unwrap();
    principal
}

/// A database with one of everything, made, changed and partly unmade in five changes.
fn ordinary(path: &Path) -> Store {
    let mut store = Store::open_or_create(path).unwrap();
    let (alice, devs) = change(&mut store, |writer| {
        let alice = writer.create_principal(&user("alice"))?.key;
        let devs = writer.create_principal(&new(PrincipalKind::Group, "devs"))?.key;
        let deploy = writer.create_principal(&new(PrincipalKind::Role, "deploy"))?.key;
        writer.put_tag(alice, "Team", "blue")?;
        writer.join(alice, devs)?;
        writer.put_inline(alice, "own", &document(READ))?;
        writer.put_trust_policy(deploy, &document(r#"{"Statement":[]}"#))?;
        Ok((alice, devs))
    });
    let policy = change(&mut store, |writer| {
        let policy = writer.create_managed_policy(&managed("s3"))?.key;
        writer.put_version(policy, 1, &document(READ), true)?;
        writer.attach(alice, policy, AttachmentKind::Managed)?;
        writer.attach(devs, policy, AttachmentKind::Managed)?;
        writer.attach(alice, policy, AttachmentKind::Boundary)?;
        Ok(policy)
    });
    change(&mut store, |writer| writer.add_version(policy, &document(WRITE)));
    change(&mut store, |writer| writer.set_account(&account("123456789012")));
    change(&mut store, |writer| {
        writer.put_tag(alice, "team", "red")?;
        writer.detach(alice, policy, AttachmentKind::Managed)?;
        writer.put_inline(alice, "own", &document(WRITE))?;
        writer.leave(alice, devs)
    });
    store
}

#[test]
fn what_goes_in_comes_out() {
    let (_folder, path) = folder();
    drop(ordinary(&path));
    let mut store = Store::open(&path).unwrap();
    let snapshot = store.read(At::Now).unwrap();
    assert_eq!(snapshot.change(), ChangeNumber(5));
    assert_eq!(names(snapshot.principals(None).unwrap()), ["alice", "devs", "deploy"]);
    assert_eq!(names(snapshot.principals(Some(PrincipalKind::Role)).unwrap()), ["deploy"]);
    let alice = only(&snapshot, "alice");
    assert_eq!(alice.arn(), "arn:aws:iam::123456789012:user/alice");
    assert_eq!(snapshot.tags(alice.key).unwrap(), [("team".to_owned(), "red".to_owned())]);
    assert!(snapshot.groups_of(alice.key).unwrap().is_empty());
    assert!(snapshot.attached(alice.key, AttachmentKind::Managed).unwrap().is_empty());
    assert_eq!(policy_names(snapshot.attached(alice.key, AttachmentKind::Boundary).unwrap()), ["s3"]);
    let [own] = snapshot.inline(alice.key).unwrap().try_into().unwrap();
    assert_eq!((own.name.as_str(), own.document.text()), ("own", WRITE));
    let deploy = only(&snapshot, "deploy");
    assert_eq!(snapshot.trust_policy(deploy.key).unwrap(), Some(document(r#"{"Statement":[]}"#)));
    assert_eq!(snapshot.trust_policy(alice.key).unwrap(), None);
    let [s3] = snapshot.managed_policies_named("s3").unwrap().try_into().unwrap();
    assert_eq!(s3.arn(), "arn:aws:iam::123456789012:policy/s3");
    assert_eq!(snapshot.managed_policies().unwrap(), std::slice::from_ref(&s3));
    assert_eq!(names(snapshot.attached_to(s3.key, AttachmentKind::Managed).unwrap()), ["devs"]);
    let versions = snapshot.versions(s3.key).unwrap();
    assert_eq!(
        versions.iter().map(|v| (v.number, v.is_default)).collect::<Vec<_>>(),
        [(1, false), (2, true)]
    );
    assert_eq!(snapshot.default_version(s3.key).unwrap(), versions.last().cloned());
    assert_eq!(snapshot.accounts().unwrap(), [account("123456789012")]);
}

#[test]
fn every_change_can_be_gone_back_to() {
    let (_folder, path) = folder();
    let mut store = ordinary(&path);
    let snapshot = store.read(At::Change(ChangeNumber(0))).unwrap();
    assert!(snapshot.principals(None).unwrap().is_empty());
    drop(snapshot);
    let snapshot = store.read(At::Change(ChangeNumber(1))).unwrap();
    let alice = only(&snapshot, "alice");
    assert_eq!(alice.arn(), "arn:aws:iam::000000000000:user/alice");
    assert_eq!(snapshot.tags(alice.key).unwrap(), [("Team".to_owned(), "blue".to_owned())]);
    assert_eq!(names(snapshot.groups_of(alice.key).unwrap()), ["devs"]);
    assert!(snapshot.managed_policies().unwrap().is_empty());
    assert_eq!(snapshot.accounts().unwrap(), []);
    drop(snapshot);
    let snapshot = store.read(At::Change(ChangeNumber(2))).unwrap();
    assert_eq!(policy_names(snapshot.attached(alice.key, AttachmentKind::Managed).unwrap()), ["s3"]);
    let [s3] = snapshot.managed_policies().unwrap().try_into().unwrap();
    assert_eq!(snapshot.default_version(s3.key).unwrap().unwrap().document.text(), READ);
    drop(snapshot);
    let error = store.read(At::Change(ChangeNumber(6))).unwrap_err();
    assert_eq!(error.to_string(), "there is no change 6: the newest is 5");
    assert!(store.read(At::Change(ChangeNumber(-1))).is_err());
}

#[test]
fn a_time_means_the_last_change_at_or_before_it() {
    let (_folder, path) = folder();
    let mut store = Store::open_or_create(&path).unwrap();
    let times = ["2026-01-01T00:00:00.9Z", "2025-06-01T00:00:00Z", "2026-01-01T00:00:05Z"];
    for (name, time) in ["a", "b", "c"].into_iter().zip(times) {
        let made = store.write(&by(time), |writer| {
            writer.create_principal(&user(name))?;
            Ok::<_, StoreError>(((), format!("create {name}")))
        });
        made.unwrap();
    }
    let recorded: Vec<String> =
        store.changes().unwrap().iter().map(|change| change.time.to_string()).collect();
    // The second change came from a clock that was wrong.
    assert_eq!(recorded, ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-01-01T00:00:05Z"]);
    for (time, change) in [
        ("2025-12-31T23:59:59Z", 0),
        ("2026-01-01T00:00:00Z", 2),
        ("2026-01-01T00:00:04.999Z", 2),
        ("2026-01-01T00:00:05Z", 3),
        ("2030-01-01T00:00:00Z", 3),
    ] {
        let snapshot = store.read(At::Time(time.parse().unwrap())).unwrap();
        assert_eq!(snapshot.change(), ChangeNumber(change), "{time}");
    }
}

#[test]
fn what_has_no_account_belongs_to_the_files_own() {
    let (_folder, path) = folder();
    let mut store = Store::open_or_create(&path).unwrap();
    let here = NewPrincipal { account: Some(account("123456789012")), ..user("alice") };
    let there = NewPrincipal { account: Some(account("999999999999")), ..user("alice") };
    change(&mut store, |writer| {
        assert_eq!(writer.create_principal(&user("alice"))?.account, None);
        assert!(matches!(writer.create_principal(&user("alice")), Err(StoreError::Exists { .. })));
        writer.create_principal(&there)
    });
    change(&mut store, |writer| writer.set_account(&account("123456789012")));
    let (result, nothing) = write(&mut store, |writer| {
        writer.set_account(&account("123456789012"))?;
        Ok(writer.create_principal(&here).unwrap_err())
    })
    .unwrap();
    assert_eq!(result.to_string(), "`arn:aws:iam::123456789012:user/alice` exists already");
    assert_eq!(nothing, None);
    change(&mut store, |writer| {
        let bob = NewPrincipal { account: Some(account("123456789012")), ..user("bob") };
        assert_eq!(writer.create_principal(&bob)?.account, Some(account("123456789012")));
        assert!(matches!(writer.create_principal(&user("bob")), Err(StoreError::Exists { .. })));
        assert_eq!(writer.create_principal(&user("carol"))?.account, Some(account("123456789012")));
        Ok(())
    });
    let error = write(&mut store, |writer| writer.set_account(&account("999999999999"))).unwrap_err();
    assert_eq!(error.to_string(), "the account is `123456789012` already and cannot become `999999999999`");
    let snapshot = store.read(At::Now).unwrap();
    assert_eq!(snapshot.accounts().unwrap(), [account("123456789012"), account("999999999999")]);
    assert_eq!(names(snapshot.principals_named("alice").unwrap()), ["alice", "alice"]);
}

#[test]
fn the_account_cannot_make_two_things_one() {
    let (_folder, path) = folder();
    let mut store = Store::open_or_create(&path).unwrap();
    let here = PolicyOwner::Account(Some(account("123456789012")));
    change(&mut store, |writer| {
        writer.create_principal(&user("alice"))?;
        writer.create_principal(&NewPrincipal { account: Some(account("111111111111")), ..user("alice") })?;
        writer.create_managed_policy(&managed("s3"))?;
        writer.create_managed_policy(&NewManagedPolicy { owner: PolicyOwner::Aws, ..managed("s3") })?;
        writer.create_managed_policy(&NewManagedPolicy { owner: here, ..managed("s3") })
    });
    for (digits, what) in [
        ("111111111111", "`arn:aws:iam::111111111111:user/alice` exists already"),
        ("123456789012", "`arn:aws:iam::123456789012:policy/s3` exists already"),
    ] {
        let error = write(&mut store, |writer| writer.set_account(&account(digits))).unwrap_err();
        assert_eq!(error.to_string(), what);
    }
    let snapshot = store.read(At::Now).unwrap();
    assert_eq!(snapshot.account().unwrap(), None);
    let arns: Vec<String> = snapshot.managed_policies().unwrap().iter().map(ManagedPolicy::arn).collect();
    assert_eq!(
        arns,
        [
            "arn:aws:iam::000000000000:policy/s3",
            "arn:aws:iam::123456789012:policy/s3",
            "arn:aws:iam::aws:policy/s3"
        ]
    );
}

#[test]
fn what_changes_nothing_is_no_change() {
    let (_folder, path) = folder();
    let mut store = ordinary(&path);
    let ((), nothing) = write(&mut store, |writer| {
        let alice = only(writer, "alice").key;
        let [s3] = writer.managed_policies()?.try_into().unwrap();
        writer.put_tag(alice, "team", "red")?;
        assert!(!writer.put_inline(alice, "own", &document(WRITE))?);
        assert!(!writer.put_version(s3.key, 2, &document(WRITE), true)?);
        assert!(!writer.attach(alice, s3.key, AttachmentKind::Boundary)?);
        assert!(!writer.remove_inline(alice, "other")?);
        assert!(!writer.remove_tag(alice, "Colour")?);
        // What is made and unmade at once was never there, nor was its document.
        let bob = writer.create_principal(&user("bob"))?.key;
        writer.put_inline(bob, "new", &document(r#"{"Id":"never seen"}"#))?;
        writer.delete_principal(bob)
    })
    .unwrap();
    assert_eq!(nothing, None);
    assert_eq!(store.verify().unwrap().unwrap().changes, 5);
}

#[test]
fn what_is_made_and_unmade_within_a_change_leaves_no_trace() {
    let (_folder, path) = folder();
    let mut store = ordinary(&path);
    let documents = store.verify().unwrap().unwrap().documents;
    change(&mut store, |writer| {
        let alice = only(writer, "alice").key;
        writer.put_inline(alice, "new", &document(r#"{"Id":"never seen"}"#))?;
        assert!(writer.remove_inline(alice, "new")?);
        writer.put_inline(alice, "own", &document(READ))
    });
    let verified = store.verify().unwrap().unwrap();
    assert_eq!((verified.changes, verified.documents), (6, documents));
}

#[test]
fn an_error_or_a_dry_run_leaves_nothing() {
    let (_folder, path) = folder();
    let mut store = ordinary(&path);
    let error = write(&mut store, |writer| {
        writer.create_principal(&user("bob"))?;
        writer.create_principal(&user("alice"))
    });
    assert!(matches!(error, Err(StoreError::Exists { .. })));
    let seen = store.dry_run(&now(), |writer| {
        writer.create_principal(&user("bob"))?;
        Ok::<_, StoreError>((writer.principals(None)?.len(), String::new()))
    });
    assert_eq!(seen.unwrap(), 4);
    assert_eq!(store.changes().unwrap().len(), 5);
    assert!(store.read(At::Now).unwrap().principals_named("bob").unwrap().is_empty());
    assert!(store.verify().unwrap().is_ok());
}

#[test]
fn who_is_made_again_is_somebody_else() {
    let (_folder, path) = folder();
    let mut store = ordinary(&path);
    let (old, new) = change(&mut store, |writer| {
        let old = only(writer, "alice").key;
        writer.delete_principal(old)?;
        Ok((old, writer.create_principal(&user("alice"))?.key))
    });
    assert_ne!(old, new);
    let snapshot = store.read(At::Now).unwrap();
    for key in [old, new] {
        assert!(snapshot.tags(key).unwrap().is_empty());
        assert!(snapshot.inline(key).unwrap().is_empty());
        assert!(snapshot.attached(key, AttachmentKind::Boundary).unwrap().is_empty());
    }
    drop(snapshot);
    let before = store.read(At::Change(ChangeNumber(5))).unwrap();
    assert_eq!(only(&before, "alice").key, old);
    assert_eq!(before.inline(old).unwrap().len(), 1);
    drop(before);
    let gone = write(&mut store, |writer| writer.put_tag(old, "a", "b")).unwrap_err();
    assert_eq!(gone.to_string(), "there is no such principal any more");
    assert!(store.verify().unwrap().is_ok());
}

#[test]
fn the_rules_of_iam_hold() {
    let (_folder, path) = folder();
    let mut store = ordinary(&path);
    change(&mut store, |writer| {
        let (alice, devs) = (only(writer, "alice").key, only(writer, "devs").key);
        let [s3] = writer.managed_policies()?.try_into().unwrap();
        let error = writer.attach(devs, s3.key, AttachmentKind::Boundary).unwrap_err();
        assert_eq!(error.to_string(), "a group has no permissions boundary");
        let error = writer.join(devs, alice).unwrap_err();
        assert_eq!(error.to_string(), "only users join, and only groups are joined");
        let error = writer.put_trust_policy(alice, &document("{}")).unwrap_err();
        assert_eq!(error.to_string(), "only a role has a trust policy");
        let error = writer.delete_managed_policy(s3.key).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`arn:aws:iam::123456789012:policy/s3` is still attached to \
             `arn:aws:iam::123456789012:group/devs`, `arn:aws:iam::123456789012:user/alice`"
        );
        let error = writer.put_inline(alice, "", &document(r#"{"Id":"refused"}"#)).unwrap_err();
        assert!(error.to_string().ends_with("CHECK constraint failed: a name is not empty"), "{error}");
        // A second boundary takes the place of the first.
        let other = writer.create_managed_policy(&managed("other"))?.key;
        assert!(writer.attach(alice, other, AttachmentKind::Boundary)?);
        assert_eq!(policy_names(writer.attached(alice, AttachmentKind::Boundary)?), ["other"]);
        writer.detach(devs, s3.key, AttachmentKind::Managed)?;
        writer.delete_managed_policy(s3.key)?;
        // Numbers of versions are not used again, and a version can be the default without being the newest.
        assert_eq!(writer.add_version(other, &document(READ))?, 1);
        assert_eq!(writer.add_version(other, &document(WRITE))?, 2);
        assert!(writer.put_version(other, 1, &document(READ), true)?);
        assert_eq!(writer.default_version(other)?.map(|version| version.number), Some(1));
        Ok(())
    });
    assert_eq!(policy_names(store.read(At::Now).unwrap().managed_policies().unwrap()), ["other"]);
    assert!(store.verify().unwrap().is_ok());
}

#[test]
fn formatting_is_kept_beside_the_meaning() {
    let (_folder, path) = folder();
    let mut store = Store::open_or_create(&path).unwrap();
    let spaced = READ.replace(',', ",\n  ");
    change(&mut store, |writer| {
        let alice = writer.create_principal(&user("alice"))?.key;
        writer.put_inline(alice, "a", &document(READ))?;
        writer.put_inline(alice, "b", &document(&spaced))
    });
    let snapshot = store.read(At::Now).unwrap();
    let alice = only(&snapshot, "alice").key;
    let texts: Vec<String> =
        snapshot.inline(alice).unwrap().iter().map(|policy| policy.document.text().to_owned()).collect();
    assert_eq!(texts, [READ, &spaced]);
    drop(snapshot);
    assert_eq!(store.verify().unwrap().unwrap().texts, 2);
}

/// What has been hashed stays hashed the same way: a file made today verifies with every later iamdb.
#[test]
fn the_hash_of_a_change_is_pinned() {
    let (_folder, path) = folder();
    let store = ordinary(&path);
    let newest = store.changes().unwrap().pop().unwrap();
    assert_eq!(newest.hash, "7dd1a70ff48f46ec2d01cfd9faa15b851742e704bc4a30ee1b8430a763e39c6d");
}
