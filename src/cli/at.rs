//! Times of the command line: `--at`, as of when a question is asked; `A..B`; `--now`, when a request is made.

use jiff::Timestamp;

use crate::store::{At, ChangeNumber};

/// The option of every command that reads.
#[derive(Debug, clap::Args)]
pub(crate) struct AtArgs {
    /// Answer as of then: a change number, a time (2026-11-01T12:00:00Z) or a day (2026-11-01: its end, UTC)
    #[arg(long, value_name = "TIME|CHANGE", value_parser = parse, default_value = "now", hide_default_value = true,
        allow_negative_numbers = true)]
    pub(crate) at: When,
}

/// A parsed `--at`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct When(pub(crate) At);

pub(super) fn parse(text: &str) -> Result<When, String> {
    if text == "now" {
        return Ok(When(At::Now));
    }
    if let Ok(number) = text.parse::<u32>() {
        return Ok(When(At::Change(ChangeNumber(number.into()))));
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(When(At::Time(time)));
    }
    if let Ok(last_second) = format!("{text}T23:59:59Z").parse::<Timestamp>() {
        return Ok(When(At::Time(last_second)));
    }
    Err("expected a change number (12), a time with its offset (2026-11-01T12:00:00Z) or a day (2026-11-01)"
        .to_owned())
}

/// `A..B`, two times; `A..` is until now.
pub(super) fn range(text: &str) -> Result<(When, When), String> {
    let (from, to) = text.split_once("..").ok_or("expected two times or change numbers, A..B")?;
    Ok((parse(from)?, parse(if to.is_empty() { "now" } else { to })?))
}

/// `--now`: the time of a request.
pub(crate) fn time(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| "expected a time with its offset (2026-11-01T12:00:00Z)".to_owned())
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn reads_numbers_times_and_days() {
        assert_eq!(parse("12").unwrap().0, At::Change(ChangeNumber(12)));
        let end: Timestamp = "2026-11-01T23:59:59Z".parse().unwrap();
        assert_eq!(parse("2026-11-01").unwrap().0, At::Time(end));
        assert_eq!(parse("2026-11-02T00:59:59+01:00").unwrap().0, At::Time(end));
        assert!(parse("yesterday").is_err());
        assert!(parse("2026-11-01T12:00:00").is_err());
        assert!(parse("-1").is_err());
    }
}
