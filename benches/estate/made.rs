//! The accounts that are measured, in files of a folder that goes away with them.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use iamdb::import::{Reading, apply};
use iamdb::store::{Attribution, Store};
use tempfile::TempDir;

use crate::estate::Account;

/// A folder with dumps.
pub(crate) struct Made {
    folder: TempDir,
}

impl Made {
    pub(crate) fn new() -> Made {
        Made { folder: TempDir::new().expect("a folder") }
    }

    /// A path in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a dump.
    pub(crate) fn dump(&self, account: &Account) -> PathBuf {
        let path = self.path(&format!("gaad-{}-{}.json", account.principals, account.changed));
        let mut file = BufWriter::new(File::create(&path).expect("a file"));
        account.write(&mut file).and_then(|()| file.flush()).expect("a dump");
        path
    }

    /// A name of a database that is not there.
    pub(crate) fn fresh(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        for ending in ["", "-wal", "-shm"] {
            let mut file = path.as_os_str().to_owned();
            file.push(ending);
            let _absent = std::fs::remove_file(file);
        }
        path
    }
}

/// Imports a dump as the command does: read, compared and stored.
pub(crate) fn import(dump: &Path, db: &Path) {
    let mut reading = Reading::new();
    reading.add("gaad.json", File::open(dump).expect("a dump")).expect("what can be imported");
    let estate = reading.finish().expect("an estate");
    let mut store = Store::open_or_create(db).expect("a database");
    let time = "2026-11-01T00:00:00Z".parse().expect("a time");
    let by = Attribution { actor: "bench".to_owned(), time, command: "iamdb import".to_owned() };
    let stored = store.write(&by, |writer| {
        let outcome = apply(writer, &estate, &mut |_| {})?;
        Ok::<_, iamdb::import::ImportError>(((), outcome.summary()))
    });
    stored.expect("a change");
}
