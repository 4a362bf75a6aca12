//! Exit codes: one meaning each, the same for every command and every output format.

use std::process::ExitCode;

/// What the exit code says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// The answer is yes; or it is done.
    Yes,
    /// The answer is no: denied, damaged, different.
    No,
    /// There is no answer: wrong usage, broken input, a file that cannot be read.
    CouldNotAnswer,
    /// The answer depends on what was not said.
    Undecided,
}

impl Exit {
    /// The number.
    pub(crate) fn code(self) -> u8 {
        match self {
            Exit::Yes => 0,
            Exit::No => 1,
            Exit::CouldNotAnswer => 2,
            Exit::Undecided => 3,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}
