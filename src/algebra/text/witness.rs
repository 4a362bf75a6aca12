//! Strings to show: short, and of characters that people write.

use rustc_hash::FxHashSet;

use super::Machine;
use super::machine::Sources;
use crate::algebra::domain::{Extent, Label};

/// Characters in the order in which they are preferred for an edge that stands for all others.
const PLAIN: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_./:=+@,~ ";

/// The characters that a state may read on the way to a witness, plain ones first: those it names, and so many of the
/// others.
fn ways<O: Label>(machine: &Machine<O>, state: u32, free: usize) -> Vec<(char, u32)> {
    let edges = machine.states().edges(state);
    let is_free = |c: &char| edges.binary_search_by_key(c, |(named, _)| *named).is_err();
    let free = PLAIN.chars().chain('\u{a1}'..).filter(is_free).take(free);
    let mut ways: Vec<(char, u32)> = edges.to_vec();
    ways.extend(free.map(|c| (c, machine.states().others(state))));
    ways.sort_by_key(|(c, _)| (PLAIN.find(*c).unwrap_or(PLAIN.len()), *c));
    ways
}

/// Where reading stands: the state, and how much of the string to avoid has been read and nothing else.
type Stand = (u32, Option<usize>);

/// A shortest string whose label is wanted, other than the one to avoid.
pub(super) fn shortest<O: Label>(
    machine: &Machine<O>,
    wanted: impl Fn(O) -> bool,
    avoided: Option<&str>,
) -> Option<String> {
    let avoided: Option<Vec<char>> = avoided.map(|text| text.chars().collect());
    let first: Stand = (0, avoided.as_ref().map(|_| 0));
    let avoided = avoided.unwrap_or_default();
    let mut met = FxHashSet::from_iter([first]);
    // Each stand with the position in this list from which it was reached, and the character.
    let mut list: Vec<(Stand, Option<(usize, char)>)> = vec![(first, None)];
    let mut at = 0;
    while let Some(&((state, along), _)) = list.get(at) {
        if wanted(machine.label(state)) && along != Some(avoided.len()) {
            let mut text = Vec::new();
            let mut place = at;
            while let Some((_, Some((before, c)))) = list.get(place) {
                text.push(*c);
                place = *before;
            }
            return Some(text.into_iter().rev().collect());
        }
        for (c, target) in ways(machine, state, if along.is_some() { 2 } else { 1 }) {
            let along = along.filter(|read| avoided.get(*read) == Some(&c)).map(|read| read + 1);
            let stand = (target, along);
            if met.insert(stand) {
                list.push((stand, Some((at, c))));
            }
        }
        at += 1;
    }
    None
}

/// Whether one string only has a label that occurs.
pub(super) fn extent<O: Label>(machine: &Machine<O>, label: O) -> Extent {
    let leads_there = leads_to(machine, label);
    let mut state = 0;
    // A second way, a loop, or an edge for more than one character is a second string.
    for _ in 0..machine.size() {
        let here = machine.label(state) == label;
        let onward: Vec<u32> =
            machine.states().targets(state).filter(|target| leads_there[*target as usize]).collect();
        match (here, onward.as_slice()) {
            (true, []) => return Extent::Point,
            (false, [next]) if *next != machine.states().others(state) => state = *next,
            _ => return Extent::More,
        }
    }
    Extent::More
}

/// The states from which the label can be reached.
fn leads_to<O: Label>(machine: &Machine<O>, label: O) -> Vec<bool> {
    let size = machine.size();
    let sources = Sources::of(machine.states());
    let mut leads = vec![false; size];
    let mut open: Vec<u32> = (0..size as u32).filter(|state| machine.label(*state) == label).collect();
    while let Some(state) = open.pop() {
        if !std::mem::replace(&mut leads[state as usize], true) {
            open.extend(sources.states(state));
        }
    }
    leads
}
