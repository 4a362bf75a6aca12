//! Principals: who is named where nobody of that kind can be, and who is let in by a complement.

use super::subject::{Report, Subject, principals, statement_place};
use crate::policy::{Effect, Node, PolicyType, PrincipalEntry, Selector, Value};

pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for statement in &subject.statements {
        if let (Effect::Allow, Some(Selector::NotIn(entries))) = (statement.effect, &statement.principal) {
            let place = entries.first().map_or(statement_place(statement), |entry| entry.span.into());
            let message =
                "an Allow with `NotPrincipal` is for everybody but those it lists, also for strangers";
            let suggestion = Some("list those who are meant in `Principal`".to_owned());
            report.suggest("ALLOW_WITH_NOT_PRINCIPAL", place, message, suggestion);
        }
        for entry in statement.principal.iter().flat_map(Selector::entries) {
            match &entry.value {
                PrincipalEntry::Federated(provider) => {
                    let message =
                        format!("`{provider}` is an identity provider: only trust policies have those");
                    report.add("FEDERATED_PRINCIPAL_NOT_SUPPORTED", entry.span, message);
                }
                PrincipalEntry::UniqueId(id) => {
                    let (code, kind) = match id.starts_with("AROA") {
                        true => ("INVALID_ROLE_REFERENCE", "role"),
                        false => ("INVALID_USER_REFERENCE", "user"),
                    };
                    let message =
                        format!("`{id}` is the id of a {kind}: the {kind} whose ARN stood here was deleted");
                    let suggestion = Some(format!("write the ARN of a {kind} that exists, or leave it out"));
                    report.suggest(code, entry.span, message, suggestion);
                }
                _ => {}
            }
        }
    }
    if subject.policy_type() == PolicyType::Trust {
        everybody(subject, report);
    }
}

/// The bare `"*"`. As `{"AWS": "*"}` AWS lets it pass, though it means the same (R-GRM-27).
fn everybody(subject: &Subject<'_>, report: &mut Report<'_>) {
    for statement in &subject.statements {
        for entry in principals(statement).iter().filter(|entry| entry.value == PrincipalEntry::Everyone) {
            if is_direct(subject.root(), entry.span.start) {
                let message = "a role that everybody may assume: `\"*\"` is no principal of a trust policy";
                let suggestion = Some("name who may assume the role".to_owned());
                report.suggest(
                    "ROLE_TRUST_POLICY_UNSUPPORTED_WILDCARD_IN_PRINCIPAL",
                    entry.span,
                    message,
                    suggestion,
                );
            }
        }
    }
}

/// Whether the text that begins at a byte is the value of an element itself, and not in a map.
fn is_direct(root: Option<&Node<'_>>, at: usize) -> bool {
    let Some(Value::Object(top)) = root.map(|root| &root.value) else { return false };
    let is_there = |node: &Node<'_>| match &node.value {
        Value::Object(members) => {
            members.iter().any(|member| member.key == "Principal" && member.value.span.start == at)
        }
        _ => false,
    };
    top.iter().any(|member| match &member.value.value {
        Value::Array(items) => items.iter().any(is_there),
        _ => is_there(&member.value),
    })
}
