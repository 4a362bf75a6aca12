//! The targets, as the ordinary tests have them, for libFuzzer.

// What the targets are written with has tests of its own and helpers of other tests.
#![allow(unused, unreachable_pub)]

#[path = "../tests/agree.rs"]
mod agree;
#[path = "../tests/asking.rs"]
mod asking;
#[path = "../tests/fuzzed.rs"]
mod fuzzed;
#[path = "../tests/generate.rs"]
mod generate;
#[path = "../tests/layers.rs"]
mod layers;

/// Runs the target of that name on an input.
pub fn run(target: &str, input: &[u8]) {
    let found = fuzzed::TARGETS.iter().find(|(name, _)| *name == target);
    let (_, run) = found.expect("a target of that name");
    run(input);
}
