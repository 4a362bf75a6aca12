//! `iamdb delete`: a principal or resource with all that hangs on it, a policy that is attached to nobody, or a part
//! of an organization that nothing hangs under.

use serde_json::json;

use super::completions::{Offer, offer};
use super::error::{CliError, ErrorKind};
use super::exit::Exit;
use super::name::{label, policy_label};
use super::named::Named;
use super::session::{Database, DryRun, Session};
use super::text::shown;
use super::thing::{
    NodeName, Thing, node_label, organization_label, organization_policy_label, resolve_node,
    resolve_organization, resolve_organization_policy, resolve_resource,
};
use crate::store::Writer;

/// Delete a user, role, group, stored policy, organization, OU, account or resource
///
/// With a principal go its tags, memberships, attachments and inline policies. A policy that is attached is not
/// deleted, nor is an OU that something is in. With an account goes its place in the organization, not its users and
/// roles. The history keeps everything: `--at` still shows it.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  iamdb delete user/alice
  iamdb delete policy/my-repo
  iamdb delete ou/dev
  iamdb delete arn:aws:s3:::reports")]
pub(crate) struct DeleteArgs {
    /// user/alice, role/deploy, group/devs, policy/my-repo, organization, ou/dev, account/ID, scp/limits or an ARN
    #[arg(add = offer(&[Offer::Users, Offer::Roles, Offer::Groups, Offer::Policies, Offer::Nodes, Offer::OrganizationPolicies, Offer::Resources]))]
    what: String,
    #[command(flatten)]
    dry_run: DryRun,
}

pub(crate) fn run(args: &DeleteArgs, session: &mut Session) -> Result<Exit, CliError> {
    let keep = args.dry_run.keep();
    let ((deleted, arn), change) = session.write(Database::MustExist, keep, |writer| {
        if let Some(thing) = Thing::parse(&args.what)? {
            let deleted = delete(writer, &thing)?;
            let summary = format!("deleted {deleted}");
            return Ok(((deleted, None), summary));
        }
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
        Ok(((deleted, Some(arn)), summary))
    })?;
    session.out.answer(
        || {
            let arn = arn.as_ref().map_or(String::new(), |arn| format!(" ({})", shown(arn)));
            vec![format!("{}deleted {deleted}{arn}", keep.would()).into()]
        },
        || {
            let what = arn.as_ref().unwrap_or(&deleted);
            let change = change.as_ref().map(|change| change.number.0);
            json!({ "deleted": what, "dry_run": keep.is_dry(), "change": change })
        },
    )?;
    Ok(Exit::Yes)
}

/// Deletes what is no principal and no managed policy; tells its label.
fn delete(writer: &mut Writer<'_>, thing: &Thing) -> Result<String, CliError> {
    match thing {
        Thing::Organization(id) => {
            let organization = resolve_organization(writer, id.as_deref())?;
            writer.delete_node(organization.root)?;
            Ok(organization_label(&organization))
        }
        Thing::Node(NodeName::Root(_)) => {
            Err(CliError::new(ErrorKind::Usage, "a root is deleted with its organization")
                .hint("`iamdb delete organization`"))
        }
        Thing::Node(name) => {
            let node = resolve_node(writer, name)?;
            writer.delete_node(node.key)?;
            Ok(node_label(&node))
        }
        Thing::Policy(policy_type, name) => {
            let policy = resolve_organization_policy(writer, Some(*policy_type), name)?;
            writer.delete_organization_policy(policy.key)?;
            Ok(organization_policy_label(&policy))
        }
        Thing::Resource(arn) => {
            let resource = resolve_resource(writer, arn)?;
            writer.delete_resource(resource.key)?;
            Ok(shown(&resource.arn))
        }
    }
}
