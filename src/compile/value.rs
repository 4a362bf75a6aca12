//! The values that satisfy a condition's test, as a set in the domain of the operator's family (semantics 3.3).

use std::net::IpAddr;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bigdecimal::{BigDecimal, RoundingMode, ToPrimitive};
use ipnet::IpNet;
use jiff::Timestamp;

use super::variable;
use crate::algebra::domain::{Domain, Region};
use crate::algebra::line::{DenseCut, DiscreteCut, Line};
use crate::algebra::{Chars, Exhausted, Flag, Glob, Language, Meter, Piece, SetAlgebra};
use crate::arn::AccountId;
use crate::policy::date::{Side, instant};
use crate::policy::{ConditionValue, Family, Test};

/// Decimal numbers.
pub(super) type Numbers = Line<DenseCut<BigDecimal>>;
/// Instants in whole seconds.
pub(super) type Instants = Line<DiscreteCut<i64>>;
/// Addresses of both versions.
pub(super) type Addresses = Line<DiscreteCut<IpAddr>>;

/// The first second that requests write, 0000-01-01T00:00:00Z: years have four digits (R-CND-24).
const FIRST_SECOND: i64 = -62_167_219_200;
/// The last: 9999-12-30T21:59:59Z, the last full second of this program's clock.
const LAST_SECOND: i64 = 253_402_207_199;

/// A set of values of one family.
pub(super) enum Values {
    /// Strings, ARNs and bytes in Base64.
    Text(Language),
    Number(Region<Numbers>),
    /// In seconds; those of a request can lie between two.
    Instant(Region<Numbers>),
    Flag(Region<Flag>),
    Address(Region<Addresses>),
}

impl Values {
    /// Whether a text is in the set, read as the family reads it.
    pub(super) fn accepts(&self, text: &str) -> bool {
        match self {
            Values::Text(language) => language.accepts(text),
            Values::Number(numbers) => number(text).is_some_and(|number| numbers.contains(&number)),
            Values::Instant(instants) => {
                instant(text, Side::Request).is_some_and(|at| instants.contains(&at))
            }
            Values::Flag(flags) => flag(text).is_some_and(|flag| flags.contains(&flag)),
            Values::Address(addresses) => text.parse().is_ok_and(|address| addresses.contains(&address)),
        }
    }
}

/// The values that satisfy a test: those that fit some policy value, or the readable ones that fit none where the
/// test is negated; nothing, where it is negated and a policy value is not readable (R-CND-1, 2, 32, 33).
/// Variables must be known.
pub(super) fn satisfying(
    test: Test,
    values: &[&ConditionValue],
    variables: variable::Values<'_>,
    meter: &mut Meter,
) -> Result<Values, Exhausted> {
    let fitting = fitting(test, values, variables, meter)?;
    if !test.is_negated() {
        return Ok(fitting.values);
    }
    if fitting.unreadable {
        return Ok(nothing(test.family()));
    }
    Ok(match fitting.values {
        Values::Text(language) => {
            Values::Text(readable_text(test.family(), meter)?.difference(&language, meter)?)
        }
        Values::Number(numbers) => Values::Number(numbers.complement()),
        Values::Instant(instants) => Values::Instant(instants.complement()),
        Values::Flag(flags) => Values::Flag(flags.complement()),
        Values::Address(addresses) => Values::Address(addresses.complement()),
    })
}

/// No value of a family.
fn nothing(family: Family) -> Values {
    match family {
        Family::Numeric => Values::Number(Region::empty()),
        Family::Date => Values::Instant(Region::empty()),
        Family::Bool => Values::Flag(Region::empty()),
        Family::Ip => Values::Address(Region::empty()),
        Family::String | Family::Arn | Family::Binary | Family::Null => Values::Text(Region::empty()),
    }
}

/// The texts that a text family reads.
pub(super) fn readable_text(family: Family, meter: &mut Meter) -> Result<Language, Exhausted> {
    if family == Family::Arn { arns(meter) } else { Ok(Region::full()) }
}

/// Every ARN (R-RES-1).
pub(super) fn arns(meter: &mut Meter) -> Result<Language, Exhausted> {
    let field = [Piece::Many(Chars::NotIn(vec![':'])), Piece::One(Chars::Only(':'))];
    let mut glob = Glob::literal("arn:");
    (0..4).for_each(|_| glob.extend(field.clone()));
    glob.extend([Piece::Many(Chars::Any)]);
    Language::of(&glob, meter)
}

/// The id of any account.
pub(super) fn account() -> Glob {
    let digit = Piece::One(Chars::In(('0'..='9').collect()));
    std::iter::repeat_n(digit, AccountId::UNSET.len()).collect()
}

/// The values that fit some policy value, and whether some policy value is not of the family.
pub(super) struct Fitting {
    pub(super) values: Values,
    pub(super) unreadable: bool,
}

/// What fits any of the policy values.
pub(super) fn fitting(
    test: Test,
    values: &[&ConditionValue],
    variables: variable::Values<'_>,
    meter: &mut Meter,
) -> Result<Fitting, Exhausted> {
    let mut unreadable = false;
    let values = match test.family() {
        Family::String | Family::Null => {
            let texts: Option<Vec<_>> = values.iter().map(|value| variable::text(&value.pattern)).collect();
            if let Some(texts) = texts.filter(|_| !ignores_case(test)) {
                let language = Language::of_texts(texts, meter)?;
                return Ok(Fitting { values: Values::Text(language), unreadable });
            }
            let mut globs = Vec::new();
            for value in values {
                globs.extend(string_globs(test, value, variables)?);
            }
            Values::Text(Language::any_of(&globs, meter)?)
        }
        Family::Arn => {
            let mut globs = Vec::new();
            for value in values {
                match arn_globs(value, variables)? {
                    Some(more) => globs.extend(more),
                    None => unreadable = true,
                }
            }
            let texts = Language::any_of(&globs, meter)?;
            // Six segments, of which the first is that of an ARN, are an ARN.
            let arn = Glob::literal("arn:");
            if globs.iter().all(|glob| glob.pieces().starts_with(arn.pieces())) {
                Values::Text(texts)
            } else {
                Values::Text(texts.intersection(&arns(meter)?, meter)?)
            }
        }
        Family::Binary => {
            let is_base64 = |value: &&&ConditionValue| BASE64_STANDARD.decode(&value.text).is_ok();
            let (good, bad): (Vec<_>, Vec<_>) = values.iter().partition(is_base64);
            unreadable = !bad.is_empty();
            // The encoding is one-to-one.
            let globs: Vec<Glob> =
                good.iter().map(|value: &&&ConditionValue| Glob::literal(&value.text)).collect();
            Values::Text(Language::any_of(&globs, meter)?)
        }
        Family::Bool => {
            let mut flags = Vec::new();
            for value in values {
                for way in variables.ways(&value.pattern)? {
                    match way.template.as_text().and_then(flag) {
                        Some(value) => flags.push(Region::<Flag>::only(value)),
                        None => unreadable = true,
                    }
                }
            }
            Values::Flag(Region::union_of(&flags, meter)?)
        }
        Family::Numeric => {
            let regions: Vec<_> =
                values.iter().filter_map(|value| number(&value.text)).map(|at| numbers(test, at)).collect();
            unreadable = regions.len() < values.len();
            Values::Number(Region::union_of(&regions, meter)?)
        }
        Family::Date => {
            let read = values.iter().filter_map(|value| instant(&value.text, Side::Policy));
            let regions: Vec<_> = read.map(|at| numbers(test, at)).collect();
            unreadable = regions.len() < values.len();
            Values::Instant(Region::union_of(&regions, meter)?)
        }
        Family::Ip => {
            let regions: Vec<_> =
                values.iter().filter_map(|value| network(&value.text)).map(addresses).collect();
            unreadable = regions.len() < values.len();
            Values::Address(Region::union_of(&regions, meter)?)
        }
    };
    Ok(Fitting { values, unreadable })
}

/// Whether a String operator takes upper for lower case.
pub(super) fn ignores_case(test: Test) -> bool {
    matches!(test, Test::StringEqualsIgnoreCase | Test::StringNotEqualsIgnoreCase)
}

/// What matches a value of a String operator.
fn string_globs(
    test: Test,
    value: &ConditionValue,
    variables: variable::Values<'_>,
) -> Result<Vec<Glob>, Exhausted> {
    let glob = |way: variable::Way| match way.template.as_text() {
        Some(text) if ignores_case(test) => Glob::any_case(text),
        _ => way.template.glob(),
    };
    Ok(variables.ways(&value.pattern)?.into_iter().map(glob).collect())
}

/// R-CND-29: by segments, without filling; a lone `*` is any ARN. None where there are fewer than six segments.
/// With a variable that has no value it is not unreadable but matches nothing (R-CND-34).
fn arn_globs(
    value: &ConditionValue,
    variables: variable::Values<'_>,
) -> Result<Option<Vec<Glob>>, Exhausted> {
    if value.pattern.is_all_stars() {
        return Ok(Some(vec![Glob::parse("*")]));
    }
    let segments = value.pattern.split_at_colons(5);
    for segment in &segments {
        if variables.ways(segment)?.is_empty() {
            return Ok(Some(Vec::new()));
        }
    }
    if segments.len() < 6 {
        return Ok(None);
    }
    Ok(Some(variables.ways_of_arn(&segments)?.iter().map(|way| way.template.glob()).collect()))
}

/// `[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,4})?` (R-CND-22).
pub(super) fn number(text: &str) -> Option<BigDecimal> {
    let rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (rest, exponent) =
        rest.split_once(['e', 'E']).map_or((rest, "0"), |(rest, exponent)| (rest, exponent));
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let (whole, fraction) = rest.split_once('.').unwrap_or((rest, "0"));
    let is_number = |digits: &str| !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit());
    let is_legal = is_number(whole) && is_number(fraction) && is_number(exponent) && exponent.len() <= 4;
    if is_legal { text.strip_prefix('+').unwrap_or(text).parse().ok() } else { None }
}

/// R-CND-26.
pub(super) fn flag(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// The instant of a request's text, in whole seconds; none where it has a fraction, which no request of the universe
/// has (R-EVL-76).
pub(super) fn request_second(text: &str) -> Option<i64> {
    let at = instant(text, Side::Request)?;
    if at.is_integer() { at.to_i64() } else { None }
}

/// An address with or without a prefix length (R-CND-28).
fn network(text: &str) -> Option<IpNet> {
    let Some((address, length)) = text.split_once('/') else {
        return text.parse::<IpAddr>().ok().map(IpNet::from);
    };
    let is_number = !length.is_empty() && length.chars().all(|c| c.is_ascii_digit());
    if is_number { IpNet::new(address.parse().ok()?, length.parse().ok()?).ok() } else { None }
}

fn addresses(net: IpNet) -> Region<Addresses> {
    Region::from_to(net.network(), net.broadcast())
}

fn numbers(test: Test, at: BigDecimal) -> Region<Numbers> {
    match test {
        Test::NumericLessThan | Test::DateLessThan => Region::range(None, Some(DenseCut::before(at))),
        Test::NumericLessThanEquals | Test::DateLessThanEquals => {
            Region::range(None, Some(DenseCut::after(at)))
        }
        Test::NumericGreaterThan | Test::DateGreaterThan => Region::range(Some(DenseCut::after(at)), None),
        Test::NumericGreaterThanEquals | Test::DateGreaterThanEquals => {
            Region::range(Some(DenseCut::before(at)), None)
        }
        _ => Region::<Numbers>::range(Some(DenseCut::before(at.clone())), Some(DenseCut::after(at))),
    }
}

/// The whole seconds of a set of instants. What is before the first or behind the last that requests write counts as
/// that very one.
pub(super) fn seconds(instants: &Region<Numbers>, meter: &mut Meter) -> Result<Region<Instants>, Exhausted> {
    let clamped = |at: BigDecimal| {
        let beyond = if at > 0 { LAST_SECOND + 1 } else { FIRST_SECOND - 1 };
        at.to_i64().map_or(beyond, |second| second.clamp(FIRST_SECOND - 1, LAST_SECOND + 1))
    };
    // The first whole second behind a cut.
    let behind = |cut: &DenseCut<BigDecimal>| {
        let floor = clamped(cut.at().with_scale_round(0, RoundingMode::Floor));
        let ceiling = clamped(cut.at().with_scale_round(0, RoundingMode::Ceiling));
        if cut.includes_right() { ceiling } else { floor + 1 }
    };
    let range = |(low, high): (Option<&DenseCut<BigDecimal>>, Option<&DenseCut<BigDecimal>>)| {
        let first = low.map_or(FIRST_SECOND, behind).max(FIRST_SECOND);
        let last = high.map_or(LAST_SECOND, |cut| behind(cut) - 1).min(LAST_SECOND);
        if first > last {
            return Region::empty();
        }
        let first = if first == FIRST_SECOND { i64::MIN } else { first };
        let last = if last == LAST_SECOND { i64::MAX } else { last };
        Region::from_to(first, last)
    };
    let ranges: Vec<Region<Instants>> = instants.ranges().map(range).collect();
    Region::union_of(&ranges, meter)
}

/// The points whose text satisfies a test that compares whole texts, given the points that its values may be.
pub(super) fn points_by_text<D: Domain>(
    test: Test,
    candidates: Vec<(D::Point, Region<D>)>,
    satisfying: &Values,
    write: impl Fn(&D::Point) -> Option<String>,
    meter: &mut Meter,
) -> Result<Region<D>, Exhausted> {
    let is_satisfied = |point: &D::Point| write(point).is_some_and(|text| satisfying.accepts(&text));
    let special = candidates.into_iter().filter(|(point, _)| is_satisfied(point) != test.is_negated());
    let special: Vec<Region<D>> = special.map(|(_, region)| region).collect();
    let special = Region::union_of(&special, meter)?;
    Ok(if test.is_negated() { special.complement() } else { special })
}

/// The texts of values without wildcards and open variables; none where some have them.
pub(super) fn whole_texts(
    values: &[&ConditionValue],
    variables: variable::Values<'_>,
) -> Result<Option<Vec<String>>, Exhausted> {
    let mut texts = Vec::new();
    for value in values {
        for way in variables.ways(&value.pattern)? {
            match way.template.as_text() {
                Some(text) => texts.push(text.to_owned()),
                None => return Ok(None),
            }
        }
    }
    Ok(Some(texts))
}

/// One second.
pub(super) fn second(at: i64) -> Region<Instants> {
    Region::from_to(at, at)
}

/// A second as requests write it (R-CND-31).
pub(super) fn written_instant(second: i64) -> Option<String> {
    Timestamp::from_second(second).ok().map(|at| at.to_string())
}
