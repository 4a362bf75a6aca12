//! What a Deny does beyond its own policy.
//!
//! A policy by itself allows what its Allows allow and its Denies do not deny. But a Deny also takes from what other
//! policies allow. Two policies that only deny allow nothing, each by itself, and would be equal whatever they deny; so
//! they are compared beside another policy that allows everything, as AWS has SCPs beside `FullAWSAccess` (R-EVL-35,
//! R-GRM-34). Where a policy allows and denies, it is compared by itself, and is not said to change nothing if beside
//! another it does.

use crate::analysis::{Subject, alone, unlimited};
use crate::layers::LayerPolicy;
use crate::policy::{Effect, PolicyType, ResourceService};

/// Two sides beside another policy.
#[derive(Debug)]
pub(super) enum Beside {
    /// It makes no difference.
    Nothing,
    /// That is how they are compared.
    Compared(Box<[Subject; 2]>),
    /// They are compared by themselves; what differs here is mentioned.
    Mentioned(Box<[Subject; 2]>),
}

impl Beside {
    /// Two sides of one type.
    pub(super) fn of(policy_type: PolicyType, sides: [&Option<LayerPolicy>; 2]) -> Beside {
        let has = |effect: Effect| {
            let documents = sides.into_iter().flatten().filter_map(|policy| policy.document.as_ref());
            documents
                .flat_map(|document| &document.parsed.policy.statements)
                .any(|statement| statement.effect == effect)
        };
        let Some(other) = other(policy_type).filter(|_| has(Effect::Deny)) else { return Beside::Nothing };
        let subjects =
            sides.map(|side| alone(side.iter().cloned().chain([other.clone()]).collect(), policy_type));
        if has(Effect::Allow) {
            Beside::Mentioned(Box::new(subjects))
        } else {
            Beside::Compared(Box::new(subjects))
        }
    }
}

/// What can stand in one layer with a policy of some type, and allows everything; none where nothing can, or where
/// nothing else than the policy itself can allow.
fn other(policy_type: PolicyType) -> Option<LayerPolicy> {
    let name = match policy_type {
        PolicyType::Scp => "FullAWSAccess",
        PolicyType::Rcp => "RCPFullAWSAccess",
        PolicyType::Identity
        | PolicyType::Resource(ResourceService::ResourceRequired | ResourceService::Other) => {
            "another policy"
        }
        PolicyType::Boundary
        | PolicyType::Session
        | PolicyType::Resource(ResourceService::Kms)
        | PolicyType::Trust
        | PolicyType::VpcEndpoint => return None,
    };
    Some(LayerPolicy { name: name.to_owned(), ..unlimited(policy_type) })
}
