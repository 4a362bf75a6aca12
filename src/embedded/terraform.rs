//! Terraform: which attributes of which resources are policies, in what `terraform show -json` prints.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value as Json;

use super::cloudformation::{As, PROPERTIES};
use super::intrinsic::written;
use super::node::{Node, Value};
use super::{Contents, Found, Origin, Places, Unread, Unreadable, permission};
use crate::policy::{PolicyType, ResourceService};

const IDENTITY: PolicyType = PolicyType::Identity;
const TRUST: PolicyType = PolicyType::Trust;
const SESSION: PolicyType = PolicyType::Session;
const VPC_ENDPOINT: PolicyType = PolicyType::VpcEndpoint;
const KMS: PolicyType = PolicyType::Resource(ResourceService::Kms);
const WITH_RESOURCE: PolicyType = PolicyType::Resource(ResourceService::ResourceRequired);
const RESOURCE: PolicyType = PolicyType::Resource(ResourceService::Other);

/// The type of a resource, its attribute, and the type of the policy that this is. `a[].b` is the attribute `b` of every
/// block `a`. Of `aws_organizations_policy` the attribute `type` has the last word.
const ATTRIBUTES: [(&str, &str, PolicyType); 67] = [
    ("aws_acmpca_policy", "policy", RESOURCE),
    ("aws_api_gateway_rest_api", "policy", RESOURCE),
    ("aws_api_gateway_rest_api_policy", "policy", RESOURCE),
    ("aws_backup_vault_policy", "policy", RESOURCE),
    ("aws_cloudwatch_event_bus_policy", "policy", RESOURCE),
    ("aws_cloudwatch_log_destination_policy", "access_policy", RESOURCE),
    ("aws_cloudwatch_log_resource_policy", "policy_document", RESOURCE),
    ("aws_codeartifact_domain_permissions_policy", "policy_document", RESOURCE),
    ("aws_codeartifact_repository_permissions_policy", "policy_document", RESOURCE),
    ("aws_codebuild_resource_policy", "policy", RESOURCE),
    ("aws_dynamodb_resource_policy", "policy", RESOURCE),
    ("aws_ecr_registry_policy", "policy", RESOURCE),
    ("aws_ecr_repository_creation_template", "repository_policy", RESOURCE),
    ("aws_ecr_repository_policy", "policy", RESOURCE),
    ("aws_ecrpublic_repository_policy", "policy", RESOURCE),
    ("aws_efs_file_system_policy", "policy", RESOURCE),
    ("aws_elasticsearch_domain", "access_policies", RESOURCE),
    ("aws_elasticsearch_domain_policy", "access_policies", RESOURCE),
    ("aws_glacier_vault", "access_policy", RESOURCE),
    ("aws_glacier_vault_lock", "policy", RESOURCE),
    ("aws_glue_resource_policy", "policy", RESOURCE),
    ("aws_iam_group_policy", "policy", IDENTITY),
    ("aws_iam_policy", "policy", IDENTITY),
    ("aws_iam_role", "assume_role_policy", TRUST),
    ("aws_iam_role", "inline_policy[].policy", IDENTITY),
    ("aws_iam_role_policy", "policy", IDENTITY),
    ("aws_iam_user_policy", "policy", IDENTITY),
    ("aws_kinesis_resource_policy", "policy", RESOURCE),
    ("aws_kms_external_key", "policy", KMS),
    ("aws_kms_key", "policy", KMS),
    ("aws_kms_key_policy", "policy", KMS),
    ("aws_kms_replica_external_key", "policy", KMS),
    ("aws_kms_replica_key", "policy", KMS),
    ("aws_media_store_container_policy", "policy", RESOURCE),
    ("aws_msk_cluster_policy", "policy", RESOURCE),
    ("aws_networkfirewall_resource_policy", "policy", RESOURCE),
    ("aws_opensearch_domain", "access_policies", RESOURCE),
    ("aws_opensearch_domain_policy", "access_policies", RESOURCE),
    ("aws_organizations_policy", "content", PolicyType::Scp),
    ("aws_organizations_resource_policy", "content", RESOURCE),
    ("aws_redshift_resource_policy", "policy", RESOURCE),
    ("aws_redshiftserverless_resource_policy", "policy", RESOURCE),
    ("aws_s3_access_point", "policy", WITH_RESOURCE),
    ("aws_s3_bucket", "policy", WITH_RESOURCE),
    ("aws_s3_bucket_policy", "policy", WITH_RESOURCE),
    ("aws_s3control_access_point_policy", "policy", WITH_RESOURCE),
    ("aws_s3control_bucket_policy", "policy", WITH_RESOURCE),
    ("aws_s3control_multi_region_access_point_policy", "details[].policy", WITH_RESOURCE),
    ("aws_s3control_object_lambda_access_point_policy", "policy", WITH_RESOURCE),
    ("aws_s3tables_table_bucket_policy", "resource_policy", WITH_RESOURCE),
    ("aws_s3tables_table_policy", "resource_policy", WITH_RESOURCE),
    ("aws_schemas_registry_policy", "policy", RESOURCE),
    ("aws_secretsmanager_secret", "policy", WITH_RESOURCE),
    ("aws_secretsmanager_secret_policy", "policy", WITH_RESOURCE),
    ("aws_ses_identity_policy", "policy", RESOURCE),
    ("aws_sesv2_email_identity_policy", "policy", RESOURCE),
    ("aws_sns_topic", "policy", WITH_RESOURCE),
    ("aws_sns_topic_policy", "policy", WITH_RESOURCE),
    ("aws_sqs_queue", "policy", WITH_RESOURCE),
    ("aws_sqs_queue_policy", "policy", WITH_RESOURCE),
    ("aws_ssoadmin_permission_set_inline_policy", "inline_policy", IDENTITY),
    ("aws_transfer_access", "policy", SESSION),
    ("aws_transfer_user", "policy", SESSION),
    ("aws_vpc_endpoint", "policy", VPC_ENDPOINT),
    ("aws_vpc_endpoint_policy", "policy", VPC_ENDPOINT),
    ("aws_vpclattice_auth_policy", "policy", RESOURCE),
    ("aws_vpclattice_resource_policy", "policy", RESOURCE),
];

/// What is one statement.
const PERMISSIONS: [&str; 2] = ["aws_lambda_permission", "awscc_lambda_permission"];

/// A policy that a plan has on one side at least.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanChange {
    /// The address of the resource; behind it the attribute, where a resource of its type can have several policies.
    pub name: String,
    /// The type of the policy.
    pub policy_type: PolicyType,
    /// What it is now.
    pub before: Side,
    /// What it will be.
    pub after: Side,
}

/// A policy on one side of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Side {
    /// There is none.
    Absent,
    /// Its text.
    Text(String),
    /// It is known after the plan was applied.
    Unknown,
}

#[derive(Deserialize)]
struct Plan {
    resource_changes: Option<Vec<Changing>>,
    planned_values: Option<Values>,
    values: Option<Values>,
}

#[derive(Deserialize)]
struct Changing {
    address: String,
    #[serde(default)]
    mode: String,
    #[serde(rename = "type")]
    resource_type: String,
    /// An object that is left from a replacement which failed.
    deposed: Option<String>,
    change: Change,
}

#[derive(Deserialize)]
struct Change {
    #[serde(default)]
    before: Json,
    #[serde(default)]
    after: Json,
    #[serde(default)]
    after_unknown: Json,
}

#[derive(Deserialize)]
struct Values {
    #[serde(default)]
    root_module: Module,
}

#[derive(Deserialize, Default)]
struct Module {
    #[serde(default)]
    resources: Vec<Planned>,
    #[serde(default)]
    child_modules: Vec<Module>,
}

#[derive(Deserialize)]
struct Planned {
    address: String,
    #[serde(default)]
    mode: String,
    #[serde(rename = "type")]
    resource_type: String,
    #[serde(default)]
    values: Json,
}

/// The policies of a plan before and after, by name. Of a state, which changes nothing, both sides are the same.
///
/// # Errors
///
/// Where the text is not what `terraform show -json` prints.
pub fn plan_changes(text: &str) -> Result<Vec<PlanChange>, Unreadable> {
    let plan: Plan = serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| {
        let line_start: usize =
            text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
        let message = format!("not what `terraform show -json` prints: {error}");
        Unreadable { message, offset: line_start + error.column().saturating_sub(1) }
    })?;
    let mut changes = BTreeMap::new();
    match (plan.resource_changes, plan.planned_values.or(plan.values)) {
        (Some(all), _) => all.into_iter().for_each(|one| one.put(&mut changes)),
        (None, Some(values)) => values.root_module.put(&mut changes),
        (None, None) => {
            let message =
                "not what `terraform show -json` prints: it has no `resource_changes` and no `values`";
            return Err(Unreadable { message: message.to_owned(), offset: 0 });
        }
    }
    Ok(changes.into_values().collect())
}

/// Finds the policies that a plan leaves behind, or that a state has.
pub(super) fn find(text: &str, contents: &mut Contents) -> Result<(), Unreadable> {
    for PlanChange { name, policy_type, after, .. } in plan_changes(text)? {
        match after {
            Side::Absent => {}
            Side::Unknown => {
                let why = "it is known after the plan was applied".to_owned();
                contents.unread.push(Unread { name, offset: None, why });
            }
            Side::Text(text) => contents.policies.push(Found {
                name: Some(name),
                policy_type: Some(policy_type),
                text,
                unresolved: Vec::new(),
                origin: Origin::default(),
                places: Places::Own,
            }),
        }
    }
    Ok(())
}

impl Changing {
    fn put(self, changes: &mut BTreeMap<String, PlanChange>) {
        if self.mode == "data" {
            return;
        }
        let address = match &self.deposed {
            Some(key) => format!("{} (deposed {key})", self.address),
            None => self.address,
        };
        let Change { before, after, after_unknown } = self.change;
        let attributes = attributes(&self.resource_type);
        let is_only = attributes.len() == 1;
        for (attribute, policy_type) in attributes {
            let mut put = |values: &Json, unknown: &Json, is_after: bool| {
                let Some(policy_type) = typed(policy_type, &self.resource_type, values) else { return };
                let sides = match PERMISSIONS.contains(&&*self.resource_type) {
                    true => vec![(String::new(), permission_side(values, unknown))],
                    false => sides(values, unknown, &attribute),
                };
                for (attribute, side) in sides {
                    let is_bare = is_only && !attribute.contains('[');
                    let name = if is_bare { address.clone() } else { format!("{address}.{attribute}") };
                    let change = changes.entry(name.clone()).or_insert(PlanChange {
                        name,
                        policy_type,
                        before: Side::Absent,
                        after: Side::Absent,
                    });
                    let place = if is_after { &mut change.after } else { &mut change.before };
                    *place = side;
                }
            };
            put(&before, &Json::Null, false);
            put(&after, &after_unknown, true);
        }
    }
}

impl Module {
    fn put(self, changes: &mut BTreeMap<String, PlanChange>) {
        for Planned { address, mode, resource_type, values } in self.resources {
            let change = Change { before: values.clone(), after: values, after_unknown: Json::Null };
            Changing { address, mode, resource_type, deposed: None, change }.put(changes);
        }
        self.child_modules.into_iter().for_each(|module| module.put(changes));
    }
}

/// The attributes of a type of resource that are policies. The provider `awscc` has the resources of CloudFormation, with
/// the same properties in lower case.
fn attributes(resource_type: &str) -> Vec<(String, PolicyType)> {
    if PERMISSIONS.contains(&resource_type) {
        return vec![(String::new(), WITH_RESOURCE)];
    }
    let own = ATTRIBUTES.iter().filter(|(of, ..)| *of == resource_type);
    let own = own.map(|(_, attribute, policy_type)| ((*attribute).to_owned(), *policy_type));
    let is_same = |of: &str| {
        let (service, resource) = of.strip_prefix("AWS::").and_then(|of| of.split_once("::"))?;
        let name = resource_type.strip_prefix("awscc_")?.strip_prefix(&service.to_lowercase())?;
        (name.strip_prefix('_')? == snake(resource)).then_some(())
    };
    let of_cloud_control = PROPERTIES.iter().filter(|(of, ..)| is_same(of).is_some());
    let of_cloud_control = of_cloud_control.map(|(_, path, what)| {
        let policy_type = match what {
            As::A(policy_type) => *policy_type,
            As::OfOrganization => PolicyType::Scp,
        };
        (path.split('.').map(snake).collect::<Vec<_>>().join(".").replace(".[]", "[]"), policy_type)
    });
    own.chain(of_cloud_control).collect()
}

/// `PolicyDocument` as `policy_document`, and `VPCEndpoint` as `vpc_endpoint`.
fn snake(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut snake = String::new();
    for (nth, letter) in letters.iter().enumerate() {
        let before = nth.checked_sub(1).and_then(|before| letters.get(before));
        let begins = |next: Option<&char>| next.is_some_and(|next| next.is_ascii_lowercase());
        let is_new = letter.is_ascii_uppercase()
            && before.is_some_and(|before| {
                !before.is_ascii_uppercase() || begins(letters.get(nth.saturating_add(1)))
            });
        if is_new {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

/// The policy of a permission of a Lambda function.
fn permission_side(values: &Json, unknown: &Json) -> Side {
    if values.is_null() {
        return Side::Absent;
    }
    let name = |property: &str| snake(property);
    if permission::properties().any(|property| unknown.get(name(property)) == Some(&Json::Bool(true))) {
        return Side::Unknown;
    }
    let given = |property: &str| {
        let value = match values.get(name(property))? {
            Json::String(text) if !text.is_empty() => Value::Text(text.clone()),
            Json::Bool(flag) => Value::Bool(*flag),
            _ => return None,
        };
        Some(Node { value, at: 0 })
    };
    permission::policy(0, given).map_or(Side::Unknown, |policy| Side::Text(written(&policy).text))
}

/// The type of a policy; none of an organization's policy that is not of IAM's language.
fn typed(policy_type: PolicyType, resource_type: &str, values: &Json) -> Option<PolicyType> {
    if !["aws_organizations_policy", "awscc_organizations_policy"].contains(&resource_type) {
        return Some(policy_type);
    }
    match values.get("type").and_then(Json::as_str) {
        None | Some("SERVICE_CONTROL_POLICY") => Some(PolicyType::Scp),
        Some("RESOURCE_CONTROL_POLICY") => Some(PolicyType::Rcp),
        Some(_) => None,
    }
}

/// The policies of an attribute, each with the attribute as Terraform refers to it.
fn sides(values: &Json, unknown: &Json, attribute: &str) -> Vec<(String, Side)> {
    if values.is_null() {
        return Vec::new();
    }
    let Some((block, inner)) = attribute.split_once("[].") else {
        return vec![(attribute.to_owned(), side(reached(values, attribute), reached(unknown, attribute)))];
    };
    if unknown.get(block) == Some(&Json::Bool(true)) {
        return vec![(block.to_owned(), Side::Unknown)];
    }
    let unknowns = unknown.get(block).and_then(Json::as_array);
    let blocks = values.get(block).and_then(Json::as_array).into_iter().flatten().enumerate();
    let one = |(nth, values): (usize, &Json)| {
        let key = values.get("name").or_else(|| values.get("policy_name")).and_then(Json::as_str);
        let key = key.map_or_else(|| nth.to_string(), |name| Json::from(name).to_string());
        let unknown = unknowns.and_then(|unknowns| unknowns.get(nth));
        let unknown = unknown.and_then(|unknown| reached(unknown, inner));
        (format!("{block}[{key}].{inner}"), side(reached(values, inner), unknown))
    };
    blocks.map(one).collect()
}

/// The value at the end of `a.b`; of what is unknown as a whole, that.
fn reached<'v>(values: &'v Json, path: &str) -> Option<&'v Json> {
    path.split('.').try_fold(values, |values, name| match values {
        Json::Bool(true) => Some(values),
        _ => values.get(name),
    })
}

/// An empty text is no policy: providers write it for an attribute that is not set.
fn side(value: Option<&Json>, unknown: Option<&Json>) -> Side {
    match (value, unknown) {
        (_, Some(Json::Bool(true))) => Side::Unknown,
        (Some(Json::String(text)), _) if !text.trim().is_empty() => Side::Text(text.clone()),
        _ => Side::Absent,
    }
}
