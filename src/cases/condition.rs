//! The condition under which a question is allowed, in the words of the policies.

use std::collections::BTreeSet;
use std::fmt;

use itertools::Itertools;

use super::{OpenKey, Table};
use crate::eval::Decision;
use crate::policy::Condition;
use crate::request::Value;

/// How many cases are given where they are examples.
const MOST_EXAMPLES: usize = 3;

/// Allowed if any of the cases holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct When {
    /// Each case is a conjunction.
    pub cases: Vec<Vec<Clause>>,
}

/// What one key must be in a case: any of the alternatives, each a conjunction of tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    key: usize,
    /// The context key.
    pub name: String,
    /// Never empty.
    pub alternatives: Vec<Vec<Test>>,
}

/// One test of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// A condition of a policy holds, or does not.
    Condition {
        /// As written in the policy.
        condition: Condition,
        /// Whether it must hold.
        holds: bool,
    },
    /// The key has exactly this value; `None` is absent.
    Is(Option<Value>),
    /// The key has any value but this, or is absent; `None`: it has a value.
    IsNot(Option<Value>),
}

impl When {
    /// Whether some case tests a key.
    pub(super) fn mentions(&self, key: usize) -> bool {
        self.cases.iter().flatten().any(|clause| clause.key == key)
    }
}

/// A case: for each key the classes that it may be in.
type Cube = Vec<BTreeSet<usize>>;

/// Covers the allowed points of a table by cubes that cannot be widened, and says each in words.
pub(super) fn describe(keys: &[OpenKey], table: &Table) -> When {
    let allowed = |point: usize| table.decisions.get(point) == Some(&Decision::Allowed);
    let exact = keys.iter().all(|key| key.complete);
    let mut covered = BTreeSet::new();
    let mut cases = Vec::new();
    for point in (0..table.decisions.len()).filter(|&point| allowed(point)) {
        if covered.contains(&point) {
            continue;
        }
        let cube = widest(point, keys, table);
        covered.extend(points(&cube, table));
        cases.push(cube);
        if !exact && cases.len() == MOST_EXAMPLES {
            break;
        }
    }
    let in_words = |cube: Cube| {
        let is_open = |set: &BTreeSet<usize>, key: &OpenKey| set.len() == key.classes.len() && key.complete;
        let clauses = cube.into_iter().enumerate().zip(keys).filter(|((_, set), key)| !is_open(set, key));
        clauses.map(|((nth, set), key)| clause(nth, &set, key)).collect()
    };
    When { cases: cases.into_iter().map(in_words).collect() }
}

/// Widens a point, key after key, by every class that keeps all of it allowed. The values of a key whose classes
/// are not complete speak for themselves only.
fn widest(point: usize, keys: &[OpenKey], table: &Table) -> Cube {
    let mut cube: Cube = table.classes(point).into_iter().map(|class| BTreeSet::from([class])).collect();
    for (nth, key) in keys.iter().enumerate().filter(|(_, key)| key.complete) {
        for class in 0..key.classes.len() {
            let mut slice = cube.clone();
            slice[nth] = BTreeSet::from([class]);
            let all_allowed =
                points(&slice, table).all(|point| table.decisions.get(point) == Some(&Decision::Allowed));
            if all_allowed {
                cube[nth].insert(class);
            }
        }
    }
    cube
}

/// The points of a cube.
fn points<'a>(cube: &'a Cube, table: &'a Table) -> impl Iterator<Item = usize> + 'a {
    let weights: Vec<usize> = table
        .radices
        .iter()
        .scan(1, |weight, radix| {
            let this = *weight;
            *weight *= radix;
            Some(this)
        })
        .collect();
    let digits = cube.iter().map(|classes| classes.iter().copied()).multi_cartesian_product();
    digits.map(move |digits| digits.iter().zip(&weights).map(|(digit, weight)| digit * weight).sum())
}

/// Says a set of classes: as one test, as a conjunction of tests, or class by class.
fn clause(nth: usize, set: &BTreeSet<usize>, key: &OpenKey) -> Clause {
    let literals = |class: Option<usize>| -> Vec<(Test, BTreeSet<usize>)> {
        let all_but = |holds_in: &BTreeSet<usize>| -> BTreeSet<usize> {
            (0..key.classes.len()).filter(|class| !holds_in.contains(class)).collect()
        };
        let conditions = key.tests.iter().flat_map(|(condition, holds_in)| {
            let test = |holds| Test::Condition { condition: condition.clone(), holds };
            [(test(true), holds_in.clone()), (test(false), all_but(holds_in))]
        });
        let pinned = key.pinned.iter().flat_map(|&class| {
            let value = key.classes.get(class).cloned().flatten();
            let only = BTreeSet::from([class]);
            let but = all_but(&only);
            [(Test::Is(value.clone()), only), (Test::IsNot(value), but)]
        });
        let both = conditions.chain(pinned);
        let must_hold = |holds_in: &BTreeSet<usize>| match class {
            Some(class) => holds_in.contains(&class),
            None => set.is_subset(holds_in),
        };
        both.filter(|(_, holds_in)| must_hold(holds_in)).collect()
    };
    let is = |class: usize| vec![Test::Is(key.classes.get(class).cloned().flatten())];
    let alternatives = match conjunction(literals(None), set, key) {
        // Among values that are not all, nothing but a value itself is described.
        _ if !key.complete => set.iter().copied().map(is).collect(),
        Some(tests) => vec![tests],
        None => set
            .iter()
            .map(|&class| {
                let exactly = BTreeSet::from([class]);
                conjunction(literals(Some(class)), &exactly, key).unwrap_or_else(|| is(class))
            })
            .collect(),
    };
    Clause { key: nth, name: key.name.clone(), alternatives }
}

/// The fewest of these tests, taken greedily, that together hold of exactly these classes.
fn conjunction(
    mut literals: Vec<(Test, BTreeSet<usize>)>,
    set: &BTreeSet<usize>,
    key: &OpenKey,
) -> Option<Vec<Test>> {
    let mut left: BTreeSet<usize> = (0..key.classes.len()).collect();
    let mut tests = Vec::new();
    while left != *set {
        let (best, _) = literals
            .iter()
            .enumerate()
            .map(|(nth, (_, holds_in))| (nth, left.intersection(holds_in).count()))
            .min_by_key(|&(_, remaining)| remaining)
            .filter(|&(_, remaining)| remaining < left.len())?;
        let (test, holds_in) = literals.remove(best);
        left = left.intersection(&holds_in).copied().collect();
        tests.push(test);
    }
    Some(tests)
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Test::Condition { condition, holds } => {
                let values = condition.values.iter().map(|value| &value.text).join(", ");
                let not = if *holds { "" } else { "not " };
                write!(f, "{not}{} {} [{values}]", condition.operator, condition.key)
            }
            Test::Is(None) => f.write_str("absent"),
            Test::Is(Some(value)) => write!(f, "= {value}"),
            Test::IsNot(None) => f.write_str("present"),
            Test::IsNot(Some(value)) => write!(f, "not = {value}"),
        }
    }
}
