//! The policies that a decision table names: files beside it, or stored.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::super::at::When;
use super::super::error::CliError;
use super::super::resolve::{policy_version, unknown_policy};
use super::super::session::Session;
use super::super::source::Given;
use super::super::text::shown;
use crate::scenario::NamedPolicy;
use crate::store::Snapshot;

/// Each name with its policy, or with why there is none.
pub(super) fn named(
    names: BTreeSet<String>,
    table: &Path,
    at: &When,
    session: &mut Session,
) -> BTreeMap<String, Result<NamedPolicy, String>> {
    let beside =
        |name: &str| -> PathBuf { table.parent().map_or_else(|| name.into(), |folder| folder.join(name)) };
    let (files, stored): (BTreeSet<String>, BTreeSet<String>) =
        names.into_iter().partition(|name| beside(name).is_file());
    let file = |name: String| {
        let path = beside(&name).to_string_lossy().into_owned();
        let read = Given::from_file(&path).map(|given| NamedPolicy {
            name: path,
            kind: "policy file".to_owned(),
            text: given.text,
        });
        (name, read.map_err(|error| error.message().to_owned()))
    };
    files.into_iter().map(file).chain(from_database(stored, at, session)).collect()
}

fn from_database(
    names: BTreeSet<String>,
    at: &When,
    session: &mut Session,
) -> Vec<(String, Result<NamedPolicy, String>)> {
    let none = |names: BTreeSet<String>, why: &str| {
        let none = |name: String| {
            let message = format!("there is no file `{}` beside the table, and {why}", shown(&name));
            (name, Err(message))
        };
        names.into_iter().map(none).collect()
    };
    if names.is_empty() {
        return Vec::new();
    }
    if !session.db().exists() {
        return none(names, "no database in which a policy of that name could be stored");
    }
    let found = session.read(at, |snapshot, _| {
        let one = |name: &String| {
            let policy = stored(name, snapshot).map_err(|error| {
                let hints = error.hints().iter().map(|hint| format!("; {hint}"));
                format!(
                    "there is no such file beside the table, and {}{}",
                    error.message(),
                    hints.collect::<String>()
                )
            });
            (name.clone(), policy)
        };
        Ok(names.iter().map(one).collect::<Vec<_>>())
    });
    found.unwrap_or_else(|error: CliError| none(names, error.message()))
}

/// A stored policy; of its versions the default, or the one that is named.
fn stored(name: &str, snapshot: &Snapshot<'_>) -> Result<NamedPolicy, CliError> {
    let Some((policy, version)) = policy_version(snapshot, name)? else {
        return Err(unknown_policy(snapshot, name)?);
    };
    Ok(NamedPolicy {
        name: policy.name,
        kind: format!("stored policy v{}", version.number),
        text: version.document.text().to_owned(),
    })
}
