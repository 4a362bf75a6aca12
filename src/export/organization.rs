//! Organizations as `aws organizations` prints them (R-FMT-20), in files named after what they are of (R-FMT-23).
//!
//! One folder an organization, since an import is of one: `organization`, or `organization-o-…` where there are
//! several. What hangs in no organization is in the folder of the only one, or in `organization` by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use serde_json::{Value, json};

use super::{Export, ExportError, LeftOut, Open};
use crate::store::{
    Node, NodeKey, NodeKind, Organization, OrganizationPolicy, OrganizationPolicyOwner,
    OrganizationPolicyType, TypeStatus,
};

/// What is written into one folder.
struct Folder {
    name: String,
    organization: Option<Organization>,
    /// From the top down.
    nodes: Vec<Node>,
    policies: Vec<OrganizationPolicy>,
}

impl Export<'_, '_> {
    /// Writes every organization, and what is in none.
    pub(super) fn organizations(&mut self, open: &mut Open<'_>) -> Result<(), ExportError> {
        let above: BTreeMap<NodeKey, NodeKey> = self.now.all_placements()?.into_iter().collect();
        let mut folders = self.folders()?;
        let known: Vec<Option<String>> =
            self.now.organizations()?.into_iter().map(|one| one.facts.id).filter(Option::is_some).collect();
        let mut written = BTreeSet::new();
        for folder in &mut folders {
            let keys: BTreeSet<NodeKey> = folder.nodes.iter().map(|node| node.key).collect();
            for policy in self.now.organization_policies()? {
                let is_attached =
                    self.now.nodes_of_policy(policy.key)?.iter().any(|node| keys.contains(&node.key));
                let of = folder.organization.as_ref().and_then(|one| one.facts.id.clone());
                let is_of_this = match &policy.owner {
                    OrganizationPolicyOwner::Aws => true,
                    OrganizationPolicyOwner::Customer(owner) if known.contains(owner) => *owner == of,
                    OrganizationPolicyOwner::Customer(_) => !written.contains(&policy.key),
                };
                if policy.id.is_none() {
                    self.left_out.insert(LeftOut::NoId { what: policy.to_string() });
                } else if is_attached || is_of_this {
                    written.insert(policy.key);
                    folder.policies.push(policy);
                }
            }
            self.tree(folder, &above, open)?;
            self.policies_of(folder, open)?;
        }
        Ok(())
    }

    fn folders(&mut self) -> Result<Vec<Folder>, ExportError> {
        let organizations = self.now.organizations()?;
        let is_only = organizations.len() < 2;
        let mut elsewhere = self.now.nodes(None)?;
        let mut folders = Vec::new();
        for organization in organizations {
            let nodes = self.now.nodes_under(organization.root)?;
            elsewhere.retain(|node| nodes.iter().all(|known| known.key != node.key));
            let id = organization.facts.id.clone().unwrap_or_else(|| organization.root.0.to_string());
            let name = if is_only { "organization".to_owned() } else { format!("organization-{id}") };
            folders.push(Folder { name, organization: Some(organization), nodes, policies: Vec::new() });
        }
        let has_policies = !self.now.organization_policies()?.is_empty();
        match folders.as_mut_slice() {
            [only] => only.nodes.append(&mut elsewhere),
            several if !elsewhere.is_empty() || (several.is_empty() && has_policies) => {
                let name = "organization".to_owned();
                folders.push(Folder { name, organization: None, nodes: elsewhere, policies: Vec::new() });
            }
            _ => {}
        }
        Ok(folders)
    }

    fn tree(
        &mut self,
        folder: &Folder,
        above: &BTreeMap<NodeKey, NodeKey>,
        open: &mut Open<'_>,
    ) -> Result<(), ExportError> {
        if let Some(organization) = &folder.organization {
            let facts = &organization.facts;
            match &facts.id {
                Some(id) => {
                    let mut said = json!({ "Id": id, "FeatureSet": facts.feature_set.as_str() });
                    if let Some(account) = &facts.management_account {
                        said["MasterAccountId"] = json!(account.as_str());
                    }
                    write(folder, "describe-organization", &json!({ "Organization": said }), open)?;
                }
                None => {
                    self.left_out.insert(LeftOut::NoOrganizationId);
                }
            }
        }
        let mut tops: BTreeMap<NodeKind, Vec<Value>> = BTreeMap::new();
        let mut accounts = Vec::new();
        for node in &folder.nodes {
            let Some(entry) = entry(node) else {
                self.left_out.insert(LeftOut::NoId { what: node.to_string() });
                continue;
            };
            match node.kind {
                NodeKind::Root => {
                    write(folder, "list-roots", &json!({ "Roots": [root(folder, &entry)] }), open)?
                }
                NodeKind::Ou => self.counts.ous += 1,
                NodeKind::Account => {
                    self.counts.member_accounts += 1;
                    accounts.push(entry.clone());
                }
            }
            if !above.contains_key(&node.key) {
                tops.entry(node.kind).or_default().push(entry);
            }
            if node.kind != NodeKind::Account {
                children(folder, node, above, open)?;
            }
        }
        // The list of all accounts of an organization has nobody who is in none.
        let described = |kind| tops.get(&kind).into_iter().flatten();
        accounts.retain(|account| !described(NodeKind::Account).any(|top| top == account));
        if folder.organization.is_some() {
            write(folder, "list-accounts", &json!({ "Accounts": accounts }), open)?;
        }
        let pages = |key: &str, kind| described(kind).map(|top| json!({ key: top })).collect::<Vec<_>>();
        for (name, pages) in [
            ("describe-account", pages("Account", NodeKind::Account)),
            ("describe-organizational-unit", pages("OrganizationalUnit", NodeKind::Ou)),
        ] {
            if !pages.is_empty() {
                write(folder, name, &Value::Array(pages), open)?;
            }
        }
        Ok(())
    }

    fn policies_of(&mut self, folder: &Folder, open: &mut Open<'_>) -> Result<(), ExportError> {
        for policy_type in OrganizationPolicyType::ALL {
            let mut list = Vec::new();
            for policy in folder.policies.iter().filter(|policy| policy.policy_type == policy_type) {
                let Some(id) = &policy.id else { continue };
                self.counts.organization_policies += 1;
                let summary = json!({
                    "Id": id, "Name": policy.name, "Type": policy_type.aws_name(),
                    "AwsManaged": policy.owner == OrganizationPolicyOwner::Aws,
                });
                if let Some(document) = &policy.document {
                    let described =
                        json!({ "Policy": { "PolicySummary": summary, "Content": document.text() } });
                    write(folder, &format!("describe-policy-{id}"), &described, open)?;
                }
                list.push(summary);
                let nodes = self.now.nodes_of_policy(policy.key)?;
                let here = nodes.iter().filter(|node| folder.nodes.iter().any(|known| known.key == node.key));
                let targets: Vec<Value> = here
                    .filter_map(|node| {
                        Some(json!({ "TargetId": node.id.as_ref()?, "Type": aws_name(node.kind) }))
                    })
                    .collect();
                let name = format!("list-targets-for-policy-{id}");
                write(folder, &name, &json!({ "Targets": targets }), open)?;
            }
            if !list.is_empty() {
                let name = format!("list-policies-{}", policy_type.aws_name());
                write(folder, &name, &json!({ "Policies": list }), open)?;
            }
        }
        Ok(())
    }
}

/// What is right under a root or OU.
fn children(
    folder: &Folder,
    node: &Node,
    above: &BTreeMap<NodeKey, NodeKey>,
    open: &mut Open<'_>,
) -> Result<(), ExportError> {
    let Some(id) = &node.id else { return Ok(()) };
    let under = |kind| {
        let nodes = folder.nodes.iter().filter(move |child| child.kind == kind);
        let nodes = nodes.filter(|child| above.get(&child.key) == Some(&node.key));
        nodes.filter_map(entry).collect::<Vec<_>>()
    };
    let ous = json!({ "OrganizationalUnits": under(NodeKind::Ou) });
    write(folder, &format!("list-organizational-units-for-parent-{id}"), &ous, open)?;
    let accounts = json!({ "Accounts": under(NodeKind::Account) });
    write(folder, &format!("list-accounts-for-parent-{id}"), &accounts, open)
}

/// A root, OU or account; `None` where it has no id.
fn entry(node: &Node) -> Option<Value> {
    let mut entry = json!({ "Id": node.id.as_ref()? });
    if let Some(name) = &node.name {
        entry["Name"] = json!(name);
    }
    if let Some(status) = &node.status {
        entry["Status"] = json!(status);
    }
    Some(entry)
}

/// With the types of policies that are enabled.
fn root(folder: &Folder, entry: &Value) -> Value {
    let mut entry = entry.clone();
    if let Some(organization) = &folder.organization {
        let facts = &organization.facts;
        let types = [(OrganizationPolicyType::Scp, facts.scps), (OrganizationPolicyType::Rcp, facts.rcps)];
        let enabled = types.into_iter().filter(|(_, status)| *status == TypeStatus::Enabled);
        let enabled: Vec<Value> = enabled
            .map(|(policy_type, _)| json!({ "Type": policy_type.aws_name(), "Status": "ENABLED" }))
            .collect();
        entry["PolicyTypes"] = json!(enabled);
    }
    entry
}

fn aws_name(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::Root => "ROOT",
        NodeKind::Ou => "ORGANIZATIONAL_UNIT",
        NodeKind::Account => "ACCOUNT",
    }
}

fn write(folder: &Folder, name: &str, value: &Value, open: &mut Open<'_>) -> Result<(), ExportError> {
    let mut file = open(&format!("{}/{name}.json", folder.name))?;
    writeln!(file, "{value:#}")?;
    Ok(file.flush()?)
}
