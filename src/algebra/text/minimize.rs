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

use std::collections::BTreeMap;
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
        && raw.has_ordered_classes();
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
    let mut blocks = Blocks { class: vec![0; size], members: Vec::new(), position: vec![0; size] };
    let mut by_label: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for state in 0..size as u32 {
        by_label.entry(machine.class(state)).or_default().push(state);
    }
    for members in by_label.into_values() {
        blocks.add(members);
    }
    let mut is_waiting = vec![true; size];
    let mut waiting: Vec<u32> = (0..size as u32).collect();
    let (mut signatures, mut edges) = (Vec::new(), Vec::new());
    while !waiting.is_empty() {
        waiting.sort_unstable_by_key(|state| blocks.class[*state as usize]);
        let round = std::mem::take(&mut waiting);
        let mut from = 0;
        while let Some(&first) = round.get(from) {
            // A class keeps its members together until it is looked at, so this run is complete.
            let own = blocks.class[first as usize];
            let count =
                round[from..].iter().take_while(|state| blocks.class[**state as usize] == own).count();
            let changed = &round[from..from + count];
            from += count;
            for &state in changed {
                is_waiting[state as usize] = false;
            }
            if blocks.members[own as usize].len() == 1 {
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
            let parts = signatures.chunk_by(|left, right| order(left, right).is_eq());
            let parts: Vec<Vec<u32>> =
                parts.map(|part| part.iter().map(|signature| signature.state).collect()).collect();
            // Those that were not looked at are still alike, and unlike all that were: these lead to a class that
            // has come up since.
            for &state in changed {
                blocks.take_out(state);
            }
            for part in blocks.put_back(own, parts) {
                for &source in part.iter().flat_map(|state| leading_to.states(*state)) {
                    if !is_waiting[source as usize] {
                        is_waiting[source as usize] = true;
                        waiting.push(source);
                    }
                }
                blocks.add(part);
            }
        }
    }
    Ok(Classes { class: blocks.class, count: blocks.members.len() as u32 })
}

/// Classes while they are split.
struct Blocks {
    class: Vec<u32>,
    members: Vec<Vec<u32>>,
    /// Where each state stands among the members of its class.
    position: Vec<usize>,
}

impl Blocks {
    fn take_out(&mut self, state: u32) {
        let members = &mut self.members[self.class[state as usize] as usize];
        let position = self.position[state as usize];
        members.swap_remove(position);
        if let Some(moved) = members.get(position) {
            self.position[*moved as usize] = position;
        }
    }

    /// Gives the number of a class to the largest part of it, of which one is what was not taken out, and returns
    /// the other parts.
    fn put_back(&mut self, class: u32, mut parts: Vec<Vec<u32>>) -> Vec<Vec<u32>> {
        let rest = std::mem::take(&mut self.members[class as usize]);
        if !rest.is_empty() {
            parts.push(rest);
        }
        let largest = (0..parts.len()).max_by_key(|part| parts[*part].len()).unwrap_or_default();
        let kept = parts.swap_remove(largest);
        self.set(class, kept);
        parts
    }

    fn add(&mut self, part: Vec<u32>) {
        let class = self.members.len() as u32;
        self.members.push(Vec::new());
        self.set(class, part);
    }

    fn set(&mut self, class: u32, members: Vec<u32>) {
        for (position, state) in members.iter().enumerate() {
            self.class[*state as usize] = class;
            self.position[*state as usize] = position;
        }
        self.members[class as usize] = members;
    }
}
