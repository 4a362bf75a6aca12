//! Input that was made to be hard ends in an answer or a clear error, in bounded time and memory.
//!
//! | input | bound |
//! |---|---|
//! | a policy for the algebra | the budget, in work and states, whatever the policy (`documents`) |
//! | a policy for the evaluator | the length of a pattern times that of a text; no going back for a star (`values`) |
//! | a policy, a template or a plan given to a command | 16 MiB, then refused; a policy document 2 MiB; a line of scenarios 64 MiB (`size`) |
//! | a dump of an account | any length: read as a stream; time is linear, memory less than 25 times its length, mostly rows and names (`size`, `memory`) |
//! | nesting | a limit of each reader, below what the stack bears (`size`) |
//! | a group of 100,000, a user of thousands of groups | linear (`size`) |
//! | a tree of an organization with a circle | refused by `import`, found by `verify`; reading it ends (tests of both) |
//! | text that is no UTF-8 | refused with the file and the place (`encoding`) |
//! | names and values of any length in an error | 4,000 characters of them (`size`) |
//! | what a terminal would obey | escaped as JSON escapes it (`terminal`) |

mod documents;
mod encoding;
#[cfg(target_os = "linux")]
mod memory;
mod size;
mod terminal;
mod values;

use std::time::{Duration, Instant};

use iamdb::algebra::Budget;
use iamdb::catalog::Catalog;
use iamdb::compile::{Callers, CompileError, Compiler, KeyFacts, Typing, Universe};
use iamdb::context_keys::key_kind;
use iamdb::knowledge::Knowledge;
use iamdb::layers::PolicyLayers;
use iamdb::policy::PolicyType;
use iamdb::validate::{Options, Validator};
use serde_json::{Value as Json, json};

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

/// What no service stores, but somebody can put into a file: checks take no longer than reading it does, by much.
#[test]
fn every_hard_policy_is_checked_soon() {
    let catalog = Catalog::embedded();
    let list = |entry: &dyn Fn(usize) -> String| (0..10_000).map(entry).collect::<Vec<_>>();
    let statement =
        |action: Json, resource: Json| json!({ "Effect": "Allow", "Action": action, "Resource": resource });
    let mut hard: Vec<(String, String)> = Vec::new();
    for (name, documents) in documents::all() {
        hard.extend(documents.into_iter().map(|text| (name.to_owned(), text)));
    }
    let lists = [
        ("many patterns", json!(list(&|nth| format!("s3:*{nth}*"))), json!("*")),
        ("many names", json!(list(&|nth| format!("s3:Get{nth}"))), json!("*")),
        ("many copies", json!(list(&|_| "s3:GetObject".to_owned())), json!("*")),
        (
            "patterns that are hard to compare",
            json!("s3:*"),
            json!(
                (0..200)
                    .map(|nth| format!("arn:aws:s3:::*a{}{nth}*", "?".repeat(nth % 40)))
                    .collect::<Vec<_>>()
            ),
        ),
    ];
    for (name, action, resource) in lists {
        let document = json!({ "Version": "2012-10-17", "Statement": statement(action, resource) });
        hard.push((name.to_owned(), document.to_string()));
    }
    let alike: Vec<Json> = (0..5_000).map(|_| statement(json!("s3:*"), json!("*"))).collect();
    hard.push((
        "many statements".to_owned(),
        json!({ "Version": "2012-10-17", "Statement": alike }).to_string(),
    ));
    for (name, text) in hard {
        let start = Instant::now();
        let found = Validator::new(&catalog).validate(&text, &Options::new(PolicyType::Identity)).len();
        let took = start.elapsed();
        assert!(took < Duration::from_secs(120), "`{name}` took {took:?}, {found} findings");
    }
}
