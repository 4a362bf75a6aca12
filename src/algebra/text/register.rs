//! States that are known by what they are: a label, where all other characters lead, and where some lead that go
//! elsewhere.

use std::hash::{Hash, Hasher};

use rustc_hash::{FxHashMap, FxHasher};

use super::Machine;
use crate::algebra::domain::Label;

/// A target that is the state itself.
pub(super) const ITSELF: u32 = u32::MAX;

/// States without duplicates. They are kept in rows, so that looking one up makes nothing new.
pub(super) struct Register<O> {
    states: Machine<O>,
    /// The last state with a hash.
    last: FxHashMap<u64, u32>,
    /// The state before with the same hash, one more than its number.
    before: Vec<u32>,
}

impl<O: Label> Register<O> {
    pub(super) fn with_capacity(states: usize) -> Self {
        Register {
            states: Machine::with_capacity(states),
            last: FxHashMap::default(),
            before: Vec::with_capacity(states),
        }
    }

    /// The number of a state, new or not. No edge may lead where all other characters lead.
    pub(super) fn number(&mut self, label: O, others: u32, edges: &[(char, u32)]) -> u32 {
        let mut hasher = FxHasher::default();
        (label, others, edges).hash(&mut hasher);
        let hash = hasher.finish();
        let last = self.last.get(&hash).map_or(0, |last| last + 1);
        let mut next = last;
        while let Some(state) = next.checked_sub(1) {
            if self.is(state, label, others, edges) {
                return state;
            }
            next = self.before[state as usize];
        }
        let state = self.before.len() as u32;
        self.states.push(label, others, edges.iter().copied());
        self.before.push(last);
        self.last.insert(hash, state);
        state
    }

    /// Whether a state is known by just this.
    pub(super) fn is(&self, state: u32, label: O, others: u32, edges: &[(char, u32)]) -> bool {
        self.states.label(state) == label
            && self.states.others(state) == others
            && self.states.edges(state) == edges
    }

    /// Whether some character leads from a state to itself.
    pub(super) fn has_loop(&self, state: u32) -> bool {
        self.states.targets(state).any(|target| target == ITSELF)
    }

    /// Whether a label is that of a state.
    pub(super) fn has_label(&self, state: u32, label: O) -> bool {
        self.states.label(state) == label
    }

    /// The machine that begins in a state.
    pub(super) fn machine(&self, start: u32) -> Machine<O> {
        self.states.numbered(start, |of, target| if target == ITSELF { of } else { target })
    }
}
