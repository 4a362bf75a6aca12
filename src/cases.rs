//! Questions that leave context keys unsaid, answered by cases.
//!
//! A key that nobody mentions is *unknown*, not absent. For every unknown key that could matter,
//! `values` finds a finite list of values such that any other value behaves like one of them in every
//! condition in play; each combination is one complete request, and the evaluator decides it. If all of
//! them come out alike, that is the answer; otherwise the answer is *depends*, and the combinations that
//! are allowed, put into as few and as wide cases as can be found, are the condition.
//!
//! Nothing here decides: whatever is claimed has been evaluated.

mod automaton;
mod condition;
mod values;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use itertools::Itertools;
use rustc_hash::FxHashMap;
use thiserror::Error;

use crate::catalog::KeyKind;
use crate::eval::{self, Decision, Evaluation, Fit};
use crate::knowledge::Knowledge;
use crate::layers::{Layer, LayerDocument, PolicyLayers, PublicBuckets, StatementRef};
use crate::pattern::{Pattern, Piece};
use crate::policy::{
    Condition, Effect, Parsed, Policy, PolicyType, Quantifier, ResourcePattern, Selector, Statement,
};
use crate::request::{Context, Request, Value, fold};

pub use condition::{Clause, Test, When};

/// How many complete requests one question may need.
const MOST_COMBINATIONS: usize = 50_000;

/// A question about one action on one resource.
pub struct Question<'a> {
    /// The policies.
    pub layers: &'a PolicyLayers,
    /// Who asks for what; its context is empty.
    pub request: Request,
    /// What is known of the context.
    pub knowledge: Knowledge,
    /// Type and arity of a key, where they are on record; and whether it is always present.
    pub kind: &'a dyn Fn(&str) -> KeyFacts,
}

/// What is on record about a context key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KeyFacts {
    /// Its type and arity.
    pub kind: Option<KeyKind>,
    /// Whether every request has it.
    pub always_present: bool,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The same in every case, or, if denied, at least denied in every case.
    Decided(Example),
    /// Allowed in some cases and not in others.
    Depends(Depends),
}

/// One complete request and its decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The values that were chosen for the unknown keys; `None` is absent.
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
    /// Whether it is allowed in no other case; else the cases are examples.
    pub exact: bool,
    /// A case in which it is allowed.
    pub allowed: Example,
    /// A case in which it is not.
    pub denied: Example,
}

/// Why a question could not be answered.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CasesError {
    /// Too many combinations.
    #[error("the question leaves too much open: {} unknown context keys with {combinations} combinations", keys.len())]
    TooManyCombinations {
        /// The unknown keys.
        keys: Vec<String>,
        /// Their combinations.
        combinations: usize,
    },
    /// The values of one key could not all be told apart.
    #[error("the patterns tested on the context key `{key}` are too many to be decided together")]
    TooManyValues {
        /// The key.
        key: String,
    },
    /// Every case that was tried comes out alike, but the cases are not known to be all.
    #[error("how the values of the context key `{key}` relate to other keys could not be decided")]
    Undecided {
        /// The key.
        key: String,
    },
}

/// Answers a question.
pub fn answer(question: &Question<'_>) -> Result<Answer, CasesError> {
    answer_knowing(&Standings::of(question), question)
}

/// The keys on which an answer depends; none where it is decided.
pub fn keys_that_matter(question: &Question<'_>) -> Result<Vec<String>, CasesError> {
    let standings = Standings::of(question);
    if standings.decide(question) {
        return Ok(Vec::new());
    }
    Ok(match answer_knowing(&standings, question)? {
        Answer::Depends(depends) => depends.keys,
        Answer::Decided(_) => Vec::new(),
    })
}

fn answer_knowing(standings: &Standings, question: &Question<'_>) -> Result<Answer, CasesError> {
    let relevant = Relevant::of(standings, question);
    // What is decided anyway needs no values.
    let keys = match open_keys(&relevant, question) {
        Err(_) if standings.decide(question) => Vec::new(),
        keys => keys?,
    };
    let table = Table::evaluate(&keys, &relevant.layers, question);
    let example = |point: usize| {
        let context = table.context(point, &keys, question);
        let evaluation = eval::authorize(question.layers, &request(question, context.clone()));
        Example { chosen: table.chosen(point, &keys), context, evaluation }
    };
    let first =
        |wanted: &dyn Fn(Decision) -> bool| table.decisions.iter().position(|&decision| wanted(decision));
    let allowed = first(&|decision| decision == Decision::Allowed);
    // The weakest refusal speaks for all: what is not known, then an implicit deny.
    let denied = first(&|decision| decision == Decision::Unknown)
        .or_else(|| first(&|decision| decision == Decision::ImplicitlyDenied))
        .or_else(|| first(&|decision| decision == Decision::ExplicitlyDenied));
    match (allowed, denied) {
        (Some(allowed), Some(denied)) => {
            let when = condition::describe(&keys, &table);
            let names = keys.iter().enumerate().filter(|(nth, _)| when.mentions(*nth));
            let keys_that_matter = names.map(|(_, key)| key.name.clone()).collect();
            Ok(Answer::Depends(Depends {
                keys: keys_that_matter,
                when,
                exact: keys.iter().all(|key| key.complete),
                allowed: example(allowed),
                denied: example(denied),
            }))
        }
        (one, other) => match keys.iter().find(|key| !key.complete) {
            Some(key) if !standings.decide(question) => Err(CasesError::Undecided { key: key.name.clone() }),
            _ => Ok(Answer::Decided(example(one.or(other).unwrap_or_default()))),
        },
    }
}

/// The unknown keys with their classes, where those can be told and combined.
fn open_keys(relevant: &Relevant, question: &Question<'_>) -> Result<Vec<OpenKey>, CasesError> {
    let mut keys = Vec::new();
    for key in relevant.unknown_keys(question) {
        keys.push(values::classes(&key, relevant, question)?);
    }
    let combinations = keys.iter().try_fold(1usize, |product, key| product.checked_mul(key.classes.len()));
    match combinations.unwrap_or(usize::MAX) {
        0..=MOST_COMBINATIONS => Ok(keys),
        combinations => {
            let keys = keys.into_iter().map(|key| key.name).collect();
            Err(CasesError::TooManyCombinations { keys, combinations })
        }
    }
}

fn request(question: &Question<'_>, context: Context) -> Request {
    Request { context, ..question.request.clone() }
}

/// One unknown key and the values that stand for all of its values.
struct OpenKey {
    /// In the author's spelling.
    name: String,
    /// One value for each class of values that the conditions in play cannot tell apart.
    classes: Vec<Option<Value>>,
    /// The conditions on it and on what follows from it, each with the classes for which it holds; none where
    /// the classes are not complete.
    tests: Vec<KeyTest>,
    /// The classes that are one value each.
    pinned: BTreeSet<usize>,
    /// Whether the classes are known to cover every value.
    complete: bool,
}

/// A condition on a key, and the classes for which it holds.
type KeyTest = (Condition, BTreeSet<usize>);

/// The part of the policies that can matter to a question.
struct Relevant {
    layers: PolicyLayers,
}

/// Whether a statement that can apply does so whatever the unknown keys turn out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Perhaps,
    Always,
}

/// The statements that can apply, as far as that is easily seen.
struct Standings {
    of: FxHashMap<StatementRef, Standing>,
}

impl Standings {
    fn of(question: &Question<'_>) -> Standings {
        let request = request(question, question.knowledge.known.clone());
        let mut found = FxHashMap::default();
        for layer in question.layers.present() {
            if !eval::is_in_scope(layer, question.layers, &request) {
                continue;
            }
            for (policy, of) in question.layers.policies(layer).into_iter().enumerate() {
                for (position, statement) in of.statements().iter().enumerate() {
                    let of_statement = StatementRef { layer, policy, position, effect: statement.effect };
                    let standing = standing(statement, of.policy_type, &request, question);
                    found.extend(standing.map(|standing| (of_statement, standing)));
                }
            }
        }
        Standings { of: found }
    }

    /// Whether they alone decide between allowed and not: the evaluator, being monotone, says the same where what
    /// *perhaps* applies is at its best, every Allow and no Deny, and at its worst.
    fn decide(&self, question: &Question<'_>) -> bool {
        let is_allowed = |perhaps: Effect| {
            let evaluation =
                eval::authorize_where(question.layers, &question.request, &|of| match self.of.get(&of) {
                    Some(Standing::Always) => true,
                    Some(Standing::Perhaps) => of.effect == perhaps,
                    None => false,
                });
            evaluation.decision == Decision::Allowed
        };
        is_allowed(Effect::Allow) == is_allowed(Effect::Deny)
    }
}

impl Relevant {
    /// Drops the statements that cannot apply, as far as that is easily seen, and those that make no difference:
    /// beside a Deny that always applies everything else, beside an Allow that always applies the other Allows of
    /// its layer.
    fn of(standings: &Standings, question: &Question<'_>) -> Relevant {
        let standing = &standings.of;
        let always = |of: &StatementRef| standing.get(of) == Some(&Standing::Always);
        let denied = standing.keys().any(|of| of.effect == Effect::Deny && always(of));
        // What one group of a layer's policies allows as a whole. As what the resource's policy grants makes a
        // difference, so there no Allow stands for another.
        let group = |of: &StatementRef| {
            let groups = question.layers.groups(of.layer);
            (of.layer, groups.into_iter().position(|group| group.contains(&of.policy)))
        };
        let allowing = standing
            .keys()
            .filter(|of| of.effect == Effect::Allow && of.layer != Layer::Resource && always(of));
        let allowed: HashSet<(Layer, Option<usize>)> = allowing.map(group).collect();
        let matters = |of: &StatementRef| match standing.get(of) {
            Some(Standing::Always) => !denied || of.effect == Effect::Deny,
            Some(Standing::Perhaps) => {
                !denied && (of.effect == Effect::Deny || !allowed.contains(&group(of)))
            }
            None => false,
        };
        // Whether a bucket is public is a matter of its whole policy (R-EVL-62).
        let whole = |layer: Layer| {
            layer == Layer::Resource && question.layers.settings.public_buckets == PublicBuckets::Restricted
        };
        let layers = question.layers.map_policies(|layer, policy, of| {
            let statements = of.statements().iter().enumerate().filter(|(position, statement)| {
                let of = StatementRef { layer, policy, position: *position, effect: statement.effect };
                whole(layer) || matters(&of)
            });
            let statements = statements.map(|(_, statement)| statement.clone()).collect();
            let document = of.document.as_ref().map(|document| {
                let policy = Policy { version: document.parsed.policy.version, statements };
                let parsed = Parsed { policy, diagnostics: Vec::new() };
                Arc::new(LayerDocument { text: String::new(), parsed })
            });
            of.with_document(document)
        });
        Relevant { layers }
    }

    fn conditions(&self) -> impl Iterator<Item = &Condition> {
        self.layers.statements().flat_map(|(_, statement)| &statement.conditions)
    }

    /// Keys used as variables, in resources and in values.
    fn variables(&self) -> impl Iterator<Item = &str> {
        let in_values = self.conditions().flat_map(|condition| &condition.values).map(|value| &value.pattern);
        let in_resources = self.layers.statements().flat_map(|(_, statement)| statement.resource_segments());
        in_values.chain(in_resources).flat_map(Pattern::variables).map(|variable| variable.key.as_str())
    }

    /// The unknown keys, each once, in the spelling that comes first. A key that follows from another is
    /// replaced by that one.
    fn unknown_keys(&self, question: &Question<'_>) -> Vec<String> {
        let mentioned = self.conditions().map(|condition| condition.key.as_str()).chain(self.variables());
        let followed = mentioned.flat_map(|key| match question.knowledge.follows(key) {
            Some(template) => template.variables().map(|variable| variable.key.as_str()).collect(),
            None => vec![key],
        });
        followed
            .filter(|key| question.knowledge.is_unknown(key))
            .unique_by(|key| fold(key))
            .map(str::to_owned)
            .sorted_by_key(|key| fold(key))
            .collect()
    }
}

/// Its action is decided, its resource with each unresolved variable read as `*`, and its conditions where they
/// are about known keys; what is left out makes the difference between *perhaps* and *always*.
fn standing(
    statement: &Statement,
    policy_type: PolicyType,
    request: &Request,
    question: &Question<'_>,
) -> Option<Standing> {
    let knowledge = &question.knowledge;
    let fits = |statement: &Statement| eval::fit(statement, policy_type, request, question.layers);
    let as_known = fits(statement);
    if matches!(as_known, Fit::OtherAction | Fit::OtherPrincipal) {
        return None;
    }
    let open_key = |key: &str| knowledge.is_unknown(key) || knowledge.follows(key).is_some();
    let open = |pattern: &Pattern| pattern.variables().any(|variable| open_key(&variable.key));
    if !statement.context_keys().any(open_key) {
        return (as_known == Fit::Applies).then_some(Standing::Always);
    }
    let mut wide = statement.clone();
    wide.conditions.retain(|condition| {
        let key_is_open = knowledge.is_unknown(&condition.key) || knowledge.follows(&condition.key).is_some();
        !key_is_open && !condition.values.iter().any(|value| open(&value.pattern))
    });
    match &mut wide.resource {
        Some(Selector::In(entries)) => {
            for entry in entries {
                if let ResourcePattern::Arn(segments) = &mut entry.value {
                    for segment in segments.iter_mut().filter(|segment| open(segment)) {
                        *segment = segment.with_variables_as(&Piece::Star);
                    }
                }
            }
        }
        Some(Selector::NotIn(entries)) => entries.retain(|entry| match &entry.value {
            ResourcePattern::Every => true,
            ResourcePattern::Arn(segments) => !segments.iter().any(open),
        }),
        None => {}
    }
    (fits(&wide) == Fit::Applies).then_some(Standing::Perhaps)
}

/// The decision of every combination of classes. A point is a number in mixed radix: the first key counts
/// fastest.
struct Table {
    radices: Vec<usize>,
    decisions: Vec<Decision>,
}

impl Table {
    fn evaluate(keys: &[OpenKey], layers: &PolicyLayers, question: &Question<'_>) -> Table {
        let radices: Vec<usize> = keys.iter().map(|key| key.classes.len()).collect();
        let mut table = Table { decisions: Vec::new(), radices };
        for point in 0..table.radices.iter().product() {
            let context = table.context(point, keys, question);
            table.decisions.push(eval::authorize(layers, &request(question, context)).decision);
        }
        table
    }

    /// The class of each key at a point.
    fn classes(&self, mut point: usize) -> Vec<usize> {
        let digit = |&radix: &usize| {
            let digit = point % radix;
            point /= radix;
            digit
        };
        self.radices.iter().map(digit).collect()
    }

    fn chosen(&self, point: usize, keys: &[OpenKey]) -> BTreeMap<String, Option<Value>> {
        let classes = self.classes(point);
        keys.iter()
            .zip(classes)
            .map(|(key, class)| (key.name.clone(), key.classes.get(class).cloned().flatten()))
            .collect()
    }

    fn context(&self, point: usize, keys: &[OpenKey], question: &Question<'_>) -> Context {
        let mut knowledge = question.knowledge.clone();
        for (name, value) in self.chosen(point, keys) {
            if let Some(value) = value {
                knowledge.known.set(&name, value);
            }
        }
        knowledge.settle_followers();
        knowledge.known
    }
}

/// R-EVL-76: a key whose arity is not on record is multivalued if a policy in play says so.
fn is_multivalued(key: &str, question: &Question<'_>, facts: KeyFacts) -> bool {
    let under_set_operator = |condition: &Condition| {
        fold(&condition.key) == fold(key)
            && matches!(
                condition.operator.quantifier,
                Some(Quantifier::ForAllValues | Quantifier::ForAnyValue)
            )
    };
    match facts.kind {
        Some(kind) => kind.multivalued,
        None => {
            let statements = question.layers.statements();
            statements.flat_map(|(_, statement)| &statement.conditions).any(under_set_operator)
        }
    }
}
