//! The short way for most lists: literals and prefixes, without another star, need no sets of places.
//!
//! The patterns are taken in order, so once one leaves the path of the one before, the states behind the fork are
//! done; they are looked up from the end among those that are there already. The result is minimal: states with paths to
//! different strings are told apart from the end, as there are no cycles but the two states that do not change.

use super::Machine;
use super::glob::{Chars, Glob, Piece};
use super::register::{ITSELF, Register};
use crate::algebra::budget::{Exhausted, Meter};

/// What is read at the end of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum End {
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

/// A state on the path to the last pattern.
struct Fork {
    is_end: bool,
    edges: Vec<(char, u32)>,
}

/// The canonical machine for the strings that fit any of the patterns; none where some pattern is not simple.
pub(super) fn read_simple(globs: &[Glob], meter: &mut Meter) -> Result<Option<Machine<bool>>, Exhausted> {
    let Some(mut patterns) = globs.iter().map(simple).collect::<Option<Vec<_>>>() else {
        return Ok(None);
    };
    let length: usize = patterns.iter().map(|(path, _)| path.len() + 1).sum();
    meter.work(length)?;
    meter.named(patterns.len())?;
    match patterns.as_slice() {
        [] => return Ok(Some(Machine::constant(false))),
        [(path, end)] => return Ok(Some(chain(path, *end))),
        _ => {}
    }
    patterns.sort_unstable();
    let mut register = Register::with_capacity(length + 2);
    let nothing = register.number(false, ITSELF, &[]);
    let anything = register.number(true, ITSELF, &[]);
    let mut path: Vec<char> = Vec::new();
    let mut forks = vec![Fork { is_end: false, edges: Vec::new() }];
    // Whether the last pattern ends in a star: then whatever goes on from there is in it already.
    let mut is_open = false;
    for (next, end) in &patterns {
        let common = path.iter().zip(next).take_while(|(left, right)| left == right).count();
        if is_open && common == path.len() {
            continue;
        }
        close(&mut forks, &path, common, is_open.then_some(anything), nothing, &mut register);
        path.truncate(common);
        for c in next.get(common..).into_iter().flatten() {
            path.push(*c);
            forks.push(Fork { is_end: false, edges: Vec::new() });
        }
        is_open = *end == End::Star;
        if let Some(last) = forks.last_mut() {
            last.is_end = true;
        }
    }
    close(&mut forks, &path, 0, is_open.then_some(anything), nothing, &mut register);
    let start = match forks.pop() {
        Some(_) if is_open && path.is_empty() => anything,
        Some(fork) => register.number(fork.is_end, nothing, &fork.edges),
        None => nothing,
    };
    Ok(Some(register.machine(start)))
}

/// Finishes the states of a path that are behind so many characters, the last one as given.
fn close(
    forks: &mut Vec<Fork>,
    path: &[char],
    common: usize,
    mut last: Option<u32>,
    nothing: u32,
    register: &mut Register<bool>,
) {
    while forks.len() > common + 1 {
        let Some(fork) = forks.pop() else { return };
        let state = last.take().unwrap_or_else(|| register.number(fork.is_end, nothing, &fork.edges));
        let through = path.get(forks.len().saturating_sub(1)).copied();
        if let (Some(c), Some(before)) = (through, forks.last_mut()) {
            before.edges.push((c, state));
        }
    }
}

/// The machine of one simple pattern, which is canonical as it is written down.
fn chain(path: &[char], end: End) -> Machine<bool> {
    if path.is_empty() && end == End::Star {
        return Machine::constant(true);
    }
    const NOTHING: u32 = 1;
    let mut machine = Machine::with_capacity(path.len() + 2);
    let mut state = 0;
    for c in path {
        let next = state + if state == 0 { 2 } else { 1 };
        machine.push(false, NOTHING, [(*c, next)]);
        if state == 0 {
            machine.push(false, NOTHING, []);
        }
        state = next;
    }
    machine.push(true, if end == End::Star { state } else { NOTHING }, []);
    if path.is_empty() {
        machine.push(false, NOTHING, []);
    }
    machine
}
