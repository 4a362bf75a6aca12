//! Who can, against `can` asked of one principal after the other.

use iamdb::algebra::Budget;
use iamdb::analysis::{Analysis, Part};
use iamdb::arn::Arn;
use iamdb::ask::Unsaid;
use iamdb::catalog::Catalog;
use iamdb::compile::Typing;
use iamdb::eval::Decision;
use iamdb::policy::Document;
use iamdb::question::{Answer, Example};
use iamdb::request::{Action, Resource};
use iamdb::store::{At, NewPrincipal, PrincipalKind, Store};
use iamdb::stored::{self, Everyone};
use iamdb::who_can::{About, Outsider, PartQuestion, Question, Who, regions, who_can};
use proptest::prelude::*;

use crate::effective::{
    ACTIONS, OTHER, OWN, Policies, RESOURCES, can, change, database, policies, principal_of,
};

/// One of a crowd that shares the policies of an estate.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    /// Which of the identity policies it has.
    has: Vec<usize>,
    kind: PrincipalKind,
    account: &'static str,
    team: Option<&'static str>,
}

pub(crate) fn member() -> impl Strategy<Value = Member> {
    (
        prop::sample::subsequence(vec![0usize, 1, 2, 3], 0..3),
        prop::sample::select(vec![PrincipalKind::User, PrincipalKind::User, PrincipalKind::Role]),
        prop::sample::select(vec![OWN, OWN, OTHER]),
        prop::sample::select(vec![None, Some("red"), Some("dora")]),
    )
        .prop_map(|(has, kind, account, team)| Member { has, kind, account, team })
}

const NAMES: [&str; 6] = ["dora", "x", "emil", "dan", "fay", "gus"];

pub(crate) fn estate(policies: &Policies, crowd: &[Member]) -> Store {
    let mut store = database(policies);
    change(&mut store, |writer| {
        for (name, member) in NAMES.iter().zip(crowd) {
            let new = principal_of(member.kind, member.account, "/", name);
            let key = writer.create_principal(&new)?.key;
            for policy in &member.has {
                let document = Document::new(policies.identity[*policy].to_string());
                writer.put_inline(key, &format!("policy-{policy}"), &document)?;
            }
            if let Some(team) = member.team {
                writer.put_tag(key, "team", team)?;
            }
        }
        Ok(())
    });
    store
}

fn word(answer: &Answer) -> (Option<Decision>, Vec<String>) {
    match answer {
        Answer::Decided(Example { evaluation, .. }) => (Some(evaluation.decision), Vec::new()),
        Answer::Depends(depends) => (None, depends.keys.clone()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Everyone is read as one by one.
    #[test]
    fn everyone_is_read_as_each(policies in policies(), crowd in prop::collection::vec(member(), 6)) {
        let mut store = estate(&policies, &crowd);
        let snapshot = store.read(At::Now).unwrap();
        let everyone = Everyone::read(&snapshot).unwrap();
        let mut count = 0;
        for holder in everyone.users_and_roles() {
            let layers = stored::policy_layers(&snapshot, &holder.principal).unwrap();
            prop_assert_eq!(everyone.policy_layers(holder), layers);
            let caller = stored::caller(&snapshot, &holder.principal, None).unwrap();
            prop_assert_eq!(holder.caller(), caller);
            count += 1;
        }
        prop_assert_eq!(count, 9);
    }

    /// Whoever is asked about together gets the answer that it gets alone.
    #[test]
    fn who_can_is_whom_can_says(
        policies in policies(),
        crowd in prop::collection::vec(member(), 6),
        asked in prop::collection::vec((prop::sample::select(ACTIONS.to_vec()), prop::sample::select(RESOURCES.to_vec())), 8),
        unsaid in prop::sample::select(vec![Unsaid::Unknown, Unsaid::Unknown, Unsaid::Absent]),
    ) {
        let mut store = estate(&policies, &crowd);
        let snapshot = store.read(At::Now).unwrap();
        let catalog = Catalog::embedded();
        let everyone = Everyone::read(&snapshot).unwrap();
        let holders: Vec<_> = everyone.users_and_roles().collect();
        for (action, resource) in asked {
            let question = Question {
                action: Action::parse(action).unwrap(),
                resource: Resource::parse(resource).unwrap(),
                resource_account: None,
                given: Vec::new(),
                unsaid,
                now: "2026-01-01T00:00:00Z".parse().unwrap(),
                catalog: &catalog,
                known_action: None,
            };
            let answers = who_can(&snapshot, &everyone, &question).unwrap();
            for asker in &answers.askers {
                let Who::Stored(nth) = asker.who else { continue };
                let answered = &answers.answers[asker.answer];
                let together = &answered.reply.as_ref().unwrap().answer;
                let principal = &holders[nth].principal;
                let (_, alone) = can(&snapshot, principal, (action, resource), Vec::new(), unsaid, &catalog);
                prop_assert_eq!(word(together), word(&alone), "{} {} {}", principal.arn(), action, resource);
                let lets = answered.allowed().is_some();
                prop_assert!(lets || asker.via.is_empty());
            }
        }
    }

    /// Whoever is told together may the same, and who is left out may nothing.
    #[test]
    fn those_told_together_may_the_same(
        policies in policies(),
        crowd in prop::collection::vec(member(), 6),
        actions in prop::sample::select(vec!["*", "s3:*", "sts:*", "s3:GetObject"]),
        resources in prop::sample::select(vec!["*", "arn:aws:s3:::mine/*", "arn:aws:sqs:*:*:queue"]),
    ) {
        let mut store = estate(&policies, &crowd);
        let snapshot = store.read(At::Now).unwrap();
        let catalog = Catalog::embedded();
        let everyone = Everyone::read(&snapshot).unwrap();
        let holders: Vec<_> = everyone.users_and_roles().collect();
        let part = Part::of(&[actions.to_owned()], &[resources.to_owned()]).unwrap();
        let question = PartQuestion { part: &part, given: &[], about: About::Everyone, catalog: &catalog };
        let found = regions(&snapshot, &everyone, &question, &mut |_, _| {}).unwrap();
        let mut told = 0;
        for (nth, holder) in holders.iter().enumerate() {
            let alone = stored::subject(&snapshot, &holder.principal, None, &catalog, &Part::default()).unwrap();
            let mut analysis = Analysis::new(&catalog, Typing::Typed, Budget::default());
            match found.iter().find(|regions| regions.who.contains(&Who::Stored(nth))) {
                Some(regions) => {
                    prop_assert!(analysis.is_equivalent(&alone, &regions.subject, &part).unwrap());
                    told += 1;
                }
                None => prop_assert!(analysis.effective(&alone, &part).unwrap().clauses.is_empty()),
            }
        }
        let all = found.iter().flat_map(|regions| &regions.who);
        prop_assert_eq!(all.filter(|who| matches!(who, Who::Stored(_))).count(), told);
    }
}

/// Two hold the same statements in another order, each about its own tag: what they come to is not the same, although
/// the first condition holds for both and the second for neither.
#[test]
fn the_same_statements_in_another_order_are_told_apart() {
    let policy = |object: &str, team: &str| {
        let text = serde_json::json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:GetObject", "Resource": format!("arn:aws:s3:::mine/{object}"),
            "Condition": {"StringEquals": {"aws:PrincipalTag/team": team}}}});
        Document::new(text.to_string())
    };
    let mut store = Store::in_memory().unwrap();
    change(&mut store, |writer| {
        for (name, team, first, second) in
            [("alice", "red", ("x", "red"), ("y", "blue")), ("bob", "blue", ("y", "blue"), ("x", "red"))]
        {
            let key = writer.create_principal(&principal_of(PrincipalKind::User, OWN, "/", name))?.key;
            writer.put_tag(key, "team", team)?;
            writer.put_inline(key, "a", &policy(first.0, first.1))?;
            writer.put_inline(key, "b", &policy(second.0, second.1))?;
        }
        Ok(())
    });
    let snapshot = store.read(At::Now).unwrap();
    let (catalog, part) = (Catalog::embedded(), Part::default());
    let everyone = Everyone::read(&snapshot).unwrap();
    let question = PartQuestion { part: &part, given: &[], about: About::Everyone, catalog: &catalog };
    let found = regions(&snapshot, &everyone, &question, &mut |_, _| {}).unwrap();
    let together = found.iter().map(|regions| regions.who.len()).max();
    assert_eq!((found.len(), together), (2, Some(1)));
}

/// A session of a role whose account is not set: its ARN says which. Of two such roles it is the one of that account.
#[test]
fn the_session_of_a_role_without_account_is_told() {
    const SESSION: &str = "arn:aws:sts::123456789012:assumed-role/deploy/s";
    for also_set in [false, true] {
        let mut store = Store::in_memory().unwrap();
        change(&mut store, |writer| {
            let role = principal_of(PrincipalKind::Role, OWN, "/", "deploy");
            writer.create_principal(&NewPrincipal { account: None, ..role.clone() })?;
            if also_set {
                writer.create_principal(&role)?;
            }
            let bucket = writer.create_resource("arn:aws:s3:::mine")?.key;
            let policy = serde_json::json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow",
                "Principal": {"AWS": SESSION}, "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::mine"}});
            writer.put_resource_policy(bucket, &Document::new(policy.to_string()))?;
            Ok(())
        });
        let snapshot = store.read(At::Now).unwrap();
        let everyone = Everyone::read(&snapshot).unwrap();
        let question = Question {
            action: Action::parse("s3:ListBucket").unwrap(),
            resource: Resource::parse("arn:aws:s3:::mine").unwrap(),
            resource_account: None,
            given: Vec::new(),
            unsaid: Unsaid::Unknown,
            now: "2026-01-01T00:00:00Z".parse().unwrap(),
            catalog: &Catalog::embedded(),
            known_action: None,
        };
        let found = who_can(&snapshot, &everyone, &question).unwrap();
        let who = Who::Other(Outsider::Stranger(Arn::parse(SESSION).unwrap()));
        let asker = found.askers.iter().find(|asker| asker.who == who).expect("the session is asked about");
        let reply = found.answers[asker.answer].reply.as_ref().unwrap();
        let Answer::Decided(example) = &reply.answer else { panic!("it depends") };
        assert_eq!(example.evaluation.decision, Decision::Allowed);
    }
}
