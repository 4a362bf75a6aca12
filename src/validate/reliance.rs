//! Condition keys that do not do what they seem to: those that need another beside them, and those that the caller
//! chooses.

use super::subject::{Report, Subject, is_positive, key_place, lower_key, tests_key};
use crate::policy::{Effect, Test};

/// What is sent with a request and can be anything (5.6).
const CHOSEN_BY_CALLER: [&str; 2] = ["aws:referer", "aws:useragent"];

pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let resource = subject.resource_type().map(|of| of.service);
    let identity = subject.policy_type().is_identity_based();
    for (statement, condition) in subject.conditions() {
        let (key, place) = (lower_key(condition), key_place(condition));
        let allows = statement.effect == Effect::Allow;
        let tests_null = condition.operator.test == Test::Null;
        let positive = is_positive(condition.operator);
        if allows && positive && !tests_null && CHOSEN_BY_CALLER.contains(&key.as_str()) {
            let message = format!("`{}` is whatever the caller sends", condition.key);
            report.add("UNTRUSTWORTHY_CONDITION_KEY", place, message);
        }
        if allows && key == "aws:vpcsourceip" && !tests_key(statement, |key| VPC.contains(&key)) {
            let message = format!("`{}` is a private address, which other VPCs have as well", condition.key);
            let suggestion = Some("test `aws:SourceVpc` or `aws:SourceVpce` beside it".to_owned());
            report.suggest("MISSING_PAIRED_CONDITION_KEYS", place, message, suggestion);
        }
        if allows
            && key == "dynamodb:attributes"
            && (identity || resource == Some("dynamodb"))
            && !tests_key(statement, |key| key == "dynamodb:select")
        {
            let message = "a query for all attributes names none of them, and so passes";
            let suggestion = Some("test `dynamodb:Select` for `SPECIFIC_ATTRIBUTES` beside it".to_owned());
            report.suggest("DYNAMODB_ATTRIBUTES_WITHOUT_SELECT", place, message, suggestion);
        }
        // What is allowed by a negation, or denied without one, leaves other prefixes open.
        let is_negative = positive != allows;
        if key == "s3:prefix" && !tests_null && is_negative && (identity || resource == Some("s3")) {
            let message =
                "a listing by a shorter prefix, or by none, shows the same keys and is not excluded";
            let suggestion = Some("say what may be listed instead".to_owned());
            report.suggest("S3_PREFIX_IN_NEGATIVE_CONTEXT", place, message, suggestion);
        }
    }
}

/// What says which VPC a private address is in.
const VPC: [&str; 3] = ["aws:sourcevpc", "aws:sourcevpce", "aws:sourcevpcarn"];
