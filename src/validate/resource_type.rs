//! What a policy of one type of resource can be about (R-FMT-42).

use super::subject::{Report, Subject, key_place, lower_key};
use crate::pattern::{Pattern, Syntax};
use crate::policy::{ActionPattern, PolicyType, ResourcePattern, ResourceService, Selector};

/// A type of resource that has policies, as CloudFormation names it.
#[derive(Debug, PartialEq, Eq)]
pub struct ResourceType {
    /// `AWS::S3::Bucket`.
    pub name: &'static str,
    /// The service of its actions and of its ARN.
    pub service: &'static str,
    /// What the ARNs of its resources look like.
    arns: &'static [&'static str],
    /// The resource types of the catalogue that an action of its policies can be about.
    types: &'static [&'static str],
    grammar: ResourceService,
}

/// The types whose policies have checks of their own.
pub const RESOURCE_TYPES: &[ResourceType] = &[
    s3("AWS::S3::Bucket", &["arn:*:s3:::*"], &["bucket", "object"]),
    s3(
        "AWS::S3::AccessPoint",
        &["arn:*:s3:*:*:accesspoint/*"],
        &["accesspoint", "accesspointobject", "bucket", "object"],
    ),
    s3(
        "AWS::S3::MultiRegionAccessPoint",
        &["arn:*:s3::*:accesspoint/*"],
        &["multiregionaccesspoint", "accesspoint", "accesspointobject", "bucket", "object"],
    ),
    of("AWS::S3ObjectLambda::AccessPoint", "s3-object-lambda", &["arn:*:s3-object-lambda:*:*:accesspoint/*"]),
    of("AWS::DynamoDB::Table", "dynamodb", &["arn:*:dynamodb:*:*:table/*"]),
    ResourceType {
        name: "AWS::IAM::AssumeRolePolicyDocument",
        service: "sts",
        arns: &[],
        types: &[],
        grammar: ResourceService::Other,
    },
    ResourceType { grammar: ResourceService::Kms, ..of("AWS::KMS::Key", "kms", &["arn:*:kms:*:*:key/*"]) },
    strict("AWS::Lambda::Function", "lambda", &["arn:*:lambda:*:*:function:*"]),
    strict("AWS::SecretsManager::Secret", "secretsmanager", &["arn:*:secretsmanager:*:*:secret:*"]),
    strict("AWS::SNS::Topic", "sns", &["arn:*:sns:*:*:*"]),
    strict("AWS::SQS::Queue", "sqs", &["arn:*:sqs:*:*:*"]),
    of("AWS::ECR::Repository", "ecr", &["arn:*:ecr:*:*:repository/*"]),
    of("AWS::EFS::FileSystem", "elasticfilesystem", &["arn:*:elasticfilesystem:*:*:file-system/*"]),
    of("AWS::Kinesis::Stream", "kinesis", &["arn:*:kinesis:*:*:stream/*"]),
    of("AWS::Backup::BackupVault", "backup", &["arn:*:backup:*:*:backup-vault:*"]),
    of("AWS::OpenSearchService::Domain", "es", &["arn:*:es:*:*:domain/*"]),
];

const fn of(name: &'static str, service: &'static str, arns: &'static [&'static str]) -> ResourceType {
    ResourceType { name, service, arns, types: &[], grammar: ResourceService::Other }
}

const fn strict(name: &'static str, service: &'static str, arns: &'static [&'static str]) -> ResourceType {
    ResourceType { name, service, arns, types: &[], grammar: ResourceService::ResourceRequired }
}

const fn s3(
    name: &'static str,
    arns: &'static [&'static str],
    types: &'static [&'static str],
) -> ResourceType {
    ResourceType { name, service: "s3", arns, types, grammar: ResourceService::ResourceRequired }
}

impl ResourceType {
    /// The type of that name, whatever its case.
    pub fn parse(name: &str) -> Option<&'static ResourceType> {
        RESOURCE_TYPES.iter().find(|known| known.name.eq_ignore_ascii_case(name))
    }

    /// The grammar of its policies.
    pub fn policy_type(&self) -> PolicyType {
        match self.service {
            "sts" => PolicyType::Trust,
            _ => PolicyType::Resource(self.grammar),
        }
    }
}

pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let Some(of) = subject.resource_type() else { return };
    if of.policy_type() == PolicyType::Trust {
        return;
    }
    for statement in &subject.statements {
        for entry in statement.action.entries() {
            if let ActionPattern::Named { service: Some(service), name } = &entry.value
                && !is_of(of, service, name, subject)
            {
                let message =
                    format!("`{}` has nothing to do with a resource of type {}", entry.value, of.name);
                report.add("UNSUPPORTED_ACTION_IN_POLICY", entry.span, message);
            }
        }
        for entry in statement.resource.iter().flat_map(Selector::entries) {
            if let ResourcePattern::Arn(fields) = &entry.value
                && !of.arns.iter().any(|arn| all_meet(arn, fields))
            {
                let message = format!("`{}` is no resource of type {}", entry.value, of.name);
                let forms: Vec<String> = of.arns.iter().map(|arn| format!("`{arn}`")).collect();
                let suggestion = Some(format!("its ARN is of the form {}", forms.join(" or ")));
                report.suggest("UNSUPPORTED_RESOURCE_ARN_IN_POLICY", entry.span, message, suggestion);
            }
        }
        for condition in &statement.conditions {
            if of.service == "s3" && lower_key(condition) == "s3:resourceaccount" {
                let message =
                    format!("`{}` is always the account of the policy's own resource", condition.key);
                report.add("IRRELEVANT_CONDITION_KEY_IN_POLICY", key_place(condition), message);
            }
        }
    }
}

/// Whether an action can be about a resource of the type; of patterns, whether its service can.
fn is_of(of: &ResourceType, service: &str, name: &Pattern, subject: &Subject<'_>) -> bool {
    if !service.eq_ignore_ascii_case(of.service) {
        // Access points of Object Lambda are called by the actions of S3, too.
        return of.service == "s3-object-lambda" && service.eq_ignore_ascii_case("s3");
    }
    let Some(known) = subject.facts.service(service) else { return true };
    let Some(action) = name.as_text().and_then(|name| known.action(name)) else { return true };
    of.types.is_empty()
        || action.resources.iter().any(|resource| of.types.contains(&resource.type_name.as_str()))
}

fn all_meet(arn: &str, fields: &[Pattern]) -> bool {
    let (pattern, _) = Pattern::parse(arn, Syntax { wildcards: true, variables: false });
    pattern.split_at_colons(5).iter().zip(fields).all(|(one, other)| one.meets(other))
}
