//! The first meaning: what one request is answered. Naive, total, and in the order of semantics 2 to 4.
//!
//! Every statement is looked at; nothing is compiled, cached or skipped that the rules do not skip.

mod matching;
mod operator;
mod principal;
mod scope;

use std::collections::BTreeSet;
use std::fmt;

use crate::caller::{Caller, IamKind};
use crate::layers::{DirectGrants, Guards, Layer, LayerPolicy, PolicyLayers, PublicBuckets, StatementRef};
use crate::policy::{ActionPattern, Condition, Effect, PolicyType, Selector, Spanned, Statement};
use crate::request::{Action, Context, Request};

pub use principal::{PrincipalClass, classes};
pub use scope::{
    is_in_scope, is_role_session_action, is_same_account, owner, requires_resource_policy,
    resource_policy_type_of, role_session_actions,
};

/// What a request, or one layer of it, is answered (R-EVL-63).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Decision {
    /// Some Allow applies and no Deny.
    Allowed,
    /// A Deny applies.
    ExplicitlyDenied,
    /// Nothing applies.
    ImplicitlyDenied,
    /// A document that would decide is not known (R-EVL-64).
    Unknown,
}

impl Decision {
    /// Reads a decision as scenarios write it; `Unknown` is none that could be expected.
    pub fn parse(text: &str) -> Option<Decision> {
        let decisions = [Decision::Allowed, Decision::ExplicitlyDenied, Decision::ImplicitlyDenied];
        decisions.into_iter().find(|decision| decision.to_string() == text)
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Decision::Allowed => "Allowed",
            Decision::ExplicitlyDenied => "ExplicitlyDenied",
            Decision::ImplicitlyDenied => "ImplicitlyDenied",
            Decision::Unknown => "Unknown",
        })
    }
}

/// A decision and what it was made of (R-EVL-12).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    /// The answer.
    pub decision: Decision,
    /// By which rule.
    pub route: Route,
    /// Each layer that counts, on its own.
    pub layers: Vec<LayerEvaluation>,
    /// The layers that stand in the way (R-EVL-12); none where the request is allowed.
    pub blocked_by: BTreeSet<Layer>,
    /// As what the resource's policy grants to the caller.
    pub grants: BTreeSet<PrincipalClass>,
}

/// One layer's decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerEvaluation {
    /// Which.
    pub layer: Layer,
    /// What it says on its own.
    pub decision: Decision,
    /// Every statement of it that applies, allowing and denying.
    pub applying: Vec<StatementRef>,
    /// The groups of its policies (see [`PolicyLayers::groups`]) in which none allows, nor can: a document that is
    /// not known could.
    pub lacking: Vec<usize>,
}

/// The rule that a request came to in R-EVL-10, once no Deny applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Route {
    /// The call needs no permission (R-EVL-50, R-EVL-51).
    NoPermissionNeeded,
    /// The call is for long-term credentials only (R-EVL-51).
    LongTermCredentialsOnly,
    /// Partitions never interoperate (R-EVL-34).
    OtherPartition,
    /// A role of another account cannot be passed (R-EVL-33).
    PassRoleAcrossAccounts,
    /// The service refuses to change what is its own (R-EVL-55).
    Guarded,
    /// S3 restricts the bucket, since its policy is public (R-EVL-62).
    PublicBucket,
    /// A service principal has what the resource's policy grants (R-EVL-48).
    ServicePrincipal,
    /// So has whoever is anonymous (R-EVL-53).
    Anonymous,
    /// So has an identity provider's user (R-EVL-44).
    Federation,
    /// The resource's policy grants to the caller itself or to anyone: nothing else is needed (R-EVL-20).
    DirectGrant,
    /// It grants to the role or user behind the session: boundary and session policies limit (R-EVL-20).
    SessionGrant,
    /// It has to grant or delegate, and does not (R-EVL-40).
    ResourcePolicyRequired,
    /// Identity policies decide, limited by boundary and session policies (R-EVL-70).
    Identity,
    /// Both sides have to allow (R-EVL-30).
    CrossAccount,
}

impl Route {
    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Route::NoPermissionNeeded => "no-permission-needed",
            Route::LongTermCredentialsOnly => "long-term-credentials-only",
            Route::OtherPartition => "other-partition",
            Route::PassRoleAcrossAccounts => "pass-role-across-accounts",
            Route::Guarded => "guarded",
            Route::PublicBucket => "public-bucket",
            Route::ServicePrincipal => "service-principal",
            Route::Anonymous => "anonymous",
            Route::Federation => "federation",
            Route::DirectGrant => "direct-grant",
            Route::SessionGrant => "session-grant",
            Route::ResourcePolicyRequired => "resource-policy-required",
            Route::Identity => "identity",
            Route::CrossAccount => "cross-account",
        }
    }
}

impl Evaluation {
    /// Every statement that applies.
    pub fn applying(&self) -> impl Iterator<Item = StatementRef> {
        self.layers.iter().flat_map(|layer| layer.applying.iter().copied())
    }

    /// What one layer says, if it counts.
    pub fn layer(&self, layer: Layer) -> Option<&LayerEvaluation> {
        self.layers.iter().find(|evaluated| evaluated.layer == layer)
    }
}

/// Decides a request: R-EVL-10, line by line.
///
/// ```
/// # use iamdb::{caller::Caller, eval::{authorize, Decision}, layers::*, policy::PolicyType, request::*};
/// let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}}"#;
/// let policy = LayerPolicy::read("read", "inline policy", text, PolicyType::Identity);
/// let layers = PolicyLayers { identity: vec![policy], ..PolicyLayers::default() };
/// let request = Request {
///     caller: Caller::parse("arn:aws:iam::123456789012:user/alice").unwrap(),
///     action: Action::parse("s3:getobject").unwrap(),
///     resource: Resource::parse("arn:aws:s3:::b/k").unwrap(),
///     resource_account: None,
///     context: Context::default(),
/// };
/// assert_eq!(authorize(&layers, &request).decision, Decision::Allowed);
/// ```
pub fn authorize(layers: &PolicyLayers, request: &Request) -> Evaluation {
    authorize_where(layers, request, &|of| {
        let found = layers.policy(of).zip(layers.statement(of));
        found.is_some_and(|(policy, statement)| {
            fit(statement, policy.policy_type, request, layers) == Fit::Applies
        })
    })
}

/// Decides a request by which statements apply, whatever makes them apply: R-EVL-10 looks at the context for nothing
/// else. It is monotone: where another Allow applies, or a Deny less, what was allowed still is.
pub fn authorize_where(
    layers: &PolicyLayers,
    request: &Request,
    applies: &dyn Fn(StatementRef) -> bool,
) -> Evaluation {
    let counts = |layer: &Layer| is_in_scope(*layer, layers, request);
    let evaluated: Vec<LayerEvaluation> =
        layers.present().filter(counts).map(|layer| evaluate_layer(layer, layers, applies)).collect();
    let grants = grants(&evaluated, layers, request);
    let (decision, route, blocked_by) = decide(layers, request, &evaluated, &grants);
    Evaluation { decision, route, layers: evaluated, blocked_by, grants }
}

/// The decision, the rule it came from, and what stands in the way.
fn decide(
    layers: &PolicyLayers,
    request: &Request,
    evaluated: &[LayerEvaluation],
    grants: &BTreeSet<PrincipalClass>,
) -> (Decision, Route, BTreeSet<Layer>) {
    if scope::needs_no_permission(request) {
        return (Decision::Allowed, Route::NoPermissionNeeded, BTreeSet::new());
    }
    if scope::is_get_session_token(request) {
        return if scope::is_long_term(&request.caller) {
            (Decision::Allowed, Route::NoPermissionNeeded, BTreeSet::new())
        } else {
            (Decision::ImplicitlyDenied, Route::LongTermCredentialsOnly, BTreeSet::new())
        };
    }
    let says = |decision| -> BTreeSet<Layer> {
        evaluated.iter().filter(|layer| layer.decision == decision).map(|layer| layer.layer).collect()
    };
    // Every level, and the endpoint, must allow, whoever asks.
    let gates: BTreeSet<Layer> = [Layer::Rcp, Layer::Scp, Layer::VpcEndpoint]
        .into_iter()
        .filter(|&gate| lacks_allow(gate, evaluated))
        .collect();
    let (route, lacking) = principal_branch(layers, request, evaluated, grants);
    let denying = says(Decision::ExplicitlyDenied);
    if !denying.is_empty() {
        return (Decision::ExplicitlyDenied, route, &denying | &gates);
    }
    if route == Route::PublicBucket {
        return (Decision::ExplicitlyDenied, route, &lacking | &gates);
    }
    let blocked_by = &gates | &lacking;
    let decision = if !blocked_by.is_empty() {
        Decision::ImplicitlyDenied
    } else if !says(Decision::Unknown).is_empty() {
        Decision::Unknown // R-EVL-64
    } else {
        Decision::Allowed
    };
    (decision, route, blocked_by)
}

/// The second half of R-EVL-10: the rule that a request comes to, and the layers that it lacks an Allow of.
fn principal_branch(
    layers: &PolicyLayers,
    request: &Request,
    evaluated: &[LayerEvaluation],
    grants: &BTreeSet<PrincipalClass>,
) -> (Route, BTreeSet<Layer>) {
    use PrincipalClass::*;
    let granted = |to: &[PrincipalClass]| to.iter().any(|class| grants.contains(class));
    let needs_grant =
        |route, granted| (route, if granted { BTreeSet::new() } else { [Layer::Resource].into() });
    let same_account = is_same_account(layers, request);
    if scope::is_of_other_partition(request) {
        return needs_grant(Route::OtherPartition, false);
    }
    if scope::is(&request.action, "iam", "PassRole") && !same_account {
        return needs_grant(Route::PassRoleAcrossAccounts, false);
    }
    if layers.settings.guards == Guards::On && scope::is_guarded(request) {
        return (Route::Guarded, [Layer::Guard].into());
    }
    if is_restricted_bucket(layers, request) {
        return (Route::PublicBucket, [Layer::PublicAccessBlock].into());
    }
    match &request.caller {
        Caller::Service(_) => return needs_grant(Route::ServicePrincipal, !grants.is_empty()),
        Caller::Anonymous => return needs_grant(Route::Anonymous, granted(&[Wildcard])),
        Caller::Federated(_) => return needs_grant(Route::Federation, granted(&[Federated, Wildcard])),
        Caller::Iam(_) | Caller::CanonicalUser(_) => {}
    }
    let lacking = |of: &[Layer]| -> BTreeSet<Layer> {
        of.iter().copied().filter(|&layer| principal_lacks(layer, layers, request, evaluated)).collect()
    };
    let all = [Layer::Identity, Layer::Boundary, Layer::Session];
    if !same_account {
        return if grants.is_empty() {
            needs_grant(Route::CrossAccount, false)
        } else {
            (Route::CrossAccount, lacking(&all))
        };
    }
    if granted(&[Direct, Wildcard]) || (granted(&[Account]) && is_account_itself(layers, request)) {
        return match layers.settings.direct_grants {
            DirectGrants::Unlimited => (Route::DirectGrant, BTreeSet::new()),
            DirectGrants::LimitedBySession => (Route::DirectGrant, lacking(&[Layer::Session])),
        };
    }
    if granted(&[RoleOfSession, UserOfFederation]) {
        return (Route::SessionGrant, lacking(&[Layer::Boundary, Layer::Session]));
    }
    if requires_resource_policy(request) && !granted(&[Account, Canonical]) {
        return needs_grant(Route::ResourcePolicyRequired, false);
    }
    (Route::Identity, lacking(&all))
}

/// The root user is its account, unless it is a session of `sts:AssumeRoot` with a task policy (R-EVL-52).
fn is_account_itself(layers: &PolicyLayers, request: &Request) -> bool {
    request.caller.is_root() && layers.session.is_empty()
}

/// Whether one of the caller's own layers does not allow. Root needs no identity policy (R-EVL-52); a federated
/// user's session without a session policy may nothing (R-EVL-5).
fn principal_lacks(
    layer: Layer,
    layers: &PolicyLayers,
    request: &Request,
    evaluated: &[LayerEvaluation],
) -> bool {
    let federated_user =
        request.caller.iam().is_some_and(|caller| matches!(caller.kind, IamKind::FederatedUser(_)));
    match layer {
        Layer::Identity if request.caller.is_root() => false,
        Layer::Session if federated_user && layers.session.is_empty() => true,
        _ => lacks_allow(layer, evaluated),
    }
}

/// Whether a layer counts and some group of its policies neither allows nor could.
fn lacks_allow(layer: Layer, evaluated: &[LayerEvaluation]) -> bool {
    evaluated.iter().any(|of| of.layer == layer && !of.lacking.is_empty())
}

/// R-EVL-62: whoever is neither a service nor of the bucket's account does not pass.
fn is_restricted_bucket(layers: &PolicyLayers, request: &Request) -> bool {
    let of_s3 = scope::arn(&request.resource).is_some_and(|arn| arn.service() == "s3");
    let public = |policy: &LayerPolicy| {
        policy.document.as_ref().is_some_and(|document| document.parsed.policy.is_public())
    };
    layers.settings.public_buckets == PublicBuckets::Restricted
        && of_s3
        && !matches!(request.caller, Caller::Service(_))
        && !is_same_account(layers, request)
        && layers.resource.iter().any(public)
}

/// As what the resource's policy grants to the caller (R in R-EVL-10). One that is not known might grant as
/// anything.
fn grants(
    evaluated: &[LayerEvaluation],
    layers: &PolicyLayers,
    request: &Request,
) -> BTreeSet<PrincipalClass> {
    use PrincipalClass::*;
    let supposed = scope::is_supposed(layers, request).then_some(Account);
    let Some(resource) = evaluated.iter().find(|of| of.layer == Layer::Resource) else {
        return supposed.into_iter().collect();
    };
    if layers.resource.iter().any(|policy| policy.document.is_none()) {
        return [Direct, RoleOfSession, UserOfFederation, Account, Wildcard, Service, Federated, Canonical]
            .into();
    }
    let allowing = resource.applying.iter().filter(|of| of.effect == Effect::Allow);
    let statements = allowing.filter_map(|&of| layers.statement(of));
    let classes = statements.flat_map(|statement| classes(statement, &request.caller, layers));
    classes.chain(supposed).collect()
}

/// A Deny wins, then what is not known, then an Allow in every group (semantics 0.4, *layer result*).
fn evaluate_layer(
    layer: Layer,
    layers: &PolicyLayers,
    applies: &dyn Fn(StatementRef) -> bool,
) -> LayerEvaluation {
    let policies = layers.policies(layer);
    let mut applying = Vec::new();
    for (policy, of) in policies.iter().enumerate() {
        for (position, statement) in of.statements().iter().enumerate() {
            let this = StatementRef { layer, policy, position, effect: statement.effect };
            if applies(this) {
                applying.push(this);
            }
        }
    }
    let allows = |policy: usize| {
        let known = applying.iter().any(|of| of.policy == policy && of.effect == Effect::Allow);
        known || policies.get(policy).is_some_and(|policy| policy.document.is_none())
    };
    let groups = layers.groups(layer).into_iter().enumerate();
    let lacking = match layer {
        // R-EVL-37: `RCPFullAWSAccess` is at every level.
        Layer::Rcp => Vec::new(),
        _ => groups.filter(|(_, group)| !group.clone().any(allows)).map(|(nth, _)| nth).collect(),
    };
    let decision = if applying.iter().any(|of| of.effect == Effect::Deny) {
        Decision::ExplicitlyDenied
    } else if policies.iter().any(|policy| policy.document.is_none()) {
        Decision::Unknown
    } else if lacking.is_empty() {
        Decision::Allowed
    } else {
        Decision::ImplicitlyDenied
    };
    LayerEvaluation { layer, decision, applying, lacking }
}

/// How far a statement fits a request (R-EVL-1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fit {
    /// It is about other actions.
    OtherAction,
    /// It is about this action, by other principals.
    OtherPrincipal,
    /// It is about this action, on other resources.
    OtherResource,
    /// It is about this action and resource; these of its conditions do not hold.
    ConditionsFail(Vec<usize>),
    /// It applies.
    Applies,
}

/// How far a statement of a policy of some type fits a request; the layers tell how `NotPrincipal` is read.
pub fn fit(statement: &Statement, policy_type: PolicyType, request: &Request, layers: &PolicyLayers) -> Fit {
    if !is_about_action(statement, &request.action) {
        return Fit::OtherAction;
    }
    if statement.principal.is_some() && classes(statement, &request.caller, layers).is_empty() {
        return Fit::OtherPrincipal;
    }
    if !resource_matches(statement, policy_type, request) {
        return Fit::OtherResource;
    }
    let holds = |condition: &Condition| condition_holds(condition, &request.context);
    let failing = statement.conditions.iter().enumerate().filter(|(_, condition)| !holds(condition));
    let failing: Vec<usize> = failing.map(|(nth, _)| nth).collect();
    if failing.is_empty() { Fit::Applies } else { Fit::ConditionsFail(failing) }
}

/// The entry of `Action` by which a statement is about a request's action; `None` where none is, or where it
/// is by `NotAction`.
pub fn matching_action<'s>(
    statement: &'s Statement,
    request: &Request,
) -> Option<&'s Spanned<ActionPattern>> {
    match &statement.action {
        Selector::In(entries) => entries.iter().find(|entry| matching::action(entry, &request.action)),
        Selector::NotIn(_) => None,
    }
}

/// Whether a statement is about an action (R-ACT-6).
pub fn is_about_action(statement: &Statement, action: &Action) -> bool {
    match &statement.action {
        Selector::In(entries) => entries.iter().any(|entry| matching::action(entry, action)),
        Selector::NotIn(entries) => !entries.iter().any(|entry| matching::action(entry, action)),
    }
}

/// Whether an entry of `Action` matches an action.
pub fn matches_action(entry: &ActionPattern, action: &Action) -> bool {
    matching::action(entry, action)
}

/// R-RES-13, R-RES-14.
fn resource_matches(statement: &Statement, policy_type: PolicyType, request: &Request) -> bool {
    let matches = |entry| matching::resource(entry, policy_type, request);
    match &statement.resource {
        None => true,
        Some(Selector::In(entries)) => entries.iter().any(|entry| matches(&entry.value)),
        Some(Selector::NotIn(entries)) => !entries.iter().any(|entry| matches(&entry.value)),
    }
}

/// Whether one (operator, key) pair holds (semantics 3).
pub fn condition_holds(condition: &Condition, context: &Context) -> bool {
    operator::holds(condition, context)
}
