//! When an answer is yes, in words and as JSON: the tests of a *depends*, in the policies' own conditions.

use itertools::Itertools;
use serde_json::{Value as Json, json};

use super::text::{Text, shown};
use crate::policy::Condition;
use crate::question::{Form, Test, When};
use crate::tell::condition_json;

/// How the cases are told.
pub(crate) fn cases_text(when: &When) -> &'static str {
    match (when.form, when.cases.len()) {
        _ if !when.exact => ", for example if",
        (Form::If, 1) => ", if",
        (Form::If, _) => ", in one of these cases",
        (Form::Unless, 1) => ", unless",
        (Form::Unless, _) => ", unless in one of these cases",
    }
}

/// The tests of a case, one a line.
pub(crate) fn case_lines(tests: &[Test]) -> Vec<Text> {
    let and = |nth: usize| if nth == 0 { "" } else { "and " };
    tests
        .iter()
        .enumerate()
        .map(|(nth, test)| format!("    {}{}", and(nth), test_text(test)).into())
        .collect()
}

/// A test in the words of the policy: `aws:SecureTransport Bool true`.
fn test_text(test: &Test) -> String {
    match test {
        Test::Condition { condition, holds: true } => condition_text(condition),
        Test::Condition { condition, holds: false } => format!("not ({})", condition_text(condition)),
        Test::Is { key, value, holds: true } => format!("{} is {}", shown(key), shown(value)),
        Test::Is { key, value, holds: false } => format!("{} is not {}", shown(key), shown(value)),
        Test::Resource { entry, holds: true } => format!("it matches {}", shown(&entry.to_string())),
        Test::Resource { entry, holds: false } => format!("it does not match {}", shown(&entry.to_string())),
    }
}

/// A condition in one line.
pub(crate) fn condition_text(condition: &Condition) -> String {
    let values = condition.values.iter().map(|value| shown(&value.text)).join(" | ");
    format!("{} {} {values}", shown(&condition.key), condition.operator)
}

/// What is needed in any case, and within that the cases, each a conjunction, in which it is allowed, or those in which
/// it is not: for programs.
pub(crate) fn when_json(when: &When) -> Json {
    let test = |test: &Test| match test {
        Test::Condition { condition, holds } => {
            let mut object = condition_json(condition);
            object["holds"] = json!(holds);
            object
        }
        Test::Is { key, value, holds } => json!({ "key": key, "is": value, "holds": holds }),
        Test::Resource { entry, holds } => json!({ "resource": entry.to_string(), "holds": holds }),
    };
    let form = match when.form {
        Form::If => "any_of",
        Form::Unless => "none_of",
    };
    let cases = when.cases.iter().map(|case| case.iter().map(test).collect::<Vec<Json>>());
    let provided: Vec<Json> = when.provided.iter().map(test).collect();
    json!({ "all_of": provided, form: cases.collect::<Vec<_>>(), "exact": when.exact })
}

/// In one line: what is needed in any case, and then the cases.
pub(crate) fn when_words(when: &When) -> String {
    let all = |tests: &[Test]| tests.iter().map(test_text).join(" and ");
    let cases = match when.cases.as_slice() {
        [] => String::new(),
        [one] => all(one),
        many => many
            .iter()
            .map(|case| if case.len() > 1 { format!("({})", all(case)) } else { all(case) })
            .join(" or "),
    };
    let begin = match (when.exact, when.form) {
        (false, _) => "for example if ",
        (true, Form::Unless) => "unless ",
        (true, Form::If) => "",
    };
    let provided = all(&when.provided);
    match (provided.is_empty(), when.cases.is_empty()) {
        (_, true) => provided,
        (true, false) => format!("{begin}{cases}"),
        (false, false) => {
            let cases = if when.cases.len() > 1 && begin.is_empty() { format!("({cases})") } else { cases };
            let and = if begin == "unless " { "" } else { "and " };
            format!("{provided} {and}{begin}{cases}")
        }
    }
}
