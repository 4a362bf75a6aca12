//! Resource control policies: calls of services, which tell other things than those of people, have to be thought of.

use super::subject::{Report, Subject, key_place, lower_key, statement_place, tests_key};
use crate::policy::{Condition, Effect, Operator, PolicyType, Quantifier, Statement, Test};

/// What is known of principals, and of services is not.
const OF_PRINCIPALS: [&str; 4] =
    ["aws:principalorgid", "aws:principalorgpaths", "aws:principalaccount", "aws:principalarn"];
/// What only a service tells: for whom it acts.
const OF_SERVICES: [&str; 4] =
    ["aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceaccount", "aws:sourcearn"];
/// Whether a service calls.
const IS_SERVICE: &str = "aws:principalisawsservice";

pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    if subject.policy_type() != PolicyType::Rcp {
        return;
    }
    for statement in subject.statements.iter().filter(|statement| statement.effect == Effect::Deny) {
        check_statement(statement, report);
    }
}

fn check_statement(statement: &Statement, report: &mut Report<'_>) {
    let says_who = tests_key(statement, |key| key == IS_SERVICE);
    for condition in statement.conditions.iter().filter(|condition| condition.operator.test.is_negated()) {
        let key = lower_key(condition);
        let place = key_place(condition);
        if OF_PRINCIPALS.contains(&key.as_str()) && !says_who {
            let message = format!("services have no `{}`, and so are denied, too", condition.key);
            let suggestion =
                Some("add \"BoolIfExists\": {\"aws:PrincipalIsAWSService\": \"false\"}".to_owned());
            report.suggest("RCP_MISSING_RELATED_PRINCIPAL_CONDITION_KEY", place, message, suggestion);
        }
        if OF_SERVICES.contains(&key.as_str()) {
            if !says_who {
                let message =
                    format!("only services tell `{}`, so everybody else is denied, too", condition.key);
                let suggestion = Some("add \"Bool\": {\"aws:PrincipalIsAWSService\": \"true\"}".to_owned());
                report.suggest(
                    "RCP_MISSING_RELATED_SERVICE_PRINCIPAL_CONDITION_KEY",
                    place,
                    message,
                    suggestion,
                );
            } else if !is_guarded(statement, condition) {
                let message = format!("a service that does not tell `{}` is denied, too", condition.key);
                let suggestion = Some("add \"Null\": {\"aws:SourceAccount\": \"false\"}".to_owned());
                let places = [place, statement_place(statement)];
                report.group("RCP_MISSING_SERVICE_CONDITION_KEY_NULL_CHECK", places, message, suggestion);
            }
        }
    }
}

/// Whether calls without any source are excepted: a test that some source is there, or that the test of the key itself
/// cannot pass without it.
fn is_guarded(statement: &Statement, condition: &Condition) -> bool {
    let Operator { quantifier, .. } = condition.operator;
    quantifier == Some(Quantifier::ForAnyValue)
        || statement.conditions.iter().any(|other| {
            other.operator.test == Test::Null && OF_SERVICES.contains(&lower_key(other).as_str())
        })
}
