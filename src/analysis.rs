//! Questions about everything that policies allow: what it is, and how it differs from what others allow.
//!
//! The answers come from sets of requests ([`compile`](crate::compile)), and are told in the policies' own patterns: a
//! [`Clause`] names the statement that allows, what else has to allow it, and what is taken out. Each clause of a
//! difference has a witness, a request that the evaluator ([`eval`](crate::eval)) has decided on both sides. Where
//! no such request is found the clause is *possible*, and where the two meanings contradict each other that is an error
//! of this program, never an answer.

mod alone;
mod callers;
mod cause;
mod check;
mod clause;
mod minimize;
mod part;
mod standing;
mod statements;
mod subject;
mod superfluous;
mod supposed;
mod undecided;
mod witness;

use std::collections::BTreeSet;

use jiff::Timestamp;
use thiserror::Error;

use crate::algebra::{Budget, BudgetError, Set};
use crate::catalog::Catalog;
use crate::compile::{
    Callers, CompileError, Compiled, Compiler, KeyFacts, Level, Point, Possible, Typing, Universe,
};
use crate::context_keys::{Askers, global_key, key_kind};
use crate::eval::{Decision, Evaluation};
use crate::layers::{Layer, StatementRef};
use crate::policy::{Condition, Effect, PolicyType, ResourcePattern, Spanned, Test};
use crate::request::Request;

pub use alone::{alone, unlimited};
pub use check::{Blamed, outsiders};
pub use clause::{Cause, Clause, Entries, Limit, StatementBox};
pub use minimize::Minimized;
pub use part::Part;
pub use standing::{Bounded, Reach, Standing};
pub use statements::{Shown, Step, Tested};
pub use subject::{Accounts, Situation, Subject};
pub use superfluous::{Finding, Superfluous};
pub use supposed::ByResource;
pub use witness::Witness;

/// One of the two subjects of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// What is compared with, or the only one.
    Old,
    /// What is compared.
    New,
}

/// Everything that a subject may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    /// In the fewest clauses that were found.
    pub clauses: Vec<Clause>,
    /// What it may besides for all that is known.
    pub undecided: Vec<Clause>,
    /// The Allow statements that come to nothing.
    pub ineffective: Vec<Ineffective>,
}

impl Effective {
    /// Whether it is nothing at all, be it undecided.
    pub fn is_empty(&self) -> bool {
        self.clauses.is_empty() && self.undecided.is_empty()
    }
}

/// An Allow statement that allows no request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ineffective {
    /// The situation.
    pub situation: usize,
    /// The statement.
    pub statement: StatementRef,
    /// The layers that stop all of it; none: it applies to no request.
    pub stopped_by: Vec<Layer>,
}

/// How two subjects differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// The same requests are allowed: a proof, unless something is possible ([`Diff::is_possible_only`]).
    Equivalent,
    /// Some more, and none less.
    Wider,
    /// Some less, and none more.
    Narrower,
    /// Some more, and some less.
    Both,
}

/// The difference of two subjects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diff {
    /// What is certain to differ, by witnesses.
    pub verdict: Verdict,
    /// What is allowed now and was not.
    pub gained: Vec<Clause>,
    /// What was allowed and is not now.
    pub lost: Vec<Clause>,
}

impl Diff {
    /// Whether a clause has no witness: it may be that no request differs there.
    pub fn is_possible_only(&self) -> bool {
        self.gained.iter().chain(&self.lost).any(|clause| clause.witness.is_none())
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AnalysisError {
    /// The sets are too complicated.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// The two meanings of a policy disagree, which is a mistake in this program.
    #[error(
        "the evaluator and the algebra disagree about {request}: this is a bug in iamdb, please report it with the policies"
    )]
    Disagreement {
        /// The request.
        request: String,
    },
}

impl From<BudgetError<Level>> for AnalysisError {
    fn from(budget: BudgetError<Level>) -> Self {
        AnalysisError::Compile(CompileError::from(budget))
    }
}

/// The keys of the time, folded (R-EVL-74).
pub(crate) const TIMES: [&str; 2] = ["aws:currenttime", "aws:epochtime"];

/// So many sets of earlier questions are not kept.
const MANY_NODES: usize = 100_000;

/// Answers questions.
#[derive(Debug)]
pub struct Analysis<'a> {
    catalog: &'a Catalog,
    typing: Typing,
    budget: Budget,
    compiler: Compiler,
    /// No request is earlier.
    since: Option<Timestamp>,
    /// The part of all requests that is asked about: clauses are told within it.
    asked: Set,
    /// That part, as it was asked about.
    named: Part,
}

/// A subject as sets.
struct Read<'s> {
    subject: &'s Subject,
    side: Side,
    situations: Vec<ReadSituation<'s>>,
    /// What is allowed.
    allowed: Set,
}

struct ReadSituation<'s> {
    universe: Universe,
    situation: &'s Situation,
    compiled: Compiled,
    /// The requests that are not too early.
    in_time: Set,
    /// Those of them on its resources.
    on: Set,
    /// Those on resources of other accounts than the one's who asks, as their ARNs say.
    cross_account: Set,
    /// Those on stored resources of which the file says that they are of other accounts.
    stored_of_others: Set,
    /// Those on its resources if they were anyone's.
    anyones: Set,
}

impl<'a> Analysis<'a> {
    /// Questions with the facts of a catalogue about keys.
    pub fn new(catalog: &'a Catalog, typing: Typing, budget: Budget) -> Analysis<'a> {
        Analysis {
            catalog,
            typing,
            budget,
            compiler: Compiler::new(Universe::default(), budget),
            since: None,
            asked: Set::FULL,
            named: Part::default(),
        }
    }

    /// Questions about requests from some time on: what a policy said of times before is as good as unsaid.
    #[must_use]
    pub fn since(self, since: Option<Timestamp>) -> Analysis<'a> {
        Analysis { since, ..self }
    }

    /// Everything that a subject may do.
    pub fn effective(&mut self, subject: &Subject, part: &Part) -> Result<Effective, AnalysisError> {
        self.begin(part);
        let mut universes = self.universes(&[subject]);
        let universe = universes.pop().unwrap_or_default();
        let read = self.read(subject, &universe, Side::Old)?;
        let of_part = self.part(part)?;
        let mut beyond = Vec::new();
        for situation in &read.situations {
            beyond.push(self.compiler.arena().intersection([situation.compiled.beyond, situation.on])?);
        }
        let beyond = self.compiler.arena().union(beyond)?;
        let target = self.compiler.arena().intersection([read.allowed, of_part])?;
        let target = self.compiler.arena().difference([target], [beyond])?;
        let possible = self.possible(&[subject]);
        let mut clauses = self.clauses(&read, None, target)?;
        self.keep_possible(&mut clauses, &possible)?;
        for clause in &mut clauses {
            self.compiler.arena().renew(self.budget);
            clause.witness = self.witness(clause, &read, None)?;
        }
        let clauses = self.merged(clauses, &read)?;
        let ineffective = self.ineffective(&read, of_part)?;
        let undecided = self.undecided(&read, (of_part, beyond))?.into_iter().collect();
        Ok(Effective { clauses, undecided, ineffective })
    }

    /// What is allowed by one subject and not by the other.
    pub fn diff(&mut self, old: &Subject, new: &Subject, part: &Part) -> Result<Diff, AnalysisError> {
        self.begin(part);
        let alike = Subject::supposing_alike(old, new);
        let [old, new] = alike.as_ref().map_or([old, new], |[old, new]| [old, new]);
        let (mut gained, mut lost) = (Vec::new(), Vec::new());
        for standing in Standing::all_of(&[old, new]) {
            self.compiler.arena().renew(self.budget);
            let (old, new) = (standing.meets(old), standing.meets(new));
            let universes = self.universes(&[&old, &new]);
            let [old_universe, new_universe] = universes.as_slice() else { continue };
            let old = self.read(&old, old_universe, Side::Old)?;
            let new = self.read(&new, new_universe, Side::New)?;
            if old.allowed == new.allowed {
                continue;
            }
            let possible = self.possible(&[old.subject, new.subject]);
            let part = self.part(part)?;
            self.one_way(&new, &old, (part, &possible), standing, &mut gained)?;
            self.one_way(&old, &new, (part, &possible), standing, &mut lost)?;
        }
        self.undecided_between([old, new], part, [&mut gained, &mut lost])?;
        let is_sure = |clauses: &[Clause]| clauses.iter().any(|clause| clause.witness.is_some());
        let verdict = match (is_sure(&gained), is_sure(&lost)) {
            (false, false) => Verdict::Equivalent,
            (true, false) => Verdict::Wider,
            (false, true) => Verdict::Narrower,
            (true, true) => Verdict::Both,
        };
        Ok(Diff { verdict, gained, lost })
    }

    /// Whether two subjects may do the same in a part: yes is a proof.
    pub fn is_equivalent(
        &mut self,
        one: &Subject,
        other: &Subject,
        part: &Part,
    ) -> Result<bool, AnalysisError> {
        self.begin(part);
        let universes = self.universes(&[one, other]);
        let [one_universe, other_universe] = universes.as_slice() else { return Ok(true) };
        let one = self.read(one, one_universe, Side::Old)?;
        let other = self.read(other, other_universe, Side::New)?;
        let part = self.part(part)?;
        let arena = self.compiler.arena();
        let gained = arena.difference([other.allowed], [one.allowed])?;
        let lost = arena.difference([one.allowed], [other.allowed])?;
        let differing = arena.union([gained, lost])?;
        let differing = arena.intersection([differing, part])?;
        if differing == Set::EMPTY {
            return Ok(true);
        }
        let possible = self.possible(&[one.subject, other.subject]);
        Ok(self.possible_of(differing, &possible)? == Set::EMPTY)
    }

    /// Whether what a subject gained and lost in a part is some of what another did.
    pub fn is_change_within(
        &mut self,
        own: [&Subject; 2],
        other: [&Subject; 2],
        part: &Part,
    ) -> Result<bool, AnalysisError> {
        self.begin(part);
        let pairs = [own, other].map(|[old, new]| (Subject::supposing_alike(old, new), [old, new]));
        let subjects: Vec<&Subject> = pairs
            .iter()
            .flat_map(|(alike, pair)| alike.as_ref().map_or(*pair, |[old, new]| [old, new]))
            .collect();
        let universes = self.universes(&subjects);
        let mut allowed = Vec::new();
        for (subject, universe) in subjects.iter().zip(&universes) {
            allowed.push(self.read(subject, universe, Side::Old)?.allowed);
        }
        let part = self.part(part)?;
        let [old, new, other_old, other_new] = allowed[..] else { return Ok(false) };
        let arena = self.compiler.arena();
        for (more, less, other_more, other_less) in
            [(new, old, other_new, other_old), (old, new, other_old, other_new)]
        {
            let own = arena.difference([more], [less])?;
            let others = arena.difference([other_more], [other_less])?;
            let beyond = arena.difference([own], [others])?;
            if !arena.is_disjoint(beyond, part)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The actions of the catalogue that a clause of the last answer has requests of.
    pub fn known_actions(&mut self, clause: &Clause) -> Result<Vec<String>, AnalysisError> {
        let mut found = Vec::new();
        let prefixes: Vec<String> = self.catalog.service_prefixes().map(str::to_owned).collect();
        for prefix in prefixes {
            let here = self.with_text(clause.set, Level::Service, &prefix.to_ascii_lowercase())?;
            let service = if here == Set::EMPTY { None } else { self.catalog.service(&prefix) };
            for action in service.iter().flat_map(|service| &service.actions) {
                if self.with_text(here, Level::Name, &action.name.to_ascii_lowercase())? != Set::EMPTY {
                    found.push(format!("{prefix}:{}", action.name));
                }
            }
        }
        Ok(found)
    }

    /// Whether a subject may make each of some requests, as the sets have it.
    pub fn contains(&mut self, subject: &Subject, requests: &[Request]) -> Result<Vec<bool>, AnalysisError> {
        let universe = self.universes(&[subject]).pop().unwrap_or_default();
        let read = self.read(subject, &universe, Side::Old)?;
        let points = requests.iter().map(Point::of);
        Ok(points.map(|point| self.compiler.contains(read.allowed, &point)).collect())
    }

    /// Turns to a new question about a part, and to the whole budget.
    fn begin(&mut self, part: &Part) {
        self.named = part.clone();
        // What was found for other subjects is kept as far as it holds for these; a heap of it slows.
        if self.compiler.arena().node_count() > MANY_NODES {
            self.compiler = Compiler::new(Universe::default(), self.budget);
        }
        self.compiler.arena().renew(self.budget);
    }

    /// Adds what one side allows and the other does not to what is told already, but for what that says.
    fn one_way(
        &mut self,
        allowing: &Read<'_>,
        other: &Read<'_>,
        (part, possible): (Set, &Option<Possible>),
        standing: Standing,
        clauses: &mut Vec<Clause>,
    ) -> Result<(), AnalysisError> {
        let target = self.compiler.arena().difference([allowing.allowed], [other.allowed])?;
        let target = self.compiler.arena().intersection([target, part])?;
        let told = clauses.iter().filter(|clause| clause.witness.is_some()).map(|clause| clause.set);
        let told = self.compiler.arena().union(told.collect::<Vec<_>>())?;
        let mut found = self.clauses(allowing, Some(other), target)?;
        self.keep_possible(&mut found, possible)?;
        let mut shown = Vec::new();
        for mut clause in found {
            self.compiler.arena().renew(self.budget);
            if self.compiler.arena().is_subset(clause.set, told)? {
                continue;
            }
            clause.standing = standing;
            // What is not known decides no request.
            clause.witness = match clause.cause {
                Cause::Unknown { .. } => None,
                _ => self.witness(&clause, allowing, Some(other))?,
            };
            // Without a witness it may be that no request is in it, which would be a proof.
            self.compiler.arena().renew(self.budget);
            if clause.witness.is_some() || self.compiler.coherent(clause.set)? != Set::EMPTY {
                shown.push(clause);
            }
        }
        clauses.extend(self.merged(shown, allowing)?);
        Ok(())
    }

    /// What limits requests to those that somebody makes, where nobody in particular asks (R-EVL-74); to be asked in the
    /// universe of what was read last. None where nothing does, or not within the budget.
    fn possible(&mut self, subjects: &[&Subject]) -> Option<Possible> {
        if subjects.iter().any(|subject| matches!(subject.callers, Callers::One(_))) {
            return None;
        }
        let situations = subjects.iter().flat_map(|subject| &subject.situations);
        let statements = situations.flat_map(|situation| situation.layers.statements());
        let possible = self.compiler.possible(statements.map(|(_, statement)| statement));
        self.compiler.arena().renew(self.budget);
        // What cannot be told is taken to be possible.
        possible.ok()
    }

    /// Those of some requests that somebody makes.
    fn possible_of(&mut self, set: Set, possible: &Option<Possible>) -> Result<Set, AnalysisError> {
        let Some(possible) = possible.as_ref().filter(|_| set != Set::EMPTY) else { return Ok(set) };
        let found = self.compiler.possible_of(set, possible);
        if found.is_err() {
            self.compiler.arena().renew(self.budget);
        }
        Ok(found.unwrap_or(set))
    }

    /// Leaves out of clauses what nobody asks for.
    fn keep_possible(
        &mut self,
        clauses: &mut Vec<Clause>,
        possible: &Option<Possible>,
    ) -> Result<(), AnalysisError> {
        for clause in clauses.iter_mut() {
            clause.set = self.possible_of(clause.set, possible)?;
        }
        clauses.retain(|clause| clause.set != Set::EMPTY);
        Ok(())
    }

    /// One universe for each subject, in which the kinds of keys are the same.
    fn universes(&self, subjects: &[&Subject]) -> Vec<Universe> {
        let askers = |subject: &&Subject| match &subject.callers {
            Callers::One(caller) => Askers::of(caller),
            Callers::Holder => Askers::IamPrincipals,
            // They are told together with anyone's.
            Callers::Any | Callers::InAccount => Askers::Anyone,
        };
        let are_iam = subjects.iter().map(askers).all(|askers| askers == Askers::IamPrincipals);
        let askers = if are_iam { Askers::IamPrincipals } else { Askers::Anyone };
        let facts = KeyFacts {
            kind: &|key| key_kind(key, self.catalog),
            always_present: &|key| global_key(key).is_some_and(|known| known.is_always_present(askers)),
        };
        let stacks = || subjects.iter().flat_map(|subject| &subject.situations);
        let mut owners = BTreeSet::new();
        for subject in subjects {
            owners.extend(subject.owners(&self.named.resources));
        }
        let universe = |subject: &&Subject| {
            let mut universe = Universe::new(subject.callers.clone(), subject.knowledge.clone(), self.typing);
            let statements = stacks().flat_map(|situation| situation.layers.statements());
            universe.admit(statements.map(|(_, statement)| statement), &facts);
            universe.owners.clone_from(&owners);
            universe
        };
        subjects.iter().map(universe).collect()
    }

    fn read<'s>(
        &mut self,
        subject: &'s Subject,
        universe: &Universe,
        side: Side,
    ) -> Result<Read<'s>, AnalysisError> {
        let mut situations = Vec::new();
        let mut allowed = Vec::new();
        let owned = self.owned(subject, universe)?;
        let stored_of_others = self.stored_of_others(subject, universe)?;
        for situation in &subject.situations {
            let mut universe = universe.clone();
            universe.resource_account.clone_from(&situation.resource_account);
            for (key, value) in situation.known.iter() {
                universe.knowledge.known.set(key, value.clone());
            }
            self.compiler.turn_to(universe.clone());
            let on = match &situation.on {
                None => Set::FULL,
                Some(entries) => self.resources(entries)?,
            };
            let elsewhere = self.resources(&situation.but_not_on)?;
            let on = self.compiler.arena().difference([on], [elsewhere])?;
            let in_time = self.in_time()?;
            let anyones = self.compiler.arena().intersection([on, in_time, owned])?;
            let cross_account = self.compiler.of_other_accounts()?;
            let on = match situation.accounts {
                Accounts::Any => anyones,
                Accounts::Own => self.compiler.arena().difference([anyones], [cross_account])?,
                Accounts::Others => self.compiler.arena().intersection([anyones, cross_account])?,
            };
            let compiled = self.compiler.layers(&situation.layers)?;
            allowed.push(self.compiler.arena().intersection([compiled.allowed, on])?);
            situations.push(ReadSituation {
                universe,
                situation,
                compiled,
                in_time,
                on,
                cross_account,
                stored_of_others,
                anyones,
            });
        }
        let allowed = self.compiler.arena().union(allowed)?;
        Ok(Read { subject, side, situations, allowed })
    }

    /// The requests that are not too early, where policies ask for the time at all.
    fn in_time(&mut self) -> Result<Set, AnalysisError> {
        let time = self.compiler.universe().keys().find(|(key, _)| TIMES.contains(&&***key));
        let (Some(since), Some((key, _))) = (self.since, time) else { return Ok(Set::FULL) };
        let condition = Condition::of(key, Test::DateGreaterThanEquals, [&*since.as_second().to_string()]);
        Ok(self.compiler.where_holds(&condition)?)
    }

    /// The requests on one of some resources.
    fn resources(&mut self, entries: &[Spanned<ResourcePattern>]) -> Result<Set, AnalysisError> {
        let mut sets = Vec::new();
        for entry in entries {
            sets.push(self.compiler.resource_entry(entry, PolicyType::Identity)?);
        }
        Ok(self.compiler.arena().union(sets)?)
    }

    fn part(&mut self, part: &Part) -> Result<Set, AnalysisError> {
        self.asked = self.compiler.requests(&part.actions, &part.resources)?;
        Ok(self.asked)
    }

    /// The Allow statements that come to nothing, and what stops them.
    fn ineffective(&mut self, read: &Read<'_>, part: Set) -> Result<Vec<Ineffective>, AnalysisError> {
        let mut found = Vec::new();
        for (nth, situation) in read.situations.iter().enumerate() {
            for (&statement, &set) in &situation.compiled.statements {
                if statement.effect == Effect::Deny || !read.subject.told.contains(&statement.layer) {
                    continue;
                }
                let arena = self.compiler.arena();
                let set = arena.intersection([set, situation.on, part])?;
                if part != Set::FULL && set == Set::EMPTY {
                    continue;
                }
                if arena.is_disjoint(set, situation.compiled.allowed)? {
                    let stopped_by = self.stopping(situation, statement, set)?;
                    found.push(Ineffective { situation: nth, statement, stopped_by });
                }
            }
        }
        Ok(found)
    }

    /// The layers that alone or together stop a set: denying, or not allowing, or not known.
    fn stopping(
        &mut self,
        situation: &ReadSituation<'_>,
        statement: StatementRef,
        set: Set,
    ) -> Result<Vec<Layer>, AnalysisError> {
        let mut layers = Vec::new();
        let compiled = &situation.compiled;
        for (&layer, &scope) in &compiled.scopes {
            let arena = self.compiler.arena();
            let denying =
                compiled.statements.iter().filter(|(of, _)| of.layer == layer && of.effect == Effect::Deny);
            let denied = arena.union(denying.map(|(_, set)| *set))?;
            let limits = layer != statement.layer && !matches!(layer, Layer::Rcp | Layer::Resource);
            let groups = compiled.groups.get(&layer).filter(|_| limits);
            let allowed = arena.intersection(groups.into_iter().flatten().copied())?;
            let lacking = arena.difference([scope], [allowed])?;
            let is_unknown = layer != statement.layer && situation.situation.layers.is_unknown(layer);
            let stopped = arena.union([denied, lacking].into_iter().chain(is_unknown.then_some(scope)))?;
            let stopped = arena.intersection([scope, stopped, set])?;
            if stopped != Set::EMPTY {
                layers.push(layer);
            }
        }
        Ok(layers)
    }
}

/// Whether an evaluation allows.
fn allows(evaluation: &Evaluation) -> bool {
    evaluation.decision == Decision::Allowed
}
