//! The policies that a decision is made from, layer by layer (semantics 0.4, 4.1), and what else decides.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use crate::arn::AccountId;
use crate::policy::{
    Effect, Parsed, PolicyType, PrincipalEntry, ResourcePattern, Selector, Spanned, Statement, parse,
};

/// A set of policies that are evaluated together, or a guard of a service that decides like one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// What the principal's own and its groups' policies say (R-EVL-3).
    Identity,
    /// The principal's permissions boundary (R-EVL-4).
    Boundary,
    /// The session policies (R-EVL-5).
    Session,
    /// The policy of the resource, or of the role that is assumed (R-EVL-6).
    Resource,
    /// The service control policies of the caller's account (R-EVL-35).
    Scp,
    /// The resource control policies of the resource's account (R-EVL-37).
    Rcp,
    /// The policy of the VPC endpoint through which the request came (R-EVL-57).
    VpcEndpoint,
    /// S3 Block Public Access (R-EVL-62).
    PublicAccessBlock,
    /// What a service refuses whatever the policies say (R-EVL-55).
    Guard,
}

impl Layer {
    /// The layers that policies make, in the order of the rules.
    pub const OF_POLICIES: [Layer; 7] = [
        Layer::Identity,
        Layer::Boundary,
        Layer::Session,
        Layer::Resource,
        Layer::Scp,
        Layer::Rcp,
        Layer::VpcEndpoint,
    ];

    /// The order in which denying layers are named (R-EVL-13).
    pub const BY_PRECEDENCE: [Layer; 9] = [
        Layer::Scp,
        Layer::Rcp,
        Layer::VpcEndpoint,
        Layer::PublicAccessBlock,
        Layer::Guard,
        Layer::Resource,
        Layer::Identity,
        Layer::Boundary,
        Layer::Session,
    ];

    /// The name in JSON and in scenarios.
    pub fn name(self) -> &'static str {
        match self {
            Layer::Identity => "identity",
            Layer::Boundary => "boundary",
            Layer::Session => "session",
            Layer::Resource => "resource",
            Layer::Scp => "scp",
            Layer::Rcp => "rcp",
            Layer::VpcEndpoint => "vpc_endpoint",
            Layer::PublicAccessBlock => "s3-bpa",
            Layer::Guard => "guard",
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Layer::Identity => "identity policies",
            Layer::Boundary => "permissions boundary",
            Layer::Session => "session policies",
            Layer::Resource => "resource policy",
            Layer::Scp => "service control policies",
            Layer::Rcp => "resource control policies",
            Layer::VpcEndpoint => "VPC endpoint policy",
            Layer::PublicAccessBlock => "S3 Block Public Access",
            Layer::Guard => "the service itself",
        })
    }
}

/// Everything that decides requests, beside the request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PolicyLayers {
    /// Managed and inline policies of the principal and of its groups.
    pub identity: Vec<LayerPolicy>,
    /// The boundary. Empty: there is none, and nothing is limited. Several: each must allow.
    pub boundary: Vec<LayerPolicy>,
    /// Session policies, a union. Empty: there is none.
    pub session: Vec<LayerPolicy>,
    /// The resource's policy. Empty: it has none.
    pub resource: Vec<LayerPolicy>,
    /// The levels from the root of the organization to the account. Empty: no organization, or exempt.
    pub scp: Vec<Level>,
    /// Likewise for the account of the resource; every level has `RCPFullAWSAccess`, written or not.
    pub rcp: Vec<Level>,
    /// The endpoint's policy. Empty: the request came through none. Several: each must allow.
    pub vpc_endpoint: Vec<LayerPolicy>,
    /// Switches of the rules, and facts that are no policies.
    pub settings: Settings,
}

/// One node of an organization with the policies of one type that are attached to it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Level {
    /// What people call the node: `root`, `ou/dev`, `account/111122223333`.
    pub name: String,
    /// What is attached.
    pub policies: Vec<LayerPolicy>,
}

/// Switches of the rules that semantics 9 leaves open, and facts that are no policies.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// How `NotPrincipal` is read (R-PRN-8).
    pub not_principal: NotPrincipal,
    /// Whether session policies limit grants to the session itself and to `*` (R-EVL-21).
    pub direct_grants: DirectGrants,
    /// The service prefixes that support RCPs (R-EVL-39); `None`: every service.
    pub rcp_services: Option<Arc<BTreeSet<String>>>,
    /// The accounts of S3 canonical ids (R-GRM-26).
    pub canonical_ids: BTreeMap<String, AccountId>,
    /// Whether S3 restricts buckets with a public policy (R-EVL-62).
    pub public_buckets: PublicBuckets,
    /// Whether the guards of R-EVL-55 are asked.
    pub guards: Guards,
    /// Whether policies that are not there are supposed; `None`: what is not there allows nothing.
    pub supposed: Option<Supposed>,
}

/// KMS keys and roles always have a policy (R-EVL-40), and of other accounts' resources nothing else decides (R-EVL-30):
/// where they are not known, they are supposed to leave the decision to the caller's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Supposed {
    /// The resources whose policies are known.
    pub but: Arc<[Spanned<ResourcePattern>]>,
}

/// Who is outside of `NotPrincipal` (R-PRN-8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NotPrincipal {
    /// A Deny spares those all of whose links (session, role, account) are listed.
    #[default]
    Layered,
    /// A Deny spares those one of whose links is listed.
    Lenient,
}

/// Whether session policies limit direct grants of a resource policy (R-EVL-21).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DirectGrants {
    /// They do not: AWS's documentation.
    #[default]
    Unlimited,
    /// They do.
    LimitedBySession,
}

/// The setting `RestrictPublicBuckets` of S3 Block Public Access (R-EVL-62).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PublicBuckets {
    /// Off.
    #[default]
    Unrestricted,
    /// On.
    Restricted,
}

/// Whether service-side guards are asked (R-EVL-55).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Guards {
    /// Policies alone decide.
    #[default]
    Off,
    /// Immutable resources are refused.
    On,
}

impl PolicyLayers {
    /// Who is named by the policies and is no caller of a request here: CloudFront's origin access identities
    /// (R-GRM-23). What they are granted is in no answer.
    pub fn not_modelled(&self) -> BTreeSet<String> {
        let principals = self.statements().filter_map(|(_, statement)| statement.principal.as_ref());
        let entries = principals.flat_map(Selector::entries);
        let named = entries.filter(|entry| matches!(entry.value, PrincipalEntry::OriginAccessIdentity(_)));
        named.map(|entry| entry.value.to_string()).collect()
    }

    /// The policies of a layer; of SCPs and RCPs level after level.
    pub fn policies(&self, layer: Layer) -> Vec<&LayerPolicy> {
        match layer {
            Layer::Scp | Layer::Rcp => self.levels(layer).iter().flat_map(|level| &level.policies).collect(),
            _ => self.flat(layer).iter().collect(),
        }
    }

    fn flat(&self, layer: Layer) -> &[LayerPolicy] {
        match layer {
            Layer::Identity => &self.identity,
            Layer::Boundary => &self.boundary,
            Layer::Session => &self.session,
            Layer::Resource => &self.resource,
            Layer::VpcEndpoint => &self.vpc_endpoint,
            Layer::Scp | Layer::Rcp | Layer::PublicAccessBlock | Layer::Guard => &[],
        }
    }

    /// The levels of a layer that has them.
    pub fn levels(&self, layer: Layer) -> &[Level] {
        match layer {
            Layer::Scp => &self.scp,
            Layer::Rcp => &self.rcp,
            _ => &[],
        }
    }

    /// The groups of a layer's policies, each a range of their positions: within a group one Allow is enough, and
    /// every group needs one.
    pub fn groups(&self, layer: Layer) -> Vec<std::ops::Range<usize>> {
        match layer {
            Layer::Identity | Layer::Session | Layer::Resource => {
                std::iter::once(0..self.flat(layer).len()).collect()
            }
            Layer::Boundary | Layer::VpcEndpoint => {
                (0..self.flat(layer).len()).map(|nth| nth..nth + 1).collect()
            }
            Layer::Scp | Layer::Rcp => {
                let mut start = 0;
                let range = |level: &Level| {
                    let range = start..start + level.policies.len();
                    start = range.end;
                    range
                };
                self.levels(layer).iter().map(range).collect()
            }
            Layer::PublicAccessBlock | Layer::Guard => Vec::new(),
        }
    }

    /// Whether a layer is there. The identity layer always is, also without a policy.
    pub fn is_present(&self, layer: Layer) -> bool {
        match layer {
            Layer::Identity => true,
            Layer::Scp | Layer::Rcp => !self.levels(layer).is_empty(),
            _ => !self.flat(layer).is_empty(),
        }
    }

    /// Whether the document of some policy of a layer is not known.
    pub fn is_unknown(&self, layer: Layer) -> bool {
        self.policies(layer).iter().any(|policy| policy.document.is_none())
    }

    /// The layers that are there, in the order of the rules.
    pub fn present(&self) -> impl Iterator<Item = Layer> {
        Layer::OF_POLICIES.into_iter().filter(|&layer| self.is_present(layer))
    }

    /// The policy of a statement.
    pub fn policy(&self, of: StatementRef) -> Option<&LayerPolicy> {
        self.policy_at(of.layer, of.policy)
    }

    /// The policy at a position of a layer.
    pub fn policy_at(&self, layer: Layer, position: usize) -> Option<&LayerPolicy> {
        match layer {
            Layer::Scp | Layer::Rcp => {
                self.levels(layer).iter().flat_map(|level| &level.policies).nth(position)
            }
            _ => self.flat(layer).get(position),
        }
    }

    /// The level at which the policy of a statement is attached.
    pub fn level(&self, of: StatementRef) -> Option<&Level> {
        let nth = self.groups(of.layer).iter().position(|group| group.contains(&of.policy))?;
        self.levels(of.layer).get(nth)
    }

    /// The statement behind a handle.
    pub fn statement(&self, of: StatementRef) -> Option<&Statement> {
        self.policy(of)?.statements().get(of.position)
    }

    /// Every statement that can apply, with its handle.
    pub fn statements(&self) -> impl Iterator<Item = (StatementRef, &Statement)> {
        Layer::OF_POLICIES.into_iter().flat_map(|layer| {
            self.policies(layer).into_iter().enumerate().flat_map(move |(policy, of)| {
                of.statements().iter().enumerate().map(move |(position, statement)| {
                    (StatementRef { layer, policy, position, effect: statement.effect }, statement)
                })
            })
        })
    }

    /// The policies of which it is only known that they are attached.
    pub fn unknown(&self) -> impl Iterator<Item = &LayerPolicy> {
        self.present().flat_map(|layer| self.policies(layer)).filter(|policy| policy.document.is_none())
    }

    /// The layers in which every policy whose document is not known allows everything; none where all are known.
    pub fn with_unknown_allowing(&self) -> Option<PolicyLayers> {
        self.unknown().next()?;
        Some(self.map_policies(|_, _, policy| match &policy.document {
            Some(_) => policy.clone(),
            None => policy.with_document(Some(Arc::new(LayerDocument::unlimited(policy.policy_type)))),
        }))
    }

    /// The layers with every policy replaced by what a function makes of it.
    #[must_use]
    pub fn map_policies(
        &self,
        mut make: impl FnMut(Layer, usize, &LayerPolicy) -> LayerPolicy,
    ) -> PolicyLayers {
        let mut flat = |layer: Layer| -> Vec<LayerPolicy> {
            self.policies(layer)
                .into_iter()
                .enumerate()
                .map(|(nth, policy)| make(layer, nth, policy))
                .collect()
        };
        let (identity, boundary, session) =
            (flat(Layer::Identity), flat(Layer::Boundary), flat(Layer::Session));
        let (resource, vpc_endpoint) = (flat(Layer::Resource), flat(Layer::VpcEndpoint));
        let mut levelled = |layer: Layer| -> Vec<Level> {
            let mut made = flat(layer).into_iter();
            let level = |level: &Level| Level {
                name: level.name.clone(),
                policies: made.by_ref().take(level.policies.len()).collect(),
            };
            self.levels(layer).iter().map(level).collect()
        };
        let (scp, rcp) = (levelled(Layer::Scp), levelled(Layer::Rcp));
        let settings = self.settings.clone();
        PolicyLayers { identity, boundary, session, resource, scp, rcp, vpc_endpoint, settings }
    }
}

/// One policy of a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerPolicy {
    /// Its name.
    pub name: String,
    /// What it is: `managed policy v2`, `inline policy`, …
    pub kind: String,
    /// The group through which it reaches the principal.
    pub group: Option<String>,
    /// As what it was read.
    pub policy_type: PolicyType,
    /// Its document; `None` where it is attached but not known, which is never an allow (R-EVL-64). Equal
    /// documents may be shared between policies.
    pub document: Option<Arc<LayerDocument>>,
    /// Where the document begins in the input that it came from, in bytes; 0 where it is the whole.
    pub offset: usize,
}

/// A document in a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerDocument {
    /// The text as written, for the lines of reports.
    pub text: String,
    /// What it says.
    pub parsed: Parsed,
}

impl LayerDocument {
    /// One that allows everything, to everybody where it names principals.
    pub fn unlimited(policy_type: PolicyType) -> LayerDocument {
        let principal = if policy_type.has_principals() { r#""Principal":"*","# } else { "" };
        let resource = if policy_type == PolicyType::Trust { "" } else { r#","Resource":"*""# };
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow",{principal}"Action":"*"{resource}}}}}"#
        );
        let parsed = parse(&text, policy_type);
        LayerDocument { text, parsed }
    }
}

impl LayerPolicy {
    /// A policy that is read from its text: its name, what it is (`inline policy`), and as what it is used.
    pub fn read(name: &str, kind: &str, text: &str, policy_type: PolicyType) -> LayerPolicy {
        let document = LayerDocument { text: text.to_owned(), parsed: parse(text, policy_type) };
        LayerPolicy {
            name: name.to_owned(),
            kind: kind.to_owned(),
            group: None,
            policy_type,
            document: Some(Arc::new(document)),
            offset: 0,
        }
    }

    /// The policy with another document, or as if its document were not known.
    #[must_use]
    pub fn with_document(&self, document: Option<Arc<LayerDocument>>) -> LayerPolicy {
        let LayerPolicy { name, kind, group, policy_type, document: _, offset } = self;
        LayerPolicy {
            name: name.clone(),
            kind: kind.clone(),
            group: group.clone(),
            policy_type: *policy_type,
            document,
            offset: *offset,
        }
    }

    /// The statements that can apply.
    pub fn statements(&self) -> &[Statement] {
        self.document.as_ref().map_or(&[], |document| &document.parsed.policy.statements)
    }
}

/// A statement in some [`PolicyLayers`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatementRef {
    /// Its layer.
    pub layer: Layer,
    /// The position of its policy in the layer.
    pub policy: usize,
    /// Its position among the statements of the policy that can apply.
    pub position: usize,
    /// Its effect.
    pub effect: Effect,
}
