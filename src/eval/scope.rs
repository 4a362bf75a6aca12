//! Which layers count for a request, and which calls have rules of their own (R-EVL-8, 11, 33 to 44, 50 to 55).

use crate::arn::{AccountId, Arn};
use crate::caller::{Caller, IamKind};
use crate::eval::{matching, principal};
use crate::layers::{Layer, PolicyLayers, Supposed};
use crate::policy::{PolicyType, ResourcePattern, Spanned, resource_policy_type};
use crate::request::{Action, Request, Resource};

/// The actions that a role's trust policy decides (R-EVL-40).
const ROLE_SESSION_ACTIONS: [&str; 6] = [
    "AssumeRole",
    "AssumeRoleWithSAML",
    "AssumeRoleWithWebIdentity",
    "TagSession",
    "SetSourceIdentity",
    "SetContext",
];

/// Whether a layer that is there counts for a request.
pub fn is_in_scope(layer: Layer, layers: &PolicyLayers, request: &Request) -> bool {
    let caller = &request.caller;
    let service_linked = caller.iam().is_some_and(|caller| caller.is_service_linked());
    match layer {
        Layer::Identity | Layer::Session => caller.is_iam(),
        Layer::Boundary => caller.is_iam() && !caller.is_root(),
        // R-EVL-8.
        Layer::Resource => !is_role(&request.resource) || is_role_session_action(&request.action),
        // R-EVL-36.
        Layer::Scp => caller.is_iam() && !service_linked,
        // R-EVL-37, R-EVL-39.
        Layer::Rcp => {
            let service = request.action.service().to_ascii_lowercase();
            let supported = layers.settings.rcp_services.as_ref();
            !service_linked
                && !is(&request.action, "kms", "RetireGrant")
                && supported.is_none_or(|services| services.contains(&service))
        }
        Layer::VpcEndpoint => true,
        Layer::PublicAccessBlock | Layer::Guard => false,
    }
}

/// Whether the action is this one, letter case aside (R-ACT-2).
pub(super) fn is(action: &Action, service: &str, name: &str) -> bool {
    action.service().eq_ignore_ascii_case(service) && action.name().eq_ignore_ascii_case(name)
}

/// Whether it creates or annotates a session of a role.
pub fn is_role_session_action(action: &Action) -> bool {
    ROLE_SESSION_ACTIONS.iter().any(|name| is(action, "sts", name))
}

/// As what the policy of a request's resource is read: as a trust policy where the request is about a session of a
/// role, else by the service of the resource (R-EVL-6).
pub fn resource_policy_type_of(action: &Action, resource: &Resource) -> PolicyType {
    match resource {
        _ if is_role_session_action(action) => PolicyType::Trust,
        Resource::Arn(arn) => resource_policy_type(arn.as_str()),
        Resource::Star => resource_policy_type("*"),
    }
}

/// Those actions.
pub fn role_session_actions() -> impl Iterator<Item = Action> {
    ROLE_SESSION_ACTIONS.iter().filter_map(|name| Action::parse(&format!("sts:{name}")))
}

fn is_role(resource: &Resource) -> bool {
    arn(resource).is_some_and(|arn| arn.service() == "iam" && arn.resource().starts_with("role/"))
}

pub(super) fn arn(resource: &Resource) -> Option<&Arn> {
    match resource {
        Resource::Arn(arn) => Some(arn),
        Resource::Star => None,
    }
}

/// Whether nothing is allowed unless the resource's own policy grants or delegates it (R-EVL-40).
pub fn requires_resource_policy(request: &Request) -> bool {
    let is_key = |arn: &Arn| arn.service() == "kms" && arn.resource().starts_with("key/");
    let of_key =
        arn(&request.resource).is_some_and(is_key) && request.action.service().eq_ignore_ascii_case("kms");
    of_key || (is_role(&request.resource) && is_role_session_action(&request.action))
}

/// Whether a policy of the resource is supposed that leaves the decision to the caller's account. Users, groups, policies
/// and roles themselves have none (R-EVL-32).
pub(super) fn is_supposed(layers: &PolicyLayers, request: &Request) -> bool {
    let Some(Supposed { but }) = &layers.settings.supposed else { return false };
    let is_of_iam = arn(&request.resource).is_some_and(|arn| arn.service() == "iam");
    let is_needed = requires_resource_policy(request) || (!is_same_account(layers, request) && !is_of_iam);
    let is_known =
        |of: &Spanned<ResourcePattern>| matching::resource(&of.value, PolicyType::Identity, request);
    matches!(request.caller, Caller::Iam(_)) && is_needed && !but.iter().any(is_known)
}

/// Whose resource it is: as said, else as its ARN says, else the caller's own (R-EVL-11).
pub fn owner(request: &Request) -> Option<AccountId> {
    let of_arn = || AccountId::parse(arn(&request.resource)?.account());
    request.resource_account.clone().or_else(of_arn).or_else(|| request.caller.account().cloned())
}

/// Whether the caller and the resource are in one account. While the caller's account is not set, every resource
/// counts as being in it.
pub fn is_same_account(layers: &PolicyLayers, request: &Request) -> bool {
    match (&request.caller, principal::account_of(&request.caller, &layers.settings)) {
        (Caller::Iam(_), None) => true,
        (_, Some(account)) => owner(request).as_ref() == Some(account),
        (_, None) => false,
    }
}

/// R-EVL-50: whoever has credentials may ask who they are.
pub(super) fn needs_no_permission(request: &Request) -> bool {
    let authenticated = request.caller.is_iam() || matches!(request.caller, Caller::Service(_));
    is(&request.action, "sts", "GetCallerIdentity") && authenticated
}

/// R-EVL-51: `sts:GetSessionToken` is for long-term credentials, and no policy controls it.
pub(super) fn is_get_session_token(request: &Request) -> bool {
    is(&request.action, "sts", "GetSessionToken")
}

/// Whether the caller has long-term credentials.
pub(super) fn is_long_term(caller: &Caller) -> bool {
    caller.iam().is_some_and(|caller| matches!(caller.kind, IamKind::User | IamKind::Root))
}

/// R-EVL-34.
pub(super) fn is_of_other_partition(request: &Request) -> bool {
    let own = request.caller.iam().map(|caller| caller.partition.as_str());
    let partition = arn(&request.resource).map(Arn::partition);
    own.zip(partition).is_some_and(|(own, other)| own != other)
}

/// R-EVL-55: whether the service refuses to change an immutable resource, whoever asks.
pub(super) fn is_guarded(request: &Request) -> bool {
    let Some(arn) = arn(&request.resource) else { return false };
    let (action, resource) = (&request.action, arn.resource());
    if action.service().eq_ignore_ascii_case("kms") {
        let of_aliases = ["CreateAlias", "UpdateAlias", "DeleteAlias"];
        return resource.starts_with("alias/aws/") && of_aliases.iter().any(|name| is(action, "kms", name));
    }
    let of_aws = arn.account() == "aws" && resource.starts_with("policy/");
    let linked = resource.starts_with("role/aws-service-role/");
    let reserved = resource.starts_with("role/aws-reserved/");
    arn.service() == "iam" && action.service().eq_ignore_ascii_case("iam") && {
        let own_flow = linked && action.name().to_ascii_lowercase().ends_with("servicelinkedrole");
        (of_aws || reserved || linked) && changes_iam(action) && !own_flow
    }
}

/// Whether an IAM action changes what it is about.
fn changes_iam(action: &Action) -> bool {
    let name = action.name().to_ascii_lowercase();
    let reads = ["get", "list", "simulate", "generate", "passrole"];
    !reads.iter().any(|prefix| name.starts_with(prefix))
}
