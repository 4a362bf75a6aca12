//! What is wrong with a policy document, where, and what becomes of it.

use std::fmt;

use super::Span;

/// One finding of the parser (R-GRM-73).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Access Analyzer's issue code where it has one.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What happens to the document if it is kept all the same.
    pub consequence: Consequence,
    /// What is wrong: lower case, no final period, the author's words in backticks.
    pub message: String,
    /// Where, in words.
    pub path: JsonPath,
    /// Where, in bytes.
    pub span: Span,
}

impl Diagnostic {
    /// The zero-based index of the statement it is about.
    pub fn statement(&self) -> Option<usize> {
        match self.path.0.as_slice() {
            [Step::Key(element), Step::Index(index), ..] if element == "Statement" => Some(*index),
            [Step::Key(element), ..] if element == "Statement" => Some(0),
            _ => None,
        }
    }

    /// Whether a decision that has this in scope must say so (semantics 0.3).
    pub fn degrades(&self) -> bool {
        self.consequence != Consequence::None
    }
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Legal, but probably not what was meant.
    Suggestion,
    /// Legal, and probably a mistake.
    Warning,
    /// AWS would not accept it: the strict mode refuses the document.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Suggestion => "suggestion",
            Severity::Warning => "warning",
            Severity::Error => "error",
        })
    }
}

/// The lenient rule that was applied (semantics 0.3). All but `None` make the document *degraded*.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Consequence {
    /// The document means what it would mean without the finding.
    None,
    /// The element is ignored.
    ElementIgnored,
    /// The malformed variable is ordinary text (R-VAR-10).
    VariableIsText,
    /// The entry matches nothing; in a complement it excludes nothing.
    EntryIgnored,
    /// The statement never applies.
    StatementInert,
    /// The document cannot be read: no statement of it ever applies.
    DocumentRejected,
}

impl fmt::Display for Consequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Consequence::None => "no consequence",
            Consequence::ElementIgnored => "the element is ignored",
            Consequence::VariableIsText => "the variable is ordinary text",
            Consequence::EntryIgnored => "the entry matches nothing",
            Consequence::StatementInert => "the statement never applies",
            Consequence::DocumentRejected => "no statement of the document applies",
        })
    }
}

/// A place in a JSON document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct JsonPath(pub Vec<Step>);

/// One step of a [`JsonPath`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Into the value of a key.
    Key(String),
    /// Into an array, from zero.
    Index(usize),
}

impl JsonPath {
    /// The path with one more key.
    #[must_use]
    pub fn key(&self, key: &str) -> JsonPath {
        self.with(Step::Key(key.to_owned()))
    }

    /// The path with one more index.
    #[must_use]
    pub fn index(&self, index: usize) -> JsonPath {
        self.with(Step::Index(index))
    }

    fn with(&self, step: Step) -> JsonPath {
        JsonPath(self.0.iter().cloned().chain([step]).collect())
    }
}

impl fmt::Display for JsonPath {
    /// `$.Statement[0].Condition.StringEquals["aws:username"]`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("$")?;
        for step in &self.0 {
            match step {
                Step::Key(key) if key.chars().all(char::is_alphanumeric) && !key.is_empty() => {
                    write!(f, ".{key}")?
                }
                Step::Key(key) => write!(f, "[{key:?}]")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// Line and column, both from 1, of a byte of a text; columns count characters.
pub fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
    let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
    (line, column)
}

/// [`position`] of many places, each in turn, in one walk through the text.
pub fn positions(text: &str, offsets: &[usize]) -> Vec<(usize, usize)> {
    let mut order: Vec<usize> = (0..offsets.len()).collect();
    order.sort_by_key(|&nth| offsets.get(nth));
    let mut found = vec![(1, 1); offsets.len()];
    let (mut line, mut column) = (1, 1);
    let mut chars = text.char_indices().peekable();
    for nth in order {
        let (Some(&offset), Some(place)) = (offsets.get(nth), found.get_mut(nth)) else { continue };
        while let Some((_, c)) = chars.next_if(|&(at, _)| at < offset) {
            (line, column) = if c == '\n' { (line + 1, 1) } else { (line, column + 1) };
        }
        *place = (line, column);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_positions_are_each_as_one() {
        let text = "a\n\u{e9}b\r\n\nc";
        let offsets = [7, 0, 2, 4, 1, 2, text.len()];
        let each: Vec<(usize, usize)> = offsets.iter().map(|&offset| position(text, offset)).collect();
        assert_eq!(positions(text, &offsets), each);
    }
}
