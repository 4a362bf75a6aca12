//! What a scenario should be answered, and in what an answer differs from it.

use std::collections::BTreeSet;

use super::{ScenarioError, error, raw};
use crate::eval::{Decision, Evaluation};

/// What a scenario should be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expect {
    /// The decision.
    pub decision: Decision,
    /// How precisely it is known.
    pub precision: Precision,
    /// The layers that stand in the way, where that is said.
    pub blocked_by: Option<Vec<String>>,
    /// Members that are not compared.
    pub not_compared: Vec<String>,
}

/// How precisely an expected decision is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// To the kind of denial.
    Exact,
    /// Only whether it is allowed.
    Allowed,
}

impl Expect {
    /// Reads a word: `Allowed`, `ExplicitlyDenied`, `ImplicitlyDenied`, or `Denied` for either.
    ///
    /// ```
    /// # use iamdb::scenario::{Expect, Precision};
    /// assert_eq!(Expect::parse("denied").unwrap().precision, Precision::Allowed);
    /// assert!(Expect::parse("perhaps").is_none());
    /// ```
    pub fn parse(text: &str) -> Option<Expect> {
        let (decision, precision) = match text {
            "allowed" => (Decision::Allowed, Precision::Exact),
            "Denied" | "denied" => (Decision::ImplicitlyDenied, Precision::Allowed),
            text => (Decision::parse(text)?, Precision::Exact),
        };
        Some(Expect { decision, precision, blocked_by: None, not_compared: Vec::new() })
    }

    /// Reads `expect`: an object, or such a word.
    pub(super) fn read(path: &str, text: &str) -> Result<Expect, ScenarioError> {
        let word = |path: String, text: &str| {
            Expect::parse(text).ok_or_else(|| {
                let known = "`Allowed`, `ExplicitlyDenied`, `ImplicitlyDenied` or `Denied`";
                error(path, format!("`{text}` is none of {known}"))
            })
        };
        if text.starts_with('"') {
            return word(path.to_owned(), &raw::parse::<String>(path, text)?);
        }
        let said: raw::Expect = raw::parse(path, text)?;
        let expect = word(format!("{path}.decision"), &said.decision)?;
        let precision = match said.precision.as_deref() {
            None => expect.precision,
            Some("allowed") => Precision::Allowed,
            Some(other) => {
                return Err(error(format!("{path}.precision"), format!("`{other}` is not `allowed`")));
            }
        };
        // `basis` says where an expectation comes from.
        let not_compared = said.others.into_keys().filter(|name| name != "basis").collect();
        Ok(Expect { precision, blocked_by: said.blocked_by, not_compared, ..expect })
    }

    /// What is expected, in a word.
    pub fn word(&self) -> String {
        match (self.precision, self.decision) {
            (Precision::Exact, decision) => decision.to_string(),
            (Precision::Allowed, Decision::Allowed) => "Allowed".to_owned(),
            (Precision::Allowed, _) => "Denied".to_owned(),
        }
    }

    /// Whether more is expected than a decision.
    pub fn is_about_layers(&self) -> bool {
        self.blocked_by.is_some()
    }

    /// In what a decision differs from what is expected; `None` where in nothing.
    pub fn mismatch_of(&self, decision: Decision) -> Option<String> {
        let is_allowed = |decision| decision == Decision::Allowed;
        let same = match self.precision {
            Precision::Exact => self.decision == decision,
            Precision::Allowed => is_allowed(self.decision) == is_allowed(decision),
        };
        (!same).then(|| format!("{decision} instead of {}", self.word()))
    }

    /// In what an evaluation differs from what is expected; `None` where in nothing.
    pub fn mismatch(&self, evaluation: &Evaluation) -> Option<String> {
        if let Some(mismatch) = self.mismatch_of(evaluation.decision) {
            return Some(mismatch);
        }
        let expected: BTreeSet<&str> = self.blocked_by.as_ref()?.iter().map(String::as_str).collect();
        let found: BTreeSet<&str> = evaluation.blocked_by.iter().map(|layer| layer.name()).collect();
        let list = |layers: &BTreeSet<&str>| match layers.is_empty() {
            true => "nothing".to_owned(),
            false => layers.iter().copied().collect::<Vec<_>>().join(", "),
        };
        (expected != found).then(|| format!("blocked by {} instead of {}", list(&found), list(&expected)))
    }
}
