//! One point: whether it is a member, and one that is.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::net::IpAddr;

use bigdecimal::BigDecimal;
use rustc_hash::FxHashSet;

use super::coordinate::Branch;
use super::{Arena, Datum, Set};
use crate::algebra::Held;
use crate::algebra::domain::Domain;
use crate::algebra::line::{DenseCut, DiscreteCut, Line};
use crate::algebra::{Flag, Keyed, Text};

/// A point: its coordinate at every level there may be. Only those that matter are asked for, each once.
pub trait Assignment<L> {
    /// At a level of yes or no.
    fn flag(&self, level: &L) -> bool;
    /// At a level of strings.
    fn text(&self, level: &L) -> &str;
    /// At a level of a key that holds booleans.
    fn flag_key(&self, level: &L) -> Held<bool>;
    /// At a level of a key that holds strings.
    fn text_key(&self, level: &L) -> Held<String>;
    /// At a level of a key that holds numbers.
    fn number_key(&self, level: &L) -> Held<BigDecimal>;
    /// At a level of a key that holds instants.
    fn instant_key(&self, level: &L) -> Held<i64>;
    /// At a level of a key that holds addresses.
    fn address_key(&self, level: &L) -> Held<IpAddr>;
}

impl<L: Ord + Clone + Debug> Arena<L> {
    /// Whether a point is in a set. This reads each coordinate at most once, however the set was made.
    pub fn contains(&self, set: Set, point: &impl Assignment<L>) -> bool {
        let mut set = set;
        while let Some(node) = self.get(set) {
            let level = self.name(node.level);
            set = match &node.branch {
                Branch::Flag(map) => Flag::at(map, &point.flag(level)),
                Branch::Text(map) => map.read(point.text(level)),
                Branch::FlagKey(map) => Keyed::<Flag>::at(map, &point.flag_key(level)),
                Branch::TextKey(map) => Keyed::<Text>::at(map, &point.text_key(level)),
                Branch::NumberKey(map) => {
                    Keyed::<Line<DenseCut<BigDecimal>>>::at(map, &point.number_key(level))
                }
                Branch::InstantKey(map) => {
                    Keyed::<Line<DiscreteCut<i64>>>::at(map, &point.instant_key(level))
                }
                Branch::AddressKey(map) => {
                    Keyed::<Line<DiscreteCut<IpAddr>>>::at(map, &point.address_key(level))
                }
            };
        }
        set == Set::FULL
    }

    /// The levels at which membership in a set is decided.
    pub fn levels(&self, set: Set) -> BTreeSet<L> {
        let mut seen = FxHashSet::default();
        let mut open = vec![set];
        let mut levels = BTreeSet::new();
        while let Some(set) = open.pop() {
            if let Some(node) = self.get(set).filter(|_| seen.insert(set)) {
                levels.insert(self.name(node.level).clone());
                open.extend(node.branch.children());
            }
        }
        levels
    }

    /// The coordinates that make a point a member, at the levels that matter to this member; none where the set is
    /// empty.
    pub fn witness(&self, set: Set) -> Option<Vec<(L, Datum)>> {
        let mut found = Vec::new();
        let mut set = set;
        while let Some(node) = self.get(set) {
            let (datum, child) = node.branch.toward_something()?;
            found.push((self.name(node.level).clone(), datum));
            set = child;
        }
        (set == Set::FULL).then_some(found)
    }
}
