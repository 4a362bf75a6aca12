//! Policies, requests and contexts near the edge: patterns are made by punching wildcards and variables into
//! a few names, requests by filling the holes of the policy's own patterns and then mutating them, condition
//! values and context values come from the same small alphabets.
//!
//! A generator that only makes requests nobody answers would prove every law, so [`the_spread`] fails when
//! the distribution of outcomes collapses.

use std::collections::BTreeMap;

use iamdb::layers::PolicyLayers;
use iamdb::policy::{Family, PolicyType, Quantifier, Test, parse};
use iamdb::request::{Action, Context, Request, Resource, Value};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Map, Value as Json, json};

use crate::asking::user;

pub(crate) const ACTIONS: &[&str] = &[
    "s3:GetObject",
    "s3:GetObjectTagging",
    "s3:PutObject",
    "s3:ListAllMyBuckets",
    "iam:GetUser",
    "ec2:RunInstances",
];

pub(crate) const RESOURCES: &[&str] = &[
    "arn:aws:s3:::b",
    "arn:aws:s3:::b/bob/x",
    "arn:aws:s3:::b/bob:x/y",
    "arn:aws:iam::111111111111:user/bob",
    "arn:aws:iam::111111111111:role/team/app",
    "arn:aws:ec2:us-east-1:111111111111:instance/i-1",
];

/// What takes the place of `bob` in a resource: every form of R-VAR-2, R-VAR-9 and R-VAR-10.
pub(crate) const VARIABLES: &[&str] = &[
    "${aws:username}",
    "${AWS:UserName}",
    "${aws:PrincipalTag/team}",
    "${aws:PrincipalTag/team, 'bob'}",
    "${aws:PrincipalTag/team,''}",
    "${t:String , 'a:b}*'}",
    "${t:Nothing}",
    "${*}",
    "${?}",
    "${$}{aws:username}",
    "${aws:username",
    "${}",
    "${aws:username, bob}",
];

/// What fills a hole.
const FILLINGS: &[&str] = &["", "a", "b/c", "bob", "x:y", "*", "é\n"];

/// The context keys of a family: one single-minded key each, so that policies and contexts meet.
pub(crate) fn key_of(family: Family) -> &'static str {
    match family {
        Family::String | Family::Null => "t:String",
        Family::Numeric => "t:Numeric",
        Family::Date => "t:Date",
        Family::Bool => "t:Bool",
        Family::Binary => "t:Binary",
        Family::Ip => "t:Ip",
        Family::Arn => "t:Arn",
    }
}

pub(crate) const FAMILIES: &[Family] =
    &[Family::String, Family::Numeric, Family::Date, Family::Bool, Family::Binary, Family::Ip, Family::Arn];

/// Policy values that parse as the family, written in several ways.
pub(crate) fn readable_policy_values(family: Family) -> &'static [&'static str] {
    match family {
        Family::String => {
            &["a", "b", "A", "", "a*", "?", "*", "bob", "É", "${aws:username}", "${t:Nothing, 'a'}"]
        }
        Family::Numeric => &["10", "1e1", "+9.5", "-3", "100E-1"],
        Family::Date => {
            &["2024-01-01", "2024", "2024-01", "2024-01-01T01:00:00+01:00", "2023-12-31t23:59:59.5z"]
        }
        Family::Bool => &["true", "false", "TRUE"],
        Family::Binary => &["YQ==", "YWI=", ""],
        Family::Ip => &["10.0.0.0/8", "10.1.2.3", "10.9.9.9/9", "::/0", "2001:DB8::/32", "0.0.0.0/0"],
        Family::Arn => &[
            "arn:aws:iam::*:role/*",
            "arn:aws:iam::111111111111:user/${aws:username}",
            "*",
            "arn:*:*:*:*:*",
            "arn:aws:iam::111111111111:role/team/app",
        ],
        Family::Null => &["true", "false"],
    }
}

/// Policy values that do not.
pub(crate) fn unreadable_policy_values(family: Family) -> &'static [&'static str] {
    match family {
        Family::String => &["${aws:username", "${t:Nothing}", "${}"],
        Family::Numeric => &["ten", "1_000", ".5", "1."],
        Family::Date => &["2024-13-01", "soon", "2024-01-01 00:00", "12.5"],
        Family::Bool => &["yes", "", "${t:Nothing}"],
        Family::Binary => &["a", "YQ"],
        Family::Ip => &["10.0.0.0/33", "10.0.0.0/255.0.0.0", "010.0.0.1", "here"],
        Family::Arn => &["arn:aws:iam", "role/app", "${t:Nothing}", "arn:aws:s3:::${t:Nothing}"],
        Family::Null => &["maybe", ""],
    }
}

/// Request values that parse as the family.
pub(crate) fn readable_request_values(family: Family) -> &'static [&'static str] {
    match family {
        Family::String | Family::Null => &["a", "b", "A", "ab", "bob", "*", "é"],
        Family::Numeric => &["10", "10.0", "9", "-3", "+9.50"],
        Family::Date => &["1704067200", "2024-01-01T00:00:00Z", "2024", "1704067199.5", "2023-12-31"],
        Family::Bool => &["true", "false", "True"],
        Family::Binary => &["YQ==", "YWI="],
        Family::Ip => &["10.1.2.3", "192.168.0.1", "2001:db8::1", "::ffff:10.1.2.3"],
        Family::Arn => &[
            "arn:aws:iam::111111111111:user/bob",
            "arn:aws:iam::111111111111:role/team/app",
            "arn:aws:iam::1:2:role/x",
        ],
    }
}

pub(crate) fn unreadable_request_values(family: Family) -> &'static [&'static str] {
    match family {
        Family::String | Family::Null => &[""],
        _ => &["", "x", "arn:aws:s3", "10.0.0.0/8"],
    }
}

/// Every operator: test, set operator and `IfExists`.
fn operator() -> impl Strategy<Value = (Test, String)> {
    let quantifier = prop_oneof![3 => Just(""), 2 => Just("ForAllValues:"), 2 => Just("ForAnyValue:")];
    (select(Test::ALL), quantifier, prop::bool::weighted(0.25)).prop_map(|(test, quantifier, if_exists)| {
        let if_exists = if if_exists && test != Test::Null { "IfExists" } else { "" };
        (test, format!("{quantifier}{}{if_exists}", test.name()))
    })
}

/// One operator block of one key.
fn condition() -> impl Strategy<Value = (String, String, Json)> {
    let values = prop::collection::vec((any::<Index>(), prop::bool::weighted(0.1)), 0..=3);
    (operator(), values, prop::bool::weighted(0.1), select(FAMILIES), prop::bool::weighted(0.1)).prop_map(
        |((test, operator), values, other_key, other, upper)| {
            let key = key_of(if other_key || test == Test::Null { other } else { test.family() });
            let key = if upper { key.to_uppercase() } else { key.to_owned() };
            let values: Vec<Json> = values
                .iter()
                .map(|(at, unreadable)| {
                    let family = test.family();
                    let from = if *unreadable {
                        unreadable_policy_values(family)
                    } else {
                        readable_policy_values(family)
                    };
                    json_value(at.get::<&str>(from))
                })
                .collect();
            let values = match values.as_slice() {
                [single] => single.clone(),
                _ => Json::Array(values),
            };
            (operator, key, values)
        },
    )
}

/// Booleans and integers are written without quotes now and then, as people do.
fn json_value(text: &str) -> Json {
    match text {
        "true" => json!(true),
        "10" => json!(10),
        _ => json!(text),
    }
}

/// What is done to a name to make a pattern of it.
#[derive(Debug, Clone)]
enum Punch {
    Star { at: Index, over: usize },
    Question { at: Index },
    Variable(&'static str),
    CutAtColon { left: usize },
}

fn punch(variables: bool) -> impl Strategy<Value = Punch> {
    let weight = u32::from(variables);
    prop_oneof![
        6 => (any::<Index>(), 0..8_usize).prop_map(|(at, over)| Punch::Star { at, over }),
        2 => any::<Index>().prop_map(|at| Punch::Question { at }),
        4 * weight => select(VARIABLES).prop_map(Punch::Variable),
        weight => (2..6_usize).prop_map(|left| Punch::CutAtColon { left }),
    ]
}

/// `keep` characters at the start are left alone.
fn punched(name: &str, keep: usize, punches: &[Punch]) -> String {
    let mut text = name.to_owned();
    for punch in punches {
        let chars: Vec<char> = text.chars().collect();
        let free = chars.len().saturating_sub(keep).max(1);
        text = match punch {
            Punch::Star { at, over } => {
                let at = keep + at.index(free);
                let head = chars.iter().take(at);
                head.chain(&['*']).chain(chars.iter().skip(at + over)).collect()
            }
            Punch::Question { at } => {
                let at = keep + at.index(free);
                chars.iter().enumerate().map(|(nth, &c)| if nth == at { '?' } else { c }).collect()
            }
            Punch::Variable(variable) if text.contains("bob") => text.replacen("bob", variable, 1),
            Punch::Variable(variable) => format!("{text}{variable}"),
            Punch::CutAtColon { left } => text.split(':').take(*left).collect::<Vec<_>>().join(":"),
        };
    }
    text
}

fn action_pattern() -> impl Strategy<Value = String> {
    let made = (select(ACTIONS), prop::collection::vec(punch(false), 0..=2), 0..12_u8).prop_map(
        |(name, punches, change)| {
            let service = name.split(':').next().unwrap().len() + 1;
            let pattern = punched(name, service, &punches);
            match change {
                0 => pattern.to_uppercase(),
                1 => format!("*{}", pattern.chars().skip(service - 1).collect::<String>()),
                _ => pattern,
            }
        },
    );
    let bad =
        select(&["s3", "s3:", "s?:GetObject", "s3:Get Object", "s3:Get,Put", "a:b:c", "**:GetObject"][..]);
    prop_oneof![
        20 => made,
        4 => select(&["*", "s3:*", "*:*", "**"][..]).prop_map(str::to_owned),
        1 => bad.prop_map(str::to_owned),
    ]
}

fn resource_pattern() -> impl Strategy<Value = String> {
    let made = (select(RESOURCES), prop::collection::vec(punch(true), 0..=2))
        .prop_map(|(name, punches)| punched(name, 4, &punches));
    prop_oneof![
        20 => made,
        6 => Just("*".to_owned()),
        1 => select(&["my-bucket", "arn", "*:*", "arn*", "**"][..]).prop_map(str::to_owned),
    ]
}

fn one_or_list(mut items: Vec<String>, scalar: bool) -> Json {
    if scalar && items.len() == 1 { json!(items.remove(0)) } else { json!(items) }
}

/// A statement of an identity policy.
pub(crate) fn statement() -> impl Strategy<Value = Json> {
    let list = |entries, empty: usize| (prop::collection::vec(entries, empty..=3_usize), any::<bool>());
    (
        prop::bool::weighted(0.7),
        prop_oneof![30 => list(action_pattern().boxed(), 1), 1 => list(action_pattern().boxed(), 0)],
        prop::bool::weighted(0.15),
        prop_oneof![30 => list(resource_pattern().boxed(), 1), 1 => list(resource_pattern().boxed(), 0)],
        prop::bool::weighted(0.15),
        prop_oneof![1 => Just(Vec::new()), 1 => prop::collection::vec(condition(), 1..=2)],
    )
        .prop_map(|(allow, (actions, a), not_action, (resources, r), not_resource, conditions)| {
            let mut statement = Map::new();
            statement.insert("Effect".to_owned(), json!(if allow { "Allow" } else { "Deny" }));
            let action = if not_action { "NotAction" } else { "Action" };
            statement.insert(action.to_owned(), one_or_list(actions, a));
            let resource = if not_resource { "NotResource" } else { "Resource" };
            statement.insert(resource.to_owned(), one_or_list(resources, r));
            let mut blocks: BTreeMap<String, BTreeMap<String, Json>> = BTreeMap::new();
            for (operator, key, values) in conditions {
                blocks.entry(operator).or_default().insert(key, values);
            }
            if !blocks.is_empty() {
                statement.insert("Condition".to_owned(), json!(blocks));
            }
            Json::Object(statement)
        })
}

/// An identity policy.
pub(crate) fn policy() -> impl Strategy<Value = Json> {
    let version = prop_oneof![10 => Just(Some("2012-10-17")), 1 => Just(Some("2008-10-17")), 1 => Just(None)];
    (version, prop::collection::vec(statement(), 1..=3), any::<bool>()).prop_map(
        |(version, mut statements, single)| {
            let statements =
                if single && statements.len() == 1 { statements.remove(0) } else { Json::Array(statements) };
            let mut policy = json!({ "Statement": statements });
            if let Some(version) = version {
                policy["Version"] = json!(version);
            }
            policy
        },
    )
}

/// One value of a family, now and then one that does not parse.
fn request_value(family: Family) -> impl Strategy<Value = String> {
    prop_oneof![
        9 => select(readable_request_values(family)),
        1 => select(unreadable_request_values(family)),
    ]
    .prop_map(str::to_owned)
}

/// Absent, single, several, one in a list, an empty list.
pub(crate) fn value(item: BoxedStrategy<String>) -> impl Strategy<Value = Option<Value>> {
    prop_oneof![
        3 => Just(None),
        6 => item.clone().prop_map(|item| Some(Value::Single(item))),
        3 => prop::collection::vec(item, 0..=3).prop_map(|items| Some(Value::Multi(items))),
    ]
}

/// A context over the keys that the policies ask for.
pub(crate) fn context() -> impl Strategy<Value = Context> {
    let typed: Vec<_> = FAMILIES.iter().map(|&family| value(request_value(family).boxed()).boxed()).collect();
    let name = prop_oneof![3 => Just("bob"), 1 => Just("*"), 1 => Just("")];
    let named = move || value(name.clone().prop_map(str::to_owned).boxed());
    (typed, named(), named()).prop_map(|(typed, username, team)| {
        let keys = FAMILIES.iter().map(|&family| key_of(family)).zip(typed);
        let mut context = Context::default();
        for (key, value) in keys.chain([("aws:username", username), ("aws:PrincipalTag/team", team)]) {
            if let Some(value) = value {
                context.set(key, value);
            }
        }
        context
    })
}

/// How a request is made from the patterns of a policy.
#[derive(Debug, Clone)]
pub(crate) struct Recipe {
    action: Index,
    resource: Index,
    statement: Index,
    other_resource: bool,
    fillings: Vec<&'static str>,
    mutation: Mutation,
}

#[derive(Debug, Clone)]
enum Mutation {
    None,
    OtherAction(&'static str),
    OtherResource(&'static str),
    NoResource,
    Longer,
    OneCharacter(Index),
}

pub(crate) fn recipe() -> impl Strategy<Value = Recipe> {
    let mutation = prop_oneof![
        8 => Just(Mutation::None),
        1 => select(ACTIONS).prop_map(Mutation::OtherAction),
        1 => select(RESOURCES).prop_map(Mutation::OtherResource),
        1 => Just(Mutation::NoResource),
        1 => Just(Mutation::Longer),
        1 => any::<Index>().prop_map(Mutation::OneCharacter),
    ];
    (
        (any::<Index>(), any::<Index>(), any::<Index>()),
        prop::bool::weighted(0.2),
        prop::collection::vec(select(FILLINGS), 4),
        mutation,
    )
        .prop_map(|((action, resource, statement), other_resource, fillings, mutation)| Recipe {
            action,
            resource,
            statement,
            other_resource,
            fillings,
            mutation,
        })
}

/// The statements of a policy, one or many.
pub(crate) fn statements(policy: &Json) -> Vec<&Json> {
    match &policy["Statement"] {
        Json::Array(items) => items.iter().collect(),
        single => vec![single],
    }
}

fn entries<'a>(statement: &'a Json, names: [&str; 2]) -> Vec<&'a str> {
    let of = |name: &str| match statement.get(name) {
        Some(Json::String(text)) => vec![text.as_str()],
        Some(Json::Array(items)) => items.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    };
    names.into_iter().flat_map(of).collect()
}

/// Cooks a request: the holes of a pattern are filled, its variables replaced by what the context says.
pub(crate) fn request(policy: &Json, recipe: &Recipe, context: Context) -> Request {
    let all = statements(policy);
    let statement = *recipe.statement.get(&all);
    let actions = entries(statement, ["Action", "NotAction"]);
    let resources = match recipe.other_resource {
        true => all.iter().flat_map(|of| entries(of, ["Resource", "NotResource"])).collect(),
        false => entries(statement, ["Resource", "NotResource"]),
    };
    let action = if actions.is_empty() { "*" } else { recipe.action.get(&actions) };
    let resource = if resources.is_empty() { "*" } else { recipe.resource.get(&resources) };
    let mut action = filled(action, &recipe.fillings, &context);
    let mut resource = match resource {
        "*" => recipe.resource.get::<&str>(RESOURCES).to_string(),
        pattern => filled(pattern, &recipe.fillings, &context),
    };
    while resource.starts_with("arn:") && resource.matches(':').count() < 5 {
        resource.push_str(":b");
    }
    match &recipe.mutation {
        Mutation::None => {}
        Mutation::OtherAction(other) => action = (*other).to_owned(),
        Mutation::OtherResource(other) => resource = (*other).to_owned(),
        Mutation::NoResource => resource = "*".to_owned(),
        Mutation::Longer => resource.push_str("/more"),
        Mutation::OneCharacter(at) => {
            let at = at.index(resource.chars().count().max(1));
            resource = resource.chars().enumerate().map(|(nth, c)| if nth == at { 'q' } else { c }).collect();
        }
    }
    Request {
        caller: user("alice"),
        resource_account: None,
        action: Action::parse(&action)
            .unwrap_or_else(|| Action::parse(recipe.action.get::<&str>(ACTIONS)).unwrap()),
        resource: Resource::parse(&resource)
            .unwrap_or_else(|| Resource::parse(recipe.resource.get::<&str>(RESOURCES)).unwrap()),
        context,
    }
}

/// Fills a pattern's holes, far more simply than the pattern reader does.
fn filled(pattern: &str, fillings: &[&str], context: &Context) -> String {
    let mut out = String::new();
    let mut fillings = fillings.iter().cycle();
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        if let Some((inside, behind)) = rest.strip_prefix("${").and_then(|rest| rest.split_once('}')) {
            let (key, default) = inside.split_once(',').unwrap_or((inside, ""));
            match (inside, context.get(key.trim())) {
                ("*" | "?" | "$", _) => out.push_str(inside),
                (_, Some(Value::Single(value))) => out.push_str(value),
                _ => out.push_str(default.trim().trim_matches('\'')),
            }
            rest = behind;
            continue;
        }
        match c {
            '*' => out.push_str(fillings.next().unwrap_or(&"")),
            '?' => out.push('k'),
            c => out.push(c),
        }
        rest = rest.strip_prefix(c).unwrap_or_default();
    }
    out
}

/// A policy, now and then a boundary, and a request made from one of them.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) policy: Json,
    pub(crate) boundary: Option<Json>,
    pub(crate) request: Request,
}

pub(crate) fn question() -> impl Strategy<Value = Question> {
    (policy(), prop::option::weighted(0.25, policy()), context(), recipe()).prop_map(
        |(policy, boundary, context, recipe)| {
            let request = request(&policy, &recipe, context);
            Question { policy, boundary, request }
        },
    )
}

/// The meta-test: a few thousand draws, always the same, must reach every outcome.
#[test]
fn the_spread() {
    use iamdb::eval::{Decision, Fit, authorize, condition_holds, fit};
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    const DRAWS: usize = 4_000;
    let mut runner = TestRunner::deterministic();
    let strategy = question();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut operators: BTreeMap<(String, bool), usize> = BTreeMap::new();
    for _ in 0..DRAWS {
        let question = strategy.new_tree(&mut runner).unwrap().current();
        let mut count = |what: &str| *counts.entry(what.to_owned()).or_default() += 1;
        let boundary: Vec<Json> = question.boundary.iter().cloned().collect();
        let layers = crate::asking::layers(std::slice::from_ref(&question.policy), &boundary);
        count(match authorize(&layers, &question.request).decision {
            Decision::Allowed => "decision: allowed",
            Decision::ExplicitlyDenied => "decision: explicitly denied",
            Decision::ImplicitlyDenied => "decision: implicitly denied",
            Decision::Unknown => "decision: unknown",
        });
        if matches!(question.request.resource, Resource::Star) {
            count("request: no resource");
        }
        let parsed = parse(&question.policy.to_string(), PolicyType::Identity);
        count(if parsed.errors().next().is_some() { "policy: has errors" } else { "policy: clean" });
        if parsed.degraded().next().is_some() {
            count("policy: degraded");
        }
        for statement in &parsed.policy.statements {
            count(match fit(statement, PolicyType::Identity, &question.request, &PolicyLayers::default()) {
                Fit::OtherAction | Fit::OtherPrincipal => "fit: other action",
                Fit::OtherResource => "fit: other resource",
                Fit::ConditionsFail(_) => "fit: conditions fail",
                Fit::Applies => "fit: applies",
            });
            for condition in &statement.conditions {
                let holds = condition_holds(condition, &question.request.context);
                count(if holds { "condition: holds" } else { "condition: fails" });
                count(match question.request.context.get(&condition.key) {
                    None => "key: absent",
                    Some(Value::Single(_)) => "key: single",
                    Some(Value::Multi(values)) if values.is_empty() => "key: empty",
                    Some(Value::Multi(values)) if values.len() == 1 => "key: one in a list",
                    Some(Value::Multi(_)) => "key: several",
                });
                let quantifier = match condition.operator.quantifier {
                    None => "",
                    Some(Quantifier::ForAllValues) => "ForAllValues:",
                    Some(Quantifier::ForAnyValue) => "ForAnyValue:",
                };
                *operators
                    .entry((format!("{quantifier}{}", condition.operator.test.name()), holds))
                    .or_default() += 1;
            }
        }
    }
    let wanted = [
        ("decision: allowed", 15),
        ("decision: explicitly denied", 8),
        ("decision: implicitly denied", 20),
        ("request: no resource", 4),
        ("policy: has errors", 10),
        ("policy: clean", 30),
        ("policy: degraded", 5),
        ("fit: other action", 10),
        ("fit: other resource", 10),
        ("fit: conditions fail", 10),
        ("fit: applies", 20),
        ("condition: holds", 20),
        ("condition: fails", 20),
        ("key: absent", 8),
        ("key: single", 15),
        ("key: empty", 2),
        ("key: one in a list", 2),
        ("key: several", 4),
    ];
    for (what, least) in wanted {
        let percent = counts.get(what).copied().unwrap_or_default() * 100 / DRAWS;
        assert!(percent >= least, "only {percent} of a hundred draws reach `{what}`: {counts:#?}");
    }
    for test in Test::ALL {
        for quantifier in ["", "ForAllValues:", "ForAnyValue:"] {
            for holds in [true, false] {
                let name = format!("{quantifier}{}", test.name());
                let seen = operators.get(&(name.clone(), holds)).copied().unwrap_or_default();
                assert!(seen >= 3, "{name} holding={holds} is drawn only {seen} times");
            }
        }
    }
}
