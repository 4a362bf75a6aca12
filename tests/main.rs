//! The one test binary.

mod catalog;
#[cfg(test)]
mod store;
