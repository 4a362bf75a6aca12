//! Scenarios and managed policies of the corpus beside the repository, where it is there: the repository
//! itself holds none of them.

use std::path::PathBuf;

use iamdb::algebra::Budget;
use iamdb::catalog::Catalog;
use iamdb::eval::{Decision, authorize};
use iamdb::policy::{PolicyType, parse};
use iamdb::scenario::{Documents, Reader, Scenario};
use itertools::Itertools;
use serde_json::{Map, Value as Json};

use crate::agree::is_in_set;

/// A folder of the corpus; `None`, with a word about it, where there is no corpus.
fn corpus(folder: &str) -> Option<PathBuf> {
    // Cargo sets the variable when it runs tests, too: a binary that was moved finds the corpus of its new place.
    let here = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
    let path = PathBuf::from(here).join("../shared/corpus").join(folder);
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("skipped: there is no ../shared/corpus/{folder}");
    None
}

fn files(folder: &PathBuf, suffix: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == suffix))
        .collect();
    files.sort();
    files
}

/// Every scenario is decided as expected, but for those of which `tests/scenarios_wrong.json` says which rule is
/// against the expectation.
#[test]
fn every_scenario() {
    let Some(folder) = corpus("scenarios") else { return };
    let excused: Map<String, Json> = serde_json::from_str(include_str!("scenarios_wrong.json")).unwrap();
    let catalog = Catalog::embedded();
    let documents = Documents::new(catalog.rcp_services().map(str::to_owned).collect());
    let now = "2026-01-01T00:00:00Z".parse().unwrap();
    let reader = Reader { documents: &documents, catalog: &catalog, now };
    let (mut ran, mut wrong, mut excuses) = (0, Vec::new(), 0);
    for file in files(&folder, "jsonl") {
        for line in std::fs::read_to_string(&file).unwrap().lines() {
            let mut raw: Json = serde_json::from_str(line).unwrap();
            let tags = raw["tags"].as_array().cloned().unwrap_or_default();
            if tags.contains(&Json::from("derivable-key-absent")) {
                raw["request"]["derive"] = Json::Bool(false);
            }
            let text = raw.to_string();
            let scenario = reader.read(&text).unwrap_or_else(|error| panic!("{}: {error}", raw["name"]));
            let evaluation = authorize(&scenario.layers, &scenario.request);
            ran += 1;
            let is_allowed = evaluation.decision == Decision::Allowed;
            if is_in_set(&scenario.layers, &scenario.request, Budget::default())
                .unwrap()
                .is_some_and(|is_in| is_in != is_allowed)
            {
                wrong.push(format!("{}: not so in the algebra", raw["name"]));
            }
            let decisions =
                (0..20).map(|_| Scenario { expect: None, ..scenario.clone() }.brief(&reader).decision);
            if decisions.unique().any(|decision| decision != evaluation.decision.to_string()) {
                wrong.push(format!("{}: not so in brief", raw["name"]));
            }
            let mismatch = scenario.expect.and_then(|expect| expect.mismatch(&evaluation));
            match (excused.contains_key(raw["name"].as_str().unwrap()), mismatch) {
                (true, Some(_)) => excuses += 1,
                (true, None) => wrong.push(format!("{}: listed as wrong, but as expected", raw["name"])),
                (false, Some(mismatch)) => wrong.push(format!("{}: {mismatch}", raw["name"])),
                (false, None) => {}
            }
        }
    }
    eprintln!("{ran} scenarios ran, {excuses} of them excused");
    assert!(wrong.is_empty(), "{} of {ran}:\n{}", wrong.len(), wrong.join("\n"));
}

/// AWS stores every managed policy: the parser refuses none and bends none. Only the length that the API
/// takes does not bind AWS's own policies.
#[test]
fn every_managed_policy() {
    let Some(folder) = corpus("managed") else { return };
    let mut found = Vec::new();
    let files = files(&folder, "json");
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap();
        let parsed = parse(&text, PolicyType::Identity);
        for diagnostic in parsed
            .diagnostics
            .iter()
            .filter(|found| found.degrades())
            .chain(parsed.errors().filter(|found| !found.code.starts_with("POLICY_SIZE_")))
        {
            found.push(format!("{:?}: {} at {}", file.file_name(), diagnostic.message, diagnostic.path));
        }
    }
    eprintln!("{} managed policies read", files.len());
    assert!(found.is_empty(), "{}", found.join("\n"));
}
