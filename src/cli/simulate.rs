//! `simulate`: scenarios in, decisions out, a line each.

pub(super) mod input;

use std::io::Read;
use std::thread;

use jiff::Timestamp;
use serde_json::json;

use super::completions::{Offer, offer};
use super::error::CliError;
use super::exit::Exit;
use super::session::Session;
use super::text::shown;
use crate::scenario::{Documents, Expect, Reader, ScenarioError};

use input::{Items, Line};

/// How many scenarios are decided at a time, and how many bytes of them.
const BATCH: (usize, usize) = (512, 8 * 1024 * 1024);

/// Decide scenarios: a request with all its policies, one JSON object a line
///
/// Each line of input is answered by one line of JSON on stdout, in the same order, whatever `--output` says: the
/// decision, each layer's own with the statements that apply, what stands in the way and what would have to change,
/// and the absent context keys that could have made a difference. A scenario is closed: a context key that it does
/// not mention is absent. A line that is no scenario is answered by its error, and the next one goes on. A single
/// object over several lines, or an array of scenarios, is read as well.
///
/// Exit codes: 0 all decided (and as expected), 1 some not as expected, 2 some line was no scenario.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  iamdb simulate scenarios.jsonl
  generate | iamdb simulate --expect Allowed | jq -r .why")]
pub(crate) struct SimulateArgs {
    /// Files of scenarios; - is stdin, which is also read where none is named
    #[arg(value_name = "FILE", add = offer(&[Offer::Files]))]
    files: Vec<String>,
    /// What every scenario is expected to be answered: Allowed, ExplicitlyDenied, ImplicitlyDenied, or Denied for
    /// either; in place of what the scenarios themselves expect
    #[arg(long, value_name = "DECISION", value_parser = expected)]
    expect: Option<Expect>,
    /// Answer with the name and the decision alone: many times faster where many requests are about the same large
    /// policies
    #[arg(long)]
    brief: bool,
    /// The time of requests that do not say theirs (aws:CurrentTime); the clock, unless given
    #[arg(long, value_name = "TIME", value_parser = super::at::time)]
    now: Option<Timestamp>,
}

fn expected(text: &str) -> Result<Expect, String> {
    let known = "expected Allowed, ExplicitlyDenied, ImplicitlyDenied or Denied";
    Expect::parse(text).ok_or_else(|| known.to_owned())
}

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Fine,
    Unexpected,
    Broken,
}

pub(crate) fn run(args: &SimulateArgs, session: &mut Session) -> Result<Exit, CliError> {
    let catalog = session.catalog()?;
    let documents = Documents::new(catalog.rcp_services().map(str::to_owned).collect());
    let now = args.now.unwrap_or_else(Timestamp::now);
    let stdin = ["-".to_owned()];
    let files = if args.files.is_empty() { &stdin[..] } else { &args.files };
    let mut worst = Verdict::Fine;
    for file in files {
        let mut items = Items::new(open(file)?);
        loop {
            let batch = items.batch(BATCH).map_err(|error| CliError::unreadable(file, &error))?;
            if batch.is_empty() {
                break;
            }
            let reader = Reader { documents: &documents, catalog: &catalog, now };
            let answer = |line: &Line| answer(line, &reader, args);
            let (text, verdict) = in_parallel(&batch, &answer);
            worst = worst.max(verdict);
            session.out.bytes(text.as_bytes())?;
        }
    }
    Ok(match worst {
        Verdict::Fine => Exit::Yes,
        Verdict::Unexpected => Exit::No,
        Verdict::Broken => Exit::CouldNotAnswer,
    })
}

fn open(file: &str) -> Result<Box<dyn Read>, CliError> {
    if file == "-" {
        return Ok(Box::new(std::io::stdin()));
    }
    let opened = std::fs::File::open(file).map_err(|error| CliError::unreadable(file, &error))?;
    Ok(Box::new(opened))
}

/// Answers a batch on as many threads as the machine has, in order.
fn in_parallel(batch: &[Line], answer: &(impl Fn(&Line) -> (String, Verdict) + Sync)) -> (String, Verdict) {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let part = |lines: &[Line]| {
        let mut text = String::new();
        let mut worst = Verdict::Fine;
        for line in lines {
            let (answered, verdict) = answer(line);
            text.push_str(&answered);
            text.push('\n');
            worst = worst.max(verdict);
        }
        (text, worst)
    };
    if threads == 1 || batch.len() == 1 {
        return part(batch);
    }
    let parts = thread::scope(|scope| {
        let size = batch.len().div_ceil(threads);
        let running: Vec<_> = batch.chunks(size).map(|lines| scope.spawn(move || part(lines))).collect();
        running.into_iter().map(thread::ScopedJoinHandle::join).collect::<Vec<_>>()
    });
    let mut all = (String::new(), Verdict::Fine);
    for part in parts {
        match part {
            Ok((text, verdict)) => {
                all.0.push_str(&text);
                all.1 = all.1.max(verdict);
            }
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
    all
}

/// One line's answer.
fn answer(line: &Line, reader: &Reader<'_>, args: &SimulateArgs) -> (String, Verdict) {
    let read = match &line.text {
        Ok(text) => reader.read(text).map(|scenario| (scenario, text)),
        Err(message) => Err(ScenarioError { path: "$".to_owned(), message: message.clone() }),
    };
    match read {
        Ok((mut scenario, text)) => {
            if let Some(expect) = &args.expect {
                scenario.expect = Some(expect.clone());
            }
            let (text, expected) = if args.brief {
                let brief = scenario.brief(reader);
                (written(&brief), brief.expected)
            } else {
                let outcome = scenario.outcome(text, line.number, reader);
                (written(&outcome), outcome.expected)
            };
            (text, if expected == Some(false) { Verdict::Unexpected } else { Verdict::Fine })
        }
        Err(ScenarioError { path, message }) => {
            let error = json!({ "line": line.number, "error": { "message": message, "path": path } });
            (written(&error), Verdict::Broken)
        }
    }
}

/// JSON on one line, without anything that a terminal would obey.
fn written(value: &impl serde::Serialize) -> String {
    let text = serde_json::to_string(value).unwrap_or_else(|error| {
        json!({ "error": { "message": error.to_string(), "path": "$" } }).to_string()
    });
    shown(&text)
}
