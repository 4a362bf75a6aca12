//! The type that a policy has where nobody says it: principals are only in those of resources and roles.

use serde_json::Value as Json;

use super::diff::meaning::TypeName;
use crate::policy::PolicyType;

/// What a policy looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guess {
    /// It has no principals.
    Identity,
    /// It has, and is about sessions only.
    Trust,
    /// It has.
    Resource,
}

impl Guess {
    /// What a text looks like; `None` where it has no statement to tell by.
    pub(crate) fn of(text: &str) -> Option<Guess> {
        let document = serde_json::from_str::<Json>(text.trim_start_matches('\u{feff}')).ok()?;
        let statements = listed(document.get("Statement")?);
        let has_principal = |statement: &&Json| {
            statement.get("Principal").is_some() || statement.get("NotPrincipal").is_some()
        };
        let is_about_sessions = |statement: &&Json| {
            let actions = statement.get("Action").map(listed).unwrap_or_default();
            let is_of_sts = |action: &&Json| {
                action.as_str().is_some_and(|action| action.to_ascii_lowercase().starts_with("sts:"))
            };
            statement.get("Resource").is_none() && !actions.is_empty() && actions.iter().all(is_of_sts)
        };
        match statements.iter().any(has_principal) {
            _ if statements.is_empty() => None,
            false => Some(Guess::Identity),
            true if statements.iter().all(is_about_sessions) => Some(Guess::Trust),
            true => Some(Guess::Resource),
        }
    }

    /// The type of such policies.
    pub(crate) fn policy_type(self) -> PolicyType {
        match self {
            Guess::Identity => TypeName::Identity.policy_type(),
            Guess::Trust => TypeName::Trust.policy_type(),
            Guess::Resource => TypeName::Resource.policy_type(),
        }
    }
}

/// One or many.
fn listed(value: &Json) -> Vec<&Json> {
    match value {
        Json::Array(all) => all.iter().collect(),
        one => vec![one],
    }
}
