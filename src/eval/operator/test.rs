//! The test of one request value against the values of a condition (semantics 3.3).

use std::cmp::Ordering;
use std::net::IpAddr;
use std::str::FromStr;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bigdecimal::BigDecimal;

use crate::arn::Arn;
use crate::eval::matching;
use crate::pattern::Pattern;
use crate::policy::address::network;
use crate::policy::date::{Side, instant};
use crate::policy::{Condition, ConditionValue, Family, Test};
use crate::request::Context;

/// How one policy value compares with a request value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Fits,
    DoesNot,
    /// The policy value is no value of the operator's type (R-CND-33).
    Unreadable,
}

/// Whether a request value satisfies the condition: some policy value fits, or none where the operator is
/// negated (R-CND-1, R-CND-2). A request value of the wrong type satisfies nothing (R-CND-32); a policy
/// value of the wrong type fits nothing and spoils a negation (R-CND-33).
pub(super) fn satisfied(condition: &Condition, value: &str, context: &Context) -> bool {
    let test = condition.operator.test;
    let Some(value) = read_request_value(test.family(), value) else { return false };
    let outcomes = condition.values.iter().map(|policy| compare(test, &value, policy, context));
    if test.is_negated() {
        outcomes.into_iter().all(|outcome| outcome == Outcome::DoesNot)
    } else {
        outcomes.into_iter().any(|outcome| outcome == Outcome::Fits)
    }
}

/// A request value, read for an operator.
enum Read<'a> {
    Text(&'a str),
    Number(BigDecimal),
    Bool(bool),
    Bytes(Vec<u8>),
    Address(IpAddr),
    Arn(Arn),
}

fn read_request_value(family: Family, value: &str) -> Option<Read<'_>> {
    match family {
        Family::String | Family::Null => Some(Read::Text(value)),
        Family::Numeric => number(value).map(Read::Number),
        Family::Date => instant(value, Side::Request).map(Read::Number),
        Family::Bool => boolean(value).map(Read::Bool),
        Family::Binary => BASE64_STANDARD.decode(value).ok().map(Read::Bytes),
        Family::Ip => value.parse().ok().map(Read::Address),
        Family::Arn => Arn::parse(value).map(Read::Arn),
    }
}

fn compare(test: Test, value: &Read<'_>, policy: &ConditionValue, context: &Context) -> Outcome {
    let fits = |fits: bool| if fits { Outcome::Fits } else { Outcome::DoesNot };
    match value {
        Read::Text(value) => match test {
            Test::StringEqualsIgnoreCase | Test::StringNotEqualsIgnoreCase => {
                let policy = matching::resolve(&policy.pattern, context);
                fits(policy.is_some_and(|policy| lower(&policy) == lower(value)))
            }
            _ => fits(matching::matches(&policy.pattern, value, context) == Some(true)),
        },
        Read::Number(value) => {
            let read = match test.family() {
                Family::Date => instant(&policy.text, Side::Policy),
                _ => number(&policy.text),
            };
            read.map_or(Outcome::Unreadable, |policy| fits(ordered(test, value.cmp(&policy))))
        }
        // An unresolved variable is not unreadable (R-CND-34).
        Read::Bool(value) => match matching::resolve(&policy.pattern, context) {
            Some(policy) => boolean(&policy).map_or(Outcome::Unreadable, |policy| fits(policy == *value)),
            None => Outcome::DoesNot,
        },
        Read::Bytes(value) => {
            let policy = BASE64_STANDARD.decode(&policy.text).ok();
            policy.map_or(Outcome::Unreadable, |policy| fits(policy == *value))
        }
        Read::Address(value) => {
            network(&policy.text).map_or(Outcome::Unreadable, |net| fits(net.contains(value)))
        }
        Read::Arn(value) => arn_fits(&policy.pattern, value, context),
    }
}

/// Equality and the four inequalities: request OP policy.
fn ordered(test: Test, request_to_policy: Ordering) -> bool {
    match test {
        Test::NumericLessThan | Test::DateLessThan => request_to_policy.is_lt(),
        Test::NumericLessThanEquals | Test::DateLessThanEquals => request_to_policy.is_le(),
        Test::NumericGreaterThan | Test::DateGreaterThan => request_to_policy.is_gt(),
        Test::NumericGreaterThanEquals | Test::DateGreaterThanEquals => request_to_policy.is_ge(),
        _ => request_to_policy.is_eq(),
    }
}

/// Simple lower-casing per code point (R-CND-20).
fn lower(text: &str) -> String {
    let simple = |c: char| {
        // Of all code points only U+0130 has a lower case of several; its simple one is `i`.
        if c == '\u{130}' { 'i' } else { c.to_lowercase().next().unwrap_or(c) }
    };
    text.chars().map(simple).collect()
}

/// `[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,4})?` (R-CND-22).
fn number(text: &str) -> Option<BigDecimal> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let unsigned = |text: &str| text.strip_prefix(['+', '-']).unwrap_or(text).to_owned();
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(unsigned(exponent))),
        None => (text, None),
    };
    let magnitude = unsigned(mantissa);
    let legal_mantissa = match magnitude.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(&magnitude),
    };
    let legal_exponent = exponent.is_none_or(|exponent| digits(&exponent) && exponent.len() <= 4);
    let text = text.strip_prefix('+').unwrap_or(text);
    (legal_mantissa && legal_exponent).then(|| BigDecimal::from_str(text).ok()).flatten()
}

/// Any letter case (R-CND-26).
fn boolean(text: &str) -> Option<bool> {
    match text {
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// Segment by segment, without filling; a lone `*` is any ARN (R-CND-29).
fn arn_fits(pattern: &Pattern, value: &Arn, context: &Context) -> Outcome {
    if pattern.is_all_stars() {
        return Outcome::Fits;
    }
    let segments = pattern.split_at_colons(5);
    let matches: Option<Vec<bool>> = segments
        .iter()
        .zip(value.fields())
        .map(|(segment, field)| matching::matches(segment, field, context))
        .collect();
    match matches {
        None => Outcome::DoesNot,
        Some(_) if segments.len() < 6 => Outcome::Unreadable,
        Some(matches) if matches.iter().all(|&matched| matched) => Outcome::Fits,
        Some(_) => Outcome::DoesNot,
    }
}
