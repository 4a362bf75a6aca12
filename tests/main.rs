//! The one test binary.

mod catalog;
mod cmd;
#[cfg(test)]
mod store;
