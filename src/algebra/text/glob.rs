//! Patterns, and reading many of them side by side.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::machine::States;
use crate::algebra::budget::{Exhausted, Meter};

/// Some characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Chars {
    /// Every character.
    Any,
    /// One character.
    Only(char),
    /// Each of these.
    In(Vec<char>),
    /// All but these.
    NotIn(Vec<char>),
}

/// Where characters beyond ASCII are that have a lower case or are one; a test looks at all there are.
const CASED: [(char, char); 14] = [
    ('\u{80}', '\u{58f}'),
    ('\u{10a0}', '\u{10ff}'),
    ('\u{13a0}', '\u{13ff}'),
    ('\u{1c80}', '\u{21ff}'),
    ('\u{2400}', '\u{24ff}'),
    ('\u{2c00}', '\u{2dff}'),
    ('\u{a600}', '\u{a7ff}'),
    ('\u{ab00}', '\u{abff}'),
    ('\u{ff00}', '\u{ff7f}'),
    ('\u{10400}', '\u{105ff}'),
    ('\u{10c00}', '\u{10dff}'),
    ('\u{11800}', '\u{118ff}'),
    ('\u{16e00}', '\u{16eff}'),
    ('\u{1e900}', '\u{1e9ff}'),
];

impl Chars {
    /// The characters whose simple lower case is that of the given one.
    pub fn any_case(c: char) -> Chars {
        let folded = lower(c);
        let alike = |other: &char| lower(*other) == folded;
        let mut found: Vec<char> = if folded.is_ascii() {
            // Two letters beyond ASCII have a lower case in it: the Kelvin sign and the capital i with a dot.
            let mut few: Vec<char> = (0..128u8).map(char::from).chain(['\u{212a}', '\u{130}']).collect();
            few.retain(alike);
            few
        } else {
            let is_cased = CASED.iter().any(|(first, last)| (*first..=*last).contains(&folded));
            let cased = CASED.iter().filter(|_| is_cased).flat_map(|(first, last)| *first..=*last);
            cased.filter(alike).collect()
        };
        if found.is_empty() {
            found.push(folded);
        }
        if let [only] = found.as_slice() { Chars::Only(*only) } else { Chars::In(found) }
    }
}

/// Simple lower-casing of one character.
fn lower(c: char) -> char {
    // Of all characters only this has a lower case of several; its simple one is `i`.
    if c == '\u{130}' { 'i' } else { c.to_lowercase().next().unwrap_or(c) }
}

/// One piece of a pattern.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Piece {
    /// Exactly one of the characters.
    One(Chars),
    /// Any number of the characters, or none.
    Many(Chars),
}

/// A pattern: pieces that a string must fit from its first character to its last.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Glob {
    pieces: Vec<Piece>,
}

impl Glob {
    /// One string.
    pub fn literal(text: &str) -> Glob {
        text.chars().map(|c| Piece::One(Chars::Only(c))).collect()
    }

    /// The strings whose simple lower case, character by character, is that of a text.
    pub fn any_case(text: &str) -> Glob {
        let mut known: FxHashMap<char, Chars> = FxHashMap::default();
        text.chars()
            .map(|c| Piece::One(known.entry(c).or_insert_with(|| Chars::any_case(c)).clone()))
            .collect()
    }

    /// Text in which `*` stands for any characters and `?` for one.
    pub fn parse(text: &str) -> Glob {
        let piece = |c| match c {
            '*' => Piece::Many(Chars::Any),
            '?' => Piece::One(Chars::Any),
            other => Piece::One(Chars::Only(other)),
        };
        text.chars().map(piece).collect()
    }

    /// The pieces in order.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }
}

impl FromIterator<Piece> for Glob {
    fn from_iter<I: IntoIterator<Item = Piece>>(pieces: I) -> Self {
        let mut glob = Glob::default();
        glob.extend(pieces);
        glob
    }
}

impl Extend<Piece> for Glob {
    fn extend<I: IntoIterator<Item = Piece>>(&mut self, pieces: I) {
        self.pieces.extend(pieces);
    }
}

/// A place in some pattern: before one of its pieces, or behind the last.
enum Place<'a> {
    Before(&'a Piece),
    End,
}

/// What one named character does to a place that is before it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    /// It cannot be read here, although all others can.
    Stop,
    /// It leads to a place.
    To(u32),
}

/// All places of all patterns, those of one pattern in a row.
struct Places<'a> {
    places: Vec<Place<'a>>,
    /// The pattern of each place.
    pattern: Vec<u32>,
}

impl<'a> Places<'a> {
    fn new(globs: &'a [Glob]) -> (Self, Vec<u32>) {
        let mut all = Places { places: Vec::new(), pattern: Vec::new() };
        let mut starts = Vec::new();
        for (nth, glob) in globs.iter().enumerate() {
            starts.push(all.places.len() as u32);
            all.places.extend(glob.pieces.iter().map(Place::Before));
            all.places.push(Place::End);
            all.pattern.resize(all.places.len(), nth as u32);
        }
        (all, starts)
    }

    fn is_star(&self, place: u32) -> bool {
        matches!(self.places[place as usize], Place::Before(Piece::Many(Chars::Any)))
    }

    /// Adds a place and those that are reached from it without reading.
    fn enter(&self, mut place: u32, into: &mut Vec<u32>) {
        into.push(place);
        while let Place::Before(Piece::Many(_)) = self.places[place as usize] {
            place += 1;
            into.push(place);
        }
    }

    /// Brings a set of places into order, without those that add nothing: whatever fits from a place also
    /// fits from a later star of the same pattern, for on the way it passes that star.
    fn settle(&self, places: &mut Vec<u32>) {
        places.sort_unstable();
        places.dedup();
        let mut passed = None;
        let mut keep = places.len();
        for at in (0..places.len()).rev() {
            let place = places[at];
            if passed == Some(self.pattern[place as usize]) {
                continue;
            }
            if self.is_star(place) {
                passed = Some(self.pattern[place as usize]);
                if let Place::End = self.places[place as usize + 1] {
                    // Everything fits from here: no other place can add to that.
                    places.clear();
                    places.extend([place, place + 1]);
                    return;
                }
            }
            keep -= 1;
            places[keep] = place;
        }
        places.drain(..keep);
    }

    fn accepts(&self, places: &[u32]) -> bool {
        places.iter().any(|place| matches!(self.places[*place as usize], Place::End))
    }

    /// Where all characters lead from a place, and where those lead that its piece names.
    fn steps(&self, place: u32, others: &mut Vec<u32>, named: &mut Vec<(char, u32, Step)>) {
        let (chars, to) = match self.places[place as usize] {
            Place::Before(Piece::One(chars)) => (chars, place + 1),
            Place::Before(Piece::Many(chars)) => (chars, place),
            Place::End => return,
        };
        match chars {
            Chars::Any => others.push(place),
            Chars::Only(c) => named.push((*c, place, Step::To(to))),
            Chars::In(list) => named.extend(list.iter().map(|c| (*c, place, Step::To(to)))),
            Chars::NotIn(list) => {
                others.push(place);
                named.extend(list.iter().map(|c| (*c, place, Step::Stop)));
            }
        }
    }

    fn behind(&self, place: u32) -> u32 {
        if let Place::Before(Piece::Many(_)) = self.places[place as usize] { place } else { place + 1 }
    }
}

/// Machines in the making: a number for every set of places.
#[derive(Default)]
struct Sets {
    numbers: FxHashMap<Rc<[u32]>, u32>,
    list: Vec<Rc<[u32]>>,
}

impl Sets {
    fn number(&mut self, places: &[u32], meter: &mut Meter) -> Result<u32, Exhausted> {
        if let Some(&number) = self.numbers.get(places) {
            return Ok(number);
        }
        meter.state()?;
        let number = self.list.len() as u32;
        let places: Rc<[u32]> = Rc::from(places);
        self.list.push(Rc::clone(&places));
        self.numbers.insert(places, number);
        Ok(number)
    }
}

/// States, not minimal, of class 1 for the strings that fit any of the patterns, of class 0 for the others.
pub(super) fn read_together(globs: &[Glob], meter: &mut Meter) -> Result<States, Exhausted> {
    let (all, starts) = Places::new(globs);
    let mut first = Vec::new();
    for start in starts {
        all.enter(start, &mut first);
    }
    all.settle(&mut first);
    let mut sets = Sets::default();
    sets.number(&first, meter)?;
    let mut states = States::with_capacity(all.places.len());
    let (mut others, mut named) = (Vec::new(), Vec::new());
    let (mut next, mut edges) = (Vec::new(), Vec::new());
    let mut at = 0;
    while let Some(places) = sets.list.get(at).cloned() {
        at += 1;
        others.clear();
        named.clear();
        for &place in &*places {
            all.steps(place, &mut others, &mut named);
        }
        named.sort_unstable();
        meter.work(1 + places.len() + named.len())?;
        next.clear();
        for &place in &others {
            all.enter(all.behind(place), &mut next);
        }
        all.settle(&mut next);
        let others_target = sets.number(&next, meter)?;
        edges.clear();
        for group in named.chunk_by(|left, right| left.0 == right.0) {
            meter.work(others.len())?;
            next.clear();
            for &place in &others {
                // A place from which all others lead on names only characters that stop.
                if group.binary_search_by_key(&place, |(_, at, _)| *at).is_err() {
                    all.enter(all.behind(place), &mut next);
                }
            }
            for (_, _, step) in group {
                if let Step::To(place) = step {
                    all.enter(*place, &mut next);
                }
            }
            all.settle(&mut next);
            if let Some((c, _, _)) = group.first() {
                edges.push((*c, sets.number(&next, meter)?));
            }
        }
        meter.named(edges.len())?;
        states.push(all.accepts(&places).into(), others_target, edges.iter().copied());
    }
    Ok(states)
}
