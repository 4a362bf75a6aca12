//! The one test binary.

mod cases;
mod catalog;
#[cfg(test)]
mod estate;
#[cfg(test)]
mod import;
#[cfg(test)]
mod store;
mod tidy;
