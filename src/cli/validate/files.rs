//! What is checked: policies by name, those in folders, and those inside templates and plans.

use std::path::Path;
use std::rc::Rc;

use super::super::at::When;
use super::super::error::CliError;
use super::super::folder::files_in;
use super::super::meaning::{Named, nothing, stored, unknown};
use super::super::session::Session;
use super::super::source::{Given, Source};
use super::super::template::contents;
use super::super::text::{count, shown};
use crate::embedded::{Found, Kind, recognise};
use crate::policy::{PolicyType, Span};
use crate::store::At;

/// How files that may have policies end.
const ENDINGS: [&str; 4] = ["json", "yaml", "yml", "template"];

/// A document to be checked.
pub(super) struct Document {
    /// What people know it as.
    pub(super) label: String,
    /// Whether that is a file.
    is_file: bool,
    /// As it is written, as JSON.
    pub(super) text: String,
    /// Where it was found, if that is another file.
    within: Option<Within>,
}

/// A file with policies in it.
struct Within {
    file: Rc<str>,
    found: Found,
}

impl Document {
    fn of(given: Given) -> Document {
        Document { is_file: given.stem.is_some(), label: given.label, text: given.text, within: None }
    }

    pub(super) fn stored(label: String, text: String) -> Document {
        Document { label, is_file: false, text, within: None }
    }

    /// Whether a template leaves something open in it.
    pub(super) fn has_open_parts(&self) -> bool {
        self.within.as_ref().is_some_and(|within| !within.found.unresolved.is_empty())
    }

    /// The document for any resources, where a template leaves nothing open but those.
    pub(super) fn on_any_resource(&self) -> Option<String> {
        self.within.as_ref().and_then(|within| within.found.on_any_resource())
    }

    /// The address of its resource, where it is in a template or a plan.
    pub(super) fn name(&self) -> Option<&str> {
        self.within.as_ref().and_then(|within| within.found.name.as_deref())
    }

    /// Its type, where its place says it.
    pub(super) fn policy_type(&self) -> Option<PolicyType> {
        self.within.as_ref().and_then(|within| within.found.policy_type)
    }

    /// The text that people know: that of the file, but for a plan, which nobody wrote.
    pub(super) fn source(&self) -> &str {
        match &self.within {
            Some(within) if within.found.offset_in_file(0).is_some() => &within.file,
            _ => &self.text,
        }
    }

    /// Whether that text is a file's, so that its lines are lines of the file.
    pub(super) fn is_in_file(&self) -> bool {
        self.is_file && self.within.as_ref().is_none_or(|within| within.found.offset_in_file(0).is_some())
    }

    /// Where a part of the document stands in that text.
    pub(super) fn in_source(&self, span: Span) -> Span {
        let place = |offset| match &self.within {
            Some(within) => within.found.offset_in_file(offset),
            None => Some(offset),
        };
        match (place(span.start), place(span.end.saturating_sub(1))) {
            (Some(start), Some(last)) => Span { start, end: last.saturating_add(1).max(start) },
            _ => span,
        }
    }

    /// Whether a template leaves open what stands there: a text with a function in it; of what is about several things, any.
    pub(super) fn is_open(&self, code: &str, span: Span) -> bool {
        let is_about_all = code.starts_with("REDUNDANT") || code == "WILDCARD_WITHOUT_LIKE_OPERATOR";
        let is_text = is_about_all || self.text.get(span.start..).is_some_and(|there| there.starts_with('"'));
        let within = self.within.as_ref();
        is_text && within.is_some_and(|within| within.found.unresolved_in(span).next().is_some())
    }
}

/// What an argument names. The files of a folder that cannot be read are told and counted.
pub(super) fn read(
    argument: &str,
    unreadable: &mut usize,
    session: &mut Session,
) -> Result<Vec<Document>, CliError> {
    let path = argument.strip_prefix("file://").unwrap_or(argument);
    if !argument.starts_with("arn:") && Path::new(path).is_dir() {
        return folder(path, unreadable, session);
    }
    match Source::read(argument)? {
        Source::Given(given) => match recognise(&given.text) {
            Some(Kind::Template | Kind::Plan) => inside(&given, session),
            Some(Kind::Policy) | None => Ok(vec![Document::of(given)]),
        },
        Source::Stored(_) if !session.db().exists() => Err(nothing(argument)),
        Source::Stored(name) => session.read(&When(At::Now), |snapshot, _| match stored(&name, snapshot)? {
            Some(Named { label, text, .. }) => Ok(vec![Document::stored(label, text)]),
            None => Err(unknown(&name, snapshot)?),
        }),
    }
}

/// The policies of a folder, by what is in its files.
fn folder(path: &str, unreadable: &mut usize, session: &mut Session) -> Result<Vec<Document>, CliError> {
    let (mut found, mut others) = (Vec::new(), 0);
    for (_, file) in files_in(Path::new(path), &ENDINGS)? {
        match in_file(&file, session) {
            Ok(Some(documents)) => found.extend(documents),
            Ok(None) => others += 1,
            Err(error) if error.is_quiet() => return Err(error),
            Err(error) => {
                session.out.warning(&format!("not checked: {}", error.message()))?;
                *unreadable += 1;
            }
        }
    }
    if others > 0 {
        let files = count(others, "file", "files");
        session
            .out
            .note(&format!("not checked, as there are no policies in them: {files} of `{}`", shown(path)));
    }
    Ok(found)
}

/// The policies in a file of a folder; none where it is nothing that has policies.
fn in_file(file: &Path, session: &mut Session) -> Result<Option<Vec<Document>>, CliError> {
    let given = Given::from_file(&file.to_string_lossy())?;
    Ok(match recognise(&given.text) {
        Some(Kind::Policy) => Some(vec![Document::of(given)]),
        Some(Kind::Template | Kind::Plan) => Some(inside(&given, session)?),
        None => None,
    })
}

/// The policies inside a template or a plan. Those that cannot be read are told.
fn inside(given: &Given, session: &mut Session) -> Result<Vec<Document>, CliError> {
    let file: Rc<str> = given.text.as_str().into();
    let document = |found: Found| Document {
        label: given.label.clone(),
        is_file: given.stem.is_some(),
        text: found.text.clone(),
        within: Some(Within { file: Rc::clone(&file), found }),
    };
    let contents = contents(given, "not checked", &mut session.out)?;
    Ok(contents.into_iter().flat_map(|contents| contents.policies).map(document).collect())
}
