//! `--action` and `--resource`: the part of all requests that is compared.

use itertools::Itertools;

use super::error::{CliError, ErrorKind};
use super::output::Output;
use super::text::{quoted_list, shown};
use crate::analysis::Part;
use crate::catalog::Catalog;

/// The options that restrict a question to a part of all requests.
#[derive(Debug, clap::Args)]
pub(crate) struct PartArgs {
    /// Only these actions, as patterns: s3:Get*
    #[arg(long = "action", value_name = "PATTERN")]
    actions: Vec<String>,
    /// Only these resources, as patterns: arn:aws:s3:::reports/*
    #[arg(long = "resource", value_name = "PATTERN")]
    resources: Vec<String>,
}

impl PartArgs {
    /// Of these patterns.
    pub(crate) fn new(actions: Vec<String>, resources: Vec<String>) -> PartArgs {
        PartArgs { actions, resources }
    }

    /// The part; its patterns are read as those of a policy are.
    pub(crate) fn read(&self) -> Result<Part, CliError> {
        Part::of(&self.actions, &self.resources).map_err(|wrong| {
            CliError::new(ErrorKind::Usage, shown(&wrong.message)).hint(
                "`--action` and `--resource` take what a policy takes: `s3:Get*`, `arn:aws:s3:::reports/*`",
            )
        })
    }

    /// The part of a question of what can be done: where resources are named and no actions, that is what can be about
    /// them. That queues could be read on a bucket is in no answer, although a policy for any resource says so.
    pub(crate) fn read_possible(&self, catalog: &Catalog, out: &mut Output) -> Result<Part, CliError> {
        let part = self.read()?;
        let about = part.resources.iter().map(|entry| catalog.actions_about(&entry.value));
        let about: Option<Vec<Vec<String>>> = about.collect();
        let actions: Vec<String> = match about {
            Some(about) if self.actions.is_empty() => about.into_iter().flatten().unique().collect(),
            _ => Vec::new(),
        };
        if actions.is_empty() {
            return Ok(part);
        }
        let whole = quoted_list(actions.iter().filter(|action| action.ends_with('*')));
        out.note(&format!(
            "asked about {whole}, and what other services do on such resources; `--action '*'` asks about every action"
        ));
        PartArgs::new(actions, self.resources.clone()).read()
    }
}
