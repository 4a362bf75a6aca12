//! `--action` and `--resource`: the part of all requests that is compared.

use serde_json::json;

use super::error::{CliError, ErrorKind};
use super::text::shown;
use crate::analysis::Part;
use crate::policy::{PolicyType, Selector, parse};

/// The options that restrict a question to a part of all requests.
#[derive(Debug, clap::Args)]
pub(crate) struct PartArgs {
    /// Only these actions, as patterns: s3:Get*
    #[arg(long = "action", value_name = "PATTERN")]
    actions: Vec<String>,
    /// Only these resources, as patterns: arn:aws:s3:::reports/*
    #[arg(long = "resource", value_name = "PATTERN")]
    resources: Vec<String>,
}

impl PartArgs {
    /// Of these patterns.
    pub(crate) fn new(actions: Vec<String>, resources: Vec<String>) -> PartArgs {
        PartArgs { actions, resources }
    }

    /// The part; its patterns are read as those of a policy are.
    pub(crate) fn read(&self) -> Result<Part, CliError> {
        let or_all = |list: &[String]| if list.is_empty() { json!("*") } else { json!(list) };
        let policy = json!({
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Action": or_all(&self.actions),
                "Resource": or_all(&self.resources),
            },
        });
        let parsed = parse(&policy.to_string(), PolicyType::Identity);
        if let Some(wrong) = parsed.errors().next() {
            return Err(CliError::new(ErrorKind::Usage, shown(&wrong.message)).hint(
                "`--action` and `--resource` take what a policy takes: `s3:Get*`, `arn:aws:s3:::reports/*`",
            ));
        }
        let mut part = Part::default();
        for statement in parsed.policy.statements {
            if let (Selector::In(actions), false) = (statement.action, self.actions.is_empty()) {
                part.actions = actions;
            }
            if let (Some(Selector::In(resources)), false) = (statement.resource, self.resources.is_empty()) {
                part.resources = resources;
            }
        }
        Ok(part)
    }
}
