//! Questions with unknown keys: what is claimed of all completions is checked on many of them.

use std::collections::BTreeMap;

use iamdb::eval::{self, Decision};
use iamdb::knowledge::Knowledge;
use iamdb::layers::PolicyLayers;
use iamdb::question::{self, Answer, Form, KeyFacts, Question};
use iamdb::request::{Context, Request, Value};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use crate::asking::{SOME_WORK, fulfils, layers, request};

fn statement(effect: &str, resource: &str, condition: Json) -> Json {
    json!({"Effect": effect, "Action": "s3:GetObject", "Resource": resource, "Condition": condition})
}

fn policy(statements: Vec<Json>) -> Json {
    json!({"Version": "2012-10-17", "Statement": statements})
}

const NO_FACTS: KeyFacts<'static> = KeyFacts { kind: &|_| None, always_present: &|_| false };

fn question(layers: &PolicyLayers, knowledge: Knowledge) -> Question<'_> {
    let request = request_in(&Context::default());
    Question { layers, request, knowledge, facts: NO_FACTS, budget: SOME_WORK }
}

fn ask(layers: &PolicyLayers, knowledge: Knowledge) -> Answer {
    question::answer(&question(layers, knowledge)).unwrap()
}

fn keys_that_matter(layers: &PolicyLayers) -> Vec<String> {
    question::keys_that_matter(&question(layers, Knowledge::default())).unwrap()
}

fn keys_of(answer: &Answer) -> Vec<String> {
    match answer {
        Answer::Depends(depends) => depends.keys.clone(),
        Answer::Decided(_) => Vec::new(),
    }
}

fn request_in(context: &Context) -> Request {
    request("s3:GetObject", "arn:aws:s3:::b/team/k", context.clone())
}

fn decide(layers: &PolicyLayers, context: Context) -> Decision {
    eval::authorize(layers, &request_in(&context)).decision
}

fn decided(answer: &Answer) -> Decision {
    match answer {
        Answer::Decided(example) => example.evaluation.decision,
        Answer::Depends(depends) => panic!("depends on {:?}", depends.keys),
    }
}

fn depends(answer: Answer) -> question::Depends {
    match answer {
        Answer::Depends(depends) => *depends,
        Answer::Decided(example) => panic!("decided: {:?}", example.evaluation.decision),
    }
}

#[test]
fn a_key_under_a_bool_test_is_named_with_its_condition() {
    let allow = statement("Allow", "*", json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}));
    let answer = depends(ask(&layers(&[policy(vec![allow])], &[]), Knowledge::default()));
    assert_eq!(answer.keys, ["aws:MultiFactorAuthPresent"]);
    assert!(answer.when.cases.is_empty());
    assert_eq!(answer.when.provided[0].to_string(), "Bool aws:MultiFactorAuthPresent [true]");
    assert_eq!(answer.allowed.evaluation.decision, Decision::Allowed);
    assert_eq!(answer.denied.evaluation.decision, Decision::ImplicitlyDenied);
}

#[test]
fn a_pattern_and_its_negation_leave_nothing_open() {
    let statements = vec![
        statement("Allow", "*", json!({"StringLike": {"aws:UserAgent": "a*b?"}})),
        statement("Allow", "*", json!({"StringNotLike": {"aws:UserAgent": "a*b?"}})),
    ];
    assert_eq!(decided(&ask(&layers(&[policy(statements)], &[]), Knowledge::default())), Decision::Allowed);
}

/// R-CND-22: an exponent has four digits at most, and what has more is not written out to be tried.
#[test]
fn a_number_beyond_all_size_is_none() {
    let allow =
        |value| statement("Allow", "*", json!({"NumericLessThan": {"aws:MultiFactorAuthAge": value}}));
    for value in ["9e999999999999", "1E-99999", "1e+18446744073709551616"] {
        let policies = [policy(vec![allow(value)])];
        assert_eq!(decided(&ask(&layers(&policies, &[]), Knowledge::default())), Decision::ImplicitlyDenied);
    }
    depends(ask(&layers(&[policy(vec![allow("9e9999")])], &[]), Knowledge::default()));
}

/// Between two bounds there is always a number, however near they are.
#[test]
fn the_gap_between_near_numbers_is_tried() {
    let (low, high) = ("1", format!("1.{}1", "0".repeat(150)));
    let between = json!({
        "NumericGreaterThan": {"aws:MultiFactorAuthAge": low},
        "NumericLessThan": {"aws:MultiFactorAuthAge": high},
    });
    depends(ask(&layers(&[policy(vec![statement("Allow", "*", between)])], &[]), Knowledge::default()));
}

/// Two globs that cross: `a*` and `*b` share `ab`, which neither of them spells.
#[test]
fn globs_that_cross_are_told_apart() {
    let statements = vec![
        statement("Allow", "*", json!({"StringLike": {"aws:UserAgent": "a*"}})),
        statement("Deny", "*", json!({"StringLike": {"aws:UserAgent": "*b"}})),
    ];
    let answer = depends(ask(&layers(&[policy(statements)], &[]), Knowledge::default()));
    let clause = answer.when.provided.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(clause, ["StringLike aws:UserAgent [a*]", "not StringLike aws:UserAgent [*b]"]);
}

#[test]
fn an_unconditional_deny_decides_whatever_is_open() {
    let statements = vec![
        statement("Allow", "*", json!({"Bool": {"aws:SecureTransport": "true"}})),
        statement("Deny", "*", json!({})),
    ];
    assert_eq!(
        decided(&ask(&layers(&[policy(statements)], &[]), Knowledge::default())),
        Decision::ExplicitlyDenied
    );
}

#[test]
fn a_closed_question_has_no_unknown_keys() {
    let allow = statement("Allow", "*", json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}));
    let knowledge = Knowledge { closed: true, ..Knowledge::default() };
    assert_eq!(decided(&ask(&layers(&[policy(vec![allow])], &[]), knowledge)), Decision::ImplicitlyDenied);
}

/// An unknown variable in a resource can stand for the very text that is asked about.
#[test]
fn an_unknown_variable_in_a_resource_is_open() {
    let on = |resource: &str| {
        let allow = statement("Allow", resource, json!({}));
        ask(&layers(&[policy(vec![allow])], &[]), Knowledge::default())
    };
    let answer = depends(on("arn:aws:s3:::b/${aws:PrincipalTag/team}/k"));
    assert_eq!(answer.allowed.chosen["aws:PrincipalTag/team"], Some(Value::Single("team".to_owned())));
    assert_eq!(decided(&on("arn:aws:s3:::c/${aws:PrincipalTag/team}/k")), Decision::ImplicitlyDenied);
}

/// Eleven kinds of items, and sets of them that are told apart by what they hold: too many to list every set.
/// A variable has to be what another statement compares the same key with, in whatever part of a value.
#[test]
fn a_variable_is_what_another_value_wants() {
    let red = statement("Allow", "*", json!({"StringEquals": {"aws:ResourceTag/team": "is-red"}}));
    let same = json!({"StringEquals": {"aws:ResourceTag/team": "is-${aws:PrincipalTag/team}"}});
    let deny = statement("Deny", "*", json!({"StringNotEquals": same["StringEquals"]}));
    let answer = depends(ask(&layers(&[policy(vec![red, deny])], &[]), Knowledge::default()));
    let allowed = answer.allowed.context.get("aws:PrincipalTag/team").map(|value| value.to_string());
    assert_eq!(allowed.as_deref(), Some("red"));
}

/// Two keys that have one text each are equal or not: here no context is left.
#[test]
fn two_known_texts_are_related_or_not() {
    let is_red = |key: &str| json!({"StringEquals": {key: "red"}});
    let allow = statement("Allow", "*", is_red("aws:ResourceTag/team"));
    let both = statement("Deny", "*", json!({"StringNotEquals": {"aws:PrincipalTag/team": "red"}}));
    let same = json!({"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}});
    let policy = policy(vec![allow, both, statement("Deny", "*", same)]);
    assert_eq!(decided(&ask(&layers(&[policy], &[]), Knowledge::default())), Decision::ImplicitlyDenied);
}

#[test]
fn a_list_with_many_kinds_of_items_is_decided_exactly() {
    let one =
        |operator: &str, values: &[&str]| statement("Allow", "*", json!({operator: {"x:list": values}}));
    let statements = vec![
        one("ForAnyValue:StringNotLike", &["*b"]),
        one("ForAnyValue:StringEquals", &["?"]),
        one("ForAnyValue:StringEquals", &["a*", "*"]),
    ];
    let limit = json!({"ForAllValues:StringLike": {"x:list": ["a*"]}, "ForAnyValue:StringNotLike": {"x:list": ["?"]}});
    let layers = layers(&[policy(statements)], &[policy(vec![statement("Allow", "*", limit)])]);
    let answer = depends(ask(&layers, Knowledge::default()));
    assert!(answer.when.exact);
    let mut context = Context::default();
    context.set("x:list", Value::Multi(vec!["a".to_owned(), "aab".to_owned()]));
    assert_eq!(decide(&layers, context.clone()), Decision::Allowed);
    assert!(fulfils(&answer.when, &request_in(&context)));
}

const KEYS: [&str; 3] = ["x:one", "x:two", "x:list"];
const TEXTS: [&str; 8] = ["a", "ab", "b", "a*", "*b", "?", "*", "A"];
const OPERATORS: [&str; 9] = [
    "StringEquals",
    "StringNotEquals",
    "StringLike",
    "StringNotLike",
    "StringEqualsIgnoreCase",
    "StringLikeIfExists",
    "ForAllValues:StringLike",
    "ForAnyValue:StringEquals",
    "ForAnyValue:StringNotLike",
];

fn any_condition() -> impl Strategy<Value = (String, String, Vec<String>)> {
    let values = prop::collection::vec(prop::sample::select(&TEXTS[..]).prop_map(str::to_owned), 1..3);
    (0..KEYS.len(), 0..OPERATORS.len(), values).prop_map(|(key, operator, values)| {
        // The list is tested by set operators only, the other two by the rest.
        let operator = if key == 2 { OPERATORS[6 + operator % 3] } else { OPERATORS[operator % 6] };
        (KEYS[key].to_owned(), operator.to_owned(), values)
    })
}

fn any_statement() -> impl Strategy<Value = Json> {
    let effect = prop::sample::select(vec!["Allow", "Allow", "Deny"]);
    (effect, prop::collection::vec(any_condition(), 0..3)).prop_map(|(effect, conditions)| {
        let mut blocks = BTreeMap::<String, BTreeMap<String, Vec<String>>>::new();
        for (key, operator, values) in conditions {
            blocks.entry(operator).or_default().insert(key, values);
        }
        statement(effect, "*", json!(blocks))
    })
}

fn any_context() -> impl Strategy<Value = Context> {
    let text = || {
        prop::sample::select(vec!["a", "ab", "b", "A", "aab", "ba", "~", "", "aXb"]).prop_map(str::to_owned)
    };
    let single = || prop::option::of(text());
    (single(), single(), prop::collection::vec(text(), 0..3)).prop_map(|(one, two, list)| {
        let mut context = Context::default();
        for (key, value) in [(KEYS[0], one), (KEYS[1], two)] {
            if let Some(value) = value {
                context.set(key, Value::Single(value));
            }
        }
        if !list.is_empty() {
            context.set(KEYS[2], Value::Multi(list));
        }
        context
    })
}

proptest! {
    /// Whatever is claimed of every completion holds of every completion.
    #[test]
    fn answers_hold_for_every_completion(
        statements in prop::collection::vec(any_statement(), 1..4),
        boundary in prop::option::of(prop::collection::vec(any_statement(), 1..3)),
        contexts in prop::collection::vec(any_context(), 12),
    ) {
        let boundary: Vec<Json> = boundary.into_iter().map(policy).collect();
        let layers = layers(&[policy(statements)], &boundary);
        let answer = ask(&layers, Knowledge::default());
        prop_assert_eq!(keys_that_matter(&layers), keys_of(&answer));
        match answer {
            Answer::Decided(example) => {
                let allowed = example.evaluation.decision == Decision::Allowed;
                for context in contexts {
                    prop_assert_eq!(decide(&layers, context.clone()) == Decision::Allowed, allowed, "{:?}", context);
                }
            }
            Answer::Depends(depends) => {
                prop_assert_eq!(decide(&layers, depends.allowed.context), Decision::Allowed);
                prop_assert_ne!(decide(&layers, depends.denied.context), Decision::Allowed);
                prop_assert!(!depends.keys.is_empty());
                prop_assert!(depends.when.exact);
                for context in contexts {
                    let allowed = decide(&layers, context.clone()) == Decision::Allowed;
                    prop_assert_eq!(fulfils(&depends.when, &request_in(&context)), allowed, "{:?} {:?}", context, depends.when);
                }
            }
        }
    }
}

/// More cases than are told, of yes as of no: those that are told are examples of yes.
#[test]
fn cases_that_are_not_all_are_of_yes() {
    let both = |nth: usize| {
        let test = |key: &str| json!({"StringEquals": {format!("x:{key}{nth}"): "a", format!("x:{key}{nth}b"): "b"}});
        [statement("Allow", "*", test("one")), statement("Deny", "*", test("two"))]
    };
    let layers = layers(&[policy((0..5).flat_map(both).collect())], &[]);
    let answer = depends(ask(&layers, Knowledge::default()));
    assert!(!answer.when.exact);
    assert_eq!(answer.when.form, Form::If);
    assert!(fulfils(&answer.when, &request_in(&answer.allowed.context)));
    assert!(!fulfils(&answer.when, &request_in(&answer.denied.context)));
}

/// A Deny that always applies decides, however many keys are open beside it and however they relate.
#[test]
fn what_is_decided_anyway_needs_no_values() {
    let open = statement("Allow", "*", json!({"StringEquals": {"x:one": "${x:two}"}}));
    let undecided =
        layers(&[policy(vec![open.clone()])], &[policy(vec![statement("Allow", "c", json!({}))])]);
    assert_eq!(decided(&ask(&undecided, Knowledge::default())), Decision::ImplicitlyDenied);
    assert!(keys_that_matter(&undecided).is_empty());
    let globs: Vec<String> = (0..300).map(|nth| format!("*{nth}*x{}*", nth * 7 % 300)).collect();
    let globs = statement("Allow", "*", json!({"StringLike": {"aws:UserAgent": globs}}));
    let denied = layers(&[policy(vec![globs])], &[policy(vec![statement("Allow", "c", json!({}))])]);
    assert!(keys_that_matter(&denied).is_empty());
    assert_eq!(decided(&ask(&denied, Knowledge::default())), Decision::ImplicitlyDenied);
}

/// Adversarial lists end in an answer or in a budget: hundreds of literals are told apart at once, hundreds of globs
/// that cross are too many.
#[test]
fn long_lists_of_patterns_meet_a_budget() {
    let ask_about = |operator: &str, values: Vec<String>| {
        let allow = statement("Allow", "*", json!({operator: {"aws:UserAgent": values}}));
        let layers = layers(&[policy(vec![allow])], &[]);
        question::answer(&question(&layers, Knowledge::default()))
    };
    let literals = (0..500).map(|nth| format!("literal-{nth}")).collect();
    assert!(matches!(ask_about("StringEquals", literals), Ok(Answer::Depends(_))));
    let globs = (0..300).map(|nth| format!("*{nth}*x{}*", nth * 7 % 300)).collect();
    assert!(matches!(ask_about("StringLike", globs), Err(question::QuestionError::Compile(_))));
}
