//! Questions with unknown keys of every type, variables and an unset account: what is claimed of all
//! completions is checked on many of the typed universe (R-EVL-76).

use std::collections::BTreeMap;

use iamdb::arn::AccountId;
use iamdb::caller::{Caller, IamCaller, IamKind};
use iamdb::catalog::Catalog;
use iamdb::context_keys::{global_key, key_kind};
use iamdb::eval::{self, Decision};
use iamdb::knowledge::Knowledge;
use iamdb::layers::PolicyLayers;
use iamdb::question::{self, Answer, Depends, KeyFacts, Question, QuestionError};
use iamdb::request::{Context, Request, Value};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value as Json, json};

use crate::asking::{SOME_WORK, fulfils, layers, request};

fn at(resource: &str, context: &Context) -> Request {
    request("s3:GetObject", resource, context.clone())
}

fn kind(key: &str) -> Option<iamdb::catalog::KeyKind> {
    global_key(key).map(|known| known.kind).or_else(|| service_key(key))
}

fn always_present(key: &str) -> bool {
    global_key(key).is_some_and(|known| known.always_present)
}

fn service_key(key: &str) -> Option<iamdb::catalog::KeyKind> {
    if !key.starts_with("s3:") {
        return None;
    }
    thread_local!(static CATALOG: Catalog = Catalog::embedded());
    CATALOG.with(|catalog| key_kind(key, catalog))
}

fn alice(account: Option<&str>) -> Caller {
    Caller::Iam(IamCaller {
        kind: IamKind::User,
        partition: "aws".to_owned(),
        account: account.map(|account| AccountId::parse(account).unwrap()),
        path: "/".to_owned(),
        name: "alice".to_owned(),
        unique_id: None,
        tags: vec![("team".to_owned(), "red".to_owned())],
        may_bring_tags: false,
    })
}

fn ask_on(resource: &str, layers: &PolicyLayers, knowledge: Knowledge) -> Result<Answer, QuestionError> {
    let request = request("s3:GetObject", resource, Context::default());
    let question = Question {
        layers,
        request,
        knowledge,
        facts: KeyFacts { kind: &kind, always_present: &always_present },
        budget: SOME_WORK,
    };
    let answer = question::answer(&question);
    // What is asked first, whether the statements alone decide, changes no answer.
    let matter = question::keys_that_matter(&question);
    match &answer {
        Ok(Answer::Depends(depends)) => assert_eq!(matter.as_ref(), Ok(&depends.keys)),
        Ok(Answer::Decided(_)) => assert_eq!(matter, Ok(Vec::new())),
        Err(error) => assert_eq!(matter.as_ref(), Err(error)),
    }
    answer
}

fn policy(statements: &[Json]) -> Json {
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn statement(effect: &str, element: &str, resource: &str, condition: Json) -> Json {
    json!({"Effect": effect, "Action": "s3:GetObject", element: resource, "Condition": condition})
}

fn on_everything(effect: &str, condition: Json) -> Json {
    statement(effect, "Resource", "*", condition)
}

/// The answer of one policy, on a user's object, of a user without an account.
fn ask(resource: &str, statements: &[Json]) -> Result<Answer, QuestionError> {
    ask_on(resource, &layers(&[policy(statements)], &[]), Knowledge::of(&alice(None)))
}

fn depends(answer: Result<Answer, QuestionError>) -> Depends {
    match answer {
        Ok(Answer::Depends(depends)) => *depends,
        other => panic!("{other:?}"),
    }
}

const OBJECT: &str = "arn:aws:s3:::b/team/k";

/// R-CND-31, R-EVL-76: a glob on the text of an address, a number or a date is met by some of them only.
#[test]
fn a_glob_on_the_text_of_a_typed_key_is_open() {
    for (key, glob) in [
        ("aws:SourceIp", "10.*"),
        ("aws:SourceIp", "2001:*"),
        ("aws:MultiFactorAuthAge", "1*"),
        ("aws:TokenIssueTime", "2026*"),
        ("aws:TokenIssueTime", "2025-0?-*"),
    ] {
        for operator in ["StringLike", "StringLikeIfExists", "StringNotLike"] {
            let allow = on_everything("Allow", json!({operator: {key: glob}}));
            match ask(OBJECT, &[allow]) {
                Ok(Answer::Depends(_)) => {}
                other => panic!("{operator} {key} {glob}: {other:?}"),
            }
        }
    }
}

/// R-VAR-8: a variable can stand for a part of a name however long it is.
#[test]
fn a_variable_in_a_long_name_is_open() {
    let name = "x".repeat(100);
    let allow = statement("Allow", "Resource", "arn:aws:s3:::b/${aws:SourceIdentityX}/k", json!({}));
    let answer = depends(ask(&format!("arn:aws:s3:::b/{name}/k"), &[allow]));
    assert_eq!(answer.allowed.chosen["aws:SourceIdentityX"], Some(Value::Single(name)));
    assert!(answer.when.exact);
}

/// A key that is tested and used as a variable: a value can pass the test without fitting the variable.
#[test]
fn a_key_that_is_tested_and_a_variable_is_both() {
    let statements = [
        on_everything("Allow", json!({})),
        statement("Deny", "NotResource", "arn:aws:s3:::b/${x:tag}", json!({"StringLike": {"x:tag": "t*"}})),
    ];
    let answer = depends(ask("arn:aws:s3:::b/t", &statements));
    assert_ne!(answer.denied.chosen["x:tag"], Some(Value::Single("t".to_owned())));
    let mut context = Context::default();
    for (value, allowed) in [("t", true), ("tx", false), ("x", true), ("s3", true)] {
        context.set("x:tag", Value::Single(value.to_owned()));
        assert_eq!(fulfils(&answer.when, &at(OBJECT, &context)), allowed, "{value}");
    }
}

/// What a variable must not stand for is said as such: the values that were tried are not all.
#[test]
fn what_a_variable_must_not_be_is_said_exactly() {
    let statements = [
        on_everything("Allow", json!({})),
        statement("Deny", "Resource", "arn:aws:s3:::b/${x:tag}/k", json!({})),
    ];
    let answer = depends(ask(OBJECT, &statements));
    let mut context = Context::default();
    assert!(fulfils(&answer.when, &at(OBJECT, &context)));
    for (value, allowed) in [("team", false), ("tea", true), ("anything", true), ("", true)] {
        context.set("x:tag", Value::Single(value.to_owned()));
        assert_eq!(fulfils(&answer.when, &at(OBJECT, &context)), allowed, "{value}");
    }
}

/// R-EVL-74: the ARN of the caller follows its account, whatever part of the account is tested.
#[test]
fn the_unset_account_is_open_in_every_pattern() {
    for pattern in ["arn:aws:iam::*77:user/alice", "arn:aws:iam::1*5?:user/al*", "arn:*:iam::*:user/alic?"] {
        let allow = on_everything("Allow", json!({"ArnLike": {"aws:PrincipalArn": pattern}}));
        let answer = ask(OBJECT, &[allow]);
        match pattern {
            "arn:*:iam::*:user/alic?" => assert!(matches!(answer, Ok(Answer::Decided(_))), "{answer:?}"),
            _ => assert!(depends(answer).when.exact),
        }
    }
}

/// R-EVL-74, R-VAR-7: so does the ARN as a variable.
#[test]
fn the_unset_account_is_open_in_the_arn_as_a_variable() {
    let mut knowledge = Knowledge::of(&alice(None));
    let owner = "arn:aws:iam::123456789012:user/alice".to_owned();
    knowledge.known.set("aws:ResourceTag/owner", Value::Single(owner));
    let allow =
        on_everything("Allow", json!({"StringEquals": {"aws:ResourceTag/owner": "${aws:PrincipalArn}"}}));
    let answer = depends(ask_on(OBJECT, &layers(&[policy(&[allow])], &[]), knowledge));
    assert_eq!(answer.allowed.chosen["aws:PrincipalAccount"], Some(Value::Single("123456789012".to_owned())));
}

/// R-EVL-76: a key is multivalued if *any* policy in play says so, also in a statement about other actions.
#[test]
fn a_key_is_a_list_wherever_a_policy_says_so() {
    let statements = [
        on_everything("Allow", json!({"StringEquals": {"x:k": "a"}})),
        on_everything("Allow", json!({"StringNotEquals": {"x:k": "a"}})),
        json!({"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*",
            "Condition": {"ForAnyValue:StringEquals": {"x:k": "a"}}}),
    ];
    let answer = depends(ask(OBJECT, &statements));
    assert!(matches!(answer.denied.chosen["x:k"], Some(Value::Multi(_))));
}

/// What two unknown keys must have in common is said by the condition itself.
#[test]
fn a_comparison_of_two_unknown_keys_is_exact() {
    let allow = on_everything("Allow", json!({"StringEquals": {"x:one": "${x:two}"}}));
    let answer = depends(ask(OBJECT, &[allow]));
    assert!(answer.when.exact);
    assert_eq!(answer.keys, ["x:one", "x:two"]);
    let mut context = Context::default();
    context.set("x:one", Value::Single("~".to_owned()));
    context.set("x:two", Value::Single("elsewhere".to_owned()));
    assert!(!fulfils(&answer.when, &at(OBJECT, &context)));
}

/// R-CND-27: a value that is not the one named.
#[test]
fn a_binary_key_has_another_value() {
    let allow = on_everything("Allow", json!({"BinaryEqualsIfExists": {"x:binary": "AA=="}}));
    depends(ask(OBJECT, &[allow]));
}

/// R-CND-28: a prefix length may have zeros before it.
#[test]
fn a_block_with_a_padded_prefix_is_open() {
    let allow = on_everything("Allow", json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/008"}}));
    depends(ask(OBJECT, &[allow]));
}

/// R-CND-20: the Kelvin sign is a `k` in other letters.
#[test]
fn letters_that_fold_together_are_told_apart() {
    let statements = [
        on_everything("Allow", json!({"StringEqualsIgnoreCase": {"x:k": "k"}})),
        on_everything("Deny", json!({"StringEquals": {"x:k": ["k", "K"]}})),
    ];
    depends(ask(OBJECT, &statements));
}

/// The keys of the property: their name and values of their type, written canonically.
const STRINGS: &[&str] = &[
    "", "a", "A", "ab", "aab", "b", "team", "t", "k", "b/team", "tea", "~", "red", "10", "true", "alice", "K",
];
const NUMBERS: &[&str] = &["0", "1", "5", "9.5", "10", "10.5", "-3", "100", "12", "1000000"];
const DATES: &[&str] = &[
    "2024-01-01T00:00:00Z",
    "2023-12-31T23:59:59Z",
    "2023-12-31T23:00:00Z",
    "2024-01-01T00:00:01Z",
    "2026-01-01T00:00:00Z",
    "1970-01-01T00:33:44Z",
    "1970-01-01T00:00:00Z",
    "2030-05-05T05:05:05Z",
];
const ADDRESSES: &[&str] = &[
    "10.0.0.0",
    "10.0.0.1",
    "10.255.255.255",
    "11.0.0.0",
    "9.255.255.255",
    "0.0.0.0",
    "255.255.255.255",
    "10.1.2.3",
    "2001:db8::1",
    "2001:db9::",
    "::",
    "::ffff:10.0.0.1",
    "198.51.100.1",
    "203.0.113.9",
];
const BOOLS: &[&str] = &["true", "false"];
const ARNS: &[&str] = &[
    "arn:aws:s3:::b/team/k",
    "arn:aws:s3:::b",
    "arn:aws:iam::111111111111:role/a",
    "arn:aws:iam::222222222277:role/a:b",
    "arn:aws-cn:s3:us:1:x/y:z",
    "arn:::::",
    "arn:aws:s3:::red",
];
const ACCOUNTS: &[&str] =
    &["111111111111", "222222222277", "123456789012", "000000000000", "999999999999", "770000000000"];

const SINGLE: &[(&str, &[&str])] = &[
    ("x:one", STRINGS),
    ("x:two", STRINGS),
    ("aws:UserAgent", STRINGS),
    ("aws:ResourceTag/Team", STRINGS),
    ("aws:MultiFactorAuthAge", NUMBERS),
    ("aws:TokenIssueTime", DATES),
    ("aws:SourceIp", ADDRESSES),
    ("aws:SecureTransport", BOOLS),
    ("aws:MultiFactorAuthPresent", BOOLS),
    ("aws:SourceVpcArn", ARNS),
];
const LISTS: &[&str] = &["x:list", "aws:TagKeys"];

fn tested_key() -> impl Strategy<Value = &'static str> {
    let singles = SINGLE.iter().map(|(key, _)| *key).collect::<Vec<_>>();
    prop_oneof![
        6 => select(singles),
        3 => select(LISTS),
        2 => Just("aws:PrincipalArn"),
        2 => Just("aws:PrincipalAccount"),
        1 => Just("AWS:useragent"),
        1 => Just("aws:PrincipalTag/team"),
        1 => Just("aws:SourceAccount"),
    ]
}

fn operator_for(key: &'static str) -> BoxedStrategy<String> {
    let strings = [
        "StringEquals",
        "StringNotEquals",
        "StringLike",
        "StringNotLike",
        "StringEqualsIgnoreCase",
        "StringNotEqualsIgnoreCase",
    ];
    let of_type: &[&str] = match key {
        "aws:MultiFactorAuthAge" => {
            &["NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericGreaterThanEquals"]
        }
        "aws:TokenIssueTime" => &["DateEquals", "DateNotEquals", "DateLessThan", "DateGreaterThanEquals"],
        "aws:SourceIp" => &["IpAddress", "NotIpAddress"],
        "aws:SecureTransport" | "aws:MultiFactorAuthPresent" => &["Bool"],
        "aws:SourceVpcArn" | "aws:PrincipalArn" => &["ArnLike", "ArnNotEquals"],
        _ => &strings,
    };
    let base = prop_oneof![
        12 => select(of_type.to_vec()),
        3 => select(strings.to_vec()),
        2 => select(vec!["ArnEquals", "ArnNotLike", "NumericNotEquals", "Bool", "DateLessThan", "NotIpAddress", "BinaryEquals"]),
        2 => Just("Null"),
    ];
    let list = LISTS.contains(&key);
    (base, any::<bool>(), 0..4usize)
        .prop_map(move |(base, if_exists, quantifier)| {
            let quantifier = match quantifier {
                0 if list => "ForAllValues:",
                1 if list => "ForAnyValue:",
                2 if list => "ForAnyValue:",
                0 if key == "aws:SourceIp" => "ForAllValues:",
                1 if key == "aws:UserAgent" => "ForAnyValue:",
                _ => "",
            };
            let suffix = if if_exists && base != "Null" { "IfExists" } else { "" };
            format!("{quantifier}{base}{suffix}")
        })
        .boxed()
}

fn values_for(operator: String) -> BoxedStrategy<(String, Vec<String>)> {
    let base = operator.rsplit(':').next().unwrap_or_default().replace("IfExists", "");
    let pool: &[&str] = match base.as_str() {
        "Null" | "Bool" => &["true", "false", "TRUE", "${x:one}", "x"],
        base if base.starts_with("Numeric") => &["10", "1e1", "9.50", "-3", "abc", "+5"],
        base if base.starts_with("Date") => &[
            "2024-01-01",
            "2024",
            "2024-01-01T01:00:00+0100",
            "2023-12-31t23:59:59.5z",
            "soon",
            "2024-01",
            "-5",
        ],
        base if base.contains("IpAddress") => &[
            "10.0.0.0/8",
            "10.1.0.0/16",
            "0.0.0.0/0",
            "::/0",
            "2001:db8::/32",
            "10.0.0.1",
            "x",
            "::ffff:0:0/96",
            "10.0.0.1/008",
        ],
        "BinaryEquals" => &["AA==", "AQ==", "x"],
        base if base.starts_with("Arn") => &[
            "*",
            "arn:aws:s3:::*",
            "arn:*:iam::*:role/?",
            "arn:aws:iam::111111111111:user/alice",
            "arn:aws:iam::*77:*",
            "arn:aws:iam::${aws:PrincipalAccount}:*",
            "arn:aws",
            "arn:aws:s3:::${x:one}/*",
            "arn:aws:s3:::${aws:PrincipalTag/team}",
            "arn:aws:iam::???????*1?:user/a*",
            "${aws:PrincipalArn}",
        ],
        _ => &[
            "a",
            "A",
            "ab",
            "a*",
            "*b",
            "?",
            "*",
            "",
            "t*",
            "team",
            "${x:one}",
            "${x:two, 'a'}",
            "${aws:PrincipalTag/team}",
            "${aws:UserAgent}*",
            "10*",
            "true",
            "arn:aws:iam::*77:user/*",
            "*1",
            "1*",
            "123456789012",
            "?2*77",
            "2024*",
            "${aws:PrincipalAccount}",
            "k",
            "${aws:PrincipalArn}",
            "10.0.0.1",
            "111111111111",
            "É",
            "${*}*",
        ],
    };
    let values = prop::collection::vec(select(pool.to_vec()).prop_map(str::to_owned), 0..3);
    // An empty list is rare.
    let values = (values, select(pool.to_vec()), 0..8u8).prop_map(|(mut values, one, rare)| {
        if values.is_empty() && rare > 0 {
            values.push(one.to_owned());
        }
        values
    });
    values.prop_map(move |values| (operator.clone(), values)).boxed()
}

fn any_statement() -> impl Strategy<Value = Json> {
    let resources = vec![
        "*",
        "*",
        "*",
        "*",
        "arn:aws:s3:::b/${x:one}/k",
        "arn:aws:s3:::b/${x:one}*",
        "arn:aws:s3:::*${x:two}*",
        "arn:aws:s3:::b/${x:two, 'team'}/k",
        "arn:aws:s3:::${x:one}/${aws:UserAgent}/k",
        "arn:aws:s3",
        "arn:aws:s3:::${aws:PrincipalTag/team}/*",
        "arn:aws:s3:::b/t${x:one}m/${x:one}",
        "arn:${aws:ResourceTag/Team}:s3:::b*",
        "arn:aws:s3:::b/*/?",
        "arn:aws:s3:::b/${aws:MultiFactorAuthAge}/*",
    ];
    let condition = tested_key().prop_flat_map(|key| {
        operator_for(key)
            .prop_flat_map(values_for)
            .prop_map(move |(operator, values)| (key, operator, values))
    });
    let element = select(vec!["Resource", "Resource", "Resource", "NotResource"]);
    let effect = select(vec!["Allow", "Allow", "Deny"]);
    (effect, element, select(resources), prop::collection::vec(condition, 0..3)).prop_map(
        |(effect, element, resource, conditions)| {
            let mut blocks = BTreeMap::<String, BTreeMap<&str, Vec<String>>>::new();
            for (key, operator, values) in conditions {
                blocks.entry(operator).or_default().insert(key, values);
            }
            let element = if resource == "*" { "Resource" } else { element };
            statement(effect, element, resource, json!(blocks))
        },
    )
}

/// A complete context of the universe: `None` leaves a key out.
fn any_completion() -> impl Strategy<Value = (Vec<Option<&'static str>>, Vec<Vec<&'static str>>, &'static str)>
{
    let singles: Vec<_> = SINGLE
        .iter()
        .map(|(key, values)| {
            let always = always_present(key);
            prop_oneof![3 => select(values.to_vec()).prop_map(Some), u32::from(!always) => Just(None)]
        })
        .collect();
    let list = prop::collection::btree_set(select(STRINGS), 0..4).prop_map(|set| set.into_iter().collect());
    (singles, prop::collection::vec(list, LISTS.len()), select(ACCOUNTS))
}

proptest! {
    /// Whatever is claimed of every completion holds of every completion, and a condition that is said to be
    /// exact is fulfilled by exactly the allowed ones.
    #[test]
    fn claims_hold_for_every_completion(
        statements in prop::collection::vec(any_statement(), 1..4),
        boundary in prop::option::weighted(0.3, prop::collection::vec(any_statement(), 1..3)),
        has_account in any::<bool>(),
        completions in prop::collection::vec(any_completion(), 40),
    ) {
        let boundary: Vec<Json> = boundary.iter().map(|statements| policy(statements)).collect();
        let layers = layers(&[policy(&statements)], &boundary);
        let knowledge = Knowledge::of(&alice(has_account.then_some("111111111111")));
        let Ok(answer) = ask_on(OBJECT, &layers, knowledge.clone()) else { return Ok(()) };
        let is_list = |key: &str| {
            let text = json!([policy(&statements), boundary]).to_string();
            kind(key).map_or(text.contains("ForA") && is_under_set_operator(key, &layers), |kind| kind.multivalued)
        };
        for (singles, lists, account) in completions {
            let mut knowledge = knowledge.clone();
            for ((key, _), value) in SINGLE.iter().zip(singles) {
                if let Some(value) = value {
                    knowledge.known.set(key, Value::Single(value.to_owned()));
                }
            }
            for (key, list) in LISTS.iter().zip(lists) {
                let mut list: Vec<String> = list.into_iter().map(str::to_owned).collect();
                if is_list(key) {
                    if !list.is_empty() {
                        knowledge.known.set(key, Value::Multi(list));
                    }
                } else if let Some(one) = list.pop() {
                    knowledge.known.set(key, Value::Single(one));
                }
            }
            if !has_account {
                knowledge.known.set("aws:PrincipalAccount", Value::Single(account.to_owned()));
            }
            knowledge.settle_followers();
            let context = knowledge.known;
            let request = request("s3:GetObject", OBJECT, context.clone());
            let allowed = eval::authorize(&layers, &request).decision == Decision::Allowed;
            match &answer {
                Answer::Decided(example) => {
                    prop_assert_eq!(example.evaluation.decision == Decision::Allowed, allowed, "{:?}", context);
                }
                Answer::Depends(depends) if depends.when.exact => {
                    prop_assert_eq!(fulfils(&depends.when, &at(OBJECT, &context)), allowed, "{:?} {:?}", context, depends.when);
                }
                Answer::Depends(depends) => {
                    prop_assert!(!fulfils(&depends.when, &at(OBJECT, &context)) || allowed, "{:?} {:?}", context, depends.when);
                }
            }
        }
    }
}

fn is_under_set_operator(key: &str, layers: &PolicyLayers) -> bool {
    let conditions = layers.statements().flat_map(|(_, statement)| &statement.conditions);
    conditions
        .into_iter()
        .any(|condition| condition.key.eq_ignore_ascii_case(key) && condition.operator.quantifier.is_some())
}

/// R-CND-31: an account is a text of digits, which a date or a number may be as well.
#[test]
fn an_account_read_as_another_type_is_open() {
    for (operator, value) in [("DateLessThan", "2024-01-01"), ("NumericLessThan", "0000000005")] {
        let allow = on_everything("Allow", json!({operator: {"aws:PrincipalAccount": value}}));
        assert!(depends(ask(OBJECT, &[allow])).when.exact);
    }
}

/// R-CND-14, R-CND-32: a number and a date are unlike a text even where the policy names none.
#[test]
fn a_number_is_unlike_a_text_where_none_is_named() {
    for operator in ["ForAnyValue:NumericNotEquals", "ForAnyValue:DateNotEquals"] {
        let allow = on_everything("Allow", json!({operator: {"aws:TagKeys": []}}));
        depends(ask(OBJECT, &[allow]));
    }
}
