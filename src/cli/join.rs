//! `iamdb join`: put a user into a group, or an account into an OU.

use serde_json::json;

use super::completions::{Offer, offer};
use super::create::{attach_full_access, place_name};
use super::error::{CliError, ErrorKind};
use super::exit::Exit;
use super::name::label;
use super::quota;
use super::resolve::resolve_principal;
use super::session::{Database, DryRun, Session};
use super::text::shown;
use super::thing::{NodeName, Thing, node_label, resolve_node};
use crate::store::{Principal, PrincipalKind, Snapshot};

/// Put a user into a group, or an account into an OU
///
/// An account, or an OU, is in one place: it leaves the one where it was. As in AWS, an account that comes from
/// outside begins with the SCP FullAWSAccess.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  iamdb join alice devs
  iamdb join account/222222222222 ou/dev")]
pub(crate) struct JoinArgs {
    /// Who: alice, user/alice, account/ID or an ARN
    #[arg(value_name = "WHO", add = offer(&[Offer::Users, Offer::Nodes]))]
    user: String,
    /// Into which group: devs, group/devs or an ARN; for an account root or ou/NAME
    #[arg(value_name = "INTO", add = offer(&[Offer::Groups, Offer::Nodes]))]
    group: String,
    #[command(flatten)]
    dry_run: DryRun,
}

pub(crate) fn run(args: &JoinArgs, session: &mut Session) -> Result<Exit, CliError> {
    match Thing::parse(&args.user)? {
        Some(Thing::Node(name)) => return node(args, &name, session),
        Some(_) => {
            let message = format!("`{}` joins nothing: users, accounts and OUs do", shown(&args.user));
            return Err(CliError::new(ErrorKind::Usage, message));
        }
        None => {}
    }
    let keep = args.dry_run.keep();
    let ((user, group, joined, warning), change) = session.write(Database::MustExist, keep, |writer| {
        let (user, group) = user_and_group(writer, &args.user, &args.group)?;
        let joined = writer.join(user.key, group.key)?;
        let warning = quota::of_groups(writer, &user)?;
        let summary = format!("{} joined {}", label(&user), label(&group));
        Ok(((user, group, joined, warning), summary))
    })?;
    if let Some(warning) = warning {
        session.out.warning(&warning)?;
    }
    let verb = if joined { format!("{}joined", keep.would()) } else { "is already in".to_owned() };
    session.out.answer(
        || vec![format!("{} {verb} {}", label(&user), label(&group)).into()],
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

/// Puts an account or OU in its place.
fn node(args: &JoinArgs, name: &NodeName, session: &mut Session) -> Result<Exit, CliError> {
    let place = place_name(&args.group)?;
    let keep = args.dry_run.keep();
    let (sentences, change) = session.write(Database::MustExist, keep, |writer| {
        let (node, parent) = (resolve_node(writer, name)?, resolve_node(writer, &place)?);
        let joined = writer.place(node.key, parent.key)?;
        let verb = if joined { format!("{}joined", keep.would()) } else { "is already in".to_owned() };
        let mut sentences = vec![format!("{} {verb} {}", node_label(&node), node_label(&parent))];
        sentences.extend(attach_full_access(writer, &node, keep)?);
        let summary = sentences.join("; ");
        Ok((sentences, summary))
    })?;
    session.done(&sentences, keep, change.as_ref())
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
