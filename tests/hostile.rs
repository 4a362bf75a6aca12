//! Policies that were made to be hard end in a set or in the error of the budget, soon.

mod documents;

use std::time::{Duration, Instant};

use iamdb::algebra::Budget;
use iamdb::catalog::Catalog;
use iamdb::compile::{Callers, CompileError, Compiler, KeyFacts, Typing, Universe};
use iamdb::context_keys::key_kind;
use iamdb::knowledge::Knowledge;
use iamdb::layers::PolicyLayers;
use serde_json::Value as Json;

use crate::asking::layers;

/// A tenth of what users have: tests run without optimisation.
fn budget() -> Budget {
    let budget = Budget::default();
    Budget { work: budget.work / 10, states: budget.states / 10, ..budget }
}

fn compiled(layers: &PolicyLayers) -> Result<usize, CompileError> {
    let catalog = Catalog::embedded();
    let mut universe = Universe::new(Callers::Holder, Knowledge::default(), Typing::Typed);
    let facts = KeyFacts { kind: &|key| key_kind(key, &catalog), always_present: &|_| false };
    universe.admit(layers.statements().map(|(_, statement)| statement), &facts);
    let mut compiler = Compiler::new(universe, budget());
    compiler.layers(layers)?;
    Ok(compiler.arena().node_count())
}

/// R-EVL-78 asks for an answer or a refusal; there is no third outcome.
#[test]
fn every_hard_policy_ends_soon() {
    for (name, documents) in documents::all() {
        let documents: Vec<Json> = documents.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
        let layers = layers(&documents, &[]);
        assert!(layers.statements().next().is_some(), "`{name}` has no statement");
        let start = Instant::now();
        let outcome = compiled(&layers);
        let took = start.elapsed();
        assert!(took < Duration::from_secs(60), "`{name}` took {took:?}: {outcome:?}");
    }
}
