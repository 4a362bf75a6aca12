//! Service and resource control policies, attached to roots, OUs and accounts.

use serde_json::json;

use super::AttachArgs;
use crate::access_change::About;
use crate::cli::error::{CliError, ErrorKind};
use crate::cli::exit::Exit;
use crate::cli::moves::Moves;
use crate::cli::quota;
use crate::cli::session::{Database, Keep, Session};
use crate::cli::source::Source;
use crate::cli::text::shown;
use crate::cli::thing::{
    NodeName, find_organization_policies, node_label, organization_policy_label, policy_name, resolve_node,
    resolve_organization_policy,
};
use crate::policy::Document;
use crate::store::{
    NewOrganizationPolicy, Node, OrganizationPolicy, OrganizationPolicyOwner, OrganizationPolicyType, Writer,
};

/// The policy that is to be attached.
enum Wanted {
    /// It is stored under that name first.
    Document(OrganizationPolicyType, String, Document),
    /// The one of that name or id, of that type or any.
    Stored(Option<OrganizationPolicyType>, String),
}

/// What came of it.
struct Attached {
    to: Node,
    policy: OrganizationPolicy,
    stored: Option<&'static str>,
    changed: bool,
    warning: Option<String>,
}

/// Attaches a policy to a node.
pub(super) fn node(args: &AttachArgs, to: &NodeName, session: &mut Session) -> Result<Exit, CliError> {
    args.refuse(&[
        ("--inline", args.inline),
        ("--boundary", args.boundary),
        ("--create", args.create),
        ("--trust", args.trust),
        ("--account", args.account.is_some()),
    ])?;
    let policy_type = args.organization_policy_type();
    let wanted = match (Source::read(&args.policy)?, policy_type) {
        (Source::Given(given), Some(policy_type)) => {
            let name = given.name(args.name.as_deref())?;
            let document = given.accepted(policy_type.policy_type(), &mut session.out)?;
            Wanted::Document(policy_type, name, document)
        }
        (Source::Given(_), None) => {
            return Err(CliError::new(ErrorKind::Usage, "a document does not say what it is")
                .hint("`--scp` for a service control policy, `--rcp` for a resource control policy"));
        }
        (Source::Stored(text), said) => {
            args.refuse_beside_stored()?;
            let (named, name) = policy_name(&text)?;
            if let (Some(said), Some(named)) = (said, named)
                && said != named
            {
                return Err(CliError::new(
                    ErrorKind::Usage,
                    format!("`--{}` is not for `{}`", said.as_str(), shown(&text)),
                ));
            }
            Wanted::Stored(named.or(said), name)
        }
    };
    let catalog = session.catalog()?;
    let keep = args.dry_run.keep();
    let ((attached, moves), change) = session.write(Database::MustExist, keep, |writer| {
        let to = resolve_node(writer, to)?;
        let (policy, stored) = match &wanted {
            Wanted::Document(policy_type, name, document) => {
                store(writer, args, *policy_type, name, document)?
            }
            Wanted::Stored(policy_type, name) => {
                (resolve_organization_policy(writer, *policy_type, name)?, None)
            }
        };
        let changed = writer.attach_to_node(to.key, policy.key)?;
        let warning = quota::of_node(writer, &to, policy.policy_type)?;
        let attached = Attached { to, policy, stored, changed, warning };
        let summary = attached.sentences(Keep::Change).join("; ");
        Ok(((attached, Moves::by(writer, About::Everyone, &catalog)?), summary))
    })?;
    if let Some(warning) = &attached.warning {
        session.out.warning(warning)?;
    }
    session.out.answer(
        || {
            let sentences = attached.sentences(keep).into_iter().map(Into::into);
            sentences.chain(moves.brief_or_nobody(keep)).collect()
        },
        || {
            json!({
                "TargetId": attached.to.id,
                "Name": attached.to.name,
                "PolicyName": attached.policy.name,
                "PolicyId": attached.policy.id,
                "Type": attached.policy.policy_type.aws_name(),
                "sha256": attached.policy.document.as_ref().map(|document| document.id().to_string()),
                "attached": attached.changed,
                "dry_run": keep.is_dry(),
                "change": change.as_ref().map(|change| change.number.0),
                "access_changes": moves.json(),
            })
        },
    )?;
    Ok(Exit::Yes)
}

/// Stores a document under its name, unless it is stored.
fn store(
    writer: &mut Writer<'_>,
    args: &AttachArgs,
    policy_type: OrganizationPolicyType,
    name: &str,
    document: &Document,
) -> Result<(OrganizationPolicy, Option<&'static str>), CliError> {
    let mut found = find_organization_policies(writer, Some(policy_type), name)?;
    let Some(mut known) = found.pop() else {
        let new = NewOrganizationPolicy {
            policy_type,
            id: None,
            owner: OrganizationPolicyOwner::Customer(None),
            name: name.to_owned(),
            document: Some(document.clone()),
        };
        return Ok((writer.create_organization_policy(&new)?, None));
    };
    if known.document.as_ref().is_some_and(|stored| stored.id() == document.id()) {
        return Ok((known, None));
    }
    if known.owner == OrganizationPolicyOwner::Aws {
        let message = format!("`{}` is AWS's own, with other content", organization_policy_label(&known));
        return Err(CliError::new(ErrorKind::Conflict, message)
            .hint("`--name NAME` stores this one under another name"));
    }
    if known.document.is_some() && !args.new_version {
        let nodes = writer.nodes_of_policy(known.key)?;
        let nodes: Vec<String> = nodes.iter().take(3).map(node_label).collect();
        return Err(CliError::new(
            ErrorKind::Conflict,
            format!("`{}` is stored with other content", organization_policy_label(&known)),
        )
        .hint(format!(
            "`--new-version` puts this in its place, everywhere it is attached ({})",
            if nodes.is_empty() { "nowhere now".to_owned() } else { nodes.join(", ") }
        ))
        .hint("`--name NAME` stores this one under another name"));
    }
    writer.put_organization_policy(known.key, name, Some(document))?;
    let stored = if known.document.is_some() { "replaced the content of" } else { "stored the content of" };
    known.document = Some(document.clone());
    Ok((known, Some(stored)))
}

impl Attached {
    fn sentences(&self, keep: Keep) -> Vec<String> {
        let would = keep.would();
        let (to, policy) = (node_label(&self.to), organization_policy_label(&self.policy));
        let id = match &self.policy.document {
            Some(document) => format!("sha256 {:.4}…", document.id()),
            None => "document unknown".to_owned(),
        };
        let stored = self.stored.map(|verb| format!("{would}{verb} {policy}"));
        let attached = if self.changed {
            format!("{would}attached {policy} ({id}) to {to}")
        } else {
            format!("{policy} ({id}) is attached to {} already", shown(&to))
        };
        stored.into_iter().chain([attached]).collect()
    }
}
