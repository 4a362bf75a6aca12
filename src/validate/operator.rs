//! Operators against the values that are written under them: wildcards and variables that are none there, and sets
//! that make no sense.

use super::place::Place;
use super::subject::{Report, Subject, key_place};
use crate::catalog::KeyType;
use crate::pattern::{Pattern, Piece, Syntax};
use crate::policy::{Condition, ConditionValue, Family, Operator, Span, Spanned, Test, Version};

pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for (_, condition) in subject.conditions() {
        let Condition { operator, values, .. } = condition;
        if operator.test == Test::Null && operator.quantifier.is_some() {
            let message = format!("`{operator}` asks each value whether the key is missing");
            report.suggest(
                "NULL_WITH_QUALIFIER",
                key_place(condition),
                message,
                Some("write `Null`".to_owned()),
            );
        }
        let is_boolean = operator.test == Test::Bool
            || subject.facts.kind(&condition.key).is_some_and(|kind| kind.base == KeyType::Bool);
        if is_boolean && values.len() > 1 {
            let message =
                format!("`{}` is compared with {} booleans: one is enough", condition.key, values.len());
            report.add("INVALID_CONDITION_MULTIPLE_BOOLEAN", key_place(condition), message);
        }
        for value in values {
            if subject.version() == Version::V2012 {
                variable(*operator, value, report);
            }
            wildcard(*operator, value, report);
        }
    }
}

/// R-VAR-3. What AWS substitutes under `Bool` it does not say.
fn variable(operator: Operator, value: &Spanned<ConditionValue>, report: &mut Report<'_>) {
    if matches!(operator.test.family(), Family::String | Family::Arn) || !value.text.contains("${") {
        return;
    }
    let (pattern, _) = Pattern::parse(&value.text, Syntax { wildcards: false, variables: true });
    if let Some(variable) = pattern.variables().next() {
        let message = format!("`{operator}` takes no policy variable such as `${{{}}}`", variable.key);
        report.add("INVALID_VARIABLE_FOR_OPERATOR", value.span, message);
    }
}

/// R-CND-21.
fn wildcard(operator: Operator, value: &Spanned<ConditionValue>, report: &mut Report<'_>) {
    if operator.test.family() != Family::String || operator.test.has_wildcards() {
        return;
    }
    let (pattern, _) = Pattern::parse(&value.text, Syntax { wildcards: true, variables: true });
    let is_wild = |piece: &Piece| matches!(piece, Piece::Star | Piece::Question);
    if pattern.pieces().iter().any(is_wild) {
        let message = format!("`{}` is compared as it is written: `{operator}` has no wildcards", value.text);
        let like = match operator.test {
            Test::StringNotEquals | Test::StringNotEqualsIgnoreCase => Test::StringNotLike,
            _ => Test::StringLike,
        };
        let suggestion = Some(format!("write `{}`", Operator { test: like, ..operator }));
        report.suggest("WILDCARD_WITHOUT_LIKE_OPERATOR", part(value, &['*', '?']), message, suggestion);
    }
}

/// The first of some characters in a value, where they stand in it as text.
fn part(value: &Spanned<ConditionValue>, characters: &[char]) -> Place {
    let Span { start: at, .. } = value.span;
    match value.text.chars().position(|c| characters.contains(&c)) {
        Some(start) => Place::Part { at, start, length: 1 },
        None => Place::At(at),
    }
}
