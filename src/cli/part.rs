//! `--action` and `--resource`: the part of all requests that is compared.

use super::error::{CliError, ErrorKind};
use super::text::shown;
use crate::analysis::Part;

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
}
