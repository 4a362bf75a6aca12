//! Who can, for people: those who can by the same way, under the same condition, together.

use std::cmp::Reverse;
use std::collections::HashMap;

use itertools::Itertools;

use super::super::output::{FAINT, STRONG};
use super::super::text::{Text, count, shown};
use super::super::told::wrapped;
use super::names::{Naming, WIDTH, list};
use super::point::{Answer, Row, Way};

/// Those who can alike: the rank of the answer, when, what else it takes, who of them cannot, and by which ways.
type Key<'a> = (usize, Option<String>, Option<&'static str>, Option<String>, Vec<&'a Way>);

/// The lines.
pub(super) fn lines(answers: &[Answer], naming: Naming) -> Vec<Text> {
    let mut lines = Vec::new();
    for answer in answers {
        if !lines.is_empty() {
            lines.push(Text::default());
        }
        lines.extend(of(answer, naming));
    }
    lines
}

fn of(answer: &Answer, naming: Naming) -> Vec<Text> {
    let what = format!("{} on {}", answer.action, shown(&answer.resource));
    let number = |word: &str| answer.rows.iter().filter(|row| row.answer == word).count();
    let counts = ["yes", "depends", "undecided", "no answer"];
    let counts = counts.iter().map(|word| (number(word), word)).filter(|(number, _)| *number > 0);
    let counts = counts.map(|(number, word)| format!("{word}: {number}")).join(", ");
    let counts = if counts.is_empty() { "nobody".to_owned() } else { counts };
    let asked = format!("  {counts} of {}", count(answer.asked, "principal", "principals"));
    let mut lines = vec![Text::styled(STRONG, &what).and(Text::styled(FAINT, &asked))];
    // Who can by several ways is named once, under the way that most can by.
    let mut users: HashMap<&Way, usize> = HashMap::new();
    for way in answer.rows.iter().flat_map(|row| &row.via) {
        *users.entry(way).or_default() += 1;
    }
    let groups = answer.rows.iter().into_group_map_by(|&row| key(row, &users));
    let groups = groups.into_iter().sorted_by(|(one, ones), (other, others)| {
        let number = others.len().cmp(&ones.len());
        let order = (one.0, &one.1, one.2, &one.3).cmp(&(other.0, &other.1, other.2, &other.3));
        order.then(number).then(one.4.cmp(&other.4))
    });
    for ((_, when, needs, but_not, via), rows) in groups {
        lines.push(Text::default());
        let word = rows.first().map_or("", |row| row.answer);
        let who: Vec<&str> = rows.iter().map(|row| row.who.as_str()).collect();
        lines.extend(list(word, &who, naming));
        let mut row = |label: &str, text: &str| {
            for (nth, part) in wrapped(&shown(text), WIDTH).into_iter().enumerate() {
                let label = if nth == 0 { label } else { "" };
                lines.push(Text::from("    ").and(Text::styled(FAINT, &format!("{label:<8}"))).and(part));
            }
        };
        if let Some(when) = &when {
            row(if word == "depends" { "when" } else { "why" }, when);
        }
        if let Some(needs) = needs {
            row("and", needs);
        }
        if let Some(names) = &but_not {
            row("but not", names);
        }
        for (nth, way) in via.iter().enumerate() {
            row(if nth == 0 { "by" } else { "and" }, &way.words());
        }
    }
    lines
}

fn key<'a>(row: &'a Row, users: &HashMap<&Way, usize>) -> Key<'a> {
    let own = row.via.iter().filter(|way| way.is_own());
    let most = own.max_by_key(|way| (users.get(way).copied(), Reverse(*way)));
    let others = row.via.iter().filter(|way| !way.is_own());
    (rank(row.answer), row.when.clone(), row.needs, row.but_not(), most.into_iter().chain(others).collect())
}

/// What is certain comes first.
fn rank(word: &str) -> usize {
    ["yes", "depends", "undecided"].iter().position(|of| *of == word).unwrap_or(3)
}
