//! A policy by itself, as a subject: with whatever else lets it decide alone.

use super::{Situation, Subject};
use crate::arn::AccountId;
use crate::compile::{Callers, HOLDER_ACCOUNT};
use crate::knowledge::Knowledge;
use crate::layers::{Layer, LayerDocument, LayerPolicy, Level, PolicyLayers};
use crate::policy::{PolicyType, ResourceService};

/// The account of the resources that resource-based policies are asked about; the callers are of others.
const RESOURCE_ACCOUNT: &str = "000000000000";

/// A policy that limits nothing.
pub fn unlimited(policy_type: PolicyType) -> LayerPolicy {
    assumed(&LayerDocument::unlimited(policy_type).text, policy_type)
}

/// A resource's policy that leaves everything to its account (R-EVL-40).
fn delegating() -> LayerPolicy {
    let policy_type = PolicyType::Resource(ResourceService::Other);
    let account = format!(r#""Principal":{{"AWS":"{HOLDER_ACCOUNT}"}}"#);
    assumed(&LayerDocument::unlimited(policy_type).text.replace(r#""Principal":"*""#, &account), policy_type)
}

fn assumed(text: &str, policy_type: PolicyType) -> LayerPolicy {
    LayerPolicy::read("everything", "assumed", text, policy_type)
}

/// What policies of one type, together one layer, decide if nothing else limits.
///
/// Identity policies, boundaries, session policies and SCPs are asked about a principal of which nothing is known, and
/// the others about anyone from another account than the resource's, for then all that they grant counts
/// (R-EVL-30).
pub fn alone(policies: Vec<LayerPolicy>, policy_type: PolicyType) -> Subject {
    let full = || vec![unlimited(PolicyType::Identity)];
    let resource = || vec![unlimited(PolicyType::Resource(ResourceService::Other))];
    let level = |policies| vec![Level { name: String::new(), policies }];
    let none = PolicyLayers { resource: vec![delegating()], ..PolicyLayers::default() };
    // Of anyone nothing is held back: a federated user's session may nothing without a session policy (R-EVL-5).
    let of_anyone =
        PolicyLayers { identity: full(), session: vec![unlimited(PolicyType::Session)], ..none.clone() };
    let (layers, told) = match policy_type {
        PolicyType::Identity => (PolicyLayers { identity: policies, ..none }, Layer::Identity),
        PolicyType::Boundary => {
            (PolicyLayers { identity: full(), boundary: policies, ..none }, Layer::Boundary)
        }
        PolicyType::Session => (PolicyLayers { identity: full(), session: policies, ..none }, Layer::Session),
        PolicyType::Scp => (PolicyLayers { identity: full(), scp: level(policies), ..none }, Layer::Scp),
        PolicyType::Rcp => {
            (PolicyLayers { resource: resource(), rcp: level(policies), ..of_anyone }, Layer::Resource)
        }
        PolicyType::VpcEndpoint => {
            (PolicyLayers { resource: resource(), vpc_endpoint: policies, ..of_anyone }, Layer::VpcEndpoint)
        }
        PolicyType::Resource(_) | PolicyType::Trust => {
            (PolicyLayers { resource: policies, ..of_anyone }, Layer::Resource)
        }
    };
    let about_anyone = matches!(
        policy_type,
        PolicyType::Resource(_) | PolicyType::Trust | PolicyType::Rcp | PolicyType::VpcEndpoint
    );
    let callers = if about_anyone { Callers::Any } else { Callers::Holder };
    let resource_account = AccountId::parse(if about_anyone { RESOURCE_ACCOUNT } else { HOLDER_ACCOUNT });
    Subject {
        callers,
        knowledge: Knowledge::default(),
        situations: vec![Situation { layers, resource_account, ..Situation::default() }],
        told: vec![told],
    }
}
