//! `iamdb backup`: a copy of the whole database, also while others write.

use std::path::PathBuf;

use serde_json::json;

use super::error::{CliError, ErrorKind};
use super::exit::Exit;
use super::session::Session;
use super::staged::{Staged, cannot_write};
use super::text::{count, shown};
use crate::store::Store;

/// Copy the whole database with its history, also while others write
///
/// The copy is the state of the last complete change, in one file that `--db` takes as it is. Nobody waits for it.
/// It is on the disk when the command is done, has its name only then, and never takes that of a file that is there.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  iamdb backup iam-2026-11-01.db
  iamdb backup copy.db && iamdb --db copy.db verify")]
pub(crate) struct BackupArgs {
    /// The file to make
    file: PathBuf,
}

pub(crate) fn run(args: &BackupArgs, session: &mut Session) -> Result<Exit, CliError> {
    let file = &args.file;
    let shown_file = shown(&file.to_string_lossy());
    let taken = || {
        let message = format!("`{shown_file}` is there already");
        CliError::new(ErrorKind::Conflict, message).hint("it has not been touched; name a file that is not")
    };
    if file.exists() {
        return Err(taken());
    }
    let store = session.open()?;
    let staged = Staged::beside(file);
    store.copy_to(staged.path())?;
    let changes = Store::open(staged.path())?.changes()?;
    staged.keep_file(file).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => taken(),
        _ => cannot_write(file, &error),
    })?;
    let newest = changes.last();
    session.out.answer(
        || {
            let changes = count(changes.len(), "change", "changes");
            let mut lines = vec![format!("backed up {changes} to {shown_file}").into()];
            lines.extend(
                newest.map(|change| format!("change {} is sha256 {}", change.number, change.hash).into()),
            );
            lines
        },
        || {
            json!({
                "file": shown_file,
                "changes": changes.len(),
                "newest": newest.map(|change| json!({ "number": change.number.0, "hash": change.hash })),
            })
        },
    )?;
    Ok(Exit::Yes)
}
