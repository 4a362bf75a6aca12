//! Who can, as tables: CSV for spreadsheets, Markdown for reports. A row for each principal.

use super::super::error::{CliError, ErrorKind};
use super::point::{Answer, Row, Way};

const COLUMNS: [&str; 8] = ["action", "resource", "principal", "kind", "answer", "when", "needs", "via"];

fn cells(answer: &Answer, row: &Row) -> [String; 8] {
    let via: Vec<String> = row.via.iter().map(Way::words).collect();
    [
        answer.action.clone(),
        answer.resource.clone(),
        row.principal.clone(),
        row.kind.to_owned(),
        row.answer.to_owned(),
        row.when.clone().unwrap_or_default(),
        row.needs.unwrap_or_default().to_owned(),
        via.join("; "),
    ]
}

/// As CSV (RFC 4180).
pub(super) fn csv(answers: &[Answer]) -> Result<Vec<u8>, CliError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed = |error: csv::Error| CliError::new(ErrorKind::Io, error.to_string());
    writer.write_record(COLUMNS).map_err(failed)?;
    for answer in answers {
        for row in &answer.rows {
            writer.write_record(cells(answer, row).map(|cell| not_a_formula(&cell))).map_err(failed)?;
        }
    }
    writer.into_inner().map_err(|error| CliError::new(ErrorKind::Io, error.error().to_string()))
}

/// A spreadsheet takes what begins with one of these for a formula; a name from a file is none.
fn not_a_formula(cell: &str) -> String {
    match cell.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r') => format!("'{cell}"),
        _ => cell.to_owned(),
    }
}

/// As Markdown, a table for each question.
pub(super) fn markdown(answers: &[Answer]) -> String {
    let mut text = String::new();
    for answer in answers {
        let escaped = |cell: &str| cell.replace('|', "\\|").replace(['\n', '\r'], " ").replace('`', "'");
        let title = format!("### Who can `{}` on `{}`", escaped(&answer.action), escaped(&answer.resource));
        let number = format!("{} of {} principals", answer.rows.len(), answer.asked);
        text.push_str(&format!("{title}\n\n{number}\n\n"));
        if !answer.rows.is_empty() {
            text.push_str("| Principal | Answer | When | By |\n|---|---|---|---|\n");
        }
        for row in &answer.rows {
            let [_, _, principal, _, word, when, needs, via] = cells(answer, row).map(|cell| escaped(&cell));
            let when =
                [when, needs].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ");
            text.push_str(&format!("| `{principal}` | {word} | {when} | {via} |\n"));
        }
        text.push('\n');
    }
    text
}
