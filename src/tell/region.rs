//! Requests in the author's own patterns: a statement, or several that apply at once.

use super::selection::Selection;
use crate::analysis::{Entries, Part};
use crate::policy::{ActionPattern, Condition, PrincipalEntry, ResourcePattern, Statement};

/// What a request has to fit, in every dimension.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Region {
    /// Which actions.
    pub actions: Selection<ActionPattern>,
    /// On which resources.
    pub resources: Selection<ResourcePattern>,
    /// By whom.
    pub principals: Selection<PrincipalEntry>,
    /// Under which conditions, all of them.
    pub conditions: Vec<Condition>,
}

impl Region {
    /// A statement, with those of its entries that matter.
    pub(super) fn of(statement: &Statement, actions: &Entries, resources: &Entries) -> Region {
        let mut conditions: Vec<Condition> = Vec::new();
        for condition in &statement.conditions {
            if !conditions.contains(condition) {
                conditions.push(condition.clone());
            }
        }
        Region {
            actions: Selection::of(Some(&statement.action), actions),
            resources: Selection::of(statement.resource.as_ref(), resources),
            principals: Selection::of(statement.principal.as_ref(), &Entries::All),
            conditions,
        }
    }

    /// A part of all requests.
    pub(super) fn of_part(part: &Part) -> Region {
        Region {
            actions: Selection::of_any(&part.actions),
            resources: Selection::of_any(&part.resources),
            ..Region::default()
        }
    }

    /// What is in both.
    #[must_use]
    pub(super) fn and(self, other: Region) -> Region {
        let mut conditions = self.conditions;
        for condition in other.conditions {
            if !conditions.contains(&condition) {
                conditions.push(condition);
            }
        }
        Region {
            actions: self.actions.and(other.actions),
            resources: self.resources.and(other.resources),
            principals: self.principals.and(other.principals),
            conditions,
        }
    }

    /// What is in either, where they differ in one dimension and that can be said as one.
    pub(super) fn or(&self, other: &Region) -> Option<Region> {
        let differing = [
            self.actions != other.actions,
            self.resources != other.resources,
            self.principals != other.principals,
        ];
        let is_one = differing.into_iter().filter(|differs| *differs).count() <= 1;
        (is_one && self.conditions == other.conditions).then_some(())?;
        Some(Region {
            actions: self.actions.or(&other.actions)?,
            resources: self.resources.or(&other.resources)?,
            principals: self.principals.or(&other.principals)?,
            conditions: self.conditions.clone(),
        })
    }

    /// Whether it surely has all that another has.
    pub(super) fn covers(&self, other: &Region) -> bool {
        self.actions.covers(&other.actions)
            && self.resources.covers(&other.resources)
            && self.principals.covers(&other.principals)
            && self.conditions.iter().all(|condition| other.conditions.contains(condition))
    }

    /// Only what another does not say already; what is left tells the same about requests of the other.
    #[must_use]
    pub(super) fn beside(&self, other: &Region) -> Region {
        let mut left = self.clone();
        if self.actions.covers(&other.actions) {
            left.actions = Selection::default();
        }
        if self.resources.covers(&other.resources) {
            left.resources = Selection::default();
        }
        if self.principals.covers(&other.principals) {
            left.principals = Selection::default();
        }
        left.conditions.retain(|condition| !other.conditions.contains(condition));
        left
    }
}
