//! What can go wrong with a database file, in words for the person who named it.

use std::path::PathBuf;

use rusqlite::ErrorCode;

use super::ChangeNumber;
use crate::arn::AccountId;

/// Why the store could not do what was asked. Nothing has been changed then.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no file of that name.
    #[error("there is no database at `{}`", path.display())]
    NotFound {
        /// The file asked for.
        path: PathBuf,
    },
    /// The file is something else.
    #[error("`{}` is not a database", path.display())]
    NotADatabase {
        /// The file asked for.
        path: PathBuf,
    },
    /// An SQLite database, but somebody else's.
    #[error("`{}` is an SQLite database, but not one that iamdb made", path.display())]
    Foreign {
        /// The file asked for.
        path: PathBuf,
    },
    /// Written by a later iamdb. It has not been touched.
    #[error(
        "`{}` was written by a newer iamdb: it has schema version {found}, this iamdb knows up to {known}",
        path.display()
    )]
    Newer {
        /// The file asked for.
        path: PathBuf,
        /// Its schema version.
        found: i64,
        /// The newest schema version that this program knows.
        known: i64,
    },
    /// It says to be ours, but no iamdb writes such a version: migrating would begin over what is there.
    #[error("`{}` says that it has schema version {found}, which no iamdb writes", path.display())]
    NoVersion {
        /// The file asked for.
        path: PathBuf,
        /// Its schema version.
        found: i64,
    },
    /// The file or its directory cannot be written.
    #[error("the database cannot be written: the file or its folder is read-only")]
    ReadOnly,
    /// Another process has been writing for longer than the busy timeout.
    #[error("the database is locked by another process")]
    Locked,
    /// The file system says no.
    #[error("cannot open `{}`: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What it says.
        source: std::io::Error,
    },
    /// A question about a change that was never made.
    #[error("there is no change {asked}: the newest is {newest}")]
    NoSuchChange {
        /// The change asked for.
        asked: ChangeNumber,
        /// The newest change of this file.
        newest: ChangeNumber,
    },
    /// The name is taken.
    #[error("`{what}` exists already")]
    Exists {
        /// Its ARN.
        what: String,
    },
    /// What a key stands for has been deleted, or was deleted as of then.
    #[error("there is no such {what} any more")]
    Gone {
        /// `principal`, `managed policy`, ….
        what: &'static str,
    },
    /// A policy that is attached cannot be deleted.
    #[error("`{policy}` is still attached to `{}`", by.join("`, `"))]
    InUse {
        /// The ARN of the policy.
        policy: String,
        /// The ARNs of whom it is attached to.
        by: Vec<String>,
    },
    /// A node that something hangs under cannot be deleted.
    #[error("`{node}` is not empty: `{}` hangs under it", under.join("`, `"))]
    NotEmpty {
        /// Which.
        node: String,
        /// What hangs right under it.
        under: Vec<String>,
    },
    /// A tree has no circles.
    #[error("`{node}` cannot hang under `{parent}`, which hangs under it")]
    Circle {
        /// What was to be moved.
        node: String,
        /// Under what.
        parent: String,
    },
    /// The account of a file is set once.
    #[error("the account is `{set}` already and cannot become `{asked}`")]
    AccountSet {
        /// The file's account.
        set: AccountId,
        /// The other one.
        asked: AccountId,
    },
    /// Something that AWS has for other kinds of principals only.
    #[error("{rule}")]
    WrongKind {
        /// The rule that does not allow it.
        rule: &'static str,
    },
    /// The file system does not let SQLite at the file.
    #[error(
        "the database cannot be opened: the file system does not let its file be read, or made in its folder"
    )]
    CannotOpen,
    /// There is no room for what was to be written.
    #[error("there is no room on the disk: nothing has been changed")]
    Full,
    /// The file system lets SQLite at the file, and then fails.
    #[error("the file system fails to read or write the database: {0}")]
    FileSystem(#[source] rusqlite::Error),
    /// The file is not as SQLite left it.
    #[error("the database cannot be read: {0}")]
    Damaged(#[source] rusqlite::Error),
    /// Everything else that SQLite reports.
    #[error("the database cannot be read or written: {0}")]
    Sqlite(#[source] rusqlite::Error),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> StoreError {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Locked,
            Some(ErrorCode::ReadOnly) => StoreError::ReadOnly,
            Some(ErrorCode::CannotOpen) => StoreError::CannotOpen,
            Some(ErrorCode::DiskFull) => StoreError::Full,
            Some(ErrorCode::SystemIoFailure) => StoreError::FileSystem(error),
            Some(ErrorCode::DatabaseCorrupt) => StoreError::Damaged(error),
            _ => StoreError::Sqlite(error),
        }
    }
}
