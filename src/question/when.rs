//! The contexts in which a question is answered yes, in the policies' own conditions: what each of them needs, and
//! within that cases, of which each is a conjunction that needs every one of its tests, and which together are the
//! set.
//!
//! Either the cases of yes are told or those of no, whichever is shorter.

use std::fmt;

use itertools::Itertools;

use super::{Contexts, QuestionError};
use crate::algebra::diagram::Datum;
use crate::algebra::{Held, Set};
use crate::compile::Level;
use crate::policy::{Condition, Effect, ResourcePattern, Selector, Spanned};

/// How many cases are told.
const MOST_CASES: usize = 24;

/// When a question is answered yes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct When {
    /// What is needed in any case.
    pub provided: Vec<Test>,
    /// What the cases are of, within that.
    pub form: Form,
    /// Each case is a conjunction.
    pub cases: Vec<Vec<Test>>,
    /// Whether these are all cases.
    pub exact: bool,
}

/// What cases are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Allowed in each.
    If,
    /// Allowed in none.
    Unless,
}

/// Something that a context passes or does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// A condition of a policy holds, or does not.
    Condition {
        /// As written in the policy.
        condition: Condition,
        /// Whether it must hold.
        holds: bool,
    },
    /// A key has one value, or does not.
    Is {
        /// As written in the policy.
        key: String,
        /// The value.
        value: String,
        /// Whether it must have it.
        holds: bool,
    },
    /// The resource matches an entry of a policy with variables, or does not.
    Resource {
        /// The entry.
        entry: Spanned<ResourcePattern>,
        /// Whether it must match.
        holds: bool,
    },
}

/// What a policy tells contexts apart by.
struct Atom {
    test: Test,
    /// Where it holds.
    set: Set,
    /// Where it does not.
    but: Set,
    /// Whether it speaks for an Allow, for a Deny, or for both.
    speaks: Vec<Effect>,
}

/// An atom that holds, or does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Literal {
    atom: usize,
    holds: bool,
    set: Set,
}

impl Literal {
    fn both(nth: usize, atom: &Atom) -> [Literal; 2] {
        [
            Literal { atom: nth, holds: true, set: atom.set },
            Literal { atom: nth, holds: false, set: atom.but },
        ]
    }
}

impl Contexts<'_, '_> {
    /// When the answer is yes.
    pub(super) fn when(&mut self) -> Result<When, QuestionError> {
        let atoms = self.atoms()?;
        let needed = self.needed(&atoms)?;
        let all = self.compiler.arena().intersection(needed.iter().map(|literal| literal.set))?;
        let of_yes = self.cases(self.allowed, &needed, all, Form::If, &atoms)?;
        let no = self.compiler.arena().difference([all], [self.allowed])?;
        let of_no = self.cases(no, &needed, all, Form::Unless, &atoms)?;
        let length = |when: &When| (!when.exact, when.cases.iter().map(Vec::len).sum::<usize>());
        // Cases that are not all are examples, which only those of yes can be.
        Ok(if of_no.exact && length(&of_no) <= length(&of_yes) { of_no } else { of_yes })
    }

    /// What holds wherever the answer is yes, without what follows from the rest of it.
    fn needed(&mut self, atoms: &[Atom]) -> Result<Vec<Literal>, QuestionError> {
        let allowed = self.compiler.coherent(self.allowed)?;
        let arena = self.compiler.arena();
        let mut needed: Vec<Literal> = Vec::new();
        for literal in atoms.iter().enumerate().flat_map(|(nth, atom)| Literal::both(nth, atom)) {
            if arena.is_subset(allowed, literal.set)? {
                needed.push(literal);
            }
        }
        let mut nth = 0;
        while let Some(literal) = needed.get(nth).copied() {
            let others = needed.iter().filter(|other| other.atom != literal.atom);
            let others = arena.intersection(others.map(|other| other.set))?;
            if arena.is_subset(others, literal.set)? {
                needed.remove(nth);
            } else {
                nth += 1;
            }
        }
        Ok(needed)
    }

    /// The conditions, and the resources with variables, that make a difference.
    fn atoms(&mut self) -> Result<Vec<Atom>, QuestionError> {
        let mut atoms: Vec<Atom> = Vec::new();
        let layers = self.question.layers;
        for (of, statement) in self.standings.statements(layers) {
            for condition in &statement.conditions {
                let set = self.compiler.where_holds(condition)?;
                let test = Test::Condition { condition: condition.clone(), holds: true };
                self.admit(&mut atoms, test, set, of.effect)?;
            }
            let Some(policy_type) = layers.policy(of).map(|policy| policy.policy_type) else { continue };
            let listed = match &statement.resource {
                Some(Selector::In(entries)) => entries.as_slice(),
                Some(Selector::NotIn(entries)) => entries.as_slice(),
                None => &[],
            };
            for entry in listed {
                let set = self.compiler.resource_entry(entry, policy_type)?;
                let test = match self.one_value(set)? {
                    Some((key, value)) => Test::Is { key, value, holds: true },
                    None => Test::Resource { entry: entry.clone(), holds: true },
                };
                self.admit(&mut atoms, test, set, of.effect)?;
            }
        }
        Ok(atoms)
    }

    fn admit(
        &mut self,
        atoms: &mut Vec<Atom>,
        test: Test,
        set: Set,
        effect: Effect,
    ) -> Result<(), QuestionError> {
        if set == Set::EMPTY || set == Set::FULL {
            return Ok(());
        }
        let but = self.compiler.arena().complement(set)?;
        match atoms.iter_mut().find(|atom| atom.set == set || atom.set == but) {
            Some(atom) => {
                let is_same = atom.set == set;
                let opposite = if effect == Effect::Allow { Effect::Deny } else { Effect::Allow };
                atom.speaks.push(if is_same { effect } else { opposite });
            }
            None => atoms.push(Atom { test, set, but, speaks: vec![effect] }),
        }
        Ok(())
    }

    /// The key and the value, where a set is that a key has one value.
    fn one_value(&mut self, set: Set) -> Result<Option<(String, String)>, QuestionError> {
        let Some(point) = self.compiler.arena().witness(set) else { return Ok(None) };
        let [(Level::Key(key), Datum::TextKey(Held::One(value)))] = point.as_slice() else { return Ok(None) };
        let only = self.compiler.only(key, value)?;
        let spelled = self.spelling.get(&**key).filter(|_| only == set);
        Ok(spelled.map(|key| (key.clone(), value.clone())))
    }

    /// A set as cases within what is needed, each as wide as it can be.
    fn cases(
        &mut self,
        set: Set,
        needed: &[Literal],
        within: Set,
        form: Form,
        atoms: &[Atom],
    ) -> Result<When, QuestionError> {
        let in_words = |literal: &Literal| Some(atoms.get(literal.atom)?.test.that(literal.holds));
        let provided = needed.iter().filter_map(in_words).collect();
        let mut when = When { provided, form, cases: Vec::new(), exact: true };
        let mut left = self.compiler.coherent(set)?;
        while left != Set::EMPTY {
            let case = self.widest(left, set, within, form, atoms)?;
            let all = case.iter().map(|literal| literal.set).chain([within]);
            let all = self.compiler.arena().intersection(all)?;
            let is_within = self.compiler.arena().is_subset(all, set)?;
            if when.cases.len() == MOST_CASES || !is_within {
                when.exact = false;
                break;
            }
            left = self.compiler.arena().difference([left], [all])?;
            left = self.compiler.coherent(left)?;
            when.cases.push(case.iter().filter_map(in_words).collect());
        }
        Ok(when)
    }

    /// The tests that one point of what is left passes, without those that are not needed to stay in the set. What
    /// speaks against the form of the cases goes first.
    fn widest(
        &mut self,
        left: Set,
        set: Set,
        within: Set,
        form: Form,
        atoms: &[Atom],
    ) -> Result<Vec<Literal>, QuestionError> {
        let arena = self.compiler.arena();
        let wanted = match form {
            Form::If => Effect::Allow,
            Form::Unless => Effect::Deny,
        };
        let mut point = left;
        let mut literals = Vec::new();
        for (nth, atom) in atoms.iter().enumerate() {
            let [holds, fails] = Literal::both(nth, atom);
            let (first, second) = if atom.speaks.contains(&wanted) { (holds, fails) } else { (fails, holds) };
            let there = arena.intersection([point, first.set])?;
            if there == Set::EMPTY {
                literals.push(second);
            } else {
                point = there;
                literals.push(first);
            }
        }
        let is_against = |literal: &Literal| {
            atoms.get(literal.atom).is_some_and(|atom| atom.speaks.contains(&wanted) != literal.holds)
        };
        literals.sort_by_key(|literal| !is_against(literal));
        // All that comes after each.
        let mut after = vec![Set::FULL];
        for literal in literals.iter().skip(1).rev() {
            let last = after.last().copied().unwrap_or(Set::FULL);
            after.push(arena.intersection([literal.set, last])?);
        }
        let mut kept = within;
        let mut case = Vec::new();
        for (literal, after) in literals.into_iter().zip(after.into_iter().rev()) {
            let without = arena.intersection([kept, after])?;
            if !arena.is_subset(without, set)? {
                kept = arena.intersection([kept, literal.set])?;
                case.push(literal);
            }
        }
        case.sort_by_key(|literal| literal.atom);
        Ok(case)
    }
}

impl Test {
    fn that(&self, must: bool) -> Test {
        let mut test = self.clone();
        match &mut test {
            Test::Condition { holds, .. } | Test::Is { holds, .. } | Test::Resource { holds, .. } => {
                *holds = must
            }
        }
        test
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Test::Condition { condition, holds } => {
                let values = condition.values.iter().map(|value| &value.text).join(", ");
                let not = if *holds { "" } else { "not " };
                write!(f, "{not}{} {} [{values}]", condition.operator, condition.key)
            }
            Test::Is { key, value, holds: true } => write!(f, "{key} = {value}"),
            Test::Is { key, value, holds: false } => write!(f, "not {key} = {value}"),
            Test::Resource { entry, holds: true } => write!(f, "on {}", entry.value),
            Test::Resource { entry, holds: false } => write!(f, "not on {}", entry.value),
        }
    }
}
