//! What a key may hold: nothing, one value, or several. The domain is the sum of the three.

use super::budget::{Exhausted, Meter};
use super::domain::{Base, Domain, Extent, Label, Merge, Met, Overlay, Region, distinct};
use super::value_set::{Several, Table};

/// The domain of what a key may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Keyed<D>(std::marker::PhantomData<D>);

/// What a key holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Held<P> {
    /// The key is not there.
    Absent,
    /// One value.
    One(P),
    /// Two or more different values. A list of fewer is no point of the domain: what is said of it means nothing.
    Many(Vec<P>),
}

/// A map for each of the three.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Parts<D: Domain, O: Label> {
    absent: O,
    one: D::Map<O>,
    many: Table<D, O>,
}

impl<D: Base> Region<Keyed<D>> {
    /// That the key is absent.
    pub fn absent() -> Self {
        Region { map: Parts { absent: true, one: D::constant(false), many: Several::constant(false) } }
    }

    /// That it holds one value, a member of a set.
    pub fn one(values: Region<D>) -> Self {
        Region { map: Parts { absent: false, one: values.map, many: Several::constant(false) } }
    }

    /// That it holds several values, together a member of a set of sets.
    pub fn many(values: Region<Several<D>>) -> Self {
        Region { map: Parts { absent: false, one: D::constant(false), many: values.map } }
    }

    /// The same single values and the same of absence, and of several values those of a set.
    pub fn or_many(self, values: Region<Several<D>>) -> Self {
        Region { map: Parts { many: values.map, ..self.map } }
    }

    /// The same, and that it is absent.
    pub fn or_absent(self) -> Self {
        Region { map: Parts { absent: true, ..self.map } }
    }

    /// The single values in the set.
    pub fn ones(&self) -> Region<D> {
        Region { map: self.map.one.clone() }
    }

    /// The sets of several values in the set.
    pub fn manys(&self) -> Region<Several<D>> {
        Region { map: self.map.many.clone() }
    }
}

impl<D: Base> Domain for Keyed<D> {
    type Point = Held<D::Point>;
    type Map<O: Label> = Parts<D, O>;

    fn constant<O: Label>(label: O) -> Parts<D, O> {
        Parts { absent: label, one: D::constant(label), many: Several::constant(label) }
    }

    fn at<O: Label>(map: &Parts<D, O>, point: &Held<D::Point>) -> O {
        match point {
            Held::Absent => map.absent,
            Held::One(value) => D::at(&map.one, value),
            Held::Many(values) => Several::at(&map.many, values),
        }
    }

    fn labels<O: Label>(map: &Parts<D, O>) -> Vec<O> {
        let mut labels = vec![map.absent];
        labels.extend(D::labels(&map.one));
        labels.extend(Several::labels(&map.many));
        distinct(&labels).1
    }

    fn same_everywhere<O: Label>(map: &Parts<D, O>) -> Option<O> {
        let is_it = |label: &O| *label == map.absent;
        D::same_everywhere(&map.one).filter(is_it)?;
        Several::same_everywhere(&map.many).filter(is_it)
    }

    fn overlay<O: Label, M: Merge<O>>(
        maps: &[&Parts<D, O>],
        merge: &M,
        meter: &mut Meter,
    ) -> Result<Overlay<Self, M::Item>, Exhausted> {
        meter.work(maps.len())?;
        let absent = maps.iter().enumerate().map(|(nth, map)| merge.weigh(nth, map.absent));
        let mut list = vec![Met::all(absent)];
        let ones: Vec<_> = maps.iter().map(|map| &map.one).collect();
        let (one, met) = D::overlay(&ones, merge, meter)?;
        let one = D::rename(&one, |number| number + 1);
        list.extend(met);
        let manys: Vec<_> = maps.iter().map(|map| &map.many).collect();
        let (many, met) = Several::overlay(&manys, merge, meter)?;
        let before = list.len() as u32;
        let many = Several::rename(&many, |number| number + before);
        list.extend(met);
        Ok((Parts { absent: 0, one, many }, list))
    }

    fn reduce<O: Label>(
        raw: Parts<D, u32>,
        labels: &[O],
        meter: &mut Meter,
    ) -> Result<Parts<D, O>, Exhausted> {
        Ok(Parts {
            absent: labels[raw.absent as usize],
            one: D::reduce(raw.one, labels, meter)?,
            many: Several::reduce(raw.many, labels, meter)?,
        })
    }

    fn rename<O: Label, P: Label>(map: &Parts<D, O>, mut label: impl FnMut(O) -> P) -> Parts<D, P> {
        Parts {
            absent: label(map.absent),
            one: D::rename(&map.one, &mut label),
            many: Several::rename(&map.many, &mut label),
        }
    }

    fn find<O: Label>(map: &Parts<D, O>, wanted: impl Fn(O) -> bool) -> Option<Held<D::Point>> {
        D::find(&map.one, &wanted)
            .map(Held::One)
            .or_else(|| wanted(map.absent).then_some(Held::Absent))
            .or_else(|| Several::find(&map.many, &wanted).map(Held::Many))
    }

    fn extent<O: Label>(map: &Parts<D, O>, label: O) -> Extent {
        let one = D::labels(&map.one).contains(&label).then(|| D::extent(&map.one, label));
        let many = Several::labels(&map.many).contains(&label).then(|| Several::extent(&map.many, label));
        let absent = (map.absent == label).then_some(Extent::Point);
        let parts: Vec<Extent> = [absent, one, many].into_iter().flatten().collect();
        if parts == [Extent::Point] { Extent::Point } else { Extent::More }
    }
}
