//! `--baseline`: findings that were there before, and do not count.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::super::error::{CliError, ErrorKind};
use super::super::session::Session;
use super::super::source::Given;
use super::super::staged::cannot_write;
use super::super::text::{count, shown};
use super::Checked;
use super::fingerprint::{file, fingerprint};

/// The form of the file.
const SCHEMA: &str = "iamdb.baseline/1";

/// A file of known findings.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Baseline {
    schema: String,
    findings: Vec<Known>,
}

/// One of them. All but the fingerprint is for people.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    fingerprint: String,
    file: String,
    code: String,
    message: String,
}

/// Leaves out what a baseline knows, each as often as it knows it.
pub(super) fn leave_out(path: &str, checked: &mut [Checked], session: &mut Session) -> Result<(), CliError> {
    let given = Given::from_file(path)?;
    let baseline: Baseline =
        serde_json::from_str(&given.text).map_err(|error| no_baseline(path, &error.to_string()))?;
    if baseline.schema != SCHEMA {
        return Err(no_baseline(
            path,
            &format!("its schema is `{}`, not `{SCHEMA}`", shown(&baseline.schema)),
        ));
    }
    let mut left: BTreeMap<&str, usize> = BTreeMap::new();
    for known in &baseline.findings {
        *left.entry(&known.fingerprint).or_default() += 1;
    }
    let mut known = 0;
    for Checked { document, findings, .. } in checked {
        findings.retain(|finding| match left.get_mut(fingerprint(finding, document).as_str()) {
            Some(times) if *times > 0 => {
                *times -= 1;
                known += 1;
                false
            }
            _ => true,
        });
    }
    let gone: usize = left.values().sum();
    let known = count(known, "finding of the baseline is", "findings of the baseline are");
    let mut note = format!("{known} still there and left out");
    if gone > 0 {
        note.push_str(&format!("; {gone} not: `--write-baseline` writes it again"));
    }
    session.out.note(&note);
    Ok(())
}

fn no_baseline(path: &str, why: &str) -> CliError {
    let message = format!("`{}` is no baseline: {}", shown(path), shown(why));
    CliError::new(ErrorKind::InvalidInput, message).hint("`--write-baseline FILE` writes one")
}

/// Writes down what was found.
pub(super) fn write(path: &str, checked: &[Checked], session: &mut Session) -> Result<(), CliError> {
    let findings = checked.iter().flat_map(|Checked { document, findings, .. }| {
        findings.iter().map(move |finding| Known {
            fingerprint: fingerprint(finding, document),
            file: file(&document.label).to_owned(),
            code: finding.code.to_owned(),
            message: finding.message.clone(),
        })
    });
    let baseline = Baseline { schema: SCHEMA.to_owned(), findings: findings.collect() };
    let number = baseline.findings.len();
    let text = serde_json::to_string_pretty(&baseline).map_err(|error| CliError::printing(&error.into()))?;
    fs::write(path, text + "\n").map_err(|error| cannot_write(Path::new(path), &error))?;
    session.out.note(&format!("wrote {} to `{}`", count(number, "finding", "findings"), shown(path)));
    Ok(())
}
