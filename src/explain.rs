//! A decision in words: why it is what it is, and what would have to be otherwise for it to be an Allow.
//!
//! Nothing is decided here: both are read off an [`Evaluation`], and what a Deny hides is asked of the evaluator
//! again, without the Deny.

use std::collections::BTreeSet;

use itertools::Itertools;

use crate::caller::IamKind;
use crate::eval::{Decision, Evaluation, PrincipalClass, Route, authorize_where, owner};
use crate::layers::{Layer, LayerPolicy, PolicyLayers, StatementRef};
use crate::policy::Effect;
use crate::request::Request;

/// Why a request is decided as it is, in a sentence without its full stop.
pub fn why(layers: &PolicyLayers, request: &Request, evaluation: &Evaluation) -> String {
    match evaluation.decision {
        Decision::Allowed => why_allowed(request, evaluation),
        Decision::ExplicitlyDenied if evaluation.route == Route::PublicBucket && denies(evaluation).is_empty() => {
            "S3 Block Public Access restricts the bucket, since its policy is public: only its own account and \
             services pass (explicit deny)"
                .to_owned()
        }
        Decision::ExplicitlyDenied => {
            let by = denies(evaluation).into_iter().map(|of| statement(layers, of)).join(", and ");
            format!("explicitly denied by {by}")
        }
        Decision::ImplicitlyDenied => {
            let lacking = lacking(layers, request, evaluation).join(", and ");
            format!("{lacking} (implicit deny)")
        }
        Decision::Unknown => format!("not known: {}", unknown(layers, evaluation).join(", ")),
    }
}

/// What would have to change for a denied request to be allowed: each is needed. None where it is not denied.
pub fn would_allow(layers: &PolicyLayers, request: &Request, evaluation: &Evaluation) -> Vec<String> {
    match evaluation.decision {
        Decision::Allowed | Decision::Unknown => Vec::new(),
        Decision::ImplicitlyDenied => needs(layers, request, evaluation),
        Decision::ExplicitlyDenied => {
            let allowing: BTreeSet<StatementRef> =
                evaluation.applying().filter(|of| of.effect == Effect::Allow).collect();
            let rest = authorize_where(layers, request, &|of| allowing.contains(&of));
            let denies = denies(evaluation).into_iter();
            let spared = denies.map(|of| format!("{} must not apply", statement(layers, of)));
            spared.chain(needs(layers, request, &rest)).collect()
        }
    }
}

/// The Deny statements that apply, in the order in which layers are named (R-EVL-13).
pub fn denies(evaluation: &Evaluation) -> Vec<StatementRef> {
    let place = |layer| Layer::BY_PRECEDENCE.iter().position(|&other| other == layer);
    evaluation.applying().filter(|of| of.effect == Effect::Deny).sorted_by_key(|of| place(of.layer)).collect()
}

/// The policies with unknown documents that kept a decision open.
fn unknown(layers: &PolicyLayers, evaluation: &Evaluation) -> Vec<String> {
    let open = evaluation.layers.iter().filter(|of| of.decision == Decision::Unknown);
    let of_layer = |layer: Layer| {
        let unknown = layers.policies(layer).into_iter().filter(|policy| policy.document.is_none());
        unknown.map(move |policy| format!("{layer}: {}", policy.name))
    };
    open.flat_map(|of| of_layer(of.layer)).collect()
}

/// A statement as people call it: `statement DenyAll of the SCP guard at ou/dev`, by its index where it has no Sid.
pub fn statement(layers: &PolicyLayers, of: StatementRef) -> String {
    let index = layers.statement(of).map_or(of.position, |statement| statement.index);
    let sid = layers.statement(of).and_then(|statement| statement.sid.as_ref());
    let name = sid.map_or_else(|| format!("statement {index}"), |sid| format!("statement {sid}"));
    let policy = layers.policy(of).map_or("", |policy| policy.name.as_str());
    let level = layers.level(of).map_or_else(String::new, |level| format!(" at {}", level.name));
    format!("{name} of the {} {policy}{level}", one(of.layer))
}

/// One policy of a layer.
fn one(layer: Layer) -> &'static str {
    match layer {
        Layer::Identity => "identity policy",
        Layer::Boundary => "permissions boundary",
        Layer::Session => "session policy",
        Layer::Resource => "resource policy",
        Layer::Scp => "SCP",
        Layer::Rcp => "RCP",
        Layer::VpcEndpoint => "VPC endpoint policy",
        Layer::PublicAccessBlock => "S3 Block Public Access",
        Layer::Guard => "guard",
    }
}

fn why_allowed(request: &Request, evaluation: &Evaluation) -> String {
    let identity = evaluation.layer(Layer::Identity).is_some_and(|layer| layer.decision == Decision::Allowed);
    let although =
        if identity || request.caller.is_root() { "" } else { ", although no identity policy does" };
    match evaluation.route {
        Route::NoPermissionNeeded => "the call needs no permission".to_owned(),
        Route::DirectGrant if evaluation.grants.contains(&PrincipalClass::Direct) => {
            format!("the resource policy allows it to the caller itself{although}")
        }
        Route::DirectGrant if evaluation.grants.contains(&PrincipalClass::Wildcard) => {
            format!("the resource policy allows it to everyone{although}")
        }
        Route::DirectGrant => {
            "the resource policy allows it to the account, which is the root user".to_owned()
        }
        Route::SessionGrant => format!("the resource policy allows it to {}{although}", behind(request)),
        Route::Identity if request.caller.is_root() => {
            "the root user may do everything in its account".to_owned()
        }
        Route::Identity => "an identity policy allows it".to_owned(),
        Route::CrossAccount if request.caller.is_root() => {
            "the policy of the resource in the other account allows it to the root user".to_owned()
        }
        Route::CrossAccount => {
            "an identity policy allows it, and so does the policy of the resource in the other account"
                .to_owned()
        }
        Route::ServicePrincipal => "the resource policy allows it to the service".to_owned(),
        Route::Anonymous => "the resource policy allows it to everyone".to_owned(),
        Route::Federation => "the trust policy allows it to users of the identity provider".to_owned(),
        Route::LongTermCredentialsOnly
        | Route::OtherPartition
        | Route::PassRoleAcrossAccounts
        | Route::Guarded
        | Route::PublicBucket
        | Route::ResourcePolicyRequired => "allowed".to_owned(),
    }
}

fn behind(request: &Request) -> &'static str {
    match request.caller.iam().map(|caller| &caller.kind) {
        Some(IamKind::FederatedUser(_)) => "the user behind the session",
        _ => "the role",
    }
}

/// What stands in the way of an implicitly denied request, a clause each.
fn lacking(layers: &PolicyLayers, request: &Request, evaluation: &Evaluation) -> Vec<String> {
    if evaluation.route == Route::LongTermCredentialsOnly {
        let only = "only users and root, with long-term credentials, can call sts:GetSessionToken";
        return vec![only.to_owned()];
    }
    let clause = |layer: &Layer| match layer {
        Layer::Identity => "no identity policy allows it".to_owned(),
        Layer::Boundary => {
            format!("the permissions boundary {} does not allow it", names(layers, evaluation, *layer))
        }
        Layer::Session if layers.session.is_empty() => {
            "a federated user's session may do nothing without a session policy".to_owned()
        }
        Layer::Session => "no session policy allows it".to_owned(),
        Layer::Resource => without_grant(layers, request, evaluation),
        Layer::Scp => format!("no SCP allows it at {}", names(layers, evaluation, *layer)),
        Layer::Rcp => "no RCP allows it".to_owned(),
        Layer::VpcEndpoint => {
            format!("the VPC endpoint policy {} does not allow it", names(layers, evaluation, *layer))
        }
        Layer::PublicAccessBlock => "S3 Block Public Access restricts the bucket".to_owned(),
        Layer::Guard => "the service refuses to change what is its own".to_owned(),
    };
    evaluation.blocked_by.iter().map(clause).collect()
}

/// What a resource's policy fails to do.
fn without_grant(layers: &PolicyLayers, request: &Request, evaluation: &Evaluation) -> String {
    match evaluation.route {
        Route::OtherPartition => "the resource is in another partition".to_owned(),
        Route::PassRoleAcrossAccounts => "a role of another account cannot be passed".to_owned(),
        Route::ResourcePolicyRequired if layers.resource.is_empty() => {
            "the resource has no policy that allows it or leaves it to the account's identity policies"
                .to_owned()
        }
        Route::ResourcePolicyRequired => {
            "the resource policy neither allows it nor leaves it to the account's identity policies"
                .to_owned()
        }
        Route::CrossAccount => {
            let account = owner(request)
                .map_or_else(|| "another account".to_owned(), |owner| format!("account {owner}"));
            match layers.resource.is_empty() {
                true => format!("the resource, of {account}, has no policy that allows it"),
                false => format!("the policy of the resource, of {account}, does not allow it"),
            }
        }
        _ if layers.resource.is_empty() => "the resource has no policy that allows it".to_owned(),
        _ => "the resource policy does not allow it".to_owned(),
    }
}

/// The policies, or the levels, of a layer that lack an Allow.
fn names(layers: &PolicyLayers, evaluation: &Evaluation, layer: Layer) -> String {
    let groups = layers.groups(layer);
    let lacking = evaluation.layer(layer).map_or(&[][..], |layer| &layer.lacking);
    let name = |&nth: &usize| match layers.levels(layer).get(nth) {
        Some(level) => Some(level.name.clone()),
        None => {
            let position = groups.get(nth)?.start;
            layers.policy_at(layer, position).map(|policy: &LayerPolicy| policy.name.clone())
        }
    };
    lacking.iter().filter_map(name).join(", ")
}

/// What an implicitly denied request needs.
fn needs(layers: &PolicyLayers, request: &Request, evaluation: &Evaluation) -> Vec<String> {
    let need = |layer: &Layer| match layer {
        Layer::Identity => "an identity policy must allow it".to_owned(),
        Layer::Boundary => {
            format!("the permissions boundary {} must allow it", names(layers, evaluation, *layer))
        }
        Layer::Session => "a session policy must allow it".to_owned(),
        Layer::Resource => match evaluation.route {
            Route::OtherPartition => "caller and resource must be in one partition".to_owned(),
            Route::PassRoleAcrossAccounts => "the role must be of the caller's account".to_owned(),
            Route::ResourcePolicyRequired => {
                "the resource policy must allow it, or name the account as principal".to_owned()
            }
            _ => "the resource policy must allow it".to_owned(),
        },
        Layer::Scp => format!("an SCP must allow it at {}", names(layers, evaluation, *layer)),
        Layer::Rcp => "an RCP must allow it".to_owned(),
        Layer::VpcEndpoint => {
            format!("the VPC endpoint policy {} must allow it", names(layers, evaluation, *layer))
        }
        Layer::PublicAccessBlock => "the bucket policy must not be public".to_owned(),
        Layer::Guard => format!("{} cannot be changed by anyone but its service", request.resource),
    };
    evaluation.blocked_by.iter().map(need).collect()
}
