//! `iamdb log`: who changed what, when.

use serde_json::json;

use super::at::AtArgs;
use super::error::CliError;
use super::exit::Exit;
use super::session::Session;
use super::table::aligned;
use super::text::{Text, shown};
use crate::store::Change;

/// Show who changed what, when; the newest change first
///
/// Every write is one change. `--at` of other commands takes its number or its time. `--head` prints the hash of the
/// newest change alone: it vouches for everything up to there. Keep it where who writes to the file cannot write, and
/// `iamdb verify --head HASH` says whether that history is still the one in the file.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  iamdb log
  iamdb log -n 1 --long
  iamdb log --head")]
pub(crate) struct LogArgs {
    /// At most so many
    #[arg(short = 'n', long, value_name = "COUNT")]
    limit: Option<usize>,
    /// Also the command and the hash of every change
    #[arg(long)]
    long: bool,
    /// Only the hash of the newest change, to be kept elsewhere for `verify --head`
    #[arg(long, conflicts_with_all = ["limit", "long"])]
    head: bool,
    #[command(flatten)]
    at: AtArgs,
}

pub(crate) fn run(args: &LogArgs, session: &mut Session) -> Result<Exit, CliError> {
    let mut store = session.open()?;
    let newest = store.read(args.at.at.0)?.change();
    let mut changes = store.changes()?;
    changes.retain(|change| change.number <= newest);
    changes.reverse();
    if changes.is_empty() {
        session.out.note("nothing has been changed yet");
    }
    changes.truncate(args.limit.unwrap_or(usize::MAX));
    if args.head {
        let head = changes.first();
        session.out.answer(
            || head.map(|change| change.hash.to_string().into()).into_iter().collect(),
            || json!({ "head": head.map(|change| json!({ "number": change.number.0, "hash": change.hash })) }),
        )?;
    } else {
        list(args, &changes, session)?;
    }
    Ok(Exit::Yes)
}

/// Each change in a line, or two.
fn list(args: &LogArgs, changes: &[Change], session: &mut Session) -> Result<(), CliError> {
    session.out.answer(
        || {
            let rows = aligned(&changes.iter().map(row).collect::<Vec<_>>());
            let lines = rows.into_iter().zip(changes);
            if args.long {
                lines.flat_map(|(line, change)| [Text::from(line), details(change)]).collect()
            } else {
                lines.map(|(line, _)| line.into()).collect()
            }
        },
        || json!({ "changes": changes.iter().map(object).collect::<Vec<_>>() }),
    )
}

fn row(change: &Change) -> Vec<String> {
    let Change { number, time, actor, summary, .. } = change;
    vec![number.to_string(), time.to_string(), actor.clone(), summary.clone()]
}

fn details(change: &Change) -> Text {
    format!("  $ {}\n  sha256 {}", shown(&change.command), change.hash).into()
}

fn object(change: &Change) -> serde_json::Value {
    let Change { number, time, actor, command, summary, hash } = change;
    json!({
        "number": number.0,
        "time": time.to_string(),
        "actor": actor,
        "command": command,
        "summary": summary,
        "hash": hash,
    })
}
