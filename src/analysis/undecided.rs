//! What is not known and may decide: documents that are only known to be attached (R-EVL-64), and the policies of KMS keys
//! and roles that are not stored (R-EVL-40). What hangs on it is told as clauses without a witness.

use super::{Analysis, AnalysisError, Cause, Clause, Part, Read, Side, Subject};
use crate::algebra::Set;
use crate::layers::Layer;
use crate::policy::{ResourcePattern, Spanned};

impl Analysis<'_> {
    /// What a subject may for all that is known, besides what it is known to, in a part of all requests; but for those
    /// that no policy decides.
    pub(super) fn undecided(
        &mut self,
        read: &Read<'_>,
        (part, beyond): (Set, Set),
    ) -> Result<Option<Clause>, AnalysisError> {
        if read.subject.unknown().is_empty() {
            return Ok(None);
        }
        let hope = read.subject.hoped_for();
        let universe = self.universes(&[&hope]).pop().unwrap_or_default();
        let hoped = self.read(&hope, &universe, Side::Old)?.allowed;
        let hoped = self.compiler.arena().difference([hoped], [read.allowed, beyond])?;
        let hoped = self.compiler.arena().intersection([hoped, part])?;
        let is_any = self.compiler.coherent(hoped)? != Set::EMPTY;
        Ok(is_any.then(|| Clause::undecided(Cause::Undecided, hoped)))
    }

    /// What a subject may, in a part that names resources, if the policies of KMS keys and roles leave it to the account
    /// that are not stored: those that are not on these resources (R-EVL-40, R-EVL-64).
    pub fn by_unstored(
        &mut self,
        subject: &Subject,
        asked: &Part,
        stored: &[Spanned<ResourcePattern>],
    ) -> Result<Option<Clause>, AnalysisError> {
        let is_named = |entry: &Spanned<ResourcePattern>| entry.value != ResourcePattern::Every;
        if asked.resources.is_empty() || !asked.resources.iter().all(is_named) {
            return Ok(None);
        }
        let universe = self.universes(&[subject]).pop().unwrap_or_default();
        let read = self.read(subject, &universe, Side::Old)?;
        let part = self.part(asked)?;
        let Some(rest) = read.situations.iter().find(|situation| situation.situation.on.is_none()) else {
            return Ok(None);
        };
        let mut gates = vec![rest.compiled.undelegated, rest.on, part];
        for (&layer, groups) in rest.compiled.groups.iter().filter(|(layer, _)| **layer != Layer::Resource) {
            let out_of_scope = self.compiler.arena().complement(rest.scope(layer))?;
            for &group in groups {
                gates.push(self.compiler.arena().union([group, out_of_scope])?);
            }
        }
        let hoped = self.compiler.arena().intersection(gates)?;
        let mut hoped = self.compiler.arena().difference([hoped], [rest.compiled.denied])?;
        if hoped != Set::EMPTY && !stored.is_empty() {
            let stored = self.compiler.requests(&[], stored)?;
            hoped = self.compiler.arena().difference([hoped], [stored])?;
        }
        let is_any = self.compiler.coherent(hoped)? != Set::EMPTY;
        Ok(is_any.then(|| Clause::undecided(Cause::Unstored, hoped)))
    }

    /// Adds what may be gained or lost besides, if it is for a document that is not known (R-EVL-64).
    pub(super) fn undecided_between(
        &mut self,
        [old, new]: [&Subject; 2],
        part: &Part,
        [gained, lost]: [&mut Vec<Clause>; 2],
    ) -> Result<(), AnalysisError> {
        if old == new || (old.unknown().is_empty() && new.unknown().is_empty()) {
            return Ok(());
        }
        self.compiler.arena().renew(self.budget);
        let (old_hope, new_hope) = (old.hoped_for(), new.hoped_for());
        let subjects = [old, new, &old_hope, &new_hope];
        let mut allowed = Vec::new();
        for (subject, universe) in subjects.iter().zip(self.universes(&subjects)) {
            allowed.push(self.read(subject, &universe, Side::Old)?.allowed);
        }
        let [old, new, old_hope, new_hope] = allowed[..] else { return Ok(()) };
        let part = self.part(part)?;
        for (more, less, clauses) in [(new_hope, old, gained), (old_hope, new, lost)] {
            let told = clauses.iter().map(|clause| clause.set).chain([less]).collect::<Vec<_>>();
            let untold = self.compiler.arena().difference([more], told)?;
            let set = self.compiler.arena().intersection([untold, part])?;
            if self.compiler.coherent(set)? != Set::EMPTY {
                clauses.push(Clause::undecided(Cause::Undecided, set));
            }
        }
        Ok(())
    }
}
