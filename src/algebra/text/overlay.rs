//! Many machines read side by side.
//!
//! A state of the result is what can still change, pairs of a machine and its state, and what cannot any more,
//! the labels of machines that have come to rest. A machine at rest with a label that means nothing is forgotten;
//! one whose label decides ends the reading. So of 8,000 machines for literals, only those are still there
//! that agree with what was read.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::Machine;
use crate::algebra::budget::{Exhausted, Meter};
use crate::algebra::domain::{Label, Meetings, Merge, Met, Weight};

/// A machine, by its number, and one of its states.
type Place = (u32, u32);

/// What has been read so far, as far as it matters.
#[derive(PartialEq, Eq, Hash)]
enum Situation<I> {
    /// Some label has decided.
    Decided,
    Open {
        /// By machine, ascending.
        live: Vec<Place>,
        /// Sorted, each once.
        settled: Vec<I>,
    },
}

struct Reading<'a, O, M: Merge<O>> {
    machines: &'a [&'a Machine<O>],
    merge: &'a M,
    numbers: FxHashMap<Rc<Situation<M::Item>>, u32>,
    list: Vec<Rc<Situation<M::Item>>>,
}

impl<O: Label, M: Merge<O>> Reading<'_, O, M> {
    fn number(&mut self, situation: Situation<M::Item>, meter: &mut Meter) -> Result<u32, Exhausted> {
        if let Some(&number) = self.numbers.get(&situation) {
            return Ok(number);
        }
        meter.state()?;
        let number = self.list.len() as u32;
        let situation = Rc::new(situation);
        self.list.push(Rc::clone(&situation));
        self.numbers.insert(situation, number);
        Ok(number)
    }

    /// The situation of these places, which ascend, beside what is settled already.
    fn situation(&self, places: impl Iterator<Item = Place>, settled: &[M::Item]) -> Situation<M::Item> {
        let mut live = Vec::new();
        let mut items = settled.to_vec();
        for (machine, state) in places {
            let read = self.machines[machine as usize];
            if !read.is_final(state) {
                live.push((machine, state));
                continue;
            }
            match self.merge.weigh(machine as usize, read.label(state)) {
                Weight::Decides => return Situation::Decided,
                Weight::Nothing => {}
                Weight::Counts(item) => items.push(item),
            }
        }
        if items.len() > settled.len() {
            items.sort_unstable();
            items.dedup();
        }
        Situation::Open { live, settled: items }
    }

    /// Whether a machine has come to rest without effect.
    fn is_forgotten(&self, (machine, state): Place) -> bool {
        let read = self.machines[machine as usize];
        read.is_final(state)
            && matches!(self.merge.weigh(machine as usize, read.label(state)), Weight::Nothing)
    }
}

pub(super) fn overlay<O: Label, M: Merge<O>>(
    machines: &[&Machine<O>],
    carried: &[M::Item],
    merge: &M,
    meter: &mut Meter,
) -> Result<(Machine<u32>, Vec<Met<M::Item>>), Exhausted> {
    let mut reading = Reading { machines, merge, numbers: FxHashMap::default(), list: Vec::new() };
    let mut meetings = Meetings::new();
    let Met::Items(carried) = Met::of(carried.to_vec()) else {
        return Ok((Machine::constant(0), vec![Met::Decided]));
    };
    let first = reading.situation((0..machines.len() as u32).map(|machine| (machine, 0)), &carried);
    reading.number(first, meter)?;
    let mut result = Machine::with_capacity(machines.len());
    let mut at = 0;
    while let Some(situation) = reading.list.get(at).map(Rc::clone) {
        let own = at as u32;
        at += 1;
        let Situation::Open { live, settled } = situation.as_ref() else {
            result.push(meetings.number(Met::Decided), own, []);
            continue;
        };
        let mut others: Vec<Place> = Vec::new();
        let mut named: Vec<(char, Place)> = Vec::new();
        for &(machine, state) in live {
            let read = machines[machine as usize];
            let others_place = (machine, read.others(state));
            if !reading.is_forgotten(others_place) {
                others.push(others_place);
            }
            named.extend(read.edges(state).iter().map(|&(c, target)| (c, (machine, target))));
        }
        named.sort_unstable();
        meter.work(1 + live.len() + named.len() + settled.len())?;
        let situation = reading.situation(others.iter().copied(), settled);
        let others_target = reading.number(situation, meter)?;
        let mut edges = Vec::new();
        for group in named.chunk_by(|left, right| left.0 == right.0) {
            meter.work(others.len() + settled.len())?;
            let places = overridden(&others, group);
            let situation = reading.situation(places, settled);
            if let Some((c, _)) = group.first() {
                edges.push((*c, reading.number(situation, meter)?));
            }
        }
        let weights = live
            .iter()
            .map(|&(machine, state)| merge.weigh(machine as usize, machines[machine as usize].label(state)));
        result.push(meetings.number(Met::all(settled, weights)), others_target, edges);
    }
    Ok((result, meetings.into_list()))
}

/// The places after a character: where it is named, and else where all others lead. Both are in order of machines.
fn overridden<'a>(others: &'a [Place], group: &'a [(char, Place)]) -> impl Iterator<Item = Place> + 'a {
    let mut others = others.iter().copied().peekable();
    let mut named = group.iter().map(|(_, place)| *place).peekable();
    std::iter::from_fn(move || match (others.peek(), named.peek()) {
        (Some(left), Some(right)) if left.0 < right.0 => others.next(),
        (Some(left), Some(right)) => {
            if left.0 == right.0 {
                others.next();
            }
            named.next()
        }
        (Some(_), None) => others.next(),
        (None, _) => named.next(),
    })
}
