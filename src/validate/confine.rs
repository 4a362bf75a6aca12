//! Where AWS wants wildcards and variables to leave little open: the policies of VPC endpoints and resource control
//! policies (R-GRM-35, R-KEY-5).

use super::subject::{Report, Subject, lower_key};
use crate::pattern::{Pattern, Piece, Syntax};
use crate::policy::{Condition, ConditionValue, Family, PolicyType, Spanned, Test};

/// How many characters in a row must be written out.
const FIXED: usize = 6;

/// The identifiers that are written out as a whole (R-KEY-5).
const IDENTIFIERS: [&str; 10] = [
    "aws:principalaccount",
    "aws:principalorgid",
    "aws:resourceaccount",
    "aws:resourceorgid",
    "aws:sourceaccount",
    "aws:sourceorgid",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:vpceaccount",
    "aws:vpceorgid",
];

/// What is left open.
#[derive(Clone, Copy)]
enum Open {
    Wildcard,
    Variable,
}

pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    if !matches!(subject.policy_type(), PolicyType::VpcEndpoint | PolicyType::Rcp) {
        return;
    }
    for (_, condition) in subject.conditions() {
        let is_text = matches!(condition.operator.test.family(), Family::String | Family::Arn);
        if !is_text || condition.operator.test == Test::Null {
            continue;
        }
        for value in &condition.values {
            check_value(condition, value, report);
        }
    }
}

fn check_value(condition: &Condition, value: &Spanned<ConditionValue>, report: &mut Report<'_>) {
    let Some((open, opened)) = first_open(&value.pattern) else { return };
    // A lone `*` asks whether the key is there, and a variable alone compares two keys of the request.
    if value.pattern.is_all_stars() {
        return;
    }
    let key = lower_key(condition);
    let problem = if IDENTIFIERS.contains(&key.as_str()) {
        Some(format!("`{}` is an identifier, to be written out", condition.key))
    } else if key == "aws:userid" && !has_id(&value.text) {
        Some(format!("`{}` leaves open whose id it is", value.text))
    } else if condition.operator.test.family() == Family::String && !is_fixed(&value.pattern, opened) {
        Some(format!("`{}` has fewer than {FIXED} characters in a row before what is left open", value.text))
    } else {
        None
    };
    let code = match open {
        Open::Wildcard => "WILDCARD_USAGE_TOO_PERMISSIVE",
        Open::Variable => "VARIABLE_USAGE_TOO_PERMISSIVE",
    };
    if let Some(message) = problem {
        report.add(code, value.span, message);
    }
}

/// The first piece that leaves something open, and its place among the pieces.
fn first_open(pattern: &Pattern) -> Option<(Open, usize)> {
    pattern.pieces().iter().enumerate().find_map(|(nth, piece)| match piece {
        Piece::Star | Piece::Question => Some((Open::Wildcard, nth)),
        Piece::Variable(_) => Some((Open::Variable, nth)),
        Piece::Text(_) => None,
    })
}

/// Whether enough is written out beside the piece.
fn is_fixed(pattern: &Pattern, opened: usize) -> bool {
    let text = |nth: Option<usize>| match nth.and_then(|nth| pattern.pieces().get(nth)) {
        Some(Piece::Text(text)) => text.chars().count(),
        _ => 0,
    };
    text(opened.checked_sub(1)) >= FIXED
}

/// `AROA…:` of an `aws:userid`, before the session's name.
fn has_id(text: &str) -> bool {
    let (pattern, _) = Pattern::parse(text, Syntax { wildcards: true, variables: true });
    matches!(pattern.pieces().first(), Some(Piece::Text(start)) if start.contains(':') || start.chars().count() >= 16)
}
