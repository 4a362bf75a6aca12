//! Whether a bucket's policy is public in the sense of S3 Block Public Access (R-EVL-62).

use ipnet::IpNet;

use super::address::network;
use super::{
    Condition, ConditionValue, Effect, Family, Policy, PrincipalEntry, Quantifier, Selector, Statement,
};
use crate::pattern::{Pattern, Piece};

impl Policy {
    /// Whether some statement allows anyone without pinning who that is (R-EVL-62).
    pub fn is_public(&self) -> bool {
        self.statements.iter().any(is_statement_public)
    }
}

fn is_statement_public(statement: &Statement) -> bool {
    let anyone = match &statement.principal {
        Some(Selector::In(entries)) => entries.iter().any(|entry| entry.value == PrincipalEntry::Everyone),
        Some(Selector::NotIn(_)) | None => true,
    };
    statement.effect == Effect::Allow && anyone && !statement.conditions.iter().any(pins)
}

/// Keys that a fixed value of pins the caller or where it calls from.
const FIXED: [&str; 16] = [
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalaccount",
    "aws:sourcearn",
    "aws:sourceaccount",
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:sourcevpcarn",
    "aws:vpceaccount",
    "aws:vpceorgid",
    "aws:vpceorgpaths",
    "aws:principalservicename",
    "aws:principalservicenameslist",
    "s3:dataaccesspointaccount",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
];

impl Condition {
    /// Whether it is a positive test that a missing key does not pass, as those have to be that pin (R-EVL-62).
    pub fn is_positive(&self) -> bool {
        let operator = self.operator;
        !operator.test.is_negated()
            && !operator.if_exists
            && operator.quantifier != Some(Quantifier::ForAllValues)
            && matches!(operator.test.family(), Family::String | Family::Arn | Family::Ip | Family::Bool)
    }

    /// Whether it pins the caller, or where it calls from, to fixed values (R-EVL-62).
    pub fn pins_caller(&self) -> bool {
        pins(self)
    }
}

/// Whether a condition pins: a positive test on one of the keys, with nothing but fixed values.
fn pins(condition: &Condition) -> bool {
    let key = condition.key.to_ascii_lowercase();
    let pinned = |value: &ConditionValue| match key.as_str() {
        "aws:sourceip" => is_bounded(&value.text),
        "aws:principalisawsservice" => value.text.eq_ignore_ascii_case("true"),
        "aws:principalarn" => is_fixed(&value.pattern) || is_account_fixed(&value.pattern),
        "aws:userid" => !is_whole_role(value) && !is_wild(&value.pattern),
        "s3:dataaccesspointarn" => is_access_point_fixed(&value.pattern),
        key => FIXED.contains(&key) && is_fixed(&value.pattern),
    };
    condition.is_positive()
        && !condition.values.is_empty()
        && condition.values.iter().all(|value| pinned(&value.value))
}

/// Nothing but text, and some.
fn is_fixed(pattern: &Pattern) -> bool {
    pattern.as_text().is_some_and(|text| !text.is_empty() && !text.contains(['*', '?']))
}

/// Whether it begins with a wildcard or holds a variable: then it fixes nobody.
fn is_wild(pattern: &Pattern) -> bool {
    let begins_wild = matches!(pattern.pieces().first(), None | Some(Piece::Star | Piece::Question));
    begins_wild || pattern.variables().next().is_some()
}

/// `AROA…:*` is every session of a role.
fn is_whole_role(value: &ConditionValue) -> bool {
    value.text.starts_with("AROA") && value.text.ends_with(":*")
}

/// An ARN whose account field is text.
fn is_account_fixed(pattern: &Pattern) -> bool {
    let segments = pattern.split_at_colons(5);
    segments.len() == 6 && segments.get(4).is_some_and(is_fixed)
}

/// The ARN of access points whose wildcards, if any, are in the name.
fn is_access_point_fixed(pattern: &Pattern) -> bool {
    let segments = pattern.split_at_colons(5);
    let fixed = segments.iter().take(5).all(is_fixed);
    let named = segments.get(5).and_then(|segment| segment.pieces().first());
    segments.len() == 6
        && fixed
        && matches!(named, Some(Piece::Text(text)) if text.starts_with("accesspoint/"))
}

/// A network that is small enough to say where from: IPv4 of at least eight bits, which every private one has, or
/// IPv6 of at least 32.
fn is_bounded(text: &str) -> bool {
    match network(text) {
        Some(IpNet::V4(net)) => net.prefix_len() >= 8,
        Some(IpNet::V6(net)) => net.prefix_len() >= 32,
        None => false,
    }
}
