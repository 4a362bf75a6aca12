//! Documents that are only known to be attached, and may decide (R-EVL-64): what hangs on them is told as clauses without
//! a witness.

use super::{Analysis, AnalysisError, Cause, Clause, Part, Read, Side, Subject};
use crate::algebra::Set;

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
