//! iamdb beside `iam-rs` and `cedar-policy`: point decisions about policies of 10 to 10,000 statements.
//!
//! `cargo run --release` in this folder prints the table; sizes behind `--` print only those. Everyone has read its
//! policies and has its requests in its own types before the clock starts, decides the same requests in turns, and runs
//! with the system's allocator. Decisions are compared; what is not the same is printed and counted.

mod cedar;
mod iam_rs;
mod iamdb_eval;
mod iamdb_set;
mod made;

use std::hint::black_box;
use std::time::{Duration, Instant};

use made::Made;

/// How many statements the policies have together.
const SIZES: [usize; 4] = [10, 100, 1_000, 10_000];

/// How often everyone decides, in turns; the median counts.
const ROUNDS: usize = 15;

/// How long everyone decides in one round, at least.
const ROUND: Duration = Duration::from_millis(40);

/// What a request is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Allowed,
    ExplicitlyDenied,
    ImplicitlyDenied,
    /// Of a set only this is known.
    Denied,
}

impl Answer {
    fn agrees(self, other: Answer) -> bool {
        let is_denied = |answer| matches!(answer, Answer::ExplicitlyDenied | Answer::ImplicitlyDenied);
        self == other
            || (self == Answer::Denied && is_denied(other))
            || (other == Answer::Denied && is_denied(self))
    }
}

/// One who decides, with its policies read and its requests made.
pub(crate) struct Decider {
    pub(crate) name: String,
    /// What reading took, and whatever else is done once for policies.
    pub(crate) made_in: Vec<(&'static str, Duration)>,
    /// Decides the request of this number.
    pub(crate) decide: Box<dyn Fn(usize) -> Answer>,
}

/// The median of some times.
fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// The median time of doing something, and what it gives.
pub(crate) fn timed<T>(mut run: impl FnMut() -> T) -> (Duration, T) {
    let mut once = || {
        let start = Instant::now();
        let result = black_box(run());
        (start.elapsed(), result)
    };
    let mut times: Vec<Duration> = (0..4).map(|_| once().0).collect();
    let (last, result) = once();
    times.push(last);
    (median(times), result)
}

/// What one decision takes, on average over as many requests as a round has time for.
fn round(decider: &Decider, requests: usize) -> Duration {
    let start = Instant::now();
    let mut decided = 0;
    while decided < requests && (decided % 8 != 0 || start.elapsed() < ROUND) {
        black_box((decider.decide)(black_box(decided)));
        decided += 1;
    }
    start.elapsed() / decided as u32
}

fn readable(time: Duration) -> String {
    let nanos = time.as_nanos() as f64;
    match nanos {
        _ if nanos < 1e3 => format!("{nanos:.0} ns"),
        _ if nanos < 1e6 => format!("{:.1} µs", nanos / 1e3),
        _ => format!("{:.1} ms", nanos / 1e6),
    }
}

/// One time beside another.
fn beside(time: Duration, other: Duration) -> String {
    let ratio = time.as_secs_f64() / other.as_secs_f64();
    if ratio >= 1.0 { format!("{ratio:.1} times") } else { format!("1/{:.1} of", 1.0 / ratio) }
}

/// Compares all decisions, and says what was decided.
fn compare(deciders: &[Decider], made: &Made) {
    let first = &deciders[0];
    let answers: Vec<Answer> = (0..made.requests.len()).map(|nth| (first.decide)(nth)).collect();
    let count = |wanted| answers.iter().filter(|answer| **answer == wanted).count();
    println!(
        "{} requests: {} allowed, {} explicitly denied, {} implicitly",
        answers.len(),
        count(Answer::Allowed),
        count(Answer::ExplicitlyDenied),
        count(Answer::ImplicitlyDenied)
    );
    let mut all_agree = true;
    for other in deciders {
        let differs = |nth: &usize| !(other.decide)(*nth).agrees(answers[*nth]);
        let different: Vec<usize> = (0..answers.len()).filter(differs).collect();
        if let Some(&nth) = different.first() {
            all_agree = false;
            println!(
                "{} decisions of {} are others than those of {}, e.g. {:?} instead of {:?} for {:?}",
                different.len(),
                other.name,
                first.name,
                (other.decide)(nth),
                answers[nth],
                made.requests[nth],
            );
        }
    }
    if all_agree {
        println!("everyone decides the same");
    }
}

/// Prints the table of one size.
fn print(statements: usize) {
    let made = Made::new(statements);
    println!("\n{statements} statements");
    let deciders = [
        iamdb_eval::decider(&made),
        iamdb_set::decider(&made),
        iam_rs::decider(&made),
        cedar::decider(&made),
    ];
    compare(&deciders, &made);
    let mut times = vec![Vec::new(); deciders.len()];
    for _ in 0..ROUNDS {
        for (times, decider) in times.iter_mut().zip(&deciders) {
            times.push(round(decider, made.requests.len()));
        }
    }
    let times: Vec<Duration> = times.into_iter().map(median).collect();
    for (time, decider) in times.iter().zip(&deciders) {
        let once: Vec<String> =
            decider.made_in.iter().map(|(what, time)| format!("{what} {}", readable(*time))).collect();
        println!(
            "  {:<24} {:>9} a decision, {:>10} the evaluator's; once: {}",
            decider.name,
            readable(*time),
            beside(*time, times[0]),
            once.join(", "),
        );
    }
}

fn main() {
    let wanted: Vec<usize> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    for size in if wanted.is_empty() { SIZES.to_vec() } else { wanted } {
        print(size);
    }
}

/// The version of a crate that this program was built with.
pub(crate) fn version(name: &str) -> &'static str {
    let lock = include_str!("../Cargo.lock");
    let package = lock.split("[[package]]").find(|package| package.contains(&format!("name = \"{name}\"\n")));
    package.and_then(|package| package.split("version = \"").nth(1)?.split('"').next()).unwrap_or("?")
}
