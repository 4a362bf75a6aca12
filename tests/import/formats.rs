//! What is recognised, and how the rest is refused.

use iamdb::import::Warning;
use iamdb::store::PrincipalKind::{Group, Role, User};
use serde_json::json;

use super::{Database, account, allow, arn, policy, refused, user};

#[test]
fn an_account_dump_is_stored_with_everything() {
    let mut db = Database::new();
    let (outcome, change) = db.import(&[("gaad.json", &account().to_string())]);
    let summary = "imported 2 users, 1 group, 1 role, 2 policies of 123456789012 (7 new)";
    assert_eq!(change.unwrap().summary, summary);
    let arn_of_aws = "arn:aws:iam::aws:policy/SecurityAudit".to_owned();
    assert_eq!(outcome.warnings, [Warning::UnknownDocument { arn: arn_of_aws.clone(), boundary_of: 0 }]);
    assert_eq!(
        db.about(User, "alice"),
        json!({
            "arn": arn("user/alice"), "id": "AIDAALICE", "tags": [["team", "web"]], "groups": ["devs"],
            "attached": [arn("policy/read"), arn_of_aws], "boundary": [arn("policy/limit")],
            "inline": [["own", allow("iam:GetUser").to_string()]], "trust": null,
        })
    );
    assert_eq!(db.about(Group, "devs")["arn"], arn("group/dev/devs"));
    assert_eq!(db.about(Group, "devs")["attached"], json!([arn("policy/read")]));
    assert!(db.about(Role, "deploy")["trust"].as_str().unwrap().contains("ec2.amazonaws.com"));
    let versions: Vec<(u32, bool)> = db.versions("read").iter().map(|v| (v.0, v.1)).collect();
    assert_eq!(versions, [(1, false), (2, true)]);
    assert!(db.versions("SecurityAudit").is_empty());
    assert!(db.store.verify().unwrap().is_ok());
}

/// R-FMT-16: get-role and get-user say tags, boundary and trust, and nothing of policies and groups, which stay.
#[test]
fn what_get_role_and_get_user_print_is_taken_over_what_is_stored() {
    let mut role = account()["RoleDetailList"][0].clone();
    role["Tags"] = json!([{ "Key": "team", "Value": "ci" }]);
    role["PermissionsBoundary"] = json!({ "PermissionsBoundaryArn": arn("policy/limit") });
    let trust = allow("sts:AssumeRole").to_string();
    role["AssumeRolePolicyDocument"] =
        json!(trust.replace('{', "%7B").replace('"', "%22").replace('}', "%7D"));
    let get_role = json!({ "Role": role }).to_string();
    let get_user = json!({ "User": user("alice", "AIDAALICE") }).to_string();

    let mut db = Database::new();
    db.import(&[("gaad.json", &account().to_string())]);
    let (before, deploy) = (db.about(User, "alice"), db.about(Role, "deploy"));
    let (outcome, change) = db.import(&[("role.json", &get_role), ("user.json", &get_user)]);
    assert_eq!(outcome.removed, 0);
    assert_eq!(change.unwrap().summary, "imported 1 user, 1 role of 123456789012 (2 changed)");
    let after = db.about(User, "alice");
    assert_eq!((&after["tags"], &after["boundary"]), (&json!([]), &json!([])), "they are said to be none");
    for kept in ["groups", "attached", "inline", "id"] {
        assert_eq!(after[kept], before[kept], "{kept}");
    }
    let after = db.about(Role, "deploy");
    assert_eq!(after["tags"], json!([["team", "ci"]]));
    assert_eq!(after["boundary"], json!([arn("policy/limit")]));
    assert_eq!(after["trust"], json!(trust));
    assert_ne!(after["trust"], deploy["trust"]);
    let (_, change) = db.import(&[("role.json", &get_role), ("user.json", &get_user)]);
    assert!(change.is_none(), "importing twice changes nothing");

    // In a new database they are made; together with a dump they come after it, whatever the order of the files.
    let mut new = Database::new();
    let gaad = account().to_string();
    new.import(&[("role.json", &get_role), ("user.json", &get_user), ("gaad.json", &gaad)]);
    assert_eq!(new.about(Role, "deploy"), after);
    let mut alone = Database::new();
    alone.import(&[("role.json", &get_role)]);
    assert_eq!(alone.about(Role, "deploy")["trust"], json!(trust));
    // Another of the same name has nothing of the first.
    let mut other = user("alice", "AIDAOTHER");
    other["Tags"] = json!([]);
    db.import(&[("user.json", &json!({ "User": other }).to_string())]);
    assert_eq!(db.about(User, "alice")["attached"], json!([]));
    assert!(
        refused(&[("1.json", &get_user), ("2.json", &json!({ "User": other }).to_string())])
            .contains("described twice, differently")
    );
    assert!(db.store.verify().unwrap().is_ok());
}

/// R-FMT-4: one array of pages, a page a line, or several files say the same as one object.
#[test]
fn pages_are_merged_however_they_come() {
    let whole = account();
    let first = json!({ "IsTruncated": true, "Marker": "next", "UserDetailList": whole["UserDetailList"],
        "Policies": whole["Policies"] });
    // Bob was met before and is counted once.
    let second = json!({ "GroupDetailList": whole["GroupDetailList"], "RoleDetailList": whole["RoleDetailList"],
        "UserDetailList": [whole["UserDetailList"][1]] });
    let array = json!([first, second]).to_string();
    let lines = format!("{first}\n{second}\n");
    let (first, second) = (first.to_string(), second.to_string());

    let mut expected = Database::new();
    let (outcome, _) = expected.import(&[("gaad.json", &whole.to_string())]);
    for files in [
        vec![("pages.json", array.as_str())],
        vec![("pages.jsonl", lines.as_str())],
        vec![("1.json", first.as_str()), ("2.json", second.as_str())],
        vec![("2.json", second.as_str()), ("1.json", first.as_str())],
    ] {
        let mut db = Database::new();
        let (merged, _) = db.import(&files);
        assert_eq!(merged, outcome);
        assert_eq!(db.about(User, "alice"), expected.about(User, "alice"));
    }
    // The first page has users in groups that are on the second.
    let error = Database::new().try_import(&[("1.json", &first)]).unwrap_err();
    assert!(error.to_string().contains("is in group `devs`, of which neither"), "{error}");
    let page = json!({ "IsTruncated": true, "Policies": whole["Policies"] }).to_string();
    let (outcome, _) = Database::new().import(&[("1.json", &page)]);
    assert!(outcome.warnings.contains(&Warning::Truncated { file: "1.json".to_owned() }));
}

#[test]
fn records_that_differ_are_refused() {
    let mut other = user("bob", "AIDABOB");
    other["GroupList"] = json!(["devs"]);
    let other = json!({ "UserDetailList": [other] }).to_string();
    let error = refused(&[("a.json", &account().to_string()), ("b.json", &other)]);
    let bob = arn("user/bob");
    assert_eq!(
        error,
        format!("b.json: $.UserDetailList[0]: `{bob}` differs from its first mention in a.json")
    );
    let other = json!({ "Policies": [policy("limit", &[("v1", true, allow("s3:Get*"))])] }).to_string();
    let error = refused(&[("a.json", &account().to_string()), ("b.json", &other)]);
    assert!(error.ends_with("policy/limit` is described twice, differently"), "{error}");
}

/// R-FMT-3: the same document as JSON in a string and percent-encoded, where `+` is no blank.
#[test]
fn documents_are_decoded() {
    let text = r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::a+b/é %41"}}"#;
    let encode = |byte: u8| match byte {
        b'+' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    let encoded: String = text.bytes().map(encode).collect();
    let mut alice = user("alice", "AIDAALICE");
    alice["UserPolicyList"] = json!([
        { "PolicyName": "encoded", "PolicyDocument": encoded },
        { "PolicyName": "lower", "PolicyDocument": encoded.replace("%7B", "%7b") },
        { "PolicyName": "string", "PolicyDocument": text },
    ]);
    let mut db = Database::new();
    let (outcome, _) = db.import(&[("gaad.json", &json!({ "UserDetailList": [alice] }).to_string())]);
    assert_eq!(outcome.warnings, []);
    assert_eq!(
        db.about(User, "alice")["inline"],
        json!([["encoded", text], ["lower", text], ["string", text]])
    );
}

/// The object form keeps its formatting, so that lines can be pointed at.
#[test]
fn the_text_of_an_object_is_kept_as_written() {
    let document = "{\n      \"Statement\":   [],\n  \"Version\": \"2012-10-17\" }";
    let dump = format!(
        r#"{{"UserDetailList": [{{"UserName": "a", "Arn": "arn:aws:iam::123456789012:user/a",
            "UserPolicyList": [{{"PolicyName": "p", "PolicyDocument":   {document}  }}]}}]}}"#
    );
    let mut db = Database::new();
    db.import(&[("gaad.json", &dump)]);
    assert_eq!(db.about(User, "a")["inline"], json!([["p", document]]));
}

#[test]
fn malformed_documents_are_kept_and_reported_once_each() {
    let broken = json!({ "Statement": [
        { "Effect": "Allow", "Action": "s3:*", "Resource": "*" },
        { "Effect": "Permit", "Action": "s3:*", "Resource": "*" },
    ] });
    let mut users = ["alice", "bob", "carol"].map(|name| user(name, name));
    for user in &mut users {
        user["UserPolicyList"] = json!([{ "PolicyName": "broken", "PolicyDocument": broken }]);
    }
    users[0]["UserPolicyList"] = json!([
        { "PolicyName": "broken", "PolicyDocument": broken },
        { "PolicyName": "text", "PolicyDocument": "%zz no policy" },
    ]);
    let mut db = Database::new();
    let (outcome, change) = db.import(&[("gaad.json", &json!({ "UserDetailList": users }).to_string())]);
    assert!(change.is_some());
    let warnings: Vec<String> = outcome.warnings.iter().map(ToString::to_string).collect();
    let [broken, text] = warnings.as_slice() else { panic!("{warnings:?}") };
    assert!(broken.starts_with("user/alice: inline policy `broken` and 2 more: degraded: 1:"), "{broken}");
    assert!(broken.ends_with("the statement never applies"), "{broken}");
    assert!(text.starts_with("user/alice: inline policy `text`: degraded: 1:1: "), "{text}");
    assert_eq!(db.about(User, "alice")["inline"][1], json!(["text", "%zz no policy"]));
}

#[test]
fn a_group_that_is_not_described_and_an_unknown_boundary_are_said() {
    let mut alice = user("alice", "AIDAALICE");
    alice["GroupList"] = json!(["ghosts"]);
    alice["PermissionsBoundary"] = json!({ "PermissionsBoundaryArn": arn("policy/limit") });
    let mut db = Database::new();
    // What a dump says nothing of could be anything (R-FMT-8).
    let users = json!({ "UserDetailList": [alice] });
    let error = Database::new().try_import(&[("gaad.json", &users.to_string())]).unwrap_err();
    assert!(
        error.to_string().contains("is in group `ghosts`, of which neither the dump nor the database"),
        "{error}"
    );
    let mut whole = users;
    whole["GroupDetailList"] =
        json!([{ "GroupName": "devs", "GroupId": "AGPADEVS", "Path": "/", "Arn": arn("group/devs") }]);
    let (outcome, _) = db.import(&[("gaad.json", &whole.to_string())]);
    assert_eq!(
        outcome.warnings,
        [
            Warning::NoSuchGroup { user: arn("user/alice"), group: "ghosts".to_owned() },
            Warning::UnknownDocument { arn: arn("policy/limit"), boundary_of: 1 },
        ]
    );
    assert_eq!(db.about(User, "alice")["boundary"], json!([arn("policy/limit")]));

    // The document can come later, by the name of its file (R-FMT-5, R-FMT-15).
    let version = json!({ "PolicyVersion":
        { "Document": allow("s3:*"), "VersionId": "v3", "IsDefaultVersion": true } });
    db.import(&[("folder/limit.json", &version.to_string())]);
    assert_eq!(db.versions("limit"), [(3, true, allow("s3:*").to_string())]);
}

#[test]
fn documents_of_their_own_are_named_after_their_files() {
    let mut db = Database::new();
    let text = format!("{:#}\n", allow("s3:*"));
    let version = json!({ "PolicyVersion":
        { "Document": allow("ec2:*"), "VersionId": "v2", "IsDefaultVersion": true } });
    let about = json!({ "Policy":
        { "PolicyName": "known", "Arn": arn("policy/known"), "DefaultVersionId": "v1" } });
    let inline =
        json!({ "RoleName": "deploy", "PolicyName": "own", "PolicyDocument": allow("sqs:*").to_string() });
    let files = [
        ("a/repo.json", text.as_str()),
        ("a/vm-v2.json", &version.to_string()),
        ("known.json", &about.to_string()),
        ("role.json", &inline.to_string()),
    ];
    let (outcome, _) = db.import(&files);
    assert_eq!(outcome.summary(), "imported 1 role, 3 policies (4 new)");
    assert_eq!(db.versions("repo"), [(1, true, text.clone())]);
    assert_eq!(db.versions("vm"), [(2, true, allow("ec2:*").to_string())]);
    assert_eq!(db.about(Role, "deploy")["inline"], json!([["own", allow("sqs:*").to_string()]]));
    assert_eq!(db.import(&files).1, None);

    let edited = allow("s3:Get*").to_string();
    let (outcome, _) = db.import(&[("repo.json", &edited)]);
    assert_eq!(outcome.summary(), "imported 1 policy (1 changed)");
    assert_eq!(db.versions("repo"), [(1, false, text), (2, true, edited)]);
}

#[test]
fn two_files_of_one_name_must_agree() {
    let (one, other) = (allow("s3:*").to_string(), allow("sqs:*").to_string());
    assert!(super::read(&[("a/x.json", &one), ("b/x.json", &one)]).is_ok());
    let error = refused(&[("<stdin>", &one)]);
    assert_eq!(
        error,
        "<stdin>: a policy is named after its file, and `<stdin>` cannot be the name of a policy"
    );
    let error = refused(&[("a/x.json", &one), ("b/x.json", &other)]);
    assert!(error.starts_with("b/x.json: a policy is named after its file, and `a/x.json`"), "{error}");
}

#[test]
fn an_index_tells_the_arns_of_a_folder() {
    let index = r#"{"name": "Audit", "arn": "arn:aws:iam::aws:policy/job-function/Audit", "version": "v15", "bytes": 3}
        {"name": "Gone", "arn": "arn:aws:iam::aws:policy/Gone"}
        {"name": "Internal", "arn": null, "version": "v1"}"#;
    let text = allow("iam:List*").to_string();
    let mut db = Database::new();
    let (outcome, _) = db.import(&[
        ("m/Audit.json", &text),
        ("m/Internal.json", &text),
        ("m/index.jsonl", index),
        ("n/Audit2.json", &text),
    ]);
    assert_eq!(outcome.summary(), "imported 3 policies (3 new)");
    assert_eq!(db.versions("Audit"), [(15, true, text.clone())]);
    let arns: Vec<String> =
        db.ask(|now| now.managed_policies().unwrap().iter().map(|policy| policy.arn()).collect());
    assert_eq!(
        arns,
        [
            "arn:aws:iam::000000000000:policy/Audit2",
            "arn:aws:iam::aws:policy/Internal",
            "arn:aws:iam::aws:policy/job-function/Audit",
        ]
    );
    // Its path shows when somebody refers to it.
    let mut alice = user("alice", "AIDAALICE");
    let real = "arn:aws:iam::aws:policy/service-role/Internal";
    alice["AttachedManagedPolicies"] = json!([{ "PolicyArn": real }]);
    db.import(&[("gaad.json", &json!({ "UserDetailList": [alice] }).to_string())]);
    assert_eq!(db.about(User, "alice")["attached"], json!([real]));
    assert_eq!(db.versions("Internal").len(), 1);
    assert_eq!(db.import(&[("m/Internal.json", &text), ("m/index.jsonl", index)]).1, None);
}

#[test]
fn a_byte_order_mark_and_null_lists_do_not_matter() {
    let mut whole = account();
    whole["UserDetailList"][1]["Tags"] = json!(null);
    whole["RoleDetailList"] = json!(null);
    let (outcome, _) = Database::new().import(&[("gaad.json", &format!("\u{feff}{whole}"))]);
    assert_eq!((outcome.users, outcome.roles), (2, 0));
    let text = format!("\u{feff}{}", allow("s3:*"));
    assert_eq!(super::read(&[("p.json", &text)]).unwrap().len(), 1);
}

/// What is wrong, where, and what was expected.
#[test]
fn wrong_shapes_are_refused_with_their_place() {
    const NOT: &str = "not something that can be imported: ";
    let cases = [
        (r#"{"Buckets": []}"#, format!("{NOT}an object of `Buckets`; expected a policy document,")),
        ("[{\"a\": 1}]", format!("{NOT}an array of something else")),
        ("", format!("{NOT}an empty file;")),
        ("  \n", format!("{NOT}an empty file;")),
        ("17", format!("{NOT}invalid type: integer `17`, expected an object;")),
        ("{\"UserDetailList\": 3}", format!("{NOT}invalid type: integer `3`, expected a list")),
        (
            "{\"UserDetailList\": []}\n{\"Statement\": []}",
            format!("{NOT}pages of an account dump among other"),
        ),
        ("{\"Statement\": []}\n{\"Statement\": []}", format!("{NOT}several values, or not an object")),
        ("{\n\"UserDetailList\": [\n{},]}", "$.UserDetailList[0]: user: `UserName` is missing".to_owned()),
        (
            r#"[{"UserDetailList": []}, {"RoleDetailList": [{"RoleName": "r"}]}]"#,
            "$[1].RoleDetailList[0]: role/r: `Arn` is missing".to_owned(),
        ),
        (
            r#"{"UserDetailList": [{"UserName": "a", "Arn": "arn:aws:iam::123456789012:role/a"}]}"#,
            "$.UserDetailList[0]: user/a: `arn:aws:iam::123456789012:role/a` is not the ARN of such a user"
                .to_owned(),
        ),
        (
            r#"{"UserDetailList": [{"UserName": "a", "Arn": "arn:aws:iam::123456789012:user/a",
                "UserPolicyList": [{"PolicyName": "p"}]}]}"#,
            "$.UserDetailList[0]: user/a: inline policy `p`: `PolicyDocument` is missing".to_owned(),
        ),
        (
            r#"{"Policies": [{"PolicyName": "p", "Arn": "arn:aws:organizations::1:policy/p"}]}"#,
            "$.Policies[0]: policy/p: `arn:aws:organizations::1:policy/p` is not the ARN".to_owned(),
        ),
        (
            r#"{"Policies": [{"Arn": "arn:aws:iam::aws:policy/p", "PolicyVersionList": [{"VersionId": "3"}]}]}"#,
            "$.Policies[0]: policy: `PolicyVersionList[].VersionId` is `3`; expected v1, v2, …".to_owned(),
        ),
        (r#"{"PolicyVersion": {"VersionId": "v1"}}"#, "PolicyVersion: `Document` is missing".to_owned()),
    ];
    for (text, expected) in cases {
        let error = refused(&[("f", text)]);
        assert!(error.starts_with(&format!("f: {expected}")), "{text}\n  {error}\n  {expected}");
    }
    assert!(refused(&[("f", "{")]).starts_with("f:1:1: not JSON: EOF while parsing an object"));
    let wrong_type = "{\"GroupDetailList\": [{\"GroupName\": \"g\",\n \"Arn\": 7}]}";
    assert_eq!(
        refused(&[("f", wrong_type)]),
        "f:2:10: $.GroupDetailList[0]: invalid type: integer `7`, expected a string"
    );
    let two = json!({ "UserDetailList": [
        user("a", "A"), { "UserName": "b", "Arn": "arn:aws:iam::210987654321:user/b" } ] });
    assert_eq!(
        refused(&[("f", &two.to_string())]),
        "f: $.UserDetailList[1]: `arn:aws:iam::210987654321:user/b` is of another account than \
         `arn:aws:iam::123456789012:user/a`; a dump is of one account"
    );
    assert!(iamdb::import::Reading::new().add("f", b"{\"Statement\": \"\xff\"}".as_slice()).is_err());
}
