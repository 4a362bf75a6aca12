//! Clauses on a terminal: a heading with a sign, and below it what is to be said, in two columns.

use super::output::{FAINT, STRONG};
use super::text::{Text, shown};
use crate::tell::{Detail, Direction, Told};

/// How wide a heading is before the level stands behind it.
const HEADING: usize = 72;

/// The lines of one clause, and whether a list in them was cut.
pub(crate) fn clause_lines(told: &Told, detail: Detail) -> (Vec<Text>, bool) {
    let words = told.words(detail);
    let sign = match told.direction {
        Direction::Gained | Direction::Held => "+",
        Direction::Lost => "-",
    };
    let heading = shown(&words.heading);
    let padding = " ".repeat(HEADING.saturating_sub(heading.chars().count()).max(2));
    let first = Text::styled(STRONG, &format!("{sign} {heading}"))
        .and(padding)
        .and(Text::styled(FAINT, &words.level));
    let row = |row: &crate::tell::Row| {
        Text::from("    ").and(Text::styled(FAINT, &format!("{:<7}", row.label))).and(shown(&row.text))
    };
    (std::iter::once(first).chain(words.rows.iter().map(row)).collect(), words.is_cut)
}
