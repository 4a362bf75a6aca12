//! `iamdb leave`: take a user out of a group, or an account out of its organization.

use serde_json::json;

use super::completions::{Offer, offer};
use super::error::{CliError, ErrorKind};
use super::exit::Exit;
use super::join::user_and_group;
use super::name::label;
use super::session::{Database, DryRun, Keep, Session};
use super::text::{quoted_list, shown};
use super::thing::{NodeName, Thing, node_label, resolve_node};

/// Take a user out of a group, or an account out of its organization
///
/// As in AWS, the policies of the organization are detached from an account that leaves it.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  iamdb leave alice devs
  iamdb leave account/222222222222")]
pub(crate) struct LeaveArgs {
    /// Who: alice, user/alice, account/ID or an ARN
    #[arg(value_name = "WHO", add = offer(&[Offer::Users, Offer::Nodes]))]
    user: String,
    /// Out of which group: devs, group/devs or an ARN; none for an account
    #[arg(value_name = "GROUP", add = offer(&[Offer::Groups]))]
    group: Option<String>,
    #[command(flatten)]
    dry_run: DryRun,
}

pub(crate) fn run(args: &LeaveArgs, session: &mut Session) -> Result<Exit, CliError> {
    let group = match (Thing::parse(&args.user)?, &args.group) {
        (Some(Thing::Node(name @ NodeName::Account(_))), None) => {
            return account(&name, args.dry_run.keep(), session);
        }
        (None, Some(group)) => group,
        (None, None) => {
            return Err(CliError::new(
                ErrorKind::Usage,
                format!("which group does `{}` leave?", shown(&args.user)),
            ));
        }
        (Some(Thing::Node(NodeName::Account(_))), Some(_)) => {
            return Err(CliError::new(
                ErrorKind::Usage,
                "an account is in one organization: it is not named",
            )
            .hint("`iamdb join` moves it to another OU"));
        }
        (Some(_), _) => {
            let message = format!("`{}` leaves nothing: users and accounts do", shown(&args.user));
            return Err(CliError::new(ErrorKind::Usage, message));
        }
    };
    let keep = args.dry_run.keep();
    let ((user, group), change) = session.write(Database::MustExist, keep, |writer| {
        let (user, group) = user_and_group(writer, &args.user, group)?;
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
        || vec![format!("{} {}left {}", label(&user), keep.would(), label(&group)).into()],
        || {
            json!({
                "UserName": user.name,
                "GroupName": group.name,
                "dry_run": keep.is_dry(),
                "change": change.as_ref().map(|change| change.number.0),
            })
        },
    )?;
    Ok(Exit::Yes)
}

/// Takes an account out of its organization.
fn account(name: &NodeName, keep: Keep, session: &mut Session) -> Result<Exit, CliError> {
    let (sentence, change) = session.write(Database::MustExist, keep, |writer| {
        let node = resolve_node(writer, name)?;
        let policies = writer.policies_of_node(node.key)?;
        // The status of an account is what its organization says of it.
        let is_listed = writer.put_node_details(node.key, node.name.as_deref(), None)?;
        let is_placed = writer.unplace(node.key)?;
        if !is_listed && !is_placed && policies.is_empty() {
            let message = format!("`{}` is in no organization", node_label(&node));
            return Err(CliError::new(ErrorKind::NotFound, message));
        }
        for policy in policies {
            writer.detach_from_node(node.key, policy.key)?;
        }
        let sentence = format!("{} {}left its organization", node_label(&node), keep.would());
        Ok((sentence.clone(), sentence))
    })?;
    session.out.answer(
        || vec![sentence.clone().into()],
        || {
            let change = change.as_ref().map(|change| change.number.0);
            json!({ "done": [sentence], "dry_run": keep.is_dry(), "change": change })
        },
    )?;
    Ok(Exit::Yes)
}
