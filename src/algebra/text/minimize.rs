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

use rustc_hash::FxHashMap;

use super::Machine;
use super::machine::States;
use super::register::{ITSELF, Register};
use crate::algebra::budget::{Exhausted, Meter};
use crate::algebra::domain::{Label, distinct};

/// The class of a state that is not done.
const UNKNOWN: u32 = u32::MAX - 1;

/// The classes to which a state leads: for all other characters, and for those that lead elsewhere.
type Signature = (u32, Vec<(char, u32)>);

/// The canonical machine of states of which every one can be reached; classes have these labels, which may be equal.
pub(super) fn minimize<O: Label>(
    raw: &States,
    labels: &[O],
    meter: &mut Meter,
) -> Result<Machine<O>, Exhausted> {
    meter.work(raw.size() + raw.edge_count())?;
    let (outcomes, labels) = distinct(labels);
    if let [only] = labels.as_slice() {
        return Ok(Machine::constant(*only));
    }
    let outcome = |state: u32| outcomes[raw.class(state) as usize];
    let merged = from_the_end(raw, outcome);
    if let Some(start) = merged.start {
        return Ok(merged.states.states(start).machine(&labels));
    }
    let smaller = quotient(raw, &merged.class, &merged.member, outcome);
    let refined = refine(&smaller, meter)?;
    Ok(quotient(&smaller, &refined.class, &refined.member, |state| smaller.class(state)).machine(&labels))
}

/// The classes of states as states. `class` gives a class to every state, and `member` a state to every class.
fn quotient(raw: &States, class: &[u32], member: &[u32], outcome: impl Fn(u32) -> u32) -> States {
    let real = |_, target: u32| member[class[target as usize] as usize];
    raw.numbered(member[class[0] as usize], real, outcome)
}

/// States merged from the end.
struct Merged {
    /// The classes of states that are done, each as a state.
    states: Register,
    /// The class of the start, where it is done.
    start: Option<u32>,
    /// The class of each state; a state that is not done is a class of its own.
    class: Vec<u32>,
    /// A state of each class.
    member: Vec<u32>,
}

fn from_the_end(raw: &States, outcome: impl Fn(u32) -> u32) -> Merged {
    let mut states = Register::with_capacity(raw.size());
    let mut class = vec![UNKNOWN; raw.size()];
    let mut member: Vec<u32> = Vec::new();
    let mut on_cycles = Vec::new();
    let mut edges = Vec::new();
    for state in from_last_to_first(raw) {
        let label = outcome(state);
        let class_of = |target: u32| if target == state { ITSELF } else { class[target as usize] };
        if raw.targets(state).any(|target| class_of(target) == UNKNOWN) {
            on_cycles.push(state);
            continue;
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
        let mut equal = None;
        let mut tried = ITSELF;
        for target in raw.targets(state).map(class_of) {
            if target != tried
                && target != ITSELF
                && states.has_class(target, label)
                && states.has_loop(target)
            {
                tried = target;
                let others = sign(target, &mut edges);
                if states.is(target, label, others, &edges) {
                    equal = Some(target);
                    break;
                }
            }
        }
        let number = match equal {
            Some(number) => number,
            None => {
                let others = sign(ITSELF, &mut edges);
                states.number(label, others, &edges)
            }
        };
        class[state as usize] = number;
        if number as usize == member.len() {
            member.push(state);
        }
    }
    let start = Some(class[0]).filter(|start| *start != UNKNOWN);
    for state in on_cycles {
        class[state as usize] = member.len() as u32;
        member.push(state);
    }
    Merged { states, start, class, member }
}

/// States put into classes.
struct Classes {
    /// The class of each state.
    class: Vec<u32>,
    /// A state of each class.
    member: Vec<u32>,
}

/// Every state after its targets, as far as there are no cycles.
fn from_last_to_first(raw: &States) -> Vec<u32> {
    let mut order = Vec::with_capacity(raw.size());
    let mut is_met = vec![false; raw.size()];
    is_met[0] = true;
    let mut path: Vec<(u32, usize)> = vec![(0, 0)];
    while let Some((state, next)) = path.last_mut() {
        let target = match *next {
            0 => Some(raw.others(*state)),
            nth => raw.edges(*state).get(nth - 1).map(|(_, target)| *target),
        };
        *next += 1;
        match target {
            Some(target) if is_met[target as usize] => {}
            Some(target) => {
                is_met[target as usize] = true;
                path.push((target, 0));
            }
            None => {
                order.push(*state);
                path.pop();
            }
        }
    }
    order
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
            let mut parts: FxHashMap<Signature, Vec<u32>> = FxHashMap::default();
            for &state in changed {
                meter.work(1 + machine.edges(state).len())?;
                let others = blocks.class[machine.others(state) as usize];
                let class = |&(c, target): &(char, u32)| (c, blocks.class[target as usize]);
                let edges = machine.edges(state).iter().map(class);
                let signature = (others, edges.filter(|(_, target)| *target != others).collect());
                parts.entry(signature).or_default().push(state);
            }
            // Those that were not looked at are still alike, and unlike all that were: these lead to a class that
            // has come up since.
            for &state in changed {
                blocks.take_out(state);
            }
            for part in blocks.put_back(own, parts.into_values().collect()) {
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
    let member = blocks.members.iter().filter_map(|states| states.first().copied()).collect();
    Ok(Classes { class: blocks.class, member })
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

/// The states with an edge to each state.
struct Sources {
    ends: Vec<usize>,
    states: Vec<u32>,
}

impl Sources {
    fn of(machine: &States) -> Sources {
        let mut ends = vec![0; machine.size() + 1];
        for state in 0..machine.size() as u32 {
            for target in machine.targets(state) {
                ends[target as usize + 1] += 1;
            }
        }
        for at in 1..ends.len() {
            ends[at] += ends[at - 1];
        }
        let mut states = vec![0; ends.last().copied().unwrap_or_default()];
        let mut next = ends.clone();
        for state in 0..machine.size() as u32 {
            for target in machine.targets(state) {
                states[next[target as usize]] = state;
                next[target as usize] += 1;
            }
        }
        Sources { ends, states }
    }

    fn states(&self, target: u32) -> &[u32] {
        &self.states[self.ends[target as usize]..self.ends[target as usize + 1]]
    }
}
