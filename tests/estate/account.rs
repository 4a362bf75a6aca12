//! One account, as `get-account-authorization-details` prints it.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::document::{administrator, identity, trusts};
use super::random::Random;
use super::{ACCOUNT, TEAMS};

const PATHS: [&str; 3] = ["/", "/dev/", "/teams/core/"];
const ADMINISTRATOR: &str = "AdministratorAccess";
const AWS_POLICIES: [&str; 8] = [
    ADMINISTRATOR,
    "ReadOnlyAccess",
    "SecurityAudit",
    "PowerUserAccess",
    "job-function/ViewOnlyAccess",
    "AmazonS3ReadOnlyAccess",
    "AmazonEC2ContainerRegistryReadOnly",
    "service-role/AWSLambdaBasicExecutionRole",
];

/// Which account to make up.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    /// Twelve digits.
    pub(crate) id: String,
    /// How many users and roles it has.
    pub(crate) principals: usize,
    /// What everything is drawn from.
    pub(crate) seed: u64,
    /// How many of them have changed since: the same account a month later.
    pub(crate) changed: usize,
}

/// What many principals of an account share.
struct Shared {
    policies: Vec<Value>,
    /// What is attached to them.
    attachable: Vec<Value>,
    inline: Vec<Value>,
    groups: Vec<String>,
    trusts: Vec<Value>,
}

impl Account {
    /// With three users for two roles.
    pub(crate) fn new(principals: usize, seed: u64) -> Account {
        Account { id: ACCOUNT.to_owned(), principals, seed, changed: 0 }
    }

    /// The same account a month later, when so many of its principals have changed and nothing else has.
    pub(crate) fn later(&self, changed: usize) -> Account {
        Account { changed: changed.min(self.principals), ..self.clone() }
    }

    pub(super) fn users(&self) -> usize {
        self.principals - self.roles()
    }

    pub(super) fn roles(&self) -> usize {
        self.principals * 2 / 5
    }

    pub(super) fn user_arn(&self, nth: usize) -> String {
        format!("arn:aws:iam::{}:user{}user-{nth:05}", self.id, path(nth))
    }

    pub(super) fn role_arn(&self, nth: usize) -> String {
        format!("arn:aws:iam::{}:role{}role-{nth:05}", self.id, path(nth))
    }

    /// Writes it, one principal or policy a line.
    pub(crate) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let shared = self.shared();
        out.write_all(b"{\n\"UserDetailList\": [")?;
        write_list(out, self.users(), |nth| self.user(nth, &shared))?;
        out.write_all(b"],\n\"GroupDetailList\": [")?;
        write_list(out, shared.groups.len(), |nth| self.group(nth, &shared))?;
        out.write_all(b"],\n\"RoleDetailList\": [")?;
        write_list(out, self.roles(), |nth| self.role(nth, &shared))?;
        out.write_all(b"],\n\"Policies\": [")?;
        write_list(out, shared.policies.len(), |nth| shared.policies[nth].clone())?;
        out.write_all(b"],\n\"IsTruncated\": false\n}\n")
    }

    fn shared(&self) -> Shared {
        let mut policies: Vec<Value> =
            (0..40 + self.principals / 50).map(|nth| self.customer_policy(nth)).collect();
        let mut attachable: Vec<Value> = policies
            .iter()
            .map(|policy| json!({ "PolicyName": policy["PolicyName"], "PolicyArn": policy["Arn"] }))
            .collect();
        // Few are administrators: see `principal`.
        attachable
            .extend(AWS_POLICIES.iter().filter(|name| **name != ADMINISTRATOR).map(|name| attachment(name)));
        policies.extend(AWS_POLICIES.iter().map(|name| self.aws_policy(name)));
        let inline = (0..20 + self.principals / 20)
            .map(|nth| identity(&mut Random::of(self.seed, "inline", nth), &self.id))
            .collect();
        let groups =
            (0..5 + self.principals / 100).map(|nth| format!("{}-{nth}", TEAMS[nth % TEAMS.len()])).collect();
        Shared { policies, attachable, inline, groups, trusts: trusts(self) }
    }

    fn user(&self, nth: usize, shared: &Shared) -> Value {
        let mut random = Random::of(self.seed, "user", nth);
        let direct = 6 + random.below(5);
        let mut user = self.principal(&mut random, "User", "AIDA", nth, direct, shared);
        user["GroupList"] = json!(random.several(&shared.groups, 2));
        if self.has_changed(nth) {
            self.change(&mut user, "User", nth, shared);
        }
        user
    }

    fn role(&self, nth: usize, shared: &Shared) -> Value {
        let mut random = Random::of(self.seed, "role", nth);
        let direct = 5 + random.below(15);
        let mut role = self.principal(&mut random, "Role", "AROA", nth, direct, shared);
        role["AssumeRolePolicyDocument"] = random.pick(&shared.trusts).clone();
        role["InstanceProfileList"] = json!([]);
        if self.has_changed(self.users() + nth) {
            self.change(&mut role, "Role", nth, shared);
        }
        role
    }

    fn group(&self, nth: usize, shared: &Shared) -> Value {
        let mut random = Random::of(self.seed, "group", nth);
        let name = &shared.groups[nth];
        json!({
            "Path": "/",
            "GroupName": name,
            "GroupId": unique_id("AGPA", &mut random, nth),
            "Arn": format!("arn:aws:iam::{}:group/{name}", self.id),
            "CreateDate": CREATED,
            "GroupPolicyList": inline_policies(&mut random, &shared.inline),
            "AttachedManagedPolicies": random.several(&shared.attachable, 10),
        })
    }

    /// What users and roles have in common.
    fn principal(
        &self,
        random: &mut Random,
        kind: &str,
        prefix: &str,
        nth: usize,
        direct: usize,
        shared: &Shared,
    ) -> Value {
        let (arn, name) = match kind {
            "User" => (self.user_arn(nth), format!("user-{nth:05}")),
            _ => (self.role_arn(nth), format!("role-{nth:05}")),
        };
        let mut attached = random.several(&shared.attachable, direct);
        if random.one_in(100) {
            attached.push(attachment(ADMINISTRATOR));
        }
        let mut principal = json!({
            "Path": path(nth),
            format!("{kind}Name"): name,
            format!("{kind}Id"): unique_id(prefix, random, nth),
            "Arn": arn,
            "CreateDate": CREATED,
            format!("{kind}PolicyList"): inline_policies(random, &shared.inline),
            "AttachedManagedPolicies": attached,
            "Tags": [
                { "Key": "team", "Value": random.pick(&TEAMS) },
                { "Key": "cost-center", "Value": random.below(50).to_string() },
            ],
        });
        if random.one_in(8) {
            principal["PermissionsBoundary"] = self.boundary();
        }
        principal
    }

    fn boundary(&self) -> Value {
        json!({
            "PermissionsBoundaryType": "Policy",
            "PermissionsBoundaryArn": format!("arn:aws:iam::{}:policy/shared-000", self.id),
        })
    }

    /// Whether a principal is one of those that have changed, which are spread evenly.
    fn has_changed(&self, nth: usize) -> bool {
        let before = |nth: usize| nth * self.changed / self.principals.max(1);
        before(nth) != before(nth + 1)
    }

    /// A change such as a month brings.
    fn change(&self, principal: &mut Value, kind: &str, nth: usize, shared: &Shared) {
        let mut random = Random::of(self.seed, "change", nth);
        let attached = &mut principal["AttachedManagedPolicies"];
        match (random.below(6), kind) {
            (0, _) => {
                attached.as_array_mut().map(|list| list.remove(0));
            }
            (1, _) => {
                let new = shared.attachable.iter().find(|one| !has(attached, one));
                attached.as_array_mut().zip(new).into_iter().for_each(|(list, new)| list.push(new.clone()));
            }
            (2, _) => {
                let mut document = identity(&mut random, &self.id);
                document["Id"] = json!(format!("changed-{nth}"));
                principal[format!("{kind}PolicyList")][0]["PolicyDocument"] = document;
            }
            (3, "Role") => {
                let old = &principal["AssumeRolePolicyDocument"];
                let new = shared.trusts.iter().find(|one| *one != old).cloned();
                principal["AssumeRolePolicyDocument"] = new.unwrap_or_default();
            }
            (3, _) => principal["GroupList"] = json!([]),
            (4, _) => {
                principal["PermissionsBoundary"] = match principal.get("PermissionsBoundary") {
                    Some(_) => Value::Null,
                    None => self.boundary(),
                };
            }
            _ => principal["Tags"][1]["Value"] = json!("reorganized"),
        }
    }

    fn customer_policy(&self, nth: usize) -> Value {
        let mut random = Random::of(self.seed, "policy", nth);
        let path = if nth == 0 { "/" } else { *random.pick(&PATHS) };
        let name = format!("shared-{nth:03}");
        let versions = if random.one_in(3) { 2 } else { 1 };
        let list: Vec<Value> = (1..=versions)
            .map(|number| {
                let document = identity(&mut random, &self.id);
                let is_default = number == versions;
                json!({ "Document": document, "VersionId": format!("v{number}"), "IsDefaultVersion": is_default })
            })
            .collect();
        json!({
            "PolicyName": name,
            "PolicyId": format!("ANPA{nth:016X}"),
            "Arn": format!("arn:aws:iam::{}:policy{path}{name}", self.id),
            "Path": path,
            "DefaultVersionId": format!("v{versions}"),
            "AttachmentCount": 1,
            "IsAttachable": true,
            "PolicyVersionList": list,
        })
    }

    /// One of AWS's own: the same in every account.
    fn aws_policy(&self, path_and_name: &str) -> Value {
        let document = match path_and_name {
            ADMINISTRATOR => administrator(),
            name => identity(&mut Random::of(0, name, 0), "*"),
        };
        json!({
            "PolicyName": name_of(path_and_name),
            "Arn": format!("arn:aws:iam::aws:policy/{path_and_name}"),
            "DefaultVersionId": "v7",
            "PolicyVersionList": [{ "Document": document, "VersionId": "v7", "IsDefaultVersion": true }],
        })
    }
}

const CREATED: &str = "2025-01-09T12:44:05+00:00";

/// One element a line, so that the account is never in memory as a whole.
pub(super) fn write_list(
    out: &mut dyn Write,
    count: usize,
    mut element: impl FnMut(usize) -> Value,
) -> io::Result<()> {
    for nth in 0..count {
        out.write_all(if nth == 0 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut *out, &element(nth))?;
    }
    Ok(())
}

fn path(nth: usize) -> &'static str {
    PATHS[nth % PATHS.len()]
}

fn unique_id(prefix: &str, random: &mut Random, nth: usize) -> String {
    format!("{prefix}{:08X}{nth:08X}", random.next() >> 32)
}

fn inline_policies(random: &mut Random, pool: &[Value]) -> Value {
    let count = 1 + random.below(4);
    let named = |nth| json!({ "PolicyName": format!("inline-{nth}"), "PolicyDocument": random.pick(pool) });
    Value::Array((0..count).map(named).collect())
}

/// The attachment of one of AWS's own.
fn attachment(path_and_name: &str) -> Value {
    json!({
        "PolicyName": name_of(path_and_name),
        "PolicyArn": format!("arn:aws:iam::aws:policy/{path_and_name}"),
    })
}

fn name_of(path_and_name: &str) -> &str {
    path_and_name.rsplit('/').next().unwrap_or(path_and_name)
}

fn has(list: &Value, element: &Value) -> bool {
    list.as_array().is_some_and(|list| list.contains(element))
}
