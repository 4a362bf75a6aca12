//! Whose permissions are asked about, and by which policies: what every question of the analysis takes.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::arn::AccountId;
use crate::caller::Caller;
use crate::compile::Callers;
use crate::context_keys::OWNER;
use crate::eval::{Evaluation, authorize};
use crate::knowledge::Knowledge;
use crate::layers::{Layer, LayerPolicy, PolicyLayers, Supposed};
use crate::policy::{ResourcePattern, Selector, Spanned};
use crate::request::{Action, Context, Request, Resource, Value};

/// Whose permissions, by which policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Who asks.
    pub callers: Callers,
    /// What is known of every request's context.
    pub knowledge: Knowledge,
    /// The policies, each stack with the resources for which it holds.
    pub situations: Vec<Situation>,
    /// The layers whose statements are told; the others only limit.
    pub told: Vec<Layer>,
}

/// Policies, and the resources for which they hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Situation {
    /// The policies.
    pub layers: PolicyLayers,
    /// The resources; none: all but the exceptions.
    pub on: Option<Vec<Spanned<ResourcePattern>>>,
    /// Resources for which another situation holds.
    pub but_not_on: Vec<Spanned<ResourcePattern>>,
    /// In which accounts they are.
    pub accounts: Accounts,
    /// Whose the resources are, where that is known (R-EVL-11).
    pub resource_account: Option<AccountId>,
    /// What is known of the context of requests on them, beside what is known of all.
    pub known: Context,
}

/// In which accounts resources are, seen from the one who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Accounts {
    /// In any.
    #[default]
    Any,
    /// In its own (R-EVL-11).
    Own,
    /// In others.
    Others,
}

impl Subject {
    /// Whom its policies name and who is in no answer ([`PolicyLayers::not_modelled`]).
    pub fn not_modelled(&self) -> BTreeSet<String> {
        self.situations.iter().flat_map(|situation| situation.layers.not_modelled()).collect()
    }

    /// The names of the policies that decide and whose documents are not known (R-EVL-64).
    pub fn unknown(&self) -> BTreeSet<&str> {
        let layers = self.situations.iter().map(|situation| &situation.layers);
        layers.flat_map(PolicyLayers::unknown).map(|policy| policy.name.as_str()).collect()
    }

    /// The accounts that resources are known to be of, or are compared with.
    pub(super) fn owners(&self, asked: &[Spanned<ResourcePattern>]) -> BTreeSet<AccountId> {
        let own = match &self.callers {
            Callers::One(caller) => caller.account().cloned(),
            Callers::Holder | Callers::Any | Callers::InAccount => None,
        };
        let known = self.situations.iter().filter_map(|situation| situation.resource_account.clone());
        let statements = || self.situations.iter().flat_map(|situation| situation.layers.statements());
        let conditions = statements().flat_map(|(_, statement)| &statement.conditions);
        let values = conditions.filter(|of| of.key.eq_ignore_ascii_case(OWNER)).flat_map(|of| &of.values);
        let compared = values.filter_map(|value| AccountId::parse(&value.text));
        let resources = statements().flat_map(|(_, statement)| statement.resource.iter());
        let resources = resources.flat_map(Selector::entries).chain(asked);
        let named = resources.filter_map(|entry| match &entry.value {
            ResourcePattern::Arn(segments) => AccountId::parse(segments.get(4)?.as_text()?),
            ResourcePattern::Every => None,
        });
        own.into_iter().chain(known).chain(compared).chain(named).collect()
    }

    /// The same, if every document that is not known allowed everything.
    #[must_use]
    pub(super) fn hoped_for(&self) -> Subject {
        let mut subject = self.clone();
        for situation in &mut subject.situations {
            if let Some(layers) = situation.layers.with_unknown_allowing() {
                situation.layers = layers;
            }
        }
        subject
    }

    /// Two that are compared, of which nothing is supposed that either knows: what becomes known takes nothing away, and what
    /// it grants is gained. None where both know of the same.
    pub(super) fn supposing_alike(old: &Subject, new: &Subject) -> Option<[Subject; 2]> {
        fn known(subject: &Subject) -> Option<Vec<&Spanned<ResourcePattern>>> {
            let rest = subject.situations.iter().find(|of| of.accounts != Accounts::Any)?;
            let Supposed { but } = rest.layers.settings.supposed.as_ref()?;
            let others = subject.situations.iter().filter(|of| of.resource_account.is_some());
            let others = others.filter(|of| of.layers.settings.supposed.is_none());
            Some(but.iter().chain(others.flat_map(|of| of.on.iter().flatten())).collect())
        }
        let (old_known, new_known) = (known(old)?, known(new)?);
        if old_known == new_known {
            return None;
        }
        let but: Arc<[_]> = old_known.into_iter().chain(new_known).cloned().collect();
        Some([old, new].map(|subject| {
            let mut subject = subject.clone();
            for situation in &mut subject.situations {
                if let Some(supposed) = &mut situation.layers.settings.supposed {
                    supposed.but = Arc::clone(&but);
                }
            }
            subject
        }))
    }

    /// The same, to whom no policy applies.
    #[must_use]
    pub fn without_policies(&self) -> Subject {
        let situation = |of: &Situation| Situation {
            layers: PolicyLayers { settings: of.layers.settings.clone(), ..PolicyLayers::default() },
            ..of.clone()
        };
        Subject { situations: self.situations.iter().map(situation).collect(), ..self.clone() }
    }

    /// The subject in contexts of which more is said, key by key: a value, or that it is absent.
    #[must_use]
    pub fn with_context(mut self, given: &[(String, Option<Value>)]) -> Subject {
        for (key, _) in given {
            self.situations.iter_mut().for_each(|situation| situation.known.remove(key));
        }
        self.knowledge.say(given);
        self
    }

    /// The subject as it asks through a VPC endpoint with these policies (R-EVL-57).
    #[must_use]
    pub fn through(mut self, endpoint: &[LayerPolicy]) -> Subject {
        for situation in &mut self.situations {
            situation.layers.vpc_endpoint = endpoint.to_vec();
        }
        self
    }

    /// The subject with one policy in the place of its own policies and of all that limits it. The policies of
    /// resources, and what limits those, stay.
    #[must_use]
    pub fn with_only(&self, policy: &LayerPolicy) -> Subject {
        let mut subject = self.clone();
        for situation in &mut subject.situations {
            let PolicyLayers { resource, rcp, settings, .. } = std::mem::take(&mut situation.layers);
            let identity = vec![policy.clone()];
            situation.layers = PolicyLayers { identity, resource, rcp, settings, ..PolicyLayers::default() };
        }
        subject
    }

    /// What the evaluator says of a request; the first situation whose resources it is on decides.
    pub fn decide(&self, request: &Request, situation: usize) -> Option<Evaluation> {
        let situation = self.situations.get(situation)?;
        Some(authorize(&situation.layers, request))
    }

    /// A request of this subject: its caller, if that is one, and on what is open the given context.
    pub(super) fn request(
        &self,
        action: Action,
        resource: Resource,
        caller: Caller,
        context: &Context,
        situation: usize,
    ) -> Request {
        let situation = self.situations.get(situation);
        let known = situation.iter().flat_map(|situation| situation.known.iter());
        let mut knowledge = self.knowledge.clone();
        for (key, value) in known {
            knowledge.known.set(key, value.clone());
        }
        let mut context = knowledge.completed(context);
        if let Resource::Arn(arn) = &resource
            && let Some(owner) = AccountId::parse(arn.account())
            && situation.is_some_and(|of| of.accounts != Accounts::Any)
            && knowledge.is_unknown(OWNER)
            && context.get(OWNER).is_some()
        {
            context.set(OWNER, Value::Single(owner.as_str().to_owned()));
        }
        let resource_account = match self.callers {
            Callers::InAccount => caller.account().cloned(),
            _ => situation.and_then(|of| of.resource_account.clone()),
        };
        Request { caller, action, resource, resource_account, context }
    }
}
