//! Organizations and resources in the JSON that AWS has for them (R-FMT-20), and as lines of a list.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::aws;
use super::error::CliError;
use super::text::count;
use super::thing::{node_label, organization_policy_label};
use crate::store::{
    Node, NodeKey, NodeKind, Organization, OrganizationPolicy, OrganizationPolicyKey,
    OrganizationPolicyOwner, OrganizationPolicyType, Resource, Snapshot,
};

/// The tree with what is attached, read once: a question for each of thousands of accounts takes seconds.
pub(crate) struct Tree {
    nodes: HashMap<NodeKey, Node>,
    parents: HashMap<NodeKey, NodeKey>,
    policies: HashMap<OrganizationPolicyKey, OrganizationPolicy>,
    attached: HashMap<NodeKey, Vec<OrganizationPolicyKey>>,
    targets: HashMap<OrganizationPolicyKey, Vec<NodeKey>>,
}

impl Tree {
    /// Reads it as of the snapshot.
    pub(crate) fn of(snapshot: &Snapshot<'_>) -> Result<Tree, CliError> {
        let mut tree = Tree {
            nodes: snapshot.nodes(None)?.into_iter().map(|node| (node.key, node)).collect(),
            parents: snapshot.all_placements()?.into_iter().collect(),
            policies: snapshot.organization_policies()?.into_iter().map(|one| (one.key, one)).collect(),
            attached: HashMap::new(),
            targets: HashMap::new(),
        };
        for (node, policy) in snapshot.all_organization_attachments()? {
            tree.attached.entry(node).or_default().push(policy);
            tree.targets.entry(policy).or_default().push(node);
        }
        Ok(tree)
    }

    fn parent(&self, of: &Node) -> Option<&Node> {
        self.parents.get(&of.key).and_then(|parent| self.nodes.get(parent))
    }

    /// The policies of a type that are attached to a node itself, by name.
    fn attached(&self, to: &Node, policy_type: OrganizationPolicyType) -> Vec<&OrganizationPolicy> {
        let keys = self.attached.get(&to.key).into_iter().flatten();
        let mut found: Vec<&OrganizationPolicy> = keys
            .filter_map(|key| self.policies.get(key))
            .filter(|policy| policy.policy_type == policy_type)
            .collect();
        found.sort_by_key(|policy| (&policy.name, &policy.id));
        found
    }

    fn targets(&self, of: &OrganizationPolicy) -> Vec<&Node> {
        let keys = self.targets.get(&of.key).into_iter().flatten();
        let mut found: Vec<&Node> = keys.filter_map(|key| self.nodes.get(key)).collect();
        found.sort_by_key(|node| (node.kind, &node.name, &node.id));
        found
    }

    /// `dev/web`.
    fn ou_path(&self, of: &Node) -> String {
        let mut names = Vec::new();
        let mut at = Some(of);
        // No tree is deeper than it has nodes, unless somebody wrote a circle into the file.
        while let Some(node) = at.filter(|node| node.kind == NodeKind::Ou && names.len() <= self.nodes.len())
        {
            names.push(node.name.as_deref().or(node.id.as_deref()).unwrap_or_default());
            at = self.parent(node);
        }
        names.reverse();
        names.join("/")
    }
}

/// A node as in a list.
pub(crate) fn node(tree: &Tree, of: &Node) -> Value {
    let parent = tree
        .parent(of)
        .map(|parent| json!({ "Id": parent.id, "Name": parent.name, "Type": kind(parent.kind) }));
    let mut object = json!({ "Id": of.id, "Name": of.name, "parent": parent });
    if of.kind == NodeKind::Account {
        object["Status"] = json!(of.status);
    }
    for policy_type in OrganizationPolicyType::ALL {
        let of_type = tree.attached(of, policy_type).into_iter();
        object[format!("{policy_type}s")] = of_type.map(attached).collect();
    }
    object
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
pub(crate) fn policy(tree: &Tree, of: &OrganizationPolicy) -> Value {
    let target = |node: &Node| json!({ "TargetId": node.id, "Name": node.name, "Type": kind(node.kind) });
    json!({
        "Id": of.id,
        "Name": of.name,
        "Type": of.policy_type.aws_name(),
        "AwsManaged": of.owner == OrganizationPolicyOwner::Aws,
        "Content": of.document.as_ref().map(aws::document),
        "sha256": of.document.as_ref().map(|document| document.id().to_string()),
        "Targets": tree.targets(of).into_iter().map(target).collect::<Vec<_>>(),
    })
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

/// `ou/dev`, `in root, scp FullAWSAccess limits`, `ou-…`.
pub(crate) fn node_row(tree: &Tree, of: &Node) -> Vec<String> {
    let label = match of.kind {
        NodeKind::Ou => format!("ou/{}", tree.ou_path(of)),
        NodeKind::Root | NodeKind::Account => node_label(of),
    };
    let mut facts = Vec::new();
    if of.kind == NodeKind::Account {
        facts.extend(of.name.clone());
        facts.extend(of.status.clone().filter(|status| status != "ACTIVE"));
    }
    let is_on_its_own =
        of.kind == NodeKind::Account && of.status.is_none() && !tree.attached.contains_key(&of.key);
    match tree.parent(of) {
        Some(parent) => facts.push(format!("in {}", node_label(parent))),
        None if of.kind == NodeKind::Root => {}
        None if is_on_its_own => facts.push("in no organization".to_owned()),
        None => facts.push("somewhere in its organization".to_owned()),
    }
    for policy_type in OrganizationPolicyType::ALL {
        let names: Vec<&str> =
            tree.attached(of, policy_type).into_iter().map(|policy| policy.name.as_str()).collect();
        if !names.is_empty() {
            facts.push(format!("{policy_type} {}", names.join(" ")));
        }
    }
    let id = of.id.clone().filter(|_| of.kind != NodeKind::Account).unwrap_or_default();
    vec![label, facts.join(", "), id]
}

/// `scp/limits`, `sha256 3f1c…, attached to 2`, `p-…`.
pub(crate) fn policy_row(tree: &Tree, of: &OrganizationPolicy) -> Vec<String> {
    let mut facts = vec![match &of.document {
        Some(document) => format!("sha256 {:.4}…", document.id()),
        None => "document unknown".to_owned(),
    }];
    if let Some(document) = &of.document
        && aws::is_degraded(document, of.policy_type.policy_type())
    {
        facts.push("degraded".to_owned());
    }
    facts.push(format!("attached to {}", tree.targets(of).len()));
    vec![organization_policy_label(of), facts.join(", "), of.id.clone().unwrap_or_default()]
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
