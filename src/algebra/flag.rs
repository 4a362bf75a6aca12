//! Yes or no: the domain of plain booleans.

use super::budget::{Exhausted, Meter};
use super::domain::{Base, Domain, Extent, Label, Meetings, Merge, Met, Overlay, Region};

/// The domain of the two booleans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Flag;

/// A label for no and one for yes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pair<O> {
    no: O,
    yes: O,
}

impl Region<Flag> {
    /// Just one of the two.
    pub fn only(value: bool) -> Region<Flag> {
        Region { map: Pair { no: !value, yes: value } }
    }
}

impl Domain for Flag {
    type Point = bool;
    type Map<O: Label> = Pair<O>;

    fn constant<O: Label>(label: O) -> Pair<O> {
        Pair { no: label, yes: label }
    }

    fn at<O: Label>(map: &Pair<O>, point: &bool) -> O {
        if *point { map.yes } else { map.no }
    }

    fn labels<O: Label>(map: &Pair<O>) -> Vec<O> {
        if map.no == map.yes { vec![map.no] } else { vec![map.no, map.yes] }
    }

    fn overlay<O: Label, M: Merge<O>>(
        maps: &[&Pair<O>],
        merge: &M,
        meter: &mut Meter,
    ) -> Result<Overlay<Self, M::Item>, Exhausted> {
        meter.work(1 + maps.len())?;
        let mut meetings = Meetings::new();
        let mut meet = |label: fn(&Pair<O>) -> O| {
            let weights = maps.iter().enumerate().map(|(nth, map)| merge.weigh(nth, label(map)));
            meetings.number(Met::all(weights))
        };
        let raw = Pair { no: meet(|map| map.no), yes: meet(|map| map.yes) };
        Ok((raw, meetings.into_list()))
    }

    fn reduce<O: Label>(raw: Pair<u32>, labels: &[O], _: &mut Meter) -> Result<Pair<O>, Exhausted> {
        Ok(Flag::rename(&raw, |number| labels[number as usize]))
    }

    fn rename<O: Label, P: Label>(map: &Pair<O>, mut label: impl FnMut(O) -> P) -> Pair<P> {
        Pair { no: label(map.no), yes: label(map.yes) }
    }

    fn find<O: Label>(map: &Pair<O>, wanted: impl Fn(O) -> bool) -> Option<bool> {
        [true, false].into_iter().find(|point| wanted(Flag::at(map, point)))
    }

    fn extent<O: Label>(map: &Pair<O>, _: O) -> Extent {
        if map.no == map.yes { Extent::More } else { Extent::Point }
    }
}

impl Base for Flag {
    fn find_other<O: Label>(map: &Pair<O>, label: O, than: &bool) -> Option<bool> {
        (Flag::at(map, &!than) == label).then_some(!than)
    }
}
