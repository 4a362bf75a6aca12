//! `iamdb join`: put a user into a group.

use serde_json::json;

use super::error::CliError;
use super::exit::Exit;
use super::name::label;
use super::quota;
use super::resolve::resolve_principal;
use super::session::{Database, Keep, Session};
use crate::store::{Principal, PrincipalKind, Snapshot};

/// Put a user into a group
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Example:
  iamdb join alice devs")]
pub(crate) struct JoinArgs {
    /// Who: alice, user/alice or an ARN
    user: String,
    /// Into which group: devs, group/devs or an ARN
    group: String,
}

pub(crate) fn run(args: &JoinArgs, session: &mut Session) -> Result<Exit, CliError> {
    let ((user, group, joined, warning), change) =
        session.write(Database::MustExist, Keep::Change, |writer| {
            let (user, group) = user_and_group(writer, &args.user, &args.group)?;
            let joined = writer.join(user.key, group.key)?;
            let warning = quota::of_groups(writer, &user)?;
            let summary = format!("{} joined {}", label(&user), label(&group));
            Ok(((user, group, joined, warning), summary))
        })?;
    if let Some(warning) = warning {
        session.out.warning(&warning)?;
    }
    let verb = if joined { "joined" } else { "is already in" };
    session.out.answer(
        || vec![format!("{} {verb} {}", label(&user), label(&group)).into()],
        || {
            json!({
                "UserName": user.name,
                "GroupName": group.name,
                "change": change.as_ref().map(|change| change.number.0),
            })
        },
    )?;
    Ok(Exit::Yes)
}

/// The two, each known to be of its kind where it was named without one.
pub(crate) fn user_and_group(
    snapshot: &Snapshot<'_>,
    user: &str,
    group: &str,
) -> Result<(Principal, Principal), CliError> {
    Ok((one(snapshot, PrincipalKind::User, user)?, one(snapshot, PrincipalKind::Group, group)?))
}

fn one(snapshot: &Snapshot<'_>, kind: PrincipalKind, text: &str) -> Result<Principal, CliError> {
    let is_bare = !text.contains('/') && !text.starts_with("arn:");
    let named = format!("{kind}/{text}");
    resolve_principal(snapshot, if is_bare { &named } else { text })
}
