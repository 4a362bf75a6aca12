//! Organizations as `aws organizations` prints them (semantics 7.3), and policies of resources.

use iamdb::arn::AccountId;
use iamdb::import::Warning;
use iamdb::store::{
    FeatureSet, NewNode, NodeKind, OrganizationFacts, OrganizationPolicyType, Resource, Standing, TypeStatus,
};
use serde_json::{Value, json};

use super::{Database, allow, refused};

const DEV: &str = "ou-ab12-aaaaaaaa";
const WEB: &str = "ou-ab12-bbbbbbbb";
const FULL: &str = "p-FullAWSAccess";

fn org_arn(rest: &str) -> String {
    format!("arn:aws:organizations::111111111111:{rest}")
}

fn account(id: &str, name: &str) -> Value {
    json!({ "Id": id, "Arn": org_arn(&format!("account/o-abcdefghij/{id}")), "Name": name, "Status": "ACTIVE",
        "Email": "x@example.com", "JoinedMethod": "CREATED" })
}

fn ou(id: &str, name: &str) -> Value {
    json!({ "Id": id, "Arn": org_arn(&format!("ou/o-abcdefghij/{id}")), "Name": name })
}

fn summary(id: &str, name: &str, policy_type: &str) -> Value {
    let aws = id.contains("FullAWSAccess");
    let arn = org_arn(&format!("policy/o-abcdefghij/{}/{id}", policy_type.to_lowercase()));
    json!({ "Id": id, "Arn": arn, "Name": name, "Description": "", "Type": policy_type, "AwsManaged": aws })
}

fn described(summary: Value, document: &Value) -> Value {
    json!({ "Policy": { "PolicySummary": summary, "Content": document.to_string() } })
}

fn targets(ids: &[&str]) -> Value {
    let target = |id: &&str| json!({ "TargetId": id, "Arn": "", "Name": "", "Type": "ACCOUNT" });
    json!({ "Targets": ids.iter().map(target).collect::<Vec<_>>() })
}

fn deny(action: &str) -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Deny", "Action": action, "Resource": "*" }] })
}

const SCP: &str = "SERVICE_CONTROL_POLICY";
const RCP: &str = "RESOURCE_CONTROL_POLICY";

/// Root with the management account and dev, in which are web and an account; in web is another.
fn dump() -> Vec<(String, Value)> {
    let rcp = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*" }] });
    let file = |name: &str, content: Value| (format!("dump/{name}.json"), content);
    vec![
        file(
            "describe-organization",
            json!({ "Organization": { "Id": "o-abcdefghij", "FeatureSet": "ALL",
            "Arn": org_arn("organization/o-abcdefghij"), "MasterAccountId": "111111111111",
            "AvailablePolicyTypes": [] } }),
        ),
        file(
            "list-roots",
            json!({ "Roots": [{ "Id": "r-ab12", "Arn": org_arn("root/o-abcdefghij/r-ab12"),
            "Name": "Root", "PolicyTypes": [{ "Type": SCP, "Status": "ENABLED" }, { "Type": RCP, "Status": "PENDING_ENABLE" }] }] }),
        ),
        file(
            "list-organizational-units-for-parent-r-ab12",
            json!({ "OrganizationalUnits": [ou(DEV, "dev")] }),
        ),
        file(
            &format!("{DEV}/list-organizational-units-for-parent"),
            json!({ "OrganizationalUnits": [ou(WEB, "web")] }),
        ),
        file(&format!("{WEB}/list-organizational-units-for-parent"), json!({ "OrganizationalUnits": [] })),
        file(
            "list-accounts",
            json!({ "Accounts": [account("111111111111", "main"),
            account("222222222222", "tools"), account("333333333333", "web")] }),
        ),
        file("list-accounts-for-parent-r-ab12", json!({ "Accounts": [account("111111111111", "main")] })),
        file(
            &format!("list-accounts-for-parent-{DEV}"),
            json!({ "Accounts": [account("222222222222", "tools")] }),
        ),
        file(
            &format!("list-children-{WEB}"),
            json!({ "Children": [{ "Id": "333333333333", "Type": "ACCOUNT" }] }),
        ),
        file(
            "list-policies-scp",
            json!({ "Policies": [summary(FULL, "FullAWSAccess", SCP),
            summary("p-aaaaaaaa", "stay", SCP), summary("p-bbbbbbbb", "no-ec2", SCP)] }),
        ),
        file("list-policies-rcp", json!({ "Policies": [summary("p-cccccccc", "no-s3", RCP)] })),
        file("list-policies-tag", json!({ "Policies": [summary("p-dddddddd", "tags", "TAG_POLICY")] })),
        file("a", described(summary("p-aaaaaaaa", "stay", SCP), &deny("organizations:LeaveOrganization"))),
        file("b", described(summary("p-bbbbbbbb", "no-ec2", SCP), &deny("ec2:*"))),
        file("c", described(summary("p-cccccccc", "no-s3", RCP), &rcp)),
        file(
            "list-targets-for-policy-p-FullAWSAccess",
            targets(&["r-ab12", DEV, WEB, "111111111111", "222222222222", "333333333333"]),
        ),
        file("list-targets-for-policy-p-aaaaaaaa", targets(&["r-ab12"])),
        file("list-targets-for-policy-p-bbbbbbbb", targets(&[WEB, "222222222222"])),
        file("list-targets-for-policy-p-cccccccc", targets(&[DEV])),
        file("list-targets-for-policy-p-dddddddd", targets(&[DEV])),
    ]
}

/// The dump with some files changed or, where there is `Null`, left out.
fn changed(changes: &[(&str, Value)]) -> Vec<(String, Value)> {
    let mut files = dump();
    for (name, content) in changes {
        let name = format!("dump/{name}.json");
        let known = files.iter_mut().find(|(known, _)| *known == name);
        match known {
            Some((_, known)) => *known = content.clone(),
            None => files.push((name, content.clone())),
        }
    }
    files.retain(|(_, content)| !content.is_null());
    files
}

fn texts(files: &[(String, Value)]) -> Vec<(String, String)> {
    files.iter().map(|(name, content)| (name.clone(), content.to_string())).collect()
}

fn borrowed(files: &[(String, String)]) -> Vec<(&str, &str)> {
    files.iter().map(|(name, content)| (name.as_str(), content.as_str())).collect()
}

/// Imports; tells the summary, the warnings and whether it was a change.
fn import(database: &mut Database, files: &[(String, Value)]) -> (String, Vec<Warning>, bool) {
    let (outcome, change) = database.import(&borrowed(&texts(files)));
    (outcome.summary(), outcome.warnings, change.is_some())
}

fn error(files: &[(String, Value)]) -> String {
    let files = texts(files);
    let error = Database::new().try_import(&borrowed(&files)).unwrap_err();
    error.to_string()
}

fn standing(database: &mut Database, account: &str) -> Standing {
    let account = AccountId::parse(account).unwrap();
    database.ask(|now| now.standing(&account).unwrap().unwrap())
}

/// `node: SCPs; RCPs` of every level.
fn levels(database: &mut Database, account: &str) -> Vec<String> {
    let names = |policies: &[iamdb::store::OrganizationPolicy]| {
        policies.iter().map(|policy| policy.name.clone()).collect::<Vec<_>>().join(" ")
    };
    let found = standing(database, account);
    let name = |level: &iamdb::store::Level| level.node.name.clone().unwrap_or_default();
    found
        .levels
        .iter()
        .map(|one| format!("{}: {}; {}", name(one), names(&one.scps), names(&one.rcps)))
        .collect()
}

#[test]
fn a_whole_organization() {
    let mut database = Database::new();
    let (summary, warnings, _) = import(&mut database, &dump());
    assert_eq!(summary, "imported 3 accounts, 2 OUs, 4 organization policies (10 new)");
    assert_eq!(warnings, []);
    assert_eq!(
        levels(&mut database, "333333333333"),
        [
            "Root: FullAWSAccess stay; ",
            "dev: FullAWSAccess; no-s3",
            "web: FullAWSAccess no-ec2; ",
            "web: FullAWSAccess; "
        ]
    );
    let found = standing(&mut database, "333333333333");
    assert_eq!(found.path().unwrap(), format!("o-abcdefghij/r-ab12/{DEV}/{WEB}/"));
    assert_eq!(
        found.organization.unwrap().facts,
        OrganizationFacts {
            id: Some("o-abcdefghij".to_owned()),
            management_account: AccountId::parse("111111111111"),
            feature_set: FeatureSet::All,
            scps: TypeStatus::Enabled,
            rcps: TypeStatus::Disabled,
        }
    );
    assert!(standing(&mut database, "111111111111").is_management_account());
    let policies = database.ask(|now| now.organization_policies().unwrap());
    // What AWS's own say is known, also where they were only listed.
    assert!(policies.iter().all(|policy| policy.document.is_some()));
    assert!(database.store.verify().unwrap().is_ok());
}

#[test]
fn importing_twice_changes_nothing() {
    let mut database = Database::new();
    import(&mut database, &dump());
    let before = database.bytes();
    let (summary, _, changed) = import(&mut database, &dump());
    assert_eq!(summary, "imported 3 accounts, 2 OUs, 4 organization policies (nothing changed)");
    assert!(!changed && before == database.bytes());
    // Nor does the order of the files matter.
    let reversed: Vec<_> = dump().into_iter().rev().collect();
    assert!(!import(&mut database, &reversed).2);
}

#[test]
fn a_newer_dump_is_one_change() {
    let mut database = Database::new();
    import(&mut database, &dump());
    let newer = changed(&[
        // The account moved up from web to dev, web is gone, and so is a policy; another was renamed and rewritten.
        (&format!("{DEV}/list-organizational-units-for-parent"), json!({ "OrganizationalUnits": [] })),
        (&format!("{WEB}/list-organizational-units-for-parent"), Value::Null),
        (&format!("list-children-{WEB}"), Value::Null),
        (
            &format!("list-accounts-for-parent-{DEV}"),
            json!({ "Accounts": [account("333333333333", "web"), account("222222222222", "tools")] }),
        ),
        (
            "list-policies-scp",
            json!({ "Policies": [summary(FULL, "FullAWSAccess", SCP), summary("p-aaaaaaaa", "remain", SCP)] }),
        ),
        ("a", described(summary("p-aaaaaaaa", "remain", SCP), &deny("organizations:*"))),
        ("b", Value::Null),
        (
            "list-targets-for-policy-p-FullAWSAccess",
            targets(&["r-ab12", DEV, "111111111111", "222222222222", "333333333333"]),
        ),
        ("list-targets-for-policy-p-bbbbbbbb", Value::Null),
    ]);
    let (summary, warnings, changed) = import(&mut database, &newer);
    assert_eq!(summary, "imported 3 accounts, 1 OU, 3 organization policies (2 changed, 2 removed)");
    assert_eq!((warnings, changed), (vec![], true));
    assert_eq!(
        levels(&mut database, "333333333333"),
        ["Root: FullAWSAccess remain; ", "dev: FullAWSAccess; no-s3", "web: FullAWSAccess; "]
    );
    assert_eq!(database.store.changes().unwrap().len(), 2);
    assert!(!import(&mut database, &newer).2);
    assert!(database.store.verify().unwrap().is_ok());
}

#[test]
fn an_account_that_left_is_gone() {
    let mut database = Database::new();
    import(&mut database, &dump());
    let newer = changed(&[
        (
            "list-accounts",
            json!({ "Accounts": [account("111111111111", "main"), account("222222222222", "tools")] }),
        ),
        (&format!("list-children-{WEB}"), json!({ "Children": [] })),
        (
            "list-targets-for-policy-p-FullAWSAccess",
            targets(&["r-ab12", DEV, WEB, "111111111111", "222222222222"]),
        ),
    ]);
    let (summary, ..) = import(&mut database, &newer);
    assert_eq!(summary, "imported 2 accounts, 2 OUs, 4 organization policies (1 removed)");
    let gone = AccountId::parse("333333333333").unwrap();
    assert_eq!(database.ask(|now| now.standing(&gone).unwrap()), None);
    // A list that is cut off tells of nothing that it is gone.
    let cut_off = json!({ "Accounts": [account("111111111111", "main")], "NextToken": "x" });
    let part = [("list-accounts.json".to_owned(), cut_off)];
    let (summary, warnings, _) = import(&mut database, &part);
    assert_eq!(summary, "imported 1 account (nothing changed)");
    assert!(matches!(warnings.as_slice(), [Warning::Truncated { .. }]), "{warnings:?}");
}

/// A list of the OUs under one node says nothing of those further down.
#[test]
fn only_what_a_list_is_of_can_be_gone_from_it() {
    let mut database = Database::new();
    let in_web = format!("{WEB}/list-organizational-units-for-parent");
    let deep = json!({ "OrganizationalUnits": [ou("ou-ab12-cccccccc", "deep")] });
    import(&mut database, &changed(&[(&in_web, deep)]));
    let of_root = "dump/list-organizational-units-for-parent-r-ab12.json".to_owned();
    let listed = [(of_root.clone(), json!({ "OrganizationalUnits": [ou(DEV, "dev")] }))];
    let (summary, warnings, changed) = import(&mut database, &listed);
    assert!(!changed, "{summary}");
    assert!(!warnings.iter().any(|one| matches!(one, Warning::KeptOu { .. })), "{warnings:?}");
    // Where the one above is gone, what is in it is gone with it.
    let without_accounts = [
        (of_root, json!({ "OrganizationalUnits": [] })),
        ("dump/list-accounts.json".to_owned(), json!({ "Accounts": [account("111111111111", "main")] })),
    ];
    let (summary, warnings, _) = import(&mut database, &without_accounts);
    assert!(summary.ends_with("5 removed)"), "{summary} {warnings:?}");
}

/// The name of the folder tells what a list is of, where the name of the file does not.
#[test]
fn a_folder_tells_which_policy_is_attached() {
    let mut database = Database::new();
    let named = "list-targets-for-policy-p-bbbbbbbb";
    let files = changed(&[(named, Value::Null), ("p-bbbbbbbb/targets", targets(&[WEB, "222222222222"]))]);
    import(&mut database, &files);
    assert_eq!(levels(&mut database, "333333333333")[2], "web: FullAWSAccess no-ec2; ");
}

/// A policy that is listed no more is gone, and a node that had no other SCP is not left with none.
#[test]
fn a_policy_that_is_gone_leaves_no_node_without_an_scp() {
    let mut database = Database::new();
    let files = changed(&[(
        "list-targets-for-policy-p-FullAWSAccess",
        targets(&["r-ab12", DEV, "111111111111", "222222222222", "333333333333"]),
    )]);
    import(&mut database, &files);
    assert_eq!(levels(&mut database, "333333333333")[2], "web: no-ec2; ");
    let policies = [summary(FULL, "FullAWSAccess", SCP), summary("p-aaaaaaaa", "stay", SCP)];
    let listed = [
        ("describe-organization.json".to_owned(), files[0].1.clone()),
        ("list-policies.json".to_owned(), json!({ "Policies": policies })),
    ];
    let (_, warnings, _) = import(&mut database, &listed);
    assert_eq!(levels(&mut database, "333333333333")[2], "web: FullAWSAccess; ");
    assert!(warnings.iter().any(|one| matches!(one, Warning::AssumedFullAccess { .. })), "{warnings:?}");
}

#[test]
fn pages_paths_and_parents() {
    let mut database = Database::new();
    let with_path = |mut node: Value, key: &str, path: Value| {
        node[key] = path;
        node
    };
    let pages = format!(
        "{}\n{}",
        json!({ "Accounts": [with_path(account("111111111111", "main"), "Paths", json!(["o-abcdefghij/r-ab12/111111111111/"]))],
            "NextToken": "x" }),
        json!({ "Accounts": [with_path(account("222222222222", "tools"), "State", json!("SUSPENDED"))] })
    );
    let units = json!([{ "OrganizationalUnits": [with_path(ou(DEV, "dev"), "Path", json!(format!("o-abcdefghij/r-ab12/{DEV}/")))] },
        { "OrganizationalUnits": [with_path(ou(WEB, "web"), "Path", json!(format!("o-abcdefghij/r-ab12/{DEV}/{WEB}/")))] }])
    .to_string();
    let parents = json!({ "Parents": [{ "Id": WEB, "Type": "ORGANIZATIONAL_UNIT" }] }).to_string();
    let policies =
        json!({ "Policies": [summary("p-aaaaaaaa", "stay", SCP), summary(FULL, "FullAWSAccess", SCP)] })
            .to_string();
    let files = [
        ("accounts.jsonl", pages.as_str()),
        ("units.json", units.as_str()),
        ("list-parents-222222222222.json", parents.as_str()),
        (&format!("list-policies-for-target-{WEB}.json"), policies.as_str()),
    ];
    let (outcome, _) = database.import(&files);
    assert_eq!(
        levels(&mut database, "222222222222"),
        [
            "Root: FullAWSAccess; ",
            "dev: FullAWSAccess; ",
            "web: FullAWSAccess stay; ",
            "tools: FullAWSAccess; "
        ]
    );
    assert_eq!(standing(&mut database, "222222222222").levels[3].node.status.as_deref(), Some("SUSPENDED"));
    let told: Vec<String> = outcome.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        told.iter().map(|warning| warning.split(',').next().unwrap()).collect::<Vec<_>>(),
        [
            "nothing says which types of policies are enabled",
            "nothing says which SCPs are attached to `r-ab12`",
            "`scp/stay` (p-aaaaaaaa) is attached",
        ]
    );
    let before = database.bytes();
    assert!(database.import(&files).1.is_none() && before == database.bytes());
}

#[test]
fn what_cannot_be_is_refused() {
    let list = |name: &str, content: Value| vec![(name.to_owned(), content)];
    let units =
        |ids: &[&str]| json!({ "OrganizationalUnits": ids.iter().map(|id| ou(id, id)).collect::<Vec<_>>() });
    let mut circle = list(&format!("for-parent-{DEV}.json"), units(&[WEB]));
    circle.extend(list(&format!("for-parent-{WEB}.json"), units(&[DEV])));
    let mut twice = list(
        "list-accounts-for-parent-r-ab12.json",
        json!({ "Accounts": [account("222222222222", "tools")] }),
    );
    twice.extend(list(
        &format!("list-accounts-for-parent-{DEV}.json"),
        json!({ "Accounts": [account("222222222222", "tools")] }),
    ));
    let mut roots = list("list-children-r-ab12.json", json!({ "Children": [{ "Id": DEV }] }));
    roots.extend(list("list-children-r-cd34.json", json!({ "Children": [{ "Id": WEB }] })));
    let mut unknown_target = dump();
    unknown_target.push(("list-targets-for-policy-p-aaaaaaaa-2.json".to_owned(), targets(&["999999999999"])));
    let mut unknown_policy = dump();
    unknown_policy.push(("list-targets-for-policy-p-eeeeeeee.json".to_owned(), targets(&["r-ab12"])));
    let mut others = dump();
    others.push(("o.json".to_owned(), json!({ "Organization": { "Id": "o-zzzzzzzzzz" } })));
    for (files, words) in [
        (circle, format!("for-parent-{WEB}.json: the tree has a circle: `{DEV}` under `{WEB}` under `{DEV}`")),
        (twice, "`222222222222` is in two places: under `ou-ab12-aaaaaaaa`, and in list-accounts-for-parent-r-ab12.json under `r-ab12`".to_owned()),
        (roots, "`r-ab12` and `r-cd34` are both roots".to_owned()),
        (unknown_target, "`999999999999` is neither in this import nor stored".to_owned()),
        (unknown_policy, "`p-eeeeeeee` is neither in this import nor stored".to_owned()),
        (others, "an import is of one organization".to_owned()),
        (list("targets.json", targets(&["r-ab12"])), "name the file after exactly one id, such as list-targets-for-policy-p-abcd1234.json".to_owned()),
        (list("units.json", units(&[DEV])), "a list of OUs does not say which root or OU they are under".to_owned()),
        (list("children.json", json!({ "Children": [] })), "a list of children does not say whose they are".to_owned()),
        (list("list-parents.json", json!({ "Parents": [{ "Id": DEV }] })), "a list of parents does not say whose they are".to_owned()),
        (list("list-policies-for-target.json", json!({ "Policies": [summary("p-aaaaaaaa", "stay", SCP)] })), "a list of policies does not say what they are attached to".to_owned()),
        (list(&format!("{DEV}_{WEB}.json"), units(&[])), format!("it could be `{DEV}`, `{WEB}`")),
        (list("list-children-r-ab12.json", json!({ "Children": [{ "Id": "vpc-1" }] })), "`vpc-1` is not the id of a root, OU or account".to_owned()),
    ] {
        let error = error(&files);
        assert!(error.contains(&words), "{error}\n{words}");
    }
}

/// What was made by hand without ids is the same as what has its name and place in the dump.
#[test]
fn what_was_made_by_hand_is_adopted() {
    let mut database = Database::new();
    let by_hand = |kind, name: &str| NewNode { kind, id: None, name: Some(name.to_owned()), status: None };
    let made = database.store.write(&super::attribution(), |writer| {
        let root = writer.create_node(&by_hand(NodeKind::Root, "Root"))?;
        let facts = OrganizationFacts {
            id: None,
            management_account: AccountId::parse("111111111111"),
            feature_set: FeatureSet::All,
            scps: TypeStatus::Enabled,
            rcps: TypeStatus::Enabled,
        };
        writer.put_organization(root.key, &facts)?;
        let dev = writer.create_node(&by_hand(NodeKind::Ou, "dev"))?;
        writer.place(dev.key, root.key)?;
        let policy = writer.create_organization_policy(&iamdb::store::NewOrganizationPolicy {
            policy_type: OrganizationPolicyType::Scp,
            id: None,
            owner: iamdb::store::OrganizationPolicyOwner::Customer(None),
            name: "stay".to_owned(),
            document: None,
        })?;
        writer.attach_to_node(dev.key, policy.key)?;
        Ok::<_, iamdb::store::StoreError>(((), "by hand".to_owned()))
    });
    made.unwrap();
    import(&mut database, &dump());
    database.ask(|now| {
        let names = |kind| {
            now.nodes(Some(kind)).unwrap().into_iter().map(|node| node.id.unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(names(NodeKind::Root), ["r-ab12"]);
        assert_eq!(names(NodeKind::Ou), [DEV, WEB]);
        assert_eq!(now.organization_policies().unwrap().len(), 4);
        assert_eq!(now.organizations().unwrap().len(), 1);
    });
    assert!(!import(&mut database, &dump()).2);
    assert!(database.store.verify().unwrap().is_ok());
}

fn resources(database: &mut Database) -> Vec<(String, Option<String>, bool)> {
    let all = database.ask(|now| now.resources().unwrap());
    let told =
        |one: Resource| (one.arn, one.account.map(|account| account.to_string()), one.policy.is_some());
    all.into_iter().map(told).collect()
}

fn bucket_policy() -> Value {
    json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*" }] })
}

#[test]
fn policies_of_resources() {
    let text = bucket_policy().to_string();
    let encoded = text.replace('{', "%7B").replace('"', "%22").replace('}', "%7D");
    let list = json!([
        { "ResourceArn": "arn:aws:s3:::a", "AccountId": "111111111111", "Policy": bucket_policy() },
        { "ResourceArn": "arn:aws:s3:::none", "AccountId": "111111111111", "Tags": [{ "Key": "team", "Value": "web" }] },
    ]);
    let by_arn =
        json!({ "arn:aws:s3:::b": text, "arn:aws:s3:::c": bucket_policy(), "arn:aws:s3:::d": encoded });
    let queue =
        json!({ "Attributes": { "QueueArn": "arn:aws:sqs:eu-west-1:222222222222:q", "Policy": text } });
    let secret = json!({ "ARN": "arn:aws:secretsmanager:eu-west-1:222222222222:secret:s-1", "Name": "s", "ResourcePolicy": text });
    let endpoints = json!({ "VpcEndpoints": [{ "VpcEndpointId": "vpce-1", "OwnerId": "222222222222",
        "ServiceName": "com.amazonaws.eu-west-1.s3", "PolicyDocument": text }] });
    let printed = json!({ "Policy": text });
    let lambda = json!({ "Policy": text, "RevisionId": "1" });
    let files: Vec<(&str, String)> = vec![
        ("resource_policies.json", list.to_string()),
        ("empty.json", "[]".to_owned()),
        ("by-arn.json", by_arn.to_string()),
        ("queue.json", queue.to_string()),
        ("secret.json", secret.to_string()),
        ("endpoints.json", endpoints.to_string()),
        ("get-bucket-policy-arn:aws:s3:::e.json", printed.to_string()),
        ("arn%3Aaws%3Alambda%3Aeu-west-1%3A222222222222%3Afunction%3Af.json", lambda.to_string()),
        ("arn:aws:s3:::f.json", text.clone()),
    ];
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let mut database = Database::new();
    let (outcome, _) = database.import(&files);
    assert_eq!(outcome.summary(), "imported 11 resources (11 new)");
    assert_eq!(outcome.warnings, []);
    let member = || Some("222222222222".to_owned());
    let management = || Some("111111111111".to_owned());
    assert_eq!(
        resources(&mut database),
        [
            ("arn:aws:ec2:eu-west-1:222222222222:vpc-endpoint/vpce-1".to_owned(), member(), true),
            ("arn:aws:lambda:eu-west-1:222222222222:function:f".to_owned(), member(), true),
            ("arn:aws:s3:::a".to_owned(), management(), true),
            ("arn:aws:s3:::b".to_owned(), None, true),
            ("arn:aws:s3:::c".to_owned(), None, true),
            ("arn:aws:s3:::d".to_owned(), None, true),
            ("arn:aws:s3:::e".to_owned(), None, true),
            ("arn:aws:s3:::f".to_owned(), None, true),
            ("arn:aws:s3:::none".to_owned(), management(), false),
            ("arn:aws:secretsmanager:eu-west-1:222222222222:secret:s-1".to_owned(), member(), true),
            ("arn:aws:sqs:eu-west-1:222222222222:q".to_owned(), member(), true),
        ]
    );
    assert!(database.import(&files).1.is_none());
    let (outcome, _) = database.import(&[("newer.json", r#"{"arn:aws:s3:::b": null}"#)]);
    assert_eq!(outcome.summary(), "imported 1 resource (1 changed)");
    assert!(database.store.verify().unwrap().is_ok());
}

#[test]
fn resources_that_are_not_told_are_refused() {
    let text = bucket_policy().to_string();
    let printed = json!({ "Policy": text }).to_string();
    assert!(refused(&[("policy.json", printed.as_str())]).contains("tell it with `--arn ARN`"));
    let role = json!({ "arn:aws:iam::111111111111:role/r": allow("s3:*") }).to_string();
    assert!(
        refused(&[("x.json", role.as_str())])
            .contains("the trust policy of a role comes with the account dump")
    );
    let other =
        json!([{ "ResourceArn": "arn:aws:sqs:eu-west-1:222222222222:q", "AccountId": "111111111111" }])
            .to_string();
    assert!(refused(&[("x.json", other.as_str())]).contains("cannot belong to 111111111111"));
    let one = json!({ "arn:aws:s3:::b": allow("s3:*") }).to_string();
    let two = json!({ "arn:aws:s3:::b": text }).to_string();
    assert!(refused(&[("x.json", one.as_str()), ("y.json", two.as_str())]).contains("described twice"));

    let many = json!({ "arn:aws:s3:::b*": allow("s3:*") }).to_string();
    assert!(refused(&[("x.json", many.as_str())]).contains("names many"));
    let queue =
        json!({ "Attributes": { "QueueArn": "arn:aws:sqs:eu-west-1:222222222222:q", "Policy": text } });
    let queue = queue.to_string();
    assert!(
        refused(&[("arn:aws:sqs:eu-west-1:222222222222:other.json", queue.as_str())])
            .contains("told to be of")
    );
    let endpoint = json!({ "VpcEndpoints": [{ "VpcEndpointId": "vpce-1", "OwnerId": "me",
        "ServiceName": "com.amazonaws.eu-west-1.s3" }] });
    assert!(
        refused(&[("x.json", endpoint.to_string().as_str())]).contains("`me` is not the id of an account")
    );

    let mut reading = iamdb::import::Reading::of_resource("arn:aws:s3:::told");
    reading.add("<stdin>", printed.as_bytes()).unwrap();
    assert_eq!(reading.finish().unwrap().len(), 1);
}
