//! Clauses as one policy again.
//!
//! A clause is an Allow statement for each way to meet its limits; what is taken out of it is denied by the statements
//! that take it out. Whether that says the same is not decided here: what a Deny takes from one clause it takes from all.

use super::{Region, Selection, Told};
use crate::policy::{Effect, Policy, Selector, Span, Spanned, Statement, Version};

/// How many statements one clause may come to.
const MOST: usize = 64;

/// What the grammar of one statement is for a clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grammar {
    /// It can be written.
    Fits,
    /// A list of actions or resources and others that are not in it, or several lists at once.
    SeveralLists,
    /// One operator on one key twice, with other values.
    SameTest,
    /// Too many ways to meet its limits.
    TooManyWays,
}

/// A policy that allows the clauses, but for what some statements deny; and of each clause that one statement cannot
/// say, why.
pub fn policy_of<'s>(
    clauses: &[Told],
    denies: impl IntoIterator<Item = &'s Statement>,
) -> (Policy, Vec<(usize, Grammar)>) {
    let mut statements: Vec<Statement> = Vec::new();
    let mut amiss = Vec::new();
    for (nth, told) in clauses.iter().enumerate() {
        match allows(told) {
            Ok(allows) => statements.extend(allows),
            Err(why) => amiss.push((nth, why)),
        }
    }
    for deny in denies {
        statements.push(Statement { principal: None, sid: None, index: 0, ..deny.clone() });
    }
    let mut policy = Policy { version: Version::V2012, statements: Vec::new() };
    for statement in statements {
        if !policy.statements.contains(&statement) {
            policy.statements.push(statement);
        }
    }
    (policy, amiss)
}

fn allows(told: &Told) -> Result<Vec<Statement>, Grammar> {
    let mut ways = vec![told.region.clone()];
    for within in &told.within {
        let with = |way: &Region| -> Vec<Region> {
            within.any_of.iter().map(|(region, _)| way.clone().and(region.clone())).collect()
        };
        ways = ways.iter().flat_map(with).collect();
        if ways.len() > MOST {
            return Err(Grammar::TooManyWays);
        }
    }
    let mut statements = Vec::new();
    for way in ways {
        let Region { actions, resources, principals: _, conditions } = way;
        // What two lists do not have in common is no way.
        if actions.among.iter().any(Vec::is_empty) || resources.among.iter().any(Vec::is_empty) {
            continue;
        }
        let test = |nth: usize| conditions.get(nth).map(|of| (of.operator, of.key.to_ascii_lowercase()));
        if (0..conditions.len()).any(|nth| (0..nth).any(|before| test(nth) == test(before))) {
            return Err(Grammar::SameTest);
        }
        statements.push(Statement {
            index: 0,
            sid: None,
            effect: Effect::Allow,
            principal: None,
            action: selector(actions, || crate::policy::ActionPattern::Every)?,
            resource: Some(selector(resources, || crate::policy::ResourcePattern::Every)?),
            conditions,
            span: Span::NOWHERE,
        });
    }
    Ok(statements)
}

fn selector<T>(selection: Selection<T>, every: impl Fn() -> T) -> Result<Selector<T>, Grammar> {
    let Selection { mut among, but } = selection;
    let spanned = |entries: Vec<T>| -> Vec<Spanned<T>> {
        entries.into_iter().map(|value| Spanned { value, span: Span::NOWHERE }).collect()
    };
    match (among.pop(), among.is_empty(), but.is_empty()) {
        (None, _, true) => Ok(Selector::In(spanned(vec![every()]))),
        (None, _, false) => Ok(Selector::NotIn(spanned(but))),
        (Some(list), true, true) => Ok(Selector::In(spanned(list))),
        _ => Err(Grammar::SeveralLists),
    }
}
