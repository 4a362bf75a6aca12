//! An account as `get-account-authorization-details` prints it (R-FMT-1): one principal or policy a line.
//!
//! Fields that iamdb does not keep, such as CreateDate, are not there; all that decide anything are.

use std::io::{self, Write};

use serde::Serialize;

use super::document::Printed;
use super::{Account, Export, ExportError};
use crate::store::{AttachmentKind, ManagedPolicy, Principal, PrincipalKind, StoreError};

/// Named in three ways, after the kind of principal.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Detail {
    User(User),
    Group(Group),
    Role(Role),
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct User {
    path: String,
    user_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<String>,
    arn: String,
    user_policy_list: Vec<Inline>,
    group_list: Vec<String>,
    #[serde(flatten)]
    of_any: OfAny,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Group {
    path: String,
    group_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_id: Option<String>,
    arn: String,
    group_policy_list: Vec<Inline>,
    #[serde(flatten)]
    of_any: OfAny,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Role {
    path: String,
    role_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    role_id: Option<String>,
    arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    assume_role_policy_document: Option<Printed>,
    role_policy_list: Vec<Inline>,
    #[serde(flatten)]
    of_any: OfAny,
}

/// What principals of every kind may have.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct OfAny {
    attached_managed_policies: Vec<Attachment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    permissions_boundary: Option<Boundary>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<Tag>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Inline {
    policy_name: String,
    policy_document: Printed,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Attachment {
    policy_name: String,
    policy_arn: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Boundary {
    permissions_boundary_type: &'static str,
    permissions_boundary_arn: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tag {
    pub(super) key: String,
    pub(super) value: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Policy {
    policy_name: String,
    arn: String,
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_version_id: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    policy_version_list: Vec<Version>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Version {
    document: Printed,
    version_id: String,
    is_default_version: bool,
}

impl Export<'_, '_> {
    pub(super) fn write_dump(&mut self, account: &Account, out: &mut dyn Write) -> Result<(), ExportError> {
        let lists = [
            ("UserDetailList", PrincipalKind::User),
            ("GroupDetailList", PrincipalKind::Group),
            ("RoleDetailList", PrincipalKind::Role),
        ];
        out.write_all(b"{")?;
        for (name, kind) in lists {
            write!(out, "\n\"{name}\": [")?;
            let mut separator = "\n";
            for principal in account.principals.iter().filter(|principal| principal.kind == kind) {
                separate(out, &mut separator)?;
                serde_json::to_writer(&mut *out, &self.detail(principal)?)?;
                self.count(kind);
            }
            out.write_all(b"\n],")?;
        }
        out.write_all(b"\n\"Policies\": [")?;
        let mut separator = "\n";
        for policy in account.policies.iter().chain(account.of_aws.values()) {
            if let Some(policy) = self.policy(policy)? {
                separate(out, &mut separator)?;
                serde_json::to_writer(&mut *out, &policy)?;
                self.counts.policies += 1;
            }
        }
        Ok(out.write_all(b"\n],\n\"IsTruncated\": false\n}\n")?)
    }

    fn detail(&mut self, principal: &Principal) -> Result<Detail, StoreError> {
        let arn = principal.arn();
        let attached = self.attached(principal, AttachmentKind::Managed)?;
        let boundary = self.attached(principal, AttachmentKind::Boundary)?.pop();
        let tags = self.now.tags(principal.key)?;
        let of_any = OfAny {
            attached_managed_policies: attached
                .into_iter()
                .map(|policy| Attachment { policy_arn: policy.arn(), policy_name: policy.name })
                .collect(),
            permissions_boundary: boundary.map(|policy| Boundary {
                permissions_boundary_type: "Policy",
                permissions_boundary_arn: policy.arn(),
            }),
            tags: tags.into_iter().map(|(key, value)| Tag { key, value }).collect(),
        };
        let inline = self.now.inline(principal.key)?.into_iter().map(|policy| Inline {
            policy_document: Printed::from(&policy.document),
            policy_name: policy.name,
        });
        let inline = inline.collect();
        let Principal { kind, path, name, unique_id, .. } = principal.clone();
        Ok(match kind {
            PrincipalKind::User => Detail::User(User {
                path,
                user_name: name,
                user_id: unique_id,
                arn,
                user_policy_list: inline,
                group_list: self.now.groups_of(principal.key)?.into_iter().map(|group| group.name).collect(),
                of_any,
            }),
            PrincipalKind::Group => Detail::Group(Group {
                path,
                group_name: name,
                group_id: unique_id,
                arn,
                group_policy_list: inline,
                of_any,
            }),
            PrincipalKind::Role => Detail::Role(Role {
                path,
                role_name: name,
                role_id: unique_id,
                arn,
                assume_role_policy_document: self
                    .now
                    .trust_policy(principal.key)?
                    .as_ref()
                    .map(Printed::from),
                role_policy_list: inline,
                of_any,
            }),
        })
    }

    /// `None` where a policy is known only because somebody has it: that is said where they are described.
    fn policy(&self, policy: &ManagedPolicy) -> Result<Option<Policy>, StoreError> {
        let versions = self.now.versions(policy.key)?;
        let is_attached = |kind| Ok::<_, StoreError>(!self.now.attached_to(policy.key, kind)?.is_empty());
        if versions.is_empty()
            && (is_attached(AttachmentKind::Managed)? || is_attached(AttachmentKind::Boundary)?)
        {
            return Ok(None);
        }
        let id = |number: u32| format!("v{number}");
        let default = versions.iter().find(|version| version.is_default);
        Ok(Some(Policy {
            policy_name: policy.name.clone(),
            arn: policy.arn(),
            path: policy.path.clone(),
            default_version_id: default.map(|version| id(version.number)),
            policy_version_list: versions
                .iter()
                .map(|version| Version {
                    document: Printed::from(&version.document),
                    version_id: id(version.number),
                    is_default_version: version.is_default,
                })
                .collect(),
        }))
    }
}

/// Between the elements of a list.
fn separate(out: &mut dyn Write, separator: &mut &str) -> io::Result<()> {
    out.write_all(std::mem::replace(separator, ",\n").as_bytes())
}
