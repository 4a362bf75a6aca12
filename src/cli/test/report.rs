//! The report of `test`, as text and as JSON.

use itertools::Itertools;
use serde_json::{Value as Json, json};

use super::super::output::{FAINT, STRONG};
use super::super::text::{Text, count, shown};
use super::{Broken, CaseReport, CaseResult, Decided, FileReport};
use crate::scenario::{Place, StatementOutcome};

/// How many cases came out how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) passed: usize,
    pub(super) failed: usize,
    /// Cases and whole files.
    pub(super) broken: usize,
}

impl Tally {
    pub(super) fn of<'a>(reports: impl IntoIterator<Item = &'a FileReport>) -> Tally {
        let mut tally = Tally::default();
        for report in reports {
            tally.broken += usize::from(report.broken.is_some());
            for case in &report.cases {
                match case.result {
                    CaseResult::Passed(_) => tally.passed += 1,
                    CaseResult::Failed(_) => tally.failed += 1,
                    CaseResult::Broken(_) => tally.broken += 1,
                }
            }
        }
        tally
    }

    pub(super) fn cases(self) -> usize {
        self.passed + self.failed + self.broken
    }
}

/// One line for each file, below it the cases that are not as expected, at the end the sum.
pub(super) fn text(reports: &[FileReport]) -> Vec<Text> {
    let mut lines: Vec<Text> = reports.iter().flat_map(file_text).collect();
    let Tally { passed, failed, broken } = Tally::of(reports);
    let mut sum = vec![format!("{passed} passed")];
    sum.extend((failed > 0).then(|| format!("{failed} failed")));
    sum.extend((broken > 0).then(|| format!("{broken} broken")));
    lines.push(format!("{}: {}", count(reports.len(), "file", "files"), sum.join(", ")).into());
    lines
}

fn file_text(report: &FileReport) -> Vec<Text> {
    let tally = Tally::of([report]);
    let file = shown(&report.file);
    let cases = count(tally.cases(), "case", "cases");
    let word = match tally {
        Tally { failed: 0, broken: 0, .. } => return vec![format!("ok      {file}  {cases}").into()],
        Tally { broken: 0, .. } => "FAILED",
        _ => "BROKEN",
    };
    let head = Text::styled(STRONG, word).and(format!("  {file}"));
    if let Some(broken) = &report.broken {
        return vec![head, broken_text(&file, broken)];
    }
    let head = head.and(format!("  {} of {cases}", tally.failed + tally.broken));
    // What is wrong with the table is wrong with every case: it is told once.
    let broken = report.cases.iter().filter_map(|case| Some((case.broken()?, case)));
    let broken = broken.into_group_map();
    let cases =
        report.cases.iter().flat_map(|case| match case.broken().and_then(|found| broken.get(&found)) {
            Some(alike) if !alike.first().is_some_and(|first| std::ptr::eq(*first, case)) => Vec::new(),
            alike => case_text(&file, case, alike.map_or(0, |alike| alike.len() - 1)),
        });
    std::iter::once(head).chain(cases).collect()
}

/// A case, and how many others are broken in the same way.
fn case_text(file: &str, case: &CaseReport, others: usize) -> Vec<Text> {
    let head = || {
        let (line, column) =
            case.broken().map_or((case.line, case.column), |found| (found.line, found.column));
        let others = match others {
            0 => String::new(),
            others => format!(", and {}", count(others, "other case", "other cases")),
        };
        Text::from(format!("  {file}:{line}:{column}  "))
            .and(Text::styled(STRONG, &shown(&case.name)))
            .and(others)
    };
    match &case.result {
        CaseResult::Passed(_) => Vec::new(),
        CaseResult::Failed(decided) => {
            let Decided { outcome, .. } = &**decided;
            let mut lines = vec![head(), format!("    {}", shown(&difference(decided))).into()];
            lines.push(format!("    {}", shown(&outcome.why)).into());
            lines.extend(outcome.deciding().map(|statement| statement_text(file, statement)));
            let needed = outcome.would_allow.iter();
            lines.extend(
                needed.map(|need| Text::styled(FAINT, &format!("    to be allowed: {}", shown(need)))),
            );
            lines
        }
        CaseResult::Broken(Broken { path, message, .. }) => {
            vec![head(), format!("    {}: {}", shown(path), shown(message)).into()]
        }
    }
}

fn statement_text(file: &str, statement: &StatementOutcome) -> Text {
    let StatementOutcome { effect, index, sid, line, column, .. } = statement;
    let name = sid.as_ref().map_or_else(|| format!("statement {index}"), |sid| shown(sid));
    format!("    {effect:<5}  {}:{line}:{column}  {name}", place(file, statement)).into()
}

/// The file in which a statement stands, or the stored policy.
fn place(file: &str, statement: &StatementOutcome) -> String {
    match statement.place {
        Place::Scenario => file.to_owned(),
        Place::Elsewhere => shown(&statement.policy),
    }
}

/// A whole file.
fn broken_text(file: &str, broken: &Broken) -> Text {
    let Broken { line, column, path, message } = broken;
    format!("  {file}:{line}:{column}: {}: {}", shown(path), shown(message)).into()
}

/// `expected Denied, got Allowed`
pub(super) fn difference(decided: &Decided) -> String {
    let Decided { expected, outcome } = decided;
    let got = &outcome.decision;
    match &outcome.mismatch {
        Some(mismatch) if !mismatch.starts_with(got.as_str()) => format!("{got} as expected, but {mismatch}"),
        _ => format!("expected {expected}, got {got}"),
    }
}

pub(super) fn json(reports: &[FileReport]) -> Json {
    let Tally { passed, failed, broken } = Tally::of(reports);
    let files = reports.iter().map(|report| {
        json!({
            "file": report.file,
            "error": report.broken.as_ref().map(broken_json),
            "cases": report.cases.iter().map(|case| case_json(report, case)).collect::<Vec<_>>(),
        })
    });
    json!({
        "schema": "iamdb.test/1",
        "passed": passed,
        "failed": failed,
        "broken": broken,
        "files": files.collect::<Vec<_>>(),
    })
}

fn case_json(report: &FileReport, case: &CaseReport) -> Json {
    let mut object = json!({ "name": case.name, "line": case.line, "column": case.column });
    match &case.result {
        CaseResult::Broken(broken) => {
            object["result"] = json!("broken");
            object["error"] = broken_json(broken);
        }
        CaseResult::Passed(decided) | CaseResult::Failed(decided) => {
            let Decided { expected, outcome } = &**decided;
            let statement = |statement: &StatementOutcome| {
                let mut object = json!(statement);
                object["file"] = json!(place(&report.file, statement));
                object
            };
            object["result"] = json!(if outcome.mismatch.is_none() { "passed" } else { "failed" });
            object["expected"] = json!(expected);
            object["decision"] = json!(outcome.decision);
            object["blocked_by"] = json!(outcome.blocked_by);
            object["mismatch"] = json!(outcome.mismatch);
            object["why"] = json!(outcome.why);
            object["would_allow"] = json!(outcome.would_allow);
            object["missing_context"] = json!(outcome.missing_context);
            object["statements"] = outcome.deciding().map(statement).collect();
        }
    }
    object
}

fn broken_json(broken: &Broken) -> Json {
    let Broken { line, column, path, message } = broken;
    json!({ "line": line, "column": column, "path": path, "message": message })
}
