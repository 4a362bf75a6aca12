//! All layers together: the requests that are allowed, by R-EVL-10 line by line.

use std::collections::BTreeMap;

use super::principal::Class;
use super::{Applies, CompileError, Compiler, Level, Outcome, StatementSets};
use crate::algebra::{Glob, Set};
use crate::caller::{Caller, IamKind};
use crate::compile::universe::Callers;
use crate::layers::{DirectGrants, Guards, Layer, PolicyLayers, PublicBuckets, StatementRef, Supposed};
use crate::policy::{Effect, PolicyType};

/// What layers say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compiled {
    /// The requests that are allowed.
    pub allowed: Set,
    /// The requests to which each statement applies.
    pub statements: StatementSets,
    /// The requests for which each layer that is there counts.
    pub scopes: BTreeMap<Layer, Set>,
    /// The requests that each group of a layer's policies allows: within it one Allow is enough, and every group
    /// needs one.
    pub groups: BTreeMap<Layer, Vec<Set>>,
    /// The requests for which a statement of the resource's policy is a grant: not those of which it leaves all to the
    /// caller's own policies, as it does where it names the account (R-EVL-20).
    pub granting: StatementSets,
    /// Those of them that no boundary, session policy or, across accounts, identity policy of the caller holds back.
    pub granted: StatementSets,
    /// What the resource's policy grants to each class of callers, in a fixed order: those who are bound by what else
    /// their own policies say, and those who are not (R-EVL-20).
    pub grants: Vec<Set>,
    /// The requests that some Deny in scope applies to.
    pub denied: Set,
    /// The requests that the caller's own policies can allow, if nothing denies them: those on resources of its own
    /// account whose policies need not agree, and those on which they are supposed to.
    pub reach: Set,
    /// The requests on resources that are supposed to leave them to the caller's account
    /// ([`Supposed`]); none of those of a service of which its own policies allow none.
    pub supposable: Set,
    /// Those that they allow.
    pub supposed: Set,
    /// Those that they allow in vain, since the resource's own policy, which has to, does not leave them to the account
    /// (R-EVL-40).
    pub undelegated: Set,
    /// The requests that no policy decides: what needs no permission, or is refused whatever they say.
    pub beyond: Set,
}

impl Compiler {
    /// The requests that layers allow.
    pub fn layers(&mut self, layers: &PolicyLayers) -> Result<Compiled, CompileError> {
        self.layers_where(layers, &|_| true)
    }

    /// The requests that layers allow whose other statements than some never apply.
    pub fn layers_where(
        &mut self,
        layers: &PolicyLayers,
        can_apply: &dyn Fn(StatementRef) -> bool,
    ) -> Result<Compiled, CompileError> {
        self.settings = layers.settings.clone();
        self.has_boundary = !layers.boundary.is_empty();
        let mut statements = StatementSets::new();
        let mut of_resource: Vec<(StatementRef, Applies)> = Vec::new();
        let mut grants: BTreeMap<Class, Vec<Set>> = BTreeMap::new();
        let mut scopes = BTreeMap::new();
        let mut groups = BTreeMap::new();
        let mut denials = Vec::new();
        let mut unknown = Vec::new();
        for layer in layers.present() {
            let scope = self.scope(layer)?;
            let mut allowing: Vec<Vec<Set>> = Vec::new();
            for (policy, of) in layers.policies(layer).into_iter().enumerate() {
                let mut allows = Vec::new();
                for (position, written) in of.statements().iter().enumerate() {
                    let effect = written.effect;
                    let statement = StatementRef { layer, policy, position, effect };
                    if !can_apply(statement) {
                        continue;
                    }
                    let applies = self.statement(written, of.policy_type);
                    let applies =
                        applies.map_err(|budget| CompileError { policy: Some(of.name.clone()), budget })?;
                    statements.insert(statement, applies.set);
                    if layer == Layer::Resource && effect == Effect::Allow {
                        of_resource.push((statement, applies.clone()));
                    }
                    match effect {
                        Effect::Deny => denials.push(self.arena.intersection([scope, applies.set])?),
                        Effect::Allow => {
                            allows.push(applies.set);
                            for (class, set) in
                                applies.by_class.into_iter().filter(|_| layer == Layer::Resource)
                            {
                                grants.entry(class).or_default().push(self.arena.intersection([scope, set])?);
                            }
                        }
                    }
                }
                if of.document.is_none() {
                    unknown.push(scope);
                }
                allowing.push(allows);
            }
            let mut of_layer = Vec::new();
            for group in layers.groups(layer) {
                let sets = allowing.get(group).into_iter().flatten().flatten().copied();
                of_layer.push(self.arena.union(sets)?);
            }
            scopes.insert(layer, scope);
            groups.insert(layer, of_layer);
        }
        let denied = self.arena.union(denials)?;
        let mut stack = Stack { layers, scopes: &scopes, groups: &groups, grants: BTreeMap::new() };
        for (class, sets) in grants {
            stack.grants.insert(class, self.arena.union(sets)?);
        }
        let mut grants = Vec::new();
        for alike in Class::ALIKE {
            let sets = alike.iter().filter_map(|class| stack.grants.get(class).copied());
            grants.push(self.arena.union(sets)?);
        }
        let (mut granting, mut granted) = (StatementSets::new(), StatementSets::new());
        for (statement, applies) in of_resource {
            let grant = self.grant(&applies, &stack)?;
            granting.insert(statement, self.arena.union([grant.free, grant.limited])?);
            let passing = self.arena.intersection([grant.limited, grant.limits])?;
            granted.insert(statement, self.arena.union([grant.free, passing])?);
        }
        let (supposable, supposed) = self.supposed(&stack, denied)?;
        let grants_to_account = stack.grants.remove(&Class::Account);
        let grants_to_account = self.arena.union(grants_to_account.into_iter().chain([supposed]))?;
        stack.grants.insert(Class::Account, grants_to_account);
        let branch = self.principal_branch(&stack)?;
        let (reach, undelegated) = self.reach(&stack, supposable)?;
        let mut gates = vec![branch];
        for gate in [Layer::Scp, Layer::VpcEndpoint] {
            gates.push(self.passes(gate, &stack)?);
        }
        let passing = self.arena.intersection(gates)?;
        // R-EVL-64: what is not known allows nothing.
        let decided = self.arena.difference([passing], [denied].into_iter().chain(unknown))?;
        let (free, refused) = self.without_policies()?;
        let decided = self.arena.difference([decided], [refused])?;
        let allowed = self.arena.union([decided, free])?;
        let by_rules = self.refused_by_rules(&stack)?;
        let beyond = self.arena.union(by_rules.into_iter().chain([free, refused]))?;
        Ok(Compiled {
            allowed,
            statements,
            scopes,
            groups,
            granting,
            granted,
            grants,
            denied,
            reach,
            supposable,
            supposed,
            undelegated,
            beyond,
        })
    }

    /// What a statement of the resource's policy grants (R-EVL-20, R-EVL-30).
    fn grant(&mut self, applies: &Applies, stack: &Stack<'_>) -> Outcome<Grant> {
        let whole = |free| Grant { free, limited: Set::EMPTY, limits: Set::FULL };
        let of = |classes: &[Class]| -> Vec<Set> {
            classes.iter().filter_map(|class| applies.by_class.get(class).copied()).collect()
        };
        let caller = match self.universe.callers.clone() {
            Callers::One(caller) if caller.is_iam() => caller,
            Callers::InAccount => {
                let mut granted = Vec::new();
                for (callers, needs_session) in self.in_account()? {
                    let grants = self.own_grants(of, stack, needs_session)?;
                    granted.push(self.arena.intersection([callers, grants])?);
                }
                return Ok(whole(self.arena.union(granted)?));
            }
            Callers::One(_) | Callers::Holder | Callers::Any => return Ok(whole(applies.set)),
        };
        let is_account_itself = caller.is_root() && stack.layers.session.is_empty();
        let account: &[Class] = if is_account_itself { &[Class::Account] } else { &[] };
        let direct = of(&[Class::Direct, Class::Wildcard]).into_iter().chain(of(account));
        let direct = self.arena.union(direct.collect::<Vec<_>>())?;
        let of_session = self.arena.union(of(&[Class::RoleOfSession, Class::UserOfFederation]))?;
        let same = self.same_account(&caller)?;
        let across = self.arena.difference([applies.set], [same])?;
        let needs_session = NeedsSession::of(&caller);
        let own_side = self.own_side(stack, IsRoot::of(&caller), needs_session)?;
        let limits = self.limits(stack, needs_session)?;
        let within = self.arena.intersection([same, limits])?;
        let beyond = self.arena.difference([own_side], [same])?;
        let limits = self.arena.union([within, beyond])?;
        let direct = self.arena.intersection([direct, same])?;
        let of_session = self.arena.intersection([of_session, same])?;
        let limited = self.arena.union([of_session, across])?;
        if self.settings.direct_grants == DirectGrants::LimitedBySession {
            let session = self.session(stack, needs_session)?;
            let free = self.arena.intersection([direct, session])?;
            return Ok(Grant { free, limited, limits });
        }
        Ok(Grant { free: direct, limited, limits })
    }

    /// The requests for which a layer that is there counts.
    fn scope(&mut self, layer: Layer) -> Outcome<Set> {
        let constant = |counts| if counts { Set::FULL } else { Set::EMPTY };
        let (is_iam, is_root, is_linked) = match &self.universe.callers {
            Callers::One(caller) => {
                let linked = caller.iam().is_some_and(|caller| caller.is_service_linked());
                (caller.is_iam(), caller.is_root(), linked)
            }
            Callers::Holder | Callers::InAccount => (true, false, false),
            Callers::Any => (false, false, false),
        };
        match layer {
            Layer::Identity | Layer::Session => Ok(constant(is_iam)),
            Layer::Boundary => Ok(constant(is_iam && !is_root)),
            Layer::Resource => {
                let (role, session) = (self.role()?, self.role_session()?);
                let others = self.arena.difference([role], [session])?;
                Ok(self.arena.complement(others)?)
            }
            Layer::Scp => Ok(constant(is_iam && !is_linked)),
            Layer::Rcp if is_linked => Ok(Set::EMPTY),
            Layer::Rcp => {
                let supported = match self.settings.rcp_services.clone() {
                    None => Set::FULL,
                    Some(services) => {
                        let globs: Vec<Glob> =
                            services.iter().map(|service| Glob::literal(service)).collect();
                        self.text_atom(Level::Service, &globs)?
                    }
                };
                let retire = self.action("kms", &["retiregrant"])?;
                Ok(self.arena.difference([supported], [retire])?)
            }
            Layer::VpcEndpoint => Ok(Set::FULL),
            Layer::PublicAccessBlock | Layer::Guard => Ok(Set::EMPTY),
        }
    }

    /// The requests that some layer does not stop for want of an Allow.
    fn passes(&mut self, layer: Layer, stack: &Stack<'_>) -> Outcome<Set> {
        let (Some(&scope), Some(groups)) = (stack.scopes.get(&layer), stack.groups.get(&layer)) else {
            return Ok(Set::FULL);
        };
        let allowed = self.arena.intersection(groups.iter().copied())?;
        let out_of_scope = self.arena.complement(scope)?;
        self.arena.union([out_of_scope, allowed])
    }

    /// What identity policies alone can come to, and what they cannot for want of a word of the resource's own.
    fn reach(&mut self, stack: &Stack<'_>, supposable: Set) -> Outcome<(Set, Set)> {
        let Callers::One(caller) = self.universe.callers.clone() else { return Ok((Set::FULL, Set::EMPTY)) };
        if !caller.is_iam() {
            return Ok((Set::EMPTY, Set::EMPTY));
        }
        let same = self.same_account(&caller)?;
        let refused = self.refused(&caller, same, stack)?;
        let delegated: Vec<Set> = [Class::Account, Class::Canonical]
            .iter()
            .filter_map(|class| stack.grants.get(class).copied())
            .collect();
        let required = self.requires_resource_policy()?;
        let own = self.arena.difference([same], refused.iter().copied())?;
        let undelegated = self.arena.difference([required], delegated)?;
        let supposable = self.arena.difference([supposable], refused)?;
        let undelegated = self.arena.difference([undelegated], [supposable])?;
        let reach = self.arena.difference([own], [undelegated])?;
        let own_side = self.own_side(stack, IsRoot::of(&caller), NeedsSession::of(&caller))?;
        let undelegated = self.arena.intersection([own, undelegated, own_side])?;
        Ok((self.arena.union([reach, supposable])?, undelegated))
    }

    /// What is on resources whose policies are not known and is supposed to be left to own policies, and what of it they
    /// allow.
    fn supposed(&mut self, stack: &Stack<'_>, denied: Set) -> Outcome<(Set, Set)> {
        const NONE: (Set, Set) = (Set::EMPTY, Set::EMPTY);
        let Callers::One(caller) = self.universe.callers.clone() else { return Ok(NONE) };
        let Some(Supposed { but }) = stack.layers.settings.supposed.as_ref().filter(|_| caller.is_iam())
        else {
            return Ok(NONE);
        };
        let required = self.requires_resource_policy()?;
        let of_iam = self.arn_of_service("iam")?;
        let cross_account = self.cross_account(&caller)?;
        let cross_account = self.arena.difference([cross_account], [of_iam])?;
        let mut supposable = self.arena.union([required, cross_account])?;
        let own_side = self.own_side(stack, IsRoot::of(&caller), NeedsSession::of(&caller))?;
        let allowed = self.arena.difference([own_side], [denied])?;
        let mut supposed = self.arena.intersection([supposable, allowed])?;
        if supposed == Set::EMPTY {
            return Ok(NONE);
        }
        let mut known: BTreeMap<Option<&str>, Vec<_>> = BTreeMap::new();
        for entry in but.iter() {
            known.entry(entry.value.service()).or_default().push(entry);
        }
        for (service, entries) in known {
            let all = service.map_or(Ok(Set::FULL), |service| self.arn_of_service(service))?;
            // They may be thousands.
            let known = match self.arena.is_disjoint(supposed, all)? {
                true => all,
                false => self.any_resource(entries, PolicyType::Identity)?,
            };
            supposable = self.arena.difference([supposable], [known])?;
            supposed = self.arena.difference([supposed], [known])?;
        }
        Ok((supposable, supposed))
    }

    /// What the rules about accounts, partitions and resources of AWS refuse, whatever policies say.
    fn refused_by_rules(&mut self, stack: &Stack<'_>) -> Outcome<Vec<Set>> {
        match self.universe.callers.clone() {
            Callers::One(caller) => {
                let same = self.same_account(&caller)?;
                self.refused(&caller, same, stack)
            }
            Callers::Any | Callers::InAccount => self.refused_to_any(),
            Callers::Holder => Ok(Vec::new()),
        }
    }

    /// What is refused to callers who are not known: to pass a role (R-EVL-33), of which no resource's policy decides,
    /// and what is in another partition (R-EVL-34). Partitions that no policy names are as one.
    fn refused_to_any(&mut self) -> Outcome<Vec<Set>> {
        let mut refused = vec![self.action("iam", &["passrole"])?];
        let partitions: Vec<String> = self.universe.partitions().into_iter().map(str::to_owned).collect();
        let arn = self.is_arn()?;
        let mut named = Vec::new();
        for partition in &partitions {
            let callers = self.of_partition(partition)?;
            let own = self.text_atom(Level::Partition, &[Glob::literal(partition)])?;
            let other = self.arena.difference([arn], [own])?;
            refused.push(self.arena.intersection([callers, other])?);
            named.push((callers, own));
        }
        let iam = self.iam_principals()?;
        let unnamed = self.arena.difference([iam], named.iter().map(|(callers, _)| *callers))?;
        let own = self.arena.union(named.iter().map(|(_, own)| *own))?;
        refused.push(self.arena.intersection([unnamed, arn, own])?);
        Ok(refused)
    }

    /// What is refused before any grant is looked at.
    fn refused(&mut self, caller: &Caller, same: Set, stack: &Stack<'_>) -> Outcome<Vec<Set>> {
        let mut refused = Vec::new();
        if let Some(own) = caller.iam().map(|caller| caller.partition.clone()) {
            let arn = self.is_arn()?;
            let own = self.text_atom(Level::Partition, &[Glob::literal(&own)])?;
            refused.push(self.arena.difference([arn], [own])?);
        }
        let pass_role = self.action("iam", &["passrole"])?;
        refused.push(self.arena.difference([pass_role], [same])?);
        if self.settings.guards == Guards::On {
            refused.push(self.guarded()?);
        }
        if is_restricted(stack.layers) && !matches!(caller, Caller::Service(_)) {
            let buckets = self.arn_of_service("s3")?;
            refused.push(self.arena.difference([buckets], [same])?);
        }
        Ok(refused)
    }

    /// The second half of R-EVL-10: by who asks, and whose the resource is.
    fn principal_branch(&mut self, stack: &Stack<'_>) -> Outcome<Set> {
        let caller = match self.universe.callers.clone() {
            Callers::One(caller) => caller,
            Callers::Holder => return self.own_side(stack, IsRoot::No, NeedsSession::No),
            Callers::Any => {
                // Of other accounts than the resource's: whatever the policy grants counts.
                let granted = self.arena.union(stack.grants.values().copied())?;
                let refused = self.refused_to_any()?;
                return self.arena.difference([granted], refused);
            }
            Callers::InAccount => {
                let mut allowed = Vec::new();
                for (callers, needs_session) in self.in_account()? {
                    let within = self.within_account(stack, IsRoot::No, needs_session)?;
                    allowed.push(self.arena.intersection([callers, within])?);
                }
                let allowed = self.arena.union(allowed)?;
                let refused = self.refused_to_any()?;
                return self.arena.difference([allowed], refused);
            }
        };
        let granted = |classes: &[Class]| stack.granted(classes);
        let same = self.same_account(&caller)?;
        let refused = self.refused(&caller, same, stack)?;
        let any: Vec<Set> = stack.grants.values().copied().collect();
        let allowed = match &caller {
            Caller::Service(_) => self.arena.union(any)?,
            Caller::Anonymous => self.arena.union(granted(&[Class::Wildcard]))?,
            Caller::Federated(_) => self.arena.union(granted(&[Class::Federated, Class::Wildcard]))?,
            Caller::Iam(_) | Caller::CanonicalUser(_) => {
                let (root, needs_session) = (IsRoot::of(&caller), NeedsSession::of(&caller));
                let own_side = self.own_side(stack, root, needs_session)?;
                let any = self.arena.union(any)?;
                let across = self.arena.intersection([any, own_side])?;
                let across = self.arena.difference([across], [same])?;
                let within = self.within_account(stack, root, needs_session)?;
                let within = self.arena.intersection([within, same])?;
                self.arena.union([across, within])?
            }
        };
        self.arena.difference([allowed], refused)
    }

    /// What IAM principals of some kind may on resources of their own account.
    fn within_account(
        &mut self,
        stack: &Stack<'_>,
        root: IsRoot,
        needs_session: NeedsSession,
    ) -> Outcome<Set> {
        let mut granted = vec![self.own_grants(|classes| stack.granted(classes), stack, needs_session)?];
        if root == IsRoot::Yes && stack.layers.session.is_empty() {
            granted.extend(stack.granted(&[Class::Account]));
        }
        let own_side = self.own_side(stack, root, needs_session)?;
        let delegated = self.arena.union(stack.granted(&[Class::Account, Class::Canonical]))?;
        let required = self.requires_resource_policy()?;
        let undelegated = self.arena.difference([required], [delegated])?;
        granted.push(self.arena.difference([own_side], [undelegated])?);
        self.arena.union(granted)
    }

    /// What grants of each class come to within an account without an identity policy (R-EVL-20).
    fn own_grants(
        &mut self,
        granted: impl Fn(&[Class]) -> Vec<Set>,
        stack: &Stack<'_>,
        needs_session: NeedsSession,
    ) -> Outcome<Set> {
        let mut direct = self.arena.union(granted(&[Class::Direct, Class::Wildcard]))?;
        if self.settings.direct_grants == DirectGrants::LimitedBySession {
            let session = self.session(stack, needs_session)?;
            direct = self.arena.intersection([direct, session])?;
        }
        let of_session = self.arena.union(granted(&[Class::RoleOfSession, Class::UserOfFederation]))?;
        let limits = self.limits(stack, needs_session)?;
        let of_session = self.arena.intersection([of_session, limits])?;
        self.arena.union([direct, of_session])
    }

    /// I, B and S of R-EVL-10.
    fn own_side(&mut self, stack: &Stack<'_>, root: IsRoot, needs_session: NeedsSession) -> Outcome<Set> {
        let limits = self.limits(stack, needs_session)?;
        let identity = if root == IsRoot::Yes { Set::FULL } else { self.passes(Layer::Identity, stack)? };
        self.arena.intersection([identity, limits])
    }

    /// B and S.
    fn limits(&mut self, stack: &Stack<'_>, needs_session: NeedsSession) -> Outcome<Set> {
        let boundary = self.passes(Layer::Boundary, stack)?;
        let session = self.session(stack, needs_session)?;
        self.arena.intersection([boundary, session])
    }

    /// S: a federated user's session needs a session policy (R-EVL-5).
    fn session(&mut self, stack: &Stack<'_>, needs_session: NeedsSession) -> Outcome<Set> {
        if needs_session == NeedsSession::Yes && stack.layers.session.is_empty() {
            return Ok(Set::EMPTY);
        }
        self.passes(Layer::Session, stack)
    }
}

/// Whether S3 restricts the bucket whose policy is there (R-EVL-62).
fn is_restricted(layers: &PolicyLayers) -> bool {
    let documents = layers.resource.iter().filter_map(|policy| policy.document.as_ref());
    layers.settings.public_buckets == PublicBuckets::Restricted
        && documents.into_iter().any(|document| document.parsed.policy.is_public())
}

/// Whether the caller is the root user, who needs no identity policy (R-EVL-52).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum IsRoot {
    Yes,
    No,
}

/// Whether the caller may nothing without a session policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NeedsSession {
    Yes,
    No,
}

impl IsRoot {
    fn of(caller: &Caller) -> IsRoot {
        if caller.is_root() { IsRoot::Yes } else { IsRoot::No }
    }
}

impl NeedsSession {
    /// R-EVL-5.
    fn of(caller: &Caller) -> NeedsSession {
        match caller.iam().map(|caller| &caller.kind) {
            Some(IamKind::FederatedUser(_)) => NeedsSession::Yes,
            _ => NeedsSession::No,
        }
    }
}

/// What a statement of a resource's policy grants to the caller.
struct Grant {
    /// Whatever its other policies say.
    free: Set,
    /// As far as they allow it.
    limited: Set,
    /// What they allow.
    limits: Set,
}

/// The layers, read.
struct Stack<'a> {
    layers: &'a PolicyLayers,
    scopes: &'a BTreeMap<Layer, Set>,
    groups: &'a BTreeMap<Layer, Vec<Set>>,
    /// What the resource's policy grants, by class.
    grants: BTreeMap<Class, Set>,
}

impl Stack<'_> {
    /// What the resource's policy grants to each of some classes.
    fn granted(&self, classes: &[Class]) -> Vec<Set> {
        classes.iter().filter_map(|class| self.grants.get(class).copied()).collect()
    }
}
