//! `iamdb gc`: gives back what the file takes and does not need.

use serde_json::json;

use super::error::CliError;
use super::exit::Exit;
use super::session::Session;
use super::text::shown;
use crate::store::Compacted;

/// Give back the space that the database does not need
///
/// Packs the file and empties its log, which a process that was killed may have left behind. Everything that is stored
/// stays, with its history and hashes. There is nothing else to collect: iamdb keeps no derived caches, and every
/// document that is stored is part of the history.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Example:
  iamdb gc")]
pub(crate) struct GcArgs {}

pub(crate) fn run(_: &GcArgs, session: &mut Session) -> Result<Exit, CliError> {
    let Compacted { before, after } = session.open()?.compact()?;
    let freed = before.saturating_sub(after);
    let db = shown(&session.db().to_string_lossy());
    session.out.answer(
        || {
            let line = match freed {
                0 => format!("{db} needs all of its {}", size(after)),
                _ => format!("freed {}: {db} takes {} now", size(freed), size(after)),
            };
            vec![line.into()]
        },
        || json!({ "database": db, "bytes_before": before, "bytes_after": after }),
    )?;
    Ok(Exit::Yes)
}

/// `812 kB`, `41.2 MB`
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1_000)),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}
