//! Patterns of the policy language: text, the wildcards `*` and `?`, and policy variables.
//!
//! A pattern only says what was written (R-PAT-1, R-VAR-2, R-VAR-9). What it matches is decided twice,
//! by the evaluator and by the algebra, each with its own matcher; [`Pattern::meets`] is for neither of them.

mod meet;

use std::fmt;

/// One piece of a [`Pattern`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Piece {
    /// Characters that stand for themselves; never empty, never two in a row.
    Text(String),
    /// `*`: any characters, or none.
    Star,
    /// `?`: exactly one character.
    Question,
    /// `${key}` or `${key, 'default'}`.
    Variable(Variable),
}

/// A policy variable.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Variable {
    /// The context key, as written.
    pub key: String,
    /// The text to use where the key cannot be resolved; it may be empty.
    pub default: Option<String>,
}

/// Which of the special characters are special; it depends on the place (R-CND table 3.3) and on the
/// document's version (R-GRM-9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Syntax {
    /// `*` and `?` are wild.
    pub wildcards: bool,
    /// `${…}` is a variable.
    pub variables: bool,
}

/// What is wrong with a variable (R-VAR-10). The pattern is made all the same: a malformed variable is
/// ordinary text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Malformed {
    /// `${` without `}`.
    Brace,
    /// `${}`.
    Empty,
    /// A default that is not quoted at both ends.
    Quote,
    /// A blank inside the name.
    Space,
}

/// Text with wildcards and variables.
///
/// ```
/// # use iamdb::pattern::{Pattern, Piece, Syntax};
/// let (pattern, malformed) = Pattern::parse("home/${aws:username}/*", Syntax { wildcards: true, variables: true });
/// assert!(malformed.is_none());
/// assert_eq!(pattern.pieces().last(), Some(&Piece::Star));
/// assert_eq!(pattern.to_string(), "home/${aws:username}/*");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Pattern {
    pieces: Vec<Piece>,
}

impl Pattern {
    /// A text as a pattern that matches it alone.
    pub fn literal(text: &str) -> Pattern {
        Pattern::parse(text, Syntax { wildcards: false, variables: false }).0
    }

    /// Reads a pattern; every text is one. The second value is the first malformed variable.
    pub fn parse(text: &str, syntax: Syntax) -> (Pattern, Option<Malformed>) {
        let mut pattern = Pattern::default();
        let mut malformed = None;
        let mut rest = text;
        let is_special = |byte: u8| match byte {
            b'*' | b'?' => syntax.wildcards,
            b'$' => syntax.variables,
            _ => false,
        };
        while !rest.is_empty() {
            let (plain, behind) = rest.split_at(rest.bytes().position(is_special).unwrap_or(rest.len()));
            if !plain.is_empty() {
                pattern.push(Piece::Text(plain.to_owned()));
            }
            rest = behind;
            if let Some(inside) = rest.strip_prefix("${") {
                match read_variable(inside) {
                    Ok((piece, behind)) => {
                        pattern.push(piece);
                        rest = behind;
                    }
                    Err(problem) => {
                        malformed = malformed.or(Some(problem));
                        pattern.push(Piece::Text("${".to_owned()));
                        rest = inside;
                    }
                }
            } else if let Some(special) = rest.chars().next() {
                rest = rest.strip_prefix(special).unwrap_or_default();
                pattern.push(match special {
                    '*' => Piece::Star,
                    '?' => Piece::Question,
                    other => Piece::Text(other.to_string()),
                });
            }
        }
        (pattern, malformed)
    }

    /// The pieces in order.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The text, where the pattern is nothing but text.
    pub fn as_text(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [] => Some(""),
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// Whether it consists of `*` only.
    pub fn is_all_stars(&self) -> bool {
        !self.pieces.is_empty() && self.pieces.iter().all(|piece| *piece == Piece::Star)
    }

    /// Whether a `*` is in it.
    pub fn has_star(&self) -> bool {
        self.pieces.contains(&Piece::Star)
    }

    /// Whether its last piece is a `*`.
    pub fn ends_in_star(&self) -> bool {
        self.pieces.last() == Some(&Piece::Star)
    }

    /// Its variables in order.
    pub fn variables(&self) -> impl Iterator<Item = &Variable> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Variable(variable) => Some(variable),
            _ => None,
        })
    }

    /// The pattern with another piece in the place of every variable.
    #[must_use]
    pub fn with_variables_as(&self, piece: &Piece) -> Pattern {
        let mut replaced = Pattern::default();
        for old in &self.pieces {
            replaced.push(if matches!(old, Piece::Variable(_)) { piece.clone() } else { old.clone() });
        }
        replaced
    }

    /// Splits at the first `most` colons of its text. Colons inside a variable, its default included,
    /// neither split nor count (R-RES-3).
    pub fn split_at_colons(&self, most: usize) -> Vec<Pattern> {
        let mut parts = vec![Pattern::default()];
        for piece in &self.pieces {
            let Piece::Text(text) = piece else {
                if let Some(last) = parts.last_mut() {
                    last.push(piece.clone());
                }
                continue;
            };
            let left = most + 1 - parts.len();
            for (nth, field) in text.splitn(left + 1, ':').enumerate() {
                if nth > 0 {
                    parts.push(Pattern::default());
                }
                if let Some(last) = parts.last_mut()
                    && !field.is_empty()
                {
                    last.push(Piece::Text(field.to_owned()));
                }
            }
        }
        parts
    }

    /// Appends a piece, joining neighbouring text.
    fn push(&mut self, piece: Piece) {
        if self.pieces.is_empty() {
            // Most patterns are one text.
            self.pieces.reserve_exact(1);
        }
        match (self.pieces.last_mut(), piece) {
            (Some(Piece::Text(text)), Piece::Text(more)) => text.push_str(&more),
            (_, piece) => self.pieces.push(piece),
        }
    }
}

/// Reads what stands behind `${`; gives the piece and the rest behind `}`.
fn read_variable(inside: &str) -> Result<(Piece, &str), Malformed> {
    for escaped in ["*", "?", "$"] {
        if let Some(behind) = inside.strip_prefix(escaped).and_then(|rest| rest.strip_prefix('}')) {
            return Ok((Piece::Text(escaped.to_owned()), behind));
        }
    }
    let end = inside.find(['}', ',', '\'', '{']).ok_or(Malformed::Brace)?;
    let (key, rest) = inside.split_at(end);
    if let Some(behind) = rest.strip_prefix('}') {
        let key = checked_key(key)?;
        return Ok((Piece::Variable(Variable { key, default: None }), behind));
    }
    let Some(default) = rest.strip_prefix(',') else {
        return Err(if rest.starts_with('\'') { Malformed::Quote } else { Malformed::Brace });
    };
    let key = checked_key(key.trim_end_matches(' '))?;
    let quoted = default.trim_start_matches(' ').strip_prefix('\'').ok_or(Malformed::Quote)?;
    let (default, behind) = quoted.split_once('\'').ok_or(Malformed::Quote)?;
    let behind = behind.trim_start_matches(' ').strip_prefix('}').ok_or(Malformed::Brace)?;
    Ok((Piece::Variable(Variable { key, default: Some(default.to_owned()) }), behind))
}

/// A key may hold blanks only where its tag key does, behind the slash (R-VAR-2).
fn checked_key(key: &str) -> Result<String, Malformed> {
    let name = key.split_once('/').map_or(key, |(name, _)| name);
    match key {
        "" => Err(Malformed::Empty),
        _ if name.contains(char::is_whitespace) => Err(Malformed::Space),
        _ => Ok(key.to_owned()),
    }
}

impl fmt::Display for Pattern {
    /// As it can be written in a policy whose variables are live: text that would be read as a wildcard or
    /// as the start of a variable is escaped (R-VAR-9).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => {
                    let mut chars = text.chars().peekable();
                    while let Some(c) = chars.next() {
                        match (c, chars.peek()) {
                            ('*' | '?', _) | ('$', Some('{')) => write!(f, "${{{c}}}")?,
                            _ => write!(f, "{c}")?,
                        }
                    }
                }
                Piece::Star => f.write_str("*")?,
                Piece::Question => f.write_str("?")?,
                Piece::Variable(Variable { key, default: None }) => write!(f, "${{{key}}}")?,
                Piece::Variable(Variable { key, default: Some(default) }) => {
                    write!(f, "${{{key}, '{default}'}}")?
                }
            }
        }
        Ok(())
    }
}
