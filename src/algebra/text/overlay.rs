//! Many machines read side by side.
//!
//! A state of the result is what can still change, pairs of a machine and its state, and what cannot any more,
//! the labels of machines that have come to rest. A machine at rest with a label that means nothing is forgotten;
//! one whose label decides ends the reading. So of 8,000 machines for literals, only those are still there
//! that agree with what was read.

use std::hash::{Hash, Hasher};

use rustc_hash::{FxHashMap, FxHasher};

use super::machine::States;
use super::{Machine, Text};
use crate::algebra::budget::{Exhausted, Meter};
use crate::algebra::domain::{Label, Meetings, Merge, Met, Overlay, Weight, are_same};

/// A machine, by its number, and one of its states.
type Place = (u32, u32);

/// What has been read so far, as far as it matters.
#[derive(Debug)]
struct Situation<I> {
    /// Whether some label has decided; then there is nothing else.
    is_decided: bool,
    /// What can still change, by machine, ascending.
    live: Vec<Place>,
    /// What cannot, sorted, each once.
    settled: Vec<I>,
}

impl<I: Label> Situation<I> {
    fn new() -> Self {
        Situation { is_decided: false, live: Vec::new(), settled: Vec::new() }
    }

    fn decide(&mut self) {
        self.is_decided = true;
        self.live.clear();
        self.settled.clear();
    }

    /// Makes this the situation at some places, which ascend, beside what is settled already.
    fn set<O: Label, M: Merge<O, Item = I>>(
        &mut self,
        machines: &[&Machine<O>],
        merge: &M,
        settled: &[I],
        places: impl Iterator<Item = Place>,
    ) {
        self.is_decided = false;
        self.live.clear();
        self.settled.clear();
        self.settled.extend_from_slice(settled);
        for (machine, state) in places {
            let read = machines[machine as usize];
            if !read.states().is_final(state) {
                self.live.push((machine, state));
                continue;
            }
            match merge.weigh(machine as usize, read.label(state)) {
                Weight::Decides => return self.decide(),
                Weight::Nothing => {}
                Weight::Counts(item) => self.settled.push(item),
            }
        }
        if self.settled.len() > settled.len() {
            self.settled.sort_unstable();
            self.settled.dedup();
        }
    }
}

/// Every situation, numbered as it turns up. They are kept in rows, so that looking one up makes nothing new.
struct Situations<I> {
    live: Vec<Place>,
    settled: Vec<I>,
    /// Where the rows of each begin and end, and whether it is decided.
    ends: Vec<(usize, usize, bool)>,
    /// The last one with a hash.
    last: FxHashMap<u64, u32>,
    /// The one before with the same hash, one more than its number.
    before: Vec<u32>,
    /// The situations in which only one machine is left, at each of its states, one more than their numbers: most
    /// are of this kind.
    alone: Vec<u32>,
    /// Where the states of each machine begin there.
    first: Vec<usize>,
}

impl<I: Label> Situations<I> {
    /// No situation of some machines.
    fn new<O: Label>(machines: &[&Machine<O>]) -> Self {
        let mut states = 0;
        let mut first = Vec::with_capacity(machines.len());
        for machine in machines {
            first.push(states);
            states += machine.size();
        }
        Situations {
            live: Vec::with_capacity(states),
            settled: Vec::new(),
            ends: Vec::with_capacity(states),
            last: FxHashMap::default(),
            before: Vec::with_capacity(states),
            alone: vec![0; states],
            first,
        }
    }

    /// The number of a situation.
    fn number(&mut self, situation: &Situation<I>, meter: &mut Meter) -> Result<u32, Exhausted> {
        if let ([(machine, state)], [], false) =
            (situation.live.as_slice(), situation.settled.as_slice(), situation.is_decided)
        {
            let number = &mut self.alone[self.first[*machine as usize] + *state as usize];
            if let Some(known) = number.checked_sub(1) {
                return Ok(known);
            }
            *number = self.ends.len() as u32 + 1;
            return self.push(situation, 0, meter);
        }
        let mut hasher = FxHasher::default();
        (situation.is_decided, &situation.live, &situation.settled).hash(&mut hasher);
        let hash = hasher.finish();
        let last = self.last.get(&hash).map_or(0, |last| last + 1);
        let mut next = last;
        while let Some(number) = next.checked_sub(1) {
            let (live, settled, is_decided) = self.get(number);
            if live == situation.live
                && are_same(settled, &situation.settled)
                && is_decided == situation.is_decided
            {
                return Ok(number);
            }
            next = self.before[number as usize];
        }
        self.last.insert(hash, self.ends.len() as u32);
        self.push(situation, last, meter)
    }

    fn push(&mut self, situation: &Situation<I>, before: u32, meter: &mut Meter) -> Result<u32, Exhausted> {
        meter.state()?;
        let number = self.ends.len() as u32;
        self.live.extend_from_slice(&situation.live);
        self.settled.extend_from_slice(&situation.settled);
        self.ends.push((self.live.len(), self.settled.len(), situation.is_decided));
        self.before.push(before);
        Ok(number)
    }

    fn get(&self, number: u32) -> (&[Place], &[I], bool) {
        let number = number as usize;
        let (live, settled) =
            number.checked_sub(1).map_or((0, 0), |before| (self.ends[before].0, self.ends[before].1));
        let end = self.ends[number];
        (&self.live[live..end.0], &self.settled[settled..end.1], end.2)
    }

    fn count(&self) -> usize {
        self.ends.len()
    }
}

pub(super) fn overlay<O: Label, M: Merge<O>>(
    machines: &[&Machine<O>],
    merge: &M,
    meter: &mut Meter,
) -> Result<Overlay<Text, M::Item>, Exhausted> {
    let mut situations = Situations::new(machines);
    let mut meetings = Meetings::new();
    let mut next = Situation::new();
    next.set(machines, merge, &[], (0..machines.len() as u32).map(|machine| (machine, 0)));
    situations.number(&next, meter)?;
    let mut result = States::with_capacity(situations.alone.len());
    let (mut live, mut settled) = (Vec::new(), Vec::new());
    let mut others: Vec<Place> = Vec::new();
    let mut named: Vec<(char, Place)> = Vec::new();
    let mut edges = Vec::new();
    let mut at = 0;
    while at < situations.count() as u32 {
        let (places, items, is_decided) = situations.get(at);
        if is_decided {
            result.push(meetings.number(Met::Decided), at, []);
            at += 1;
            continue;
        }
        live.clear();
        live.extend_from_slice(places);
        settled.clear();
        settled.extend_from_slice(items);
        others.clear();
        named.clear();
        for &(machine, state) in &live {
            let read = machines[machine as usize];
            let target = read.states().others(state);
            let is_forgotten = read.states().is_final(target)
                && matches!(merge.weigh(machine as usize, read.label(target)), Weight::Nothing);
            if !is_forgotten {
                others.push((machine, target));
            }
            named.extend(read.states().edges(state).iter().map(|&(c, target)| (c, (machine, target))));
        }
        if live.len() > 1 {
            named.sort_unstable();
        }
        meter.work(1 + live.len() + named.len() + settled.len())?;
        next.set(machines, merge, &settled, others.iter().copied());
        let others_target = situations.number(&next, meter)?;
        edges.clear();
        for group in named.chunk_by(|left, right| left.0 == right.0) {
            meter.work(others.len() + settled.len())?;
            match group {
                // Every machine that is left names the character.
                group if group.len() == live.len() => {
                    next.set(machines, merge, &settled, group.iter().map(|(_, place)| *place));
                }
                group => next.set(machines, merge, &settled, overridden(&others, group)),
            }
            if let Some((c, _)) = group.first() {
                edges.push((*c, situations.number(&next, meter)?));
            }
        }
        let mut is_decided = false;
        let before = settled.len();
        for &(machine, state) in &live {
            match merge.weigh(machine as usize, machines[machine as usize].label(state)) {
                Weight::Decides => is_decided = true,
                Weight::Nothing => {}
                Weight::Counts(item) => settled.push(item),
            }
        }
        if settled.len() > before {
            settled.sort_unstable();
            settled.dedup();
        }
        let met = if is_decided { meetings.number(Met::Decided) } else { meetings.number_of(&settled) };
        result.push(met, others_target, edges.iter().copied());
        at += 1;
    }
    let meetings = meetings.into_list();
    let numbers: Vec<u32> = (0..meetings.len() as u32).collect();
    Ok((result.labelled(&numbers), meetings))
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
