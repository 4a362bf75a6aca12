//! Tests by a lone `*`, which ask only whether the key is there, or nothing at all (R-CND-8, R-CND-41).

use super::subject::{Report, Subject, key_place, statement_place};
use crate::policy::{Condition, ConditionValue, Operator, Quantifier, Spanned, Statement, Test};

pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for (statement, condition) in subject.conditions() {
        let star = condition.values.iter().find(|value| value.pattern.is_all_stars());
        if let Some(star) = star {
            check_star(statement, condition, star, report);
        }
    }
}

/// What a list with a `*` comes to.
enum Meaning {
    Present,
    Missing,
    Always,
    Never,
}

/// `ForAnyValue:StringLike` is none of these: it needs a value that is not empty (R-CND-13). Nor is `ArnLike`, which
/// needs an ARN (R-CND-29).
fn meaning(operator: Operator) -> Option<Meaning> {
    match (operator.quantifier, operator.test, operator.if_exists) {
        (None, Test::StringLike, false) => Some(Meaning::Present),
        (None, Test::StringNotLike, _) => Some(Meaning::Missing),
        (None, Test::StringLike, true) => Some(Meaning::Always),
        (Some(Quantifier::ForAllValues), Test::StringLike, _) => Some(Meaning::Always),
        (Some(Quantifier::ForAnyValue), Test::StringNotLike, false) => Some(Meaning::Never),
        _ => None,
    }
}

fn check_star(
    statement: &Statement,
    condition: &Condition,
    star: &Spanned<ConditionValue>,
    report: &mut Report<'_>,
) {
    let Condition { operator, key, .. } = condition;
    let null = |value: bool| Some(format!("write \"Null\": {{\"{key}\": \"{value}\"}}"));
    match meaning(*operator) {
        Some(Meaning::Present) => {
            let message = format!("`{operator}` with `*` holds exactly where `{key}` is present");
            report.suggest("EQUIVALENT_TO_NULL_FALSE", star.span, message, null(false));
        }
        Some(Meaning::Missing) => {
            let message = format!("`{operator}` with `*` holds exactly where `{key}` is missing");
            report.suggest("EQUIVALENT_TO_NULL_TRUE", star.span, message, null(true));
        }
        Some(Meaning::Always) => {
            let message =
                format!("`{operator}` with `*` holds whatever `{key}` is, also where it is missing");
            let suggestion = Some("leave it out".to_owned());
            report.suggest(
                "REDUNDANT_KEY_DUE_TO_WILDCARD_IN_CONDITION",
                key_place(condition),
                message,
                suggestion,
            );
        }
        Some(Meaning::Never) => {
            let message =
                format!("no value of `{key}` passes `{operator}` with `*`, so the statement never applies");
            let places = [statement_place(statement), star.span.into()];
            report.group("REDUNDANT_STATEMENT_DUE_TO_WILDCARD_IN_CONDITION", places, message, None);
        }
        None => {}
    }
}
