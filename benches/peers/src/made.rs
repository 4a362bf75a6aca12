//! The policies and the requests that everyone gets: made by counting, so that they are the same in every run.
//!
//! The policies say what both languages can say: actions by prefix, resources by pattern, and conditions on a text, a
//! boolean and an address. They are written once, as statements, and printed as IAM policies and as Cedar policies.

use std::collections::BTreeSet;

use serde_json::json;

/// How many requests there are.
const REQUESTS: usize = 1_000;

/// How many statements one document has at most, for documents have a longest length.
const MOST_STATEMENTS: usize = 2_500;

/// The account of everything.
const ACCOUNT: &str = "111122223333";

/// Whoever asks.
pub(crate) const CALLER: &str = "arn:aws:iam::111122223333:user/anyone";

/// Services without rules of their own.
const SERVICES: [&str; 10] =
    ["s3", "dynamodb", "sqs", "lambda", "ec2", "athena", "glue", "logs", "ecs", "rds"];

/// A condition of a statement.
pub(crate) enum Condition {
    Regions([&'static str; 2]),
    SecureTransport,
    Network(String),
    UserAgent(String),
}

/// What a policy says once.
pub(crate) struct Statement {
    pub(crate) is_deny: bool,
    /// Patterns; a `*` stands only at the end.
    pub(crate) actions: Vec<String>,
    pub(crate) resources: Vec<String>,
    pub(crate) condition: Option<Condition>,
}

/// A request.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) action: &'static str,
    pub(crate) resource: String,
    pub(crate) source_ip: String,
    pub(crate) region: &'static str,
    pub(crate) is_secure: bool,
    pub(crate) user_agent: &'static str,
}

/// Policies with requests about them.
pub(crate) struct Made {
    pub(crate) statements: Vec<Statement>,
    pub(crate) requests: Vec<Asked>,
}

fn statement(nth: usize) -> Statement {
    let service = SERVICES[nth % SERVICES.len()];
    let thing = format!("arn:aws:{service}:eu-central-1:{ACCOUNT}:thing-{nth}");
    Statement {
        is_deny: nth % 10 == 9 - nth / 10 % 10,
        actions: vec![
            format!("{service}:Get*"),
            format!("{service}:List*"),
            format!("{service}:Put{}", ["Object", "Item", "Message", "Event"][nth % 4]),
        ],
        resources: vec![thing.clone(), format!("{thing}/*/data"), format!("{thing}/logs-*")],
        condition: match nth % 7 {
            0 => Some(Condition::Regions(["eu-central-1", "eu-west-1"])),
            2 => Some(Condition::SecureTransport),
            4 => Some(Condition::Network(format!("10.{}.0.0/16", nth / 7 % 8))),
            6 => Some(Condition::UserAgent("aws-cli/*".to_owned())),
            _ => None,
        },
    }
}

/// A request about one of the things, or about one that no statement is about.
fn asked(nth: usize, statements: usize) -> Asked {
    let thing = nth * 7_919 % (statements + statements / 5);
    let service = SERVICES[thing % SERVICES.len()];
    let names = [
        "GetObject",
        "ListThings",
        "PutObject",
        "PutItem",
        "PutMessage",
        "PutEvent",
        "DeleteObject",
        "GetItem",
    ];
    let action = names[nth / 3 % names.len()];
    let below = ["", "/a/data", "/logs-1", "/a/b/data", "/other"][nth % 5];
    Asked {
        action: Box::leak(format!("{service}:{action}").into_boxed_str()),
        resource: format!("arn:aws:{service}:eu-central-1:{ACCOUNT}:thing-{thing}{below}"),
        source_ip: format!("10.{}.0.7", nth % 11 % 8),
        region: ["eu-central-1", "eu-west-1", "us-east-1"][nth % 3],
        is_secure: nth % 4 != 0,
        user_agent: ["aws-cli/2.17", "console"][nth / 2 % 2],
    }
}

impl Made {
    /// Policies of so many statements.
    pub(crate) fn new(statements: usize) -> Made {
        Made {
            requests: (0..REQUESTS).map(|nth| asked(nth, statements)).collect(),
            statements: (0..statements).map(statement).collect(),
        }
    }

    /// As IAM policies.
    pub(crate) fn iam(&self) -> Vec<String> {
        let documents = self.statements.chunks(MOST_STATEMENTS).map(|part| {
            let statements: Vec<_> = part.iter().map(Statement::iam).collect();
            json!({"Version": "2012-10-17", "Statement": statements}).to_string()
        });
        documents.collect()
    }

    /// As Cedar policies. Actions by prefix are groups of actions there.
    pub(crate) fn cedar(&self) -> String {
        self.statements.iter().map(Statement::cedar).collect()
    }

    /// The patterns of actions that a request's action matches.
    pub(crate) fn groups_of(&self, action: &str) -> BTreeSet<&str> {
        let patterns = self.statements.iter().flat_map(|statement| &statement.actions);
        let matches = |pattern: &&str| match pattern.strip_suffix('*') {
            Some(prefix) => action.starts_with(prefix),
            None => false,
        };
        patterns.map(String::as_str).filter(matches).collect()
    }
}

impl Statement {
    fn iam(&self) -> serde_json::Value {
        let mut statement = json!({
            "Effect": if self.is_deny { "Deny" } else { "Allow" },
            "Action": self.actions,
            "Resource": self.resources,
        });
        let condition = match &self.condition {
            None => return statement,
            Some(Condition::Regions(regions)) => json!({"StringEquals": {"aws:RequestedRegion": regions}}),
            Some(Condition::SecureTransport) => json!({"Bool": {"aws:SecureTransport": "true"}}),
            Some(Condition::Network(network)) => json!({"IpAddress": {"aws:SourceIp": network}}),
            Some(Condition::UserAgent(pattern)) => json!({"StringLike": {"aws:UserAgent": pattern}}),
        };
        statement["Condition"] = condition;
        statement
    }

    fn cedar(&self) -> String {
        let effect = if self.is_deny { "forbid" } else { "permit" };
        let actions: Vec<String> =
            self.actions.iter().map(|action| format!("Action::\"{action}\"")).collect();
        let resources: Vec<String> =
            self.resources.iter().map(|pattern| format!("resource.arn like \"{pattern}\"")).collect();
        let condition = match &self.condition {
            None => String::new(),
            Some(Condition::Regions([one, other])) => {
                format!(" && [\"{one}\", \"{other}\"].contains(context.region)")
            }
            Some(Condition::SecureTransport) => " && context.secureTransport".to_owned(),
            Some(Condition::Network(network)) => format!(" && context.sourceIp.isInRange(ip(\"{network}\"))"),
            Some(Condition::UserAgent(pattern)) => format!(" && context.userAgent like \"{pattern}\""),
        };
        format!(
            "{effect}(principal, action in [{}], resource) when {{ ({}){condition} }};\n",
            actions.join(", "),
            resources.join(" || ")
        )
    }
}
