//! From the database to the words: the policies that decide for a stored principal and a resource, and what is
//! known of both.

mod confine;
mod everyone;
mod held;
mod organization;
mod subject;

use std::collections::BTreeSet;
use std::sync::Arc;

use confine::Place;
use organization::{levels, organization_keys, standing};

use crate::arn::{AccountId, Arn};
use crate::caller::{IamCaller, IamKind};
use crate::catalog::Catalog;
use crate::eval::{
    is_about_action, is_role_session_action, is_same_account, owner, requires_resource_policy,
};
use crate::layers::{LayerDocument, LayerPolicy, PolicyLayers, Settings};
use crate::policy::{Document, Effect, Parsed, PolicyType, ResourceService, parse, resource_policy_type};
use crate::request::{Action, Context, Request, Resource, Value, fold};
use crate::store::{
    self, AttachmentKind, OrganizationPolicyType, Principal, PrincipalKey, PrincipalKind, Snapshot,
    StoreError,
};

pub use everyone::{Everyone, Held, Holder};
pub use organization::{Limits, limits};
pub use subject::{Subjects, subject};

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
        group: group.map(str::to_owned),
        ..layer_policy(policy.name, "inline policy", PolicyType::Identity, Some(&policy.document))
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
    let read = |policy: store::ManagedPolicy| {
        let version = snapshot.default_version(policy.key)?;
        let kind = managed_kind(version.as_ref().map(|version| version.number));
        let document = version.as_ref().map(|version| &version.document);
        Ok(LayerPolicy {
            group: group.map(str::to_owned),
            ..layer_policy(policy.name, &kind, policy_type, document)
        })
    };
    snapshot.attached(of, attached_as)?.into_iter().map(read).collect()
}

/// A policy of a layer, read from its document where that is known.
pub fn layer_policy(
    name: String,
    kind: &str,
    policy_type: PolicyType,
    document: Option<&Document>,
) -> LayerPolicy {
    let document = document.map(|document| layer_document(document.text().to_owned(), policy_type));
    LayerPolicy { name, kind: kind.to_owned(), group: None, policy_type, document, offset: 0 }
}

fn layer_document(text: String, policy_type: PolicyType) -> Arc<LayerDocument> {
    Arc::new(LayerDocument { parsed: parse(&text, policy_type), text })
}

/// What a managed policy is called, by its default version.
fn managed_kind(version: Option<u32>) -> String {
    match version {
        Some(number) => format!("managed policy v{number}"),
        None => "managed policy whose document is not known".to_owned(),
    }
}

/// A stored user or role as a caller; `None` for a group. `session` names the session of a role.
pub fn caller(
    snapshot: &Snapshot<'_>,
    principal: &Principal,
    session: Option<String>,
) -> Result<Option<IamCaller>, StoreError> {
    let trust = snapshot.trust_policy(principal.key)?;
    let may_bring_tags = trust.is_some_and(|trust| lets_tags_in(&parse(trust.text(), PolicyType::Trust)));
    Ok(caller_with(principal, session, snapshot.tags(principal.key)?, may_bring_tags))
}

/// Whether a trust policy lets somebody bring session tags, on whatever condition (R-TAG-6).
pub fn lets_tags_in(trust: &Parsed) -> bool {
    let tag_session = Action::parse("sts:TagSession");
    let mut allows = trust.policy.statements.iter().filter(|statement| statement.effect == Effect::Allow);
    allows.any(|statement| tag_session.as_ref().is_some_and(|action| is_about_action(statement, action)))
}

/// The names of the role and of the session in the ARN of a role session (R-PRN-2).
pub fn session_names(arn: &Arn) -> Option<(&str, &str)> {
    let (role, session) = arn.resource().strip_prefix("assumed-role/")?.split_once('/')?;
    (arn.service() == "sts" && !session.contains('/')).then_some((role, session))
}

/// Which of some roles has the session of an ARN: rather one whose account is set. The ARN tells the account of a role
/// whose own is not.
pub fn role_of_session<'p>(arn: &Arn, roles: impl Iterator<Item = &'p Principal>) -> Option<Principal> {
    let (name, _) = session_names(arn)?;
    let is_it =
        |role: &&Principal| role.kind == PrincipalKind::Role && role.name == name && role.may_be_of(arn);
    let role = roles.filter(is_it).max_by_key(|role| role.account.is_some())?;
    let account = role.account.clone().or_else(|| AccountId::parse(arn.account()));
    Some(Principal { account, ..role.clone() })
}

fn caller_with(
    principal: &Principal,
    session: Option<String>,
    tags: Vec<(String, String)>,
    may_bring_tags: bool,
) -> Option<IamCaller> {
    let kind = match principal.kind {
        PrincipalKind::User => IamKind::User,
        PrincipalKind::Role => IamKind::RoleSession(session),
        PrincipalKind::Group => return None,
    };
    Some(IamCaller {
        kind,
        partition: principal.partition.clone(),
        account: principal.account.clone(),
        path: principal.path.clone(),
        name: principal.name.clone(),
        unique_id: principal.unique_id.clone(),
        tags,
        may_bring_tags,
    })
}

/// What the file holds of the surroundings of a request: the organization of its caller, and the resource.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Surroundings {
    /// The layers that are not the caller's own: the policy of the resource, SCPs of the caller's account, RCPs of the
    /// resource's.
    pub layers: PolicyLayers,
    /// Whose resource it is, where the request or the file says so.
    pub resource_account: Option<AccountId>,
    /// Context keys that follow from the organization and the resource (semantics 5.2, 5.5).
    pub keys: Vec<(String, Value)>,
    /// What is taken for granted where the file says nothing.
    pub assumed: BTreeSet<Assumption>,
}

impl Surroundings {
    /// The same, where requests come through an endpoint.
    #[must_use]
    pub fn through(mut self, endpoint: &Endpoint) -> Surroundings {
        self.layers.vpc_endpoint.clone_from(&endpoint.policies);
        self.assumed.extend(endpoint.assumed);
        self
    }
}

/// What is taken for granted of a resource, and of the way to it, where neither question nor file says anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Assumption {
    /// It is of the caller's account, the only one that the file knows (R-EVL-11).
    OnlyAccount,
    /// It is of the caller's account, although the file knows of others (R-EVL-11).
    OwnAccount,
    /// It has no policy, although the like of it may have (R-EVL-47).
    NoResourcePolicy,
    /// Its requests come through no VPC endpoint, although the file knows policies of some (R-EVL-57).
    NoVpcEndpoint,
}

impl Assumption {
    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Assumption::OnlyAccount | Assumption::OwnAccount => "resource-account",
            Assumption::NoResourcePolicy => "no-resource-policy",
            Assumption::NoVpcEndpoint => "no-vpc-endpoint",
        }
    }
}

/// Looks up what surrounds a request of a caller for an action on a resource.
pub fn surroundings(
    snapshot: &Snapshot<'_>,
    request: &Request,
    catalog: &Catalog,
) -> Result<Surroundings, StoreError> {
    let settings = Settings { rcp_services: Some(subject::rcp_services(catalog)), ..Settings::default() };
    let mut found = Surroundings {
        layers: PolicyLayers { settings, ..PolicyLayers::default() },
        resource_account: request.resource_account.clone(),
        ..Surroundings::default()
    };
    let stored = match &request.resource {
        Resource::Arn(arn) => stored_resource(snapshot, arn)?,
        Resource::Star => None,
    };
    if found.resource_account.is_none() {
        found.resource_account = stored.as_ref().and_then(|resource| resource.account.clone());
    }
    if let Some(resource) = &stored {
        let policy_type = resource.policy_type();
        let document = resource.guarding_policy();
        let read =
            |document| layer_policy(resource.arn.clone(), "resource policy", policy_type, Some(document));
        found.layers.resource.extend(document.map(read));
        // Tags of a bucket are not those of its objects.
        if matches!(&request.resource, Resource::Arn(arn) if arn.as_str() == resource.arn) {
            for (key, value) in snapshot.resource_tags(resource.key)? {
                found.keys.push((format!("aws:ResourceTag/{key}"), Value::Single(value)));
            }
        }
    }
    if is_role_session_action(&request.action)
        && let Some(trust) = trust_policy(snapshot, &request.resource)?
    {
        found.layers.resource = vec![trust];
    }
    let asked = Request {
        resource_account: found.resource_account.clone(),
        context: Context::default(),
        ..request.clone()
    };
    let owner = owner(&asked);
    let same_account = is_same_account(&PolicyLayers::default(), &asked);
    // What has to grant but is not stored is not known (R-EVL-64): no key or role is without a policy, and across
    // accounts nothing is allowed without one. Users, roles and policies themselves have none (R-EVL-32).
    let is_stored = stored.as_ref().and_then(|resource| Arn::parse(&resource.arn));
    let may_have_none = is_stored.is_some_and(|arn| !Place::of_resource(arn).requires_policy());
    let is_of_iam = matches!(&asked.resource, Resource::Arn(arn) if arn.service() == "iam");
    let needed = requires_resource_policy(&asked) || (!may_have_none && !same_account && !is_of_iam);
    if found.layers.resource.is_empty() && needed {
        let name = asked.resource.to_string();
        found.layers.resource =
            vec![layer_policy(name, "resource policy that is not stored", PolicyType::Trust, None)];
    }
    if let Resource::Arn(arn) = &asked.resource {
        let is_said = asked.resource_account.is_some() || AccountId::parse(arn.account()).is_some();
        if let Some(own) = asked.caller.account().filter(|_| !is_said) {
            let others = snapshot.knows_other_accounts(own)?;
            found.assumed.insert(if others { Assumption::OwnAccount } else { Assumption::OnlyAccount });
        }
        if stored.is_none() && found.layers.resource.is_empty() && may_have_policy(arn, catalog) {
            found.assumed.insert(Assumption::NoResourcePolicy);
        }
    }
    let of_caller = standing(snapshot, asked.caller.account())?;
    let of_resource = standing(snapshot, owner.as_ref())?;
    if let Some(standing) = &of_caller {
        found.layers.scp = levels(standing, OrganizationPolicyType::Scp);
        found.keys.extend(organization_keys("aws:Principal", standing));
    }
    if let Some(standing) = &of_resource {
        found.layers.rcp = levels(standing, OrganizationPolicyType::Rcp);
        found.keys.extend(organization_keys("aws:Resource", standing));
    }
    Ok(found)
}

/// Whether resources of this service are known to have policies: their grammar is, or RCPs limit them.
fn may_have_policy(arn: &Arn, catalog: &Catalog) -> bool {
    resource_policy_type(arn.as_str()) != PolicyType::Resource(ResourceService::Other)
        || catalog.rcp_services().any(|service| service == arn.service())
}

/// What requests come through.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Endpoint {
    /// The policies of the VPC endpoint.
    pub policies: Vec<LayerPolicy>,
    /// What is taken for granted of it.
    pub assumed: Option<Assumption>,
}

/// The VPC endpoint through which requests come, where their context says which that is and it is stored with a policy
/// (R-EVL-57); none where it says nothing.
pub fn endpoint(snapshot: &Snapshot<'_>, given: &[(String, Option<Value>)]) -> Result<Endpoint, StoreError> {
    let mut found = Endpoint::default();
    let said: Vec<_> = given.iter().filter(|(key, _)| fold(key) == "aws:sourcevpce").collect();
    let ids: Vec<&String> = said.iter().flat_map(|(_, value)| value.iter().flat_map(Value::items)).collect();
    if !said.is_empty() && ids.is_empty() {
        return Ok(found);
    }
    for resource in snapshot.vpc_endpoints()? {
        let Some((document, arn)) = resource.policy.as_ref().zip(Arn::parse(&resource.arn)) else { continue };
        if said.is_empty() {
            found.assumed = Some(Assumption::NoVpcEndpoint);
        } else if ids.iter().any(|id| arn.resource().strip_prefix("vpc-endpoint/") == Some(id.as_str())) {
            let kind = "VPC endpoint policy";
            let policy = layer_policy(resource.arn.clone(), kind, PolicyType::VpcEndpoint, Some(document));
            found.policies.push(policy);
        }
    }
    Ok(found)
}

/// The resource itself, or the one in which it lies (R-EVL-8).
fn stored_resource(snapshot: &Snapshot<'_>, arn: &Arn) -> Result<Option<store::Resource>, StoreError> {
    if let Some(resource) = snapshot.resource(arn.as_str())? {
        return Ok(Some(resource));
    }
    match held::holder(arn) {
        Some(holder) => snapshot.resource(holder.as_str()),
        None => Ok(None),
    }
}

/// The trust policy of the role that is assumed, where it is stored: one that is not known where the role is stored
/// without one.
fn trust_policy(snapshot: &Snapshot<'_>, resource: &Resource) -> Result<Option<LayerPolicy>, StoreError> {
    let Resource::Arn(arn) = resource else { return Ok(None) };
    let name = arn.resource().rsplit('/').next().unwrap_or_default();
    let is_it = |role: &Principal| {
        role.kind == PrincipalKind::Role
            && arn.service() == "iam"
            && arn.resource() == format!("role{}{}", role.path, role.name)
            && role.may_be_of(arn)
    };
    let found = snapshot.principals_named(name)?.into_iter().filter(is_it);
    found.max_by_key(|role| role.account.is_some()).map(|role| trust_of(snapshot, &role)).transpose()
}

fn trust_of(snapshot: &Snapshot<'_>, role: &Principal) -> Result<LayerPolicy, StoreError> {
    let document = snapshot.trust_policy(role.key)?;
    let name = format!("role/{}", role.name);
    Ok(layer_policy(name, "trust policy", PolicyType::Trust, document.as_ref()))
}
