//! Whether two patterns have a text in common.

use super::{Pattern, Piece};

impl Pattern {
    /// Whether some text matches both; a variable may stand for any.
    pub fn meets(&self, other: &Pattern) -> bool {
        let (one, other) = (symbols(self), symbols(other));
        // Which ends of the second pattern are reached, after each beginning of the first.
        let mut reached = vec![false; other.len() + 1];
        if let Some(start) = reached.first_mut() {
            *start = true;
        }
        skip_stars(&mut reached, &other);
        for symbol in &one {
            let mut next = match symbol {
                Symbol::Any => reached.clone(),
                Symbol::One(_) => vec![false; other.len() + 1],
            };
            for (nth, there) in other.iter().enumerate() {
                let from = reached.get(nth).copied().unwrap_or_default();
                let (to, reads) = match (symbol, there) {
                    (Symbol::Any, Symbol::One(_)) => {
                        let from = next.get(nth).copied().unwrap_or_default();
                        (nth + 1, from)
                    }
                    (Symbol::Any, Symbol::Any) => (nth, from),
                    (Symbol::One(_), Symbol::Any) => (nth, from),
                    (Symbol::One(a), Symbol::One(b)) => {
                        (nth + 1, from && (a.is_none() || b.is_none() || a == b))
                    }
                };
                if reads && let Some(place) = next.get_mut(to) {
                    *place = true;
                }
                if *there == Symbol::Any
                    && next.get(nth).copied().unwrap_or_default()
                    && let Some(place) = next.get_mut(nth + 1)
                {
                    *place = true;
                }
            }
            reached = next;
        }
        reached.last().copied().unwrap_or_default()
    }
}

fn skip_stars(reached: &mut [bool], symbols: &[Symbol]) {
    for (nth, symbol) in symbols.iter().enumerate() {
        if *symbol == Symbol::Any
            && reached.get(nth).copied().unwrap_or_default()
            && let Some(place) = reached.get_mut(nth + 1)
        {
            *place = true;
        }
    }
}

/// One character, which may be any, or any number of characters.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Symbol {
    One(Option<char>),
    Any,
}

fn symbols(pattern: &Pattern) -> Vec<Symbol> {
    let mut symbols = Vec::new();
    for piece in pattern.pieces() {
        match piece {
            Piece::Text(text) => symbols.extend(text.chars().map(|c| Symbol::One(Some(c)))),
            Piece::Question => symbols.push(Symbol::One(None)),
            Piece::Star | Piece::Variable(_) => symbols.push(Symbol::Any),
        }
    }
    symbols
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::pattern::Syntax;

    fn pattern(text: &str) -> Pattern {
        Pattern::parse(text, Syntax { wildcards: true, variables: true }).0
    }

    #[test]
    fn patterns_meet_where_some_text_matches_both() {
        for (one, other) in
            [("a*", "*b"), ("*", ""), ("a?c", "abc"), ("x*y*z", "*y"), ("", ""), ("a*b*", "ab"), ("**", "q")]
        {
            let expected = one != "x*y*z";
            assert_eq!(pattern(one).meets(&pattern(other)), expected, "{one} {other}");
            assert_eq!(pattern(other).meets(&pattern(one)), expected, "{other} {one}");
        }
        assert!(!pattern("bucket").meets(&pattern("*/*")));
        assert!(pattern("b*").meets(&pattern("*/*")));
    }
}
