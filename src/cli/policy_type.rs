//! The type of a policy: as `--type` says it, or as it looks where nobody does.

use clap::ValueEnum;
use serde_json::Value as Json;

use super::error::{CliError, ErrorKind};
use crate::policy::{PolicyType, ResourceService};

/// What `--type` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TypeName {
    /// Attached to a user, group or role
    Identity,
    /// A permissions boundary
    Boundary,
    /// A session policy
    Session,
    /// The policy of a resource
    Resource,
    /// The trust policy of a role
    Trust,
    /// A service control policy
    Scp,
    /// A resource control policy
    Rcp,
    /// A VPC endpoint policy
    VpcEndpoint,
}

impl TypeName {
    /// The type that it names. Of the resource policies it is the one that every service's grammar fits.
    pub(crate) fn policy_type(self) -> PolicyType {
        match self {
            TypeName::Identity => PolicyType::Identity,
            TypeName::Boundary => PolicyType::Boundary,
            TypeName::Session => PolicyType::Session,
            TypeName::Resource => PolicyType::Resource(ResourceService::Other),
            TypeName::Trust => PolicyType::Trust,
            TypeName::Scp => PolicyType::Scp,
            TypeName::Rcp => PolicyType::Rcp,
            TypeName::VpcEndpoint => PolicyType::VpcEndpoint,
        }
    }
}

/// What a policy looks like: principals are only in those of resources and roles.
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

/// The type that policies have where it is not said: principals are only in those of resources and roles.
pub(crate) fn guessed(old: Option<&str>, new: Option<&str>) -> Result<PolicyType, CliError> {
    let of = |text: Option<&str>| text.and_then(Guess::of);
    Ok(match (of(old), of(new)) {
        (Some(Guess::Identity), Some(Guess::Identity)) | (None, None) => PolicyType::Identity,
        (Some(one), None) | (None, Some(one)) => one.policy_type(),
        (Some(Guess::Trust), Some(Guess::Trust)) => Guess::Trust.policy_type(),
        (Some(Guess::Identity), Some(_)) | (Some(_), Some(Guess::Identity)) => {
            let message =
                "one of the policies has principals and the other has not: they are of different types";
            return Err(CliError::new(ErrorKind::Usage, message).hint("`--type` says as what both are read"));
        }
        (Some(_), Some(_)) => Guess::Resource.policy_type(),
    })
}

/// One or many.
fn listed(value: &Json) -> Vec<&Json> {
    match value {
        Json::Array(all) => all.iter().collect(),
        one => vec![one],
    }
}
