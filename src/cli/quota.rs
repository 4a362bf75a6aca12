//! What AWS would not hold: warnings after a change, never refusals, for AWS raises quotas on request (R-GRM-61).

use super::error::CliError;
use super::name::label;
use super::thing::node_label;
use crate::policy::{Document, Quota, size};
use crate::store::{
    AttachmentKind, NewOrganizationPolicy, Node, OrganizationPolicyType, PolicyKey, Principal, PrincipalKind,
    Snapshot,
};

/// Names what a quota was passed by.
fn over(quota: Quota, found: usize, whose: &str) -> Option<String> {
    quota.exceeded_by(found).map(|message| format!("{whose}: {message}"))
}

/// The size of one document as a managed policy.
pub(crate) fn of_document(name: &str, document: &Document) -> Option<String> {
    over(Quota::MANAGED_POLICY, size(document.text()), &format!("policy/{name}"))
}

/// The versions of a managed policy.
pub(crate) fn of_versions(
    snapshot: &Snapshot<'_>,
    policy: PolicyKey,
    name: &str,
) -> Result<Option<String>, CliError> {
    Ok(over(Quota::POLICY_VERSIONS, snapshot.versions(policy)?.len(), &format!("policy/{name}")))
}

/// The managed policies attached to one principal.
pub(crate) fn of_attachments(snapshot: &Snapshot<'_>, to: &Principal) -> Result<Option<String>, CliError> {
    let quota = match to.kind {
        PrincipalKind::User | PrincipalKind::Group => Quota::ATTACHED_POLICIES,
        PrincipalKind::Role => Quota::ATTACHED_POLICIES_OF_ROLE,
    };
    Ok(over(quota, snapshot.attached(to.key, AttachmentKind::Managed)?.len(), &label(to)))
}

/// The policies of a type attached to one root, OU or account. AWS attaches RCPFullAWSAccess to each of them; where it
/// is not stored it counts all the same.
pub(crate) fn of_node(
    snapshot: &Snapshot<'_>,
    to: &Node,
    policy_type: OrganizationPolicyType,
) -> Result<Option<String>, CliError> {
    let mut attached = snapshot.policies_of_node(to.key)?;
    attached.retain(|policy| policy.policy_type == policy_type);
    let (quota, by_aws) = match policy_type {
        OrganizationPolicyType::Scp => (Quota::SCPS_OF_NODE, 0),
        OrganizationPolicyType::Rcp => {
            let full = NewOrganizationPolicy::rcp_full_aws_access().id;
            let is_stored = attached.iter().any(|policy| policy.id == full);
            (Quota::RCPS_OF_NODE, usize::from(!is_stored))
        }
    };
    Ok(over(quota, attached.len() + by_aws, &node_label(to)))
}

/// The inline policies of one principal together.
pub(crate) fn of_inline(snapshot: &Snapshot<'_>, of: &Principal) -> Result<Option<String>, CliError> {
    let quota = match of.kind {
        PrincipalKind::User => Quota::INLINE_OF_USER,
        PrincipalKind::Group => Quota::INLINE_OF_GROUP,
        PrincipalKind::Role => Quota::INLINE_OF_ROLE,
    };
    let total = snapshot.inline(of.key)?.iter().map(|inline| size(inline.document.text())).sum();
    Ok(over(quota, total, &label(of)))
}

/// The groups of one user.
pub(crate) fn of_groups(snapshot: &Snapshot<'_>, of: &Principal) -> Result<Option<String>, CliError> {
    Ok(over(Quota::GROUPS_OF_USER, snapshot.groups_of(of.key)?.len(), &label(of)))
}

/// The tags of one principal.
pub(crate) fn of_tags(snapshot: &Snapshot<'_>, of: &Principal) -> Result<Option<String>, CliError> {
    Ok(over(Quota::TAGS, snapshot.tags(of.key)?.len(), &label(of)))
}
