//! A session for what the transcripts leave out: policies that are damaged, and one of everything.

use serde_json::{Value as Json, json};

/// Its commands.
pub(super) const COMMANDS: &str = r"
$ iamdb init
$ iamdb log --head
$ iamdb verify
$ iamdb import account.json
$ iamdb log --head
$ iamdb verify --head 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae
$ iamdb show dora
$ iamdb show dora --inline odd
$ iamdb show dora --inline torn
$ iamdb show group/readers
$ iamdb show role/deploy
$ iamdb show policy/limits
$ iamdb show policy/limits@v1
$ iamdb export --account 123456789012
$ iamdb can dora s3:GetObject arn:aws:s3:::b/k
$ iamdb can dora sts:GetCallerIdentity
$ iamdb can dora iam:PassRole arn:aws:iam::222222222222:role/x
$ iamdb can dora s3:GetObject arn:aws-cn:s3:::b/k
$ iamdb can role/deploy s3:PutObject arn:aws:s3:::b/k
$ iamdb can role/deploy s3:ListAllMyBuckets arn:aws:s3:::b
$ iamdb can role/deploy sns:Publish arn:aws:sns:us-east-1:123456789012:t
$ iamdb effective dora --expand
$ iamdb attach arn:aws:s3:::open bucket.json --account 123456789012
$ iamdb who-can s3:GetObject arn:aws:s3:::open/k
$ iamdb who-can s3:PutObject arn:aws:s3:::b/k
$ iamdb who-can 's3:Get*' 'arn:aws:s3:::open/*'
$ iamdb detach arn:aws:s3:::open
$ iamdb diff 2..3
$ iamdb tag arn:aws:s3:::open team=blue
$ iamdb show arn:aws:s3:::open
$ iamdb create organization --management 111111111111
$ iamdb create ou/dev
$ iamdb show ou/dev
$ iamdb show root
$ iamdb show scp/FullAWSAccess
$ iamdb ls ous
$ iamdb minimize bucket.json --type resource
$ iamdb simulate scenarios.jsonl
$ iamdb simulate scenarios.jsonl --brief --expect Allowed
$ iamdb simulate nowhere.jsonl
";

/// What is in its folder at the start.
pub(super) fn files() -> [(&'static str, String); 3] {
    [
        ("account.json", account().to_string()),
        ("bucket.json", bucket().to_string()),
        ("scenarios.jsonl", scenarios()),
    ]
}

/// A dump of an account in which policies are damaged.
fn account() -> Json {
    let policy = |statements: Json| json!({"Version": "2012-10-17", "Statement": statements});
    let arn = |what: &str| format!("arn:aws:iam::123456789012:{what}");
    let boundary = json!({
        "PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn("policy/limits")
    });
    let tags = json!([{"Key": "team", "Value": "red"}]);
    let odd = json!([
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3"], "Resource": "arn:aws:s3:::b/${aws:username"},
        {"Effect": "Permit", "Action": "s3:*", "Resource": "*"},
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*", "Comment": "of nothing"},
    ]);
    let puts = json!([
        {
            "Effect": "Allow", "Action": "s3:PutObject", "Resource": "*",
            "Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}, "Bool": {"aws:SecureTransport": "true"}},
        },
        {
            "Effect": "Allow", "Action": "s3:PutObject", "Resource": "*",
            "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1", "aws:UserAgent": "deploy"}},
        },
        {"Effect": "Allow", "Action": "sns:Publish", "Resource": "arn:aws:sns:*:*:${aws:PrincipalTag/team}"},
    ]);
    json!({
        "UserDetailList": [{
            "Path": "/", "UserName": "dora", "UserId": "AIDADORA", "Arn": arn("user/dora"),
            "UserPolicyList": [
                {"PolicyName": "odd", "PolicyDocument": policy(odd)},
                {"PolicyName": "torn", "PolicyDocument": "%7B%22Version"},
            ],
            "GroupList": ["readers"], "PermissionsBoundary": boundary, "Tags": tags,
            "AttachedManagedPolicies": [{"PolicyName": "gone", "PolicyArn": arn("policy/gone")}],
        }],
        "GroupDetailList": [{
            "Path": "/", "GroupName": "readers", "GroupId": "AGPAREADERS", "Arn": arn("group/readers"),
            "GroupPolicyList": [{"PolicyName": "read", "PolicyDocument": policy(json!([
                {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}
            ]))}],
            "AttachedManagedPolicies": [],
        }],
        "RoleDetailList": [{
            "Path": "/team/", "RoleName": "deploy", "RoleId": "AROADEPLOY", "Arn": arn("role/team/deploy"),
            "AssumeRolePolicyDocument": policy(json!([
                {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ])),
            "RolePolicyList": [{"PolicyName": "put", "PolicyDocument": policy(puts)}],
            "AttachedManagedPolicies": [], "PermissionsBoundary": boundary, "Tags": tags,
        }],
        "Policies": [{
            "PolicyName": "limits", "Arn": arn("policy/limits"), "Path": "/", "DefaultVersionId": "v1",
            "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true, "Document": policy(json!([
                {"Effect": "Allow", "Action": ["s3:*", "sns:*"], "Resource": "*"}
            ]))}],
        }],
    })
}

/// The policy of a bucket that names principals of every kind.
fn bucket() -> Json {
    let read = |principal: Json| {
        json!({"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::open/*"})
    };
    let named = json!({
        "AWS": ["222222222222", "arn:aws:iam::333333333333:role/x"],
        "Service": "cloudtrail.amazonaws.com",
        "Federated": "accounts.google.com",
        "CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be",
    });
    json!({"Version": "2012-10-17", "Statement": [read(named), read(json!("*"))]})
}

/// Scenarios of each outcome, and a line that is none.
fn scenarios() -> String {
    let statement = json!({
        "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "true"}},
    });
    let policy = json!({"Version": "2012-10-17", "Statement": [statement]});
    let scenario = |secure: &str, scp: Json| {
        let scenario = json!({
            "name": secure,
            "request": {
                "principal": "arn:aws:iam::111122223333:role/app", "action": "s3:GetObject",
                "resource": "arn:aws:s3:::b/k", "context": {"aws:SecureTransport": secure},
            },
            "policies": {"identity": [{"name": "read", "policy": policy}], "scp": scp},
            "expect": {"decision": "Allowed", "size": 1},
        });
        scenario.to_string()
    };
    let levels = json!([[{"name": "all", "policy": policy}]]);
    [scenario("true", Json::Null), scenario("true", levels), scenario("false", Json::Null), "{}".to_owned()]
        .join("\n")
}
