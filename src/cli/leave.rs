//! `iamdb leave`: take a user out of a group.

use serde_json::json;

use super::error::{CliError, ErrorKind};
use super::exit::Exit;
use super::join::user_and_group;
use super::name::label;
use super::session::{Database, Keep, Session};
use super::text::quoted_list;

/// Take a user out of a group
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Example:
  iamdb leave alice devs")]
pub(crate) struct LeaveArgs {
    /// Who: alice, user/alice or an ARN
    user: String,
    /// Out of which group: devs, group/devs or an ARN
    group: String,
}

pub(crate) fn run(args: &LeaveArgs, session: &mut Session) -> Result<Exit, CliError> {
    let ((user, group), change) = session.write(Database::MustExist, Keep::Change, |writer| {
        let (user, group) = user_and_group(writer, &args.user, &args.group)?;
        if !writer.leave(user.key, group.key)? {
            let error = CliError::new(
                ErrorKind::NotFound,
                format!("`{}` is not in `{}`", label(&user), label(&group)),
            );
            let groups: Vec<String> = writer.groups_of(user.key)?.iter().map(label).collect();
            return Err(match groups.as_slice() {
                [] => error.hint("it is in no group"),
                some => error.hint(format!("it is in {}", quoted_list(some))),
            });
        }
        let summary = format!("{} left {}", label(&user), label(&group));
        Ok(((user, group), summary))
    })?;
    session.out.answer(
        || vec![format!("{} left {}", label(&user), label(&group)).into()],
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
