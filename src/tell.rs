//! Clauses of an answer, told: in the author's own patterns as plain values, in words and as JSON.
//!
//! The analysis says which statements make a clause. Here the several statements that apply to all of it are read as
//! one, dimension by dimension; what a `*` beside a longer pattern would repeat is left out; and whence it comes is
//! named by policy, line and Sid. Nothing here decides, and what is shown is never less than what is meant.

mod cause;
mod condition;
mod cover;
mod document;
mod json;
mod level;
mod region;
mod roles;
mod selection;
mod words;

use std::collections::BTreeSet;

use crate::analysis::{Accounts, ByResource, Clause, Limit, Part, Side, Standing, StatementBox, Subject};
use crate::catalog::{AccessLevel, Catalog};
use crate::compile::Callers;
use crate::layers::Layer;
use crate::policy::Statement;
use crate::request::{Request, fold};

pub use cause::{Change, Reason, Source};
pub(crate) use cover::{Letters, covers};
pub use document::{Grammar, policy_of};
pub use json::request_json;
pub(crate) use json::{condition_json, value_json};
pub use level::{level_name, severity};
pub use region::Region;
pub use selection::Selection;
pub use words::{Detail, Row, Words, request_words};

use level::Levels;

/// What is told of a clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// It is allowed now and was not.
    Gained,
    /// It was allowed and is not now.
    Lost,
    /// It is allowed.
    Held,
}

/// A clause as values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What is told of it.
    pub direction: Direction,
    /// Of which callers it is.
    pub standing: Standing,
    /// What applies to all of it.
    pub region: Region,
    /// What has to allow it besides, one of each.
    pub within: Vec<Within>,
    /// Whose resources are in it.
    pub accounts: Accounts,
    /// Where the resource's own policy has to allow it as well.
    pub by_resource: ByResource,
    /// What is not in it.
    pub except: Vec<Exception>,
    /// Where it comes from: first what makes the difference, then what else it takes.
    pub reasons: Vec<Reason>,
    /// The worst that its actions do; none: the catalogue does not know them.
    pub level: Option<AccessLevel>,
    /// Whether what is told is all there is to it; else it is less than what is told.
    pub is_exact: bool,
    /// A request in it that the evaluator decided; none: it may be that there is none.
    pub example: Option<Example>,
    /// How many actions of the catalogue its patterns match.
    counts: Vec<(String, usize)>,
}

impl Told {
    /// Whether some of it is so, whatever the documents say that are not known.
    pub fn is_sure(&self) -> bool {
        self.example.is_some() && self.by_resource != ByResource::All
    }

    /// Whether the same is told of two, but for what it takes besides what makes the difference, and for the example.
    pub fn is_alike(&self, other: &Told) -> bool {
        let told = |of: &Told| {
            let only = (of.standing, of.accounts, of.by_resource);
            (of.direction, only, of.is_exact, of.example.is_some())
        };
        told(self) == told(other)
            && (&self.region, &self.within, &self.except) == (&other.region, &other.within, &other.except)
            && self.reasons.first() == other.reasons.first()
    }
}

/// Statements of which one has to allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Within {
    /// Their layer.
    pub layer: Layer,
    /// The policy, or the level of an organization; none where they are of several.
    pub name: Option<String>,
    /// What each allows.
    pub any_of: Vec<(Region, Source)>,
}

/// A statement whose requests are taken out: one that denies them, or on the other side allows them too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// What it takes out.
    pub region: Region,
    /// The statement.
    pub source: Source,
}

/// A request that shows a clause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The request.
    pub request: Request,
    /// Whether who asks is part of it.
    pub by: By,
    /// The keys, folded, that follow from who asks, and those that follow from the resource and nobody asks for.
    pub follows: BTreeSet<String>,
}

/// Who asks in an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The one that the whole answer is about.
    Subject,
    /// Whoever the clause is about.
    Anyone,
}

/// Tells the clauses of one answer.
#[derive(Debug)]
pub struct Teller<'a> {
    levels: Levels<'a>,
    old: &'a Subject,
    new: Option<&'a Subject>,
    /// What was asked about.
    part: Region,
}

impl<'a> Teller<'a> {
    /// For the clauses about one subject.
    pub fn of(catalog: &'a Catalog, subject: &'a Subject) -> Teller<'a> {
        Teller { levels: Levels::new(catalog), old: subject, new: None, part: Region::default() }
    }

    /// For the clauses of a difference.
    pub fn between(catalog: &'a Catalog, old: &'a Subject, new: &'a Subject) -> Teller<'a> {
        Teller { levels: Levels::new(catalog), old, new: Some(new), part: Region::default() }
    }

    /// Where only a part of all requests was asked about.
    #[must_use]
    pub fn within_part(self, part: &Part) -> Teller<'a> {
        Teller { part: Region::of_part(part), ..self }
    }

    /// Tells one clause.
    pub fn tell(&self, clause: &Clause, direction: Direction) -> Told {
        let boxes = clause.boxes.iter().map(|of| self.region(of));
        let mut region = boxes.chain([self.part.clone()]).fold(Region::default(), Region::and);
        let allowing = match direction {
            Direction::Gained => Side::New,
            Direction::Lost | Direction::Held => Side::Old,
        };
        let situation = self.subject(allowing).situations.get(clause.situation);
        if let Some(on) = situation.and_then(|of| of.on.clone()).filter(|_| clause.is_on_few) {
            region = region.and(Region::of_part(&Part { actions: Vec::new(), resources: on }));
        }
        let mut within = Vec::new();
        for limit in &clause.within {
            let told = self.within(limit);
            let is_told = self.subject(allowing).told.contains(&limit.layer);
            if let Some(whole) = told.as_one() {
                if is_told {
                    region = region.and(whole);
                    continue;
                }
                if whole.covers(&region) {
                    continue;
                }
            }
            if is_told {
                region.actions = told.actions().into_iter().fold(region.actions, Selection::and);
            }
            within.push(told);
        }
        for list in &mut region.principals.among {
            list.retain(|entry| clause.standing.is_granted_by(entry));
        }
        let except = clause
            .except
            .iter()
            .filter_map(|of| Some(Exception { region: self.region(of), source: self.source(of)? }));
        let example = clause.witness.as_ref().map(|witness| Example {
            request: witness.request.clone(),
            by: match self.subject(allowing).callers {
                Callers::Any | Callers::InAccount => By::Anyone,
                Callers::One(_) | Callers::Holder => By::Subject,
            },
            follows: self.follows(allowing, clause.situation),
        });
        let entries = region.actions.among.iter().flatten();
        let counts = entries.filter_map(|entry| Some((entry.to_string(), self.levels.count(entry)?)));
        Told {
            direction,
            standing: clause.standing,
            counts: counts.collect(),
            level: self.levels.worst(&region.actions),
            accounts: clause.accounts,
            by_resource: clause.by_resource,
            except: except.collect(),
            reasons: self.reasons(clause, direction),
            is_exact: clause.is_exact,
            example,
            within,
            region,
        }
    }

    fn subject(&self, side: Side) -> &'a Subject {
        match (side, self.new) {
            (Side::New, Some(new)) => new,
            _ => self.old,
        }
    }

    fn follows(&self, side: Side, situation: usize) -> BTreeSet<String> {
        let subject = self.subject(side);
        let situation = subject.situations.get(situation);
        let statements = || situation.iter().flat_map(|of| of.layers.statements());
        let is_asked = |key: &str| {
            let mut asked = statements().flat_map(|(_, statement)| statement.context_keys());
            asked.any(|asked| asked.eq_ignore_ascii_case(key))
        };
        let of_resource = situation.iter().flat_map(|of| of.known.iter()).filter(|(key, _)| !is_asked(key));
        subject.knowledge.known.iter().chain(of_resource).map(|(key, _)| fold(key)).collect()
    }

    fn statement(&self, of: &StatementBox) -> Option<&'a Statement> {
        self.subject(of.side).situations.get(of.situation)?.layers.statement(of.statement)
    }

    /// The patterns of a statement, those that matter.
    fn region(&self, of: &StatementBox) -> Region {
        self.statement(of)
            .map_or_else(Region::default, |statement| Region::of(statement, &of.actions, &of.resources))
    }

    fn within(&self, limit: &Limit) -> Within {
        let any_of: Vec<(Region, Source)> =
            limit.statements.iter().filter_map(|of| Some((self.region(of), self.source(of)?))).collect();
        let names = any_of.iter().map(|(_, source)| source.level.as_ref().unwrap_or(&source.policy));
        let first = names.clone().next().cloned();
        let name = first.filter(|first| names.clone().all(|name| name == first));
        Within { layer: limit.layer, name, any_of }
    }
}

impl Within {
    /// What they allow together, where that can be said as one.
    fn as_one(&self) -> Option<Region> {
        let mut regions = self.any_of.iter().map(|(region, _)| region);
        let first = regions.next()?.clone();
        regions.try_fold(first, |whole, region| whole.or(region))
    }

    /// The actions that they allow together, where that can be said as one.
    fn actions(&self) -> Option<Selection<crate::policy::ActionPattern>> {
        let mut all = self.any_of.iter().map(|(region, _)| &region.actions);
        let first = all.next()?.clone();
        all.try_fold(first, |whole, actions| whole.or(actions))
    }
}
