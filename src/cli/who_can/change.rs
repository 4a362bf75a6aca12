//! Who can do one thing now that could not then, and the other way round.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use super::super::exit::Exit;
use super::super::output::{FAINT, STRONG};
use super::super::text::{Text, shown};
use super::super::told::wrapped;
use super::names::WIDTH;
use super::point::{Answer, Row};

/// The form of the object.
const SCHEMA: &str = "iamdb.who-can-diff/1";

/// The answers of two times to one question.
pub(super) struct Pair {
    pub(super) before: Answer,
    pub(super) after: Answer,
}

/// Somebody whose answer changed; none: no, or not there.
struct Change<'a> {
    before: Option<&'a Row>,
    after: Option<&'a Row>,
}

/// How an answer changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Direction {
    Gained,
    Lost,
    /// It depends on something else.
    Other,
}

impl Pair {
    /// What of the answers changed: gained first, then by name.
    fn changes(&self) -> Vec<(Direction, Change<'_>)> {
        fn by_principal(answer: &Answer) -> BTreeMap<&str, &Row> {
            answer.rows.iter().map(|row| (row.principal.as_str(), row)).collect()
        }
        let (before, after) = (by_principal(&self.before), by_principal(&self.after));
        let all: BTreeSet<&str> = before.keys().chain(after.keys()).copied().collect();
        let change = |principal: &str| {
            let change =
                Change { before: before.get(principal).copied(), after: after.get(principal).copied() };
            change.direction().map(|direction| (direction, change))
        };
        let mut changes: Vec<_> = all.into_iter().filter_map(change).collect();
        changes.sort_by_key(|(direction, _)| *direction);
        changes
    }
}

/// How much an answer is: no, not decided, under a condition, yes.
fn rank(row: Option<&Row>) -> usize {
    row.map_or(0, |row| match row.answer {
        "yes" => 3,
        "depends" => 2,
        _ => 1,
    })
}

impl Change<'_> {
    fn direction(&self) -> Option<Direction> {
        let when = |row: Option<&Row>| row.map(|row| (row.when.clone(), row.needs, row.but_not()));
        match rank(self.after).cmp(&rank(self.before)) {
            std::cmp::Ordering::Greater => Some(Direction::Gained),
            std::cmp::Ordering::Less => Some(Direction::Lost),
            std::cmp::Ordering::Equal => (when(self.before) != when(self.after)).then_some(Direction::Other),
        }
    }

    fn lines(&self, direction: Direction) -> Vec<Text> {
        let sign = match direction {
            Direction::Gained => "+",
            Direction::Lost => "-",
            Direction::Other => "~",
        };
        let word = |row: Option<&Row>| row.map_or("no", |row| row.answer);
        let Some(row) = self.after.or(self.before) else { return Vec::new() };
        let head = Text::styled(STRONG, &format!("{sign} {}", shown(&row.who)));
        let (before, after) = (word(self.before), word(self.after));
        let mut lines = vec![head.and(format!("  {after}, was {before}"))];
        let mut tell = |label: &str, text: &str| {
            for (nth, part) in wrapped(&shown(text), WIDTH).into_iter().enumerate() {
                let label = if nth == 0 { label } else { "" };
                lines.push(Text::from("    ").and(Text::styled(FAINT, &format!("{label:<8}"))).and(part));
            }
        };
        for (label, row) in [("was", self.before), ("when", self.after)] {
            row.and_then(|row| row.when.as_ref()).into_iter().for_each(|when| tell(label, when));
        }
        let but_not = [("was not", self.before), ("but not", self.after)];
        for (label, names) in but_not.map(|(label, row)| (label, row.and_then(Row::but_not))) {
            names.iter().for_each(|names| tell(label, names));
        }
        let label = if self.after.is_some() { "by" } else { "was by" };
        row.via.iter().for_each(|way| tell(label, &way.words()));
        lines
    }
}

/// For people.
pub(super) fn lines(pairs: &[Pair]) -> Vec<Text> {
    let mut lines = Vec::new();
    for pair in pairs {
        if !lines.is_empty() {
            lines.push(Text::default());
        }
        let changes = pair.changes();
        let number = |direction| changes.iter().filter(|(of, _)| *of == direction).count();
        let numbers = match (number(Direction::Gained), number(Direction::Lost), number(Direction::Other)) {
            (0, 0, 0) => "nothing changed".to_owned(),
            (gained, lost, 0) => format!("{gained} gained, {lost} lost"),
            (gained, lost, other) => format!("{gained} gained, {lost} lost, {other} on other conditions"),
        };
        let what = format!("{} on {}", pair.after.action, shown(&pair.after.resource));
        lines.push(Text::styled(STRONG, &what).and(Text::styled(FAINT, &format!("  {numbers}"))));
        for (direction, change) in &changes {
            lines.push(Text::default());
            lines.extend(change.lines(*direction));
        }
    }
    lines
}

/// For programs.
pub(super) fn object(pairs: &[Pair], catalogue: &str) -> Json {
    let side = |row: Option<&Row>| match row {
        Some(row) => row.json(),
        None => json!({ "answer": "no" }),
    };
    let change = |(direction, change): &(Direction, Change<'_>)| {
        let principal = change.after.or(change.before).map(|row| row.principal.clone());
        let direction = match direction {
            Direction::Gained => "gained",
            Direction::Lost => "lost",
            Direction::Other => "changed",
        };
        json!({
            "principal": principal,
            "change": direction,
            "before": side(change.before),
            "after": side(change.after),
        })
    };
    let one = |pair: &Pair| {
        json!({
            "action": pair.after.action,
            "resource": pair.after.resource,
            "changes": pair.changes().iter().map(change).collect::<Vec<_>>(),
        })
    };
    json!({
        "schema": SCHEMA,
        "catalogue": catalogue,
        "answers": pairs.iter().map(one).collect::<Vec<_>>(),
    })
}

/// As of `diff`: 0 nothing differs, 1 something does.
pub(super) fn exit(pairs: &[Pair]) -> Exit {
    let rows = || pairs.iter().flat_map(|pair| pair.before.rows.iter().chain(&pair.after.rows));
    if rows().any(|row| row.answer == "no answer") {
        return Exit::CouldNotAnswer;
    }
    if pairs.iter().all(|pair| pair.changes().is_empty()) { Exit::Yes } else { Exit::No }
}
