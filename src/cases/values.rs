//! The values of one unknown key that need to be tried: one for each class of values that the conditions
//! in play cannot tell apart.
//!
//! Text: the patterns tested on the key are read side by side, one character at a time; each set of patterns
//! that some text can satisfy together is found with a shortest such text. Numbers, instants and addresses:
//! every bound, and one value in each gap. Then the evaluator's own operators say which of these values
//! behave alike.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bigdecimal::{BigDecimal, RoundingMode, ToPrimitive};
use itertools::Itertools;

use super::automaton::{Automaton, ignores_case, together};
use super::{CasesError, KeyTest, OpenKey, Question, Relevant, is_multivalued};
use crate::arn::Arn;
use crate::catalog::KeyType;
use crate::eval;
use crate::pattern::{Pattern, Piece};
use crate::policy::address::network;
use crate::policy::date::{Side, instant};
use crate::policy::{Condition, Family};
use crate::request::{Resource, Value, fold};

/// How many parts of texts may be tried for one variable.
const MOST_PARTS: usize = 20_000;
/// How many typical values of one key may be tried.
const MOST_TYPICAL: usize = 200;
/// How many behaviours the sets of a multivalued key may have.
const MOST_SETS: usize = 2_000;

/// The classes of one unknown key.
pub(super) fn classes(
    key: &str,
    relevant: &Relevant,
    question: &Question<'_>,
) -> Result<OpenKey, CasesError> {
    let facts = (question.kind)(key);
    let follow_this = |condition: &&Condition| {
        let template = question.knowledge.follows(&condition.key);
        template.is_some_and(|template| mentions(template, key))
    };
    let on_key: Vec<&Condition> = relevant
        .conditions()
        .filter(|condition| fold(&condition.key) == fold(key))
        .unique_by(|condition| {
            (condition.operator, condition.values.iter().map(|value| &value.value).collect_vec())
        })
        .collect();
    let following: Vec<&Condition> = relevant.conditions().filter(follow_this).collect();
    let multivalued = is_multivalued(key, question, facts);
    // A list never resolves a variable (R-VAR-7).
    let is_variable = !multivalued
        && relevant.variables().any(|variable| {
            let template = question.knowledge.follows(variable);
            let by_template = template.is_some_and(|template| mentions(template, key));
            fold(variable) == fold(key) || by_template
        });
    let key_type = facts.kind.map(|kind| kind.base);
    let is_account = fold(key) == "aws:principalaccount";
    let mut candidates = Candidates {
        key,
        relevant,
        question,
        is_account,
        items: BTreeSet::new(),
        pinned: BTreeSet::new(),
        compared_with: Vec::new(),
        complete: true,
    };
    if is_variable {
        candidates.add_for_variable(&on_key);
    }
    candidates.add_for_type(key_type.unwrap_or(KeyType::String), &on_key, &following)?;
    let complete = candidates.complete;
    let pinned = candidates.pinned.clone();
    let items = candidates.items_of_type(key_type);
    let mut all: Vec<Option<Value>> = if facts.always_present { Vec::new() } else { vec![None] };
    let (values, sets_complete) = if multivalued {
        sets(&items, &on_key, question)
    } else {
        (items.into_iter().map(Value::Single).collect(), true)
    };
    all.extend(values.into_iter().map(Some));
    let complete = complete && sets_complete;
    let is_pinned = |value: &Option<Value>| match value {
        _ if !complete => true,
        Some(Value::Single(text)) => is_variable && pinned.contains(text),
        Some(Value::Multi(_)) => false,
        None => is_variable,
    };
    let tested: Vec<&Condition> = on_key.iter().chain(&following).copied().collect();
    let (classes, tests, pinned) = told_apart(key, all, &tested, &is_pinned, question);
    // What is only a sample is not described by what holds of it.
    let tests = if complete { tests } else { Vec::new() };
    Ok(OpenKey { name: key.to_owned(), classes, tests, pinned, complete })
}

fn mentions(pattern: &Pattern, key: &str) -> bool {
    pattern.variables().any(|variable| fold(&variable.key) == fold(key))
}

/// Keeps every pinned value and one value of each behaviour of the others, and notes which conditions each
/// satisfies and which are pinned.
fn told_apart(
    key: &str,
    all: Vec<Option<Value>>,
    tested: &[&Condition],
    is_pinned: &dyn Fn(&Option<Value>) -> bool,
    question: &Question<'_>,
) -> (Vec<Option<Value>>, Vec<KeyTest>, BTreeSet<usize>) {
    let mut classes = Vec::new();
    let mut pinned = BTreeSet::new();
    let mut seen = HashSet::new();
    let mut tests: Vec<KeyTest> =
        tested.iter().map(|condition| ((*condition).clone(), BTreeSet::new())).collect();
    for value in all {
        let holds = behaviour(key, value.as_ref(), tested, question);
        if is_pinned(&value) {
            pinned.insert(classes.len());
        } else if !seen.insert(holds.clone()) {
            continue;
        }
        for ((_, classes_where), holds) in tests.iter_mut().zip(holds) {
            if holds {
                classes_where.insert(classes.len());
            }
        }
        classes.push(value);
    }
    (classes, tests, pinned)
}

fn behaviour(key: &str, value: Option<&Value>, tested: &[&Condition], question: &Question<'_>) -> Vec<bool> {
    let mut knowledge = question.knowledge.clone();
    if let Some(value) = value {
        knowledge.known.set(key, value.clone());
    }
    knowledge.settle_followers();
    tested.iter().map(|condition| eval::condition_holds(condition, &knowledge.known)).collect()
}

/// The values of a multivalued key: a smallest set for every behaviour that a set of these items can have.
///
/// What a set satisfies under a set operator follows from what its items satisfy (R-CND-11, R-CND-12), and a plain
/// operator is satisfied by no set of two (R-CND-9). So sets that behave alike go on behaving alike when the same item
/// joins them, and growing one of each behaviour, item by item, reaches every behaviour there is. Only what is empty
/// counts on its own: a set of nothing but empty texts is no set (R-CND-13).
fn sets(items: &[String], on_key: &[&Condition], question: &Question<'_>) -> (Vec<Value>, bool) {
    let key = on_key.first().map_or("", |condition| condition.key.as_str());
    let of_set = |set: &[String]| behaviour(key, Some(&Value::Multi(set.to_vec())), on_key, question);
    // Two items of each behaviour are enough: one to be alone, one to keep it company.
    let mut alike: BTreeMap<(bool, Vec<bool>), Vec<&String>> = BTreeMap::new();
    for item in items {
        let same = alike.entry((item.is_empty(), of_set(std::slice::from_ref(item)))).or_default();
        if same.len() < 2 {
            same.push(item);
        }
    }
    let joining: Vec<&String> = alike.into_values().flatten().collect();
    let mut seen = HashSet::new();
    let mut queue: VecDeque<Vec<String>> = joining.iter().map(|item| vec![(*item).clone()]).collect();
    let mut found = Vec::new();
    while let Some(set) = queue.pop_front() {
        let some_empty = set.iter().any(String::is_empty);
        let all_empty = set.iter().all(String::is_empty);
        if !seen.insert((some_empty, all_empty, set.len() > 1, of_set(&set))) {
            continue;
        }
        if found.len() == MOST_SETS {
            return (found, false);
        }
        let grown = joining.iter().filter(|item| !set.contains(item));
        queue.extend(grown.map(|item| set.iter().cloned().chain([(*item).clone()]).collect()));
        found.push(Value::Multi(set));
    }
    (found, true)
}

struct Candidates<'a> {
    key: &'a str,
    relevant: &'a Relevant,
    question: &'a Question<'a>,
    is_account: bool,
    items: BTreeSet<String>,
    /// Those of the items that stand for themselves only: a variable with such a value can fit.
    pinned: BTreeSet<String>,
    /// The texts that a variable is compared with.
    compared_with: Vec<String>,
    complete: bool,
}

impl Candidates<'_> {
    /// Candidates for the tests of each family on the key.
    fn add_for_type(
        &mut self,
        key_type: KeyType,
        on_key: &[&Condition],
        following: &[&Condition],
    ) -> Result<(), CasesError> {
        let of = |family: Family| on_key.iter().copied().filter(move |c| c.operator.test.family() == family);
        let texts =
            |family: Family| of(family).flat_map(|c| &c.values).map(|value| value.text.clone()).collect_vec();
        let mut families = 0;
        for (family, own_type, candidates) in [
            (Family::Numeric, KeyType::Numeric, numbers(&texts(Family::Numeric))),
            (Family::Date, KeyType::Date, instants(&texts(Family::Date))),
            (Family::Ip, KeyType::IpAddress, addresses(&texts(Family::Ip))),
            (Family::Binary, KeyType::Binary, binaries(&texts(Family::Binary))),
        ] {
            if of(family).next().is_some() {
                families += 1;
                self.items.extend(candidates);
                // A value that fits a variable is not like its neighbours.
                self.complete &= self.pinned.is_empty();
                // Nor are values of another type written as these candidates are: an account read as a date.
                let any_text = key_type == KeyType::String && !self.is_account;
                self.complete &= any_text || key_type == own_type;
            }
        }
        if of(Family::Bool).next().is_some() || key_type == KeyType::Bool {
            self.items.extend(["true".to_owned(), "false".to_owned()]);
            families += usize::from(key_type != KeyType::Bool);
        }
        let textual = of(Family::String).chain(of(Family::Arn)).collect_vec();
        // A Bool key has two values, whatever is tested on it.
        families += usize::from(!textual.is_empty() && key_type != KeyType::Bool);
        self.complete &= families <= 1;
        self.add_typical(key_type, &textual);
        self.add_texts(key_type, &textual, following)
    }

    /// Values like any other of their type: more than there are texts that name one.
    fn add_typical(&mut self, key_type: KeyType, textual: &[&Condition]) {
        let values = || textual.iter().flat_map(|condition| &condition.values);
        if matches!(key_type, KeyType::Numeric | KeyType::Date | KeyType::IpAddress | KeyType::Binary) {
            // The texts of such a type are no glob, so that not every set of globs can be told to meet them.
            self.complete &= values().all(|value| value.pattern.as_text().is_some());
            for text in values().map(|value| value.text.as_str()) {
                self.items.extend(like(key_type, text));
            }
        }
        let named = values().count() + self.pinned.len();
        self.items.extend(typical(key_type, named.min(MOST_TYPICAL)));
        self.complete &=
            named <= MOST_TYPICAL || matches!(key_type, KeyType::Bool | KeyType::String | KeyType::Arn);
        let stranger = (1..).map(|length| "~".repeat(length));
        let is_strange =
            |text: &String| !self.compared_with.iter().any(|other| other.contains(text.as_str()));
        let strange = stranger.into_iter().find(is_strange);
        self.items.extend(strange);
    }

    /// One text for each set of patterns that can match together.
    fn add_texts(
        &mut self,
        key_type: KeyType,
        textual: &[&Condition],
        following: &[&Condition],
    ) -> Result<(), CasesError> {
        let mut automata = Vec::new();
        for condition in textual.iter().chain(following) {
            let Some((prefix, suffix)) = self.around(&condition.key) else {
                self.complete = false;
                continue;
            };
            for value in &condition.values {
                let open = value.pattern.variables().any(|variable| !self.is_settled(&variable.key));
                // What an open variable stands for is tried with the values of that key.
                self.complete &= !open;
                let pattern =
                    if open { value.pattern.with_variables_as(&Piece::Star) } else { value.pattern.clone() };
                let automaton =
                    Automaton::of(&pattern, condition.operator.test, &self.question.knowledge.known);
                automata.extend(automaton.map(|automaton| automaton.between(&prefix, &suffix)));
            }
        }
        if !automata.is_empty() {
            automata.extend(self.compared_with.iter().map(|text| Automaton::part_of(text)));
        }
        let arns =
            key_type == KeyType::Arn || textual.iter().any(|c| c.operator.test.family() == Family::Arn);
        let universe =
            if self.is_account { Some(Automaton::account()) } else { arns.then(Automaton::any_arn) };
        let is_closed = self.is_account || key_type == KeyType::Arn;
        let found = together(&automata, universe.as_ref(), is_closed)
            .ok_or_else(|| CasesError::TooManyValues { key: self.key.to_owned() })?;
        self.items.extend(found);
        Ok(())
    }

    /// What stands before and behind the key's value in the value of a key that follows from it.
    fn around(&self, tested: &str) -> Option<(String, String)> {
        let Some(template) = self.question.knowledge.follows(tested) else {
            return Some((String::new(), String::new()));
        };
        match template.pieces() {
            [Piece::Variable(_)] => Some((String::new(), String::new())),
            [Piece::Text(before), Piece::Variable(_), Piece::Text(behind)] => {
                Some((before.clone(), behind.clone()))
            }
            _ => None,
        }
    }

    fn is_settled(&self, key: &str) -> bool {
        !self.question.knowledge.is_unknown(key) && self.question.knowledge.follows(key).is_none()
    }

    /// What a variable can stand for so that a pattern fits: some part of a text that it is compared with.
    fn add_for_variable(&mut self, on_key: &[&Condition]) {
        let follows = &self.question.knowledge;
        let is_used = |pattern: &Pattern| {
            pattern.variables().any(|variable| {
                let template = follows.follows(&variable.key);
                fold(&variable.key) == fold(self.key) || template.is_some_and(|t| mentions(t, self.key))
            })
        };
        let mut compared: Vec<(Pattern, String)> = Vec::new();
        let fields: Vec<String> = match &self.question.request.resource {
            Resource::Arn(arn) => arn.fields().map(str::to_owned).to_vec(),
            Resource::Star => ["arn", "aws", "s3", "*"].map(str::to_owned).to_vec(),
        };
        for (_, statement) in self.relevant.layers.statements() {
            for segment in statement.resource_segments().filter(|segment| is_used(segment)) {
                compared.extend(fields.iter().map(|field| (segment.clone(), field.clone())));
            }
        }
        for condition in self.relevant.conditions() {
            for value in condition.values.iter().filter(|value| is_used(&value.pattern)) {
                let known = self.question.knowledge.known.get(&condition.key);
                match known {
                    Some(known) => {
                        let items = known.items().iter();
                        compared.extend(items.map(|item| (value.pattern.clone(), item.clone())));
                    }
                    None => self.complete &= self.question.knowledge.is_absent(&condition.key),
                }
                // Other letter case would fit as well.
                let test = condition.operator.test;
                let minds_case = !ignores_case(test) && test.family() != Family::Bool;
                self.complete &= minds_case || self.is_account;
            }
        }
        for (pattern, text) in &compared {
            let parts = match self.is_account {
                true => runs_of_digits(text),
                false => parts(pattern, text, self.key),
            };
            if self.pinned.len() + parts.len() > MOST_PARTS {
                self.complete = false;
                continue;
            }
            self.pinned.extend(parts);
        }
        self.pinned.insert(String::new());
        self.items.extend(self.pinned.iter().cloned());
        self.compared_with =
            compared.into_iter().map(|(_, text)| text).filter(|t| !t.is_empty()).unique().collect();
        // A list that is long to be read side by side with the tests on the key.
        let length: usize = self.compared_with.iter().map(String::len).sum();
        if !on_key.is_empty() && length > MOST_PARTS {
            self.complete = false;
            self.compared_with.clear();
        }
    }

    /// The candidates that are values of the key's type (R-EVL-76), the empty text last.
    fn items_of_type(self, key_type: Option<KeyType>) -> Vec<String> {
        let fits = |item: &String| match key_type {
            _ if self.is_account => item.len() == 12 && item.bytes().all(|b| b.is_ascii_digit()),
            Some(key_type) => is_of_type(key_type, item),
            None => true,
        };
        let (empty, rest): (Vec<_>, Vec<_>) = self.items.into_iter().filter(fits).partition(String::is_empty);
        rest.into_iter().sorted_by_key(|item| item.len()).chain(empty).collect()
    }
}

/// Whether a text is a value of a type (R-EVL-76).
fn is_of_type(key_type: KeyType, item: &str) -> bool {
    match key_type {
        KeyType::Bool => matches!(item, "true" | "false"),
        KeyType::Numeric => eval::number(item).is_some(),
        KeyType::Date => item.parse::<i64>().is_ok() || item.parse::<jiff::Timestamp>().is_ok(),
        KeyType::IpAddress => item.parse::<IpAddr>().is_ok_and(|address| address.to_string() == item),
        KeyType::Arn => Arn::parse(item).is_some(),
        KeyType::String | KeyType::Binary => true,
    }
}

/// The parts of a text that a variable stands for where a pattern matches the text, and maybe a few others.
fn parts(pattern: &Pattern, text: &str, key: &str) -> BTreeSet<String> {
    let pieces = pattern.pieces();
    let mut found = BTreeSet::new();
    let boundaries: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    for (nth, piece) in pieces.iter().enumerate() {
        if !matches!(piece, Piece::Variable(variable) if fold(&variable.key) == fold(key)) {
            continue;
        }
        let before = nth.checked_sub(1).and_then(|before| pieces.get(before));
        let behind = pieces.get(nth + 1);
        let can_start = |at: &usize| match before {
            None => *at == 0,
            Some(Piece::Text(fixed)) if nth == 1 => text.get(..*at) == Some(fixed.as_str()),
            Some(Piece::Text(fixed)) => {
                text.get(..*at).is_some_and(|before| before.ends_with(fixed.as_str()))
            }
            Some(_) => true,
        };
        let can_end = |at: &usize| match behind {
            None => *at == text.len(),
            Some(Piece::Text(fixed)) if nth + 2 == pieces.len() => text.get(*at..) == Some(fixed.as_str()),
            Some(Piece::Text(fixed)) => text.get(*at..).is_some_and(|rest| rest.starts_with(fixed.as_str())),
            Some(_) => true,
        };
        let ends: Vec<usize> = boundaries.iter().copied().filter(can_end).collect();
        for start in boundaries.iter().copied().filter(can_start) {
            let texts = ends.iter().filter(|&&end| end > start).filter_map(|&end| text.get(start..end));
            found.extend(texts.map(str::to_owned));
            if found.len() > MOST_PARTS {
                return found;
            }
        }
    }
    found
}

/// Every run of twelve digits.
fn runs_of_digits(text: &str) -> BTreeSet<String> {
    let runs = text.as_bytes().windows(12).filter(|run| run.iter().all(u8::is_ascii_digit));
    runs.map(|run| String::from_utf8_lossy(run).into_owned()).collect()
}

/// Values like any other of their type, one more than a number of them that may be named somewhere.
fn typical(key_type: KeyType, named: usize) -> Vec<String> {
    let each = |text: &dyn Fn(usize) -> String| (1..=named + 1).map(text).collect();
    match key_type {
        KeyType::Bool => vec!["true".to_owned(), "false".to_owned()],
        KeyType::Numeric => each(&|nth| nth.to_string()),
        KeyType::Date => each(&|nth| {
            let second = 1_767_225_600 + i64::try_from(nth).unwrap_or_default() - 1;
            jiff::Timestamp::from_second(second).map_or_else(|_| String::new(), |instant| instant.to_string())
        }),
        KeyType::IpAddress => {
            let pair = |nth| [format!("198.51.100.{nth}"), format!("2001:db8::{nth}")];
            (1..=named + 1).flat_map(pair).collect()
        }
        KeyType::Arn => vec!["arn:aws:s3:::~".to_owned()],
        KeyType::Binary => each(&|nth| BASE64_STANDARD.encode(vec![0; nth])),
        KeyType::String => vec!["~".to_owned(), "~~".to_owned()],
    }
}

/// Values of a type that a text with wildcards may match.
fn like(key_type: KeyType, text: &str) -> Vec<String> {
    let sample = "2026-01-01T00:00:00Z";
    let rest_of_date = text.find('*').and_then(|at| sample.get(at..)).unwrap_or_default();
    let fillings = ["", "0", "1", "0.0", "0.0.0", "0.0.1", "1.0.0", "::", "::1", rest_of_date];
    let filled = fillings.iter().map(|filling| text.replace('*', filling).replace('?', "1"));
    filled
        .flat_map(|text| [text.to_lowercase(), text])
        .filter(|text| !text.is_empty() && is_of_type(key_type, text))
        .collect()
}

/// Every number named, one between each two neighbours, and one beyond each end; zero, and one text that is no number.
/// What is one is said by the evaluator: it reads exponents of four digits (R-CND-22), so none is too long to be
/// written out.
fn numbers(texts: &[String]) -> Vec<String> {
    let bounds: Vec<BigDecimal> =
        texts.iter().filter_map(|text| eval::number(text)).sorted().dedup().collect();
    // Where none is named, any number is like any other, but not like a text.
    let mut found = vec!["~".to_owned(), "0".to_owned()];
    let one = BigDecimal::from(1);
    found.extend(bounds.first().map(|least| (least - &one).normalized().to_plain_string()));
    found.extend(bounds.last().map(|most| (most + &one).normalized().to_plain_string()));
    found.extend(bounds.iter().map(|bound| bound.normalized().to_plain_string()));
    // `half` is exact; a division is rounded, perhaps onto one of the two.
    found.extend(bounds.iter().tuple_windows().map(|(a, b)| (a + b).half().normalized().to_plain_string()));
    found
}

/// Every instant named, the second before and the second after it; one
/// other, and one text that is no instant.
fn instants(texts: &[String]) -> Vec<String> {
    let seconds = texts
        .iter()
        .filter_map(|text| instant(text, Side::Policy)?.with_scale_round(0, RoundingMode::Floor).to_i64());
    let around = seconds.flat_map(|second| [second.saturating_sub(1), second, second.saturating_add(1)]);
    let written = around
        .filter_map(|second| jiff::Timestamp::from_second(second).ok())
        .map(|instant| instant.to_string());
    written.chain(["~".to_owned(), "2026-01-01T00:00:00Z".to_owned()]).collect()
}

/// The first address of every block and the first one behind it, in both families. One text that is none.
fn addresses(texts: &[String]) -> Vec<String> {
    let blocks = texts.iter().filter_map(|text| network(text));
    let edges = blocks.flat_map(|block| {
        let behind = match block.broadcast() {
            IpAddr::V4(last) => u32::from(last).checked_add(1).map(|next| IpAddr::V4(Ipv4Addr::from(next))),
            IpAddr::V6(last) => u128::from(last).checked_add(1).map(|next| IpAddr::V6(Ipv6Addr::from(next))),
        };
        [Some(block.network()), behind].into_iter().flatten()
    });
    let lowest = [IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V6(Ipv6Addr::UNSPECIFIED)];
    edges.chain(lowest).map(|address| address.to_string()).chain(["~".to_owned()]).collect()
}

/// Every value named, and one more. One text that is no base64.
fn binaries(texts: &[String]) -> Vec<String> {
    let longest = texts.iter().map(String::len).max().unwrap_or_default();
    texts.iter().cloned().chain([BASE64_STANDARD.encode(vec![0; longest + 1]), "~".to_owned()]).collect()
}
