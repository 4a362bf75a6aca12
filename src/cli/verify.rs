//! `iamdb verify`: whether the history and the documents are intact.

use serde_json::json;

use super::error::CliError;
use super::exit::Exit;
use super::session::Session;
use super::text::{count, shown};
use crate::store::{Damage, Store, StoreError};

/// Prove that the history and the documents are intact
///
/// Recomputes the hash of every change and of every document and runs SQLite's own check. Names the first thing
/// that does not hold, and exits with 1 then. Keep the newest hash elsewhere: it vouches for all that came before.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Example:
  iamdb verify")]
pub(crate) struct VerifyArgs {}

pub(crate) fn run(_: &VerifyArgs, session: &mut Session) -> Result<Exit, CliError> {
    let outcome = match Store::open(session.db()).and_then(|store| store.verify()) {
        // Damage that does not even let the file be opened is an answer as well.
        Err(error @ (StoreError::Damaged(_) | StoreError::NoVersion { .. })) => {
            Err(Damage { what: error.to_string(), change: None })
        }
        outcome => outcome?,
    };
    match outcome {
        Ok(verified) => {
            let newest = verified.newest.as_ref();
            session.out.answer(
                || {
                    let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
                    let changes = count(number(verified.changes), "change", "changes");
                    let documents = count(number(verified.documents), "document", "documents");
                    let mut lines = vec![format!("intact: {changes}, {documents}").into()];
                    lines.extend(
                        newest.map(|change| format!("change {} is sha256 {}", change.number, change.hash).into()),
                    );
                    lines
                },
                || {
                    json!({
                        "intact": true,
                        "changes": verified.changes,
                        "documents": verified.documents,
                        "texts": verified.texts,
                        "newest": newest.map(|change| json!({ "number": change.number.0, "hash": change.hash })),
                    })
                },
            )?;
            Ok(Exit::Yes)
        }
        Err(damage) => {
            session.out.answer(
                || vec![format!("damaged: {}", shown(&damage.what)).into()],
                || {
                    json!({
                        "intact": false,
                        "damage": damage.what,
                        "change": damage.change.map(|number| number.0),
                    })
                },
            )?;
            Ok(Exit::No)
        }
    }
}
