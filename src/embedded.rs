//! Policies inside other files: CloudFormation templates in JSON and YAML, and what `terraform show -json` prints.
//!
//! A file is recognised by what is in it. Each policy has the address of its resource for a name, its type where the
//! place says it, and a way back from a place in it to the place in the file, so that a finding points at the line that
//! somebody wrote. What a template leaves open until there is a stack, and a plan until it is applied, is listed.
//!
//! Reading is bounded: the depth and number of values, also of those that YAML's aliases multiply.

mod cloudformation;
mod intrinsic;
mod node;
mod permission;
mod terraform;
mod yaml;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::value::RawValue;

use crate::policy::{PolicyType, Span, json, position};

pub use terraform::{PlanChange, Side, plan_changes};

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A policy document and nothing else.
    Policy,
    /// A CloudFormation template.
    Template,
    /// A plan of Terraform, or a state, as `terraform show -json` prints it.
    Plan,
}

/// What was found in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// What the file is.
    pub kind: Kind,
    /// The policies in it, in the order of the file.
    pub policies: Vec<Found>,
    /// Where a policy stands, but not what it says.
    pub unread: Vec<Unread>,
}

/// A policy in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The address: `DeployRole.AssumeRolePolicyDocument`, `aws_iam_policy.deploy`; none for a file that is a policy.
    pub name: Option<String>,
    /// Its type; none for a file that is a policy, which does not say it.
    pub policy_type: Option<PolicyType>,
    /// The document, as JSON.
    pub text: String,
    /// What stands in it for a value that is not known.
    pub unresolved: Vec<Unresolved>,
    /// From what it was made, of a template.
    pub origin: Origin,
    places: Places,
}

/// What a policy of a template depends on: where it is the same, the policy is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origin {
    /// The policy with its functions.
    pub source: String,
    /// The functions, each with all of its arguments, in the order of the text.
    pub functions: Vec<String>,
    /// Whether an `Fn::If` chooses parts of it.
    pub is_conditional: bool,
    /// What functions refer to: the template without its resources, one text for all of its policies.
    pub context: Arc<str>,
    /// The condition under which its resource is there at all; empty where it always is.
    pub condition: String,
}

/// A value of a template that is not known before there is a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unresolved {
    /// The function: `Ref Bucket`, `${AWS::Region}`, `Fn::GetAtt Queue.Arn`, `Fn::If IsProduction`.
    pub what: String,
    /// The byte of the file at which it stands.
    pub offset: usize,
    /// What stands for it in [`Found::text`].
    pub span: Span,
    /// What that is.
    pub instead: Instead,
}

/// What stands for a value that is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instead {
    /// `*`.
    Wildcard,
    /// Both branches of an `Fn::If`; this is one of them, or the list of both.
    BothBranches,
    /// The branch of an `Fn::If` for a condition that is true, or the only one that is something.
    FirstBranch,
}

/// A policy that is there and cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// The address.
    pub name: String,
    /// The byte of the file at which it stands; none in a plan.
    pub offset: Option<usize>,
    /// Why not.
    pub why: String,
}

/// Why a file that looks like a template or a plan cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Unreadable {
    /// What is wrong.
    pub message: String,
    /// The byte at which.
    pub offset: usize,
}

/// The way from a document back to the file.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Places {
    /// The file is the document.
    Same,
    /// Bytes of the document, ascending, each with the byte of the file from which it comes.
    Map(Vec<(usize, usize)>),
    /// The document is a text of its own, as in a plan: made by a program, on a line without end.
    Own,
}

impl Found {
    /// The byte of the file from which a byte of the document comes; none in a plan, whose lines nobody wrote.
    pub fn offset_in_file(&self, offset: usize) -> Option<usize> {
        match &self.places {
            Places::Same => Some(offset),
            Places::Own => None,
            Places::Map(places) => {
                let behind = places.partition_point(|(at, _)| *at <= offset);
                places.get(behind.saturating_sub(1)).map(|(_, from)| *from)
            }
        }
    }

    /// Line and column, both from 1, of a byte of the document: in `file`, the text it was found in, or in the document
    /// itself where that is a text of its own.
    pub fn position(&self, file: &str, offset: usize) -> (usize, usize) {
        match self.offset_in_file(offset) {
            Some(offset) => position(file, offset),
            None => position(&self.text, offset),
        }
    }

    /// The document for any resources, where nothing else is open and it denies nothing: who is let in by that is let in
    /// whatever the functions give, on the resource that the policy is attached to. Every place is the same in it.
    pub fn on_any_resource(&self) -> Option<String> {
        let root = json::Node::read(&self.text).ok()?;
        let mut resources: Vec<Span> = Vec::new();
        for statement in root.member("Statement")?.items() {
            (statement.member("Effect")?.text()? == "Allow").then_some(())?;
            let of_statement = statement.member("Resource")?.items();
            resources.extend(of_statement.iter().filter(|item| item.text().is_some()).map(|item| item.span));
        }
        let mut text = self.text.clone();
        for open in &self.unresolved {
            let there = |of: &&Span| of.start < open.span.start && open.span.end < of.end;
            let of = resources.iter().find(there).filter(|_| open.instead == Instead::Wildcard)?;
            let length = of.end - of.start;
            text.replace_range(of.start..of.end, &format!("{:length$}", "\"*\""));
        }
        Some(text)
    }

    /// What is not known within a part of the document.
    pub fn unresolved_in(&self, span: Span) -> impl Iterator<Item = &Unresolved> {
        self.unresolved.iter().filter(move |one| one.span.start < span.end && span.start < one.span.end)
    }
}

/// What a file is, by its content; none where it is nothing that has policies. A text that begins like JSON and is none can
/// be one of them with a mistake in it.
pub fn recognise(text: &str) -> Option<Kind> {
    let body = text.trim_start_matches('\u{feff}').trim_start();
    if !body.starts_with('{') {
        return (body.contains("Resources") && body.contains("AWS::")).then_some(Kind::Template);
    }
    let Ok(members) = serde_json::from_str::<BTreeMap<String, &RawValue>>(body) else {
        return recognise_broken(body);
    };
    let has = |key: &str| members.contains_key(key);
    let has_resources = members.get("Resources").is_some_and(|resources| resources.get().contains("::"));
    match () {
        () if has("format_version")
            && (has("resource_changes") || has("planned_values") || has("values")) =>
        {
            Some(Kind::Plan)
        }
        () if has("Resources") && (has("AWSTemplateFormatVersion") || has_resources) => Some(Kind::Template),
        () if has("Statement") => Some(Kind::Policy),
        () => None,
    }
}

/// What a text was to be that begins like JSON and is none, as one that is cut off.
fn recognise_broken(body: &str) -> Option<Kind> {
    let has = |text: &str| body.contains(text);
    match () {
        () if has("\"AWSTemplateFormatVersion\"") || (has("\"Resources\"") && has("\"AWS::")) => {
            Some(Kind::Template)
        }
        () if has("\"format_version\"") && has("\"terraform_version\"") => Some(Kind::Plan),
        () if has("\"Statement\"") || has("\"2012-10-17\"") || has("\"2008-10-17\"") => Some(Kind::Policy),
        () => None,
    }
}

/// The policies in a file; none where it is nothing that has policies.
///
/// ```
/// # use iamdb::embedded::find;
/// let template = "
/// Resources:
///   Jobs:
///     Type: AWS::SQS::QueuePolicy
///     Properties:
///       PolicyDocument:
///         Statement: {Effect: Allow, Principal: '*', Action: 'sqs:*', Resource: !GetAtt Queue.Arn}
/// ";
/// let found = &find(template).unwrap().unwrap().policies[0];
/// assert_eq!(found.name.as_deref(), Some("Jobs.PolicyDocument"));
/// assert!(found.text.ends_with(r#""Resource":"*"}}"#));
/// assert_eq!(found.unresolved[0].what, "Fn::GetAtt Queue.Arn");
/// assert_eq!(found.position(template, found.text.find("Effect").unwrap()), (7, 21));
/// ```
///
/// # Errors
///
/// Where it looks like a template or a plan, and cannot be read.
pub fn find(text: &str) -> Result<Option<Contents>, Unreadable> {
    let Some(kind) = recognise(text) else { return Ok(None) };
    let mut contents = Contents { kind, policies: Vec::new(), unread: Vec::new() };
    match kind {
        Kind::Policy => contents.policies.push(Found {
            name: None,
            policy_type: None,
            text: text.to_owned(),
            unresolved: Vec::new(),
            origin: Origin::default(),
            places: Places::Same,
        }),
        Kind::Template => cloudformation::find(&template(text)?, &mut contents),
        Kind::Plan => terraform::find(text, &mut contents)?,
    }
    Ok(Some(contents))
}

/// A template, in either form.
fn template(text: &str) -> Result<node::Node, Unreadable> {
    let body = text.trim_start_matches('\u{feff}');
    if !body.trim_start().starts_with('{') {
        return yaml::read(text);
    }
    let offset = text.len() - body.len();
    let node = json::Node::read(body)
        .map_err(|error| Unreadable { message: error.message, offset: error.offset + offset })?;
    Ok(node::Node::from(node))
}
