//! Whether condition keys exist, and whether the actions beside them can have them.

use super::facts::{Facts, is_of_identity_provider};
use super::subject::{Report, Subject, key_place, lower_key};
use crate::context_keys::{GLOBAL_KEYS, global_key};
use crate::policy::{ActionPattern, Condition, Selector, Statement};

/// The services whose keys the service reference gives for each action so completely that one that is missing there
/// is missing in calls. Of others, AWS's own policies show that it is not so.
const COMPLETE: [&str; 6] = ["iam", "kms", "s3", "secretsmanager", "sns", "sqs"];

pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for (statement, condition) in subject.conditions() {
        let key = lower_key(condition);
        let Some((prefix, name)) = key.split_once(':') else { continue };
        if prefix.is_empty() || name.is_empty() || lacks_tag(condition, prefix, subject.facts, report) {
            continue;
        }
        match prefix {
            "aws" => global(condition, &key, report),
            _ if is_of_identity_provider(prefix) => {}
            _ => of_service(statement, condition, prefix, subject.facts, report),
        }
    }
}

/// `aws:ResourceTag` and the like, without the key of the tag behind a slash.
fn lacks_tag(condition: &Condition, prefix: &str, facts: &Facts<'_>, report: &mut Report<'_>) -> bool {
    let name = condition.key.strip_suffix('/').unwrap_or(&condition.key);
    if name.contains('/') {
        return false;
    }
    let with_slash = format!("{name}/");
    let is_tag = match prefix {
        "aws" => GLOBAL_KEYS.iter().any(|known| known.name.eq_ignore_ascii_case(&with_slash)),
        _ => facts.service(prefix).is_some_and(|known| {
            known.key(name).is_none() && known.key(&format!("{with_slash}key")).is_some()
        }),
    };
    if is_tag {
        let message = format!("`{}` does not say which tag", condition.key);
        let suggestion = Some(format!("write `{name}/` and the key of the tag"));
        report.suggest("MISSING_TAG_KEY_IN_CONDITION", key_place(condition), message, suggestion);
    }
    is_tag
}

fn global(condition: &Condition, key: &str, report: &mut Report<'_>) {
    if key == "aws:arn" {
        let message = format!("`{}` is not supported", condition.key);
        let suggestion = Some(
            "`aws:PrincipalArn` is the caller, `aws:SourceArn` the resource that a service acts for"
                .to_owned(),
        );
        report.suggest("UNSUPPORTED_GLOBAL_CONDITION_KEY", key_place(condition), message, suggestion);
    } else if global_key(key).is_none() {
        let near = Facts::nearest(key, GLOBAL_KEYS.iter().map(|known| known.name));
        let message = format!("the global condition key `{}` does not exist", condition.key);
        let suggestion = near.map(|near| format!("did you mean `{near}`?"));
        report.suggest("INVALID_GLOBAL_CONDITION_KEY", key_place(condition), message, suggestion);
    }
}

fn of_service(
    statement: &Statement,
    condition: &Condition,
    prefix: &str,
    facts: &Facts<'_>,
    report: &mut Report<'_>,
) {
    // The keys of sessions are present in calls of other services, too.
    if global_key(&condition.key).is_some() {
        return;
    }
    let Some(known) = facts.service(prefix) else {
        if !facts.foreign_shapes(prefix).is_empty() {
            return;
        }
        let message =
            format!("the service `{prefix}` of the condition key `{}` does not exist", condition.key);
        let near = Facts::nearest(prefix, facts.catalog().service_prefixes());
        let suggestion = near.map(|near| format!("did you mean `{near}`?"));
        report.suggest("INVALID_SERVICE", key_place(condition), message, suggestion);
        return;
    };
    if known.key(&condition.key).is_none() {
        let names = known.service.condition_keys.iter().map(|key| key.name.as_str());
        let near = Facts::nearest(&condition.key, names);
        let message = format!("the service `{prefix}` has no condition key `{}`", condition.key);
        let suggestion = near.map(|near| format!("did you mean `{near}`?"));
        report.suggest("INVALID_SERVICE_CONDITION_KEY", key_place(condition), message, suggestion);
    } else if COMPLETE.contains(&prefix) {
        unsupported_actions(statement, condition, prefix, facts, report);
    }
}

/// The actions of the key's own service, by name, whose calls never have it.
fn unsupported_actions(
    statement: &Statement,
    condition: &Condition,
    prefix: &str,
    facts: &Facts<'_>,
    report: &mut Report<'_>,
) {
    let (Selector::In(entries), Some(known)) = (&statement.action, facts.service(prefix)) else { return };
    let mut places = Vec::new();
    let mut names = Vec::new();
    for entry in entries {
        let ActionPattern::Named { service: Some(service), name } = &entry.value else { continue };
        let action = name.as_text().and_then(|name| known.action(name));
        if service.eq_ignore_ascii_case(prefix)
            && action.is_some_and(|action| !known.populates(action, &condition.key))
        {
            places.push(entry.span.into());
            names.push(format!("`{}`", entry.value));
        }
    }
    if !places.is_empty() {
        places.push(key_place(condition));
        let message = format!("calls of {} never have the key `{}`", names.join(", "), condition.key);
        let suggestion = Some("put these actions into a statement without it".to_owned());
        report.group("UNSUPPORTED_ACTION_FOR_CONDITION_KEY", places, message, suggestion);
    }
}
