//! How much an operation may cost.
//!
//! Crossing patterns can be made to explode on purpose, so whatever builds a set counts what it does and stops
//! with an error, never with a hang or an answer that is only nearly right.

use thiserror::Error;

/// How many classes a table has room for, whatever the budget.
const MOST_CLASSES: usize = 24;

/// How many characters one state may name, whatever the budget: fewer than half of all there are.
const MOST_NAMED: usize = 500_000;

/// How much may be done and kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Steps of work: edges followed, pieces merged.
    pub work: u64,
    /// States that are built, whether or not they are kept in the end.
    pub states: u64,
    /// Classes of values that one set of sets may tell apart; it costs two to their power.
    pub classes: usize,
    /// Levels of one diagram.
    pub levels: usize,
}

impl Default for Budget {
    /// Some seconds and some hundred megabytes at the worst.
    fn default() -> Self {
        Budget { work: 100_000_000, states: 2_000_000, classes: 12, levels: 500 }
    }
}

/// What ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Exhausted {
    /// [`Budget::work`].
    #[error("more than the allowed steps of work")]
    Work,
    /// [`Budget::states`].
    #[error("more than the allowed states")]
    States,
    /// [`Budget::classes`].
    #[error("more than the allowed classes of values")]
    Classes,
    /// [`Budget::levels`].
    #[error("more than the allowed levels")]
    Levels,
}

/// A budget and what is left of it.
#[derive(Debug, Clone)]
pub struct Meter {
    left: Budget,
}

impl Meter {
    /// Starts counting.
    pub fn new(budget: Budget) -> Meter {
        Meter { left: budget }
    }

    /// What is left.
    pub fn left(&self) -> Budget {
        self.left
    }

    pub(super) fn work(&mut self, steps: usize) -> Result<(), Exhausted> {
        self.left.work = self.left.work.checked_sub(steps as u64).ok_or(Exhausted::Work)?;
        Ok(())
    }

    pub(super) fn state(&mut self) -> Result<(), Exhausted> {
        self.left.states = self.left.states.checked_sub(1).ok_or(Exhausted::States)?;
        Ok(())
    }

    pub(super) fn classes(&self, count: usize) -> Result<(), Exhausted> {
        if count > self.left.classes.min(MOST_CLASSES) { Err(Exhausted::Classes) } else { Ok(()) }
    }

    pub(super) fn named(&self, characters: usize) -> Result<(), Exhausted> {
        if characters > MOST_NAMED { Err(Exhausted::States) } else { Ok(()) }
    }
}

impl Default for Meter {
    fn default() -> Self {
        Meter::new(Budget::default())
    }
}
