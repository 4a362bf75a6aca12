//! The one test binary.

mod cases;
mod catalog;
mod estate;
mod import;
#[cfg(test)]
mod store;
mod tidy;
