//! Operators against the kinds of keys that they test (R-KEY-8, R-CND-9, R-CND-10, R-CND-31).

use super::subject::{Report, Subject, key_place};
use crate::catalog::{KeyKind, KeyType};
use crate::policy::{Condition, Effect, Family, Operator, Quantifier, Test};

pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for (statement, condition) in subject.conditions() {
        let Some(kind) = subject.facts.kind(&condition.key) else { continue };
        if condition.operator.test == Test::Null {
            continue;
        }
        arity(statement.effect, condition, kind, report);
        family(condition, kind.base, report);
    }
}

fn arity(effect: Effect, condition: &Condition, kind: KeyKind, report: &mut Report<'_>) {
    let (operator, place) = (condition.operator, key_place(condition));
    match (operator.quantifier, kind.multivalued) {
        (None, true) => {
            let message = format!(
                "`{}` has several values: `{operator}` holds for none of the requests with more than one",
                condition.key
            );
            let suggestion = Some(format!("write `ForAnyValue:{operator}` or `ForAllValues:{operator}`"));
            report.suggest("MISSING_QUALIFIER", place, message, suggestion);
        }
        (Some(Quantifier::ForAllValues), false) if effect == Effect::Allow => {
            let message =
                format!("`{}` has one value, and `{operator}` also holds where it is missing", condition.key);
            let plain = Operator { quantifier: None, ..operator };
            report.suggest(
                "FORALLVALUES_WITH_SINGLE_VALUED_KEY",
                place,
                message,
                Some(format!("write `{plain}`")),
            );
        }
        _ => {}
    }
}

fn family(condition: &Condition, key_type: KeyType, report: &mut Report<'_>) {
    let (operator, place) = (condition.operator, key_place(condition));
    let test = operator.test;
    if matches!(test, Test::StringLike | Test::StringNotLike) && key_type == KeyType::Arn {
        let better = if test == Test::StringLike { Test::ArnLike } else { Test::ArnNotLike };
        let better = Operator { test: better, ..operator };
        let message =
            format!("`{}` is an ARN, and a `*` under `{operator}` also stands for its colons", condition.key);
        report.suggest(
            "STRING_LIKE_OPERATOR_WITH_ARN_CONDITION_KEYS",
            place,
            message,
            Some(format!("write `{better}`")),
        );
        return;
    }
    if fits(test.family(), key_type) {
        return;
    }
    let message = match test.family() {
        Family::String => {
            format!("`{}` is of the type {key_type}, and `{operator}` compares texts", condition.key)
        }
        _ => format!("`{}` is of the type {key_type}, which `{operator}` does not compare", condition.key),
    };
    report.suggest(
        "TYPE_MISMATCH",
        place,
        message,
        Some(format!("use an operator for {}", operators(key_type))),
    );
}

/// Whether an operator is made for a type. Texts and ARNs are compared as each other; an instant is also a number of
/// seconds (R-CND-24).
fn fits(family: Family, key_type: KeyType) -> bool {
    match key_type {
        KeyType::String | KeyType::Arn => matches!(family, Family::String | Family::Arn),
        KeyType::Numeric => family == Family::Numeric,
        KeyType::Bool => family == Family::Bool,
        KeyType::Date => matches!(family, Family::Date | Family::Numeric),
        KeyType::IpAddress => family == Family::Ip,
        KeyType::Binary => matches!(family, Family::Binary | Family::String),
    }
}

fn operators(key_type: KeyType) -> &'static str {
    match key_type {
        KeyType::String => "text: `StringEquals`, `StringLike`",
        KeyType::Numeric => "numbers: `NumericEquals`, `NumericLessThan`",
        KeyType::Bool => "booleans: `Bool`",
        KeyType::Date => "dates: `DateLessThan`, `DateGreaterThan`",
        KeyType::IpAddress => "addresses: `IpAddress`, `NotIpAddress`",
        KeyType::Arn => "ARNs: `ArnLike`, `ArnNotLike`",
        KeyType::Binary => "bytes: `BinaryEquals`",
    }
}
