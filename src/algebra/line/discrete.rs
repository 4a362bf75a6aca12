//! Lines on which every point has neighbours: whole seconds, addresses.

use std::fmt::Debug;
use std::hash::Hash;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Cut, Line};
use crate::algebra::domain::{Extent, Region};

/// Points of a line that has two ends and nothing between neighbours.
pub trait Discrete: Copy + Ord + Hash + Debug {
    /// The first point.
    const MIN: Self;
    /// A point to name where any would do.
    const PLAIN: Self;

    /// The neighbour to the left.
    fn previous(self) -> Option<Self>;

    /// The neighbour to the right.
    fn next(self) -> Option<Self>;
}

/// A place just before a point that is not the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DiscreteCut<T>(T);

impl<T: Discrete> DiscreteCut<T> {
    /// Just before a point; none where that is the end of the line.
    pub fn before(at: T) -> Option<Self> {
        (at > T::MIN).then_some(DiscreteCut(at))
    }

    /// The point to the left.
    pub fn last_point(self) -> T {
        self.0.previous().unwrap_or(T::MIN)
    }
}

impl<T: Discrete> Cut for DiscreteCut<T> {
    type Point = T;

    fn is_before(&self, point: &T) -> bool {
        self.0 <= *point
    }

    fn just_before(point: &T) -> Option<Self> {
        DiscreteCut::before(*point)
    }

    fn just_after(point: &T) -> Option<Self> {
        point.next().map(DiscreteCut)
    }

    fn between(low: Option<&Self>, high: Option<&Self>) -> T {
        match (low, high) {
            (Some(low), _) => low.0,
            (None, Some(high)) => high.last_point(),
            (None, None) => T::PLAIN,
        }
    }

    fn extent(low: Option<&Self>, high: Option<&Self>) -> Extent {
        let first = low.map_or(T::MIN, |low| low.0);
        let last = high.map(|high| high.last_point());
        if last == Some(first) || (last.is_none() && first.next().is_none()) {
            Extent::Point
        } else {
            Extent::More
        }
    }
}

impl<T: Discrete> Region<Line<DiscreteCut<T>>> {
    /// The points from one to another, both included. Empty where they are not in order.
    pub fn from_to(first: T, last: T) -> Self {
        let end = last.next().map(DiscreteCut);
        match (DiscreteCut::before(first), end) {
            _ if first > last => Region::range(end, end),
            (low, high) => Region::range(low, high),
        }
    }

    /// One point.
    pub fn point(at: T) -> Self {
        Region::from_to(at, at)
    }
}

impl Discrete for i64 {
    const MIN: i64 = i64::MIN;
    const PLAIN: i64 = 0;

    fn previous(self) -> Option<i64> {
        self.checked_sub(1)
    }

    fn next(self) -> Option<i64> {
        self.checked_add(1)
    }
}

/// Every address of version 4, then every address of version 6: no address is of both, so an equal number in the
/// other family is another point.
impl Discrete for IpAddr {
    const MIN: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
    /// From the block for documentation (RFC 5737).
    const PLAIN: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

    fn previous(self) -> Option<IpAddr> {
        match self {
            IpAddr::V4(address) => {
                u32::from(address).checked_sub(1).map(|bits| IpAddr::V4(Ipv4Addr::from(bits)))
            }
            IpAddr::V6(address) => Some(
                u128::from(address)
                    .checked_sub(1)
                    .map_or(IpAddr::V4(Ipv4Addr::BROADCAST), |bits| IpAddr::V6(Ipv6Addr::from(bits))),
            ),
        }
    }

    fn next(self) -> Option<IpAddr> {
        match self {
            IpAddr::V4(address) => Some(
                u32::from(address)
                    .checked_add(1)
                    .map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |bits| IpAddr::V4(Ipv4Addr::from(bits))),
            ),
            IpAddr::V6(address) => {
                u128::from(address).checked_add(1).map(|bits| IpAddr::V6(Ipv6Addr::from(bits)))
            }
        }
    }
}
