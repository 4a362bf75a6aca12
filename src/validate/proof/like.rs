//! `StringLike` that could be `StringEquals`.

use crate::policy::{Condition, Test};
use crate::validate::subject::{Report, Subject, key_place};

pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for (_, condition) in subject.conditions() {
        let operator = condition.operator.to_string();
        let exact = match condition.operator.test {
            Test::StringLike => operator.replace("StringLike", "StringEquals"),
            Test::StringNotLike => operator.replace("StringNotLike", "StringNotEquals"),
            _ => continue,
        };
        if !condition.values.is_empty() && is_exact(condition) {
            let message =
                format!("no value has a wildcard: `{}` tests for equality", condition.operator.test.name());
            report.suggest(
                "LIKE_WITHOUT_WILDCARD",
                key_place(condition),
                message,
                Some(format!("write `{exact}`")),
            );
        }
    }
}

fn is_exact(condition: &Condition) -> bool {
    condition.values.iter().all(|value| value.pattern.as_text().is_some())
}
