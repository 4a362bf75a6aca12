//! Policy documents: what principals may do, and who may assume a role.

use serde_json::{Value, json};

use super::account::Account;
use super::random::Random;
use super::{PARTNER, TEAMS};

const SERVICES: [(&str, &[&str]); 10] = [
    ("s3", &["GetObject", "PutObject", "ListBucket", "DeleteObject", "Get*"]),
    ("ec2", &["DescribeInstances", "StartInstances", "StopInstances", "Describe*", "RunInstances"]),
    ("ecr", &["BatchGetImage", "PutImage", "GetAuthorizationToken", "ListImages", "Describe*"]),
    ("dynamodb", &["GetItem", "PutItem", "Query", "Scan", "BatchWriteItem"]),
    ("lambda", &["InvokeFunction", "GetFunction", "List*", "UpdateFunctionCode"]),
    ("iam", &["GetUser", "ListUsers", "PassRole", "List*", "CreateAccessKey"]),
    ("sqs", &["SendMessage", "ReceiveMessage", "DeleteMessage", "Get*"]),
    ("kms", &["Decrypt", "Encrypt", "GenerateDataKey", "Describe*"]),
    ("secretsmanager", &["GetSecretValue", "DescribeSecret", "PutSecretValue"]),
    ("sts", &["AssumeRole", "TagSession"]),
];

/// What somebody of the account may do.
pub(super) fn identity(random: &mut Random, account: &str) -> Value {
    let count = 1 + random.below(4);
    let statement = |nth| {
        let (service, names) = *random.pick(&SERVICES);
        let actions = 1 + random.below(names.len());
        let actions: Vec<String> =
            random.several(names, actions).iter().map(|name| format!("{service}:{name}")).collect();
        let resource = if random.one_in(4) { "*".to_owned() } else { some_of(service, random, account) };
        let effect = if random.one_in(6) { "Deny" } else { "Allow" };
        let mut statement =
            json!({ "Sid": format!("S{nth}"), "Effect": effect, "Action": actions, "Resource": resource });
        if random.one_in(4) {
            statement["Condition"] =
                json!({ "StringEquals": { "aws:PrincipalTag/team": random.pick(&TEAMS) } });
        }
        statement
    };
    policy((0..count).map(statement).collect())
}

/// Some resources of a service.
fn some_of(service: &str, random: &mut Random, account: &str) -> String {
    let (team, nth) = (*random.pick(&TEAMS), random.below(30));
    let own = random.one_in(4);
    let name = if own { "${aws:username}".to_owned() } else { format!("{team}-{nth}") };
    match service {
        "s3" => format!("arn:aws:s3:::{name}/*"),
        "ec2" => format!("arn:aws:ec2:eu-west-1:{account}:instance/*"),
        "ecr" => format!("arn:aws:ecr:eu-west-1:{account}:repository/{team}/*"),
        "dynamodb" => format!("arn:aws:dynamodb:*:{account}:table/{name}"),
        "lambda" => format!("arn:aws:lambda:eu-west-1:{account}:function:{team}-*"),
        "iam" => format!("arn:aws:iam::{account}:user/{}", if own { name.as_str() } else { "dev/*" }),
        "sqs" => format!("arn:aws:sqs:*:{account}:{name}"),
        "kms" => format!("arn:aws:kms:eu-west-1:{account}:key/*"),
        "secretsmanager" => format!("arn:aws:secretsmanager:eu-west-1:{account}:secret:{team}/*"),
        _ => format!("arn:aws:iam::{account}:role/{}", if own { "dev/*" } else { "teams/*" }),
    }
}

/// Everything, on everything.
pub(super) fn administrator() -> Value {
    policy(vec![json!({ "Effect": "Allow", "Action": "*", "Resource": "*" })])
}

/// The texts that the trust policies of an account are copies of: its roles name services, the account itself, some
/// of its users and roles, other accounts and identity providers.
pub(super) fn trusts(account: &Account) -> Vec<Value> {
    let id = &account.id;
    let some = (0..6).map(|nth| Random::of(account.seed, "trusted", nth).next() as usize);
    let (users, roles) = (account.users().max(1), account.roles().max(1));
    let assume = |principal| allow(principal, "sts:AssumeRole", None);
    let mut texts = vec![
        assume(json!({ "Service": "lambda.amazonaws.com" })),
        assume(json!({ "Service": "ec2.amazonaws.com" })),
        assume(json!({ "Service": ["ecs-tasks.amazonaws.com", "events.amazonaws.com"] })),
        assume(json!({ "AWS": format!("arn:aws:iam::{id}:root") })),
        allow(
            json!({ "AWS": format!("arn:aws:iam::{id}:root") }),
            "sts:AssumeRole",
            Some(json!({ "Bool": { "aws:MultiFactorAuthPresent": "true" } })),
        ),
        allow(
            json!({ "AWS": format!("arn:aws:iam::{PARTNER}:root") }),
            "sts:AssumeRole",
            Some(json!({ "StringEquals": { "sts:ExternalId": "4f2c" } })),
        ),
        assume(json!({ "AWS": format!("arn:aws:iam::{PARTNER}:role/scanner") })),
        allow(
            json!({ "Federated": format!("arn:aws:iam::{id}:saml-provider/office") }),
            "sts:AssumeRoleWithSAML",
            Some(json!({ "StringEquals": { "SAML:aud": "https://signin.aws.amazon.com/saml" } })),
        ),
        allow(
            json!({ "Federated": format!("arn:aws:iam::{id}:oidc-provider/token.actions.githubusercontent.com") }),
            "sts:AssumeRoleWithWebIdentity",
            Some(json!({
                "StringEquals": { "token.actions.githubusercontent.com:aud": "sts.amazonaws.com" },
                "StringLike": { "token.actions.githubusercontent.com:sub": "repo:example/*" },
            })),
        ),
    ];
    texts.extend(some.enumerate().map(|(nth, drawn)| match nth % 2 {
        0 => assume(json!({ "AWS": account.user_arn(drawn % users) })),
        _ => assume(json!({ "AWS": [account.role_arn(drawn % roles), account.user_arn(drawn % users)] })),
    }));
    texts
}

/// One statement that allows somebody something.
fn allow(principal: Value, action: &str, condition: Option<Value>) -> Value {
    let mut statement = json!({ "Effect": "Allow", "Principal": principal, "Action": action });
    if let Some(condition) = condition {
        statement["Condition"] = condition;
    }
    policy(vec![statement])
}

/// A document of these statements.
pub(super) fn policy(statements: Vec<Value>) -> Value {
    json!({ "Version": "2012-10-17", "Statement": statements })
}
