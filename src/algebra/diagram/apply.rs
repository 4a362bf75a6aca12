//! Union, intersection and difference of any number of sets.

use std::fmt::Debug;
use std::sync::Arc;

use super::coordinate::Branch;
use super::{Arena, BudgetError, Set};
use crate::algebra::domain::{Merge, Met, Weight};

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

/// The labels of the maps of some operands.
struct Sides<'a> {
    operation: Operation,
    sides: &'a [Side],
}

impl Merge<Set> for Sides<'_> {
    type Item = Operand;

    fn weigh(&self, operand: usize, child: Set) -> Weight<Operand> {
        self.operation.weigh((self.sides[operand], child))
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
        let met = Met::all(&[], operands.map(|operand| operation.weigh(operand)));
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
        let (here, carried): (Vec<Operand>, Vec<Operand>) =
            operands.iter().partition(|(_, set)| self.rank(*set) == first);
        let sides: Vec<Side> = here.iter().map(|(side, _)| *side).collect();
        let nodes: Vec<Arc<super::Node>> =
            here.iter().filter_map(|(_, set)| self.get(*set).map(Arc::clone)).collect();
        let Some(level) = nodes.first().map(|node| node.level) else {
            return Ok(operation.decided());
        };
        let merge = Sides { operation, sides: &sides };
        let branch = if let [node] = nodes.as_slice() {
            // Nothing to lay over: only the children change.
            let old = node.branch.children();
            let mut new = Vec::with_capacity(old.len());
            for &child in &old {
                let met = Met::all(&carried, [merge.weigh(0, child)]);
                new.push(self.combine(operation, met)?);
            }
            node.branch.with_children(&old, &new, &mut self.meter)
        } else {
            let branches: Vec<_> = nodes.iter().map(|node| &node.branch).collect();
            let overlay = Branch::overlay(&branches, &carried, &merge, &mut self.meter);
            let Some((raw, meetings)) = overlay.map_err(|what| self.at_level(level, what))? else {
                return Ok(operation.decided());
            };
            let mut children = Vec::with_capacity(meetings.len());
            for met in meetings {
                children.push(self.combine(operation, met)?);
            }
            raw.reduce(&children, &mut self.meter)
        };
        let set =
            branch.and_then(|branch| self.node(level, branch)).map_err(|what| self.at_level(level, what))?;
        self.memo.insert(key, set);
        Ok(set)
    }
}
