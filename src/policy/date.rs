//! Dates as policies and requests write them (R-CND-24).

use std::str::FromStr;

use bigdecimal::BigDecimal;

/// Where a date is written: only a request may hold a fraction of an epoch second.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// In a request.
    Request,
    /// In a policy.
    Policy,
}

/// Seconds since 1970-01-01T00:00:00Z (R-CND-24).
pub(crate) fn instant(text: &str, side: Side) -> Option<BigDecimal> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) if side == Side::Request => (whole, fraction),
        Some(_) => ("", ""),
        None => (digits, "0"),
    };
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if all_digits(whole) && all_digits(fraction) {
        return BigDecimal::from_str(text.strip_prefix('+').unwrap_or(text)).ok();
    }
    let (date, time) = match text.split_once(['T', 't']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let days = match date.split('-').collect::<Vec<_>>().as_slice() {
        [year, month] if time.is_none() => days(year, month, "01")?,
        [year, month, day] => days(year, month, day)?,
        _ => return None,
    };
    let midnight = BigDecimal::from(days * 86_400);
    Some(match time {
        None => midnight,
        Some(time) => midnight + seconds_of_day(time)?,
    })
}

fn days(year: &str, month: &str, day: &str) -> Option<i64> {
    let (year, month, day) = (fixed(year, 4)?, fixed(month, 2)?, fixed(day, 2)?);
    let date =
        jiff::civil::Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?)
            .ok()?;
    let since = date.since((jiff::Unit::Day, jiff::civil::date(1970, 1, 1))).ok()?;
    Some(i64::from(since.get_days()))
}

/// `hh:mm[:ss[.fff…]][Z|±hh:mm|±hhmm]`, in seconds after midnight UTC.
fn seconds_of_day(time: &str) -> Option<BigDecimal> {
    let at = time.find(['Z', 'z', '+', '-']);
    let (clock, zone) = at.and_then(|at| time.split_at_checked(at)).unwrap_or((time, "Z"));
    let mut parts = clock.split(':');
    let hours = fixed(parts.next()?, 2).filter(|&hours| hours < 24)?;
    let minutes = fixed(parts.next()?, 2).filter(|&minutes| minutes < 60)?;
    let seconds = match parts.next() {
        None => BigDecimal::from(0),
        Some(text) => {
            let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
            fixed(whole, 2).filter(|&seconds| seconds < 60)?;
            let digits = !fraction.is_empty() && fraction.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| BigDecimal::from_str(text).ok()).flatten()?
        }
    };
    if parts.next().is_some() {
        return None;
    }
    Some(BigDecimal::from(hours * 3600 + minutes * 60 - zone_offset(zone)?) + seconds)
}

/// Seconds east of UTC.
fn zone_offset(zone: &str) -> Option<i64> {
    if zone.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let clock = zone.strip_prefix(['+', '-'])?;
    let (hours, minutes) = clock.split_once(':').or_else(|| clock.split_at_checked(2))?;
    let hours = fixed(hours, 2).filter(|&hours| hours < 24)?;
    let minutes = fixed(minutes, 2).filter(|&minutes| minutes < 60)?;
    Some(sign * (hours * 3600 + minutes * 60))
}

/// A number of exactly so many digits.
fn fixed(text: &str, width: usize) -> Option<i64> {
    let digits = text.len() == width && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}
