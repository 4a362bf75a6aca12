//! Reference policies of custom checks, in whose `Principal` a wildcard may be part of a value (R-AA-22).

use super::{
    Condition, ConditionValue, Diagnostic, Operator, Parsed, PolicyType, PrincipalEntry, Selector, Spanned,
    Statement, Step, Test, parse,
};
use crate::pattern::{Pattern, Syntax};

/// [`parse()`], of a policy that is a reference: the ARN of roles with wildcards says of everybody what a test of
/// `aws:PrincipalArn` says. Anywhere else AWS refuses it, and of what is no role only that key does not tell all.
pub fn parse_reference(text: &str, policy_type: PolicyType) -> Parsed {
    let Parsed { mut policy, diagnostics } = parse(text, policy_type);
    let mut rest = Vec::new();
    for diagnostic in diagnostics {
        let at = diagnostic.span;
        let statement = policy.statements.iter().find(|of| {
            of.span.start <= at.start
                && at.end <= of.span.end
                && matches!(of.principal, Some(Selector::In(_)))
        });
        match (roles(text, &diagnostic), statement.cloned()) {
            (Some(roles), Some(statement)) => policy.statements.push(about(roles, statement)),
            _ => rest.push(diagnostic),
        }
    }
    Parsed { policy, diagnostics: rest }
}

/// The ARN of roles that was refused for its wildcards.
fn roles(text: &str, refused: &Diagnostic) -> Option<Spanned<ConditionValue>> {
    let is_of_aws = refused.path.0.contains(&Step::Key("AWS".to_owned()));
    if refused.code != "UNSUPPORTED_WILDCARD_IN_PRINCIPAL" || !is_of_aws {
        return None;
    }
    let at = refused.span;
    let text: String = serde_json::from_str(text.get(at.start..at.end)?).ok()?;
    let fields: Vec<&str> = text.splitn(6, ':').collect();
    let ["arn", _, "iam", "", _, resource] = fields.as_slice() else { return None };
    let (pattern, _) = Pattern::parse(&text, Syntax { wildcards: true, variables: false });
    resource.starts_with("role/").then_some(Spanned { value: ConditionValue { text, pattern }, span: at })
}

/// The same statement, about those roles.
fn about(roles: Spanned<ConditionValue>, mut statement: Statement) -> Statement {
    let span = roles.span;
    statement.principal = Some(Selector::In(vec![Spanned { value: PrincipalEntry::Everyone, span }]));
    statement.conditions.push(Condition {
        operator: Operator { quantifier: None, test: Test::StringLike, if_exists: false },
        key: "aws:PrincipalArn".to_owned(),
        values: vec![roles],
        span,
    });
    statement
}
