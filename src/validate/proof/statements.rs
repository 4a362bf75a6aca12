//! Statements and conditions that change nothing, or let nothing through.

use super::Alone;
use crate::analysis::{AnalysisError, Subject, Superfluous, Tested};
use crate::policy::Effect;
use crate::validate::subject::{Report, key_place, statement_place};

pub(super) fn check(
    alone: &mut Alone<'_>,
    whole: &Subject,
    report: &mut Report<'_>,
) -> Result<(), AnalysisError> {
    let policy = alone.policy.clone();
    for (position, tested) in alone.analysis.tested(&policy)? {
        let Some(statement) = alone.statement(position) else { continue };
        let place = |nth: usize| statement.conditions.get(nth).map(key_place);
        match tested {
            Tested::Never(nth) => {
                let message = "the condition holds in no request, so the statement never applies";
                place(nth).into_iter().for_each(|place| report.add("CONDITION_NEVER_HOLDS", place, message));
            }
            Tested::NeverTogether => {
                let message = "its conditions exclude each other, so the statement never applies";
                report.add("CONDITION_NEVER_HOLDS", statement_place(statement), message);
            }
            Tested::Always(nth) => {
                let message = "the condition holds in every request that the rest of the statement is about: without it that says the same";
                place(nth).into_iter().for_each(|place| report.add("CONDITION_ALWAYS_HOLDS", place, message));
            }
        }
    }
    for found in alone.analysis.superfluous(whole)? {
        let Some(statement) = alone.statement(found.statement.position) else { continue };
        let place = statement_place(statement);
        let by = alone.names(found.by.iter().map(|of| of.position));
        match (found.what, statement.effect) {
            (Superfluous::Shadowed, _) => {
                let message = format!("all that the statement allows is denied by {by}");
                report.add("ALLOW_WITHOUT_EFFECT", place, message);
            }
            (Superfluous::Redundant, _) => {
                let message =
                    format!("{by} already says it: without this statement the policy means the same");
                report.add("STATEMENT_SUBSUMED", place, message);
            }
            (Superfluous::Vacuous, Effect::Deny) => {
                report.add(
                    "DENY_WITHOUT_EFFECT",
                    place,
                    "the statement denies nothing: it applies to no request",
                );
            }
            // Why an Allow applies to no request is told at its conditions.
            (Superfluous::Vacuous, Effect::Allow) => {}
            // What a policy denies and does not allow may be allowed by others that stand beside it.
            (Superfluous::Voided, _) => {}
        }
    }
    Ok(())
}
