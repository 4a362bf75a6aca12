//! The generator of accounts and organizations makes what it says, and import reads all of it.

use std::collections::BTreeMap;

use iamdb::store::{NodeKind, PrincipalKind, Whose};
use serde_json::Value;

use super::Database;
use super::export::Memory;
use crate::estate::{Account, Organization, write_account, write_resources};

fn text(write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> String {
    let mut bytes = Vec::new();
    write(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// The files of an organization by name.
pub(super) fn files(organization: &Organization) -> BTreeMap<String, String> {
    let mut files: BTreeMap<String, Memory> = BTreeMap::new();
    organization.write(&mut |name| Ok(Box::new(files.entry(name.to_owned()).or_default().clone()))).unwrap();
    files.into_iter().map(|(name, file)| (name, file.text())).collect()
}

#[test]
fn the_same_size_and_seed_give_the_same_bytes() {
    let account = |size, seed| text(|out| write_account(size, seed, out));
    assert_eq!(account(30, 1), account(30, 1));
    assert_ne!(account(30, 1), account(30, 2));
    let resources = |seed| text(|out| write_resources(&Account::new(30, seed), 20, out));
    assert_eq!(resources(1), resources(1));
    assert_ne!(resources(1), resources(2));
}

/// As many principals as were asked for, and nothing else.
#[test]
fn a_month_later_so_many_principals_have_changed() {
    let read =
        |account: &Account| -> Value { serde_json::from_str(&text(|out| account.write(out))).unwrap() };
    for (size, changed) in [(10, 0), (60, 7), (60, 60), (45, 100)] {
        let account = Account::new(size, 3);
        let (before, after) = (read(&account), read(&account.later(changed)));
        let different = |list: &str| {
            let lists = (before[list].as_array().unwrap(), after[list].as_array().unwrap());
            assert_eq!(lists.0.len(), lists.1.len());
            lists.0.iter().zip(lists.1).filter(|(before, after)| before != after).count()
        };
        assert_eq!(different("UserDetailList") + different("RoleDetailList"), changed.min(size));
        assert_eq!(different("GroupDetailList") + different("Policies"), 0);
    }
}

#[test]
fn an_organization_is_imported_without_a_warning() {
    let made = Organization { accounts: 12, principals: 20, resources: 10, seed: 1 };
    let files = files(&made);
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let mut db = Database::new();
    let (outcome, _) = db.import(&files);
    assert_eq!(outcome.warnings, []);
    assert_eq!((outcome.accounts.len(), outcome.member_accounts, outcome.ous), (12, 12, 4));
    assert_eq!((outcome.users + outcome.roles, outcome.resources), (240, 120));
    db.ask(|now| {
        assert_eq!(now.nodes(Some(NodeKind::Account)).unwrap().len(), 12);
        assert_eq!(now.all_placements().unwrap().len(), 16);
        let trusts: std::collections::BTreeSet<String> =
            now.all_trust_policies(Whose::All).unwrap().into_iter().map(|row| row.document).collect();
        let roles = now.principals(Some(PrincipalKind::Role)).unwrap().len();
        assert!(trusts.len() > 10 && trusts.len() < roles, "{} of {roles}", trusts.len());
    });
}
