//! Who gained and lost what by a change, against each principal compared with itself.

use iamdb::access_change::{About, Asked, Moved, Mover, NewPrincipals, access_changes};
use iamdb::algebra::Budget;
use iamdb::analysis::{Analysis, Cause, Clause, Diff, Part, Subject, Verdict, unlimited};
use iamdb::arn::{AccountId, Arn};
use iamdb::caller::Caller;
use iamdb::catalog::Catalog;
use iamdb::compile::Typing;
use iamdb::knowledge::Identified;
use iamdb::layers::PolicyLayers;
use iamdb::policy::{Document, PolicyType};
use iamdb::store::{
    At, AttachmentKind, ChangeNumber, FeatureSet, NewManagedPolicy, NewNode, NewOrganizationPolicy, NodeKind,
    OrganizationFacts, OrganizationPolicyOwner, OrganizationPolicyType, PolicyOwner, PrincipalKind, Snapshot,
    Store, StoreError, TypeStatus, Writer,
};
use iamdb::stored::{self, Subjects};
use iamdb::tell::{Direction, Teller};
use iamdb::who_can::Outsider;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use crate::effective::{
    EVIL, OTHER, OWN, RESOURCES, SESSION, STRANGERS, change, identity, limit, of_resource, policies,
    principal_of, trust,
};
use crate::who_can::{QUEUE, estate, member, of_queue, queue_with, strangers};

/// Something that is done to an estate.
#[derive(Debug, Clone)]
enum Deed {
    Inline(&'static str, Json),
    Managed(&'static str, Json),
    NewVersion(Json),
    Boundary(&'static str, Json),
    Tag(&'static str, &'static str),
    Leave,
    Trust(Json),
    Resource(usize, Json),
    Scp(Json),
}

fn deed() -> impl Strategy<Value = Deed> {
    let who = || prop::sample::select(vec!["alice", "devs", "dora", "deploy"]);
    prop_oneof![
        2 => (who(), identity()).prop_map(|(who, policy)| Deed::Inline(who, policy)),
        2 => (who(), identity()).prop_map(|(who, policy)| Deed::Managed(who, policy)),
        2 => identity().prop_map(Deed::NewVersion),
        1 => (prop::sample::select(vec!["alice", "dora"]), limit()).prop_map(|(who, policy)| Deed::Boundary(who, policy)),
        1 => (who(), prop::sample::select(vec!["red", "dora"])).prop_map(|(who, team)| Deed::Tag(who, team)),
        1 => Just(Deed::Leave),
        1 => trust().prop_map(Deed::Trust),
        2 => (prop::sample::select(vec![1usize, 6, 9]), of_resource()).prop_map(|(at, policy)| Deed::Resource(at, policy)),
        2 => limit().prop_map(Deed::Scp),
    ]
}

fn managed(
    writer: &mut Writer<'_>,
    name: &str,
    policy: &Json,
) -> Result<iamdb::store::PolicyKey, StoreError> {
    let known = writer.managed_policies_named(name)?.pop();
    let key = match known {
        Some(known) => known.key,
        None => {
            let owner = PolicyOwner::Account(iamdb::arn::AccountId::parse(OWN));
            let (partition, path) = ("aws".to_owned(), "/".to_owned());
            writer
                .create_managed_policy(&NewManagedPolicy { partition, owner, path, name: name.to_owned() })?
                .key
        }
    };
    writer.add_version(key, &Document::new(policy.to_string()))?;
    Ok(key)
}

fn done(writer: &mut Writer<'_>, deed: &Deed) -> Result<(), StoreError> {
    let document = |policy: &Json| Document::new(policy.to_string());
    let named =
        |writer: &Writer<'_>, name: &str| writer.principals_named(name).map(|mut found| found.pop().unwrap());
    match deed {
        Deed::Inline(who, policy) => {
            let who = named(writer, who)?.key;
            writer.put_inline(who, "more", &document(policy))?;
        }
        Deed::Managed(who, policy) => {
            let who = named(writer, who)?.key;
            let policy = managed(writer, "extra", policy)?;
            writer.attach(who, policy, AttachmentKind::Managed)?;
        }
        Deed::NewVersion(policy) => drop(managed(writer, "shared", policy)?),
        Deed::Boundary(who, policy) => {
            let who = named(writer, who)?;
            let policy = managed(writer, "edge", policy)?;
            if who.kind != PrincipalKind::Group {
                writer.attach(who.key, policy, AttachmentKind::Boundary)?;
            }
        }
        Deed::Tag(who, team) => {
            let who = named(writer, who)?;
            if who.kind != PrincipalKind::Group {
                writer.put_tag(who.key, "team", team)?;
            }
        }
        Deed::Leave => {
            let (alice, devs) = (named(writer, "alice")?.key, named(writer, "devs")?.key);
            writer.leave(alice, devs)?;
        }
        Deed::Trust(policy) => {
            let role = named(writer, "deploy")?.key;
            writer.put_trust_policy(role, &document(policy))?;
        }
        Deed::Resource(at, policy) => {
            let resource = writer.resource(RESOURCES[*at])?.unwrap().key;
            writer.put_resource_policy(resource, &document(policy))?;
        }
        Deed::Scp(policy) => {
            let node = writer.node_with_id(OWN)?.unwrap().key;
            let new = NewOrganizationPolicy {
                policy_type: OrganizationPolicyType::Scp,
                id: None,
                owner: OrganizationPolicyOwner::Customer(None),
                name: "more".to_owned(),
                document: Some(document(policy)),
            };
            let policy = writer.create_organization_policy(&new)?.key;
            writer.attach_to_node(node, policy)?;
        }
    }
    Ok(())
}

/// Two users and a group share a managed policy.
fn share(store: &mut Store, policy: &Json) {
    change(store, |writer| {
        let shared = managed(writer, "shared", policy)?;
        for name in ["alice", "devs", "dora", "x"] {
            let who = writer.principals_named(name)?.pop().unwrap().key;
            writer.attach(who, shared, AttachmentKind::Managed)?;
        }
        Ok(())
    });
}

fn all_moved(before: &Snapshot<'_>, after: &Snapshot<'_>, asked: &Asked<'_>) -> Vec<Moved> {
    let mut moved = Vec::new();
    access_changes(before, after, asked, &mut |one| moved.push(one), &mut |_, _| {}).unwrap();
    moved
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// A change moves whom it moves alone, in the same direction, and nobody else.
    #[test]
    fn those_who_moved_are_those_who_differ(
        policies in policies(),
        crowd in prop::collection::vec(member(), 6),
        shared in identity(),
        deeds in prop::collection::vec(deed(), 1..3),
    ) {
        let mut store = estate(&policies, &crowd);
        share(&mut store, &shared);
        let before_all = store.read(At::Now).unwrap().change();
        change(&mut store, |writer| deeds.iter().try_for_each(|deed| done(writer, deed)));
        let after = store.read(At::Now).unwrap();
        let before = after.as_of(At::Change(before_all)).unwrap();
        let catalog = Catalog::embedded();
        let part = Part::default();
        let asked = Asked { part: &part, about: About::Everyone, new: NewPrincipals::Listed, catalog: &catalog };
        let all = all_moved(&before, &after, &asked);
        for principal in after.principals(None).unwrap() {
            if principal.kind == PrincipalKind::Group {
                continue;
            }
            let side = |snapshot| stored::subject(snapshot, &principal, None, &catalog, &part).unwrap();
            let mut analysis = Analysis::new(&catalog, Typing::Typed, Budget::default());
            let alone = analysis.diff(&side(&before), &side(&after), &part).unwrap();
            let is_it = |mover: &Mover| matches!(mover, Mover::Stored(one) if one.key == principal.key);
            let moved: Vec<_> = all.iter().filter(|moved| moved.who.iter().any(is_it)).collect();
            let diffs: Vec<_> = moved.iter().map(|moved| moved.diff.as_ref().unwrap()).collect();
            let is_sure = |clauses: &[Clause]| clauses.iter().any(|clause| clause.witness.is_some());
            let gained = diffs.iter().any(|diff| is_sure(&diff.gained));
            let lost = diffs.iter().any(|diff| is_sure(&diff.lost));
            let verdict = match (gained, lost) {
                (false, false) => Verdict::Equivalent,
                (true, false) => Verdict::Wider,
                (false, true) => Verdict::Narrower,
                (true, true) => Verdict::Both,
            };
            prop_assert_eq!(verdict, alone.verdict, "{}", principal.arn());
            let any = |diff: &Diff| !diff.gained.is_empty() || !diff.lost.is_empty();
            prop_assert_eq!(diffs.iter().any(|diff| any(diff)), any(&alone));
            let by_that = |moved: &&&Moved| moved.changes.contains(&ChangeNumber(before_all.0 + 1));
            prop_assert_eq!(moved.iter().filter(by_that).count(), moved.len());
        }
    }
}

/// A caller that is not stored, as a subject: its own policies allow everything.
fn stranger(snapshot: &Snapshot<'_>, caller: &Caller, own: PolicyLayers, identified: Identified) -> Subject {
    let catalog = Catalog::embedded();
    let subjects = Subjects::read(snapshot, &catalog, &Part::default()).unwrap();
    // Only the role is stored.
    if identified == Identified::Caller && caller.is_iam() {
        return subjects.of(caller.clone(), identified, own).unwrap();
    }
    let mut subject = subjects.of_outsider(caller.clone(), identified, own).unwrap();
    // What is nobody's is not theirs.
    if identified != Identified::Caller {
        for situation in subject.situations.iter_mut().filter(|of| of.resource_account.is_none()) {
            situation.resource_account = Some(AccountId::unset());
        }
    }
    subject
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Whoever is not stored and gains or loses by a change is told, or one of whom it is one is; and nobody is told
    /// who does not (R-PRN-4, R-PRN-8, R-PRN-13).
    #[test]
    fn who_is_not_stored_and_moved_is_told(
        policies in policies(),
        crowd in prop::collection::vec(member(), 6),
        shared in identity(),
        deeds in prop::collection::vec(deed(), 1..3),
    ) {
        let mut store = estate(&policies, &crowd);
        share(&mut store, &shared);
        let before_all = store.read(At::Now).unwrap().change();
        change(&mut store, |writer| deeds.iter().try_for_each(|deed| done(writer, deed)));
        let after = store.read(At::Now).unwrap();
        let before = after.as_of(At::Change(before_all)).unwrap();
        let catalog = Catalog::embedded();
        let part = Part::default();
        let asked = Asked { part: &part, about: About::Everyone, new: NewPrincipals::Listed, catalog: &catalog };
        let all = all_moved(&before, &after, &asked);
        let session = |snapshot: &Snapshot<'_>| {
            let role = snapshot.principals_named("deploy").unwrap().pop().unwrap();
            let caller = stored::caller(snapshot, &role, Some("s".to_owned())).unwrap().unwrap();
            (Caller::Iam(caller), stored::policy_layers(snapshot, &role).unwrap())
        };
        let all_may = || PolicyLayers { identity: vec![unlimited(PolicyType::Identity)], ..PolicyLayers::default() };
        let mut moves = vec![(
            [&before, &after].map(|snapshot| {
                let (caller, own) = session(snapshot);
                stranger(snapshot, &caller, own, Identified::Caller)
            }),
            vec![Outsider::Stranger(Arn::parse(SESSION).unwrap())],
            Some("deploy"),
        )];
        for (caller, who) in strangers() {
            let identified = if caller.is_iam() { Identified::Untagged } else { Identified::Caller };
            if caller.is_root() {
                continue;
            }
            let own = || if caller.is_iam() { all_may() } else { PolicyLayers::default() };
            moves.push(([&before, &after].map(|side| stranger(side, &caller, own(), identified)), who, None));
        }
        for ([old, new], who, role) in moves {
            let mut analysis = Analysis::new(&catalog, Typing::Typed, Budget::default());
            let alone = analysis.diff(&old, &new, &part).unwrap();
            let is_sure = |clauses: &[Clause]| clauses.iter().any(|clause| clause.witness.is_some());
            let itself = |mover: &Mover| matches!(mover, Mover::Other(one) if Some(one) == who.first());
            let one_of = |mover: &Mover| match mover {
                Mover::Other(one) => who.contains(one),
                Mover::Stored(one) => Some(one.name.as_str()) == role,
            };
            let told = |is_it: &dyn Fn(&Mover) -> bool| {
                let moved = all.iter().filter(|moved| moved.who.iter().any(is_it));
                let diffs = moved.map(|moved| moved.diff.as_ref().unwrap());
                diffs.fold((false, false), |(gained, lost), diff| {
                    (gained || !diff.gained.is_empty(), lost || !diff.lost.is_empty())
                })
            };
            let (gained, lost) = told(&one_of);
            prop_assert!(gained || !is_sure(&alone.gained), "{:?} gained", who);
            prop_assert!(lost || !is_sure(&alone.lost), "{:?} lost", who);
            let is_narrow = !matches!(who.first(), Some(Outsider::OtherAccount(_) | Outsider::AnyPrincipal));
            let (gained, lost) = told(&itself);
            prop_assert!(!is_narrow || !gained || !alone.gained.is_empty(), "{:?} did not gain", who);
            prop_assert!(!is_narrow || !lost || !alone.lost.is_empty(), "{:?} did not lose", who);
        }
    }
}

/// Who moved when the policy of a queue was replaced, each with its verdict.
fn moved_by(old: &Json, new: &Json) -> Vec<(String, Verdict)> {
    let mut store = queue_with(old);
    change(&mut store, |writer| {
        let queue = writer.resource(QUEUE)?.unwrap().key;
        writer.put_resource_policy(queue, &Document::new(new.to_string())).map(drop)
    });
    moved_since(&mut store, 1)
}

fn moved_since(store: &mut Store, change: i64) -> Vec<(String, Verdict)> {
    let after = store.read(At::Now).unwrap();
    let before = after.as_of(At::Change(ChangeNumber(change))).unwrap();
    let (catalog, part) = (Catalog::embedded(), Part::default());
    let asked = Asked { part: &part, about: About::Everyone, new: NewPrincipals::Listed, catalog: &catalog };
    let name = |mover: &Mover| match mover {
        Mover::Stored(one) => one.name.clone(),
        Mover::Other(Outsider::Stranger(arn)) => arn.resource().to_owned(),
        Mover::Other(Outsider::OtherAccount(account)) => account.to_string(),
        Mover::Other(Outsider::Root { account, .. }) => format!("root of {account}"),
        Mover::Other(Outsider::Service(name)) => name.clone(),
        Mover::Other(other) => format!("{other:?}"),
    };
    let all = all_moved(&before, &after, &asked);
    let each = all.iter().flat_map(|moved| {
        let verdict = moved.diff.as_ref().unwrap().verdict;
        moved.who.iter().map(move |mover| (name(mover), verdict))
    });
    each.collect()
}

fn moves(old: &[(&str, &str, Json, Json)], new: &[(&str, &str, Json, Json)], expected: &[(&str, Verdict)]) {
    let found = moved_by(&of_queue(old), &of_queue(new));
    let found: Vec<(&str, Verdict)> = found.iter().map(|(who, verdict)| (who.as_str(), *verdict)).collect();
    assert_eq!(found, expected);
}

/// R-PRN-4, R-PRN-8, R-PRN-13, R-PRN-1: who is named in a Deny, in a list of exceptions or by a condition moves.
#[test]
fn whoever_a_change_names_in_any_way_is_compared() {
    use Verdict::{Narrower, Wider};
    let all = || ("Allow", "Principal", json!("*"), json!({}));
    let deny = |key, principal| ("Deny", key, principal, json!({}));
    let session = "arn:aws:sts::111122223333:assumed-role/r/s";
    moves(&[], &[deny("Principal", json!({"AWS": session}))], &[("assumed-role/r/s", Narrower)]);
    let account = || ("Allow", "Principal", json!({"AWS": STRANGERS}), json!({}));
    let evil = json!({"AWS": EVIL});
    moves(&[account()], &[account(), deny("Principal", evil)], &[("user/evil", Narrower)]);
    let strangers = json!({"AWS": STRANGERS});
    moves(&[all()], &[all(), deny("Principal", strangers)], &[("777788889999", Narrower)]);
    let sns = || json!({"Service": "sns.amazonaws.com"});
    moves(&[all()], &[all(), deny("Principal", sns())], &[("sns.amazonaws.com", Narrower)]);
    let spared = json!({"AWS": [EVIL, STRANGERS]});
    moves(
        &[all(), deny("NotPrincipal", spared)],
        &[all(), deny("NotPrincipal", sns())],
        &[("root of 777788889999", Narrower), ("user/evil", Narrower), ("sns.amazonaws.com", Wider)],
    );
    let source = json!({"ArnEquals": {"aws:SourceArn": "arn:aws:sns:eu-west-1:111122223333:t"}});
    let from_topic = ("Allow", "Principal", json!("*"), source);
    moves(&[], &[from_topic], &[("sns.amazonaws.com", Wider), ("AnyService", Wider)]);
}

/// A session that the policy of a resource names has the policies of its role: a Deny there takes from it what the
/// resource granted to it, and not to the role.
#[test]
fn what_reaches_a_role_reaches_its_sessions() {
    let session = json!({"AWS": "arn:aws:sts::111122223333:assumed-role/r/s"});
    let mut store = queue_with(&of_queue(&[("Allow", "Principal", session, json!({}))]));
    let put = |store: &mut Store, effect: &str| {
        let policy = json!({"Version": "2012-10-17", "Statement":
            {"Effect": effect, "Action": "sqs:*", "Resource": "*"}});
        change(store, |writer| {
            let role = writer.principals_named("r")?.pop().unwrap().key;
            writer.put_inline(role, "own", &Document::new(policy.to_string())).map(drop)
        });
    };
    put(&mut store, "Deny");
    // What it had as the role did is told of the role.
    assert_eq!(moved_since(&mut store, 1), [("r".to_owned(), Verdict::Narrower)]);
    change(&mut store, |writer| {
        let role = writer.principals_named("r")?.pop().unwrap().key;
        writer.remove_inline(role, "own").map(drop)
    });
    put(&mut store, "Deny");
    assert_eq!(moved_since(&mut store, 3), [("assumed-role/r/s".to_owned(), Verdict::Narrower)]);
}

/// A request of the new side has a tag that the old side is known not to have: it is decided there without. Found as a
/// disagreement of the two meanings.
#[test]
fn a_tag_that_was_not_there_is_not_there_before() {
    let mut store = Store::in_memory().unwrap();
    change(&mut store, |writer| {
        let dora = writer.create_principal(&principal_of(PrincipalKind::User, OWN, "/", "dora"))?.key;
        let policy = json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::mine",
            "Condition": {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}}});
        writer.put_inline(dora, "own", &Document::new(policy.to_string()))?;
        let bucket = writer.create_resource("arn:aws:s3:::mine")?.key;
        writer.put_resource_tag(bucket, "team", "red").map(drop)
    });
    change(&mut store, |writer| done(writer, &Deed::Tag("dora", "red")));
    let after = store.read(At::Now).unwrap();
    let before = after.as_of(At::Change(ChangeNumber(1))).unwrap();
    let (catalog, part) = (Catalog::embedded(), Part::default());
    let asked = Asked { part: &part, about: About::Everyone, new: NewPrincipals::Listed, catalog: &catalog };
    let all = all_moved(&before, &after, &asked);
    let verdicts: Vec<Verdict> = all.iter().map(|moved| moved.diff.as_ref().unwrap().verdict).collect();
    assert_eq!(verdicts, [Verdict::Wider]);
}

/// Where the account of a resource stands in the organization is a key of every request on it: a principal of another
/// account gains by what is done to an account of which nobody is stored.
#[test]
fn the_place_of_another_account_reaches_who_uses_its_resources() {
    let mut store = Store::in_memory().unwrap();
    let id = "o-abcdefghij";
    change(&mut store, |writer| {
        let alice = writer.create_principal(&principal_of(PrincipalKind::User, OWN, "/", "alice"))?.key;
        let statement = |condition: Json, principal: Option<&str>| {
            let mut statement = json!({"Effect": "Allow", "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::theirs/*", "Condition": condition});
            if let Some(principal) = principal {
                statement["Principal"] = json!({"AWS": principal});
            }
            Document::new(json!({"Version": "2012-10-17", "Statement": statement}).to_string())
        };
        writer.put_inline(
            alice,
            "own",
            &statement(
                json!({"ForAnyValue:StringLike": {"aws:ResourceOrgPaths": format!("{id}/r-ab12/ou-*")}}),
                None,
            ),
        )?;
        let bucket = writer.create_resource("arn:aws:s3:::theirs")?.key;
        writer.put_resource_owner(bucket, &AccountId::parse(OTHER).unwrap())?;
        writer.put_resource_policy(bucket, &statement(json!({}), Some(OWN)))?;
        let node = |kind, id: &str| NewNode { kind, id: Some(id.to_owned()), name: None, status: None };
        let root = writer.create_node(&node(NodeKind::Root, "r-ab12"))?.key;
        let facts = OrganizationFacts {
            id: Some(id.to_owned()),
            management_account: None,
            feature_set: FeatureSet::All,
            scps: TypeStatus::Enabled,
            rcps: TypeStatus::Enabled,
        };
        writer.put_organization(root, &facts)?;
        let ou = writer.create_node(&node(NodeKind::Ou, "ou-ab12-11111111"))?.key;
        writer.place(ou, root)?;
        let other = writer.create_node(&node(NodeKind::Account, OTHER))?.key;
        writer.place(other, root).map(drop)
    });
    change(&mut store, |writer| {
        let key = |id: &str| writer.node_with_id(id).map(|node| node.unwrap().key);
        let (other, ou) = (key(OTHER)?, key("ou-ab12-11111111")?);
        writer.place(other, ou).map(drop)
    });
    let after = store.read(At::Now).unwrap();
    let before = after.as_of(At::Change(ChangeNumber(1))).unwrap();
    let (catalog, part) = (Catalog::embedded(), Part::default());
    let asked = Asked { part: &part, about: About::Everyone, new: NewPrincipals::Listed, catalog: &catalog };
    let all = all_moved(&before, &after, &asked);
    let of_alice =
        |moved: &&Moved| matches!(moved.who.first(), Some(Mover::Stored(one)) if one.name == "alice");
    let verdicts: Vec<Verdict> =
        all.iter().filter(of_alice).map(|moved| moved.diff.as_ref().unwrap().verdict).collect();
    assert_eq!(verdicts, [Verdict::Wider]);
}

/// What takes a word of the caller's policies and one of the role's is told by both, with the one that changed as the
/// cause: of roles that share a document, the role whose changed.
#[test]
fn a_trust_policy_that_changed_is_what_is_told() {
    let trusts = |principal: Json| {
        Document::new(
            json!({"Version": "2012-10-17", "Statement":
                {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}})
            .to_string(),
        )
    };
    let mut store = Store::in_memory().unwrap();
    change(&mut store, |writer| {
        let alice = writer.create_principal(&principal_of(PrincipalKind::User, OWN, "/", "alice"))?.key;
        let policy = json!({"Version": "2012-10-17", "Statement":
            {"Effect": "Allow", "Action": "sts:*", "Resource": "*"}});
        writer.put_inline(alice, "own", &Document::new(policy.to_string()))?;
        for name in ["one", "other"] {
            let role = writer.create_principal(&principal_of(PrincipalKind::Role, OWN, "/", name))?.key;
            writer.put_trust_policy(role, &trusts(json!({"AWS": OWN})))?;
        }
        Ok(())
    });
    change(&mut store, |writer| {
        let role = writer.principals(Some(PrincipalKind::Role))?.pop().unwrap();
        writer.put_trust_policy(role.key, &trusts(json!({"Service": "ec2.amazonaws.com"}))).map(drop)
    });
    let after = store.read(At::Now).unwrap();
    let before = after.as_of(At::Change(ChangeNumber(1))).unwrap();
    let (catalog, part) = (Catalog::embedded(), Part::default());
    let asked = Asked { part: &part, about: About::Everyone, new: NewPrincipals::Listed, catalog: &catalog };
    let all = all_moved(&before, &after, &asked);
    let of_alice =
        |moved: &&Moved| matches!(moved.who.first(), Some(Mover::Stored(one)) if one.name == "alice");
    let moved = all.iter().find(of_alice).unwrap();
    let lost = &moved.diff.as_ref().unwrap().lost;
    assert_eq!(lost.len(), 1);
    assert!(lost[0].is_exact && matches!(lost[0].cause, Cause::HalfAllowed(_)), "{:?}", lost[0]);
    let teller = Teller::between(&catalog, &moved.old, &moved.new);
    let told = teller.tell(&lost[0], Direction::Lost);
    let policies: Vec<&str> = told.sources().map(|source| source.policy.as_str()).collect();
    assert_eq!(policies, ["role/other", "own"]);
    assert_eq!(teller.without_effect(&[told]), []);
}
