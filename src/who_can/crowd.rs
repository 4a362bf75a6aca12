//! Principals whose policies come to the same in a part of all requests.
//!
//! Each identity policy is made into sets once, whoever holds it, with all that only a principal tells left open. The
//! policies of one principal are the unions of such sets; those of two come to the same where the unions are equal, and
//! so do the statements about what only the principal tells.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::kind::{Kind, name};
use super::regions::RegionsError;
use crate::algebra::{Budget, Set};
use crate::analysis::{AnalysisError, Part, Subject};
use crate::arn::AccountId;
use crate::caller::Caller;
use crate::catalog::Catalog;
use crate::compile::{Callers, Compiler, KeyFacts, Typing, Universe};
use crate::context_keys::{Askers, global_key, key_kind};
use crate::eval::condition_holds;
use crate::knowledge::{Identified, Knowledge};
use crate::layers::{LayerPolicy, PolicyLayers};
use crate::policy::{Condition, Effect, Selector, Statement};
use crate::request::Value;
use crate::store::StoreError;
use crate::stored::{Everyone, Held, Holder, Subjects};

/// Principals by what their policies come to.
pub(crate) struct Crowd<'c, 's, 'a> {
    everyone: &'c Everyone,
    subjects: Subjects<'s, 'a>,
    compiler: Compiler,
    budget: Budget,
    /// The requests to which the statements of each policy apply, once it is asked for; none where its document is not
    /// known.
    policies: FxHashMap<usize, Option<Vec<Set>>>,
    here: InPart<'s, 'a>,
}

/// The part of all requests that is looked at.
struct InPart<'s, 'a> {
    /// What is stored of resources there.
    subjects: Subjects<'s, 'a>,
    within: Set,
    policies: FxHashMap<usize, Option<Compared>>,
    /// What the policies of organizations tell apart, by account.
    of_accounts: BTreeMap<Option<AccountId>, Own>,
    /// What the policies of resources do.
    of_resources: Own,
}

/// A policy in the part.
#[derive(Debug, Clone)]
struct Compared {
    effects: Effects,
    own: Own,
}

/// What tells principals of one kind apart.
#[derive(Debug, Clone, Default)]
struct Own {
    /// Conditions about what only the principal tells, by what they say.
    conditions: BTreeMap<String, Condition>,
    /// Such keys in resources.
    keys: BTreeSet<String>,
    /// Names and ids.
    names: BTreeSet<String>,
}

/// What a principal's policies come to: equal for those of equal access in the part.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Likeness {
    kind: Kind,
    alone: Option<String>,
    allowed: Set,
    denied: Set,
    /// Policies that are not told by sets: their documents are not known.
    unknown: bool,
    boundary: Vec<Option<Effects>>,
    own: BTreeSet<OwnTold>,
}

/// What a principal itself tells.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum OwnTold {
    /// Whether a condition holds: which, since two that come in another order are not the same.
    Holds(String, bool),
    /// What a key holds.
    Value(String, Option<Value>),
}

impl Own {
    fn add(&mut self, statement: &Statement) {
        let is_own = |condition: &&Condition| keys(condition).any(Identified::is_own);
        for condition in statement.conditions.iter().filter(is_own) {
            let values: Vec<&str> = condition.values.iter().map(|value| value.text.as_str()).collect();
            let says = format!("{} {} {values:?}", condition.operator, condition.key);
            self.conditions.insert(says, condition.clone());
        }
        let variables = statement.resource_segments().flat_map(|segment| segment.variables());
        let keys = variables.map(|variable| variable.key.clone());
        self.keys.extend(keys.filter(|key| Identified::is_own(key)));
        let entries = statement.principal.iter().flat_map(Selector::entries);
        self.names.extend(entries.filter_map(|entry| name(&entry.value)));
    }

    fn of<'p>(policies: impl IntoIterator<Item = &'p LayerPolicy>) -> Own {
        let mut own = Own::default();
        // Many roles have the same document.
        let mut seen = FxHashSet::default();
        for policy in policies {
            if policy.document.as_ref().is_some_and(|document| seen.insert(Arc::as_ptr(document))) {
                policy.statements().iter().for_each(|statement| own.add(statement));
            }
        }
        own
    }

    /// What a principal of which this is known tells.
    fn told(&self, knowledge: &Knowledge, told: &mut BTreeSet<OwnTold>) {
        let mut value = |key: &str| {
            let follows = || knowledge.follows(key).map(|template| Value::Single(template.to_string()));
            let begins = || knowledge.beginning(key).map(|begin| Value::Single(begin.to_owned()));
            let known = knowledge.known.get(key).cloned();
            told.insert(OwnTold::Value(key.to_owned(), known.or_else(follows).or_else(begins)));
        };
        self.keys.iter().for_each(|key| value(key));
        for condition in self.conditions.values() {
            let is_open = |key: &str| knowledge.is_unknown(key) || knowledge.follows(key).is_some();
            if keys(condition).any(is_open) {
                keys(condition).filter(|key| Identified::is_own(key)).for_each(&mut value);
            }
        }
        let holds = |of: &Condition| condition_holds(of, &knowledge.known);
        told.extend(self.conditions.iter().map(|(says, of)| OwnTold::Holds(says.clone(), holds(of))));
    }
}

impl<'c, 's, 'a> Crowd<'c, 's, 'a> {
    /// What is stored of resources is that of all parts that will be looked at; the first is all of it.
    pub(crate) fn new(
        everyone: &'c Everyone,
        subjects: Subjects<'s, 'a>,
        catalog: &Catalog,
        budget: Budget,
    ) -> Result<Self, StoreError> {
        let mut universe = Universe::new(Callers::Holder, Knowledge::default(), Typing::Typed);
        let facts = KeyFacts {
            kind: &|key| key_kind(key, catalog),
            always_present: &|key| {
                global_key(key).is_some_and(|known| known.is_always_present(Askers::IamPrincipals))
            },
        };
        let accounts: BTreeSet<_> =
            everyone.users_and_roles().map(|holder| &holder.principal.account).collect();
        let mut of_organizations = Vec::new();
        for account in accounts {
            of_organizations.extend(subjects.of_organizations(account.as_ref())?);
        }
        let policies = everyone.policies().iter().chain(subjects.of_resources()).chain(&of_organizations);
        universe.admit(policies.flat_map(LayerPolicy::statements), &facts);
        let here = InPart::new(everyone, subjects.clone(), Set::FULL)?;
        let compiler = Compiler::new(universe, budget);
        Ok(Crowd { everyone, subjects, compiler, budget, policies: FxHashMap::default(), here })
    }

    /// From here on, a part of all requests is looked at.
    pub(crate) fn turn_to(&mut self, part: &Part) -> Result<(), RegionsError> {
        self.compiler.arena().renew(self.budget);
        let within = self.compiler.requests(&part.actions, &part.resources)?;
        self.here = InPart::new(self.everyone, self.subjects.within(part), within)?;
        Ok(())
    }

    /// What somebody's policies come to, and those that say something in the part.
    pub(crate) fn likeness(&mut self, holder: &Holder) -> Result<(Likeness, PolicyLayers), RegionsError> {
        let caller = holder.caller().map(Caller::Iam).unwrap_or(Caller::Anonymous);
        let knowledge = &Knowledge::of(&caller);
        let everyone = self.everyone;
        let (mut own, mut unknown) = (BTreeSet::new(), false);
        let (mut allowed, mut denied) = (Vec::new(), Vec::new());
        let mut layers = PolicyLayers::default();
        for held in everyone.identity(holder) {
            match self.policy(held.policy)? {
                Some(Compared { effects, own: tells }) => {
                    if *effects == NOTHING {
                        continue;
                    }
                    allowed.push(effects.allowed);
                    denied.push(effects.denied);
                    tells.told(knowledge, &mut own);
                }
                None => unknown = true,
            }
            layers.identity.extend(everyone.policy(held));
        }
        let mut boundary = Vec::new();
        for &policy in everyone.boundary(holder) {
            let compared = self.policy(policy)?;
            boundary.push(compared.as_ref().map(|compared| compared.effects));
            compared.iter().for_each(|compared| compared.own.told(knowledge, &mut own));
            layers.boundary.extend(everyone.policy(Held { policy, group: None }));
        }
        let principal = &holder.principal;
        let around = [self.here.of_accounts.get(&principal.account), Some(&self.here.of_resources)];
        let is_named = |text: &String| around.iter().flatten().any(|own| own.names.contains(text));
        let is_named = is_named(&principal.name) || principal.unique_id.as_ref().is_some_and(is_named);
        around.iter().flatten().for_each(|around| around.told(knowledge, &mut own));
        let arena = self.compiler.arena();
        let likeness = Likeness {
            kind: Kind::of(holder),
            alone: is_named.then(|| principal.arn()),
            allowed: arena.union(allowed)?,
            denied: arena.union(denied)?,
            unknown,
            boundary,
            own,
        };
        Ok((likeness, layers))
    }

    /// Somebody with all that decides for it in the part; none of a group.
    pub(crate) fn subject(&mut self, holder: &Holder) -> Result<Option<Subject>, RegionsError> {
        let Some(caller) = holder.caller() else { return Ok(None) };
        let (_, own) = self.likeness(holder)?;
        Ok(Some(self.here.subjects.of(Caller::Iam(caller), Identified::Caller, own)?))
    }

    /// The requests to which each statement of a policy applies.
    fn sets(&mut self, number: usize) -> Result<Option<&[Set]>, AnalysisError> {
        if !self.policies.contains_key(&number) {
            self.compiler.arena().renew(self.budget);
            let sets = match self.everyone.policies().get(number) {
                Some(policy) if policy.document.is_some() => {
                    let statements = policy.statements().iter();
                    let sets =
                        statements.map(|statement| self.compiler.requests_of(statement, policy.policy_type));
                    Some(sets.collect::<Result<_, _>>()?)
                }
                _ => None,
            };
            self.policies.insert(number, sets);
        }
        Ok(self.policies.get(&number).and_then(Option::as_deref))
    }

    /// A policy in the part; none where its document is not known.
    fn policy(&mut self, number: usize) -> Result<&Option<Compared>, AnalysisError> {
        if !self.here.policies.contains_key(&number) {
            let compared = self.compare(number)?;
            self.here.policies.insert(number, compared);
        }
        Ok(self.here.policies.get(&number).unwrap_or(&None))
    }

    fn compare(&mut self, number: usize) -> Result<Option<Compared>, AnalysisError> {
        let Some(sets) = self.sets(number)?.map(<[Set]>::to_vec) else { return Ok(None) };
        let (mut allowed, mut denied, mut own) = (Vec::new(), Vec::new(), Own::default());
        let statements = self.everyone.policies().get(number).map_or(&[][..], LayerPolicy::statements);
        for (statement, set) in statements.iter().zip(sets) {
            let set = self.compiler.arena().intersection([set, self.here.within])?;
            if set != Set::EMPTY {
                own.add(statement);
                if statement.effect == Effect::Allow { allowed.push(set) } else { denied.push(set) }
            }
        }
        let arena = self.compiler.arena();
        let effects = Effects { allowed: arena.union(allowed)?, denied: arena.union(denied)? };
        Ok(Some(Compared { effects, own }))
    }
}

impl<'s, 'a> InPart<'s, 'a> {
    fn new(everyone: &Everyone, subjects: Subjects<'s, 'a>, within: Set) -> Result<Self, StoreError> {
        let mut of_accounts = BTreeMap::new();
        for holder in everyone.users_and_roles() {
            let account = &holder.principal.account;
            if !of_accounts.contains_key(account) {
                let policies = subjects.of_organizations(account.as_ref())?;
                of_accounts.insert(account.clone(), Own::of(&policies));
            }
        }
        let of_resources = Own::of(subjects.of_resources());
        Ok(InPart { subjects, within, policies: FxHashMap::default(), of_accounts, of_resources })
    }
}

/// The keys that a condition is about.
fn keys(condition: &Condition) -> impl Iterator<Item = &str> {
    let variables = condition.values.iter().flat_map(|value| value.pattern.variables());
    variables.map(|variable| variable.key.as_str()).chain([condition.key.as_str()])
}

/// What a policy says of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Effects {
    /// Those to which an Allow applies.
    allowed: Set,
    /// Those to which a Deny does.
    denied: Set,
}

const NOTHING: Effects = Effects { allowed: Set::EMPTY, denied: Set::EMPTY };
