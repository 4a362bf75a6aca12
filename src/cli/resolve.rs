//! From what was typed to what is stored: one thing, or an error that lists what it could have been.

use std::collections::BTreeSet;

use super::error::{CliError, ErrorKind};
use super::name::{PrincipalName, label, policy_label};
use super::nearest::{did_you_mean, nearest};
use super::text::{quoted_list, shown};
use crate::arn::Arn;
use crate::store::{ManagedPolicy, PolicyVersion, Principal, Snapshot};
use crate::stored;

/// The principal that was named.
pub(crate) fn resolve_principal(snapshot: &Snapshot<'_>, text: &str) -> Result<Principal, CliError> {
    let name = PrincipalName::parse(text)?;
    match find_principal(snapshot, text, &name)? {
        Some(principal) => Ok(principal),
        None => Err(unknown_principal(snapshot, text, &name)?),
    }
}

/// The principal that was named, or none.
pub(crate) fn find_principal(
    snapshot: &Snapshot<'_>,
    text: &str,
    name: &PrincipalName,
) -> Result<Option<Principal>, CliError> {
    let mut found = snapshot.principals_named(&name.name)?;
    found.retain(|principal| name.fits(principal));
    if found.len() > 1 {
        return Err(ambiguous(text, found.iter().map(principal_candidate).collect()));
    }
    Ok(found.pop())
}

/// The error of a principal that is not stored, with the nearest names.
pub(crate) fn unknown_principal(
    snapshot: &Snapshot<'_>,
    text: &str,
    name: &PrincipalName,
) -> Result<CliError, CliError> {
    let typed = shown(text);
    let (message, list) = match name.kind {
        Some(kind) => (format!("there is no `{typed}`"), format!("iamdb ls {kind}s")),
        None => (format!("there is no user, role or group `{typed}`"), "iamdb ls".to_owned()),
    };
    let error = CliError::new(ErrorKind::NotFound, message);
    let everyone = snapshot.principals(None)?;
    let near = nearest(&name.name, everyone.iter().map(|one| (one.name.clone(), label(one))));
    Ok(match did_you_mean(&near) {
        Some(question) => error.hint(question),
        None => error.hint(format!("`{list}` lists who is stored")),
    })
}

/// The principal, and the session's name where the ARN of a role session was given (R-PRN-2). The ARN tells the
/// account of a role whose own is not set.
pub(crate) fn resolve_caller(
    snapshot: &Snapshot<'_>,
    text: &str,
) -> Result<(Principal, Option<String>), CliError> {
    let Some(arn) = Arn::parse(text).filter(|arn| arn.service() == "sts") else {
        return Ok((resolve_principal(snapshot, text)?, None));
    };
    let Some((name, session)) = stored::session_names(&arn) else {
        let message = format!("`{}` is not the ARN of a role session", shown(text));
        return Err(CliError::new(ErrorKind::Usage, message)
            .hint("such an ARN is `arn:aws:sts::123456789012:assumed-role/ROLE/SESSION`"));
    };
    match stored::role_of_session(&arn, snapshot.principals_named(name)?.iter()) {
        Some(role) => Ok((role, Some(session.to_owned()))),
        None => {
            let message = format!("no role `{}` of account {}", shown(name), shown(arn.account()));
            Err(CliError::new(ErrorKind::NotFound, message).hint("`iamdb ls roles` lists the roles"))
        }
    }
}

/// A stored policy and perhaps one of its versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PolicyChoice {
    /// The policy.
    pub(crate) policy: ManagedPolicy,
    /// The version that was asked for: `3` for `@v3`.
    pub(crate) version: Option<u32>,
}

impl PolicyChoice {
    /// The version that was asked for, else the default version.
    pub(crate) fn version(&self, snapshot: &Snapshot<'_>) -> Result<PolicyVersion, CliError> {
        let Some(number) = self.version else {
            return snapshot.default_version(self.policy.key)?.ok_or_else(|| self.unknown_document());
        };
        let versions = snapshot.versions(self.policy.key)?;
        let there = quoted_list(versions.iter().map(|version| format!("v{}", version.number)));
        versions.into_iter().find(|version| version.number == number).ok_or_else(|| {
            let error = CliError::new(
                ErrorKind::NotFound,
                format!("`{}` has no version `v{number}`", policy_label(&self.policy)),
            );
            if there.is_empty() { error } else { error.hint(format!("it has {there}")) }
        })
    }

    fn unknown_document(&self) -> CliError {
        CliError::new(
            ErrorKind::NotFound,
            format!("the document of `{}` is not known, only that it is attached", shown(&self.policy.arn())),
        )
        .hint("`iamdb import` it from a dump that has it")
    }
}

/// The stored policy that was named, or none.
pub(crate) fn find_policy(snapshot: &Snapshot<'_>, text: &str) -> Result<Option<PolicyChoice>, CliError> {
    let mut found = find_policies(snapshot, text)?;
    if found.len() > 1 {
        return Err(ambiguous(text, found.iter().map(|choice| policy_candidate(&choice.policy)).collect()));
    }
    Ok(found.pop())
}

/// The stored policy that was named, and its default version, or the one that was asked for.
pub(crate) fn policy_version(
    snapshot: &Snapshot<'_>,
    text: &str,
) -> Result<Option<(ManagedPolicy, PolicyVersion)>, CliError> {
    let Some(choice) = find_policy(snapshot, text)? else { return Ok(None) };
    let version = choice.version(snapshot)?;
    Ok(Some((choice.policy, version)))
}

/// Every stored policy that the text names. A name may end in `@v3` itself, so the whole is tried first.
pub(crate) fn find_policies(snapshot: &Snapshot<'_>, text: &str) -> Result<Vec<PolicyChoice>, CliError> {
    let choices = |text: &str, version| -> Result<Vec<PolicyChoice>, CliError> {
        let name = text.rsplit('/').next().unwrap_or(text);
        let mut found = snapshot.managed_policies_named(name)?;
        found.retain(|policy| names_policy(text, policy));
        Ok(found.into_iter().map(|policy| PolicyChoice { policy, version }).collect())
    };
    let found = choices(text, None)?;
    match split_version(text) {
        Some((name, version)) if found.is_empty() => choices(name, Some(version)),
        _ => Ok(found),
    }
}

fn names_policy(text: &str, policy: &ManagedPolicy) -> bool {
    let ManagedPolicy { path, name, .. } = policy;
    text == name
        || text == policy.arn()
        || text
            .strip_prefix("policy/")
            .is_some_and(|rest| rest == name || format!("/{rest}") == format!("{path}{name}"))
}

/// `my-repo@v3` as name and version.
fn split_version(text: &str) -> Option<(&str, u32)> {
    let (name, version) = text.rsplit_once("@v")?;
    let number = version.parse().ok().filter(|&number| number > 0)?;
    (!name.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit())).then_some((name, number))
}

/// The error of a policy that is not stored, with the nearest names.
pub(crate) fn unknown_policy(snapshot: &Snapshot<'_>, text: &str) -> Result<CliError, CliError> {
    let error = CliError::new(ErrorKind::NotFound, format!("there is no stored policy `{}`", shown(text)));
    Ok(match did_you_mean(&near_policies(snapshot, text)?) {
        Some(question) => error.hint(question),
        None => error.hint("`iamdb ls policies` lists what is stored"),
    })
}

/// The names of stored policies nearest to the text.
pub(crate) fn near_policies(snapshot: &Snapshot<'_>, text: &str) -> Result<Vec<String>, CliError> {
    let name = split_version(text).map_or(text, |(name, _)| name);
    let name = name.rsplit('/').next().unwrap_or(name);
    let name = name.strip_suffix(".json").unwrap_or(name);
    let stored = snapshot.managed_policies()?;
    Ok(nearest(name, stored.into_iter().map(|policy| (policy.name.clone(), policy.name))))
}

/// Something that a name fits, as a label and as an ARN.
pub(crate) type Candidate = (String, String);

/// The error of a name that fits several: told by their labels where those are distinct.
pub(crate) fn ambiguous(text: &str, candidates: Vec<Candidate>) -> CliError {
    let labels: BTreeSet<&String> = candidates.iter().map(|(label, _)| label).collect();
    let (list, hint) = if labels.len() == candidates.len() {
        (quoted_list(labels), "name one by its kind, as they stand here")
    } else {
        (quoted_list(candidates.iter().map(|(_, arn)| arn)), "name one by its ARN")
    };
    CliError::new(ErrorKind::Ambiguous, format!("`{}` fits several: {list}", shown(text))).hint(hint)
}

/// A principal among others that fit.
pub(crate) fn principal_candidate(principal: &Principal) -> Candidate {
    (label(principal), principal.arn())
}

/// A policy among others that fit.
pub(crate) fn policy_candidate(policy: &ManagedPolicy) -> Candidate {
    (policy_label(policy), policy.arn())
}
