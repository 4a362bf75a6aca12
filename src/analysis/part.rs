//! A part of all requests: what a question is about where it is not about everything.

use serde_json::json;

use crate::policy::{
    ActionPattern, Diagnostic, PolicyType, ResourcePattern, Selector, Spanned, Statement, parse,
};

/// A part of all requests, to which an answer is restricted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Part {
    /// Actions, as patterns; none: all.
    pub actions: Vec<Spanned<ActionPattern>>,
    /// Resources, as patterns; none: all.
    pub resources: Vec<Spanned<ResourcePattern>>,
}

impl Part {
    /// The requests for some actions on some resources, each written as in a policy; none named: all.
    ///
    /// # Errors
    /// What a policy with these patterns would be refused for.
    pub fn of(actions: &[String], resources: &[String]) -> Result<Part, Box<Diagnostic>> {
        let or_all = |list: &[String]| if list.is_empty() { json!("*") } else { json!(list) };
        let statement =
            json!({ "Effect": "Allow", "Action": or_all(actions), "Resource": or_all(resources) });
        let policy = json!({ "Version": "2012-10-17", "Statement": statement });
        let mut parsed = parse(&policy.to_string(), PolicyType::Identity);
        if let Some(wrong) = parsed.errors().next() {
            return Err(Box::new(wrong.clone()));
        }
        let Some(Statement { action: Selector::In(of_actions), resource, .. }) =
            parsed.policy.statements.pop()
        else {
            return Ok(Part::default());
        };
        let of_resources = resource.map(|resource| resource.entries().to_vec()).unwrap_or_default();
        Ok(Part {
            actions: if actions.is_empty() { Vec::new() } else { of_actions },
            resources: if resources.is_empty() { Vec::new() } else { of_resources },
        })
    }
}
