//! The decision of a scenario and nothing else, for many of them about the same policies.

use serde::Serialize;

use super::{Reader, Scenario};
use crate::eval::authorize;

/// The answer to a scenario in brief.
#[derive(Debug, Serialize)]
pub struct Brief {
    /// The scenario's own name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The decision.
    pub decision: String,
    /// Whether it is what was expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<bool>,
    /// In what it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mismatch: Option<String>,
}

impl Scenario {
    /// Decides the scenario: what the evaluator says, read off sets where the policies repeat.
    pub fn brief(&self, reader: &Reader<'_>) -> Brief {
        let (decision, mismatch) = match &self.expect {
            Some(expect) if expect.is_about_layers() => {
                let evaluation = authorize(&self.layers, &self.request);
                (evaluation.decision, Some(expect.mismatch(&evaluation)))
            }
            expect => {
                let decision = reader.documents.decision(&self.layers, &self.request);
                (decision, expect.as_ref().map(|expect| expect.mismatch_of(decision)))
            }
        };
        Brief {
            name: self.name.clone(),
            decision: decision.to_string(),
            expected: mismatch.as_ref().map(Option::is_none),
            mismatch: mismatch.flatten(),
        }
    }
}
