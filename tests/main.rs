//! The one test binary.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at the first surprise and says what it skipped"
)]

mod access_changes;
mod agree;
mod algebra;
mod asking;
mod questions;
mod catalog;
mod checks;
mod cmd;
mod completions;
mod corpus;
mod differences;
mod effective;
mod embedded;
mod estate;
mod examples;
mod fuzzed;
mod generate;
mod grammar;
mod grants;
mod hostile;
mod import;
mod laws;
mod layers;
mod possible;
mod sarif;
mod scenarios;
mod schemas;
mod sets;
mod shell;
mod simulate;
mod statements;
mod store;
mod tables;
mod telling;
mod validate;
mod tidy;
mod who_can;
