//! Who asks, and what the keys of the request say of who asks: differences are of requests that somebody makes (R-EVL-74).

use iamdb::algebra::Budget;
use iamdb::analysis::{Analysis, Clause, Diff, Part, Reach, Standing, Subject, Verdict, alone};
use iamdb::arn::{AccountId, Arn};
use iamdb::caller::{Caller, IamKind};
use iamdb::catalog::Catalog;
use iamdb::compile::Typing;
use iamdb::eval::Decision;
use iamdb::knowledge::identity_keys;
use iamdb::policy::{PolicyType, ResourceService};
use iamdb::request::{Action, Context, Request, Resource, Value};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value as Json, json};

use crate::asking::layer_policy;

const RESOURCE: PolicyType = PolicyType::Resource(ResourceService::Other);

fn subject(statements: &Json) -> Subject {
    let text = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    alone(vec![layer_policy(&text, RESOURCE)], RESOURCE)
}

fn statement(effect: &str, principal: &Json, condition: &Json) -> Json {
    json!({"Effect": effect, "Principal": principal, "Action": "sqs:SendMessage", "Resource": "*",
        "Condition": condition})
}

fn allow(principal: &Json, condition: &Json) -> Subject {
    subject(&json!([statement("Allow", principal, condition)]))
}

fn compared(old: &Subject, new: &Subject) -> Diff {
    let catalog = Catalog::embedded();
    let mut analysis = Analysis::new(&catalog, Typing::Typed, Budget::default());
    analysis.diff(old, new, &Part::default()).unwrap()
}

fn of(clauses: &[Clause], standing: Standing) -> usize {
    clauses.iter().filter(|clause| clause.standing == standing).count()
}

/// To callers of other accounts a principal and a key that names it are one.
#[test]
fn a_principal_and_its_key_are_one() {
    let user = "arn:aws:iam::111111111111:user/team/bob";
    let role = "arn:aws:iam::111111111111:role/team/app";
    for (principal, condition) in [
        (json!({"AWS": "111111111111"}), json!({"StringEquals": {"aws:PrincipalAccount": "111111111111"}})),
        (json!({"AWS": "111111111111"}), json!({"ArnLike": {"aws:PrincipalArn": "arn:*:*::111111111111:*"}})),
        (json!({"AWS": role}), json!({"ArnEquals": {"aws:PrincipalArn": role}})),
        (
            json!({"AWS": role}),
            json!({"StringEquals": {"aws:PrincipalArn": role, "aws:PrincipalType": "AssumedRole"}}),
        ),
        (
            json!({"Service": "sns.amazonaws.com"}),
            json!({"StringEquals": {"aws:PrincipalServiceName": "sns.amazonaws.com"}}),
        ),
    ] {
        let (named, by_key) = (allow(&principal, &json!({})), allow(&json!("*"), &condition));
        let diff = compared(&named, &by_key);
        let here = (of(&diff.gained, Standing::ASKED), of(&diff.lost, Standing::ASKED));
        let examples: Vec<_> = diff
            .gained
            .iter()
            .chain(&diff.lost)
            .map(|clause| (clause.standing, clause.example().map(ToString::to_string)))
            .collect();
        assert_eq!(here, (0, 0), "{principal} {examples:?}");
    }
    // Sessions of the user by federation are named with it (R-EVL-59), and have another ARN.
    let named = allow(&json!({"AWS": user}), &json!({}));
    let diff = compared(&named, &allow(&json!("*"), &json!({"ArnEquals": {"aws:PrincipalArn": user}})));
    assert_eq!(of(&diff.gained, Standing::ASKED), 0);
    let lost = diff.lost.iter().find(|clause| clause.standing == Standing::ASKED).unwrap();
    let Caller::Iam(session) = &lost.example().unwrap().caller else { panic!("nobody") };
    assert_eq!(session.kind, IamKind::FederatedUser(Arn::parse(user)));
}

/// Only who is of the account of an ARN is of the resource's own account (R-EVL-11).
#[test]
fn the_account_of_an_arn_is_whose_the_resource_is() {
    let role = "arn:aws:iam::111111111111:role/app";
    for (account, verdict) in [("111111111111", Verdict::Wider), ("222222222222", Verdict::Equivalent)] {
        let on = |principal: Json, condition: Json| {
            let mut statement = statement("Allow", &principal, &condition);
            statement["Resource"] = json!(format!("arn:aws:sqs:us-east-1:{account}:queue"));
            subject(&json!([statement]))
        };
        let by_key = on(json!("*"), json!({"ArnEquals": {"aws:PrincipalArn": role}}));
        let diff = compared(&on(json!({"AWS": role}), json!({})), &by_key);
        assert_eq!((diff.verdict, diff.is_possible_only()), (verdict, false), "{account}");
    }
}

/// An account whose ARN some policy writes is in a partition that policies name, and has no root user in another
/// (R-EVL-34). An ARN of the wrong one makes nobody of the account impossible.
#[test]
fn an_account_is_in_one_partition() {
    let everybody = statement("Allow", &json!("*"), &json!({}));
    let but_root = json!({"StringEquals": {"aws:PrincipalType": "Account"}});
    let old = subject(&json!([everybody, statement("Deny", &json!("*"), &but_root)]));
    let condition = json!({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::111111111111:root"}});
    let diff = compared(&old, &allow(&json!({"AWS": "111111111111"}), &condition));
    assert_eq!((diff.verdict, diff.gained.len()), (Verdict::Narrower, 0));
    let account = json!({"AWS": "111111111111"});
    let wrong = json!({"ArnNotLike": {"aws:PrincipalArn": "arn:aws-us-gov:iam::111111111111:root"}});
    let diff = compared(&subject(&json!([])), &allow(&account, &wrong));
    assert_eq!((diff.verdict, diff.is_possible_only()), (Verdict::Wider, false));
    let gained = diff.gained.iter().filter_map(Clause::example).map(|example| example.caller.clone());
    let partitions: Vec<String> = gained.filter_map(|of| Some(of.iam()?.partition.clone())).collect();
    assert!(partitions.iter().any(|partition| partition == "aws"), "{partitions:?}");
}

/// A condition that all callers of a statement meet says nothing; one that none does leaves nothing.
#[test]
fn a_key_that_follows_says_nothing() {
    let everybody = json!({"AWS": "arn:aws:iam::111111111111:role/app"});
    let plain = allow(&everybody, &json!({}));
    for condition in [
        json!({"StringEquals": {"aws:PrincipalType": "AssumedRole"}}),
        json!({"Bool": {"aws:PrincipalIsAWSService": "false"}}),
        json!({"Null": {"aws:PrincipalServiceName": "true", "aws:SourceArn": "true"}}),
        json!({"StringNotEquals": {"aws:PrincipalAccount": "222222222222"}}),
        json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/a*"}}),
    ] {
        assert_eq!(
            compared(&plain, &allow(&everybody, &condition)).verdict,
            Verdict::Equivalent,
            "{condition}"
        );
    }
    let nothing = subject(&json!([]));
    for condition in [
        json!({"StringEquals": {"aws:PrincipalType": "User"}}),
        json!({"Bool": {"aws:PrincipalIsAWSService": "true"}}),
        json!({"StringEquals": {"aws:PrincipalAccount": "222222222222"}}),
        json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/b*"}}),
    ] {
        assert_eq!(
            compared(&nothing, &allow(&everybody, &condition)).verdict,
            Verdict::Equivalent,
            "{condition}"
        );
    }
}

/// What several keys say of the account of a caller is one (R-EVL-74, R-KEY-7).
#[test]
fn the_keys_about_an_account_are_one() {
    let account = json!({"AWS": "111111111111"});
    let of_key = |condition: &Json| {
        subject(&json!([{"Effect": "Allow", "Principal": account, "Action": "kms:*", "Resource": "*",
            "Condition": condition}]))
    };
    let caller = json!({"StringEquals": {"kms:CallerAccount": "111111111111"}});
    assert_eq!(compared(&of_key(&json!({})), &of_key(&caller)).verdict, Verdict::Equivalent);
    let other = json!({"StringEquals": {"kms:CallerAccount": "222222222222"}});
    assert_eq!(compared(&subject(&json!([])), &of_key(&other)).verdict, Verdict::Equivalent);
    let identity = |statements: Json| {
        let text = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
        alone(vec![layer_policy(&text, PolicyType::Identity)], PolicyType::Identity)
    };
    let of_nobody = identity(json!([{"Effect": "Allow", "Action": ["s3:*", "kms:*"], "Resource": "*",
        "Condition": {"StringEquals": {"aws:PrincipalAccount": "111111111111"},
            "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::222222222222:role/*"}}}]));
    assert_eq!(compared(&identity(json!([])), &of_nobody).verdict, Verdict::Equivalent);
}

const CALLERS: [&str; 24] = [
    "arn:aws:iam::111111111111:user/bob",
    "arn:aws:iam::111111111111:user/team/ann",
    "arn:aws:iam::111111111111:role/app",
    "arn:aws:iam::111111111111:role/team/ops",
    "arn:aws:iam::111111111111:role/other",
    "arn:aws:sts::111111111111:federated-user/fred",
    "arn:aws:iam::111111111111:root",
    "arn:aws:iam::222222222222:user/bob",
    "arn:aws:iam::222222222222:role/app",
    "arn:aws:iam::222222222222:root",
    "arn:aws:iam::333333333333:user/ann",
    "arn:aws:sts::333333333333:federated-user/fred",
    "arn:aws:iam::333333333333:role/other",
    "arn:aws:iam::333333333333:role/app",
    "arn:aws:iam::333333333333:role/team/ops",
    "arn:aws:iam::222222222222:role/team/ops",
    "arn:aws:iam::333333333333:root",
    "arn:aws:sts::222222222222:federated-user/fred",
    "arn:aws:iam::111111111111:role/team/other",
    "arn:aws:iam::222222222222:role/team/other",
    "arn:aws:iam::222222222222:role/other",
    "arn:aws:iam::111111111111:user/other",
    "arn:aws:iam::222222222222:user/other",
    "*",
];

fn callers() -> Vec<Caller> {
    let mut callers: Vec<Caller> = CALLERS.iter().map(|arn| Caller::parse(arn).unwrap()).collect();
    for user in [0, 1, 7] {
        let user = Arn::parse(CALLERS[user]).unwrap();
        let session = format!("arn:aws:sts::{}:federated-user/fred", user.account());
        let mut session = Caller::parse(&session).unwrap();
        if let Caller::Iam(session) = &mut session {
            session.kind = IamKind::FederatedUser(Some(user));
        }
        callers.push(session);
    }
    callers.extend(["sns", "logs", "events"].map(|name| Caller::Service(format!("{name}.amazonaws.com"))));
    callers
}

fn principal() -> impl Strategy<Value = Json> {
    prop_oneof![
        2 => Just(json!("*")),
        1 => select(vec!["111111111111", "arn:aws:iam::222222222222:root"]).prop_map(|of| json!({"AWS": of})),
        3 => select(vec![0, 1, 2, 3, 7, 8]).prop_map(|nth| json!({"AWS": CALLERS[nth]})),
        1 => select(vec!["sns.amazonaws.com", "logs.amazonaws.com"]).prop_map(|of| json!({"Service": of})),
    ]
}

fn condition() -> impl Strategy<Value = Json> {
    let arn = select(vec![
        CALLERS[0],
        CALLERS[1],
        CALLERS[2],
        CALLERS[3],
        CALLERS[6],
        CALLERS[8],
        "arn:aws:iam::111111111111:user/*",
        "arn:aws:iam::*:role/app",
        "arn:aws:iam::111111111111:*",
        "arn:aws:iam::*:role/team/*",
        "arn:*:*::222222222222:*",
    ]);
    let on_arn = (select(vec!["ArnLike", "ArnNotLike", "StringLike", "StringNotLike"]), arn)
        .prop_map(|(test, arn)| json!({test: {"aws:PrincipalArn": arn}}));
    let text = |key: &'static str, values: Vec<&'static str>| {
        (select(vec!["StringEquals", "StringNotEquals", "StringEqualsIfExists"]), select(values))
            .prop_map(move |(test, value)| json!({test: {key: value}}))
    };
    prop_oneof![
        2 => Just(json!({})),
        4 => on_arn,
        2 => text("aws:PrincipalAccount", vec!["111111111111", "222222222222", "anonymous"]),
        1 => text("aws:PrincipalType", vec!["User", "AssumedRole", "Account", "FederatedUser", "Anonymous"]),
        1 => text("aws:PrincipalServiceName", vec!["sns.amazonaws.com", "logs.amazonaws.com"]),
        1 => select(vec!["true", "false"]).prop_map(|is| json!({"Bool": {"aws:PrincipalIsAWSService": is}})),
        1 => (select(vec!["aws:PrincipalArn", "aws:PrincipalServiceName", "aws:PrincipalIsAWSService"]), select(vec!["true", "false"]))
            .prop_map(|(key, is)| json!({"Null": {key: is}})),
    ]
}

fn policy() -> impl Strategy<Value = Json> {
    let one = (select(vec!["Allow", "Allow", "Deny"]), principal(), condition())
        .prop_map(|(effect, principal, condition)| statement(effect, &principal, &condition));
    let sparing = (principal(), condition()).prop_map(|(principal, condition)| {
        let mut statement = statement("Deny", &principal, &condition);
        let spared = statement.as_object_mut().and_then(|of| of.remove("Principal"));
        statement["NotPrincipal"] = spared.unwrap_or_default();
        statement
    });
    prop::collection::vec(prop_oneof![8 => one, 1 => sparing], 1..4).prop_map(Json::from)
}

/// What a service may have, or not: an account that nobody names, and a type that is none of the others'.
const OF_SERVICE: [(&str, &str); 2] =
    [("aws:PrincipalAccount", "444444444444"), ("aws:PrincipalType", "Service")];

/// A request in which all that follows from who asks is said.
fn request(caller: &Caller, more: &[(&str, &str)], owner: Option<AccountId>) -> Request {
    let mut context = Context::default();
    for (key, value) in identity_keys(caller) {
        context.set(key, value);
    }
    for (key, value) in more.iter().filter(|_| matches!(caller, Caller::Service(_))) {
        context.set(key, Value::Single((*value).to_owned()));
    }
    Request {
        caller: caller.clone(),
        action: Action::parse("sqs:SendMessage").unwrap(),
        resource: Resource::parse("arn:aws:s3:::bucket").unwrap(),
        resource_account: owner,
        context,
    }
}

/// Whether somebody may who stands so to the resource; none where nobody like it does.
fn is_allowed(subject: &Subject, standing: Standing, caller: &Caller, more: &[(&str, &str)]) -> Option<bool> {
    let met = standing.meets(subject);
    let owner = match standing.reach {
        Reach::Asked => met.situations[0].resource_account.clone(),
        _ if caller.is_root() => return None,
        _ => Some(caller.account()?.clone()),
    };
    let evaluation = met.decide(&request(caller, more, owner), 0)?;
    Some(evaluation.decision == Decision::Allowed)
}

/// What of a request's context is not what follows from who asks.
fn contradictions(request: &Request) -> Vec<String> {
    let own = identity_keys(&request.caller);
    let of =
        |key: &str| own.iter().find(|(known, _)| known.eq_ignore_ascii_case(key)).map(|(_, value)| value);
    let is_open = |key: &str| {
        let is_service = matches!(request.caller, Caller::Service(_));
        is_service && ["aws:principalaccount", "aws:principaltype"].contains(&key.to_lowercase().as_str())
    };
    let about = request.context.iter().filter(|(key, _)| key.to_lowercase().starts_with("aws:principal"));
    let odd = about.filter(|(key, value)| of(key) != Some(*value) && !is_open(key));
    odd.map(|(key, value)| format!("{key}={value}")).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Some gain exactly if a clause says so, and a statement is blamed; and whoever is shown makes the request that is shown.
    #[test]
    fn who_gains_is_told_and_nobody_else(old in policy(), new in policy()) {
        let (old, new) = (subject(&old), subject(&new));
        let diff = compared(&old, &new);
        let catalog = Catalog::embedded();
        let mut analysis = Analysis::new(&catalog, Typing::Typed, Budget::default());
        let blamed = analysis.blamed(&new, Some(&old), &Part::default()).unwrap();
        prop_assert_eq!(blamed.is_empty(), diff.gained.is_empty());
        for (less, more, clauses) in [(&old, &new, &diff.gained), (&new, &old, &diff.lost)] {
            let standings = [Standing::ASKED, Standing::UNAIDED, Standing::HELD_BACK];
            let gains = |standing: Standing, caller: &Caller| {
                let may = |of: &Subject, more| is_allowed(of, standing, caller, more);
                let mores = [&OF_SERVICE[..], &OF_SERVICE[..1], &OF_SERVICE[1..], &[]];
                mores.iter().any(|with| may(more, with) == Some(true) && may(less, with) == Some(false))
            };
            let callers = callers();
            let standings = standings.into_iter().chain(standings.map(Standing::bounded));
            let all = || standings.clone().flat_map(|standing| callers.iter().map(move |of| (standing, of)));
            let somebody = all().find(|(standing, caller)| gains(*standing, caller));
            let example = clauses.first().and_then(|clause| clause.example()).map(ToString::to_string);
            prop_assert_eq!(somebody.is_some(), !clauses.is_empty(), "{:?} {:?}", somebody, example);
            let others = all().find(|(standing, caller)| *standing == Standing::ASKED && gains(*standing, caller));
            prop_assert_eq!(others.is_some(), of(clauses, Standing::ASKED) > 0, "{:?} {:?}", others, example);
            for clause in clauses {
                let example = clause.example();
                prop_assert!(example.is_some(), "only possible: {:?}", clause.standing);
                let odd = example.map(contradictions).unwrap_or_default();
                prop_assert!(odd.is_empty(), "{:?} {:?}", example.map(ToString::to_string), odd);
            }
        }
    }
}
