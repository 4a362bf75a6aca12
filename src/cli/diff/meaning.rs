//! What an argument of `diff` can mean.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::super::at::{self, When};
use super::super::error::{CliError, ErrorKind};
use super::super::name::{PrincipalName, label, policy_label};
use super::super::output::Output;
use super::super::resolve::{find_policies, find_principal};
use super::super::source::{Given, Source, neither_file_nor_stored};
use super::super::text::shown;
use super::template::{self, Template};
use crate::analysis::{Part, Subject};
use crate::catalog::Catalog;
use crate::policy::{PolicyType, ResourceService};
use crate::store::Snapshot;
use crate::stored;

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
pub(super) enum Read {
    /// A file, a folder or a text.
    Known(Meaning),
    /// If anything, then something stored.
    Stored,
}

impl Meaning {
    /// The same, under the name that was typed.
    pub(super) fn called(self, label: &str) -> Meaning {
        match self {
            Meaning::Policy(named) => Meaning::Policy(Named { label: label.to_owned(), ..named }),
            many @ (Meaning::Folder(_) | Meaning::Template(_)) => many,
            Meaning::Principal(_, subject) => Meaning::Principal(label.to_owned(), subject),
        }
    }
}

/// Reads a file, a folder, a template, stdin or a text.
pub(super) fn read(argument: &str, out: &mut Output) -> Result<Read, CliError> {
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

/// The files with some endings of a folder and of those in it, each with its path from there; hidden ones are none of
/// ours.
pub(crate) fn files_in(top: &Path, endings: &[&str]) -> Result<Vec<(String, PathBuf)>, CliError> {
    let mut found = Vec::new();
    let mut open = vec![top.to_owned()];
    while let Some(folder) = open.pop() {
        let cannot = |error: std::io::Error| {
            let name = shown(&folder.to_string_lossy());
            CliError::new(ErrorKind::Io, format!("cannot read `{name}`: {}", shown(&error.to_string())))
        };
        for entry in fs::read_dir(&folder).map_err(cannot)? {
            let entry = entry.map_err(cannot)?;
            let path = entry.path();
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            // A link to a folder could lead in circles.
            if entry.file_type().map_err(cannot)?.is_dir() {
                open.push(path);
            } else if path
                .extension()
                .is_some_and(|ending| endings.iter().any(|one| ending.eq_ignore_ascii_case(one)))
            {
                let name = path.strip_prefix(top).unwrap_or(&path).to_string_lossy().into_owned();
                found.push((name, path));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The stored policy that an argument names: its default version, or the one that is asked for.
pub(crate) fn stored(argument: &str, snapshot: &Snapshot<'_>) -> Result<Option<Meaning>, CliError> {
    let mut found = find_policies(snapshot, argument)?;
    if found.len() > 1 {
        let message = format!("`{}` is the name of several stored policies", shown(argument));
        return Err(CliError::new(ErrorKind::Ambiguous, message).hint("give its ARN"));
    }
    let Some(choice) = found.pop() else { return Ok(None) };
    let version = choice.version(snapshot)?;
    let label = policy_label(&choice.policy);
    let label = label.strip_prefix("policy/").unwrap_or(&label);
    Ok(Some(Meaning::Policy(Named {
        label: format!("{label}@v{}", version.number),
        place: Place::Elsewhere,
        text: version.document.text().to_owned(),
    })))
}

/// The stored principal that an argument names.
pub(super) fn principal(
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
pub(super) fn at_time(argument: &str) -> Option<(&str, When)> {
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

/// What `--type` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TypeName {
    /// Attached to a user, group or role
    Identity,
    /// A permissions boundary
    Boundary,
    /// A session policy
    Session,
    /// The policy of a resource
    Resource,
    /// The trust policy of a role
    Trust,
    /// A service control policy
    Scp,
    /// A resource control policy
    Rcp,
    /// A VPC endpoint policy
    VpcEndpoint,
}

impl TypeName {
    /// The type that it names. Of the resource policies it is the one that every service's grammar fits.
    pub(crate) fn policy_type(self) -> PolicyType {
        match self {
            TypeName::Identity => PolicyType::Identity,
            TypeName::Boundary => PolicyType::Boundary,
            TypeName::Session => PolicyType::Session,
            TypeName::Resource => PolicyType::Resource(ResourceService::Other),
            TypeName::Trust => PolicyType::Trust,
            TypeName::Scp => PolicyType::Scp,
            TypeName::Rcp => PolicyType::Rcp,
            TypeName::VpcEndpoint => PolicyType::VpcEndpoint,
        }
    }
}
