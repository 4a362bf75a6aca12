//! Statements and conditions that change nothing, or let nothing through.

use super::Alone;
use crate::analysis::{AnalysisError, Subject, Superfluous, TIMES, Tested};
use crate::policy::{Effect, Selector};
use crate::validate::subject::{Report, key_place, lower_key, statement_place};

pub(super) fn check(
    alone: &mut Alone<'_>,
    whole: &Subject,
    report: &mut Report<'_>,
) -> Result<(), AnalysisError> {
    let policy = alone.policy.clone();
    let mut told = Vec::new();
    for (position, tested) in alone.analysis.tested(&policy)? {
        let Some(statement) = alone.statement(position) else { continue };
        told.push(position);
        let place = |nth: usize| statement.conditions.get(nth).map(key_place);
        let is_of_time = |nth: usize| {
            statement.conditions.get(nth).is_some_and(|condition| TIMES.contains(&&*lower_key(condition)))
        };
        match tested {
            Tested::Never(nth) => {
                let message = match is_of_time(nth) {
                    true => "the condition holds in no request from now on, so the statement never applies",
                    false => "the condition holds in no request, so the statement never applies",
                };
                place(nth).into_iter().for_each(|place| report.add("CONDITION_NEVER_HOLDS", place, message));
            }
            Tested::NeverTogether => {
                let message = "its conditions exclude each other, so the statement never applies";
                report.add("CONDITION_NEVER_HOLDS", statement_place(statement), message);
            }
            Tested::Always(nth) => {
                let message = match is_of_time(nth) {
                    true => {
                        "the condition holds in every request from now on that the rest of the statement is about: without it that says the same"
                    }
                    false => {
                        "the condition holds in every request that the rest of the statement is about: without it that says the same"
                    }
                };
                place(nth).into_iter().for_each(|place| report.add("CONDITION_ALWAYS_HOLDS", place, message));
            }
        }
    }
    for found in alone.analysis.superfluous(whole)? {
        let Some(statement) = alone.statement(found.statement.position) else { continue };
        let is_excluding = matches!(statement.action, Selector::NotIn(_))
            || matches!(statement.resource, Some(Selector::NotIn(_)));
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
            // That it is about somebody who makes no requests here is no reason to leave it out.
            (Superfluous::Vacuous, _) if !whole.not_modelled().is_empty() => {}
            (Superfluous::Vacuous, Effect::Deny) => {
                report.add(
                    "DENY_WITHOUT_EFFECT",
                    place,
                    "the statement denies nothing: it applies to no request",
                );
            }
            (Superfluous::Vacuous, Effect::Allow)
                if is_excluding && !told.contains(&found.statement.position) =>
            {
                let message = "the statement allows nothing: it applies to no request";
                report.add("ALLOW_WITHOUT_EFFECT", place, message);
            }
            // Why else it applies to none is told at its conditions, or at what is empty.
            (Superfluous::Vacuous, Effect::Allow) => {}
            // What a policy denies and does not allow may be allowed by others that stand beside it.
            (Superfluous::Voided, _) => {}
        }
    }
    Ok(())
}
