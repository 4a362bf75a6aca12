//! Ordered domains: a map is a row of pieces, cut from left to right.
//!
//! Whether a piece can be empty depends on what lies between two neighbours, so there are two kinds of line.
//!
//! ```text
//! dense      ──────┤9.5├──────────┤10├─────     a cut lies just before or just after a number
//!              a    b       c      d    e       {9.5} and {10} are pieces; between any two there are others
//!
//! discrete   ┤ 0  1  2 ┤ 3  4 ┤ 5 … max ┤       a cut lies just before a point; after 4 is before 5
//! ```
//!
//! With either choice two different cuts have a point between them: no piece is empty, and a witness always
//! exists.

mod dense;
mod discrete;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::fmt::Debug;
use std::hash::Hash;
use std::marker::PhantomData;

use rustc_hash::FxHashSet;

use super::budget::{Exhausted, Meter};
use super::domain::{Base, Domain, Extent, Label, Meetings, Merge, Met, Overlay, Region, Weight};

pub use dense::{Dense, DenseCut};
pub use discrete::{Discrete, DiscreteCut};

/// A place between points.
pub trait Cut: Clone + Ord + Hash + Debug {
    /// What it lies between.
    type Point: Clone + Debug;

    /// Whether a point lies behind it, to the right.
    fn is_before(&self, point: &Self::Point) -> bool;

    /// The place just before a point; none is the end of the line.
    fn just_before(point: &Self::Point) -> Option<Self>;

    /// The place just after a point; none is the end of the line.
    fn just_after(point: &Self::Point) -> Option<Self>;

    /// A point between two cuts, the first before the second; none is the end of the line.
    fn between(low: Option<&Self>, high: Option<&Self>) -> Self::Point;

    /// How many points lie between two cuts, the first before the second.
    fn extent(low: Option<&Self>, high: Option<&Self>) -> Extent;
}

/// The domain of the points of a line.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Line<C>(PhantomData<C>);

/// Pieces from left to right.
///
/// 1. Cuts ascend strictly.
/// 2. In a canonical map neighbours have different labels.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pieces<C, O> {
    first: O,
    rest: Vec<(C, O)>,
}

impl<C: Cut, O: Label> Pieces<C, O> {
    fn new(first: O) -> Self {
        Pieces { first, rest: Vec::new() }
    }

    /// Appends a piece, unless it goes on like the last one.
    fn push(&mut self, cut: C, label: O) {
        let last = self.rest.last().map_or(self.first, |(_, label)| *label);
        debug_assert!(self.rest.last().is_none_or(|(before, _)| *before < cut), "INVARIANT 1 (cuts)");
        if last != label {
            self.rest.push((cut, label));
        }
    }

    /// Every piece with the cuts at its ends.
    fn iter(&self) -> impl Iterator<Item = (Option<&C>, Option<&C>, O)> {
        let starts = std::iter::once((None, self.first))
            .chain(self.rest.iter().map(|(cut, label)| (Some(cut), *label)));
        let ends = self.rest.iter().map(|(cut, _)| Some(cut)).chain([None]);
        starts.zip(ends).map(|((low, label), high)| (low, high, label))
    }
}

/// The labels at one place of the line, while it is walked along.
struct Present<I> {
    items: BTreeMap<I, usize>,
    deciding: usize,
}

impl<I: Label> Present<I> {
    fn new() -> Self {
        Present { items: BTreeMap::new(), deciding: 0 }
    }

    fn add(&mut self, weight: Weight<I>) {
        match weight {
            Weight::Decides => self.deciding += 1,
            Weight::Nothing => {}
            Weight::Counts(item) => *self.items.entry(item).or_default() += 1,
        }
    }

    fn remove(&mut self, weight: Weight<I>) {
        match weight {
            Weight::Decides => self.deciding -= 1,
            Weight::Nothing => {}
            Weight::Counts(item) => {
                if let Some(count) = self.items.get_mut(&item) {
                    *count -= 1;
                    if *count == 0 {
                        self.items.remove(&item);
                    }
                }
            }
        }
    }

    fn met(&self) -> Met<I> {
        if self.deciding > 0 { Met::Decided } else { Met::of(self.items.keys().copied().collect()) }
    }
}

impl<C: Cut> Domain for Line<C> {
    type Point = C::Point;
    type Map<O: Label> = Pieces<C, O>;

    fn constant<O: Label>(label: O) -> Pieces<C, O> {
        Pieces::new(label)
    }

    fn at<O: Label>(map: &Pieces<C, O>, point: &C::Point) -> O {
        let behind = map.rest.partition_point(|(cut, _)| cut.is_before(point));
        behind.checked_sub(1).and_then(|last| map.rest.get(last)).map_or(map.first, |(_, label)| *label)
    }

    fn labels<O: Label>(map: &Pieces<C, O>) -> Vec<O> {
        let mut seen = FxHashSet::default();
        map.iter().map(|(_, _, label)| label).filter(|label| seen.insert(*label)).collect()
    }

    fn overlay<O: Label, M: Merge<O>>(
        maps: &[&Pieces<C, O>],
        merge: &M,
        meter: &mut Meter,
    ) -> Result<Overlay<Self, M::Item>, Exhausted> {
        let mut meetings = Meetings::new();
        let mut present = Present::new();
        for (nth, map) in maps.iter().enumerate() {
            present.add(merge.weigh(nth, map.first));
        }
        let mut raw = Pieces::new(meetings.number(present.met()));
        let mut next = vec![0usize; maps.len()];
        let head = |nth: usize, at: usize| maps[nth].rest.get(at).map(|(cut, _)| Reverse((cut, nth)));
        let mut heap: BinaryHeap<_> = (0..maps.len()).filter_map(|nth| head(nth, 0)).collect();
        while let Some(Reverse((cut, nth))) = heap.pop() {
            let at = next[nth];
            next[nth] += 1;
            let last = at.checked_sub(1).map_or(maps[nth].first, |last| maps[nth].rest[last].1);
            present.remove(merge.weigh(nth, last));
            present.add(merge.weigh(nth, maps[nth].rest[at].1));
            heap.extend(head(nth, at + 1));
            if heap.peek().is_none_or(|Reverse((following, _))| *following != cut) {
                meter.work(1 + present.items.len())?;
                raw.push(cut.clone(), meetings.number(present.met()));
            }
        }
        Ok((raw, meetings.into_list()))
    }

    fn reduce<O: Label>(
        raw: Pieces<C, u32>,
        labels: &[O],
        meter: &mut Meter,
    ) -> Result<Pieces<C, O>, Exhausted> {
        meter.work(raw.rest.len())?;
        let mut map = Pieces::new(labels[raw.first as usize]);
        for (cut, number) in raw.rest {
            map.push(cut, labels[number as usize]);
        }
        Ok(map)
    }

    fn rename<O: Label, P: Label>(map: &Pieces<C, O>, mut label: impl FnMut(O) -> P) -> Pieces<C, P> {
        let first = label(map.first);
        let rest = map.rest.iter().map(|(cut, old)| (cut.clone(), label(*old))).collect();
        Pieces { first, rest }
    }

    fn find<O: Label>(map: &Pieces<C, O>, wanted: impl Fn(O) -> bool) -> Option<C::Point> {
        let mut pieces = map.iter().filter(|(_, _, label)| wanted(*label));
        let (low, high, _) = pieces.next()?;
        Some(C::between(low, high))
    }

    fn extent<O: Label>(map: &Pieces<C, O>, label: O) -> Extent {
        let mut pieces = map.iter().filter(|(_, _, other)| *other == label);
        match (pieces.next(), pieces.next()) {
            (Some((low, high, _)), None) => C::extent(low, high),
            _ => Extent::More,
        }
    }
}

impl<C: Cut> Base for Line<C> {
    fn find_other<O: Label>(map: &Pieces<C, O>, label: O, than: &C::Point) -> Option<C::Point> {
        let (before, after) = (C::just_before(than), C::just_after(than));
        map.iter().filter(|(_, _, other)| *other == label).find_map(|(low, high, _)| {
            let is_inside =
                low.is_none_or(|low| low.is_before(than)) && high.is_none_or(|high| !high.is_before(than));
            match (&before, &after) {
                _ if !is_inside => Some(C::between(low, high)),
                (_, Some(after)) if high.is_none_or(|high| after < high) => {
                    Some(C::between(Some(after), high))
                }
                (Some(before), _) if low.is_none_or(|low| low < before) => {
                    Some(C::between(low, Some(before)))
                }
                _ => None,
            }
        })
    }
}

impl<C: Cut> Region<Line<C>> {
    /// The points between two cuts; none is the end of the line. Empty where they are not in order.
    pub fn range(low: Option<C>, high: Option<C>) -> Self {
        if let (Some(low), Some(high)) = (&low, &high)
            && low >= high
        {
            return Region { map: Pieces::new(false) };
        }
        let mut map = Pieces::new(low.is_none());
        if let Some(low) = low {
            map.push(low, true);
        }
        if let Some(high) = high {
            map.push(high, false);
        }
        Region { map }
    }

    /// The ranges of which the set consists, from left to right, each between two cuts.
    pub fn ranges(&self) -> impl Iterator<Item = (Option<&C>, Option<&C>)> {
        self.map.iter().filter(|(_, _, label)| *label).map(|(low, high, _)| (low, high))
    }
}
