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
use crate::policy::{Consequence, Parsed, PolicyType, parse, parse_reference};

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

/// What a reference and a policy of the same type decide, each by itself.
pub(crate) fn reference_and_policy(
    reference: &str,
    new: &str,
    typed: Option<TypeName>,
    session: &mut Session,
) -> Result<(Subject, Subject), CliError> {
    match (meaning(reference, session)?, meaning(new, session)?) {
        (Meaning::Policy(reference), Meaning::Policy(new)) => {
            let typed = typed.map(TypeName::policy_type);
            let policy_type = type_of_both(typed, Some(&reference), Some(&new))?;
            let mut subject = |named: &Named, parse: Parser| -> Result<Subject, CliError> {
                let policy = read_policy(named, policy_type, parse, &mut session.out)?;
                Ok(alone(vec![policy], policy_type))
            };
            Ok((subject(&reference, parse_reference)?, subject(&new, parse)?))
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
    read_policy(named, policy_type, parse, out)
}

/// How the text of a policy is read.
type Parser = fn(&str, PolicyType) -> Parsed;

fn read_policy(
    named: &Named,
    policy_type: PolicyType,
    parse: Parser,
    out: &mut Output,
) -> Result<LayerPolicy, CliError> {
    let parsed = parse(&named.text, policy_type);
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
