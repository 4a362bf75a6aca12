//! Exact sets: of strings, numbers, instants, addresses, of what a key may hold, and of points with many such
//! coordinates.
//!
//! Nothing here is about anything in particular; what the points stand for is said elsewhere. Every set, infinite
//! ones too, is closed under union, intersection, complement and difference, and four questions are decided, never
//! guessed: is it empty, is it part of another, are two equal, and which point is a member.
//!
//! # One idea
//!
//! A *map* gives a label to every point of a [domain](domain::Domain) and is constant on finitely many pieces. Strings are
//! cut into pieces by an automaton, ordered points by cuts on a line, what a key holds by *absent*, *one* and
//! *several*.
//!
//! ```text
//!    map to yes and no   =  a set          [`Region`]: the algebra of one coordinate
//!    map to sets         =  a node         [`Arena`]:  the algebra of many coordinates
//!    map to numbers      =  a partition    [`Several`]: which classes of values are inhabited
//!
//!         strings       numbers       a key
//!        ┌──┬─────┐   ──┤────├──   ┌──────┬─────┬───────┐
//!        │a*│ else│    no yes no   │absent│ one │several│
//!        └──┴─────┘                └──────┴─────┴───────┘
//! ```
//!
//! Maps are laid over one another, any number at once, and the labels that meet on a piece are merged: with *or* that
//! is a union, with *and* an intersection, and with the operation itself it is the step from one level of a
//! [diagram] to the next. A domain is written once and serves all three.
//!
//! # What holds everywhere
//!
//! 1. A set exists only in canonical form, so `==` is equality of sets.
//! 2. A set that is not empty has a witness.
//! 3. What can explode runs under a [budget]: the answer is exact, or an error that says what ran out and at
//!    which level.
//! 4. Nothing is kept in statics; whoever wants structure shared holds the arena.

pub mod budget;
pub mod domain;
mod flag;
pub mod line;
pub mod text;
mod value_set;
mod keyed;
pub mod diagram;

use std::fmt::Debug;

pub use budget::{Budget, Exhausted, Meter};
pub use diagram::{Arena, BudgetError, Set};
pub use domain::Region;
pub use flag::Flag;
pub use keyed::{Held, Keyed};
pub use text::{Chars, End, Glob, Language, Piece, Text};
pub use value_set::Several;

/// Sets of points, closed under complement and intersection.
///
/// Five operations are required and the others follow from them. An implementation may define those for speed;
/// the result must be the same.
///
/// `==` is equality of sets.
pub trait SetAlgebra: Clone + Eq {
    /// What may be a member.
    type Point: Debug;

    /// No point.
    fn empty() -> Self;

    /// All points that are not members.
    fn complement(&self) -> Self;

    /// The points in both sets.
    fn intersection(&self, other: &Self, meter: &mut Meter) -> Result<Self, Exhausted>;

    /// Whether a point is a member.
    fn contains(&self, point: &Self::Point) -> bool;

    /// A member; none where the set is empty.
    fn witness(&self) -> Option<Self::Point>;

    /// All points.
    fn full() -> Self {
        Self::empty().complement()
    }

    /// The points in at least one of two sets.
    fn union(&self, other: &Self, meter: &mut Meter) -> Result<Self, Exhausted> {
        Ok(self.complement().intersection(&other.complement(), meter)?.complement())
    }

    /// The points in this set and not in the other.
    fn difference(&self, other: &Self, meter: &mut Meter) -> Result<Self, Exhausted> {
        self.intersection(&other.complement(), meter)
    }

    /// Whether there is no member.
    fn is_empty(&self) -> bool {
        *self == Self::empty()
    }

    /// Whether no point is in both sets.
    fn is_disjoint(&self, other: &Self, meter: &mut Meter) -> Result<bool, Exhausted> {
        Ok(self.intersection(other, meter)?.is_empty())
    }

    /// Whether every member is a member of the other set.
    fn is_subset(&self, other: &Self, meter: &mut Meter) -> Result<bool, Exhausted> {
        Ok(self.intersection(other, meter)? == *self)
    }
}
