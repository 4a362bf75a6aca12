//! iamdb: AWS IAM policies and the principals they are attached to, in one SQLite file that answers
//! questions exactly and offline.
//!
//! The modules stand in reading order; each may use only those above it.
//!
//! * The words, what a policy says: [`arn`], [`pattern`], [`policy`], [`request`], [`layers`].
//! * The meaning of one request: [`eval`].
//! * Keeping: [`store`], [`import`].

pub mod arn;
pub mod pattern;
pub mod policy;
pub mod request;
pub mod layers;
pub mod eval;
pub mod store;
pub mod import;
