//! Everything that each may do in a part of all requests: a question with the action, the resource, or both left open.
//!
//! Principals whose policies come to the same in the part (`crowd`) have one answer. It is the answer that
//! [`Analysis::effective`] gives about each.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use thiserror::Error;

use super::crowd::Crowd;
use super::named::{Asked, outsiders};
use super::{OwnPolicies, Who};
use crate::algebra::{Budget, BudgetError};
use crate::analysis::{Analysis, AnalysisError, Effective, Part, Subject};
use crate::catalog::Catalog;
use crate::compile::{CompileError, Level, Typing};
use crate::request::Value;
use crate::store::{Snapshot, StoreError};
use crate::stored::{Everyone, Holder, Subjects, endpoint_policies};

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum RegionsError {
    /// The file cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The sets are too complicated.
    #[error(transparent)]
    Analysis(#[from] AnalysisError),
}

impl From<CompileError> for RegionsError {
    fn from(error: CompileError) -> Self {
        RegionsError::Analysis(error.into())
    }
}

impl From<BudgetError<Level>> for RegionsError {
    fn from(error: BudgetError<Level>) -> Self {
        RegionsError::Analysis(error.into())
    }
}

/// A question about a part of all requests.
pub struct PartQuestion<'a> {
    /// The part.
    pub part: &'a Part,
    /// What was said of the context, key by key; `None`: it was said to be absent.
    pub given: &'a [(String, Option<Value>)],
    /// Who is asked about, of the stored users and roles, and whether anybody else is.
    pub about: About<'a>,
    /// Facts about actions and keys.
    pub catalog: &'a Catalog,
}

/// Who is asked about.
#[derive(Clone, Copy)]
pub enum About<'a> {
    /// Everybody.
    Everyone,
    /// These stored users and roles.
    Those(&'a dyn Fn(&Holder) -> bool),
}

/// An answer that some get.
#[derive(Debug)]
pub struct Regions {
    /// Who.
    pub who: Vec<Who>,
    /// The first of them, with all that decides for it.
    pub subject: Subject,
    /// What each of them may do in the part.
    pub effective: Effective,
    /// Whether what their own policies allow besides is not known.
    pub own_policies: OwnPolicies,
}

/// What everybody may do in a part of all requests; who may do nothing is left out. `progress` hears how many
/// of how many were asked about.
pub fn regions(
    snapshot: &Snapshot<'_>,
    everyone: &Everyone,
    question: &PartQuestion<'_>,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Vec<Regions>, RegionsError> {
    let subjects = Subjects::read(snapshot, question.catalog, question.part)?
        .through(endpoint_policies(snapshot, question.given)?);
    let budget = Budget::default();
    let mut crowd = Crowd::new(everyone, subjects.clone(), question.catalog, budget)?;
    crowd.turn_to(question.part)?;
    let mut found: Vec<Regions> = Vec::new();
    let mut known = HashMap::new();
    let holders: Vec<&Holder> = everyone.users_and_roles().collect();
    for (nth, &holder) in holders.iter().enumerate() {
        progress(nth, holders.len());
        let is_asked = match question.about {
            About::Everyone => true,
            About::Those(those) => those(holder),
        };
        if !is_asked {
            continue;
        }
        let (likeness, _) = crowd.likeness(holder)?;
        match known.entry(likeness) {
            Entry::Occupied(of) => {
                let regions: Option<&mut Regions> = found.get_mut(*of.get());
                regions.into_iter().for_each(|regions| regions.who.push(Who::Stored(nth)));
            }
            Entry::Vacant(new) => {
                let Some(subject) = crowd.subject(holder)? else { continue };
                new.insert(found.len());
                found.push(question.regions(Who::Stored(nth), subject, OwnPolicies::Known)?);
            }
        }
    }
    if let About::Everyone = question.about {
        for (Asked { who, own_policies, .. }, subject) in outsiders(&subjects, snapshot, everyone)? {
            found.push(question.regions(Who::Other(who), subject, own_policies)?);
        }
    }
    found.retain(|regions| !regions.effective.clauses.is_empty());
    Ok(found)
}

impl PartQuestion<'_> {
    fn regions(
        &self,
        who: Who,
        subject: Subject,
        own_policies: OwnPolicies,
    ) -> Result<Regions, AnalysisError> {
        let subject = subject.with_context(self.given);
        let mut analysis = Analysis::new(self.catalog, Typing::Typed, Budget::default());
        let effective = analysis.effective(&subject, self.part)?;
        Ok(Regions { who: vec![who], subject, effective, own_policies })
    }
}
