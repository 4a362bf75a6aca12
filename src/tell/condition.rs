//! A condition in words: what it says of its key, the case that the key is absent included (R-CND-8 to 15, R-CND-30).

use crate::policy::{Condition, Family, Quantifier, Test};

/// `aws:SourceVpce is absent or not vpce-1`.
pub(super) fn words(condition: &Condition) -> String {
    let Condition { operator, key, .. } = condition;
    if operator.test == Test::Null {
        return null(condition);
    }
    let test = test_words(condition);
    // A negated test holds of an absent key, but not under `ForAnyValue` (R-CND-8).
    let with_absent = operator.if_exists || (operator.test.is_negated() && operator.quantifier.is_none());
    match operator.quantifier {
        Some(Quantifier::ForAllValues) => format!("every value of {key}, if any, {}", with(&test, "is")),
        Some(Quantifier::ForAnyValue) if with_absent => {
            format!("{key} is absent or some value of it {}", with(&test, "is"))
        }
        Some(Quantifier::ForAnyValue) => format!("some value of {key} {}", with(&test, "is")),
        None if with_absent => format!("{key} is absent or {test}"),
        None => format!("{key} {}", with(&test, "is")),
    }
}

fn with(test: &str, verb: &str) -> String {
    let has_own = [">", "<"].iter().any(|sign| test.starts_with(sign));
    if has_own { test.to_owned() } else { format!("{verb} {test}") }
}

/// Which values the test takes; what follows `is`.
fn test_words(condition: &Condition) -> String {
    let test = condition.operator.test;
    let values: Vec<&str> = condition.values.iter().map(|value| value.text.as_str()).collect();
    let is_pattern = condition.values.iter().any(|value| value.pattern.as_text().is_none());
    let how = match test {
        Test::NumericLessThan => "< ",
        Test::NumericLessThanEquals => "<= ",
        Test::NumericGreaterThan => "> ",
        Test::NumericGreaterThanEquals => ">= ",
        Test::DateLessThan => "before ",
        Test::DateLessThanEquals => "at or before ",
        Test::DateGreaterThan => "after ",
        Test::DateGreaterThanEquals => "at or after ",
        Test::IpAddress | Test::NotIpAddress => "in ",
        _ if is_pattern && matches!(test.family(), Family::String | Family::Arn) => "like ",
        _ => "",
    };
    let tail = match test {
        Test::StringEqualsIgnoreCase | Test::StringNotEqualsIgnoreCase => " in any letter case",
        _ => "",
    };
    let list = match values.as_slice() {
        [] => "any of no values".to_owned(),
        [only] => quoted(only),
        [first @ .., last] => {
            let first: Vec<String> = first.iter().map(|value| quoted(value)).collect();
            format!("{} or {}", first.join(", "), quoted(last))
        }
    };
    format!("{}{how}{list}{tail}", if test.is_negated() { "not " } else { "" })
}

/// A value that would be misread without quotes has them.
pub(super) fn quoted(value: &str) -> String {
    let plain = |c: char| !c.is_whitespace() && !",{}\"'".contains(c);
    if !value.is_empty() && value.replace("${", "").replace('}', "").chars().all(plain) {
        value.to_owned()
    } else {
        format!("\"{value}\"")
    }
}

/// R-CND-30.
fn null(condition: &Condition) -> String {
    let Condition { operator, key, values, .. } = condition;
    let has = |word: &str| values.iter().any(|value| value.text.eq_ignore_ascii_case(word));
    match (has("true"), has("false"), operator.quantifier) {
        (true, false, None) => format!("{key} is absent"),
        (false, true, None) => format!("{key} is present"),
        _ => {
            let values: Vec<&str> = values.iter().map(|value| value.text.as_str()).collect();
            format!("{operator} {key} {}", values.join(", "))
        }
    }
}
