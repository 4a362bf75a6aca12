//! Exact sets.
//!
//! placeholder
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
pub use text::{Chars, Glob, Language, Piece, Text};
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
