//! The laws, for every instance.

use std::fmt::Debug;

use iamdb::algebra::{Exhausted, Meter, SetAlgebra};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use super::diagrams::Diagrams;
use super::instances::{Addresses, Flags, Instants, KeysOf, Numbers, SetsOf, Texts};
use super::{Instance, Said, holds, set};

/// What the defaults of the trait make of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Derived<S>(S);

impl<S: SetAlgebra> SetAlgebra for Derived<S> {
    type Point = S::Point;

    fn empty() -> Self {
        Derived(S::empty())
    }

    fn complement(&self) -> Self {
        Derived(self.0.complement())
    }

    fn intersection(&self, other: &Self, meter: &mut Meter) -> Result<Self, Exhausted> {
        Ok(Derived(self.0.intersection(&other.0, meter)?))
    }

    fn contains(&self, point: &S::Point) -> bool {
        self.0.contains(point)
    }

    fn witness(&self) -> Option<S::Point> {
        self.0.witness()
    }
}

/// Every law of three sets.
fn laws<I: Instance>(said: [Said<I::Atom>; 3]) -> Result<(), TestCaseError> {
    I::begin();
    let meter = &mut Meter::default();
    let build = |nth: usize| set::<I>(&said[nth], &mut Meter::default()).map_err(too_large);
    let (a, b, c) = (build(0)?, build(1)?, build(2)?);
    let (empty, full) = (I::Set::empty(), I::Set::full());
    let and =
        |left: &I::Set, right: &I::Set, meter: &mut Meter| left.intersection(right, meter).map_err(too_large);
    let or = |left: &I::Set, right: &I::Set, meter: &mut Meter| left.union(right, meter).map_err(too_large);

    // Meaning, point by point.
    for point in I::points() {
        let [in_a, in_b] = [0, 1].map(|nth| holds::<I>(&said[nth], &point));
        prop_assert_eq!(a.contains(&point), in_a, "{:?}", &point);
        prop_assert_eq!(a.complement().contains(&point), !in_a, "complement: {:?}", &point);
        prop_assert_eq!(and(&a, &b, meter)?.contains(&point), in_a && in_b, "intersection: {:?}", &point);
        prop_assert_eq!(or(&a, &b, meter)?.contains(&point), in_a || in_b, "union: {:?}", &point);
        prop_assert!(!empty.contains(&point) && full.contains(&point));
    }

    // Algebra. `==` is the claim that equal sets are equal values, however they were made.
    let not_a = a.complement();
    prop_assert_eq!(&not_a.complement(), &a, "double negation");
    prop_assert_eq!(&and(&a, &not_a, meter)?, &empty, "contradiction");
    prop_assert_eq!(&or(&a, &not_a, meter)?, &full, "excluded middle");
    prop_assert_eq!(&and(&a, &a, meter)?, &a, "idempotence");
    prop_assert_eq!(&or(&a, &a, meter)?, &a, "idempotence");
    prop_assert_eq!(&and(&a, &full, meter)?, &a, "neutral");
    prop_assert_eq!(&or(&a, &empty, meter)?, &a, "neutral");
    prop_assert_eq!(&and(&a, &b, meter)?, &and(&b, &a, meter)?, "symmetry");
    prop_assert_eq!(&or(&a, &b, meter)?, &or(&b, &a, meter)?, "symmetry");
    let (ab, bc, ac) = (and(&a, &b, meter)?, and(&b, &c, meter)?, and(&a, &c, meter)?);
    prop_assert_eq!(&and(&ab, &c, meter)?, &and(&a, &bc, meter)?, "associativity");
    let (a_or_b, b_or_c) = (or(&a, &b, meter)?, or(&b, &c, meter)?);
    prop_assert_eq!(&or(&a_or_b, &c, meter)?, &or(&a, &b_or_c, meter)?, "associativity");
    prop_assert_eq!(&and(&a, &b_or_c, meter)?, &or(&ab, &ac, meter)?, "distributivity");
    prop_assert_eq!(&or(&a, &ab, meter)?, &a, "absorption");
    prop_assert_eq!(&and(&a, &a_or_b, meter)?, &a, "absorption");
    let neither = and(&not_a, &b.complement(), meter)?;
    prop_assert_eq!(&a_or_b.complement(), &neither, "De Morgan");

    // What is defined for speed, against the definition.
    let (slow_a, slow_b) = (Derived(a.clone()), Derived(b.clone()));
    prop_assert_eq!(
        &a_or_b,
        &slow_a.union(&slow_b, meter).map_err(too_large)?.0,
        "union through intersection"
    );
    let minus = a.difference(&b, meter).map_err(too_large)?;
    prop_assert_eq!(
        &minus,
        &slow_a.difference(&slow_b, meter).map_err(too_large)?.0,
        "difference through intersection"
    );
    prop_assert_eq!(
        a.is_subset(&b, meter).map_err(too_large)?,
        minus.is_empty(),
        "subset through difference"
    );
    prop_assert_eq!(
        a.is_disjoint(&b, meter).map_err(too_large)?,
        ab.is_empty(),
        "disjoint through intersection"
    );

    // Witnesses, and with them that sets are equal values only if they are equal.
    for (found, nth) in [(&a, 0), (&b, 1), (&c, 2)] {
        match found.witness() {
            Some(point) => prop_assert!(holds::<I>(&said[nth], &point), "witness {point:?}"),
            None => prop_assert!(found.is_empty()),
        }
    }
    let other_way = b.difference(&a, meter).map_err(too_large)?;
    prop_assert_eq!(a == b, minus.is_empty() && other_way.is_empty(), "equality through difference");
    for (difference, more, less) in [(&minus, 0, 1), (&other_way, 1, 0)] {
        if let Some(point) = difference.witness() {
            prop_assert!(holds::<I>(&said[more], &point) && !holds::<I>(&said[less], &point), "{point:?}");
        } else {
            prop_assert!(difference.is_empty());
        }
    }
    Ok(())
}

/// A case that is too large for the budget is no case.
fn too_large(what: Exhausted) -> TestCaseError {
    TestCaseError::reject(what.to_string())
}

/// How often sets are neither empty nor full, differ, and overlap.
#[derive(Debug, Default)]
struct Spread {
    cases: usize,
    too_large: usize,
    proper: usize,
    equal: usize,
    overlapping: usize,
    nested: usize,
}

fn check<I: Instance>()
where
    I::Atom: 'static,
{
    let one = Said::strategy(I::atoms());
    let three = [one.clone(), one.clone(), one];
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    let run = runner.run(&three, |said| match laws::<I>(said) {
        // The generators are tested to make few of these.
        Err(TestCaseError::Reject(_)) => Ok(()),
        outcome => outcome,
    });
    run.unwrap_or_else(|error| panic!("{error}"));
}

fn spread<I: Instance>() -> Spread
where
    I::Atom: 'static,
{
    let one = Said::strategy(I::atoms());
    let mut runner = TestRunner::deterministic();
    let mut spread = Spread::default();
    for _ in 0..300 {
        let [left, right] = [0, 1].map(|_| one.new_tree(&mut runner).map(|tree| tree.current()).unwrap());
        spread.cases += 1;
        let built = |said| set::<I>(said, &mut Meter::default());
        let (Ok(left), Ok(right)) = (built(&left), built(&right)) else {
            spread.too_large += 1;
            continue;
        };
        let Ok(both) = left.intersection(&right, &mut Meter::default()) else {
            spread.too_large += 1;
            continue;
        };
        spread.proper += usize::from(!left.is_empty() && left != I::Set::full());
        spread.equal += usize::from(left == right);
        spread.nested += usize::from(left != right && (both == left || both == right) && !both.is_empty());
        spread.overlapping += usize::from(!both.is_empty() && both != left && both != right);
    }
    spread
}

/// Fails when the generators no longer make sets that say something.
fn check_spread<I: Instance>()
where
    I::Atom: 'static,
{
    let spread = spread::<I>();
    if I::points().len() < 4 {
        // So few points have no room for it.
        return;
    }
    let is_wide = spread.proper * 3 > spread.cases
        && spread.overlapping * 12 > spread.cases
        && spread.nested * 25 > spread.cases
        && spread.too_large * 5 < spread.cases;
    assert!(is_wide, "{spread:?}");
}

macro_rules! instances {
    ($($name:ident: $instance:ty,)*) => {
        $(
            mod $name {
                use super::*;

                #[test]
                fn laws_hold() {
                    check::<$instance>();
                }

                #[test]
                fn generators_are_wide() {
                    check_spread::<$instance>();
                }
            }
        )*
    };
}

instances! {
    flags: Flags,
    texts: Texts,
    numbers: Numbers,
    instants: Instants,
    addresses: Addresses,
    sets_of_flags: SetsOf<Flags>,
    sets_of_texts: SetsOf<Texts>,
    sets_of_numbers: SetsOf<Numbers>,
    sets_of_instants: SetsOf<Instants>,
    sets_of_addresses: SetsOf<Addresses>,
    keys_of_flags: KeysOf<Flags>,
    keys_of_texts: KeysOf<Texts>,
    keys_of_numbers: KeysOf<Numbers>,
    diagrams: Diagrams,
}
