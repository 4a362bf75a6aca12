//! A policy argument: a JSON file, `-`, `file://…`, a literal `{…}`, or the name or ARN of a stored policy. And the
//! file of a catalogue.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use super::error::{CliError, ErrorKind};
use super::finding::Findings;
use super::name::check_name;
use super::nearest::did_you_mean;
use super::output::Output;
use super::resolve::{find_policies, near_policies};
use super::text::{count, shown};
use crate::catalog::Catalog;
use crate::policy::{Document, PolicyType, Severity, parse};
use crate::store::Snapshot;

/// Far above anything that AWS stores; more would only fill the memory.
const LONGEST: u64 = 16 * 1024 * 1024;

/// A policy as it was named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// Its text was given.
    Given(Given),
    /// Its name was given, to be looked up in the database.
    Stored(String),
}

/// A policy text from outside of the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Given {
    /// What people know it as: the file name as typed, `<stdin>` or `<argument>`.
    pub(crate) label: String,
    /// The file's name without folder and ending.
    pub(crate) stem: Option<String>,
    /// The text.
    pub(crate) text: String,
}

impl Source {
    /// Reads the argument, and the file if it names one.
    pub(crate) fn read(argument: &str) -> Result<Source, CliError> {
        if argument == "-" {
            return Given::from_stdin().map(Source::Given);
        }
        if argument.trim_start().starts_with('{') {
            let text = argument.to_owned();
            return Ok(Source::Given(Given { label: "<argument>".to_owned(), stem: None, text }));
        }
        if let Some(path) = argument.strip_prefix("file://") {
            return Given::from_file(path).map(Source::Given);
        }
        let path = Path::new(argument);
        if argument.starts_with("arn:") || !(path.is_file() || (path.exists() && !path.is_dir())) {
            return Ok(Source::Stored(argument.to_owned()));
        }
        Given::from_file(argument).map(Source::Given)
    }

    /// Refuses a bare word that is the name of a file and of a stored policy alike.
    pub(crate) fn check_unambiguous(argument: &str, snapshot: &Snapshot<'_>) -> Result<(), CliError> {
        let is_word = !argument.contains('/') && !argument.ends_with(".json");
        if !is_word || argument == "-" || find_policies(snapshot, argument)?.is_empty() {
            return Ok(());
        }
        let word = shown(argument);
        Err(CliError::new(ErrorKind::Ambiguous, format!("`{word}` is a file and a stored policy"))
            .hint(format!("write `./{word}` for the file, `policy/{word}` for the stored policy")))
    }
}

/// The error of an argument that is neither a file nor stored.
pub(crate) fn neither_file_nor_stored(snapshot: &Snapshot<'_>, argument: &str) -> Result<CliError, CliError> {
    let looks_like_a_path =
        !argument.starts_with("arn:") && (argument.contains('/') || argument.ends_with(".json"));
    let name = shown(argument);
    let message = if Path::new(argument).is_dir() {
        format!("`{name}` is a folder, and no stored policy has that name")
    } else if looks_like_a_path {
        format!("there is no file `{name}`, and no stored policy of that name")
    } else {
        format!("there is no stored policy `{name}`, and no file of that name")
    };
    let error = CliError::new(ErrorKind::NotFound, message);
    Ok(match did_you_mean(&near_policies(snapshot, argument)?) {
        Some(question) => error.hint(question),
        None => error.hint("a policy is a JSON file, `-` for stdin, or one that `iamdb ls policies` lists"),
    })
}

impl Given {
    /// Reads stdin.
    pub(crate) fn from_stdin() -> Result<Given, CliError> {
        let label = "<stdin>".to_owned();
        Ok(Given { text: bounded(io::stdin().lock(), &label)?, label, stem: None })
    }

    /// Reads a file.
    pub(crate) fn from_file(path: &str) -> Result<Given, CliError> {
        let label = shown(path);
        let cannot = |error: io::Error| CliError::unreadable(path, &error);
        let metadata = fs::metadata(path).map_err(cannot)?;
        if metadata.is_dir() {
            return Err(CliError::new(ErrorKind::Io, format!("`{label}` is a folder"))
                .hint("name a policy file in it, or `iamdb import` the folder"));
        }
        let text = bounded(File::open(path).map_err(cannot)?, path)?;
        // What is not a file has a number for a name, as in `<(command)`.
        let stem = Path::new(path).file_stem().filter(|_| metadata.is_file());
        let stem = stem.map(|stem| stem.to_string_lossy().into_owned());
        Ok(Given { label: path.to_owned(), stem, text })
    }

    /// The document, where AWS would accept it; what may be a mistake is told as warnings.
    pub(crate) fn accepted(&self, policy_type: PolicyType, out: &mut Output) -> Result<Document, CliError> {
        let parsed = parse(&self.text, policy_type);
        let errors = parsed.errors().count();
        if errors > 0 {
            let label = shown(&self.label);
            let found = count(errors, "error", "errors");
            return Err(CliError::new(
                ErrorKind::InvalidPolicy,
                format!("`{label}` is not a policy that AWS accepts: {found}; nothing was stored"),
            )
            .because(Findings::new(&self.label, &self.text, parsed.diagnostics)));
        }
        let warnings: Vec<_> =
            parsed.diagnostics.into_iter().filter(|found| found.severity == Severity::Warning).collect();
        if !warnings.is_empty() {
            out.findings(&Findings::new(&self.label, &self.text, warnings))?;
        }
        Ok(Document::new(self.text.clone()))
    }

    /// The name to store it under: `--name`, else the file's.
    pub(crate) fn name(&self, named: Option<&str>) -> Result<String, CliError> {
        let from_file = || match &self.stem {
            Some(stem) => Ok(stem.clone()),
            None => Err(CliError::new(
                ErrorKind::Usage,
                format!("a policy from {} has no name", shown(&self.label)),
            )
            .hint("give it one with `--name NAME`")),
        };
        let name = named.map_or_else(from_file, |name| Ok(name.to_owned()))?;
        check_name("policy", &name, 128).map_err(|error| {
            if named.is_none() { error.hint("give it another with `--name NAME`") } else { error }
        })?;
        Ok(name)
    }
}

/// The catalogue in a file: a data file, or the JSON that one is built from. Which services are under RCPs decides
/// requests (R-EVL-39), so that is not taken from it.
pub(super) fn catalog_in(file: &Path) -> Result<Catalog, CliError> {
    let path = file.to_string_lossy();
    let opened = File::open(file).map_err(|error| CliError::unreadable(&path, &error))?;
    let read = Catalog::from_bytes(bounded_bytes(opened, &path)?);
    let catalog = read.map_err(|error| {
        CliError::new(ErrorKind::InvalidInput, format!("`{}`: {}", shown(&path), shown(&error.to_string())))
            .hint("the example `build-catalog` of iamdb's sources makes one from what AWS publishes")
    })?;
    Ok(catalog.with_rcp_services_of(&Catalog::embedded()))
}

/// Everything that can be read.
fn bounded_bytes(reader: impl Read, label: &str) -> Result<Vec<u8>, CliError> {
    let mut bytes = Vec::new();
    reader.take(LONGEST + 1).read_to_end(&mut bytes).map_err(|error| CliError::unreadable(label, &error))?;
    if bytes.len() as u64 > LONGEST {
        let limit = LONGEST / 1024 / 1024;
        return Err(CliError::new(ErrorKind::Io, format!("`{}` is longer than {limit} MiB", shown(label))));
    }
    Ok(bytes)
}

/// Everything that can be read, as text.
fn bounded(reader: impl Read, label: &str) -> Result<String, CliError> {
    let bytes = bounded_bytes(reader, label)?;
    let label = shown(label);
    String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        CliError::new(
            ErrorKind::InvalidPolicy,
            format!("`{label}` is not UTF-8 text: see the byte at offset {offset}"),
        )
        .hint("save the file as UTF-8")
    })
}
