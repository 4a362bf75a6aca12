//! Buckets, queues, keys and secrets of an account with the policies on them.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::account::{Account, write_list};
use super::document::policy;
use super::random::Random;
use super::{PARTNER, TEAMS};

/// Writes the policies of so many resources of an account, as a list that says whose each is: the ARNs of buckets do
/// not. The first is a public bucket, and no other is public.
pub(crate) fn write_resources(account: &Account, count: usize, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"[")?;
    write_list(out, count, |nth| {
        let arn = arn(account, nth);
        let policy = if nth == 0 { public(&arn) } else { resource_policy(account, &arn, nth) };
        let team = TEAMS[nth % TEAMS.len()];
        json!({
            "ResourceArn": arn, "AccountId": account.id, "Policy": policy,
            "Tags": [{ "Key": "team", "Value": team }],
        })
    })?;
    out.write_all(b"\n]\n")
}

/// Half of them are buckets. The buckets of other accounts have other names.
fn arn(account: &Account, nth: usize) -> String {
    let (team, nth, id) = (TEAMS[nth % TEAMS.len()], nth / TEAMS.len(), &account.id);
    match (nth % 6, id.as_str()) {
        (0..=2, super::ACCOUNT) => format!("arn:aws:s3:::{team}-{nth}"),
        (0..=2, _) => format!("arn:aws:s3:::{team}-{nth}-{id}"),
        (3, _) => format!("arn:aws:sqs:eu-west-1:{id}:{team}-{nth}"),
        (4, _) => format!("arn:aws:kms:eu-west-1:{id}:key/{team}-{nth}"),
        _ => format!("arn:aws:secretsmanager:eu-west-1:{id}:secret:{team}/{nth}-AbCdEf"),
    }
}

fn public(arn: &str) -> Value {
    policy(vec![json!({
        "Sid": "Website", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": format!("{arn}/*"),
    })])
}

fn resource_policy(account: &Account, arn: &str, nth: usize) -> Value {
    let mut random = Random::of(account.seed, "resource", nth);
    let (service, actions) = actions(arn);
    let resource = match service {
        "s3" => json!([arn, format!("{arn}/*")]),
        "kms" => json!("*"),
        _ => json!(arn),
    };
    let statement = |sid: &str, effect: &str, principal: Value, actions: &[&str]| {
        let actions: Vec<String> = actions.iter().map(|name| format!("{service}:{name}")).collect();
        json!({ "Sid": sid, "Effect": effect, "Principal": principal, "Action": actions, "Resource": resource })
    };
    let user = |random: &mut Random| account.user_arn(random.below(account.users()));
    let role = |random: &mut Random| account.role_arn(random.below(account.roles()));
    let root = json!({ "AWS": format!("arn:aws:iam::{}:root", account.id) });
    let mut statements = Vec::new();
    // A key is of no use to anybody that its policy does not name.
    if service == "kms" || random.one_in(4) {
        statements.push(statement("OwnAccount", "Allow", root, &["*"]));
    }
    match random.below(6) {
        0 => {
            let partner = json!({ "AWS": format!("arn:aws:iam::{PARTNER}:root") });
            statements.push(statement("Partner", "Allow", partner, &actions[..1]));
        }
        1 => {
            let service = json!({ "Service": "events.amazonaws.com" });
            let mut events = statement("Events", "Allow", service, &actions[..1]);
            events["Condition"] = json!({ "StringEquals": { "aws:SourceAccount": account.id } });
            statements.push(events);
        }
        2 => {
            let mut own = statement("OwnOrganization", "Allow", json!("*"), actions);
            own["Condition"] = json!({ "StringEquals": { "aws:PrincipalOrgID": super::organization::ID } });
            statements.push(own);
        }
        3 => statements.push(statement("Closed", "Deny", json!({ "AWS": user(&mut random) }), actions)),
        _ => {}
    }
    let named = json!({ "AWS": [user(&mut random), role(&mut random)] });
    statements.push(statement("Named", "Allow", named, actions));
    if random.one_in(2) {
        let mut plain = statement("NotInTheClear", "Deny", json!("*"), &["*"]);
        plain["Condition"] = json!({ "Bool": { "aws:SecureTransport": "false" } });
        statements.push(plain);
    }
    policy(statements)
}

/// The service of a resource, and what one does there.
fn actions(arn: &str) -> (&'static str, &'static [&'static str]) {
    match arn.split(':').nth(2) {
        Some("sqs") => ("sqs", &["SendMessage", "ReceiveMessage"]),
        Some("kms") => ("kms", &["Decrypt", "GenerateDataKey"]),
        Some("secretsmanager") => ("secretsmanager", &["GetSecretValue"]),
        _ => ("s3", &["GetObject", "PutObject", "ListBucket"]),
    }
}
