//! Tags of resources, asked for by statements about actions that do not tell them.
//!
//! An action that has no resource has no tags of one, and a service none of whose resources tell their tags tells
//! none. What creates a resource is left out, as AWS leaves it out: what it tells are tags of something else.

use super::action::matching;
use super::facts::Known;
use super::subject::{Report, Subject, is_positive, key_place, lower_key};
use crate::catalog::Action;
use crate::pattern::Pattern;
use crate::policy::{ActionPattern, Condition, Effect, Selector, Statement, Test};

/// Some key of a tag: which one does not matter.
const SOME_TAG: &str = "aws:ResourceTag/key";

pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for (statement, condition) in subject.conditions() {
        let operator = condition.operator;
        let demands = is_positive(operator)
            && operator.test != Test::Null
            && !operator.if_exists
            && operator.quantifier.is_none();
        if lower_key(condition).starts_with("aws:resourcetag/") && demands {
            check_actions(statement, condition, subject, report);
        }
    }
}

fn check_actions(
    statement: &Statement,
    condition: &Condition,
    subject: &Subject<'_>,
    report: &mut Report<'_>,
) {
    let entries = match &statement.action {
        Selector::In(entries) => entries,
        Selector::NotIn(_) => return complement(statement, condition, report),
    };
    let mut places = Vec::new();
    let mut services: Vec<&str> = Vec::new();
    for entry in entries {
        let ActionPattern::Named { service: Some(service), name } = &entry.value else { continue };
        let Some(known) = subject.facts.service(service) else { continue };
        if never_tells(&known, name) {
            places.push(entry.span.into());
            if !services.contains(&service.as_str()) {
                services.push(service);
            }
        }
    }
    if places.is_empty() {
        return;
    }
    let (code, verb) = match statement.effect {
        Effect::Allow => ("ALLOW_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE", "allowed"),
        Effect::Deny => ("DENY_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE", "denied"),
    };
    places.push(key_place(condition));
    let message = format!(
        "calls of some actions of {} never tell `{}`, so nothing is {verb} there",
        services.iter().map(|service| format!("`{service}`")).collect::<Vec<_>>().join(", "),
        condition.key,
    );
    report.group(code, places, message, Some("put these actions into a statement without it".to_owned()));
}

/// All actions but some: among them are always those of services that tell no tags.
fn complement(statement: &Statement, condition: &Condition, report: &mut Report<'_>) {
    let (code, verb) = match statement.effect {
        Effect::Allow => ("ALLOW_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE", "allowed"),
        Effect::Deny => ("DENY_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE", "denied"),
    };
    let places =
        statement.action.entries().iter().map(|entry| entry.span.into()).chain([key_place(condition)]);
    let message = format!(
        "`NotAction` is about actions of all other services, and those that never tell `{}` are not {verb}",
        condition.key
    );
    report.group(code, places, message, Some("list the actions that are meant".to_owned()));
}

/// Whether no action that a pattern matches tells tags of a resource.
fn never_tells(known: &Known, name: &Pattern) -> bool {
    if let Some(action) = name.as_text().and_then(|name| known.action(name)) {
        let creates = action.name.starts_with("Create");
        return !creates && action.is_wildcard_only() && !tells(known, action) && has_resources(known);
    }
    let mut matched = matching(known, name).peekable();
    matched.peek().is_some() && !matched.any(|action| tells(known, action))
}

fn tells(known: &Known, action: &Action) -> bool {
    known.populates(action, SOME_TAG)
}

/// A service without any resource type may tell tags of what the reference does not list.
fn has_resources(known: &Known) -> bool {
    !known.service.resource_types.is_empty()
}
