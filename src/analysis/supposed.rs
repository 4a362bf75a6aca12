//! What of a clause is on resources whose own policies have to allow it too: KMS keys, roles, and resources of other
//! accounts (R-EVL-30, R-EVL-40). Those that are not stored are supposed to ([`Supposed`](crate::layers::Supposed)), and a
//! clause says so.
//!
//! The resources of the caller's own account and those of others are read apart, since organizations limit them otherwise.
//! What is the same of both is told as one.

use std::collections::BTreeMap;

use super::clause::{Cause, Clause};
use super::{Accounts, Analysis, AnalysisError, Read, ReadSituation};
use crate::algebra::Set;

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
    /// Whose resources a clause is about, of those that its patterns match.
    pub(super) fn accounts_of(
        &mut self,
        situation: &ReadSituation<'_>,
        set: Set,
        shown: Set,
        is_within_reach: bool,
    ) -> Result<Accounts, AnalysisError> {
        let arena = self.compiler.arena();
        let has_others = !arena.is_disjoint(set, situation.abroad)?;
        Ok(if situation.situation.accounts == Accounts::Others {
            if arena.is_subset(shown, situation.abroad)? { Accounts::Any } else { Accounts::Others }
        } else if is_within_reach && !has_others && !arena.is_disjoint(shown, situation.abroad)? {
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
    ) -> Result<ByResource, AnalysisError> {
        let supposed = self.compiler.arena().intersection([set, situation.compiled.supposed])?;
        let sure = self.compiler.arena().difference([set], [supposed])?;
        if supposed != Set::EMPTY && self.compiler.coherent(sure)? == Set::EMPTY {
            return Ok(ByResource::All);
        }
        let arena = self.compiler.arena();
        let other_accounts = !arena.is_disjoint(supposed, situation.abroad)?;
        let of_own = arena.difference([supposed], [situation.abroad])?;
        let keys_and_roles =
            of_own != Set::EMPTY || !arena.is_disjoint(shown, situation.compiled.undelegated)?;
        Ok(ByResource::Some { keys_and_roles, other_accounts })
    }

    /// Clauses of which some are about resources of the own account, and others say the same of those of others: these are
    /// told with the first.
    pub(super) fn merged(
        &mut self,
        mut clauses: Vec<Clause>,
        of: &Read<'_>,
    ) -> Result<Vec<Clause>, AnalysisError> {
        let is_of_others = |of: &ReadSituation<'_>| of.situation.accounts == Accounts::Others;
        let Some(nth) = of.situations.iter().position(is_of_others) else { return Ok(clauses) };
        let Some(others) = of.situations.get(nth) else { return Ok(clauses) };
        let mut said: BTreeMap<Cause, Set> = BTreeMap::new();
        for clause in clauses.iter().filter(|clause| clause.situation == nth) {
            let known = said.entry(clause.cause).or_insert(Set::EMPTY);
            *known = self.compiler.arena().union([*known, clause.set])?;
        }
        let mut told: BTreeMap<Cause, Set> = BTreeMap::new();
        let is_sure_of_own =
            |clause: &&mut Clause| clause.accounts == Accounts::Own && clause.witness.is_some();
        for clause in clauses.iter_mut().filter(is_sure_of_own) {
            let arena = self.compiler.arena();
            let outside = arena.intersection([clause.outside, others.on, others.compiled.supposable])?;
            let Some(&said) = said.get(&clause.cause) else { continue };
            if outside == Set::EMPTY || !arena.is_subset(outside, said)? {
                continue;
            }
            let known = told.entry(clause.cause).or_insert(Set::EMPTY);
            *known = arena.union([*known, outside])?;
            clause.set = arena.union([clause.set, outside])?;
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
