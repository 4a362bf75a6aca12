//! Questions about everybody, and about one of many, beside reading all rows of the file by plain SQL.

use std::path::Path;
use std::process::Command;

use iamdb::access_change::{About as Whose, Asked, NewPrincipals, access_changes};
use iamdb::analysis::Part;
use iamdb::ask::Unsaid;
use iamdb::catalog::Catalog;
use iamdb::request::{Action, Resource};
use iamdb::store::{At, ChangeNumber, Snapshot, Store};
use iamdb::stored::Everyone;
use iamdb::who_can::{About, PartQuestion, Question, regions, who_can};

use crate::estate::Account;
use crate::import::rows;
use crate::made::{Made, import};
use crate::table::{least, line, ms, ratio};

const ACTION: &str = "s3:GetObject";
const RESOURCE: &str = "arn:aws:s3:::data/x";
const BUCKET: &str = "arn:aws:s3:::data";

fn ask(snapshot: &Snapshot<'_>, everyone: &Everyone, catalog: &Catalog) {
    let question = Question {
        action: Action::parse(ACTION).expect("an action"),
        resource: Resource::parse(RESOURCE).expect("a resource"),
        resource_account: None,
        given: Vec::new(),
        unsaid: Unsaid::Unknown,
        now: "2026-01-01T00:00:00Z".parse().expect("a time"),
        catalog,
        known_action: None,
    };
    who_can(snapshot, everyone, &question).expect("an answer");
}

/// A whole process, from its start to its end.
fn process(db: &Path, arguments: &[&str]) {
    let done = Command::new(env!("CARGO_BIN_EXE_iamdb")).arg("--db").arg(db).args(arguments).output();
    assert!(done.expect("iamdb").status.code().is_some_and(|code| code != 2));
}

/// Prints how long questions take at these sizes.
pub(crate) fn print(sizes: &[usize]) {
    let made = Made::new();
    let catalog = Catalog::embedded();
    for &size in sizes {
        let account = Account::new(size, 1);
        let db = made.fresh("iam.db");
        import(&made.dump(&account), &db);
        let times = if size > 10_000 { 1 } else { 5 };
        let sql = least(times, || rows(&db));
        let tell = |what: &str, time| {
            line(&format!(
                "{what:<34} {size:>7} principals: {:>9}, {} of the rows",
                ms(time),
                ratio(time, sql)
            ));
        };
        tell("every row, by SQL", sql);
        {
            let mut store = Store::open(&db).expect("a database");
            let snapshot = store.read(At::Now).expect("a snapshot");
            tell("everyone, read", least(times, || Everyone::read(&snapshot)));
            let everyone = Everyone::read(&snapshot).expect("everyone");
            tell("who-can, warm", least(times, || ask(&snapshot, &everyone, &catalog)));
            let part =
                Part::of(&["s3:Put*".to_owned()], &["arn:aws:s3:::data/*".to_owned()]).expect("patterns");
            let question =
                PartQuestion { part: &part, given: &[], about: About::Everyone, catalog: &catalog };
            let asked = || regions(&snapshot, &everyone, &question, &mut |_, _| {}).expect("an answer");
            tell("who-can of patterns, warm", least(times, asked));
        }
        tell("who-can, whole process", least(times, || process(&db, &["who-can", ACTION, RESOURCE])));
        tell("who-can of a bucket, whole process", least(times, || process(&db, &["who-can", BUCKET])));
        tell("effective, whole process", least(times, || process(&db, &["effective", "user-00001"])));
        for changed in [size / 100, size / 10] {
            let copy = made.fresh("later.db");
            std::fs::copy(&db, &copy).expect("a copy");
            import(&made.dump(&account.later(changed)), &copy);
            let mut store = Store::open(&copy).expect("a database");
            let after = store.read(At::Now).expect("a snapshot");
            let before = after.as_of(At::Change(ChangeNumber(1))).expect("a snapshot");
            let part = Part::default();
            let asked =
                Asked { part: &part, about: Whose::Everyone, new: NewPrincipals::Listed, catalog: &catalog };
            let compared =
                || access_changes(&before, &after, &asked, &mut |_| {}, &mut |_, _| {}).expect("an answer");
            tell(&format!("diff --since, {changed} changed"), least(times.min(2), compared));
        }
    }
}
