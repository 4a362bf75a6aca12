//! Files, each behind a line `=== NAME`, as one import: it is refused as a whole, or the database that it makes is
//! intact, the same import again changes nothing, and an export of it comes to the same export.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::rc::Rc;

use iamdb::export::{Export, ExportError};
use iamdb::import::{Estate, ImportError, Reading, apply};
use iamdb::store::{At, Attribution, Change, Store};

/// Files by name.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

pub(super) fn run(input: &[u8]) {
    let Ok(estate) = read(&files(input)) else { return };
    let mut store = Store::in_memory().unwrap();
    if imported(&mut store, &estate).is_err() {
        assert!(store.changes().unwrap().is_empty());
        return;
    }
    store.verify().unwrap().unwrap_or_else(|damage| panic!("{damage}"));
    assert_eq!(imported(&mut store, &estate).unwrap(), None, "the same again is a change");
    let written = exported(&mut store).unwrap();
    let mut copy = Store::in_memory().unwrap();
    let again = read(&written).unwrap_or_else(|error| panic!("what was exported is refused: {error}"));
    imported(&mut copy, &again).unwrap_or_else(|error| panic!("what was exported is not taken: {error}"));
    assert_eq!(written, exported(&mut copy).unwrap());
}

/// The files of an input; without a line that names one it is one file.
pub(super) fn files(input: &[u8]) -> Files {
    let mut files = Files::new();
    let mut name = "file.json".to_owned();
    for line in input.split_inclusive(|byte| *byte == b'\n') {
        match line.strip_prefix(b"=== ") {
            Some(named) => name = String::from_utf8_lossy(named).trim().to_owned(),
            None => files.entry(name.clone()).or_default().extend(line),
        }
    }
    files
}

pub(super) fn read(files: &Files) -> Result<Estate, ImportError> {
    let mut reading = Reading::new();
    files.iter().try_for_each(|(name, bytes)| reading.add(name, bytes.as_slice()))?;
    reading.finish()
}

pub(super) fn imported(store: &mut Store, estate: &Estate) -> Result<Option<Change>, ImportError> {
    let time = "2026-01-01T00:00:00Z".parse().unwrap();
    let by = Attribution { actor: "eve".to_owned(), time, command: "iamdb import".to_owned() };
    let ((), change) = store.write(&by, |writer| {
        let outcome = apply(writer, estate, &mut |_| {})?;
        Ok::<_, ImportError>(((), outcome.summary()))
    })?;
    Ok(change)
}

/// A file in memory.
#[derive(Clone, Default)]
struct Memory(Rc<RefCell<Vec<u8>>>);

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Everything that an export writes.
pub(super) fn exported(store: &mut Store) -> Result<Files, ExportError> {
    let mut files: BTreeMap<String, Memory> = BTreeMap::new();
    let now = store.read(At::Now)?;
    let mut open = |name: &str| -> io::Result<Box<dyn Write>> {
        Ok(Box::new(files.entry(name.to_owned()).or_default().clone()))
    };
    Export::new(&now)?.write(&mut open)?;
    Ok(files.into_iter().map(|(name, file)| (name, file.0.borrow().clone())).collect())
}
