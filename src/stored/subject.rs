//! A stored principal with everything that decides for it: its policies, its organization, and the policies of all
//! stored resources and roles, each on what it is attached to.
//!
//! The policies of resources stand together in one layer, each confined to its resource (the module `confine`), so that the
//! principal's own policies are read once and not once for each resource. A [`Situation`] of its own has only what
//! differs in more than its policy: the resources of another account, those whose tags matter, and those whose policy
//! cannot be confined.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::confine::{Place, confined};
use super::{TypeOf, caller, layer_policy, levels, organization_keys, policy_layers, standing, trust_of};
use crate::analysis::{Situation, Subject, alone};
use crate::arn::{AccountId, Arn};
use crate::caller::Caller;
use crate::catalog::Catalog;
use crate::compile::Callers;
use crate::knowledge::Knowledge;
use crate::layers::{Layer, LayerPolicy, Level, PolicyLayers, Settings};
use crate::policy::PolicyType;
use crate::request::{Context, Value, fold};
use crate::store::{Principal, PrincipalKind, Resource, Snapshot, StoreError};

/// A user or role with all that decides for it; of a group, what it gives to its members.
///
/// A request is in its effective set exactly where `can` says yes. `session` names the session of a role.
pub fn subject(
    snapshot: &Snapshot<'_>,
    principal: &Principal,
    session: Option<String>,
    catalog: &Catalog,
) -> Result<Subject, StoreError> {
    let own = policy_layers(snapshot, principal)?;
    let Some(caller) = caller(snapshot, principal, session)? else {
        return Ok(alone(own.identity, PolicyType::Identity));
    };
    let own_account = caller.account.clone();
    let caller = Caller::Iam(caller);
    let mut knowledge = Knowledge::of(&caller);
    let own_standing = standing(snapshot, own_account.as_ref())?;
    for (key, value) in own_standing.iter().flat_map(|standing| organization_keys("aws:Principal", standing))
    {
        knowledge.known.set(&key, value);
    }
    knowledge.settle_followers();
    let layers = PolicyLayers {
        scp: own_standing.iter().flat_map(|standing| levels(standing, TypeOf::Scp)).collect(),
        settings: Settings { rcp_services: Some(rcp_services(catalog)), ..Settings::default() },
        ..own
    };
    let found = Found::new(snapshot, own_account, layers)?;
    Ok(Subject {
        callers: Callers::One(caller),
        knowledge,
        situations: found.situations(),
        told: vec![Layer::Identity, Layer::Resource],
    })
}

/// The service prefixes that support RCPs (R-EVL-39).
pub(super) fn rcp_services(catalog: &Catalog) -> Arc<BTreeSet<String>> {
    Arc::new(catalog.rcp_services().map(str::to_owned).collect())
}

/// What is stored of resources, beside the layers of the principal.
struct Found {
    layers: PolicyLayers,
    stored: Vec<Stored>,
    own: Owner,
    /// Other accounts that own some of the resources.
    others: BTreeMap<AccountId, Owner>,
}

/// What follows from whose a resource is.
#[derive(Debug, Clone, Default)]
struct Owner {
    rcp: Vec<Level>,
    known: Context,
}

/// Where a policy or tags are.
struct Stored {
    place: Place,
    /// Whose it is, where that is another account than the principal's.
    owner: Option<AccountId>,
    policy: Option<LayerPolicy>,
    tags: Vec<(String, String)>,
}

impl Owner {
    fn read(snapshot: &Snapshot<'_>, account: Option<&AccountId>) -> Result<Owner, StoreError> {
        let mut owner = Owner::default();
        if let Some(standing) = standing(snapshot, account)? {
            owner.rcp = levels(&standing, TypeOf::Rcp);
            for (key, value) in organization_keys("aws:Resource", &standing) {
                owner.known.set(&key, value);
            }
        }
        Ok(owner)
    }
}

impl Found {
    fn new(
        snapshot: &Snapshot<'_>,
        own_account: Option<AccountId>,
        layers: PolicyLayers,
    ) -> Result<Found, StoreError> {
        let own = Owner::read(snapshot, own_account.as_ref())?;
        let mut found = Found { layers, stored: Vec::new(), own, others: BTreeMap::new() };
        for resource in snapshot.resources()? {
            found.stored.extend(Stored::of_resource(snapshot, resource)?);
        }
        for role in snapshot.principals(Some(PrincipalKind::Role))? {
            found.stored.extend(Stored::of_role(snapshot, &role)?);
        }
        for stored in &mut found.stored {
            stored.owner.take_if(|owner| own_account.as_ref() == Some(owner));
            if let Some(owner) = &stored.owner
                && !found.others.contains_key(owner)
            {
                let mut read = Owner::read(snapshot, Some(owner))?;
                read.known.set("aws:ResourceAccount", Value::Single(owner.as_str().to_owned()));
                found.others.insert(owner.clone(), read);
            }
        }
        found.split_by_tags();
        Ok(found)
    }

    /// Tags are of the bucket and not of its objects, and matter only where some policy looks at them.
    fn split_by_tags(&mut self) {
        let levels = self.others.values().chain([&self.own]).flat_map(|owner| &owner.rcp);
        let policies = levels.flat_map(|level| &level.policies);
        let policies = policies.chain(self.stored.iter().filter_map(|stored| stored.policy.as_ref()));
        let statements = policies.flat_map(LayerPolicy::statements);
        let mut statements = statements.chain(self.layers.statements().map(|(_, statement)| statement));
        let matter = statements
            .any(|statement| statement.context_keys().any(|key| fold(key).starts_with("aws:resourcetag/")));
        let mut split = Vec::new();
        for mut stored in std::mem::take(&mut self.stored) {
            if !matter {
                stored.tags.clear();
            }
            match &stored.place {
                Place::Bucket(arn) if !stored.tags.is_empty() => {
                    let (owner, policy) = (stored.owner.clone(), stored.policy.clone());
                    let place = Place::Objects(arn.clone());
                    split.push(Stored { place, owner, policy, tags: Vec::new() });
                    split.push(Stored { place: Place::One(arn.clone()), ..stored });
                }
                _ => split.push(stored),
            }
        }
        self.stored = split;
    }

    /// First those with one resource each, then those of other accounts, then all the rest.
    fn situations(self) -> Vec<Situation> {
        let crossing: Vec<bool> = self.stored.iter().map(|stored| self.crosses(stored)).collect();
        let mut situations = Vec::new();
        let mut resources: BTreeMap<Option<AccountId>, PolicyLayers> = BTreeMap::new();
        resources.insert(None, self.layers.clone());
        let mut together: BTreeMap<Option<AccountId>, Vec<&Stored>> = BTreeMap::new();
        let mut apart = Vec::new();
        for (stored, crosses) in self.stored.iter().zip(crossing) {
            let confined = match &stored.policy {
                Some(policy) => confined(policy, &stored.place).map(Some),
                None => Some(None),
            };
            match confined {
                Some(policy) if stored.tags.is_empty() && !crosses => {
                    let layers = resources.entry(stored.owner.clone()).or_insert_with(|| self.layers.clone());
                    layers.resource.extend(policy);
                    together.entry(stored.owner.clone()).or_default().push(stored);
                }
                _ => apart.push(stored),
            }
        }
        // What is in the place of another comes before it.
        apart.sort_by_key(|stored| !matches!(stored.place, Place::One(_)));
        for stored in apart {
            let mut layers = self.layers.clone();
            layers.resource.extend(stored.policy.clone());
            let mut situation = self.owned(layers, stored.owner.as_ref());
            for (key, value) in &stored.tags {
                situation.known.set(&format!("aws:ResourceTag/{key}"), Value::Single(value.clone()));
            }
            let within = self.stored.iter().filter(|other| stored.place.holds_all_of(&other.place));
            situation.but_not_on = within.flat_map(|other| other.place.entries()).collect();
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
                    situation.on = Some(places.flat_map(|stored| stored.place.entries()).collect());
                    situations.push(situation);
                }
            }
        }
        let but_not_on = situations.iter().flat_map(|situation| situation.on.clone().unwrap_or_default());
        let rest = rest.map(|rest| Situation { but_not_on: but_not_on.collect(), ..rest });
        rest.into_iter().chain(situations).collect()
    }

    fn owned(&self, layers: PolicyLayers, owner: Option<&AccountId>) -> Situation {
        let of = owner.and_then(|owner| self.others.get(owner)).unwrap_or(&self.own).clone();
        Situation {
            layers: PolicyLayers { rcp: of.rcp, ..layers },
            resource_account: owner.cloned(),
            known: of.known,
            ..Situation::default()
        }
    }

    /// Whether it lies in the place of another, or another in its.
    fn crosses(&self, stored: &Stored) -> bool {
        let holds = |outer: &Stored, inner: &Stored| outer.place.holds_all_of(&inner.place);
        self.stored.iter().any(|other| holds(stored, other) || holds(other, stored))
    }
}

impl Stored {
    fn of_resource(snapshot: &Snapshot<'_>, resource: Resource) -> Result<Option<Stored>, StoreError> {
        let Some(arn) = Arn::parse(&resource.arn) else { return Ok(None) };
        let policy_type = resource.policy_type();
        let document = resource.policy.as_ref();
        let read =
            |document| layer_policy(resource.arn.clone(), "resource policy", policy_type, Some(document));
        Ok(Some(Stored {
            place: Place::of_resource(arn),
            policy: document.map(read),
            tags: snapshot.resource_tags(resource.key)?,
            owner: resource.account,
        }))
    }

    /// A role whose trust policy is not known counts as one that is not stored: nobody can assume it.
    fn of_role(snapshot: &Snapshot<'_>, role: &Principal) -> Result<Option<Stored>, StoreError> {
        let trust = trust_of(snapshot, role)?;
        let place = trust.document.is_some().then(|| Place::of_role(role)).flatten();
        let (policy, tags) = (Some(trust), Vec::new());
        Ok(place.map(|place| Stored { place, owner: role.account.clone(), policy, tags }))
    }
}
