//! The smallest machine for a map.
//!
//! Most states of the machines at hand lie on no cycle but a loop of their own: tries of literals, and the rest
//! after a star at the end. Those are merged *from the end*: a state is known by its label and the classes of its
//! targets. States on longer cycles (a star in the middle) depend on one another, so what is left is *refined*: all
//! states with one label begin in one class, and classes are split until nothing tells their members apart.
//!
//! ```text
//! two traps of merging from the end: t is equal to its target u, but their edges differ
//!
//!     t ────any────▶ u ─┐ any              ┌─▶ t ────other───▶ u ─┐ any
//!    yes            yes◀┘                x └─ yes              yes◀┘
//! ```
//!
//! So a loop is compared as "to itself", and a state is also compared with each looping target as if an edge to
//! that target were a loop.

use std::ops::Range;

use super::Machine;
use super::machine::{Sources, States};
use super::register::{ITSELF, Register};
use crate::algebra::budget::{Exhausted, Meter};
use crate::algebra::domain::{Label, distinct};

/// The class of a state that is not done.
const UNKNOWN: u32 = u32::MAX - 1;
/// The class of a state that was not met.
const UNMET: u32 = u32::MAX - 2;

/// The canonical machine for what a machine says whose states are numbered breadth first, of which every one can be
/// reached; classes may have equal labels.
pub(super) fn minimize<O: Label>(machine: Machine<O>, meter: &mut Meter) -> Result<Machine<O>, Exhausted> {
    let raw = machine.states();
    debug_assert!(is_breadth_first(raw), "INVARIANT (states are numbered breadth first)");
    meter.work(raw.size() + raw.edge_count())?;
    let (outcomes, labels) = distinct(machine.labels());
    if let [only] = labels.as_slice() {
        return Ok(Machine::constant(*only));
    }
    let outcome = |state: u32| outcomes[raw.class(state) as usize];
    let mut merged = from_the_end(raw, outcome);
    let is_done = merged.class[0] != UNKNOWN;
    // A state that is not done is a class of its own.
    for class in merged.class.iter_mut().filter(|class| **class == UNKNOWN) {
        *class = merged.count;
        merged.count += 1;
    }
    let is_smallest = merged.count as usize == raw.size()
        && labels.len() == machine.labels().len()
        && raw.has_ordered_classes(labels.len());
    if is_done && is_smallest {
        // Most are: then nothing is copied.
        return Ok(machine);
    }
    let smaller = quotient(raw, &merged, outcome);
    if is_done {
        return Ok(smaller.machine(&labels));
    }
    let refined = refine(&smaller, meter)?;
    if refined.count as usize == smaller.size() {
        return Ok(smaller.machine(&labels));
    }
    Ok(quotient(&smaller, &refined, |state| smaller.class(state)).machine(&labels))
}

/// Whether states are numbered in the order in which they are met.
fn is_breadth_first(raw: &States) -> bool {
    let mut met = 1;
    let mut targets = (0..raw.size() as u32).flat_map(|state| raw.targets(state));
    targets.all(|target| {
        met = met.max(target + 1).min(met + 1);
        target < met
    }) && met as usize == raw.size()
}

/// States put into classes.
struct Classes {
    /// The class of each state.
    class: Vec<u32>,
    count: u32,
}

/// The classes of states as states. They come in the order of their first members, which is breadth first again: what a
/// later member leads to was met behind the first.
fn quotient(raw: &States, Classes { class, count }: &Classes, outcome: impl Fn(u32) -> u32) -> States {
    let mut number = vec![UNMET; *count as usize];
    let mut first = Vec::with_capacity(*count as usize);
    for (state, class) in (0..).zip(class) {
        let number = &mut number[*class as usize];
        if *number == UNMET {
            *number = first.len() as u32;
            first.push(state);
        }
    }
    let real = |target: u32| number[class[target as usize] as usize];
    let mut states = States::with_capacity(first.len());
    for state in first {
        let named = raw.edges(state).iter().map(|&(c, target)| (c, real(target)));
        states.push(outcome(state), real(raw.others(state)), named);
    }
    states
}

/// Merges states from the end, every one after its targets, as far as there are no cycles.
fn from_the_end(raw: &States, outcome: impl Fn(u32) -> u32) -> Classes {
    let mut states = Register::with_capacity(raw.size());
    let mut class = vec![UNMET; raw.size()];
    let mut edges = Vec::new();
    let mut path: Vec<(u32, usize)> = vec![(0, 0)];
    class[0] = UNKNOWN;
    while let Some((state, next)) = path.last_mut() {
        let target = match *next {
            0 => Some(raw.others(*state)),
            nth => raw.edges(*state).get(nth - 1).map(|(_, target)| *target),
        };
        *next += 1;
        match target {
            Some(target) if class[target as usize] != UNMET => {}
            Some(target) => {
                class[target as usize] = UNKNOWN;
                path.push((target, 0));
            }
            None => {
                let state = *state;
                path.pop();
                class[state as usize] = merged(raw, state, outcome(state), &class, &mut states, &mut edges);
            }
        }
    }
    Classes { class, count: states.size() as u32 }
}

/// The class of a state whose targets have theirs, as far as there are no cycles.
fn merged(
    raw: &States,
    state: u32,
    label: u32,
    class: &[u32],
    states: &mut Register,
    edges: &mut Vec<(char, u32)>,
) -> u32 {
    let class_of = |target: u32| if target == state { ITSELF } else { class[target as usize] };
    if raw.targets(state).any(|target| class_of(target) == UNKNOWN) {
        return UNKNOWN;
    }
    // What it is known by, with one class taken for itself.
    let sign = |itself: u32, edges: &mut Vec<(char, u32)>| {
        let real = |target| match class_of(target) {
            class if class == itself => ITSELF,
            class => class,
        };
        let others = real(raw.others(state));
        edges.clear();
        let named = raw.edges(state).iter().map(|&(c, target)| (c, real(target)));
        edges.extend(named.filter(|(_, target)| *target != others));
        others
    };
    let mut tried = ITSELF;
    for target in raw.targets(state).map(class_of) {
        if target != tried && target != ITSELF && states.has_class(target, label) && states.has_loop(target) {
            tried = target;
            let others = sign(target, edges);
            if states.is(target, label, others, edges) {
                return target;
            }
        }
    }
    let others = sign(ITSELF, edges);
    states.number(label, others, edges)
}

/// The classes to which a state leads: for all other characters, and for those that lead elsewhere, in a list of such.
struct Signature {
    others: u32,
    edges: Range<usize>,
    state: u32,
}

/// Splits classes until all members of a class have the same signature.
///
/// When a class is split the largest part keeps its number, so only states that lead to the smaller parts are
/// looked at again: each edge counts at most as often as its target's class can be halved.
fn refine(machine: &States, meter: &mut Meter) -> Result<Classes, Exhausted> {
    let size = machine.size();
    let leading_to = Sources::of(machine);
    let mut blocks = Blocks::by_class(machine);
    let mut is_waiting = vec![true; size];
    let mut waiting: Vec<u32> = (0..size as u32).collect();
    let (mut round, mut signatures, mut edges) = (Vec::new(), Vec::new(), Vec::new());
    while !waiting.is_empty() {
        waiting.sort_unstable_by_key(|state| blocks.class[*state as usize]);
        std::mem::swap(&mut waiting, &mut round);
        waiting.clear();
        let mut rest = round.as_slice();
        while let Some(&first) = rest.first() {
            // A class keeps its members together until it is looked at, so this run is complete.
            let own = blocks.class[first as usize];
            let count = rest.iter().take_while(|state| blocks.class[**state as usize] == own).count();
            let (changed, behind) = rest.split_at(count);
            rest = behind;
            for &state in changed {
                is_waiting[state as usize] = false;
            }
            if blocks.members(own).len() == 1 {
                continue;
            }
            signatures.clear();
            edges.clear();
            for &state in changed {
                meter.work(1 + machine.edges(state).len())?;
                let others = blocks.class[machine.others(state) as usize];
                let class = |&(c, target): &(char, u32)| (c, blocks.class[target as usize]);
                let first = edges.len();
                let named = machine.edges(state).iter().map(class);
                edges.extend(named.filter(|(_, target)| *target != others));
                signatures.push(Signature { others, edges: first..edges.len(), state });
            }
            let order = |left: &Signature, right: &Signature| {
                let key = |of: &Signature| (of.others, &edges[of.edges.clone()]);
                key(left).cmp(&key(right))
            };
            signatures.sort_unstable_by(order);
            // Those that were not looked at are still alike, and unlike all that were: these lead to a class that
            // has come up since.
            let parts = signatures.chunk_by(|left, right| order(left, right).is_eq());
            let states = signatures.iter().map(|signature| signature.state);
            for class in blocks.split(own, states, parts.map(<[Signature]>::len)) {
                for &source in blocks.members(class).iter().flat_map(|state| leading_to.states(*state)) {
                    if !is_waiting[source as usize] {
                        is_waiting[source as usize] = true;
                        waiting.push(source);
                    }
                }
            }
        }
    }
    Ok(Classes { count: blocks.ranges.len() as u32, class: blocks.class })
}

/// Classes while they are split.
struct Blocks {
    /// The class of each state.
    class: Vec<u32>,
    /// All states, those of one class in a row.
    states: Vec<u32>,
    /// Where each state stands there.
    position: Vec<usize>,
    /// Where those of each class stand.
    ranges: Vec<Range<usize>>,
}

impl Blocks {
    /// The states of a machine by the class that each has in it.
    fn by_class(machine: &States) -> Blocks {
        let size = machine.size();
        let mut states: Vec<u32> = (0..size as u32).collect();
        states.sort_by_key(|state| machine.class(*state));
        let mut blocks = Blocks { class: vec![0; size], states, position: vec![0; size], ranges: Vec::new() };
        let mut start = 0;
        for at in 0..size {
            let state = blocks.states[at];
            blocks.position[state as usize] = at;
            let is_last =
                blocks.states.get(at + 1).is_none_or(|next| machine.class(*next) != machine.class(state));
            if is_last {
                blocks.add(start..at + 1);
                start = at + 1;
            }
        }
        blocks
    }

    fn members(&self, class: u32) -> &[u32] {
        &self.states[self.ranges[class as usize].clone()]
    }

    /// Splits some members of a class, which come part by part, from the others, and says which classes are new: the
    /// largest part, or what is left, keeps the number.
    fn split(
        &mut self,
        class: u32,
        members: impl Iterator<Item = u32> + Clone,
        lengths: impl Iterator<Item = usize>,
    ) -> Range<u32> {
        let Range { start, end } = self.ranges[class as usize];
        let mut front = end;
        for state in members.clone() {
            front -= 1;
            let other = self.states[front];
            self.put(other, self.position[state as usize]);
            self.put(state, front);
        }
        for (at, state) in (front..end).zip(members) {
            self.put(state, at);
        }
        let first_new = self.ranges.len() as u32;
        let mut kept = start..front;
        for length in lengths {
            let mut other = front..front + length;
            front = other.end;
            if other.len() > kept.len() {
                std::mem::swap(&mut kept, &mut other);
            }
            if !other.is_empty() {
                self.add(other);
            }
        }
        self.ranges[class as usize] = kept;
        first_new..self.ranges.len() as u32
    }

    fn put(&mut self, state: u32, at: usize) {
        self.states[at] = state;
        self.position[state as usize] = at;
    }

    /// Makes a class of the states at some places.
    fn add(&mut self, range: Range<usize>) {
        let class = self.ranges.len() as u32;
        for state in &self.states[range.clone()] {
            self.class[*state as usize] = class;
        }
        self.ranges.push(range);
    }
}
