//! Statements that let any role be passed to a service, or any service-linked role be created.

use super::action::{Covering, covering};
use super::place::Place;
use super::subject::{Report, Subject, statement_place};
use crate::pattern::{Pattern, Piece};
use crate::policy::{ResourcePattern, Selector, Spanned, Statement, Test};

/// What is looked for.
struct Sensitive {
    /// The action of `iam`.
    action: &'static str,
    /// The key that says for which service.
    key: &'static str,
    /// How its codes begin.
    code: &'static str,
    /// What may be done, in words.
    what: &'static str,
}

const SENSITIVE: [Sensitive; 2] = [
    Sensitive {
        action: "PassRole",
        key: "iam:PassedToService",
        code: "PASS_ROLE_WITH",
        what: "any role may be passed to any service, which then acts as that role",
    },
    Sensitive {
        action: "CreateServiceLinkedRole",
        key: "iam:AWSServiceName",
        code: "CREATE_SLR_WITH",
        what: "a role may be created for any service that has service-linked roles",
    },
];

pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for statement in subject.allows() {
        for sensitive in &SENSITIVE {
            check_one(statement, sensitive, report);
        }
    }
}

fn check_one(statement: &Statement, sensitive: &Sensitive, report: &mut Report<'_>) {
    let confined = statement.conditions.iter().any(|condition| {
        condition.key.eq_ignore_ascii_case(sensitive.key) && condition.operator.test != Test::Null
    });
    let Some(resource) = &statement.resource else { return };
    let Some(covering) = covering(statement, "iam", sensitive.action) else { return };
    let (wild, places) = match resource {
        Selector::In(entries) => {
            let wild: Vec<Place> = entries
                .iter()
                .filter(|entry| is_any_role(&entry.value))
                .map(|entry| entry.span.into())
                .collect();
            if wild.is_empty() || confined {
                return;
            }
            (true, wild)
        }
        Selector::NotIn(entries) => (false, entries.iter().map(at).collect()),
    };
    let suffix = match (covering, wild) {
        (Covering::Named(_), true) => "STAR_IN_RESOURCE",
        (Covering::Wild(_), true) => "STAR_IN_ACTION_AND_RESOURCE",
        (Covering::Complement, true) => "STAR_IN_RESOURCE_AND_NOT_ACTION",
        (Covering::Named(_), false) => "NOT_RESOURCE",
        (Covering::Wild(_), false) => "STAR_IN_ACTION_AND_NOT_RESOURCE",
        (Covering::Complement, false) => "NOT_ACTION_AND_NOT_RESOURCE",
    };
    let actions: Vec<Place> = match covering {
        Covering::Named(span) | Covering::Wild(span) => vec![span.into()],
        Covering::Complement => statement.action.entries().iter().map(at).collect(),
    };
    let mut all: Vec<Place> = actions.into_iter().chain(places).collect();
    if all.is_empty() {
        all.push(statement_place(statement));
    }
    let suggestion = Some(format!("name the roles, and test `{}`", sensitive.key));
    report.group(&format!("{}_{suffix}", sensitive.code), all, sensitive.what, suggestion);
}

fn at<T>(entry: &Spanned<T>) -> Place {
    entry.span.into()
}

/// Whether every role matches: `*`, or an ARN pattern in which nothing is left of a role's name.
fn is_any_role(resource: &ResourcePattern) -> bool {
    let fields = match resource {
        ResourcePattern::Every => return true,
        ResourcePattern::Arn(fields) => fields,
    };
    let Some(last) = fields.get(5) else { return true };
    let is_iam = fields.get(2).is_some_and(|service| matches!(service.as_text(), None | Some("iam")));
    is_iam && is_any_name(last)
}

/// `*`, `role/*`, `role/aws-service-role/*`: paths and wildcards alone.
fn is_any_name(resource: &Pattern) -> bool {
    match resource.pieces() {
        _ if resource.is_all_stars() => true,
        [Piece::Text(text), rest @ ..] if !rest.is_empty() => {
            text.starts_with("role") && text.ends_with('/') && rest.iter().all(|piece| *piece == Piece::Star)
        }
        _ => false,
    }
}
