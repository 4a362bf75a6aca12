//! Parts of all requests, as the patterns of policies tell them: a wide view, with nothing left out.

use std::collections::BTreeSet;

use crate::analysis::Part;
use crate::policy::{Selector, Statement};

/// A part of all requests: those for one of some actions on one of some resources.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Hull {
    /// As patterns; none: all.
    pub(super) actions: Option<BTreeSet<String>>,
    pub(super) resources: Option<BTreeSet<String>>,
}

impl Hull {
    pub(super) const EVERYTHING: Hull = Hull { actions: None, resources: None };

    /// All that is in either, and perhaps more.
    pub(super) fn joined(self, other: Hull) -> Hull {
        let join = |one: Option<BTreeSet<String>>, other: Option<BTreeSet<String>>| match (one, other) {
            (Some(one), Some(other)) => Some(one.into_iter().chain(other).collect()),
            _ => None,
        };
        Hull { actions: join(self.actions, other.actions), resources: join(self.resources, other.resources) }
    }

    /// Whether some request may be in both, as far as the services of the actions tell.
    pub(super) fn may_meet(&self, other: &Hull) -> bool {
        let (Some(own), Some(others)) = (&self.actions, &other.actions) else { return true };
        let service = |action: &str| action.split(':').next().unwrap_or_default().to_ascii_lowercase();
        own.iter().any(|own| {
            others.iter().any(|other| {
                let (own, other) = (service(own), service(other));
                own == other || own.contains(['*', '?']) || other.contains(['*', '?'])
            })
        })
    }

    /// The actions that statements are about, on any resource; none where there are no statements.
    pub(super) fn of_statements<'s>(statements: impl IntoIterator<Item = &'s Statement>) -> Option<Hull> {
        let mut actions = Some(BTreeSet::new());
        let mut is_any = false;
        for statement in statements {
            is_any = true;
            match (&statement.action, &mut actions) {
                (Selector::In(entries), Some(actions)) => {
                    actions.extend(entries.iter().map(|entry| entry.value.to_string()));
                }
                _ => actions = None,
            }
        }
        is_any.then_some(Hull { actions, resources: None })
    }

    /// As a part of another. What cannot be told as patterns is everything.
    pub(super) fn part(&self, within: &Part) -> Part {
        let list = |list: &Option<BTreeSet<String>>| list.iter().flatten().cloned().collect::<Vec<_>>();
        let own = Part::of(&list(&self.actions), &list(&self.resources)).unwrap_or_default();
        // The part that was asked for is narrower than all, and is what is told.
        Part {
            actions: if within.actions.is_empty() { own.actions } else { within.actions.clone() },
            resources: if within.resources.is_empty() { own.resources } else { within.resources.clone() },
        }
    }
}
