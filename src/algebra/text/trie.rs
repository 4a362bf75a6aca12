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
fn simple(glob: &Glob) -> Option<(String, End)> {
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
    /// The characters of the path.
    path: Vec<char>,
    /// One more than characters.
    list: Vec<Fork>,
    edges: Vec<(char, u32)>,
    register: Register,
    nothing: u32,
}

impl Forks {
    /// Nothing but the start, with room for so many states and paths of such a length.
    fn new(states: usize, longest: usize) -> Self {
        let mut register = Register::with_capacity(states);
        let nothing = register.number(NO, ITSELF, &[]);
        let mut list = Vec::with_capacity(longest + 1);
        list.push(Fork { class: NO, first: 0 });
        let (path, edges) = (Vec::with_capacity(longest), Vec::with_capacity(longest));
        Forks { path, list, edges, register, nothing }
    }

    /// With how many characters of the path a text begins.
    fn common(&self, text: &str) -> usize {
        self.path.iter().zip(text.chars()).take_while(|(own, c)| *own == c).count()
    }

    /// Goes on to a text that begins with so many characters of the path, where the state behind the whole path is as
    /// given, and says what class the strings are of that are this text.
    fn turn_to(&mut self, text: &str, common: usize, last: Option<u32>, class: u32) {
        self.close(common, last);
        for c in text.chars().skip(common) {
            self.path.push(c);
            self.list.push(Fork { class: NO, first: self.edges.len() });
        }
        if let Some(last) = self.list.last_mut() {
            last.class = class;
        }
    }

    /// Finishes the last state.
    fn pop(&mut self) -> Option<u32> {
        let Fork { class, first } = self.list.pop()?;
        let state = self.register.number(class, self.nothing, &self.edges[first..]);
        self.edges.truncate(first);
        Some(state)
    }

    /// Finishes the states of the path that are behind so many characters, the last one as given.
    fn close(&mut self, common: usize, mut last: Option<u32>) {
        while self.path.len() > common {
            let state = match last.take() {
                Some(state) => self.list.pop().map(|_| state),
                None => self.pop(),
            };
            self.edges.extend(self.path.pop().zip(state));
        }
    }

    /// The machine for all patterns, where the state behind the whole path is as given.
    fn machine<O: Label>(mut self, last: Option<u32>, labels: &[O]) -> Machine<O> {
        let is_start = self.path.is_empty();
        self.close(0, last);
        let start = last.filter(|_| is_start).or_else(|| self.pop()).unwrap_or(self.nothing);
        self.register.states(start).machine(labels)
    }
}

/// The canonical machine for the strings that fit any of the patterns; none where some pattern is not simple.
pub(super) fn read_simple(globs: &[Glob], meter: &mut Meter) -> Result<Option<Machine<bool>>, Exhausted> {
    match globs.iter().map(simple).collect::<Option<Vec<_>>>() {
        Some(mut patterns) => read_paths(&mut patterns, meter).map(Some),
        None => Ok(None),
    }
}

/// How many characters some texts have, each with an end, and how many the longest.
fn lengths<'t>(texts: impl Iterator<Item = &'t str>) -> (usize, usize) {
    let lengths = texts.map(|text| text.chars().count() + 1);
    lengths.fold((0, 0), |(sum, longest), length| (sum + length, longest.max(length)))
}

/// The canonical machine for the strings that begin with some path and end as it says.
pub(super) fn read_paths<T: AsRef<str> + Ord>(
    patterns: &mut [(T, End)],
    meter: &mut Meter,
) -> Result<Machine<bool>, Exhausted> {
    let (length, longest) = lengths(patterns.iter().map(|(path, _)| path.as_ref()));
    meter.work(length)?;
    meter.named(patterns.len())?;
    match patterns {
        [] => return Ok(Machine::constant(false)),
        [(path, end)] => return Ok(chain(path.as_ref(), *end, &LABELS)),
        _ => patterns.sort_unstable(),
    }
    let mut forks = Forks::new(length + 2, longest);
    let anything = forks.register.number(YES, ITSELF, &[]);
    // Where the last pattern ends in a star: then whatever goes on from there is in it already.
    let mut open = None;
    for (path, end) in patterns {
        let path = path.as_ref();
        let common = forks.common(path);
        if open.is_some() && common == forks.path.len() {
            continue;
        }
        forks.turn_to(path, common, open, YES);
        open = (*end == End::Star).then_some(anything);
    }
    Ok(forks.machine(open, &LABELS))
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
    let paths = cases.iter().zip(&classes[1..]).map(|((text, _), class)| (*text, *class));
    let mut paths: Vec<(&str, u32)> = paths.filter(|(_, class)| *class != NO).collect();
    let (length, longest) = lengths(paths.iter().map(|(text, _)| *text));
    meter.work(length)?;
    meter.named(paths.len())?;
    match paths.as_slice() {
        [] => return Ok(Machine::constant(otherwise)),
        [(text, _)] => return Ok(chain(text, End::Stop, &labels)),
        _ => paths.sort_unstable(),
    }
    let mut forks = Forks::new(length + 2, longest);
    for (text, class) in paths {
        let common = forks.common(text);
        forks.turn_to(text, common, None, class);
    }
    Ok(forks.machine(None, &labels))
}

/// The machine of one simple pattern, which is canonical as it is written down.
fn chain<O: Label>(path: &str, end: End, labels: &[O]) -> Machine<O> {
    if path.is_empty() && end == End::Star {
        return Machine::constant(labels[YES as usize]);
    }
    const NOTHING: u32 = 1;
    let mut states = States::with_capacity(path.len() + 2);
    let mut state = 0;
    for c in path.chars() {
        let next = state + if state == 0 { 2 } else { 1 };
        states.push(NO, NOTHING, [(c, next)]);
        if state == 0 {
            states.push(NO, NOTHING, []);
        }
        state = next;
    }
    states.push(YES, if end == End::Star { state } else { NOTHING }, []);
    if path.is_empty() {
        states.push(NO, NOTHING, []);
    }
    states.machine(labels)
}
