//! A generator of accounts, in the form of `get-account-authorization-details` (R-FMT-1).
//!
//! Seeded and deterministic: the same size and seed give the same bytes. What it draws is shaped like real
//! accounts: a few dozen policies that many share, users in groups, some of whose policies are AWS's own, inline
//! policies that are mostly copies of a few texts, tags, paths, boundaries on some, two versions of some
//! policies. With their groups, users have about 30 managed policies in play.
//!
//! Tests use it, and `examples/generate-account.rs`.

use std::io::{self, Write};

use serde_json::{Value, json};

/// The account that everything is of.
pub(crate) const ACCOUNT: &str = "123456789012";

/// SplitMix64: small, seeded, and the same everywhere.
#[derive(Debug)]
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// Different ones, in order.
    fn several<T: Clone>(&mut self, from: &[T], count: usize) -> Vec<T> {
        let mut chosen: Vec<usize> = Vec::new();
        while chosen.len() < count.min(from.len()) {
            let index = self.below(from.len());
            if !chosen.contains(&index) {
                chosen.push(index);
            }
        }
        chosen.sort_unstable();
        chosen.into_iter().map(|index| from[index].clone()).collect()
    }
}

const SERVICES: [(&str, &[&str]); 6] = [
    ("s3", &["GetObject", "PutObject", "ListBucket", "DeleteObject", "Get*"]),
    ("ec2", &["DescribeInstances", "StartInstances", "StopInstances", "Describe*", "RunInstances"]),
    ("ecr", &["BatchGetImage", "PutImage", "GetAuthorizationToken", "ListImages", "Describe*"]),
    ("dynamodb", &["GetItem", "PutItem", "Query", "Scan", "BatchWriteItem"]),
    ("lambda", &["InvokeFunction", "GetFunction", "List*", "UpdateFunctionCode"]),
    ("iam", &["GetUser", "ListUsers", "PassRole", "List*", "CreateAccessKey"]),
];
const TEAMS: [&str; 6] = ["payments", "search", "platform", "data", "web", "security"];
const PATHS: [&str; 3] = ["/", "/dev/", "/teams/core/"];
const AWS_POLICIES: [&str; 8] = [
    "AdministratorAccess",
    "ReadOnlyAccess",
    "SecurityAudit",
    "PowerUserAccess",
    "job-function/ViewOnlyAccess",
    "AmazonS3ReadOnlyAccess",
    "AmazonEC2ContainerRegistryReadOnly",
    "service-role/AWSLambdaBasicExecutionRole",
];

/// Writes an account with that many users and roles, three users for two roles.
pub(crate) fn write_account(principals: usize, seed: u64, out: &mut dyn Write) -> io::Result<()> {
    let mut random = Random(seed);
    let roles = principals * 2 / 5;
    let policies = customer_policies(&mut random, 40 + principals / 50);
    let mut attachable: Vec<Value> = policies
        .iter()
        .map(|policy| json!({ "PolicyName": policy["PolicyName"], "PolicyArn": policy["Arn"] }))
        .collect();
    attachable.extend(AWS_POLICIES.iter().map(|name| attachment(&format!("arn:aws:iam::aws:policy/{name}"))));
    let inline: Vec<Value> = (0..20 + principals / 20).map(|_| document(&mut random)).collect();
    let groups: Vec<String> =
        (0..5 + principals / 100).map(|nth| format!("{}-{nth}", TEAMS[nth % TEAMS.len()])).collect();

    let user = |random: &mut Random, nth: usize| {
        let path = *random.pick(&PATHS);
        let mut user = principal(random, "User", path, &format!("user-{nth:05}"), "AIDA", nth);
        user["UserPolicyList"] = inline_policies(random, &inline);
        user["GroupList"] = json!(random.several(&groups, 2));
        let direct = 6 + random.below(5);
        user["AttachedManagedPolicies"] = json!(random.several(&attachable, direct));
        with_boundary_and_tags(random, &mut user);
        user
    };
    let group = |random: &mut Random, nth: usize| {
        let mut group = principal(random, "Group", "/", &groups[nth], "AGPA", nth);
        group["GroupPolicyList"] = inline_policies(random, &inline);
        group["AttachedManagedPolicies"] = json!(random.several(&attachable, 10));
        group
    };
    let role = |random: &mut Random, nth: usize| {
        let path = *random.pick(&PATHS);
        let mut role = principal(random, "Role", path, &format!("role-{nth:05}"), "AROA", nth);
        role["AssumeRolePolicyDocument"] = trust(random, nth);
        role["InstanceProfileList"] = json!([]);
        role["RolePolicyList"] = inline_policies(random, &inline);
        let direct = 5 + random.below(15);
        role["AttachedManagedPolicies"] = json!(random.several(&attachable, direct));
        with_boundary_and_tags(random, &mut role);
        role
    };

    out.write_all(b"{\n\"UserDetailList\": [")?;
    write_list(out, &mut random, principals - roles, user)?;
    out.write_all(b"],\n\"GroupDetailList\": [")?;
    write_list(out, &mut random, groups.len(), group)?;
    out.write_all(b"],\n\"RoleDetailList\": [")?;
    write_list(out, &mut random, roles, role)?;
    out.write_all(b"],\n\"Policies\": [")?;
    let aws: Vec<Value> = AWS_POLICIES.iter().map(|name| aws_policy(&mut random, name)).collect();
    write_list(out, &mut random, policies.len() + aws.len(), |_, nth| {
        policies.get(nth).unwrap_or_else(|| &aws[nth - policies.len()]).clone()
    })?;
    out.write_all(b"],\n\"IsTruncated\": false\n}\n")
}

/// One element a line, so that the account is never in memory as a whole.
fn write_list(
    out: &mut dyn Write,
    random: &mut Random,
    count: usize,
    mut element: impl FnMut(&mut Random, usize) -> Value,
) -> io::Result<()> {
    for nth in 0..count {
        out.write_all(if nth == 0 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut *out, &element(random, nth))?;
    }
    Ok(())
}

fn principal(random: &mut Random, kind: &str, path: &str, name: &str, prefix: &str, nth: usize) -> Value {
    let arn = format!("arn:aws:iam::{ACCOUNT}:{}{path}{name}", kind.to_lowercase());
    json!({
        "Path": path,
        format!("{kind}Name"): name,
        format!("{kind}Id"): format!("{prefix}{:08X}{nth:08X}", random.next() >> 32),
        "Arn": arn,
        "CreateDate": "2025-01-09T12:44:05+00:00",
    })
}

fn with_boundary_and_tags(random: &mut Random, principal: &mut Value) {
    if random.one_in(8) {
        principal["PermissionsBoundary"] = json!({
            "PermissionsBoundaryType": "Policy",
            "PermissionsBoundaryArn": format!("arn:aws:iam::{ACCOUNT}:policy/shared-000"),
        });
    }
    let team = *random.pick(&TEAMS);
    principal["Tags"] = json!([{ "Key": "team", "Value": team }, { "Key": "cost-center", "Value": random.below(50).to_string() }]);
}

fn inline_policies(random: &mut Random, pool: &[Value]) -> Value {
    let count = 1 + random.below(4);
    let named = |nth| json!({ "PolicyName": format!("inline-{nth}"), "PolicyDocument": random.pick(pool) });
    Value::Array((0..count).map(named).collect())
}

fn customer_policies(random: &mut Random, count: usize) -> Vec<Value> {
    let policy = |nth: usize| {
        let path = if nth == 0 { "/" } else { *random.pick(&PATHS) };
        let name = format!("shared-{nth:03}");
        let mut versions =
            vec![json!({ "Document": document(random), "VersionId": "v1", "IsDefaultVersion": false })];
        if random.one_in(3) {
            let second =
                json!({ "Document": document(random), "VersionId": "v2", "IsDefaultVersion": false });
            versions.push(second);
        }
        let default = versions.len();
        versions[default - 1]["IsDefaultVersion"] = json!(true);
        json!({
            "PolicyName": name,
            "PolicyId": format!("ANPA{nth:016X}"),
            "Arn": format!("arn:aws:iam::{ACCOUNT}:policy{path}{name}"),
            "Path": path,
            "DefaultVersionId": format!("v{default}"),
            "AttachmentCount": 1,
            "IsAttachable": true,
            "PolicyVersionList": versions,
        })
    };
    (0..count).map(policy).collect()
}

fn aws_policy(random: &mut Random, path_and_name: &str) -> Value {
    let name = path_and_name.rsplit('/').next().unwrap_or(path_and_name);
    json!({
        "PolicyName": name,
        "Arn": format!("arn:aws:iam::aws:policy/{path_and_name}"),
        "DefaultVersionId": "v7",
        "PolicyVersionList": [{ "Document": document(random), "VersionId": "v7", "IsDefaultVersion": true }],
    })
}

fn attachment(arn: &str) -> Value {
    json!({ "PolicyName": arn.rsplit('/').next(), "PolicyArn": arn })
}

fn document(random: &mut Random) -> Value {
    let count = 1 + random.below(4);
    let statement = |nth| {
        let (service, names) = *random.pick(&SERVICES);
        let actions = 1 + random.below(names.len());
        let actions: Vec<String> =
            random.several(names, actions).iter().map(|name| format!("{service}:{name}")).collect();
        let resource = match random.below(4) {
            0 => "*".to_owned(),
            1 => format!("arn:aws:{service}:eu-west-1:{ACCOUNT}:{}/*", random.pick(&TEAMS)),
            2 => format!("arn:aws:{service}:*:{ACCOUNT}:${{aws:username}}/*"),
            _ => format!("arn:aws:{service}:::{}-{}/*", random.pick(&TEAMS), random.below(30)),
        };
        let effect = if random.one_in(6) { "Deny" } else { "Allow" };
        let mut statement =
            json!({ "Sid": format!("S{nth}"), "Effect": effect, "Action": actions, "Resource": resource });
        if random.one_in(4) {
            statement["Condition"] =
                json!({ "StringEquals": { "aws:PrincipalTag/team": random.pick(&TEAMS) } });
        }
        statement
    };
    json!({ "Version": "2012-10-17", "Statement": (0..count).map(statement).collect::<Vec<_>>() })
}

fn trust(random: &mut Random, nth: usize) -> Value {
    let principal = match random.below(3) {
        0 => json!({ "Service": "lambda.amazonaws.com" }),
        1 => json!({ "Service": "ec2.amazonaws.com" }),
        _ => json!({ "AWS": format!("arn:aws:iam::{ACCOUNT}:user/user-{:05}", nth / 2) }),
    };
    json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole" }],
    })
}
