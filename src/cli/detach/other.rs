//! Detaching what is not a policy of a principal: from roots, OUs and accounts, off resources, and trust policies.

use serde_json::json;

use super::DetachArgs;
use crate::access_change::About;
use crate::arn::Arn;
use crate::cli::error::{CliError, ErrorKind};
use crate::cli::exit::Exit;
use crate::cli::moves::Moves;
use crate::cli::name::label;
use crate::cli::resolve::resolve_principal;
use crate::cli::session::{Database, Session};
use crate::cli::text::{quoted_list, shown};
use crate::cli::thing::{
    NodeName, find_organization_policies, node_label, organization_policy_label, policy_name, resolve_node,
    resolve_resource,
};
use crate::store::{NewOrganizationPolicy, OrganizationPolicyType, TypeStatus, Writer};

/// What was detached, from what, and what to know of it.
struct Detached {
    what: String,
    from: String,
    warning: Option<String>,
}

/// Detaches an SCP or RCP from a node.
pub(super) fn node(args: &DetachArgs, from: &NodeName, session: &mut Session) -> Result<Exit, CliError> {
    let policy = args.required_policy()?;
    let (policy_type, name) = policy_name(policy)?;
    answer(args, session, |writer| {
        let from = resolve_node(writer, from)?;
        let attached = writer.policies_of_node(from.key)?;
        let named = find_organization_policies(writer, policy_type, &name)?;
        let mut both = attached.iter().filter(|policy| named.iter().any(|one| one.key == policy.key));
        let (Some(policy), None) = (both.next(), both.next()) else {
            let error = CliError::new(
                ErrorKind::NotFound,
                format!("`{}` is not attached to `{}`", shown(&name), node_label(&from)),
            );
            let attached = quoted_list(attached.iter().map(organization_policy_label));
            return Err(
                error.hint(format!("attached are {}", if attached.is_empty() { "none" } else { &attached }))
            );
        };
        writer.detach_from_node(from.key, policy.key)?;
        let is_scp = |one: &OrganizationPolicyType| *one == OrganizationPolicyType::Scp;
        let last = is_scp(&policy.policy_type)
            && !attached.iter().any(|one| one.key != policy.key && is_scp(&one.policy_type));
        let top = writer.path_of(&from)?.first().map(|top| top.key);
        let enabled = writer
            .organizations()?
            .iter()
            .any(|one| Some(one.root) == top && one.facts.scps == TypeStatus::Enabled);
        let warning = (last && enabled).then(|| {
            format!(
                "{} has no SCP now, so everything under it is denied; AWS does not detach the last one; \
                 `iamdb attach {} {}` allows everything again",
                node_label(&from),
                node_label(&from),
                NewOrganizationPolicy::full_aws_access().name
            )
        });
        Ok(Detached { what: organization_policy_label(policy), from: node_label(&from), warning })
    })
}

/// Takes the policy off a resource.
pub(super) fn resource(args: &DetachArgs, arn: &Arn, session: &mut Session) -> Result<Exit, CliError> {
    args.no_policy("a resource has one policy at most")?;
    answer(args, session, |writer| {
        let resource = resolve_resource(writer, arn)?;
        if !writer.remove_resource_policy(resource.key)? {
            let message = format!("`{}` has no policy", shown(&resource.arn));
            return Err(CliError::new(ErrorKind::NotFound, message));
        }
        Ok(Detached { what: "the resource policy".to_owned(), from: shown(&resource.arn), warning: None })
    })
}

/// Forgets the trust policy of a role.
pub(super) fn trust(args: &DetachArgs, session: &mut Session) -> Result<Exit, CliError> {
    args.no_policy("a role has one trust policy")?;
    answer(args, session, |writer| {
        let role = resolve_principal(writer, &args.principal)?;
        if !writer.remove_trust_policy(role.key)? {
            let message = format!("no trust policy of `{}` is stored", label(&role));
            return Err(CliError::new(ErrorKind::NotFound, message));
        }
        Ok(Detached { what: "the trust policy".to_owned(), from: label(&role), warning: None })
    })
}

fn answer(
    args: &DetachArgs,
    session: &mut Session,
    work: impl Fn(&mut Writer<'_>) -> Result<Detached, CliError>,
) -> Result<Exit, CliError> {
    let catalog = session.catalog()?;
    let keep = args.dry_run.keep();
    let ((detached, moves), change) = session.write(Database::MustExist, keep, |writer| {
        let detached = work(writer)?;
        let summary = format!("detached {} from {}", detached.what, detached.from);
        Ok(((detached, Moves::by(writer, About::Everyone, &catalog)?), summary))
    })?;
    if let Some(warning) = &detached.warning {
        session.out.warning(warning)?;
    }
    session.out.answer(
        || {
            let done = format!("{}detached {} from {}", keep.would(), detached.what, detached.from);
            std::iter::once(done.into()).chain(moves.brief_or_nobody(keep)).collect()
        },
        || {
            json!({
                "detached": detached.what,
                "from": detached.from,
                "dry_run": keep.is_dry(),
                "change": change.as_ref().map(|change| change.number.0),
                "access_changes": moves.json(),
            })
        },
    )?;
    Ok(Exit::Yes)
}
