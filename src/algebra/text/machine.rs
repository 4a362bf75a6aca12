//! Deterministic machines with a label in every state.

use rustc_hash::FxHashSet;

use crate::algebra::domain::Label;

/// A complete deterministic machine. Reading starts in state 0.
///
/// 1. The named characters of a state ascend.
/// 2. In a canonical machine no named edge leads where the edge for all others leads, every state is reachable, no
///    two states are equivalent, and states are numbered breadth first: the edge for all others, then the named
///    ones.
/// 3. A state names fewer characters than half of all there are (the budget sees to it), so which target is the
///    one for all others is no matter of choice.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Machine<O> {
    labels: Vec<O>,
    /// Where all characters lead that are not named.
    others: Vec<u32>,
    /// Where the edges of each state end in `edges`.
    ends: Vec<u32>,
    edges: Vec<(char, u32)>,
}

impl<O: Label> Machine<O> {
    pub(super) fn constant(label: O) -> Self {
        let mut machine = Machine::with_capacity(1);
        machine.push(label, 0, []);
        machine
    }

    pub(super) fn with_capacity(states: usize) -> Self {
        Machine {
            labels: Vec::with_capacity(states),
            others: Vec::with_capacity(states),
            ends: Vec::with_capacity(states),
            edges: Vec::with_capacity(states),
        }
    }

    /// Adds the next state. Edges that lead where all others lead are left out.
    pub(super) fn push(&mut self, label: O, others: u32, named: impl IntoIterator<Item = (char, u32)>) {
        self.labels.push(label);
        self.others.push(others);
        self.edges.extend(named.into_iter().filter(|(_, target)| *target != others));
        self.ends.push(self.edges.len() as u32);
    }

    pub(super) fn size(&self) -> usize {
        self.labels.len()
    }

    pub(super) fn label(&self, state: u32) -> O {
        self.labels[state as usize]
    }

    pub(super) fn others(&self, state: u32) -> u32 {
        self.others[state as usize]
    }

    pub(super) fn edges(&self, state: u32) -> &[(char, u32)] {
        let state = state as usize;
        let start = state.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        &self.edges[start..self.ends[state] as usize]
    }

    pub(super) fn edge_count(&self) -> usize {
        self.edges.len()
    }

    /// Every target of a state, that of all others first.
    pub(super) fn targets(&self, state: u32) -> impl Iterator<Item = u32> {
        std::iter::once(self.others(state)).chain(self.edges(state).iter().map(|(_, target)| *target))
    }

    /// Whether nothing that is read from here changes the label. Exact in canonical machines.
    pub(super) fn is_final(&self, state: u32) -> bool {
        self.others(state) == state && self.edges(state).is_empty()
    }

    pub(super) fn read(&self, text: &str) -> O {
        let mut state = 0;
        for c in text.chars() {
            let edges = self.edges(state);
            state = match edges.binary_search_by_key(&c, |(named, _)| *named) {
                Ok(at) => edges[at].1,
                Err(_) if self.others(state) == state && edges.is_empty() => break,
                Err(_) => self.others(state),
            };
        }
        self.label(state)
    }

    pub(super) fn same_everywhere(&self) -> Option<O> {
        match self.labels.as_slice() {
            [label] => Some(*label),
            _ => None,
        }
    }

    /// Every label once, by the first state that has it.
    pub(super) fn labels(&self) -> Vec<O> {
        let mut seen = FxHashSet::default();
        let mut last = None;
        // Neighbours are often alike.
        let changes = self.labels.iter().copied().filter(|label| last.replace(*label) != Some(*label));
        changes.filter(|label| seen.insert(*label)).collect()
    }

    pub(super) fn with_labels<P: Label>(self, label: impl Fn(O) -> P) -> Machine<P> {
        let labels = self.labels.iter().map(|old| label(*old)).collect();
        Machine { labels, others: self.others, ends: self.ends, edges: self.edges }
    }

    /// The machine of the classes of states, numbered breadth first. `class` gives a class to every state, and
    /// `member` a state to every class.
    pub(super) fn quotient(&self, class: &[u32], member: &[u32]) -> Machine<O> {
        self.numbered(member[class[0] as usize], |_, target| member[class[target as usize] as usize])
    }

    /// The machine that begins in a state, its states numbered breadth first; `real` says for a state and a target
    /// of it which state is meant.
    pub(super) fn numbered(&self, start: u32, real: impl Fn(u32, u32) -> u32) -> Machine<O> {
        const UNSEEN: u32 = u32::MAX;
        let mut number = vec![UNSEEN; self.size()];
        let mut order = vec![start];
        number[start as usize] = 0;
        let mut numbered = |state: u32, order: &mut Vec<u32>| {
            let number = &mut number[state as usize];
            if *number == UNSEEN {
                *number = order.len() as u32;
                order.push(state);
            }
            *number
        };
        let mut machine = Machine::with_capacity(self.size());
        let mut at = 0;
        while let Some(&state) = order.get(at) {
            at += 1;
            let others = numbered(real(state, self.others(state)), &mut order);
            for &(c, target) in self.edges(state) {
                let target = numbered(real(state, target), &mut order);
                if target != others {
                    machine.edges.push((c, target));
                }
            }
            machine.push(self.label(state), others, []);
        }
        machine
    }
}
