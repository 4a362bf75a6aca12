//! Organizations and resources in the JSON that AWS has for them (R-FMT-20), and as lines of a list.

use serde_json::{Value, json};

use super::aws;
use super::error::CliError;
use super::text::count;
use super::thing::{node_label, organization_policy_label, ou_path};
use crate::store::{
    Node, NodeKind, Organization, OrganizationPolicy, OrganizationPolicyOwner, OrganizationPolicyType,
    Resource, Snapshot,
};

/// A node as in a list.
pub(crate) fn node(snapshot: &Snapshot<'_>, of: &Node) -> Result<Value, CliError> {
    let parent = snapshot.parent_of(of.key)?;
    let parent =
        parent.map(|parent| json!({ "Id": parent.id, "Name": parent.name, "Type": kind(parent.kind) }));
    let policies = snapshot.policies_of_node(of.key)?;
    let mut object = json!({ "Id": of.id, "Name": of.name, "parent": parent });
    if of.kind == NodeKind::Account {
        object["Status"] = json!(of.status);
    }
    for policy_type in OrganizationPolicyType::ALL {
        let of_type = policies.iter().filter(|policy| policy.policy_type == policy_type);
        object[format!("{policy_type}s")] = of_type.map(attached).collect();
    }
    Ok(object)
}

fn kind(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::Root => "ROOT",
        NodeKind::Ou => "ORGANIZATIONAL_UNIT",
        NodeKind::Account => "ACCOUNT",
    }
}

fn attached(policy: &OrganizationPolicy) -> Value {
    json!({ "Id": policy.id, "Name": policy.name })
}

/// An organization.
pub(crate) fn organization(of: &Organization) -> Value {
    json!({
        "Id": of.facts.id,
        "MasterAccountId": of.facts.management_account.as_ref().map(|account| account.as_str()),
        "FeatureSet": of.facts.feature_set.as_str(),
        "scps": of.facts.scps.as_str(),
        "rcps": of.facts.rcps.as_str(),
    })
}

/// A service or resource control policy, with its document and where it is attached.
pub(crate) fn policy(snapshot: &Snapshot<'_>, of: &OrganizationPolicy) -> Result<Value, CliError> {
    let targets = snapshot.nodes_of_policy(of.key)?;
    let target = |node: &Node| json!({ "TargetId": node.id, "Name": node.name, "Type": kind(node.kind) });
    Ok(json!({
        "Id": of.id,
        "Name": of.name,
        "Type": of.policy_type.aws_name(),
        "AwsManaged": of.owner == OrganizationPolicyOwner::Aws,
        "Content": of.document.as_ref().map(aws::document),
        "sha256": of.document.as_ref().map(|document| document.id().to_string()),
        "Targets": targets.iter().map(target).collect::<Vec<_>>(),
    }))
}

/// A resource with its policy and tags.
pub(crate) fn resource(snapshot: &Snapshot<'_>, of: &Resource) -> Result<Value, CliError> {
    let tags = snapshot.resource_tags(of.key)?;
    let tag = |(key, value): &(String, String)| json!({ "Key": key, "Value": value });
    Ok(json!({
        "ResourceArn": of.arn,
        "AccountId": of.account.as_ref().map(|account| account.as_str()),
        "Policy": of.policy.as_ref().map(aws::document),
        "sha256": of.policy.as_ref().map(|document| document.id().to_string()),
        "Tags": tags.iter().map(tag).collect::<Vec<_>>(),
    }))
}

/// `ou/dev`, `in root, SCPs FullAWSAccess limits`, `ou-…`.
pub(crate) fn node_row(snapshot: &Snapshot<'_>, of: &Node) -> Result<Vec<String>, CliError> {
    let label = match of.kind {
        NodeKind::Ou => format!("ou/{}", ou_path(snapshot, of)?),
        NodeKind::Root | NodeKind::Account => node_label(of),
    };
    let mut facts = Vec::new();
    if of.kind == NodeKind::Account {
        facts.extend(of.name.clone());
        facts.extend(of.status.clone().filter(|status| status != "ACTIVE"));
    }
    match snapshot.parent_of(of.key)? {
        Some(parent) => facts.push(format!("in {}", node_label(&parent))),
        None if of.kind == NodeKind::Root => {}
        None => facts.push("in no organization".to_owned()),
    }
    let policies = snapshot.policies_of_node(of.key)?;
    for policy_type in OrganizationPolicyType::ALL {
        let of_type = policies.iter().filter(|policy| policy.policy_type == policy_type);
        let names: Vec<&str> = of_type.map(|policy| policy.name.as_str()).collect();
        if !names.is_empty() {
            facts.push(format!("{policy_type} {}", names.join(" ")));
        }
    }
    let id = of.id.clone().filter(|_| of.kind != NodeKind::Account).unwrap_or_default();
    Ok(vec![label, facts.join(", "), id])
}

/// `scp/limits`, `sha256 3f1c…, attached to 2`, `p-…`.
pub(crate) fn policy_row(snapshot: &Snapshot<'_>, of: &OrganizationPolicy) -> Result<Vec<String>, CliError> {
    let mut facts = vec![match &of.document {
        Some(document) => format!("sha256 {:.4}…", document.id()),
        None => "document unknown".to_owned(),
    }];
    if let Some(document) = &of.document
        && aws::is_degraded(document, of.policy_type.policy_type())
    {
        facts.push("degraded".to_owned());
    }
    facts.push(format!("attached to {}", snapshot.nodes_of_policy(of.key)?.len()));
    Ok(vec![organization_policy_label(of), facts.join(", "), of.id.clone().unwrap_or_default()])
}

/// `arn:…`, `of 222222222222, policy sha256 3f1c…, 2 tags`.
pub(crate) fn resource_row(snapshot: &Snapshot<'_>, of: &Resource) -> Result<Vec<String>, CliError> {
    let mut facts = Vec::new();
    facts.extend(of.account.as_ref().map(|account| format!("of {account}")));
    facts.push(match &of.policy {
        Some(policy) => format!("policy sha256 {:.4}…", policy.id()),
        None => "no policy".to_owned(),
    });
    if let Some(policy) = &of.policy
        && aws::is_degraded(policy, of.policy_type())
    {
        facts.push("degraded".to_owned());
    }
    let tags = snapshot.resource_tags(of.key)?.len();
    if tags > 0 {
        facts.push(count(tags, "tag", "tags"));
    }
    Ok(vec![of.arn.clone(), facts.join(", ")])
}
