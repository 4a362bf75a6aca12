//! What only the JSON shows: what is empty, values of several types, and variables where there are none.

use super::place::Place;
use super::subject::{Report, Subject};
use crate::pattern::{Pattern, Syntax};
use crate::policy::{Node, Operator, Quantifier, Value, Version};

pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let Some(Value::Object(top)) = subject.root().map(|root| &root.value) else { return };
    for member in top.iter().filter(|member| member.key == "Statement") {
        match &member.value.value {
            Value::Array(items) => items.iter().for_each(|item| statement(item, subject, report)),
            _ => statement(&member.value, subject, report),
        }
    }
}

fn statement(node: &Node<'_>, subject: &Subject<'_>, report: &mut Report<'_>) {
    let Value::Object(members) = &node.value else { return };
    for member in members {
        let value = &member.value;
        match (member.key.as_ref(), &value.value) {
            ("Sid", Value::String(sid)) if sid.is_empty() => {
                report.add("EMPTY_SID_VALUE", value.span, "the Sid is empty: leave it out");
            }
            ("Resource" | "NotResource", _) if subject.version() == Version::V2008 => {
                each_text(value, &mut |text, item| dead_variable(text, item, report));
            }
            ("Condition", Value::Object(operators)) => {
                if operators.is_empty() {
                    let message = "the condition is empty: leave it out";
                    report.add("EMPTY_OBJECT_CONDITION", value.span, message);
                }
                for operator in operators {
                    block(&operator.key, &operator.value, subject, report);
                }
            }
            _ => {}
        }
    }
}

/// One operator with its keys.
fn block(operator: &str, node: &Node<'_>, subject: &Subject<'_>, report: &mut Report<'_>) {
    let Value::Object(keys) = &node.value else { return };
    if keys.is_empty() {
        let message = format!("`{operator}` tests no key: leave it out");
        report.add("EMPTY_OBJECT_CONDITION", node.span, message);
    }
    for key in keys {
        if let Value::Array(values) = &key.value.value {
            if values.is_empty() {
                let (code, meaning) = empty_list(operator);
                let message = format!("`{}` is compared with an empty list: {meaning}", key.key);
                report.add(code, key.value.span, message);
            }
            if let Some(first) = values.first()
                && let Some(other) = values.iter().find(|value| value.value.kind() != first.value.kind())
            {
                let message = format!(
                    "`{}` is compared with {} and {}: write all of them in the same way",
                    key.key,
                    first.value.kind(),
                    other.value.kind()
                );
                report.add("INVALID_CONDITION_DATA_TYPE", key.value.span, message);
            }
        }
        if subject.version() == Version::V2008 {
            each_text(&key.value, &mut |text, item| dead_variable(text, item, report));
        }
    }
}

/// What an empty list is called, and what it means (R-CND-14).
fn empty_list(operator: &str) -> (&'static str, &'static str) {
    match Operator::parse(operator) {
        Some(Operator { quantifier: Some(Quantifier::ForAllValues), .. }) => (
            "EMPTY_ARRAY_CONDITION_FORALLVALUES",
            "only a request without the key has no value that is not in it",
        ),
        Some(Operator { quantifier: Some(Quantifier::ForAnyValue), .. }) => {
            ("EMPTY_ARRAY_CONDITION_FORANYVALUE", "no value of a request is in it")
        }
        Some(Operator { if_exists: true, .. }) => {
            ("EMPTY_ARRAY_CONDITION_IFEXISTS", "no value is in it, so only a missing key passes")
        }
        _ => ("EMPTY_ARRAY_CONDITION", "no value is in it"),
    }
}

/// The text or the texts of a list.
fn each_text<'n>(node: &'n Node<'_>, found: &mut impl FnMut(&'n str, &'n Node<'n>)) {
    match &node.value {
        Value::String(text) => found(text, node),
        Value::Array(items) => items.iter().for_each(|item| each_text(item, found)),
        _ => {}
    }
}

/// A variable in a policy of the older version is ordinary text (R-GRM-9).
fn dead_variable(text: &str, node: &Node<'_>, report: &mut Report<'_>) {
    if !text.contains("${") {
        return;
    }
    let (pattern, _) = Pattern::parse(text, Syntax { wildcards: false, variables: true });
    if let Some(variable) = pattern.variables().next() {
        let message =
            format!("`${{{}}}` is ordinary text: variables need the version `2012-10-17`", variable.key);
        report.suggest(
            "VARIABLE_UNSUPPORTED_IN_VERSION",
            Place::from(node.span),
            message,
            Some("write \"Version\": \"2012-10-17\"".to_owned()),
        );
    }
}
