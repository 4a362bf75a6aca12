//! What single statements come to, and policies made smaller: whatever is left out changes no decision.

use iamdb::algebra::Budget;
use iamdb::analysis::{Analysis, Part, Subject, Superfluous, alone};
use iamdb::catalog::Catalog;
use iamdb::compile::Typing;
use iamdb::eval::Decision;
use iamdb::policy::{PolicyType, size};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use crate::agree::closed_context;
use crate::asking::{decide, layer_policy, layers};
use crate::generate::{context, policy, recipe, request};

fn identity(policy: &Json) -> Subject {
    alone(vec![layer_policy(&policy.to_string(), PolicyType::Identity)], PolicyType::Identity)
}

fn minimized(policy: &Json, catalog: &Catalog) -> Json {
    let mut analysis = Analysis::new(catalog, Typing::Typed, Budget::default());
    let minimized = analysis.minimize(&policy.to_string(), PolicyType::Identity).unwrap();
    assert_eq!(minimized.size, size(&minimized.text));
    serde_json::from_str(&minimized.text).unwrap()
}

fn what(statements: &[Json]) -> Vec<(usize, Superfluous)> {
    let policy = json!({"Version": "2012-10-17", "Statement": statements});
    let catalog = Catalog::embedded();
    let mut analysis = Analysis::new(&catalog, Typing::Typed, Budget::default());
    let found = analysis.superfluous(&identity(&policy)).unwrap();
    found.into_iter().map(|finding| (finding.statement.position, finding.what)).collect()
}

fn allow(action: &str, resource: &str) -> Json {
    json!({"Effect": "Allow", "Action": action, "Resource": resource})
}

fn deny(action: &str, resource: &str) -> Json {
    json!({"Effect": "Deny", "Action": action, "Resource": resource})
}

#[test]
fn what_a_statement_comes_to() {
    use Superfluous::{Redundant, Shadowed, Vacuous, Voided};
    let never = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*",
        "Condition": {"StringEquals": {"aws:username": []}}});
    assert_eq!(what(&[allow("s3:*", "*"), never]), [(1, Vacuous)]);
    assert_eq!(what(&[allow("s3:Get*", "*"), allow("s3:GetObject", "*")]), [(1, Redundant)]);
    assert_eq!(what(&[allow("s3:Get*", "*"), allow("iam:*", "*"), deny("s3:*", "*")]), [(0, Shadowed)]);
    assert_eq!(what(&[allow("s3:*", "*"), deny("ec2:*", "*")]), [(1, Voided)]);
    assert_eq!(what(&[allow("s3:*", "*"), deny("s3:Put*", "*")]), []);
}

/// One is covered by two together, of which neither does it alone.
#[test]
fn a_statement_is_covered_by_several() {
    let conditional = |value: &str| {
        json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*",
            "Condition": {"Bool": {"aws:SecureTransport": value}}})
    };
    let all = [conditional("true"), conditional("false"), allow("s3:Get*", "*")];
    assert_eq!(what(&all), [(2, Superfluous::Redundant)]);
}

#[test]
fn a_policy_is_made_smaller() {
    let catalog = Catalog::embedded();
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Sid": "One", "Effect": "Allow", "Action": ["s3:GetObject", "s3:Get*"], "Resource": ["arn:aws:s3:::b/*", "arn:aws:s3:::b/x"]},
        {"Sid": "Two", "Effect": "Allow", "Action": "s3:PutObject", "Resource": ["arn:aws:s3:::b/*"]},
        {"Sid": "Three", "Effect": "Allow", "Action": "s3:GetObjectAcl", "Resource": "arn:aws:s3:::b/y"},
    ]});
    let expected = json!({"Version": "2012-10-17", "Statement":
        {"Effect": "Allow", "Action": ["s3:Get*", "s3:PutObject"], "Resource": "arn:aws:s3:::b/*"}});
    assert_eq!(minimized(&policy, &catalog), expected);
}

/// R-GRM-4: an operator may stand twice, spelled differently, which JSON of its own spelling could not say.
#[test]
fn what_cannot_be_printed_stays_as_it_is() {
    let catalog = Catalog::embedded();
    let policy = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*",
        "Condition": {"StringLike": {"s3:prefix": "a*"}, "stringlike": {"s3:prefix": "*b"}}}});
    assert_eq!(minimized(&policy, &catalog), policy);
}

proptest! {
    /// A smaller policy decides as the policy that it was made of.
    #[test]
    fn a_smaller_policy_decides_alike(policy in policy(), recipes in prop::collection::vec((recipe(), context()), 8)) {
        let catalog = Catalog::embedded();
        let smaller = minimized(&policy, &catalog);
        for (recipe, context) in recipes {
            let mut request = request(&policy, &recipe, context);
            let layers = layers(std::slice::from_ref(&policy), &[]);
            request.context = closed_context(&request.context, &[&layers]);
            prop_assert_eq!(decide(&policy, &request), decide(&smaller, &request), "{} became {}", policy, smaller);
        }
    }

    /// Nothing is left of the empty difference, and nothing is in the policy without statements.
    #[test]
    fn no_statement_allows_nothing(policy in policy()) {
        let catalog = Catalog::embedded();
        let mut analysis = Analysis::new(&catalog, Typing::Typed, Budget::default());
        let none = json!({"Version": "2012-10-17", "Statement": []});
        let part = Part::default();
        let nothing = analysis.diff(&identity(&none), &identity(&policy), &part).unwrap();
        let effective = analysis.effective(&identity(&policy), &part).unwrap();
        prop_assert_eq!(nothing.gained.len(), effective.clauses.len());
        prop_assert!(nothing.lost.is_empty());
        for clause in &effective.clauses {
            let Some(witness) = &clause.witness else { continue };
            prop_assert_eq!(witness.allowing.decision, Decision::Allowed);
        }
    }
}
