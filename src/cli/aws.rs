//! Stored things in the JSON that AWS has for them (`get-account-authorization-details`). AWS's fields begin with a
//! capital, iamdb's own do not.

use serde_json::{Value, json};

use super::error::CliError;
use crate::policy::{Document, PolicyType, parse};
use crate::store::{
    AttachmentKind, InlinePolicy, ManagedPolicy, PolicyVersion, Principal, PrincipalKind, Snapshot,
};

/// What AWS calls the fields of a kind of principal.
struct Fields {
    name: &'static str,
    id: &'static str,
    inline: &'static str,
}

impl Fields {
    fn of(kind: PrincipalKind) -> Fields {
        match kind {
            PrincipalKind::User => Fields { name: "UserName", id: "UserId", inline: "UserPolicyList" },
            PrincipalKind::Group => Fields { name: "GroupName", id: "GroupId", inline: "GroupPolicyList" },
            PrincipalKind::Role => Fields { name: "RoleName", id: "RoleId", inline: "RolePolicyList" },
        }
    }
}

/// The fields of a list: `UserName`, `UserId`, `Arn`, `Path`.
pub(crate) fn principal(principal: &Principal) -> Value {
    let fields = Fields::of(principal.kind);
    let mut object = json!({ "Arn": principal.arn(), "Path": principal.path });
    object[fields.name] = json!(principal.name);
    object[fields.id] = json!(principal.unique_id);
    object
}

/// Everything about a principal.
pub(crate) fn principal_detail(snapshot: &Snapshot<'_>, of: &Principal) -> Result<Value, CliError> {
    let mut object = principal(of);
    let managed = snapshot.attached(of.key, AttachmentKind::Managed)?;
    object["AttachedManagedPolicies"] = managed.iter().map(attached_policy).collect();
    let inline = snapshot.inline(of.key)?;
    object[Fields::of(of.kind).inline] = inline.iter().map(inline_policy).collect();
    if of.kind == PrincipalKind::Group {
        let members = snapshot.members_of(of.key)?;
        object["members"] = members.iter().map(|member| json!(member.arn())).collect();
        return Ok(object);
    }
    let tags = snapshot.tags(of.key)?;
    object["Tags"] = tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
    if let Some(boundary) = snapshot.attached(of.key, AttachmentKind::Boundary)?.first() {
        object["PermissionsBoundary"] = json!({
            "PermissionsBoundaryType": "Policy",
            "PermissionsBoundaryArn": boundary.arn(),
        });
    }
    match of.kind {
        PrincipalKind::User => {
            let groups = snapshot.groups_of(of.key)?;
            object["GroupList"] = groups.iter().map(|group| json!(group.name)).collect();
        }
        PrincipalKind::Role => {
            let trust = snapshot.trust_policy(of.key)?;
            object["AssumeRolePolicyDocument"] = trust.as_ref().map_or(Value::Null, document);
        }
        PrincipalKind::Group => {}
    }
    Ok(object)
}

fn attached_policy(policy: &ManagedPolicy) -> Value {
    json!({ "PolicyName": policy.name, "PolicyArn": policy.arn() })
}

fn inline_policy(inline: &InlinePolicy) -> Value {
    json!({
        "PolicyName": inline.name,
        "PolicyDocument": document(&inline.document),
        "sha256": inline.document.id().to_string(),
        "degraded": is_degraded(&inline.document, PolicyType::Identity),
    })
}

/// What a managed policy is used for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PolicyUse {
    /// The number of the version that counts.
    pub(crate) default_version: Option<u32>,
    /// How many principals it is attached to.
    pub(crate) attached_to: usize,
    /// How many principals it is the boundary of.
    pub(crate) boundary_of: usize,
}

/// A managed policy as in a list.
pub(crate) fn policy(policy: &ManagedPolicy, used: &PolicyUse) -> Value {
    json!({
        "PolicyName": policy.name,
        "Arn": policy.arn(),
        "Path": policy.path,
        "DefaultVersionId": used.default_version.map(|number| format!("v{number}")),
        "AttachmentCount": used.attached_to,
        "PermissionsBoundaryUsageCount": used.boundary_of,
    })
}

/// Everything about a managed policy: its versions, and whose it is.
pub(crate) fn policy_detail(snapshot: &Snapshot<'_>, of: &ManagedPolicy) -> Result<Value, CliError> {
    let versions = snapshot.versions(of.key)?;
    let attached_to = snapshot.attached_to(of.key, AttachmentKind::Managed)?;
    let boundary_of = snapshot.attached_to(of.key, AttachmentKind::Boundary)?;
    let used = PolicyUse {
        default_version: versions.iter().find(|version| version.is_default).map(|version| version.number),
        attached_to: attached_to.len(),
        boundary_of: boundary_of.len(),
    };
    let mut object = policy(of, &used);
    object["PolicyVersionList"] = versions.iter().map(version).collect();
    for (field, whose) in [("attached_to", attached_to), ("boundary_of", boundary_of)] {
        object[field] = whose.iter().map(|principal| json!(principal.arn())).collect();
    }
    Ok(object)
}

/// One version.
pub(crate) fn version(version: &PolicyVersion) -> Value {
    json!({
        "VersionId": format!("v{}", version.number),
        "IsDefaultVersion": version.is_default,
        "Document": document(&version.document),
        "sha256": version.document.id().to_string(),
        "degraded": is_degraded(&version.document, PolicyType::Identity),
    })
}

/// The document as JSON; as text where it is no object, or where an object has two members of one name and would lose
/// one of them.
pub(crate) fn document(document: &Document) -> Value {
    match serde_json::from_str(document.text()) {
        Ok(value @ Value::Object(_)) if Document::new(value.to_string()).id() == document.id() => value,
        _ => json!(document.text()),
    }
}

/// Whether parts of the document are not what they seem (semantics 0.3).
pub(crate) fn is_degraded(document: &Document, policy_type: PolicyType) -> bool {
    parse(document.text(), policy_type).degraded().next().is_some()
}
