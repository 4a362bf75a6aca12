//! `test`: decision tables kept beside policies, each case as expected or not.

mod junit;
mod policies;
mod report;

use std::collections::BTreeSet;
use std::io::Cursor;
use std::path::Path;

use jiff::Timestamp;
use serde::de::IgnoredAny;

use super::at::AtArgs;
use super::completions::{Offer, offer};
use super::error::CliError;
use super::exit::Exit;
use super::output::Wanted;
use super::session::Session;
use super::simulate::input::Items;
use super::source::Given;
use super::text::shown;
use crate::catalog::Catalog;
use crate::policy::position;
use crate::scenario::{Documents, Outcome, Reader, Scenario, ScenarioError, Table};

/// Check decision tables: requests with the decision that policies should give
///
/// A decision table is a JSON file beside the policies that it is about. What it says at its top holds for every
/// case; a case says the rest, and what is expected: Allowed, ExplicitlyDenied, ImplicitlyDenied, or Denied for
/// either. Policies are written in place, or named: a file, relative to the table, or a stored policy. A table on
/// stdin, `-`, is where the command runs.
///
///   {"principal": "arn:aws:iam::111122223333:role/deploy",
///    "policies": {"identity": ["deploy.json"], "scp": [["scp/root.json"], ["scp/dev.json"]]},
///    "cases": [{"name": "reads its bucket", "action": "s3:GetObject",
///               "resource": "arn:aws:s3:::releases/1.tar", "expect": "Allowed"}]}
///
/// As with scenarios, a context key that is not mentioned is absent. Files of scenarios, as `iamdb simulate` reads
/// them, are checked as well.
///
/// Exit codes: 0 all as expected, 1 some not, 2 some file or case could not be read.
#[derive(Debug, clap::Args)]
#[command(
    verbatim_doc_comment,
    after_long_help = "\
Examples:
  iamdb test policies/deploy.test.json
  iamdb test policies/*.test.json --output junit > report.xml"
)]
pub(crate) struct TestArgs {
    /// Decision tables, or scenarios; `-` is stdin
    #[arg(value_name = "FILE", required = true, add = offer(&[Offer::Files]))]
    files: Vec<String>,
    /// The time of requests that do not say theirs (aws:CurrentTime); the clock, unless given
    #[arg(long, value_name = "TIME", value_parser = super::at::time)]
    now: Option<Timestamp>,
    #[command(flatten)]
    at: AtArgs,
}

/// What became of a file.
struct FileReport {
    /// As it was named.
    file: String,
    cases: Vec<CaseReport>,
    /// Why there are no cases.
    broken: Option<Broken>,
}

/// What became of a case.
struct CaseReport {
    name: String,
    line: usize,
    column: usize,
    result: CaseResult,
}

impl CaseReport {
    /// Why it could not be read.
    fn broken(&self) -> Option<&Broken> {
        match &self.result {
            CaseResult::Broken(broken) => Some(broken),
            CaseResult::Passed(_) | CaseResult::Failed(_) => None,
        }
    }
}

enum CaseResult {
    /// As expected.
    Passed(Box<Decided>),
    /// Not as expected.
    Failed(Box<Decided>),
    /// It could not be read.
    Broken(Broken),
}

/// The answer to a case beside what was expected.
struct Decided {
    expected: String,
    outcome: Outcome,
}

/// Why something could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Broken {
    line: usize,
    column: usize,
    path: String,
    message: String,
}

pub(crate) fn run(args: &TestArgs, wanted: Wanted, session: &mut Session) -> Result<Exit, CliError> {
    let catalog = session.catalog()?;
    let now = args.now.unwrap_or_else(Timestamp::now);
    let mut reports = Vec::new();
    for file in &args.files {
        reports.push(check(file, args, now, &catalog, session));
    }
    match wanted {
        Wanted::Junit => session.out.bytes(&junit::written(&reports)?)?,
        Wanted::Text | Wanted::Json | Wanted::Markdown | Wanted::Csv | Wanted::Sarif | Wanted::Github => {
            for warning in reports.iter().flat_map(FileReport::warnings) {
                session.out.warning(&warning)?;
            }
            session.out.answer(|| report::text(&reports), || report::json(&reports))?;
        }
    }
    let results = || reports.iter().flat_map(|report| &report.cases).map(|case| &case.result);
    let is_broken = reports.iter().any(|report| report.broken.is_some())
        || results().any(|result| matches!(result, CaseResult::Broken(_)));
    Ok(if is_broken {
        Exit::CouldNotAnswer
    } else if results().any(|result| matches!(result, CaseResult::Failed(_))) {
        Exit::No
    } else {
        Exit::Yes
    })
}

impl FileReport {
    /// What the answers of its cases are to be read with, each once.
    fn warnings(&self) -> BTreeSet<String> {
        let decided = self.cases.iter().filter_map(|case| match &case.result {
            CaseResult::Passed(decided) | CaseResult::Failed(decided) => Some(decided),
            CaseResult::Broken(_) => None,
        });
        let warnings = decided.flat_map(|decided| &decided.outcome.warnings);
        warnings.map(|warning| format!("{}: {}", shown(&self.file), shown(warning))).collect()
    }
}

/// A case as it was read.
struct Read<'t> {
    name: Option<String>,
    /// The text that the case is part of, the number of its first line there, and where the case begins in it.
    text: &'t str,
    first_line: usize,
    offset: usize,
    /// Where what is wrong with it begins: the case or, for all cases, the table.
    error_offset: usize,
    scenario: Result<Scenario, ScenarioError>,
}

fn check(
    file: &str,
    args: &TestArgs,
    now: Timestamp,
    catalog: &Catalog,
    session: &mut Session,
) -> FileReport {
    let read = read(file);
    let label = read.as_ref().map_or_else(|_| file.to_owned(), |given| given.label.clone());
    let whole = |broken: Broken| FileReport { file: label.clone(), cases: Vec::new(), broken: Some(broken) };
    let text = match read {
        Ok(given) => given.text,
        Err(message) => {
            return whole(Broken { line: 1, column: 1, path: "$".to_owned(), message });
        }
    };
    if let Some(broken) = syntax(&text) {
        return whole(broken);
    }
    let documents = || Documents::new(catalog.rcp_services().map(str::to_owned).collect());
    let reports: Vec<CaseReport> = if Table::is_meant(&text) {
        let table = match Table::read(&text) {
            Ok(table) => table,
            Err(ScenarioError { path, message }) => {
                return whole(Broken { line: 1, column: 1, path, message });
            }
        };
        let named = policies::named(table.names(), Path::new(file), &args.at.at, session);
        let documents = documents().with_named(named);
        let reader = Reader { documents: &documents, catalog, now };
        let read = table.cases(&reader).into_iter().map(|case| Read {
            error_offset: case.error_offset(),
            name: Some(case.name),
            text: &text,
            first_line: 1,
            offset: case.offset,
            scenario: case.scenario,
        });
        read.enumerate().map(|(nth, read)| read.report(nth, &reader)).collect()
    } else {
        let documents = documents();
        let reader = Reader { documents: &documents, catalog, now };
        let mut items = Items::new(Box::new(Cursor::new(text.clone())));
        let mut reports = Vec::new();
        while let Ok(batch) = items.batch((usize::MAX, usize::MAX)) {
            if batch.is_empty() {
                break;
            }
            for line in &batch {
                let unread =
                    |message: &String| ScenarioError { path: "$".to_owned(), message: message.clone() };
                let text = line.text.as_ref().map_or("", String::as_str);
                let scenario = line.text.as_ref().map_err(unread).and_then(|text| reader.read(text));
                let scenario = scenario.and_then(Scenario::with_accepted_policies);
                let offset = text.len() - text.trim_start().len();
                let read = Read {
                    name: None,
                    text,
                    first_line: line.number,
                    offset,
                    error_offset: offset,
                    scenario,
                };
                reports.push(read.report(reports.len(), &reader));
            }
        }
        reports
    };
    if reports.is_empty() {
        let message = "there are no cases in it".to_owned();
        return whole(Broken { line: 1, column: 1, path: "$.cases".to_owned(), message });
    }
    FileReport { file: label, cases: reports, broken: None }
}

fn read(file: &str) -> Result<Given, String> {
    if Path::new(file).is_dir() {
        return Err("is a folder; name the tables in it".to_owned());
    }
    let given = if file == "-" { Given::from_stdin() } else { Given::from_file(file) };
    given.map_err(|error| error.message().to_owned())
}

/// The first place at which a text is no JSON, also not several values.
fn syntax(text: &str) -> Option<Broken> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>();
    let found = values.find_map(Result::err)?;
    let message = found.to_string();
    let what = message.split(" at line ").next().unwrap_or_default();
    Some(Broken {
        line: found.line(),
        column: found.column().max(1),
        path: "$".to_owned(),
        message: format!("not JSON: {what}"),
    })
}

impl Read<'_> {
    fn report(self, nth: usize, reader: &Reader<'_>) -> CaseReport {
        let place = |offset: usize| {
            let (line, column) = position(self.text, offset);
            (line + self.first_line - 1, column)
        };
        let (line, column) = place(self.offset);
        let broken = |ScenarioError { path, message }| {
            let (line, column) = place(self.error_offset);
            CaseResult::Broken(Broken { line, column, path, message })
        };
        let mut name = self.name;
        let result = match self.scenario.and_then(with_expectation) {
            Ok((scenario, expected)) => {
                name = name.or_else(|| scenario.name.clone());
                let outcome = scenario.outcome(self.text, self.first_line, reader);
                let passed = outcome.mismatch.is_none();
                let decided = Box::new(Decided { expected, outcome });
                if passed { CaseResult::Passed(decided) } else { CaseResult::Failed(decided) }
            }
            Err(error) => broken(error),
        };
        CaseReport { name: name.unwrap_or_else(|| format!("case {}", nth + 1)), line, column, result }
    }
}

/// A case that expects nothing tests nothing.
fn with_expectation(scenario: Scenario) -> Result<(Scenario, String), ScenarioError> {
    match &scenario.expect {
        Some(expect) => {
            let expected = expect.word();
            Ok((scenario, expected))
        }
        None => Err(ScenarioError { path: "$.expect".to_owned(), message: "nothing is expected".to_owned() }),
    }
}
