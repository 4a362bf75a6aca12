//! Stacks of policies that repeat: once a stack was asked about often enough its decisions are read off its sets, which
//! takes as long for many statements as for few. Where a set has no answer the evaluator is asked.

use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use itertools::Itertools;
use rustc_hash::{FxHashMap, FxHasher};

use crate::algebra::{Budget, Set};
use crate::arn::AccountId;
use crate::caller::Caller;
use crate::compile::{Callers, CompileError, Compiled, Compiler, KeyFacts, Point, Typing, Universe};
use crate::eval::{Decision, authorize};
use crate::knowledge::Knowledge;
use crate::layers::{Layer, LayerDocument, PolicyLayers};
use crate::request::{Context, Request, Value, fold};

/// How often a stack is asked about before its sets are made.
const ASKED_BEFORE: usize = 16;
/// How many stacks are remembered before all are forgotten.
const MOST_STACKS: usize = 1_024;
/// How many states the sets of all stacks may have before no more are made, and all are forgotten at the next new stack.
const MOST_STATES: u64 = 2_000_000;
/// What the sets of one stack may cost.
const BUDGET: Budget = Budget { work: 20_000_000, states: 1_000_000, classes: 12, levels: 500 };

/// Stacks that were asked about, for many threads.
#[derive(Debug, Default)]
pub(super) struct Stacks {
    known: RwLock<FxHashMap<u64, Vec<Arc<Stack>>>>,
    /// How many states their sets have.
    states: AtomicU64,
}

/// What decides the requests of one caller on resources of one owner.
#[derive(Debug)]
struct Stack {
    caller: Caller,
    resource_account: Option<AccountId>,
    layers: PolicyLayers,
    asked: AtomicUsize,
    /// Once they were made; none of them where they are too complicated.
    sets: RwLock<Option<Option<Arc<Sets>>>>,
}

#[derive(Debug)]
struct Sets {
    compiler: Compiler,
    allowed: Set,
    denied: Set,
    /// What no policy decides.
    beyond: Set,
    /// The folded names of keys that policies use as variables.
    variables: BTreeSet<String>,
}

impl Stacks {
    /// What the evaluator says of a request.
    pub(super) fn decision(&self, layers: &PolicyLayers, request: &Request) -> Decision {
        let stack = self.stack(layers, request);
        let sets = stack.sets(&self.states).filter(|sets| sets.have(&request.context));
        match sets.and_then(|sets| sets.decision(layers, request)) {
            Some(decision) => decision,
            None => authorize(layers, request).decision,
        }
    }

    fn stack(&self, layers: &PolicyLayers, request: &Request) -> Arc<Stack> {
        let place = place(layers, request);
        let is_same = |stack: &&Arc<Stack>| stack.is_of(layers, request);
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(stack) = known.get(&place).and_then(|stacks| stacks.iter().find(is_same)) {
            return Arc::clone(stack);
        }
        drop(known);
        let stack = Arc::new(Stack {
            caller: request.caller.clone(),
            resource_account: request.resource_account.clone(),
            layers: layers.clone(),
            asked: AtomicUsize::default(),
            sets: RwLock::default(),
        });
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_STACKS || self.states.load(Ordering::Relaxed) >= MOST_STATES {
            known.clear();
            self.states.store(0, Ordering::Relaxed);
        }
        known.entry(place).or_default().push(Arc::clone(&stack));
        stack
    }
}

impl Stack {
    fn is_of(&self, layers: &PolicyLayers, request: &Request) -> bool {
        self.caller == request.caller
            && self.resource_account == request.resource_account
            && self.layers.settings == layers.settings
            && shape(&self.layers).eq(shape(layers))
    }

    /// The sets, once they are worth it; their states are added to those of all.
    fn sets(&self, states: &AtomicU64) -> Option<Arc<Sets>> {
        if self.asked.fetch_add(1, Ordering::Relaxed) < ASKED_BEFORE {
            return None;
        }
        if let Some(made) = &*self.sets.read().unwrap_or_else(PoisonError::into_inner) {
            return made.clone();
        }
        if states.load(Ordering::Relaxed) >= MOST_STATES {
            return None;
        }
        let mut sets = self.sets.write().unwrap_or_else(PoisonError::into_inner);
        let make = || {
            let mut made = Sets::of(self).ok()?;
            let left = made.compiler.arena().meter().left().states;
            states.fetch_add(BUDGET.states - left, Ordering::Relaxed);
            Some(Arc::new(made))
        };
        sets.get_or_insert_with(make).clone()
    }
}

impl Sets {
    /// Of requests with any context, of whatever types (R-EVL-76 does not bind who writes scenarios).
    fn of(stack: &Stack) -> Result<Sets, CompileError> {
        let callers = Callers::One(stack.caller.clone());
        let mut universe = Universe::new(callers, Knowledge::default(), Typing::Untyped);
        universe.resource_account.clone_from(&stack.resource_account);
        let facts = KeyFacts { kind: &|_| None, always_present: &|_| false };
        universe.admit(stack.layers.statements().map(|(_, statement)| statement), &facts);
        let mut compiler = Compiler::new(universe, BUDGET);
        let compiled = compiler.layers(&stack.layers)?;
        let Compiled { allowed, denied, beyond, .. } = compiled;
        let statements = stack.layers.statements();
        let variables = statements.flat_map(|(_, statement)| statement.variables()).map(fold).collect();
        Ok(Sets { compiler, allowed, denied, beyond, variables })
    }

    /// Whether a context is one of those that the sets are of: each key is there once, and each value of it, for the
    /// same value again is one value to a set; and no list of one value is used as a variable, which it is not
    /// (R-VAR-7).
    fn have(&self, context: &Context) -> bool {
        let is_one = |value: &Value| matches!(value, Value::Multi(items) if items.len() == 1);
        context.iter().map(|(key, _)| fold(key)).all_unique()
            && context.iter().all(|(key, value)| {
                value.items().iter().all_unique() && !(is_one(value) && self.variables.contains(&fold(key)))
            })
    }

    /// The decision, where the sets tell: not what kind of denial it is that no policy makes, nor that of a document
    /// that is not known (R-EVL-64).
    fn decision(&self, layers: &PolicyLayers, request: &Request) -> Option<Decision> {
        let point = Point::of(request);
        if self.compiler.contains(self.allowed, &point) {
            return Some(Decision::Allowed);
        }
        if self.compiler.contains(self.beyond, &point) {
            return None;
        }
        if self.compiler.contains(self.denied, &point) {
            return Some(Decision::ExplicitlyDenied);
        }
        let mut documents = shape(layers).flat_map(|(.., documents)| documents);
        documents.all(|document| document.is_some()).then_some(Decision::ImplicitlyDenied)
    }
}

/// The groups and the documents of each layer; these by where they are in memory, for each distinct one is read once.
fn shape(layers: &PolicyLayers) -> impl Iterator<Item = (Layer, Vec<Range<usize>>, Vec<Option<usize>>)> {
    layers.present().map(|layer| {
        let place = |document: &Arc<LayerDocument>| Arc::as_ptr(document) as usize;
        let documents = layers.policies(layer).into_iter().map(|policy| policy.document.as_ref().map(place));
        (layer, layers.groups(layer), documents.collect())
    })
}

/// Where a stack is kept.
fn place(layers: &PolicyLayers, request: &Request) -> u64 {
    let mut hasher = FxHasher::default();
    shape(layers).for_each(|layer| layer.hash(&mut hasher));
    request.caller.to_string().hash(&mut hasher);
    request.resource_account.as_ref().map(AccountId::as_str).hash(&mut hasher);
    hasher.finish()
}
