//! Principals that are answered alike: what their policies come to for one question.
//!
//! A statement is looked at once for all principals of one kind in one account, with what only the principal itself
//! tells left open. What can never apply is left out; where an Allow applies whatever is open, no other Allow of the
//! identity policies matters; where such a Deny does, nothing else matters. What then remains of somebody's policies is
//! the same for many, and so is the answer: it depends on nothing else but the keys that only the principal tells,
//! where a statement that remains is about one, and on being named by the policy of the resource.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::collections::hash_map::Entry;

use rustc_hash::FxHashMap;

use super::kind::{Kind, name};
use super::via::Via;
use super::{Answered, Asking, Question, Surroundings};
use crate::caller::Caller;
use crate::context_keys::key_kind;
use crate::knowledge::{Identified, Knowledge};
use crate::layers::{LayerPolicy, PolicyLayers};
use crate::policy::{Effect, PolicyType, Selector, Statement};
use crate::question::{AsKnown, Standing};
use crate::request::{Request, Value, fold};
use crate::store::StoreError;
use crate::stored::{Everyone, Held, Holder};

/// The answers that were found, by what makes them.
pub(super) struct Alike<'e> {
    everyone: &'e Everyone,
    classes: FxHashMap<Kind, Class>,
    answer_of: FxHashMap<Likeness, usize>,
}

/// The question as any principal of a kind asks it.
struct OfKind {
    request: Request,
    knowledge: Knowledge,
}

/// How policies stand to it.
struct Class {
    number: usize,
    of_kind: OfKind,
    /// Of each policy that was looked at.
    standings: FxHashMap<usize, PolicyStanding>,
    /// Of those that are about the principal's own tags alone, for each combination of their values.
    by_tags: FxHashMap<(usize, Vec<Option<String>>), Refined>,
    /// Statements of the surrounding layers that are about what only the principal tells.
    own: Vec<(Statement, PolicyType)>,
    /// The names and ids of users and roles in the policy of the resource.
    named: BTreeSet<String>,
}

/// What a policy comes to.
#[derive(Debug, Clone, Default)]
struct PolicyStanding {
    /// How each statement stands.
    statements: Vec<(Effect, Option<Standing>)>,
    /// Whether it makes a difference in any case: its document is not known (R-EVL-64), or it says of a key that is not
    /// on record that it holds several values (R-EVL-76).
    always_matters: bool,
    /// The keys that only the principal tells of the statements that may apply, folded.
    own: BTreeSet<String>,
    /// The keys of its tags, where those are all.
    tags: Option<Vec<String>>,
}

/// What it comes to for a principal itself.
#[derive(Debug, Clone, Default)]
struct Refined {
    standing: PolicyStanding,
    told: ToldItself,
}

/// What a principal itself tells of statements.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
struct ToldItself {
    /// Which statements that are about what only the principal tells apply or may.
    own: Vec<(Site, Standing)>,
    /// What the principal tells, where that leaves it open: a value, or that there is none.
    values: Vec<(String, Option<Value>)>,
    /// Whether it is like nobody else.
    is_alone: bool,
}

/// What makes an answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
struct Likeness {
    class: usize,
    /// Who is like nobody else: the policy of the resource names it, or what stays open follows from who it is.
    alone: Option<String>,
    identity: Identity,
    boundary: Vec<usize>,
    itself: ToldItself,
}

/// Where a statement stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Site {
    /// In the surrounding layers: its position among those that are about what only the principal tells.
    Around(usize),
    /// In a policy that somebody holds, by its position there.
    Held(usize, usize),
}

/// What identity policies come to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
enum Identity {
    /// Nothing applies.
    #[default]
    Nothing,
    /// Some Deny applies, whatever is open.
    Denied,
    /// Some Allow does; these may take from that.
    Allowed(Vec<usize>),
    /// It is up to these.
    UpTo(Vec<usize>),
}

/// What was found of somebody's policies.
struct Found<'e> {
    likeness: Likeness,
    /// The identity policies without which the answer would be another.
    kept: Vec<Held<'e>>,
    /// The Allow statements that let it: those that apply whatever is open, or all that may.
    letting: Vec<(Held<'e>, usize)>,
}

impl<'e> Alike<'e> {
    pub(super) fn new(everyone: &'e Everyone) -> Alike<'e> {
        Alike { everyone, classes: FxHashMap::default(), answer_of: FxHashMap::default() }
    }

    /// The position of somebody's answer, and what lets it; none of a group, which asks for nothing.
    pub(super) fn answer(
        &mut self,
        holder: &Holder,
        asking: &mut Asking<'_, '_, '_>,
        answers: &mut Vec<Answered>,
    ) -> Result<Option<(usize, Vec<Via>)>, StoreError> {
        let (question, everyone) = (asking.question, self.everyone);
        let ground = asking.ground(holder.principal.account.as_ref())?;
        let number = self.classes.len();
        let class = match self.classes.entry(Kind::of(holder)) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => match Class::of(holder, number, question, ground) {
                Some(class) => new.insert(class),
                None => return Ok(None),
            },
        };
        let Found { likeness, kept, letting } = class.look(holder, everyone, question, ground);
        let answer = match self.answer_of.entry(likeness) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => {
                let Some(caller) = holder.caller() else { return Ok(None) };
                let boundary = everyone.boundary(holder).iter();
                let boundary = boundary.filter_map(|&policy| everyone.policies().get(policy).cloned());
                let layers = PolicyLayers {
                    identity: kept.into_iter().filter_map(|held| everyone.policy(held)).collect(),
                    boundary: boundary.collect(),
                    ..ground.layers.clone()
                };
                let caller = Caller::Iam(caller);
                answers.push(question.answered(caller, Identified::Caller, layers, ground));
                *new.insert(answers.len() - 1)
            }
        };
        let via = answers.get(answer).map(|answered| Via::of(answered, &letting));
        Ok(Some((answer, via.unwrap_or_default())))
    }
}

impl Class {
    fn of(holder: &Holder, number: usize, question: &Question<'_>, ground: &Surroundings) -> Option<Class> {
        let caller = Caller::Iam(holder.caller()?);
        let ask = question.about(&caller, Identified::Kind, &ground.layers, ground);
        let knowledge = ask.knowledge(&question.resource);
        let request = ask.request(&question.resource, knowledge.known.clone());
        let mut own = Vec::new();
        let mut named = BTreeSet::new();
        for (of, statement) in ground.layers.statements() {
            let entries = statement.principal.iter().flat_map(Selector::entries);
            named.extend(entries.filter_map(|entry| name(&entry.value)));
            let policy_type = ground.layers.policy(of).map(|policy| policy.policy_type);
            if statement.context_keys().any(Identified::is_own) {
                own.extend(policy_type.map(|policy_type| (statement.clone(), policy_type)));
            }
        }
        let of_kind = OfKind { request, knowledge };
        let (standings, by_tags) = (FxHashMap::default(), FxHashMap::default());
        Some(Class { number, of_kind, standings, by_tags, own, named })
    }

    /// What makes somebody's answer.
    fn look<'e>(
        &mut self,
        holder: &'e Holder,
        everyone: &'e Everyone,
        question: &Question<'_>,
        ground: &Surroundings,
    ) -> Found<'e> {
        let Class { of_kind, standings, by_tags, .. } = self;
        let mut itself = Itself { holder, question, ground, of_kind, known: None };
        let mut likeness = Likeness { class: self.number, ..Likeness::default() };
        let principal = &holder.principal;
        let is_named = |text: &String| self.named.contains(text);
        if is_named(&principal.name) || principal.unique_id.as_ref().is_some_and(is_named) {
            likeness.alone = Some(principal.arn());
        }
        for (nth, (statement, policy_type)) in self.own.iter().enumerate() {
            let standing = itself.standing(statement, *policy_type);
            itself.tell(Site::Around(nth), statement, standing, &mut likeness.itself);
        }
        let (mut denied, mut allowed) = (None, None);
        let (mut takers, mut givers) = (Vec::new(), Vec::new());
        let (mut letting, mut perhaps_letting) = (Vec::new(), Vec::new());
        for held in everyone.identity(holder) {
            let Some(policy) = everyone.policies().get(held.policy) else { continue };
            let general =
                &*standings.entry(held.policy).or_insert_with(|| of_kind.standing(policy, question, ground));
            let refined = itself.refined(held.policy, policy, general, by_tags);
            let standing = refined.as_ref().map_or(general, |refined| &refined.standing);
            refined.iter().for_each(|refined| likeness.itself.join(&refined.told));
            let (mut takes, mut gives) = (standing.always_matters, false);
            for (position, of) in standing.statements.iter().enumerate() {
                match *of {
                    (_, None) => {}
                    (Effect::Deny, Some(Standing::Always)) => {
                        denied.get_or_insert(held);
                    }
                    (Effect::Deny, Some(Standing::Perhaps)) => takes = true,
                    (Effect::Allow, Some(Standing::Always)) => {
                        allowed.get_or_insert(held);
                        letting.push((held, position));
                    }
                    (Effect::Allow, Some(Standing::Perhaps)) => {
                        gives = true;
                        perhaps_letting.push((held, position));
                    }
                }
            }
            if takes {
                takers.push(held);
            } else if gives {
                givers.push(held);
            }
        }
        let mut kept = takers;
        likeness.identity = match (denied, allowed) {
            (Some(denied), _) => {
                kept = vec![denied];
                Identity::Denied
            }
            (None, Some(allowed)) => {
                let identity = Identity::Allowed(kept.iter().map(|held| held.policy).collect());
                kept.push(allowed);
                identity
            }
            (None, None) => {
                kept.extend(givers);
                letting = perhaps_letting;
                match kept.is_empty() {
                    true => Identity::Nothing,
                    false => Identity::UpTo(kept.iter().map(|held| held.policy).collect()),
                }
            }
        };
        for &number in everyone.boundary(holder) {
            likeness.boundary.push(number);
            let Some(policy) = everyone.policies().get(number) else { continue };
            let general =
                standings.entry(number).or_insert_with(|| of_kind.standing(policy, question, ground));
            let refined = itself.refined(number, policy, general, by_tags);
            refined.iter().for_each(|refined| likeness.itself.join(&refined.told));
        }
        if likeness.itself.is_alone {
            likeness.alone = Some(principal.arn());
        }
        Found { likeness, kept, letting }
    }
}

impl OfKind {
    fn standing(
        &self,
        policy: &LayerPolicy,
        question: &Question<'_>,
        ground: &Surroundings,
    ) -> PolicyStanding {
        let known = AsKnown { request: &self.request, knowledge: &self.knowledge, layers: &ground.layers };
        let mut found = PolicyStanding { always_matters: policy.document.is_none(), ..Default::default() };
        for statement in policy.statements() {
            let standing = known.standing(statement, policy.policy_type);
            found.statements.push((statement.effect, standing));
            if standing.is_some() {
                found.own.extend(statement.context_keys().filter(|key| Identified::is_own(key)).map(fold));
            }
            let mut quantified = statement.conditions.iter().filter(|of| of.operator.quantifier.is_some());
            found.always_matters |= quantified.any(|of| key_kind(&of.key, question.catalog).is_none());
        }
        let tag = |key: &String| key.strip_prefix("aws:principaltag/").map(str::to_owned);
        found.tags = found.own.iter().map(tag).collect();
        found
    }
}

/// What only the principal tells, once it is asked for.
struct Itself<'a> {
    holder: &'a Holder,
    question: &'a Question<'a>,
    ground: &'a Surroundings,
    /// What is known of its kind.
    of_kind: &'a OfKind,
    known: Option<(Request, Knowledge)>,
}

impl Itself<'_> {
    fn known(&mut self) -> AsKnown<'_> {
        let Itself { holder, question, ground, of_kind: OfKind { request, knowledge }, known } = self;
        let (request, knowledge) = known.get_or_insert_with(|| {
            let caller = holder.caller().map_or(Caller::Anonymous, Caller::Iam);
            let mut knowledge = knowledge.clone();
            let said = |key: &str| question.given.iter().any(|(given, _)| fold(given) == fold(key));
            knowledge.identify(&caller, said);
            let context = knowledge.known.clone();
            (Request { caller, context, ..request.clone() }, knowledge)
        });
        AsKnown { request, knowledge, layers: &ground.layers }
    }

    fn standing(&mut self, statement: &Statement, policy_type: PolicyType) -> Option<Standing> {
        self.known().standing(statement, policy_type)
    }

    /// How a policy stands for the principal itself; none where that makes no difference.
    fn refined<'k>(
        &mut self,
        number: usize,
        policy: &LayerPolicy,
        general: &PolicyStanding,
        by_tags: &'k mut FxHashMap<(usize, Vec<Option<String>>), Refined>,
    ) -> Option<Cow<'k, Refined>> {
        if general.own.is_empty() {
            return None;
        }
        let Some(tags) = &general.tags else { return Some(Cow::Owned(self.refine(number, policy, general))) };
        let value = |tag: &String| {
            let mut tags = self.holder.tags.iter().rev();
            tags.find(|(key, _)| fold(key) == *tag).map(|(_, value)| value.clone())
        };
        Some(Cow::Borrowed(match by_tags.entry((number, tags.iter().map(value).collect())) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(self.refine(number, policy, general)),
        }))
    }

    fn refine(&mut self, number: usize, policy: &LayerPolicy, general: &PolicyStanding) -> Refined {
        let mut refined = Refined::default();
        refined.standing.always_matters = general.always_matters;
        let statements = policy.statements().iter().zip(&general.statements).enumerate();
        for (position, (statement, (effect, standing))) in statements {
            let is_own = standing.is_some() && statement.context_keys().any(Identified::is_own);
            let standing = if is_own { self.standing(statement, policy.policy_type) } else { *standing };
            if is_own {
                self.tell(Site::Held(number, position), statement, standing, &mut refined.told);
            }
            refined.standing.statements.push((*effect, standing));
        }
        refined
    }

    /// Notes how a statement stands, and what the principal tells of one that stays open.
    fn tell(&mut self, site: Site, statement: &Statement, standing: Option<Standing>, told: &mut ToldItself) {
        told.own.extend(standing.map(|standing| (site, standing)));
        if standing != Some(Standing::Perhaps) {
            return;
        }
        let knowledge = self.known().knowledge;
        for key in statement.context_keys().filter(|key| Identified::is_own(key)) {
            told.is_alone |= knowledge.is_unknown(key) || knowledge.follows(key).is_some();
            told.values.push((fold(key), knowledge.known.get(key).cloned()));
        }
    }
}

impl ToldItself {
    fn join(&mut self, other: &ToldItself) {
        self.own.extend_from_slice(&other.own);
        self.values.extend_from_slice(&other.values);
        self.is_alone |= other.is_alone;
    }
}
