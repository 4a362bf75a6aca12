//! From the database to the words: the policies that decide for a stored principal, and what is known of it
//! as a caller.

use std::sync::Arc;

use crate::caller::{IamCaller, IamKind};
use crate::layers::{LayerDocument, LayerPolicy, PolicyLayers};
use crate::policy::{Document, PolicyType, parse};
use crate::store::{AttachmentKind, Principal, PrincipalKey, PrincipalKind, Snapshot, StoreError};

/// The layers of a user or role: its own policies and those of its groups, and its boundary (R-EVL-3,
/// R-EVL-4). Of a group: what it gives to its members.
pub fn policy_layers(snapshot: &Snapshot<'_>, principal: &Principal) -> Result<PolicyLayers, StoreError> {
    let mut identity = identity_policies(snapshot, principal.key, None)?;
    if principal.kind == PrincipalKind::User {
        for group in snapshot.groups_of(principal.key)? {
            identity.extend(identity_policies(snapshot, group.key, Some(&group.name))?);
        }
    }
    let boundary = managed(snapshot, principal.key, AttachmentKind::Boundary, PolicyType::Boundary, None)?;
    Ok(PolicyLayers { identity, boundary, ..PolicyLayers::default() })
}

fn identity_policies(
    snapshot: &Snapshot<'_>,
    of: PrincipalKey,
    group: Option<&str>,
) -> Result<Vec<LayerPolicy>, StoreError> {
    let inline = snapshot.inline(of)?.into_iter().map(|policy| LayerPolicy {
        name: policy.name,
        kind: "inline policy".to_owned(),
        group: group.map(str::to_owned),
        policy_type: PolicyType::Identity,
        document: Some(read(&policy.document, PolicyType::Identity)),
    });
    let mut policies: Vec<LayerPolicy> = inline.collect();
    policies.extend(managed(snapshot, of, AttachmentKind::Managed, PolicyType::Identity, group)?);
    Ok(policies)
}

fn managed(
    snapshot: &Snapshot<'_>,
    of: PrincipalKey,
    attached_as: AttachmentKind,
    policy_type: PolicyType,
    group: Option<&str>,
) -> Result<Vec<LayerPolicy>, StoreError> {
    let layer_policy = |policy: crate::store::ManagedPolicy| {
        let version = snapshot.default_version(policy.key)?;
        Ok(LayerPolicy {
            name: policy.name,
            kind: match &version {
                Some(version) => format!("managed policy v{}", version.number),
                None => "managed policy whose document is not known".to_owned(),
            },
            group: group.map(str::to_owned),
            policy_type,
            document: version.map(|version| read(&version.document, policy_type)),
        })
    };
    snapshot.attached(of, attached_as)?.into_iter().map(layer_policy).collect()
}

fn read(document: &Document, policy_type: PolicyType) -> Arc<LayerDocument> {
    let text = document.text().to_owned();
    Arc::new(LayerDocument { parsed: parse(&text, policy_type), text })
}

/// A stored user or role as a caller; `None` for a group. `session` names the session of a role.
pub fn caller(
    snapshot: &Snapshot<'_>,
    principal: &Principal,
    session: Option<String>,
) -> Result<Option<IamCaller>, StoreError> {
    let kind = match principal.kind {
        PrincipalKind::User => IamKind::User,
        PrincipalKind::Role => IamKind::RoleSession(session),
        PrincipalKind::Group => return Ok(None),
    };
    Ok(Some(IamCaller {
        kind,
        partition: principal.partition.clone(),
        account: principal.account.clone(),
        path: principal.path.clone(),
        name: principal.name.clone(),
        unique_id: principal.unique_id.clone(),
        tags: snapshot.tags(principal.key)?,
    }))
}
