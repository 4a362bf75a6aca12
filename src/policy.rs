//! Policies as values.

mod document;

pub use document::{Document, PolicyId};
