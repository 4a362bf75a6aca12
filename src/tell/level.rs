//! What actions do, roughly, by the catalogue: for showing how bad a difference is, never for deciding whether there
//! is one.

use super::cover::Entry;
use super::selection::Selection;
use crate::catalog::{AccessLevel, Catalog};
use crate::pattern::{Pattern, Syntax};
use crate::policy::ActionPattern;

/// How bad access of a level is: more permissions are worse than more data.
pub fn severity(level: AccessLevel) -> u8 {
    match level {
        AccessLevel::List => 0,
        AccessLevel::Read => 1,
        AccessLevel::Tagging => 2,
        AccessLevel::Write => 3,
        AccessLevel::PermissionsManagement => 4,
    }
}

/// The name of a level in JSON, in rules and on the command line; of actions that the catalogue does not know,
/// `unknown`.
pub fn level_name(level: Option<AccessLevel>) -> &'static str {
    match level {
        Some(AccessLevel::List) => "list",
        Some(AccessLevel::Read) => "read",
        Some(AccessLevel::Tagging) => "tagging",
        Some(AccessLevel::Write) => "write",
        Some(AccessLevel::PermissionsManagement) => "permissions-management",
        None => "unknown",
    }
}

/// What the catalogue says of actions.
#[derive(Debug)]
pub(super) struct Levels<'a> {
    catalog: &'a Catalog,
}

impl<'a> Levels<'a> {
    pub(super) fn new(catalog: &'a Catalog) -> Levels<'a> {
        Levels { catalog }
    }

    /// The worst level of the actions that are selected.
    pub(super) fn worst(&self, actions: &Selection<ActionPattern>) -> Option<AccessLevel> {
        let mut worst: Option<AccessLevel> = None;
        for prefix in self.prefixes(actions) {
            if worst == Some(AccessLevel::PermissionsManagement) {
                break;
            }
            for (action, level) in self.actions(&prefix) {
                let is_selected =
                    actions.among.iter().all(|list| list.iter().any(|entry| entry.covers(&action)))
                        && !actions.but.iter().any(|entry| entry.covers(&action));
                if is_selected && worst.is_none_or(|worst| severity(worst) < severity(level)) {
                    worst = Some(level);
                }
            }
        }
        worst
    }

    /// How many actions a pattern of one service with wildcards matches.
    pub(super) fn count(&self, entry: &ActionPattern) -> Option<usize> {
        let ActionPattern::Named { service: Some(service), name } = entry else { return None };
        let count = self.actions(service).iter().filter(|(action, _)| entry.covers(action)).count();
        (name.as_text().is_none() && count > 0).then_some(count)
    }

    /// The services that can have selected actions.
    fn prefixes(&self, actions: &Selection<ActionPattern>) -> Vec<String> {
        let named = |list: &Vec<ActionPattern>| -> Option<Vec<String>> {
            let service = |entry: &ActionPattern| match entry {
                ActionPattern::Named { service: Some(service), .. } => Some(service.to_ascii_lowercase()),
                _ => None,
            };
            list.iter().map(service).collect()
        };
        let mut prefixes = actions.among.iter().find_map(named).unwrap_or_else(|| {
            // The services whose actions are about permissions first: they mostly settle it.
            let mut all: Vec<String> = self.catalog.service_prefixes().map(str::to_owned).collect();
            all.sort_by_key(|prefix| !["iam", "organizations", "s3"].contains(&prefix.as_str()));
            all
        });
        prefixes.dedup();
        prefixes
    }

    fn actions(&self, prefix: &str) -> Vec<(ActionPattern, AccessLevel)> {
        let prefix = prefix.to_ascii_lowercase();
        let service = self.catalog.service(&prefix);
        let as_pattern = |action: &crate::catalog::Action| {
            let (name, _) = Pattern::parse(&action.name, Syntax { wildcards: false, variables: false });
            (ActionPattern::Named { service: Some(prefix.clone()), name }, action.access)
        };
        service.iter().flat_map(|service| &service.actions).map(as_pattern).collect()
    }
}
