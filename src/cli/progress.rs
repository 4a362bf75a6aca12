//! How far long work is: a bar on a terminal, after a second, and nothing anywhere else.

use std::io::{self, IsTerminal, Read};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Shorter work needs no bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// The bar of one piece of work; it goes when this is dropped.
pub(crate) struct Meter {
    what: &'static str,
    began: Instant,
    bar: Option<ProgressBar>,
}

impl Meter {
    /// Work that begins now.
    pub(crate) fn new(what: &'static str) -> Meter {
        Meter { what, began: Instant::now(), bar: None }
    }

    /// Shows that so much of `total` is done.
    pub(crate) fn at(&mut self, done: u64, total: u64) {
        if self.bar.is_none() && self.began.elapsed() > PATIENCE && io::stderr().is_terminal() {
            let bar = ProgressBar::new(total).with_elapsed(self.began.elapsed()).with_message(self.what);
            let style = ProgressStyle::with_template("{msg} [{bar:30}] {percent}%, {eta} left");
            self.bar = Some(bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())));
        }
        if let Some(bar) = &self.bar {
            bar.set_position(done);
        }
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// A reader that moves a meter.
pub(crate) struct Metered<'a, R> {
    /// Where the bytes come from.
    pub(crate) inner: R,
    /// What they move.
    pub(crate) meter: &'a mut Meter,
    /// How many have been read, of all files.
    pub(crate) done: &'a mut u64,
    /// How many there are.
    pub(crate) total: u64,
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        *self.done += count as u64;
        self.meter.at(*self.done, self.total);
        Ok(count)
    }
}
