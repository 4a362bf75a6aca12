//! Making the database say the same as an estate, by as few writes as that takes.
//!
//! What is stored is read once ([`State`]); everything is compared in memory, and only differences are
//! written. Documents are compared by what they say, not by how they are formatted: a dump that was printed
//! by another tool is no change.
//!
//! A dump is the truth about what it lists: tags, memberships, attachments and inline policies that it does
//! not have are removed, also those made by hand. Whole principals and policies are removed only where the
//! dump is complete and lists others of their kind (R-FMT-8), and only if they came from an import. The same holds
//! for the tree and the policies of an organization; resources are never taken for gone, for nothing lists them all.

mod gone;
mod named;
mod organization;
mod policies;
mod principals;
mod resources;
mod state;

use std::collections::HashMap;

use super::document::DocumentRef;
use super::estate::{Described, PolicyRef};
use super::{Estate, ImportError, Outcome, Warning};
use crate::store::{DocumentId, PolicyKey, PolicyOwner, PrincipalKind, StoreError, Writer};
use state::State;

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Principals and policies that are done.
    pub done: usize,
    /// All of them.
    pub total: usize,
}

/// Writes what the database does not say yet. The change's summary is [`Outcome::summary`].
pub fn apply(
    writer: &mut Writer<'_>,
    estate: &Estate,
    progress: &mut dyn FnMut(Progress),
) -> Result<Outcome, ImportError> {
    let state = State::load(writer)?;
    let outcome = Outcome {
        accounts: estate.coverage.keys().cloned().collect(),
        warnings: estate.warnings.iter().cloned().chain(estate.documents.warnings()).collect(),
        ..Outcome::default()
    };
    let mut applier = Applier {
        writer,
        estate,
        state,
        outcome,
        ids: HashMap::new(),
        policy_keys: Vec::new(),
        progress,
        done: 0,
    };
    applier.adopt_account()?;
    applier.policies()?;
    for kind in [PrincipalKind::Group, PrincipalKind::User, PrincipalKind::Role] {
        applier.principals(kind)?;
    }
    applier.remove_what_is_gone()?;
    applier.shown()?;
    applier.named()?;
    applier.organization()?;
    applier.resources()?;
    applier.warn_of_unknown_documents();
    Ok(applier.outcome)
}

/// An estate on its way into a database.
struct Applier<'a, 'w> {
    writer: &'a mut Writer<'w>,
    estate: &'a Estate,
    state: State,
    outcome: Outcome,
    /// The ids of documents as text, made once each.
    ids: HashMap<DocumentRef, DocumentId>,
    /// The key of each of the estate's policies, in their order.
    policy_keys: Vec<PolicyKey>,
    progress: &'a mut dyn FnMut(Progress),
    done: usize,
}

impl Applier<'_, '_> {
    /// Things made by hand while the file's account was not set, of which the only account of this import has a
    /// namesake: then they are the same, and the file's account is that one.
    fn adopt_account(&mut self) -> Result<(), StoreError> {
        let [account] = self.outcome.accounts.as_slice() else { return Ok(()) };
        if self.writer.account()?.is_some() {
            return Ok(());
        }
        let mut principals = self.estate.principals.iter().chain(&self.estate.shown);
        let principal = principals.find(|record| {
            let name = &record.name.name;
            self.state.principal(record.kind, None, name).is_some()
                && self.state.principal(record.kind, Some(account), name).is_none()
        });
        let policy = self.estate.policies.iter().find(|record| {
            let mut unset = record.name.clone();
            unset.owner = PolicyOwner::Account(None);
            record.name.account() == Some(account)
                && self.state.policy(&unset).is_some()
                && self.state.policy(&record.name).is_none()
        });
        let Some(because) = principal.map(|record| &record.arn).or(policy.map(|record| &record.arn)) else {
            return Ok(());
        };
        match self.writer.set_account(account) {
            Ok(()) => {
                let warning = Warning::AccountSet { account: account.clone(), because: because.clone() };
                self.outcome.warnings.push(warning);
                self.state = State::load(self.writer)?;
                Ok(())
            }
            // Something else made by hand is stored in that account as well: then it is another one.
            Err(StoreError::Exists { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The id of a document as the store has it.
    fn id(&mut self, document: DocumentRef) -> DocumentId {
        let documents = &self.estate.documents;
        self.ids.entry(document).or_insert_with(|| documents[document].id().to_string()).clone()
    }

    fn key_of(&self, policy: PolicyRef) -> PolicyKey {
        self.policy_keys[policy.0]
    }

    /// One more principal or policy is done.
    fn step(&mut self) {
        self.done += 1;
        (self.progress)(Progress { done: self.done, total: self.estate.len() });
    }

    fn warn_of_unknown_documents(&mut self) {
        let mut boundary_of: HashMap<PolicyRef, usize> = HashMap::new();
        let principals = self.estate.principals.iter().chain(&self.estate.shown);
        for boundary in principals.filter_map(|record| record.boundary) {
            *boundary_of.entry(boundary).or_default() += 1;
        }
        for (index, record) in self.estate.policies.iter().enumerate() {
            let policy = self.state.policy(&record.name);
            if policy.is_some_and(|policy| policy.versions.values().any(|version| version.is_default)) {
                continue;
            }
            let boundary_of = boundary_of.get(&PolicyRef(index)).copied().unwrap_or(0);
            if record.described == Described::Referred || boundary_of > 0 {
                self.outcome.warnings.push(Warning::UnknownDocument { arn: record.arn.clone(), boundary_of });
            }
        }
    }
}
