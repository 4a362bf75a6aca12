//! Findings as commands that a workflow of GitHub shows beside the changed lines.

use super::super::text::shown;
use super::places::{Place, placed};
use super::report::level;
use super::{Checked, Document};
use crate::validate::{Finding, FindingType};

/// One command for each finding.
pub(super) fn written(checked: &[Checked]) -> String {
    let mut lines = String::new();
    for Checked { document, findings, .. } in checked {
        for (finding, places) in placed(findings, document) {
            let place = places.first().map(|(_, place)| *place).unwrap_or_default();
            lines.push_str(&command(finding, document, place));
            lines.push('\n');
        }
    }
    lines
}

fn command(finding: &Finding, document: &Document, Place { start, end }: Place) -> String {
    let severity = match finding.finding_type {
        FindingType::Error | FindingType::SecurityWarning => "error",
        FindingType::Warning => "warning",
        FindingType::Suggestion => "notice",
    };
    // Columns mark a part of one line only.
    let columns = match start.line == end.line {
        true => format!(",col={},endColumn={}", start.column, end.column),
        false => String::new(),
    };
    // The lines of a policy inside a plan are not those of the file.
    let place = match document.is_in_file() {
        true => format!(",line={},endLine={}{columns}", start.line, end.line),
        false => String::new(),
    };
    let label = document.label.as_str();
    let file = property(label.strip_prefix("./").unwrap_or(label));
    let title = format!("{} {}", level(finding.finding_type), finding.code);
    let mut message = finding.message.clone();
    if let Some(suggestion) = &finding.suggestion {
        message.push_str(&format!("; {suggestion}"));
    }
    format!("::{severity} file={file}{place},title={}::{}", property(&title), data(&message))
}

/// What a message may not hold as it is.
fn data(text: &str) -> String {
    shown(&text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A"))
}

/// What a property may not hold besides.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
