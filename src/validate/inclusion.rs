//! Which pattern is within which, and whether two can match the same: exactly, but for what variables stand for.

use crate::algebra::{Chars, Glob, Language, Meter, Piece as GlobPiece, SetAlgebra};
use crate::pattern::{Pattern, Piece};
use crate::tell::{Letters, covers};

/// Whether one pattern matches whatever another does.
///
/// Reading them decides it where the other has no wildcards, or neither has a `?`; else their sets do. What is too hard
/// for the meter is taken to be no: then less is told.
pub(super) fn includes(pattern: &Pattern, other: &Pattern, letters: Letters, meter: &mut Meter) -> bool {
    if begin_apart(pattern, other, letters) {
        return false;
    }
    if covers(pattern, other, letters) {
        return true;
    }
    let asks = |pattern: &Pattern| pattern.pieces().contains(&Piece::Question);
    if !pattern.has_star() || other.as_text().is_some() || !(asks(pattern) || asks(other)) {
        return false;
    }
    let (Some(whole), Some(part)) = (glob(pattern, letters), glob(other, letters)) else { return false };
    let within = Language::of(&whole, meter)
        .and_then(|whole| Ok((whole, Language::of(&part, meter)?)))
        .and_then(|(whole, part)| part.is_subset(&whole, meter));
    within.unwrap_or(false)
}

/// Whether a pattern matches a name, whatever the case of its letters.
pub(super) fn matches(pattern: &Pattern, name: &Pattern) -> bool {
    !begin_apart(pattern, name, Letters::InAnyCase) && covers(pattern, name, Letters::InAnyCase)
}

/// Whether the texts that both begin with differ: then nothing matches both.
fn begin_apart(pattern: &Pattern, other: &Pattern, letters: Letters) -> bool {
    let (Some(Piece::Text(one)), Some(Piece::Text(other))) =
        (pattern.pieces().first(), other.pieces().first())
    else {
        return false;
    };
    let differ = |(one, other): (u8, u8)| match letters {
        Letters::AsWritten => one != other,
        Letters::InAnyCase => one.is_ascii() && other.is_ascii() && !one.eq_ignore_ascii_case(&other),
    };
    one.bytes().zip(other.bytes()).take_while(|(one, other)| one.is_ascii() && other.is_ascii()).any(differ)
}

/// The pattern as a set's; `None` where a variable is in it.
fn glob(pattern: &Pattern, letters: Letters) -> Option<Glob> {
    let mut glob = Glob::default();
    for piece in pattern.pieces() {
        match piece {
            Piece::Text(text) => glob.extend(text.chars().map(|c| match letters {
                Letters::AsWritten => GlobPiece::One(Chars::Only(c)),
                Letters::InAnyCase => GlobPiece::One(Chars::any_case(c)),
            })),
            Piece::Star => glob.extend([GlobPiece::Many(Chars::Any)]),
            Piece::Question => glob.extend([GlobPiece::One(Chars::Any)]),
            Piece::Variable(_) => return None,
        }
    }
    Some(glob)
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::pattern::Syntax;

    fn pattern(text: &str) -> Pattern {
        Pattern::parse(text, Syntax { wildcards: true, variables: true }).0
    }

    #[test]
    fn inclusion_is_exact() {
        for (one, other) in [("Get*", "GetObject"), ("?*", "*?"), ("?*", "*a"), ("*", "?"), ("a*", "a${k}")] {
            assert!(
                includes(&pattern(one), &pattern(other), Letters::AsWritten, &mut Meter::default()),
                "{one} {other}"
            );
        }
        for (one, other) in [("?*", "*"), ("a?*", "a*"), ("GetObject", "Get*"), ("A*", "a*")] {
            assert!(
                !includes(&pattern(one), &pattern(other), Letters::AsWritten, &mut Meter::default()),
                "{one} {other}"
            );
        }
        assert!(includes(&pattern("A?*"), &pattern("ab"), Letters::InAnyCase, &mut Meter::default()));
    }
}
