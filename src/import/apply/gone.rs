//! What a complete dump does not have any more.
//!
//! Only what came from an import can be gone from a dump: what was made by hand was never in one.

use super::{Applier, Warning};
use crate::arn::AccountId;
use crate::store::{ManagedPolicy, PolicyKey, PolicyOwner, PrincipalKey, PrincipalKind, StoreError};

impl Applier<'_, '_> {
    /// Whether the dump lists every principal of a kind: it is complete, and the list is not empty (R-FMT-8).
    pub(super) fn covers(&self, account: &AccountId, kind: PrincipalKind) -> bool {
        let coverage = self.estate.coverage.get(account);
        coverage.is_some_and(|coverage| coverage.is_complete() && coverage.kinds.contains(&kind))
    }

    /// Deletes the principals, then the policies, that the dump covers and does not have.
    pub(super) fn remove_what_is_gone(&mut self) -> Result<(), StoreError> {
        let mut principals: Vec<PrincipalKey> = Vec::new();
        for (key, known) in &self.state.principals {
            let account = known.principal.account.as_ref();
            let covered = account.is_some_and(|account| self.covers(account, known.principal.kind));
            if covered && !known.seen && !known.by_hand {
                principals.push(*key);
            }
        }
        principals.sort();
        for key in principals {
            self.writer.delete_principal(key)?;
            self.state.remove_principal(key);
            self.outcome.removed += 1;
        }

        let mut policies: Vec<(PolicyKey, String)> = Vec::new();
        for (key, known) in &self.state.policies {
            if !known.seen && !known.by_hand && self.covers_policy(&known.policy) {
                policies.push((*key, known.policy.arn()));
            }
        }
        policies.sort();
        for (key, arn) in policies {
            if self.state.attachments_of(key).is_empty() {
                self.writer.delete_managed_policy(key)?;
                self.state.remove_policy(key);
                self.outcome.removed += 1;
            } else {
                self.outcome.warnings.push(Warning::KeptAttached { arn });
            }
        }
        Ok(())
    }

    /// Likewise for customer-managed policies; AWS's own are never gone.
    fn covers_policy(&self, policy: &ManagedPolicy) -> bool {
        let PolicyOwner::Account(Some(account)) = &policy.owner else { return false };
        let coverage = self.estate.coverage.get(account);
        coverage.is_some_and(|coverage| coverage.is_complete() && coverage.policies)
    }
}
