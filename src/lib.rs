//! iamdb: AWS IAM policies and the principals they are attached to, in one SQLite file that answers
//! questions exactly and offline.
//!
//! The modules stand in reading order; each may use only those above it.
//!
//! * The words, what a policy says: [`arn`], [`glob`], [`policy`], [`request`], [`layers`].
//! * The meaning of one request: [`eval`]; and, where a question leaves context keys unsaid, [`cases`].
//! * Facts about AWS for showing and suggesting, never for deciding: [`catalog`].
//! * Keeping: [`store`] and [`import`].
//! * Talking: [`cli`].

pub mod arn;
pub mod policy;
pub mod store;
