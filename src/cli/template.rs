//! The policies inside templates and plans that a command is given.

use super::error::{CliError, ErrorKind};
use super::output::Output;
use super::source::Given;
use super::text::shown;
use crate::embedded::{Contents, find};
use crate::policy::position;

/// The policies of a file; those that it does not say are named as `not` done with: `not checked`.
pub(crate) fn contents(given: &Given, not: &str, out: &mut Output) -> Result<Option<Contents>, CliError> {
    let at = |offset: usize| {
        let (line, column) = position(&given.text, offset);
        format!("{}:{line}:{column}", shown(&given.label))
    };
    let contents = find(&given.text).map_err(|error| {
        let message = format!("{}: {}", at(error.offset), shown(&error.message));
        CliError::new(ErrorKind::InvalidInput, message)
    })?;
    for unread in contents.iter().flat_map(|contents| &contents.unread) {
        let place = unread.offset.map_or_else(|| shown(&given.label), at);
        out.warning(&format!("{place}: {} is {not}: {}", shown(&unread.name), shown(&unread.why)))?;
    }
    Ok(contents)
}
