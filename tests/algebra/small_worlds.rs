//! Worlds that are small enough to look at every pair.

use std::collections::{HashMap, HashSet};

use iamdb::algebra::{Chars, Glob, Language, Meter, Piece, Region, SetAlgebra, Several, Text};
use itertools::Itertools;

use super::instances::{fits, strings};

/// Every pattern of up to three symbols.
fn globs() -> Vec<Glob> {
    strings(&['a', 'b', '*', '?'], 3).iter().map(|text| Glob::parse(text)).collect()
}

/// Which strings are members, for every string that could tell two of these sets apart.
fn members(is_member: impl Fn(&str) -> bool) -> Vec<bool> {
    strings(&['a', 'b', 'c'], 6).iter().map(|text| is_member(text)).collect()
}

#[test]
fn every_pattern_accepts_what_it_says_and_equal_ones_are_equal() {
    let meter = &mut Meter::default();
    let mut by_members: HashMap<Vec<bool>, Language> = HashMap::new();
    let mut languages = Vec::new();
    for glob in globs() {
        let language = Language::of(&glob, meter).unwrap();
        let oracle = |text: &str| fits(glob.pieces(), &text.chars().collect::<Vec<_>>());
        let members = members(oracle);
        assert_eq!(members, self::members(|text| language.accepts(text)), "{glob:?}");
        let equal = by_members.entry(members).or_insert_with(|| language.clone());
        assert_eq!(*equal, language, "{glob:?}");
        languages.push(language);
    }
    let distinct = languages.iter().enumerate().filter(|(nth, it)| !languages[..*nth].contains(it)).count();
    assert_eq!(distinct, by_members.len());
}

/// Every pair of patterns, in every operation: the same strings, and equal exactly where the strings are.
#[test]
fn every_pair_agrees_string_by_string() {
    let meter = &mut Meter::default();
    let strings = strings(&['a', 'b', 'c'], 4);
    let languages: Vec<Language> =
        globs().iter().map(|glob| Language::of(glob, meter).unwrap()).unique().collect();
    let mut by_members: HashMap<Vec<bool>, Language> = HashMap::new();
    let mut seen = HashSet::new();
    for (left, right) in languages.iter().cartesian_product(&languages) {
        let meter = &mut Meter::default();
        let made = [
            left.intersection(right, meter).unwrap(),
            left.union(right, meter).unwrap(),
            left.difference(right, meter).unwrap(),
        ];
        for text in &strings {
            let (in_left, in_right) = (left.accepts(text), right.accepts(text));
            let expected = [in_left && in_right, in_left || in_right, in_left && !in_right];
            assert_eq!(made.each_ref().map(|language| language.accepts(text)), expected, "{text}");
        }
        for language in made {
            if language.size() <= 4 && seen.insert(language.clone()) {
                // Two machines of so few states differ on a string of these lengths, if they differ.
                let equal = by_members
                    .entry(members(|text| language.accepts(text)))
                    .or_insert_with(|| language.clone());
                assert_eq!(*equal, language);
            }
        }
    }
}

/// Two letters, sets of up to all strings of length one: every union and intersection of "all in" and "some in".
#[test]
fn every_set_of_values_agrees() {
    let meter = &mut Meter::default();
    let bases: Vec<Language> = ["", "a", "b", "?", "*", "a*", "?*"]
        .iter()
        .map(|text| Language::of(&Glob::parse(text), meter).unwrap())
        .collect();
    let values = strings(&['a', 'b', 'c'], 2);
    let sets: Vec<Vec<String>> = (2..=3).flat_map(|size| values.iter().cloned().combinations(size)).collect();
    let mut made = Vec::new();
    for base in &bases {
        let all = Region::<Several<Text>>::all_in(base, meter).unwrap();
        let some = Region::<Several<Text>>::some_in(base, meter).unwrap();
        for set in &sets {
            assert_eq!(all.contains(set), set.iter().all(|value| base.accepts(value)));
            assert_eq!(some.contains(set), set.iter().any(|value| base.accepts(value)));
        }
        let dual = Region::<Several<Text>>::some_in(&base.complement(), meter).unwrap();
        assert_eq!(all.complement(), dual, "not all in a set is some outside of it");
        made.extend([all, some]);
    }
    // Three different strings and one more tell everything apart here, so equal answers mean equal sets.
    let mut by_members: HashMap<Vec<bool>, Region<Several<Text>>> = HashMap::new();
    for (left, right) in made.iter().cartesian_product(&made) {
        let (both, either) = (left.intersection(right, meter).unwrap(), left.union(right, meter).unwrap());
        for set in &sets {
            assert_eq!(both.contains(set), left.contains(set) && right.contains(set), "{set:?}");
            assert_eq!(either.contains(set), left.contains(set) || right.contains(set), "{set:?}");
        }
        for region in [both, either] {
            let members: Vec<bool> = sets.iter().map(|set| region.contains(set)).collect();
            let equal = by_members.entry(members).or_insert_with(|| region.clone());
            assert_eq!(*equal, region);
        }
    }
}

/// The characters of any case are those that have one lower case, over all of Unicode.
#[test]
fn any_case_is_equality_of_lower_case_for_every_character() {
    let simple = |c: char| if c == '\u{130}' { 'i' } else { c.to_lowercase().next().unwrap() };
    let mut alike: HashMap<char, Vec<char>> = HashMap::new();
    for c in '\0'..=char::MAX {
        alike.entry(simple(c)).or_default().push(c);
    }
    for (lower, members) in alike.iter().filter(|(lower, members)| members.len() > 1 || lower.is_ascii()) {
        let found = match Chars::any_case(members[0]) {
            Chars::Only(c) => vec![c],
            Chars::In(list) => list,
            other => panic!("{other:?}"),
        };
        let mut members = members.clone();
        members.sort_unstable();
        let mut sorted = found.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, members, "{lower:?}");
        assert_eq!(Chars::any_case(*lower), Chars::any_case(members[0]));
    }
}

/// A member is short, of plain characters, and can be asked to be another.
#[test]
fn witnesses_are_plain() {
    let meter = &mut Meter::default();
    let cases = [("get*", "get"), ("*a?", "aa"), ("?", "a"), ("", ""), ("x*y", "xy")];
    for (glob, expected) in cases {
        let language = Language::of(&Glob::parse(glob), meter).unwrap();
        assert_eq!(language.witness().as_deref(), Some(expected));
    }
    let get = Language::of(&Glob::parse("get*"), meter).unwrap();
    assert_eq!(get.witness_unlike(&["get", "geta", "getb"], meter).unwrap().as_deref(), Some("getc"));
    let one = Language::of(&Glob::literal("x"), meter).unwrap();
    assert_eq!(one.witness_unlike(&["x"], meter).unwrap(), None);
}

/// A list as long as the longest that is known takes the time of reading it.
#[test]
fn a_long_list_is_read_at_once() {
    let globs: Vec<Glob> =
        (0..1_548).map(|nth| Glob::literal(&format!("describe-something-{nth}"))).collect();
    let meter = &mut Meter::default();
    let before = meter.left().work;
    let language = Language::any_of(&globs, meter).unwrap();
    assert!(before - meter.left().work < 300_000, "{}", before - meter.left().work);
    assert!(language.accepts("describe-something-1547") && !language.accepts("describe-something-1548"));
    let shuffled: Vec<Glob> = globs.into_iter().rev().collect();
    assert_eq!(language, Language::any_of(&shuffled, meter).unwrap());
}

/// Patterns with many stars are one machine as long as they are, not a power of it.
#[test]
fn many_stars_in_one_pattern_are_cheap() {
    let meter = &mut Meter::default();
    let language = Language::of(&Glob::parse("*a*b*a*b*a*b*a*b*a*b*a*b*a*b*a*b*"), meter).unwrap();
    assert_eq!(language.size(), 17);
}

/// A machine all of whose states say no is the empty set, whatever they were read from.
#[test]
fn a_piece_of_no_characters_fits_nothing() {
    let meter = &mut Meter::default();
    let glob = Glob::from_iter([Piece::Many(Chars::Any), Piece::One(Chars::In(Vec::new()))]);
    assert_eq!(Language::of(&glob, meter).unwrap(), Language::empty());
    let ab = Language::of(&Glob::parse("ab*c"), meter).unwrap();
    assert_eq!(ab.between("b", "", meter).unwrap(), Language::empty());
}

/// What stands between two texts is a member of the quotient exactly if the whole is a member; and the quotient is
/// canonical.
#[test]
fn a_quotient_has_what_stands_between() {
    let meter = &mut Meter::default();
    let texts = strings(&['a', 'b'], 3);
    for glob in ["", "*", "a*", "*b", "a*b", "?b*", "ab", "*a*b*", "a?b?", "bab"] {
        let language = Language::of(&Glob::parse(glob), meter).unwrap();
        for (before, after) in texts.iter().cartesian_product(&texts) {
            let between = language.between(before, after, meter).unwrap();
            for text in &texts {
                let whole = format!("{before}{text}{after}");
                assert_eq!(between.accepts(text), language.accepts(&whole), "{glob} {whole}");
            }
            assert_eq!(between, between.complement().complement());
        }
    }
    let literal = Language::of(&Glob::literal("xay"), meter).unwrap();
    assert_eq!(literal.between("x", "y", meter).unwrap(), Language::of(&Glob::literal("a"), meter).unwrap());
    let star = Language::of(&Glob::parse("x*y"), meter).unwrap();
    assert_eq!(star.between("x", "y", meter).unwrap(), Language::full());
}
