//! A condition on one key: a line with the operator, lines with the policy's values, an empty line, and lines with the
//! values of the request. The evaluator and the algebra agree about them, whatever they are.

use iamdb::eval::{Decision, authorize};
use iamdb::request::{Context, Value};
use serde_json::json;

use super::{BUDGET, head, lossy};
use crate::agree::is_in_set;
use crate::asking::{layers, request};

/// What a request has beside the key, for variables.
const OTHERS: [(&str, &str); 2] = [("aws:username", "b*b"), ("aws:PrincipalTag/team", "10")];

pub(super) fn run(input: &[u8]) {
    let input = lossy(input);
    let (operator, values) = head(&input);
    let (policy, asked) = values.split_once("\n\n").unwrap_or((values, ""));
    let values: Vec<&str> = policy.lines().collect();
    let statement =
        json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {operator: {"t:k": values}}});
    let layers = layers(&[json!({"Version": "2012-10-17", "Statement": statement})], &[]);
    let mut context = Context::default();
    for (key, value) in OTHERS {
        context.set(key, Value::Single(value.to_owned()));
    }
    let asked: Vec<String> = asked.lines().map(str::to_owned).collect();
    match asked.as_slice() {
        [] => {}
        [only] => context.set("t:k", Value::Single(only.clone())),
        _ => context.set("t:k", Value::Multi(asked)),
    }
    let request = request("s3:GetObject", "*", context);
    let is_allowed = authorize(&layers, &request).decision == Decision::Allowed;
    if let Ok(Some(is_in)) = is_in_set(&layers, &request, BUDGET) {
        assert_eq!(is_in, is_allowed);
    }
}
