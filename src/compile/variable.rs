//! Policy variables: what a pattern stands for once the known ones are replaced (semantics 2.4).

use std::collections::BTreeSet;
use std::sync::Arc;

use super::level::{Fields, Template, Token};
use super::universe::{Follows, Universe};
use crate::algebra::{Chars, End, Exhausted, Glob, Language, Meter, Piece};
use crate::pattern::{Pattern, Piece as Written, Variable};
use crate::request::{Context, Value, fold};

/// Into how many ways a pattern may fall, which open variables with defaults double.
const MOST_WAYS: usize = 1024;
/// How many parts of a text are tried for a variable.
const MOST_PARTS: usize = 2_000;

/// Where the values of variables come from.
#[derive(Clone, Copy)]
pub(super) enum Values<'a> {
    /// What is known of every request; other keys are open.
    Known(&'a Universe),
    /// One request.
    Of(&'a Context),
}

/// What a key gives to a variable.
enum Found {
    Text(String),
    Nothing,
    /// Whatever a template of an open key comes to: as a rule that key itself.
    Open(Vec<Token>),
}

/// One way in which a pattern can be read: a template, and what it takes of the open keys.
#[derive(Debug, Clone, Default)]
pub(super) struct Way {
    pub(super) template: Template,
    /// Keys that must have a value, or must not, for their default is used.
    pub(super) needs: Vec<(Arc<str>, Need)>,
}

/// What a way needs of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// One value that is not empty (R-VAR-8).
    Value,
    /// Anything else.
    NoValue,
}

/// A character for each variable, which stands for whatever value that has: one that stands in no template.
pub(super) struct Symbols {
    keys: Vec<Arc<str>>,
    taken: BTreeSet<char>,
}

impl Symbols {
    /// For the variables of some templates.
    pub(super) fn of<'t>(templates: impl IntoIterator<Item = &'t Template>) -> Symbols {
        let mut symbols = Symbols { keys: Vec::new(), taken: BTreeSet::new() };
        for token in templates.into_iter().flat_map(|template| &template.tokens) {
            match token {
                Token::Text(text) => symbols.taken.extend(text.chars().filter(|c| *c >= PRIVATE)),
                Token::Variable(key) if !symbols.keys.contains(key) => symbols.keys.push(Arc::clone(key)),
                Token::Variable(_) | Token::Star | Token::Question => {}
            }
        }
        symbols
    }

    fn of_key(&self, key: &Arc<str>) -> Option<char> {
        let nth = self.keys.iter().position(|known| known == key)?;
        (PRIVATE..=char::MAX).filter(|c| !self.taken.contains(c)).nth(nth)
    }
}

/// The first character of a plane that is for private use.
const PRIVATE: char = '\u{f0000}';

impl Values<'_> {
    fn of_key(self, key: &str) -> Found {
        let folded = fold(key);
        let text = |value: Option<&Value>| match value {
            Some(Value::Single(text)) if !text.is_empty() => Found::Text(text.clone()),
            _ => Found::Nothing,
        };
        match self {
            Values::Of(context) => text(context.get(key)),
            Values::Known(universe) => match universe.known(key) {
                Some(value) => text(value),
                None if universe.can_be_variable(&folded) => Found::Open(match universe.follows(&folded) {
                    Some(Follows { before, key, after }) => {
                        vec![Token::Text(before), Token::Variable(key), Token::Text(after)]
                    }
                    None => vec![Token::Variable(Arc::from(folded))],
                }),
                None => Found::Nothing,
            },
        }
    }

    /// The ways to read a pattern: none where it has a variable without a value.
    pub(super) fn ways(self, pattern: &Pattern) -> Result<Vec<Way>, Exhausted> {
        let mut ways = vec![Way::default()];
        for piece in pattern.pieces() {
            match piece {
                Written::Text(text) => ways.iter_mut().for_each(|way| way.push(Token::Text(text.clone()))),
                Written::Star => ways.iter_mut().for_each(|way| way.push(Token::Star)),
                Written::Question => ways.iter_mut().for_each(|way| way.push(Token::Question)),
                Written::Variable(Variable { key, default }) => match (self.of_key(key), default) {
                    (Found::Text(text), _) => {
                        ways.iter_mut().for_each(|way| way.push(Token::Text(text.clone())));
                    }
                    (Found::Nothing, Some(text)) => {
                        ways.iter_mut().for_each(|way| way.push(Token::Text(text.clone())));
                    }
                    (Found::Nothing, None) => return Ok(Vec::new()),
                    (Found::Open(tokens), default) => {
                        let keys: Vec<Arc<str>> = tokens.iter().filter_map(Token::variable).collect();
                        let needs = |need| keys.iter().map(move |key| (Arc::clone(key), need));
                        let mut without = Vec::new();
                        if let Some(text) = default {
                            without.clone_from(&ways);
                            for way in &mut without {
                                way.needs.extend(needs(Need::NoValue));
                                way.push(Token::Text(text.clone()));
                            }
                        }
                        for way in &mut ways {
                            way.needs.extend(needs(Need::Value));
                            tokens.iter().for_each(|token| way.push(token.clone()));
                        }
                        ways.append(&mut without);
                        if ways.len() > MOST_WAYS {
                            return Err(Exhausted::Work);
                        }
                    }
                },
            }
        }
        Ok(ways)
    }

    /// The ways to read the six segments of an ARN pattern as one text. A value stays in its segment, so with a colon
    /// it is none for the first five (R-VAR-5).
    pub(super) fn ways_of_arn(self, segments: &[Pattern]) -> Result<Vec<Way>, Exhausted> {
        let mut ways =
            vec![Way { template: Template { tokens: Vec::new(), fields: Fields::Six }, ..Way::default() }];
        for (nth, segment) in segments.iter().enumerate() {
            let mut more = Vec::new();
            for written in self.ways(segment)? {
                if nth < 5 && written.template.has_colon() {
                    continue;
                }
                for way in &ways {
                    let mut way = way.clone();
                    if nth > 0 {
                        way.push(Token::Text(":".to_owned()));
                    }
                    written.template.tokens.iter().for_each(|token| way.push(token.clone()));
                    way.needs.extend(written.needs.iter().cloned());
                    more.push(way);
                }
            }
            ways = more;
            if ways.len() > MOST_WAYS {
                return Err(Exhausted::Work);
            }
        }
        Ok(ways)
    }
}

/// What most patterns are: a text, perhaps with a star behind it.
pub(super) fn text(pattern: &Pattern) -> Option<(&str, End)> {
    match pattern.pieces() {
        [] => Some(("", End::Stop)),
        [Written::Text(text)] => Some((text, End::Stop)),
        [Written::Text(text), Written::Star] => Some((text, End::Star)),
        [Written::Star] => Some(("", End::Star)),
        _ => None,
    }
}

/// The texts of patterns, as [`text`] has them; none where some pattern has none.
pub(super) fn texts<'p>(patterns: &[&'p Pattern]) -> Option<Vec<(&'p str, End)>> {
    patterns.iter().map(|pattern| text(pattern)).collect()
}

/// What matches any of some patterns without variables.
pub(super) fn language_of(patterns: &[&Pattern], meter: &mut Meter) -> Result<Language, Exhausted> {
    match texts(patterns) {
        Some(texts) => Language::of_texts(texts, meter),
        None => {
            let globs = patterns.iter().map(|pattern| Template::of_closed(pattern).glob());
            Language::any_of(&globs.collect::<Vec<_>>(), meter)
        }
    }
}

impl Way {
    fn push(&mut self, token: Token) {
        self.template.push(token);
    }
}

impl Template {
    /// A pattern without variables.
    pub(super) fn of_closed(pattern: &Pattern) -> Template {
        let mut template = Template::default();
        for piece in pattern.pieces() {
            template.push(match piece {
                Written::Text(text) => Token::Text(text.clone()),
                Written::Star => Token::Star,
                Written::Question => Token::Question,
                Written::Variable(variable) => Token::Variable(Arc::from(fold(&variable.key))),
            });
        }
        template
    }

    fn push(&mut self, token: Token) {
        match (self.tokens.last_mut(), token) {
            (_, Token::Text(text)) if text.is_empty() => {}
            (Some(Token::Text(text)), Token::Text(more)) => text.push_str(&more),
            (_, token) => self.tokens.push(token),
        }
    }

    /// Whether its text has a colon.
    pub(super) fn has_colon(&self) -> bool {
        self.tokens.iter().any(|token| matches!(token, Token::Text(text) if text.contains(':')))
    }

    /// Whether some variable is in it.
    pub(super) fn has_variable(&self) -> bool {
        self.tokens.iter().any(|token| matches!(token, Token::Variable(_)))
    }

    /// The text, where it is nothing else.
    pub(super) fn as_text(&self) -> Option<&str> {
        match self.tokens.as_slice() {
            [] => Some(""),
            [Token::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The pattern, with a character of its own for each variable: where one such language is in another, so it is
    /// whatever the values of the variables. None where there are no characters left.
    pub(super) fn with_symbols(&self, symbols: &Symbols) -> Option<Glob> {
        let text = |token: &Token| match token {
            Token::Variable(key) => symbols.of_key(key).map(|symbol| Token::Text(symbol.to_string())),
            other => Some(other.clone()),
        };
        let tokens: Option<Vec<Token>> = self.tokens.iter().map(text).collect();
        Some(Template { tokens: tokens?, fields: self.fields }.glob())
    }

    /// What is necessary to match it: every variable read as any text but none.
    pub(super) fn glob(&self) -> Glob {
        let mut glob = Glob::default();
        let mut colons = 0;
        for token in &self.tokens {
            let wild = || match self.fields {
                Fields::Six if colons < 5 => Chars::NotIn(vec![':']),
                _ => Chars::Any,
            };
            match token {
                Token::Text(text) => {
                    colons += text.matches(':').count();
                    glob.extend(text.chars().map(|c| Piece::One(Chars::Only(c))));
                }
                Token::Star => glob.extend([Piece::Many(wild())]),
                Token::Question => glob.extend([Piece::One(wild())]),
                Token::Variable(_) => glob.extend([Piece::One(wild()), Piece::Many(wild())]),
            }
        }
        glob
    }

    /// Whether a text matches it, with the values that a request gives to the variables.
    pub(super) fn matches(&self, text: &str, context: &Context) -> bool {
        let mut filled = Template { tokens: Vec::new(), fields: self.fields };
        let mut colons = 0;
        for token in &self.tokens {
            match token {
                Token::Variable(key) => match Values::Of(context).of_key(key) {
                    Found::Text(value) if self.fields == Fields::Six && colons < 5 && value.contains(':') => {
                        return false;
                    }
                    Found::Text(value) => filled.push(Token::Text(value)),
                    Found::Nothing | Found::Open(_) => return false,
                },
                other => {
                    if let Token::Text(text) = other {
                        colons += text.matches(':').count();
                    }
                    filled.push(other.clone());
                }
            }
        }
        Language::of(&filled.glob(), &mut Meter::default()).is_ok_and(|language| language.accepts(text))
    }

    /// A text that matches it, with the values that a context gives to its variables.
    pub fn example(&self, context: &Context) -> Option<String> {
        let text = |token: &Token| match token {
            Token::Text(text) => Some(text.clone()),
            Token::Star => Some(String::new()),
            Token::Question => Some("x".to_owned()),
            Token::Variable(key) => match Values::Of(context).of_key(key) {
                Found::Text(text) => Some(text),
                Found::Nothing | Found::Open(_) => None,
            },
        };
        self.tokens.iter().map(text).collect()
    }

    /// The variable of a template that has one only, and the values with which it matches a text; none where there are
    /// several variables, or more parts of the text than may be tried.
    pub(super) fn solved_for(&self, text: &str) -> Option<(Arc<str>, Vec<String>)> {
        let mut keys: Vec<Arc<str>> = self.tokens.iter().filter_map(Token::variable).collect();
        keys.dedup();
        let [key] = keys.as_slice() else { return None };
        let (before, after) = match self.tokens.as_slice() {
            [Token::Text(before), .., Token::Text(after)] => (before.as_str(), after.as_str()),
            [Token::Text(before), ..] => (before.as_str(), ""),
            [.., Token::Text(after)] => ("", after.as_str()),
            _ => ("", ""),
        };
        let Some(rest) = text.strip_prefix(before).and_then(|rest| rest.strip_suffix(after)) else {
            return Some((Arc::clone(key), Vec::new()));
        };
        let is_wild = |token: Option<&Token>| matches!(token, Some(Token::Star | Token::Question));
        let (first, last) = match (before, after) {
            ("", "") => (self.tokens.first(), self.tokens.last()),
            ("", _) => (self.tokens.first(), self.tokens.iter().nth_back(1)),
            (_, "") => (self.tokens.get(1), self.tokens.last()),
            _ => (self.tokens.get(1), self.tokens.iter().nth_back(1)),
        };
        let cuts: Vec<usize> = rest.char_indices().map(|(at, _)| at).chain([rest.len()]).collect();
        // Where no wildcard is before the variable it begins with the rest, and where none is behind it ends with it.
        let starts = if is_wild(first) { cuts.as_slice() } else { &cuts[..1] };
        let is_once = self.tokens.iter().filter(|token| matches!(token, Token::Variable(_))).count() == 1;
        let ends = if is_wild(last) || !is_once { cuts.as_slice() } else { &cuts[cuts.len() - 1..] };
        if starts.len() * ends.len() > MOST_PARTS {
            return None;
        }
        let parts = starts.iter().flat_map(|&start| ends.iter().filter_map(move |&end| rest.get(start..end)));
        let fits = |part: &&str| {
            let mut context = Context::default();
            context.set(key, Value::Single((*part).to_owned()));
            self.matches(text, &context)
        };
        let values: BTreeSet<&str> = parts.filter(|part| !part.is_empty()).filter(fits).collect();
        Some((Arc::clone(key), values.into_iter().map(str::to_owned).collect()))
    }
}
