//! Clauses on a terminal: a heading with a sign, and below it what is to be said, in two columns; and what no clause
//! says.

use std::collections::BTreeSet;

use super::can::report::notes::NO_VPC_ENDPOINT;
use super::output::{FAINT, Output, STRONG};
use super::text::{Text, quoted_list, shown};
use crate::analysis::{Accounts, ByResource, Subject};
use crate::stored::Endpoint;
use crate::tell::{Detail, Direction, Row, Told, Words};

/// How wide a heading is before the level stands behind it.
const HEADING: usize = 78;
/// How wide a row is.
const ROW: usize = 88;

/// The lines of one clause, and whether a list in them was cut.
pub(crate) fn clause_lines(told: &Told, detail: Detail) -> (Vec<Text>, bool) {
    lines_of(told, told.words(detail))
}

/// What a clause is, without whence it comes; that a principal's own policies reach its own account is not said, but where
/// only that is lost, nor that some resources have to allow it too, but where all have.
pub(crate) fn brief_lines(told: &Told) -> Vec<Text> {
    let mut words = told.words(Detail::Brief);
    let loses_own = (told.direction, told.accounts) == (Direction::Lost, Accounts::Own);
    words.rows.retain(|row| match row.label {
        "only" => told.by_resource == ByResource::All || loses_own,
        label => !["why", "e.g."].contains(&label),
    });
    lines_of(told, words).0
}

/// Says what the policies of some subjects grant that no answer takes into account.
pub(crate) fn note_unmodelled<'s>(subjects: impl IntoIterator<Item = &'s Subject>, out: &mut Output) {
    if let Some(note) = unmodelled(subjects.into_iter().flat_map(Subject::not_modelled)) {
        out.note(&note);
    }
}

/// Says what is taken for granted of the way that requests come.
pub(crate) fn note_assumed(endpoint: &Endpoint, out: &mut Output) {
    if endpoint.assumed.is_some() {
        out.note(NO_VPC_ENDPOINT);
    }
}

/// The note of those who are in no answer.
pub(crate) fn unmodelled(names: impl IntoIterator<Item = String>) -> Option<String> {
    let names: BTreeSet<String> = names.into_iter().collect();
    (!names.is_empty())
        .then(|| format!("not modelled, and in no answer: what is granted to {}", quoted_list(&names)))
}

fn lines_of(told: &Told, words: Words) -> (Vec<Text>, bool) {
    let sign = match told.direction {
        Direction::Gained | Direction::Held => "+",
        Direction::Lost => "-",
    };
    let mut lines = Vec::new();
    for (nth, part) in wrapped(&words.heading, HEADING).into_iter().enumerate() {
        lines.push(if nth == 0 {
            let padding = " ".repeat(HEADING.saturating_sub(part.chars().count()) + 2);
            let heading = Text::styled(STRONG, &format!("{sign} {part}"));
            heading.and(padding).and(Text::styled(FAINT, &words.level))
        } else {
            Text::from("  ").and(Text::styled(STRONG, &part))
        });
    }
    let mut last = "";
    for Row { label, text } in &words.rows {
        for (nth, part) in wrapped(text, ROW).into_iter().enumerate() {
            let is_repeated = nth > 0 || *label == last;
            let label = if is_repeated { "" } else { label };
            lines.push(Text::from("    ").and(Text::styled(FAINT, &format!("{label:<8}"))).and(part));
        }
        last = label;
    }
    (lines, words.is_cut)
}

/// A text in lines, broken at blanks; what has none is longer.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in shown(text).split(' ') {
        if let Some(line) = lines.last_mut() {
            if line.is_empty() {
                line.push_str(word);
            } else if line.chars().count() + 1 + word.chars().count() <= width {
                line.push(' ');
                line.push_str(word);
            } else {
                lines.push(word.to_owned());
            }
        }
    }
    lines
}
