//! A set as a list of boxes, no two of which have a point in common.

use std::fmt::Debug;

use super::{Arena, BudgetError, Predicate, Set};

/// The boxes of a set: one for every path through its diagram.
///
/// There can be many more of them than nodes; each comes up only when it is asked for.
#[derive(Debug)]
pub struct Regions<'a, L> {
    arena: &'a mut Arena<L>,
    /// Sets that are still to be gone into, with what was asked on the way to them.
    open: Vec<(Set, Vec<(L, Predicate)>)>,
}

impl<L: Ord + Clone + Debug> Arena<L> {
    /// The boxes of a set.
    pub fn regions(&mut self, set: Set) -> Regions<'_, L> {
        Regions { arena: self, open: vec![(set, Vec::new())] }
    }
}

impl<L: Ord + Clone + Debug> Iterator for Regions<'_, L> {
    type Item = Result<Vec<(L, Predicate)>, BudgetError<L>>;

    fn next(&mut self) -> Option<Self::Item> {
        while let Some((set, path)) = self.open.pop() {
            if set == Set::FULL {
                return Some(Ok(path));
            }
            let Some(node) = self.arena.get(set).cloned() else {
                continue;
            };
            let first_new = self.open.len();
            for child in node.branch.children() {
                if child == Set::EMPTY {
                    continue;
                }
                match node.branch.leading_to(child, &mut self.arena.meter) {
                    Ok(predicate) => {
                        let mut path = path.clone();
                        path.push((self.arena.name(node.level).clone(), predicate));
                        self.open.push((child, path));
                    }
                    Err(what) => {
                        self.open.clear();
                        return Some(Err(self.arena.at_level(node.level, what)));
                    }
                }
            }
            self.open[first_new..].reverse();
        }
        None
    }
}
