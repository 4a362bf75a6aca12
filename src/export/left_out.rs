//! What is stored, and AWS's formats cannot say.

use std::fmt;

/// Something that is not in an export.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeftOut {
    /// A principal or managed policy of an account that is not set.
    NoAccount {
        /// `user/alice`.
        what: String,
    },
    /// A root, OU or policy of an organization that was made by hand without an id of AWS.
    NoId {
        /// `ou/dev`.
        what: String,
    },
    /// What is true of an organization whose own id is not known.
    NoOrganizationId,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LeftOut::NoAccount { what } => write!(f, "`{what}` is left out: its account is not set"),
            LeftOut::NoId { what } => {
                write!(f, "`{what}` is left out with what hangs on it: it has no id of AWS")
            }
            LeftOut::NoOrganizationId => f.write_str(
                "the management account and the feature set of an organization are left out: its id is not known",
            ),
        }
    }
}
