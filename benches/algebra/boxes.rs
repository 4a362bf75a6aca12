//! Sets of many boxes: building them, and asking for one point.

use std::net::IpAddr;

use bigdecimal::BigDecimal;
use divan::Bencher;
use iamdb::algebra::diagram::Assignment;
use iamdb::algebra::{Arena, Budget, BudgetError, Glob, Held, Keyed, Language, Region, Set, Text};

/// Three strings and a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Kind,
    Name,
    Path,
    Tag,
}

struct Point {
    kind: String,
    name: String,
    path: String,
    tag: Held<String>,
}

impl Assignment<Level> for Point {
    fn flag(&self, _: &Level) -> bool {
        false
    }

    fn text(&self, level: &Level) -> &str {
        match level {
            Level::Kind => &self.kind,
            Level::Name => &self.name,
            Level::Path | Level::Tag => &self.path,
        }
    }

    fn flag_key(&self, _: &Level) -> Held<bool> {
        Held::Absent
    }

    fn text_key(&self, _: &Level) -> Held<String> {
        self.tag.clone()
    }

    fn number_key(&self, _: &Level) -> Held<BigDecimal> {
        Held::Absent
    }

    fn instant_key(&self, _: &Level) -> Held<i64> {
        Held::Absent
    }

    fn address_key(&self, _: &Level) -> Held<IpAddr> {
        Held::Absent
    }
}

/// The union of so many boxes, each with a few names and a path of its own, every third only where a tag is there.
fn boxes(count: usize, arena: &mut Arena<Level>) -> Result<Set, BudgetError<Level>> {
    let mut sets = Vec::with_capacity(count);
    for nth in 0..count {
        let kind = Language::of(&Glob::literal(&format!("kind-{}", nth % 20)), arena.meter())?;
        let names = ["get*", "list-all", "put-object"].map(Glob::parse);
        let names = Language::any_of(&names, arena.meter())?;
        let paths = [Glob::literal(&format!("bucket-{nth}")), Glob::parse(&format!("bucket-{nth}/*"))];
        let paths = Language::any_of(&paths, arena.meter())?;
        let mut predicates =
            vec![(Level::Kind, kind.into()), (Level::Name, names.into()), (Level::Path, paths.into())];
        if nth % 3 == 0 {
            let red = Language::of(&Glob::literal("red"), arena.meter())?;
            predicates.push((Level::Tag, Region::<Keyed<Text>>::one(red).into()));
        }
        sets.push(arena.all_of(predicates)?);
    }
    arena.union(sets)
}

#[divan::bench(args = [10, 100, 1_000, 8_000])]
fn union_of_boxes(bencher: Bencher, count: usize) {
    bencher.bench(|| boxes(count, &mut Arena::new(Budget::default())));
}

#[divan::bench(args = [10, 100, 1_000, 8_000])]
fn contains_among_boxes(bencher: Bencher, count: usize) {
    let mut arena = Arena::new(Budget::default());
    let Ok(set) = boxes(count, &mut arena) else {
        return;
    };
    let last = count - 1;
    let point = Point {
        kind: format!("kind-{}", last % 20),
        name: "get-it".to_owned(),
        path: format!("bucket-{last}/key"),
        tag: Held::One("red".to_owned()),
    };
    bencher.bench(|| arena.contains(set, &point));
}

/// A list as long as the longest that people have written.
#[divan::bench]
fn literals_1548(bencher: Bencher) {
    let globs: Vec<Glob> =
        (0..1_548).map(|nth| Glob::literal(&format!("describe-something-{nth}"))).collect();
    bencher.bench(|| {
        let meter = &mut iamdb::algebra::Meter::default();
        Language::any_of(&globs, meter).map(|language| language.size())
    });
}

/// Stars in the middle, read side by side.
#[divan::bench(args = [2, 4, 8])]
fn inner_stars(bencher: Bencher, count: usize) {
    let globs: Vec<Glob> = (0..count).map(|nth| Glob::parse(&format!("stack-*-{nth}/*part{nth}*"))).collect();
    bencher.bench(|| {
        let meter = &mut iamdb::algebra::Meter::default();
        Language::any_of(&globs, meter).map(|language| language.size())
    });
}
