//! CloudFormation: which properties of which resources are policies.

use std::sync::Arc;

use super::intrinsic::{Written, branches, functions, is_no_value, name_of, text_of, written};
use super::node::{Key, Node, Value};
use super::{Contents, Found, Origin, Places, Unread, permission};
use crate::policy::{PolicyType, ResourceService};

/// What a property is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum As {
    /// A policy of that type.
    A(PolicyType),
    /// The content of a policy of an organization, whose type the property `Type` says.
    OfOrganization,
}

const IDENTITY: As = As::A(PolicyType::Identity);
const TRUST: As = As::A(PolicyType::Trust);
const VPC_ENDPOINT: As = As::A(PolicyType::VpcEndpoint);
const KMS: As = As::A(PolicyType::Resource(ResourceService::Kms));
const WITH_RESOURCE: As = As::A(PolicyType::Resource(ResourceService::ResourceRequired));
const RESOURCE: As = As::A(PolicyType::Resource(ResourceService::Other));

/// What is one statement.
const PERMISSION: &str = "AWS::Lambda::Permission";

/// The type of a resource, the path of the property, and what that is. `[]` goes into every item of a list; `[?]` into
/// those that are policies, since names may stand beside them.
pub(super) const PROPERTIES: [(&str, &str, As); 58] = [
    ("AWS::ApiGateway::RestApi", "Policy", RESOURCE),
    ("AWS::Backup::BackupVault", "AccessPolicy", RESOURCE),
    ("AWS::CodeArtifact::Domain", "PermissionsPolicyDocument", RESOURCE),
    ("AWS::CodeArtifact::Repository", "PermissionsPolicyDocument", RESOURCE),
    ("AWS::DynamoDB::GlobalTable", "Replicas.[].ResourcePolicy.PolicyDocument", RESOURCE),
    ("AWS::DynamoDB::Table", "ResourcePolicy.PolicyDocument", RESOURCE),
    ("AWS::EC2::VPCEndpoint", "PolicyDocument", VPC_ENDPOINT),
    ("AWS::ECR::PublicRepository", "RepositoryPolicyText", RESOURCE),
    ("AWS::ECR::RegistryPolicy", "PolicyText", RESOURCE),
    ("AWS::ECR::Repository", "RepositoryPolicyText", RESOURCE),
    ("AWS::ECR::RepositoryCreationTemplate", "RepositoryPolicy", RESOURCE),
    ("AWS::EFS::FileSystem", "FileSystemPolicy", RESOURCE),
    ("AWS::Elasticsearch::Domain", "AccessPolicies", RESOURCE),
    ("AWS::EventSchemas::RegistryPolicy", "Policy", RESOURCE),
    ("AWS::Events::EventBus", "Policy", RESOURCE),
    ("AWS::IAM::Group", "Policies.[].PolicyDocument", IDENTITY),
    ("AWS::IAM::GroupPolicy", "PolicyDocument", IDENTITY),
    ("AWS::IAM::ManagedPolicy", "PolicyDocument", IDENTITY),
    ("AWS::IAM::Policy", "PolicyDocument", IDENTITY),
    ("AWS::IAM::Role", "AssumeRolePolicyDocument", TRUST),
    ("AWS::IAM::Role", "Policies.[].PolicyDocument", IDENTITY),
    ("AWS::IAM::RolePolicy", "PolicyDocument", IDENTITY),
    ("AWS::IAM::User", "Policies.[].PolicyDocument", IDENTITY),
    ("AWS::IAM::UserPolicy", "PolicyDocument", IDENTITY),
    ("AWS::KMS::Key", "KeyPolicy", KMS),
    ("AWS::KMS::ReplicaKey", "KeyPolicy", KMS),
    ("AWS::Kinesis::ResourcePolicy", "ResourcePolicy", RESOURCE),
    ("AWS::Logs::LogGroup", "ResourcePolicyDocument", RESOURCE),
    ("AWS::Logs::ResourcePolicy", "PolicyDocument", RESOURCE),
    ("AWS::MSK::ClusterPolicy", "Policy", RESOURCE),
    ("AWS::MediaStore::Container", "Policy", RESOURCE),
    ("AWS::OpenSearchService::Domain", "AccessPolicies", RESOURCE),
    ("AWS::Organizations::Policy", "Content", As::OfOrganization),
    ("AWS::Organizations::ResourcePolicy", "Content", RESOURCE),
    ("AWS::Redshift::Cluster", "NamespaceResourcePolicy", RESOURCE),
    ("AWS::RedshiftServerless::Namespace", "NamespaceResourcePolicy", RESOURCE),
    ("AWS::S3::AccessPoint", "Policy", WITH_RESOURCE),
    ("AWS::S3::BucketPolicy", "PolicyDocument", WITH_RESOURCE),
    ("AWS::S3::MultiRegionAccessPointPolicy", "Policy", WITH_RESOURCE),
    ("AWS::S3Express::AccessPoint", "Policy", WITH_RESOURCE),
    ("AWS::S3Express::BucketPolicy", "PolicyDocument", WITH_RESOURCE),
    ("AWS::S3ObjectLambda::AccessPointPolicy", "PolicyDocument", WITH_RESOURCE),
    ("AWS::S3Outposts::AccessPoint", "Policy", WITH_RESOURCE),
    ("AWS::S3Outposts::BucketPolicy", "PolicyDocument", WITH_RESOURCE),
    ("AWS::S3Tables::TableBucketPolicy", "ResourcePolicy", WITH_RESOURCE),
    ("AWS::S3Tables::TablePolicy", "ResourcePolicy", WITH_RESOURCE),
    ("AWS::SNS::TopicInlinePolicy", "PolicyDocument", WITH_RESOURCE),
    ("AWS::SNS::TopicPolicy", "PolicyDocument", WITH_RESOURCE),
    ("AWS::SQS::QueueInlinePolicy", "PolicyDocument", WITH_RESOURCE),
    ("AWS::SQS::QueuePolicy", "PolicyDocument", WITH_RESOURCE),
    ("AWS::SSO::PermissionSet", "InlinePolicy", IDENTITY),
    ("AWS::SecretsManager::ResourcePolicy", "ResourcePolicy", WITH_RESOURCE),
    ("AWS::Serverless::Function", "AssumeRolePolicyDocument", TRUST),
    ("AWS::Serverless::Function", "Policies.[?]", IDENTITY),
    ("AWS::Serverless::StateMachine", "Policies.[?]", IDENTITY),
    ("AWS::Transfer::User", "Policy", As::A(PolicyType::Session)),
    ("AWS::VpcLattice::AuthPolicy", "Policy", RESOURCE),
    ("AWS::VpcLattice::ResourcePolicy", "Policy", RESOURCE),
];

/// Finds the policies of a template.
pub(super) fn find(template: &Node, contents: &mut Contents) {
    let Some(resources) = template.get("Resources") else { return };
    let context: Vec<String> = template
        .members()
        .iter()
        .filter(|(key, _)| !["Resources", "Outputs", "Description", "Metadata"].contains(&key.text.as_str()))
        .map(|(key, node)| format!("{}:{}", key.text, node.said()))
        .collect();
    let context: Arc<str> = context.join(" ").into();
    for (logical_id, resource) in resources.members() {
        if logical_id.text.starts_with("Fn::") {
            let why = "what it makes of the template is not known".to_owned();
            contents.unread.push(Unread { name: logical_id.text.clone(), offset: Some(logical_id.at), why });
        }
        let Some(resource_type) = resource.get("Type").and_then(Node::text) else { continue };
        let Some(properties) = resource.get("Properties") else { continue };
        let condition = resource.get("Condition").map(Node::said).unwrap_or_default();
        let before = contents.policies.len();
        for (of, path, what) in PROPERTIES {
            if of != resource_type {
                continue;
            }
            let steps: Vec<&str> = path.split('.').collect();
            let mut reached = Vec::new();
            reach(properties, &steps, logical_id.text.clone(), &mut reached);
            for (name, node) in reached {
                take(name, node, policy_type(what, properties), contents);
            }
        }
        if resource_type == PERMISSION {
            take_permission(logical_id, properties, contents);
        }
        for found in contents.policies.iter_mut().skip(before) {
            found.origin.context = Arc::clone(&context);
            found.origin.condition.clone_from(&condition);
        }
    }
}

/// Keeps the statement that a permission of a Lambda function is.
fn take_permission(logical_id: &Key, properties: &Node, contents: &mut Contents) {
    let given = |property: &str| {
        let value = properties.get(property).filter(|node| !is_no_value(node) && node.value != Value::Null);
        value.cloned()
    };
    let name = logical_id.text.clone();
    match permission::policy(properties.at, given) {
        Ok(policy) => {
            take(name, &policy, Ok(Some(PolicyType::Resource(ResourceService::ResourceRequired))), contents)
        }
        Err(why) => {
            contents.unread.push(Unread { name, offset: Some(properties.at), why: why.to_owned() });
        }
    }
}

/// What a policy is made from; its context is known where the template is.
fn origin(node: &Node) -> Origin {
    let mut used = Vec::new();
    functions(node, &mut used);
    let source = node.said();
    Origin { is_conditional: source.contains("\"Fn::If\""), functions: used, source, ..Origin::default() }
}

/// Follows a path; on the way an `Fn::If` leads into both branches.
fn reach<'a>(node: &'a Node, path: &[&str], name: String, found: &mut Vec<(String, &'a Node)>) {
    if let Some((condition, then, otherwise)) = branches(node) {
        reach(then, path, format!("{name} if {condition}"), found);
        reach(otherwise, path, format!("{name} if not {condition}"), found);
        return;
    }
    match path {
        [] if is_no_value(node) => {}
        [] => found.push((name, node)),
        ["[]", rest @ ..] => {
            for (nth, item) in node.items().iter().enumerate() {
                reach(item, rest, format!("{name}[{nth}]"), found);
            }
        }
        ["[?]"] => {
            let is_list = matches!(node.value, Value::List(_));
            let items = if is_list { node.items() } else { std::slice::from_ref(node) };
            for (nth, item) in items.iter().enumerate().filter(|(_, item)| item.get("Statement").is_some()) {
                reach(item, &[], if is_list { format!("{name}[{nth}]") } else { name.clone() }, found);
            }
        }
        [key, rest @ ..] => {
            if let Some(inner) = node.get(key) {
                reach(inner, rest, format!("{name}.{key}"), found);
            }
        }
    }
}

/// The type of a policy; none where it is no policy of IAM's language, `Err` where the template leaves it open.
fn policy_type(what: As, properties: &Node) -> Result<Option<PolicyType>, String> {
    match what {
        As::A(policy_type) => Ok(Some(policy_type)),
        As::OfOrganization => match properties.get("Type").map(|node| (node.text(), name_of(node))) {
            Some((Some("SERVICE_CONTROL_POLICY"), _)) => Ok(Some(PolicyType::Scp)),
            Some((Some("RESOURCE_CONTROL_POLICY"), _)) => Ok(Some(PolicyType::Rcp)),
            Some((None, Some(function))) => Err(format!("`{function}` stands for its type")),
            _ => Ok(None),
        },
    }
}

/// Keeps a policy: an object, or its JSON as a text.
fn take(name: String, node: &Node, policy_type: Result<Option<PolicyType>, String>, contents: &mut Contents) {
    let mut unread = |name: String, why: String| {
        contents.unread.push(Unread { name, offset: Some(node.at), why });
    };
    let policy_type = match policy_type {
        Ok(Some(policy_type)) => policy_type,
        Ok(None) => return,
        Err(why) => return unread(name, why),
    };
    let Written { text, places, unresolved } = match (&node.value, text_of(node)) {
        (_, Some(text)) if text.text.trim_start().starts_with('{') => text,
        (_, Some(_)) => {
            let why = match name_of(node) {
                Some(function) => format!("`{function}` stands for the whole policy"),
                None => "a text that is no JSON object stands for it".to_owned(),
            };
            return unread(name, why);
        }
        (Value::Null, None) => return,
        _ => written(node),
    };
    contents.policies.push(Found {
        name: Some(name),
        policy_type: Some(policy_type),
        text,
        unresolved,
        origin: origin(node),
        places: Places::Map(places),
    });
}
