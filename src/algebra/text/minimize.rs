//! The smallest machine for a map.
//!
//! Most states of the machines at hand lie on no cycle but a loop of their own: tries of literals, and the rest
//! after a star at the end. Those are merged *from the end*: a state is known by its label and the classes of its
//! targets. States on longer cycles (a star in the middle) depend on one another, so what is left is *refined*: all
//! states with one label begin in one class, and classes are split until nothing tells their members apart.
//!
//! ```text
//! two pitfalls of merging from the end      ┌───┐ any                       ┌───┐ x
//!                                       ┌───▼─┐ │                      ┌────▼┐  │ any other
//!   t is equal to its target u:   t ──▶ u yes ├─┘    and here, too:  t │ yes ├──┼──▶ u (yes, any ──▶ u)
//!                                 yes   └─────┘                        └─────┴──┘
//! ```
//!
//! So a loop is compared as "to itself", and a state is also compared with each looping target as if an edge to
//! that target were a loop.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::Machine;
use crate::algebra::budget::{Exhausted, Meter};
use crate::algebra::domain::Label;

const UNKNOWN: u32 = u32::MAX;
/// A target that is the state itself.
const ITSELF: u32 = u32::MAX - 1;

/// What a state is known by: its label, where all other characters lead, and where those lead that go elsewhere.
type Signature<O> = (O, u32, Vec<(char, u32)>);

/// The canonical machine of one of which every state can be reached.
pub(super) fn minimize<O: Label>(raw: Machine<O>, meter: &mut Meter) -> Result<Machine<O>, Exhausted> {
    meter.work(raw.size() + raw.edge_count())?;
    let merged = from_the_end(&raw);
    let smaller = raw.quotient(&merged.class, &merged.member);
    if merged.on_cycles.is_empty() {
        return Ok(smaller);
    }
    let refined = refine(&smaller, meter)?;
    Ok(smaller.quotient(&refined.class, &refined.member))
}

/// States put into classes.
struct Classes {
    /// The class of each state.
    class: Vec<u32>,
    /// A state of each class.
    member: Vec<u32>,
    /// The states that merging from the end could not reach; each is a class of its own.
    on_cycles: Vec<u32>,
}

impl Classes {
    fn add(&mut self, state: u32) -> u32 {
        let class = self.member.len() as u32;
        self.member.push(state);
        self.class[state as usize] = class;
        class
    }
}

fn from_the_end<O: Label>(raw: &Machine<O>) -> Classes {
    let mut found = Classes { class: vec![UNKNOWN; raw.size()], member: Vec::new(), on_cycles: Vec::new() };
    let mut known: FxHashMap<Signature<O>, u32> = FxHashMap::default();
    // By class: its signature, where it has a loop.
    let mut loops: FxHashMap<u32, Signature<O>> = FxHashMap::default();
    for state in from_last_to_first(raw) {
        let class_of = |target: u32| if target == state { ITSELF } else { found.class[target as usize] };
        if raw.targets(state).any(|target| class_of(target) == UNKNOWN) {
            found.on_cycles.push(state);
            continue;
        }
        let sign = |of: &dyn Fn(u32) -> u32| {
            let others = of(raw.others(state));
            let edges = raw.edges(state).iter().map(|&(c, target)| (c, of(target)));
            (raw.label(state), others, edges.filter(|(_, target)| *target != others).collect())
        };
        let equal_target = raw.targets(state).map(class_of).find(|&class| {
            loops.get(&class).is_some_and(|looping: &Signature<O>| {
                looping.0 == raw.label(state)
                    && looping.2.len() <= raw.edges(state).len()
                    && *looping
                        == sign(&|target| if class_of(target) == class { ITSELF } else { class_of(target) })
            })
        });
        if let Some(class) = equal_target {
            found.class[state as usize] = class;
            continue;
        }
        let signature: Signature<O> = sign(&class_of);
        if let Some(&class) = known.get(&signature) {
            found.class[state as usize] = class;
            continue;
        }
        let class = found.add(state);
        if signature.1 == ITSELF || signature.2.iter().any(|(_, target)| *target == ITSELF) {
            loops.insert(class, signature.clone());
        }
        known.insert(signature, class);
    }
    for state in found.on_cycles.clone() {
        found.add(state);
    }
    found
}

/// Every state after its targets, as far as cycles allow.
fn from_last_to_first<O: Label>(raw: &Machine<O>) -> Vec<u32> {
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
fn refine<O: Label>(machine: &Machine<O>, meter: &mut Meter) -> Result<Classes, Exhausted> {
    let size = machine.size();
    let leading_to = Sources::of(machine);
    let mut blocks = Blocks { class: vec![0; size], members: Vec::new(), position: vec![0; size] };
    let mut by_label: BTreeMap<O, Vec<u32>> = BTreeMap::new();
    for state in 0..size as u32 {
        by_label.entry(machine.label(state)).or_default().push(state);
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
            let mut parts: FxHashMap<(u32, Vec<(char, u32)>), Vec<u32>> = FxHashMap::default();
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
    Ok(Classes { class: blocks.class, member, on_cycles: Vec::new() })
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
    fn of<O: Label>(machine: &Machine<O>) -> Sources {
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
