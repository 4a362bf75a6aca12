//! Condition operators (semantics 3): presence and cardinality here, the tests of one value in `test`.

mod test;

use crate::policy::{Condition, Quantifier, Test};
use crate::request::Context;

/// Whether a condition holds.
pub(super) fn holds(condition: &Condition, context: &Context) -> bool {
    let operator = condition.operator;
    let found = context.get(&condition.key).map_or(&[][..], |value| value.items());
    // R-CND-13: under a set operator values that are all empty are no values.
    let values = match operator.quantifier {
        Some(_) if found.iter().all(String::is_empty) => &[],
        _ => found,
    };
    if operator.test == Test::Null {
        return null_holds(condition, values);
    }
    if values.is_empty() {
        return holds_without_key(condition);
    }
    let satisfied = |value: &String| test::satisfied(condition, value, context);
    match (operator.quantifier, values) {
        (Some(Quantifier::ForAllValues), values) => values.iter().all(satisfied), // R-CND-11
        (Some(Quantifier::ForAnyValue), values) => values.iter().any(satisfied),  // R-CND-12
        (None, [value]) => satisfied(value),
        (None, _) => false, // R-CND-9
    }
}

/// The table of R-CND-8.
fn holds_without_key(condition: &Condition) -> bool {
    let operator = condition.operator;
    match operator.quantifier {
        _ if operator.if_exists => true,
        Some(Quantifier::ForAllValues) => true,
        Some(Quantifier::ForAnyValue) => false,
        None => operator.test.is_negated(),
    }
}

/// R-CND-30.
fn null_holds(condition: &Condition, values: &[String]) -> bool {
    let lists = |text: &str| condition.values.iter().any(|value| value.text.eq_ignore_ascii_case(text));
    let missing = values.is_empty();
    match condition.operator.quantifier {
        None => (missing && lists("true")) || (!missing && lists("false")),
        Some(Quantifier::ForAllValues) => missing || lists("false"),
        Some(Quantifier::ForAnyValue) => !missing && lists("false"),
    }
}
