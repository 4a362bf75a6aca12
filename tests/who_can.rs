//! Who can, against `can` asked of one principal after the other.

use iamdb::algebra::Budget;
use iamdb::analysis::{Analysis, Part, unlimited};
use iamdb::arn::{AccountId, Arn};
use iamdb::ask::{Ask, Unsaid, reply};
use iamdb::caller::{Caller, IamCaller, IamKind};
use iamdb::catalog::Catalog;
use iamdb::compile::Typing;
use iamdb::eval::Decision;
use iamdb::knowledge::Identified;
use iamdb::layers::PolicyLayers;
use iamdb::policy::{Document, PolicyType};
use iamdb::question::{Answer, Example, QuestionError};
use iamdb::request::{Action, Context, Request, Resource, Value};
use iamdb::store::{At, NewPrincipal, OrganizationPolicyType, PrincipalKind, Snapshot, Store};
use iamdb::stored::{self, Everyone, Holder};
use iamdb::who_can::{About, Outsider, PartQuestion, Question, Who, regions, who_can};
use itertools::Itertools;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use crate::effective::{
    ACTIONS, EVIL, OTHER, OWN, PROVIDER, Policies, RESOURCES, SESSION, STRANGE_ROLE, STRANGE_SESSION,
    STRANGERS, can, change, database, of_endpoint, organize, policies, principal_of,
};

/// One of a crowd that shares the policies of an estate.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    /// Which of the identity policies it has.
    has: Vec<usize>,
    kind: PrincipalKind,
    account: &'static str,
    team: Option<&'static str>,
    /// Of a role, whether its sessions may bring tags (R-TAG-6).
    pub(crate) tags: bool,
}

pub(crate) fn member() -> impl Strategy<Value = Member> {
    (
        prop::sample::subsequence(vec![0usize, 1, 2, 3], 0..3),
        prop::sample::select(vec![PrincipalKind::User, PrincipalKind::User, PrincipalKind::Role]),
        prop::sample::select(vec![OWN, OWN, OTHER]),
        prop::sample::select(vec![None, Some("red"), Some("dora")]),
        any::<bool>(),
    )
        .prop_map(|(has, kind, account, team, tags)| Member { has, kind, account, team, tags })
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
            if member.kind == PrincipalKind::Role && member.tags {
                let mut trust = trusting(json!({"Service": "ec2.amazonaws.com"}));
                trust["Statement"]["Action"] = json!("sts:TagSession");
                writer.put_trust_policy(key, &Document::new(trust.to_string()))?;
            }
        }
        Ok(())
    });
    store
}

/// Stores the policy of a VPC endpoint; what a request says that comes through it (R-EVL-57).
fn through_endpoint(store: &mut Store, policy: &Json) -> Vec<(String, Option<Value>)> {
    change(store, |writer| {
        let arn = format!("arn:aws:ec2:eu-west-1:{OWN}:vpc-endpoint/vpce-1");
        let key = writer.create_resource(&arn)?.key;
        writer.put_resource_policy(key, &Document::new(policy.to_string())).map(drop)
    });
    vec![("aws:SourceVpce".to_owned(), Some(Value::Single("vpce-1".to_owned())))]
}

/// Some who are not stored, as callers: each with what tells of it, from the narrowest on.
pub(crate) fn strangers() -> Vec<(Caller, Vec<Outsider>)> {
    let of_arn = |arn: &str| Outsider::Stranger(Arn::parse(arn).unwrap());
    let account = || Outsider::OtherAccount(AccountId::parse(STRANGERS).unwrap());
    let root =
        || Outsider::Root { partition: "aws".to_owned(), account: AccountId::parse(STRANGERS).unwrap() };
    let user = |arn: &str, who: Vec<Outsider>| {
        let any = who.into_iter().chain([Outsider::AnyPrincipal]);
        (Caller::parse(arn).unwrap(), any.collect())
    };
    let service = |name: &str| {
        (Caller::Service(name.to_owned()), vec![Outsider::Service(name.to_owned()), Outsider::AnyService])
    };
    vec![
        user(EVIL, vec![of_arn(EVIL), account()]),
        user(STRANGE_ROLE, vec![of_arn(STRANGE_ROLE), account()]),
        user(STRANGE_SESSION, vec![of_arn(STRANGE_SESSION), of_arn(STRANGE_ROLE), account()]),
        user(&format!("arn:aws:iam::{STRANGERS}:root"), vec![root(), account()]),
        user("arn:aws:iam::222233334444:user/nobody", Vec::new()),
        service("sns.amazonaws.com"),
        service("ec2.amazonaws.com"),
        (Caller::Anonymous, vec![Outsider::Public]),
    ]
}

/// What a caller with policies of its own is answered, of whom so much is known.
fn answered(
    snapshot: &Snapshot<'_>,
    (caller, identified, own): (&Caller, Identified, PolicyLayers),
    (action, resource): (&str, &str),
    given: &[(String, Option<Value>)],
    unsaid: Unsaid,
) -> Result<Answer, QuestionError> {
    let catalog = Catalog::embedded();
    let (action, resource) = (Action::parse(action).unwrap(), Resource::parse(resource).unwrap());
    let request = Request {
        caller: caller.clone(),
        action: action.clone(),
        resource: resource.clone(),
        resource_account: None,
        context: Context::default(),
    };
    let endpoint = stored::endpoint(snapshot, given).unwrap();
    let around = stored::surroundings(snapshot, &request, &catalog).unwrap().through(&endpoint);
    let layers = PolicyLayers { identity: own.identity, boundary: own.boundary, ..around.layers };
    let ask = Ask {
        caller,
        identified,
        layers: &layers,
        action,
        resource: Some(resource),
        resource_account: around.resource_account,
        assumed: around.assumed,
        surroundings: around.keys,
        given: given.to_vec(),
        unsaid,
        now: "2026-01-01T00:00:00Z".parse().unwrap(),
        catalog: &catalog,
        known_action: None,
    };
    reply(&ask).map(|reply| reply.answer)
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
        asked in prop::collection::vec((prop::sample::select(ACTIONS.to_vec()), prop::sample::select(RESOURCES.to_vec())), 2),
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

    /// Who is not stored gets the answer that is told of it, or of those of whom it is one: nobody who can is left out,
    /// and of nobody who cannot it is said (R-PRN-4, R-PRN-8, R-PRN-13).
    #[test]
    fn who_can_is_true_of_who_is_not_stored(
        policies in policies(),
        crowd in prop::collection::vec(member(), 6),
        actions in prop::collection::vec(prop::sample::select(ACTIONS.to_vec()), 4),
        endpoint in prop::option::of(of_endpoint()),
        unsaid in prop::sample::select(vec![Unsaid::Unknown, Unsaid::Unknown, Unsaid::Absent]),
    ) {
        let mut store = estate(&policies, &crowd);
        let given = match &endpoint {
            Some(policy) => through_endpoint(&mut store, policy),
            None => Vec::new(),
        };
        let snapshot = store.read(At::Now).unwrap();
        let catalog = Catalog::embedded();
        let everyone = Everyone::read(&snapshot).unwrap();
        let is_deploy = |holder: &&Holder| holder.principal.name == "deploy";
        let deploy = everyone.users_and_roles().position(|holder| is_deploy(&holder)).unwrap();
        let role = everyone.users_and_roles().find(is_deploy).unwrap();
        let session = || Caller::Iam(IamCaller {
            kind: IamKind::RoleSession(Some("s".to_owned())), ..role.caller().unwrap()
        });
        let all_may = || PolicyLayers { identity: vec![unlimited(PolicyType::Identity)], ..PolicyLayers::default() };
        let mut callers: Vec<_> = strangers()
            .into_iter()
            .map(|(caller, who)| (caller, all_may(), who.into_iter().map(Who::Other).collect::<Vec<_>>()))
            .collect();
        let of_session = Who::Other(Outsider::Stranger(Arn::parse(SESSION).unwrap()));
        callers.push((session(), everyone.policy_layers(role), vec![of_session, Who::Stored(deploy)]));
        let provider = Who::Other(Outsider::Federated(PROVIDER.to_owned()));
        callers.push((Caller::Federated(PROVIDER.to_owned()), PolicyLayers::default(), vec![provider]));
        // Of what takes no permission nobody is told but who is stored or named.
        for action in actions.into_iter().filter(|action| *action != "sts:GetCallerIdentity") {
            for resource in [4, 6, 7, 9, 10].map(|nth| RESOURCES[nth]) {
                let question = Question {
                    action: Action::parse(action).unwrap(),
                    resource: Resource::parse(resource).unwrap(),
                    resource_account: None,
                    given: given.clone(),
                    unsaid,
                    now: "2026-01-01T00:00:00Z".parse().unwrap(),
                    catalog: &catalog,
                    known_action: None,
                };
                let answers = who_can(&snapshot, &everyone, &question).unwrap();
                for (caller, own, told_by) in &callers {
                    // Nobody starts a session without credentials, or with those of a root user.
                    let starts = action == "sts:AssumeRole";
                    if starts && (*caller == Caller::Anonymous || caller.is_root()) {
                        continue;
                    }
                    let may_have_tags = caller.is_iam() && !caller.is_root();
                    let identified = match may_have_tags && !told_by.contains(&Who::Stored(deploy)) {
                        true => Identified::Untagged,
                        false => Identified::Caller,
                    };
                    let asked = (caller, identified, own.clone());
                    let alone = match answered(&snapshot, asked, (action, resource), &given, unsaid) {
                        Ok(alone) => alone,
                        // Two open keys that have to be alike, and cannot be for what is said of each.
                        Err(QuestionError::Undecided { .. }) => continue,
                        Err(error) => return Err(TestCaseError::fail(error.to_string())),
                    };
                    let asker = |who: &Who| answers.askers.iter().find(|asker| asker.who == *who);
                    let told = told_by.iter().find_map(|who| asker(who).map(|asker| (who, asker)));
                    let told = told.map(|(who, asker)| (who, &answers.answers[asker.answer]));
                    if told.is_some_and(|(_, told)| matches!(told.reply, Err(QuestionError::Undecided { .. }))) {
                        continue;
                    }
                    let words = told.map(|(who, told)| (who, told.reply.as_ref().unwrap().answer.word()));
                    let is_general = |who: &Who| {
                        matches!(
                            who,
                            Who::Stored(_)
                                | Who::Other(
                                    Outsider::OtherAccount(_) | Outsider::AnyPrincipal | Outsider::AnyService
                                )
                        )
                    };
                    let is_true = match words {
                        // Who has a token and no credentials asks for a session, of those who name the provider.
                        None if matches!(caller, Caller::Federated(_)) => true,
                        // A policy that is not known names nobody.
                        None => ["no", "undecided"].contains(&alone.word()),
                        Some((who, "depends")) if is_general(who) => true,
                        // It is so of some of them, and of none more.
                        Some((who, "undecided")) if is_general(who) => {
                            ["no", "undecided"].contains(&alone.word())
                        }
                        Some((_, word)) => word == alone.word(),
                    };
                    prop_assert!(is_true, "{caller} {action} {resource}: {words:?} {}", alone.word());
                }
            }
        }
    }

    /// Whoever is told together may the same, and who is left out may nothing.
    #[test]
    fn those_told_together_may_the_same(
        policies in policies(),
        crowd in prop::collection::vec(member(), 6),
        actions in prop::sample::select(vec!["*", "s3:*", "sts:*", "s3:GetObject"]),
        resources in prop::sample::select(vec![
            "*",
            "arn:aws:s3:::mine/*",
            "arn:aws:sqs:*:*:queue",
            "arn:aws:sqs:*:444455556666:*",
            "arn:aws:kms:*:*:key/*",
            "arn:aws:iam::*:role/*",
        ]),
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

/// A queue of this account with a policy, and a role `r` that is allowed everything on queues.
pub(crate) fn queue_with(policy: &Json) -> Store {
    let mut store = Store::in_memory().unwrap();
    change(&mut store, |writer| {
        let role = writer.create_principal(&principal_of(PrincipalKind::Role, OWN, "/", "r"))?.key;
        let all = json!({"Version": "2012-10-17", "Statement":
            {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}});
        writer.put_inline(role, "own", &Document::new(all.to_string()))?;
        writer.put_trust_policy(role, &Document::new(trusting(json!({"AWS": OWN})).to_string()))?;
        let queue = writer.create_resource(QUEUE)?.key;
        writer.put_resource_policy(queue, &Document::new(policy.to_string())).map(drop)
    });
    store
}

pub(crate) const QUEUE: &str = "arn:aws:sqs:eu-west-1:111122223333:queue";

fn trusting(principal: Json) -> Json {
    json!({"Version": "2012-10-17", "Statement":
        {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}})
}

/// A policy of a queue: its statements, each by effect, key of the principal, principal and condition.
pub(crate) fn of_queue(statements: &[(&str, &str, Json, Json)]) -> Json {
    let statements: Vec<Json> = statements
        .iter()
        .map(|(effect, key, principal, condition)| {
            let mut statement = json!({"Effect": effect, "Action": "sqs:SendMessage", "Resource": "*",
                "Condition": condition});
            statement[*key] = principal.clone();
            statement
        })
        .collect();
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// Whom `who-can` tells, but for root users of the account: a word of each, and of whom it is one.
fn told(store: &mut Store, action: &str, resource: &str) -> Vec<(String, String)> {
    told_given(store, (action, resource), Vec::new(), Unsaid::Unknown)
}

fn told_given(
    store: &mut Store,
    (action, resource): (&str, &str),
    given: Vec<(String, Option<Value>)>,
    unsaid: Unsaid,
) -> Vec<(String, String)> {
    let snapshot = store.read(At::Now).unwrap();
    let everyone = Everyone::read(&snapshot).unwrap();
    let holders: Vec<_> = everyone.users_and_roles().collect();
    let question = Question {
        action: Action::parse(action).unwrap(),
        resource: Resource::parse(resource).unwrap(),
        resource_account: None,
        given,
        unsaid,
        now: "2026-01-01T00:00:00Z".parse().unwrap(),
        catalog: &Catalog::embedded(),
        known_action: None,
    };
    let found = who_can(&snapshot, &everyone, &question).unwrap();
    let name = |who: &Who| match who {
        Who::Stored(nth) => holders[*nth].principal.name.clone(),
        Who::Other(Outsider::Stranger(arn)) => arn.resource().to_owned(),
        Who::Other(Outsider::Root { account, .. }) => format!("root of {account}"),
        Who::Other(Outsider::OtherAccount(account)) => account.to_string(),
        Who::Other(Outsider::Service(name)) => name.clone(),
        Who::Other(other) => format!("{other:?}"),
    };
    let all = found.askers.iter().map(|asker| {
        let word = found.answers[asker.answer].reply.as_ref().unwrap().answer.word();
        let general = asker.general.as_ref().filter(|_| word == "no").map(&name);
        let of = general.map(|general| format!(" of {general}")).unwrap_or_default();
        (name(&asker.who), format!("{word}{of}"))
    });
    all.filter(|(name, word)| (word != "no" || name == "r") && *name != format!("root of {OWN}")).collect()
}

fn is_told(policy: &[(&str, &str, Json, Json)], expected: &[(&str, &str)]) {
    are(&told(&mut queue_with(&of_queue(policy)), "sqs:SendMessage", QUEUE), expected);
}

fn are(told: &[(String, String)], expected: &[(&str, &str)]) {
    let told: Vec<(&str, &str)> = told.iter().map(|(who, word)| (who.as_str(), word.as_str())).collect();
    assert_eq!(told, expected);
}

/// R-PRN-8: whoever a list of exceptions spares is asked about, and the root user of an account that is on it.
#[test]
fn whoever_is_spared_by_a_not_principal_is_told() {
    let spared = json!({"AWS": [EVIL, STRANGERS]});
    is_told(
        &[("Allow", "Principal", json!("*"), json!({})), ("Deny", "NotPrincipal", spared, json!({}))],
        &[("r", "no"), ("root of 777788889999", "yes"), ("user/evil", "yes")],
    );
    let session = "arn:aws:sts::111122223333:assumed-role/r/s";
    let spared = json!({"AWS": [OWN, "arn:aws:iam::111122223333:role/r", session]});
    is_told(&[("Deny", "NotPrincipal", spared, json!({}))], &[("r", "no"), ("assumed-role/r/s", "yes")]);
    // R-EVL-22: who is on the list of an Allow is not let in; everybody else is.
    is_told(
        &[("Allow", "NotPrincipal", json!({"AWS": STRANGERS}), json!({}))],
        &[
            ("r", "yes"),
            ("777788889999", "no of AnyPrincipal"),
            ("AnyPrincipal", "yes"),
            ("AnyService", "yes"),
            ("Public", "yes"),
        ],
    );
}

/// R-PRN-4, R-PRN-13: whoever a Deny names is told apart from those of whom it is one.
#[test]
fn whoever_a_deny_names_is_told_apart() {
    let session = json!({"AWS": "arn:aws:sts::111122223333:assumed-role/r/s"});
    is_told(&[("Deny", "Principal", session, json!({}))], &[("r", "yes"), ("assumed-role/r/s", "no of r")]);
    let all = || ("Allow", "Principal", json!("*"), json!({}));
    is_told(
        &[
            ("Allow", "Principal", json!({"AWS": STRANGERS}), json!({})),
            ("Deny", "Principal", json!({"AWS": EVIL}), json!({})),
        ],
        &[("r", "yes"), ("user/evil", "no of 777788889999"), ("777788889999", "yes")],
    );
    is_told(
        &[all(), ("Deny", "Principal", json!({"Service": "sns.amazonaws.com"}), json!({}))],
        &[
            ("r", "yes"),
            ("AnyPrincipal", "yes"),
            ("sns.amazonaws.com", "no of AnyService"),
            ("AnyService", "yes"),
            ("Public", "yes"),
        ],
    );
    // Those who stand for all others are nobody whom the policy names.
    is_told(
        &[
            all(),
            (
                "Deny",
                "Principal",
                json!({"AWS": ["999999999999", "888888888888"],
            "Service": "example.amazonaws.com"}),
                json!({}),
            ),
        ],
        &[
            ("r", "yes"),
            ("888888888888", "no of AnyPrincipal"),
            ("999999999999", "no of AnyPrincipal"),
            ("AnyPrincipal", "yes"),
            ("example.amazonaws.com", "no of AnyService"),
            ("AnyService", "yes"),
            ("Public", "yes"),
        ],
    );
    // A Deny that changes nothing for who is named tells nothing.
    let bystander = json!({"AWS": EVIL});
    is_told(
        &[
            ("Allow", "Principal", json!({"Service": "sns.amazonaws.com"}), json!({})),
            ("Deny", "Principal", bystander, json!({})),
        ],
        &[("r", "yes"), ("sns.amazonaws.com", "yes")],
    );
}

/// R-PRN-1: `*` lets services in, too: those that the conditions name, and any.
#[test]
fn services_are_asked_about_where_everybody_is_let_in() {
    let source = json!({"ArnEquals": {"aws:SourceArn": "arn:aws:sns:eu-west-1:111122223333:t"}});
    is_told(
        &[("Allow", "Principal", json!("*"), source)],
        &[("r", "yes"), ("sns.amazonaws.com", "depends"), ("AnyService", "depends")],
    );
    let name = json!({"StringEquals": {"aws:PrincipalServiceName": "sns.amazonaws.com"}});
    is_told(
        &[("Allow", "Principal", json!("*"), name)],
        &[("r", "yes"), ("sns.amazonaws.com", "yes"), ("AnyService", "depends")],
    );
    let account = json!({"StringEquals": {"aws:SourceAccount": OWN}});
    is_told(
        &[("Allow", "NotPrincipal", json!({"AWS": EVIL}), account)],
        &[("r", "yes"), ("AnyService", "depends")],
    );
}

/// R-EVL-31: the RCP of another account tells those apart who ask for its resources, though none of these is stored.
#[test]
fn those_whom_the_rcp_of_another_account_spares_are_told_apart() {
    let mut store = Store::in_memory().unwrap();
    let all = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}});
    let spares_red = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:PrincipalTag/team": "red"}}}});
    change(&mut store, |writer| {
        for (name, team) in [("alice", "red"), ("bob", "blue")] {
            let key = writer.create_principal(&principal_of(PrincipalKind::User, OWN, "/", name))?.key;
            writer.put_tag(key, "team", team)?;
            writer.put_inline(key, "own", &Document::new(all.to_string()))?;
        }
        organize(writer, &[(OWN, Vec::new()), (OTHER, vec![(OrganizationPolicyType::Rcp, &spares_red)])])
    });
    let snapshot = store.read(At::Now).unwrap();
    let everyone = Everyone::read(&snapshot).unwrap();
    let catalog = Catalog::embedded();
    let who = |resource: &str| {
        let part = Part::of(&["sqs:SendMessage".to_owned()], &[resource.to_owned()]).unwrap();
        let question = PartQuestion { part: &part, given: &[], about: About::Everyone, catalog: &catalog };
        let found = regions(&snapshot, &everyone, &question, &mut |_, _| {}).unwrap();
        found.into_iter().flat_map(|regions| regions.who).collect::<Vec<_>>()
    };
    assert_eq!(who("arn:aws:sqs:*:444455556666:*"), [Who::Stored(0)]);
    assert_eq!(who("arn:aws:sqs:*:222233334444:*"), [Who::Stored(0), Who::Stored(1)]);
}

/// R-EVL-75: whose name a caller has is not known where it may be anybody, also where keys that are unsaid are absent.
#[test]
fn whoever_may_ask_has_a_name_though_none_is_said() {
    let told = |effect: &str, condition: Json| {
        let all = ("Allow", "Principal", json!("*"), json!({}));
        let of_condition = (effect, "Principal", json!("*"), condition);
        let policy = match effect {
            "Deny" => of_queue(&[all, of_condition]),
            _ => of_queue(&[of_condition]),
        };
        told_given(&mut queue_with(&policy), ("sqs:SendMessage", QUEUE), Vec::new(), Unsaid::Absent)
    };
    for (condition, of_role) in [
        (json!({"ArnLike": {"aws:PrincipalArn": EVIL}}), "yes"),
        (json!({"StringEquals": {"aws:PrincipalAccount": STRANGERS}}), "yes"),
        // Its id is not on record.
        (json!({"StringLike": {"aws:userid": "AIDAEVIL*"}}), "depends"),
        (json!({"StringEquals": {"aws:username": "evil"}}), "yes"),
        (json!({"StringEquals": {"aws:PrincipalType": "Account"}}), "yes"),
        (json!({"StringEquals": {"kms:CallerAccount": STRANGERS}}), "yes"),
    ] {
        are(&told("Allow", condition.clone()), &[("r", "yes"), ("AnyPrincipal", "depends")]);
        are(
            &told("Deny", condition),
            &[("r", of_role), ("AnyPrincipal", "depends"), ("AnyService", "yes"), ("Public", "yes")],
        );
    }
    let tag = json!({"StringEquals": {"aws:PrincipalTag/team": "red"}});
    are(&told("Allow", tag), &[("r", "yes")]);
    are(
        &told("Deny", json!({"StringEquals": {"aws:PrincipalServiceName": "sns.amazonaws.com"}})),
        &[
            ("r", "yes"),
            ("AnyPrincipal", "yes"),
            ("sns.amazonaws.com", "no of AnyService"),
            ("AnyService", "depends"),
            ("Public", "yes"),
        ],
    );
    let user = "5a1bc95d4a2d6dd5d8d5d5d5a1bc95d4a2d6dd5d8d5d5d5a1bc95d4a2d6dd5d8";
    let policy = of_queue(&[(
        "Allow",
        "Principal",
        json!({"CanonicalUser": user}),
        json!({"StringEquals": {"aws:PrincipalAccount": STRANGERS}}),
    )]);
    let told = told_given(&mut queue_with(&policy), ("sqs:SendMessage", QUEUE), Vec::new(), Unsaid::Absent);
    assert!(told.iter().any(|(who, word)| who.contains("CanonicalUser") && word == "depends"), "{told:?}");
}

/// R-EVL-37: an RCP that denies a service by its name leaves no yes for all services, also in a closed question.
#[test]
fn a_service_that_an_rcp_denies_is_no_service_that_may() {
    let rcp = of_queue(&[(
        "Deny",
        "Principal",
        json!("*"),
        json!({"StringEquals": {"aws:PrincipalServiceName": "sns.amazonaws.com"}}),
    )]);
    let own = json!({"StringEquals": {"aws:ResourceAccount": OWN}});
    for unsaid in [Unsaid::Unknown, Unsaid::Absent] {
        let mut store = queue_with(&of_queue(&[("Allow", "Principal", json!("*"), own.clone())]));
        change(&mut store, |writer| organize(writer, &[(OWN, vec![(OrganizationPolicyType::Rcp, &rcp)])]));
        are(
            &told_given(&mut store, ("sqs:SendMessage", QUEUE), Vec::new(), unsaid),
            &[("r", "yes"), ("AnyPrincipal", "yes"), ("AnyService", "depends"), ("Public", "yes")],
        );
    }
}

/// R-EVL-57: whoever the policy of the VPC endpoint names is told apart as whoever that of the resource names.
#[test]
fn whoever_an_endpoint_denies_is_told_apart() {
    let told = |of_queue: &Json, of_endpoint: &Json| {
        let mut store = queue_with(of_queue);
        let given = through_endpoint(&mut store, of_endpoint);
        told_given(&mut store, ("sqs:SendMessage", QUEUE), given, Unsaid::Unknown)
    };
    let all = || ("Allow", "Principal", json!("*"), json!({}));
    let one = |effect| (effect, "Principal", json!({"AWS": EVIL}), json!({}));
    are(&told(&of_queue(&[all()]), &of_queue(&[one("Allow")])), &[("r", "no"), ("user/evil", "yes")]);
    are(&told(&of_queue(&[one("Deny")]), &of_queue(&[all()])), &[("r", "yes")]);
    are(
        &told(&of_queue(&[all()]), &of_queue(&[all(), one("Deny")])),
        &[
            ("r", "yes"),
            ("user/evil", "no of AnyPrincipal"),
            ("AnyPrincipal", "yes"),
            ("AnyService", "yes"),
            ("Public", "yes"),
        ],
    );
}

/// Semantics 5.2: requests without credentials have no key that signed ones have.
#[test]
fn the_public_has_no_key_of_signed_requests() {
    for condition in [
        json!({"Bool": {"aws:PrincipalIsAWSService": "false"}}),
        json!({"StringLike": {"kms:CallerAccount": "*"}}),
        json!({"Null": {"aws:MultiFactorAuthPresent": "false"}}),
        json!({"StringLike": {"aws:SourceIdentity": "*"}}),
        json!({"ForAnyValue:StringLike": {"aws:CalledVia": "*"}}),
        json!({"Bool": {"aws:ViaAWSService": "true"}}),
    ] {
        let policy = of_queue(&[("Allow", "Principal", json!("*"), condition)]);
        let told = told(&mut queue_with(&policy), "sqs:SendMessage", QUEUE);
        assert!(told.iter().all(|(who, _)| who != "Public"), "{policy}");
    }
    let perimeter = json!({"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-1"},
        "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}});
    is_told(
        &[("Allow", "Principal", json!("*"), json!({})), ("Deny", "Principal", json!("*"), perimeter)],
        &[("r", "depends"), ("AnyPrincipal", "depends"), ("AnyService", "yes")],
    );
}

/// STS API reference, AssumeRole: not with the credentials of a root user, and not without any.
#[test]
fn no_session_is_started_by_root_or_without_credentials() {
    let mut store = queue_with(&of_queue(&[]));
    let role = "arn:aws:iam::111122223333:role/r";
    assert_eq!(told(&mut store, "sts:AssumeRole", role), [("r".to_owned(), "no".to_owned())]);
    change(&mut store, |writer| {
        let key = writer.principals_named("r")?.pop().unwrap().key;
        let policy = trusting(json!("*"));
        writer.put_trust_policy(key, &Document::new(policy.to_string())).map(drop)
    });
    let who: Vec<String> = told(&mut store, "sts:AssumeRole", role).into_iter().map(|(who, _)| who).collect();
    assert_eq!(who, ["r", "AnyPrincipal", "AnyService"]);
}

/// Semantics 5.2: of sessions of a role the beginning of `aws:userid` is known, by which roles are told apart.
#[test]
fn roles_are_told_apart_by_their_ids() {
    let ours = json!({"StringLike": {"aws:userid": "AROAR:*"}});
    let mut store = queue_with(&of_queue(&[("Allow", "Principal", json!({"AWS": OTHER}), ours.clone())]));
    change(&mut store, |writer| {
        for name in ["r2", "s"] {
            let new = principal_of(PrincipalKind::Role, OWN, "/", name);
            let unique_id = Some(if name == "s" { "AROAS" } else { "AROAR" }.to_owned());
            let key = writer.create_principal(&NewPrincipal { unique_id, ..new })?.key;
            let own = json!({"Version": "2012-10-17", "Statement":
                {"Effect": "Allow", "Action": "sqs:*", "Resource": "*", "Condition": ours}});
            writer.put_inline(key, "own", &Document::new(own.to_string()))?;
        }
        Ok(())
    });
    let mut told = told(&mut store, "sqs:SendMessage", QUEUE);
    told.retain(|(name, _)| ["r", "r2", "s"].contains(&name.as_str()));
    assert_eq!(told, [("r".to_owned(), "yes".to_owned()), ("r2".to_owned(), "yes".to_owned())]);
    let snapshot = store.read(At::Now).unwrap();
    let everyone = Everyone::read(&snapshot).unwrap();
    let holders: Vec<_> = everyone.users_and_roles().collect();
    let part = Part::of(&["sqs:*".to_owned()], &[QUEUE.to_owned()]).unwrap();
    let catalog = Catalog::embedded();
    let question = PartQuestion { part: &part, given: &[], about: About::Everyone, catalog: &catalog };
    let found = regions(&snapshot, &everyone, &question, &mut |_, _| {}).unwrap();
    let stored = found.iter().flat_map(|regions| &regions.who).filter_map(|who| match who {
        Who::Stored(nth) => Some(holders[*nth].principal.name.as_str()),
        Who::Other(_) => None,
    });
    assert_eq!(stored.sorted().collect::<Vec<_>>(), ["r", "r2"]);
}
