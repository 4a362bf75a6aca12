//! Deterministic machines with a label in every state.
//!
//! What a machine tells apart and what it says of it are kept apart. The *shape* has the states and the class of
//! each; it is shared by all machines that differ in labels only, such as a set and its complement. A label
//! belongs to a class, so there are few of them, and giving other ones touches no state.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use rustc_hash::FxHasher;

use crate::algebra::domain::Label;

/// A complete deterministic machine. Reading starts in state 0.
///
/// 1. The named characters of a state ascend.
/// 2. In a canonical machine no named edge leads where the edge for all others leads, every state is reachable, no
///    two states are equivalent, and states are numbered breadth first: the edge for all others, then the named
///    ones.
/// 3. A state names fewer characters than half of all there are (the budget sees to it), so which target is the
///    one for all others is no matter of choice.
/// 4. In a canonical machine classes are numbered in the order of their first states, and have different labels.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Machine<O> {
    shape: Arc<Shape>,
    /// By class.
    labels: Vec<O>,
}

/// The states of a machine.
#[derive(Debug)]
pub(super) struct Shape {
    states: States,
    /// Of the states, computed once.
    hash: u64,
}

impl PartialEq for Shape {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other) || (self.hash == other.hash && self.states == other.states)
    }
}

impl Eq for Shape {}

impl Hash for Shape {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

/// States in rows, to be read and added to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct States {
    rows: Vec<Row>,
    edges: Vec<(char, u32)>,
}

/// A state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Row {
    class: u32,
    /// Where all characters lead that are not named.
    others: u32,
    /// Where its edges end among those of all states.
    end: u32,
}

impl States {
    pub(super) fn with_capacity(states: usize) -> Self {
        States { rows: Vec::with_capacity(states), edges: Vec::with_capacity(states) }
    }

    /// Adds the next state. Edges that lead where all others lead are left out.
    pub(super) fn push(&mut self, class: u32, others: u32, named: impl IntoIterator<Item = (char, u32)>) {
        self.edges.extend(named.into_iter().filter(|(_, target)| *target != others));
        self.rows.push(Row { class, others, end: self.edges.len() as u32 });
    }

    pub(super) fn size(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn class(&self, state: u32) -> u32 {
        self.rows[state as usize].class
    }

    pub(super) fn others(&self, state: u32) -> u32 {
        self.rows[state as usize].others
    }

    pub(super) fn edges(&self, state: u32) -> &[(char, u32)] {
        let state = state as usize;
        let start = state.checked_sub(1).map_or(0, |before| self.rows[before].end as usize);
        &self.edges[start..self.rows[state].end as usize]
    }

    pub(super) fn edge_count(&self) -> usize {
        self.edges.len()
    }

    /// Every target of a state, that of all others first.
    pub(super) fn targets(&self, state: u32) -> impl Iterator<Item = u32> {
        std::iter::once(self.others(state)).chain(self.edges(state).iter().map(|(_, target)| *target))
    }

    /// Whether there are so many classes, numbered in the order of their first states.
    pub(super) fn has_ordered_classes(&self, count: usize) -> bool {
        let mut met = 0;
        let is_ordered = self.rows.iter().all(|row| {
            met += u32::from(row.class == met);
            row.class < met
        });
        is_ordered && met as usize == count
    }

    /// Whether nothing that is read from here changes the class. Exact in canonical machines.
    pub(super) fn is_final(&self, state: u32) -> bool {
        self.others(state) == state && self.edges(state).is_empty()
    }

    /// The states that are reached from one, numbered breadth first; `real` says for a state and a target of it which
    /// state is meant, `class` the class of a state.
    pub(super) fn numbered(
        &self,
        start: u32,
        real: impl Fn(u32, u32) -> u32,
        class: impl Fn(u32) -> u32,
    ) -> States {
        const UNSEEN: u32 = u32::MAX;
        let mut number = vec![UNSEEN; self.size()];
        let mut order = Vec::with_capacity(self.size());
        order.push(start);
        number[start as usize] = 0;
        let mut numbered = |state: u32, order: &mut Vec<u32>| {
            let number = &mut number[state as usize];
            if *number == UNSEEN {
                *number = order.len() as u32;
                order.push(state);
            }
            *number
        };
        let mut states = States::with_capacity(self.size());
        let mut at = 0;
        while let Some(&state) = order.get(at) {
            at += 1;
            let others = numbered(real(state, self.others(state)), &mut order);
            for &(c, target) in self.edges(state) {
                let target = numbered(real(state, target), &mut order);
                if target != others {
                    states.edges.push((c, target));
                }
            }
            states.push(class(state), others, []);
        }
        states
    }

    /// The machine of states that are canonical but for the numbers of their classes, which have these labels.
    pub(super) fn machine<O: Label>(mut self, labels: &[O]) -> Machine<O> {
        const UNSEEN: u32 = u32::MAX;
        let mut number = vec![UNSEEN; labels.len()];
        let mut ordered = Vec::with_capacity(labels.len());
        for Row { class, .. } in &mut self.rows {
            let number = &mut number[*class as usize];
            if *number == UNSEEN {
                *number = ordered.len() as u32;
                ordered.push(labels[*class as usize]);
            }
            *class = *number;
        }
        Machine { shape: Arc::new(self.shape()), labels: ordered }
    }

    fn shape(self) -> Shape {
        let mut hasher = FxHasher::default();
        for Row { class, others, end } in &self.rows {
            hasher.write_u64(u64::from(*class) << 32 | u64::from(*others));
            hasher.write_u32(*end);
        }
        for (c, target) in &self.edges {
            hasher.write_u64(u64::from(u32::from(*c)) << 32 | u64::from(*target));
        }
        Shape { hash: hasher.finish(), states: self }
    }

    /// A machine that need not be canonical, whose classes have these labels.
    pub(super) fn labelled<O: Label>(self, labels: &[O]) -> Machine<O> {
        Machine { shape: Arc::new(self.shape()), labels: labels.to_vec() }
    }
}

/// The states with an edge to each state.
pub(super) struct Sources {
    ends: Vec<usize>,
    states: Vec<u32>,
}

impl Sources {
    pub(super) fn of(machine: &States) -> Sources {
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

    pub(super) fn states(&self, target: u32) -> &[u32] {
        &self.states[self.ends[target as usize]..self.ends[target as usize + 1]]
    }
}

impl<O: Label> Machine<O> {
    pub(super) fn constant(label: O) -> Self {
        let mut states = States::with_capacity(1);
        states.push(0, 0, []);
        states.machine(&[label])
    }

    pub(super) fn states(&self) -> &States {
        &self.shape.states
    }

    pub(super) fn size(&self) -> usize {
        self.states().size()
    }

    pub(super) fn label(&self, state: u32) -> O {
        self.labels[self.states().class(state) as usize]
    }

    pub(crate) fn read(&self, text: &str) -> O {
        self.label(self.state_after(0, text))
    }

    /// The state to which a text leads from another.
    pub(super) fn state_after(&self, start: u32, text: &str) -> u32 {
        let states = self.states();
        let mut state = start;
        for c in text.chars() {
            let edges = states.edges(state);
            state = match edges.binary_search_by_key(&c, |(named, _)| *named) {
                Ok(at) => edges[at].1,
                Err(_) if states.others(state) == state && edges.is_empty() => break,
                Err(_) => states.others(state),
            };
        }
        state
    }

    pub(super) fn same_everywhere(&self) -> Option<O> {
        match self.labels.as_slice() {
            [label] => Some(*label),
            _ => None,
        }
    }

    /// Every label once, by the first state that has it; of a machine that is not canonical the labels of its classes.
    pub(super) fn labels(&self) -> &[O] {
        &self.labels
    }

    pub(super) fn with_labels<P: Label>(&self, label: impl FnMut(O) -> P) -> Machine<P> {
        Machine { shape: Arc::clone(&self.shape), labels: self.labels.iter().copied().map(label).collect() }
    }
}
