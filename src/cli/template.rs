//! The policies inside templates and plans that a command is given.

use super::error::{CliError, ErrorKind};
use super::output::Output;
use super::source::Given;
use super::text::shown;
use crate::embedded::{Contents, find};
use crate::policy::{position, positions};

/// The policies of a file; those that it does not say are named as `not` done with: `not checked`.
pub(crate) fn contents(given: &Given, not: &str, out: &mut Output) -> Result<Option<Contents>, CliError> {
    let at = |(line, column)| format!("{}:{line}:{column}", shown(&given.label));
    let contents = find(&given.text).map_err(|error| {
        let place = at(position(&given.text, error.offset));
        let message = format!("{place}: {}", shown(&error.message));
        CliError::new(ErrorKind::InvalidInput, message)
    })?;
    let unread = || contents.iter().flat_map(|contents| &contents.unread);
    let offsets: Vec<usize> = unread().map(|unread| unread.offset.unwrap_or_default()).collect();
    for (unread, position) in unread().zip(positions(&given.text, &offsets)) {
        let place = unread.offset.map_or_else(|| shown(&given.label), |_| at(position));
        out.warning(&format!("{place}: {} is {not}: {}", shown(&unread.name), shown(&unread.why)))?;
    }
    Ok(contents)
}
