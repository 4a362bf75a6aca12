//! The values of one unknown key that need to be tried: one for each class of values that the conditions
//! in play cannot tell apart.
//!
//! Text: the patterns tested on the key are read side by side, one character at a time; each set of patterns
//! that some text can satisfy together is found with a shortest such text. Numbers, instants and addresses:
//! every bound, and one value in each gap. Then the evaluator's own operators say which of these values
//! behave alike.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use bigdecimal::BigDecimal;
use ipnet::IpNet;
use itertools::Itertools;

use super::{CasesError, KeyTest, OpenKey, Question, Relevant, is_multivalued};
use crate::arn::Arn;
use crate::catalog::KeyType;
use crate::eval;
use crate::pattern::{Pattern, Piece};
use crate::policy::{Condition, Family, Test};
use crate::request::{Context, Resource, Value, fold};

/// How many sets of pattern positions may be visited for one key.
const MOST_STATES: usize = 20_000;
/// How many classes of items a multivalued key may have before its sets are too many.
const MOST_ITEMS: usize = 10;

/// The classes of one unknown key.
pub(super) fn classes(
    key: &str,
    relevant: &Relevant,
    question: &Question<'_>,
) -> Result<OpenKey, CasesError> {
    let facts = (question.kind)(key);
    let follow_this = |condition: &&Condition| {
        let template = question.knowledge.follows(&condition.key);
        template.is_some_and(|template| template.variables().any(|variable| fold(&variable.key) == fold(key)))
    };
    let on_key: Vec<&Condition> = relevant
        .conditions()
        .filter(|condition| fold(&condition.key) == fold(key))
        .unique_by(|condition| {
            (condition.operator, condition.values.iter().map(|value| &value.value).collect_vec())
        })
        .collect();
    let following: Vec<&Condition> = relevant.conditions().filter(follow_this).collect();
    let is_variable = relevant.variables().any(|variable| fold(variable) == fold(key));
    let key_type = facts.kind.map(|kind| kind.base);
    let mut candidates = Candidates { key, relevant, question, items: BTreeSet::new(), complete: true };
    candidates.add_for_type(key_type.unwrap_or(KeyType::String), &on_key)?;
    let is_account = fold(key) == "aws:principalaccount";
    if is_account {
        candidates.add_accounts(on_key.iter().chain(&following).copied());
    }
    if is_variable {
        candidates.add_for_variable(&on_key);
    }
    let complete = candidates.complete;
    let items = candidates.items_of_type(key_type, is_account);
    let multivalued = is_multivalued(key, relevant, facts);
    let mut all: Vec<Option<Value>> = if facts.always_present { Vec::new() } else { vec![None] };
    let (values, sets_complete) = if multivalued {
        sets(&items, &on_key, question)
    } else {
        (items.into_iter().map(Value::Single).collect(), true)
    };
    all.extend(values.into_iter().map(Some));
    if is_variable || !following.is_empty() {
        return Ok(OpenKey {
            name: key.to_owned(),
            classes: all,
            tests: Vec::new(),
            complete: complete && sets_complete,
        });
    }
    let (classes, tests) = told_apart(key, all, &on_key, question);
    Ok(OpenKey { name: key.to_owned(), classes, tests, complete: complete && sets_complete })
}

/// Keeps one value of each behaviour, and notes which conditions it satisfies. Conditions that depend on
/// another unknown key are settled by the evaluator later; here they keep every value apart.
fn told_apart(
    key: &str,
    all: Vec<Option<Value>>,
    on_key: &[&Condition],
    question: &Question<'_>,
) -> (Vec<Option<Value>>, Vec<KeyTest>) {
    let depends = |condition: &Condition| {
        let variables = condition.values.iter().flat_map(|value| value.pattern.variables());
        let open =
            |key: &str| question.knowledge.is_unknown(key) || question.knowledge.follows(key).is_some();
        variables.into_iter().any(|variable| open(&variable.key))
    };
    let keep_apart = on_key.iter().any(|condition| depends(condition));
    let mut classes = Vec::new();
    let mut seen = HashSet::new();
    let mut tests: Vec<KeyTest> =
        on_key.iter().map(|condition| ((*condition).clone(), BTreeSet::new())).collect();
    for value in all {
        let holds = behaviour(key, value.as_ref(), on_key, question);
        if !keep_apart && !seen.insert(holds.clone()) {
            continue;
        }
        for ((_, classes_where), holds) in tests.iter_mut().zip(holds) {
            if holds {
                classes_where.insert(classes.len());
            }
        }
        classes.push(value);
    }
    if keep_apart { (classes, Vec::new()) } else { (classes, tests) }
}

fn behaviour(key: &str, value: Option<&Value>, on_key: &[&Condition], question: &Question<'_>) -> Vec<bool> {
    let mut context = question.knowledge.known.clone();
    if let Some(value) = value {
        context.set(key, value.clone());
    }
    on_key.iter().map(|condition| eval::condition_holds(condition, &context)).collect()
}

/// The values of a multivalued key: every set of items that behave differently, and, since a plain operator
/// minds how many values there are (R-CND-9), each single item once more in company of its like.
fn sets(items: &[String], on_key: &[&Condition], question: &Question<'_>) -> (Vec<Value>, bool) {
    let mut by_behaviour: BTreeMap<(bool, Vec<bool>), Vec<&String>> = BTreeMap::new();
    for item in items {
        let key = on_key.first().map_or("", |condition| condition.key.as_str());
        let alone = Value::Multi(vec![item.clone()]);
        by_behaviour
            .entry((item.is_empty(), behaviour(key, Some(&alone), on_key, question)))
            .or_default()
            .push(item);
    }
    let complete = by_behaviour.len() <= MOST_ITEMS;
    let most = if complete { by_behaviour.len() } else { 2 };
    let first: Vec<&String> = by_behaviour.values().filter_map(|alike| alike.first().copied()).collect();
    let company = by_behaviour.values().filter(|alike| alike.len() > 1).map(|alike| alike[..2].to_vec());
    let chosen = (1..=most).flat_map(|size| first.iter().copied().combinations(size)).chain(company);
    (chosen.map(|items| Value::Multi(items.into_iter().cloned().collect())).collect(), complete)
}

struct Candidates<'a> {
    key: &'a str,
    relevant: &'a Relevant,
    question: &'a Question<'a>,
    items: BTreeSet<String>,
    complete: bool,
}

impl Candidates<'_> {
    /// Candidates for the tests of each family on the key.
    fn add_for_type(&mut self, key_type: KeyType, on_key: &[&Condition]) -> Result<(), CasesError> {
        let of = |family: Family| on_key.iter().copied().filter(move |c| c.operator.test.family() == family);
        let texts =
            |family: Family| of(family).flat_map(|c| &c.values).map(|value| value.text.clone()).collect_vec();
        let mut families = 0;
        for (family, candidates) in [
            (Family::Numeric, numbers(&texts(Family::Numeric))),
            (Family::Date, instants(&texts(Family::Date))),
            (Family::Ip, addresses(&texts(Family::Ip))),
            (Family::Binary, texts(Family::Binary)),
        ] {
            if of(family).next().is_some() {
                families += 1;
                self.items.extend(candidates);
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
        self.items.extend(typical(key_type));
        self.add_texts(key_type, &textual)
    }

    /// One text for each set of patterns that can match together.
    fn add_texts(&mut self, key_type: KeyType, textual: &[&Condition]) -> Result<(), CasesError> {
        let mut automata = Vec::new();
        for condition in textual {
            for value in &condition.values {
                let open = value.pattern.variables().any(|variable| !self.is_settled(&variable.key));
                // What an open variable stands for is tried with the values of that key.
                self.complete &= !open;
                let pattern =
                    if open { value.pattern.with_variables_as(&Piece::Star) } else { value.pattern.clone() };
                automata.extend(Automaton::of(
                    &pattern,
                    condition.operator.test,
                    &self.question.knowledge.known,
                ));
            }
        }
        let arns =
            key_type == KeyType::Arn || textual.iter().any(|c| c.operator.test.family() == Family::Arn);
        if arns {
            automata.push(Automaton::any_arn());
        }
        let found =
            together(&automata).ok_or_else(|| CasesError::TooManyValues { key: self.key.to_owned() })?;
        self.items.extend(found);
        Ok(())
    }

    fn is_settled(&self, key: &str) -> bool {
        !self.question.knowledge.is_unknown(key) && self.question.knowledge.follows(key).is_none()
    }

    /// The accounts that conditions on the account, or on ARNs made from it, name.
    fn add_accounts<'c>(&mut self, conditions: impl Iterator<Item = &'c Condition>) {
        for condition in conditions {
            for value in &condition.values {
                let field = value.text.split(':').nth(4).unwrap_or(&value.text).replace('*', "");
                let digits = field.replace('?', "0");
                if digits.bytes().all(|b| b.is_ascii_digit()) && digits.len() <= 12 {
                    self.items.insert(format!("{digits:0<12}"));
                }
            }
        }
        self.items.extend(["000000000000".to_owned(), "999999999999".to_owned()]);
    }

    /// What a variable can stand for so that a pattern fits: some part of a text that it is compared with.
    fn add_for_variable(&mut self, on_key: &[&Condition]) {
        let mut texts = Vec::new();
        if let Resource::Arn(arn) = &self.question.resource {
            texts.extend(arn.fields().map(str::to_owned));
        }
        let uses = |condition: &&Condition| {
            let variables = condition.values.iter().flat_map(|value| value.pattern.variables());
            variables.into_iter().any(|variable| fold(&variable.key) == fold(self.key))
        };
        for condition in self.relevant.conditions().filter(uses) {
            match self.question.knowledge.known.get(&condition.key) {
                Some(value) => texts.extend(value.items().iter().cloned()),
                None => self.complete &= self.question.knowledge.is_absent(&condition.key),
            }
        }
        self.complete &= on_key.is_empty() || texts.iter().all(|text| text.len() <= 64);
        for text in texts.iter().filter(|text| text.chars().count() <= 64) {
            let chars: Vec<char> = text.chars().collect();
            for start in 0..chars.len() {
                self.items.extend(
                    (start + 1..=chars.len()).map(|end| chars[start..end].iter().collect::<String>()),
                );
            }
        }
        self.items.extend([String::new(), "~".to_owned()]);
    }

    /// The candidates that are values of the key's type (R-EVL-76), the empty text last.
    fn items_of_type(self, key_type: Option<KeyType>, is_account: bool) -> Vec<String> {
        let fits = |item: &String| match key_type {
            _ if is_account => item.len() == 12 && item.bytes().all(|b| b.is_ascii_digit()),
            Some(KeyType::Bool) => matches!(item.as_str(), "true" | "false"),
            Some(KeyType::Numeric) => item.parse::<BigDecimal>().is_ok(),
            Some(KeyType::Date) => item.parse::<i64>().is_ok() || item.parse::<jiff::Timestamp>().is_ok(),
            Some(KeyType::IpAddress) => item.parse::<IpAddr>().is_ok(),
            Some(KeyType::Arn) => Arn::parse(item).is_some(),
            Some(KeyType::String | KeyType::Binary) | None => true,
        };
        let (empty, rest): (Vec<_>, Vec<_>) = self.items.into_iter().filter(fits).partition(String::is_empty);
        rest.into_iter().sorted_by_key(|item| item.len()).chain(empty).collect()
    }
}

/// A value like any other of its type.
fn typical(key_type: KeyType) -> Vec<String> {
    let texts: &[&str] = match key_type {
        KeyType::Bool => &["true", "false"],
        KeyType::Numeric => &["1"],
        KeyType::Date => &["2026-01-01T00:00:00Z"],
        KeyType::IpAddress => &["198.51.100.1", "2001:db8::1"],
        KeyType::Arn => &["arn:aws:s3:::~"],
        KeyType::Binary => &["AA=="],
        KeyType::String => &["~", "~~"],
    };
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// Every number named, one between each two neighbours, and one beyond each end. One text that is no number.
///
/// An exponent of more than four digits makes no number (R-CND-22); written out it could have as many digits as
/// no memory holds.
fn numbers(texts: &[String]) -> Vec<String> {
    let is_number = |text: &&String| match text.split_once(['e', 'E']) {
        Some((_, exponent)) => exponent.trim_start_matches(['+', '-']).len() <= 4,
        None => true,
    };
    let bounds: Vec<BigDecimal> =
        texts.iter().filter(is_number).filter_map(|text| text.parse().ok()).sorted().dedup().collect();
    let mut found = vec!["~".to_owned()];
    let one = BigDecimal::from(1);
    found.extend(bounds.first().map(|least| (least - &one).normalized().to_plain_string()));
    found.extend(bounds.last().map(|most| (most + &one).normalized().to_plain_string()));
    found.extend(bounds.iter().map(|bound| bound.normalized().to_plain_string()));
    // `half` is exact; a division is rounded, perhaps onto one of the two.
    found.extend(bounds.iter().tuple_windows().map(|(a, b)| (a + b).half().normalized().to_plain_string()));
    found
}

/// Every instant named, the second before and the second after it. One text that is no instant.
fn instants(texts: &[String]) -> Vec<String> {
    let spellings = ["", "Z", "T00:00:00Z", "-01T00:00:00Z"];
    let bounds = texts.iter().filter_map(|text| {
        let instant =
            spellings.iter().find_map(|rest| format!("{text}{rest}").parse::<jiff::Timestamp>().ok());
        text.parse().ok().or_else(|| instant.map(jiff::Timestamp::as_second))
    });
    let around = bounds.flat_map(|second: i64| [second.saturating_sub(1), second, second.saturating_add(1)]);
    let written = around
        .filter_map(|second| jiff::Timestamp::from_second(second).ok())
        .map(|instant| instant.to_string());
    written.chain(["~".to_owned()]).collect()
}

/// The first address of every block and the first one behind it, in both families. One text that is none.
fn addresses(texts: &[String]) -> Vec<String> {
    let blocks = texts.iter().filter_map(|text| {
        text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
    });
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

/// A glob as an automaton over its positions.
struct Automaton {
    steps: Vec<Step>,
    /// Compare lower-cased.
    fold: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Char(char),
    Any,
    Star,
    AnyButColon,
    StarButColon,
}

impl Automaton {
    /// The automaton of one policy value; none where a variable of it stays unresolved, for then it matches
    /// nothing.
    fn of(pattern: &Pattern, test: Test, known: &Context) -> Option<Automaton> {
        let fold = matches!(test, Test::StringEqualsIgnoreCase | Test::StringNotEqualsIgnoreCase);
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
        Some(Automaton { steps, fold })
    }

    fn any_arn() -> Automaton {
        let field = [Step::Char(':'), Step::StarButColon];
        let steps = "arn".chars().map(Step::Char).chain(field.into_iter().cycle().take(8));
        Automaton { steps: steps.chain([Step::Char(':'), Step::Star]).collect(), fold: false }
    }

    /// Adds the positions that are reached without reading.
    fn close(&self, positions: &mut BTreeSet<usize>) {
        for position in positions.clone() {
            let stars =
                self.steps.iter().skip(position).take_while(|s| matches!(s, Step::Star | Step::StarButColon));
            positions.extend((1..=stars.count()).map(|n| position + n));
        }
    }

    fn start(&self) -> BTreeSet<usize> {
        let mut positions = BTreeSet::from([0]);
        self.close(&mut positions);
        positions
    }

    fn read(&self, positions: &BTreeSet<usize>, c: char) -> BTreeSet<usize> {
        let c = if self.fold { lower(c) } else { c };
        let next = |&position: &usize| match self.steps.get(position)? {
            Step::Char(expected) => (*expected == c).then_some(position + 1),
            Step::Any => Some(position + 1),
            Step::AnyButColon => (c != ':').then_some(position + 1),
            Step::Star => Some(position),
            Step::StarButColon => (c != ':').then_some(position),
        };
        let mut reached = positions.iter().filter_map(next).collect();
        self.close(&mut reached);
        reached
    }

    fn accepts(&self, positions: &BTreeSet<usize>) -> bool {
        positions.contains(&self.steps.len())
    }
}

/// Simple lower-casing.
fn lower(c: char) -> char {
    if c == '\u{130}' { 'i' } else { c.to_lowercase().next().unwrap_or(c) }
}

/// For every set of automata that accept some text together, a shortest such text; for the sets that also
/// hold of the empty text, one that is not empty as well. `None` over budget.
fn together(automata: &[Automaton]) -> Option<Vec<String>> {
    let named = automata.iter().flat_map(|automaton| &automaton.steps).filter_map(|step| match step {
        Step::Char(c) => Some(*c),
        _ => None,
    });
    let mut alphabet: BTreeSet<char> =
        named.flat_map(|c| [c, lower(c)].into_iter().chain(c.to_uppercase())).collect();
    let other = ('a'..='z').chain('0'..='9').chain('\u{e000}'..).find(|c| !alphabet.contains(c))?;
    alphabet.extend([':', other]);
    let start: Vec<BTreeSet<usize>> = automata.iter().map(Automaton::start).collect();
    let mut visited = HashSet::from([start.clone()]);
    let mut queue = VecDeque::from([(String::new(), start)]);
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    while let Some((text, state)) = queue.pop_front() {
        let accepting: Vec<bool> =
            automata.iter().zip(&state).map(|(a, positions)| a.accepts(positions)).collect();
        if seen.insert((accepting, text.is_empty())) {
            found.push(text.clone());
        }
        for &c in &alphabet {
            let next: Vec<BTreeSet<usize>> =
                automata.iter().zip(&state).map(|(a, positions)| a.read(positions, c)).collect();
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
