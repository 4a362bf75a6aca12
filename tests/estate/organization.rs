//! An organization of many accounts: its tree and policies as `aws organizations` prints them, in files named after
//! what was asked (R-FMT-23), and what is in its accounts.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::account::Account;
use super::document::policy;
use super::resources::write_resources;

/// The id of every organization that is made up.
pub(super) const ID: &str = "o-madeupdata";
const ROOT: &str = "r-ma1e";
/// Name, id and parent. Accounts are in the last three.
const OUS: [(&str, &str, &str); 4] = [
    ("workloads", "ou-ma1e-workload", ROOT),
    ("security", "ou-ma1e-security", ROOT),
    ("dev", "ou-ma1e-00000dev", "ou-ma1e-workload"),
    ("prod", "ou-ma1e-0000prod", "ou-ma1e-workload"),
];

/// Which organization to make up.
#[derive(Debug, Clone)]
pub(crate) struct Organization {
    /// How many accounts it has, the management account among them.
    pub(crate) accounts: usize,
    /// How many users and roles each of them has.
    pub(crate) principals: usize,
    /// How many resources each of them has.
    pub(crate) resources: usize,
    /// What everything is drawn from.
    pub(crate) seed: u64,
}

/// Opens the file of that name.
type Open<'a> = dyn FnMut(&str) -> io::Result<Box<dyn Write>> + 'a;

impl Organization {
    /// The accounts; the first one is the management account.
    pub(crate) fn accounts(&self) -> impl Iterator<Item = Account> {
        (0..self.accounts).map(|nth| {
            let first = Account::new(self.principals, self.seed.wrapping_add(nth as u64));
            let id = if nth == 0 { first.id.clone() } else { format!("2{nth:011}") };
            Account { id, ..first }
        })
    }

    /// Writes the organization and what is in its accounts.
    pub(crate) fn write(&self, open: &mut Open<'_>) -> io::Result<()> {
        self.write_tree(open)?;
        self.write_policies(open)?;
        for account in self.accounts() {
            let mut gaad = open(&format!("gaad-{}.json", account.id))?;
            account.write(&mut gaad)?;
            gaad.flush()?;
            let mut resources = open(&format!("resources-{}.json", account.id))?;
            write_resources(&account, self.resources, &mut resources)?;
            resources.flush()?;
        }
        Ok(())
    }

    fn write_tree(&self, open: &mut Open<'_>) -> io::Result<()> {
        let management = super::ACCOUNT;
        let organization = json!({ "Organization": {
            "Id": ID, "Arn": format!("arn:aws:organizations::{management}:organization/{ID}"),
            "FeatureSet": "ALL", "MasterAccountId": management,
        } });
        write(open, "describe-organization", &organization)?;
        let enabled = |name| json!({ "Type": name, "Status": "ENABLED" });
        let root = json!({ "Roots": [{
            "Id": ROOT, "Arn": format!("arn:aws:organizations::{management}:root/{ID}/{ROOT}"), "Name": "Root",
            "PolicyTypes": [enabled("SERVICE_CONTROL_POLICY"), enabled("RESOURCE_CONTROL_POLICY")],
        }] });
        write(open, "list-roots", &root)?;
        let accounts: Vec<Value> = self.accounts().map(|account| entry(&account)).collect();
        write(open, "list-accounts", &json!({ "Accounts": accounts }))?;
        for parent in std::iter::once(ROOT).chain(OUS.map(|(_, id, _)| id)) {
            let under = OUS.iter().filter(|(.., of)| *of == parent);
            let ous: Vec<Value> = under.map(|(name, id, _)| json!({ "Id": id, "Name": name })).collect();
            let file = format!("list-organizational-units-for-parent-{parent}");
            write(open, &file, &json!({ "OrganizationalUnits": ous }))?;
            let accounts = self.accounts().enumerate().filter(|(nth, _)| parent_of(*nth) == parent);
            let accounts: Vec<Value> = accounts.map(|(_, account)| entry(&account)).collect();
            write(open, &format!("list-accounts-for-parent-{parent}"), &json!({ "Accounts": accounts }))?;
        }
        Ok(())
    }

    fn write_policies(&self, open: &mut Open<'_>) -> io::Result<()> {
        let accounts: Vec<String> = self.accounts().map(|account| account.id).collect();
        let ous = OUS.map(|(_, id, _)| id);
        let everywhere =
            std::iter::once(ROOT).chain(ous).chain(accounts.iter().map(String::as_str)).collect();
        let prod = OUS[3].1;
        let allow_all = |principal: &[(&str, &str)]| {
            let mut statement = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
            principal.iter().for_each(|(key, value)| statement[*key] = json!(value));
            policy(vec![statement])
        };
        let deny = |sid: &str, key: &str, actions: &[&str], condition: Value| {
            policy(vec![json!({
                "Sid": sid, "Effect": "Deny", key: actions, "Resource": "*", "Condition": condition,
            })])
        };
        let leaving = policy(vec![json!({
            "Sid": "Stay", "Effect": "Deny", "Action": ["organizations:LeaveOrganization", "iam:CreateAccessKey"],
            "Resource": "*",
        })]);
        let regions = deny(
            "OnlyInEurope",
            "NotAction",
            &["iam:*", "sts:*", "s3:*", "organizations:*"],
            json!({ "StringNotEquals": { "aws:RequestedRegion": ["eu-west-1", "eu-central-1"] } }),
        );
        let mut perimeter = deny(
            "OnlyOurs",
            "Action",
            &["s3:*", "sqs:*", "kms:*", "secretsmanager:*"],
            json!({
                "StringNotEqualsIfExists": { "aws:PrincipalOrgID": ID },
                "BoolIfExists": { "aws:PrincipalIsAWSService": "false" },
            }),
        );
        perimeter["Statement"][0]["Principal"] = json!("*");
        let scps = [
            ("p-FullAWSAccess", "FullAWSAccess", allow_all(&[]), everywhere),
            ("p-00leaving", "deny-leaving", leaving, vec![ROOT]),
            ("p-00regions", "only-europe", regions, vec![prod, OUS[2].1]),
        ];
        let rcps = [
            ("p-RCPFullAWSAccess", "RCPFullAWSAccess", allow_all(&[("Principal", "*")]), vec![ROOT]),
            ("p-perimeter", "perimeter", perimeter, vec![prod]),
        ];
        for (type_name, policies) in
            [("SERVICE_CONTROL_POLICY", scps.as_slice()), ("RESOURCE_CONTROL_POLICY", rcps.as_slice())]
        {
            let summary = |id: &str, name: &str| {
                let aws_managed = name.ends_with("FullAWSAccess");
                json!({ "Id": id, "Name": name, "Type": type_name, "AwsManaged": aws_managed })
            };
            let list: Vec<Value> = policies.iter().map(|(id, name, ..)| summary(id, name)).collect();
            write(open, &format!("list-policies-{type_name}"), &json!({ "Policies": list }))?;
            for (id, name, document, targets) in policies {
                let described =
                    json!({ "PolicySummary": summary(id, name), "Content": document.to_string() });
                write(open, &format!("describe-policy-{id}"), &json!({ "Policy": described }))?;
                let targets: Vec<Value> = targets.iter().map(|id| json!({ "TargetId": id })).collect();
                write(open, &format!("list-targets-for-policy-{id}"), &json!({ "Targets": targets }))?;
            }
        }
        Ok(())
    }
}

/// The management account is right under the root; of ten others four are in `dev`, five in `prod`, one in `security`.
fn parent_of(nth: usize) -> &'static str {
    match (nth, nth % 10) {
        (0, _) => ROOT,
        (_, 0) => OUS[1].1,
        (_, 1..=4) => OUS[2].1,
        _ => OUS[3].1,
    }
}

fn entry(account: &Account) -> Value {
    json!({ "Id": account.id, "Name": format!("account-{}", account.id), "Status": "ACTIVE" })
}

fn write(open: &mut Open<'_>, name: &str, value: &Value) -> io::Result<()> {
    let mut file = open(&format!("{name}.json"))?;
    writeln!(file, "{value}")?;
    file.flush()
}
