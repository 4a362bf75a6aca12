//! The algebra of sets, one list of laws for every instance of it.
//!
//! An instance says what its atoms are, what an atom means of one point (naively, written here), and how it is built.
//! Everything else is made of atoms by *and*, *or* and *not*, once as a set and once as a question about one point.

mod diagrams;
mod instances;
mod laws;
mod small_worlds;

use std::fmt::Debug;

use iamdb::algebra::{Exhausted, Meter, SetAlgebra};
use proptest::prelude::*;

/// One kind of set with its atoms.
trait Instance {
    type Set: SetAlgebra + Debug;
    type Atom: Clone + Debug;

    /// Clears what earlier cases have left.
    fn begin() {}

    /// The set of an atom.
    fn build(atom: &Self::Atom, meter: &mut Meter) -> Result<Self::Set, Exhausted>;

    /// What an atom means.
    fn holds(atom: &Self::Atom, point: &<Self::Set as SetAlgebra>::Point) -> bool;

    /// Atoms near one another.
    fn atoms() -> BoxedStrategy<Self::Atom>;

    /// Points near the atoms.
    fn points() -> Vec<<Self::Set as SetAlgebra>::Point>;
}

/// A set, as it is said.
#[derive(Debug, Clone)]
enum Said<A> {
    Atom(A),
    Not(Box<Said<A>>),
    And(Box<Said<A>>, Box<Said<A>>),
    Or(Box<Said<A>>, Box<Said<A>>),
}

impl<A: Clone + Debug + 'static> Said<A> {
    fn strategy(atoms: BoxedStrategy<A>) -> BoxedStrategy<Said<A>> {
        let leaf = atoms.prop_map(Said::Atom);
        leaf.prop_recursive(3, 8, 2, |inner| {
            prop_oneof![
                inner.clone().prop_map(|said| Said::Not(Box::new(said))),
                (inner.clone(), inner.clone())
                    .prop_map(|(left, right)| Said::And(Box::new(left), Box::new(right))),
                (inner.clone(), inner).prop_map(|(left, right)| Said::Or(Box::new(left), Box::new(right))),
            ]
        })
        .boxed()
    }
}

/// The set that is said.
fn set<I: Instance>(said: &Said<I::Atom>, meter: &mut Meter) -> Result<I::Set, Exhausted> {
    Ok(match said {
        Said::Atom(atom) => I::build(atom, meter)?,
        Said::Not(inner) => set::<I>(inner, meter)?.complement(),
        Said::And(left, right) => {
            let (left, right) = (set::<I>(left, meter)?, set::<I>(right, meter)?);
            left.intersection(&right, meter)?
        }
        Said::Or(left, right) => {
            let (left, right) = (set::<I>(left, meter)?, set::<I>(right, meter)?);
            left.union(&right, meter)?
        }
    })
}

/// Whether it holds of one point.
fn holds<I: Instance>(said: &Said<I::Atom>, point: &<I::Set as SetAlgebra>::Point) -> bool {
    match said {
        Said::Atom(atom) => I::holds(atom, point),
        Said::Not(inner) => !holds::<I>(inner, point),
        Said::And(left, right) => holds::<I>(left, point) && holds::<I>(right, point),
        Said::Or(left, right) => holds::<I>(left, point) || holds::<I>(right, point),
    }
}
