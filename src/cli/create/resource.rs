//! Resources.

use super::CreateArgs;
use super::organization::answer;
use crate::arn::Arn;
use crate::cli::error::{CliError, ErrorKind};
use crate::cli::exit::Exit;
use crate::cli::session::Session;
use crate::cli::tag::put_resource_tags;
use crate::cli::text::shown;

/// Creates a resource without policy.
pub(super) fn resource(args: &CreateArgs, arn: &Arn, session: &mut Session) -> Result<Exit, CliError> {
    if arn.as_str().contains(['*', '?']) {
        return Err(CliError::new(
            ErrorKind::Usage,
            format!("`{}` names many: a resource has no wildcards", shown(arn.as_str())),
        ));
    }
    let keep = args.dry_run.keep();
    answer(keep, session, |writer| {
        let resource = writer.create_resource(arn.as_str())?;
        if let Some(owner) = &args.account {
            writer.put_resource_owner(resource.key, owner)?;
        }
        put_resource_tags(writer, &resource, &args.tags)?;
        let of = args.account.as_ref().or(resource.account.as_ref());
        let of = of.map_or(String::new(), |account| format!(" of {account}"));
        Ok((resource.arn.clone(), vec![format!("{}created {}{of}", keep.would(), shown(&resource.arn))]))
    })
}
