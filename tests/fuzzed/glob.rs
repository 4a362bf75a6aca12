//! A line with a pattern, and a text: conditions, resources, actions, ARNs and the algebra match as the definition says.

use iamdb::algebra::{Glob, Language, Meter, SetAlgebra};
use iamdb::arn::Arn;
use iamdb::eval::{Decision, authorize, condition_holds};
use iamdb::policy::{PolicyType, parse};
use iamdb::request::{Action, Context, Resource, Value};
use serde_json::{Value as Json, json};

use super::{BUDGET, head, lossy};
use crate::asking::{layers, request};

/// R-PAT-1 and R-PAT-2: which beginnings of the text what was read of the pattern matches.
fn matches(pattern: &str, text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    for piece in pattern.chars() {
        if piece == '*' {
            let first = reached.iter().position(|is| *is).unwrap_or(reached.len());
            (first..reached.len()).for_each(|at| reached[at] = true);
        } else {
            for at in (0..text.len()).rev() {
                reached[at + 1] = reached[at] && (piece == '?' || piece == text[at]);
            }
            reached[0] = false;
        }
    }
    reached[text.len()]
}

/// R-CND-29: segment by segment; a lone `*` is any ARN.
fn matches_arn(pattern: &str, text: &str) -> bool {
    let (patterns, fields): (Vec<_>, Vec<_>) =
        (pattern.splitn(6, ':').collect(), text.splitn(6, ':').collect());
    pattern == "*"
        || patterns.len() == 6 && patterns.iter().zip(fields).all(|(pattern, field)| matches(pattern, field))
}

fn holds(operator: &str, pattern: &str, text: &str) -> bool {
    let policy = allowing("*", "*", json!({operator: {"t:k": pattern}}));
    let parsed = parse(&policy.to_string(), PolicyType::Identity);
    let mut context = Context::default();
    context.set("t:k", Value::Single(text.to_owned()));
    condition_holds(&parsed.policy.statements[0].conditions[0], &context)
}

fn allowing(action: &str, resource: &str, condition: Json) -> Json {
    let statement =
        json!({"Effect": "Allow", "Action": action, "Resource": resource, "Condition": condition});
    json!({"Version": "2012-10-17", "Statement": statement})
}

fn is_allowed(policy: &Json, action: &str, resource: &str) -> bool {
    let request = request(action, resource, Context::default());
    authorize(&layers(std::slice::from_ref(policy), &[]), &request).decision == Decision::Allowed
}

fn is_clean(policy: &Json) -> bool {
    parse(&policy.to_string(), PolicyType::Identity).errors().next().is_none()
}

pub(super) fn run(input: &[u8]) {
    let input = lossy(input);
    let (pattern, text) = head(&input);
    // A variable is no glob.
    if pattern.contains("${") {
        return;
    }
    let expected = matches(pattern, text);
    assert_eq!(holds("StringLike", pattern, text), expected, "as a condition");
    if Arn::parse(text).is_some() {
        assert_eq!(holds("ArnLike", pattern, text), matches_arn(pattern, text), "as an ARN");
    }
    let (policy, resource) =
        (allowing("*", &format!("arn:aws:s3:::{pattern}"), json!({})), format!("arn:aws:s3:::{text}"));
    if is_clean(&policy) && Resource::parse(&resource).is_some() {
        assert_eq!(is_allowed(&policy, "s3:GetObject", &resource), expected, "as a resource");
    }
    let (policy, action) = (allowing(&format!("s3:{pattern}"), "*", json!({})), format!("s3:{text}"));
    if is_clean(&policy) && Action::parse(&action).is_some() {
        let expected = matches(&pattern.to_ascii_lowercase(), &text.to_ascii_lowercase());
        assert_eq!(is_allowed(&policy, &action, "*"), expected, "as an action");
    }
    let mut meter = Meter::new(BUDGET);
    let Ok(set) = Language::of(&Glob::parse(pattern), &mut meter) else { return };
    assert_eq!(set.accepts(text), expected, "as a set");
    let witness = set.witness().unwrap();
    assert!(matches(pattern, &witness), "{witness:?} as a witness");
    if let Ok(other) = Language::of(&Glob::parse(text), &mut meter) {
        let (Ok(without), Ok(both)) =
            (set.difference(&other, &mut meter), set.intersection(&other, &mut meter))
        else {
            return;
        };
        let is_within = |text: &String, within: &str| matches(within, text);
        assert!(without.witness().is_none_or(|found| is_within(&found, pattern) && !is_within(&found, text)));
        assert!(both.witness().is_none_or(|found| is_within(&found, pattern) && is_within(&found, text)));
    }
}
