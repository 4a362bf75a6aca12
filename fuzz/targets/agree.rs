//! See `tests/fuzzed/agree.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| iamdb_fuzz::run("agree", input));
