//! What is checked: policies by name, and those in folders.

use std::path::Path;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::super::at::When;
use super::super::diff::meaning::{Meaning, Named, files_in, nothing, stored, unknown};
use super::super::error::CliError;
use super::super::session::Session;
use super::super::source::{Given, Source};
use super::super::text::{count, shown};
use crate::store::At;

/// A document to be checked.
pub(super) struct Document {
    /// What people know it as.
    pub(super) label: String,
    /// Whether that is a file.
    pub(super) is_file: bool,
    /// As it is written.
    pub(super) text: String,
}

/// What an argument names.
pub(super) fn read(argument: &str, session: &mut Session) -> Result<Vec<Document>, CliError> {
    let path = argument.strip_prefix("file://").unwrap_or(argument);
    if !argument.starts_with("arn:") && Path::new(path).is_dir() {
        return folder(path, session);
    }
    match Source::read(argument)? {
        Source::Given(given) => Ok(vec![document(given)]),
        Source::Stored(_) if !session.db().exists() => Err(nothing(argument)),
        Source::Stored(name) => session.read(&When(At::Now), |snapshot, _| match stored(&name, snapshot)? {
            Some(Meaning::Policy(Named { label, text, .. })) => {
                Ok(vec![Document { label, is_file: false, text }])
            }
            _ => Err(unknown(&name, snapshot)?),
        }),
    }
}

fn document(given: Given) -> Document {
    Document { is_file: given.stem.is_some(), label: given.label, text: given.text }
}

/// The policies of a folder, by what is in its files.
fn folder(path: &str, session: &mut Session) -> Result<Vec<Document>, CliError> {
    let (mut found, mut others) = (Vec::new(), 0);
    for (_, file) in files_in(Path::new(path))? {
        let given = Given::from_file(&file.to_string_lossy())?;
        if is_policy(&given.text) {
            found.push(document(given));
        } else {
            others += 1;
        }
    }
    if others > 0 {
        let files = count(others, "JSON file", "JSON files");
        session.out.note(&format!("not checked, as no policies: {files} in `{}`", shown(path)));
    }
    Ok(found)
}

/// Whether a text is meant as a policy: an object with statements, or something broken that speaks of them.
fn is_policy(text: &str) -> bool {
    #[derive(Deserialize)]
    struct Shape {
        #[serde(rename = "Statement")]
        statement: Option<IgnoredAny>,
    }
    if !text.contains("\"Statement\"") {
        return false;
    }
    match serde_json::from_str::<Shape>(text.trim_start_matches('\u{feff}')) {
        Ok(shape) => shape.statement.is_some(),
        // Something else that is well-formed, or has its statements twice.
        Err(error) if error.is_data() => text.trim_start().starts_with('{'),
        Err(_) => true,
    }
}
