//! What of a clause is on resources whose own policies have to allow it too: KMS keys, roles, and resources of other
//! accounts (R-EVL-30, R-EVL-40). Those that are not stored are supposed to ([`Supposed`](crate::layers::Supposed)), and a
//! clause says so.
//!
//! The resources of the caller's own account and those of others are read apart, since organizations limit them otherwise.
//! What is the same of both is told as one.

use super::clause::{Clause, Entries, StatementBox};
use super::{Accounts, Analysis, AnalysisError, ReadSituation};
use crate::algebra::Set;
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

impl Entries {
    /// Whether they are among others of the same list.
    fn are_among(&self, others: &Entries) -> bool {
        match (self, others) {
            (_, Entries::All) => true,
            (Entries::All, Entries::Only(_)) => false,
            (Entries::Only(some), Entries::Only(others)) => some.iter().all(|entry| others.contains(entry)),
        }
    }
}

impl StatementBox {
    /// Whether it is the same of another situation, or less.
    fn is_some_of(&self, other: &StatementBox) -> bool {
        (self.side, self.statement) == (other.side, other.statement)
            && self.actions.are_among(&other.actions)
            && self.resources.are_among(&other.resources)
    }
}

impl Clause {
    /// Whether it is about resources of the own account, and another says the same of those of others.
    fn says_of_own_what(&self, other: &Clause) -> bool {
        let are_some_of = |some: &[StatementBox], others: &[StatementBox]| {
            some.len() == others.len() && some.iter().zip(others).all(|(one, other)| one.is_some_of(other))
        };
        let limits = || self.within.iter().zip(&other.within);
        // The policies of its own account's resources take nothing out of what is on others.
        let is_about_both = |of: &&StatementBox| of.statement.layer != Layer::Resource;
        let except: Vec<StatementBox> = self.except.iter().filter(is_about_both).cloned().collect();
        (self.accounts, other.accounts) == (Accounts::Own, Accounts::Others)
            && (self.standing, self.cause) == (other.standing, other.cause)
            && self.witness.is_some() == other.witness.is_some()
            && are_some_of(&other.boxes, &self.boxes)
            && self.within.len() == other.within.len()
            && limits().all(|(own, other)| {
                (own.layer, own.group) == (other.layer, other.group)
                    && are_some_of(&other.statements, &own.statements)
            })
            && are_some_of(&other.except, &except)
    }
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

    /// Clauses of which one is about resources of the own account, and one says the same of those of others, in one.
    pub(super) fn merged(&mut self, clauses: Vec<Clause>) -> Result<Vec<Clause>, AnalysisError> {
        let mut merged: Vec<Clause> = Vec::new();
        for clause in clauses {
            let own = merged.iter_mut().find(|own| own.says_of_own_what(&clause));
            match own {
                Some(own) => {
                    own.accounts = Accounts::Any;
                    own.is_exact &= clause.is_exact;
                    own.set = self.compiler.arena().union([own.set, clause.set])?;
                    if let ByResource::Some { other_accounts, .. } = &mut own.by_resource {
                        *other_accounts = true;
                    }
                }
                None => merged.push(clause),
            }
        }
        Ok(merged)
    }
}
