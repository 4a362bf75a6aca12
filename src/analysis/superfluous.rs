//! Which statements could be left out.
//!
//! A statement is not compared with all others one by one: that is as many times the whole policy as it has statements.
//! The statements are halved again and again ([`Tree`]), and each half is only asked what it has in common with the other
//! ([`Analysis::shared`]), which in a policy of statements about different things is nothing.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::{Analysis, AnalysisError, ReadSituation, Side, Situation, Subject};
use crate::algebra::Set;
use crate::layers::{Layer, StatementRef};
use crate::policy::{Effect, PrincipalEntry, Selector};

/// A statement that could be left out, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The situation.
    pub situation: usize,
    /// The statement.
    pub statement: StatementRef,
    /// What is the matter.
    pub what: Superfluous,
    /// The statements that make it so; none where it is so by itself.
    pub by: Vec<StatementRef>,
}

/// Why a statement could be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Superfluous {
    /// It applies to no request.
    Vacuous,
    /// Others of its layer and effect apply to each of its requests.
    Redundant,
    /// An Allow all of whose requests are denied.
    Shadowed,
    /// A Deny none of whose requests is allowed by its layer.
    Voided,
}

/// A statement with the requests to which it applies.
type Applying = (StatementRef, Set);

/// Why some statements could be left out, and by which others.
type Found = BTreeMap<StatementRef, (Superfluous, Vec<StatementRef>)>;

/// Statements that could do without one another: only a group that an Allow is in may do without it, and grants differ by
/// whom they name.
type Family<'s> = (Layer, Effect, usize, Option<&'s Selector<PrincipalEntry>>);

/// Statements, halved again and again.
struct Tree {
    /// The requests to which any of them applies.
    set: Set,
    of: Of,
}

/// The statements of a tree.
enum Of {
    One(StatementRef),
    Halves(Box<[Tree; 2]>),
}

/// A statement, the requests to which it applies, and what something else has of them.
type Shared = (StatementRef, Set, Set);

/// What else covers a part of some statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Beside {
    /// Each of the others.
    Others,
    /// None of them.
    Nothing,
}

impl Analysis<'_> {
    /// The statements of the layers that are told which could be left out, one at a time. Those of one situation have one
    /// budget.
    pub fn superfluous(&mut self, subject: &Subject) -> Result<Vec<Finding>, AnalysisError> {
        let universe = self.universes(&[subject]).pop().unwrap_or_default();
        let read = self.read(subject, &universe, Side::Old)?;
        let mut findings = Vec::new();
        for (nth, situation) in read.situations.iter().enumerate() {
            self.compiler.arena().renew(self.budget);
            let found = self.superfluous_in(situation, &subject.told)?;
            let finding = |(statement, (what, by))| Finding { situation: nth, statement, what, by };
            findings.extend(found.into_iter().map(finding));
        }
        Ok(findings)
    }

    fn superfluous_in(
        &mut self,
        situation: &ReadSituation<'_>,
        told: &[Layer],
    ) -> Result<Found, AnalysisError> {
        let mut all: Vec<Applying> = Vec::new();
        for (&statement, &set) in &situation.compiled.statements {
            all.push((statement, self.compiler.arena().intersection([set, situation.in_time])?));
        }
        let mut found = Found::new();
        let is_told = |(of, _): &&Applying| told.contains(&of.layer);
        for (statement, _) in all.iter().filter(is_told).filter(|(_, set)| *set == Set::EMPTY) {
            found.insert(*statement, (Superfluous::Vacuous, Vec::new()));
        }
        let mut families: FxHashMap<Family<'_>, Vec<Applying>> = FxHashMap::default();
        for applying in all.iter().filter(is_told) {
            let family = family(situation.situation, applying.0);
            family.into_iter().for_each(|family| families.entry(family).or_default().push(*applying));
        }
        for family in families.into_values() {
            let Some(family) = self.tree(&family)? else { continue };
            for (statement, by) in self.covered(&family, Set::EMPTY, Beside::Others, &family)? {
                found.entry(statement).or_insert((Superfluous::Redundant, by));
            }
        }
        let of = |effect: Effect| all.iter().filter(move |(of, _)| of.effect == effect);
        let denying: Vec<Applying> = of(Effect::Deny).copied().collect();
        let allowing: Vec<Applying> = of(Effect::Allow).filter(is_told).copied().collect();
        if let (Some(denying), Some(allowing)) = (self.tree(&denying)?, self.tree(&allowing)?) {
            for (statement, by) in self.covered(&allowing, denying.set, Beside::Nothing, &denying)? {
                found.entry(statement).or_insert((Superfluous::Shadowed, by));
            }
        }
        for layer in told {
            let of_layer = |effect| of(effect).filter(|(of, _)| of.layer == *layer).copied();
            let denying: Vec<Applying> = of_layer(Effect::Deny).collect();
            let Some(denying) = self.tree(&denying)? else { continue };
            let allowed = self.compiler.arena().union(of_layer(Effect::Allow).map(|(_, set)| set))?;
            for (statement, _, part) in self.shared(&denying, allowed, Beside::Nothing)? {
                if part == Set::EMPTY {
                    found.entry(statement).or_insert((Superfluous::Voided, Vec::new()));
                }
            }
        }
        Ok(found)
    }

    /// The tree of some statements; none of none.
    fn tree(&mut self, of: &[Applying]) -> Result<Option<Tree>, AnalysisError> {
        if let [(statement, set)] = of {
            return Ok(Some(Tree { set: *set, of: Of::One(*statement) }));
        }
        let set = self.compiler.arena().union(of.iter().map(|(_, set)| *set))?;
        let (left, right) = of.split_at(of.len() / 2);
        if left.is_empty() {
            return Ok(None);
        }
        let halves = self.tree(left)?.zip(self.tree(right)?);
        Ok(halves.map(|(left, right)| Tree { set, of: Of::Halves(Box::new([left, right])) }))
    }

    /// Those of some statements that are covered, each with what covers it, none of that needless.
    fn covered(
        &mut self,
        some: &Tree,
        more: Set,
        beside: Beside,
        by: &Tree,
    ) -> Result<Vec<(StatementRef, Vec<StatementRef>)>, AnalysisError> {
        let mut covered = Vec::new();
        for (statement, set, part) in self.shared(some, more, beside)? {
            if part == set {
                let mut needed = Vec::new();
                self.take(set, by, statement, &mut needed)?;
                covered.push((statement, needed));
            }
        }
        Ok(covered)
    }

    /// What each of some statements has in common with one more set, and with what is beside it.
    fn shared(&mut self, some: &Tree, more: Set, beside: Beside) -> Result<Vec<Shared>, AnalysisError> {
        let halves = match &some.of {
            Of::One(statement) => {
                let part = self.compiler.arena().intersection([some.set, more])?;
                return Ok(vec![(*statement, some.set, part)]);
            }
            Of::Halves(halves) => halves,
        };
        let [left, right] = &**halves;
        let mut shared = Vec::new();
        for (half, other) in [(left, right), (right, left)] {
            let arena = self.compiler.arena();
            let more = match beside {
                Beside::Others => arena.union([more, other.set])?,
                Beside::Nothing => more,
            };
            let more = arena.intersection([more, half.set])?;
            shared.extend(self.shared(half, more, beside)?);
        }
        Ok(shared)
    }

    /// Takes away from what is left of a statement what others have of it, one after the other, and notes which did.
    fn take(
        &mut self,
        left: Set,
        by: &Tree,
        statement: StatementRef,
        needed: &mut Vec<StatementRef>,
    ) -> Result<Set, AnalysisError> {
        let arena = self.compiler.arena();
        if arena.is_disjoint(left, by.set)? {
            return Ok(left);
        }
        match &by.of {
            Of::One(of) if *of == statement => Ok(left),
            Of::One(of) => {
                needed.push(*of);
                Ok(arena.difference([left], [by.set])?)
            }
            Of::Halves(halves) => {
                let [one, other] = &**halves;
                let left = self.take(left, one, statement, needed)?;
                self.take(left, other, statement, needed)
            }
        }
    }
}

/// The family of a statement; none of one that no other can stand for.
fn family(situation: &Situation, statement: StatementRef) -> Option<Family<'_>> {
    let StatementRef { layer, effect, policy, .. } = statement;
    match effect {
        Effect::Deny => Some((layer, effect, 0, None)),
        Effect::Allow => {
            let groups = situation.layers.groups(layer);
            let group = groups.into_iter().find(|group| group.contains(&policy))?;
            let named = situation.layers.statement(statement).and_then(|of| of.principal.as_ref());
            Some((layer, effect, group.start, named))
        }
    }
}
