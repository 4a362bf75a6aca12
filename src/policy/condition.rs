//! Conditions: an operator, the key that it tests, and the values that it tests it for.

use std::fmt;

use super::{Span, Spanned};
use crate::pattern::Pattern;

/// One (operator, key) pair of `Condition` (R-CND-1).
#[derive(Debug, Clone)]
pub struct Condition {
    /// The operator.
    pub operator: Operator,
    /// The context key, case as written.
    pub key: String,
    /// The values; the list may be empty (R-CND-14).
    pub values: Vec<Spanned<ConditionValue>>,
    /// From the key to the end of its values.
    pub span: Span,
}

impl Condition {
    /// A test of a key for some texts, which stand nowhere.
    pub fn of<'t>(key: &str, test: Test, texts: impl IntoIterator<Item = &'t str>) -> Condition {
        let value = |text: &str| ConditionValue { pattern: Pattern::literal(text), text: text.to_owned() };
        let values = texts.into_iter().map(value);
        Condition {
            operator: Operator { quantifier: None, test, if_exists: false },
            key: key.to_owned(),
            values: values.map(|value| Spanned { value, span: Span::NOWHERE }).collect(),
            span: Span::NOWHERE,
        }
    }
}

/// Equal where they say the same, wherever they stand.
impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        (&self.operator, &self.key, &self.values) == (&other.operator, &other.key, &other.values)
    }
}

impl Eq for Condition {}

/// A value of a condition.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ConditionValue {
    /// The text: of a number or boolean its source lexeme (R-GRM-15).
    pub text: String,
    /// The text as a pattern, with the wildcards and variables that are live under its operator.
    pub pattern: Pattern,
}

/// `[ForAllValues:|ForAnyValue:] test [IfExists]` (R-CND-4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Operator {
    /// The set operator.
    pub quantifier: Option<Quantifier>,
    /// The test of one value.
    pub test: Test,
    /// Whether a missing key satisfies it.
    pub if_exists: bool,
}

/// How a test is applied to several request values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quantifier {
    /// `ForAllValues:`
    ForAllValues,
    /// `ForAnyValue:`
    ForAnyValue,
}

macro_rules! tests {
    ($($(#[$doc:meta])* $name:ident)*) => {
        /// A base condition operator (semantics 3.3).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Test { $($(#[$doc])* $name,)* }

        impl Test {
            /// Every base operator.
            pub const ALL: &[Test] = &[$(Test::$name),*];

            /// The name in AWS's spelling.
            pub fn name(self) -> &'static str {
                match self { $(Test::$name => stringify!($name),)* }
            }
        }
    };
}

tests! {
    /// Code-point equality.
    StringEquals
    /// None is equal.
    StringNotEquals
    /// Equality after lower-casing.
    StringEqualsIgnoreCase
    /// None is equal after lower-casing.
    StringNotEqualsIgnoreCase
    /// Glob.
    StringLike
    /// No glob matches.
    StringNotLike
    /// Equal numbers.
    NumericEquals
    /// No number is equal.
    NumericNotEquals
    /// Request value below policy value.
    NumericLessThan
    /// Request value at most policy value.
    NumericLessThanEquals
    /// Request value above policy value.
    NumericGreaterThan
    /// Request value at least policy value.
    NumericGreaterThanEquals
    /// Same instant.
    DateEquals
    /// No instant is the same.
    DateNotEquals
    /// Request instant before policy instant.
    DateLessThan
    /// Request instant not after policy instant.
    DateLessThanEquals
    /// Request instant after policy instant.
    DateGreaterThan
    /// Request instant not before policy instant.
    DateGreaterThanEquals
    /// Same boolean.
    Bool
    /// Same bytes after base64 decoding.
    BinaryEquals
    /// Address in a CIDR block.
    IpAddress
    /// Address in no CIDR block.
    NotIpAddress
    /// Segment-wise ARN glob; the same as `ArnLike`.
    ArnEquals
    /// No ARN glob matches.
    ArnNotEquals
    /// Segment-wise ARN glob.
    ArnLike
    /// No ARN glob matches.
    ArnNotLike
    /// Whether the key is missing.
    Null
}

/// What kind of value a test compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Text.
    String,
    /// Decimal numbers.
    Numeric,
    /// Instants.
    Date,
    /// Booleans.
    Bool,
    /// Bytes.
    Binary,
    /// IP addresses.
    Ip,
    /// ARNs.
    Arn,
    /// Presence.
    Null,
}

impl Test {
    /// What kind of value it compares.
    pub fn family(self) -> Family {
        use Test::*;
        match self {
            StringEquals
            | StringNotEquals
            | StringEqualsIgnoreCase
            | StringNotEqualsIgnoreCase
            | StringLike
            | StringNotLike => Family::String,
            NumericEquals
            | NumericNotEquals
            | NumericLessThan
            | NumericLessThanEquals
            | NumericGreaterThan
            | NumericGreaterThanEquals => Family::Numeric,
            DateEquals
            | DateNotEquals
            | DateLessThan
            | DateLessThanEquals
            | DateGreaterThan
            | DateGreaterThanEquals => Family::Date,
            Bool => Family::Bool,
            BinaryEquals => Family::Binary,
            IpAddress | NotIpAddress => Family::Ip,
            ArnEquals | ArnNotEquals | ArnLike | ArnNotLike => Family::Arn,
            Null => Family::Null,
        }
    }

    /// Whether it holds where *none* of the policy values fits (R-CND-2).
    pub fn is_negated(self) -> bool {
        use Test::*;
        matches!(
            self,
            StringNotEquals
                | StringNotEqualsIgnoreCase
                | StringNotLike
                | NumericNotEquals
                | DateNotEquals
                | NotIpAddress
                | ArnNotEquals
                | ArnNotLike
        )
    }

    /// Whether `*` and `?` in its values are wild.
    pub fn has_wildcards(self) -> bool {
        matches!(self, Test::StringLike | Test::StringNotLike) || self.family() == Family::Arn
    }

    /// Whether policy variables in its values are substituted (R-VAR-3).
    pub fn has_variables(self) -> bool {
        matches!(self.family(), Family::String | Family::Arn | Family::Bool)
    }
}

impl Operator {
    /// Reads an operator, letter case aside (R-CND-4). `NullIfExists` reads as `Null` (R-CND-6), with
    /// `if_exists` set.
    pub fn parse(name: &str) -> Option<Operator> {
        let (quantifier, rest) = match name.split_once(':') {
            None => (None, name),
            Some((set, rest)) if set.eq_ignore_ascii_case("ForAllValues") => {
                (Some(Quantifier::ForAllValues), rest)
            }
            Some((set, rest)) if set.eq_ignore_ascii_case("ForAnyValue") => {
                (Some(Quantifier::ForAnyValue), rest)
            }
            Some(_) => return None,
        };
        let lower = rest.to_ascii_lowercase();
        let (base, if_exists) = match lower.strip_suffix("ifexists") {
            Some(base) => (base, true),
            None => (lower.as_str(), false),
        };
        let test = *Test::ALL.iter().find(|test| test.name().eq_ignore_ascii_case(base))?;
        Some(Operator { quantifier, test, if_exists })
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.quantifier {
            None => "",
            Some(Quantifier::ForAllValues) => "ForAllValues:",
            Some(Quantifier::ForAnyValue) => "ForAnyValue:",
        })?;
        write!(f, "{}{}", self.test.name(), if self.if_exists { "IfExists" } else { "" })
    }
}
