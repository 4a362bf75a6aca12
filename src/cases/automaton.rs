//! Globs as automata, read side by side: which sets of them some text satisfies together.

use std::collections::{BTreeSet, HashSet, VecDeque};

use crate::pattern::{Pattern, Piece};
use crate::policy::{Family, Test};
use crate::request::{Context, Value};

/// How many sets of positions may be visited for one key.
const MOST_STATES: usize = 20_000;
/// How many pattern positions may be read for one key.
const MOST_WORK: usize = 8_000_000;

pub(super) fn ignores_case(test: Test) -> bool {
    matches!(test, Test::StringEqualsIgnoreCase | Test::StringNotEqualsIgnoreCase)
}

/// A glob as an automaton over its positions.
pub(super) struct Automaton {
    steps: Vec<Step>,
    /// Compare lower-cased.
    fold: bool,
    /// Where reading begins.
    start: BTreeSet<usize>,
    /// What is read after the text.
    suffix: String,
    /// Whether every text is accepted that can be read at all.
    accepts_parts: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Char(char),
    Digit,
    Any,
    Star,
    AnyButColon,
    StarButColon,
}

impl Automaton {
    /// The automaton of one policy value; none where a variable of it stays unresolved, for then it matches
    /// nothing.
    pub(super) fn of(pattern: &Pattern, test: Test, known: &Context) -> Option<Automaton> {
        let fold = ignores_case(test);
        let is_arn = test.family() == Family::Arn;
        let segments = if is_arn && !pattern.is_all_stars() {
            pattern.split_at_colons(5)
        } else {
            vec![pattern.clone()]
        };
        let mut steps = Vec::new();
        for (nth, segment) in segments.iter().enumerate() {
            if nth > 0 {
                steps.push(Step::Char(':'));
            }
            let confined = is_arn && nth < 5 && segments.len() > 1;
            for piece in segment.pieces() {
                match piece {
                    Piece::Star if confined => steps.push(Step::StarButColon),
                    Piece::Question if confined => steps.push(Step::AnyButColon),
                    Piece::Star => steps.push(Step::Star),
                    Piece::Question => steps.push(Step::Any),
                    Piece::Text(text) => steps.extend(text.chars().map(Step::Char)),
                    Piece::Variable(variable) => {
                        let value = match known.get(&variable.key) {
                            Some(Value::Single(value)) if !value.is_empty() => Some(value),
                            _ => variable.default.as_ref(),
                        };
                        steps.extend(value?.chars().map(Step::Char));
                    }
                }
            }
        }
        if fold {
            for step in &mut steps {
                if let Step::Char(c) = step {
                    *c = lower(*c);
                }
            }
        }
        Some(Automaton { fold, ..Automaton::new(steps) })
    }

    fn new(steps: Vec<Step>) -> Automaton {
        let automaton = Automaton {
            steps,
            fold: false,
            start: BTreeSet::new(),
            suffix: String::new(),
            accepts_parts: false,
        };
        let mut start = BTreeSet::from([0]);
        automaton.close(&mut start);
        Automaton { start, ..automaton }
    }

    pub(super) fn any_arn() -> Automaton {
        let field = [Step::Char(':'), Step::StarButColon];
        let steps = "arn".chars().map(Step::Char).chain(field.into_iter().cycle().take(8));
        Automaton::new(steps.chain([Step::Char(':'), Step::Star]).collect())
    }

    /// Twelve digits.
    pub(super) fn account() -> Automaton {
        Automaton::new(vec![Step::Digit; 12])
    }

    /// The texts that a text contains.
    pub(super) fn part_of(text: &str) -> Automaton {
        let steps: Vec<Step> = text.chars().map(Step::Char).collect();
        Automaton { start: (0..=steps.len()).collect(), accepts_parts: true, ..Automaton::new(steps) }
    }

    /// The texts that are accepted between two others.
    pub(super) fn between(self, prefix: &str, suffix: &str) -> Automaton {
        let start = prefix.chars().fold(self.start.clone(), |positions, c| self.read(&positions, c));
        Automaton { start, suffix: suffix.to_owned(), ..self }
    }

    /// Adds the positions that are reached without reading.
    fn close(&self, positions: &mut BTreeSet<usize>) {
        for position in positions.clone() {
            let stars =
                self.steps.iter().skip(position).take_while(|s| matches!(s, Step::Star | Step::StarButColon));
            positions.extend((1..=stars.count()).map(|n| position + n));
        }
    }

    fn read(&self, positions: &BTreeSet<usize>, c: char) -> BTreeSet<usize> {
        let c = if self.fold { lower(c) } else { c };
        let next = |&position: &usize| match self.steps.get(position)? {
            Step::Char(expected) => (*expected == c).then_some(position + 1),
            Step::Digit => c.is_ascii_digit().then_some(position + 1),
            Step::Any => Some(position + 1),
            Step::AnyButColon => (c != ':').then_some(position + 1),
            Step::Star => Some(position),
            Step::StarButColon => (c != ':').then_some(position),
        };
        let mut reached = positions.iter().filter_map(next).collect();
        self.close(&mut reached);
        reached
    }

    /// The one text that it matches, if it is no more than that.
    fn literal(&self) -> Option<String> {
        let is_whole =
            !self.fold && !self.accepts_parts && self.suffix.is_empty() && self.start == BTreeSet::from([0]);
        let text = |step: &Step| match step {
            Step::Char(c) => Some(*c),
            _ => None,
        };
        is_whole.then(|| self.steps.iter().map(text).collect()).flatten()
    }

    fn accepts(&self, positions: &BTreeSet<usize>) -> bool {
        if self.accepts_parts {
            return !positions.is_empty();
        }
        let end = self.suffix.chars().fold(positions.clone(), |positions, c| self.read(&positions, c));
        end.contains(&self.steps.len())
    }
}

/// Simple lower-casing.
fn lower(c: char) -> char {
    if c == '\u{130}' { 'i' } else { c.to_lowercase().next().unwrap_or(c) }
}

/// For every set of automata that accept some text together, a shortest such text; for the sets that also
/// hold of the empty text, one that is not empty as well. Texts of the universe are told apart from others, and
/// others are left out where it is closed. `None` over budget.
pub(super) fn together(
    automata: &[Automaton],
    universe: Option<&Automaton>,
    is_closed: bool,
) -> Option<Vec<String>> {
    let all: Vec<&Automaton> = universe.into_iter().chain(automata).collect();
    let named = all.iter().flat_map(|automaton| &automaton.steps).filter_map(|step| match step {
        Step::Char(c) => Some(*c),
        _ => None,
    });
    let mut alphabet: BTreeSet<char> =
        named.flat_map(|c| [c, lower(c)].into_iter().chain(c.to_uppercase())).collect();
    if all.iter().any(|automaton| automaton.fold) {
        // The Kelvin, Angstrom and Ohm signs and the capital sharp s: letters that are nobody's upper case.
        alphabet.extend(['\u{212a}', '\u{212b}', '\u{2126}', '\u{1e9e}']);
    }
    if all.iter().any(|automaton| automaton.steps.contains(&Step::Digit)) {
        alphabet.extend('0'..='9');
    }
    let other = ('a'..='z').chain('0'..='9').chain('\u{e000}'..).find(|c| !alphabet.contains(c))?;
    alphabet.extend([':', other]);
    if let (None, Some(literals)) = (universe, all.iter().map(|automaton| automaton.literal()).collect()) {
        let mut found: Vec<String> = literals;
        found.extend([String::new(), other.to_string()]);
        return Some(found);
    }
    let mut work = 0;
    let start: Vec<BTreeSet<usize>> = all.iter().map(|automaton| automaton.start.clone()).collect();
    let mut visited = HashSet::from([start.clone()]);
    let mut queue = VecDeque::from([(String::new(), start)]);
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    while let Some((text, state)) = queue.pop_front() {
        let accepting: Vec<bool> =
            all.iter().zip(&state).map(|(a, positions)| a.accepts(positions)).collect();
        if seen.insert((accepting, text.is_empty())) {
            found.push(text.clone());
        }
        for &c in &alphabet {
            let next: Vec<BTreeSet<usize>> =
                all.iter().zip(&state).map(|(a, positions)| a.read(positions, c)).collect();
            work += state.iter().map(|positions| 1 + positions.len()).sum::<usize>();
            if work > MOST_WORK {
                return None;
            }
            if is_closed && next.first().is_some_and(BTreeSet::is_empty) {
                continue;
            }
            if visited.insert(next.clone()) {
                if visited.len() > MOST_STATES {
                    return None;
                }
                queue.push_back((format!("{text}{c}"), next));
            }
        }
    }
    Some(found)
}
