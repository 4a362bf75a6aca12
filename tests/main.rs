//! The one test binary.

mod cases;
mod catalog;
mod store;
mod tidy;
