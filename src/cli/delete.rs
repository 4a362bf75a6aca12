//! `iamdb delete`: a principal with all that hangs on it, or a policy that is attached to nobody.

use serde_json::json;

use super::error::{CliError, ErrorKind};
use super::exit::Exit;
use super::name::{label, policy_label};
use super::named::Named;
use super::session::{Database, Keep, Session};
use super::text::shown;

/// Delete a user, role, group or stored policy
///
/// With a principal go its tags, memberships, attachments and inline policies. A policy that is attached is not
/// deleted. The history keeps everything: `--at` still shows it.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  iamdb delete user/alice
  iamdb delete policy/my-repo")]
pub(crate) struct DeleteArgs {
    /// user/alice, role/deploy, group/devs, policy/my-repo or an ARN
    what: String,
}

pub(crate) fn run(args: &DeleteArgs, session: &mut Session) -> Result<Exit, CliError> {
    let ((deleted, arn), change) = session.write(Database::MustExist, Keep::Change, |writer| {
        let (deleted, arn) = match Named::resolve(writer, &args.what)? {
            Named::Principal(principal) => {
                writer.delete_principal(principal.key)?;
                (label(&principal), principal.arn())
            }
            Named::Policy(choice) if choice.version.is_some() => {
                return Err(CliError::new(ErrorKind::Usage, "one version of a policy cannot be deleted")
                    .hint(format!("`iamdb delete {}` deletes all of it", policy_label(&choice.policy))));
            }
            Named::Policy(choice) => {
                writer.delete_managed_policy(choice.policy.key)?;
                (policy_label(&choice.policy), choice.policy.arn())
            }
        };
        let summary = format!("deleted {deleted}");
        Ok(((deleted, arn), summary))
    })?;
    session.out.answer(
        || vec![format!("deleted {deleted} ({})", shown(&arn)).into()],
        || json!({ "deleted": arn, "change": change.as_ref().map(|change| change.number.0) }),
    )?;
    Ok(Exit::Yes)
}
