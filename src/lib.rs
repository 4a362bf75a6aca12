//! iamdb: AWS IAM policies and the principals they are attached to, in one SQLite file that answers
//! questions exactly and offline.
//!
//! The modules stand in reading order; each may use only those above it.
//!
//! * The words, what a policy says: [`arn`], [`pattern`], [`policy`] (and where there are some in other files, [`embedded`]), [`caller`], [`request`], [`layers`].
//! * The meaning of one request: [`eval`], and in words: [`explain`].
//! * Exact sets of points of any kind: [`algebra`].
//! * Facts about AWS, for showing, suggesting and the kinds of keys, never for deciding: [`catalog`],
//!   [`context_keys`].
//! * What follows from who asks: [`knowledge`].
//! * The meaning of all requests, as sets: [`compile`]; of one request that leaves context keys unsaid: [`question`];
//!   questions about all requests: [`analysis`], and the answers in words and as JSON: [`tell`].
//! * The published policy checks: [`validate`].
//! * A request with all its policies, as one JSON object: [`scenario`].
//! * Keeping: [`store`], and [`stored`], which turns rows back into words; [`import`], which turns AWS's own
//!   output into rows, and [`export`], which turns rows into that output again.
//! * A whole question and its reply: [`ask`]; of everybody at once: [`who_can`]; who gained and lost
//!   what: [`access_change`].
//! * Talking: [`cli`].

pub mod arn;
pub mod pattern;
pub mod policy;
pub mod embedded;
pub mod caller;
pub mod request;
pub mod layers;
pub mod eval;
pub mod explain;
pub mod algebra;
pub mod catalog;
pub mod context_keys;
pub mod knowledge;
pub mod compile;
pub mod question;
pub mod analysis;
pub mod tell;
pub mod validate;
pub mod scenario;
pub mod store;
pub mod stored;
pub mod import;
pub mod export;
pub mod ask;
pub mod who_can;
pub mod access_change;
pub mod cli;
