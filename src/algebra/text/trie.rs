//! The short way for most lists: literals and prefixes, without another star, need no sets of places.
//!
//! The patterns are taken in order, so once one leaves the path of the one before, the states behind the fork are
//! done; they are looked up from the end among those that are there already. The result is minimal: states with paths to
//! different strings are told apart from the end, as there are no cycles but the two states that do not change.

use super::Machine;
use super::glob::{Chars, Glob, Piece};
use super::machine::States;
use super::register::{ITSELF, Register};
use crate::algebra::budget::{Exhausted, Meter};
use crate::algebra::domain::{Label, distinct};

/// What may follow a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// Anything.
    Star,
    /// Nothing.
    Stop,
}

/// A pattern of named characters with at most one star, at its end.
fn simple(glob: &Glob) -> Option<(Vec<char>, End)> {
    let (pieces, end) = match glob.pieces() {
        [pieces @ .., Piece::Many(Chars::Any)] => (pieces, End::Star),
        pieces => (pieces, End::Stop),
    };
    let named = |piece: &Piece| match piece {
        Piece::One(Chars::Only(c)) => Some(*c),
        _ => None,
    };
    Some((pieces.iter().map(named).collect::<Option<_>>()?, end))
}

/// The classes of the states: of strings that fit no pattern, and of those that do.
const NO: u32 = 0;
const YES: u32 = 1;
/// What they mean.
const LABELS: [bool; 2] = [false, true];

/// A state on the path to the last pattern.
struct Fork {
    class: u32,
    /// Where its edges begin among those of all forks: those of later ones come behind.
    first: usize,
}

/// The states on the path to the last pattern, and those that are done.
struct Forks {
    list: Vec<Fork>,
    edges: Vec<(char, u32)>,
    register: Register,
    nothing: u32,
}

impl Forks {
    fn push(&mut self) {
        self.list.push(Fork { class: NO, first: self.edges.len() });
    }

    /// Finishes the last state.
    fn pop(&mut self) -> Option<u32> {
        let Fork { class, first } = self.list.pop()?;
        let state = self.register.number(class, self.nothing, &self.edges[first..]);
        self.edges.truncate(first);
        Some(state)
    }

    /// Finishes the states of a path that are behind so many characters, the last one as given.
    fn close(&mut self, path: &[char], common: usize, mut last: Option<u32>) {
        while self.list.len() > common + 1 {
            let Some(mut state) = self.pop() else { return };
            state = last.take().unwrap_or(state);
            if let Some(c) = path.get(self.list.len() - 1) {
                self.edges.push((*c, state));
            }
        }
    }
}

/// The canonical machine for the strings that fit any of the patterns; none where some pattern is not simple.
pub(super) fn read_simple(globs: &[Glob], meter: &mut Meter) -> Result<Option<Machine<bool>>, Exhausted> {
    match globs.iter().map(simple).collect::<Option<Vec<_>>>() {
        Some(patterns) => read_paths(patterns, meter).map(Some),
        None => Ok(None),
    }
}

/// The canonical machine for the strings that begin with some path and end as it says.
pub(super) fn read_paths(
    mut patterns: Vec<(Vec<char>, End)>,
    meter: &mut Meter,
) -> Result<Machine<bool>, Exhausted> {
    let length: usize = patterns.iter().map(|(path, _)| path.len() + 1).sum();
    meter.work(length)?;
    meter.named(patterns.len())?;
    match patterns.as_slice() {
        [] => return Ok(Machine::constant(false)),
        [(path, end)] => return Ok(chain(path, *end)),
        _ => {}
    }
    patterns.sort_unstable();
    let mut register = Register::with_capacity(length + 2);
    let nothing = register.number(NO, ITSELF, &[]);
    let anything = register.number(YES, ITSELF, &[]);
    let mut forks = Forks { list: Vec::new(), edges: Vec::new(), register, nothing };
    forks.push();
    let mut path: &[char] = &[];
    // Whether the last pattern ends in a star: then whatever goes on from there is in it already.
    let mut is_open = false;
    for (next, end) in &patterns {
        let common = path.iter().zip(next).take_while(|(left, right)| left == right).count();
        if is_open && common == path.len() {
            continue;
        }
        forks.close(path, common, is_open.then_some(anything));
        path = next;
        for _ in common..path.len() {
            forks.push();
        }
        is_open = *end == End::Star;
        if let Some(last) = forks.list.last_mut() {
            last.class = YES;
        }
    }
    forks.close(path, 0, is_open.then_some(anything));
    let start = if is_open && path.is_empty() { anything } else { forks.pop().unwrap_or(nothing) };
    Ok(forks.register.states(start).machine(&LABELS))
}

/// The canonical machine that gives each of some strings, all different, its label, and every other string another one.
pub(super) fn read_literals<O: Label>(
    cases: &[(&str, O)],
    otherwise: O,
    meter: &mut Meter,
) -> Result<Machine<O>, Exhausted> {
    let mut labels = vec![otherwise];
    labels.extend(cases.iter().map(|(_, label)| *label));
    let (classes, labels) = distinct(&labels);
    let mut paths: Vec<(Vec<char>, u32)> =
        cases.iter().zip(&classes[1..]).map(|((text, _), class)| (text.chars().collect(), *class)).collect();
    paths.retain(|(_, class)| *class != NO);
    let length: usize = paths.iter().map(|(path, _)| path.len() + 1).sum();
    meter.work(length)?;
    meter.named(paths.len())?;
    if paths.is_empty() {
        return Ok(Machine::constant(otherwise));
    }
    paths.sort_unstable();
    let mut register = Register::with_capacity(length + 2);
    let nothing = register.number(NO, ITSELF, &[]);
    let mut forks = Forks { list: Vec::new(), edges: Vec::new(), register, nothing };
    forks.push();
    let mut path: &[char] = &[];
    for (next, class) in &paths {
        let common = path.iter().zip(next).take_while(|(left, right)| left == right).count();
        forks.close(path, common, None);
        path = next;
        for _ in common..path.len() {
            forks.push();
        }
        if let Some(last) = forks.list.last_mut() {
            last.class = *class;
        }
    }
    forks.close(path, 0, None);
    let start = forks.pop().unwrap_or(nothing);
    Ok(forks.register.states(start).machine(&labels))
}

/// The machine of one simple pattern, which is canonical as it is written down.
fn chain(path: &[char], end: End) -> Machine<bool> {
    if path.is_empty() && end == End::Star {
        return Machine::constant(true);
    }
    const NOTHING: u32 = 1;
    let mut states = States::with_capacity(path.len() + 2);
    let mut state = 0;
    for c in path {
        let next = state + if state == 0 { 2 } else { 1 };
        states.push(NO, NOTHING, [(*c, next)]);
        if state == 0 {
            states.push(NO, NOTHING, []);
        }
        state = next;
    }
    states.push(YES, if end == End::Star { state } else { NOTHING }, []);
    if path.is_empty() {
        states.push(NO, NOTHING, []);
    }
    states.machine(&LABELS)
}
