//! Differences of policies: each clause has a witness that the evaluator decided on both sides, and the clauses are all
//! of the difference.

use std::fs;
use std::path::{Path, PathBuf};

use iamdb::algebra::Budget;
use iamdb::analysis::{Analysis, Diff, Part, Subject, Verdict, alone};
use iamdb::caller::Caller;
use iamdb::catalog::Catalog;
use iamdb::compile::{Callers, Typing};
use iamdb::policy::{PolicyType, ResourceService};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use crate::asking::layer_policy;
use crate::fuzzed::diff::mirrored;
use crate::generate::policy;

fn identity(policy: &str) -> Subject {
    alone(vec![layer_policy(policy, PolicyType::Identity)], PolicyType::Identity)
}

fn compared(old: &str, new: &str, catalog: &Catalog) -> Diff {
    let mut analysis = Analysis::new(catalog, Typing::Typed, Budget::default());
    analysis.diff(&identity(old), &identity(new), &Part::default()).unwrap()
}

proptest! {
    /// Old to new is new to old with gained and lost exchanged; and a policy does not differ from itself.
    #[test]
    fn a_difference_has_two_directions(old in policy(), new in policy()) {
        let catalog = Catalog::embedded();
        let (old, new) = (old.to_string(), new.to_string());
        let there = compared(&old, &new, &catalog);
        let back = compared(&new, &old, &catalog);
        prop_assert_eq!(there.verdict, mirrored(back.verdict));
        prop_assert_eq!(there.gained.len() , back.lost.len());
        prop_assert_eq!(compared(&old, &old, &catalog).verdict, Verdict::Equivalent);
    }

    /// Every clause is told exactly.
    #[test]
    fn clauses_are_exact(old in policy(), new in policy()) {
        let catalog = Catalog::embedded();
        let diff = compared(&old.to_string(), &new.to_string(), &catalog);
        for clause in diff.gained.iter().chain(&diff.lost) {
            prop_assert!(clause.is_exact, "{:#?}", clause);
        }
    }
}

/// R-VAR-7, R-EVL-76: a key of several values gives none to a variable, even where a condition makes it one text.
#[test]
fn a_list_that_is_related_to_a_variable_stays_a_list() {
    let on = "arn:aws:s3:::b${t:String,'a:b}*'}";
    let allow = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": on,
        "Condition": {"StringEquals": {"t:String": "${aws:username}"}}});
    let deny = json!({"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b",
        "Condition": {"ForAllValues:StringEquals": {"t:String": []}}});
    let both = json!({"Version": "2012-10-17", "Statement": [allow, deny]});
    let one = json!({"Version": "2012-10-17", "Statement": [deny]});
    let diff = compared(&both.to_string(), &one.to_string(), &Catalog::embedded());
    assert_eq!(diff.verdict, Verdict::Narrower);
}

/// A key that is a variable of one statement has in a witness of another what that one wants.
#[test]
fn a_variable_of_one_statement_is_a_condition_of_another() {
    let own = json!({"Effect": "Allow", "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::b/${aws:PrincipalTag/team}"});
    let red = json!({"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/${aws:username}",
        "Condition": {"StringEquals": {"aws:PrincipalTag/team": "red"}}});
    let both = json!({"Version": "2012-10-17", "Statement": [own, red]});
    let one = json!({"Version": "2012-10-17", "Statement": [own]});
    let diff = compared(&both.to_string(), &one.to_string(), &Catalog::embedded());
    assert_eq!(diff.verdict, Verdict::Narrower);
}

/// Semantics 5.2: who is anonymous has no ARN, so a Deny of those without one denies somebody.
#[test]
fn not_everyone_has_an_arn() {
    let catalog = Catalog::embedded();
    let policy_type = PolicyType::Resource(ResourceService::ResourceRequired);
    let subject = |more: &str| {
        let allow =
            r#"{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}"#;
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{allow}{more}]}}"#);
        alone(vec![layer_policy(&text, policy_type)], policy_type)
    };
    let deny = r#",{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b/*",
        "Condition":{"Null":{"aws:PrincipalArn":"true"}}}"#;
    let mut analysis = Analysis::new(&catalog, Typing::Typed, Budget::default());
    let diff = analysis.diff(&subject(deny), &subject(""), &Part::default()).unwrap();
    assert_eq!(diff.verdict, Verdict::Wider);
    let callers: Vec<_> = diff.gained.iter().filter_map(|clause| clause.example()).collect();
    assert!(callers.iter().all(|request| request.context.get("aws:PrincipalArn").is_none()));
}

/// R-EVL-51: what no statement allows is a difference all the same.
#[test]
fn a_user_may_have_a_session_token_and_a_role_may_not() {
    let catalog = Catalog::embedded();
    let subject = |arn: &str| Subject {
        callers: Callers::One(Caller::parse(arn).unwrap()),
        ..identity(r#"{"Version":"2012-10-17","Statement":[]}"#)
    };
    let (user, role) = ("arn:aws:iam::111122223333:user/a", "arn:aws:iam::111122223333:role/a");
    let mut analysis = Analysis::new(&catalog, Typing::Typed, Budget::default());
    let diff = analysis.diff(&subject(role), &subject(user), &Part::default()).unwrap();
    assert_eq!(diff.verdict, Verdict::Wider);
    let examples: Vec<String> = diff
        .gained
        .iter()
        .filter_map(|clause| clause.example())
        .map(|request| request.action.to_string())
        .collect();
    assert_eq!(examples, ["sts:getsessiontoken"]);
}

/// What the corpus says of two policies, as verdicts that may be right.
fn verdicts(relation: &Json) -> Option<&'static [Verdict]> {
    use Verdict::{Both, Equivalent, Narrower, Wider};
    Some(match relation.as_str()? {
        "equivalent" => &[Equivalent],
        "p1_subset_p2" => &[Wider],
        "p1_superset_p2" => &[Narrower],
        "p1_subset_or_equal_p2" => &[Wider, Equivalent],
        "p1_superset_or_equal_p2" => &[Narrower, Equivalent],
        "incomparable" => &[Both],
        other => panic!("unknown relation {other}"),
    })
}

fn corpus(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus").join(folder);
    let Ok(entries) = fs::read_dir(&folder) else {
        eprintln!("skipped: {} is not there", folder.display());
        return Vec::new();
    };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// The real version pairs: none runs out of budget, the verdict is the known one, and every clause is exact and has its
/// witness.
#[test]
fn the_pairs_of_versions_have_witnesses() {
    let catalog = Catalog::embedded();
    let mut wrong = Vec::new();
    for path in corpus("pairs").into_iter().filter(|path| path.is_dir()) {
        let read = |name: &str| fs::read_to_string(path.join(name)).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let start = std::time::Instant::now();
        let mut analysis = Analysis::new(&catalog, Typing::Typed, Budget::default());
        let diff =
            match analysis.diff(&identity(&read("old.json")), &identity(&read("new.json")), &Part::default())
            {
                Ok(diff) => diff,
                Err(error) => {
                    wrong.push(format!("{name}: {error}"));
                    continue;
                }
            };
        if start.elapsed().as_millis() > 300 {
            eprintln!("{name} {:?}", start.elapsed());
        }
        let meta: Json = serde_json::from_str(&read("meta.json")).unwrap();
        if verdicts(&meta["relation"]).is_some_and(|known| !known.contains(&diff.verdict)) {
            wrong.push(format!("{name}: {:?}, but {}", diff.verdict, meta["relation"]));
        }
        for clause in diff.gained.iter().chain(&diff.lost) {
            if clause.witness.is_none() || !clause.is_exact {
                wrong.push(format!(
                    "{name}: {:?} {} {}",
                    clause.cause,
                    clause.is_exact,
                    clause.witness.is_some()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}: {wrong:#?}", wrong.len());
}

/// A Deny with `NotPrincipal` that others call needless denies those with a permissions boundary.
const BOUNDED: &str = "R-PRN-9: whoever has a permissions boundary is not spared";

/// Cases that expect another verdict, and the rule by which ours is right.
const WRONG: [(&str, &str); 9] = [
    ("s3_policy_for_lambda_function/policy1/0_1.json", BOUNDED),
    ("s3_policy_for_lambda_function/policy1/1_1.json", BOUNDED),
    ("s3_policy_for_lambda_function/policy1/2_1.json", BOUNDED),
    ("s3_policy_for_lambda_function/policy1/3_1.json", BOUNDED),
    ("s3_policy_for_lambda_function/policy1/3_3.json", BOUNDED),
    (
        "allowlist-account-principals candidate at line 68",
        "R-EVL-20: a grant to a principal of the account itself needs no identity policy",
    ),
    (
        "allowlist-federated-access-oidc candidate at line 119",
        "R-GRM-25: `*` under `Federated` never matches",
    ),
    (
        "allowlist-federated-access-saml candidate at line 120",
        "R-GRM-25: `*` under `Federated` never matches",
    ),
    ("iam_specify_all_users_in_account_bucket_policy", "R-GRM-23: an account id has twelve digits"),
];

/// Pairs of policies whose relation is known.
#[test]
fn known_differences() {
    let catalog = Catalog::embedded();
    let mut wrong = Vec::new();
    let mut count = 0;
    for path in corpus("diffs") {
        for line in fs::read_to_string(path).unwrap().lines() {
            let case: Json = serde_json::from_str(line).unwrap();
            let policy_type = match case["policy_type"].as_str().unwrap_or("identity") {
                "trust" => PolicyType::Trust,
                "resource" => PolicyType::Resource(ResourceService::Other),
                _ => PolicyType::Identity,
            };
            let subject =
                |policy: &Json| alone(vec![layer_policy(&policy.to_string(), policy_type)], policy_type);
            let mut analysis = Analysis::new(&catalog, Typing::Typed, Budget::default());
            let diff = match analysis.diff(&subject(&case["p1"]), &subject(&case["p2"]), &Part::default()) {
                Ok(diff) => diff,
                Err(error) => {
                    wrong.push(format!("{}: {error}", case["name"]));
                    continue;
                }
            };
            count += 1;
            let expect = &case["expect"];
            if WRONG.iter().any(|(name, _)| case["name"].as_str().unwrap().contains(name)) {
                continue;
            }
            let relation = verdicts(&expect["relation"]);
            let no_new = expect["no_new_access"].as_bool();
            let gains = matches!(diff.verdict, Verdict::Wider | Verdict::Both);
            if relation.is_some_and(|known| !known.contains(&diff.verdict)) || no_new == Some(gains) {
                wrong.push(format!("{}: {:?}, but {expect}", case["name"], diff.verdict));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count}: {wrong:#?}", wrong.len());
}
