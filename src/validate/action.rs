//! Whether actions exist.

use super::ScpGrammar;
use super::facts::{Facts, Known};
use super::inclusion::matches;
use super::subject::{Report, Subject};
use crate::catalog::Action;
use crate::pattern::{Pattern, Piece};
use crate::policy::{ActionPattern, PolicyType, Selector, Span, Statement};

pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for statement in &subject.statements {
        for entry in statement.action.entries() {
            let ActionPattern::Named { service: Some(service), name } = &entry.value else { continue };
            exists(service, name, entry.span, subject.facts, report);
            if subject.policy_type() == PolicyType::Rcp {
                of_rcp(service, entry.span, subject, report);
            }
            if subject.options.scp_grammar == ScpGrammar::BeforeSeptember2025 && !ends_wild_only(name) {
                let message = format!("the wildcard in `{}` is not at its end", entry.value);
                report.add("SCP_SYNTAX_ERROR_ACTION_WILDCARD", entry.span, message);
            }
        }
    }
}

fn exists(service: &str, name: &Pattern, span: Span, facts: &Facts<'_>, report: &mut Report<'_>) {
    let action = format!("{service}:{name}");
    let near = || {
        let found = facts.catalog().suggest_actions(&action, 1).pop();
        found.map(|near| format!("did you mean `{near}`?"))
    };
    let Some(known) = facts.service(service) else {
        let message = format!("the service `{service}` of the action `{action}` does not exist");
        report.suggest("INVALID_SERVICE_IN_ACTION", span, message, near());
        return;
    };
    match name.as_text() {
        Some(text) if known.action(text).is_none() => {
            report.suggest("INVALID_ACTION", span, format!("the action `{action}` does not exist"), near());
        }
        None if matching(&known, name).next().is_none() => {
            let message = format!("no action of the service `{service}` matches `{action}`");
            report.add("INVALID_ACTION", span, message);
        }
        _ => {}
    }
}

/// The actions that a pattern of names matches.
pub(super) fn matching<'k>(known: &'k Known, name: &'k Pattern) -> impl Iterator<Item = &'k Action> {
    let all = name.is_all_stars();
    let exact = name.as_text().map(|text| text.to_ascii_lowercase());
    known.service.actions.iter().filter(move |action| match &exact {
        Some(exact) => action.name.eq_ignore_ascii_case(exact),
        None => all || matches(name, &Pattern::literal(&action.name)),
    })
}

/// Whether a statement's actions apply to a certain one, and by which entry: `None` where that is not so.
pub(super) fn covering(statement: &Statement, service: &str, name: &str) -> Option<Covering> {
    let wanted = Pattern::literal(name);
    let covers = |action: &ActionPattern| match action {
        ActionPattern::Every => true,
        ActionPattern::Named { service: of, name } => {
            of.as_deref().is_none_or(|of| of.eq_ignore_ascii_case(service)) && matches(name, &wanted)
        }
    };
    match &statement.action {
        Selector::In(entries) => {
            let is_exact = |action: &ActionPattern| matches!(action, ActionPattern::Named { service: Some(_), name } if name.as_text().is_some());
            let found: Vec<_> = entries.iter().filter(|entry| covers(&entry.value)).collect();
            let exact = found.iter().find(|entry| is_exact(&entry.value));
            let first = exact.or(found.first())?;
            Some(match exact {
                Some(_) => Covering::Named(first.span),
                None => Covering::Wild(first.span),
            })
        }
        Selector::NotIn(entries) => {
            let excluded = entries.iter().any(|entry| covers(&entry.value));
            (!excluded).then_some(Covering::Complement)
        }
    }
}

/// How an action is covered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Covering {
    /// By its name.
    Named(Span),
    /// By a pattern.
    Wild(Span),
    /// By `NotAction`, which does not list it.
    Complement,
}

/// R-GRM-34: the services that have resource control policies.
fn of_rcp(service: &str, span: Span, subject: &Subject<'_>, report: &mut Report<'_>) {
    let supported = subject.facts.rcp_services();
    let lower = service.to_ascii_lowercase();
    if subject.facts.service(service).is_some() && !supported.contains(lower.as_str()) {
        let message = format!("resources of the service `{service}` are under no resource control policy");
        report.add("RCP_SYNTAX_ERROR_ACTION", span, message);
    }
}

/// Whether wildcards are at the end of a name only.
fn ends_wild_only(name: &Pattern) -> bool {
    let pieces = name.pieces();
    let before = pieces.split_last().map_or(pieces, |(_, before)| before);
    before.iter().all(|piece| matches!(piece, Piece::Text(_)))
}
