//! Differences of resource-based policies: to whom they grant, and how far each grant reaches (R-EVL-20, R-EVL-30).

use iamdb::algebra::Budget;
use iamdb::analysis::{Analysis, Diff, Part, Reach, Standing, Subject, Verdict, alone, unlimited};
use iamdb::arn::{AccountId, Arn};
use iamdb::caller::{Caller, IamKind};
use iamdb::catalog::Catalog;
use iamdb::compile::Typing;
use iamdb::eval::{Decision, authorize, requires_resource_policy};
use iamdb::layers::{LayerPolicy, PolicyLayers};
use iamdb::policy::{Effect, PolicyType, ResourceService};
use iamdb::request::{Action, Context, Request, Resource, Value};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value as Json, json};

use crate::asking::layer_policy;
use crate::fuzzed::diff::mirrored;
use crate::layers::policy_of_resource;

const RESOURCE: PolicyType = PolicyType::Resource(ResourceService::Other);

const ACCOUNT: &str = "111111111111";
const ROOT: &str = "arn:aws:iam::111111111111:root";
const USER: &str = "arn:aws:iam::111111111111:user/u";
const ROLE: &str = "arn:aws:iam::111111111111:role/r";
const SESSION: &str = "arn:aws:sts::111111111111:assumed-role/r/s";
const FEDERATED: &str = "arn:aws:sts::111111111111:federated-user/f";

fn subject(policy: &Json, policy_type: PolicyType) -> Subject {
    alone(vec![layer_policy(&policy.to_string(), policy_type)], policy_type)
}

fn granting(principals: &[&str], action: &str, policy_type: PolicyType) -> Subject {
    let mut statement = json!({"Effect": "Allow", "Principal": {"AWS": principals}, "Action": action});
    if policy_type != PolicyType::Trust {
        statement["Resource"] = json!("*");
    }
    subject(&json!({"Version": "2012-10-17", "Statement": statement}), policy_type)
}

fn compared(old: &Subject, new: &Subject) -> Diff {
    let catalog = Catalog::embedded();
    let mut analysis = Analysis::new(&catalog, Typing::Typed, Budget::default());
    analysis.diff(old, new, &Part::default()).unwrap()
}

/// Whether a check of no new access passes.
fn passes(new: &Subject, existing: &Subject) -> bool {
    let catalog = Catalog::embedded();
    let mut analysis = Analysis::new(&catalog, Typing::Typed, Budget::default());
    let blamed = analysis.blamed(new, Some(existing), &Part::default()).unwrap();
    blamed.is_empty()
}

/// R-EVL-20, R-EVL-42: within the account of a resource, a grant to a principal itself needs no other policy; R-EVL-40: nor
/// does one of a key.
#[test]
fn a_principal_beside_its_account_gains() {
    let types = [
        ("sqs:SendMessage", RESOURCE),
        ("sts:AssumeRole", PolicyType::Trust),
        ("kms:*", PolicyType::Resource(ResourceService::Kms)),
    ];
    for (action, policy_type) in types {
        let account = granting(&[ACCOUNT], action, policy_type);
        for principal in [USER, ROLE, SESSION, FEDERATED] {
            let both = granting(&[ACCOUNT, principal], action, policy_type);
            let diff = compared(&account, &both);
            assert_eq!((diff.verdict, diff.is_possible_only()), (Verdict::Wider, false), "{principal}");
            let standings: Vec<Standing> = diff.gained.iter().map(|clause| clause.standing).collect();
            assert_eq!(standings, [Standing::UNAIDED], "{principal}");
            assert!(diff.gained.iter().all(|clause| clause.is_exact));
            assert!(!passes(&both, &account), "{principal}");
            assert!(passes(&account, &both), "{principal}");
            let alone = granting(&[principal], action, policy_type);
            assert!(!passes(&alone, &account), "{principal}");
            assert_eq!(compared(&account, &alone).verdict, Verdict::Both, "{principal}");
        }
    }
}

/// R-EVL-20: what is granted to a session is held back by no boundary, what is granted to its role is.
#[test]
fn a_session_beside_its_role_gains() {
    let (role, both) = (granting(&[ROLE], "*", RESOURCE), granting(&[ROLE, SESSION], "*", RESOURCE));
    let diff = compared(&role, &both);
    assert_eq!((diff.verdict, diff.is_possible_only()), (Verdict::Wider, false));
    assert_eq!(diff.gained.iter().map(|clause| clause.standing).collect::<Vec<_>>(), [Standing::HELD_BACK]);
    assert!(!passes(&both, &role));
    assert!(passes(&role, &both));
}

/// R-PRN-1: the ARN of an account's root and its id name one account.
#[test]
fn an_account_and_its_root_are_the_same() {
    let (root, id) = (granting(&[ROOT], "*", RESOURCE), granting(&[ACCOUNT], "*", RESOURCE));
    for (old, new) in [(&root, &id), (&id, &root)] {
        let diff = compared(old, new);
        assert_eq!((diff.verdict, diff.is_possible_only()), (Verdict::Equivalent, false));
        assert!(passes(new, old));
    }
}

/// R-EVL-5, R-EVL-30: a federated user of another account is held back by no session policy that is not said.
#[test]
fn a_federated_user_gains() {
    let (user, both) = (granting(&[USER], "*", RESOURCE), granting(&[USER, FEDERATED], "*", RESOURCE));
    let diff = compared(&user, &both);
    assert_eq!((diff.verdict, diff.is_possible_only()), (Verdict::Wider, false));
    assert!(!passes(&both, &user));
}

/// R-EVL-34: a principal of another partition than the resource's gains nothing, and one of the same does.
#[test]
fn partitions_never_interoperate() {
    let on = |principals: &[&str], resource: &str| {
        let statement = json!({"Effect": "Allow", "Principal": {"AWS": principals}, "Action": "sqs:*",
            "Resource": resource});
        subject(&json!({"Version": "2012-10-17", "Statement": statement}), RESOURCE)
    };
    let other = "arn:aws-cn:iam::222222222222:user/v";
    for (resource, verdict) in [
        ("arn:aws:sqs:*:*:q", Verdict::Equivalent),
        ("arn:aws-cn:sqs:*:*:q", Verdict::Wider),
        ("*", Verdict::Wider),
    ] {
        let diff = compared(&on(&[USER], resource), &on(&[USER, other], resource));
        assert_eq!((diff.verdict, diff.is_possible_only()), (verdict, false), "{resource}");
    }
    let diff = compared(&on(&[other], "arn:aws-us-gov:sqs:*:*:q"), &on(&["*"], "arn:aws-us-gov:sqs:*:*:q"));
    assert_eq!(diff.verdict, Verdict::Wider);
}

/// R-GRM-29: a unique id is that of one who can have it.
#[test]
fn unique_ids_gain() {
    for id in ["AIDAIOSFODNN7EXAMPLE", "AROAIOSFODNN7EXAMPLE", "AROAIOSFODNN7EXAMPLE:run"] {
        let diff = compared(&granting(&[USER], "*", RESOURCE), &granting(&[USER, id], "*", RESOURCE));
        assert_eq!((diff.verdict, diff.is_possible_only()), (Verdict::Wider, false), "{id}");
    }
}

/// Callers of two accounts and partitions, and of none.
const CALLERS: [&str; 11] = [
    "arn:aws:iam::111111111111:user/bob",
    "arn:aws:iam::111111111111:role/app",
    "arn:aws:sts::111111111111:assumed-role/app/run",
    "arn:aws:sts::111111111111:assumed-role/app/other",
    "arn:aws:sts::111111111111:federated-user/fred",
    "arn:aws:iam::111111111111:root",
    "arn:aws:iam::222222222222:user/bob",
    "arn:aws:iam::333333333333:role/app",
    "arn:aws-cn:iam::111111111111:user/bob",
    "arn:aws-cn:iam::222222222222:user/bob",
    "*",
];

/// The callers, some with the user behind them or with an id.
fn callers() -> Vec<Caller> {
    let mut callers: Vec<Caller> = CALLERS.iter().map(|arn| Caller::parse(arn).unwrap()).collect();
    for (at, id) in [(0, "AIDAIOSFODNN7EXAMPLE"), (2, "AROAIOSFODNN7EXAMPLE")] {
        let mut known = callers[at].clone();
        if let Caller::Iam(iam) = &mut known {
            iam.unique_id = Some(id.to_owned());
        }
        callers.push(known);
    }
    let mut federated = callers[4].clone();
    if let Caller::Iam(iam) = &mut federated {
        iam.kind = IamKind::FederatedUser(Arn::parse(CALLERS[0]));
    }
    callers.push(federated);
    callers.extend([Caller::Service("logs.amazonaws.com".to_owned())]);
    callers.extend([Caller::Federated("accounts.google.com".to_owned())]);
    callers
}

const ASKED: [(&str, &str); 6] = [
    ("s3:GetObject", "arn:aws:s3:::b/k"),
    ("s3:GetObject", "arn:aws-cn:s3:::b/k"),
    ("s3:GetObject", "*"),
    ("kms:Decrypt", "arn:aws:kms:us-east-1:111111111111:key/1"),
    ("sts:AssumeRole", "arn:aws:iam::111111111111:role/other"),
    ("sts:GetCallerIdentity", "*"),
];

fn request(caller: &Caller, owner: Option<AccountId>, asked: (&str, &str), secure: &str) -> Request {
    let mut context = Context::default();
    context.set("aws:SecureTransport", Value::Single(secure.to_owned()));
    Request {
        caller: caller.clone(),
        action: Action::parse(asked.0).unwrap(),
        resource: Resource::parse(asked.1).unwrap(),
        resource_account: owner,
        context,
    }
}

/// Nothing, or what allows nothing or everything.
fn own_policies(policy_type: PolicyType) -> [Vec<LayerPolicy>; 3] {
    let nothing = layer_policy(r#"{"Version":"2012-10-17","Statement":[]}"#, policy_type);
    [Vec::new(), vec![nothing], vec![unlimited(policy_type)]]
}

fn has_deny(policy: &LayerPolicy) -> bool {
    policy.statements().iter().any(|statement| statement.effect == Effect::Deny)
}

/// R-PRN-9, V34: a Deny with `NotPrincipal` denies whoever has a permissions boundary, also who is listed.
#[test]
fn a_deny_that_spares_principals_denies_those_with_a_boundary() {
    let allow = json!({"Effect": "Allow", "Principal": {"AWS": USER}, "Action": "*", "Resource": "*"});
    let deny =
        json!({"Effect": "Deny", "NotPrincipal": {"AWS": [USER, ROOT]}, "Action": "*", "Resource": "*"});
    let of = |statements: Json| subject(&json!({"Version": "2012-10-17", "Statement": statements}), RESOURCE);
    let (allowing, both) = (of(json!([allow])), of(json!([allow, deny])));
    let diff = compared(&allowing, &both);
    assert_eq!((diff.verdict, diff.is_possible_only()), (Verdict::Narrower, false));
    let example = |standing: Standing| {
        let clause = diff.lost.iter().find(|clause| clause.standing == standing).unwrap();
        clause.example().unwrap().caller.clone()
    };
    assert_eq!(example(Standing::ASKED.bounded()), Caller::parse(USER).unwrap());
    // Of the user's federated sessions the last link is not listed, whether there is a boundary or not (R-PRN-8).
    let Caller::Iam(session) = example(Standing::ASKED) else { panic!("nobody") };
    assert_eq!(session.kind, IamKind::FederatedUser(Arn::parse(USER)));
    assert!(passes(&both, &allowing));
    assert!(!passes(&allowing, &both));
}

proptest! {
    /// What a policy by itself allows to callers in each standing is what the evaluator says.
    #[test]
    fn the_meanings_agree_in_each_standing(
        policy in policy_of_resource(),
        caller in select(callers()),
        asked in select(&ASKED[..]),
        secure in select(&["true", "false"][..]),
    ) {
        let subject = subject(&policy, RESOURCE);
        let catalog = Catalog::embedded();
        let standings = [Standing::ASKED, Standing::UNAIDED, Standing::HELD_BACK];
        for standing in standings.into_iter().chain(standings.map(Standing::bounded)) {
            let is_in_account = standing.reach != Reach::Asked;
            if is_in_account && (caller.is_root() || caller.iam().is_none()) {
                continue;
            }
            let owner = if is_in_account { caller.account().cloned() } else { AccountId::parse("000000000000") };
            let request = request(&caller, owner, asked, secure);
            let met = standing.meets(&subject);
            let mut analysis = Analysis::new(&catalog, Typing::Typed, Budget::default());
            let is_in = analysis.contains(&met, std::slice::from_ref(&request)).unwrap();
            let decision = met.decide(&request, 0).unwrap().decision;
            prop_assert_eq!(is_in, [decision == Decision::Allowed], "{:?} {}", standing, request);
        }
    }

    /// Two policies without a difference decide alike, whatever else the callers' policies say; but for what they deny to
    /// these, which is not theirs. A difference has two directions.
    #[test]
    fn equivalence_is_a_proof(old in policy_of_resource(), new in policy_of_resource()) {
        let (old, new) = (subject(&old, RESOURCE), subject(&new, RESOURCE));
        let (diff, back) = (compared(&old, &new), compared(&new, &old));
        // Of a user whose name and whose id two policies name, no request is found.
        if !diff.is_possible_only() && !back.is_possible_only() {
            prop_assert_eq!(diff.verdict, mirrored(back.verdict));
        }
        prop_assert_eq!(passes(&new, &old), diff.gained.is_empty());
        let ways = [(&old, &new, &diff.gained), (&new, &old, &diff.lost)];
        for (less, more, _) in ways.into_iter().filter(|(.., clauses)| clauses.is_empty()) {
            let policies = [less, more].map(|of| of.situations[0].layers.resource[0].clone());
            let denies = policies.iter().any(has_deny);
            for identity in own_policies(PolicyType::Identity) {
                for boundary in own_policies(PolicyType::Boundary) {
                    for session in own_policies(PolicyType::Session) {
                        for caller in callers() {
                            for asked in ASKED {
                            // Whom a provider vouches for starts a session, and does nothing else.
                            if matches!(caller, Caller::Federated(_)) && !asked.0.starts_with("sts:") {
                                continue;
                            }
                                for owner in ["111111111111", "222222222222"] {
                                    // The account of an ARN is whose the resource is.
                                    let of_arn = Arn::parse(asked.1).map(|arn| arn.account().to_owned()).unwrap_or_default();
                                    if !of_arn.is_empty() && of_arn != owner {
                                        continue;
                                    }
                                    let request = request(&caller, AccountId::parse(owner), asked, "true");
                                    let of = |policy: &LayerPolicy| PolicyLayers {
                                        identity: identity.clone(), boundary: boundary.clone(), session: session.clone(),
                                        resource: vec![policy.clone()], ..PolicyLayers::default()
                                    };
                                    let [old, new] = policies.each_ref().map(|policy| authorize(&of(policy), &request).decision);
                                    let is_own = caller.account().is_some_and(|own| own.as_str() == owner);
                                    let is_aided = caller.is_root() || identity.iter().any(|of| !of.statements().is_empty());
                                    let by_own = is_own && is_aided && !requires_resource_policy(&request);
                                    if denies && by_own {
                                        continue;
                                    }
                                    prop_assert!(
                                        new != Decision::Allowed || old == Decision::Allowed,
                                        "{} of {:?}", request, caller
                                    );
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
