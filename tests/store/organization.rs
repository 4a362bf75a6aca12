//! Organizations and resources: what goes in comes out, as of any change, and trees stay trees.

use iamdb::policy::{PolicyType, ResourceService, resource_policy_type};
use iamdb::store::{
    FeatureSet, NewNode, NewOrganizationPolicy, NodeKey, NodeKind, OrganizationFacts,
    OrganizationPolicyOwner, OrganizationPolicyType, Standing, TypeStatus,
};
use proptest::prelude::*;
use rusqlite::Connection;

use super::*;

const MANAGEMENT: &str = "111111111111";
const MEMBER: &str = "222222222222";

fn node(kind: NodeKind, id: Option<&str>, name: Option<&str>) -> NewNode {
    NewNode { kind, id: id.map(str::to_owned), name: name.map(str::to_owned), status: None }
}

fn facts() -> OrganizationFacts {
    OrganizationFacts {
        id: Some("o-abcdefghij".to_owned()),
        management_account: Some(account(MANAGEMENT)),
        feature_set: FeatureSet::All,
        scps: TypeStatus::Enabled,
        rcps: TypeStatus::Disabled,
    }
}

fn scp(name: &str, text: Option<&str>) -> NewOrganizationPolicy {
    NewOrganizationPolicy {
        policy_type: OrganizationPolicyType::Scp,
        id: None,
        owner: OrganizationPolicyOwner::Customer(None),
        name: name.to_owned(),
        document: text.map(document),
    }
}

/// root ── ou dev ── ou web ── the member account, in one change.
fn organization(store: &mut Store) -> (NodeKey, NodeKey, NodeKey) {
    change(store, |writer| {
        let root = writer.create_node(&node(NodeKind::Root, Some("r-ab12"), Some("Root")))?.key;
        writer.put_organization(root, &facts())?;
        let dev = writer.create_node(&node(NodeKind::Ou, Some("ou-ab12-aaaaaaaa"), Some("dev")))?.key;
        let web = writer.create_node(&node(NodeKind::Ou, Some("ou-ab12-bbbbbbbb"), Some("web")))?.key;
        let member = writer.create_node(&node(NodeKind::Account, Some(MEMBER), None))?.key;
        let management = writer.create_node(&node(NodeKind::Account, Some(MANAGEMENT), None))?.key;
        for (child, parent) in [(dev, root), (web, dev), (member, web), (management, root)] {
            assert!(writer.place(child, parent)?);
        }
        let all = writer.create_organization_policy(&NewOrganizationPolicy::full_aws_access())?.key;
        let own = writer.create_organization_policy(&scp("own", None))?.key;
        let rcp = writer.create_organization_policy(&NewOrganizationPolicy::rcp_full_aws_access())?.key;
        assert!(writer.attach_to_node(root, all)?);
        assert!(!writer.attach_to_node(root, all)?);
        writer.attach_to_node(web, own)?;
        writer.attach_to_node(member, rcp)?;
        Ok((dev, web, member))
    })
}

fn standing(store: &mut Store, at: i64, of: &str) -> Option<Standing> {
    store.read(At::Change(ChangeNumber(at))).unwrap().standing(&account(of)).unwrap()
}

/// `name: SCPs; RCPs` of every level.
fn levels(standing: &Standing) -> Vec<String> {
    let names = |policies: &[iamdb::store::OrganizationPolicy]| {
        policies.iter().map(|policy| policy.name.clone()).collect::<Vec<_>>().join(" ")
    };
    let name = |one: &iamdb::store::Level| one.node.name.clone().or(one.node.id.clone()).unwrap();
    let levels = standing.levels.iter();
    levels.map(|one| format!("{}: {}; {}", name(one), names(&one.scps), names(&one.rcps))).collect()
}

#[test]
fn an_account_stands_below_all_that_limits_it() {
    let (_folder, path) = folder();
    let mut store = Store::open_or_create(&path).unwrap();
    let (dev, web, member) = organization(&mut store);
    let found = standing(&mut store, 1, MEMBER).unwrap();
    assert_eq!(
        levels(&found),
        ["Root: FullAWSAccess; ", "dev: ; ", "web: own; ", "222222222222: ; RCPFullAWSAccess"]
    );
    assert_eq!(found.path().unwrap(), "o-abcdefghij/r-ab12/ou-ab12-aaaaaaaa/ou-ab12-bbbbbbbb/");
    assert_eq!(found.organization.as_ref().map(|one| &one.facts), Some(&facts()));
    assert_eq!(found.levels[2].scps[0].document, None);
    assert!(!found.is_management_account());
    assert!(standing(&mut store, 1, MANAGEMENT).unwrap().is_management_account());
    assert_eq!(standing(&mut store, 1, "333333333333"), None);
    assert_eq!(standing(&mut store, 0, MEMBER), None);

    let under = |store: &mut Store, top: NodeKey| -> Vec<NodeKey> {
        let nodes = store.read(At::Now).unwrap().nodes_under(top).unwrap();
        nodes.iter().map(|node| node.key).collect()
    };
    assert_eq!(under(&mut store, dev), [dev, web, member]);
    assert_eq!(under(&mut store, member), [member]);
    change(&mut store, |writer| writer.place(member, dev));
    change(&mut store, |writer| {
        let [own] = writer.policies_of_node(web)?.try_into().unwrap();
        assert!(writer.put_organization_policy(own.key, "renamed", Some(&document(READ)))?);
        assert!(!writer.put_organization_policy(own.key, "renamed", None)?);
        writer.put_node_details(dev, Some("Dev"), None)
    });
    assert_eq!(levels(&standing(&mut store, 1, MEMBER).unwrap()).len(), 4);
    assert_eq!(levels(&standing(&mut store, 2, MEMBER).unwrap()).len(), 3);
    assert_eq!(levels(&standing(&mut store, 3, MEMBER).unwrap())[1], "Dev: ; ");
    let policies = store.read(At::Change(ChangeNumber(3))).unwrap().policies_of_node(web).unwrap();
    assert_eq!((policies[0].name.as_str(), policies[0].document.clone()), ("renamed", Some(document(READ))));

    // What has left is on its own, and what hangs nowhere has no organization.
    change(&mut store, |writer| writer.unplace(dev));
    let found = standing(&mut store, 4, MEMBER).unwrap();
    assert_eq!((found.organization.clone(), found.path(), found.levels.len()), (None, None, 2));
    assert!(store.verify().unwrap().is_ok());
}

/// R-EVL-36, R-EVL-64: an account is in an organization that lists it, wherever that is, until it leaves; one of which
/// nothing is said is in none.
#[test]
fn an_account_that_is_only_listed_stands_somewhere() {
    let (_folder, path) = folder();
    let mut store = Store::open_or_create(&path).unwrap();
    let (_, web, member) = organization(&mut store);
    let listed =
        |id: &str| NewNode { status: Some("ACTIVE".to_owned()), ..node(NodeKind::Account, Some(id), None) };
    let (own, other) = ("333333333333", "444444444444");
    let (own_key, other_key) = change(&mut store, |writer| {
        let own = writer.create_node(&node(NodeKind::Account, Some(own), None))?.key;
        Ok((own, writer.create_node(&listed(other))?.key))
    });
    let seen = |store: &mut Store, at: i64, of: &str| {
        let found = standing(store, at, of).unwrap();
        let status = found.levels.last().and_then(|level| level.node.status.clone());
        (found.organization.is_some(), found.is_known_in_part, found.path().is_some(), status)
    };
    let active = || Some("ACTIVE".to_owned());
    let (alone, somewhere) = ((false, false, false, None), (true, true, false, active()));
    assert_eq!(seen(&mut store, 2, own), alone);
    assert_eq!(seen(&mut store, 2, other), somewhere);
    change(&mut store, |writer| {
        writer.place(own_key, web)?;
        writer.place(other_key, web)
    });
    assert_eq!(seen(&mut store, 3, own), (true, false, true, None));
    assert_eq!(seen(&mut store, 3, other), (true, false, true, active()));
    change(&mut store, |writer| {
        writer.unplace(own_key)?;
        writer.unplace(member)?;
        writer.unplace(other_key)
    });
    assert_eq!(seen(&mut store, 4, own), alone);
    assert_eq!(seen(&mut store, 4, other), alone);
    assert_eq!(seen(&mut store, 3, other), (true, false, true, active()));
    // A policy of an organization is attached to it still.
    assert_eq!(seen(&mut store, 4, MEMBER), (false, true, false, None));
    change(&mut store, |writer| {
        assert!(writer.put_node_details(other_key, None, Some("ACTIVE"))?);
        let management = writer.node_with_id(MANAGEMENT)?.unwrap();
        writer.unplace(management.key)
    });
    assert_eq!(seen(&mut store, 5, other), somewhere);
    assert!(standing(&mut store, 5, MANAGEMENT).unwrap().is_management_account());
    // Of two organizations nobody knows which has listed it.
    change(&mut store, |writer| {
        let root = writer.create_node(&node(NodeKind::Root, Some("r-cd34"), Some("Root")))?.key;
        writer.put_organization(
            root,
            &OrganizationFacts { id: Some("o-klmnopqrst".to_owned()), management_account: None, ..facts() },
        )
    });
    assert_eq!(seen(&mut store, 6, other), (false, true, false, active()));
    assert!(store.verify().unwrap().is_ok());
}

/// R-EVL-11 asks this of what owns a resource that does not say it.
#[test]
fn other_accounts_are_known_by_what_belongs_to_them() {
    let (_folder, path) = folder();
    let mut store = Store::open_or_create(&path).unwrap();
    let knows = |store: &mut Store, at: i64| {
        store.read(At::Change(ChangeNumber(at))).unwrap().knows_other_accounts(&account(MEMBER)).unwrap()
    };
    change(&mut store, |writer| writer.create_resource("arn:aws:s3:::b"));
    change(&mut store, |writer| {
        let bucket = writer.resource("arn:aws:s3:::b")?.unwrap();
        writer.put_resource_owner(bucket.key, &account(MEMBER))
    });
    change(&mut store, |writer| {
        let bucket = writer.resource("arn:aws:s3:::b")?.unwrap();
        writer.put_resource_owner(bucket.key, &account(MANAGEMENT))
    });
    assert_eq!([1, 2, 3].map(|at| knows(&mut store, at)), [false, false, true]);
    change(&mut store, |writer| {
        let bucket = writer.resource("arn:aws:s3:::b")?.unwrap();
        writer.delete_resource(bucket.key)
    });
    change(&mut store, |writer| writer.set_account(&account(MANAGEMENT)));
    assert_eq!([4, 5].map(|at| knows(&mut store, at)), [false, true]);

    let (_folder, path) = folder();
    let mut store = Store::open_or_create(&path).unwrap();
    organization(&mut store);
    assert!(knows(&mut store, 1));
}

#[test]
fn the_rules_of_organizations_hold() {
    let (_folder, path) = folder();
    let mut store = Store::open_or_create(&path).unwrap();
    let (dev, web, member) = organization(&mut store);
    let (result, nothing) = write(&mut store, |writer| {
        let root = writer.organizations()?[0].root;
        let [own] = writer.policies_of_node(web)?.try_into().unwrap();
        Ok([
            writer.place(dev, web).unwrap_err(),
            writer.place(dev, dev).unwrap_err(),
            writer.place(root, dev).unwrap_err(),
            writer.place(web, member).unwrap_err(),
            writer.delete_node(dev).unwrap_err(),
            writer.delete_organization_policy(own.key).unwrap_err(),
            writer.put_organization(dev, &facts()).unwrap_err(),
            writer.create_node(&node(NodeKind::Account, Some(MEMBER), None)).unwrap_err(),
            writer.create_organization_policy(&NewOrganizationPolicy::full_aws_access()).unwrap_err(),
        ]
        .map(|error| error.to_string()))
    })
    .unwrap();
    assert_eq!(
        result,
        [
            "`ou/dev` cannot hang under `ou/web`, which hangs under it",
            "`ou/dev` cannot hang under `ou/dev`, which hangs under it",
            "a root hangs under nothing",
            "nothing hangs under an account",
            "`ou/dev` is not empty: `ou/web` hangs under it",
            "`scp/own` is still attached to `ou/web`",
            "an organization begins with a root",
            "`222222222222` exists already",
            "`p-FullAWSAccess` exists already",
        ]
    );
    assert_eq!(nothing, None);
    change(&mut store, |writer| {
        writer.delete_node(member)?;
        writer.delete_node(web)?;
        writer.delete_node(dev)
    });
    assert!(store.read(At::Now).unwrap().nodes(Some(NodeKind::Ou)).unwrap().is_empty());
    assert_eq!(standing(&mut store, 1, MEMBER).unwrap().levels.len(), 4);
    assert!(store.verify().unwrap().is_ok());
}

/// A circle that somebody wrote into the file is damage, but no reader walks it for ever.
#[test]
fn a_circle_in_the_file_ends() {
    let (_folder, path) = folder();
    let mut store = Store::open_or_create(&path).unwrap();
    let (dev, web, _) = organization(&mut store);
    drop(store);
    let children = {
        let mut store = Store::open(&path).unwrap();
        let snapshot = store.read(At::Now).unwrap();
        let key = snapshot.nodes(Some(NodeKind::Ou)).unwrap().iter().map(|node| node.key).collect::<Vec<_>>();
        assert_eq!(key, [dev, web]);
        key.len()
    };
    assert_eq!(children, 2);
    let conn = Connection::open(&path).unwrap();
    let sql = "UPDATE organization_placements SET parent_id = \
               (SELECT id FROM organization_nodes WHERE aws_id = 'ou-ab12-bbbbbbbb') \
               WHERE node_id = (SELECT id FROM organization_nodes WHERE aws_id = 'ou-ab12-aaaaaaaa')";
    assert_eq!(conn.execute(sql, []).unwrap(), 1);
    drop(conn);
    let mut store = Store::open(&path).unwrap();
    assert_eq!(standing(&mut store, 1, MEMBER).unwrap().levels.len(), 3);
    assert!(store.verify().unwrap().is_err());
}

#[test]
fn resources_have_owners_policies_and_tags() {
    let (_folder, path) = folder();
    let mut store = Store::open_or_create(&path).unwrap();
    let bucket = "arn:aws:s3:::reports";
    let key = change(&mut store, |writer| {
        let key = writer.create_resource(bucket)?.key;
        writer.put_resource_policy(key, &document(READ))?;
        writer.put_resource_tag(key, "Team", "blue")?;
        writer.put_resource_tag(key, "team", "red")?;
        Ok(key)
    });
    change(&mut store, |writer| {
        assert!(writer.put_resource_owner(key, &account(MEMBER))?);
        assert!(!writer.put_resource_owner(key, &account(MEMBER))?);
        assert!(writer.put_resource_policy(key, &document(WRITE))?);
        assert!(!writer.put_resource_policy(key, &document(WRITE))?);
        writer.remove_resource_tag(key, "Team")
    });
    change(&mut store, |writer| {
        let queue = writer.create_resource("arn:aws:sqs:eu-west-1:222222222222:jobs")?;
        assert_eq!(queue.account, Some(account(MEMBER)));
        assert!(writer.put_resource_owner(queue.key, &account(MANAGEMENT)).is_err());
        writer.remove_resource_policy(key)
    });
    change(&mut store, |writer| writer.delete_resource(key));
    let mut seen = Vec::new();
    for at in 1..=4 {
        let snapshot = store.read(At::Change(ChangeNumber(at))).unwrap();
        let found = snapshot.resource(bucket).unwrap();
        seen.push(found.map(|found| {
            let text = found.policy.as_ref().map(|policy| policy.text().to_owned());
            (found.account, text, snapshot.resource_tags(found.key).unwrap().len())
        }));
    }
    let (read, write) = (Some(READ.to_owned()), Some(WRITE.to_owned()));
    let owner = Some(account(MEMBER));
    assert_eq!(seen, [Some((None, read, 2)), Some((owner.clone(), write, 1)), Some((owner, None, 1)), None]);
    assert_eq!(store.verify().unwrap().unwrap().documents, 2);
    assert_eq!(resource_policy_type(bucket), PolicyType::Resource(ResourceService::ResourceRequired));
    let endpoint = "arn:aws:ec2:eu-west-1:222222222222:vpc-endpoint/vpce-1";
    assert_eq!(resource_policy_type(endpoint), PolicyType::VpcEndpoint);
}

/// Every table with history is in the chain: no row of any of them can go unnoticed.
#[test]
fn every_table_is_in_the_chain() {
    let tables = |conn: &Connection| -> Vec<String> {
        let sql = "SELECT m.name FROM sqlite_schema AS m JOIN pragma_table_info(m.name) AS c \
                   WHERE m.type = 'table' AND c.name = 'valid_from' ORDER BY m.name";
        let mut statement = conn.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    };
    let (_folder, path) = folder();
    let mut store = ordinary(&path);
    organization(&mut store);
    change(&mut store, |writer| {
        let key = writer.create_resource("arn:aws:s3:::reports")?.key;
        writer.put_resource_owner(key, &account(MEMBER))?;
        writer.put_resource_policy(key, &document(READ))?;
        writer.put_resource_tag(key, "team", "blue")
    });
    assert!(store.verify().unwrap().is_ok());
    drop(store);
    let conn = Connection::open(&path).unwrap();
    let all = tables(&conn);
    assert_eq!(all.len(), 20);
    drop(conn);
    for table in all {
        let copy = path.with_extension("copy");
        std::fs::copy(&path, &copy).unwrap();
        let conn = Connection::open(&copy).unwrap();
        conn.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
        assert!(conn.execute(&format!("DELETE FROM {table}"), []).unwrap() > 0, "{table} is empty");
        drop(conn);
        let damage = Store::open(&copy).unwrap().verify().unwrap().unwrap_err();
        assert!(damage.to_string().contains("was altered afterwards"), "{table}: {damage}");
    }
}

/// A file of schema version 1 is upgraded when it is opened, and its history still verifies.
#[test]
fn an_old_file_is_upgraded() {
    let (folder, path) = folder();
    drop(ordinary(&path));
    let new = Connection::open(&path).unwrap();
    let objects = |conn: &Connection| -> Vec<(String, String)> {
        let sql = "SELECT type, name FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid DESC";
        let mut statement = conn.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    };
    let old = Connection::open(folder.path().join("old.db")).unwrap();
    old.execute_batch(include_str!("../../migrations/0001_initial.sql")).unwrap();
    let of_old = objects(&old);
    new.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    for (kind, name) in objects(&new) {
        if !of_old.contains(&(kind.clone(), name.clone())) && kind != "index" {
            new.execute_batch(&format!("DROP {kind} {name}")).unwrap();
        }
    }
    new.execute_batch("PRAGMA user_version = 1").unwrap();
    assert_eq!(objects(&new), of_old);
    drop(new);
    let mut store = Store::open(&path).unwrap();
    assert_eq!(store.verify().unwrap().unwrap().changes, 5);
    organization(&mut store);
    assert_eq!(store.verify().unwrap().unwrap().changes, 6);
    let version: i64 =
        Connection::open(&path).unwrap().query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    assert_eq!(version, 2);
}

/// One move of a tree of four OUs.
fn moves() -> impl Strategy<Value = Vec<(usize, usize)>> {
    proptest::collection::vec((0..4_usize, 0..5_usize), 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    /// Whatever is moved where, every way up ends, at the root or at what hangs nowhere, and the file verifies.
    #[test]
    fn a_tree_stays_a_tree(moves in moves()) {
        let mut store = Store::in_memory().unwrap();
        let keys = change(&mut store, |writer| {
            let mut keys = Vec::new();
            for name in ["a", "b", "c", "d"] {
                keys.push(writer.create_node(&node(NodeKind::Ou, None, Some(name)))?.key);
            }
            keys.push(writer.create_node(&node(NodeKind::Root, None, None))?.key);
            Ok(keys)
        });
        let mut parents: Vec<Option<usize>> = vec![None; 5];
        for (child, parent) in moves {
            let mut way = vec![parent];
            while let Some(above) = parents[way[way.len() - 1]] {
                way.push(above);
            }
            let result = write(&mut store, |writer| writer.place(keys[child], keys[parent]));
            prop_assert_eq!(result.is_err(), way.contains(&child), "{} under {}", child, parent);
            if result.is_ok() {
                parents[child] = Some(parent);
            }
        }
        let snapshot = store.read(At::Now).unwrap();
        let placed = snapshot.all_placements().unwrap().len();
        prop_assert_eq!(placed, parents.iter().flatten().count());
        drop(snapshot);
        prop_assert!(store.verify().unwrap().is_ok());
    }
}
