//! The policies that a decision is made from, layer by layer (semantics 0.4).

use std::fmt;

use crate::policy::{Effect, Parsed, PolicyType, Statement};

/// A set of policies that are evaluated together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// What the principal's own and its groups' policies say (R-EVL-3).
    Identity,
    /// The principal's permissions boundary (R-EVL-4).
    Boundary,
}

impl Layer {
    /// The name in JSON and in scenarios.
    pub fn name(self) -> &'static str {
        match self {
            Layer::Identity => "identity",
            Layer::Boundary => "boundary",
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Layer::Identity => "identity policies",
            Layer::Boundary => "permissions boundary",
        })
    }
}

/// Everything that decides a principal's requests.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PolicyLayers {
    /// Managed and inline policies of the principal and of its groups.
    pub identity: Vec<LayerPolicy>,
    /// The boundary. Empty: there is none, and nothing is limited. Several: each must allow.
    pub boundary: Vec<LayerPolicy>,
}

impl PolicyLayers {
    /// The layers that are there, in the order in which they are shown.
    pub fn present(&self) -> impl Iterator<Item = (Layer, &[LayerPolicy])> {
        let boundary = (!self.boundary.is_empty()).then_some((Layer::Boundary, self.boundary.as_slice()));
        [(Layer::Identity, self.identity.as_slice())].into_iter().chain(boundary)
    }

    /// The policies of one layer.
    pub fn policies(&self, layer: Layer) -> &[LayerPolicy] {
        match layer {
            Layer::Identity => &self.identity,
            Layer::Boundary => &self.boundary,
        }
    }

    /// The policy of a statement.
    pub fn policy(&self, of: StatementRef) -> Option<&LayerPolicy> {
        self.policies(of.layer).get(of.policy)
    }

    /// The statement behind a handle.
    pub fn statement(&self, of: StatementRef) -> Option<&Statement> {
        self.policy(of)?.statements().get(of.position)
    }

    /// Every statement that can apply, with its handle.
    pub fn statements(&self) -> impl Iterator<Item = (StatementRef, &Statement)> {
        self.present().flat_map(|(layer, policies)| {
            policies.iter().enumerate().flat_map(move |(policy, of)| {
                of.statements().iter().enumerate().map(move |(position, statement)| {
                    (StatementRef { layer, policy, position, effect: statement.effect }, statement)
                })
            })
        })
    }
}

/// One policy of a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerPolicy {
    /// Its name.
    pub name: String,
    /// What it is: `managed policy v2`, `inline policy`, …
    pub kind: String,
    /// The group through which it reaches the principal.
    pub group: Option<String>,
    /// As what it was read.
    pub policy_type: PolicyType,
    /// Its document; `None` where it is attached but not known, which is never an allow (R-EVL-64).
    pub document: Option<LayerDocument>,
}

/// A document in a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerDocument {
    /// The text as written, for the lines of reports.
    pub text: String,
    /// What it says.
    pub parsed: Parsed,
}

impl LayerPolicy {
    /// The policy as if its document were not known.
    #[must_use]
    pub fn without_document(&self) -> LayerPolicy {
        let LayerPolicy { name, kind, group, policy_type, document: _ } = self;
        LayerPolicy {
            name: name.clone(),
            kind: kind.clone(),
            group: group.clone(),
            policy_type: *policy_type,
            document: None,
        }
    }

    /// The statements that can apply.
    pub fn statements(&self) -> &[Statement] {
        self.document.as_ref().map_or(&[], |document| &document.parsed.policy.statements)
    }
}

/// A statement in some [`PolicyLayers`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatementRef {
    /// Its layer.
    pub layer: Layer,
    /// The position of its policy in the layer.
    pub policy: usize,
    /// Its position among the statements of the policy that can apply.
    pub position: usize,
    /// Its effect.
    pub effect: Effect,
}
