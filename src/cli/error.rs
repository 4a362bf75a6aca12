//! Why a command has no answer: what, where, and what next.

use std::fmt::Display;
use std::io;

use serde_json::{Value, json};

use super::exit::Exit;
use super::finding::Findings;
use super::text::{quoted_list, shown};
use crate::analysis::AnalysisError;
use crate::question::QuestionError;
use crate::store::StoreError;

/// What sort of thing went wrong: for programs, which read it as `error.code`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorKind {
    /// The command line cannot be understood.
    Usage,
    /// What was named is not there.
    NotFound,
    /// What was named could be several things.
    Ambiguous,
    /// It cannot be done as things are.
    Conflict,
    /// The document is not a policy that AWS accepts.
    InvalidPolicy,
    /// The file is not what it should be.
    InvalidInput,
    /// A file cannot be read or written.
    Io,
    /// The database cannot be read or written.
    Database,
    /// The question is too large to be decided.
    Budget,
    /// The program contradicts itself.
    Internal,
    /// Whoever read the answer has stopped reading: not an error of anybody.
    BrokenPipe,
}

impl ErrorKind {
    fn code(self) -> &'static str {
        match self {
            ErrorKind::Usage => "Usage",
            ErrorKind::NotFound => "NotFound",
            ErrorKind::Ambiguous => "Ambiguous",
            ErrorKind::Conflict => "Conflict",
            ErrorKind::InvalidPolicy => "InvalidPolicy",
            ErrorKind::InvalidInput => "InvalidInput",
            ErrorKind::Io => "Io",
            ErrorKind::Database => "Database",
            ErrorKind::Budget => "Budget",
            ErrorKind::Internal => "Internal",
            ErrorKind::BrokenPipe => "BrokenPipe",
        }
    }
}

impl From<&AnalysisError> for ErrorKind {
    fn from(error: &AnalysisError) -> ErrorKind {
        match error {
            AnalysisError::Compile(_) => ErrorKind::Budget,
            AnalysisError::Disagreement { .. } => ErrorKind::Internal,
        }
    }
}

impl From<&QuestionError> for ErrorKind {
    fn from(error: &QuestionError) -> ErrorKind {
        match error {
            QuestionError::Compile(_) | QuestionError::Undecided { .. } => ErrorKind::Budget,
            QuestionError::Disagreement { .. } => ErrorKind::Internal,
        }
    }
}

/// How a question is asked that has options for it.
pub(crate) const RESTRICT: &str = "`--action`, `--resource` and `--context` restrict the question";
/// What is known of documents that are too much.
pub(crate) const COSTLY: &str = "patterns with several `*` inside, and keys with very many values, cost most";

/// How many characters the beginning and the end of a long text may have.
const HALF: usize = 2_000;

/// A text without the middle that nobody could read: a name from input may have any length.
fn readable(text: String) -> String {
    let length = text.chars().count();
    if length <= 2 * HALF {
        return text;
    }
    let head: String = text.chars().take(HALF).collect();
    let tail: String = text.chars().skip(length - HALF).collect();
    format!("{head} … {tail}")
}

/// An error as it is told: lower case, user's text in backticks, then hints.
#[derive(Debug)]
pub(crate) struct CliError {
    kind: ErrorKind,
    message: String,
    hints: Vec<String>,
    findings: Option<Box<Findings>>,
}

impl CliError {
    /// An error without a hint. Text from input in `message` has been through [`shown`].
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> CliError {
        CliError { kind, message: readable(message.into()), hints: Vec::new(), findings: None }
    }

    /// A question about somebody or something that has no answer; and how it could be asked.
    #[must_use]
    pub(crate) fn no_answer<'e, E: Display>(about: &str, error: &'e E, advice: &str) -> CliError
    where
        ErrorKind: From<&'e E>,
    {
        let kind = ErrorKind::from(error);
        let message = format!("{}: {}", shown(about), shown(&error.to_string()));
        CliError::new(kind, message).hint(match kind {
            ErrorKind::Internal => "no answer is better than a wrong one",
            _ => advice,
        })
    }

    /// With what to do next.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> CliError {
        self.hints.push(readable(hint.into()));
        self
    }

    /// With what was found in a document.
    #[must_use]
    pub(crate) fn because(mut self, findings: Findings) -> CliError {
        self.findings = Some(Box::new(findings));
        self
    }

    /// A file or folder that cannot be read.
    pub(crate) fn unreadable(path: &str, error: &io::Error) -> CliError {
        let why = match error.kind() {
            io::ErrorKind::NotFound => "there is no such file or folder".to_owned(),
            _ => shown(&error.to_string()),
        };
        CliError::new(ErrorKind::Io, format!("cannot read `{}`: {why}", shown(path)))
    }

    /// Failure to print.
    pub(crate) fn printing(error: &io::Error) -> CliError {
        let kind =
            if error.kind() == io::ErrorKind::BrokenPipe { ErrorKind::BrokenPipe } else { ErrorKind::Io };
        CliError::new(kind, format!("cannot write the answer: {error}"))
    }

    /// The exit code.
    pub(crate) fn exit(&self) -> Exit {
        match self.kind {
            ErrorKind::BrokenPipe => Exit::Yes,
            ErrorKind::Usage
            | ErrorKind::NotFound
            | ErrorKind::Ambiguous
            | ErrorKind::Conflict
            | ErrorKind::InvalidPolicy
            | ErrorKind::InvalidInput
            | ErrorKind::Io
            | ErrorKind::Database
            | ErrorKind::Budget
            | ErrorKind::Internal => Exit::CouldNotAnswer,
        }
    }

    /// Whether there is anybody to tell.
    pub(crate) fn is_quiet(&self) -> bool {
        self.kind == ErrorKind::BrokenPipe
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn hints(&self) -> &[String] {
        &self.hints
    }

    pub(crate) fn findings(&self) -> Option<&Findings> {
        self.findings.as_deref()
    }

    /// The object printed under `--output json`.
    pub(crate) fn json(&self) -> Value {
        let findings = self.findings.as_deref().map(Findings::json);
        json!({
            "error": {
                "code": self.kind.code(),
                "message": self.message,
                "hints": self.hints,
                "findings": findings.unwrap_or_default(),
            },
            "exit_code": self.exit().code(),
        })
    }
}

/// The hint of a database that is not there.
const NO_DATABASE: &str = "`iamdb init` makes an empty one, `iamdb attach alice policy.json` makes one with a policy in it; \
     `--db FILE` and IAMDB_DB name another";

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> CliError {
        let message = shown(&error.to_string());
        match error {
            StoreError::NotFound { .. } => CliError::new(ErrorKind::NotFound, message).hint(NO_DATABASE),
            StoreError::NotADatabase { .. } | StoreError::Foreign { .. } | StoreError::NoVersion { .. } => {
                CliError::new(ErrorKind::Database, message)
                    .hint("the file has not been touched; `--db FILE` and IAMDB_DB name another")
            }
            StoreError::Newer { .. } => CliError::new(ErrorKind::Database, message)
                .hint("the file has not been touched; use the iamdb that wrote it, or a newer one"),
            StoreError::ReadOnly => CliError::new(ErrorKind::Database, message)
                .hint("copy the file to a folder that you can write, and name it with `--db`"),
            StoreError::Locked => CliError::new(ErrorKind::Database, message)
                .hint("try again when the other command is done; nothing has been changed"),
            StoreError::Io { .. } => CliError::new(ErrorKind::Io, message),
            StoreError::CannotOpen => CliError::new(ErrorKind::Io, message).hint(
                "see who may read the file and write to its folder; `--db FILE` and IAMDB_DB name another",
            ),
            StoreError::Full => CliError::new(ErrorKind::Io, message)
                .hint("make room for the file and for the log beside it, and try again"),
            StoreError::FileSystem(_) => CliError::new(ErrorKind::Io, message).hint(
                "see whether the disk, a quota or a limit on the size of files is full; nothing has been changed",
            ),
            StoreError::NoSuchChange { .. } => CliError::new(ErrorKind::NotFound, message)
                .hint("`iamdb log` lists the changes with their times"),
            StoreError::InUse { by, .. } => CliError::new(ErrorKind::Conflict, message)
                .hint(format!("`iamdb detach` it first from {}", quoted_list(by))),
            StoreError::AccountSet { .. } => CliError::new(ErrorKind::Conflict, message)
                .hint("keep each account's things made by hand in a database of their own (`--db FILE`)"),
            StoreError::Exists { .. }
            | StoreError::Gone { .. }
            | StoreError::WrongKind { .. }
            | StoreError::NotEmpty { .. }
            | StoreError::Circle { .. } => CliError::new(ErrorKind::Conflict, message),
            StoreError::Damaged(_) | StoreError::Sqlite(_) => CliError::new(ErrorKind::Database, message)
                .hint("`iamdb verify` names the first thing that is damaged"),
        }
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn a_contradiction_is_no_matter_of_how_one_asks() {
        let request = "iam:GetUser".to_owned();
        let question = QuestionError::Disagreement { request: request.clone() };
        let analysis = AnalysisError::Disagreement { request };
        for error in [
            CliError::no_answer("alice", &question, RESTRICT),
            CliError::no_answer("alice", &analysis, RESTRICT),
        ] {
            assert_eq!(error.kind, ErrorKind::Internal);
            assert_eq!(error.hints, ["no answer is better than a wrong one"]);
        }
        let undecided = QuestionError::Undecided { keys: vec!["aws:SourceIp".to_owned()] };
        let error = CliError::no_answer("alice", &undecided, RESTRICT);
        assert_eq!((error.kind, error.hints.as_slice()), (ErrorKind::Budget, &[RESTRICT.to_owned()][..]));
    }
}
