//! From policies to sets of requests: every spelling of the policy language ends here.
//!
//! A request is a point with a coordinate at every [`Level`]: the action, the resource field by field, the caller,
//! and what each context key holds. A statement is the set of the requests to which it applies, a policy two sets, and
//! a whole stack of layers one, by the rules of R-EVL-10.
//!
//! ```text
//!   Statement ── actions ∧ resources ∧ conditions ∧ principals ──▶ Set
//!   PolicyLayers ── R-EVL-10, with ∧ for "and", ∪ for "or" ─────▶ Set      layers
//!   Request ──────────────────────────────────────────────────▶ Point     point
//! ```
//!
//! This is the second meaning of the language. It shares its words with the evaluator, so that a mistake has to be made
//! twice to go unseen, and three things besides, which have tests of their own: which buckets are public
//! ([`Policy::is_public`](crate::policy::Policy::is_public)), how a date is read, and the groups of a layer
//! ([`PolicyLayers::groups`](crate::layers::PolicyLayers::groups)).
//!
//! # What is not exact
//!
//! Sets relate each coordinate to constants. What relates two of them, such as `${aws:username}` in a resource while
//! the user is open, is a coordinate of its own, beside what is necessary for it ([`level::Relation`],
//! [`level::Opaque`]). Membership of a request is exact all the same. But a set with such coordinates may have points that no
//! request is: *empty* and *equal* are proofs, a point is only a candidate. [`Compiler::is_exact`] tells.

mod action;
mod calls;
mod condition;
mod context;
mod layers;
mod owner;
pub mod level;
mod point;
mod possible;
mod principal;
mod relation;
mod resource;
mod start;
mod universe;
mod value;
mod variable;

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;
use thiserror::Error;

use crate::algebra::{Arena, Budget, BudgetError, Exhausted, Flag, Glob, Language, Region, Set};
use crate::layers::{Settings, StatementRef};
use crate::pattern::Pattern;
use crate::policy::{ActionPattern, PolicyType, ResourcePattern, Spanned, Statement};

pub use layers::Compiled;
pub use level::Level;
pub use point::Point;
pub use possible::Possible;
pub use universe::{Asked, Callers, HOLDER_ACCOUNT, KeyDomain, KeyFacts, Typing, Universe, holder};

/// A set too complicated for the budget.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}", self.message())]
pub struct CompileError {
    /// The policy that was read, where it was one.
    pub policy: Option<String>,
    /// What ran out, and at which coordinate.
    pub budget: BudgetError<Level>,
}

impl CompileError {
    fn message(&self) -> String {
        let at = self.budget.level.as_ref().map(|level| format!(" at {level}")).unwrap_or_default();
        let of = self.policy.as_ref().map(|policy| format!(" of `{policy}`")).unwrap_or_default();
        format!("the patterns{of} cross each other too often to be told apart{at}: {}", self.budget.what)
    }
}

impl From<BudgetError<Level>> for CompileError {
    fn from(budget: BudgetError<Level>) -> Self {
        CompileError { policy: None, budget }
    }
}

type Outcome<T> = Result<T, BudgetError<Level>>;

/// Makes sets of what policies say. All sets of one compiler can be compared.
#[derive(Debug)]
pub struct Compiler {
    arena: Arena<Level>,
    universe: Universe,
    settings: Settings,
    has_boundary: bool,
    /// What segments without variables match: they come again and again.
    segments: FxHashMap<Pattern, Language>,
    /// What any of some globs match, likewise.
    atoms: FxHashMap<Vec<Glob>, Language>,
    /// The requests of which conditions hold.
    conditions: FxHashMap<level::Opaque, Set>,
}

impl Compiler {
    /// A compiler for the requests of a universe.
    pub fn new(universe: Universe, budget: Budget) -> Compiler {
        Compiler {
            arena: Arena::new(budget),
            universe,
            settings: Settings::default(),
            has_boundary: false,
            segments: FxHashMap::default(),
            atoms: FxHashMap::default(),
            conditions: FxHashMap::default(),
        }
    }

    /// The sets.
    pub fn arena(&mut self) -> &mut Arena<Level> {
        &mut self.arena
    }

    /// Whether a point is in a set.
    pub fn contains(&self, set: Set, point: &Point<'_>) -> bool {
        self.arena.contains(set, point)
    }

    /// From here on, sets are of the requests of another universe, in which every key that is open in both holds the
    /// same.
    pub fn turn_to(&mut self, universe: Universe) {
        // What was read under other knowledge, or of keys that held other values, is not known of these requests.
        if universe != self.universe {
            self.conditions.clear();
        }
        self.universe = universe;
    }

    /// The requests whose action matches one entry.
    pub fn action_entry(&mut self, entry: &Spanned<ActionPattern>) -> Result<Set, CompileError> {
        Ok(self.any_action(std::slice::from_ref(entry))?)
    }

    /// The requests whose resource matches one entry of a policy of some type.
    pub fn resource_entry(
        &mut self,
        entry: &Spanned<ResourcePattern>,
        policy_type: PolicyType,
    ) -> Result<Set, CompileError> {
        Ok(self.any_resource(std::slice::from_ref(entry), policy_type)?)
    }

    /// The requests for one of some actions on one of some resources; of none named, for all.
    pub fn requests(
        &mut self,
        actions: &[Spanned<ActionPattern>],
        resources: &[Spanned<ResourcePattern>],
    ) -> Result<Set, CompileError> {
        let actions = if actions.is_empty() { Set::FULL } else { self.any_action(actions)? };
        let resources = match resources {
            [] => Set::FULL,
            some => self.any_resource(some, PolicyType::Identity)?,
        };
        Ok(self.arena.intersection([actions, resources])?)
    }

    /// The requests to which a statement of a policy of some type applies, whoever asks.
    pub fn requests_of(
        &mut self,
        statement: &Statement,
        policy_type: PolicyType,
    ) -> Result<Set, CompileError> {
        Ok(self.applies(statement, policy_type)?)
    }

    /// Whether a set relates coordinates to constants only: then each of its points is a request.
    pub fn is_exact(&self, set: Set) -> bool {
        let relates =
            |level: &Level| matches!(level, Level::Relation(_) | Level::Opaque(_) | Level::Read(..));
        !self.levels(set).iter().any(relates)
    }

    /// The coordinates on which membership in a set depends.
    pub fn levels(&self, set: Set) -> BTreeSet<Level> {
        self.arena.levels(set)
    }

    /// The requests that there are.
    pub fn universe(&self) -> &Universe {
        &self.universe
    }

    /// The requests to which a statement of a policy without principals applies, or of one with them whoever asks.
    fn applies(&mut self, statement: &Statement, policy_type: PolicyType) -> Outcome<Set> {
        let resources = self.resources(statement.resource.as_ref(), policy_type)?;
        let mut below = vec![resources];
        for condition in &statement.conditions {
            below.push(self.condition(condition)?);
        }
        let below = self.arena.intersection(below)?;
        if below == Set::EMPTY {
            return Ok(below);
        }
        self.actions(&statement.action, below)
    }

    fn statement(&mut self, statement: &Statement, policy_type: PolicyType) -> Outcome<Applies> {
        let of_anyone = self.applies(statement, policy_type)?;
        let mut by_class = BTreeMap::new();
        for (class, callers) in self.principals(statement)? {
            by_class.insert(class, self.arena.intersection([callers, of_anyone])?);
        }
        let set = self.arena.union(by_class.values().copied())?;
        Ok(Applies { set, by_class })
    }

    /// The requests with a text of a language at a level of the action or of the resource: all or none, where that is
    /// the same for all.
    fn text_of(&mut self, level: Level, language: Language) -> Outcome<Set> {
        match self.universe.asked_text(&level) {
            Some(text) => Ok(all_or_none(language.accepts(text))),
            None => self.arena.atom(level, language),
        }
    }

    /// The requests on ARNs.
    fn is_arn(&mut self) -> Outcome<Set> {
        match &self.universe.asked {
            Some(asked) => Ok(all_or_none(asked.is_arn)),
            None => self.arena.atom(Level::IsArn, Region::<Flag>::only(true)),
        }
    }

    fn at(&self, folded_key: &str, what: Exhausted) -> BudgetError<Level> {
        Self::exhausted(self.universe.level(&folded_key.to_ascii_lowercase()), what)
    }

    fn exhausted(level: Level, what: Exhausted) -> BudgetError<Level> {
        BudgetError { what, level: Some(level) }
    }
}

fn all_or_none(all: bool) -> Set {
    if all { Set::FULL } else { Set::EMPTY }
}

/// The requests to which a statement applies.
#[derive(Debug, Clone)]
struct Applies {
    set: Set,
    by_class: BTreeMap<principal::Class, Set>,
}

/// Every statement with the requests to which it applies.
pub type StatementSets = BTreeMap<StatementRef, Set>;
