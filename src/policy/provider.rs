//! Providers of web identities (R-GRM-25, R-KEY-9): the keys of their tokens, and which of them serve anyone.

use super::{Condition, PrincipalEntry};
use crate::pattern::Pattern;

/// The host of GitHub's tokens for workflows.
pub(crate) const GITHUB: &str = "token.actions.githubusercontent.com";
/// What of a token of GitHub says whose workflow it is.
const REPOSITORY: [&str; 7] = [
    "sub",
    "repository",
    "repository_id",
    "repository_owner",
    "repository_owner_id",
    "job_workflow_ref",
    "enterprise_id",
];
/// What of a token of a built-in provider says who it is, or for whose application it is made.
const USER_OR_APPLICATION: [&str; 6] = ["sub", "aud", "oaud", "app_id", "id", "user_id"];

/// The host, and path, that keys of the provider begin with (R-KEY-9); `None` for SAML.
pub(crate) fn host(provider: &str) -> Option<String> {
    match provider.split_once(":oidc-provider/") {
        Some((_, host)) => Some(host.to_ascii_lowercase()),
        None if provider.starts_with("arn:") => None,
        None => Some(provider.to_ascii_lowercase()),
    }
}

/// The claim of a token of that host that a condition tests.
pub(crate) fn claim(condition: &Condition, host: &str) -> Option<String> {
    let key = condition.key.to_ascii_lowercase();
    key.strip_prefix(host)?.strip_prefix(':').map(str::to_owned)
}

/// The claims of a provider that anyone can have a token of which tell one user from another; none, where a provider is
/// somebody's own. Whoever has a token of GitHub chooses its audience; an application of a built-in provider does not.
pub(crate) fn claims_of_shared(entry: &PrincipalEntry) -> Option<(String, &'static [&'static str])> {
    let PrincipalEntry::Federated(provider) = entry else { return None };
    let host = host(provider)?;
    match provider.starts_with("arn:") {
        true if host == GITHUB => Some((host, &REPOSITORY)),
        true => None,
        false => Some((host, &USER_OR_APPLICATION)),
    }
}

/// Whether a claim of GitHub's says whose workflow it is.
pub(crate) fn says_whose(claim: &str) -> bool {
    REPOSITORY.contains(&claim)
}

/// Whether the owner of the repository is left open, in `repo:OWNER/…` or in `OWNER/…`.
pub(crate) fn is_anyones(whose: &Pattern) -> bool {
    let text = whose.to_string();
    let owner = text.strip_prefix("repo:").unwrap_or(&text).split('/').next().unwrap_or_default();
    whose.as_text().is_none() && owner.contains(['*', '?'])
}
