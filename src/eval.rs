//! The first meaning: what one request is answered. Naive, total, and in the order of semantics 2 to 4.
//!
//! Every statement is looked at; nothing is compiled, cached or skipped that the rules do not skip.

mod matching;
mod operator;

use std::collections::BTreeSet;
use std::fmt;

use crate::layers::{Layer, LayerPolicy, PolicyLayers, StatementRef};
use crate::policy::{ActionPattern, Condition, Effect, PolicyType, Selector, Spanned, Statement};
use crate::request::{Context, Request};

pub(crate) use operator::{network, number};

/// What a request, or one layer of it, is answered (R-EVL-63).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Decision {
    /// Some Allow applies and no Deny.
    Allowed,
    /// A Deny applies.
    ExplicitlyDenied,
    /// Nothing applies.
    ImplicitlyDenied,
    /// A document that would decide is not known (R-EVL-64).
    Unknown,
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Decision::Allowed => "Allowed",
            Decision::ExplicitlyDenied => "ExplicitlyDenied",
            Decision::ImplicitlyDenied => "ImplicitlyDenied",
            Decision::Unknown => "Unknown",
        })
    }
}

/// A decision and what it was made of (R-EVL-12).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    /// The answer.
    pub decision: Decision,
    /// Each layer that is there, on its own.
    pub layers: Vec<LayerEvaluation>,
}

/// One layer's decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerEvaluation {
    /// Which.
    pub layer: Layer,
    /// What it says on its own.
    pub decision: Decision,
    /// Every statement of it that applies, allowing and denying.
    pub applying: Vec<StatementRef>,
}

impl Evaluation {
    /// Every statement that applies.
    pub fn applying(&self) -> impl Iterator<Item = StatementRef> {
        self.layers.iter().flat_map(|layer| layer.applying.iter().copied())
    }

    /// The layers that stand in the way (R-EVL-12): those with a Deny where the request is explicitly
    /// denied, those without an Allow where it is implicitly denied.
    pub fn blocked_by(&self) -> BTreeSet<Layer> {
        let blocks = |layer: &&LayerEvaluation| layer.decision == self.decision;
        match self.decision {
            Decision::Allowed => BTreeSet::new(),
            _ => self.layers.iter().filter(blocks).map(|layer| layer.layer).collect(),
        }
    }
}

/// Decides a request: every layer must allow it, and no statement of any may deny it (R-EVL-2, R-EVL-10).
///
/// ```
/// # use iamdb::{eval::{authorize, Decision}, layers::*, policy::{parse, PolicyType}, request::*};
/// let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}}"#;
/// let policy = LayerPolicy {
///     name: "read".to_owned(), kind: "inline policy".to_owned(), group: None, policy_type: PolicyType::Identity,
///     document: Some(LayerDocument { text: text.to_owned(), parsed: parse(text, PolicyType::Identity) }),
/// };
/// let layers = PolicyLayers { identity: vec![policy], ..PolicyLayers::default() };
/// let request = Request {
///     action: Action::parse("s3:getobject").unwrap(),
///     resource: Resource::parse("arn:aws:s3:::b/k").unwrap(),
///     context: Context::default(),
/// };
/// assert_eq!(authorize(&layers, &request).decision, Decision::Allowed);
/// ```
pub fn authorize(layers: &PolicyLayers, request: &Request) -> Evaluation {
    let layers: Vec<LayerEvaluation> =
        layers.present().map(|(layer, policies)| evaluate_layer(layer, policies, request)).collect();
    let some = |decision| layers.iter().any(|layer| layer.decision == decision);
    let decision = if some(Decision::ExplicitlyDenied) {
        Decision::ExplicitlyDenied
    } else if some(Decision::ImplicitlyDenied) {
        Decision::ImplicitlyDenied
    } else if some(Decision::Unknown) {
        Decision::Unknown
    } else {
        Decision::Allowed
    };
    Evaluation { decision, layers }
}

/// A Deny wins, then what is not known, then an Allow (semantics 0.4, *layer result*).
fn evaluate_layer(layer: Layer, policies: &[LayerPolicy], request: &Request) -> LayerEvaluation {
    let mut applying = Vec::new();
    for (policy, of) in policies.iter().enumerate() {
        for (position, statement) in of.statements().iter().enumerate() {
            if fit(statement, of.policy_type, request) == Fit::Applies {
                applying.push(StatementRef { layer, policy, position, effect: statement.effect });
            }
        }
    }
    let allows = |policy: usize| applying.iter().any(|of| of.policy == policy && of.effect == Effect::Allow);
    let allowed = match layer {
        Layer::Identity => (0..policies.len()).any(allows),
        Layer::Boundary => (0..policies.len()).all(allows),
    };
    let decision = if applying.iter().any(|of| of.effect == Effect::Deny) {
        Decision::ExplicitlyDenied
    } else if policies.iter().any(|policy| policy.document.is_none()) {
        Decision::Unknown
    } else if allowed {
        Decision::Allowed
    } else {
        Decision::ImplicitlyDenied
    };
    LayerEvaluation { layer, decision, applying }
}

/// How far a statement fits a request (R-EVL-1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fit {
    /// It is about other actions.
    OtherAction,
    /// It is about this action, on other resources.
    OtherResource,
    /// It is about this action and resource; these of its conditions do not hold.
    ConditionsFail(Vec<usize>),
    /// It applies.
    Applies,
}

/// How far a statement of a policy of some type fits a request.
pub fn fit(statement: &Statement, policy_type: PolicyType, request: &Request) -> Fit {
    if !action_matches(statement, request) {
        return Fit::OtherAction;
    }
    if !resource_matches(statement, policy_type, request) {
        return Fit::OtherResource;
    }
    let holds = |condition: &Condition| condition_holds(condition, &request.context);
    let failing = statement.conditions.iter().enumerate().filter(|(_, condition)| !holds(condition));
    let failing: Vec<usize> = failing.map(|(nth, _)| nth).collect();
    if failing.is_empty() { Fit::Applies } else { Fit::ConditionsFail(failing) }
}

/// The entry of `Action` by which a statement is about a request's action; `None` where none is, or where it
/// is by `NotAction`.
pub fn matching_action<'s>(
    statement: &'s Statement,
    request: &Request,
) -> Option<&'s Spanned<ActionPattern>> {
    match &statement.action {
        Selector::In(entries) => entries.iter().find(|entry| matching::action(entry, &request.action)),
        Selector::NotIn(_) => None,
    }
}

/// R-ACT-6.
fn action_matches(statement: &Statement, request: &Request) -> bool {
    match &statement.action {
        Selector::In(entries) => entries.iter().any(|entry| matching::action(entry, &request.action)),
        Selector::NotIn(entries) => !entries.iter().any(|entry| matching::action(entry, &request.action)),
    }
}

/// R-RES-13, R-RES-14.
fn resource_matches(statement: &Statement, policy_type: PolicyType, request: &Request) -> bool {
    let matches = |entry| matching::resource(entry, policy_type, request);
    match &statement.resource {
        None => true,
        Some(Selector::In(entries)) => entries.iter().any(|entry| matches(&entry.value)),
        Some(Selector::NotIn(entries)) => !entries.iter().any(|entry| matches(&entry.value)),
    }
}

/// Whether one (operator, key) pair holds (semantics 3).
pub fn condition_holds(condition: &Condition, context: &Context) -> bool {
    operator::holds(condition, context)
}
