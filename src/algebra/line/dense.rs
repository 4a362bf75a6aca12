//! Lines on which something lies between any two points: decimal numbers.

use std::fmt::Debug;
use std::hash::Hash;

use bigdecimal::num_bigint::BigInt;
use bigdecimal::{BigDecimal, RoundingMode};

use super::{Cut, Line};
use crate::algebra::domain::{Extent, Region};

/// How many decimal places are tried for a number between two others before the middle is taken.
const MOST_PLACES: i64 = 20;

/// Points of a dense line without ends.
pub trait Dense: Clone + Ord + Hash + Debug {
    /// A point strictly between two others, the first below the second; none is the end of the line.
    fn strictly_between(low: Option<&Self>, high: Option<&Self>) -> Self;
}

/// A place just before or just after a point.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DenseCut<T> {
    at: T,
    side: Side,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Side {
    Before,
    After,
}

impl<T> DenseCut<T> {
    /// Just before a point.
    pub fn before(at: T) -> Self {
        DenseCut { at, side: Side::Before }
    }

    /// Just after a point.
    pub fn after(at: T) -> Self {
        DenseCut { at, side: Side::After }
    }

    /// The point it lies at.
    pub fn at(&self) -> &T {
        &self.at
    }

    /// Whether the point lies behind it, to the right.
    pub fn includes_right(&self) -> bool {
        self.side == Side::Before
    }
}

impl<T: Dense> Cut for DenseCut<T> {
    type Point = T;

    fn is_before(&self, point: &T) -> bool {
        self.at < *point || (self.at == *point && self.side == Side::Before)
    }

    fn just_before(point: &T) -> Option<Self> {
        Some(DenseCut::before(point.clone()))
    }

    fn just_after(point: &T) -> Option<Self> {
        Some(DenseCut::after(point.clone()))
    }

    fn between(low: Option<&Self>, high: Option<&Self>) -> T {
        match (low, high) {
            (Some(low), _) if low.side == Side::Before => low.at.clone(),
            (_, Some(high)) if high.side == Side::After => high.at.clone(),
            _ => T::strictly_between(low.map(|low| &low.at), high.map(|high| &high.at)),
        }
    }

    fn extent(low: Option<&Self>, high: Option<&Self>) -> Extent {
        match (low, high) {
            (Some(low), Some(high)) if low.at == high.at => Extent::Point,
            _ => Extent::More,
        }
    }
}

impl<T: Dense> Region<Line<DenseCut<T>>> {
    /// One point.
    pub fn point(at: T) -> Self {
        Region::range(Some(DenseCut::before(at.clone())), Some(DenseCut::after(at)))
    }
}

impl Dense for BigDecimal {
    fn strictly_between(low: Option<&Self>, high: Option<&Self>) -> Self {
        let floor = |number: &BigDecimal, places| number.with_scale_round(places, RoundingMode::Floor);
        let ceiling = |number: &BigDecimal, places| number.with_scale_round(places, RoundingMode::Ceiling);
        match (low, high) {
            (None, None) => BigDecimal::from(0),
            (Some(low), None) => floor(low, 0) + 1,
            (None, Some(high)) => ceiling(high, 0) - 1,
            (Some(low), Some(high)) => {
                let next = |places| floor(low, places) + BigDecimal::new(BigInt::from(1), places);
                (0..=MOST_PLACES)
                    .map(next)
                    .find(|candidate| candidate < high)
                    .unwrap_or_else(|| ((low + high) * BigDecimal::new(BigInt::from(5), 1)).normalized())
            }
        }
    }
}
