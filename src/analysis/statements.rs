//! What single statements of a subject come to: questions that a reviewer asks of each.

use super::{Analysis, AnalysisError, Part, Read, ReadSituation, Side, Subject, Witness, alone};
use crate::algebra::Set;
use crate::compile::{KeyFacts, Level};
use crate::context_keys::key_kind;
use crate::layers::{Layer, LayerPolicy, StatementRef};
use crate::policy::{Condition, Effect, PolicyType, ResourcePattern, Span, Spanned, Statement};
use crate::request::{Action, Resource};

/// What a condition comes to, of a statement that applies to some request without its conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tested {
    /// One that holds in no such request.
    Never(usize),
    /// All of them hold together in no such request, and each alone in some.
    NeverTogether,
    /// One that holds in each such request.
    Always(usize),
}

/// One of several requests that somebody may want to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The action that `about` names.
    pub action: Action,
    /// An Allow statement, which is about the requests that will do.
    pub about: Statement,
    /// Resources that will not do.
    pub but_not_on: Vec<Spanned<ResourcePattern>>,
}

/// A request that somebody may make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// A statement that allows it.
    pub statement: StatementRef,
    /// The request.
    pub witness: Witness,
}

impl Analysis<'_> {
    /// The conditions of a policy that decide nothing, or all, with the positions of their statements. They have one
    /// budget.
    pub fn tested(&mut self, policy: &LayerPolicy) -> Result<Vec<(usize, Tested)>, AnalysisError> {
        let subject = alone(vec![policy.clone()], policy.policy_type);
        let universe = self.universes(&[&subject]).pop().unwrap_or_default();
        self.compiler.turn_to(universe);
        self.compiler.arena().renew(self.budget);
        let in_time = self.in_time()?;
        let mut found = Vec::new();
        for (position, statement) in policy.statements().iter().enumerate() {
            if statement.conditions.is_empty() {
                continue;
            }
            let under =
                |conditions: &[Condition]| Statement { conditions: conditions.to_vec(), ..statement.clone() };
            let without = self.compiler.requests_of(&under(&[]), policy.policy_type)?;
            let without = self.compiler.arena().intersection([without, in_time])?;
            let within = self.compiler.requests_of(statement, policy.policy_type)?;
            let within = self.compiler.arena().intersection([within, in_time])?;
            if without == Set::EMPTY {
                continue;
            }
            let before = found.len();
            for (nth, condition) in statement.conditions.iter().enumerate() {
                let only = under(std::slice::from_ref(condition));
                let set = self.compiler.requests_of(&only, policy.policy_type)?;
                let set = self.compiler.arena().intersection([set, in_time])?;
                if set == Set::EMPTY {
                    found.push((position, Tested::Never(nth)));
                } else if set == without {
                    found.push((position, Tested::Always(nth)));
                }
            }
            let is_told = found.iter().skip(before).any(|(_, tested)| matches!(tested, Tested::Never(_)));
            if within == Set::EMPTY && !is_told {
                found.push((position, Tested::NeverTogether));
            }
        }
        Ok(found)
    }

    /// Whether two policies, each alone, mean the same wherever they are attached: they deny the same, allow the same
    /// besides, and grant the same to each class of callers (R-PRN-1).
    pub fn is_same_meaning(&mut self, one: &Subject, other: &Subject) -> Result<bool, AnalysisError> {
        let universes = self.universes(&[one, other]);
        let mut meanings = Vec::new();
        for (subject, universe) in [one, other].into_iter().zip(&universes) {
            let read = self.read(subject, universe, Side::Old)?;
            for situation in &read.situations {
                let compiled = &situation.compiled;
                let mut sets = vec![compiled.denied, compiled.allowed];
                for grant in &compiled.grants {
                    sets.push(self.compiler.arena().difference([*grant], [compiled.denied])?);
                }
                meanings.push(sets);
            }
        }
        Ok(matches!(meanings.as_slice(), [one, other] if one == other))
    }

    /// The Allow statements that by themselves grant all of one of some parts, where nothing denies it or holds it back.
    pub fn granting_all(
        &mut self,
        subject: &Subject,
        parts: &[Part],
    ) -> Result<Vec<(usize, StatementRef)>, AnalysisError> {
        if parts.is_empty() {
            return Ok(Vec::new());
        }
        let universe = self.universes(&[subject]).pop().unwrap_or_default();
        let read = self.read(subject, &universe, Side::Old)?;
        let mut found = Vec::new();
        for (nth, situation) in read.situations.iter().enumerate() {
            let mut grantable = Vec::new();
            for part in parts {
                let part = self.part(part)?;
                let part = self.compiler.arena().intersection([part, situation.in_time])?;
                if self.is_grantable(situation, part)? {
                    grantable.push(part);
                }
            }
            for (&statement, &set) in &situation.compiled.statements {
                let is_told = statement.effect == Effect::Allow && subject.told.contains(&statement.layer);
                for &part in grantable.iter().filter(|_| is_told) {
                    if self.compiler.arena().is_subset(part, set)? {
                        found.push((nth, statement));
                        break;
                    }
                }
            }
        }
        Ok(found)
    }

    /// Whether a statement can grant all of a part: nothing of it is denied, or held back by a boundary, a session policy
    /// or SCPs.
    fn is_grantable(&mut self, situation: &ReadSituation<'_>, part: Set) -> Result<bool, AnalysisError> {
        let compiled = &situation.compiled;
        for (layer, groups) in &compiled.groups {
            if !matches!(layer, Layer::Boundary | Layer::Session | Layer::Scp) {
                continue;
            }
            let within = self.compiler.arena().intersection([part, situation.scope(*layer)])?;
            for &allowed in groups {
                if !self.compiler.arena().is_subset(within, allowed)? {
                    return Ok(false);
                }
            }
        }
        Ok(self.compiler.arena().is_disjoint(part, compiled.denied)?)
    }

    /// For each of some chains a request of each of its steps that a subject may make, all on one and the same resource;
    /// none where there are none, or none are found.
    pub fn shown(
        &mut self,
        subject: &Subject,
        chains: &[Vec<Step>],
    ) -> Result<Vec<Option<Vec<Shown>>>, AnalysisError> {
        let mut universe = self.universes(&[subject]).pop().unwrap_or_default();
        let facts = KeyFacts { kind: &|key| key_kind(key, self.catalog), always_present: &|_| false };
        universe.admit(chains.iter().flatten().map(|step| &step.about), &facts);
        let read = self.read(subject, &universe, Side::Old)?;
        let mut found = Vec::new();
        for chain in chains {
            self.compiler.arena().renew(self.budget);
            let mut targets = Vec::new();
            for step in chain {
                let part = self.compiler.requests_of(&step.about, PolicyType::Identity)?;
                let target = self.compiler.arena().intersection([read.allowed, part])?;
                let but_not_on = self.resources(&step.but_not_on)?;
                targets.push(self.compiler.arena().difference([target], [but_not_on])?);
            }
            let mut on = Vec::new();
            for (step, target) in chain.iter().zip(&targets) {
                let of_action = self.with_action(*target, &step.action)?;
                on.push(self.compiler.arena().up_to(of_action, &Level::ResourceId)?);
            }
            let on = self.compiler.arena().intersection(on)?;
            found.push(self.shown_on(&read, &targets, on)?);
        }
        Ok(found)
    }

    /// A request of each of some sets on one of some resources.
    fn shown_on(
        &mut self,
        read: &Read<'_>,
        targets: &[Set],
        on: Set,
    ) -> Result<Option<Vec<Shown>>, AnalysisError> {
        let Some((&first, rest)) = targets.split_first() else { return Ok(Some(Vec::new())) };
        let target = self.compiler.arena().intersection([first, on])?;
        for clause in self.clauses(read, None, target)? {
            let Some(of) = clause.boxes.first() else { continue };
            let Some(witness) = self.witness(&clause, read, None)? else { continue };
            let resource = witness.request.resource.clone();
            let mut shown = vec![Shown { statement: of.statement, witness }];
            if !rest.is_empty() {
                let Resource::Arn(arn) = &resource else { continue };
                let entry = Spanned { value: ResourcePattern::one(arn), span: Span::NOWHERE };
                let there = self.resources(&[entry])?;
                let Some(others) = self.shown_on(read, rest, there)? else { continue };
                shown.extend(others);
            }
            return Ok(Some(shown));
        }
        Ok(None)
    }
}
