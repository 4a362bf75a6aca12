//! Real policies: making sets of them, and comparing their versions.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use iamdb::algebra::{Budget, Set};
use iamdb::catalog::Catalog;
use iamdb::compile::{Callers, CompileError, Compiled, Compiler, KeyFacts, Typing, Universe};
use iamdb::context_keys::{global_key, key_kind};
use iamdb::knowledge::Knowledge;
use iamdb::layers::{LayerPolicy, PolicyLayers};
use iamdb::policy::PolicyType;

use crate::table;

/// How often each document is read and compiled; the least time counts.
const TIMES: usize = 3;

/// The layers of a principal who has some identity policies.
pub(crate) fn layers(texts: &[impl AsRef<str>]) -> PolicyLayers {
    let policy = |text: &str| LayerPolicy::read("policy", "managed policy", text, PolicyType::Identity);
    let identity = texts.iter().map(|text| policy(text.as_ref())).collect();
    PolicyLayers { identity, ..PolicyLayers::default() }
}

/// A compiler for the typed universe of some layers.
pub(crate) fn compiler(layers: &[&PolicyLayers], catalog: &Catalog) -> Compiler {
    let mut universe = Universe::new(Callers::Holder, Knowledge::default(), Typing::Typed);
    let facts = KeyFacts {
        kind: &|key| key_kind(key, catalog),
        always_present: &|key| global_key(key).is_some_and(|key| key.always_present),
    };
    let statements = layers.iter().flat_map(|layers| layers.statements().map(|(_, statement)| statement));
    universe.admit(statements, &facts);
    Compiler::new(universe, Budget::default())
}

fn compiled(text: &str, catalog: &Catalog) -> Result<Compiled, CompileError> {
    let layers = layers(&[text]);
    compiler(&[&layers], catalog).layers(&layers)
}

/// Both differences of two versions, each with a point where it is not empty.
fn compared(old: &str, new: &str, catalog: &Catalog) -> Result<[bool; 2], CompileError> {
    let (old, new) = (layers(&[old]), layers(&[new]));
    let mut compiler = compiler(&[&old, &new], catalog);
    let (old, new) = (compiler.layers(&old)?.allowed, compiler.layers(&new)?.allowed);
    let arena = compiler.arena();
    let (lost, gained) = (arena.difference([old], [new])?, arena.difference([new], [old])?);
    let has_witness = |set: Set| arena.witness(set).is_some();
    Ok([has_witness(lost), has_witness(gained)])
}

/// A folder of the corpus, in order; empty where it is not there.
fn entries(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus").join(folder);
    let found = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut found: Vec<PathBuf> = found.collect();
    found.sort();
    found
}

/// AWS's managed policies by name; none, with a message, where the corpus is not there.
pub(crate) fn managed() -> Vec<(String, String)> {
    let is_policy = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "json");
    let read = |path: PathBuf| {
        Some((path.file_stem()?.to_string_lossy().into_owned(), fs::read_to_string(&path).ok()?))
    };
    let documents: Vec<_> = entries("managed").into_iter().filter(is_policy).filter_map(read).collect();
    if documents.is_empty() {
        table::line("skipped: the corpus of managed policies is not there");
    }
    documents
}

/// Prints how long it takes to make sets of every managed policy.
pub(crate) fn compile() {
    let documents = managed();
    if documents.is_empty() {
        return;
    }
    let catalog = Catalog::embedded();
    let (mut json, mut sets, mut over_budget) = (Vec::new(), Vec::new(), Vec::new());
    let (mut read, mut keys) = (Duration::ZERO, Duration::ZERO);
    for (name, text) in documents {
        let plain = table::least(TIMES, || serde_json::from_str::<serde_json::Value>(&text).is_ok());
        read += table::least(TIMES, || layers(&[&text]));
        let layers = layers(&[&text]);
        keys += table::least(TIMES, || compiler(&[&layers], &catalog));
        let ours = table::least(TIMES, || compiled(&text, &catalog).is_ok());
        if let Err(error) = compiled(&text, &catalog) {
            over_budget.push(format!("{name}: {error}"));
        }
        json.push((plain, name.clone()));
        sets.push((ours, name));
    }
    let plain = table::print("managed policies into JSON values", json);
    let ours = table::print("managed policies into sets", sets);
    let ratio = |time: Duration| time.as_secs_f64() / plain.as_secs_f64();
    table::line(&format!(
        "ratio {:.1}, of which reading {:.1} and the kinds of keys {:.1}; over the budget: {over_budget:?}",
        ratio(ours),
        ratio(read),
        ratio(keys),
    ));
}

/// Prints how long it takes to compare two versions of a policy, both ways, with witnesses.
pub(crate) fn pairs() {
    let catalog = Catalog::embedded();
    let (mut json, mut differences, mut over_budget) = (Vec::new(), Vec::new(), Vec::new());
    for folder in entries("pairs") {
        let read = |name: &str| fs::read_to_string(folder.join(name)).ok();
        let (Some(old), Some(new)) = (read("old.json"), read("new.json")) else { continue };
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let is_json = |text: &str| serde_json::from_str::<serde_json::Value>(text).is_ok();
        let plain = table::least(TIMES, || (is_json(&old), is_json(&new)));
        let ours = table::least(TIMES, || compared(&old, &new, &catalog).is_ok());
        if let Err(error) = compared(&old, &new, &catalog) {
            over_budget.push(format!("{name}: {error}"));
        }
        json.push((plain, name.clone()));
        differences.push((ours, name));
    }
    if json.is_empty() {
        table::line("skipped: the corpus of version pairs is not there");
        return;
    }
    let plain = table::print("version pairs into JSON values", json);
    let ours = table::print("version pairs, differences both ways", differences);
    table::line(&format!(
        "ratio {:.1}; over the budget: {over_budget:?}",
        ours.as_secs_f64() / plain.as_secs_f64()
    ));
}
