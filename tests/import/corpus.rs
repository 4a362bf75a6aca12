//! Real accounts and AWS's own policies, where the corpus is beside the repository.

use std::fs;
use std::path::{Path, PathBuf};

use iamdb::import::{ImportError, Outcome, Reading, apply};
use iamdb::store::PolicyOwner;

use super::{Database, attribution};

/// The files below a folder of the corpus that are wanted; none where it is not here.
fn corpus(folder: &str, wanted: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus").join(folder);
    let (mut open, mut found) = (vec![root], Vec::new());
    while let Some(folder) = open.pop() {
        let Ok(entries) = fs::read_dir(folder) else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                open.push(path);
            } else if wanted(&path) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Imports files; says whether that changed anything.
fn import(db: &mut Database, paths: &[PathBuf]) -> (Outcome, bool) {
    let mut reading = Reading::new();
    for path in paths {
        reading.add(&path.to_string_lossy(), fs::File::open(path).unwrap()).unwrap();
    }
    let estate = reading.finish().unwrap();
    let (outcome, change) = db
        .store
        .write(&attribution(), |writer| {
            let outcome = apply(writer, &estate, &mut |_| {})?;
            let summary = outcome.summary();
            Ok::<_, ImportError>((outcome, summary))
        })
        .unwrap();
    (outcome, change.is_some())
}

#[test]
fn accounts_of_the_corpus() {
    for path in corpus("estate", |path| path.ends_with("gaad.json")) {
        let mut db = Database::new();
        let (outcome, changed) = import(&mut db, std::slice::from_ref(&path));
        assert!(changed && outcome.users + outcome.roles > 0, "{}: {outcome:?}", path.display());
        assert!(!import(&mut db, std::slice::from_ref(&path)).1, "{}", path.display());
    }
}

#[test]
fn the_policies_of_aws() {
    let paths = corpus("managed", |path| path.extension().is_some_and(|end| end == "json" || end == "jsonl"));
    if paths.is_empty() {
        return;
    }
    let mut db = Database::new();
    let (outcome, _) = import(&mut db, &paths);
    assert_eq!(outcome.policies, paths.len() - 1);
    assert_eq!(outcome.warnings, []);
    let policies = db.ask(|now| now.managed_policies().unwrap());
    assert!(policies.iter().all(|policy| policy.owner == PolicyOwner::Aws));
    assert!(!import(&mut db, &paths).1);
}
