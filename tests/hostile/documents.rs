//! Policies that were made to be hard.

use serde_json::{Value as Json, json};

/// How many statements one document may have here, for documents have a longest length.
const MOST_STATEMENTS: usize = 2_500;

/// A policy of statements, in as many documents as it takes.
fn policy(statements: Vec<Json>) -> Vec<String> {
    let document = |part: &[Json]| json!({"Version": "2012-10-17", "Statement": part}).to_string();
    statements.chunks(MOST_STATEMENTS).map(document).collect()
}

fn on(resource: String) -> Json {
    json!({"Effect": "Allow", "Action": "*", "Resource": resource})
}

fn when(nth: usize, condition: Json) -> Json {
    let effect = if nth % 3 == 2 { "Deny" } else { "Allow" };
    json!({"Effect": effect, "Action": "*", "Resource": "*", "Condition": condition})
}

/// Every hard policy with a name, each as the documents of which it consists.
pub(crate) fn all() -> Vec<(&'static str, Vec<String>)> {
    let each = |count: usize, statement: &dyn Fn(usize) -> Json| policy((0..count).map(statement).collect());
    let letters =
        |nth: usize| ["a", "b", "c", "d", "e"].map(|letter| format!("{letter}{}", nth % 7)).join("*");
    let variables: String = (0..40).map(|nth| format!("${{aws:PrincipalTag/k{nth}, 'd{nth}'}}")).collect();
    let foreign: String = ('\u{c0}'..'\u{250}').chain('\u{391}'..'\u{3c9}').cycle().take(20_000).collect();
    vec![
        (
            "fifty resources of six inner stars",
            each(50, &|nth| on(format!("arn:aws:s3:::*{nth}*{}*", letters(nth)))),
        ),
        (
            "one resource of two hundred inner stars",
            policy(vec![on(format!("arn:aws:s3:::{}", "*a*b".repeat(100)))]),
        ),
        (
            "three thousand texts of one key",
            each(3_000, &|nth| when(nth, json!({"StringLike": {"aws:UserAgent": format!("agent-{nth}-*")}}))),
        ),
        (
            "a thousand inner stars of one key",
            each(1_000, &|nth| {
                when(nth, json!({"StringLike": {"aws:UserAgent": format!("*a{nth}*b{}*", nth % 10)}}))
            }),
        ),
        (
            "three thousand keys",
            each(3_000, &|nth| when(nth, json!({"StringEquals": {format!("aws:RequestTag/k{nth}"): "v"}}))),
        ),
        (
            "a hundred partitions of value sets",
            each(100, &|nth| {
                let quantifier = if nth % 2 == 0 { "ForAllValues" } else { "ForAnyValue" };
                when(
                    nth,
                    json!({format!("{quantifier}:StringEquals"): {"aws:TagKeys": [format!("v{nth}"), "w"]}}),
                )
            }),
        ),
        ("forty variables with defaults", policy(vec![on(format!("arn:aws:s3:::b/{variables}"))])),
        (
            "numbers of great exponents",
            each(200, &|nth| {
                when(
                    nth,
                    json!({"NumericLessThan": {"s3:max-keys": [format!("{nth}e9999"), format!("{nth}e-9999")]}}),
                )
            }),
        ),
        (
            "times of great exponents",
            each(200, &|nth| when(nth, json!({"DateLessThan": {"aws:CurrentTime": format!("{nth}e9999")}}))),
        ),
        (
            "long texts of any case",
            each(5, &|nth| {
                let text = format!("{nth}{foreign}");
                when(nth, json!({"StringEqualsIgnoreCase": {"aws:UserAgent": text}}))
            }),
        ),
        (
            "ten thousand statements",
            each(10_000, &|nth| {
                json!({"Effect": "Allow", "Action": [format!("s3:Get{}*", nth % 50), "s3:List*"],
                "Resource": [format!("arn:aws:s3:::bucket-{nth}"), format!("arn:aws:s3:::bucket-{nth}/*")]})
            }),
        ),
        (
            "a value of a megabyte",
            policy(vec![when(0, json!({"StringEquals": {"aws:UserAgent": "x".repeat(1 << 20)}}))]),
        ),
    ]
}
