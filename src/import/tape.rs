//! A reader that remembers what it has read until it is told to forget.
//!
//! A dump can be larger than memory should hold and is read as a stream. A policy document is small, and its
//! text must be kept as written. Which of the two a file is shows only after some keys of it have been read.

use std::cell::RefCell;
use std::io::{self, Read};
use std::rc::Rc;

/// More than any file that is not a dump can need.
const LIMIT: usize = 16 << 20;

/// What has been read; `None` once it was forgotten or too much.
#[derive(Debug, Clone)]
pub(super) struct Tape(Rc<RefCell<Option<Vec<u8>>>>);

impl Tape {
    /// A tape, and the reader that records on it.
    pub(super) fn record<R: Read>(inner: R) -> (Tape, Recorder<R>) {
        let tape = Tape(Rc::new(RefCell::new(Some(Vec::new()))));
        (tape.clone(), Recorder { inner, tape })
    }

    /// Stops recording and frees what was recorded.
    pub(super) fn forget(&self) {
        self.0.replace(None);
    }

    /// Everything that was read.
    pub(super) fn take(&self) -> Option<Vec<u8>> {
        self.0.take()
    }
}

/// Reads from `inner` and records it.
#[derive(Debug)]
pub(super) struct Recorder<R> {
    inner: R,
    tape: Tape,
}

impl<R: Read> Read for Recorder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let mut tape = self.tape.0.borrow_mut();
        if let (Some(recorded), Some(read)) = (tape.as_mut(), buffer.get(..count)) {
            recorded.extend_from_slice(read);
        }
        if tape.as_ref().is_some_and(|recorded| recorded.len() > LIMIT) {
            *tape = None;
        }
        Ok(count)
    }
}
