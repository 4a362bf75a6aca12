//! The database file: what is kept, its history, and the proof that both are intact.
//!
//! The only place that names rusqlite. A [`Snapshot`] reads the state as of one change; a [`Writer`] makes one
//! change, all of it or nothing. Nothing is ever overwritten: every row is valid from one change to another.
//!
//! # Locking
//!
//! The file is in SQLite's WAL mode: readers see the state that they began with and wait for nobody; writers take
//! turns, and each waits up to five seconds for its turn. A process that is killed leaves the state of the last
//! complete change.
//!
//! # Speed
//!
//! Opening checks nothing but whose file it is and how new ([`Store::verify`] checks everything). Statements are
//! prepared once per opening.

use std::fmt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::Connection;

mod bulk;
mod entity;
mod error;
mod history;
mod migrate;
mod open;
mod organization;
mod resource;
mod snapshot;
mod touched;
mod upkeep;
mod verify;
mod writer;

pub use bulk::{
    AttachmentRow, DocumentId, InlineRow, MembershipRow, TagRow, TextKey, TrustRow, VersionRow, Whose,
};
pub use entity::{
    AttachmentKind, InlinePolicy, ManagedPolicy, NewManagedPolicy, NewPrincipal, PolicyKey, PolicyOwner,
    PolicyVersion, Principal, PrincipalKey, PrincipalKind,
};
pub use error::StoreError;
pub use organization::{
    FeatureSet, Level, NewNode, NewOrganizationPolicy, Node, NodeKey, NodeKind, Organization,
    OrganizationFacts, OrganizationPolicy, OrganizationPolicyKey, OrganizationPolicyOwner,
    OrganizationPolicyType, Standing, TypeStatus,
};
pub use resource::{Resource, ResourceKey, account_in};
pub use snapshot::Snapshot;
pub use touched::Touch;
pub use verify::{Damage, Verified};
pub use writer::Writer;

/// The number of a change; the first is 1. 0 is the empty database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChangeNumber(pub i64);

impl fmt::Display for ChangeNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// As of when a question is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// The newest change.
    Now,
    /// The state that change left behind.
    Change(ChangeNumber),
    /// The state left by the last change at or before this instant.
    Time(Timestamp),
}

/// One recorded change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its number.
    pub number: ChangeNumber,
    /// When it was committed, whole seconds, UTC; never before the change that precedes it.
    pub time: Timestamp,
    /// Who made it.
    pub actor: String,
    /// The command line that made it.
    pub command: String,
    /// One line for people.
    pub summary: String,
    /// SHA-256 over the content and the previous change's hash, lower-case hexadecimal.
    pub hash: String,
}

/// Who makes a change, when and by which command.
#[derive(Debug, Clone)]
pub struct Attribution {
    /// Who.
    pub actor: String,
    /// When.
    pub time: Timestamp,
    /// The command line.
    pub command: String,
}

/// How many bytes a file and its log took, and take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compacted {
    /// Before it was packed.
    pub before: u64,
    /// And after.
    pub after: u64,
}

/// An open database file.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    conn: Connection,
}

impl Store {
    /// Opens an existing file to read or write; never creates one. Old schemas are upgraded.
    ///
    /// A file that may only be read opens as well; then [`Store::write`] says that it is read-only.
    pub fn open(path: &Path) -> Result<Store, StoreError> {
        Ok(Store { path: path.to_owned(), conn: open::open(path)? })
    }

    /// Opens an existing file to look at it in passing: whatever happens, the file, its log and other processes notice
    /// nothing. `None` where that cannot be: no such file, not ours, damaged, of an older schema.
    ///
    /// Of what others write meanwhile part may be seen, so this is for hints, not for answers.
    pub fn glance(path: &Path) -> Option<Store> {
        Some(Store { path: path.to_owned(), conn: open::glance(path)? })
    }

    /// Opens a file, creating it where there is none.
    pub fn open_or_create(path: &Path) -> Result<Store, StoreError> {
        Ok(Store { path: path.to_owned(), conn: open::open_or_create(path)? })
    }

    /// An empty database that is nowhere: to try on it what would begin a file.
    pub fn in_memory() -> Result<Store, StoreError> {
        Ok(Store { path: PathBuf::from(":memory:"), conn: open::in_memory()? })
    }

    /// The file's name as it was given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A consistent view of the state as of then.
    pub fn read(&mut self, at: At) -> Result<Snapshot<'_>, StoreError> {
        Snapshot::new(self.conn.transaction()?, at)
    }

    /// Makes one change: all of it or nothing. `work` returns the change's summary.
    ///
    /// `Ok((value, None))` where `work` wrote nothing: then no change is recorded.
    pub fn write<T, E: From<StoreError>>(
        &mut self,
        by: &Attribution,
        work: impl FnOnce(&mut Writer<'_>) -> Result<(T, String), E>,
    ) -> Result<(T, Option<Change>), E> {
        let mut writer = Writer::begin(&mut self.conn)?;
        let (value, summary) = work(&mut writer)?;
        let change = writer.commit(by, summary)?;
        Ok((value, change))
    }

    /// Called like [`Store::write`], but everything is rolled back at the end, so nobody is recorded as its author.
    pub fn dry_run<T, E: From<StoreError>>(
        &mut self,
        _by: &Attribution,
        work: impl FnOnce(&mut Writer<'_>) -> Result<(T, String), E>,
    ) -> Result<T, E> {
        let mut writer = Writer::begin(&mut self.conn)?;
        let (value, _summary) = work(&mut writer)?;
        Ok(value)
    }

    /// Every change, oldest first.
    pub fn changes(&self) -> Result<Vec<Change>, StoreError> {
        Ok(history::changes(&self.conn)?)
    }

    /// Copies the state of the last complete change, with its history, to a file that is not there. Others may write
    /// meanwhile. That the copy is on the disk is for the caller to see to.
    pub fn copy_to(&self, path: &Path) -> Result<(), StoreError> {
        upkeep::copy_to(&self.conn, path)
    }

    /// Gives back the space that the file does not need. Nothing that is stored changes.
    pub fn compact(&self) -> Result<Compacted, StoreError> {
        upkeep::compact(&self.conn, &self.path)
    }

    /// Recomputes everything that can be recomputed; `Err(StoreError)` only where the file cannot be read at all.
    pub fn verify(&self) -> Result<Result<Verified, Damage>, StoreError> {
        // One transaction, so that what other processes write meanwhile is not taken for damage.
        let _consistent = self.conn.unchecked_transaction()?;
        verify::verify(&self.conn)
    }
}
