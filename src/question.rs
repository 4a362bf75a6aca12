//! Questions that leave context keys open: *yes*, *no*, or *depends*, and then on what.
//!
//! A key that nobody mentions is *unknown*, not absent. The policies that can matter become the set of the contexts in
//! which the request is allowed ([`compile`](crate::compile)). Where that is all contexts the answer is yes, where it
//! is none no; else it *depends* on the keys that the set tells apart, and the set in the policies' own conditions
//! (`when`) is when the answer is yes.
//!
//! Whatever is shown has been decided by the evaluator ([`eval`](crate::eval)). Where it contradicts the set, that is
//! an error of this program, never an answer.

mod standing;
mod when;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use bigdecimal::BigDecimal;
use itertools::Itertools;
use jiff::Timestamp;
use thiserror::Error;

use crate::algebra::diagram::Datum;
use crate::algebra::{Budget, BudgetError, Set};
use crate::catalog::KeyType;
use crate::compile::level::Subject;
use crate::compile::{Asked, Callers, CompileError, Compiled, Compiler, Level, Point, Typing, Universe};
use crate::eval::{Decision, Evaluation, authorize};
use crate::knowledge::Knowledge;
use crate::layers::PolicyLayers;
use crate::pattern::Piece;
use crate::policy::{Condition, ConditionValue, Spanned, Statement};
use crate::request::{Context, Request, Value, fold};

use standing::Standings;

pub use crate::compile::KeyFacts;
pub use standing::{AsKnown, Standing};
pub use when::{Form, Test, When};

/// What a key is given that needs some value.
const SOMETHING: &str = "x";
/// A text of each type: its endings complete what a value begins with.
const ENDINGS: [&str; 6] = ["true", "0", "0.0.0.0", "::", "2000-01-01T00:00:00Z", "x"];

/// A question about one action on one resource.
pub struct Question<'a> {
    /// The policies.
    pub layers: &'a PolicyLayers,
    /// Who asks for what; its context is empty.
    pub request: Request,
    /// What is known of the context.
    pub knowledge: Knowledge,
    /// What is on record of keys.
    pub facts: KeyFacts<'a>,
    /// How much the answer may cost.
    pub budget: Budget,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The same in every case, or, if denied, at least denied in every case.
    Decided(Example),
    /// Allowed in some cases and not in others.
    Depends(Box<Depends>),
}

impl Answer {
    /// `yes`, `no`, `depends`, or `undecided`.
    pub fn word(&self) -> &'static str {
        match self {
            Answer::Depends(_) => "depends",
            Answer::Decided(example) => match example.evaluation.decision {
                Decision::Allowed => "yes",
                Decision::ExplicitlyDenied | Decision::ImplicitlyDenied => "no",
                Decision::Unknown => "undecided",
            },
        }
    }
}

/// One complete request and its decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The values that were chosen for the unknown keys that policies mention; `None` is absent.
    pub chosen: BTreeMap<String, Option<Value>>,
    /// The whole context.
    pub context: Context,
    /// What the evaluator says.
    pub evaluation: Evaluation,
}

/// An answer that depends on keys that were not given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Depends {
    /// The keys on which it depends, in the author's spelling.
    pub keys: Vec<String>,
    /// When it is allowed.
    pub when: When,
    /// A case in which it is allowed.
    pub allowed: Example,
    /// A case in which it is not.
    pub denied: Example,
}

/// Why a question could not be answered.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum QuestionError {
    /// The sets are too complicated.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// Whether any context makes the difference is not known.
    #[error("whether some values of {} make a difference could not be decided", quoted(keys))]
    Undecided {
        /// The keys.
        keys: Vec<String>,
    },
    /// The two meanings of a policy disagree, which is a mistake in this program.
    #[error(
        "the evaluator and the algebra disagree about {request}: this is a bug in iamdb, please report it with the policies"
    )]
    Disagreement {
        /// The request.
        request: String,
    },
}

impl From<BudgetError<Level>> for QuestionError {
    fn from(budget: BudgetError<Level>) -> Self {
        QuestionError::Compile(CompileError::from(budget))
    }
}

fn quoted(keys: &[String]) -> String {
    keys.iter().map(|key| format!("`{key}`")).join(", ")
}

/// Answers a question.
pub fn answer(question: &Question<'_>) -> Result<Answer, QuestionError> {
    let standings = Standings::of(question);
    let answer = Contexts::of(question, &standings).and_then(Contexts::answer);
    match answer {
        // What is decided anyway needs no sets.
        Err(QuestionError::Compile(_)) if standings.decide(question) => {
            let context = question.knowledge.completed(&Context::default());
            let evaluation = authorize(question.layers, &of_context(question, context.clone()));
            Ok(Answer::Decided(Example { chosen: BTreeMap::new(), context, evaluation }))
        }
        answer => answer,
    }
}

/// The keys on which an answer depends; none where it is decided.
pub fn keys_that_matter(question: &Question<'_>) -> Result<Vec<String>, QuestionError> {
    let standings = Standings::of(question);
    if standings.decide(question) {
        return Ok(Vec::new());
    }
    let contexts = Contexts::of(question, &standings)?;
    if contexts.compiler.is_exact(contexts.allowed) {
        return Ok(contexts.keys());
    }
    Ok(match contexts.answer()? {
        Answer::Depends(depends) => depends.keys,
        Answer::Decided(_) => Vec::new(),
    })
}

fn of_context(question: &Question<'_>, context: Context) -> Request {
    Request { context, ..question.request.clone() }
}

/// The contexts of a question.
struct Contexts<'q, 'a> {
    question: &'q Question<'a>,
    standings: &'q Standings,
    /// How the unknown keys that they mention are written, by folded name.
    spelling: BTreeMap<String, String>,
    compiler: Compiler,
    /// Those in which the request is allowed.
    allowed: Set,
    /// Those in which something denies it.
    denied: Set,
    /// Those in which it would be, if every document that is not known allowed everything (R-EVL-64).
    hoped_for: Set,
}

impl<'q, 'a> Contexts<'q, 'a> {
    fn of(question: &'q Question<'a>, standings: &'q Standings) -> Result<Self, QuestionError> {
        let Question { request, knowledge, .. } = question;
        let callers = Callers::One(request.caller.clone());
        let mut universe = Universe::new(callers, knowledge.clone(), Typing::Typed);
        universe.resource_account.clone_from(&request.resource_account);
        universe.asked = Some(Asked::by(request));
        // R-EVL-76: a key is multivalued if any policy in play says so.
        let is_quantified = |statement: &&Statement| {
            statement.conditions.iter().any(|condition| condition.operator.quantifier.is_some())
        };
        let anywhere = question.layers.statements().map(|(_, statement)| statement).filter(is_quantified);
        let relevant = || standings.statements(question.layers).map(|(_, statement)| statement);
        universe.admit(relevant().chain(anywhere), &question.facts);
        let mut compiler = Compiler::new(universe, question.budget);
        let can_apply = |of| standings.can_apply(of);
        let compiled = compiler.layers_where(question.layers, &can_apply)?;
        let Compiled { allowed, denied, .. } = compiled;
        let hoped_for = match question.layers.with_unknown_allowing() {
            Some(layers) => {
                let is_unknown =
                    |of| question.layers.policy(of).is_some_and(|policy| policy.document.is_none());
                let can_apply = |of| standings.can_apply(of) || is_unknown(of);
                compiler.layers_where(&layers, &can_apply)?.allowed
            }
            None => allowed,
        };
        let mut spelling = BTreeMap::new();
        let mut spell = |key: &str| {
            if knowledge.is_unknown(key) {
                spelling.entry(fold(key)).or_insert_with(|| key.to_owned());
            }
        };
        for key in relevant().flat_map(Statement::context_keys) {
            match knowledge.follows(key) {
                Some(template) => template.variables().for_each(|variable| spell(&variable.key)),
                None => spell(key),
            }
        }
        Ok(Contexts { question, standings, spelling, compiler, allowed, denied, hoped_for })
    }

    fn answer(mut self) -> Result<Answer, QuestionError> {
        let allowed = self.compiler.coherent(self.allowed)?;
        let refused = self.compiler.arena().complement(self.allowed)?;
        let refused = self.compiler.coherent(refused)?;
        let mut point = self.compiler.arena().witness(allowed).unwrap_or_default();
        let yes = self.example(allowed, &[])?;
        let has = |level: &Level| match (level, &yes) {
            (Level::Key(key), Some(yes)) => yes.context.get(key).is_some(),
            _ => false,
        };
        point.retain(|(level, _)| has(level));
        let no = self.refusal(&point)?;
        let keys = self.keys();
        match (yes, no) {
            (Some(yes), None) if refused == Set::EMPTY => Ok(Answer::Decided(yes)),
            (None, Some(no)) if allowed == Set::EMPTY => Ok(Answer::Decided(no)),
            (Some(allowed), Some(denied)) => {
                let when = self.when()?;
                Ok(Answer::Depends(Box::new(Depends { keys, when, allowed, denied })))
            }
            _ => Err(QuestionError::Undecided { keys }),
        }
    }

    /// The weakest refusal speaks for all: what is not known, then an implicit deny. It differs from a point in what it
    /// must.
    fn refusal(&mut self, from: &[(Level, Datum)]) -> Result<Option<Example>, QuestionError> {
        let arena = self.compiler.arena();
        let unknown = arena.difference([self.hoped_for], [self.allowed])?;
        let implicit = arena.complement(self.allowed)?;
        let implicit = arena.difference([implicit], [self.denied])?;
        let any = arena.complement(self.allowed)?;
        for set in [unknown, implicit, any] {
            if let Some(example) = self.example(set, from)? {
                return Ok(Some(example));
            }
        }
        Ok(None)
    }

    /// A context of a set, like a point where it can be; none where those that were tried are in it only as far as it can
    /// tell.
    fn example(&mut self, set: Set, like: &[(Level, Datum)]) -> Result<Option<Example>, QuestionError> {
        for said in self.starts(set) {
            let (mut within, said) = self.compiler.with_context(set, &said)?;
            let mut point = Vec::new();
            for (level, datum) in like {
                let alike = self.compiler.arena().restrict(within, level.clone(), datum)?;
                if alike != Set::EMPTY {
                    within = alike;
                    point.push((level.clone(), datum.clone()));
                }
            }
            let Some(rest) = self.compiler.arena().witness(within) else { continue };
            point.extend(rest);
            let mut found = self.compiler.context(&point, &said);
            if !self.is_in(set, &found) {
                continue;
            }
            for key in found.iter().map(|(key, _)| key.to_owned()).collect::<Vec<_>>() {
                let level = Level::Key(Arc::from(fold(&key)));
                let is_like = like.iter().any(|(of, _)| *of == level);
                let is_needed = self.compiler.universe().domain(&fold(&key)).always_present || is_like;
                let mut other = found.clone();
                other.remove(&key);
                if !is_needed && self.is_in(set, &other) {
                    found = other;
                    continue;
                }
                match found.get(&key) {
                    Some(Value::Single(text)) if text.is_empty() => {
                        other.set(&key, Value::Single(SOMETHING.to_owned()));
                    }
                    Some(Value::Multi(texts)) if texts.iter().all(String::is_empty) => {
                        other.set(&key, Value::Multi(vec![SOMETHING.to_owned()]));
                    }
                    _ => continue,
                }
                if self.is_in(set, &other) {
                    found = other;
                }
            }
            let chosen = self.spelling.iter().map(|(folded, key)| (key.clone(), found.get(folded).cloned()));
            let chosen = chosen.collect();
            let context = self.question.knowledge.completed(&self.spelled(&found));
            let request = of_context(self.question, context);
            let evaluation = authorize(self.question.layers, &request);
            let is_allowed = self.compiler.contains(self.allowed, &Point::of(&request));
            if (evaluation.decision == Decision::Allowed) != is_allowed {
                return Err(QuestionError::Disagreement { request: request.to_string() });
            }
            return Ok(Some(Example { chosen, context: request.context, evaluation }));
        }
        Ok(None)
    }

    /// What is said of keys before a point is looked for: nothing; the same text of all that are variables; and of each
    /// key with a condition that says more than a set of values can, what its values begin with.
    fn starts(&self, set: Set) -> Vec<Context> {
        let statements = self.standings.statements(self.question.layers);
        let mut starts = vec![Context::default()];
        starts.extend(self.compiler.starts(&statements.map(|(_, statement)| statement).collect::<Vec<_>>()));
        let universe = self.compiler.universe();
        for level in self.compiler.levels(set) {
            let Level::Opaque(opaque) = level else { continue };
            let key = fold(&opaque.0.key);
            let domain = universe.domain(&key);
            for text in typical(&opaque.0, domain.base) {
                let value = if domain.multivalued { Value::Multi(vec![text]) } else { Value::Single(text) };
                let mut context = Context::default();
                context.set(&key, value);
                starts.push(context);
            }
        }
        starts
    }

    fn is_in(&self, set: Set, context: &Context) -> bool {
        let request = of_context(self.question, self.question.knowledge.completed(context));
        self.compiler.contains(set, &Point::of(&request))
    }

    fn spelled(&self, context: &Context) -> Context {
        let mut spelled = Context::default();
        for (key, value) in context.iter() {
            spelled.set(self.spelling.get(&fold(key)).map_or(key, String::as_str), value.clone());
        }
        spelled
    }

    /// The unknown keys by which it is allowed or not, in the author's spelling.
    fn keys(&self) -> Vec<String> {
        let mut found = BTreeSet::new();
        for level in self.compiler.levels(self.allowed) {
            match level {
                Level::Key(key) | Level::Read(key, _) => {
                    // The two keys of the time are one coordinate (R-EVL-74).
                    if *key == *"aws:currenttime" {
                        found.insert("aws:epochtime".to_owned());
                    }
                    found.insert(key.to_string());
                }
                Level::Relation(relation) => {
                    if let Subject::Key(key) = &relation.subject {
                        found.insert(key.to_string());
                    }
                    let variables = relation.template.tokens.iter().filter_map(|token| token.variable());
                    found.extend(variables.map(|key| key.to_string()));
                }
                Level::Opaque(opaque) => {
                    found.insert(fold(&opaque.0.key));
                    let values = opaque.0.values.iter().flat_map(|value| value.pattern.pieces());
                    found.extend(values.filter_map(|piece| match piece {
                        Piece::Variable(variable) => Some(fold(&variable.key)),
                        Piece::Text(_) | Piece::Star | Piece::Question => None,
                    }));
                }
                _ => {}
            }
        }
        found.iter().filter_map(|key| self.spelling.get(key).cloned()).collect()
    }
}

/// Texts of a type that begin as the values of a condition do.
fn typical(condition: &Condition, base: KeyType) -> Vec<String> {
    let is_of_type = |text: &String| match base {
        KeyType::String | KeyType::Binary | KeyType::Arn => true,
        KeyType::Bool => matches!(text.as_str(), "true" | "false"),
        KeyType::Numeric => text.parse::<BigDecimal>().is_ok(),
        KeyType::Date => text.parse::<Timestamp>().is_ok(),
        KeyType::IpAddress => text.parse::<IpAddr>().is_ok_and(|address| address.to_string() == *text),
    };
    let begin = |value: &Spanned<ConditionValue>| match value.pattern.pieces().first() {
        Some(Piece::Text(text)) => text.clone(),
        _ => String::new(),
    };
    let beginnings = condition.values.iter().map(begin).chain([String::new()]).unique();
    let with_endings = beginnings.flat_map(|begin| {
        let endings = ENDINGS.iter().flat_map(|text| (0..=text.len()).filter_map(|at| text.get(at..)));
        endings.map(move |ending| format!("{begin}{ending}"))
    });
    with_endings.filter(is_of_type).unique().collect()
}
