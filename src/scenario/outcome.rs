//! What a scenario is answered: the decision and everything that explains it, as one line of JSON.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Reader, Scenario};
use crate::algebra::Budget;
use crate::arn::AccountId;
use crate::caller::IamKind;
use crate::context_keys::is_always_present;
use crate::eval::{self, authorize};
use crate::explain;
use crate::knowledge::Knowledge;
use crate::layers::{Layer, LayerPolicy, StatementRef};
use crate::policy::{PrincipalEntry, Selector, position};
use crate::question::{self, KeyFacts, Question, QuestionError};
use crate::request::{Context, Request, Resource};

/// How much work is done to find the keys that matter: a moment for each of many scenarios.
const MOST_WORK: u64 = 5_000_000;

/// The answer to a scenario.
#[derive(Debug, Serialize)]
pub struct Outcome {
    /// The scenario's own name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The decision.
    pub decision: String,
    /// The layers that stand in the way, in the order of the rules.
    pub blocked_by: Vec<&'static str>,
    /// Each layer that counts.
    pub layers: BTreeMap<&'static str, LayerOutcome>,
    /// By which rule (see [`eval::Route`]).
    pub route: &'static str,
    /// Keys that are absent and with a value could have made the difference between allowed and denied.
    pub missing_context: Vec<String>,
    /// Why, in a sentence.
    pub why: String,
    /// What would have to change for it to be allowed; each is needed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub would_allow: Vec<String>,
    /// What the answer is to be read with.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// What was assumed, and what was not tried.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Whether it is what was expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<bool>,
    /// In what it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mismatch: Option<String>,
}

/// One layer's part.
#[derive(Debug, Serialize)]
pub struct LayerOutcome {
    decision: String,
    statements: Vec<StatementOutcome>,
}

/// A statement that applies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatementOutcome {
    /// The name of its policy.
    pub policy: String,
    /// The level at which that is attached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// `Allow` or `Deny`.
    pub effect: String,
    /// Its number in the policy, from zero.
    pub index: usize,
    /// Its Sid.
    pub sid: Option<String>,
    /// Where its document stands.
    #[serde(skip)]
    pub place: Place,
    /// Its line there.
    pub line: usize,
    /// Its column.
    pub column: usize,
}

/// Where a document stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the scenario.
    Scenario,
    /// By itself, under the name of its policy.
    Elsewhere,
}

impl Outcome {
    /// The statements that made the decision: those that deny, or those that allow.
    pub fn deciding(&self) -> impl Iterator<Item = &StatementOutcome> {
        let effect = match self.decision.as_str() {
            "Allowed" => Some("Allow"),
            "ExplicitlyDenied" => Some("Deny"),
            _ => None,
        };
        let statements = self.layers.values().flat_map(|layer| &layer.statements);
        statements.filter(move |statement| Some(statement.effect.as_str()) == effect)
    }
}

impl Scenario {
    /// Decides the scenario. `text` is what it was read from, and `first_line` the number of its first line in the
    /// whole input.
    pub fn outcome(&self, text: &str, first_line: usize, reader: &Reader<'_>) -> Outcome {
        let evaluation = authorize(&self.layers, &self.request);
        let mut notes: Vec<String> = self.assumed_owner().into_iter().collect();
        let missing_context = self.missing(reader).unwrap_or_else(|error| {
            notes.push(format!("the context keys that could matter were not all tried: {error}"));
            Vec::new()
        });
        let mismatch = self.expect.as_ref().map(|expect| expect.mismatch(&evaluation));
        let layer = |layer: &eval::LayerEvaluation| {
            let statements = layer.applying.iter().filter_map(|&of| self.statement(of, text, first_line));
            let outcome =
                LayerOutcome { decision: layer.decision.to_string(), statements: statements.collect() };
            (layer.layer.name(), outcome)
        };
        Outcome {
            name: self.name.clone(),
            decision: evaluation.decision.to_string(),
            blocked_by: evaluation.blocked_by.iter().map(|layer| layer.name()).collect(),
            layers: evaluation.layers.iter().map(layer).collect(),
            route: evaluation.route.name(),
            missing_context,
            why: explain::why(&self.layers, &self.request, &evaluation),
            would_allow: explain::would_allow(&self.layers, &self.request, &evaluation),
            warnings: self.warnings(),
            notes,
            expected: mismatch.as_ref().map(Option::is_none),
            mismatch: mismatch.flatten(),
        }
    }

    fn statement(&self, of: StatementRef, text: &str, first_line: usize) -> Option<StatementOutcome> {
        let (policy, statement) = self.layers.policy(of).zip(self.layers.statement(of))?;
        let (place, (line, column)) = match (policy.offset, &policy.document) {
            (0, Some(document)) => (Place::Elsewhere, position(&document.text, statement.span.start)),
            (offset, _) => {
                let (line, column) = position(text, offset + statement.span.start);
                (Place::Scenario, (line + first_line - 1, column))
            }
        };
        Some(StatementOutcome {
            policy: policy.name.clone(),
            level: self.layers.level(of).map(|level| level.name.clone()),
            effect: statement.effect.to_string(),
            index: statement.index,
            sid: statement.sid.clone(),
            place,
            line,
            column,
        })
    }

    /// The keys that are absent and could matter: asked of [`question`] with every unsaid key open. Where no statement
    /// mentions such a key there is nothing to ask.
    fn missing(&self, reader: &Reader<'_>) -> Result<Vec<String>, QuestionError> {
        let unsaid = |key: &str| self.request.context.get(key).is_none();
        if !self.layers.statements().any(|(_, statement)| statement.context_keys().any(unsaid)) {
            return Ok(Vec::new());
        }
        let mut knowledge = Knowledge { known: self.request.context.clone(), ..Knowledge::default() };
        knowledge.absent = Knowledge::of(&self.request.caller).absent;
        // A scenario tells the tags of its caller in its context, or leaves them unsaid.
        if self.request.caller.iam().is_some() {
            knowledge.absent.remove("aws:principaltag/");
        }
        let question = Question {
            layers: &self.layers,
            request: Request { context: Context::default(), ..self.request.clone() },
            knowledge,
            facts: KeyFacts {
                kind: &|key| reader.documents.kind(key, reader.catalog),
                always_present: &|key| is_always_present(key, &self.request.caller),
            },
            budget: Budget { work: MOST_WORK, ..Budget::default() },
        };
        question::keys_that_matter(&question)
    }

    /// What is ignored, assumed or malformed.
    fn warnings(&self) -> Vec<String> {
        let mut warnings: Vec<String> = Vec::new();
        for layer in self.layers.present() {
            let given = layer != Layer::Identity || !self.layers.identity.is_empty();
            if given && !eval::is_in_scope(layer, &self.layers, &self.request) {
                warnings.push(format!("ignored: {layer} given, but {}", self.why_ignored(layer)));
            }
        }
        if self.request.resource == Resource::Star && !self.layers.resource.is_empty() {
            warnings.push("the resource `*` has no policy in AWS; the one given was evaluated".to_owned());
        }
        for member in self.expect.iter().flat_map(|expect| &expect.not_compared) {
            warnings.push(format!("`expect.{member}` is not compared"));
        }
        for key in &self.contradictions {
            warnings.push(format!("`{key}` was given, although something else follows from the principal"));
        }
        if self.names_sessions() {
            warnings.push(
                "the name of the role's session is not known; policies that name sessions do not match"
                    .to_owned(),
            );
        }
        for layer in self.layers.present() {
            for policy in self.layers.policies(layer) {
                warnings.extend(degraded(policy));
            }
        }
        warnings
    }

    /// Why a layer that is there does not count.
    fn why_ignored(&self, layer: Layer) -> String {
        let caller = &self.request.caller;
        match layer {
            Layer::Boundary if caller.is_root() => "the root user has no boundary (R-EVL-52)".to_owned(),
            Layer::Identity | Layer::Boundary | Layer::Session | Layer::Scp if !caller.is_iam() => {
                "the caller is no IAM principal (R-EVL-10)".to_owned()
            }
            Layer::Scp => "SCPs do not limit service-linked roles (R-EVL-36)".to_owned(),
            Layer::Resource => "a role's trust policy decides only about sessions of it (R-EVL-8)".to_owned(),
            Layer::Rcp => {
                format!(
                    "RCPs do not limit this call of {} (R-EVL-37, R-EVL-39)",
                    self.request.action.service()
                )
            }
            _ => "it does not count for this request".to_owned(),
        }
    }

    /// R-EVL-11: whose resource it is taken to be, where neither the request nor the ARN says so.
    fn assumed_owner(&self) -> Option<String> {
        let Resource::Arn(arn) = &self.request.resource else { return None };
        let is_said = self.request.resource_account.is_some() || AccountId::parse(arn.account()).is_some();
        let own = self.request.caller.account().filter(|_| !is_said)?;
        Some(format!(
            "the resource is taken to be of the caller's account {own}: `resource_account` says otherwise"
        ))
    }

    /// R-PRN-6.
    fn names_sessions(&self) -> bool {
        let Some(caller) = self.request.caller.iam() else { return false };
        let names_one = |entry: &PrincipalEntry| match entry {
            PrincipalEntry::Session(arn) => {
                arn.resource().split('/').nth(1).is_some_and(|role| role == caller.name)
            }
            _ => false,
        };
        let principals = self.layers.statements().filter_map(|(_, statement)| statement.principal.as_ref());
        caller.kind == IamKind::RoleSession(None)
            && principals.flat_map(Selector::entries).any(|entry| names_one(&entry.value))
    }
}

fn degraded(policy: &LayerPolicy) -> Vec<String> {
    let found = policy.document.iter().flat_map(|document| document.parsed.degraded());
    let text = |found: &crate::policy::Diagnostic| {
        format!("{}: degraded: {} at {}; {}", policy.name, found.message, found.path, found.consequence)
    };
    found.map(text).collect()
}
