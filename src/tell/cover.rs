//! Which of two patterns says more, as far as reading them tells.
//!
//! Both questions may be answered *no* where the truth is *yes*; a *yes* is right. So what is left out because of them
//! changes nothing, and what they miss is only told at greater length.

use crate::pattern::{Pattern, Piece};
use crate::policy::{ActionPattern, PrincipalEntry, ResourcePattern};

/// What an entry of a list is compared by.
pub(super) trait Entry: Clone + PartialEq {
    /// Whether it matches everything.
    fn is_everything(&self) -> bool;
    /// Whether it surely matches all that the other does.
    fn covers(&self, other: &Self) -> bool;
    /// Whether surely nothing matches both.
    fn is_apart_from(&self, other: &Self) -> bool;
}

impl Entry for ActionPattern {
    fn is_everything(&self) -> bool {
        match self {
            ActionPattern::Every => true,
            ActionPattern::Named { service, name } => service.is_none() && name.is_all_stars(),
        }
    }

    fn covers(&self, other: &Self) -> bool {
        if self.is_everything() {
            return true;
        }
        let (ActionPattern::Named { service, name }, ActionPattern::Named { service: of_other, name: other }) =
            (self, other)
        else {
            return false;
        };
        let fits = match (service, of_other) {
            (None, _) => true,
            (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
            (Some(_), None) => false,
        };
        fits && covers(name, other, Letters::InAnyCase)
    }

    fn is_apart_from(&self, other: &Self) -> bool {
        let (ActionPattern::Named { service, name }, ActionPattern::Named { service: of_other, name: other }) =
            (self, other)
        else {
            return false;
        };
        let differ = service
            .as_ref()
            .zip(of_other.as_ref())
            .is_some_and(|(one, other)| !one.eq_ignore_ascii_case(other));
        differ || are_apart(name, other, Letters::InAnyCase)
    }
}

impl Entry for ResourcePattern {
    fn is_everything(&self) -> bool {
        *self == ResourcePattern::Every
    }

    fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (ResourcePattern::Every, _) => true,
            (ResourcePattern::Arn(one), ResourcePattern::Arn(other)) => {
                one == other
                    || (one.len() == 6
                        && other.len() == 6
                        && one.iter().zip(other).all(|(one, other)| covers(one, other, Letters::AsWritten)))
            }
            (ResourcePattern::Arn(_), ResourcePattern::Every) => false,
        }
    }

    fn is_apart_from(&self, other: &Self) -> bool {
        match (self, other) {
            (ResourcePattern::Arn(one), ResourcePattern::Arn(other)) => {
                one.len() == 6
                    && other.len() == 6
                    && one.iter().zip(other).any(|(one, other)| are_apart(one, other, Letters::AsWritten))
            }
            _ => false,
        }
    }
}

impl Entry for PrincipalEntry {
    fn is_everything(&self) -> bool {
        *self == PrincipalEntry::Everyone
    }

    fn covers(&self, other: &Self) -> bool {
        self == other
    }

    fn is_apart_from(&self, _: &Self) -> bool {
        false
    }
}

/// Whether one pattern matches all that another does: the other is read as a text in which wildcards and variables are
/// characters that only `*` matches, and `?` also `?`.
pub(crate) fn covers(pattern: &Pattern, other: &Pattern, letters: Letters) -> bool {
    let (pattern, text) = (symbols(pattern, letters), symbols(other, letters));
    let (mut at, mut reached, mut retry) = (0, 0, None);
    while reached < text.len() {
        match (pattern.get(at), text.get(reached)) {
            (Some(Symbol::Star), _) => {
                retry = Some((at, reached));
                at += 1;
            }
            (Some(Symbol::Question), Some(Symbol::Question | Symbol::Char(_))) => {
                (at, reached) = (at + 1, reached + 1);
            }
            (Some(one), Some(other)) if one == other => (at, reached) = (at + 1, reached + 1),
            _ => match retry {
                Some((star, from)) => {
                    retry = Some((star, from + 1));
                    (at, reached) = (star + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern.get(at..).is_some_and(|rest| rest.iter().all(|symbol| *symbol == Symbol::Star))
}

/// Whether two patterns differ in a character before the first wildcard or behind the last, or one is longer than the
/// other can be.
fn are_apart(one: &Pattern, other: &Pattern, letters: Letters) -> bool {
    let (one, other) = (symbols(one, letters), symbols(other, letters));
    let differ = |pair: (&Symbol<'_>, &Symbol<'_>)| match pair {
        (Symbol::Char(one), Symbol::Char(other)) => Some(one != other),
        (Symbol::Question, Symbol::Char(_)) | (Symbol::Char(_), Symbol::Question) => Some(false),
        (Symbol::Question, Symbol::Question) => Some(false),
        _ => None,
    };
    let least = |symbols: &[Symbol<'_>]| {
        symbols.iter().filter(|symbol| matches!(symbol, Symbol::Char(_) | Symbol::Question)).count()
    };
    let is_too_long_for =
        |other: &[Symbol<'_>], one: &[Symbol<'_>]| least(one) == one.len() && least(other) > one.len();
    is_too_long_for(&one, &other)
        || is_too_long_for(&other, &one)
        || one.iter().zip(&other).map_while(differ).any(|differ| differ)
        || one.iter().rev().zip(other.iter().rev()).map_while(differ).any(|differ| differ)
}

/// How letters compare (R-ACT-2, R-RES-3).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Letters {
    /// `a` is not `A`.
    AsWritten,
    /// `a` is `A`.
    InAnyCase,
}

#[derive(PartialEq)]
enum Symbol<'p> {
    Char(char),
    Star,
    Question,
    Variable(&'p crate::pattern::Variable),
}

fn symbols(pattern: &Pattern, letters: Letters) -> Vec<Symbol<'_>> {
    let folded = |c: char| match letters {
        Letters::AsWritten => c,
        Letters::InAnyCase => c.to_ascii_lowercase(),
    };
    let mut symbols = Vec::new();
    for piece in pattern.pieces() {
        match piece {
            Piece::Text(text) => symbols.extend(text.chars().map(folded).map(Symbol::Char)),
            Piece::Star => symbols.push(Symbol::Star),
            Piece::Question => symbols.push(Symbol::Question),
            Piece::Variable(variable) => symbols.push(Symbol::Variable(variable)),
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
    fn a_pattern_covers_what_is_surely_in_it() {
        for (one, other) in
            [("Get*", "GetObject"), ("*", "a?*"), ("a?c", "a?c"), ("*b*", "a*b"), ("a*", "a${k}")]
        {
            assert!(covers(&pattern(one), &pattern(other), Letters::AsWritten), "{one} {other}");
        }
        for (one, other) in [("GetObject", "Get*"), ("a?", "a*"), ("a?", "a${k}"), ("*b", "a*")] {
            assert!(!covers(&pattern(one), &pattern(other), Letters::AsWritten), "{one} {other}");
        }
    }

    #[test]
    fn patterns_are_apart_by_their_ends() {
        for (one, other) in [("Get*", "Put*"), ("a*x", "b"), ("*x", "*y"), ("ab", "abc")] {
            assert!(are_apart(&pattern(one), &pattern(other), Letters::AsWritten), "{one} {other}");
        }
        for (one, other) in [("Get*", "*Object"), ("a?", "ab"), ("a", "a${k}")] {
            assert!(!are_apart(&pattern(one), &pattern(other), Letters::AsWritten), "{one} {other}");
        }
    }
}
