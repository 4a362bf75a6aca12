//! A set with one coordinate given.

use std::fmt::Debug;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{Arena, BudgetError, Datum, Set};

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
        let branch = node.branch.with_children(&children, &new, &mut self.meter);
        let restricted = branch
            .and_then(|branch| self.node(node.level, branch))
            .map_err(|what| self.at_level(node.level, what))?;
        memo.insert(set, restricted);
        Ok(restricted)
    }
}
