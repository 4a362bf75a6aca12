//! Who can, as tables: CSV for spreadsheets, Markdown for reports. A row for each principal.

use super::super::error::CliError;
use super::super::markdown::{code, text};
use super::super::spreadsheet;
use super::part::Group;
use super::point::{Answer, Row, Way};
use crate::tell::{Detail, Told};

const COLUMNS: [&str; 9] =
    ["action", "resource", "principal", "kind", "answer", "when", "needs", "via", "except"];

fn cells(answer: &Answer, row: &Row) -> [String; 9] {
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
        row.except.iter().map(|(_, principal)| principal.as_str()).collect::<Vec<_>>().join("; "),
    ]
}

/// As CSV (RFC 4180).
pub(super) fn csv(answers: &[Answer]) -> Result<Vec<u8>, CliError> {
    let rows = answers.iter().flat_map(|answer| answer.rows.iter().map(|row| cells(answer, row)));
    spreadsheet::csv(COLUMNS, rows)
}

/// What some may do in a part of all requests, as CSV: a row for each principal and region.
pub(super) fn csv_of_groups(groups: &[Group]) -> Result<Vec<u8>, CliError> {
    let rows = groups.iter().flat_map(|group| {
        let told = group.told.iter().map(|told| (told, region(told)));
        told.flat_map(move |(told, [actions, resources, except, when])| {
            let answer = if told.is_sure() { "yes" } else { "undecided" };
            group.who.iter().map(move |(_, principal, kind)| {
                let needs = group.needs_words();
                let [actions, resources, except, when] =
                    [&actions, &resources, &except, &when].map(String::clone);
                let [kind, answer] = [*kind, answer].map(str::to_owned);
                [principal.clone(), kind, answer, actions, resources, except, when, needs]
            })
        })
    });
    spreadsheet::csv(["principal", "kind", "answer", "actions", "resources", "except", "when", "needs"], rows)
}

/// The actions, the resources, what is not in it, and when.
fn region(told: &Told) -> [String; 4] {
    let words = told.words(Detail::Whole);
    let rows = |label: &str| {
        let rows = words.rows.iter().filter(|row| row.label == label);
        rows.map(|row| row.text.clone()).collect::<Vec<_>>().join("; ")
    };
    let when: Vec<String> = ["when", "only", "within", "but"].iter().map(|label| rows(label)).collect();
    let when = when.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; ");
    [words.heading.clone(), rows("on"), rows("except"), when]
}

/// As Markdown, a table for each question.
pub(super) fn markdown(answers: &[Answer]) -> String {
    let mut out = String::new();
    for answer in answers {
        let title = format!("### Who can {} on {}", code(&answer.action), code(&answer.resource));
        let number = format!("{} of {} principals", answer.rows.len(), answer.asked);
        out.push_str(&format!("{title}\n\n{number}\n\n"));
        if !answer.rows.is_empty() {
            out.push_str("| Principal | Answer | When | By |\n|---|---|---|---|\n");
        }
        for row in &answer.rows {
            let [_, _, principal, _, word, when, needs, via, _] = cells(answer, row);
            let but_not = row.but_not().map(|names| format!("but not {names}")).unwrap_or_default();
            let when = [when, needs, but_not]
                .into_iter()
                .filter(|part| !part.is_empty())
                .collect::<Vec<_>>()
                .join("; ");
            let (principal, when, via) = (code(&principal), text(&when), text(&via));
            out.push_str(&format!("| {principal} | {word} | {when} | {via} |\n"));
        }
        out.push('\n');
    }
    out
}

/// The same as Markdown.
pub(super) fn markdown_of_groups(what: &str, groups: &[Group]) -> String {
    let mut out = format!("### Who can {}\n\n", code(what));
    if groups.is_empty() {
        out.push_str("Nobody.\n");
        return out;
    }
    out.push_str("| Principals | Actions | Resources | Except | When |\n|---|---|---|---|---|\n");
    for group in groups {
        let names: Vec<String> = group.who.iter().map(|(name, _, _)| code(name)).collect();
        for [actions, resources, except, when] in group.told.iter().map(region) {
            let when = [when, group.needs_words()];
            let when = when.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ");
            let cells = [actions, resources, except, when].map(|cell| text(&cell)).join(" | ");
            out.push_str(&format!("| {} | {cells} |\n", names.join(", ")));
        }
    }
    out
}
