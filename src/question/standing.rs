//! Which statements can matter to a question, as far as the evaluator easily tells, and whether they decide it
//! whatever is open: then no set needs to be made.

use rustc_hash::FxHashMap;

use super::{Question, of_context};
use crate::eval::{self, Decision, Fit};
use crate::knowledge::Knowledge;
use crate::layers::{PolicyLayers, StatementRef};
use crate::pattern::{Pattern, Piece};
use crate::policy::{Effect, PolicyType, ResourcePattern, Selector, Statement};
use crate::request::Request;

/// Whether a statement that can apply does so whatever the unknown keys turn out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// That depends on them.
    Perhaps,
    /// It does.
    Always,
}

/// The statements that can apply, as far as that is easily seen.
pub(super) struct Standings {
    of: FxHashMap<StatementRef, Standing>,
}

impl Standings {
    pub(super) fn of(question: &Question<'_>) -> Standings {
        let request = of_context(question, question.knowledge.known.clone());
        let asked = AsKnown { request: &request, knowledge: &question.knowledge, layers: question.layers };
        let mut found = FxHashMap::default();
        for layer in question.layers.present() {
            if !eval::is_in_scope(layer, question.layers, &request) {
                continue;
            }
            for (policy, of) in question.layers.policies(layer).into_iter().enumerate() {
                for (position, statement) in of.statements().iter().enumerate() {
                    let of_statement = StatementRef { layer, policy, position, effect: statement.effect };
                    let standing = asked.standing(statement, of.policy_type);
                    found.extend(standing.map(|standing| (of_statement, standing)));
                }
            }
        }
        Standings { of: found }
    }

    /// Whether they alone decide between allowed and not: the evaluator, being monotone, says the same where what
    /// *perhaps* applies is at its best, every Allow and no Deny, and at its worst.
    pub(super) fn decide(&self, question: &Question<'_>) -> bool {
        let is_allowed = |perhaps: Effect| {
            let evaluation =
                eval::authorize_where(question.layers, &question.request, &|of| match self.of.get(&of) {
                    Some(Standing::Always) => true,
                    Some(Standing::Perhaps) => of.effect == perhaps,
                    None => false,
                });
            evaluation.decision == Decision::Allowed
        };
        is_allowed(Effect::Allow) == is_allowed(Effect::Deny)
    }

    /// Whether a statement can apply.
    pub(super) fn can_apply(&self, of: StatementRef) -> bool {
        self.of.contains_key(&of)
    }

    /// The statements of layers that can apply.
    pub(super) fn statements<'l>(
        &self,
        layers: &'l PolicyLayers,
    ) -> impl Iterator<Item = (StatementRef, &'l Statement)> {
        layers.statements().filter(|(of, _)| self.can_apply(*of))
    }
}

/// A request as far as it is known.
pub struct AsKnown<'a> {
    /// The request, in the context that is known.
    pub request: &'a Request,
    /// What is known of its context.
    pub knowledge: &'a Knowledge,
    /// The policies that decide it, for what they say of how `NotPrincipal` is read.
    pub layers: &'a PolicyLayers,
}

impl AsKnown<'_> {
    /// How a statement stands; none where it cannot apply, as far as that is easily seen.
    ///
    /// Its action is decided, its resource with each unresolved variable read as `*`, and its conditions where they
    /// are about known keys; what is left out makes the difference between *perhaps* and *always*.
    pub fn standing(&self, statement: &Statement, policy_type: PolicyType) -> Option<Standing> {
        let fits = |statement: &Statement| eval::fit(statement, policy_type, self.request, self.layers);
        let as_known = fits(statement);
        if matches!(as_known, Fit::OtherAction | Fit::OtherPrincipal) {
            return None;
        }
        let open_key = |key: &str| self.knowledge.is_unknown(key) || self.knowledge.follows(key).is_some();
        let open = |pattern: &Pattern| pattern.variables().any(|variable| open_key(&variable.key));
        if !statement.context_keys().any(open_key) {
            return (as_known == Fit::Applies).then_some(Standing::Always);
        }
        let mut wide = statement.clone();
        wide.conditions.retain(|condition| {
            !open_key(&condition.key) && !condition.values.iter().any(|value| open(&value.pattern))
        });
        match &mut wide.resource {
            Some(Selector::In(entries)) => {
                for entry in entries {
                    if let ResourcePattern::Arn(segments) = &mut entry.value {
                        for segment in segments.iter_mut().filter(|segment| open(segment)) {
                            *segment = segment.with_variables_as(&Piece::Star);
                        }
                    }
                }
            }
            Some(Selector::NotIn(entries)) => entries.retain(|entry| match &entry.value {
                ResourcePattern::Every => true,
                ResourcePattern::Arn(segments) => !segments.iter().any(open),
            }),
            None => {}
        }
        (fits(&wide) == Fit::Applies).then_some(Standing::Perhaps)
    }
}
