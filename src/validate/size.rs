//! How large a policy is (R-GRM-60, R-GRM-61). Organizations' own limits are the parser's.

use super::place::Place;
use super::subject::{Report, Subject};
use crate::policy::{PolicyType, Quota, ResourceService, size};

/// The largest an identity-based policy can be: what the inline policies of a role may have together.
const IDENTITY: usize = Quota::INLINE_OF_ROLE.limit;
/// A bucket's policy, in bytes, with its blanks.
const BUCKET: usize = 20 * 1024;
/// The policy of a KMS key.
const KEY: usize = 32 * 1024;
/// The policy of a VPC endpoint.
const ENDPOINT: usize = 20_480;

pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let whole = subject.text.len();
    let is_bucket = subject.resource_type().is_some_and(|of| of.name == "AWS::S3::Bucket");
    let (code, found, limit, what) = match subject.policy_type() {
        PolicyType::Identity | PolicyType::Boundary | PolicyType::Session => (
            "POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA",
            size(subject.text),
            IDENTITY,
            "characters without blanks",
        ),
        PolicyType::Resource(ResourceService::Kms) => (RESOURCE, whole, KEY, "bytes"),
        PolicyType::Resource(_) if is_bucket => (RESOURCE, whole, BUCKET, "bytes"),
        PolicyType::VpcEndpoint => (RESOURCE, whole, ENDPOINT, "bytes"),
        PolicyType::Resource(_) | PolicyType::Trust | PolicyType::Scp | PolicyType::Rcp => return,
    };
    if found > limit {
        let message = format!("the policy has {found} {what}, and {limit} is the most");
        let suggestion = Some("make several policies of it; `iamdb minimize` finds a smaller one".to_owned());
        report.suggest(code, Place::Document, message, suggestion);
    }
}

const RESOURCE: &str = "POLICY_SIZE_EXCEEDS_RESOURCE_POLICY_QUOTA";
