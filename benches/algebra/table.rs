//! How times are spread.

#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::hint::black_box;
use std::time::{Duration, Instant};

/// The time that something takes, and what it gives.
pub(crate) fn timed<T>(run: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let result = black_box(run());
    (start.elapsed(), result)
}

/// The least of a few times of the same thing: what else runs on the machine only adds.
pub(crate) fn least<T>(times: usize, mut run: impl FnMut() -> T) -> Duration {
    (0..times).map(|_| timed(&mut run).0).min().unwrap_or_default()
}

/// Prints the spread of the times of many documents, and what they add up to.
pub(crate) fn print(what: &str, mut times: Vec<(Duration, String)>) -> Duration {
    times.sort();
    let at = |share: f64| {
        let place = ((times.len() as f64 * share).ceil() as usize).clamp(1, times.len().max(1));
        times.get(place - 1).map_or(0.0, |(time, _)| time.as_secs_f64() * 1e3)
    };
    let total: Duration = times.iter().map(|(time, _)| *time).sum();
    let worst = times.last().map_or("", |(_, name)| name);
    println!(
        "{what:<40} {:>6} documents, total {:>9.2} ms, median {:>7.3}, p95 {:>7.3}, p99 {:>7.3}, worst {:>7.3} ms ({worst})",
        times.len(),
        total.as_secs_f64() * 1e3,
        at(0.5),
        at(0.95),
        at(0.99),
        at(1.0),
    );
    total
}

/// Prints one line.
pub(crate) fn line(text: &str) {
    println!("{text}");
}
