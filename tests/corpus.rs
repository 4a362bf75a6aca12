//! Cases as data: `tests/corpus/*.json`, each with the rule it shows. A case has identity policies, perhaps
//! boundaries, and requests with the decision that the rules give. A context value that is a string is a
//! single value, one that is a list the values of a multivalued key.

use std::collections::HashSet;
use std::path::Path;

use iamdb::algebra::Budget;
use iamdb::caller::Caller;
use iamdb::eval::{Decision, Fit, authorize, fit};
use iamdb::layers::PolicyLayers;
use iamdb::policy::{PolicyType, ResourceService, parse};
use iamdb::request::Context;
use serde_json::{Map, Value as Json, json};

use crate::agree::is_in_set;
use crate::asking::{context, layers, request};

/// Every request of every case is decided as it says, by both meanings.
#[test]
fn every_case() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let (mut names, mut wrong, mut requests) = (HashSet::new(), Vec::new(), 0);
    for file in files {
        let cases: Json = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        for case in cases.as_array().unwrap() {
            let name = case["name"].as_str().unwrap();
            let why = case["why"].as_str().unwrap();
            assert!(names.insert(name.to_owned()), "two cases are named `{name}`");
            assert!(why.contains("R-") || why.contains("0."), "`{name}` cites no rule");
            let list = |key: &str| case[key].as_array().cloned().unwrap_or_default();
            let layers = layers(&list("identity"), &list("boundary"));
            for asked in list("requests") {
                requests += 1;
                let text =
                    |key: &str| asked[key].as_str().unwrap_or_else(|| panic!("`{name}` lacks `{key}`"));
                let context = context(asked["context"].as_object().unwrap_or(&Map::new()));
                let mut request = request(text("action"), text("resource"), context);
                if let Some(principal) = asked["principal"].as_str() {
                    request.caller = Caller::parse(principal).unwrap();
                }
                let decision = authorize(&layers, &request).decision;
                if decision.to_string() != text("decision") {
                    wrong.push(format!("{name} ({why}): {decision} for {asked}"));
                }
                if is_in_set(&layers, &request, Budget::default())
                    .unwrap()
                    .is_some_and(|is_in| is_in != (decision == Decision::Allowed))
                {
                    wrong.push(format!("{name} ({why}): not so in the algebra for {asked}"));
                }
            }
        }
    }
    assert!(requests > 300, "only {requests} requests were read");
    assert!(wrong.is_empty(), "{} of {requests}:\n{}", wrong.len(), wrong.join("\n"));
}

/// R-RES-4 and V3: how short ARNs are read by each policy type.
#[test]
fn short_arns_by_policy_type() {
    let s3 = PolicyType::Resource(ResourceService::ResourceRequired);
    let (object, lambda) = ("arn:aws:s3:::b/k", "arn:aws:s3-object-lambda:us-east-1:1:accesspoint/a");
    // Pattern, request, then identity, resource-based, endpoint, SCP, RCP.
    let rows = [
        ("arn:aws:s3", object, [true, false, false, false, false]),
        ("arn:aws:s3", lambda, [false, false, false, false, false]),
        ("arn:aws:s3*", object, [true, true, true, true, false]),
        ("arn:aws:s3*", lambda, [true, true, true, true, false]),
        ("arn:*:s3", object, [true, true, true, false, false]),
        ("arn:aws:s3:*", object, [true, true, true, true, false]),
        ("arn:aws:s3:*:", object, [true, true, true, false, false]),
        ("arn:aws:s3:x*", object, [false, false, false, false, false]),
        ("arn:aws:s?", object, [true, false, false, false, false]),
        ("arn:*", object, [true, true, true, true, false]),
        ("arn:", object, [false, false, false, false, false]),
        ("*", object, [true, true, true, true, true]),
        ("arn:aws:s3:::b/*", object, [true, true, true, true, true]),
    ];
    for (pattern, resource, expected) in rows {
        let types = [PolicyType::Identity, s3, PolicyType::VpcEndpoint, PolicyType::Scp, PolicyType::Rcp];
        for (policy_type, expected) in types.into_iter().zip(expected) {
            let mut policy = json!({"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": pattern}});
            if !matches!(policy_type, PolicyType::Identity | PolicyType::Scp) {
                policy["Statement"]["Principal"] = json!("*");
            }
            let parsed = parse(&policy.to_string(), policy_type);
            let action = if resource == object { "s3:GetObject" } else { "s3:x" };
            let ask = request(action, resource, Context::default());
            let applies = fit(&parsed.policy.statements[0], policy_type, &ask, &PolicyLayers::default())
                == Fit::Applies;
            assert_eq!(applies, expected, "R-RES-4: {pattern} of {policy_type:?} against {resource}");
        }
    }
    for policy_type in [PolicyType::Boundary, PolicyType::Session] {
        let policy = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3"}});
        let parsed = parse(&policy.to_string(), policy_type);
        let ask = request("s3:GetObject", object, Context::default());
        assert_eq!(
            fit(&parsed.policy.statements[0], policy_type, &ask, &PolicyLayers::default()),
            Fit::Applies,
            "R-RES-4"
        );
    }
}
