//! Web identities in trust policies: which of a provider's users are meant.

use super::place::Place;
use super::subject::{Report, Subject, key_place, principals};
use crate::pattern::Pattern;
use crate::policy::provider::{GITHUB, claim, host, is_anyones, says_whose};
use crate::policy::{Condition, Operator, PolicyType, PrincipalEntry, Quantifier, Statement, Test};

/// The providers whose tokens are known to have one audience.
const ONE_AUDIENCE: [&str; 4] =
    [GITHUB, "accounts.google.com", "cognito-identity.amazonaws.com", "gitlab.com"];
pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    if subject.policy_type() != PolicyType::Trust {
        return;
    }
    for statement in subject.allows() {
        let mut hosts = Vec::new();
        for entry in principals(statement) {
            let PrincipalEntry::Federated(provider) = &entry.value else { continue };
            let Some(host) = host(provider) else { continue };
            let own = statement.conditions.iter().filter(|condition| claim(condition, &host).is_some());
            check_provider(statement, &host, own.collect(), entry.span.into(), report);
            hosts.push(host);
        }
        for condition in &statement.conditions {
            if let Some(host) = hosts.iter().find(|host| claim(condition, host).as_deref() == Some("aud")) {
                audience(condition, host, report);
            }
        }
    }
}

fn check_provider(
    statement: &Statement,
    host: &str,
    own: Vec<&Condition>,
    place: Place,
    report: &mut Report<'_>,
) {
    let is_github = host == GITHUB || host.starts_with("token.actions.githubusercontent.com/");
    if own.is_empty() {
        let message = format!("no condition says which users of `{host}` may assume the role");
        let suggestion = Some(format!("test `{host}:aud` and `{host}:sub`"));
        report.suggest("MISSING_CONDITION_KEY_FOR_OIDC_PRINCIPAL", place, message, suggestion);
    } else if is_github {
        github(statement, host, place, report);
    }
}

fn github(statement: &Statement, host: &str, place: Place, report: &mut Report<'_>) {
    let demands_whose = |condition: &&Condition| {
        let operator = condition.operator;
        let demands = !operator.test.is_negated() && operator.test != Test::Null && !operator.if_exists;
        demands && claim(condition, host).is_some_and(|claim| says_whose(&claim))
    };
    let found: Vec<&Condition> = statement.conditions.iter().filter(demands_whose).collect();
    if found.iter().all(|condition| condition.values.iter().any(|value| is_anyones(&value.pattern))) {
        let message = "no condition says whose repositories on GitHub may assume the role";
        let suggestion = Some(format!("test `{host}:sub` for `repo:OWNER/REPOSITORY:ref:refs/heads/BRANCH`"));
        report.suggest("MISSING_GITHUB_REPO_CONDITION_KEY", place, message, suggestion);
        return;
    }
    let names_branch = |condition: &&Condition| {
        let demands = !condition.operator.test.is_negated() && condition.operator.test != Test::Null;
        demands && claim(condition, host).is_some_and(|claim| claim == "ref" || claim == "job_workflow_ref")
    };
    if statement.conditions.iter().any(|condition| names_branch(&condition)) {
        return;
    }
    for condition in found {
        if claim(condition, host).as_deref() != Some("sub") {
            continue;
        }
        for value in condition.values.iter().filter(|value| !is_specific(&value.pattern)) {
            let message = format!("`{}` is more than one branch of one repository", value.text);
            let suggestion = Some("write `repo:OWNER/REPOSITORY:ref:refs/heads/BRANCH`".to_owned());
            report.suggest("SPECIFIC_GITHUB_REPO_AND_BRANCH_RECOMMENDED", value.span, message, suggestion);
        }
    }
}

/// Whether nothing is left open.
fn is_specific(subject: &Pattern) -> bool {
    subject.as_text().is_some()
}

fn audience(condition: &Condition, host: &str, report: &mut Report<'_>) {
    let operator = condition.operator;
    match operator.quantifier {
        Some(Quantifier::ForAnyValue) => {
            let plain = Operator { quantifier: None, ..operator };
            let message = format!("of a token with several audiences one is enough for `{operator}`");
            let suggestion = Some(format!("write `{plain}` if tokens of `{host}` have one audience"));
            report.suggest("FORANYVALUE_WITH_AUDIENCE_CLAIM_TYPE", key_place(condition), message, suggestion);
        }
        None if ONE_AUDIENCE.contains(&host) => {}
        None | Some(Quantifier::ForAllValues) => {
            let message = format!(
                "whether tokens of `{host}` have one audience or several decides what `{operator}` means"
            );
            let suggestion = Some(
                "write no `ForAllValues:` and no `ForAnyValue:` if they have one, else one of them"
                    .to_owned(),
            );
            report.suggest("CONFIRM_AUDIENCE_CLAIM_TYPE", key_place(condition), message, suggestion);
        }
    }
}
