//! The custom checks of Access Analyzer (R-AA-20 to R-AA-26).

use std::fs;
use std::path::Path;
use std::sync::Arc;

use iamdb::algebra::Budget;
use iamdb::analysis::{Analysis, Part, Subject, alone, outsiders};
use iamdb::catalog::Catalog;
use iamdb::compile::Typing;
use iamdb::layers::LayerDocument;
use iamdb::policy::{Parsed, PolicyType, ResourceService, Selector, parse, parse_reference};
use serde_json::{Value as Json, json};

use crate::asking::layer_policy;

fn identity(statements: &Json) -> Subject {
    let policy = json!({"Version": "2012-10-17", "Statement": statements});
    alone(vec![layer_policy(&policy.to_string(), PolicyType::Identity)], PolicyType::Identity)
}

/// The statements that are blamed, by position.
fn blamed(new: &Subject, old: Option<&Subject>, part: &Part) -> Vec<usize> {
    let catalog = Catalog::embedded();
    let mut analysis = Analysis::new(&catalog, Typing::Typed, Budget::default());
    let blamed = analysis.blamed(new, old, part).unwrap();
    assert!(blamed.iter().all(|blamed| blamed.witness.is_some()));
    blamed.iter().map(|blamed| blamed.statement.position).collect()
}

fn actions(actions: &[&str]) -> Part {
    let policy = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": actions, "Resource": "*"}});
    let parsed = parse(&policy.to_string(), PolicyType::Identity);
    let Selector::In(actions) = parsed.policy.statements[0].action.clone() else { panic!("no actions") };
    Part { actions, ..Part::default() }
}

/// V39 and the examples of R-AA-22, R-AA-23.
#[test]
fn new_access_is_blamed_on_the_allow() {
    let all = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"});
    let deny = json!({"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"});
    let get = json!({"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::b/*"});
    let one = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"});
    let mut from_here = one.clone();
    from_here["Condition"] = json!({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}});
    let check = |new: Json, old: Json| blamed(&identity(&new), Some(&identity(&old)), &Part::default());
    assert_eq!(check(json!([all]), json!([all, deny])), [0]);
    assert_eq!(check(json!([one]), json!([get])), [0; 0]);
    assert_eq!(check(json!([one]), json!([from_here])), [0]);
    assert_eq!(check(json!([from_here]), json!([one])), [0; 0]);
    assert_eq!(check(json!([one, all]), json!([one])), [1]);
}

/// A reference may name roles by a pattern (R-AA-22); what else has a wildcard in a principal is refused there, too.
#[test]
fn a_reference_names_roles_by_patterns() {
    let bucket = PolicyType::Resource(ResourceService::Other);
    let role = |name: &str| format!("arn:aws:iam::111111111111:role/{name}");
    let text = |element: &str, principals: &[String]| {
        let statement = json!({"Effect": "Allow", element: {"AWS": principals}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"});
        json!({"Version": "2012-10-17", "Statement": statement}).to_string()
    };
    let subject = |text: &str, parsed: Parsed| {
        let mut policy = layer_policy(text, bucket);
        policy.document = Some(Arc::new(LayerDocument { text: text.to_owned(), parsed }));
        alone(vec![policy], bucket)
    };
    let reference = text("Principal", &[role("ci-*"), role("team/*"), role("web")]);
    assert_eq!(parse(&reference, bucket).errors().count(), 2);
    let parsed = parse_reference(&reference, bucket);
    assert_eq!(parsed.errors().count(), 0);
    let reference = subject(&reference, parsed);
    let is_new = |principal: &str| {
        let text = text("Principal", &[principal.to_owned()]);
        !blamed(&subject(&text, parse(&text, bucket)), Some(&reference), &Part::default()).is_empty()
    };
    for name in ["ci-deploy", "team/ci", "web"] {
        assert!(!is_new(&role(name)), "{name}");
    }
    // It may be one of a role with another path.
    assert!(is_new("arn:aws:sts::111111111111:assumed-role/ci-deploy/run"));
    for name in ["deploy-ci-", "ci", "web2"] {
        assert!(is_new(&role(name)), "{name}");
    }
    for other in [
        "arn:aws:iam::222222222222:role/ci-deploy",
        "arn:aws:iam::111111111111:user/ci-deploy",
        "111111111111",
    ] {
        assert!(is_new(other), "{other}");
    }
    let user = "arn:aws:iam::111111111111:user/*".to_owned();
    for refused in [text("NotPrincipal", &[role("ci-*")]), text("Principal", &[user])] {
        assert_eq!(parse_reference(&refused, bucket).errors().count(), 1, "{refused}");
    }
}

/// V40: a condition that can be met is a grant (R-AA-24).
#[test]
fn access_under_a_condition_is_granted() {
    let statement = json!({"Effect": "Allow", "Action": "s3:Delete*", "Resource": "*",
        "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}});
    assert_eq!(blamed(&identity(&json!([statement])), None, &actions(&["s3:DeleteBucket"])), [0]);
    assert_eq!(blamed(&identity(&json!([statement])), None, &actions(&["s3:Get*"])), [0; 0]);
    let deny = json!({"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"});
    let both = identity(&json!([statement, deny]));
    assert_eq!(blamed(&both, None, &actions(&["s3:DeleteBucket"])), [0; 0]);
    assert_eq!(blamed(&both, None, &actions(&["s3:Delete*"])), [0]);
}

fn of_anyone(policy: &Json) -> Subject {
    let policy_type = PolicyType::Resource(ResourceService::Other);
    alone(vec![layer_policy(&policy.to_string(), policy_type)], policy_type)
}

fn is_public(policy: &Json) -> bool {
    outsiders(&of_anyone(policy)).iter().any(|outsider| !blamed(outsider, None, &Part::default()).is_empty())
}

/// R-AA-25: a stranger gets in, or not.
#[test]
fn strangers() {
    let with = |effect: &str, condition: Json| {
        json!({"Effect": effect, "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*",
            "Condition": condition})
    };
    let policy = |statements: Json| json!({"Version": "2012-10-17", "Statement": statements});
    let allow = |condition: Json| policy(json!([with("Allow", condition)]));
    assert!(is_public(&allow(json!({}))));
    assert!(is_public(&allow(json!({"StringLike": {"aws:PrincipalOrgID": "o-*"}}))));
    assert!(is_public(&allow(json!({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}))));
    assert!(is_public(&allow(json!({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}))));
    assert!(is_public(&allow(json!({"StringEquals": {"sts:ExternalId": "x"}}))));
    assert!(!is_public(&allow(json!({"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}))));
    assert!(!is_public(&allow(json!({"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}}))));
    let not_ours = json!({"StringNotEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}});
    assert!(!is_public(&policy(json!([with("Allow", json!({})), with("Deny", not_ours)]))));
    let not_here = json!({"NotIpAddress": {"aws:SourceIp": "198.51.100.0/24"}});
    assert!(!is_public(&policy(json!([with("Allow", json!({})), with("Deny", not_here)]))));
    // Semantics 5.2: who sends no credentials has no key of signed requests.
    let perimeter = json!({"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-abcdefghij"},
        "BoolIfExists": {"aws:PrincipalIsAWSService": "false", "aws:ViaAWSService": "false"}});
    let ours_only = policy(json!([with("Allow", json!({})), with("Deny", perimeter)]));
    let without_credentials = |subject: &Subject| subject.knowledge.is_absent("aws:PrincipalIsAWSService");
    let subject = of_anyone(&ours_only);
    let unsigned = outsiders(&subject).into_iter().filter(without_credentials);
    assert!(unsigned.map(|of| blamed(&of, None, &Part::default())).all(|blamed| blamed.is_empty()));
    let mut named = with("Allow", json!({}));
    named["Principal"] = json!({"AWS": "222222222222"});
    assert!(!is_public(&policy(json!([named]))));
    named["Principal"] = json!({"Service": "sns.amazonaws.com"});
    assert!(!is_public(&policy(json!([named]))));
}

/// R-EVL-53: who is anonymous has an account and an id of that name, and no other.
#[test]
fn nobody_is_a_stranger() {
    let allow = |condition: Json| {
        let statement = json!({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::b/*", "Condition": condition});
        json!({"Version": "2012-10-17", "Statement": statement})
    };
    for key in ["aws:PrincipalAccount", "aws:userid"] {
        assert!(is_public(&allow(json!({"StringEquals": {key: "anonymous"}}))), "{key}");
        assert!(is_public(&allow(json!({"StringEquals": {key: ["111111111111", "anonymous"]}}))), "{key}");
        assert!(!is_public(&allow(json!({"StringEquals": {key: ["111111111111"]}}))), "{key}");
    }
    let both =
        json!({"StringEquals": {"aws:PrincipalAccount": "anonymous", "aws:PrincipalOrgID": "o-abcdefghij"}});
    assert!(!is_public(&allow(both)));
}

/// R-CND-14: a positive test without values never holds.
#[test]
fn a_test_without_values_lets_nobody_in() {
    for condition in [
        json!({"IpAddress": {"aws:SourceIp": []}}),
        json!({"StringEquals": {"aws:PrincipalOrgID": []}}),
        json!({"StringLike": {"aws:PrincipalArn": []}}),
    ] {
        let statement = json!({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::b/*", "Condition": condition});
        assert!(!is_public(&json!({"Version": "2012-10-17", "Statement": statement})), "{condition}");
    }
}

/// R-AA-25: a trust policy is public where anyone can have a token that it takes.
#[test]
fn strangers_with_a_token() {
    let is_public = |provider: &str, condition: Json| {
        let statement = json!({"Effect": "Allow", "Principal": {"Federated": provider},
            "Action": "sts:AssumeRoleWithWebIdentity", "Condition": condition});
        let policy = json!({"Version": "2012-10-17", "Statement": statement});
        let subject = alone(vec![layer_policy(&policy.to_string(), PolicyType::Trust)], PolicyType::Trust);
        outsiders(&subject).iter().any(|outsider| !blamed(outsider, None, &Part::default()).is_empty())
    };
    let key = |claim: &str| format!("token.actions.githubusercontent.com:{claim}");
    let github = "arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com";
    let aud = json!({"StringEquals": {key("aud"): "sts.amazonaws.com"}});
    assert!(is_public(github, json!({})));
    assert!(is_public(github, aud.clone()));
    for open in ["*", "repo:*", "repo:*/deploy:ref:refs/heads/main", "repo:octo*/app:*"] {
        assert!(is_public(github, json!({"StringLike": {key("sub"): open}})), "{open}");
        assert!(is_public(github, json!({"StringLike": {key("sub"): ["repo:octo/app:*", open]}})), "{open}");
    }
    for ours in ["repo:octo/*", "repo:octo/app:ref:refs/heads/main"] {
        let mut both = aud.clone();
        both["StringLike"] = json!({key("sub"): ours});
        assert!(!is_public(github, both), "{ours}");
    }
    assert!(!is_public(github, json!({"StringEquals": {key("repository_owner"): "octo"}})));
    assert!(is_public(github, json!({"StringNotLike": {key("sub"): "repo:octo/*"}})));
    assert!(is_public(github, json!({"StringLikeIfExists": {key("environment"): "production"}})));

    let cognito = "cognito-identity.amazonaws.com";
    let pool = json!({"StringEquals": {"cognito-identity.amazonaws.com:aud": "us-east-1:0-1-2"}});
    let amr = json!({"ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"}});
    assert!(is_public(cognito, json!({})));
    assert!(is_public(cognito, amr));
    assert!(!is_public(cognito, pool));
    assert!(!is_public("arn:aws:iam::111111111111:oidc-provider/idp.example.com", json!({})));
    assert!(!is_public("arn:aws:iam::111111111111:saml-provider/ours", json!({})));
}

/// The cases of the corpus, where it is there.
#[test]
fn public_policies_of_the_corpus() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/lint/public_policy.jsonl");
    let Ok(text) = fs::read_to_string(&path) else {
        eprintln!("skipped: {} is not there", path.display());
        return;
    };
    // R-EVL-62: every session of a role is no fixed caller.
    let excused = "userid fixed prefix wildcard session suffix is non-public";
    let mut wrong = Vec::new();
    for line in text.lines() {
        let case: Json = serde_json::from_str(line).unwrap();
        let is_right = Some(is_public(&case["policy"])) == case["expect"]["public"].as_bool();
        if is_right == (case["name"] == excused) {
            wrong.push(format!("{} {}", case["name"], case["policy"]));
        }
    }
    assert!(wrong.is_empty(), "{}: {wrong:#?}", wrong.len());
}
