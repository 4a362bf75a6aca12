//! Sets in many coordinates: decision diagrams.
//!
//! A point has a coordinate at every *level*. A node asks for the coordinate of its level and goes on to the child
//! for it; levels come in one order on every path.
//!
//! ```text
//!   (x matches a*, y < 10)  or  x = b
//!
//!              ┌───────┐  a*   ┌────────┐ y < 10
//!            ─▶│ x = ? ├──────▶│ y = ?  ├────────▶ FULL
//!              └─┬───┬─┘       └──┬─────┘           ▲
//!                │   │ b          │ else            │
//!                │   └────────────┼─────────────────┘
//!                │ else           ▼
//!                └─────────────▶ EMPTY
//! ```
//!
//! A node holds a canonical map from the domain of its level to its children. Two rules make the diagram canonical as
//! a whole:
//!
//! * a node is made once: the same level with the same map is the same node;
//! * a map that gives the same child everywhere is no node but that child.
//!
//! So *two sets are equal exactly when their ids are equal*. This needs equal maps to be equal values, which is what
//! the domains are for: for strings the whole minimal machine, its states labelled with children, is the map. States
//! are not shared between machines, and so the traps of minimising against states that are there already do not arise.
//!
//! # One operation
//!
//! Union, intersection and difference are one operation (`apply`) on any number of sets. At each level the maps of
//! all operands are laid over one another at once; each piece of the result has the children that meet there, which are
//! the operands one level down. A list of 8,000 boxes is never merged two by two. Most unions are of nodes that list texts
//! (`listed`): there the lists are sorted together, and the map is made of the outcome.

mod apply;
mod coordinate;
mod laid;
mod listed;
mod regions;
mod restrict;
mod walk;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use thiserror::Error;

use super::budget::{Budget, Exhausted, Meter};
use super::{End, Language, Text};
use apply::Operand;
use coordinate::Branch;
use laid::Laid;
use listed::Listed;

pub use apply::Operation;
pub use coordinate::{Coordinate, Datum, Kind, Predicate};
pub use regions::Regions;
pub use walk::Assignment;

/// A set of points, by its place in an [`Arena`]. Within one arena `==` is equality of sets; the sets of different
/// arenas have nothing to do with one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Set(u32);

impl Set {
    /// No point.
    pub const EMPTY: Set = Set(0);
    /// All points.
    pub const FULL: Set = Set(1);
}

/// A budget ran out.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("a set is too complicated: {what}")]
pub struct BudgetError<L: Debug> {
    /// What ran out.
    pub what: Exhausted,
    /// At which level; none where the sets were still to be built.
    pub level: Option<L>,
}

impl<L: Debug> From<Exhausted> for BudgetError<L> {
    fn from(what: Exhausted) -> Self {
        BudgetError { what, level: None }
    }
}

/// Where sets are kept, and what is left of their budget.
///
/// `L` names the levels; its order is their order on every path. A level comes up with the first predicate on it,
/// anywhere in the order. The same name with domains of two kinds makes two levels, which know nothing of one another.
#[derive(Debug)]
pub struct Arena<L> {
    meter: Meter,
    /// Every level, in the order in which they came up.
    levels: Vec<(L, Kind)>,
    numbers: BTreeMap<(L, Kind), u32>,
    /// The place of each level in their order.
    ranks: Vec<u32>,
    /// Behind [`Set::EMPTY`] and [`Set::FULL`].
    nodes: Vec<Arc<Node>>,
    known: FxHashMap<Arc<Node>, Set>,
    memo: FxHashMap<(Operation, Vec<Operand>), Set>,
    laid: Laid,
    listed: Listed,
}

/// What a node costs beside its map: it is looked for, kept and remembered.
const WORK_OF_A_NODE: usize = 100;

/// 1. The map is canonical.
/// 2. It is to two children at least.
/// 3. Every child is [`Set::EMPTY`], [`Set::FULL`] or a node of a level behind this one.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Node {
    level: u32,
    branch: Branch<Set>,
}

impl<L: Ord + Clone + Debug> Arena<L> {
    /// An arena without sets but the empty and the full one.
    pub fn new(budget: Budget) -> Arena<L> {
        Arena {
            meter: Meter::new(budget),
            levels: Vec::new(),
            numbers: BTreeMap::new(),
            ranks: Vec::new(),
            nodes: Vec::new(),
            known: FxHashMap::default(),
            memo: FxHashMap::default(),
            laid: Laid::default(),
            listed: Listed::default(),
        }
    }

    /// What is left of the budget, for building predicates from the same one.
    pub fn meter(&mut self) -> &mut Meter {
        &mut self.meter
    }

    /// Grants a new budget; sets stay.
    pub fn renew(&mut self, budget: Budget) {
        self.meter = Meter::new(budget);
    }

    /// How many nodes there are.
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// The points whose coordinate at a level satisfies a predicate.
    pub fn atom(&mut self, level: L, predicate: impl Into<Predicate>) -> Result<Set, BudgetError<L>> {
        self.above(level, &predicate.into(), Set::FULL)
    }

    /// A box: the points that satisfy every one of the predicates.
    pub fn all_of(
        &mut self,
        predicates: impl IntoIterator<Item = (L, Predicate)>,
    ) -> Result<Set, BudgetError<L>> {
        let mut predicates: Vec<(L, Predicate)> = predicates.into_iter().collect();
        predicates.sort_by(|left, right| (&right.0, right.1.kind()).cmp(&(&left.0, left.1.kind())));
        let mut set = Set::FULL;
        for (level, predicate) in predicates {
            set = self.above(level, &predicate, set)?;
        }
        Ok(set)
    }

    /// The points whose text at a level is one of some, all different, and that are in the set beside it.
    pub fn by_text(&mut self, level: L, cases: &[(&str, Set)]) -> Result<Set, BudgetError<L>> {
        let name = level.clone();
        let level = self.level(level, Kind::Text)?;
        if !cases.iter().all(|(_, set)| self.begins_behind(*set, level)) {
            let mut sets = Vec::new();
            for (text, set) in cases {
                let is_text = self.by_text(name.clone(), &[(*text, Set::FULL)])?;
                sets.push(self.intersection([is_text, *set])?);
            }
            return self.union(sets);
        }
        let mut sorted: Vec<_> = cases.iter().map(|(text, set)| (*text, *set, None)).collect();
        sorted.sort_unstable();
        let branch = Text::by_case(&sorted, Set::EMPTY, &mut self.meter);
        let set = branch.and_then(|map| self.node(level, Branch::Text(map)));
        let set = set.map_err(|what| self.at_level(level, what))?;
        self.remember(level, set, sorted.iter().map(|(text, set, _)| (*text, End::Stop, *set)));
        Ok(set)
    }

    /// The points of a set whose text at a level is one of some, or begins with it.
    pub fn by_beginning(
        &mut self,
        level: L,
        mut texts: Vec<(&str, End)>,
        set: Set,
    ) -> Result<Set, BudgetError<L>> {
        // What is in order is united sooner.
        texts.sort_unstable();
        let number = self.level(level.clone(), Kind::Text)?;
        let language = Language::of_texts(texts.clone(), &mut self.meter);
        let language = language.map_err(|what| self.at_level(number, what))?;
        let is_behind = self.begins_behind(set, number);
        let result = self.above(level, &language.into(), set)?;
        if is_behind {
            self.remember(number, result, texts.into_iter().map(|(text, end)| (text, end, set)));
        }
        Ok(result)
    }

    /// Remembers the list of texts that a set was made of, where it asks for the text of a level.
    fn remember<'t>(&mut self, level: u32, set: Set, texts: impl IntoIterator<Item = (&'t str, End, Set)>) {
        if self.get(set).is_some_and(|node| node.level == level) {
            let list = texts.into_iter().map(|(text, end, set)| self.listed.entry(text, end, set)).collect();
            self.listed.remember(set, list);
        }
    }

    /// The points of a set that satisfy a predicate: at no cost where all levels of the set come later.
    pub fn above(&mut self, level: L, predicate: &Predicate, set: Set) -> Result<Set, BudgetError<L>> {
        let name = level.clone();
        let level = self.level(level, predicate.kind())?;
        if !self.begins_behind(set, level) {
            let satisfying = self.above(name, predicate, Set::FULL)?;
            return self.intersection([satisfying, set]);
        }
        if set == Set::EMPTY {
            // Members and others would lead to the same, which a map that is only renamed would not show.
            return Ok(Set::EMPTY);
        }
        let branch = predicate.branch(|is_member| if is_member { set } else { Set::EMPTY });
        Ok(self.node(level, branch)?)
    }

    /// Whether all levels of a set come behind one.
    fn begins_behind(&self, set: Set, level: u32) -> bool {
        self.rank(set).is_none_or(|rank| rank > self.ranks[level as usize])
    }

    /// The number of a level, which is new or not.
    fn level(&mut self, name: L, kind: Kind) -> Result<u32, BudgetError<L>> {
        if let Some(&number) = self.numbers.get(&(name.clone(), kind)) {
            return Ok(number);
        }
        if self.levels.len() >= self.meter.left().levels {
            return Err(BudgetError { what: Exhausted::Levels, level: Some(name) });
        }
        let number = self.levels.len() as u32;
        self.levels.push((name.clone(), kind));
        self.numbers.insert((name, kind), number);
        self.ranks.push(0);
        for (rank, number) in self.numbers.values().enumerate() {
            self.ranks[*number as usize] = rank as u32;
        }
        Ok(number)
    }

    /// The set of a branch. Its map must be canonical.
    fn node(&mut self, level: u32, branch: Branch<Set>) -> Result<Set, Exhausted> {
        if let Some(only) = branch.same_everywhere() {
            return Ok(only);
        }
        debug_assert!(branch.children().len() > 1, "INVARIANT 2 (a map to one child is no node)");
        debug_assert!(
            branch.children().into_iter().all(|child| self.begins_behind(child, level)),
            "INVARIANT 3 (children come later)"
        );
        let node = Node { level, branch };
        if let Some(&set) = self.known.get(&node) {
            return Ok(set);
        }
        self.meter.state()?;
        self.meter.work(WORK_OF_A_NODE)?;
        let node = Arc::new(node);
        self.nodes.push(Arc::clone(&node));
        let set = Set(self.nodes.len() as u32 + 1);
        self.known.insert(node, set);
        Ok(set)
    }

    /// The node of a set; none for the empty and the full set.
    fn get(&self, set: Set) -> Option<&Arc<Node>> {
        self.nodes.get((set.0 as usize).checked_sub(2)?)
    }

    /// The place in the order of levels at which a set branches first; none for the empty and the full set.
    fn rank(&self, set: Set) -> Option<u32> {
        self.get(set).map(|node| self.ranks[node.level as usize])
    }

    fn name(&self, level: u32) -> &L {
        &self.levels[level as usize].0
    }

    fn at_level(&self, level: u32, what: Exhausted) -> BudgetError<L> {
        BudgetError { what, level: Some(self.name(level).clone()) }
    }
}
