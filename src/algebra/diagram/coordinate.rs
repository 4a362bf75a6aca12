//! The domains that a level can have: a closed list.

use std::net::IpAddr;

use bigdecimal::BigDecimal;

use rustc_hash::FxHashMap;

use super::Set;
use crate::algebra::budget::{Exhausted, Meter};
use crate::algebra::domain::{Domain, Label, Merge, Met, Region, distinct};
use crate::algebra::line::{DenseCut, DiscreteCut, Line};
use crate::algebra::{Flag, Keyed, Text};

/// A domain that a level can have.
pub trait Coordinate: Domain {
    /// Its name.
    const KIND: Kind;

    /// A region as a predicate.
    fn predicate(region: Region<Self>) -> Predicate;

    /// The map of a node, where the node is of this kind.
    fn map(branch: &Branch<Set>) -> Option<&Self::Map<Set>>;

    /// The value of a datum, where the datum is of this kind.
    fn point(datum: &Datum) -> Option<&Self::Point>;
}

macro_rules! coordinates {
    ($($(#[$doc:meta])* $kind:ident: $domain:ty,)*) => {
        /// Which domain a level has.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind {
            $($(#[$doc])* $kind,)*
        }

        /// What is asked of the coordinate of a level.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum Predicate {
            $($(#[$doc])* $kind(Region<$domain>),)*
        }

        /// A coordinate.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Datum {
            $($(#[$doc])* $kind(<$domain as Domain>::Point),)*
        }

        /// A map from coordinates.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum Branch<O: Label> {
            $($(#[$doc])* $kind(<$domain as Domain>::Map<O>),)*
        }

        $(
            impl Coordinate for $domain {
                const KIND: Kind = Kind::$kind;

                fn predicate(region: Region<Self>) -> Predicate {
                    Predicate::$kind(region)
                }

                fn map(branch: &Branch<Set>) -> Option<&Self::Map<Set>> {
                    if let Branch::$kind(map) = branch { Some(map) } else { None }
                }

                fn point(datum: &Datum) -> Option<&Self::Point> {
                    if let Datum::$kind(point) = datum { Some(point) } else { None }
                }
            }

            impl From<Region<$domain>> for Predicate {
                fn from(region: Region<$domain>) -> Self {
                    Predicate::$kind(region)
                }
            }
        )*

        impl Predicate {
            /// Which domain it is about.
            pub fn kind(&self) -> Kind {
                match self {
                    $(Predicate::$kind(_) => Kind::$kind,)*
                }
            }

            pub(super) fn branch(&self, child: impl Fn(bool) -> Set) -> Branch<Set> {
                match self {
                    $(Predicate::$kind(region) => Branch::$kind(<$domain>::rename(&region.map, child)),)*
                }
            }
        }

        impl Datum {
            /// Which domain it is of.
            pub fn kind(&self) -> Kind {
                match self {
                    $(Datum::$kind(_) => Kind::$kind,)*
                }
            }
        }

        impl Branch<Set> {
            pub(super) fn same_everywhere(&self) -> Option<Set> {
                match self {
                    $(Branch::$kind(map) => <$domain>::same_everywhere(map),)*
                }
            }

            /// The children, each once.
            pub(super) fn children(&self) -> Vec<Set> {
                match self {
                    $(Branch::$kind(map) => <$domain>::labels(map),)*
                }
            }

            /// The coordinates that lead to a child.
            pub(super) fn leading_to(&self, child: Set, meter: &mut Meter) -> Result<Predicate, Exhausted> {
                match self {
                    $(Branch::$kind(map) => {
                        let children = <$domain>::labels(map);
                        let hits: Vec<bool> = children.iter().map(|other| *other == child).collect();
                        let map = <$domain>::reduce(numbered::<$domain>(map, &children), &hits, meter)?;
                        Ok(Predicate::$kind(Region { map }))
                    })*
                }
            }

            /// The same map with other children in place of its own, of which a list has them all.
            pub(super) fn with_children(
                &self,
                children: &[Set],
                new: &[Set],
                meter: &mut Meter,
            ) -> Result<Branch<Set>, Exhausted> {
                let places = Places::new(children);
                let are_distinct = distinct(new).1.len() == new.len();
                Ok(match self {
                    $(Branch::$kind(map) => Branch::$kind(if are_distinct {
                        <$domain>::rename(map, |child| places.of(child).map_or(child, |at| new[at]))
                    } else {
                        <$domain>::reduce(numbered::<$domain>(map, children), new, meter)?
                    }),)*
                })
            }

            /// A coordinate that leads to a set that is not empty, and that set.
            pub(super) fn toward_something(&self) -> Option<(Datum, Set)> {
                match self {
                    $(Branch::$kind(map) => {
                        let point = <$domain>::find(map, |child| child != Set::EMPTY)?;
                        let child = <$domain>::at(map, &point);
                        Some((Datum::$kind(point), child))
                    })*
                }
            }

            /// Where a coordinate leads; none where it is of another kind.
            pub(super) fn at(&self, datum: &Datum) -> Option<Set> {
                match self {
                    $(Branch::$kind(map) => Some(<$domain>::at(map, <$domain as Coordinate>::point(datum)?)),)*
                }
            }

            /// The same map to something else; it need not be canonical.
            pub(super) fn coded(&self, code: impl FnMut(Set) -> u32) -> Branch<u32> {
                match self {
                    $(Branch::$kind(map) => Branch::$kind(<$domain>::rename(map, code)),)*
                }
            }
        }

        impl Branch<u32> {
            /// Lays branches of the kind of the first over one another, to the positions in a list of what meets.
            pub(super) fn overlay<M: Merge<u32>>(
                branches: &[Branch<u32>],
                merge: &M,
                meter: &mut Meter,
            ) -> Result<Option<(Branch<u32>, Vec<Met<M::Item>>)>, Exhausted> {
                match branches.first() {
                    None => Ok(None),
                    $(Some(Branch::$kind(_)) => {
                        let mut maps = Vec::with_capacity(branches.len());
                        for branch in branches {
                            if let Branch::$kind(map) = branch {
                                maps.push(map);
                            }
                        }
                        let (raw, meetings) = <$domain>::overlay(&maps, merge, meter)?;
                        Ok(Some((Branch::$kind(raw), meetings)))
                    })*
                }
            }

            /// The canonical branch that gives each position its outcome.
            pub(super) fn reduce(&self, outcomes: &[u32], meter: &mut Meter) -> Result<Branch<u32>, Exhausted> {
                Ok(match self {
                    $(Branch::$kind(raw) => {
                        Branch::$kind(<$domain>::reduce(raw.clone(), outcomes, meter)?)
                    })*
                })
            }

            /// The branch to the child with each number, all of them different.
            pub(super) fn leading_on(&self, children: &[Set]) -> Branch<Set> {
                let child = |number: u32| children[number as usize];
                match self {
                    $(Branch::$kind(map) => Branch::$kind(<$domain>::rename(map, child)),)*
                }
            }
        }
    };
}

coordinates! {
    /// Yes or no.
    Flag: Flag,
    /// A string.
    Text: Text,
    /// A key that holds booleans.
    FlagKey: Keyed<Flag>,
    /// A key that holds strings.
    TextKey: Keyed<Text>,
    /// A key that holds numbers.
    NumberKey: Keyed<Line<DenseCut<BigDecimal>>>,
    /// A key that holds instants, in whole seconds.
    InstantKey: Keyed<Line<DiscreteCut<i64>>>,
    /// A key that holds addresses.
    AddressKey: Keyed<Line<DiscreteCut<IpAddr>>>,
}

/// A map to the positions of its children in a list that has them all.
fn numbered<D: Domain>(map: &D::Map<Set>, children: &[Set]) -> D::Map<u32> {
    let places = Places::new(children);
    D::rename(map, |child| places.of(child).unwrap_or_default() as u32)
}

/// Where each child stands in a list.
struct Places<'a> {
    children: &'a [Set],
    /// Of all children, where there are more than a few.
    known: FxHashMap<Set, usize>,
}

impl<'a> Places<'a> {
    const FEW: usize = 16;

    fn new(children: &'a [Set]) -> Self {
        let mut known = FxHashMap::default();
        if children.len() > Places::FEW {
            known.extend(children.iter().copied().zip(0..));
        }
        Places { children, known }
    }

    fn of(&self, child: Set) -> Option<usize> {
        if self.children.len() > Places::FEW {
            self.known.get(&child).copied()
        } else {
            self.children.iter().position(|other| *other == child)
        }
    }
}
