//! Everything that each may do in a part of all requests: a question with the action, the resource, or both left open.
//!
//! Principals whose policies come to the same in the part (`crowd`) have one answer. It is the answer that
//! [`Analysis::effective`] gives about each.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use thiserror::Error;

use super::crowd::Crowd;
use super::named::Mention;
use super::outsider::{AskedInPart, outsiders};
use super::{OwnPolicies, Who};
use crate::algebra::{Budget, BudgetError};
use crate::analysis::{Analysis, AnalysisError, ByResource, Clause, Effective, Part, Subject};
use crate::catalog::Catalog;
use crate::compile::{CompileError, Level, Typing};
use crate::request::Value;
use crate::store::{Snapshot, StoreError};
use crate::stored::{Everyone, Holder, Subjects, endpoint};

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
    /// Who would be one of them, and may nothing in the part.
    pub except: Vec<Who>,
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
        .through(endpoint(snapshot, question.given)?.policies);
    let budget = Budget::default();
    let mut crowd = Crowd::new(everyone, subjects.clone(), question.catalog, budget)?;
    crowd.turn_to(question.part)?;
    let mut analysis = Analysis::new(question.catalog, Typing::Typed, budget);
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
                found.push(question.regions(Who::Stored(nth), subject, OwnPolicies::Known, &mut analysis)?);
            }
        }
    }
    if let About::Everyone = question.about {
        let mut apart = Vec::new();
        for [outsider] in outsiders([(&subjects, snapshot, everyone)])? {
            let Some(AskedInPart { asked, mention, general }) = outsider else { continue };
            let subject = asked.subject(&subjects, snapshot)?;
            if mention == Mention::Apart {
                apart.push((found.len(), general));
            }
            found.push(question.regions(
                Who::Other(asked.who),
                subject,
                asked.own_policies,
                &mut analysis,
            )?);
        }
        question.tell_apart(apart, &mut found, &mut analysis);
    }
    found.retain(|regions| !regions.effective.is_empty());
    Ok(found)
}

impl PartQuestion<'_> {
    fn regions(
        &self,
        who: Who,
        subject: Subject,
        own_policies: OwnPolicies,
        analysis: &mut Analysis<'_>,
    ) -> Result<Regions, AnalysisError> {
        let subject = subject.with_context(self.given);
        let mut effective = analysis.effective(&subject, self.part)?;
        let is_supposed = |clause: &mut Clause| clause.by_resource == ByResource::All;
        let supposed = effective.clauses.extract_if(.., is_supposed).collect::<Vec<_>>();
        effective.undecided.extend(supposed);
        Ok(Regions { who: vec![who], subject, effective, own_policies, except: Vec::new() })
    }

    /// Leaves out those, by position, who may what the general case of each may, and notes with that who may nothing.
    fn tell_apart(
        &self,
        apart: Vec<(usize, Option<Who>)>,
        found: &mut [Regions],
        analysis: &mut Analysis<'_>,
    ) {
        let mut left_out = Vec::new();
        for (position, general) in apart {
            let at = found.iter().position(|of| general.as_ref().is_some_and(|who| of.who.contains(who)));
            let Some((own, general)) = found.get(position).zip(at.and_then(|at| found.get(at))) else {
                continue;
            };
            let is_like = analysis.is_equivalent(&own.subject, &general.subject, self.part);
            if own.own_policies == general.own_policies && is_like.is_ok_and(|is_like| is_like) {
                left_out.push((position, None));
            } else if own.effective.is_empty() {
                left_out.push((position, at));
            }
        }
        for (position, general) in left_out {
            let who = found.get_mut(position).map(|own| {
                own.effective.clauses.clear();
                own.effective.undecided.clear();
                own.who.clone()
            });
            if let Some(general) = general.and_then(|at| found.get_mut(at)) {
                general.except.extend(who.into_iter().flatten());
            }
        }
    }
}
