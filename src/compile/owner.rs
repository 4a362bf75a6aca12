//! Whose resources are (R-EVL-11): as their ARN says, else the caller's own.

use super::{Callers, CompileError, Compiler, Level, Outcome, value};
use crate::algebra::{Glob, Set};
use crate::arn::AccountId;
use crate::caller::Caller;
use crate::context_keys::OWNER;
use crate::policy::{Condition, Test};
use crate::request::fold;

impl Compiler {
    /// The requests on resources of the caller's own account (R-EVL-11).
    pub(super) fn same_account(&mut self, caller: &Caller) -> Outcome<Set> {
        let own = match caller {
            Caller::CanonicalUser(id) => self.settings.canonical_ids.get(id).cloned(),
            _ => caller.account().cloned(),
        };
        let Some(own) = own else {
            return Ok(if matches!(caller, Caller::Iam(_)) { Set::FULL } else { Set::EMPTY });
        };
        if let Some(owner) = &self.universe.resource_account {
            return Ok(if *owner == own { Set::FULL } else { Set::EMPTY });
        }
        let is_own = self.text_atom(Level::Account, &[Glob::literal(own.as_str())])?;
        if caller.account().is_none() {
            // Where the ARN does not say, the owner would be the caller's own account, and that has none.
            let arn = self.is_arn()?;
            return self.arena.intersection([arn, is_own]);
        }
        let some = self.of_some_account()?;
        let other = self.arena.difference([some], [is_own])?;
        self.arena.complement(other)
    }

    /// The requests on resources of other accounts than the caller's.
    pub(super) fn cross_account(&mut self, caller: &Caller) -> Outcome<Set> {
        let same = self.same_account(caller)?;
        self.arena.complement(same)
    }

    /// The requests on resources whose ARN has an account that there can be, and of which `aws:ResourceAccount` says what the
    /// ARN does, of the accounts that are named.
    pub fn owned(&mut self) -> Result<Set, CompileError> {
        let owned = self.of_some_account()?;
        let unowned = self.arena.complement(owned)?;
        let digits: Vec<Glob> = (0..10).map(|digit| Glob::parse(&format!("*{digit}*"))).collect();
        let numbered = self.text_atom(Level::Account, &digits)?;
        let arn = self.is_arn()?;
        let nobodys = self.arena.intersection([unowned, arn, numbered])?;
        let is_asked = self.universe.keys().any(|(asked, _)| **asked == *fold(OWNER));
        if !is_asked || !self.universe.is_open(OWNER) {
            return Ok(self.arena.complement(nobodys)?);
        }
        let owners = self.universe.owners.clone();
        let said = |of: &mut Compiler, accounts: &[&AccountId]| {
            let accounts = accounts.iter().map(|account| account.as_str());
            of.condition(&Condition::of(OWNER, Test::StringEquals, accounts))
        };
        let its = |of: &mut Compiler, accounts: &[&AccountId]| {
            let globs: Vec<Glob> = accounts.iter().map(|account| Glob::literal(account.as_str())).collect();
            of.text_atom(Level::Account, &globs)
        };
        let mut agreeing = Vec::new();
        for account in &owners {
            let both = [its(self, &[account])?, said(self, &[account])?];
            agreeing.push(self.arena.intersection(both)?);
        }
        let named: Vec<&AccountId> = owners.iter().collect();
        let either = [its(self, &named)?, said(self, &named)?];
        let is_present = self.condition(&Condition::of(OWNER, Test::Null, ["false"]))?;
        agreeing.push(self.arena.difference([is_present], either)?);
        let agreeing = self.arena.union(agreeing)?;
        let agreeing = self.arena.union([agreeing, unowned])?;
        Ok(self.arena.difference([agreeing], [nobodys])?)
    }

    /// The requests on resources whose ARN has an account.
    fn of_some_account(&mut self) -> Outcome<Set> {
        let some = self.text_atom(Level::Account, &[value::account()])?;
        let arn = self.is_arn()?;
        self.arena.intersection([arn, some])
    }

    /// The requests on resources of other accounts than that of the one who asks; none where nobody in particular does.
    pub fn of_other_accounts(&mut self) -> Result<Set, CompileError> {
        match self.universe.callers.clone() {
            Callers::One(caller) => Ok(self.cross_account(&caller)?),
            Callers::Holder | Callers::InAccount | Callers::Any => Ok(Set::EMPTY),
        }
    }
}
