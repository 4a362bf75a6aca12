//! Opening a file: whose it is, how new it is, and only then anything that could change it.
//!
//! The order matters. Until the file is known to be ours and not newer than this program nothing is written, not
//! even by SQLite when it closes the file. And no byte is read but through SQLite: closing any other handle
//! to the file would silently drop SQLite's own locks on it (POSIX).

use std::path::{Path, PathBuf};
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::StoreError;
use super::migrate::{MIGRATIONS, NEWEST, migrate};

/// `PRAGMA application_id` of every iamdb file: `iamd`.
const APPLICATION_ID: i64 = 0x6961_6d64;

/// How long to wait for another process that is writing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// What the file's header says.
struct Header {
    application_id: i64,
    version: i64,
    objects: i64,
}

impl Header {
    /// Nobody has put anything into it yet.
    fn is_blank(&self) -> bool {
        self.application_id == 0 && self.version == 0 && self.objects == 0
    }
}

/// Opens an existing file.
pub(super) fn open(path: &Path) -> Result<Connection, StoreError> {
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => connect(path, OpenFlags::empty()),
        Ok(_) => Err(StoreError::NotADatabase { path: path.to_owned() }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(StoreError::NotFound { path: path.to_owned() })
        }
        Err(source) => Err(StoreError::Io { path: path.to_owned(), source }),
    }
}

/// Opens a file, creating it where there is none.
pub(super) fn open_or_create(path: &Path) -> Result<Connection, StoreError> {
    match open(path) {
        Err(StoreError::NotFound { .. }) => {
            let folder = plain(path.parent().unwrap_or(path));
            match std::fs::metadata(&folder) {
                Ok(_) => connect(path, OpenFlags::SQLITE_OPEN_CREATE),
                Err(source) => Err(StoreError::Io { path: folder, source }),
            }
        }
        opened => opened,
    }
}

/// Opens an existing file to look at it: nothing is written, made or upgraded, and nobody is waited for. None
/// where that cannot be, also where the schema is an old one.
pub(super) fn glance(path: &Path) -> Option<Connection> {
    let conn = if !std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file()) {
        return None;
    } else if wal_is_empty(path) {
        // To read the log of a writer that begins now, files beside the database would have to be made.
        open_immutable(path).ok()?
    } else {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Connection::open_with_flags(plain(path), flags).ok()?
    };
    let header = admit(path, header(&conn)).ok()?;
    (header.version == NEWEST).then_some(conn)
}

/// Makes a database that no file holds.
pub(super) fn in_memory() -> Result<Connection, StoreError> {
    let mut conn = Connection::open_in_memory()?;
    configure(&conn)?;
    migrate(&mut conn, MIGRATIONS)?;
    Ok(conn)
}

/// What every connection is set to.
fn configure(conn: &Connection) -> rusqlite::Result<()> {
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true)?;
    // A statement's plan does not depend on its parameters. Otherwise SQLite prepares most of ours anew whenever
    // one is bound, and that takes several times as long as running them.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.set_prepared_statement_cache_capacity(64);
    Ok(())
}

/// The path such that SQLite sees a file name in it, also in `:memory:`.
pub(super) fn plain(path: &Path) -> PathBuf {
    if path.is_relative() { Path::new(".").join(path) } else { path.to_owned() }
}

fn connect(path: &Path, extra: OpenFlags) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | extra;
    let mut conn = Connection::open_with_flags(plain(path), flags)?;
    conn.busy_timeout(BUSY_TIMEOUT)?;
    let header = match header(&conn) {
        Err(error) if wants_to_write(&error) && wal_is_empty(path) => {
            conn = open_immutable(path)?;
            header(&conn)
        }
        header => header,
    };
    let header = match admit(path, header) {
        Ok(header) => header,
        Err(error) => {
            // Closing would move what is in the log into the file.
            conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !wal_is_empty(path))?;
            return Err(error);
        }
    };
    configure(&conn)?;
    if header.version < NEWEST {
        migrate(&mut conn, MIGRATIONS)?;
    }
    if !conn.is_readonly("main")? {
        // Readers and a writer then do not wait for each other. Remembered by the file, so this writes once. Where
        // somebody is in the way the old mode will do until the next opening.
        match conn.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())).map_err(StoreError::from) {
            Err(StoreError::Locked) | Ok(()) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(conn)
}

fn header(conn: &Connection) -> rusqlite::Result<Header> {
    let sql = "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema) \
               FROM pragma_application_id, pragma_user_version";
    conn.query_row(sql, [], |row| {
        Ok(Header { application_id: row.get(0)?, version: row.get(1)?, objects: row.get(2)? })
    })
}

/// Whether the file may be used by this program.
fn admit(path: &Path, header: rusqlite::Result<Header>) -> Result<Header, StoreError> {
    let path = path.to_owned();
    match header {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) => {
            Err(StoreError::NotADatabase { path })
        }
        Err(error) => Err(error.into()),
        Ok(header) if header.is_blank() => Ok(header),
        Ok(header) if header.application_id != APPLICATION_ID => Err(StoreError::Foreign { path }),
        Ok(Header { version: found, .. }) if found > NEWEST => {
            Err(StoreError::Newer { path, found, known: NEWEST })
        }
        Ok(Header { version: found, .. }) if found < 1 => Err(StoreError::NoVersion { path, found }),
        Ok(header) => Ok(header),
    }
}

/// Whether SQLite failed because it may not make the files beside the database that the log needs.
fn wants_to_write(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly))
}

/// Whether the file alone is the whole database.
fn wal_is_empty(path: &Path) -> bool {
    let mut wal = path.as_os_str().to_owned();
    wal.push("-wal");
    std::fs::metadata(wal).map_or(true, |metadata| metadata.len() == 0)
}

/// Opens a file in a folder that cannot be written: nobody else can write there either, so no locks are needed.
fn open_immutable(path: &Path) -> Result<Connection, StoreError> {
    let path = plain(path);
    let uri =
        format!("file:{}?immutable=1", percent_encode(path.as_os_str().as_encoded_bytes(), NON_ALPHANUMERIC));
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    Ok(Connection::open_with_flags(uri, flags)?)
}
