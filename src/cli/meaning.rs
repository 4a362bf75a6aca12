//! What an argument that names policies can mean: a file, a folder, a template, or something stored.

pub(crate) mod template;

use std::collections::BTreeMap;
use std::path::Path;

use super::at::{self, When};
use super::error::{CliError, ErrorKind};
use super::folder::files_in;
use super::name::{PrincipalName, label, policy_label};
use super::output::Output;
use super::resolve::{find_principal, policy_version};
use super::session::Session;
use super::source::{Given, Source, neither_file_nor_stored};
use super::text::shown;
use crate::analysis::{Part, Subject};
use crate::catalog::Catalog;
use crate::store::{At, Snapshot};
use crate::stored;
use template::Template;

/// What is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// One policy.
    Policy(Named),
    /// Every policy of a folder, by its path in it.
    Folder(BTreeMap<String, Named>),
    /// Every policy of a template or a plan, by its address.
    Template(Template),
    /// A stored principal with all that decides for it.
    Principal(String, Box<Subject>),
}

/// A policy, and what people know it as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    /// A file as it was named, `<stdin>`, `<argument>`, or `my-repo@v2`.
    pub(crate) label: String,
    /// Whether that is a file.
    pub(crate) place: Place,
    /// The text as it was written.
    pub(crate) text: String,
}

/// Where a policy stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// In a file of this name.
    File,
    /// In no file.
    Elsewhere,
}

/// An argument, as far as it can be read without the database.
enum Read {
    /// A file, a folder or a text.
    Known(Meaning),
    /// If anything, then something stored.
    Stored,
}

impl Meaning {
    /// The same, under the name that was typed.
    fn called(self, label: &str) -> Meaning {
        match self {
            Meaning::Policy(named) => Meaning::Policy(Named { label: label.to_owned(), ..named }),
            many @ (Meaning::Folder(_) | Meaning::Template(_)) => many,
            Meaning::Principal(_, subject) => Meaning::Principal(label.to_owned(), subject),
        }
    }
}

/// What an argument means; the database is asked only where it is none of the rest.
pub(crate) fn meaning(argument: &str, session: &mut Session) -> Result<Meaning, CliError> {
    match read(argument, &mut session.out)? {
        Read::Known(meaning) => Ok(meaning),
        Read::Stored if !session.db().exists() => Err(nothing(argument)),
        Read::Stored => {
            let now = When(At::Now);
            let catalog = session.catalog()?;
            let look = |name: &str, snapshot: &Snapshot<'_>| match stored(name, snapshot)? {
                Some(found) => Ok(Some(Meaning::Policy(found))),
                None => principal(name, snapshot, &catalog),
            };
            if let Some(found) = session.read(&now, |snapshot, _| look(argument, snapshot))? {
                return Ok(found);
            }
            let Some((name, then)) = at_time(argument) else {
                return session.read(&now, |snapshot, _| Err(unknown(argument, snapshot)?));
            };
            session.read(&then, |snapshot, _| match look(name, snapshot)? {
                Some(found) => Ok(found.called(argument)),
                None => Err(unknown(name, snapshot)?),
            })
        }
    }
}

/// Reads a file, a folder, a template, stdin or a text.
fn read(argument: &str, out: &mut Output) -> Result<Read, CliError> {
    let path = Path::new(argument.strip_prefix("file://").unwrap_or(argument));
    if !argument.starts_with("arn:") && path.is_dir() {
        let mut found = BTreeMap::new();
        for (name, path) in files_in(path, &["json"])? {
            found.insert(name, given(Given::from_file(&path.to_string_lossy())?));
        }
        return Ok(Read::Known(Meaning::Folder(found)));
    }
    Ok(match Source::read(argument)? {
        Source::Given(text) => Read::Known(match template::read(&text, out)? {
            Some(template) => Meaning::Template(template),
            None => Meaning::Policy(given(text)),
        }),
        Source::Stored(_) => Read::Stored,
    })
}

fn given(given: Given) -> Named {
    let place = if given.stem.is_some() { Place::File } else { Place::Elsewhere };
    Named { label: given.label, place, text: given.text }
}

/// The stored policy that an argument names: its default version, or the one that is asked for.
pub(crate) fn stored(argument: &str, snapshot: &Snapshot<'_>) -> Result<Option<Named>, CliError> {
    let Some((policy, version)) = policy_version(snapshot, argument)? else { return Ok(None) };
    let label = policy_label(&policy);
    let label = label.strip_prefix("policy/").unwrap_or(&label);
    Ok(Some(Named {
        label: format!("{label}@v{}", version.number),
        place: Place::Elsewhere,
        text: version.document.text().to_owned(),
    }))
}

/// The stored principal that an argument names.
fn principal(
    argument: &str,
    snapshot: &Snapshot<'_>,
    catalog: &Catalog,
) -> Result<Option<Meaning>, CliError> {
    let Ok(name) = PrincipalName::parse(argument) else { return Ok(None) };
    let Some(principal) = find_principal(snapshot, argument, &name)? else { return Ok(None) };
    let subject = stored::subject(snapshot, &principal, None, catalog, &Part::default())?;
    Ok(Some(Meaning::Principal(label(&principal), Box::new(subject))))
}

/// `my-repo@2026-10-01` as a name and a time.
fn at_time(argument: &str) -> Option<(&str, When)> {
    let (name, time) = argument.rsplit_once('@')?;
    Some((name, at::parse(time).ok().filter(|_| !name.is_empty())?))
}

/// The error of an argument that means nothing.
pub(crate) fn unknown(argument: &str, snapshot: &Snapshot<'_>) -> Result<CliError, CliError> {
    neither_file_nor_stored(snapshot, argument)
}

/// The error of an argument that means nothing, and could only be in a database.
pub(crate) fn nothing(argument: &str) -> CliError {
    let name = shown(argument);
    CliError::new(
        ErrorKind::NotFound,
        format!("there is no file `{name}`, and no database with a policy of that name"),
    )
    .hint("a policy is a JSON file, `-` for stdin, a literal {…}, or stored; `--db FILE` names a database")
}
