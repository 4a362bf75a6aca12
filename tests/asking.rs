//! From JSON to what the evaluator takes: policies, layers, requests and contexts as cases and scenarios
//! write them.

use std::collections::BTreeSet;

use iamdb::algebra::Budget;
use iamdb::arn::AccountId;
use iamdb::ask::{Ask, Unsaid, reply};
use iamdb::caller::{Caller, IamCaller, IamKind};
use iamdb::catalog::Catalog;
use iamdb::eval::{Decision, authorize, condition_holds};
use iamdb::layers::{LayerPolicy, PolicyLayers};
use iamdb::policy::{PolicyType, ResourceService};
use iamdb::question::{Answer, Form, Test, When};
use iamdb::request::{Action, Context, Request, Resource, Value};
use serde_json::{Map, Value as Json, json};

/// Every policy type.
pub(crate) const TYPES: [PolicyType; 10] = [
    PolicyType::Identity,
    PolicyType::Boundary,
    PolicyType::Session,
    PolicyType::Resource(ResourceService::Kms),
    PolicyType::Resource(ResourceService::ResourceRequired),
    PolicyType::Resource(ResourceService::Other),
    PolicyType::Trust,
    PolicyType::Scp,
    PolicyType::Rcp,
    PolicyType::VpcEndpoint,
];

/// A policy of a layer, read leniently as every stored policy is.
pub(crate) fn layer_policy(text: &str, policy_type: PolicyType) -> LayerPolicy {
    LayerPolicy::read("case", "inline policy", text, policy_type)
}

/// The layers that some identity policies and some boundaries make.
pub(crate) fn layers(identity: &[Json], boundary: &[Json]) -> PolicyLayers {
    let read = |documents: &[Json], policy_type| -> Vec<LayerPolicy> {
        documents.iter().map(|document| layer_policy(&document.to_string(), policy_type)).collect()
    };
    PolicyLayers {
        identity: read(identity, PolicyType::Identity),
        boundary: read(boundary, PolicyType::Boundary),
        ..PolicyLayers::default()
    }
}

/// What one identity policy without a boundary is answered.
pub(crate) fn decide(policy: &Json, request: &Request) -> Decision {
    authorize(&layers(std::slice::from_ref(policy), &[]), request).decision
}

/// Enough for what tests ask, and soon spent where it is not.
pub(crate) const SOME_WORK: Budget = Budget { work: 2_000_000, states: 200_000, classes: 12, levels: 500 };

/// Whether a request fulfils the condition that an answer gave.
pub(crate) fn fulfils(when: &When, request: &Request) -> bool {
    let passes = |test: &Test| match test {
        Test::Condition { condition, holds } => condition_holds(condition, &request.context) == *holds,
        Test::Is { key, value, holds } => {
            (request.context.get(key) == Some(&Value::Single(value.clone()))) == *holds
        }
        Test::Resource { entry, holds } => {
            let on_it = json!({"Effect": "Allow", "Action": "*", "Resource": entry.value.to_string()});
            let policy = json!({"Version": "2012-10-17", "Statement": on_it});
            (decide(&policy, request) == Decision::Allowed) == *holds
        }
    };
    when.provided.iter().all(passes)
        && when.cases.iter().any(|case| case.iter().all(passes)) == (when.form == Form::If)
}

/// A user whose account is not set, so that every resource is in it.
pub(crate) fn user(name: &str) -> Caller {
    Caller::Iam(IamCaller {
        kind: IamKind::User,
        partition: "aws".to_owned(),
        account: None,
        path: "/".to_owned(),
        name: name.to_owned(),
        unique_id: None,
        tags: Vec::new(),
        may_bring_tags: false,
    })
}

/// A request of a user in the resource's own account, of the texts of a case.
pub(crate) fn request(action: &str, resource: &str, context: Context) -> Request {
    Request {
        caller: user("alice"),
        resource_account: None,
        action: Action::parse(action).unwrap_or_else(|| panic!("`{action}` is no action")),
        resource: Resource::parse(resource).unwrap_or_else(|| panic!("`{resource}` is no resource")),
        context,
    }
}

/// A context: a string is a single value, a list the values of a multivalued key; numbers and booleans are
/// their text. Names that differ only in case are kept apart (R-TAG-3).
pub(crate) fn context(members: &Map<String, Json>) -> Context {
    let mut context = Context::default();
    for (key, value) in members {
        let value = match value {
            Json::Array(items) => Value::Multi(items.iter().map(text).collect()),
            single => Value::Single(text(single)),
        };
        context.add_variant(key, value);
    }
    context
}

fn text(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A question, with a policy that allows everything on a condition.
struct Asked<'a> {
    caller: Caller,
    condition: Json,
    action: &'a str,
    resource: &'a str,
    given: &'a [(&'a str, Option<Value>)],
    unsaid: Unsaid,
    now: &'a str,
}

impl Asked<'_> {
    fn of(condition: Json) -> Self {
        Asked {
            caller: user("alice"),
            condition,
            action: "s3:GetObject",
            resource: "*",
            given: &[],
            unsaid: Unsaid::Unknown,
            now: "2026-01-01T00:00:00Z",
        }
    }

    fn answer(&self) -> Answer {
        let allow = json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": self.condition});
        let policy = json!({"Version": "2012-10-17", "Statement": allow});
        let given = self.given.iter().map(|(key, value)| ((*key).to_owned(), value.clone()));
        let ask = Ask {
            caller: &self.caller,
            identified: iamdb::knowledge::Identified::Caller,
            layers: &layers(&[policy], &[]),
            action: Action::parse(self.action).unwrap(),
            resource: Resource::parse(self.resource),
            resource_account: AccountId::parse("444455556666").filter(|_| self.resource != "*"),
            assumed: BTreeSet::new(),
            surroundings: Vec::new(),
            given: given.collect(),
            unsaid: self.unsaid,
            now: self.now.parse().unwrap(),
            catalog: &Catalog::embedded(),
            known_action: None,
        };
        reply(&ask).unwrap().answer
    }

    fn context(&self) -> Context {
        match self.answer() {
            Answer::Decided(example) => example.context,
            Answer::Depends(depends) => depends.allowed.context,
        }
    }
}

fn one(text: &str) -> Option<Value> {
    Some(Value::Single(text.to_owned()))
}

fn many(texts: &[&str]) -> Option<Value> {
    Some(Value::Multi(texts.iter().map(|text| (*text).to_owned()).collect()))
}

/// R-CND-31, R-EVL-74: the time is one instant in both keys, without a fraction.
#[test]
fn the_time_of_a_request_is_in_whole_seconds() {
    let context = Asked { now: "2026-01-01T00:00:00.75Z", ..Asked::of(json!({})) }.context();
    assert_eq!(context.get("aws:CurrentTime").cloned(), one("2026-01-01T00:00:00Z"));
    assert_eq!(context.get("aws:EpochTime").cloned(), one("1767225600"));
}

/// R-EVL-74: a time that is given in one key is that of the other.
#[test]
fn a_given_time_is_in_both_keys() {
    let before_2020 = |key: &str| json!({"DateLessThan": {key: "2020-01-01T00:00:00Z"}});
    for (key, given, text, expected) in [
        ("aws:EpochTime", "aws:CurrentTime", "2019-01-01T00:00:00Z", "yes"),
        ("aws:EpochTime", "aws:CurrentTime", "2021-01-01T00:00:00Z", "no"),
        ("aws:CurrentTime", "AWS:epochtime", "0", "yes"),
        ("aws:CurrentTime", "aws:EpochTime", "1767225600.5", "no"),
        ("aws:EpochTime", "aws:CurrentTime", "yesterday", "no"),
    ] {
        let given = [(given, one(text))];
        let asked = Asked { given: &given, ..Asked::of(before_2020(key)) };
        assert_eq!(asked.answer().word(), expected, "{key} {given:?}");
    }
    let both = [("aws:CurrentTime", one("2021-01-01T00:00:00Z")), ("aws:EpochTime", one("0"))];
    assert_eq!(Asked { given: &both, ..Asked::of(before_2020("aws:EpochTime")) }.answer().word(), "yes");
    assert_eq!(Asked { given: &both, ..Asked::of(before_2020("aws:CurrentTime")) }.answer().word(), "no");
}

/// Semantics 5.6: the first and the last of the services through which a request comes.
#[test]
fn a_given_chain_of_services_has_its_ends() {
    let cases = [
        (many(&["a", "b", "c"]), "aws:CalledViaFirst", "a", "yes"),
        (many(&["a", "b", "c"]), "aws:CalledViaLast", "c", "yes"),
        (many(&["a", "b", "c"]), "aws:CalledViaLast", "a", "no"),
        (many(&["a"]), "aws:CalledViaLast", "a", "yes"),
        (many(&[]), "aws:CalledViaFirst", "a", "no"),
        (None, "aws:CalledViaFirst", "a", "no"),
    ];
    for (chain, key, text, expected) in cases {
        for unsaid in [Unsaid::Unknown, Unsaid::Absent] {
            let given = [("aws:CalledVia", chain.clone())];
            let asked = Asked { given: &given, unsaid, ..Asked::of(json!({"StringEquals": {key: text}})) };
            assert_eq!(asked.answer().word(), expected, "{key} of {chain:?}");
        }
    }
    let said = [("aws:CalledVia", many(&["a"])), ("aws:CalledViaFirst", one("b"))];
    let first = Asked { given: &said, ..Asked::of(json!({"StringEquals": {"aws:CalledViaFirst": "b"}})) };
    assert_eq!(first.answer().word(), "yes", "what is said of a key itself counts");
}

/// Semantics 5.6: the region of global services, and where it is not known.
#[test]
fn global_services_have_a_region() {
    for (action, partition, region) in [
        ("iam:ListUsers", "aws", Some("us-east-1")),
        ("IAM:CreateRole", "aws-us-gov", Some("us-gov-west-1")),
        ("organizations:ListRoots", "aws", Some("us-east-1")),
        ("route53:ListHostedZones", "aws", Some("us-east-1")),
        ("cloudfront:ListDistributions", "aws", Some("us-east-1")),
        ("iam:ListUsers", "aws-cn", None),
        ("iam:PassRole", "aws", None),
        ("sts:AssumeRole", "aws", None),
        ("route53resolver:ListFirewallRules", "aws", None),
        ("s3:ListAllMyBuckets", "aws", None),
    ] {
        let mut caller = user("alice");
        let Caller::Iam(alice) = &mut caller else { unreachable!() };
        alice.partition = partition.to_owned();
        let asked = Asked { caller, action, ..Asked::of(json!({})) };
        let found = asked.context().get("aws:RequestedRegion").map(ToString::to_string);
        assert_eq!(found.as_deref(), region, "{action} in {partition}");
    }
    let europe = json!({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}});
    let list_users = Asked { action: "iam:ListUsers", ..Asked::of(europe) };
    assert_eq!(list_users.answer().word(), "no");
    let given = [("aws:RequestedRegion", one("eu-west-1"))];
    assert_eq!(Asked { given: &given, ..list_users }.answer().word(), "yes");
}

/// Semantics 5.6: in a closed question the keys of the tags that were given are the tag keys of the request.
#[test]
fn the_tags_of_a_closed_request_have_their_keys() {
    let given = [("aws:RequestTag/team", one("red")), ("AWS:requesttag/Env", one(""))];
    let keys =
        |given, unsaid| Asked { given, unsaid, ..Asked::of(json!({})) }.context().get("aws:TagKeys").cloned();
    assert_eq!(keys(&given, Unsaid::Absent), many(&["team", "Env"]));
    assert_eq!(keys(&given, Unsaid::Unknown), None);
    assert_eq!(keys(&[], Unsaid::Absent), None);
}

/// Semantics 5.2: `aws:userid` of a role is its id and the name of the session, of which nothing is known.
#[test]
fn the_user_id_of_a_role_begins_with_its_id() {
    let role = |unique_id: Option<&str>| {
        let Caller::Iam(alice) = user("app") else { unreachable!() };
        let (kind, unique_id) = (IamKind::RoleSession(None), unique_id.map(str::to_owned));
        Caller::Iam(IamCaller { kind, unique_id, may_bring_tags: true, ..alice })
    };
    let app = role(Some("AROAAPP"));
    for (condition, expected) in [
        (json!({"StringNotLike": {"aws:userId": ["AROAOTHER:*", "111111111111"]}}), "yes"),
        (json!({"StringLike": {"aws:userid": "AROAAPP:*"}}), "yes"),
        (json!({"ForAllValues:StringLike": {"aws:userid": "AROA*"}}), "yes"),
        (json!({"Null": {"aws:userid": "false"}}), "yes"),
        (json!({"StringLike": {"aws:userid": "AROAOTHER:*"}}), "no"),
        (json!({"StringEquals": {"aws:userid": ["AROAAPP", "AROAAPP:"]}}), "no"),
        (json!({"StringEquals": {"aws:userid": "AROAAPP:bob"}}), "depends"),
        (json!({"StringNotLike": {"aws:userid": "*:bob"}}), "depends"),
        (json!({"StringEquals": {"aws:PrincipalTag/id": "${aws:userid}"}}), "depends"),
        (json!({"StringEquals": {"aws:userid": "${aws:PrincipalTag/id}"}}), "depends"),
    ] {
        for unsaid in [Unsaid::Unknown, Unsaid::Absent] {
            let given = [("aws:PrincipalTag/id", one("AROAAPP:bob"))];
            let given = if unsaid == Unsaid::Absent { &given[..] } else { &[] };
            let asked = Asked { caller: app.clone(), given, unsaid, ..Asked::of(condition.clone()) };
            let answer = asked.answer();
            assert_eq!(answer.word(), expected, "{condition}");
            let examples = match &answer {
                Answer::Decided(example) => vec![example],
                Answer::Depends(depends) => vec![&depends.allowed, &depends.denied],
            };
            for id in examples.iter().filter_map(|example| example.context.get("aws:userid")) {
                assert!(id.to_string().starts_with("AROAAPP:"), "{condition}: {id}");
            }
        }
    }
    let like = json!({"StringLike": {"aws:userid": "AROAAPP:*"}});
    assert_eq!(Asked { caller: role(None), ..Asked::of(like.clone()) }.answer().word(), "depends");
    for given in [one("AROAOTHER:bob"), None] {
        let given = [("aws:userid", given)];
        let asked = Asked { caller: app.clone(), given: &given, ..Asked::of(like.clone()) };
        assert_eq!(asked.answer().word(), "no", "what is said counts");
    }
}

/// R-KEY-7: `s3:ResourceAccount` is whose the bucket is.
#[test]
fn a_bucket_has_the_account_of_its_owner_in_both_keys() {
    for (resource, expected) in [
        ("arn:aws:s3:::logs", Some("444455556666")),
        ("arn:aws:s3:::logs/x", Some("444455556666")),
        ("arn:aws:s3:eu-west-1:444455556666:accesspoint/logs", None),
        ("arn:aws:sqs:eu-west-1:444455556666:q", None),
    ] {
        let context = Asked { resource, ..Asked::of(json!({})) }.context();
        let found = context.get("s3:ResourceAccount").map(ToString::to_string);
        assert_eq!(found.as_deref(), expected, "{resource}");
    }
}
