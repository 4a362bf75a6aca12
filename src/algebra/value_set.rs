//! Sets of values: the domain whose points are finite sets of two or more points of another domain.
//!
//! What a predicate of interest says of a set of values depends only on *which classes of a partition are
//! inhabited*. "All values are in L" and "some value is in L" both need the classes L and not-L:
//!
//! ```text
//!                      inhabited:   L     not L     both
//!   all values in L                yes     no        no
//!   some value in L                yes     no        yes
//! ```
//!
//! So a map is a partition of the base domain (a map to class numbers, like any other) and a table with a label for
//! every set of classes. When maps are laid over one another their partitions are refined to a common one.
//!
//! # The canonical form
//!
//! The partition is the coarsest that will do. Two classes can be one when a value of either changes nothing in a
//! set that holds a value of the other; whatever could be merged pair by pair can be merged together, because
//! adding such values one after another joins any two sets that inhabit the same merged classes. A set of classes
//! that no set of two values inhabits (none; one class of one value) has no say in this, and its place in
//! the table holds what all classes together have.

use super::budget::{Exhausted, Meter};
use super::domain::{Base, Domain, Extent, Label, Meetings, Merge, Met, Overlay, Region, Weight, distinct};

/// The domain of sets of two or more values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Several<D>(std::marker::PhantomData<D>);

/// A label for every set of inhabited classes.
///
/// 1. Classes are numbered 0, 1, … in the order of [`Domain::labels`].
/// 2. The table has two to the power of their number of entries; bit n of an index says that class n is inhabited.
/// 3. In a canonical map no two classes can be one, and the entry of what cannot be is the last one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Table<D: Domain, O: Label> {
    classes: D::Map<u32>,
    labels: Vec<O>,
}

impl<D: Domain, O: Label> Table<D, O> {
    fn class_count(&self) -> usize {
        self.labels.len().trailing_zeros() as usize
    }

    /// Which classes have one value only, as bits.
    fn points(&self) -> usize {
        let is_point = |class: &usize| D::extent(&self.classes, *class as u32) == Extent::Point;
        (0..self.class_count()).filter(is_point).map(|class| 1 << class).sum()
    }

    /// Whether some set of two values inhabits exactly these classes.
    fn can_be(inhabited: usize, points: usize) -> bool {
        inhabited.count_ones() > 1 || inhabited & !points != 0
    }

    /// Brings a table into canonical form, whatever its entries for what cannot be.
    fn canonical(self, meter: &mut Meter) -> Result<Self, Exhausted> {
        let count = self.class_count();
        if let [_, only] = self.labels.as_slice() {
            return Ok(Table { classes: D::constant(0), labels: vec![*only; 2] });
        }
        let points = self.points();
        meter.work(count * self.labels.len())?;
        let adds_nothing = |class: usize, other: usize| {
            (0..self.labels.len())
                .filter(|set| set & (1 << class) != 0 && Self::can_be(*set, points))
                .all(|set| self.labels[set] == self.labels[set | (1 << other)])
        };
        // The least class that each can be one with.
        let mut merged: Vec<usize> = Vec::new();
        for class in 0..count {
            let with = (0..class).find(|&other| {
                merged[other] == other && adds_nothing(class, other) && adds_nothing(other, class)
            });
            merged.push(with.unwrap_or(class));
        }
        let kept: Vec<usize> = (0..count).filter(|class| merged[*class] == *class).collect();
        let number_of: Vec<u32> = merged
            .iter()
            .map(|class| kept.iter().position(|other| other == class).unwrap_or_default() as u32)
            .collect();
        let classes = D::reduce(self.classes, &number_of, meter)?;
        // The classes in canonical order, each with the old classes of which it consists.
        let order = D::labels(&classes);
        let mut position = vec![0; kept.len()];
        for (nth, class) in order.iter().enumerate() {
            position[*class as usize] = nth as u32;
        }
        let consists_of: Vec<usize> = order
            .iter()
            .map(|class| (0..count).filter(|old| number_of[*old] == *class).map(|old| 1 << old).sum())
            .collect();
        let classes = D::rename(&classes, |class| position[class as usize]);
        let entry = |set: usize| {
            let old = consists_of.iter().enumerate().filter(|(nth, _)| set & (1 << nth) != 0);
            self.labels[old.map(|(_, old)| *old).sum::<usize>()]
        };
        let labels = (0..1 << order.len()).map(entry).collect();
        let mut table = Table { classes, labels };
        let points = table.points();
        if let Some(&last) = table.labels.last() {
            for (set, label) in table.labels.iter_mut().enumerate() {
                if !Self::can_be(set, points) {
                    *label = last;
                }
            }
        }
        Ok(table)
    }
}

/// Keeps every class of every operand.
struct Refine;

impl Merge<u32> for Refine {
    type Item = (usize, u32);

    fn weigh(&self, operand: usize, class: u32) -> Weight<(usize, u32)> {
        Weight::Counts((operand, class))
    }
}

impl<D: Base> Region<Several<D>> {
    /// The sets whose values are all members.
    pub fn all_in(set: &Region<D>, meter: &mut Meter) -> Result<Self, Exhausted> {
        Region::by_classes(set, |inside, outside| inside && !outside, meter)
    }

    /// The sets of which some value is a member.
    pub fn some_in(set: &Region<D>, meter: &mut Meter) -> Result<Self, Exhausted> {
        Region::by_classes(set, |inside, _| inside, meter)
    }

    /// The sets of which it holds, given whether a value is in a set and whether one is not.
    fn by_classes(
        set: &Region<D>,
        holds: impl Fn(bool, bool) -> bool,
        meter: &mut Meter,
    ) -> Result<Self, Exhausted> {
        let map = match D::same_everywhere(&set.map) {
            Some(inside) => Several::constant(holds(inside, !inside)),
            None => {
                let classes = D::rename(&set.map, u32::from);
                let labels = [(false, false), (true, false), (false, true), (true, true)];
                let labels = labels.into_iter().map(|(outside, inside)| holds(inside, outside)).collect();
                Table { classes, labels }.canonical(meter)?
            }
        };
        Ok(Region { map })
    }

    /// How many classes of values are told apart.
    pub fn class_count(&self) -> usize {
        self.map.class_count()
    }
}

impl<D: Base> Domain for Several<D> {
    type Point = Vec<D::Point>;
    type Map<O: Label> = Table<D, O>;

    fn constant<O: Label>(label: O) -> Table<D, O> {
        Table { classes: D::constant(0), labels: vec![label; 2] }
    }

    fn at<O: Label>(map: &Table<D, O>, point: &Vec<D::Point>) -> O {
        let inhabited = point.iter().fold(0, |set, value| set | 1 << D::at(&map.classes, value));
        map.labels[inhabited]
    }

    fn labels<O: Label>(map: &Table<D, O>) -> Vec<O> {
        distinct(&map.labels).1
    }

    fn same_everywhere<O: Label>(map: &Table<D, O>) -> Option<O> {
        match map.labels.as_slice() {
            [label, _] => Some(*label),
            _ => None,
        }
    }

    fn overlay<O: Label, M: Merge<O>>(
        maps: &[&Table<D, O>],
        merge: &M,
        meter: &mut Meter,
    ) -> Result<Overlay<Self, M::Item>, Exhausted> {
        if maps.iter().all(|map| map.class_count() == 1) {
            let weights = maps.iter().enumerate().map(|(nth, map)| merge.weigh(nth, map.labels[0]));
            return Ok((Several::constant(0), vec![Met::all(weights)]));
        }
        let partitions: Vec<_> = maps.iter().map(|map| &map.classes).collect();
        let (classes, meetings) = D::overlay(&partitions, &Refine, meter)?;
        meter.classes(meetings.len())?;
        // For every new class, the bit of the class of each operand in which it lies.
        let lies_in: Vec<Vec<usize>> = meetings
            .iter()
            .map(|met| match met {
                Met::Items(items) => items.iter().map(|(_, class)| 1 << class).collect(),
                Met::Decided => Vec::new(),
            })
            .collect();
        meter.work((maps.len() + 1) << lies_in.len())?;
        let mut met = Meetings::new();
        let entry = |set: usize| {
            let weights = maps.iter().enumerate().map(|(nth, map)| {
                let inhabited = (0..lies_in.len()).filter(|class| set & (1 << class) != 0);
                let inhabited = inhabited.fold(0, |old, class| old | lies_in[class][nth]);
                merge.weigh(nth, map.labels[inhabited])
            });
            met.number(Met::all(weights))
        };
        let labels = (0..1 << lies_in.len()).map(entry).collect();
        Ok((Table { classes, labels }, met.into_list()))
    }

    fn reduce<O: Label>(
        raw: Table<D, u32>,
        labels: &[O],
        meter: &mut Meter,
    ) -> Result<Table<D, O>, Exhausted> {
        let labels = raw.labels.iter().map(|number| labels[*number as usize]).collect();
        Table { classes: raw.classes, labels }.canonical(meter)
    }

    fn rename<O: Label, P: Label>(map: &Table<D, O>, mut label: impl FnMut(O) -> P) -> Table<D, P> {
        Table { classes: map.classes.clone(), labels: map.labels.iter().map(|old| label(*old)).collect() }
    }

    fn find<O: Label>(map: &Table<D, O>, wanted: impl Fn(O) -> bool) -> Option<Vec<D::Point>> {
        let points = map.points();
        let mut sets: Vec<usize> = (1..map.labels.len())
            .filter(|set| Table::<D, O>::can_be(*set, points) && wanted(map.labels[*set]))
            .collect();
        sets.sort_by_key(|set| set.count_ones());
        let inhabited = *sets.first()?;
        let classes = (0..map.class_count() as u32).filter(|class| inhabited & (1 << class) != 0);
        let mut values: Vec<D::Point> =
            classes.filter_map(|class| D::find(&map.classes, |other| other == class)).collect();
        if let [only] = values.as_slice() {
            values.extend(D::find_other(&map.classes, D::at(&map.classes, only), only));
        }
        Some(values)
    }

    fn extent<O: Label>(map: &Table<D, O>, label: O) -> Extent {
        // Two classes of one value each make one set; a class of more values makes any number of them.
        let points = map.points();
        let mut sets = (1..map.labels.len())
            .filter(|set| Table::<D, O>::can_be(*set, points) && map.labels[*set] == label);
        match (sets.next(), sets.next()) {
            (Some(set), None) if set & !points == 0 => Extent::Point,
            _ => Extent::More,
        }
    }
}
