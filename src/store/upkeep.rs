//! The file as a whole: a copy of it, and packing it.

use std::io;
use std::path::Path;

use rusqlite::Connection;

use super::open::plain;
use super::{Compacted, StoreError};

/// Writes the state of the last complete change to a file that is not there. SQLite does not put it on the disk: the
/// caller does.
pub(super) fn copy_to(conn: &Connection, path: &Path) -> Result<(), StoreError> {
    let file = plain(path);
    let name = file.to_str().ok_or_else(|| StoreError::Io {
        path: path.to_owned(),
        source: io::Error::new(io::ErrorKind::InvalidFilename, "the name is not UTF-8"),
    })?;
    conn.execute("VACUUM INTO ?1", [name])?;
    Ok(())
}

/// Packs the file and empties its log. Where somebody is reading the log it is left to whoever comes last.
pub(super) fn compact(conn: &Connection, path: &Path) -> Result<Compacted, StoreError> {
    let before = bytes(path)?;
    conn.execute_batch("VACUUM")?;
    conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(Compacted { before, after: bytes(path)? })
}

/// How much the file and its log take.
fn bytes(path: &Path) -> Result<u64, StoreError> {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let file = std::fs::metadata(path).map_err(|source| StoreError::Io { path: path.to_owned(), source })?;
    Ok(file.len() + std::fs::metadata(log).map_or(0, |log| log.len()))
}
