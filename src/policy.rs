//! What a policy says, as values: the tree that both meanings read. Two files say what something means, for both alike:
//! `date`, how a date is read, and `public`, which buckets are public (R-EVL-62).
//!
//! Only well-formed things are in the tree. A statement that can never apply, an entry that can never
//! match and an element that is ignored are left out of it by [`parse()`], which says so in its diagnostics;
//! illegal states (both `Action` and `NotAction`, an effect that is neither) cannot be written down.

pub(crate) mod address;
mod canonical;
mod condition;
pub(crate) mod date;
mod diagnostic;
mod document;
pub(crate) mod json;
mod parse;
mod principal;
mod print;
pub(crate) mod provider;
mod public;
mod reference;
mod size;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;

use crate::arn::Arn;
use crate::pattern::Pattern;

pub use condition::{Condition, ConditionValue, Family, Operator, Quantifier, Test};
pub use diagnostic::{Consequence, Diagnostic, JsonPath, Severity, Step, position, positions};
pub use document::{Document, PolicyId};
pub(crate) use json::{Node, Value};
pub use parse::{Parsed, parse};
pub(crate) use parse::{Reading, read};
pub use principal::PrincipalEntry;
pub use reference::parse_reference;
pub use size::{Quota, size};

/// Where a policy is used. It decides what its grammar requires (R-GRM-30) and how short ARNs are read
/// (R-RES-4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PolicyType {
    /// Managed or inline, attached to a user, group or role.
    Identity,
    /// A permissions boundary.
    Boundary,
    /// A session policy.
    Session,
    /// A policy on a resource of some service.
    Resource(ResourceService),
    /// A role's trust policy.
    Trust,
    /// A service control policy.
    Scp,
    /// A resource control policy.
    Rcp,
    /// A VPC endpoint policy.
    VpcEndpoint,
}

/// Whose resource policies differ in grammar (R-GRM-18, R-GRM-19).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResourceService {
    /// KMS: `Resource` is required, a Sid may hold spaces.
    Kms,
    /// S3, SQS, SNS, Lambda, Secrets Manager: `Resource` is required.
    ResourceRequired,
    /// Any other service, such as ECR: `Resource` may be absent.
    Other,
}

/// The grammar of a policy on the resource of that ARN (R-GRM-18, R-GRM-35).
pub fn resource_policy_type(arn: &str) -> PolicyType {
    let Some(arn) = Arn::parse(arn) else { return PolicyType::Resource(ResourceService::Other) };
    match arn.service() {
        "ec2" if arn.resource().starts_with("vpc-endpoint/") => PolicyType::VpcEndpoint,
        "kms" => PolicyType::Resource(ResourceService::Kms),
        "s3" | "sqs" | "sns" | "lambda" | "secretsmanager" => {
            PolicyType::Resource(ResourceService::ResourceRequired)
        }
        _ => PolicyType::Resource(ResourceService::Other),
    }
}

impl PolicyType {
    /// Stored by IAM itself: its character repertoire, Sids and length limits hold (R-GRM-2, R-GRM-19).
    pub fn is_stored_by_iam(self) -> bool {
        matches!(self, Self::Identity | Self::Boundary | Self::Session | Self::Trust)
    }

    /// Attached to, or limiting, an identity: no principal element, `Resource` required.
    pub fn is_identity_based(self) -> bool {
        matches!(self, Self::Identity | Self::Boundary | Self::Session)
    }

    /// Its statements name principals, and must: whom it is about is not said by what it is attached to.
    pub fn has_principals(self) -> bool {
        !self.is_identity_based() && self != Self::Scp
    }
}

/// The version of the policy language. A missing `Version` means the older one (R-GRM-9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// `2008-10-17`, or none: `${…}` is ordinary text.
    V2008,
    /// `2012-10-17`: policy variables are live.
    V2012,
}

/// What a statement does where it applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// `Allow`.
    Allow,
    /// `Deny`.
    Deny,
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Effect::Allow => "Allow",
            Effect::Deny => "Deny",
        })
    }
}

/// A range of bytes of the text that was parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// That of what nobody wrote.
    pub(crate) const NOWHERE: Span = Span { start: 0, end: 0 };
}

/// A value and where it was written. Two are equal where the values are: the place is not part of what a
/// policy says.
#[derive(Debug, Clone)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

impl<T: PartialEq> PartialEq for Spanned<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for Spanned<T> {}

impl<T: Hash> Hash for Spanned<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.value.hash(state);
    }
}

impl<T> Deref for Spanned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// A list or its complement: `Action` or `NotAction`, `Resource` or `NotResource`, `Principal` or
/// `NotPrincipal`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Selector<T> {
    /// Any of these; none where it is empty.
    In(Vec<Spanned<T>>),
    /// Everything but these; everything where it is empty.
    NotIn(Vec<Spanned<T>>),
}

impl<T> Selector<T> {
    /// The entries, on whichever side.
    pub fn entries(&self) -> &[Spanned<T>] {
        match self {
            Selector::In(entries) | Selector::NotIn(entries) => entries,
        }
    }
}

/// A policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The version of its language.
    pub version: Version,
    /// The statements that can apply, in order.
    pub statements: Vec<Statement>,
}

/// One statement.
#[derive(Debug, Clone)]
pub struct Statement {
    /// Zero-based, as written: statements that can never apply are counted.
    pub index: usize,
    /// The Sid, unless it is absent or empty.
    pub sid: Option<String>,
    /// `Allow` or `Deny`.
    pub effect: Effect,
    /// Present exactly where the policy's type has principals.
    pub principal: Option<Selector<PrincipalEntry>>,
    /// `Action` or `NotAction`.
    pub action: Selector<ActionPattern>,
    /// `Resource` or `NotResource`; absent where the type has none, and then every resource fits (R-GRM-17).
    pub resource: Option<Selector<ResourcePattern>>,
    /// All of them must hold.
    pub conditions: Vec<Condition>,
    /// From its opening to its closing brace.
    pub span: Span,
}

impl Statement {
    /// Whether another says the same, whatever it is called and wherever it stands.
    pub fn says_the_same(&self, other: &Statement) -> bool {
        self.says_the_same_elsewhere(other) && self.resource == other.resource
    }

    /// Whether another says the same, perhaps of other resources.
    pub fn says_the_same_elsewhere(&self, other: &Statement) -> bool {
        (self.effect, &self.principal, &self.action, &self.conditions)
            == (other.effect, &other.principal, &other.action, &other.conditions)
    }

    /// The context keys that it mentions: tested by its conditions, or as variables in their values and in
    /// its resources.
    pub fn context_keys(&self) -> impl Iterator<Item = &str> {
        self.conditions.iter().map(|condition| condition.key.as_str()).chain(self.variables())
    }

    /// The context keys that it uses as variables.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        let values = self.conditions.iter().flat_map(|condition| &condition.values);
        let patterns = values.map(|value| &value.pattern).chain(self.resource_segments());
        patterns.flat_map(Pattern::variables).map(|variable| variable.key.as_str())
    }

    /// The partitions that it names, in principals and in resources.
    pub fn partitions(&self) -> impl Iterator<Item = &str> {
        let principals = self.principal.iter().flat_map(Selector::entries);
        let of_principals = principals.filter_map(|entry| entry.value.partition());
        let resources = self.resource.iter().flat_map(Selector::entries);
        let of_resources = resources.filter_map(|entry| match &entry.value {
            ResourcePattern::Every => None,
            ResourcePattern::Arn(segments) => segments.get(1)?.as_text(),
        });
        of_principals.chain(of_resources)
    }

    /// The segments of all its resource patterns.
    pub fn resource_segments(&self) -> impl Iterator<Item = &Pattern> {
        let entries = self.resource.iter().flat_map(Selector::entries);
        entries.flat_map(|entry| match &entry.value {
            ResourcePattern::Every => &[][..],
            ResourcePattern::Arn(segments) => segments.as_slice(),
        })
    }
}

/// Equal where they say the same, wherever they stand.
impl PartialEq for Statement {
    fn eq(&self, other: &Self) -> bool {
        let Statement { index, sid, effect, principal, action, resource, conditions, span: _ } = self;
        (index, sid, effect, principal, action, resource, conditions)
            == (
                &other.index,
                &other.sid,
                &other.effect,
                &other.principal,
                &other.action,
                &other.resource,
                &other.conditions,
            )
    }
}

impl Eq for Statement {}

/// An entry of `Action` or `NotAction` (R-ACT-1 to 5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActionPattern {
    /// `*`: every action of every service.
    Every,
    /// `service:name`.
    Named {
        /// The service prefix as written; `None` for `*`.
        service: Option<String>,
        /// The name part, case as written; compared without regard to case (R-ACT-2).
        name: Pattern,
    },
}

impl fmt::Display for ActionPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ActionPattern::Every => f.write_str("*"),
            ActionPattern::Named { service, name } => {
                write!(f, "{}:{name}", service.as_deref().unwrap_or("*"))
            }
        }
    }
}

/// An entry of `Resource` or `NotResource` (R-RES-2 to 4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResourcePattern {
    /// Nothing but `*`: every ARN and the literal `*`.
    Every,
    /// An ARN pattern, split at its first five colons: two to six segments, the first is `arn`.
    Arn(Vec<Pattern>),
}

impl ResourcePattern {
    /// The pattern of one resource.
    pub fn one(arn: &Arn) -> ResourcePattern {
        ResourcePattern::Arn(arn.fields().map(Pattern::literal).to_vec())
    }

    /// The service of the ARN; none where it is not one text.
    pub fn service(&self) -> Option<&str> {
        match self {
            ResourcePattern::Arn(segments) => segments.get(2)?.as_text(),
            ResourcePattern::Every => None,
        }
    }
}

impl fmt::Display for ResourcePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ResourcePattern::Every => f.write_str("*"),
            ResourcePattern::Arn(segments) => {
                for (nth, segment) in segments.iter().enumerate() {
                    write!(f, "{}{segment}", if nth == 0 { "" } else { ":" })?;
                }
                Ok(())
            }
        }
    }
}
