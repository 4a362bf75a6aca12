//! The one test binary.

mod catalog;
