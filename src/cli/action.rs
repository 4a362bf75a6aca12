//! One action as an argument: in AWS's spelling, with what the catalogue knows of it.

use super::error::{CliError, ErrorKind};
use super::text::{quoted_list, shown};
use crate::catalog::{Action as KnownAction, Catalog};
use crate::request::Action;

/// The option that lets an action be one that the catalogue does not list.
#[derive(Debug, clap::Args)]
pub(crate) struct Unlisted {
    /// Ask about an action that the catalogue does not list
    #[arg(long)]
    unlisted: bool,
}

impl Unlisted {
    /// An action in AWS's spelling, and what the catalogue knows of it.
    pub(crate) fn read(
        &self,
        text: &str,
        catalog: &Catalog,
    ) -> Result<(Action, Option<KnownAction>), CliError> {
        let shown_action = shown(text);
        let near = || match catalog.suggest_actions(text, 3) {
            near if near.is_empty() => None,
            near => Some(format!("did you mean {}?", quoted_list(near))),
        };
        let Some(action) = Action::parse(text) else {
            let error = CliError::new(
                ErrorKind::Usage,
                format!("`{shown_action}` is not one action such as `s3:GetObject`"),
            );
            return Err(match near() {
                Some(hint) => error.hint(hint),
                None => error.hint("a question is about one action, without wildcards"),
            });
        };
        let service = catalog.service(action.service());
        let known = service.as_ref().and_then(|service| {
            let known = service.action(action.name())?;
            Some((Action::parse(&format!("{}:{}", service.prefix, known.name))?, Some(known.clone())))
        });
        match known {
            Some(known) => Ok(known),
            None if self.unlisted => Ok((action, None)),
            None => {
                let what = match &service {
                    Some(service) => format!("{} has no action `{shown_action}`", service.name),
                    None => format!("no service has the prefix of `{shown_action}`"),
                };
                let message = format!("{what} (catalogue {})", catalog.version());
                let error = CliError::new(ErrorKind::NotFound, message);
                let error = near().into_iter().fold(error, CliError::hint);
                Err(error.hint("`--unlisted` asks about it all the same"))
            }
        }
    }
}
