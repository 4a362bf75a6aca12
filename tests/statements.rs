//! What single statements come to, and policies made smaller: whatever is left out changes no decision.

use iamdb::algebra::Budget;
use iamdb::analysis::{Analysis, Finding, Part, Subject, Superfluous, Tested, alone};
use iamdb::catalog::Catalog;
use iamdb::compile::Typing;
use iamdb::eval::{Decision, condition_holds};
use iamdb::layers::StatementRef;
use iamdb::policy::{Effect, PolicyType, size};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value as Json, json};

use crate::agree::closed_context;
use crate::asking::{SOME_WORK, decide, layer_policy, layers};
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

/// A thousand statements, each about a bucket of its own and one about what another is about, are told in the time that a
/// policy has as a whole: what each has in common with the others is not the policy once more.
#[test]
fn many_statements_cost_little_more_than_few() {
    let catalog = Catalog::embedded();
    let bucket = |nth: usize| allow("s3:GetObject", &format!("arn:aws:s3:::bucket-{nth:04}/*"));
    let mut statements: Vec<Json> = (0..1000).map(bucket).collect();
    statements.push(allow("s3:GetObject", "arn:aws:s3:::bucket-0007/reports/*"));
    let policy = json!({"Version": "2012-10-17", "Statement": statements});
    let mut analysis = Analysis::new(&catalog, Typing::Typed, SOME_WORK);
    let found = analysis.superfluous(&identity(&policy)).unwrap();
    let by = |finding: &Finding| -> Vec<usize> { finding.by.iter().map(|of| of.position).collect() };
    let found: Vec<_> = found.iter().map(|finding| (finding.statement.position, by(finding))).collect();
    assert_eq!(found, [(1000, vec![7])]);
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

/// The generator makes conditions of each kind, or the law about them would say nothing.
#[test]
fn conditions_that_change_nothing_are_made() {
    let mut runner = TestRunner::deterministic();
    let catalog = Catalog::embedded();
    let mut found = [0; 3];
    for _ in 0..300 {
        let policy = policy().new_tree(&mut runner).unwrap().current();
        let read = layer_policy(&policy.to_string(), PolicyType::Identity);
        let mut analysis = Analysis::new(&catalog, Typing::Typed, Budget::default());
        for (_, tested) in analysis.tested(&read).unwrap() {
            found[match tested {
                Tested::Never(_) => 0,
                Tested::Always(_) => 1,
                Tested::NeverTogether => 2,
            }] += 1;
        }
    }
    assert!(found.iter().all(|times| *times >= 2), "{found:?}");
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

    /// A condition that is said to hold never or always does so in each request that its statement would be about.
    #[test]
    fn what_is_said_of_conditions_holds(policy in policy(), recipes in prop::collection::vec((recipe(), context()), 8)) {
        let catalog = Catalog::embedded();
        let mut analysis = Analysis::new(&catalog, Typing::Typed, Budget::default());
        let read = layer_policy(&policy.to_string(), PolicyType::Identity);
        let tested = analysis.tested(&read).unwrap();
        for (recipe, context) in recipes {
            let mut request = request(&policy, &recipe, context);
            let layers = layers(std::slice::from_ref(&policy), &[]);
            request.context = closed_context(&request.context, &[&layers]);
            for &(position, tested) in &tested {
                let statement = &read.statements()[position];
                let written = &policy["Statement"];
                let mut bare = written.get(statement.index).unwrap_or(written).clone();
                bare.as_object_mut().unwrap().remove("Condition");
                bare["Effect"] = json!("Allow");
                let bare = json!({"Version": policy["Version"], "Statement": bare});
                if decide(&bare, &request) != Decision::Allowed {
                    continue;
                }
                let holds = |nth: usize| condition_holds(&statement.conditions[nth], &request.context);
                let is_so = match tested {
                    Tested::Never(nth) => !holds(nth),
                    Tested::Always(nth) => holds(nth),
                    Tested::NeverTogether => !(0..statement.conditions.len()).all(holds),
                };
                prop_assert!(is_so, "{:?} of statement {} of {} for {:?}", tested, position, policy, request);
            }
        }
    }

    /// Without a statement that could be left out a policy means the same, and what covers it covers it by itself.
    #[test]
    fn what_could_be_left_out_changes_nothing(policy in policy(), copied in any::<prop::sample::Index>()) {
        let catalog = Catalog::embedded();
        let mut statements = policy["Statement"].as_array().cloned().unwrap_or_else(|| vec![policy["Statement"].clone()]);
        let mut copy = statements[copied.index(statements.len())].clone();
        copy.as_object_mut().unwrap().remove("Sid");
        statements.push(copy);
        let of = |statements: Vec<Json>| identity(&json!({"Version": policy["Version"], "Statement": statements}));
        let whole = of(statements.clone());
        let mut analysis = Analysis::new(&catalog, Typing::Typed, Budget::default());
        let index = |of: StatementRef| whole.situations[0].layers.statement(of).unwrap().index;
        for Finding { statement, what, by, .. } in analysis.superfluous(&whole).unwrap() {
            let mut without = statements.clone();
            without.remove(index(statement));
            prop_assert!(analysis.is_equivalent(&whole, &of(without), &Part::default()).unwrap());
            if matches!(what, Superfluous::Redundant | Superfluous::Shadowed) {
                let own = &statements[index(statement)];
                // What a Deny takes away shows only where something is allowed.
                let all = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
                let base = (statement.effect == Effect::Deny).then_some(all);
                let by: Vec<Json> =
                    base.into_iter().chain(by.into_iter().map(|of| statements[index(of)].clone())).collect();
                // How keys are used says what kind they are of: all uses stay, about nothing else.
                let used = statements.iter().cloned().map(|mut statement| {
                    let of = statement.as_object_mut().unwrap();
                    of.remove("NotAction");
                    of.insert("Action".to_owned(), json!("none:Such"));
                    statement
                });
                let by: Vec<Json> = by.into_iter().chain(used).collect();
                let with_own = of(by.iter().chain([own]).cloned().collect());
                prop_assert!(analysis.is_equivalent(&of(by), &with_own, &Part::default()).unwrap());
            }
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
