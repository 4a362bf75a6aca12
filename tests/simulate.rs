//! Scenarios: every form they may be written in, every way to be wrong, and `simulate` as a whole.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Output, Stdio};

use iamdb::caller::{Caller, IamKind};
use iamdb::catalog::Catalog;
use iamdb::eval::authorize;
use iamdb::layers::{DirectGrants, Guards, Layer, NotPrincipal, PublicBuckets};
use iamdb::policy::{PolicyType, ResourceService};
use iamdb::request::{Request, Value};
use iamdb::scenario::{Documents, Reader, Scenario, ScenarioError};
use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

use crate::asking::layers;
use crate::generate::{policy, recipe, request};

/// How often the same policies are asked about until their sets are sure to be made.
const ENOUGH: usize = 20;

/// Runs something with a reader that has read nothing yet.
fn with_reader<T>(run: impl FnOnce(&Reader<'_>) -> T) -> T {
    let catalog = Catalog::embedded();
    let documents = Documents::new(catalog.rcp_services().map(str::to_owned).collect());
    let now = "2026-01-01T00:00:00Z".parse().unwrap();
    run(&Reader { documents: &documents, catalog: &catalog, now })
}

fn read(scenario: &Json) -> Result<Scenario, ScenarioError> {
    with_reader(|reader| reader.read(&scenario.to_string()))
}

/// A scenario that is one, to be changed at one place.
fn good() -> Json {
    json!({
        "name": "reads",
        "request": {
            "principal": "arn:aws:iam::111122223333:role/app",
            "action": "s3:GetObject",
            "resource": "arn:aws:s3:::b/k",
            "context": {"aws:SecureTransport": "true"},
        },
        "policies": {"identity": [{"name": "read", "policy": allow("s3:GetObject")}]},
        "expect": {"decision": "Allowed"},
    })
}

fn allow(action: &str) -> Json {
    json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": action, "Resource": "*"}})
}

/// Sets what a JSON pointer points at, also where there is nothing yet.
fn set(scenario: &mut Json, pointer: &str, value: Json) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    scenario.pointer_mut(parent).unwrap()[name] = value;
}

fn with(pointer: &str, value: Json) -> Json {
    let mut scenario = good();
    set(&mut scenario, pointer, value);
    scenario
}

/// R-PRN-1: every kind of principal.
#[test]
fn principals() {
    let caller = |principal: Json| read(&with("/request/principal", principal)).unwrap().request.caller;
    assert_eq!(caller(json!("*")), Caller::Anonymous);
    assert_eq!(
        caller(json!({"Service": "lambda.amazonaws.com"})),
        Caller::Service("lambda.amazonaws.com".to_owned())
    );
    assert_eq!(
        caller(json!({"Federated": "accounts.google.com"})),
        Caller::Federated("accounts.google.com".to_owned())
    );
    assert_eq!(caller(json!({"CanonicalUser": "79a5"})), Caller::CanonicalUser("79a5".to_owned()));
    let session = "arn:aws:sts::111122223333:assumed-role/app/run";
    let mut scenario = with("/request/principal", json!(session));
    set(&mut scenario, "/request/role", json!("arn:aws:iam::111122223333:role/team/app"));
    set(&mut scenario, "/request/context", json!({"aws:userid": "AROAEXAMPLE:run"}));
    let caller = read(&scenario).unwrap().request.caller;
    assert_eq!(caller.principal_arn().unwrap(), "arn:aws:iam::111122223333:role/team/app");
    assert_eq!(caller.iam().unwrap().unique_id.as_deref(), Some("AROAEXAMPLE"), "R-GRM-29");
    let federated = "arn:aws:sts::111122223333:federated-user/bob";
    let mut scenario = with("/request/principal", json!(federated));
    set(&mut scenario, "/request/federated_by", json!("arn:aws:iam::111122223333:user/alice"));
    let caller = read(&scenario).unwrap().request.caller;
    let IamKind::FederatedUser(Some(user)) = &caller.iam().unwrap().kind else { panic!("{caller:?}") };
    assert_eq!(user.as_str(), "arn:aws:iam::111122223333:user/alice");
}

/// R-KEY-1, R-KEY-2: what is derived, what wins, and how values are read.
#[test]
fn contexts() {
    let context = json!({"aws:TagKeys": ["team"], "t:number": 7, "t:bool": true, "aws:CalledVia": "x",
        "aws:EpochTime": "1767225600", "aws:PrincipalArn": "arn:aws:iam::111122223333:role/other"});
    let scenario = read(&with("/request/context", context)).unwrap();
    let single = |text: &str| Some(Value::Single(text.to_owned()));
    let multi = |text: &str| Some(Value::Multi(vec![text.to_owned()]));
    let get = |key: &str| scenario.request.context.get(key).cloned();
    assert_eq!(get("aws:tagkeys"), multi("team"));
    assert_eq!(get("t:number"), single("7"));
    assert_eq!(get("t:bool"), single("true"));
    assert_eq!(get("aws:CalledVia"), multi("x"), "a multivalued key");
    assert_eq!(get("aws:CurrentTime"), single("2026-01-01T00:00:00Z"), "as aws:EpochTime");
    assert_eq!(get("aws:PrincipalType"), single("AssumedRole"));
    assert_eq!(get("aws:PrincipalArn"), single("arn:aws:iam::111122223333:role/other"));
    assert_eq!(scenario.contradictions, ["aws:PrincipalArn"]);
    assert_eq!(get("aws:SourceIp"), None, "a scenario is closed");
    let scenario = read(&with("/request/derive", json!(false))).unwrap();
    assert_eq!(scenario.request.context.iter().count(), 1);
}

/// Missing, `null` and empty layers, bare documents, and the type of the resource's policy.
#[test]
fn policies() {
    let none = [json!(null), json!([])];
    for layer in ["boundary", "session", "vpc_endpoint", "scp", "rcp", "resource", "identity"] {
        for none in none.clone() {
            let scenario = read(&with(&format!("/policies/{layer}"), none)).unwrap();
            let present: Vec<_> = scenario.layers.present().collect();
            assert_eq!(present, [Layer::Identity], "{layer}");
        }
    }
    let scenario =
        read(&with("/policies/scp", json!([[], [allow("*"), {"policy": allow("s3:*")}]]))).unwrap();
    assert_eq!(scenario.layers.scp.len(), 2);
    assert_eq!(authorize(&scenario.layers, &scenario.request).blocked_by, [Layer::Scp].into());
    let of = |resource: &str, action: &str| {
        let mut scenario = with("/policies/resource", json!({"Version": "2012-10-17", "Statement": []}));
        set(&mut scenario, "/request/resource", json!(resource));
        set(&mut scenario, "/request/action", json!(action));
        read(&scenario).unwrap().layers.resource[0].policy_type
    };
    let role = "arn:aws:iam::111122223333:role/app";
    assert_eq!(
        of("arn:aws:s3:::b/k", "s3:GetObject"),
        PolicyType::Resource(ResourceService::ResourceRequired)
    );
    assert_eq!(of(role, "sts:AssumeRole"), PolicyType::Trust);
    assert_eq!(of(role, "iam:GetRole"), PolicyType::Resource(ResourceService::Other));
}

#[test]
fn settings() {
    let settings = json!({"notprincipal": "lenient", "session_policy_limits_direct_grants": true, "guards": true,
        "s3_block_public_access": {"RestrictPublicBuckets": true, "BlockPublicPolicy": true},
        "rcp_services": ["s3"], "canonical_ids": {"79a5": "111122223333"}});
    let found = read(&with("/settings", settings)).unwrap().layers.settings;
    assert_eq!(found.not_principal, NotPrincipal::Lenient);
    assert_eq!(found.direct_grants, DirectGrants::LimitedBySession);
    assert_eq!(found.guards, Guards::On);
    assert_eq!(found.public_buckets, PublicBuckets::Restricted);
    assert_eq!(found.rcp_services.unwrap().len(), 1);
    assert_eq!(found.canonical_ids["79a5"].as_str(), "111122223333");
    let usual = read(&good()).unwrap().layers.settings;
    assert!(usual.rcp_services.unwrap().contains("s3"), "the catalogue's");
}

/// Each error says where, and what is wrong there.
#[test]
fn errors() {
    let wrong = [
        ("/request/principal", json!("alice"), "$.request.principal", "`alice`"),
        ("/request/principal", json!({"Group": "x"}), "$.request.principal", "Group"),
        ("/request/action", json!("s3:*"), "$.request.action", "`s3:*`"),
        ("/request/resource", json!("b"), "$.request.resource", "`b`"),
        ("/request/resource_account", json!("1"), "$.request.resource_account", "`1`"),
        (
            "/request/role",
            json!("arn:aws:iam::111122223333:role/x"),
            "$.request.role",
            "not the ARN of the role",
        ),
        ("/request/reource", json!(1), "$.request", "did you mean `resource`?"),
        ("/request/context", json!({"a": {"b": 1}}), "$.request.context[\"a\"]", "a context value"),
        ("/request/context", json!({"a": [["b"]]}), "$.request.context[\"a\"][0]", "a list in a list"),
        ("/policies/identiy", json!([]), "$.policies", "did you mean `identity`?"),
        ("/policies/identity", json!([1]), "$.policies.identity[0]", "a policy is an object"),
        ("/policies/identity", json!(["a.json"]), "$.policies.identity[0]", "only decision tables"),
        ("/policies/scp", json!([{}]), "$.policies.scp[0]", "a level is a list"),
        ("/policies/resource", json!([{}, {}]), "$.policies.resource", "one policy"),
        ("/settings", json!({"guard": true}), "$.settings", "did you mean `guards`?"),
        ("/settings", json!({"canonical_ids": {"a": "b"}}), "$.settings.canonical_ids[\"a\"]", "`b`"),
        (
            "/settings",
            json!({"s3_block_public_access": {"RestrictPublicBucket": true}}),
            "$.settings.s3_block_public_access",
            "did you mean `RestrictPublicBuckets`?",
        ),
        ("/expect", json!({"decision": "Maybe"}), "$.expect.decision", "`Maybe`"),
        ("/expect", json!({"decision": "Allowed", "precision": "some"}), "$.expect.precision", "`some`"),
        ("/expect", json!("yes"), "$.expect", "`yes`"),
    ];
    for (pointer, value, path, message) in wrong {
        let found = read(&with(pointer, value.clone())).unwrap_err();
        assert_eq!(found.path, path, "{value}: {found}");
        assert!(found.message.contains(message), "{value}: {found}");
    }
}

/// What a scenario is answered, as JSON.
fn outcome(scenario: &Json) -> Json {
    with_reader(|reader| {
        let text = scenario.to_string();
        json!(reader.read(&text).unwrap().outcome(&text, 1, reader))
    })
}

/// Only keys that could have made a difference between allowed and not are missing.
#[test]
fn missing_keys() {
    let on = |condition: Json| {
        let mut scenario = good();
        set(&mut scenario, "/policies/identity/0/policy/Statement/Condition", condition);
        outcome(&scenario)
    };
    assert_eq!(
        on(json!({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}))["missing_context"],
        json!(["aws:SourceIp"])
    );
    let impossible =
        json!({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}, "Bool": {"aws:SecureTransport": "false"}});
    assert_eq!(on(impossible)["missing_context"], json!([]));
    assert_eq!(outcome(&good())["missing_context"], json!([]));
    let tag = json!({"StringEquals": {"aws:PrincipalTag/team": "red"}});
    assert_eq!(on(tag)["missing_context"], json!(["aws:PrincipalTag/team"]));
    let of_services = json!({"StringEquals": {"aws:SourceAccount": "111122223333"}});
    assert_eq!(on(of_services)["missing_context"], json!([]), "R-KEY-6: a role never has it");
}

/// What is ignored, assumed or contradicted is said.
#[test]
fn warnings_and_notes() {
    let says = |scenario: &Json, member: &str, words: &str| {
        let found = outcome(scenario)[member].to_string();
        assert!(found.contains(words), "{words}: {found}");
    };
    says(&good(), "notes", "of the caller's account 111122223333");
    assert!(
        outcome(&with("/request/resource_account", json!("111122223333"))).get("notes").is_none(),
        "R-EVL-11"
    );
    let mut scenario = with("/request/principal", json!({"Service": "lambda.amazonaws.com"}));
    says(&scenario, "warnings", "identity policies given, but the caller is no IAM principal");
    set(&mut scenario, "/request/principal", json!("arn:aws:iam::111122223333:root"));
    set(&mut scenario, "/policies/boundary", json!([allow("*")]));
    says(&scenario, "warnings", "R-EVL-52");
    let linked = "arn:aws:iam::111122223333:role/aws-service-role/x.amazonaws.com/R";
    let mut scenario = with("/request/principal", json!(linked));
    set(&mut scenario, "/policies/scp", json!([[]]));
    says(&scenario, "warnings", "R-EVL-36");
    let mut scenario = with("/request/action", json!("iam:GetRole"));
    set(&mut scenario, "/request/resource", json!("arn:aws:iam::111122223333:role/app"));
    let resource = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "iam:*", "Resource": "*"}});
    set(&mut scenario, "/policies/resource", resource.clone());
    says(&scenario, "warnings", "R-EVL-8");
    let mut scenario = with("/request/resource", json!("*"));
    set(&mut scenario, "/policies/resource", resource);
    says(&scenario, "warnings", "has no policy in AWS");
    let mut scenario = with("/policies/rcp", json!([[{"Version": "2012-10-17", "Statement": []}]]));
    set(&mut scenario, "/request/action", json!("glacier:ListVaults"));
    says(&scenario, "warnings", "R-EVL-39");
    says(
        &with("/request/context", json!({"aws:PrincipalType": "User"})),
        "warnings",
        "`aws:PrincipalType` was given",
    );
    says(&with("/policies/identity", json!([{"Statement": 7}])), "warnings", "degraded");
    let session = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*",
        "Principal": {"AWS": "arn:aws:sts::111122223333:assumed-role/app/run"}}});
    says(&with("/policies/resource", session), "warnings", "session is not known");
}

#[test]
fn what_is_expected_is_compared() {
    let compared = |expect: Json| {
        let mut scenario = with("/expect", expect);
        set(&mut scenario, "/request/action", json!("s3:PutObject"));
        outcome(&scenario)
    };
    assert_eq!(compared(json!("denied"))["expected"], json!(true));
    assert_eq!(compared(json!("ExplicitlyDenied"))["expected"], json!(false));
    let coarse = json!({"decision": "ExplicitlyDenied", "precision": "allowed", "blocked_by": ["identity"]});
    assert_eq!(compared(coarse)["expected"], json!(true));
    let found = compared(json!({"decision": "Denied", "blocked_by": ["scp"], "size": 3}));
    assert_eq!(found["mismatch"], json!("blocked by identity instead of scp"));
    assert_eq!(found["warnings"], json!(["`expect.size` is not compared"]));
}

proptest! {
    /// A scenario is decided as its parts are, and as well where all its documents were read before.
    #[test]
    fn scenarios_are_decided_as_their_parts(
        identity in prop::collection::vec(policy(), 0..3),
        boundary in prop::collection::vec(policy(), 0..2),
        context in crate::generate::context(),
        recipe in recipe(),
    ) {
        let nothing = allow("s3:GetObject");
        let asked = request(identity.first().unwrap_or(&nothing), &recipe, context);
        let value = |value: &Value| match value {
            Value::Single(text) => json!(text),
            Value::Multi(items) => json!(items),
        };
        let context: Map<String, Json> =
            asked.context.iter().map(|(key, found)| (key.to_owned(), value(found))).collect();
        let scenario = json!({
            "request": {"principal": "arn:aws:iam::111111111111:user/alice", "action": asked.action.to_string(),
                "resource": asked.resource.to_string(), "resource_account": "111111111111", "context": context,
                "derive": false},
            "policies": {"identity": identity, "boundary": boundary},
        });
        let text = scenario.to_string();
        with_reader(|reader| {
            let first = reader.read(&text).unwrap();
            let again = reader.read(&text).unwrap();
            prop_assert_eq!(&first, &again);
            let parts = layers(&identity, &boundary);
            let expected = authorize(&parts, &first.request);
            let found = authorize(&first.layers, &first.request);
            prop_assert_eq!(found.decision, expected.decision);
            prop_assert_eq!(found.blocked_by, expected.blocked_by);
            let (one, two) = (first.outcome(&text, 1, reader), again.outcome(&text, 1, reader));
            prop_assert_eq!(&one.decision, &expected.decision.to_string());
            prop_assert_eq!(json!(one), json!(two));
            Ok(())
        })?;
    }
}

fn simulate(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_iamdb"))
        .arg("simulate")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

fn answers(output: &Output) -> Vec<Json> {
    let text = std::str::from_utf8(&output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Many lines, over several batches and threads, come out in their order; those that are no scenario in their place.
#[test]
fn order_and_bad_lines() {
    let line = |nth: usize| match nth % 10 {
        3 => "{\"request\": ".to_owned(),
        7 => "[1".to_owned(),
        _ => with("/name", json!(format!("{nth}"))).to_string(),
    };
    let input: Vec<String> = (0..3_000).map(line).collect();
    let output = simulate(&[], &input.join("\n"));
    assert_eq!(output.status.code(), Some(2));
    let answers = answers(&output);
    assert_eq!(answers.len(), 3_000);
    for (nth, answer) in answers.iter().enumerate() {
        match nth % 10 {
            3 | 7 => assert_eq!(
                (answer["line"].as_u64(), answer["error"]["path"].as_str()),
                (Some(nth as u64 + 1), Some("$"))
            ),
            _ => assert_eq!(
                (answer["name"].as_str(), answer["expected"].as_bool()),
                (Some(nth.to_string().as_str()), Some(true))
            ),
        }
    }
}

#[test]
fn exit_codes_and_expectations() {
    let line = good().to_string();
    let code = |arguments: &[&str], input: &str| simulate(arguments, input).status.code();
    assert_eq!(code(&[], &line), Some(0));
    assert_eq!(code(&[], ""), Some(0));
    assert_eq!(code(&["--expect", "denied"], &line), Some(1));
    assert_eq!(code(&["--expect", "allowed", "-"], &line), Some(0));
    assert_eq!(
        code(&["--expect", "Denied"], &format!("{line}\nnothing\n")),
        Some(2),
        "broken input outweighs"
    );
    assert_eq!(code(&["--expect", "perhaps"], &line), Some(2));
    assert_eq!(code(&["no-such-file.jsonl"], ""), Some(2));
}

/// One object over several lines, several of them, and an array; with the places that they have there.
#[test]
fn values_over_several_lines() {
    let (pretty, line) = (format!("{:#}", good()), good().to_string());
    for (input, most) in
        [(pretty.clone(), 1), (format!("{pretty}\n{pretty}"), 2), (format!("[{line},\n {pretty}]"), 2)]
    {
        let output = simulate(&[], &input);
        assert_eq!((output.status.code(), answers(&output).len()), (Some(0), most), "{input}");
    }
    let expected = pretty.lines().position(|line| line.contains("\"Statement\"")).unwrap() + 1;
    let answer = &answers(&simulate(&[], &format!("\n{pretty}")))[0];
    assert_eq!(answer["layers"]["identity"]["statements"][0]["line"], json!(expected + 1));
}

/// Whoever writes a line and waits gets its answer.
#[test]
fn answers_come_while_input_is_open() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_iamdb"))
        .arg("simulate")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    for _ in 0..3 {
        writeln!(stdin, "{}", good()).unwrap();
        let mut answer = String::new();
        stdout.read_line(&mut answer).unwrap();
        assert!(answer.contains("\"Allowed\""), "{answer}");
    }
    drop(stdin);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_reader_who_stops_reading_is_no_error() {
    let line = format!("{}\n", good());
    let mut child = Command::new(env!("CARGO_BIN_EXE_iamdb"))
        .arg("simulate")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    drop(child.stdout.take());
    let written = line.repeat(5_000);
    let writer = std::thread::spawn(move || drop(stdin.write_all(written.as_bytes())));
    let ended = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert_eq!((ended.status.code(), ended.stderr), (Some(0), Vec::new()));
}

proptest! {
    /// What is decided in brief is what the evaluator says, before and after the sets of the policies were made.
    #[test]
    fn brief_decisions_are_those_of_the_evaluator(
        identity in prop::collection::vec(policy(), 1..3),
        boundary in prop::collection::vec(policy(), 0..2),
        contexts in prop::collection::vec((crate::generate::context(), recipe()), 8),
    ) {
        with_reader(|reader| {
            for (context, recipe) in contexts.iter().cycle().take(ENOUGH) {
                let asked = request(&identity[0], recipe, context.clone());
                let mut scenario = good();
                set(&mut scenario, "/policies", json!({"identity": identity, "boundary": boundary}));
                let mut scenario = reader.read(&scenario.to_string()).unwrap();
                scenario.request = Request { caller: scenario.request.caller, ..asked };
                scenario.expect = None;
                let expected = authorize(&scenario.layers, &scenario.request).decision.to_string();
                prop_assert_eq!(scenario.brief(reader).decision, expected);
            }
            Ok(())
        })?;
    }

    /// The same through every layer and for every caller.
    #[test]
    fn brief_decisions_are_those_of_the_evaluator_through_every_layer(text in crate::layers::text()) {
        with_reader(|reader| {
            let scenario = reader.read(&text).unwrap();
            let expected = authorize(&scenario.layers, &scenario.request).decision.to_string();
            for _ in 0..ENOUGH {
                prop_assert_eq!(&scenario.brief(reader).decision, &expected);
            }
            Ok(())
        })?;
    }
}
