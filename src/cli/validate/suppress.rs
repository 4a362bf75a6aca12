//! `--suppress`: findings that somebody has accepted, with a reason, and until when.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use super::super::error::{CliError, ErrorKind};
use super::super::session::Session;
use super::super::source::Given;
use super::super::text::{count, shown};
use super::fingerprint::file;
use super::{Checked, Document};
use crate::pattern::{Pattern, Syntax};
use crate::policy::parse;
use crate::tell::{Letters, covers};
use crate::validate::{Finding, PathElement, check};

/// What a file of suppressions holds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Suppressions {
    suppressions: Vec<Suppression>,
}

/// One of them. What it does not say may be anything.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Suppression {
    /// The code.
    code: String,
    /// The file, perhaps with `*` and `?`.
    file: Option<String>,
    /// The Sid of the statement.
    sid: Option<String>,
    /// Why.
    reason: String,
    /// The last day.
    #[serde(deserialize_with = "day")]
    until: Date,
}

fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| D::Error::custom(format!("`{text}` is no day such as 2027-06-30")))
}

/// Leaves out what is suppressed on a day; says what has run out, and what suppresses nothing.
pub(super) fn leave_out(
    path: &str,
    now: Timestamp,
    checked: &mut [Checked],
    session: &mut Session,
) -> Result<(), CliError> {
    let suppressions = read(path)?;
    let today = Offset::UTC.to_datetime(now).date();
    let mut used = vec![0_usize; suppressions.len()];
    for Checked { document, findings, options } in checked {
        let sids = parse(&document.text, options.policy_type).policy.statements;
        findings.retain(|finding| {
            let sid = statement(finding).and_then(|index| {
                sids.iter()
                    .find(|statement| statement.index == index)
                    .and_then(|statement| statement.sid.as_deref())
            });
            let mut kept = true;
            for (suppression, used) in suppressions.iter().zip(&mut used) {
                if suppression.fits(finding, document, sid) {
                    *used += 1;
                    kept &= suppression.until < today;
                }
            }
            kept
        });
    }
    for (suppression, used) in suppressions.iter().zip(&used) {
        let Suppression { code, until, reason, .. } = suppression;
        let (code, reason) = (shown(code), shown(reason));
        if *used == 0 {
            session.out.warning(&format!("the suppression of {code} ({reason}) suppresses nothing"))?;
        } else if *until < today {
            session.out.warning(&format!("the suppression of {code} ({reason}) ran out on {until}"))?;
        }
    }
    let active = suppressions.iter().zip(&used).filter(|(suppression, _)| suppression.until >= today);
    let number: usize = active.map(|(_, used)| used).sum();
    session.out.note(&format!(
        "{} suppressed by `{}`",
        count(number, "finding is", "findings are"),
        shown(path)
    ));
    Ok(())
}

fn read(path: &str) -> Result<Vec<Suppression>, CliError> {
    let given = Given::from_file(path)?;
    let wrong = |why: String| {
        let message = format!("`{}` is no file of suppressions: {}", shown(path), shown(&why));
        CliError::new(ErrorKind::InvalidInput, message).hint(
            "it is {\"suppressions\": [{\"code\": \"REDUNDANT_ACTION\", \"file\": \"policies/*.json\", \
             \"reason\": \"generated\", \"until\": \"2027-06-30\"}]}",
        )
    };
    let read: Suppressions = serde_json::from_str(&given.text).map_err(|error| wrong(error.to_string()))?;
    for Suppression { code, reason, .. } in &read.suppressions {
        if check(code).is_none() {
            return Err(wrong(format!("there is no check `{code}`; `iamdb validate --list` shows them")));
        }
        if reason.trim().is_empty() {
            return Err(wrong(format!("the suppression of {code} gives no reason")));
        }
    }
    Ok(read.suppressions)
}

/// The index of the statement that a finding is about.
fn statement(finding: &Finding) -> Option<usize> {
    match finding.locations.first()?.path.as_slice() {
        [PathElement::Value(name), PathElement::Index(index), ..] if name == "Statement" => Some(*index),
        [PathElement::Value(name), ..] if name == "Statement" => Some(0),
        _ => None,
    }
}

impl Suppression {
    fn fits(&self, finding: &Finding, document: &Document, sid: Option<&str>) -> bool {
        let in_file = self.file.as_ref().is_none_or(|pattern| {
            let read = |text: &str, wildcards| Pattern::parse(text, Syntax { wildcards, variables: false }).0;
            covers(&read(file(pattern), true), &read(file(&document.label), false), Letters::AsWritten)
        });
        self.code == finding.code && in_file && self.sid.as_deref().is_none_or(|wanted| sid == Some(wanted))
    }
}
