//! A difference for people: the verdict, then each thing that was gained or lost, then what changed without effect.

use super::super::output::{FAINT, STRONG};
use super::super::table::aligned;
use super::super::text::{Text, count, shown};
use super::super::told::clause_lines;
use super::pair::{Asked, Compared, Denials};
use super::{Answer, Layout};
use crate::tell::{Change, Detail, Direction, Source};

/// The lines, and whether a list in them was cut.
pub(super) fn lines(answer: &Answer, detail: Detail) -> (Vec<Text>, bool) {
    let mut lines = Vec::new();
    let mut is_cut = false;
    if answer.layout == Layout::Many {
        let differing = answer.pairs.iter().filter(|pair| pair.word() != "equivalent").count();
        let all = count(answer.pairs.len(), "policy", "policies");
        let words = if differing == 0 {
            format!("  {all}")
        } else {
            format!("  {differing} of {all} differ{}", if differing == 1 { "s" } else { "" })
        };
        lines.push(Text::styled(STRONG, &overall(answer)).and(words));
    }
    for pair in &answer.pairs {
        if answer.layout == Layout::Many {
            if pair.word() == "equivalent" && pair.denials == Denials::Same {
                continue;
            }
            lines.push(Text::default());
        }
        lines.push(heading(pair));
        for told in pair.gained.iter().chain(&pair.lost) {
            let (clause, cut) = clause_lines(told, detail);
            is_cut |= cut;
            lines.push(Text::default());
            lines.extend(clause);
        }
        if pair.word() != "equivalent" && !pair.reworded.is_empty() {
            lines.push(Text::default());
            lines.extend(reworded(&pair.reworded));
        }
    }
    let unmoved: Vec<String> =
        answer.pairs.iter().filter(|pair| pair.is_reworded()).map(|pair| pair.pair.label()).collect();
    if answer.layout == Layout::Many && !unmoved.is_empty() {
        lines.push(Text::default());
        lines.push(Text::from("Text changed, access did not (proved):"));
        lines.extend(unmoved.iter().map(|name| Text::from(format!("    {name}"))));
    }
    if !answer.unknown.is_empty() {
        lines.push(Text::default());
        lines.push(Text::from("Known only once it is deployed:"));
        lines.extend(answer.unknown.iter().map(|name| Text::from(format!("    {}", shown(name)))));
    }
    (lines, is_cut)
}

/// The verdict over all that was compared, and what could not be.
pub(super) fn overall(answer: &Answer) -> String {
    match verdict_words(&answer.pairs) {
        words if words == "EQUIVALENT" && !answer.unknown.is_empty() => "UNKNOWN".to_owned(),
        words => words,
    }
}

/// The verdict over one or all of the pairs.
pub(super) fn verdict_words(pairs: &[Compared]) -> String {
    let is_sure = |direction: Direction| pairs.iter().any(|pair| pair.is_sure(direction));
    let is_possible = |direction: Direction| {
        !is_sure(direction) && pairs.iter().any(|pair| pair.possibly().contains(&direction))
    };
    let word = |gained: bool, lost: bool| match (gained, lost) {
        (false, false) => None,
        (true, false) => Some("WIDER"),
        (false, true) => Some("NARROWER"),
        (true, true) => Some("BOTH"),
    };
    let sure = word(is_sure(Direction::Gained), is_sure(Direction::Lost));
    let possible = word(is_possible(Direction::Gained), is_possible(Direction::Lost));
    match (sure, possible) {
        (None, None) => "EQUIVALENT".to_owned(),
        (Some(sure), None) => sure.to_owned(),
        (None, Some(possible)) => format!("UNKNOWN, possibly {possible}"),
        (Some(sure), Some(possible)) => format!("{sure}, and possibly {possible}"),
    }
}

fn heading(pair: &Compared) -> Text {
    let verdict = Text::styled(STRONG, &verdict_words(std::slice::from_ref(pair)));
    let number = |told: &[crate::tell::Told], word: &str| match told.len() {
        0 => None,
        many => Some(format!("{many} {word}")),
    };
    let numbers: Vec<String> =
        number(&pair.gained, "gained").into_iter().chain(number(&pair.lost, "lost")).collect();
    let heading = verdict.and("  ").and(pair.pair.label().as_str());
    match (numbers.as_slice(), pair.is_reworded()) {
        ([], true) => heading.and("  text changed, access did not"),
        ([], false) if pair.denials == Denials::Changed => {
            heading.and("  by themselves; what they deny to other policies changed")
        }
        ([], false) if pair.asked == Asked::Part => heading.and("  in the part that was asked about"),
        ([], false) => heading,
        (numbers, _) => heading.and(Text::styled(FAINT, &format!("  {}", numbers.join(", ")))),
    }
}

/// Statements whose text changed without effect.
fn reworded(statements: &[(Source, Change)]) -> Vec<Text> {
    let row = |(source, change): &(Source, Change)| {
        vec![
            format!("    {}:{}", source.policy, source.line),
            source.sid.clone().unwrap_or_default(),
            change_word(*change).to_owned(),
        ]
    };
    let rows: Vec<Vec<String>> = statements.iter().map(row).collect();
    let first = Text::from("Text changed, access did not:");
    std::iter::once(first).chain(aligned(&rows).into_iter().map(|line| Text::from(shown(&line)))).collect()
}

pub(super) fn change_word(change: Change) -> &'static str {
    match change {
        Change::Added => "new",
        Change::Removed => "gone",
        Change::Edited => "changed",
        Change::Unchanged => "the same",
    }
}
