//! What only the algebra tells of a policy: what its statements and conditions come to over all requests. Every finding is
//! proved; what grants something has a request that shows it, which the evaluator decided.

mod escalation;
mod grants;
mod like;
mod resources;
mod statements;

use std::sync::Arc;

pub use escalation::{Escalation, Step, escalations};

use super::subject::{Report, Subject};
use crate::analysis::{Analysis, AnalysisError, alone};
use crate::layers::{LayerDocument, LayerPolicy};
use crate::policy::{PolicyType, Statement};

/// A policy that nothing else limits.
struct Alone<'c> {
    policy: LayerPolicy,
    analysis: Analysis<'c>,
}

impl Alone<'_> {
    fn statement(&self, position: usize) -> Option<&Statement> {
        self.policy.statements().get(position)
    }

    fn policy_type(&self) -> PolicyType {
        self.policy.policy_type
    }

    /// `statement 2 (ReadAll)`, from zero.
    fn name(&self, position: usize) -> String {
        match self.statement(position) {
            Some(Statement { index, sid: Some(sid), .. }) => format!("statement {index} (`{sid}`)"),
            Some(Statement { index, sid: None, .. }) => format!("statement {index}"),
            None => String::new(),
        }
    }

    fn names(&self, positions: impl IntoIterator<Item = usize>) -> String {
        let names: Vec<String> = positions.into_iter().map(|position| self.name(position)).collect();
        names.join(", ")
    }
}

/// An error where it is too complicated to be told.
pub(super) fn check(
    subject: &Subject<'_>,
    analysis: Analysis<'_>,
    report: &mut Report<'_>,
) -> Result<(), AnalysisError> {
    let parsed = subject.reading.parsed.clone();
    let document = Arc::new(LayerDocument { text: subject.text.to_owned(), parsed });
    let policy = LayerPolicy {
        name: String::new(),
        kind: String::new(),
        group: None,
        policy_type: subject.policy_type(),
        document: Some(document),
        offset: 0,
    };
    let mut alone_of = Alone { policy, analysis };
    let whole = alone(vec![alone_of.policy.clone()], alone_of.policy_type());
    like::check(subject, report);
    resources::check(subject, report);
    statements::check(&mut alone_of, &whole, report)?;
    grants::check(&mut alone_of, &whole, report)
}
