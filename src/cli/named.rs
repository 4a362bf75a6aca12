//! An argument that is a principal or a stored policy, for `show` and `delete`.

use super::error::{CliError, ErrorKind};
use super::name::{PrincipalName, label};
use super::nearest::{did_you_mean, nearest};
use super::resolve::{
    Candidate, PolicyChoice, ambiguous, find_policies, policy_candidate, principal_candidate, unknown_policy,
    unknown_principal,
};
use super::text::shown;
use crate::store::{Principal, Snapshot};

/// What was named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Named {
    /// A user, role or group.
    Principal(Principal),
    /// A managed policy.
    Policy(PolicyChoice),
}

impl Named {
    /// Looks among both.
    pub(crate) fn resolve(snapshot: &Snapshot<'_>, text: &str) -> Result<Named, CliError> {
        let mut found: Vec<Named> = find_policies(snapshot, text)?.into_iter().map(Named::Policy).collect();
        let name = PrincipalName::parse(text);
        if let Ok(name) = &name {
            let principals = snapshot.principals_named(&name.name)?;
            found.extend(principals.into_iter().filter(|one| name.fits(one)).map(Named::Principal));
        }
        match (found.len(), found.pop()) {
            (1, Some(one)) => Ok(one),
            (_, Some(last)) => {
                found.push(last);
                Err(ambiguous(text, found.iter().map(Named::candidate).collect()))
            }
            (_, None) => Err(match name {
                _ if text.starts_with("policy/") || text.contains(":policy/") => {
                    unknown_policy(snapshot, text)?
                }
                Ok(name) if name.kind.is_some() => unknown_principal(snapshot, text, &name)?,
                Err(error) if text.starts_with("arn:") => error,
                Ok(_) | Err(_) => unknown(snapshot, text)?,
            }),
        }
    }

    fn candidate(&self) -> Candidate {
        match self {
            Named::Principal(principal) => principal_candidate(principal),
            Named::Policy(choice) => policy_candidate(&choice.policy),
        }
    }
}

fn unknown(snapshot: &Snapshot<'_>, text: &str) -> Result<CliError, CliError> {
    let error = CliError::new(
        ErrorKind::NotFound,
        format!("there is no user, role, group or policy `{}`", shown(text)),
    );
    let principals = snapshot.principals(None)?.into_iter().map(|one| (one.name.clone(), label(&one)));
    let policies = snapshot.managed_policies()?.into_iter();
    let policies = policies.map(|policy| (policy.name.clone(), format!("policy/{}", policy.name)));
    Ok(match did_you_mean(&nearest(text, principals.chain(policies))) {
        Some(question) => error.hint(question),
        None => error.hint("`iamdb ls` lists what is stored"),
    })
}
