//! The one test binary.

mod cases;
mod catalog;
#[cfg(test)]
mod store;
mod tidy;
