//! Policies that are asked about by themselves.

use std::sync::Arc;

use super::error::{CliError, ErrorKind};
use super::finding::Findings;
use super::meaning::{Meaning, Named, meaning};
use super::output::Output;
use super::policy_type::{TypeName, guessed};
use super::session::Session;
use super::text::shown;
use crate::analysis::{Subject, alone};
use crate::layers::{LayerDocument, LayerPolicy};
use crate::policy::{Consequence, Parsed, PolicyType, parse};

/// What one policy decides by itself, and what it is called.
pub(crate) fn policy_subject(
    argument: &str,
    typed: Option<TypeName>,
    session: &mut Session,
) -> Result<(String, Subject), CliError> {
    match meaning(argument, session)? {
        Meaning::Policy(named) => {
            let policy_type = type_of_both(typed.map(TypeName::policy_type), Some(&named), None)?;
            let policy = layer_policy(&named, policy_type, &mut session.out)?;
            Ok((named.label, alone(vec![policy], policy_type)))
        }
        Meaning::Folder(_) | Meaning::Template(_) | Meaning::Principal(..) => {
            let message = format!("`{}` is not one policy", shown(argument));
            Err(CliError::new(ErrorKind::Usage, message).hint("name a file, or a stored policy"))
        }
    }
}

/// What each of two policies of one type decides by itself.
pub(crate) fn two_policies(
    old: &str,
    new: &str,
    typed: Option<TypeName>,
    session: &mut Session,
) -> Result<(Subject, Subject), CliError> {
    match (meaning(old, session)?, meaning(new, session)?) {
        (Meaning::Policy(old), Meaning::Policy(new)) => {
            let policy_type = type_of_both(typed.map(TypeName::policy_type), Some(&old), Some(&new))?;
            let mut subject = |named: &Named| -> Result<Subject, CliError> {
                let policy = layer_policy(named, policy_type, &mut session.out)?;
                Ok(alone(vec![policy], policy_type))
            };
            Ok((subject(&old)?, subject(&new)?))
        }
        _ => Err(CliError::new(ErrorKind::Usage, "a policy is compared with a policy")
            .hint("name files, or stored policies")),
    }
}

/// The type that was said, or the one that policies look like.
pub(crate) fn type_of_both(
    typed: Option<PolicyType>,
    old: Option<&Named>,
    new: Option<&Named>,
) -> Result<PolicyType, CliError> {
    match typed {
        Some(policy_type) => Ok(policy_type),
        None => guessed(old.map(|named| named.text.as_str()), new.map(|named| named.text.as_str())),
    }
}

/// A policy, read leniently; what AWS would not accept in it is told.
pub(crate) fn layer_policy(
    named: &Named,
    policy_type: PolicyType,
    out: &mut Output,
) -> Result<LayerPolicy, CliError> {
    let parsed: Parsed = parse(&named.text, policy_type);
    let is_rejected =
        |parsed: &Parsed| parsed.degraded().any(|found| found.consequence == Consequence::DocumentRejected);
    if is_rejected(&parsed) {
        let message = format!("`{}` is not a policy that can be read", shown(&named.label));
        let findings = Findings::new(&named.label, &named.text, parsed.errors().cloned().collect());
        return Err(CliError::new(ErrorKind::InvalidPolicy, message).because(findings));
    }
    let degraded: Vec<_> = parsed.degraded().cloned().collect();
    if !degraded.is_empty() {
        out.findings(&Findings::new(&named.label, &named.text, degraded))?;
    }
    Ok(LayerPolicy {
        name: named.label.clone(),
        kind: "policy".to_owned(),
        group: None,
        policy_type,
        document: Some(Arc::new(LayerDocument { text: named.text.clone(), parsed })),
        offset: 0,
    })
}
