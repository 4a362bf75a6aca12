//! Organizations, OUs and accounts. As AWS does, `FullAWSAccess` is attached to every node from the beginning, so
//! that nothing is denied before somebody attaches a policy that denies it.

use serde_json::json;

use super::CreateArgs;
use crate::arn::AccountId;
use crate::cli::error::{CliError, ErrorKind};
use crate::cli::exit::Exit;
use crate::cli::session::{Database, Keep, Session};
use crate::cli::text::shown;
use crate::cli::thing::{NodeName, Thing, node_label, organization_label, resolve_node};
use crate::store::{
    FeatureSet, NewNode, NewOrganizationPolicy, Node, NodeKey, NodeKind, Organization, OrganizationFacts,
    TypeStatus, Writer,
};

/// Creates an organization with its root and its management account.
pub(super) fn organization(
    args: &CreateArgs,
    id: Option<&str>,
    session: &mut Session,
) -> Result<Exit, CliError> {
    if let Some(id) = id {
        check_id(id, "o-", "organization/o-abcdefghij")?;
    }
    if let Some(id) = &args.id {
        check_id(id, "r-", "--id r-ab12")?;
    }
    let keep = args.dry_run.keep();
    answer(keep, session, |writer| {
        let root = writer.create_node(&NewNode {
            kind: NodeKind::Root,
            id: args.id.clone(),
            name: Some("Root".to_owned()),
            status: None,
        })?;
        let facts = OrganizationFacts {
            id: id.map(str::to_owned),
            management_account: args.management.clone(),
            feature_set: FeatureSet::All,
            scps: TypeStatus::Enabled,
            rcps: TypeStatus::Enabled,
        };
        writer.put_organization(root.key, &facts)?;
        let made = Organization { root: root.key, facts };
        let mut sentences =
            vec![format!("{}created {} with its root", keep.would(), organization_label(&made))];
        sentences.extend(attach_full_access(writer, &root, keep)?);
        if let Some(account) = &args.management {
            sentences.extend(management_account(writer, account, root.key, keep)?);
        }
        Ok((organization_label(&made), sentences))
    })
}

/// Makes an account the management account, as far as the tree is concerned: it is somewhere in it.
pub(crate) fn management_account(
    writer: &mut Writer<'_>,
    account: &AccountId,
    root: NodeKey,
    keep: Keep,
) -> Result<Vec<String>, CliError> {
    let (node, verb) = match writer.node_with_id(account.as_str())? {
        Some(node) => (node, "placed"),
        None => (writer.create_node(&new_account(account, None))?, "created"),
    };
    writer.place(node.key, root)?;
    let mut sentences =
        vec![format!("{}{verb} {} in root, the management account", keep.would(), node_label(&node))];
    sentences.extend(attach_full_access(writer, &node, keep)?);
    Ok(sentences)
}

fn new_account(account: &AccountId, name: Option<&str>) -> NewNode {
    let (id, name) = (Some(account.to_string()), name.map(str::to_owned));
    NewNode { kind: NodeKind::Account, id, name, status: None }
}

/// Creates an OU or account in its place.
pub(super) fn node(args: &CreateArgs, name: &NodeName, session: &mut Session) -> Result<Exit, CliError> {
    // `ou/dev/web` is web in dev.
    let (inside, name) = match name {
        NodeName::Ou(path) if args.into.is_none() => match path.rsplit_once('/') {
            Some((above, name)) => (Some(above.to_owned()), NodeName::Ou(name.to_owned())),
            None => (None, name.clone()),
        },
        _ => (None, name.clone()),
    };
    let new = match &name {
        NodeName::Root(_) => {
            return Err(CliError::new(ErrorKind::Usage, "a root is created with its organization")
                .hint("`iamdb create organization --management 111111111111`"));
        }
        NodeName::Account(_) if args.id.is_some() => {
            return Err(CliError::new(ErrorKind::Usage, "the id of an account is its twelve digits"));
        }
        NodeName::Account(account) => new_account(account, args.name.as_deref()),
        NodeName::Ou(name) => {
            if let Some(id) = &args.id {
                check_id(id, "ou-", "--id ou-ab12-abcd1234")?;
            }
            let name = Some(args.name.as_ref().unwrap_or(name).clone());
            NewNode { kind: NodeKind::Ou, id: args.id.clone(), name, status: None }
        }
    };
    let place = match (&args.into, new.kind) {
        (Some(text), _) => Some(place_name(text)?),
        (None, _) if inside.is_some() => inside.map(NodeName::Ou),
        (None, NodeKind::Account) => None,
        // An OU is somewhere; an account can be outside of every organization.
        (None, NodeKind::Ou | NodeKind::Root) => Some(NodeName::Root(None)),
    };
    let keep = args.dry_run.keep();
    answer(keep, session, |writer| {
        let parent = place.as_ref().map(|place| resolve_node(writer, place)).transpose()?;
        if let Some(parent) = &parent {
            let siblings = writer.children_of(parent.key)?;
            if siblings
                .iter()
                .any(|one| one.kind == NodeKind::Ou && new.kind == NodeKind::Ou && one.name == new.name)
            {
                let message = format!("there is an OU of that name in {} already", node_label(parent));
                return Err(CliError::new(ErrorKind::Conflict, message));
            }
        }
        let node = writer.create_node(&new)?;
        let mut sentences = match &parent {
            Some(parent) => {
                writer.place(node.key, parent.key)?;
                vec![format!("{}created {} in {}", keep.would(), node_label(&node), node_label(parent))]
            }
            None => vec![format!("{}created {} in no organization", keep.would(), node_label(&node))],
        };
        if parent.is_some() {
            sentences.extend(attach_full_access(writer, &node, keep)?);
        }
        Ok((node_label(&node), sentences))
    })
}

/// A place where something can hang: `root`, `ou/dev`, or `dev` for short.
pub(crate) fn place_name(text: &str) -> Result<NodeName, CliError> {
    match Thing::parse(text)? {
        Some(Thing::Node(name @ (NodeName::Root(_) | NodeName::Ou(_)))) => Ok(name),
        None if !text.contains('/') => Ok(NodeName::Ou(text.to_owned())),
        _ => Err(CliError::new(ErrorKind::Usage, format!("`{}` is not a root or OU", shown(text)))
            .hint("write root, ou/dev or the id of an OU")),
    }
}

/// Attaches AWS's own SCP that allows everything to a node that has no SCP, where SCPs are enabled; tells it.
pub(crate) fn attach_full_access(
    writer: &mut Writer<'_>,
    node: &Node,
    keep: Keep,
) -> Result<Option<String>, CliError> {
    let top = writer.path_of(node)?.first().map(|top| top.key);
    let all = writer.organizations()?;
    let is_enabled = all.iter().any(|one| Some(one.root) == top && one.facts.scps == TypeStatus::Enabled);
    let new = NewOrganizationPolicy::full_aws_access();
    let has_scp =
        writer.policies_of_node(node.key)?.iter().any(|policy| policy.policy_type == new.policy_type);
    if !is_enabled || has_scp {
        return Ok(None);
    }
    let known = writer.organization_policies()?.into_iter().find(|policy| policy.id == new.id);
    let policy = match known {
        Some(policy) => policy,
        None => writer.create_organization_policy(&new)?,
    };
    writer.attach_to_node(node.key, policy.key)?;
    Ok(Some(format!("{}attached scp/FullAWSAccess to {}, as AWS does", keep.would(), node_label(node))))
}

fn check_id(id: &str, prefix: &str, example: &str) -> Result<(), CliError> {
    let is_id = id.strip_prefix(prefix).is_some_and(|rest| {
        rest.len() >= 4
            && rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    });
    if is_id {
        return Ok(());
    }
    Err(CliError::new(ErrorKind::Usage, format!("`{}` is not such an id", shown(id)))
        .hint(format!("an id is as in `{example}`")))
}

/// Makes the change and tells it.
pub(super) fn answer(
    keep: Keep,
    session: &mut Session,
    work: impl Fn(&mut Writer<'_>) -> Result<(String, Vec<String>), CliError>,
) -> Result<Exit, CliError> {
    let ((created, sentences), change) = session.write(Database::MayBegin, keep, |writer| {
        let (created, sentences) = work(writer)?;
        let summary = sentences.join("; ");
        Ok(((created, sentences), summary))
    })?;
    session.out.answer(
        || sentences.into_iter().map(Into::into).collect(),
        || {
            let change = change.as_ref().map(|change| change.number.0);
            json!({ "created": created, "dry_run": keep.is_dry(), "change": change })
        },
    )?;
    Ok(Exit::Yes)
}
