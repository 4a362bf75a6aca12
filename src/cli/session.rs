//! What a command runs in: the database that was named, who asks, and where the answer goes.

use std::cell::OnceCell;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::json;

use super::at::When;
use super::error::{CliError, ErrorKind};
use super::exit::Exit;
use super::output::Output;
use super::source::catalog_in;
use crate::catalog::Catalog;
use crate::store::{At, Attribution, Change, Snapshot, Store, Writer};

/// Whether a change is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    /// It is recorded.
    Change,
    /// It is tried and rolled back (`--dry-run`).
    Nothing,
}

impl Keep {
    /// What stands before a participle that says what was done, where nothing was.
    pub(crate) fn would(self) -> &'static str {
        match self {
            Keep::Change => "",
            Keep::Nothing => "would have ",
        }
    }

    /// Whether it is a dry run.
    pub(crate) fn is_dry(self) -> bool {
        self == Keep::Nothing
    }
}

/// The option of every command that writes.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct DryRun {
    /// Say what would be done, and store nothing
    #[arg(long)]
    dry_run: bool,
}

impl DryRun {
    pub(crate) fn keep(self) -> Keep {
        if self.dry_run { Keep::Nothing } else { Keep::Change }
    }
}

/// Whether a command that writes may begin a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Database {
    /// It needs what is in it.
    MustExist,
    /// The first write makes it.
    MayBegin,
    /// The first write makes it, and is so long that it is not tried first: all that can be refused has been.
    MayBeginUntried,
}

/// One run of the program.
pub(crate) struct Session {
    /// Where the answer goes.
    pub(crate) out: Output,
    db: PathBuf,
    command: String,
    /// The file that `--catalog` names.
    catalog_file: Option<PathBuf>,
    /// The catalogue, once it was asked for.
    catalog: OnceCell<Arc<Catalog>>,
}

impl Session {
    /// For a database and the arguments as typed, the first of which is the program's name.
    pub(crate) fn new(
        db: PathBuf,
        catalog_file: Option<PathBuf>,
        arguments: &[OsString],
        out: Output,
    ) -> Session {
        let typed = arguments.iter().skip(1).map(|argument| shell_quoted(&argument.to_string_lossy()));
        let command = std::iter::once("iamdb".to_owned()).chain(typed).collect::<Vec<_>>().join(" ");
        Session { out, db, command, catalog_file, catalog: OnceCell::new() }
    }

    /// The file's name as it was given.
    pub(crate) fn db(&self) -> &std::path::Path {
        &self.db
    }

    /// The catalogue that is part of the program, or the one that `--catalog` names. Read when it is first asked
    /// for: what needs no catalogue reads none.
    pub(crate) fn catalog(&self) -> Result<Arc<Catalog>, CliError> {
        if let Some(known) = self.catalog.get() {
            return Ok(Arc::clone(known));
        }
        let catalog = match &self.catalog_file {
            None => Catalog::embedded(),
            Some(file) => catalog_in(file)?,
        };
        Ok(Arc::clone(self.catalog.get_or_init(|| Arc::new(catalog))))
    }

    /// Opens the database, which must be there.
    pub(crate) fn open(&self) -> Result<Store, CliError> {
        Ok(Store::open(&self.db)?)
    }

    /// Asks one question of the state as of then.
    pub(crate) fn read<T>(
        &mut self,
        at: &When,
        question: impl FnOnce(&Snapshot<'_>, &mut Output) -> Result<T, CliError>,
    ) -> Result<T, CliError> {
        let mut store = self.open()?;
        let snapshot = store.read(at.0)?;
        question(&snapshot, &mut self.out)
    }

    /// Asks one question of the states at both ends of a range.
    pub(crate) fn read_range<T>(
        &mut self,
        (from, to): (When, When),
        question: impl FnOnce(&Snapshot<'_>, &Snapshot<'_>, &mut Output) -> Result<T, CliError>,
    ) -> Result<T, CliError> {
        self.read(&When(At::Now), |now, out| {
            let (before, after) = (now.as_of(from.0)?, now.as_of(to.0)?);
            let (first, last) = (before.change().0, after.change().0);
            if first > last {
                let message = format!("the range runs backwards, from change {first} to change {last}");
                return Err(
                    CliError::new(ErrorKind::Usage, message).hint(format!("write it `{last}..{first}`"))
                );
            }
            question(&before, &after, out)
        })
    }

    /// Makes one change, all of it or nothing. `work` returns its value and the change's summary.
    ///
    /// Where there is no database yet, `work` is first tried on an empty one that is nowhere, so that a command
    /// that is refused leaves no file behind.
    pub(crate) fn write<T>(
        &mut self,
        database: Database,
        keep: Keep,
        work: impl Fn(&mut Writer<'_>) -> Result<(T, String), CliError>,
    ) -> Result<(T, Option<Change>), CliError> {
        let by = self.attribution();
        if keep.is_dry() {
            self.out.note("dry run: nothing was stored");
        }
        let is_new = database != Database::MustExist && !self.db.exists();
        if is_new && (database == Database::MayBegin || keep == Keep::Nothing) {
            let tried = Store::in_memory()?.dry_run(&by, &work)?;
            if keep == Keep::Nothing {
                return Ok((tried, None));
            }
        }
        let mut store = if is_new { Store::open_or_create(&self.db)? } else { self.open()? };
        match keep {
            Keep::Change => store.write(&by, work),
            Keep::Nothing => Ok((store.dry_run(&by, work)?, None)),
        }
    }

    /// Answers with what was done, or would be.
    pub(crate) fn done(
        &mut self,
        sentences: &[String],
        keep: Keep,
        change: Option<&Change>,
    ) -> Result<Exit, CliError> {
        self.out.answer(
            || sentences.iter().cloned().map(Into::into).collect(),
            || {
                let change = change.map(|change| change.number.0);
                json!({ "done": sentences, "dry_run": keep.is_dry(), "change": change })
            },
        )?;
        Ok(Exit::Yes)
    }

    fn attribution(&self) -> Attribution {
        let named = std::env::var("IAMDB_ACTOR").ok().filter(|name| !name.is_empty());
        let actor = named.or_else(|| whoami::username().ok()).unwrap_or_else(|| "unknown".to_owned());
        Attribution { actor, time: Timestamp::now(), command: self.command.clone() }
    }
}

/// What answers say once when they show the ARN of something made by hand in an account that is not set.
pub(crate) const UNSET_ACCOUNT: &str =
    "the account is not set, so ARNs show 000000000000; `iamdb init --account 123456789012` sets it";

/// An argument as a POSIX shell reads it back.
pub(crate) fn shell_quoted(argument: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./,:=@%+".contains(c);
    if !argument.is_empty() && argument.chars().all(plain) {
        argument.to_owned()
    } else {
        format!("'{}'", argument.replace('\'', r"'\''"))
    }
}
