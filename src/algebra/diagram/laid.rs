//! Maps laid over one another, remembered.
//!
//! The same few predicates of a level meet again and again, only with other children. What an overlay looks like depends
//! on which children are equal, which decide and which mean nothing, not on which they are. So children are replaced
//! by codes, and each overlay of codes is made once; so is each outcome, by which pieces have the same child.

use rustc_hash::FxHashMap;

use super::Set;
use super::coordinate::Branch;
use crate::algebra::budget::{Exhausted, Meter};
use crate::algebra::domain::{Merge, Met, Weight, distinct};

/// The code of a child that changes nothing.
pub(super) const NOTHING: u32 = 0;
/// The code of a child that decides.
pub(super) const DECIDES: u32 = 1;
/// The codes from here on are of children that count.
pub(super) const FIRST: u32 = 2;

struct ByCode;

impl Merge<u32> for ByCode {
    type Item = u32;

    fn weigh(&self, _: usize, code: u32) -> Weight<u32> {
        match code {
            NOTHING => Weight::Nothing,
            DECIDES => Weight::Decides,
            _ => Weight::Counts(code),
        }
    }
}

/// An overlay: a map to positions in a list of what meets.
#[derive(Debug)]
struct Overlay {
    raw: Branch<u32>,
    meetings: Vec<Met<u32>>,
}

/// Every overlay that was made.
#[derive(Debug, Default)]
pub(super) struct Laid {
    overlays: Vec<Overlay>,
    known: FxHashMap<Vec<Branch<u32>>, u32>,
    /// Canonical maps by overlay and by the outcome of each position.
    reduced: FxHashMap<(u32, Vec<u32>), Branch<u32>>,
}

impl Laid {
    /// The number of the overlay of branches to codes, of which there is one at least.
    pub(super) fn over(&mut self, branches: Vec<Branch<u32>>, meter: &mut Meter) -> Result<u32, Exhausted> {
        meter.work(branches.len())?;
        if let Some(&known) = self.known.get(&branches) {
            return Ok(known);
        }
        let number = self.overlays.len() as u32;
        let overlay = Branch::overlay(&branches, &ByCode, meter)?;
        self.overlays.extend(overlay.map(|(raw, meetings)| Overlay { raw, meetings }));
        self.known.insert(branches, number);
        Ok(number)
    }

    /// What meets at each position of an overlay.
    pub(super) fn meetings(&self, overlay: u32) -> &[Met<u32>] {
        &self.overlays[overlay as usize].meetings
    }

    /// The canonical branch that leads from each position of an overlay to its child.
    pub(super) fn branch(
        &mut self,
        overlay: u32,
        children: &[Set],
        meter: &mut Meter,
    ) -> Result<Branch<Set>, Exhausted> {
        let (outcomes, different) = distinct(children);
        let key = (overlay, outcomes);
        if let Some(map) = self.reduced.get(&key) {
            return Ok(map.leading_on(&different));
        }
        let map = self.overlays[overlay as usize].raw.reduce(&key.1, meter)?;
        let branch = map.leading_on(&different);
        self.reduced.insert(key, map);
        Ok(branch)
    }
}
