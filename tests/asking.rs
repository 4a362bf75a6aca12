//! From JSON to what the evaluator takes: policies, layers, requests and contexts as cases and scenarios
//! write them.

use std::collections::BTreeSet;

use iamdb::algebra::Budget;
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

/// What a user without policies is asked with: the context of the reply.
fn context_at(now: &str, given: &[(&str, &str)], unsaid: Unsaid) -> Context {
    let caller = user("alice");
    let ask = Ask {
        caller: &caller,
        identified: iamdb::knowledge::Identified::Caller,
        layers: &PolicyLayers::default(),
        action: Action::parse("s3:GetObject").unwrap(),
        resource: None,
        resource_account: None,
        assumed: BTreeSet::new(),
        surroundings: Vec::new(),
        given: given
            .iter()
            .map(|(key, value)| ((*key).to_owned(), Some(Value::Single((*value).to_owned()))))
            .collect(),
        unsaid,
        now: now.parse().unwrap(),
        catalog: &Catalog::embedded(),
        known_action: None,
    };
    match reply(&ask).unwrap().answer {
        Answer::Decided(example) => example.context,
        Answer::Depends(depends) => depends.allowed.context,
    }
}

/// R-CND-31, R-EVL-74: the time is one instant in both keys, without a fraction.
#[test]
fn the_time_of_a_request_is_in_whole_seconds() {
    let context = context_at("2026-01-01T00:00:00.75Z", &[], Unsaid::Unknown);
    let single = |text: &str| Some(Value::Single(text.to_owned()));
    assert_eq!(context.get("aws:CurrentTime").cloned(), single("2026-01-01T00:00:00Z"));
    assert_eq!(context.get("aws:EpochTime").cloned(), single("1767225600"));
}

/// Semantics 5.6: in a closed question the keys of the tags that were given are the tag keys of the request.
#[test]
fn the_tags_of_a_closed_request_have_their_keys() {
    let given = [("aws:RequestTag/team", "red"), ("AWS:requesttag/Env", "")];
    let now = "2026-01-01T00:00:00Z";
    let keys = Some(Value::Multi(vec!["team".to_owned(), "Env".to_owned()]));
    assert_eq!(context_at(now, &given, Unsaid::Absent).get("aws:TagKeys").cloned(), keys);
    assert_eq!(context_at(now, &given, Unsaid::Unknown).get("aws:TagKeys"), None);
    assert_eq!(context_at(now, &[], Unsaid::Absent).get("aws:TagKeys"), None);
}
