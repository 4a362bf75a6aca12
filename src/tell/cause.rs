//! Where a clause comes from: the statements that allow it, and why the other side does not.

use std::collections::BTreeSet;

use super::{Direction, Teller, Told, roles};
use crate::analysis::{Cause, Clause, Side, StatementBox, Subject};
use crate::layers::{Layer, LayerPolicy, PolicyLayers, StatementRef};
use crate::policy::{Effect, PolicyType, Selector, Statement, position};

/// A statement, by where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Of which side.
    pub side: Side,
    /// Its layer.
    pub layer: Layer,
    /// The level of an organization at which its policy is attached.
    pub level: Option<String>,
    /// The name of its policy: of a file, as it was named.
    pub policy: String,
    /// The group through which that reaches the principal.
    pub group: Option<String>,
    /// Its number in the policy, from zero.
    pub index: usize,
    /// Its Sid.
    pub sid: Option<String>,
    /// `Allow` or `Deny`.
    pub effect: Effect,
    /// Its line in the policy's document, from 1.
    pub line: usize,
    /// Its column.
    pub column: usize,
}

/// What became of a statement, or of a policy that limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// Only the new side has it.
    Added,
    /// Only the old side has it.
    Removed,
    /// The other side has another one in its place.
    Edited,
    /// The other side has it too, or there is no other side.
    Unchanged,
}

/// A part of why a clause is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// A statement that allows it, or that denies it on the side that does not.
    Statement {
        /// The statement.
        source: Source,
        /// What became of it.
        change: Change,
    },
    /// A layer of the side that does not allow it, which does not allow it.
    Limited {
        /// The layer.
        layer: Layer,
        /// The policy, or the level of an organization.
        name: Option<String>,
        /// What became of it.
        change: Change,
    },
    /// A layer of the side that does not allow it, of which a document that would decide is not known (R-EVL-64).
    Unknown {
        /// The layer.
        layer: Layer,
        /// The policy, or the level of an organization.
        name: Option<String>,
        /// What became of it.
        change: Change,
    },
    /// The rules about accounts and resources.
    Rules,
    /// A policy, of either side, whose document is not known (R-EVL-64).
    Undecided {
        /// Its name.
        policy: String,
    },
}

impl Told {
    /// The statements that are its reasons.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        self.reasons.iter().filter_map(|reason| match reason {
            Reason::Statement { source, .. } => Some(source),
            Reason::Limited { .. } | Reason::Unknown { .. } | Reason::Rules | Reason::Undecided { .. } => {
                None
            }
        })
    }

    /// The statement that makes the difference; where none does, one that allows.
    pub fn culprit(&self) -> Option<&Source> {
        self.sources().next()
    }
}

impl Teller<'_> {
    /// Where a statement stands.
    pub fn source(&self, of: &StatementBox) -> Option<Source> {
        let layers = &self.subject(of.side).situations.get(of.situation)?.layers;
        source_of(of.side, layers, of.statement, &self.said(of)?)
    }

    /// Why a clause is there: first what makes the difference, then what else it takes.
    pub(super) fn reasons(&self, clause: &Clause, direction: Direction) -> Vec<Reason> {
        let allowing = match direction {
            Direction::Gained => Side::New,
            Direction::Lost | Direction::Held => Side::Old,
        };
        let told = &self.subject(allowing).told;
        let limits = clause.within.iter().filter(|limit| told.contains(&limit.layer));
        let allows = limits.flat_map(|limit| &limit.statements);
        let mut reasons = Vec::new();
        match clause.cause {
            Cause::None | Cause::NotAllowed | Cause::Denied(_) | Cause::HalfAllowed(_) => {}
            Cause::Rules => reasons.push(Reason::Rules),
            Cause::Limited { layer, group } => {
                let (name, change) = self.group(layer, group, allowing);
                reasons.push(Reason::Limited { layer, name, change });
            }
            Cause::Unknown { layer, group } => {
                let (name, change) = self.group(layer, group, allowing);
                reasons.push(Reason::Unknown { layer, name, change });
            }
            Cause::Undecided => {
                let subjects = [Some(self.old), self.new];
                let names: BTreeSet<&str> =
                    subjects.into_iter().flatten().flat_map(Subject::unknown).collect();
                let unknown = |policy: &str| Reason::Undecided { policy: policy.to_owned() };
                reasons.extend(names.into_iter().map(unknown));
            }
        }
        // What makes the difference is the last of the boxes.
        for of in clause.boxes.iter().rev().chain(allows) {
            let Some(source) = self.source(of) else { continue };
            reasons.push(Reason::Statement { source, change: self.change(of) });
        }
        reasons
    }

    /// The policy of a group on the side that does not allow, and what became of it.
    fn group(&self, layer: Layer, group: usize, allowing: Side) -> (Option<String>, Change) {
        let (refusing, at) = match allowing {
            Side::New => (Side::Old, Change::Removed),
            Side::Old => (Side::New, Change::Added),
        };
        let named = |side: Side| {
            self.subject(side)
                .situations
                .iter()
                .find_map(|situation| group_name(&situation.layers, layer, group))
        };
        let is_there = |side: Side| {
            self.subject(side).situations.iter().any(|situation| situation.layers.is_present(layer))
        };
        let name = named(refusing);
        let change = match (is_there(allowing), name == named(allowing)) {
            (false, _) | (true, false) => at,
            (true, true) => Change::Edited,
        };
        (name, change)
    }

    /// The statements that only one side has, or has otherwise, and that none of the clauses names: their text changed,
    /// and access did not. The clauses are all that there are.
    pub fn without_effect(&self, clauses: &[Told]) -> Vec<(Source, Change)> {
        let except = clauses.iter().flat_map(|told| &told.except).map(|exception| &exception.source);
        let limits = clauses.iter().flat_map(|told| &told.within).flat_map(|within| &within.any_of);
        let limiting = limits.map(|(_, source)| source);
        let reasons: Vec<&Source> =
            clauses.iter().flat_map(Told::sources).chain(except).chain(limiting).collect();
        let is_reason = |source: &Source| {
            reasons.iter().any(|reason| match (&reason.sid, &source.sid) {
                _ if reason.layer != source.layer => false,
                (None, None) => reason.index == source.index,
                (one, other) => one == other,
            })
        };
        let mut found = Vec::new();
        for (side, subject) in [(Side::Old, Some(self.old)), (Side::New, self.new)] {
            for situation in subject.into_iter().flat_map(|subject| &subject.situations) {
                let statements = situation.layers.statements();
                let statements =
                    statements.filter_map(|(of, _)| Some((of, self.unmatched(side, &situation.layers, of)?)));
                for (of, said) in statements {
                    let change = self.change_of(side, of.layer, &said);
                    // What was edited is told where it stands now.
                    let is_told =
                        change == Change::Unchanged || (side, change) == (Side::Old, Change::Edited);
                    let source = source_of(side, &situation.layers, of, &said).filter(|_| !is_told);
                    found.extend(source.filter(|source| !is_reason(source)).map(|source| (source, change)));
                }
            }
        }
        found
    }

    /// What became of a statement.
    fn change(&self, of: &StatementBox) -> Change {
        self.said(of).map_or(Change::Unchanged, |own| self.change_of(of.side, of.statement.layer, &own))
    }

    fn change_of(&self, side: Side, layer: Layer, own: &Statement) -> Change {
        let gone = match side {
            _ if self.new.is_none() => return Change::Unchanged,
            Side::Old => Change::Removed,
            Side::New => Change::Added,
        };
        if self.others(side, layer).any(|(policy, statement)| roles::says_the_same(policy, statement, own)) {
            return Change::Unchanged;
        }
        let is_successor = |(policy, statement): (&LayerPolicy, &Statement)| {
            statement.effect == own.effect
                && match (&own.sid, &statement.sid) {
                    (None, None) => statement.index == own.index && are_alike(own, statement),
                    (own, other) => own == other,
                }
                && (own.resource.is_none()
                    || policy.policy_type != PolicyType::Trust
                    || share(own.resource.as_ref(), statement.resource.as_ref()))
        };
        if self.others(side, layer).any(is_successor) { Change::Edited } else { gone }
    }
}

/// `said` is the statement, of roles about those that matter.
fn source_of(side: Side, layers: &PolicyLayers, of: StatementRef, said: &Statement) -> Option<Source> {
    let policy = layers.policy(of)?;
    let text = policy.document.as_ref().map_or("", |document| &document.text);
    let (line, column) = position(text, said.span.start);
    Some(Source {
        side,
        layer: of.layer,
        level: layers.level(of).map(|level| level.name.clone()).filter(|name| !name.is_empty()),
        policy: roles::name(policy, said),
        group: policy.group.clone(),
        index: said.index,
        sid: said.sid.clone(),
        effect: said.effect,
        line,
        column,
    })
}

fn group_name(layers: &PolicyLayers, layer: Layer, group: usize) -> Option<String> {
    if let Some(level) = layers.levels(layer).get(group) {
        return Some(level.name.clone()).filter(|name| !name.is_empty());
    }
    let members = layers.groups(layer).get(group).cloned()?;
    let mut names = members.filter_map(|position| Some(layers.policy_at(layer, position)?.name.clone()));
    let first = names.next()?;
    names.all(|name| name == first).then_some(first)
}

/// Whether two statements share an action or a resource as written.
fn are_alike(one: &Statement, other: &Statement) -> bool {
    share(Some(&one.action), Some(&other.action)) || share(one.resource.as_ref(), other.resource.as_ref())
}

fn share<T: PartialEq>(one: Option<&Selector<T>>, other: Option<&Selector<T>>) -> bool {
    let pair = one.zip(other);
    pair.is_some_and(|(one, other)| one.entries().iter().any(|entry| other.entries().contains(entry)))
}
