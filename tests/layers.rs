//! What the layers of a decision do to each other (semantics 4), for generated callers, resources and policies of
//! every layer. The laws are sentences of the rules; the exceptions that the rules make are laws of their own.

use std::collections::BTreeMap;

use iamdb::catalog::Catalog;
use iamdb::context_keys::global_key;
use iamdb::eval::{Decision, Route, authorize, authorize_where, owner};
use iamdb::knowledge::Knowledge;
use iamdb::layers::{DirectGrants, Layer, PolicyLayers, PublicBuckets, StatementRef};
use iamdb::policy::Effect;
use iamdb::question::{self, Answer, KeyFacts, Question};
use iamdb::request::{Context, Request, Value::Single};
use iamdb::scenario::{Documents, Reader, Scenario};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value as Json, json};

use crate::asking::SOME_WORK;

const OWN: &str = "111111111111";

pub(crate) const CALLERS: &[&str] = &[
    r#""arn:aws:iam::111111111111:user/bob""#,
    r#""arn:aws:iam::111111111111:role/app""#,
    r#""arn:aws:iam::111111111111:role/app""#,
    r#""arn:aws:sts::111111111111:assumed-role/app/run""#,
    r#""arn:aws:sts::111111111111:federated-user/fred""#,
    r#""arn:aws:iam::111111111111:root""#,
    r#""arn:aws:iam::111111111111:role/aws-service-role/x.amazonaws.com/linked""#,
    r#""arn:aws-cn:iam::111111111111:user/bob""#,
    r#"{"Service":"logs.amazonaws.com"}"#,
    r#"{"Federated":"accounts.google.com"}"#,
    r#""*""#,
];

/// How many of the callers, the first ones, are IAM principals.
const IAM_CALLERS: usize = 8;

const FEDERATED_USER: &[&str] = &[r#""arn:aws:sts::111111111111:federated-user/fred""#];

pub(crate) const PRINCIPALS: &[&str] = &[
    r#""*""#,
    r#"{"AWS":"arn:aws:iam::111111111111:user/bob"}"#,
    r#"{"AWS":"arn:aws:iam::111111111111:role/app"}"#,
    r#"{"AWS":"arn:aws:iam::111111111111:role/app"}"#,
    r#"{"AWS":"arn:aws:iam::111111111111:role/app"}"#,
    r#"{"AWS":"arn:aws:sts::111111111111:assumed-role/app/run"}"#,
    r#"{"AWS":"arn:aws:sts::111111111111:federated-user/fred"}"#,
    r#"{"AWS":"111111111111"}"#,
    r#"{"AWS":"arn:aws:iam::111111111111:root"}"#,
    r#"{"AWS":["111111111111","arn:aws:iam::111111111111:role/app"]}"#,
    r#"{"AWS":["arn:aws:iam::111111111111:role/app","arn:aws:sts::111111111111:assumed-role/app/run"]}"#,
    r#"{"AWS":"222222222222"}"#,
    r#"{"AWS":"arn:aws-cn:iam::111111111111:user/bob"}"#,
    r#"{"AWS":"arn:aws-cn:iam::222222222222:root"}"#,
    r#"{"AWS":"AIDAIOSFODNN7EXAMPLE"}"#,
    r#"{"AWS":"AROAIOSFODNN7EXAMPLE:run"}"#,
    r#"{"Service":"logs.amazonaws.com"}"#,
    r#"{"Federated":"accounts.google.com"}"#,
];

pub(crate) const ASKED: &[(&str, &str)] = &[
    ("s3:GetObject", "arn:aws:s3:::b/k"),
    ("s3:GetObject", "arn:aws:s3:::b/k"),
    ("kms:Decrypt", "arn:aws:kms:us-east-1:111111111111:key/1"),
    ("sts:AssumeRole", "arn:aws:iam::111111111111:role/other"),
    ("iam:PassRole", "arn:aws:iam::111111111111:role/other"),
    ("sts:GetCallerIdentity", "*"),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    Identity,
    Resource,
    Rcp,
    Trust,
}

fn effect() -> impl Strategy<Value = &'static str> {
    prop_oneof![5 => Just("Allow"), 1 => Just("Deny")]
}

fn statement(of: Of) -> impl Strategy<Value = Json> {
    let action =
        select(&["*", "s3:*", "s3:GetObject", "kms:*", "sts:AssumeRole", "iam:PassRole", "ec2:*"][..]);
    let trust_action = select(&["sts:AssumeRole", "sts:*"][..]);
    let condition = prop_oneof![4 => Just(None), 1 => Just(Some("true")), 1 => Just(Some("false"))];
    (effect(), action, trust_action, select(PRINCIPALS), condition, 0..8u8).prop_map(
        move |(effect, action, trust_action, principal, condition, negated)| {
            let mut statement = json!({"Effect": effect});
            statement["Action"] = json!(if of == Of::Trust { trust_action } else { action });
            if of != Of::Trust {
                statement["Resource"] = json!("*");
            }
            let principal: Json = serde_json::from_str(principal).unwrap();
            match of {
                Of::Identity => {}
                Of::Rcp => {
                    statement["Effect"] = json!("Deny");
                    statement["Principal"] = json!("*");
                    statement["Action"] = json!("s3:*");
                }
                Of::Resource if negated == 0 => statement["NotPrincipal"] = principal,
                Of::Resource | Of::Trust => statement["Principal"] = principal,
            }
            if let Some(value) = condition {
                statement["Condition"] = json!({"Bool": {"aws:SecureTransport": value}});
            }
            statement
        },
    )
}

fn policy(of: Of) -> impl Strategy<Value = Json> {
    prop::collection::vec(statement(of), 1..3)
        .prop_map(|statements| json!({"Version": "2012-10-17", "Statement": statements}))
}

/// A policy of a resource.
pub(crate) fn policy_of_resource() -> impl Strategy<Value = Json> {
    policy(Of::Resource)
}

fn policies(of: Of) -> impl Strategy<Value = Vec<Json>> {
    prop::collection::vec(policy(of), 0..2)
}

/// A scenario of every layer, as its text.
pub(crate) fn text() -> impl Strategy<Value = String> {
    text_of(CALLERS)
}

fn text_of(callers: &'static [&'static str]) -> impl Strategy<Value = String> {
    let request = (
        select(callers),
        select(ASKED),
        select(&[OWN, OWN, "222222222222"][..]),
        select(&["true", "false"][..]),
    );
    let own =
        (policies(Of::Identity), policies(Of::Identity), policies(Of::Identity), policies(Of::Identity));
    let levels = prop::collection::vec(prop::collection::vec(policy(Of::Identity), 1..3), 0..3);
    let rcp = prop::collection::vec(policies(Of::Rcp), 0..2);
    let of_resource = (prop::option::of(policy(Of::Resource)), prop::option::of(policy(Of::Trust)));
    let endpoint = prop_oneof![3 => Just(Vec::new()), 1 => policies(Of::Resource)];
    (request, own, levels, rcp, of_resource, endpoint).prop_map(
        |((caller, (action, resource), owner, secure), own, scp, rcp, (of_resource, trust), endpoint)| {
            let caller: Json = serde_json::from_str(caller).unwrap();
            let (identity, more, boundary, session) = own;
            let identity: Vec<Json> = identity.into_iter().chain(more).collect();
            let of_resource = if action.starts_with("sts:") { trust } else { of_resource };
            json!({
                "request": {"principal": caller, "action": action, "resource": resource, "resource_account": owner,
                    "context": {"aws:SecureTransport": secure}},
                "policies": {"identity": identity, "boundary": boundary, "session": session, "scp": scp, "rcp": rcp,
                    "resource": of_resource, "vpc_endpoint": endpoint},
            })
            .to_string()
        },
    )
}

pub(crate) fn read(text: &str) -> Scenario {
    thread_local!(static CATALOG: Catalog = Catalog::embedded());
    CATALOG.with(|catalog| {
        let documents = Documents::new(catalog.rcp_services().map(str::to_owned).collect());
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        Reader { documents: &documents, catalog, now }.read(text).unwrap()
    })
}

fn is_allowed(layers: &PolicyLayers, request: &Request) -> bool {
    authorize(layers, request).decision == Decision::Allowed
}

/// The layers without one.
fn without(layers: &PolicyLayers, layer: Layer) -> PolicyLayers {
    let mut layers = layers.clone();
    match layer {
        Layer::Boundary => layers.boundary.clear(),
        Layer::Session => layers.session.clear(),
        Layer::Scp => layers.scp.clear(),
        Layer::Rcp => layers.rcp.clear(),
        Layer::VpcEndpoint => layers.vpc_endpoint.clear(),
        _ => {}
    }
    layers
}

/// R-EVL-5: the one caller to whom a session policy gives.
fn is_federated_user(scenario: &Scenario) -> bool {
    scenario.request.caller.to_string().contains("federated-user")
}

/// An SCP, RCP or endpoint policy that lets everything pass.
fn full(template: &Scenario, what: &str) -> PolicyLayers {
    let principal = if what == "scp" { json!(null) } else { json!("*") };
    let mut statement = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    if !principal.is_null() {
        statement["Principal"] = principal;
    }
    let document = json!({"Version": "2012-10-17", "Statement": statement});
    let caller = template.request.caller.to_string();
    let principal = if caller.contains(':') { json!(caller) } else { json!("*") };
    let text = json!({"request": {"principal": principal, "action": "s3:GetObject", "resource": "*"},
        "policies": {what: [[document], [document]]}});
    read(&text.to_string()).layers
}

proptest! {
    /// R-EVL-35, 37, 57, R-EVL-4, 5: these layers never add, and taking one away never removes; but a federated
    /// user's session needs a session policy.
    #[test]
    fn limiting_layers_never_add(text in text()) {
        let scenario = read(&text);
        let allowed = is_allowed(&scenario.layers, &scenario.request);
        for layer in [Layer::Boundary, Layer::Session, Layer::Scp, Layer::Rcp, Layer::VpcEndpoint] {
            if layer == Layer::Session && is_federated_user(&scenario) {
                continue;
            }
            let less = without(&scenario.layers, layer);
            prop_assert!(!allowed || is_allowed(&less, &scenario.request), "{layer} adds");
        }
        for level in 0..scenario.layers.scp.len() {
            let mut less = scenario.layers.clone();
            less.scp.remove(level);
            prop_assert!(!allowed || is_allowed(&less, &scenario.request), "level {level} adds");
        }
    }

    /// R-EVL-5: without a session policy a federated user may what resource policies grant to it, and no more.
    #[test]
    fn a_federated_user_without_a_session_policy_has_grants_only(text in text_of(FEDERATED_USER)) {
        let scenario = read(&text);
        let less = without(&scenario.layers, Layer::Session);
        let evaluation = authorize(&less, &scenario.request);
        let free = [Route::DirectGrant, Route::NoPermissionNeeded];
        prop_assert!(evaluation.decision != Decision::Allowed || free.contains(&evaluation.route));
    }

    /// R-EVL-35, R-EVL-37: no organization is one with full access at each level.
    #[test]
    fn no_organization_is_full_access_at_each_level(text in text()) {
        let scenario = read(&text);
        let mut none = scenario.layers.clone();
        (none.scp, none.rcp) = (Vec::new(), Vec::new());
        let mut all = none.clone();
        (all.scp, all.rcp) = (full(&scenario, "scp").scp, full(&scenario, "rcp").rcp);
        let decide = |layers: &PolicyLayers| {
            let evaluation = authorize(layers, &scenario.request);
            (evaluation.decision, evaluation.route, evaluation.blocked_by)
        };
        prop_assert_eq!(decide(&none), decide(&all));
    }

    /// R-EVL-20, R-EVL-30: what is allowed across accounts is allowed in one; and what is allowed in one by both
    /// sides is allowed across.
    #[test]
    fn one_account_and_two_agree_where_both_sides_allow(text in text_of(&CALLERS[..IAM_CALLERS])) {
        let scenario = read(&text);
        let owned = |account: &str| Request {
            resource_account: iamdb::arn::AccountId::parse(account),
            ..scenario.request.clone()
        };
        let same = authorize(&scenario.layers, &owned(OWN));
        let other = authorize(&scenario.layers, &owned("222222222222"));
        if other.decision == Decision::Allowed {
            prop_assert_eq!(same.decision, Decision::Allowed);
        }
        let passes = |layer: Layer| same.layer(layer).is_none_or(|layer| layer.decision == Decision::Allowed);
        let own_side = passes(Layer::Identity) && passes(Layer::Boundary) && passes(Layer::Session);
        let pass_role = scenario.request.action.to_string() == "iam:PassRole";
        if same.decision == Decision::Allowed && own_side && !same.grants.is_empty() && !pass_role
            && !(is_federated_user(&scenario) && scenario.layers.session.is_empty())
        {
            prop_assert_eq!(other.decision, Decision::Allowed);
        }
    }

    /// R-EVL-2, R-EVL-23: a Deny that applies in a layer in scope wins, but over calls that need no permission.
    #[test]
    fn a_deny_wins(text in text()) {
        let scenario = read(&text);
        let evaluation = authorize(&scenario.layers, &scenario.request);
        let denied = evaluation.applying().any(|of| of.effect == Effect::Deny);
        if evaluation.route != Route::NoPermissionNeeded {
            prop_assert_eq!(denied, evaluation.decision == Decision::ExplicitlyDenied);
        }
    }

    /// R-EVL-20: in one account a grant to the caller itself or to everyone reaches past whatever identity,
    /// boundary and session policies fail to allow.
    #[test]
    fn a_direct_grant_reaches_past_implicit_denies(text in text()) {
        let scenario = read(&text);
        let evaluation = authorize(&scenario.layers, &scenario.request);
        if evaluation.route == Route::DirectGrant && evaluation.decision != Decision::ExplicitlyDenied {
            let own = [Layer::Identity, Layer::Boundary, Layer::Session];
            prop_assert!(!own.iter().any(|layer| evaluation.blocked_by.contains(layer)));
        }
    }

    /// What the prefilter of missing keys rests on: with more Allows that apply, or fewer Denies, what was allowed
    /// still is, whatever is not known and however the switches are set.
    #[test]
    fn a_decision_is_monotone_in_what_applies(
        text in text(),
        applying in prop::collection::vec(any::<bool>(), 64),
        better in prop::collection::vec(any::<bool>(), 64),
        unknown in prop::option::weighted(0.3, 0..8usize),
        (restricted, limited) in any::<(bool, bool)>(),
    ) {
        let scenario = read(&text);
        let mut nth = 0;
        let mut layers = scenario.layers.map_policies(|_, _, policy| {
            nth += 1;
            if unknown == Some(nth - 1) { policy.with_document(None) } else { policy.clone() }
        });
        if restricted {
            layers.settings.public_buckets = PublicBuckets::Restricted;
        }
        if limited {
            layers.settings.direct_grants = DirectGrants::LimitedBySession;
        }
        let all: Vec<StatementRef> = layers.statements().map(|(of, _)| of).collect();
        let chosen = |of: StatementRef, from: &[bool]| {
            all.iter().position(|&other| other == of).is_some_and(|nth| from[nth % from.len()])
        };
        let allowed = |applies: &dyn Fn(StatementRef) -> bool| {
            authorize_where(&layers, &scenario.request, applies).decision == Decision::Allowed
        };
        let some = allowed(&|of| chosen(of, &applying));
        let improved = allowed(&|of| match of.effect {
            Effect::Allow => chosen(of, &applying) || chosen(of, &better),
            Effect::Deny => chosen(of, &applying) && !chosen(of, &better),
        });
        prop_assert!(!some || improved);
    }

    /// What is claimed of a question that leaves a key open holds of each of its completions, through every layer.
    #[test]
    fn an_open_key_is_answered_for_each_of_its_values(text in text()) {
        let scenario = read(&text);
        let mut knowledge = Knowledge { known: scenario.request.context.clone(), ..Knowledge::default() };
        knowledge.known.remove("aws:SecureTransport");
        let always_present = |key: &str| global_key(key).is_some_and(|known| known.always_present);
        let question = Question {
            layers: &scenario.layers,
            request: Request { context: Context::default(), ..scenario.request.clone() },
            knowledge,
            facts: KeyFacts { kind: &|key| global_key(key).map(|known| known.kind), always_present: &always_present }, budget: SOME_WORK,
        };
        let allowed = ["true", "false"].map(|value| {
            let mut request = scenario.request.clone();
            request.context.set("aws:SecureTransport", Single(value.to_owned()));
            is_allowed(&scenario.layers, &request)
        });
        let matter = question::keys_that_matter(&question).unwrap();
        match question::answer(&question).unwrap() {
            Answer::Decided(example) => {
                let decided = example.evaluation.decision == Decision::Allowed;
                prop_assert_eq!(allowed, [decided, decided]);
                prop_assert!(matter.is_empty());
            }
            Answer::Depends(depends) => {
                prop_assert_ne!(allowed[0], allowed[1]);
                prop_assert_eq!(&depends.keys, &["aws:SecureTransport"]);
                prop_assert_eq!(matter, depends.keys);
            }
        }
    }

    /// R-EVL-64: what is not known never allows, and knowing it would not turn a definitive denial into an Allow.
    #[test]
    fn a_missing_document_never_allows(text in text(), which in any::<prop::sample::Index>()) {
        let scenario = read(&text);
        let count: usize = scenario.layers.present().map(|layer| scenario.layers.policies(layer).len()).sum();
        prop_assume!(count > 0);
        let which = which.index(count);
        let mut nth = 0;
        let missing = scenario.layers.map_policies(|_, _, policy| {
            nth += 1;
            if nth == which + 1 { policy.with_document(None) } else { policy.clone() }
        });
        let known = authorize(&scenario.layers, &scenario.request);
        let unknown = authorize(&missing, &scenario.request);
        if known.decision == Decision::Allowed {
            prop_assert!(matches!(unknown.decision, Decision::Allowed | Decision::Unknown));
        }
        if unknown.decision == Decision::Allowed {
            prop_assert_eq!(known.decision, Decision::Allowed);
        }
    }
}

/// R-EVL-38: of an action without a resource the caller's account is the owner, so that its RCPs count. Which they
/// are is looked up in `stored`, by the same owner: see the transcript of the layers.
#[test]
fn rcps_limit_actions_without_a_resource() {
    let allow =
        json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}});
    let deny = json!({"Version": "2012-10-17", "Statement":
        {"Effect": "Deny", "Principal": "*", "Action": "s3:ListAllMyBuckets", "Resource": "*"}});
    let ask = |action: &str| {
        let scenario = json!({
            "request": {"principal": "arn:aws:iam::111111111111:user/bob", "action": action, "resource": "*"},
            "policies": {"identity": [allow], "rcp": [[deny]]},
        });
        let scenario = read(&scenario.to_string());
        assert_eq!(owner(&scenario.request).unwrap().as_str(), OWN);
        let evaluation = authorize(&scenario.layers, &scenario.request);
        (evaluation.decision, evaluation.blocked_by)
    };
    assert_eq!(ask("s3:ListAllMyBuckets"), (Decision::ExplicitlyDenied, [Layer::Rcp].into()));
    assert_eq!(ask("s3:ListAccessPoints"), (Decision::Allowed, [].into()));
}

/// The generator reaches every decision and most rules often enough to mean something.
#[test]
fn the_scenarios_are_spread() {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut runner = TestRunner::deterministic();
    for _ in 0..4000 {
        let scenario = read(&text().new_tree(&mut runner).unwrap().current());
        let evaluation = authorize(&scenario.layers, &scenario.request);
        let blocked = evaluation.blocked_by.iter().map(|layer| format!("blocked by {}", layer.name()));
        let names = [evaluation.decision.to_string(), evaluation.route.name().to_owned()];
        for name in blocked.chain(names) {
            *counts.entry(name).or_default() += 1;
        }
    }
    let wanted = [
        "Allowed",
        "ExplicitlyDenied",
        "ImplicitlyDenied",
        "direct-grant",
        "session-grant",
        "identity",
        "cross-account",
        "service-principal",
        "anonymous",
        "federation",
        "no-permission-needed",
        "resource-policy-required",
        "blocked by identity",
        "blocked by boundary",
        "blocked by session",
        "blocked by resource",
        "blocked by scp",
        "blocked by rcp",
        "blocked by vpc_endpoint",
    ];
    let rare: Vec<_> =
        wanted.iter().filter(|name| counts.get(**name).is_none_or(|&count| count < 10)).collect();
    assert!(rare.is_empty(), "too rare: {rare:?} in {counts:?}");
}
