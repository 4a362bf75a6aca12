//! A stored principal with everything that decides for it: its policies, its organization, and the policies of all
//! stored resources and roles, each on what it is attached to.
//!
//! The policies of resources stand together in one layer, each confined to its resource (the module `confine`), so that the
//! principal's own policies are read once and not once for each resource. A [`Situation`] of its own has only what
//! differs in more than its policy: the resources of another account, those whose tags matter, and those whose policy
//! cannot be confined. For the resources of other accounts that are not stored the RCPs of all those accounts stand
//! together, each confined to the accounts that it limits. A role that does not let the principal have a session is
//! left out, like one that is not stored.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::confine::{Place, confined, confined_to_all, held, is_apart};
use super::everyone::Documents;
use super::organization::{AttachedRcp, attached_rcps, levels, organization_keys, rcps_of_others, standing};
use super::{caller, layer_policy, policy_layers};
use crate::analysis::{Accounts, Part, Situation, Subject, alone};
use crate::arn::{AccountId, Arn};
use crate::caller::Caller;
use crate::catalog::Catalog;
use crate::compile::Callers;
use crate::context_keys::OWNER;
use crate::eval::{self, PrincipalClass, role_session_actions};
use crate::knowledge::{Identified, Knowledge};
use crate::layers::{Layer, LayerDocument, LayerPolicy, Level, PolicyLayers, Settings, Supposed};
use crate::policy::{Effect, PolicyType, ResourcePattern, Spanned};
use crate::request::{Action, Context, Value, fold};
use crate::store::{
    OrganizationPolicyType, Principal, PrincipalKind, Resource, Snapshot, Standing, StoreError, Whose,
};

/// Users and roles with all that decides for them. What is stored of resources is read once for all of them.
///
/// A request is in the effective set of a subject exactly where `can` says yes.
#[derive(Clone)]
pub struct Subjects<'s, 'a> {
    snapshot: &'s Snapshot<'a>,
    settings: Settings,
    stored: Vec<Rc<Stored>>,
    standings: RefCell<BTreeMap<AccountId, Option<Standing>>>,
    /// The RCPs of all accounts, once they are asked for.
    attached_rcps: OnceCell<Rc<[AttachedRcp]>>,
    /// Those of all but one, by that.
    rcps_of_others: RefCell<BTreeMap<AccountId, Vec<Level>>>,
    /// The policies of the VPC endpoint through which all requests come.
    endpoint: Vec<LayerPolicy>,
    /// What is asked about; none: any resource.
    asked: Vec<Spanned<ResourcePattern>>,
    /// The KMS keys and roles whose policies are stored, once that is asked for.
    known: OnceCell<Arc<[Spanned<ResourcePattern>]>>,
}

/// Whether what is not stored of resources matters to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unstored {
    /// It is supposed to allow what its own policies do ([`Supposed`]).
    Supposed,
    /// It allows nothing.
    HasNoPolicy,
}

/// A user or role with all that decides for it about a part of all requests; of a group, what it gives to its members.
/// `session` names the session of a role.
pub fn subject(
    snapshot: &Snapshot<'_>,
    principal: &Principal,
    session: Option<String>,
    catalog: &Catalog,
    part: &Part,
) -> Result<Subject, StoreError> {
    let own = policy_layers(snapshot, principal)?;
    match caller(snapshot, principal, session)? {
        Some(caller) => {
            Subjects::read(snapshot, catalog, part)?.of(Caller::Iam(caller), Identified::Caller, own)
        }
        None => Ok(alone(own.identity, PolicyType::Identity)),
    }
}

/// The service prefixes that support RCPs (R-EVL-39).
pub(super) fn rcp_services(catalog: &Catalog) -> Arc<BTreeSet<String>> {
    Arc::new(catalog.rcp_services().map(str::to_owned).collect())
}

impl<'s, 'a> Subjects<'s, 'a> {
    /// Reads what is stored of resources, as far as it decides about a part of all requests.
    pub fn read(
        snapshot: &'s Snapshot<'a>,
        catalog: &Catalog,
        part: &Part,
    ) -> Result<Subjects<'s, 'a>, StoreError> {
        let settings = Settings { rcp_services: Some(rcp_services(catalog)), ..Settings::default() };
        let mut subjects = Subjects {
            snapshot,
            settings,
            stored: Vec::new(),
            standings: RefCell::default(),
            attached_rcps: OnceCell::new(),
            rcps_of_others: RefCell::default(),
            endpoint: Vec::new(),
            asked: Vec::new(),
            known: OnceCell::new(),
        };
        for resource in snapshot.resources()? {
            subjects.stored.extend(Stored::of_resource(snapshot, resource)?.map(Rc::new));
        }
        if asks_for_sessions(part) {
            subjects.read_roles()?;
        }
        Ok(subjects.within(part))
    }

    /// What decides about a part of all requests.
    #[must_use]
    pub fn within(&self, part: &Part) -> Subjects<'s, 'a> {
        let asks_for_sessions = asks_for_sessions(part);
        let stored = self.stored.iter();
        let is_within = |stored: &&Rc<Stored>| {
            (asks_for_sessions || stored.trust().is_none())
                && (part.resources.is_empty() || !is_apart(&stored.place, &part.resources))
        };
        Subjects {
            snapshot: self.snapshot,
            settings: self.settings.clone(),
            stored: stored.filter(is_within).cloned().collect(),
            standings: self.standings.clone(),
            attached_rcps: self.attached_rcps.clone(),
            rcps_of_others: self.rcps_of_others.clone(),
            endpoint: self.endpoint.clone(),
            asked: part.resources.clone(),
            known: OnceCell::new(),
        }
    }

    /// The same, where all requests come through a VPC endpoint with these policies.
    #[must_use]
    pub fn through(self, endpoint: Vec<LayerPolicy>) -> Subjects<'s, 'a> {
        Subjects { endpoint, ..self }
    }

    /// A role whose trust policy is not known counts as one that is not stored: nobody can assume it.
    fn read_roles(&mut self) -> Result<(), StoreError> {
        let mut documents = Documents::new(self.snapshot);
        let mut trusts: FxHashMap<_, Arc<LayerDocument>> = FxHashMap::default();
        for row in self.snapshot.all_trust_policies(Whose::All)? {
            trusts.insert(row.of, documents.get(row.text, PolicyType::Trust)?);
        }
        for role in self.snapshot.principals(Some(PrincipalKind::Role))? {
            let Some((document, place)) = trusts.remove(&role.key).zip(Place::of_role(&role)) else {
                continue;
            };
            let name = format!("role/{}", role.name);
            let trust =
                layer_policy(name, "trust policy", PolicyType::Trust, None).with_document(Some(document));
            let stored = Stored {
                place,
                owner: role.account,
                policy: Some(trust),
                tags: Vec::new(),
                confined: OnceCell::new(),
            };
            self.stored.push(Rc::new(stored));
        }
        Ok(())
    }

    /// The subject that somebody stored is, with these policies of its own. Of KMS keys, of roles and of other accounts'
    /// resources those whose policies are not known are supposed to allow what these do ([`Supposed`]).
    pub fn of(
        &self,
        caller: Caller,
        identified: Identified,
        own: PolicyLayers,
    ) -> Result<Subject, StoreError> {
        self.subject(caller, identified, own, Unstored::Supposed)
    }

    /// The subject that somebody is of whom only so much is known: it may what stored resources grant.
    pub fn of_outsider(
        &self,
        caller: Caller,
        identified: Identified,
        own: PolicyLayers,
    ) -> Result<Subject, StoreError> {
        self.subject(caller, identified, own, Unstored::HasNoPolicy)
    }

    fn subject(
        &self,
        caller: Caller,
        identified: Identified,
        own: PolicyLayers,
        unstored: Unstored,
    ) -> Result<Subject, StoreError> {
        let own_account = caller.account().cloned();
        let mut knowledge = Knowledge::of_so_much(&caller, identified);
        let own_standing = self.standing(own_account.as_ref())?;
        let keys = own_standing.iter().flat_map(|standing| organization_keys("aws:Principal", standing));
        for (key, value) in keys {
            knowledge.known.set(&key, value);
        }
        knowledge.settle_followers();
        let layers = PolicyLayers {
            scp: own_standing
                .iter()
                .flat_map(|standing| levels(standing, OrganizationPolicyType::Scp))
                .collect(),
            settings: Settings {
                supposed: (unstored == Unstored::Supposed).then(|| Supposed { but: self.known() }),
                ..self.settings.clone()
            },
            ..own
        };
        let found = Found::of(self, own_account, layers, &caller)?;
        let subject = Subject {
            callers: Callers::One(caller),
            knowledge,
            situations: found.situations(),
            told: vec![Layer::Identity, Layer::Resource],
        };
        Ok(subject.through(&self.endpoint))
    }

    /// The policies of resources, the trust policies of roles, and those of the endpoint.
    pub fn of_resources(&self) -> impl Iterator<Item = &LayerPolicy> {
        self.stored.iter().filter_map(|stored| stored.policy.as_ref()).chain(&self.endpoint)
    }

    /// Whether resources of other accounts than this are asked about, as far as their patterns say.
    fn asks_across_accounts(&self, own: &AccountId) -> bool {
        let may_be_of_another = |entry: &Spanned<ResourcePattern>| match &entry.value {
            ResourcePattern::Arn(segments) if segments.len() == 6 => {
                let account = segments.get(4).and_then(|account| account.as_text());
                !account.is_some_and(|account| account.is_empty() || account == own.as_str())
            }
            ResourcePattern::Arn(_) | ResourcePattern::Every => true,
        };
        self.asked.is_empty() || self.asked.iter().any(may_be_of_another)
    }

    /// The KMS keys and roles whose policies are stored, as patterns.
    fn known(&self) -> Arc<[Spanned<ResourcePattern>]> {
        let known = || {
            let stored = self.stored.iter().filter(|stored| stored.policy.is_some());
            let stored = stored.filter(|stored| stored.place.requires_policy());
            stored.flat_map(|stored| stored.place.entries()).collect()
        };
        Arc::clone(self.known.get_or_init(known))
    }

    /// The accounts that own some of the resources.
    pub fn owners(&self) -> impl Iterator<Item = &AccountId> {
        self.stored.iter().filter_map(|stored| stored.owner.as_ref())
    }

    /// The SCPs of an account, and the RCPs of all accounts whose resources its principals are asked about, its own among
    /// them.
    pub fn of_organizations(&self, account: Option<&AccountId>) -> Result<Vec<LayerPolicy>, StoreError> {
        let mut found = Vec::new();
        let mut add = |level: Level| found.extend(level.policies);
        if let Some(standing) = self.standing(account)? {
            levels(&standing, OrganizationPolicyType::Scp).into_iter().for_each(&mut add);
        }
        let owners: BTreeSet<Option<&AccountId>> =
            self.stored.iter().map(|stored| stored.owner.as_ref()).chain([account]).collect();
        for owner in owners {
            if let Some(standing) = self.standing(owner)? {
                levels(&standing, OrganizationPolicyType::Rcp).into_iter().for_each(&mut add);
            }
        }
        if let Some(own) = account.filter(|own| self.asks_across_accounts(own)) {
            self.rcps_of_others(own)?.into_iter().for_each(&mut add);
        }
        Ok(found)
    }

    /// The RCPs that limit who uses the resources of other accounts than this.
    fn rcps_of_others(&self, own: &AccountId) -> Result<Vec<Level>, StoreError> {
        if let Some(known) = self.rcps_of_others.borrow().get(own) {
            return Ok(known.clone());
        }
        let attached = match self.attached_rcps.get() {
            Some(known) => known,
            None => {
                let read = attached_rcps(self.snapshot)?.into();
                self.attached_rcps.get_or_init(|| read)
            }
        };
        let found = rcps_of_others(attached, own);
        self.rcps_of_others.borrow_mut().insert(own.clone(), found.clone());
        Ok(found)
    }

    fn standing(&self, account: Option<&AccountId>) -> Result<Option<Standing>, StoreError> {
        let Some(account) = account else { return Ok(None) };
        if let Some(known) = self.standings.borrow().get(account) {
            return Ok(known.clone());
        }
        let found = standing(self.snapshot, Some(account))?;
        self.standings.borrow_mut().insert(account.clone(), found.clone());
        Ok(found)
    }

    fn owner(&self, account: Option<&AccountId>) -> Result<Owner, StoreError> {
        let mut owner = Owner::default();
        if let Some(standing) = self.standing(account)? {
            owner.rcp = levels(&standing, OrganizationPolicyType::Rcp);
            for (key, value) in organization_keys("aws:Resource", &standing) {
                owner.known.set(&key, value);
            }
        }
        Ok(owner)
    }
}

/// Whether a part has requests that a trust policy decides.
fn asks_for_sessions(part: &Part) -> bool {
    let is_asked = |action: Action| part.actions.iter().any(|of| eval::matches_action(&of.value, &action));
    part.actions.is_empty() || role_session_actions().any(is_asked)
}

/// What is stored of resources, beside the layers of the principal.
struct Found {
    layers: PolicyLayers,
    stored: Vec<Placed>,
    own: Owner,
    /// Other accounts that own some of the resources.
    others: BTreeMap<AccountId, Owner>,
    /// The RCPs of other accounts' resources that are not stored, if those are asked about.
    of_unstored: Option<Vec<Level>>,
}

/// What follows from whose a resource is.
#[derive(Debug, Clone, Default)]
struct Owner {
    rcp: Vec<Level>,
    known: Context,
}

/// Where a policy or tags are.
#[derive(Debug, Clone)]
struct Stored {
    place: Place,
    owner: Option<AccountId>,
    policy: Option<LayerPolicy>,
    tags: Vec<(String, String)>,
    /// The policy on its place, once it is asked for; none where it cannot be confined.
    confined: OnceCell<Option<LayerPolicy>>,
}

/// As it stands to a principal.
struct Placed {
    stored: Rc<Stored>,
    /// Whose it is, where that is another account than the principal's.
    owner: Option<AccountId>,
    /// Whether its tags matter.
    is_tagged: bool,
}

impl Found {
    fn of(
        subjects: &Subjects<'_, '_>,
        own_account: Option<AccountId>,
        layers: PolicyLayers,
        caller: &Caller,
    ) -> Result<Found, StoreError> {
        let own = subjects.owner(own_account.as_ref())?;
        let mut trusting = Trusting::new(&layers, caller);
        let mattering = subjects.stored.iter().filter(|stored| trusting.matters(stored));
        let placed = |stored: &Rc<Stored>| Placed {
            stored: Rc::clone(stored),
            owner: stored.owner.clone().filter(|owner| own_account.as_ref() != Some(owner)),
            is_tagged: !stored.tags.is_empty(),
        };
        let stored = mattering.map(placed).collect();
        let supposes = layers.settings.supposed.is_some();
        let asking = own_account.as_ref().filter(|own| supposes && subjects.asks_across_accounts(own));
        let of_unstored = asking.map(|own| subjects.rcps_of_others(own)).transpose()?;
        let mut found = Found { layers, stored, own, others: BTreeMap::new(), of_unstored };
        for placed in &found.stored {
            if let Some(owner) = &placed.owner
                && !found.others.contains_key(owner)
            {
                let mut read = subjects.owner(Some(owner))?;
                read.known.set(OWNER, Value::Single(owner.as_str().to_owned()));
                found.others.insert(owner.clone(), read);
            }
        }
        found.split_by_tags();
        Ok(found)
    }

    /// Tags are of the bucket and not of its objects, as of every holder and what lies in it, and matter only where some policy looks at them.
    fn split_by_tags(&mut self) {
        let levels = self.others.values().chain([&self.own]).flat_map(|owner| &owner.rcp);
        let policies = levels.flat_map(|level| &level.policies);
        let policies = policies.chain(self.stored.iter().filter_map(|placed| placed.stored.policy.as_ref()));
        let statements = policies.flat_map(LayerPolicy::statements);
        let mut statements = statements.chain(self.layers.statements().map(|(_, statement)| statement));
        let matter = statements
            .any(|statement| statement.context_keys().any(|key| fold(key).starts_with("aws:resourcetag/")));
        let mut split = Vec::new();
        for mut placed in std::mem::take(&mut self.stored) {
            placed.is_tagged &= matter;
            match &placed.stored.place {
                Place::Holder { arn, within } if placed.is_tagged => {
                    let held = Place::Held { arn: arn.clone(), within: within.clone() };
                    for (place, is_tagged) in [(held, false), (Place::One(arn.clone()), true)] {
                        let stored =
                            Stored { place, confined: OnceCell::new(), ..Stored::clone(&placed.stored) };
                        split.push(Placed {
                            stored: Rc::new(stored),
                            owner: placed.owner.clone(),
                            is_tagged,
                        });
                    }
                }
                _ => split.push(placed),
            }
        }
        self.stored = split;
    }

    /// First all that is of no other, then those with one resource each, then those of other accounts, the last of what is
    /// not stored of them.
    fn situations(self) -> Vec<Situation> {
        let mut situations = Vec::new();
        let mut resources: BTreeMap<Option<AccountId>, PolicyLayers> = BTreeMap::new();
        resources.insert(None, self.layers.clone());
        let mut together: BTreeMap<Option<AccountId>, Vec<&Placed>> = BTreeMap::new();
        let mut apart = Vec::new();
        // Roles that trust by one document stand together in one policy.
        let mut trusting: FxHashMap<_, (&LayerPolicy, Vec<&Place>)> = FxHashMap::default();
        let held = held(self.stored.iter().map(|placed| &placed.stored.place));
        let inner: FxHashSet<usize> = held.iter().flatten().copied().collect();
        for (nth, (placed, held)) in self.stored.iter().zip(&held).enumerate() {
            // It lies in the place of another, or another in its.
            let crosses = !held.is_empty() || inner.contains(&nth);
            let Placed { stored, owner, is_tagged } = placed;
            let confined = stored.confined();
            let is_unknown = owner.is_some() && stored.is_unknown();
            if *is_tagged || crosses || is_unknown || (confined.is_none() && stored.policy.is_some()) {
                apart.push((placed, held));
                continue;
            }
            let layers = resources.entry(owner.clone()).or_insert_with(|| self.layers.clone());
            together.entry(owner.clone()).or_default().push(placed);
            match stored.trust() {
                Some((policy, document)) => {
                    let alike = (owner.clone(), Arc::as_ptr(document));
                    let (_, places) = trusting.entry(alike).or_insert_with(|| (policy, Vec::new()));
                    places.push(&stored.place);
                }
                None => layers.resource.extend(confined.cloned()),
            }
        }
        // In the order of the first role of each.
        let mut trusting: Vec<_> = trusting.into_iter().collect();
        trusting.sort_by(|(_, (one, _)), (_, (other, _))| one.name.cmp(&other.name));
        for ((owner, _), (policy, places)) in trusting {
            let layers = resources.entry(owner).or_insert_with(|| self.layers.clone());
            layers.resource.extend(confined_to_all(policy, &places));
        }
        // What is in the place of another comes before it.
        apart.sort_by_key(|(placed, _)| !matches!(placed.stored.place, Place::One(_)));
        for (Placed { stored, owner, is_tagged }, held) in apart {
            let mut layers = self.layers.clone();
            layers.resource.extend(stored.policy.clone());
            let supposed = layers.settings.supposed.clone().filter(|_| stored.is_unknown());
            let mut situation = self.owned(layers, owner.as_ref());
            if owner.is_some() {
                situation.layers.settings.supposed = supposed;
            }
            for (key, value) in stored.tags.iter().filter(|_| *is_tagged) {
                situation.known.set(&format!("aws:ResourceTag/{key}"), Value::Single(value.clone()));
            }
            let within = held.iter().filter_map(|nth| self.stored.get(*nth));
            situation.but_not_on = within.flat_map(|other| other.stored.place.entries()).collect();
            situation.on = Some(stored.place.entries());
            situations.push(situation);
        }
        let mut rest = None;
        for (owner, layers) in resources {
            let mut situation = self.owned(layers, owner.as_ref());
            match owner {
                None => rest = Some(situation),
                Some(_) => {
                    let places = together.get(&owner).into_iter().flatten();
                    situation.on = Some(places.flat_map(|placed| placed.stored.place.entries()).collect());
                    situations.push(situation);
                }
            }
        }
        let but_not_on = situations.iter().flat_map(|situation| situation.on.clone().unwrap_or_default());
        let but_not_on: Vec<_> = but_not_on.collect();
        let supposes = self.layers.settings.supposed.is_some();
        let accounts = if supposes { Accounts::Own } else { Accounts::Any };
        let rest = rest.map(|rest| Situation { but_not_on: but_not_on.clone(), accounts, ..rest });
        let of_others = self.of_unstored.map(|rcp| Situation {
            layers: PolicyLayers { rcp, ..self.layers },
            but_not_on,
            accounts: Accounts::Others,
            ..Situation::default()
        });
        rest.into_iter().chain(situations).chain(of_others).collect()
    }

    fn owned(&self, layers: PolicyLayers, owner: Option<&AccountId>) -> Situation {
        let of = owner.and_then(|owner| self.others.get(owner)).unwrap_or(&self.own).clone();
        let mut layers = PolicyLayers { rcp: of.rcp, ..layers };
        if owner.is_some() {
            layers.settings.supposed = None;
        }
        Situation { layers, resource_account: owner.cloned(), known: of.known, ..Situation::default() }
    }
}

impl Stored {
    /// Its trust policy, if it is a role.
    fn trust(&self) -> Option<(&LayerPolicy, &Arc<LayerDocument>)> {
        let policy = self.policy.as_ref().filter(|policy| policy.policy_type == PolicyType::Trust)?;
        Some((policy, policy.document.as_ref()?))
    }

    /// Whether it has a policy that is not stored.
    fn is_unknown(&self) -> bool {
        self.policy.is_none() && self.place.requires_policy()
    }

    /// Its policy on its place; none where it has none, or it cannot be confined.
    fn confined(&self) -> Option<&LayerPolicy> {
        let confined = || confined(self.policy.as_ref()?, &self.place);
        self.confined.get_or_init(confined).as_ref()
    }

    fn of_resource(snapshot: &Snapshot<'_>, resource: Resource) -> Result<Option<Stored>, StoreError> {
        let Some(arn) = Arn::parse(&resource.arn) else { return Ok(None) };
        let policy_type = resource.policy_type();
        let document = resource.guarding_policy();
        let read =
            |document| layer_policy(resource.arn.clone(), "resource policy", policy_type, Some(document));
        Ok(Some(Stored {
            place: Place::of_resource(arn),
            policy: document.map(read),
            tags: snapshot.resource_tags(resource.key)?,
            owner: resource.account,
            confined: OnceCell::new(),
        }))
    }
}

/// Which trust policies can let a caller have a session.
struct Trusting<'a> {
    layers: &'a PolicyLayers,
    caller: &'a Caller,
    /// Whether its identity policies can allow that; those that are not known might.
    is_allowed: bool,
    /// By document: many roles have the same.
    known: FxHashMap<*const LayerDocument, bool>,
}

impl<'a> Trusting<'a> {
    fn new(layers: &'a PolicyLayers, caller: &'a Caller) -> Trusting<'a> {
        let allows = |policy: &LayerPolicy| {
            let mut allowing = policy.statements().iter().filter(|of| of.effect == Effect::Allow);
            policy.document.is_none()
                || allowing.any(|of| role_session_actions().any(|action| eval::is_about_action(of, &action)))
        };
        let is_allowed = layers.identity.iter().any(allows);
        Trusting { layers, caller, is_allowed, known: FxHashMap::default() }
    }

    fn matters(&mut self, stored: &Stored) -> bool {
        match stored.trust() {
            // A session is had by credentials (STS API reference, AssumeRole).
            Some(_) if *self.caller == Caller::Anonymous => false,
            Some((policy, document)) => {
                let (layers, caller, is_allowed) = (self.layers, self.caller, self.is_allowed);
                *self.known.entry(Arc::as_ptr(document)).or_insert_with(|| {
                    let allowing = policy.statements().iter().filter(|of| of.effect == Effect::Allow);
                    let mut classes = allowing.flat_map(|of| eval::classes(of, caller, layers));
                    // A grant to the account leaves it to the identity policies (R-EVL-20, R-EVL-30).
                    let delegates = [PrincipalClass::Account, PrincipalClass::Canonical];
                    classes.any(|class| is_allowed || !delegates.contains(&class))
                })
            }
            None => true,
        }
    }
}
