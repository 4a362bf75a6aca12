//! A set with one coordinate given, and a set with the last ones forgotten.

use std::fmt::Debug;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{Arena, BudgetError, Datum, Node, Set};

impl<L: Ord + Clone + Debug> Arena<L> {
    /// The points that are in a set once their coordinate at a level is replaced by the given one: a set that no longer
    /// depends on the level.
    pub fn restrict(&mut self, set: Set, level: L, datum: &Datum) -> Result<Set, BudgetError<L>> {
        let Some(&level) = self.numbers.get(&(level, datum.kind())) else {
            return Ok(set);
        };
        self.restricted(set, level, datum, &mut FxHashMap::default())
    }

    fn restricted(
        &mut self,
        set: Set,
        level: u32,
        datum: &Datum,
        memo: &mut FxHashMap<Set, Set>,
    ) -> Result<Set, BudgetError<L>> {
        let node = match self.get(set) {
            Some(node) if self.ranks[node.level as usize] <= self.ranks[level as usize] => Arc::clone(node),
            _ => return Ok(set),
        };
        if node.level == level {
            return Ok(node.branch.at(datum).unwrap_or(set));
        }
        if let Some(&known) = memo.get(&set) {
            return Ok(known);
        }
        let children = node.branch.children();
        let mut new = Vec::with_capacity(children.len());
        for &child in &children {
            new.push(self.restricted(child, level, datum, memo)?);
        }
        let restricted = self.with_children(&node, &children, &new)?;
        memo.insert(set, restricted);
        Ok(restricted)
    }

    /// A node with other children in place of its own.
    fn with_children(&mut self, node: &Node, children: &[Set], new: &[Set]) -> Result<Set, BudgetError<L>> {
        let branch = node.branch.with_children(children, new, &mut self.meter);
        let set = branch.and_then(|branch| self.node(node.level, branch));
        set.map_err(|what| self.at_level(node.level, what))
    }

    /// The points that are in a set once their coordinates behind a level are replaced by some others: a set that
    /// depends on no level behind it.
    pub fn up_to(&mut self, set: Set, level: &L) -> Result<Set, BudgetError<L>> {
        self.cut(set, level, &mut FxHashMap::default())
    }

    fn cut(&mut self, set: Set, level: &L, memo: &mut FxHashMap<Set, Set>) -> Result<Set, BudgetError<L>> {
        let Some(node) = self.get(set).map(Arc::clone) else { return Ok(set) };
        if self.levels.get(node.level as usize).is_some_and(|(name, _)| name > level) {
            // A node leads to something: only the empty set does not.
            return Ok(Set::FULL);
        }
        if let Some(&known) = memo.get(&set) {
            return Ok(known);
        }
        let children = node.branch.children();
        let mut new = Vec::with_capacity(children.len());
        for &child in &children {
            new.push(self.cut(child, level, memo)?);
        }
        let cut = self.with_children(&node, &children, &new)?;
        memo.insert(set, cut);
        Ok(cut)
    }
}
