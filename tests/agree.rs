//! The two meanings agree: a request is in the set of what layers allow exactly if the evaluator allows it.

use std::collections::BTreeSet;

use iamdb::algebra::Budget;
use iamdb::arn::AccountId;
use iamdb::catalog::{KeyKind, KeyType};
use iamdb::compile::{
    Callers, CompileError, Compiler, HOLDER_ACCOUNT, KeyFacts, Point, Typing, Universe, holder,
};
use iamdb::eval::{Decision, authorize};
use iamdb::knowledge::Knowledge;
use iamdb::layers::{LayerPolicy, PolicyLayers};
use iamdb::policy::{PolicyType, ResourceService};
use iamdb::request::{Context, Request, Value, fold};
use iamdb::scenario::Scenario;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use crate::asking::{layer_policy, layers};
use crate::generate::{Question, question};
use crate::layers::{read, text};

/// Whether the keys of the generated policies have one value or several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arity {
    One,
    Several,
}

/// The kinds of the keys of the generated policies.
fn kind(key: &str, arity: Arity) -> Option<KeyKind> {
    let base = match key {
        "t:numeric" => KeyType::Numeric,
        "t:date" => KeyType::Date,
        "t:bool" => KeyType::Bool,
        "t:binary" => KeyType::Binary,
        "t:ip" => KeyType::IpAddress,
        "t:arn" => KeyType::Arn,
        "t:string" => KeyType::String,
        _ => return None,
    };
    Some(KeyKind { base, multivalued: arity == Arity::Several })
}

/// A value as the universe has it: of its type, in canonical text (R-CND-31).
fn canonical(base: KeyType, text: &str) -> Option<String> {
    let is_number = || {
        let digits = text.trim_start_matches(['+', '-']);
        digits.chars().all(|c| c.is_ascii_digit() || c == '.')
            && digits.starts_with(|c: char| c.is_ascii_digit())
    };
    match base {
        KeyType::String | KeyType::Binary => Some(text.to_owned()),
        KeyType::Numeric => is_number().then(|| text.to_owned()),
        KeyType::Bool => Some(text.to_ascii_lowercase()).filter(|text| text == "true" || text == "false"),
        KeyType::Date => text.parse::<jiff::Timestamp>().ok().map(|at| at.to_string()),
        KeyType::IpAddress => text.parse::<std::net::IpAddr>().ok().map(|address| address.to_string()),
        KeyType::Arn => (text.starts_with("arn:") && text.matches(':').count() > 4).then(|| text.to_owned()),
    }
}

fn number(text: &str) -> Option<bigdecimal::BigDecimal> {
    text.trim_start_matches('+').parse().ok()
}

/// What of a context is in the universe: other values and keys are left out.
fn within(context: &Context, universe: &Universe) -> Context {
    let mut inside = Context::default();
    let domains: std::collections::BTreeMap<_, _> = universe.keys().collect();
    for (key, value) in context.iter() {
        let Some(domain) = domains.get(&std::sync::Arc::from(key.to_ascii_lowercase())) else { continue };
        let mut items: Vec<String> = Vec::new();
        for item in value.items().iter().filter_map(|item| canonical(domain.base, item)) {
            // Two writings of one number are one value.
            let same = |other: &String| match domain.base {
                KeyType::Numeric => number(other) == number(&item),
                _ => *other == item,
            };
            if !items.iter().any(same) {
                items.push(item);
            }
        }
        match (items.as_slice(), domain.multivalued) {
            ([], _) => {}
            ([only], false) => inside.set(key, Value::Single(only.clone())),
            ([only], true) => inside.set(key, Value::Multi(vec![only.clone()])),
            (_, true) => inside.set(key, Value::Multi(items)),
            (_, false) => {}
        }
    }
    inside
}

/// A universe of what layers mention, of which nothing is known.
fn universe(
    layers: &PolicyLayers,
    callers: Callers,
    typing: Typing,
    arity: Arity,
    knowledge: Knowledge,
) -> Universe {
    let mut universe = Universe::new(callers, knowledge, typing);
    let facts = KeyFacts { kind: &|key| kind(key, arity), always_present: &|_| false };
    universe.admit(layers.statements().map(|(_, statement)| statement), &facts);
    universe
}

fn layers_of(question: &Question) -> PolicyLayers {
    let boundary: Vec<Json> = question.boundary.iter().cloned().collect();
    layers(std::slice::from_ref(&question.policy), &boundary)
}

/// Whether a request is in the set of what layers allow, where every key is a string of any arity; none where it is no
/// request of that universe: a list of fewer than two different values is not told from a single one, nor are two keys
/// that differ in case only (R-TAG-3).
pub(crate) fn is_in_set(
    layers: &PolicyLayers,
    request: &Request,
    budget: Budget,
) -> Result<Option<bool>, CompileError> {
    let several = |values: &[String]| values.iter().collect::<BTreeSet<_>>().len() > 1;
    let is_told = |value: &Value| matches!(value, Value::Single(_)) || several(value.items());
    let names: BTreeSet<String> = request.context.iter().map(|(key, _)| fold(key)).collect();
    let is_plain = names.len() == request.context.iter().count();
    if !is_plain || !request.context.iter().all(|(_, value)| is_told(value)) {
        return Ok(None);
    }
    let caller = Callers::One(request.caller.clone());
    let mut universe = universe(layers, caller, Typing::Untyped, Arity::Several, Knowledge::default());
    universe.resource_account.clone_from(&request.resource_account);
    let mut compiler = Compiler::new(universe, budget);
    let compiled = compiler.layers(layers)?;
    Ok(Some(compiler.contains(compiled.allowed, &Point::of(request))))
}

/// A compiler of the typed universe of what some stacks mention, about whoever holds their policies.
pub(crate) fn compiler_for(stacks: &[&PolicyLayers]) -> Compiler {
    Compiler::new(shared_universe(stacks), Budget::default())
}

/// What of a context is in that universe.
pub(crate) fn closed_context(context: &Context, stacks: &[&PolicyLayers]) -> Context {
    within(context, &shared_universe(stacks))
}

fn shared_universe(stacks: &[&PolicyLayers]) -> Universe {
    let mut universe = Universe::new(Callers::Holder, Knowledge::default(), Typing::Typed);
    let facts = KeyFacts { kind: &|_| None, always_present: &|_| false };
    let statements = stacks.iter().flat_map(|layers| layers.statements()).map(|(_, statement)| statement);
    universe.admit(statements, &facts);
    universe
}

/// A resource's policy that leaves all to its account, as [`Callers::Holder`] has it.
fn delegating() -> LayerPolicy {
    let statement =
        json!({"Effect": "Allow", "Principal": {"AWS": HOLDER_ACCOUNT}, "Action": "*", "Resource": "*"});
    let policy = json!({"Version": "2012-10-17", "Statement": statement});
    layer_policy(&policy.to_string(), PolicyType::Resource(ResourceService::Other))
}

fn agree(layers: &PolicyLayers, request: &Request, universe: Universe) -> Result<(), TestCaseError> {
    let mut request = request.clone();
    let mut layers = layers.clone();
    if universe.callers == Callers::Holder {
        request.caller = holder(&request.resource);
        request.resource_account = AccountId::parse(HOLDER_ACCOUNT);
        layers.resource = vec![delegating()];
    }
    let mut compiler = Compiler::new(universe, Budget::default());
    let compiled = compiler.layers(&layers).unwrap();
    let allowed = authorize(&layers, &request).decision == Decision::Allowed;
    prop_assert_eq!(compiler.contains(compiled.allowed, &Point::of(&request)), allowed, "{:#?}", request);
    Ok(())
}

/// Of identity policies and boundaries, in the universe where keys have their kinds.
pub(crate) fn agree_in_typed_contexts(question: Question, arity: Arity) -> Result<(), TestCaseError> {
    let layers = layers_of(&question);
    let universe = universe(&layers, Callers::Holder, Typing::Typed, arity, Knowledge::default());
    let context = within(&question.request.context, &universe);
    agree(&layers, &Request { context, ..question.request }, universe)
}

/// Of a scenario, where it is known whose the resource is, or is not.
pub(crate) fn agree_through_all_layers(text: &str, owner_is_known: bool) -> Result<(), TestCaseError> {
    let Scenario { layers, mut request, .. } = read(text);
    if !owner_is_known {
        request.resource_account = None;
    }
    let caller = Callers::One(request.caller.clone());
    let mut universe = universe(&layers, caller, Typing::Typed, Arity::One, Knowledge::default());
    universe.resource_account.clone_from(&request.resource_account);
    agree(&layers, &request, universe)
}

proptest! {
    /// R-EVL-76, R-EVL-77: over identity policies and boundaries, in the typed universe.
    #[test]
    fn on_typed_contexts(question in question(), several in any::<bool>()) {
        let arity = if several { Arity::Several } else { Arity::One };
        agree_in_typed_contexts(question, arity)?;
    }

    /// The same where every key is a string of any arity.
    #[test]
    fn on_untyped_contexts(question in question()) {
        let layers = layers_of(&question);
        let universe = universe(&layers, Callers::Holder, Typing::Untyped, Arity::Several, Knowledge::default());
        let mut context = within(&question.request.context, &universe);
        let singles: Vec<(String, String)> = context
            .iter()
            .filter_map(|(key, value)| match value.items() {
                [only] => Some((key.to_owned(), only.clone())),
                _ => None,
            })
            .collect();
        singles.into_iter().for_each(|(key, only)| context.set(&key, Value::Single(only)));
        agree(&layers, &Request { context, ..question.request }, universe)?;
    }

    /// The same where the context is known: no set has a key in it.
    #[test]
    fn on_known_contexts(question in question(), keep in prop::collection::vec(any::<bool>(), 10)) {
        let layers = layers_of(&question);
        let open = universe(&layers, Callers::Holder, Typing::Typed, Arity::One, Knowledge::default());
        let context = within(&question.request.context, &open);
        let mut knowledge = Knowledge::default();
        for ((key, _), keep) in open.keys().zip(keep) {
            match context.get(key) {
                Some(value) if keep => knowledge.known.set(key, value.clone()),
                None if keep => knowledge.set_absent(key),
                _ => {}
            }
        }
        let universe = universe(&layers, Callers::Holder, Typing::Typed, Arity::One, knowledge);
        agree(&layers, &Request { context, ..question.request }, universe)?;
    }

    /// R-EVL-10: through every layer, for callers of every kind.
    #[test]
    fn through_all_layers(text in text()) {
        agree_through_all_layers(&text, true)?;
    }

    /// The same of the owner that the ARN says, or does not (R-EVL-11).
    #[test]
    fn through_all_layers_of_any_owner(text in text()) {
        agree_through_all_layers(&text, false)?;
    }
}
