//! The instances: every domain with atoms near its edges.

use std::fmt::Debug;
use std::net::IpAddr;

use bigdecimal::BigDecimal;
use iamdb::algebra::domain::Base;
use iamdb::algebra::line::{DenseCut, DiscreteCut, Line};
use iamdb::algebra::{
    Chars, Exhausted, Flag, Glob, Held, Keyed, Language, Meter, Piece, Region, SetAlgebra, Several,
};
use itertools::Itertools;
use proptest::prelude::*;
use proptest::sample::select;

use super::Instance;

/// Yes or no.
pub(super) struct Flags;

impl Instance for Flags {
    type Set = Region<Flag>;
    type Atom = bool;

    fn build(atom: &bool, _: &mut Meter) -> Result<Region<Flag>, Exhausted> {
        Ok(Region::<Flag>::only(*atom))
    }

    fn holds(atom: &bool, point: &bool) -> bool {
        atom == point
    }

    fn atoms() -> BoxedStrategy<bool> {
        any::<bool>().boxed()
    }

    fn points() -> Vec<bool> {
        vec![false, true]
    }
}

/// Strings.
pub(super) struct Texts;

fn characters() -> impl Strategy<Value = Chars> {
    prop_oneof![
        3 => select(vec!['a', 'b']).prop_map(Chars::Only),
        2 => Just(Chars::Any),
        1 => select(vec!['a', 'B', 'k', 'İ', 'ß', 'ω', '\u{1c5}']).prop_map(Chars::any_case),
        1 => prop::collection::vec(select(vec!['a', 'b', 'k']), 0..3).prop_map(Chars::NotIn),
        1 => prop::collection::vec(select(vec!['a', 'b', 'K']), 0..3).prop_map(Chars::In),
    ]
}

pub(super) fn fits(pieces: &[Piece], text: &[char]) -> bool {
    let is_among = |chars: &Chars, c: &char| match chars {
        Chars::Any => true,
        Chars::Only(only) => only == c,
        Chars::In(list) => list.contains(c),
        Chars::NotIn(list) => !list.contains(c),
    };
    match (pieces, text) {
        ([], text) => text.is_empty(),
        ([Piece::One(chars), rest @ ..], [c, behind @ ..]) => is_among(chars, c) && fits(rest, behind),
        ([Piece::One(_), ..], []) => false,
        ([Piece::Many(chars), rest @ ..], text) => {
            fits(rest, text) || matches!(text, [c, behind @ ..] if is_among(chars, c) && fits(pieces, behind))
        }
    }
}

/// Every string over some letters, up to a length.
pub(super) fn strings(letters: &[char], longest: usize) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut last = all.clone();
    for _ in 0..longest {
        last = last.iter().cartesian_product(letters).map(|(text, c)| format!("{text}{c}")).collect();
        all.extend(last.clone());
    }
    all
}

impl Instance for Texts {
    type Set = Language;
    type Atom = Vec<Glob>;

    fn build(atom: &Vec<Glob>, meter: &mut Meter) -> Result<Language, Exhausted> {
        Language::any_of(atom, meter)
    }

    fn holds(atom: &Vec<Glob>, point: &String) -> bool {
        let text: Vec<char> = point.chars().collect();
        atom.iter().any(|glob| fits(glob.pieces(), &text))
    }

    fn atoms() -> BoxedStrategy<Vec<Glob>> {
        let piece = prop_oneof![
            3 => characters().prop_map(Piece::One),
            1 => characters().prop_map(Piece::Many),
            2 => Just(Piece::Many(Chars::Any)),
        ];
        let glob = prop::collection::vec(piece, 0..6).prop_map(Glob::from_iter);
        let literal = select(strings(&['a', 'b'], 3)).prop_map(|text| Glob::literal(&text));
        prop::collection::vec(prop_oneof![2 => glob, 1 => literal], 1..4).boxed()
    }

    fn points() -> Vec<String> {
        let mut points = strings(&['a', 'b'], 4);
        points.extend(strings(&['a', 'k', 'K', '\u{212a}', 'i', 'İ', 'ẞ', 'Ω', 'x'], 2));
        points
    }
}

/// A comparison with a point of a line.
#[derive(Debug, Clone)]
pub(super) enum Compare<T> {
    Less(T),
    AtMost(T),
    Between(T, T),
}

impl<T: Ord> Compare<T> {
    fn holds(&self, point: &T) -> bool {
        match self {
            Compare::Less(limit) => point < limit,
            Compare::AtMost(limit) => point <= limit,
            Compare::Between(low, high) => low <= point && point <= high,
        }
    }
}

fn comparisons<T: Clone + Debug + 'static>(points: Vec<T>) -> BoxedStrategy<Compare<T>> {
    let point = select(points);
    prop_oneof![
        point.clone().prop_map(Compare::Less),
        point.clone().prop_map(Compare::AtMost),
        (point.clone(), point).prop_map(|(low, high)| Compare::Between(low, high)),
    ]
    .boxed()
}

/// Decimal numbers.
pub(super) struct Numbers;

impl Instance for Numbers {
    type Set = Region<Line<DenseCut<BigDecimal>>>;
    type Atom = Compare<BigDecimal>;

    fn build(atom: &Compare<BigDecimal>, _: &mut Meter) -> Result<Self::Set, Exhausted> {
        Ok(match atom.clone() {
            Compare::Less(limit) => Region::range(None, Some(DenseCut::before(limit))),
            Compare::AtMost(limit) => Region::range(None, Some(DenseCut::after(limit))),
            Compare::Between(low, high) => {
                Region::range(Some(DenseCut::before(low)), Some(DenseCut::after(high)))
            }
        })
    }

    fn holds(atom: &Compare<BigDecimal>, point: &BigDecimal) -> bool {
        atom.holds(point)
    }

    fn atoms() -> BoxedStrategy<Compare<BigDecimal>> {
        comparisons(Numbers::points())
    }

    fn points() -> Vec<BigDecimal> {
        let texts = ["-3", "0", "9", "9.5", "9.50", "10", "1e1", "10.0000001", "1e400", "-1e-400", "1e-30"];
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }
}

/// Whole numbers, to the ends of what there is.
pub(super) struct Instants;

impl Instance for Instants {
    type Set = Region<Line<DiscreteCut<i64>>>;
    type Atom = Compare<i64>;

    fn build(atom: &Compare<i64>, meter: &mut Meter) -> Result<Self::Set, Exhausted> {
        Ok(match *atom {
            Compare::Less(limit) => match limit.checked_sub(1) {
                Some(last) => Region::<Line<DiscreteCut<i64>>>::from_to(i64::MIN, last),
                None => Self::Set::empty(),
            },
            Compare::AtMost(limit) => {
                let above = Region::<Line<DiscreteCut<i64>>>::from_to(limit, i64::MAX);
                let at = Region::<Line<DiscreteCut<i64>>>::point(limit);
                above.complement().union(&at, meter)?
            }
            Compare::Between(low, high) => Region::<Line<DiscreteCut<i64>>>::from_to(low, high),
        })
    }

    fn holds(atom: &Compare<i64>, point: &i64) -> bool {
        atom.holds(point)
    }

    fn atoms() -> BoxedStrategy<Compare<i64>> {
        comparisons(Instants::points())
    }

    fn points() -> Vec<i64> {
        vec![i64::MIN, i64::MIN + 1, -1, 0, 1, 2, 3, 1_700_000_000, i64::MAX - 1, i64::MAX]
    }
}

/// Addresses of both families, to the ends of each.
pub(super) struct Addresses;

impl Instance for Addresses {
    type Set = Region<Line<DiscreteCut<IpAddr>>>;
    type Atom = (IpAddr, IpAddr);

    fn build((first, last): &(IpAddr, IpAddr), _: &mut Meter) -> Result<Self::Set, Exhausted> {
        Ok(Region::<Line<DiscreteCut<IpAddr>>>::from_to(*first, *last))
    }

    fn holds((first, last): &(IpAddr, IpAddr), point: &IpAddr) -> bool {
        first <= point && point <= last
    }

    fn atoms() -> BoxedStrategy<(IpAddr, IpAddr)> {
        let point = select(Addresses::points());
        (point.clone(), point).boxed()
    }

    fn points() -> Vec<IpAddr> {
        let texts = [
            "0.0.0.0",
            "0.0.0.1",
            "10.0.0.0",
            "10.255.255.255",
            "11.0.0.0",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.0",
            "2001:db8::",
            "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        ];
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }
}

/// Sets of two or more values of another instance.
pub(super) struct SetsOf<I>(std::marker::PhantomData<I>);

/// All values, or some.
#[derive(Debug, Clone)]
pub(super) enum Quantified<A> {
    All(A),
    Some(A),
}

impl<D: Base, I: Instance<Set = Region<D>>> Instance for SetsOf<I>
where
    I::Atom: 'static,
    D::Point: Debug + Clone + PartialEq,
{
    type Set = Region<Several<D>>;
    type Atom = Quantified<I::Atom>;

    fn build(atom: &Self::Atom, meter: &mut Meter) -> Result<Self::Set, Exhausted> {
        match atom {
            Quantified::All(atom) => {
                let values = I::build(atom, meter)?;
                Region::<Several<D>>::all_in(&values, meter)
            }
            Quantified::Some(atom) => {
                let values = I::build(atom, meter)?;
                Region::<Several<D>>::some_in(&values, meter)
            }
        }
    }

    fn holds(atom: &Self::Atom, point: &Vec<D::Point>) -> bool {
        match atom {
            Quantified::All(atom) => point.iter().all(|value| I::holds(atom, value)),
            Quantified::Some(atom) => point.iter().any(|value| I::holds(atom, value)),
        }
    }

    fn atoms() -> BoxedStrategy<Self::Atom> {
        prop_oneof![I::atoms().prop_map(Quantified::All), I::atoms().prop_map(Quantified::Some)].boxed()
    }

    fn points() -> Vec<Vec<D::Point>> {
        let mut values: Vec<D::Point> = Vec::new();
        for value in I::points() {
            if values.len() < 9 && !values.contains(&value) {
                values.push(value);
            }
        }
        let sets = |size| values.iter().cloned().combinations(size).collect::<Vec<_>>();
        (2..=4).flat_map(sets).collect()
    }
}

/// Keys that hold values of another instance.
pub(super) struct KeysOf<I>(std::marker::PhantomData<I>);

/// What is asked of a key.
#[derive(Debug, Clone)]
pub(super) enum Asked<A> {
    Absent,
    One(A),
    OneOrAbsent(A),
    Many(Quantified<A>),
}

impl<D: Base, I: Instance<Set = Region<D>>> Instance for KeysOf<I>
where
    I::Atom: 'static,
    D::Point: Debug + Clone + PartialEq,
{
    type Set = Region<Keyed<D>>;
    type Atom = Asked<I::Atom>;

    fn build(atom: &Self::Atom, meter: &mut Meter) -> Result<Self::Set, Exhausted> {
        Ok(match atom {
            Asked::Absent => Region::<Keyed<D>>::absent(),
            Asked::One(atom) => Region::<Keyed<D>>::one(I::build(atom, meter)?),
            Asked::OneOrAbsent(atom) => Region::<Keyed<D>>::one(I::build(atom, meter)?).or_absent(),
            Asked::Many(atom) => Region::<Keyed<D>>::many(SetsOf::<I>::build(atom, meter)?),
        })
    }

    fn holds(atom: &Self::Atom, point: &Held<D::Point>) -> bool {
        match (atom, point) {
            (Asked::Absent | Asked::OneOrAbsent(_), Held::Absent) => true,
            (Asked::One(atom) | Asked::OneOrAbsent(atom), Held::One(value)) => I::holds(atom, value),
            (Asked::Many(atom), Held::Many(values)) => SetsOf::<I>::holds(atom, values),
            _ => false,
        }
    }

    fn atoms() -> BoxedStrategy<Self::Atom> {
        prop_oneof![
            1 => Just(Asked::Absent),
            2 => I::atoms().prop_map(Asked::One),
            2 => I::atoms().prop_map(Asked::OneOrAbsent),
            3 => SetsOf::<I>::atoms().prop_map(Asked::Many),
        ]
        .boxed()
    }

    fn points() -> Vec<Held<D::Point>> {
        let mut points = vec![Held::Absent];
        points.extend(I::points().into_iter().map(Held::One));
        points.extend(SetsOf::<I>::points().into_iter().map(Held::Many));
        points
    }
}
