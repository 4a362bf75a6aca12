//! By which statements somebody can: its own policies, those of its groups, and the policy of the resource.

use super::Answered;
use crate::eval::{Decision, Evaluation, Route};
use crate::layers::{Layer, StatementRef};
use crate::policy::Effect;
use crate::question::Answer;
use crate::stored::Held;

/// A statement that lets somebody.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Via {
    /// Of an identity policy.
    Held {
        /// The policy, as a position among all that are held.
        policy: usize,
        /// The group through which it is held.
        group: Option<String>,
        /// The position of the statement.
        position: usize,
    },
    /// Of the layers of the answer.
    Layer(StatementRef),
}

impl Answered {
    /// Whether the answer is yes.
    pub fn is_yes(&self) -> bool {
        let answer = self.reply.as_ref().map(|reply| &reply.answer);
        matches!(answer, Ok(Answer::Decided(example)) if example.evaluation.decision == Decision::Allowed)
    }

    /// Whether the answer is no.
    pub fn is_no(&self) -> bool {
        self.reply.as_ref().is_ok_and(|reply| reply.answer.word() == "no")
    }

    /// Whether another's answer is the same, be it by other statements. A root user has what others need policies for.
    pub(super) fn is_like(&self, other: &Answered) -> bool {
        let answers = (self.reply.as_ref().map(|of| &of.answer), other.reply.as_ref().map(|of| &of.answer));
        let is_same = match answers {
            (Ok(Answer::Depends(own)), Ok(Answer::Depends(other))) => own.when == other.when,
            (Ok(own), Ok(other)) => own.word() == other.word(),
            _ => false,
        };
        is_same && (self.is_no() || self.caller.is_root() || self.own_policies == other.own_policies)
    }

    /// How a request was allowed, if one can be.
    pub fn allowed(&self) -> Option<&Evaluation> {
        match &self.reply.as_ref().ok()?.answer {
            Answer::Depends(depends) => Some(&depends.allowed.evaluation),
            Answer::Decided(example) => {
                (example.evaluation.decision == Decision::Allowed).then_some(&example.evaluation)
            }
        }
    }
}

impl Via {
    /// What lets somebody who gets an answer and has these Allow statements.
    pub(super) fn of(answered: &Answered, letting: &[(Held<'_>, usize)]) -> Vec<Via> {
        let Some(evaluation) = answered.allowed() else { return Vec::new() };
        let held = letting.iter().filter(|_| takes_identity(evaluation.route)).map(|(held, position)| {
            Via::Held { policy: held.policy, group: held.group.map(str::to_owned), position: *position }
        });
        held.chain(Via::of_resource(evaluation)).collect()
    }

    /// What the policy of the resource grants.
    pub(super) fn of_resource(evaluation: &Evaluation) -> Vec<Via> {
        let takes = |of: &StatementRef| of.layer == Layer::Resource && of.effect == Effect::Allow;
        evaluation.applying().filter(takes).map(Via::Layer).collect()
    }
}

/// Whether an identity policy has to allow.
fn takes_identity(route: Route) -> bool {
    matches!(route, Route::Identity | Route::CrossAccount)
}
