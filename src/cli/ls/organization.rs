//! The lines of roots and OUs, accounts, organization policies and resources.

use serde_json::{Value, json};

use super::What;
use crate::cli::error::CliError;
use crate::cli::organization::{
    Tree, node, node_row, organization, policy, policy_row, resource, resource_row,
};
use crate::store::{NodeKind, Snapshot};

/// Adds what was asked for; without a question what there is.
pub(super) fn rows(
    snapshot: &Snapshot<'_>,
    asked: Option<What>,
    rows: &mut Vec<Vec<String>>,
    objects: &mut Value,
) -> Result<(), CliError> {
    let is_asked = |what| asked.is_none_or(|asked| asked == what);
    let tree = Tree::of(snapshot)?;
    if is_asked(What::Ous) {
        objects["Organizations"] = snapshot.organizations()?.iter().map(organization).collect();
        for (key, kind) in [("Roots", NodeKind::Root), ("OrganizationalUnits", NodeKind::Ou)] {
            objects[key] = nodes(snapshot, &tree, kind, rows)?.into();
        }
    }
    if is_asked(What::Accounts) {
        let mut all = nodes(snapshot, &tree, NodeKind::Account, rows)?;
        // The others are only known by what belongs to them: an answer to a question, not a line of everything.
        for account in snapshot.accounts()?.iter().filter(|_| asked.is_some()) {
            if snapshot.node_with_id(account.as_str())?.is_none() {
                all.push(json!({ "Id": account.as_str() }));
                rows.push(vec![account.to_string()]);
            }
        }
        objects["Accounts"] = all.into();
    }
    if is_asked(What::OrganizationPolicies) {
        let all = snapshot.organization_policies()?;
        rows.extend(all.iter().map(|one| policy_row(&tree, one)));
        objects["organization_policies"] = all.iter().map(|one| policy(&tree, one)).collect();
    }
    if is_asked(What::Resources) {
        let all = snapshot.resources()?;
        for one in &all {
            rows.push(resource_row(snapshot, one)?);
        }
        let all = all.iter().map(|one| resource(snapshot, one)).collect::<Result<Vec<Value>, _>>()?;
        objects["Resources"] = all.into();
    }
    Ok(())
}

fn nodes(
    snapshot: &Snapshot<'_>,
    tree: &Tree,
    kind: NodeKind,
    rows: &mut Vec<Vec<String>>,
) -> Result<Vec<Value>, CliError> {
    let mut objects = Vec::new();
    for one in snapshot.nodes(Some(kind))? {
        rows.push(node_row(tree, &one));
        objects.push(node(tree, &one));
    }
    Ok(objects)
}
