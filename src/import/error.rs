//! Why an import stored nothing: what, in which file, where in it, and what was expected.

use std::fmt;

use crate::store::StoreError;

/// What [`super::Reading::add`] recognises, for messages.
pub const EXPECTED: &str = "a policy document, the output of `aws iam get-account-authorization-details` \
(also its pages, as an array or one a line), of get-user, get-role, get-policy, get-policy-version, get-user-policy, get-group-policy \
or get-role-policy, of `aws organizations`, policies of resources by ARN, or a folder of these";

/// Why an import stored nothing.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The content is none of the accepted formats.
    #[error("{file}: not something that can be imported: {found}; expected {EXPECTED}")]
    Unrecognised {
        /// The file.
        file: String,
        /// What is in it instead.
        found: String,
    },
    /// Not JSON, or a value of the wrong type.
    #[error("{file}:{line}:{column}: {place}{message}")]
    Json {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// The column, from 1, in bytes.
        column: usize,
        /// Where, in words.
        place: Place,
        /// What is wrong.
        message: String,
    },
    /// JSON of the right shape that says something impossible or too little.
    #[error("{file}: {place}{message}")]
    Content {
        /// The file.
        file: String,
        /// Where, in words.
        place: Place,
        /// What is wrong; begins with whom it is about.
        message: String,
    },
    /// The file cannot be read.
    #[error("{file}: cannot be read: {source}")]
    Io {
        /// The file.
        file: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The database cannot take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A place in a dump; prints as `$[1].UserDetailList[3]: `, or nothing where it is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// Which page, where a file holds an array of them.
    pub page: Option<usize>,
    /// Which list of the page, and which of its elements.
    pub element: Option<(&'static str, usize)>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.page.is_none() && self.element.is_none() {
            return Ok(());
        }
        f.write_str("$")?;
        if let Some(page) = self.page {
            write!(f, "[{page}]")?;
        }
        if let Some((list, index)) = self.element {
            write!(f, ".{list}[{index}]")?;
        }
        f.write_str(": ")
    }
}
