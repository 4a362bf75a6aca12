//! What a stored principal may do as a set, against `can` for one request after the other: the two ways from the
//! database to an answer agree.

use std::path::Path;

use iamdb::algebra::Budget;
use iamdb::analysis::{Analysis, Clause, Part};
use iamdb::arn::AccountId;
use iamdb::ask::{Ask, Unsaid, reply};
use iamdb::caller::Caller;
use iamdb::catalog::Catalog;
use iamdb::compile::Typing;
use iamdb::eval::{Decision, authorize};
use iamdb::import::{Reading, apply};
use iamdb::knowledge::Identified;
use iamdb::layers::{LayerPolicy, PolicyLayers};
use iamdb::policy::{Document, PolicyType, ResourceService};
use iamdb::question::Answer;
use iamdb::request::{Action, Context, Request, Resource, Value};
use iamdb::store::{
    At, Attribution, FeatureSet, NewNode, NewOrganizationPolicy, NewPrincipal, NodeKind, OrganizationFacts,
    OrganizationPolicyOwner, OrganizationPolicyType, Principal, PrincipalKind, Snapshot, Store, StoreError,
    TypeStatus, Writer,
};
use iamdb::stored;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

pub(crate) const OWN: &str = "111122223333";
pub(crate) const OTHER: &str = "444455556666";

pub(crate) const ACTIONS: [&str; 8] = [
    "s3:GetObject",
    "s3:ListAllMyBuckets",
    "sqs:SendMessage",
    "kms:Decrypt",
    "sts:AssumeRole",
    "iam:PassRole",
    "sts:GetCallerIdentity",
    "dynamodb:GetItem",
];
pub(crate) const RESOURCES: [&str; 12] = [
    "*",
    "arn:aws:s3:::mine",
    "arn:aws:s3:::mine/x",
    "arn:aws:s3:::mine/y",
    "arn:aws:s3:::theirs/x",
    "arn:aws:s3:::unknown/x",
    "arn:aws:sqs:eu-west-1:111122223333:queue",
    "arn:aws:sqs:eu-west-1:444455556666:queue",
    "arn:aws:sqs:eu-west-1:444455556666:unknown",
    "arn:aws:kms:eu-west-1:111122223333:key/k",
    "arn:aws:iam::111122223333:role/ops/deploy",
    "arn:aws:iam::444455556666:role/there",
];

/// The policies of an estate.
#[derive(Debug, Clone)]
pub(crate) struct Policies {
    /// Of alice, of the role, of bob, of the group.
    pub(crate) identity: Vec<Json>,
    boundary: Option<Json>,
    /// By the position of the resource above.
    resources: Vec<(usize, Json)>,
    trust: Option<Json>,
    scp: Option<Json>,
    rcp: Option<Json>,
    /// The RCP of the other account, where that is in the organization, too.
    rcp_of_other: Option<Json>,
}

fn condition() -> impl Strategy<Value = Json> {
    let one = |key: &str, value: &str| json!({"StringEquals": {key: value}});
    prop_oneof![
        6 => Just(json!({})),
        1 => Just(one("aws:ResourceTag/team", "red")),
        1 => Just(one("aws:ResourceTag/team", "${aws:PrincipalTag/team}")),
        1 => Just(one("aws:PrincipalTag/team", "red")),
        1 => Just(one("aws:ResourceAccount", OWN)),
        1 => Just(one("aws:PrincipalOrgID", "o-abcdefghij")),
        1 => Just(one("aws:ResourceOrgID", "o-abcdefghij")),
        1 => Just(json!({"StringNotEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}})),
        1 => Just(json!({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}})),
        1 => Just(one("aws:username", "dora")),
        1 => Just(json!({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/d*"}})),
        1 => Just(json!({"ArnLike": {"aws:PrincipalArn": EVIL}})),
        1 => Just(json!({"StringEquals": {"aws:PrincipalAccount": STRANGERS}})),
        1 => Just(json!({"StringLike": {"aws:PrincipalTag/team": "${aws:username}*"}})),
        1 => Just(json!({"ForAnyValue:StringEquals": {"my:colours": ["red", "${aws:username}"]}})),
        1 => Just(json!({"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:111122223333:*"}})),
        1 => Just(one("aws:PrincipalServiceName", "sns.amazonaws.com")),
        1 => Just(json!({"BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
            "StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-abcdefghij"}})),
    ]
}

fn action() -> impl Strategy<Value = Json> {
    let named = prop::sample::subsequence(ACTIONS.to_vec(), 1..3).prop_map(|actions| json!(actions));
    prop_oneof![2 => named, 1 => Just(json!("*")), 1 => Just(json!(["s3:*", "sqs:*"]))]
}

fn resource() -> impl Strategy<Value = Json> {
    let named = prop::sample::subsequence(RESOURCES.to_vec(), 1..4).prop_map(|resources| json!(resources));
    let wild = prop::sample::select(vec![
        "arn:aws:s3:::mine*",
        "arn:aws:s3:::mine/${aws:username}",
        "arn:aws:s3:::*/x",
        "arn:aws:s3:::mine/*",
        "arn:aws:*:*:*:*",
    ]);
    prop_oneof![2 => named, 2 => Just(json!("*")), 1 => wild.prop_map(|pattern| json!(pattern))]
}

/// A session of a stored role; an account that is not stored, with a user, a role and a session of that; an identity
/// provider.
pub(crate) const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/deploy/s";
pub(crate) const EVIL: &str = "arn:aws:iam::777788889999:user/evil";
pub(crate) const STRANGERS: &str = "777788889999";
pub(crate) const STRANGE_ROLE: &str = "arn:aws:iam::777788889999:role/x";
pub(crate) const STRANGE_SESSION: &str = "arn:aws:sts::777788889999:assumed-role/x/s";
pub(crate) const PROVIDER: &str = "cognito-identity.amazonaws.com";

/// Whom a statement of a resource's policy names, under which of the two keys.
fn principal() -> impl Strategy<Value = (&'static str, Json)> {
    let named = prop::sample::select(vec![
        json!("*"),
        json!({"AWS": OWN}),
        json!({"AWS": OTHER}),
        json!({"AWS": "arn:aws:iam::111122223333:user/alice"}),
        json!({"AWS": "arn:aws:iam::111122223333:role/ops/deploy"}),
        json!({"AWS": [OTHER, "arn:aws:iam::444455556666:user/bob"]}),
        json!({"AWS": SESSION}),
        json!({"AWS": [OWN, "arn:aws:iam::111122223333:role/ops/deploy", SESSION]}),
        json!({"AWS": EVIL}),
        json!({"AWS": STRANGERS}),
        json!({"AWS": [STRANGERS, EVIL]}),
        json!({"AWS": STRANGE_ROLE}),
        json!({"AWS": [STRANGE_ROLE, STRANGE_SESSION]}),
        json!({"AWS": STRANGE_SESSION}),
        json!({"Federated": PROVIDER}),
        json!({"Service": "sns.amazonaws.com"}),
    ]);
    let key = prop::sample::select(vec!["Principal", "Principal", "Principal", "NotPrincipal"]);
    (key, prop_oneof![3 => named, 1 => Just(json!("*"))])
}

fn statement() -> impl Strategy<Value = Json> {
    (prop::sample::select(vec!["Allow", "Allow", "Allow", "Deny"]), action(), resource(), condition()).prop_map(
        |(effect, action, resource, condition)| json!({"Effect": effect, "Action": action, "Resource": resource, "Condition": condition}),
    )
}

fn document(statements: Vec<Json>) -> Json {
    json!({"Version": "2012-10-17", "Statement": statements})
}

pub(crate) fn identity() -> impl Strategy<Value = Json> {
    prop::collection::vec(statement(), 1..4).prop_map(document)
}

pub(crate) fn of_resource() -> impl Strategy<Value = Json> {
    let with_principal = (statement(), principal(), any::<bool>());
    let statement = with_principal.prop_map(|(mut statement, (key, principal), swap)| {
        statement[key] = principal;
        if swap && statement["Resource"] != json!("*") {
            statement["NotResource"] = statement["Resource"].take();
            statement.as_object_mut().unwrap().remove("Resource");
        }
        statement
    });
    prop::collection::vec(statement, 1..3).prop_map(document)
}

pub(crate) fn trust() -> impl Strategy<Value = Json> {
    let effect = prop::sample::select(vec!["Allow", "Allow", "Deny"]);
    let actions =
        prop::sample::select(vec![json!("sts:AssumeRole"), json!(["sts:AssumeRole", "sts:TagSession"])]);
    let one = (effect, principal(), actions, condition());
    let one = one.prop_map(|(effect, (_, principal), actions, condition)| {
        json!({"Effect": effect, "Principal": principal, "Action": actions, "Condition": condition})
    });
    prop::collection::vec(one, 1..3).prop_map(document)
}

pub(crate) fn limit() -> impl Strategy<Value = Json> {
    statement().prop_map(|mut statement| {
        let all = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
        statement["Effect"] = json!("Deny");
        document(vec![all, statement])
    })
}

/// Lets everything pass but what its second statement denies, or what that alone allows.
pub(crate) fn of_endpoint() -> impl Strategy<Value = Json> {
    (of_resource(), any::<bool>()).prop_map(|(mut policy, all)| {
        let everything = json!({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"});
        policy["Statement"].as_array_mut().unwrap().extend(all.then_some(everything));
        policy
    })
}

pub(crate) fn policies() -> impl Strategy<Value = Policies> {
    let at = prop::sample::select(vec![1usize, 2, 4, 6, 7, 9]);
    let rcp = || {
        statement().prop_map(|mut statement| {
            statement["Effect"] = json!("Deny");
            statement["Principal"] = json!("*");
            document(vec![statement])
        })
    };
    (
        prop::collection::vec(identity(), 4),
        prop::option::of(identity()),
        prop::collection::btree_map(at, of_resource(), 0..5),
        prop::option::of(trust()),
        prop::option::of(limit()),
        prop::option::of(rcp()),
        prop::option::of(rcp()),
    )
        .prop_map(|(identity, boundary, resources, trust, scp, rcp, rcp_of_other)| Policies {
            identity,
            boundary,
            resources: resources.into_iter().collect(),
            trust,
            scp,
            rcp,
            rcp_of_other,
        })
}

fn account(digits: &str) -> AccountId {
    AccountId::parse(digits).unwrap()
}

pub(crate) fn principal_of(kind: PrincipalKind, of: &str, path: &str, name: &str) -> NewPrincipal {
    NewPrincipal {
        kind,
        partition: "aws".to_owned(),
        account: Some(account(of)),
        path: path.to_owned(),
        name: name.to_owned(),
        unique_id: None,
    }
}

fn fill(writer: &mut Writer<'_>, policies: &Policies) -> Result<(), StoreError> {
    let document = |policy: &Json| Document::new(policy.to_string());
    let alice = writer.create_principal(&principal_of(PrincipalKind::User, OWN, "/", "alice"))?.key;
    let role = writer.create_principal(&principal_of(PrincipalKind::Role, OWN, "/ops/", "deploy"))?.key;
    let bob = writer.create_principal(&principal_of(PrincipalKind::User, OTHER, "/", "bob"))?.key;
    let devs = writer.create_principal(&principal_of(PrincipalKind::Group, OWN, "/", "devs"))?.key;
    writer.put_tag(alice, "team", "red")?;
    writer.join(alice, devs)?;
    for (of, policy) in [alice, role, bob, devs].into_iter().zip(&policies.identity) {
        writer.put_inline(of, "own", &document(policy))?;
    }
    if let Some(boundary) = &policies.boundary {
        let new = iamdb::store::NewManagedPolicy {
            partition: "aws".to_owned(),
            owner: iamdb::store::PolicyOwner::Account(Some(account(OWN))),
            path: "/".to_owned(),
            name: "limits".to_owned(),
        };
        let managed = writer.create_managed_policy(&new)?.key;
        writer.add_version(managed, &document(boundary))?;
        for of in [alice, role] {
            writer.attach(of, managed, iamdb::store::AttachmentKind::Boundary)?;
        }
    }
    if let Some(trust) = &policies.trust {
        writer.put_trust_policy(role, &document(trust))?;
    }
    for at in [1, 4, 6, 7, 9] {
        let stored = writer.create_resource(RESOURCES[at])?.key;
        match at {
            1 => drop(writer.put_resource_tag(stored, "team", "red")?),
            4 => drop(writer.put_resource_owner(stored, &account(OTHER))?),
            _ => {}
        }
    }
    for (at, policy) in &policies.resources {
        let arn = RESOURCES[*at].replace("theirs/x", "theirs");
        let stored = match writer.resource(&arn)? {
            Some(stored) => stored,
            None => writer.create_resource(&arn)?,
        };
        if arn.ends_with("theirs") {
            writer.put_resource_owner(stored.key, &account(OTHER))?;
        }
        writer.put_resource_policy(stored.key, &document(policy))?;
    }
    let scp = policies.scp.iter().map(|policy| (OrganizationPolicyType::Scp, policy));
    let rcp = policies.rcp.iter().map(|policy| (OrganizationPolicyType::Rcp, policy));
    let mut members = vec![(OWN, scp.chain(rcp).collect())];
    let rcp = policies.rcp_of_other.as_ref().map(|policy| (OrganizationPolicyType::Rcp, policy));
    members.extend(rcp.map(|rcp| (OTHER, vec![rcp])));
    organize(writer, &members)
}

/// An organization of these accounts, each with policies of its own.
pub(crate) fn organize(
    writer: &mut Writer<'_>,
    members: &[(&str, Vec<(OrganizationPolicyType, &Json)>)],
) -> Result<(), StoreError> {
    let node = |kind, id: &str| NewNode { kind, id: Some(id.to_owned()), name: None, status: None };
    let root = writer.create_node(&node(NodeKind::Root, "r-ab12"))?.key;
    let facts = OrganizationFacts {
        id: Some("o-abcdefghij".to_owned()),
        management_account: None,
        feature_set: FeatureSet::All,
        scps: TypeStatus::Enabled,
        rcps: TypeStatus::Enabled,
    };
    writer.put_organization(root, &facts)?;
    let mut full = Vec::new();
    for new in [NewOrganizationPolicy::full_aws_access(), NewOrganizationPolicy::rcp_full_aws_access()] {
        full.push(writer.create_organization_policy(&new)?.key);
    }
    full.iter().try_for_each(|key| writer.attach_to_node(root, *key).map(drop))?;
    for (account, policies) in members {
        let at = writer.create_node(&node(NodeKind::Account, account))?.key;
        writer.place(at, root)?;
        full.iter().try_for_each(|key| writer.attach_to_node(at, *key).map(drop))?;
        for (policy_type, policy) in policies {
            let new = NewOrganizationPolicy {
                policy_type: *policy_type,
                id: None,
                owner: OrganizationPolicyOwner::Customer(None),
                name: format!("limit of {account}"),
                document: Some(Document::new(policy.to_string())),
            };
            let key = writer.create_organization_policy(&new)?.key;
            writer.attach_to_node(at, key)?;
        }
    }
    Ok(())
}

pub(crate) fn database(policies: &Policies) -> Store {
    let mut store = Store::in_memory().unwrap();
    change(&mut store, |writer| fill(writer, policies));
    store
}

pub(crate) fn change(store: &mut Store, work: impl Fn(&mut Writer<'_>) -> Result<(), StoreError>) {
    let by = Attribution {
        actor: "eve".to_owned(),
        time: "2026-01-01T00:00:00Z".parse().unwrap(),
        command: "test".to_owned(),
    };
    store.write(&by, |writer| work(writer).map(|()| ((), "test".to_owned()))).unwrap();
}

/// What `can` answers about a principal, and its request without context.
pub(crate) fn can(
    snapshot: &Snapshot<'_>,
    principal: &Principal,
    (action, resource): (&str, &str),
    given: Vec<(String, Option<Value>)>,
    unsaid: Unsaid,
    catalog: &Catalog,
) -> (Request, Answer) {
    let caller = Caller::Iam(stored::caller(snapshot, principal, None).unwrap().unwrap());
    let action = Action::parse(action).unwrap();
    let resource = Resource::parse(resource).unwrap();
    let request = Request {
        caller: caller.clone(),
        action: action.clone(),
        resource: resource.clone(),
        resource_account: None,
        context: Context::default(),
    };
    let around = stored::surroundings(snapshot, &request, catalog).unwrap();
    let PolicyLayers { identity, boundary, .. } = stored::policy_layers(snapshot, principal).unwrap();
    let layers = PolicyLayers { identity, boundary, ..around.layers };
    let ask = Ask {
        caller: &caller,
        identified: Identified::Caller,
        layers: &layers,
        action,
        resource: Some(resource),
        resource_account: around.resource_account,
        assumed: around.assumed,
        surroundings: around.keys,
        given,
        unsaid,
        now: "2026-01-01T00:00:00Z".parse().unwrap(),
        catalog,
        known_action: None,
    };
    (request, reply(&ask).unwrap().answer)
}

/// A request that `can` decided, where what is unsaid is absent.
struct Decided {
    /// The whole of it.
    request: Request,
    decision: Decision,
    /// Whether its resource's policy has to allow it and is not stored, and all else does if that leaves it to the account.
    is_left: bool,
}

fn asked(
    snapshot: &Snapshot<'_>,
    principal: &Principal,
    (action, resource, ip): (&str, &str, Option<&str>),
    catalog: &Catalog,
) -> Decided {
    let given = ip.map(|ip| ("aws:SourceIp".to_owned(), Some(Value::Single(ip.to_owned()))));
    let given = given.into_iter().collect();
    let (request, answer) = can(snapshot, principal, (action, resource), given, Unsaid::Absent, catalog);
    let Answer::Decided(example) = answer else { panic!("a closed question depends") };
    let surroundings = stored::surroundings(snapshot, &request, catalog).unwrap();
    let PolicyLayers { identity, boundary, .. } = stored::policy_layers(snapshot, principal).unwrap();
    let mut layers = PolicyLayers { identity, boundary, ..surroundings.layers };
    let request = Request { context: example.context, ..request };
    let is_unknown = layers.resource.iter().any(|policy| policy.document.is_none());
    if is_unknown {
        let account = request.caller.account().unwrap().as_str();
        let statement =
            json!({"Effect": "Allow", "Principal": {"AWS": account}, "Action": "*", "Resource": "*"});
        let text = json!({"Version": "2012-10-17", "Statement": statement}).to_string();
        layers.resource = vec![LayerPolicy::read(
            "supposed",
            "resource policy",
            &text,
            PolicyType::Resource(ResourceService::Other),
        )];
    }
    let is_left = is_unknown && authorize(&layers, &request).decision == Decision::Allowed;
    Decided { request, decision: example.evaluation.decision, is_left }
}

/// Every user and role may do as a set what `can` says it may, and what it says hangs on a policy that is not stored
/// (R-EVL-64), of these requests.
fn agree(snapshot: &Snapshot<'_>, resources: &[&str], actions: &[&str]) -> Result<(), TestCaseError> {
    let catalog = Catalog::embedded();
    for principal in snapshot.principals(None).unwrap() {
        if principal.kind == PrincipalKind::Group {
            continue;
        }
        let subject = stored::subject(snapshot, &principal, None, &catalog, &Part::default()).unwrap();
        let mut all = Vec::new();
        for &action in actions {
            for &resource in resources {
                for ip in [None, Some("203.0.113.9")] {
                    all.push(asked(snapshot, &principal, (action, resource, ip), &catalog));
                }
            }
        }
        let mut analysis = Analysis::new(&catalog, Typing::Typed, Budget::default());
        let requests: Vec<Request> = all.iter().map(|decided| decided.request.clone()).collect();
        let found = analysis.contains(&subject, &requests).unwrap();
        for (Decided { request, decision, is_left }, found) in all.iter().zip(found) {
            prop_assert_eq!(found, *decision == Decision::Allowed || *is_left, "{:#?}", request);
        }
    }
    Ok(())
}

/// What is told of every principal.
fn clauses(policies: &Policies) -> Vec<Clause> {
    let mut store = database(policies);
    let snapshot = store.read(At::Now).unwrap();
    let catalog = Catalog::embedded();
    let mut clauses = Vec::new();
    for principal in snapshot.principals(None).unwrap() {
        let subject = stored::subject(&snapshot, &principal, None, &catalog, &Part::default()).unwrap();
        let mut analysis = Analysis::new(&catalog, Typing::Typed, Budget::default());
        clauses.extend(analysis.effective(&subject, &Part::default()).unwrap().clauses);
    }
    clauses
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_set_of_a_principal_is_what_it_can(policies in policies()) {
        let mut store = database(&policies);
        agree(&store.read(At::Now).unwrap(), &RESOURCES, &ACTIONS)?;
    }

    /// Each clause has been decided, and what is told of it is all that makes it.
    #[test]
    fn the_clauses_of_a_principal_are_exact(policies in policies()) {
        for clause in clauses(&policies) {
            let decided = clause.witness.as_ref().map(|witness| witness.allowing.decision);
            prop_assert!(decided.is_none_or(|decision| decision == Decision::Allowed), "{:#?}", clause);
            prop_assert!(clause.is_exact, "{:#?}", clause);
        }
    }
}

/// R-EVL-20: what the caller's own policies come to in their account is not limited by the resource's policy, even where
/// that happens to allow all of it.
#[test]
fn a_policy_that_is_not_needed_is_no_limit() {
    let version = "2012-10-17";
    let policies = Policies {
        identity: vec![json!({"Version": version, "Statement":
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::mine/x"}})],
        boundary: Some(json!({"Version": version, "Statement": [
            {"Effect": "Deny", "Action": "*", "Resource": "*",
                "Condition": {"StringEquals": {"aws:ResourceAccount": "111122223333"}}},
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]})),
        resources: vec![(
            1,
            json!({"Version": version, "Statement":
            {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::mine/*", "Principal": {"AWS": "111122223333"},
                "Condition": {"StringNotEquals": {"aws:ResourceAccount": "111122223333"}}}}),
        )],
        trust: None,
        scp: None,
        rcp: None,
        rcp_of_other: None,
    };
    for clause in clauses(&policies) {
        assert!(clause.is_exact, "{clause:#?}");
    }
}

/// The accounts of the corpus, about the resources that their policies are on.
#[test]
fn the_sets_of_real_accounts() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/estate");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        eprintln!("skipped: {} is not there", folder.display());
        return;
    };
    let mut count = 0;
    for estate in entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()) {
        let mut reading = Reading::new();
        let mut add = |path: &Path| {
            reading.add(&path.display().to_string(), std::fs::File::open(path).unwrap()).unwrap();
        };
        add(&estate.join("resource_policies.json"));
        for account in std::fs::read_dir(estate.join("accounts")).unwrap().flatten() {
            add(&account.path().join("gaad.json"));
        }
        let read = reading.finish().unwrap();
        let mut store = Store::in_memory().unwrap();
        change(&mut store, |writer| {
            apply(writer, &read, &mut |_| {}).map(|_| ()).map_err(|_| StoreError::ReadOnly)
        });
        let snapshot = store.read(At::Now).unwrap();
        let mut resources = vec!["*".to_owned(), "arn:aws:s3:::bucket/x".to_owned()];
        resources.extend(snapshot.resources().unwrap().into_iter().map(|resource| resource.arn));
        let roles = snapshot.principals(Some(PrincipalKind::Role)).unwrap();
        resources.extend(roles.iter().map(Principal::arn));
        let resources: Vec<&str> = resources.iter().map(String::as_str).collect();
        let actions =
            ["s3:GetObject", "s3:PutObject", "lambda:InvokeFunction", "sts:AssumeRole", "iam:PassRole"];
        agree(&snapshot, &resources, &actions)
            .unwrap_or_else(|error| panic!("{}: {error}", estate.display()));
        count += 1;
    }
    assert!(count > 0);
}
