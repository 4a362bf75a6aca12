//! Union, intersection and difference of any number of sets.

use std::fmt::Debug;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::coordinate::Branch;
use super::listed::Entry;
use super::{Arena, BudgetError, Set, laid};
use crate::algebra::domain::{Met, Weight};
use crate::algebra::{End, Text};

/// What is made of the operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// The points of any.
    Union,
    /// The points of all.
    Intersection,
    /// The points of any that count for it, and of none that count against it.
    Difference,
}

/// How an operand counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Side {
    For,
    Against,
}

/// A set and how it counts.
pub(super) type Operand = (Side, Set);

impl Operation {
    /// What an operand means, whatever the others are.
    fn weigh(self, (side, set): Operand) -> Weight<Operand> {
        match (self, side, set) {
            (Operation::Union, _, Set::FULL)
            | (Operation::Intersection, _, Set::EMPTY)
            | (Operation::Difference, Side::Against, Set::FULL) => Weight::Decides,
            (Operation::Intersection, _, Set::FULL)
            | (Operation::Union | Operation::Difference, _, Set::EMPTY) => Weight::Nothing,
            _ => Weight::Counts((side, set)),
        }
    }

    /// The result where one operand decides.
    fn decided(self) -> Set {
        if self == Operation::Union { Set::FULL } else { Set::EMPTY }
    }

    /// The result where nothing counts.
    fn of_nothing(self) -> Set {
        if self == Operation::Intersection { Set::FULL } else { Set::EMPTY }
    }
}

/// Operands that are left, or the result.
enum Simple {
    Is(Set),
    Open(Operation, Vec<Operand>),
}

/// What can be said of sorted operands without looking into them.
fn simplify(operation: Operation, mut operands: Vec<Operand>) -> Simple {
    let mut operation = operation;
    if operation == Operation::Difference {
        let first_against = operands.partition_point(|(side, _)| *side == Side::For);
        let against = operands.split_off(first_against);
        operands.retain(|(_, set)| against.binary_search(&(Side::Against, *set)).is_err());
        if operands.contains(&(Side::For, Set::FULL)) {
            operands = vec![(Side::For, Set::FULL)];
        }
        match operands.as_slice() {
            [] => return Simple::Is(Set::EMPTY),
            _ if against.is_empty() => operation = Operation::Union,
            _ => operands.extend(against),
        }
    }
    match operands.as_slice() {
        [] => Simple::Is(operation.of_nothing()),
        [(Side::For, set)] => Simple::Is(*set),
        _ => Simple::Open(operation, operands),
    }
}

impl<L: Ord + Clone + Debug> Arena<L> {
    /// The points of any of the sets.
    pub fn union(&mut self, sets: impl IntoIterator<Item = Set>) -> Result<Set, BudgetError<L>> {
        self.apply(Operation::Union, sets.into_iter().map(|set| (Side::For, set)))
    }

    /// The points of all of the sets.
    pub fn intersection(&mut self, sets: impl IntoIterator<Item = Set>) -> Result<Set, BudgetError<L>> {
        self.apply(Operation::Intersection, sets.into_iter().map(|set| (Side::For, set)))
    }

    /// The points of any of some sets and of none of others.
    pub fn difference(
        &mut self,
        sets: impl IntoIterator<Item = Set>,
        without: impl IntoIterator<Item = Set>,
    ) -> Result<Set, BudgetError<L>> {
        let sets = sets.into_iter().map(|set| (Side::For, set));
        let without = without.into_iter().map(|set| (Side::Against, set));
        self.apply(Operation::Difference, sets.chain(without))
    }

    /// All other points.
    pub fn complement(&mut self, set: Set) -> Result<Set, BudgetError<L>> {
        self.difference([Set::FULL], [set])
    }

    /// Whether every point of a set is in another.
    pub fn is_subset(&mut self, set: Set, of: Set) -> Result<bool, BudgetError<L>> {
        Ok(self.difference([set], [of])? == Set::EMPTY)
    }

    /// Whether two sets have no point in common.
    pub fn is_disjoint(&mut self, left: Set, right: Set) -> Result<bool, BudgetError<L>> {
        Ok(self.intersection([left, right])? == Set::EMPTY)
    }

    fn apply(
        &mut self,
        operation: Operation,
        operands: impl Iterator<Item = Operand>,
    ) -> Result<Set, BudgetError<L>> {
        let met = Met::all(operands.map(|operand| operation.weigh(operand)));
        self.combine(operation, met)
    }

    fn combine(&mut self, operation: Operation, met: Met<Operand>) -> Result<Set, BudgetError<L>> {
        let Met::Items(operands) = met else {
            return Ok(operation.decided());
        };
        let (operation, operands) = match simplify(operation, operands) {
            Simple::Is(set) => return Ok(set),
            Simple::Open(operation, operands) => (operation, operands),
        };
        let key = (operation, operands);
        if let Some(&set) = self.memo.get(&key) {
            return Ok(set);
        }
        let operands = &key.1;
        let first = operands.iter().filter_map(|(_, set)| self.rank(*set)).min();
        let (mut here, mut carried) = (Vec::with_capacity(operands.len()), Vec::new());
        for operand in operands {
            let is_here = self.rank(operand.1) == first;
            if is_here { &mut here } else { &mut carried }.push(*operand);
        }
        let (level, branch) = if let [(side, set)] = here.as_slice() {
            let Some(node) = self.get(*set).map(Arc::clone) else { return Ok(operation.decided()) };
            // Nothing to lay over: only the children change.
            let old = node.branch.children();
            let mut new = Vec::with_capacity(old.len());
            for &child in &old {
                let met = Met::with(&carried, [operation.weigh((*side, child))]);
                new.push(self.combine(operation, met)?);
            }
            (node.level, node.branch.with_children(&old, &new, &mut self.meter))
        } else if let Some(entries) = self.lists(operation, &here) {
            return self.combine_lists(key, &here, &carried, &entries);
        } else {
            let mut codes = Codes::default();
            let mut branches = Vec::with_capacity(here.len());
            let mut level = None;
            for &(side, set) in &here {
                let Some(node) = self.get(set) else { continue };
                level = Some(node.level);
                branches.push(node.branch.coded(|child| codes.of(operation.weigh((side, child)))));
            }
            let Some(level) = level else { return Ok(operation.decided()) };
            let laid = self.laid.over(branches, &mut self.meter);
            let laid = laid.map_err(|what| self.at_level(level, what))?;
            let mut children = Vec::new();
            for at in 0..self.laid.meetings(laid).len() {
                let met = codes.meant(&self.laid.meetings(laid)[at], &carried);
                children.push(self.combine(operation, met)?);
            }
            (level, self.laid.branch(laid, &children, &mut self.meter))
        };
        let set =
            branch.and_then(|branch| self.node(level, branch)).map_err(|what| self.at_level(level, what))?;
        self.memo.insert(key, set);
        Ok(set)
    }

    /// The entries of operands that are lists, all of them, where these are united.
    fn lists(&self, operation: Operation, operands: &[Operand]) -> Option<Vec<Entry>> {
        let sets = operands.iter().map(|(_, set)| *set);
        if operation == Operation::Union { self.listed.united(sets) } else { None }
    }

    /// The union of lists of texts at one level, where some operands meet everywhere.
    fn combine_lists(
        &mut self,
        key: (Operation, Vec<Operand>),
        here: &[Operand],
        carried: &[Operand],
        entries: &[Entry],
    ) -> Result<Set, BudgetError<L>> {
        let Some(level) = here.first().and_then(|(_, set)| self.get(*set)).map(|node| node.level) else {
            return Ok(Set::EMPTY);
        };
        let texts: Vec<_> =
            entries.iter().map(|entry| (self.listed.text(*entry), entry.end, entry.set)).collect();
        let met = Text::meet(&texts, &mut self.meter);
        let (rows, meetings) = met.map_err(|what| self.at_level(level, what))?;
        let mut children = Vec::with_capacity(meetings.len());
        for met in meetings {
            let weights = |set| Operation::Union.weigh((Side::For, set));
            let met = match met {
                Met::Decided => Met::Decided,
                Met::Items(sets) => Met::with(carried, sets.into_iter().map(weights)),
            };
            children.push(self.combine(Operation::Union, met)?);
        }
        let child = |number: u32| children[number as usize];
        let cases: Vec<_> = rows
            .iter()
            .map(|row| (self.listed.text(entries[row.entry]), child(row.own), row.beyond.map(child)))
            .collect();
        let branch = Text::by_case(&cases, child(0), &mut self.meter);
        let set = branch.and_then(|map| self.node(level, Branch::Text(map)));
        let set = set.map_err(|what| self.at_level(level, what))?;
        if carried.is_empty() && self.get(set).is_some_and(|node| node.level == level) {
            let mut list = Vec::with_capacity(rows.len());
            for row in &rows {
                let beyond = row.beyond.map(child);
                let own = Some(child(row.own)).filter(|own| Some(*own) != beyond);
                for (end, set) in [(End::Star, beyond), (End::Stop, own)] {
                    list.extend(set.map(|set| entries[row.entry].leading(end, set)));
                }
            }
            self.listed.remember(set, list);
        }
        self.memo.insert(key, set);
        Ok(set)
    }
}

/// The operands that the children of some nodes are, each with a code.
#[derive(Default)]
struct Codes {
    operands: Vec<Operand>,
    /// The codes of all, once there are more than a few.
    known: FxHashMap<Operand, u32>,
}

impl Codes {
    const FEW: usize = 16;

    fn of(&mut self, weight: Weight<Operand>) -> u32 {
        let operand = match weight {
            Weight::Decides => return laid::DECIDES,
            Weight::Nothing => return laid::NOTHING,
            Weight::Counts(operand) => operand,
        };
        let found = match self.operands.len() {
            ..=Codes::FEW => self.operands.iter().position(|other| *other == operand).map(|at| at as u32),
            _ => self.known.get(&operand).copied(),
        };
        let at = found.unwrap_or_else(|| {
            let at = self.operands.len() as u32;
            self.operands.push(operand);
            match self.operands.len() {
                ..=Codes::FEW => {}
                _ if self.known.is_empty() => self.known.extend(self.operands.iter().copied().zip(0..)),
                _ => self.known.extend([(operand, at)]),
            }
            at
        });
        laid::FIRST + at
    }

    /// What meets, where some operands meet everywhere.
    fn meant(&self, met: &Met<u32>, everywhere: &[Operand]) -> Met<Operand> {
        let Met::Items(codes) = met else { return Met::Decided };
        let operand = |code: &u32| self.operands[(code - laid::FIRST) as usize];
        Met::of(everywhere.iter().copied().chain(codes.iter().map(operand)).collect())
    }
}
