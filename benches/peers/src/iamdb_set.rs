//! iamdb's set of all allowed requests: compiled once, and then a decision is the way of a point through a diagram.

use iamdb::algebra::Budget;
use iamdb::catalog::Catalog;
use iamdb::compile::{Callers, Compiled, Compiler, KeyFacts, Point, Typing, Universe};
use iamdb::context_keys::{global_key, key_kind};
use iamdb::knowledge::Knowledge;
use iamdb::layers::PolicyLayers;
use iamdb::request::Request;

use crate::made::Made;
use crate::{Answer, Decider, iamdb_eval, timed};

fn compile(layers: &PolicyLayers, catalog: &Catalog) -> (Compiler, Compiled) {
    let mut universe = Universe::new(Callers::Holder, Knowledge::default(), Typing::Typed);
    let facts = KeyFacts {
        kind: &|key| key_kind(key, catalog),
        always_present: &|key| global_key(key).is_some_and(|key| key.always_present),
    };
    universe.admit(layers.statements().map(|(_, statement)| statement), &facts);
    let mut compiler = Compiler::new(universe, Budget::default());
    let compiled = compiler.layers(layers).expect("within the budget");
    (compiler, compiled)
}

pub(crate) fn decider(made: &Made) -> Decider {
    let texts = made.iam();
    let catalog = Catalog::embedded();
    let (reading, layers) = timed(|| iamdb_eval::layers(&texts));
    let (compiling, (compiler, compiled)) = timed(|| compile(&layers, &catalog));
    let requests: Vec<Request> = made.requests.iter().map(iamdb_eval::request).collect();
    Decider {
        name: format!("iamdb {} set", crate::version("iamdb")),
        made_in: vec![("reading", reading), ("compiling", compiling)],
        decide: Box::new(move |nth| {
            if compiler.contains(compiled.allowed, &Point::of(&requests[nth])) {
                Answer::Allowed
            } else {
                Answer::Denied
            }
        }),
    }
}
