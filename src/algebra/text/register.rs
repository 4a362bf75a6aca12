//! States that are known by what they are: a class, where all other characters lead, and where some lead that go
//! elsewhere.

use std::hash::Hasher;

use rustc_hash::FxHasher;

use super::machine::States;

/// A target that is the state itself.
pub(super) const ITSELF: u32 = u32::MAX;

/// States without duplicates. They are kept in rows, so that looking one up makes nothing new.
pub(super) struct Register {
    states: States,
    /// The last state with so many low bits of a hash, one more than its number.
    last: Vec<u32>,
    /// The state before with the same bits, one more than its number.
    before: Vec<u32>,
}

impl Register {
    /// Room for so many states; more go in, but take longer to be found.
    pub(super) fn with_capacity(states: usize) -> Self {
        Register {
            states: States::with_capacity(states),
            last: vec![0; states.next_power_of_two()],
            before: Vec::with_capacity(states),
        }
    }

    /// The number of a state, new or not. No edge may lead where all other characters lead.
    pub(super) fn number(&mut self, class: u32, others: u32, edges: &[(char, u32)]) -> u32 {
        let mut hasher = FxHasher::default();
        hasher.write_u64(u64::from(class) << 32 | u64::from(others));
        for (c, target) in edges {
            hasher.write_u64(u64::from(u32::from(*c)) << 32 | u64::from(*target));
        }
        let place = hasher.finish() as usize & (self.last.len() - 1);
        let last = self.last[place];
        let mut next = last;
        while let Some(state) = next.checked_sub(1) {
            if self.is(state, class, others, edges) {
                return state;
            }
            next = self.before[state as usize];
        }
        let state = self.before.len() as u32;
        self.states.push(class, others, edges.iter().copied());
        self.before.push(last);
        self.last[place] = state + 1;
        state
    }

    /// How many there are.
    pub(super) fn size(&self) -> usize {
        self.states.size()
    }

    /// Whether a state is known by just this.
    pub(super) fn is(&self, state: u32, class: u32, others: u32, edges: &[(char, u32)]) -> bool {
        self.states.class(state) == class
            && self.states.others(state) == others
            && self.states.edges(state) == edges
    }

    /// Whether some character leads from a state to itself.
    pub(super) fn has_loop(&self, state: u32) -> bool {
        self.states.targets(state).any(|target| target == ITSELF)
    }

    /// Whether a class is that of a state.
    pub(super) fn has_class(&self, state: u32, class: u32) -> bool {
        self.states.class(state) == class
    }

    /// The states that are reached from one, numbered breadth first.
    pub(super) fn states(&self, start: u32) -> States {
        let real = |of, target| if target == ITSELF { of } else { target };
        self.states.numbered(start, real, |state| self.states.class(state))
    }
}
