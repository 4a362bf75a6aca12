//! `iamdb verify`: whether the history and the documents are intact.

use serde_json::json;

use super::error::CliError;
use super::exit::Exit;
use super::session::Session;
use super::text::{count, shown};
use crate::store::{Change, Damage, Store, StoreError, Verified};

/// Prove that the history and the documents are intact
///
/// Recomputes the hash of every change and of every document and runs SQLite's own check. Names the first thing
/// that does not hold, and exits with 1 then.
///
/// The file alone cannot show that somebody who can write to it made the whole history anew, or cut off its end. Keep
/// what `iamdb log --head` prints where they cannot write; `--head` then asks whether the history up to there is still
/// the same.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  iamdb verify
  iamdb verify --head 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae")]
pub(crate) struct VerifyArgs {
    /// A hash that `log --head` printed: one of the changes must have it
    #[arg(long, value_name = "HASH", value_parser = head)]
    head: Option<String>,
}

/// A SHA-256 in hexadecimal digits, as it is stored.
fn head(text: &str) -> Result<String, String> {
    if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(text.to_ascii_lowercase())
    } else {
        Err("a hash is 64 hexadecimal digits, as `iamdb log --head` prints them".to_owned())
    }
}

/// Checks the file, then looks for the head. Changes that others make in between only come on top.
fn check(
    args: &VerifyArgs,
    session: &Session,
) -> Result<Result<(Verified, Option<Change>), Damage>, StoreError> {
    let store = Store::open(session.db())?;
    let verified = match store.verify()? {
        Ok(verified) => verified,
        Err(damage) => return Ok(Err(damage)),
    };
    let Some(head) = &args.head else { return Ok(Ok((verified, None))) };
    Ok(match store.changes()?.into_iter().find(|change| change.hash == *head) {
        Some(change) => Ok((verified, Some(change))),
        None => {
            let what = format!(
                "no change has the hash `{head}`: since it was noted the history was made anew, or its end was cut off"
            );
            Err(Damage { what, change: None })
        }
    })
}

pub(crate) fn run(args: &VerifyArgs, session: &mut Session) -> Result<Exit, CliError> {
    let outcome = match check(args, session) {
        // Damage that does not even let the file be opened is an answer as well.
        Err(error @ (StoreError::Damaged(_) | StoreError::NoVersion { .. })) => {
            Err(Damage { what: error.to_string(), change: None })
        }
        outcome => outcome?,
    };
    match outcome {
        Ok((verified, head)) => {
            let newest = verified.newest.as_ref();
            session.out.answer(
                || {
                    let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
                    let changes = count(number(verified.changes), "change", "changes");
                    let documents = count(number(verified.documents), "document", "documents");
                    let mut lines = vec![format!("intact: {changes}, {documents}").into()];
                    lines.extend(
                        newest.map(|change| {
                            format!("change {} is sha256 {}", change.number, change.hash).into()
                        }),
                    );
                    lines.extend(head.as_ref().map(|head| {
                        format!("the head is that of change {} of {}", head.number, head.time).into()
                    }));
                    lines
                },
                || {
                    let named = |change: &Change| json!({ "number": change.number.0, "hash": change.hash });
                    json!({
                        "intact": true,
                        "changes": verified.changes,
                        "documents": verified.documents,
                        "texts": verified.texts,
                        "newest": newest.map(named),
                        "head": head.as_ref().map(named),
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
