//! Diagrams: as an instance of the laws, and what is theirs alone.

use std::cell::RefCell;
use std::net::IpAddr;

use bigdecimal::BigDecimal;
use iamdb::algebra::diagram::{Assignment, Datum, Predicate};
use iamdb::algebra::{
    Arena, Budget, End, Exhausted, Flag, Glob, Held, Keyed, Language, Meter, Region, Set, SetAlgebra, Text,
};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::TestCaseError;

use super::instances::{Flags, KeysOf, Numbers, Texts};
use super::{Instance, Said, holds, set};

/// Levels of every kind of kind, in the order of paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Level {
    Switch,
    Name,
    Tag,
    Path,
    Size,
    Light,
}

/// A coordinate for each of them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Place {
    switch: bool,
    name: String,
    tag: Held<String>,
    path: String,
    size: Held<BigDecimal>,
    light: Held<bool>,
}

impl Assignment<Level> for Place {
    fn flag(&self, _: &Level) -> bool {
        self.switch
    }

    fn text(&self, level: &Level) -> &str {
        if *level == Level::Name { &self.name } else { &self.path }
    }

    fn flag_key(&self, _: &Level) -> Held<bool> {
        self.light.clone()
    }

    fn text_key(&self, _: &Level) -> Held<String> {
        self.tag.clone()
    }

    fn number_key(&self, _: &Level) -> Held<BigDecimal> {
        self.size.clone()
    }

    fn instant_key(&self, _: &Level) -> Held<i64> {
        Held::Absent
    }

    fn address_key(&self, _: &Level) -> Held<IpAddr> {
        Held::Absent
    }
}

impl Place {
    fn plain() -> Place {
        Place {
            switch: false,
            name: "ab".to_owned(),
            tag: Held::Absent,
            path: String::new(),
            size: Held::Absent,
            light: Held::One(true),
        }
    }

    fn with(mut self, level: Level, datum: Datum) -> Place {
        match (level, datum) {
            (_, Datum::Flag(value)) => self.switch = value,
            (Level::Name, Datum::Text(value)) => self.name = value,
            (_, Datum::Text(value)) => self.path = value,
            (_, Datum::TextKey(value)) => self.tag = value,
            (_, Datum::NumberKey(value)) => self.size = value,
            (_, Datum::FlagKey(value)) => self.light = value,
            (level, datum) => panic!("{level:?} has no {datum:?}"),
        }
        self
    }

    fn datum(&self, level: Level) -> Datum {
        match level {
            Level::Switch => Datum::Flag(self.switch),
            Level::Name => Datum::Text(self.name.clone()),
            Level::Tag => Datum::TextKey(self.tag.clone()),
            Level::Path => Datum::Text(self.path.clone()),
            Level::Size => Datum::NumberKey(self.size.clone()),
            Level::Light => Datum::FlagKey(self.light.clone()),
        }
    }
}

/// One predicate on one level.
#[derive(Debug, Clone)]
pub(super) enum Atom {
    Switch(<Flags as Instance>::Atom),
    Name(<Texts as Instance>::Atom),
    Tag(<KeysOf<Texts> as Instance>::Atom),
    Path(<Texts as Instance>::Atom),
    Size(<KeysOf<Numbers> as Instance>::Atom),
    Light(<KeysOf<Flags> as Instance>::Atom),
}

impl Atom {
    fn predicate(&self, meter: &mut Meter) -> Result<(Level, Predicate), Exhausted> {
        Ok(match self {
            Atom::Switch(atom) => (Level::Switch, Flags::build(atom, meter)?.into()),
            Atom::Name(atom) => (Level::Name, Texts::build(atom, meter)?.into()),
            Atom::Tag(atom) => (Level::Tag, KeysOf::<Texts>::build(atom, meter)?.into()),
            Atom::Path(atom) => (Level::Path, Texts::build(atom, meter)?.into()),
            Atom::Size(atom) => (Level::Size, KeysOf::<Numbers>::build(atom, meter)?.into()),
            Atom::Light(atom) => (Level::Light, KeysOf::<Flags>::build(atom, meter)?.into()),
        })
    }
}

thread_local! {
    /// The laws have no place for an arena, so there is one for each test.
    static ARENA: RefCell<Arena<Level>> = RefCell::new(Arena::new(Budget::default()));
}

fn with<T>(work: impl FnOnce(&mut Arena<Level>) -> T) -> T {
    ARENA.with(|arena| work(&mut arena.borrow_mut()))
}

/// A set in the arena of the test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Here(Set);

impl SetAlgebra for Here {
    type Point = Place;

    fn empty() -> Here {
        Here(Set::EMPTY)
    }

    fn complement(&self) -> Here {
        Here(with(|arena| arena.complement(self.0)).unwrap())
    }

    fn intersection(&self, other: &Here, _: &mut Meter) -> Result<Here, Exhausted> {
        with(|arena| arena.intersection([self.0, other.0])).map(Here).map_err(|error| error.what)
    }

    fn union(&self, other: &Here, _: &mut Meter) -> Result<Here, Exhausted> {
        with(|arena| arena.union([self.0, other.0])).map(Here).map_err(|error| error.what)
    }

    fn difference(&self, other: &Here, _: &mut Meter) -> Result<Here, Exhausted> {
        with(|arena| arena.difference([self.0], [other.0])).map(Here).map_err(|error| error.what)
    }

    fn contains(&self, point: &Place) -> bool {
        with(|arena| arena.contains(self.0, point))
    }

    fn witness(&self) -> Option<Place> {
        let coordinates = with(|arena| arena.witness(self.0))?;
        Some(coordinates.into_iter().fold(Place::plain(), |place, (level, datum)| place.with(level, datum)))
    }
}

/// Sets in six coordinates.
pub(super) struct Diagrams;

impl Instance for Diagrams {
    type Set = Here;
    type Atom = Atom;

    fn begin() {
        with(|arena| *arena = Arena::new(Budget::default()));
    }

    fn build(atom: &Atom, meter: &mut Meter) -> Result<Here, Exhausted> {
        let (level, predicate) = atom.predicate(meter)?;
        with(|arena| arena.atom(level, predicate)).map(Here).map_err(|error| error.what)
    }

    fn holds(atom: &Atom, point: &Place) -> bool {
        match atom {
            Atom::Switch(atom) => Flags::holds(atom, &point.switch),
            Atom::Name(atom) => Texts::holds(atom, &point.name),
            Atom::Tag(atom) => KeysOf::<Texts>::holds(atom, &point.tag),
            Atom::Path(atom) => Texts::holds(atom, &point.path),
            Atom::Size(atom) => KeysOf::<Numbers>::holds(atom, &point.size),
            Atom::Light(atom) => KeysOf::<Flags>::holds(atom, &point.light),
        }
    }

    fn atoms() -> BoxedStrategy<Atom> {
        prop_oneof![
            1 => Flags::atoms().prop_map(Atom::Switch),
            3 => Texts::atoms().prop_map(Atom::Name),
            2 => KeysOf::<Texts>::atoms().prop_map(Atom::Tag),
            2 => Texts::atoms().prop_map(Atom::Path),
            1 => KeysOf::<Numbers>::atoms().prop_map(Atom::Size),
            1 => KeysOf::<Flags>::atoms().prop_map(Atom::Light),
        ]
        .boxed()
    }

    fn points() -> Vec<Place> {
        let names = ["", "a", "b", "ab", "ba", "aab", "abab", "k"].map(str::to_owned);
        let tags = [
            Held::Absent,
            Held::One("a".to_owned()),
            Held::One("bb".to_owned()),
            Held::Many(vec!["a".to_owned(), "b".to_owned()]),
            Held::Many(vec!["aa".to_owned(), "ab".to_owned(), String::new()]),
        ];
        let paths = ["", "b", "ab", "bab"].map(str::to_owned);
        let nine: BigDecimal = "9.5".parse().unwrap();
        let sizes = [Held::Absent, Held::One(nine.clone()), Held::Many(vec![nine, BigDecimal::from(10)])];
        let lights = [Held::Absent, Held::One(false), Held::One(true), Held::Many(vec![false, true])];
        // Not the product of all, which is too many, but every pair of neighbours.
        (0..120)
            .map(|nth| Place {
                switch: nth % 2 == 0,
                name: names[nth % 8].clone(),
                tag: tags[nth % 5].clone(),
                path: paths[nth / 2 % 4].clone(),
                size: sizes[nth % 3].clone(),
                light: lights[nth / 8 % 4].clone(),
            })
            .collect()
    }
}

fn said() -> BoxedStrategy<Said<Atom>> {
    Said::strategy(Diagrams::atoms())
}

/// A set in the arena of the test; a case that is too large is left out.
fn built(said: &Said<Atom>) -> Result<Here, TestCaseError> {
    set::<Diagrams>(said, &mut Meter::default()).map_err(|what| TestCaseError::reject(what.to_string()))
}

fn boxes() -> impl Strategy<Value = Vec<Vec<Atom>>> {
    prop::collection::vec(prop::collection::vec(Diagrams::atoms(), 0..5), 0..7)
}

fn in_box(atoms: &[Atom], point: &Place) -> bool {
    atoms.iter().all(|atom| Diagrams::holds(atom, point))
}

/// Some short texts, which may go on or not, with what must hold beside.
type List = (Vec<(String, End)>, Option<Atom>);

fn lists() -> impl Strategy<Value = Vec<List>> {
    let end = select(vec![End::Star, End::Stop]);
    let texts = prop::collection::vec(("[ab]{0,4}", end), 0..5);
    prop::collection::vec((texts, prop::option::of(Diagrams::atoms())), 0..6)
}

proptest! {
    /// Lists of texts are the boxes of these texts, and unite to the same: at once, one by one, and as complements.
    #[test]
    fn lists_are_boxes(lists in lists(), order in any::<Index>()) {
        let meter = &mut Meter::default();
        let mut arena = Arena::new(Budget::default());
        let mut sets = Vec::new();
        for (texts, beside) in &lists {
            let below = match beside {
                Some(atom) => arena.all_of([atom.predicate(meter).unwrap()]).unwrap(),
                None => Set::FULL,
            };
            let list = texts.iter().map(|(text, end)| (text.as_str(), *end)).collect();
            let set = arena.by_beginning(Level::Name, list, below).unwrap();
            let glob = |(text, end): &(String, End)| {
                Glob::parse(&format!("{text}{}", if *end == End::Star { "*" } else { "" }))
            };
            let globs: Vec<Glob> = texts.iter().map(glob).collect();
            let language = Language::any_of(&globs, meter).unwrap();
            let named = arena.atom(Level::Name, language).unwrap();
            prop_assert_eq!(set, arena.intersection([named, below]).unwrap());
            sets.push(set);
        }
        let at_once = arena.union(sets.clone()).unwrap();
        let mut others = Vec::new();
        for &set in &sets {
            others.push(arena.complement(set).unwrap());
        }
        let none = arena.intersection(others).unwrap();
        prop_assert_eq!(arena.complement(none).unwrap(), at_once);
        if !sets.is_empty() {
            let middle = order.index(sets.len());
            sets.rotate_left(middle);
        }
        let mut folded = Set::EMPTY;
        for &set in &sets {
            folded = arena.union([folded, set]).unwrap();
        }
        prop_assert_eq!(folded, at_once);
        for point in Diagrams::points() {
            let fits = |(text, end): &(String, End)| match end {
                End::Star => point.name.starts_with(text),
                End::Stop => point.name == *text,
            };
            let is_member = lists.iter().any(|(texts, beside)| {
                texts.iter().any(fits) && beside.as_ref().is_none_or(|atom| Diagrams::holds(atom, &point))
            });
            prop_assert_eq!(arena.contains(at_once, &point), is_member, "{:?}", point);
        }
    }

    /// Texts that lead to different sets are the union of what leads to each.
    #[test]
    fn texts_by_case_are_lists_of_one(cases in prop::collection::btree_map("[ab]{0,3}", Diagrams::atoms(), 0..6)) {
        let meter = &mut Meter::default();
        let mut arena = Arena::new(Budget::default());
        let (mut by_text, mut alone) = (Vec::new(), Vec::new());
        for (text, atom) in &cases {
            let below = arena.all_of([atom.predicate(meter).unwrap()]).unwrap();
            by_text.push((text.as_str(), below));
            alone.push(arena.by_beginning(Level::Name, vec![(text, End::Stop)], below).unwrap());
        }
        by_text.reverse();
        prop_assert_eq!(arena.by_text(Level::Name, &by_text).unwrap(), arena.union(alone).unwrap());
    }

    /// One union of many boxes is what folding them gives, in any order, whatever came up first in the arena.
    #[test]
    fn boxes_at_once_are_boxes_one_by_one(boxes in boxes(), order in any::<Index>()) {
        let meter = &mut Meter::default();
        let mut arena = Arena::new(Budget::default());
        let mut sets = Vec::new();
        for atoms in &boxes {
            let predicates: Vec<_> = atoms.iter().map(|atom| atom.predicate(meter).unwrap()).collect();
            sets.push(arena.all_of(predicates).unwrap());
        }
        // What is too large at once for the budget is no case.
        let at_once = arena.union(sets.clone());
        prop_assume!(at_once.is_ok());
        let at_once = at_once.unwrap();
        let mut folded = Set::EMPTY;
        if !sets.is_empty() {
            let middle = order.index(sets.len());
            sets.rotate_left(middle);
        }
        for &set in &sets {
            folded = arena.union([folded, set]).unwrap();
        }
        prop_assert_eq!(at_once, folded);
        for point in Diagrams::points() {
            let is_member = boxes.iter().any(|atoms| in_box(atoms, &point));
            prop_assert_eq!(arena.contains(at_once, &point), is_member, "{:?}", point);
        }
        // The intersection of all complements, at once, is the complement.
        let mut others = Vec::new();
        for &set in &sets {
            others.push(arena.complement(set).unwrap());
        }
        let none = arena.intersection(others).unwrap();
        prop_assert_eq!(none, arena.complement(at_once).unwrap());
        // Of several, without several.
        let (plus, minus) = sets.split_at(sets.len() / 2);
        let (plus, minus) = (plus.to_vec(), minus.to_vec());
        let left = arena.union(plus.clone()).unwrap();
        let right = arena.union(minus.clone()).unwrap();
        let expected = arena.difference([left], [right]).unwrap();
        prop_assert_eq!(arena.difference(plus, minus).unwrap(), expected);
    }

    /// The order in which levels come up has no effect on what is equal, nor on membership.
    #[test]
    fn levels_may_come_up_in_any_order(left in said(), right in said(), first in select(vec![0, 1])) {
        Diagrams::begin();
        let (a, b) = (built(&left)?, built(&right)?);
        let was_equal = a == b;
        Diagrams::begin();
        // Here the last levels come up first.
        let late = Atom::Light(super::instances::Asked::Absent);
        Diagrams::build(&late, &mut Meter::default()).unwrap();
        let (a, b) = if first == 0 {
            let b = built(&right)?;
            (built(&left)?, b)
        } else {
            (built(&left)?, built(&right)?)
        };
        prop_assert_eq!(a == b, was_equal);
    }

    /// The regions have no point in common and together are the set.
    #[test]
    fn regions_are_a_partition_of_the_set(said in said()) {
        Diagrams::begin();
        let whole = built(&said)?;
        let regions: Vec<_> = with(|arena| arena.regions(whole.0).take(200).collect::<Result<_, _>>()).unwrap();
        prop_assume!(regions.len() < 200);
        let sets: Vec<Set> =
            regions.into_iter().map(|region: Vec<_>| with(|arena| arena.all_of(region)).unwrap()).collect();
        prop_assert_eq!(with(|arena| arena.union(sets.clone())).unwrap(), whole.0);
        let mut seen = Set::EMPTY;
        for set in sets {
            prop_assert_ne!(set, Set::EMPTY);
            prop_assert!(with(|arena| arena.is_disjoint(seen, set)).unwrap());
            seen = with(|arena| arena.union([seen, set])).unwrap();
        }
    }

    /// A restricted set holds of what the set holds of once the coordinate is replaced.
    #[test]
    fn restriction_replaces_a_coordinate(said in said(), at in any::<Index>(), from in any::<Index>()) {
        Diagrams::begin();
        let whole = built(&said)?;
        let levels = [Level::Switch, Level::Name, Level::Tag, Level::Path, Level::Size, Level::Light];
        let level = levels[at.index(levels.len())];
        let points = Diagrams::points();
        let datum = points[from.index(points.len())].datum(level);
        let restricted = with(|arena| arena.restrict(whole.0, level, &datum)).unwrap();
        for point in points {
            let replaced = point.clone().with(level, datum.clone());
            prop_assert_eq!(with(|arena| arena.contains(restricted, &point)), holds::<Diagrams>(&said, &replaced));
        }
    }

    /// Up to a level a set holds of what some coordinates behind it make a point of the set.
    #[test]
    fn a_set_up_to_a_level_forgets_the_rest(said in said(), at in any::<Index>()) {
        Diagrams::begin();
        let whole = built(&said)?;
        let levels = [Level::Switch, Level::Name, Level::Tag, Level::Path, Level::Size, Level::Light];
        let last = levels[at.index(levels.len())];
        let cut = with(|arena| arena.up_to(whole.0, &last)).unwrap();
        prop_assert!(with(|arena| arena.levels(cut)).iter().all(|level| *level <= last));
        for point in Diagrams::points() {
            let mut rest = whole.0;
            for level in levels.into_iter().filter(|level| *level <= last) {
                rest = with(|arena| arena.restrict(rest, level, &point.datum(level))).unwrap();
            }
            prop_assert_eq!(with(|arena| arena.contains(cut, &point)), rest != Set::EMPTY);
        }
    }
}

fn glob(text: &str, meter: &mut Meter) -> Language {
    Language::of(&Glob::parse(text), meter).unwrap()
}

#[test]
fn patterns_that_cross_run_out_of_budget_and_name_the_level() {
    let meter = &mut Meter::default();
    let mut arena = Arena::new(Budget { states: 2_000, ..Budget::default() });
    let mut sets = Vec::new();
    for nth in 0..40 {
        let text = format!("*{}*{}*", char::from(b'a' + nth % 26), char::from(b'A' + nth % 26));
        let predicate = glob(&text, meter);
        sets.push(arena.atom(Level::Path, predicate).unwrap());
    }
    let error = arena.intersection(sets).unwrap_err();
    assert_eq!((error.what, error.level), (Exhausted::States, Some(Level::Path)));
}

#[test]
fn many_partitions_run_out_of_budget_and_not_of_memory() {
    let meter = &mut Meter::default();
    let mut arena = Arena::new(Budget::default());
    let mut sets = Vec::new();
    for nth in 0..100 {
        let values = glob(&format!("value-{nth}"), meter);
        let some = Region::<iamdb::algebra::Several<Text>>::some_in(&values, meter).unwrap();
        let predicate = Region::<Keyed<Text>>::many(some);
        sets.push(arena.atom(Level::Tag, predicate).unwrap());
    }
    let error = arena.union(sets).unwrap_err();
    assert_eq!((error.what, error.level), (Exhausted::Classes, Some(Level::Tag)));
}

/// Found by [`boxes_at_once_are_boxes_one_by_one`]: an early level above an empty late one was a node of its own.
#[test]
fn a_box_with_an_empty_side_is_empty() {
    let meter = &mut Meter::default();
    let mut arena = Arena::new(Budget::default());
    let nothing = Region::<Keyed<Text>>::one(Language::empty());
    let sides = [(Level::Name, glob("a*", meter).into()), (Level::Tag, nothing.into())];
    assert_eq!(arena.all_of(sides), Ok(Set::EMPTY));
}

#[test]
fn levels_are_counted() {
    let mut arena = Arena::new(Budget { levels: 3, ..Budget::default() });
    let mut level = |name: u32| arena.atom(name, Region::<Flag>::only(true));
    assert!(level(2).is_ok() && level(1).is_ok() && level(3).is_ok() && level(2).is_ok());
    let error = level(4).unwrap_err();
    assert_eq!((error.what, error.level), (Exhausted::Levels, Some(4)));
}

/// As deep as diagrams can be, on the small stack of a test.
#[test]
fn deep_diagrams_fit_on_the_stack() {
    let levels = Budget::default().levels as u32;
    let mut arena = Arena::new(Budget::default());
    let both = |value| (0..levels).map(move |level| (level, Region::<Flag>::only(value).into()));
    let all = arena.all_of(both(true)).unwrap();
    let none = arena.all_of(both(false)).unwrap();
    let either = arena.union([all, none]).unwrap();
    assert_eq!(arena.regions(either).count(), 2);
    let restricted = arena.restrict(either, levels - 1, &Datum::Flag(true)).unwrap();
    assert!(arena.is_subset(all, restricted).unwrap());
}
