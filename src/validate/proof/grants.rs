//! Statements that grant more than they seem to: each with a request that is allowed.

use std::collections::BTreeSet;

use super::Alone;
use crate::analysis::{AnalysisError, Blamed, Part, Subject, outsiders};
use crate::eval::Decision;
use crate::layers::StatementRef;
use crate::policy::{Effect, PolicyType, Selector, Statement};
use crate::request::Value;
use crate::validate::subject::{Report, statement_place};

/// A service that no policy names: whoever grants all of it, or something on its resources, grants what there will be.
const UNNAMED_SERVICE: &str = "zz-unnamed";
/// A service principal that no policy names.
const UNNAMED_PRINCIPAL: &str = "zz-unnamed.amazonaws.com";

pub(super) fn check(
    alone: &mut Alone<'_>,
    whole: &Subject,
    report: &mut Report<'_>,
) -> Result<(), AnalysisError> {
    if alone.policy_type() == PolicyType::Identity {
        by_negation(alone, whole, report)?;
        pass_role(alone, whole, report)?;
    }
    if matches!(alone.policy_type(), PolicyType::Resource(_) | PolicyType::Trust) {
        public(alone, whole, report)?;
    }
    Ok(())
}

/// An Allow by `NotAction` or `NotResource` that grants all of what it does not name.
fn by_negation(alone: &mut Alone<'_>, whole: &Subject, report: &mut Report<'_>) -> Result<(), AnalysisError> {
    let negates = |statement: &Statement| {
        statement.effect == Effect::Allow
            && (matches!(statement.action, Selector::NotIn(_))
                || matches!(statement.resource, Some(Selector::NotIn(_))))
    };
    let (actions, resources) = (format!("{UNNAMED_SERVICE}:*"), format!("arn:*:{UNNAMED_SERVICE}:*:*:*"));
    let Ok(everything) = Part::of(&[actions], &[resources]) else { return Ok(()) };
    let mut parts = Vec::new();
    for statement in alone.policy.statements().iter().filter(|statement| negates(statement)) {
        let mut unnamed = everything.clone();
        if let Selector::In(actions) = &statement.action {
            unnamed.actions.clone_from(actions);
        }
        if !parts.contains(&unnamed) {
            parts.push(unnamed);
        }
    }
    let found = alone.analysis.granting_all(whole, &parts)?;
    let granting: BTreeSet<StatementRef> = found.into_iter().map(|(_, statement)| statement).collect();
    if granting.is_empty() {
        return Ok(());
    }
    for blamed in alone.analysis.blamed(whole, None, &Part::default())? {
        let is_granting = granting.contains(&blamed.statement);
        let statement = alone.statement(blamed.statement.position);
        let Some(statement) = statement.filter(|of| is_granting && negates(of)) else { continue };
        let message = match &statement.action {
            Selector::NotIn(_) => {
                "`NotAction` grants every action that it does not name, of all services there will be"
            }
            Selector::In(_) => "`NotResource` grants its actions on everything that it does not name",
        };
        report.show(
            "ALLOW_ALL_BY_NEGATION",
            statement_place(statement),
            message,
            blamed.witness.map(|witness| witness.request),
        );
    }
    Ok(())
}

/// Roles that may be passed to any service.
fn pass_role(alone: &mut Alone<'_>, whole: &Subject, report: &mut Report<'_>) -> Result<(), AnalysisError> {
    let service = Value::Single(UNNAMED_PRINCIPAL.to_owned());
    let passed = whole.clone().with_context(&[("iam:PassedToService".to_owned(), Some(service))]);
    let part = Part::of(&["iam:PassRole".to_owned()], &["arn:*:iam::*:role/*".to_owned()]);
    let Ok(part) = part else { return Ok(()) };
    let found = alone.analysis.blamed(&passed, None, &part)?;
    blame(
        alone,
        found,
        "PASS_ROLE_TO_ANY_SERVICE",
        "the statement lets roles be passed to any service",
        report,
    );
    Ok(())
}

/// What anybody may do (R-AA-25).
fn public(alone: &mut Alone<'_>, whole: &Subject, report: &mut Report<'_>) -> Result<(), AnalysisError> {
    let mut found: Vec<Blamed> = Vec::new();
    for outsider in outsiders(whole) {
        for blamed in alone.analysis.blamed(&outsider, None, &Part::default())? {
            if !found.iter().any(|known| known.statement == blamed.statement) {
                found.push(blamed);
            }
        }
    }
    for blamed in found {
        let Some(statement) = alone.statement(blamed.statement.position) else { continue };
        // Who is taken for what a pattern wants is nobody whom the policy as it is would let in.
        let request = blamed.witness.map(|witness| witness.request);
        let shown = request.filter(|request| {
            whole.decide(request, 0).is_some_and(|evaluation| evaluation.decision == Decision::Allowed)
        });
        report.show("PUBLIC_ACCESS", statement_place(statement), "the statement lets anybody in", shown);
    }
    Ok(())
}

fn blame(alone: &Alone<'_>, found: Vec<Blamed>, code: &str, message: &str, report: &mut Report<'_>) {
    for blamed in found {
        if let (Some(statement), Some(witness)) = (alone.statement(blamed.statement.position), blamed.witness)
        {
            report.show(code, statement_place(statement), message, Some(witness.request));
        }
    }
}
