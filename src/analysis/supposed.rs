//! What of a clause is on resources whose own policies have to allow it too: KMS keys, roles, and resources of other
//! accounts (R-EVL-30, R-EVL-40). Those that are not stored are supposed to ([`Supposed`](crate::layers::Supposed)), and a
//! clause says so.
//!
//! The resources of the caller's own account and those of others are read apart, since organizations limit them otherwise.
//! What is the same of both is told as one.

use std::collections::{BTreeMap, BTreeSet};

use super::clause::{Cause, Clause, Limit, StatementBox, side_of};
use super::{Accounts, Analysis, AnalysisError, Read, ReadSituation, Subject};
use crate::algebra::Set;
use crate::compile::Universe;
use crate::layers::Layer;

/// Of which requests of a clause the resource's own policy has to allow them, or to leave them to the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ByResource {
    /// Of some of those that the flags name, if of any.
    Some {
        /// KMS keys and sessions of roles (R-EVL-40).
        keys_and_roles: bool,
        /// Resources of other accounts (R-EVL-30).
        other_accounts: bool,
    },
    /// Of all: it is not known of any of them whether it does.
    All,
}

impl ByResource {
    /// Of none.
    pub const NONE: ByResource = ByResource::Some { keys_and_roles: false, other_accounts: false };
}

impl Analysis<'_> {
    /// The requests on resources whose ARN has an account that there can be, and of which the context says whose they are as
    /// it does, where a subject's resources are read by that.
    pub(super) fn owned(&mut self, subject: &Subject, universe: &Universe) -> Result<Set, AnalysisError> {
        if subject.situations.iter().all(|of| of.accounts == Accounts::Any) {
            return Ok(Set::FULL);
        }
        self.compiler.turn_to(universe.clone());
        Ok(self.compiler.owned()?)
    }

    /// The requests on stored resources of which the file says that they are of other accounts.
    pub(super) fn stored_of_others(
        &mut self,
        subject: &Subject,
        universe: &Universe,
    ) -> Result<Set, AnalysisError> {
        self.compiler.turn_to(universe.clone());
        let of_others = subject.situations.iter().filter(|of| of.resource_account.is_some());
        let entries: Vec<_> = of_others.flat_map(|of| of.on.iter().flatten()).cloned().collect();
        self.resources(&entries)
    }

    /// Whose resources a clause is about, of those that its patterns match.
    pub(super) fn accounts_of(
        &mut self,
        situation: &ReadSituation<'_>,
        set: Set,
        (shown, shows_stored_of_others): (Set, bool),
        is_within_reach: bool,
    ) -> Result<Accounts, AnalysisError> {
        let arena = self.compiler.arena();
        let has_others = !arena.is_disjoint(set, situation.cross_account)?;
        Ok(if situation.situation.accounts == Accounts::Others {
            if arena.is_subset(shown, situation.cross_account)? { Accounts::Any } else { Accounts::Others }
        } else if is_within_reach
            && !has_others
            && (shows_stored_of_others || !arena.is_disjoint(shown, situation.cross_account)?)
        {
            Accounts::Own
        } else {
            Accounts::Any
        })
    }

    /// Where the resource's own policy has to allow a clause as well.
    pub(super) fn by_resource(
        &mut self,
        situation: &ReadSituation<'_>,
        set: Set,
        shown: Set,
        is_within_reach: bool,
    ) -> Result<ByResource, AnalysisError> {
        let supposed = self.compiler.arena().intersection([set, situation.compiled.supposed])?;
        let sure = self.compiler.arena().difference([set], [supposed])?;
        if supposed != Set::EMPTY && self.compiler.coherent(sure)? == Set::EMPTY {
            return Ok(ByResource::All);
        }
        let arena = self.compiler.arena();
        let other_accounts = !arena.is_disjoint(supposed, situation.cross_account)?;
        let of_own = arena.difference([supposed], [situation.cross_account])?;
        let undelegated = if is_within_reach { situation.compiled.undelegated } else { Set::EMPTY };
        let keys_and_roles = of_own != Set::EMPTY || !arena.is_disjoint(shown, undelegated)?;
        Ok(ByResource::Some { keys_and_roles, other_accounts })
    }

    /// What is asked about on resources of other accounts, where they are supposed to allow what own policies do.
    pub(super) fn asked_of_others(&mut self, of: &Read<'_>) -> Result<Set, AnalysisError> {
        let Some((_, others)) = others(of) else { return Ok(Set::EMPTY) };
        let (on, supposable) = (others.on, others.compiled.supposable);
        let asked = self.compiler.arena().intersection([on, supposable, self.asked])?;
        Ok(self.compiler.arena().difference([asked], [others.compiled.beyond])?)
    }

    /// The requests of a box on resources of other accounts, if some are looked at.
    pub(super) fn requests_in_others(
        &mut self,
        of: &StatementBox,
        cause: Cause,
        (from, against): (&Read<'_>, Option<&Read<'_>>),
        in_others: Set,
    ) -> Result<Set, AnalysisError> {
        let others = others(side_of(of, from, against)).filter(|_| in_others != Set::EMPTY);
        let Some((nth, _)) = others.filter(|(_, others)| has_same(others, of)) else {
            return Ok(Set::EMPTY);
        };
        let requests =
            self.requests_of(&StatementBox { situation: nth, ..of.clone() }, cause, from, against)?;
        Ok(self.compiler.arena().intersection([requests, in_others])?)
    }

    /// Those of them that a limit allows.
    pub(super) fn limited_in_others(
        &mut self,
        limit: &Limit,
        sides: (&Read<'_>, Option<&Read<'_>>),
        in_others: Set,
    ) -> Result<Set, AnalysisError> {
        let mut allowed = Vec::new();
        for of in &limit.statements {
            allowed.push(self.requests_in_others(of, Cause::None, sides, in_others)?);
        }
        Ok(self.compiler.arena().union(allowed)?)
    }

    /// Those of them that an exception takes out: all, where it is none of theirs. The policies of its own account's resources
    /// take nothing out of what is on others.
    pub(super) fn taken_in_others(
        &mut self,
        of: &StatementBox,
        sides: (&Read<'_>, Option<&Read<'_>>),
        in_others: Set,
    ) -> Result<Set, AnalysisError> {
        let is_theirs = others(side_of(of, sides.0, sides.1)).is_some_and(|(_, others)| has_same(others, of));
        match of.statement.layer {
            Layer::Resource => Ok(Set::EMPTY),
            _ if is_theirs => self.requests_in_others(of, Cause::None, sides, in_others),
            _ => Ok(in_others),
        }
    }

    /// Clauses of which some are about resources of the own account, and others say the same of those of others: these are
    /// told with the first.
    pub(super) fn merged(
        &mut self,
        mut clauses: Vec<Clause>,
        of: &Read<'_>,
    ) -> Result<Vec<Clause>, AnalysisError> {
        let Some((nth, _)) = others(of) else { return Ok(clauses) };
        let mut said: BTreeMap<Cause, Set> = BTreeMap::new();
        let mut sure = BTreeSet::new();
        for clause in clauses.iter().filter(|clause| clause.situation == nth) {
            let known = said.entry(clause.cause).or_insert(Set::EMPTY);
            *known = self.compiler.arena().union([*known, clause.set])?;
            sure.extend(clause.witness.as_ref().map(|_| clause.cause));
        }
        let mut told: BTreeMap<Cause, Set> = BTreeMap::new();
        // What is only possible is not told for what is sure.
        let is_as_sure = |clause: &Clause| clause.witness.is_some() || !sure.contains(&clause.cause);
        let is_of_own = |clause: &&mut Clause| clause.accounts == Accounts::Own && is_as_sure(clause);
        for clause in clauses.iter_mut().filter(is_of_own) {
            let arena = self.compiler.arena();
            let in_others = clause.in_others;
            let Some(&said) = said.get(&clause.cause) else { continue };
            if in_others == Set::EMPTY || !arena.is_subset(in_others, said)? {
                continue;
            }
            let known = told.entry(clause.cause).or_insert(Set::EMPTY);
            *known = arena.union([*known, in_others])?;
            clause.set = arena.union([clause.set, in_others])?;
            clause.accounts = Accounts::Any;
            if let ByResource::Some { other_accounts, .. } = &mut clause.by_resource {
                *other_accounts = true;
            }
        }
        let mut kept = Vec::new();
        for clause in clauses {
            let told = told.get(&clause.cause).copied().unwrap_or(Set::EMPTY);
            if clause.situation != nth || !self.compiler.arena().is_subset(clause.set, told)? {
                kept.push(clause);
            }
        }
        Ok(kept)
    }
}

/// Whether other accounts' resources have the statement of a box: they have RCPs of their own.
fn has_same(others: &ReadSituation<'_>, of: &StatementBox) -> bool {
    of.statement.layer != Layer::Rcp && others.compiled.statements.contains_key(&of.statement)
}

/// What is read of other accounts' resources.
fn others<'r, 's>(of: &'r Read<'s>) -> Option<(usize, &'r ReadSituation<'s>)> {
    let mut all = of.situations.iter().enumerate();
    all.find(|(_, situation)| situation.situation.accounts == Accounts::Others)
}
