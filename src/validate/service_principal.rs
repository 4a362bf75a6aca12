//! Services as principals of resource policies: for whom they act should be said, and by keys that they have
//! (R-KEY-6).

use super::place::Place;
use super::subject::{Report, Subject, key_place, lower_key, principals, tests_key};
use crate::policy::{Condition, Effect, PrincipalEntry, Statement, Test};

/// What says for whom a service acts.
const SOURCES: [&str; 5] =
    ["aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceowner"];

/// What says something of it, but can be chosen by the caller or is not about the source.
const WEAK: [&str; 7] = [
    "aws:referer",
    "aws:useragent",
    "aws:sourceip",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:securetransport",
    "aws:requestedregion",
];

/// What tells of a user or a role, and so is missing where a service principal calls (5.2, 5.3).
const NEVER: [&str; 11] = [
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principaltype",
    "aws:userid",
    "aws:username",
    "aws:multifactorauthpresent",
    "aws:multifactorauthage",
    "aws:tokenissuetime",
    "aws:federatedprovider",
    "aws:sourceidentity",
];

pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for statement in subject.allows() {
        let entries = principals(statement);
        let services: Vec<Place> = entries
            .iter()
            .filter(|entry| matches!(entry.value, PrincipalEntry::Service(_)))
            .map(|entry| entry.span.into())
            .collect();
        if let Some(first) = services.first() {
            never_present(statement, report);
            unconfined(statement, *first, report);
        }
    }
}

fn demands(condition: &Condition) -> bool {
    let operator = condition.operator;
    operator.test != Test::Null && !operator.test.is_negated() && !operator.if_exists
}

fn never_present(statement: &Statement, report: &mut Report<'_>) {
    for condition in statement.conditions.iter().filter(|condition| demands(condition)) {
        let key = lower_key(condition);
        if NEVER.contains(&key.as_str()) || key.starts_with("aws:principaltag/") {
            let message = format!(
                "calls of a service principal never have `{}`, so it is not allowed anything",
                condition.key
            );
            let suggestion =
                Some("test `aws:SourceArn`, `aws:SourceAccount` or `aws:SourceOrgID`".to_owned());
            report.suggest(
                "UNSUPPORTED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL",
                key_place(condition),
                message,
                suggestion,
            );
        }
    }
}

fn unconfined(statement: &Statement, service: Place, report: &mut Report<'_>) {
    debug_assert_eq!(statement.effect, Effect::Allow);
    if tests_key(statement, |key| {
        SOURCES.contains(&key) || key.ends_with(":sourcearn") || key.ends_with(":sourceaccount")
    }) {
        return;
    }
    let weak = statement.conditions.iter().find(|condition| WEAK.contains(&lower_key(condition).as_str()));
    let suggestion = Some("test `aws:SourceArn`, `aws:SourceAccount` or `aws:SourceOrgID`".to_owned());
    match weak {
        Some(condition) => {
            let message = format!("`{}` does not say for whom the service acts", condition.key);
            let code = "RECOMMENDED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL";
            report.suggest(code, key_place(condition), message, suggestion);
        }
        None => {
            let message = "the service is allowed this for whomever it acts, also for another account";
            report.suggest("RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL", service, message, suggestion);
        }
    }
}
