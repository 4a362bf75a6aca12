//! How figures are taken and told.

#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::hint::black_box;
use std::time::{Duration, Instant};

/// The least of a few times of the same thing: what else runs on the machine only adds.
pub(crate) fn least<T>(times: usize, mut run: impl FnMut() -> T) -> Duration {
    let timed = || {
        let start = Instant::now();
        let result = black_box(run());
        let taken = start.elapsed();
        drop(result);
        taken
    };
    std::iter::repeat_with(timed).take(times).min().unwrap_or_default()
}

/// `12.3 ms`
pub(crate) fn ms(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

/// How many times as long as.
pub(crate) fn ratio(time: Duration, beside: Duration) -> String {
    format!("{:.2}", time.as_secs_f64() / beside.as_secs_f64())
}

/// Prints one line.
pub(crate) fn line(text: &str) {
    println!("{text}");
}
