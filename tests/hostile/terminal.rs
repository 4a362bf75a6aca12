//! Nothing from input reaches a terminal as it is: every field that may hold a text holds one that tells a terminal to do
//! something, and no command passes it on, in no form of output. Only a document that `show` writes into a pipe is there
//! byte for byte, for another program.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value as Json, json};

/// Escape, bell, carriage return, backspace, a control sequence that begins with one character, an override of
/// direction, a separator of lines, delete.
const NASTY: &str = "\u{1b}[2J\u{7}\r\u{8}\u{9b}31m\u{202e}\u{2028}\u{7f}";

/// What `--output` takes.
const FORMS: [&str; 7] = ["text", "json", "markdown", "csv", "github", "junit", "sarif"];

/// What is nasty, and begins with a word by which it is known.
fn nasty(word: &str) -> String {
    format!("{word}{NASTY}")
}

/// What a terminal obeys instead of showing it.
fn is_obeyed(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2028}')
}

fn statement(principal: Option<Json>) -> Json {
    let mut statement = json!({
        "Sid": nasty("sid"),
        "Effect": "Allow",
        "Action": ["s3:GetObject", nasty("s3:Get*"), format!("s3:*{NASTY}")],
        "Resource": ["arn:aws:s3:::b/*", nasty("arn:aws:s3:::b/"), nasty("word")],
        "Condition": {
            "StringNotLike": { nasty("aws:UserAgent"): nasty("agent"), nasty("aws:RequestTag/k"): [nasty("a"), "b"] },
            nasty("StringEquals"): { "aws:SourceIp": nasty("1.2.3.4") },
            "IpAddressIfExists": { "aws:SourceIp": ["10.0.0.0/8", nasty("10.0.0.1")] },
        },
        nasty("Element"): nasty("value"),
    });
    if let Some(principal) = principal {
        statement["Principal"] = principal;
    }
    statement
}

/// A policy with something nasty in every part of it, beside statements that mean something.
fn policy() -> Json {
    let plain = json!({"Sid": nasty("plain"), "Effect": "Allow", "Action": "s3:GetObject", "Resource": nasty("arn:aws:s3:::b/")});
    let deny = json!({"Effect": "Deny", "NotAction": nasty("s3:x"), "Resource": "*",
        "Condition": { "StringEquals": { nasty("aws:RequestTag/k"): nasty("v") } }});
    json!({ "Version": "2012-10-17", "Id": nasty("id"), "Statement": [plain, deny, statement(None)], nasty("Top"): 1 })
}

/// A policy of a resource, of a role too.
fn policy_with_principals() -> Json {
    let principal = json!({ "AWS": [nasty("arn:aws:iam::222222222222:user/u"), "222222222222", nasty("word")], nasty("Kind"): "x" });
    json!({ "Version": "2012-10-17", "Statement": [
        statement(Some(principal.clone())),
        { "Effect": "Allow", "Principal": principal, "Action": "*", "Resource": "*" } ] })
}

/// An account as AWS prints it, in which everything that may be named is named so.
fn account() -> Json {
    let arn = |rest: &str| nasty(&format!("arn:aws:iam::222222222222:{rest}"));
    let entity = |kind: &str, name: &str| {
        let mut entity = json!({ "Path": nasty("/p") + "/", "CreateDate": "2026-01-01T00:00:00Z",
            "Arn": arn(&format!("{}/{}/{name}", kind.to_lowercase(), nasty("p"))),
            "Tags": [{ "Key": nasty("key"), "Value": nasty("value") }],
            "AttachedManagedPolicies": [{ "PolicyName": nasty("managed"), "PolicyArn": arn("policy/managed") }] });
        entity[format!("{kind}Name")] = json!(nasty(name));
        entity[format!("{kind}Id")] = json!(nasty("AIDA"));
        entity[format!("{kind}PolicyList")] =
            json!([{ "PolicyName": nasty("inline"), "PolicyDocument": policy() }]);
        entity
    };
    let mut user = entity("User", "alice");
    user["GroupList"] = json!([nasty("devs")]);
    let mut role = entity("Role", "app");
    role["AssumeRolePolicyDocument"] = policy_with_principals();
    let version = json!({ "Document": policy(), "VersionId": "v1", "IsDefaultVersion": true, "CreateDate": "2026-01-01T00:00:00Z" });
    json!({ "UserDetailList": [user], "GroupDetailList": [entity("Group", "devs")], "RoleDetailList": [role],
        "Policies": [{ "PolicyName": nasty("managed"), "PolicyId": nasty("ANPA"), "Arn": arn("policy/managed"), "Path": "/",
            "DefaultVersionId": "v1", "IsAttachable": true, "CreateDate": "2026-01-01T00:00:00Z",
            "UpdateDate": "2026-01-01T00:00:00Z", "PolicyVersionList": [version] }],
        "IsTruncated": false })
}

fn organization() -> Vec<(&'static str, Json)> {
    let arn = |rest: &str| format!("arn:aws:organizations::222222222222:{rest}");
    let summary = json!({ "Id": "p-aaaaaaaa", "Arn": arn("policy/o-abcdefghij/service_control_policy/p-aaaaaaaa"),
        "Name": nasty("scp"), "Description": nasty("words"), "Type": "SERVICE_CONTROL_POLICY", "AwsManaged": false });
    let member = json!({ "Id": "222222222222", "Arn": arn("account/o-abcdefghij/222222222222"), "Name": nasty("main"),
        "Email": nasty("x@example.com"), "Status": "ACTIVE", "JoinedMethod": "CREATED" });
    vec![
        (
            "describe-organization",
            json!({ "Organization": { "Id": "o-abcdefghij", "FeatureSet": "ALL",
            "Arn": arn("organization/o-abcdefghij"), "MasterAccountId": "222222222222" } }),
        ),
        (
            "list-roots",
            json!({ "Roots": [{ "Id": "r-ab12", "Arn": arn("root/o-abcdefghij/r-ab12"), "Name": nasty("Root"),
            "PolicyTypes": [{ "Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED" }] }] }),
        ),
        (
            "list-organizational-units-for-parent-r-ab12",
            json!({ "OrganizationalUnits": [
            { "Id": "ou-ab12-aaaaaaaa", "Arn": arn("ou/o-abcdefghij/ou-ab12-aaaaaaaa"), "Name": nasty("dev") }] }),
        ),
        ("list-accounts", json!({ "Accounts": [member] })),
        ("list-accounts-for-parent-r-ab12", json!({ "Accounts": [member] })),
        ("scp", json!({ "Policy": { "PolicySummary": summary, "Content": policy().to_string() } })),
        (
            "list-targets-for-policy-p-aaaaaaaa",
            json!({ "Targets": [
            { "TargetId": "r-ab12", "Arn": "", "Name": nasty("Root"), "Type": "ROOT" }] }),
        ),
        (
            "resources",
            json!([{ "ResourceArn": nasty("arn:aws:sqs:eu-west-1:222222222222:q"), "AccountId": "222222222222",
            "Policy": policy_with_principals(), "Tags": [{ "Key": nasty("key"), "Value": nasty("value") }] }]),
        ),
    ]
}

/// The files that commands are given; names of files are as nasty as what is in them.
fn write_files(folder: &Path) {
    let write = |name: String, json: &Json| fs::write(folder.join(name), json.to_string()).unwrap();
    fs::create_dir(folder.join("dump")).unwrap();
    write("dump/account.json".to_owned(), &account());
    for (name, json) in organization() {
        write(format!("dump/{name}.json"), &json);
    }
    write(nasty("policy") + ".json", &policy());
    write(nasty("trust") + ".json", &policy_with_principals());
    write(
        "good.json".to_owned(),
        &json!({ "Version": "2012-10-17", "Statement": { "Sid": "Good", "Effect": "Allow",
        "Action": "s3:*", "Resource": nasty("arn:aws:s3:::b/"), "Condition": { "StringLike": { nasty("aws:RequestTag/k"): nasty("v") } } } }),
    );
    write("empty.json".to_owned(), &json!({ "Version": "2012-10-17", "Statement": [] }));
    let request = json!({ "principal": nasty("arn:aws:iam::222222222222:user/alice"), "action": nasty("s3:GetObject"),
        "resource": nasty("arn:aws:s3:::b/"), "context": { nasty("aws:RequestTag/k"): nasty("v") } });
    let mut plain = request.clone();
    plain["action"] = json!("s3:GetObject");
    let scenario = |request: &Json| {
        json!({ "name": nasty("case"), "request": request, "policies": { "identity": [policy()],
        "resource": policy_with_principals(), "scp": [[policy()]] }, "expect": "ExplicitlyDenied" })
    };
    let lines = [scenario(&request), scenario(&plain), json!({ nasty("member"): 1 }), json!(nasty("text"))];
    let lines: Vec<String> = lines.iter().map(Json::to_string).collect();
    fs::write(folder.join(nasty("scenarios") + ".jsonl"), lines.join("\n") + NASTY).unwrap();
    plain["name"] = json!(nasty("one"));
    plain["expect"] = json!("Allowed");
    write(
        nasty("table") + ".test.json",
        &json!({ "name": nasty("table"), "policies": { "identity": [policy(), nasty("name")] },
        "cases": [plain, request, { nasty("member"): 1 }] }),
    );
    plain["policies"] = json!({ "identity": [policy()] });
    write("cases.test.json".to_owned(), &json!({ "name": nasty("table"), "cases": [plain] }));
    let resources = json!({ nasty("Logical"): { "Type": "AWS::IAM::ManagedPolicy", "Properties": {
        "PolicyDocument": { "Statement": { "Effect": "Allow", "Action": { "Fn::Sub": format!("${{{NASTY}}}") }, "Resource": { "Ref": nasty("Bucket") },
            "Sid": nasty("sid"), nasty("Element"): 1 } } } } });
    write(
        nasty("template") + ".json",
        &json!({ "AWSTemplateFormatVersion": "2010-09-09", "Resources": resources }),
    );
    let yaml = format!("Resources:\n  Role:\n    Type: AWS::IAM::Role\n    {}", NASTY);
    fs::write(folder.join(nasty("template") + ".yaml"), yaml).unwrap();
    let after = json!({ "policy": policy().to_string() });
    write(
        nasty("plan") + ".json",
        &json!({ "format_version": "1.2", "terraform_version": nasty("1"), "resource_changes": [
        { "address": nasty("aws_iam_policy.p"), "type": "aws_iam_policy", "name": nasty("p"),
            "change": { "actions": ["create"], "before": null, "after": after, "after_unknown": { nasty("x"): true } } }] }),
    );
    write(nasty("suppress") + ".json", &json!([{ "code": nasty("CODE"), nasty("member"): nasty("reason") }]));
    fs::write(folder.join(nasty("broken") + ".json"), format!("{{\"Statement\": {NASTY}")).unwrap();
    fs::write(
        folder.join(nasty("latin1") + ".json"),
        [b"{\"Statement\": \xe9".as_slice(), NASTY.as_bytes()].concat(),
    )
    .unwrap();
}

/// Commands that change nothing.
fn asking() -> Vec<Vec<String>> {
    let [user, role, group] = ["alice", "app", "devs"].map(nasty);
    let [policy, trust, plan] = ["policy", "trust", "plan"].map(|name| nasty(name) + ".json");
    let [object, action] = ["arn:aws:s3:::b/", "s3:GetObject"].map(nasty);
    let context = format!("{}={}", nasty("aws:RequestTag/k"), nasty("v"));
    let queue = nasty("arn:aws:sqs:eu-west-1:222222222222:q");
    let lines: Vec<String> = vec![
        "ls".into(),
        "ls|users".into(),
        "ls|policies".into(),
        "ls|resources".into(),
        "ls|organization".into(),
        "ls|organizations".into(),
        format!("ls|{NASTY}"),
        format!("ls|--at|{NASTY}"),
        format!("show|user/{user}"),
        format!("show|{role}"),
        format!("show|{group}"),
        format!("show|role/{role}|--trust|-o|json"),
        format!("show|policy/{}|-o|json", nasty("managed")),
        format!("show|user/{user}|--inline|{}|-o|json", nasty("inline")),
        format!("show|user/{user}|--inline|{NASTY}"),
        format!("show|{queue}"),
        "show|r-ab12".into(),
        "show|ou-ab12-aaaaaaaa".into(),
        "show|222222222222".into(),
        format!("show|{}", nasty("main")),
        format!("show|{}", nasty("dev")),
        format!("show|{NASTY}"),
        format!("show|policy/{NASTY}"),
        "show|p-aaaaaaaa".into(),
        "log".into(),
        "log|--long".into(),
        "verify".into(),
        format!("can|user/{user}|s3:GetObject|{object}"),
        format!("can|{user}|s3:GetObject|{object}|--trace"),
        format!("can|{role}|{action}|{object}"),
        format!("can|{user}|s3:GetObject|{object}|--context|{context}"),
        format!("can|{user}|s3:GetObject|{object}|--closed"),
        format!("can|{user}|sqs:SendMessage|{queue}"),
        format!("can|{user}|sqs:SendMessage|{queue}|--policy-file|{policy}"),
        format!("can|{NASTY}|s3:GetObject"),
        format!("can|{user}|s3:GetObject|{object}|--context|{NASTY}"),
        format!("can|{user}|s3:GetObject|{object}|--now|{NASTY}"),
        format!("who-can|s3:GetObject|{object}"),
        format!("who-can|sqs:SendMessage|{queue}"),
        format!("who-can|sqs:SendMessage|{queue}|--all"),
        format!("who-can|{action}|{object}"),
        format!("who-can|--action|s3:Get*|--resource|{object}"),
        "who-can|--action|s3:*,sqs:*".into(),
        format!("who-can|s3:GetObject|{object}|--principal|{user}"),
        format!("who-can|sqs:SendMessage|{queue}|--diff|1..2"),
        format!("effective|{user}"),
        format!("effective|{user}|--expand"),
        format!("effective|{user}|--policy|-o|json"),
        format!("effective|--policy-file|{policy}"),
        format!("effective|{NASTY}"),
        format!("diff|{policy}|good.json"),
        "diff|empty.json|good.json".into(),
        "diff|good.json|empty.json|--expand".into(),
        format!("diff|--plan|{plan}"),
        "diff|--since|1".into(),
        "diff|1..2".into(),
        format!("diff|{}|empty.json", nasty("template") + ".json"),
        format!("diff|{NASTY}|{NASTY}"),
        "check|no-new-access|good.json|empty.json".into(),
        format!("check|access-not-granted|good.json|--action|s3:GetObject|--resource|{object}"),
        format!("check|no-public-access|{trust}|--resource-type|AWS::S3::Bucket"),
        format!("validate|{policy}"),
        format!("validate|{trust}|--type|resource"),
        format!("validate|{plan}"),
        format!("validate|{}", nasty("template") + ".json"),
        format!("validate|{}", nasty("template") + ".yaml"),
        format!("validate|{}", nasty("broken") + ".json"),
        format!("validate|{}", nasty("latin1") + ".json"),
        format!("validate|--principal|{user}"),
        format!("validate|{policy}|--suppress|{}", nasty("suppress") + ".json"),
        format!("validate|{policy}|--baseline|{policy}"),
        format!("validate|policy/{}", nasty("managed")),
        format!("validate|{NASTY}"),
        format!("simulate|{}", nasty("scenarios") + ".jsonl"),
        format!("simulate|--brief|{}", nasty("scenarios") + ".jsonl"),
        format!("simulate|{NASTY}"),
        format!("test|{}", nasty("table") + ".test.json"),
        "test|cases.test.json".into(),
        format!("test|{}", nasty("broken") + ".json"),
        format!("test|{NASTY}"),
        format!("minimize|{policy}|-o|json"),
        format!("minimize|{}", nasty("broken") + ".json"),
        format!("actions|{NASTY}"),
        format!("actions|--key|{NASTY}"),
        format!("actions|--level|{NASTY}"),
        format!("actions|--resource-type|{NASTY}"),
        format!("actions|--catalog|{policy}"),
        format!("import|{policy}|--dry-run"),
        format!("import|{}|--dry-run", nasty("broken") + ".json"),
        format!("import|{}|--dry-run", nasty("latin1") + ".json"),
        format!("import|{}|--dry-run", nasty("plan") + ".json"),
        format!("import|{NASTY}"),
        format!("{NASTY}"),
        format!("--db|{NASTY}/{NASTY}|ls"),
        format!("--db|{policy}|ls"),
        format!("ls|--{NASTY}"),
        "show".into(),
        format!("completions|{NASTY}"),
        format!("log|-n|{NASTY}"),
        format!("export|--account|{NASTY}"),
        format!("export|{policy}"),
    ];
    lines.iter().map(|line| line.split('|').map(str::to_owned).collect()).collect()
}

/// Commands that change what is stored.
fn changing() -> Vec<Vec<String>> {
    let [user, role, group] = ["alice", "app", "devs"].map(nasty);
    let [policy, trust] = ["policy", "trust"].map(|name| nasty(name) + ".json");
    let queue = nasty("arn:aws:sqs:eu-west-1:222222222222:q");
    let lines = [
        "import|dump".to_owned(),
        format!("import|{trust}|--arn|{}", nasty("arn:aws:sqs:eu-west-1:222222222222:other")),
        format!("create|user/{NASTY}"),
        format!("create|user/carol|--path|{NASTY}"),
        format!("create|user/dora|--tag|{}={}", nasty("k"), nasty("v")),
        format!("create|role/worker|--trust|{trust}"),
        format!("create|ou/{}|--in|r-ab12", nasty("new")),
        format!("create|{}|--account|222222222222", nasty("arn:aws:s3:::bucket")),
        format!("create|group/{NASTY}"),
        format!("attach|user/{user}|{policy}"),
        format!("attach|user/{user}|good.json"),
        format!("attach|user/{user}|good.json|--inline|--name|{NASTY}"),
        format!("attach|user/{user}|empty.json|--boundary"),
        format!("attach|{queue}|{trust}"),
        "attach|r-ab12|good.json|--scp".to_owned(),
        format!("attach|{NASTY}|{policy}"),
        format!("attach|role/{role}|{trust}|--trust"),
        format!("attach|user/{NASTY}|{policy}|--create"),
        format!("join|user/{user}|group/{group}"),
        format!("leave|user/{user}|group/{group}"),
        format!("join|user/{user}|{NASTY}"),
        format!("leave|user/{NASTY}|group/{group}"),
        format!("tag|user/{user}|{}={}", nasty("key"), nasty("other")),
        format!("tag|user/{user}|--remove|{}", nasty("key")),
        format!("tag|user/{user}|{NASTY}"),
        format!("tag|{queue}|{}={}", nasty("k"), nasty("v")),
        format!("detach|user/{user}|{}", nasty("managed")),
        format!("detach|user/{user}|{NASTY}"),
        format!("detach|user/{user}|{}|--inline", nasty("inline")),
        format!("set|{NASTY}|--scps|off"),
        "set|organization|--scps|off".to_owned(),
        format!("delete|user/{user}"),
        format!("delete|{queue}"),
        format!("delete|policy/{}", nasty("managed")),
        format!("delete|{NASTY}"),
        format!("delete|ou/{}", nasty("new")),
        format!("backup|{}", nasty("backup") + ".db"),
        format!("backup|{NASTY}/x"),
        format!("init|--account|{NASTY}"),
        "gc".to_owned(),
        format!("export|{}", nasty("folder")),
        "log|--long".to_owned(),
        "ls".to_owned(),
    ];
    lines.iter().map(|line| line.split('|').map(str::to_owned).collect()).collect()
}

fn iamdb(folder: &Path, arguments: &[String], form: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_iamdb"));
    command.args(arguments).current_dir(folder).env("IAMDB_ACTOR", nasty("ada"));
    if !arguments.iter().any(|argument| argument == "-o") {
        command.env("IAMDB_OUTPUT", form);
    }
    command.output().unwrap()
}

/// Where a stream holds what a terminal obeys, or nothing that can be read.
fn obeyed(stream: &[u8]) -> Option<String> {
    let text = String::from_utf8(stream.to_vec()).unwrap_or_else(|error| format!("{NASTY} {error}"));
    let line = text.lines().find(|line| line.chars().any(is_obeyed))?;
    Some(line.chars().take(300).collect())
}

/// What of some commands a terminal would obey, and how often something was escaped.
fn told(folder: &Path, commands: &[Vec<String>], forms: &[&str]) -> (Vec<String>, usize) {
    let (mut wrong, mut escaped) = (Vec::new(), 0);
    for command in commands {
        for form in forms {
            let output = iamdb(folder, command, form);
            for stream in [&output.stdout, &output.stderr] {
                wrong.extend(obeyed(stream).map(|line| format!("{form}: {command:?}\n    {line:?}")));
                escaped += usize::from(String::from_utf8_lossy(stream).contains(r"\u001b"));
            }
            if !matches!(output.status.code(), Some(0..=3)) {
                wrong.push(format!("{form}: {command:?} ended with {:?}", output.status));
            }
        }
    }
    (wrong, escaped)
}

#[test]
fn nothing_that_a_terminal_obeys_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_files(folder);
    let imported = iamdb(folder, &["import".to_owned(), "dump".to_owned()], "text");
    assert!(imported.status.success(), "{imported:?}");
    let asking = asking();
    let (one, other) = asking.split_at(asking.len() / 2);
    let told = std::thread::scope(|scope| {
        let halves = [one, other].map(|commands| scope.spawn(|| told(folder, commands, &FORMS)));
        let mut all: Vec<_> = halves.into_iter().map(|half| half.join().unwrap()).collect();
        all.push(told(folder, &changing(), &["text", "json"]));
        all
    });
    let (wrong, escaped): (Vec<_>, Vec<_>) = told.into_iter().unzip();
    let wrong = wrong.concat();
    assert!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
    assert!(escaped.iter().all(|count| *count > 20), "so often something was escaped: {escaped:?}");
}
