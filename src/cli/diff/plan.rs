//! `--plan`: the policies of a Terraform plan, before and after.

use super::super::error::{CliError, ErrorKind};
use super::super::meaning::{Named, Place};
use super::super::output::Output;
use super::super::source::Given;
use super::super::text::shown;
use super::pair::{Pair, pair};
use crate::embedded::{PlanChange, Side, plan_changes};
use crate::policy::position;

/// How a plan is made that can be read.
const HINT: &str = "`terraform show -json PLAN > plan.json` prints a plan as JSON";

/// The policies of a plan before and after, each under the address of its resource; and the addresses of those that
/// are known only after it was applied.
pub(super) fn pairs(file: &str, out: &mut Output) -> Result<(Vec<Pair>, Vec<String>), CliError> {
    let given = if file == "-" { Given::from_stdin() } else { Given::from_file(file) };
    let given = given.map_err(|error| error.hint(HINT))?;
    let changes = plan_changes(&given.text).map_err(|error| {
        let (line, column) = position(&given.text, error.offset);
        let place = format!("{}:{line}:{column}", shown(&given.label));
        CliError::new(ErrorKind::InvalidInput, format!("{place}: {}", shown(&error.message))).hint(HINT)
    })?;
    let (mut pairs, mut unknown) = (Vec::new(), Vec::new());
    if changes.is_empty() {
        out.note("there is no policy in this plan whose type of resource is known");
    }
    for PlanChange { name, policy_type, before, after } in changes {
        let named = |side: Side| match side {
            Side::Text(text) => Some(Named { label: name.clone(), place: Place::Elsewhere, text }),
            Side::Absent | Side::Unknown => None,
        };
        match (before, after) {
            (Side::Absent, Side::Absent) => {}
            (Side::Unknown, _) | (_, Side::Unknown) => unknown.push(name),
            (before, after) => {
                let (old, new) = (named(before), named(after));
                pairs.push(pair(Some(&name), old.as_ref(), new.as_ref(), Some(policy_type), out)?);
            }
        }
    }
    Ok((pairs, unknown))
}
