//! What is no principal and no managed policy: organizations and their parts, and resources.

use serde_json::json;

use super::ShowArgs;
use crate::cli::error::{CliError, ErrorKind};
use crate::cli::organization::{self, Tree, node_row, policy_row};
use crate::cli::output::{FAINT, Output, STRONG};
use crate::cli::table::aligned;
use crate::cli::text::{Text, shown};
use crate::cli::thing::{
    NodeName, Thing, node_label, organization_label, organization_policy_label, resolve_node,
    resolve_organization, resolve_organization_policy, resolve_resource,
};
use crate::policy::PolicyType;
use crate::store::{Node, NodeKind, Organization, OrganizationPolicyType, Snapshot, Standing};

/// Shows it.
pub(super) fn thing(
    args: &ShowArgs,
    thing: &Thing,
    snapshot: &Snapshot<'_>,
    out: &mut Output,
) -> Result<(), CliError> {
    if args.inline.is_some() || args.trust {
        let message =
            format!("`{}` is no principal: `--inline` and `--trust` are for principals", shown(&args.what));
        return Err(CliError::new(ErrorKind::Usage, message));
    }
    match thing {
        Thing::Organization(id) => {
            organization(snapshot, &resolve_organization(snapshot, id.as_deref())?, out)
        }
        Thing::Node(NodeName::Account(account)) => match snapshot.standing(account)? {
            Some(_) => node(snapshot, &resolve_node(snapshot, &NodeName::Account(account.clone()))?, out),
            None => Err(CliError::new(ErrorKind::NotFound, format!("there is no `account/{account}`"))
                .hint("`iamdb ls accounts` lists what is stored")),
        },
        Thing::Node(name) => node(snapshot, &resolve_node(snapshot, name)?, out),
        Thing::Policy(policy_type, name) => policy(snapshot, *policy_type, name, out),
        Thing::Resource(arn) => {
            let resource = resolve_resource(snapshot, arn)?;
            match (&resource.policy, args.policy) {
                (Some(policy), true) => {
                    let object = organization::resource(snapshot, &resource)?;
                    out.document(policy.text(), || json!({ "Resource": object }))?;
                    super::note_degraded(policy, resource.policy_type(), out)
                }
                (None, true) => {
                    let message = format!("`{}` has no policy", shown(&resource.arn));
                    Err(CliError::new(ErrorKind::NotFound, message))
                }
                (policy, false) => {
                    let tags = snapshot.resource_tags(resource.key)?;
                    let tags: Vec<String> =
                        tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
                    let account = resource.account.as_ref().map_or("unknown".to_owned(), ToString::to_string);
                    let policy = policy
                        .as_ref()
                        .map_or("none".to_owned(), |policy| super::described(policy, resource.policy_type()));
                    let tags = if tags.is_empty() { "none".to_owned() } else { tags.join(" ") };
                    let facts = [("account", account), ("policy", policy), ("tags", tags)];
                    let object = organization::resource(snapshot, &resource)?;
                    tell(out, &resource.arn, &facts, &[], || json!({ "Resource": object }))
                }
            }
        }
    }
}

/// A heading, facts below each other, and lists with their headings.
fn tell(
    out: &mut Output,
    heading: &str,
    facts: &[(&str, String)],
    lists: &[(String, Vec<Vec<String>>)],
    json: impl FnOnce() -> serde_json::Value,
) -> Result<(), CliError> {
    let rows: Vec<Vec<String>> =
        facts.iter().map(|(name, value)| vec![(*name).to_owned(), value.clone()]).collect();
    let indented = |line: &String| Text::from(format!("  {line}"));
    let text = || {
        let mut lines = vec![Text::styled(STRONG, &shown(heading))];
        lines.extend(aligned(&rows).iter().map(indented));
        for (heading, rows) in lists {
            lines.push(Text::styled(STRONG, &shown(heading)));
            if rows.is_empty() {
                lines.push(Text::from("  ").and(Text::styled(FAINT, "none")));
            }
            lines.extend(aligned(rows).iter().map(indented));
        }
        lines
    };
    out.answer(text, json)
}

fn organization(snapshot: &Snapshot<'_>, of: &Organization, out: &mut Output) -> Result<(), CliError> {
    let unknown = || "unknown".to_owned();
    let root = snapshot.nodes(Some(NodeKind::Root))?.into_iter().find(|node| node.key == of.root);
    let facts = [
        ("id", of.facts.id.clone().unwrap_or_else(unknown)),
        ("root", root.and_then(|root| root.id).unwrap_or_else(unknown)),
        ("management", of.facts.management_account.as_ref().map_or_else(unknown, ToString::to_string)),
        ("features", of.facts.feature_set.as_str().to_owned()),
        ("scps", of.facts.scps.as_str().to_owned()),
        ("rcps", of.facts.rcps.as_str().to_owned()),
    ];
    tell(
        out,
        &organization_label(of),
        &facts,
        &[],
        || json!({ "Organization": organization::organization(of) }),
    )
}

/// A node: what is attached to it and to what is above it, and what is below it.
fn node(snapshot: &Snapshot<'_>, of: &Node, out: &mut Output) -> Result<(), CliError> {
    let (tree, path) = (Tree::of(snapshot)?, snapshot.path_of(of)?);
    let unknown = || "unknown".to_owned();
    let mut facts = Vec::new();
    if of.kind != NodeKind::Account {
        facts.push(("id", of.id.clone().unwrap_or_else(unknown)));
    }
    facts.push(("name", of.name.clone().unwrap_or_else(unknown)));
    facts.extend(of.status.clone().map(|status| ("status", status)));
    if path.len() > 1 {
        let above: Vec<String> = path.iter().filter(|node| node.key != of.key).map(node_label).collect();
        facts.push(("in", above.join(" ")));
    }
    facts.push(("organization", organization_of(snapshot, of, &path)?));
    let mut lists = Vec::new();
    for policy_type in OrganizationPolicyType::ALL {
        let mut rows = Vec::new();
        for level in &path {
            for policy in snapshot.policies_of_node(level.key)? {
                if policy.policy_type == policy_type {
                    let mut row = policy_row(&tree, &policy);
                    row.insert(0, node_label(level));
                    rows.push(row);
                }
            }
        }
        lists.push((format!("{policy_type}s"), rows));
    }
    if of.kind != NodeKind::Account {
        let below = snapshot.children_of(of.key)?;
        let rows = below.iter().map(|node| node_row(&tree, node)).collect();
        lists.push(("below".to_owned(), rows));
    }
    let object = organization::node(&tree, of);
    let key = match of.kind {
        NodeKind::Root => "Root",
        NodeKind::Ou => "OrganizationalUnit",
        NodeKind::Account => "Account",
    };
    tell(out, &node_label(of), &facts, &lists, || json!({ key: object }))
}

/// The organization that a node is in.
fn organization_of(snapshot: &Snapshot<'_>, of: &Node, path: &[Node]) -> Result<String, CliError> {
    let Some(account) = of.account() else {
        let organizations = snapshot.organizations()?;
        let above = organizations.iter().find(|one| path.first().is_some_and(|top| top.key == one.root));
        return Ok(above.map_or_else(|| "unknown".to_owned(), organization_label));
    };
    let standing = snapshot.standing(&account)?;
    let is_management = standing.as_ref().is_some_and(Standing::is_management_account);
    let is_in_part = standing.as_ref().is_some_and(|standing| standing.is_known_in_part);
    Ok(match standing.and_then(|standing| standing.organization) {
        Some(one) if is_management => {
            format!("{}, its management account: no SCP and no RCP limits it", organization_label(&one))
        }
        Some(one) if is_in_part => format!("{}, not known where in it", organization_label(&one)),
        Some(one) => organization_label(&one),
        None if is_in_part => "unknown".to_owned(),
        None => "none".to_owned(),
    })
}

fn policy(
    snapshot: &Snapshot<'_>,
    policy_type: OrganizationPolicyType,
    name: &str,
    out: &mut Output,
) -> Result<(), CliError> {
    let policy = resolve_organization_policy(snapshot, Some(policy_type), name)?;
    let object = organization::policy(&Tree::of(snapshot)?, &policy);
    let Some(document) = &policy.document else {
        let message =
            format!("the document of `{}` is not known, only its name", organization_policy_label(&policy));
        return Err(
            CliError::new(ErrorKind::NotFound, message).hint("`iamdb import` the output of describe-policy")
        );
    };
    let grammar: PolicyType = policy_type.policy_type();
    out.document(document.text(), || json!({ "Policy": object }))?;
    super::note_degraded(document, grammar, out)
}
