//! Values that cannot be what their operator or their key compares.

use std::str::FromStr;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bigdecimal::BigDecimal;

use super::region;
use super::subject::{Report, Subject, lower_key};
use crate::policy::{Condition, ConditionValue, Family, Spanned, Test};

/// Keys whose values are service principals.
const SERVICE_PRINCIPALS: [&str; 9] = [
    "aws:calledvia",
    "aws:calledviafirst",
    "aws:calledvialast",
    "aws:principalservicename",
    "aws:principalservicenameslist",
    "iam:awsservicename",
    "iam:passedtoservice",
    "kms:viaservice",
    "sts:awsservicename",
];

/// Those of them that name a service alone, without a part of it before the name or a region behind it.
const PLAIN_SERVICES: [&str; 3] = ["aws:calledvia", "aws:calledviafirst", "aws:calledvialast"];

/// Keys whose values are regions.
const REGIONS: [&str; 4] = ["aws:requestedregion", "ec2:region", "kms:primaryregion", "kms:replicaregion"];

/// Keys whose values name KMS keys by ARN.
const KMS_KEYS: [&str; 2] = [
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "s3express:x-amz-server-side-encryption-aws-kms-key-id",
];

pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for (_, condition) in subject.conditions() {
        for value in &condition.values {
            // What a variable stands for is not known.
            if value.pattern.variables().next().is_none() && !value.text.contains("${") {
                by_operator(condition, value, report);
                if condition.operator.test != Test::Null {
                    by_key(condition, value, report);
                }
            }
        }
    }
}

fn by_operator(condition: &Condition, value: &Spanned<ConditionValue>, report: &mut Report<'_>) {
    let (operator, text) = (condition.operator, value.text.as_str());
    match operator.test.family() {
        Family::Bool | Family::Null
            if !["true", "false"].iter().any(|word| text.eq_ignore_ascii_case(word)) =>
        {
            let message = format!("`{text}` is neither `true` nor `false`, as `{operator}` needs it");
            report.add("TYPE_MISMATCH_BOOLEAN", value.span, message);
        }
        Family::Numeric if !is_number(text) => {
            report.add(
                "TYPE_MISMATCH_NUMBER",
                value.span,
                format!("`{text}` is no number, as `{operator}` needs it"),
            );
        }
        Family::Binary if BASE64_STANDARD.decode(text).is_err() => {
            report.add(
                "TYPE_MISMATCH_STRING",
                value.span,
                format!("`{text}` is no Base64 text, as `{operator}` needs it"),
            );
        }
        Family::Date if is_misread(text) => {
            let message = format!("`{text}` is a number of seconds since 1970, or a month without its day");
            let suggestion = Some("write the date as `2026-11-24` or `2026-11-24T09:00:00Z`".to_owned());
            report.suggest("INVALID_DATE_VALUE", value.span, message, suggestion);
        }
        _ => {}
    }
}

/// R-CND-22.
fn is_number(text: &str) -> bool {
    let plain =
        text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E'));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
    let mantissa = mantissa.strip_prefix(['+', '-']).unwrap_or(mantissa);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    plain && digits(whole) && digits(fraction) && BigDecimal::from_str(text).is_ok()
}

/// R-CND-24: a year alone is so many seconds, and a month begins on its first day.
fn is_misread(text: &str) -> bool {
    let all_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_month = text.len() == 7 && text.as_bytes().get(4) == Some(&b'-');
    all_digits || is_month
}

fn by_key(condition: &Condition, value: &Spanned<ConditionValue>, report: &mut Report<'_>) {
    let (key, text) = (lower_key(condition), value.text.as_str());
    let is_wild = text.contains(['*', '?']);
    if SERVICE_PRINCIPALS.contains(&key.as_str()) && !is_service(text, PLAIN_SERVICES.contains(&key.as_str()))
    {
        let message = format!("`{text}` is no service principal, as `{}` compares them", condition.key);
        let suggestion = Some("the form is `service.amazonaws.com`, in small letters".to_owned());
        report.suggest("INVALID_SERVICE_PRINCIPAL_FORMAT", value.span, message, suggestion);
    } else if REGIONS.contains(&key.as_str()) && !is_wild && !region::exists(text) {
        let message = format!("the region `{text}` does not exist");
        report.suggest("INVALID_REGION", value.span, message, region::suggestion(text));
    } else if key == "aws:sourcevpc" && !is_wild && !is_id(text, "vpc-") {
        let message = format!("`{text}` is no id of a VPC");
        let suggestion = Some("it is `vpc-` and 8 or 17 letters or digits".to_owned());
        report.suggest("INVALID_VPC_FORMAT", value.span, message, suggestion);
    } else if key == "aws:sourcevpce" && !is_wild && !is_id(text, "vpce-") {
        let message = format!("`{text}` is no id of a VPC endpoint");
        let suggestion = Some("it is `vpce-` and 8 or 17 letters or digits".to_owned());
        report.suggest("INVALID_VPCE_FORMAT", value.span, message, suggestion);
    } else if KMS_KEYS.contains(&key.as_str()) && !is_kms_key(text) {
        let message = format!("`{text}` is not how `{}` names a KMS key", condition.key);
        let suggestion = Some("the form is `arn:aws:kms:REGION:ACCOUNT:key/KEY-ID`".to_owned());
        report.suggest("INVALID_KMS_KEY_VALUE", value.span, message, suggestion);
    }
}

/// `service.amazonaws.com`, or one of the other endings, in small letters; wildcards stand for what they may.
fn is_service(text: &str, plain: bool) -> bool {
    const ENDINGS: [&str; 4] = [".amazonaws.com", ".amazonaws.com.cn", ".amazon.com", ".amazonaws.eu"];
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-._*?".contains(c);
    if !text.chars().all(legal) {
        return false;
    }
    if text.contains('*') {
        return true;
    }
    ENDINGS.iter().any(|ending| {
        text.strip_suffix(ending).is_some_and(|name| {
            !name.is_empty()
                && name.split('.').all(|label| !label.is_empty())
                && !(plain && name.contains('.'))
        })
    })
}

fn is_id(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix)
        .is_some_and(|id| matches!(id.len(), 8 | 17) && id.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// The ARN of a key or its id; what a wildcard leaves open may be right.
fn is_kms_key(text: &str) -> bool {
    if text.contains(['*', '?']) {
        return true;
    }
    let is_id = |id: &str| {
        let id = id.strip_prefix("mrk-").unwrap_or(id);
        id.len() >= 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
    };
    match text.splitn(6, ':').collect::<Vec<_>>().as_slice() {
        ["arn", partition, "kms", region, account, resource] => {
            ![partition, region, account].into_iter().any(|field| field.is_empty())
                && resource.strip_prefix("key/").is_some_and(is_id)
        }
        [id] => is_id(id),
        _ => false,
    }
}
