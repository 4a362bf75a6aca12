//! What the parser found in a document, shown with the place: `file:line:column`, the JSON path and the line.

use anstyle::Style;
use serde_json::{Value, json};

use super::text::{Text, shown};
use crate::policy::{Diagnostic, Severity, position, positions};

/// More than this at once helps nobody.
const SHOWN: usize = 20;

/// How much of a long line is shown around the place.
const WINDOW: usize = 60;

/// Diagnostics of one document.
#[derive(Debug)]
pub(crate) struct Findings {
    label: String,
    text: String,
    diagnostics: Vec<Diagnostic>,
}

impl Findings {
    /// Diagnostics of `text`, which people know as `label`: a file name or an ARN.
    pub(crate) fn new(label: &str, text: &str, diagnostics: Vec<Diagnostic>) -> Findings {
        Findings { label: label.to_owned(), text: text.to_owned(), diagnostics }
    }

    /// For programs, all of them.
    pub(crate) fn json(&self) -> Vec<Value> {
        let offsets: Vec<usize> = self.diagnostics.iter().map(|found| found.span.start).collect();
        let one = |(diagnostic, (line, column)): (&Diagnostic, (usize, usize))| {
            json!({
                "file": self.label,
                "line": line,
                "column": column,
                "path": diagnostic.path.to_string(),
                "code": diagnostic.code,
                "severity": diagnostic.severity.to_string(),
                "message": diagnostic.message,
            })
        };
        self.diagnostics.iter().zip(positions(&self.text, &offsets)).map(one).collect()
    }

    /// For people, the first of them.
    pub(crate) fn texts(&self, error: Style, warning: Style, faint: Style) -> Vec<Text> {
        let style = |severity| if severity == Severity::Error { error } else { warning };
        let shown = self.diagnostics.iter().take(SHOWN);
        let mut texts: Vec<Text> =
            shown.map(|found| self.text(found, style(found.severity), faint)).collect();
        if self.diagnostics.len() > SHOWN {
            texts.push(format!("and {} more", self.diagnostics.len() - SHOWN).into());
        }
        texts
    }

    fn text(&self, diagnostic: &Diagnostic, style: Style, faint: Style) -> Text {
        let Diagnostic { code, severity, message, path, span, .. } = diagnostic;
        let place = position(&self.text, span.start);
        let mark = format!("{severity}[{code}]");
        let told = Told {
            mark: &mark,
            message,
            path: &path.to_string(),
            length: span.end.saturating_sub(span.start),
        };
        told.text((&self.label, &self.text), place, style, faint)
    }
}

/// One thing that is said of a place in a document.
pub(crate) struct Told<'t> {
    /// `error[CODE]`.
    pub(crate) mark: &'t str,
    /// What is said.
    pub(crate) message: &'t str,
    /// Where, as a JSON path.
    pub(crate) path: &'t str,
    /// How long the place is, in bytes.
    pub(crate) length: usize,
}

impl Told<'_> {
    /// `file:line:column: mark: message`, the path, and the line with the place marked; for a document by its label
    /// and its text, and a place by line and column.
    pub(crate) fn text(
        &self,
        (label, text): (&str, &str),
        (line, column): (usize, usize),
        style: Style,
        faint: Style,
    ) -> Text {
        let Told { mark, message, path, length } = self;
        let excerpt = Excerpt::of(text, line, column, *length);
        let number = line.to_string();
        let margin = " ".repeat(number.len());
        Text::from(format!("{}:{line}:{column}: ", shown(label)))
            .and(Text::styled(style, mark))
            .and(format!(": {}\n", shown(message)))
            .and(Text::styled(faint, &format!("{margin} at {}\n{margin} |\n{number} | ", shown(path))))
            .and(excerpt.before.as_str())
            .and(excerpt.marked.as_str())
            .and(excerpt.after.as_str())
            .and(Text::styled(faint, &format!("\n{margin} | ")))
            .and(" ".repeat(excerpt.before.chars().count()))
            .and(Text::styled(style, &"^".repeat(excerpt.marked.chars().count().max(1))))
    }
}

/// A part of one line, escaped, in three pieces of which the middle one is meant.
struct Excerpt {
    before: String,
    marked: String,
    after: String,
}

impl Excerpt {
    /// Around a place given by line and column, both from 1, and the length in bytes of what is meant.
    fn of(text: &str, line: usize, column: usize, length: usize) -> Excerpt {
        let line = text.split('\n').nth(line - 1).unwrap_or_default();
        let line = line.strip_suffix('\r').unwrap_or(line);
        let start = line.char_indices().nth(column - 1).map_or(line.len(), |(start, _)| start);
        let mut end = line.len().min(start + length);
        while !line.is_char_boundary(end) {
            end += 1;
        }
        // Of something long, where it begins says enough.
        if line.get(start..end).is_some_and(|marked| marked.chars().count() > WINDOW) {
            end = start + line.get(start..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        }
        let pieces = (line.get(..start), line.get(start..end), line.get(end..));
        let (before, marked, after) =
            (pieces.0.unwrap_or_default(), pieces.1.unwrap_or_default(), pieces.2.unwrap_or_default());
        let visible = |piece: &str| shown(&piece.replace('\t', " "));
        Excerpt { before: visible(&last(before)), marked: visible(marked), after: visible(&first(after)) }
    }
}

fn first(text: &str) -> String {
    match text.char_indices().nth(WINDOW) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn last(text: &str) -> String {
    match text.char_indices().nth_back(WINDOW) {
        Some((start, c)) => format!("…{}", text.get(start + c.len_utf8()..).unwrap_or_default()),
        None => text.to_owned(),
    }
}
