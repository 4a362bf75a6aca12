//! The short way for most lists: literals and prefixes, without another star, need no sets of places, and no machines that
//! are laid over one another where several lists meet.
//!
//! The texts are taken in order, so once one leaves the path of the one before, the states behind the fork are done; they
//! are looked up from the end among those that are there already. The result is minimal: states with paths to different
//! labels are told apart from the end, as there are no cycles but the states that do not change, one of each class.

use super::Machine;
use super::glob::{Chars, Glob, Piece};
use super::machine::States;
use super::register::{ITSELF, Register};
use crate::algebra::budget::{Exhausted, Meter};
use crate::algebra::domain::{Label, Meetings, Met, distinct};

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

/// The classes of the states: of strings that fit no text, and of those that do, where these are all alike.
const NO: u32 = 0;
const YES: u32 = 1;
/// What they mean.
const LABELS: [bool; 2] = [false, true];

/// A state on the path to the last text.
struct Fork {
    class: u32,
    /// The class of all strings that go on from here and are on the path to no other text.
    beyond: u32,
    /// Where its edges begin among those of all forks: those of later ones come behind.
    first: usize,
}

/// The states on the path to the last text, and those that are done. The state of a class that does not change has the
/// number of the class.
struct Forks {
    /// The characters of the path.
    path: Vec<char>,
    /// One more than characters.
    list: Vec<Fork>,
    edges: Vec<(char, u32)>,
    register: Register,
}

impl Forks {
    /// Nothing but the start, with room for so many states and paths of such a length.
    fn new(classes: u32, states: usize, longest: usize) -> Self {
        let mut register = Register::with_capacity(states);
        for class in 0..classes {
            register.number(class, ITSELF, &[]);
        }
        let mut list = Vec::with_capacity(longest + 1);
        list.push(Fork { class: NO, beyond: NO, first: 0 });
        Forks { path: Vec::with_capacity(longest), list, edges: Vec::with_capacity(longest), register }
    }

    /// Goes on to a text, which comes behind all before, of a class, and says of which class the strings are that go on
    /// from it, where it is not that of those that go on from the text before.
    fn turn_to(&mut self, text: &str, class: u32, beyond: Option<u32>) {
        let common = self.path.iter().zip(text.chars()).take_while(|(own, c)| *own == c).count();
        self.close(common);
        let Some(Fork { beyond: inherited, .. }) = self.list.last() else { return };
        let inherited = *inherited;
        if class == inherited && beyond.is_none_or(|beyond| beyond == inherited) {
            // What goes on from a text before is this already.
            return;
        }
        for c in text.chars().skip(common) {
            self.path.push(c);
            self.list.push(Fork { class: inherited, beyond: inherited, first: self.edges.len() });
        }
        if let Some(last) = self.list.last_mut() {
            last.class = class;
            last.beyond = beyond.unwrap_or(inherited);
        }
    }

    /// Finishes the last state.
    fn pop(&mut self) -> Option<u32> {
        let Fork { class, beyond, first } = self.list.pop()?;
        let edges = &self.edges[first..];
        let is_constant = class == beyond && edges.is_empty();
        let state = if is_constant { beyond } else { self.register.number(class, beyond, edges) };
        self.edges.truncate(first);
        Some(state)
    }

    /// Finishes the states of the path that are behind so many characters.
    fn close(&mut self, common: usize) {
        while self.path.len() > common {
            let edge = self.path.pop().zip(self.pop());
            let beyond = self.list.last().map(|fork| fork.beyond);
            self.edges.extend(edge.filter(|(_, state)| Some(*state) != beyond));
        }
    }

    /// The machine for all texts.
    fn machine<O: Label>(mut self, labels: &[O]) -> Machine<O> {
        self.close(0);
        let start = self.pop().unwrap_or(NO);
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

/// How many bytes some texts have, each with an end, and how many the longest: no fewer than characters.
fn lengths<'t>(texts: impl Iterator<Item = &'t str>) -> (usize, usize) {
    let lengths = texts.map(|text| text.len() + 1);
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
    let mut forks = Forks::new(2, length + 2, longest);
    for (path, end) in patterns {
        forks.turn_to(path.as_ref(), YES, (*end == End::Star).then_some(YES));
    }
    Ok(forks.machine(&LABELS))
}

/// A text, what is said of it, and what of all that go on from it, where that is not what is said of those that go on
/// from a text before.
pub(in crate::algebra) type Case<'t, O> = (&'t str, O, Option<O>);

/// The canonical machine that says of strings what some texts do, which ascend, and something else of all others.
pub(super) fn read_cases<O: Label>(
    cases: &[Case<'_, O>],
    otherwise: O,
    meter: &mut Meter,
) -> Result<Machine<O>, Exhausted> {
    let mut labels = Vec::with_capacity(1 + 2 * cases.len());
    labels.push(otherwise);
    for (_, own, beyond) in cases {
        labels.extend([*own, beyond.unwrap_or(*own)]);
    }
    let (classes, labels) = distinct(&labels);
    let (length, longest) = lengths(cases.iter().map(|(text, ..)| *text));
    meter.work(length)?;
    meter.named(cases.len())?;
    if let ([(text, _, None)], [NO, YES, _]) = (cases, classes.as_slice()) {
        return Ok(chain(text, End::Stop, &labels));
    }
    let mut forks = Forks::new(labels.len() as u32, length + labels.len() + 1, longest);
    for ((text, _, beyond), classes) in cases.iter().zip(classes[1..].chunks(2)) {
        forks.turn_to(text, classes[0], beyond.map(|_| classes[1]));
    }
    Ok(forks.machine(&labels))
}

/// A text among others: which entry is the first with it, and the numbers of what meets on it and on all that go on
/// from it, where that is more than on those that go on from a text before.
pub(in crate::algebra) struct Row {
    pub(in crate::algebra) entry: usize,
    pub(in crate::algebra) own: u32,
    pub(in crate::algebra) beyond: Option<u32>,
}

/// What meets on the texts of some entries, which ascend, and on what goes on from them. Nothing is the first that meets.
pub(super) fn meet<I: Label>(
    entries: &[(&str, End, I)],
    meter: &mut Meter,
) -> Result<(Vec<Row>, Vec<Met<I>>), Exhausted> {
    let mut meetings = Meetings::new();
    meetings.number_of(&[]);
    // What all say from which the text goes on, and where what each of them says begins.
    let (mut stars, mut open): (Vec<(&str, usize)>, Vec<I>) = (Vec::new(), Vec::new());
    let mut met = Vec::new();
    let mut number = |items: &[I], more: &[(&str, End, I)]| {
        met.clear();
        met.extend_from_slice(items);
        met.extend(more.iter().map(|(.., item)| *item));
        met.sort_unstable();
        met.dedup();
        meetings.number_of(&met)
    };
    let mut rows = Vec::with_capacity(entries.len());
    let mut entry = 0;
    for alike in entries.chunk_by(|left, right| left.0 == right.0) {
        let text = alike.first().map_or("", |(text, ..)| *text);
        while let Some((_, first)) = stars.pop_if(|(star, _)| !text.starts_with(*star)) {
            open.truncate(first);
        }
        let (starred, stopped) = alike.split_at(alike.partition_point(|(_, end, _)| *end == End::Star));
        if !starred.is_empty() {
            stars.push((text, open.len()));
            open.extend(starred.iter().map(|(.., item)| *item));
        }
        meter.work(open.len() + alike.len())?;
        let own = number(&open, stopped);
        let beyond = if starred.is_empty() { None } else { Some(number(&open, &[])) };
        rows.push(Row { entry, own, beyond });
        entry += alike.len();
    }
    Ok((rows, meetings.into_list()))
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
