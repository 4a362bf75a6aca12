//! Laws of the sets of policies: what order, more statements and more layers do to them, and that a difference told in
//! clauses is the difference (laws of sets of requests; semantics 0.5, R-EVL-2, R-EVL-35, R-EVL-72).

use iamdb::algebra::{Budget, Set};
use iamdb::analysis::{Analysis, Clause, Entries, Part, Side, StatementBox, Subject, Verdict, alone};
use iamdb::catalog::Catalog;
use iamdb::compile::{Compiler, Typing, holder};
use iamdb::eval::{Decision, Fit, authorize, fit};
use iamdb::layers::{LayerPolicy, Level, PolicyLayers};
use iamdb::policy::{PolicyType, Selector, Statement};
use iamdb::request::Request;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use crate::agree::{closed_context, compiler_for};
use crate::asking::layer_policy;
use crate::generate::{context, policy, recipe, request, statement};

fn identity(policy: &Json) -> LayerPolicy {
    layer_policy(&policy.to_string(), PolicyType::Identity)
}

fn of(identity: &[&Json]) -> PolicyLayers {
    PolicyLayers {
        identity: identity.iter().map(|policy| self::identity(policy)).collect(),
        ..PolicyLayers::default()
    }
}

/// The sets of several stacks, in one arena.
fn sets(stacks: &[&PolicyLayers]) -> (Compiler, Vec<Set>) {
    let mut compiler = compiler_for(stacks);
    let sets = stacks.iter().map(|layers| compiler.layers(layers).unwrap().allowed).collect();
    (compiler, sets)
}

fn statements(policy: &Json) -> Vec<Json> {
    match &policy["Statement"] {
        Json::Array(statements) => statements.clone(),
        one => vec![one.clone()],
    }
}

fn with(policy: &Json, statements: Vec<Json>) -> Json {
    let mut changed = policy.clone();
    changed["Statement"] = Json::Array(statements);
    changed
}

proptest! {
    /// 0.5: order and duplicates of statements do not matter, nor does how they are put into policies.
    #[test]
    fn order_and_number_do_not_matter(policy in policy(), seed in any::<prop::sample::Index>()) {
        let mut shuffled = statements(&policy);
        let first = shuffled.remove(seed.index(shuffled.len()));
        shuffled.push(first.clone());
        shuffled.insert(0, first.clone());
        let (_, found) = sets(&[&of(&[&policy]), &of(&[&with(&policy, shuffled)]), &of(&[&policy, &with(&policy, vec![first])])]);
        prop_assert_eq!(found[0], found[1]);
        prop_assert_eq!(found[0], found[2]);
    }

    /// R-EVL-2: an Allow more never removes, a Deny more never adds.
    #[test]
    fn statements_are_monotone(policy in policy(), more in statement()) {
        let mut longer = statements(&policy);
        longer.push(more.clone());
        let (mut compiler, found) = sets(&[&of(&[&policy]), &of(&[&with(&policy, longer)])]);
        let (small, large) = if more["Effect"] == "Allow" { (found[0], found[1]) } else { (found[1], found[0]) };
        prop_assert!(compiler.arena().is_subset(small, large).unwrap());
    }

    /// R-EVL-4, R-EVL-5, R-EVL-35, R-EVL-57: boundary, session policies and SCPs never add, nor does another level.
    #[test]
    fn limits_never_add(policy in policy(), limit in policy()) {
        let limiting = |policy_type| layer_policy(&limit.to_string(), policy_type);
        let bare = of(&[&policy]);
        let level = Level { name: "root".to_owned(), policies: vec![limiting(PolicyType::Scp)] };
        let bounded = PolicyLayers { boundary: vec![limiting(PolicyType::Boundary)], ..bare.clone() };
        let session = PolicyLayers { session: vec![limiting(PolicyType::Session)], ..bare.clone() };
        let scp = PolicyLayers { scp: vec![level.clone()], ..bare.clone() };
        let twice = PolicyLayers { scp: vec![level.clone(), level], ..bounded.clone() };
        let (mut compiler, found) = sets(&[&bare, &bounded, &session, &scp, &twice]);
        for limited in &found[1..] {
            prop_assert!(compiler.arena().is_subset(*limited, found[0]).unwrap());
        }
        prop_assert!(compiler.arena().is_subset(found[4], found[1]).unwrap());
    }

    /// R-EVL-72: the new is the old without what is lost, and what is gained; and both are empty exactly where the two
    /// are equal.
    #[test]
    fn a_difference_leads_from_one_to_the_other(old in policy(), new in policy()) {
        let (mut compiler, found) = sets(&[&of(&[&old]), &of(&[&new])]);
        let [old, new] = found[..] else { unreachable!() };
        let arena = compiler.arena();
        let gained = arena.difference([new], [old]).unwrap();
        let lost = arena.difference([old], [new]).unwrap();
        let kept = arena.difference([old], [lost]).unwrap();
        prop_assert_eq!(arena.union([kept, gained]).unwrap(), new);
        prop_assert_eq!(gained == Set::EMPTY && lost == Set::EMPTY, old == new);
    }

    /// What is told of a difference, read back by the evaluator statement by statement, is the difference.
    #[test]
    fn clauses_read_back(old in policy(), new in policy(), recipes in prop::collection::vec((recipe(), context(), any::<bool>()), 12)) {
        let catalog = Catalog::embedded();
        let mut analysis = Analysis::new(&catalog, Typing::Typed, Budget::default());
        let subject = |policy: &Json| alone(vec![identity(policy)], PolicyType::Identity);
        let (before, after) = (subject(&old), subject(&new));
        let diff = analysis.diff(&before, &after, &Part::default()).unwrap();
        for (recipe, context, of_old) in recipes {
            let mut request = request(if of_old { &old } else { &new }, &recipe, context);
            request.context = closed_context(&request.context, &[&before.situations[0].layers, &after.situations[0].layers]);
            request.caller = holder(&request.resource);
            request.resource_account.clone_from(&before.situations[0].resource_account);
            let allows = |subject: &Subject| authorize(&subject.situations[0].layers, &request).decision == Decision::Allowed;
            let sides = [&before, &after];
            let is_in = |clauses: &[Clause]| clauses.iter().any(|clause| is_told(clause, sides, &request));
            prop_assert_eq!(is_in(&diff.gained), allows(&after) && !allows(&before), "gained: {:#?}", request);
            prop_assert_eq!(is_in(&diff.lost), allows(&before) && !allows(&after), "lost: {:#?}", request);
        }
        prop_assert!(diff.verdict != Verdict::Equivalent || diff.gained.iter().chain(&diff.lost).all(|clause| clause.witness.is_none()));
    }
}

/// Whether a request is in a clause, by what is told of it alone.
fn is_told(clause: &Clause, sides: [&Subject; 2], request: &Request) -> bool {
    let applies = |of: &StatementBox| {
        let [old, new] = sides;
        let subject = if of.side == Side::Old { old } else { new };
        let layers = &subject.situations[of.situation].layers;
        let kept = of_entries(layers.statement(of.statement).unwrap(), of);
        fit(&kept, layers.policy(of.statement).unwrap().policy_type, request, layers) == Fit::Applies
    };
    clause.boxes.iter().all(applies)
        && clause.within.iter().all(|limit| limit.statements.iter().any(applies))
        && !clause.except.iter().any(applies)
}

/// A statement with the told entries only.
fn of_entries(statement: &Statement, of: &StatementBox) -> Statement {
    fn kept<T: Clone>(selector: &mut Selector<T>, entries: &Entries) {
        if let (Selector::In(list), Entries::Only(only)) = (selector, entries) {
            *list = only.iter().map(|nth| list[*nth].clone()).collect();
        }
    }
    let mut statement = statement.clone();
    kept(&mut statement.action, &of.actions);
    if let Some(resource) = &mut statement.resource {
        kept(resource, &of.resources);
    }
    statement
}

/// R-RES-5, R-EVL-73: every ARN is not every resource, which the literal star is too.
#[test]
fn every_arn_is_not_everything() {
    let policy = |resource: &str| json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": resource}});
    let (_, found) = sets(&[&of(&[&policy("*")]), &of(&[&policy("arn:*:*:*:*:*")]), &of(&[&policy("**")])]);
    assert_ne!(found[0], found[1]);
    assert_eq!(found[0], found[2]);
}
