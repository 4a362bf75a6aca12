//! Trust policies: who can assume a role by which action, and what else the call needs.

use super::action::covering;
use super::place::Place;
use super::subject::{Report, Subject, key_place, lower_key, principals, statement_place};
use crate::policy::{ActionPattern, Effect, PolicyType, PrincipalEntry, Selector, Spanned, Statement};

/// What assumes a role for a workload with a certificate.
const ROLES_ANYWHERE: &str = "rolesanywhere.amazonaws.com";
/// What it calls.
const ITS_ACTIONS: [&str; 3] = ["AssumeRole", "TagSession", "SetSourceIdentity"];

pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    if subject.policy_type() != PolicyType::Trust {
        return;
    }
    for statement in &subject.statements {
        mismatched(statement, report);
        if statement.effect == Effect::Allow {
            roles_anywhere(statement, report);
            keys_of_actions(statement, report);
        }
    }
}

/// By what a kind of principal can assume a role.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Saml,
    WebIdentity,
    Credentials,
}

fn way(principal: &PrincipalEntry) -> Option<Way> {
    Some(match principal {
        PrincipalEntry::Federated(provider) if provider.contains(":saml-provider/") => Way::Saml,
        PrincipalEntry::Federated(_) => Way::WebIdentity,
        PrincipalEntry::Everyone => return None,
        _ => Way::Credentials,
    })
}

/// A named action by which none of the principals can assume the role, or a principal that none of the actions fits.
fn mismatched(statement: &Statement, report: &mut Report<'_>) {
    let Selector::In(actions) = &statement.action else { return };
    let ways: Vec<Way> = principals(statement).iter().filter_map(|entry| way(&entry.value)).collect();
    if ways.is_empty() || ways.len() < principals(statement).len() {
        return;
    }
    for action in actions {
        let (needed, principal) = match name_of(action) {
            Some("assumerolewithsaml") => (Way::Saml, "a SAML provider"),
            Some("assumerolewithwebidentity") => (Way::WebIdentity, "an OpenID Connect provider"),
            Some("assumerole") => (Way::Credentials, "an account, a user, a role or a service"),
            _ => continue,
        };
        if !ways.contains(&needed) {
            let message = format!("`{}` is called by {principal}, and none is named", action.value);
            report.suggest("MISMATCHED_ACTION_FOR_PRINCIPAL", action.span, message, right_action(&ways));
        }
    }
}

fn right_action(ways: &[Way]) -> Option<String> {
    let action = match ways.first()? {
        Way::Saml => "sts:AssumeRoleWithSAML",
        Way::WebIdentity => "sts:AssumeRoleWithWebIdentity",
        Way::Credentials => "sts:AssumeRole",
    };
    Some(format!("write `{action}`"))
}

/// The name of an action of STS that is written out, in lower case.
fn name_of(action: &Spanned<ActionPattern>) -> Option<&'static str> {
    const KNOWN: [&str; 3] = ["assumerole", "assumerolewithsaml", "assumerolewithwebidentity"];
    let ActionPattern::Named { service: Some(service), name } = &action.value else { return None };
    let text = name.as_text().filter(|_| service.eq_ignore_ascii_case("sts"))?;
    KNOWN.into_iter().find(|known| known.eq_ignore_ascii_case(text))
}

fn roles_anywhere(statement: &Statement, report: &mut Report<'_>) {
    let is_it = |entry: &&Spanned<PrincipalEntry>| matches!(&entry.value, PrincipalEntry::Service(name) if name == ROLES_ANYWHERE);
    let Some(entry) = principals(statement).iter().find(is_it) else { return };
    let missing: Vec<String> = ITS_ACTIONS
        .iter()
        .filter(|action| covering(statement, "sts", action).is_none())
        .map(|action| format!("`sts:{action}`"))
        .collect();
    if !missing.is_empty() {
        let message = format!("IAM Roles Anywhere also calls {}", missing.join(" and "));
        let suggestion = Some(format!("add {}", missing.join(" and ")));
        report.suggest("MISSING_ACTION_FOR_ROLES_ANYWHERE_TRUST_POLICY", entry.span, message, suggestion);
    }
}

/// Keys that only calls of another action than the one that assumes the role have.
fn keys_of_actions(statement: &Statement, report: &mut Report<'_>) {
    for condition in &statement.conditions {
        let key = lower_key(condition);
        let needed = match key.as_str() {
            "sts:transitivetagkeys" | "aws:tagkeys" => "TagSession",
            "sts:sourceidentity" => "SetSourceIdentity",
            "sts:requestcontextproviders" => "SetContext",
            key if key.starts_with("aws:requesttag/") => "TagSession",
            key if key.starts_with("sts:requestcontext/") => "SetContext",
            _ => continue,
        };
        if covering(statement, "sts", needed).is_none() {
            let message = format!(
                "`{}` only exists in calls of `sts:{needed}`, which the statement does not have",
                condition.key
            );
            let places: [Place; 2] = [statement_place(statement), key_place(condition)];
            let suggestion = Some(format!("add `sts:{needed}`"));
            report.group("MISSING_ACTION_FOR_CONDITION_KEY", places, message, suggestion);
        }
    }
}
