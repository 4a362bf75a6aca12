//! Domains, and the one idea under all of them: a *map*, a function from the points of a domain to labels that
//! is constant on finitely many pieces.
//!
//! ```text
//! a set of points         is a map to yes and no
//! a node of a diagram     is a map to further nodes
//! a partition             is a map to the numbers of its classes
//! ```
//!
//! So a domain needs no set operations of its own. It says how several maps are laid over one another
//! ([`Domain::overlay`]) and how the outcome is brought into canonical form ([`Domain::reduce`]); union,
//! intersection, complement and the steps of the diagram are those two with different rules for merging labels.

use std::fmt::Debug;
use std::hash::{Hash, Hasher};

use rustc_hash::{FxHashMap, FxHasher};

use super::SetAlgebra;
use super::budget::{Exhausted, Meter};

/// What a map gives to its pieces.
pub trait Label: Copy + Ord + Hash + Debug {}

impl<T: Copy + Ord + Hash + Debug> Label for T {}

/// What one label means for the merger of several.
pub enum Weight<I> {
    /// It decides alone, whatever the others are.
    Decides,
    /// It changes nothing.
    Nothing,
    /// It counts.
    Counts(I),
}

/// How labels of several maps become one.
pub trait Merge<O> {
    /// What is kept of a label that counts.
    type Item: Label;

    /// What the label of an operand means.
    fn weigh(&self, operand: usize, label: O) -> Weight<Self::Item>;
}

/// All the labels that meet on one piece.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Met<I> {
    /// One label decided.
    Decided,
    /// The labels that count, sorted, each once.
    Items(Vec<I>),
}

impl<I: Label> Met<I> {
    /// Nothing met yet but some items, in any order.
    pub(super) fn of(mut items: Vec<I>) -> Met<I> {
        items.sort_unstable();
        items.dedup();
        Met::Items(items)
    }

    /// Merges labels, in any order.
    pub(super) fn all(weights: impl IntoIterator<Item = Weight<I>>) -> Met<I> {
        Met::with(&[], weights)
    }

    /// Merges labels, in any order, into what is there already.
    pub(super) fn with(there: &[I], weights: impl IntoIterator<Item = Weight<I>>) -> Met<I> {
        let weights = weights.into_iter();
        let mut items = Vec::with_capacity(there.len() + weights.size_hint().0);
        items.extend_from_slice(there);
        for weight in weights {
            match weight {
                Weight::Decides => return Met::Decided,
                Weight::Nothing => {}
                Weight::Counts(item) => items.push(item),
            }
        }
        Met::of(items)
    }
}

/// The number of each label among the different ones, and these, in the order in which they come up.
pub(super) fn distinct<O: Label>(labels: &[O]) -> (Vec<u32>, Vec<O>) {
    const FEW: usize = 16;
    let mut known: FxHashMap<O, u32> = FxHashMap::default();
    let mut list: Vec<O> = Vec::with_capacity(labels.len().min(FEW));
    let mut number = |label: &O| {
        let found = match list.len() {
            ..=FEW => list.iter().position(|other| other == label).map(|number| number as u32),
            _ => known.get(label).copied(),
        };
        found.unwrap_or_else(|| {
            let number = list.len() as u32;
            list.push(*label);
            match list.len() {
                ..=FEW => {}
                _ if known.is_empty() => known.extend(list.iter().copied().zip(0..)),
                _ => known.extend([(*label, number)]),
            }
            number
        })
    };
    (labels.iter().map(&mut number).collect(), list)
}

/// Whether two lists of labels are equal. Most are empty, and of those the bytes are not compared: where there are none,
/// reading them is slow on some processors.
pub(super) fn are_same<I: Label>(left: &[I], right: &[I]) -> bool {
    left.len() == right.len() && (left.is_empty() || left == right)
}

/// How many meetings are compared one by one before they are hashed.
const FEW: usize = 8;

/// Every [`Met`] of an overlay, numbered as it turns up. Looking one up makes nothing new.
pub struct Meetings<I> {
    list: Vec<Met<I>>,
    /// The last number asked for; neighbours are often alike.
    latest: usize,
    /// The last one with a hash, once there are more than a few.
    last: FxHashMap<u64, u32>,
    /// The one before with the same hash, one more than its number.
    before: Vec<u32>,
}

impl<I: Label> Meetings<I> {
    pub(super) fn new() -> Self {
        Meetings { list: Vec::new(), latest: 0, last: FxHashMap::default(), before: Vec::new() }
    }

    pub(super) fn number(&mut self, met: Met<I>) -> u32 {
        match &met {
            Met::Decided => self.find(None),
            Met::Items(items) => self.find(Some(items)),
        }
        .unwrap_or_else(|| self.push(met))
    }

    /// The number of items, sorted, each once.
    pub(super) fn number_of(&mut self, items: &[I]) -> u32 {
        self.find(Some(items)).unwrap_or_else(|| self.push(Met::Items(items.to_vec())))
    }

    fn find(&mut self, items: Option<&[I]>) -> Option<u32> {
        let is_it = |met: &Met<I>| match (met, items) {
            (Met::Decided, None) => true,
            (Met::Items(known), Some(items)) => are_same(known, items),
            _ => false,
        };
        if self.list.get(self.latest).is_some_and(is_it) {
            return Some(self.latest as u32);
        }
        let number = if self.list.len() <= FEW {
            self.list.iter().position(is_it)?
        } else {
            let mut next = self.last.get(&Self::hash(items)).map_or(0, |last| last + 1);
            loop {
                let number = next.checked_sub(1)? as usize;
                if is_it(&self.list[number]) {
                    break number;
                }
                next = self.before[number];
            }
        };
        self.latest = number;
        Some(number as u32)
    }

    fn push(&mut self, met: Met<I>) -> u32 {
        let number = self.list.len();
        self.list.push(met);
        if self.list.len() > FEW {
            for number in self.before.len()..self.list.len() {
                let hash = match &self.list[number] {
                    Met::Decided => Self::hash(None),
                    Met::Items(items) => Self::hash(Some(items)),
                };
                let last = self.last.insert(hash, number as u32);
                self.before.push(last.map_or(0, |last| last + 1));
            }
        }
        self.latest = number;
        number as u32
    }

    fn hash(items: Option<&[I]>) -> u64 {
        let mut hasher = FxHasher::default();
        items.hash(&mut hasher);
        hasher.finish()
    }

    pub(super) fn into_list(self) -> Vec<Met<I>> {
        self.list
    }
}

/// The result of laying maps over one another: a map, not canonical, to positions in a list of meetings.
pub type Overlay<D, I> = (<D as Domain>::Map<u32>, Vec<Met<I>>);

/// Whether a label is given to one point only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Extent {
    /// To exactly one.
    Point,
    /// To two or more.
    More,
}

/// A set of points of which maps are made.
///
/// Maps are canonical: equal functions are equal values. Only [`Domain::overlay`] gives a map that is not; it
/// must go through [`Domain::reduce`].
pub trait Domain: Clone + Eq + Hash + Debug {
    /// A member.
    type Point: Clone + Debug;
    /// A function from points to labels.
    type Map<O: Label>: Clone + Eq + Hash + Debug;

    /// The same label everywhere.
    fn constant<O: Label>(label: O) -> Self::Map<O>;

    /// The label of a point.
    fn at<O: Label>(map: &Self::Map<O>, point: &Self::Point) -> O;

    /// The labels that occur, each once, in an order that depends on the function alone, without the labels.
    fn labels<O: Label>(map: &Self::Map<O>) -> Vec<O>;

    /// Lays canonical maps over one another.
    fn overlay<O: Label, M: Merge<O>>(
        maps: &[&Self::Map<O>],
        merge: &M,
        meter: &mut Meter,
    ) -> Result<Overlay<Self, M::Item>, Exhausted>;

    /// The canonical map that gives each piece the label at its number.
    fn reduce<O: Label>(
        raw: Self::Map<u32>,
        labels: &[O],
        meter: &mut Meter,
    ) -> Result<Self::Map<O>, Exhausted>;

    /// A canonical map with other labels, different ones for different ones.
    fn rename<O: Label, P: Label>(map: &Self::Map<O>, label: impl FnMut(O) -> P) -> Self::Map<P>;

    /// A point whose label is wanted: short or simple where there is a choice.
    fn find<O: Label>(map: &Self::Map<O>, wanted: impl Fn(O) -> bool) -> Option<Self::Point>;

    /// How many points have a label that occurs.
    fn extent<O: Label>(map: &Self::Map<O>, label: O) -> Extent;

    /// The label, where it is the same everywhere.
    fn same_everywhere<O: Label>(map: &Self::Map<O>) -> Option<O> {
        match Self::labels(map).as_slice() {
            [label] => Some(*label),
            _ => None,
        }
    }
}

/// A domain of which there can be sets of points.
pub trait Base: Domain {
    /// A point with a label, other than the given one.
    fn find_other<O: Label>(map: &Self::Map<O>, label: O, than: &Self::Point) -> Option<Self::Point>;
}

/// A set of points of a domain: a map to yes and no. Equal sets are equal values.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Region<D: Domain> {
    pub(super) map: D::Map<bool>,
}

/// Yes where every operand says yes.
struct Every;

impl Merge<bool> for Every {
    type Item = bool;

    fn weigh(&self, _: usize, label: bool) -> Weight<bool> {
        if label { Weight::Nothing } else { Weight::Decides }
    }
}

/// Yes where some operand says yes.
struct AnyOf;

impl Merge<bool> for AnyOf {
    type Item = bool;

    fn weigh(&self, _: usize, label: bool) -> Weight<bool> {
        if label { Weight::Decides } else { Weight::Nothing }
    }
}

impl<D: Domain> Region<D> {
    /// The union of any number of sets, built at once.
    pub fn union_of(sets: &[Region<D>], meter: &mut Meter) -> Result<Region<D>, Exhausted> {
        Region::merged(sets, &AnyOf, true, meter)
    }

    /// The intersection of any number of sets, built at once.
    pub fn intersection_of(sets: &[Region<D>], meter: &mut Meter) -> Result<Region<D>, Exhausted> {
        Region::merged(sets, &Every, false, meter)
    }

    fn merged(
        sets: &[Region<D>],
        merge: &impl Merge<bool, Item = bool>,
        decided: bool,
        meter: &mut Meter,
    ) -> Result<Region<D>, Exhausted> {
        let maps: Vec<_> = sets.iter().map(|set| &set.map).collect();
        let (raw, meetings) = D::overlay(&maps, merge, meter)?;
        let labels: Vec<bool> = meetings.iter().map(|met| (*met == Met::Decided) == decided).collect();
        Ok(Region { map: D::reduce(raw, &labels, meter)? })
    }
}

impl<D: Domain> SetAlgebra for Region<D> {
    type Point = D::Point;

    fn empty() -> Self {
        Region { map: D::constant(false) }
    }

    fn complement(&self) -> Self {
        Region { map: D::rename(&self.map, |label| !label) }
    }

    fn intersection(&self, other: &Self, meter: &mut Meter) -> Result<Self, Exhausted> {
        Region::intersection_of(&[self.clone(), other.clone()], meter)
    }

    fn union(&self, other: &Self, meter: &mut Meter) -> Result<Self, Exhausted> {
        Region::union_of(&[self.clone(), other.clone()], meter)
    }

    fn contains(&self, point: &D::Point) -> bool {
        D::at(&self.map, point)
    }

    fn witness(&self) -> Option<D::Point> {
        D::find(&self.map, |label| label)
    }
}
