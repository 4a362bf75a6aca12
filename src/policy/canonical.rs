//! The canonical form of a document: one text for all the ways of writing the same thing down.
//!
//! Formatting, key order, scalar against one-element list, list order, duplicates, numbers and booleans
//! against their text: none of them changes what a policy says, so none of them is left. Everything else is
//! kept, also what is malformed, so documents of different meaning never share a canonical form. The order
//! of statements and their Sids are kept: they name statements in every report.
//!
//! It works on the JSON, not on the policy: it is the same for every policy type, and total.

use serde_json::json;

use super::json::{Member, Node, Value};

/// The canonical form; of a text that is no JSON, the text itself.
pub(super) fn canonical(text: &str) -> String {
    match Node::read(text.strip_prefix('\u{feff}').unwrap_or(text)) {
        Ok(Node { value: Value::Object(members), .. }) => object(&members, |key, value| match key {
            "Statement" => list(value, false, statement),
            _ => plain(value),
        }),
        Ok(other) => plain(&other),
        Err(_) => text.to_owned(),
    }
}

fn statement(node: &Node<'_>) -> String {
    let Value::Object(members) = &node.value else { return plain(node) };
    object(members, |key, value| match key {
        "Action" | "NotAction" | "Resource" | "NotResource" => list(value, true, plain),
        "Principal" | "NotPrincipal" => principal(value),
        "Condition" => condition(value),
        _ => plain(value),
    })
}

/// `{"AWS": "*"}` is `"*"` (R-GRM-27).
fn principal(node: &Node<'_>) -> String {
    let Value::Object(members) = &node.value else { return plain(node) };
    let printed = object(members, |_, value| list(value, true, plain));
    if printed == r#"{"AWS":["*"]}"# { quoted("*") } else { printed }
}

fn condition(node: &Node<'_>) -> String {
    let Value::Object(blocks) = &node.value else { return plain(node) };
    object(blocks, |_, block| match &block.value {
        Value::Object(tests) => object(tests, |_, values| list(values, true, lexeme)),
        _ => plain(block),
    })
}

/// Numbers and booleans in conditions are their text (R-GRM-15).
fn lexeme(node: &Node<'_>) -> String {
    match &node.value {
        Value::Bool(value) => quoted(&value.to_string()),
        Value::Number(text) => quoted(text),
        _ => plain(node),
    }
}

/// A scalar is a list of one. A `set` has neither order nor duplicates.
fn list(node: &Node<'_>, set: bool, print: impl Fn(&Node<'_>) -> String) -> String {
    let mut items: Vec<String> = match &node.value {
        Value::Array(items) => items.iter().map(print).collect(),
        _ => vec![print(node)],
    };
    if set {
        items.sort();
        items.dedup();
    }
    format!("[{}]", items.join(","))
}

/// Members sorted by key; those of one key stay in their order, which decides what is kept (R-GRM-3).
fn object(members: &[Member<'_>], print: impl Fn(&str, &Node<'_>) -> String) -> String {
    let mut sorted: Vec<&Member<'_>> = members.iter().collect();
    sorted.sort_by(|a, b| a.key.cmp(&b.key));
    let print =
        |member: &&Member<'_>| format!("{}:{}", quoted(&member.key), print(&member.key, &member.value));
    format!("{{{}}}", sorted.iter().map(print).collect::<Vec<_>>().join(","))
}

fn plain(node: &Node<'_>) -> String {
    match &node.value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(text) => (*text).to_owned(),
        Value::String(text) => quoted(text),
        Value::Array(items) => format!("[{}]", items.iter().map(plain).collect::<Vec<_>>().join(",")),
        Value::Object(members) => object(members, |_, value| plain(value)),
    }
}

fn quoted(text: &str) -> String {
    json!(text).to_string()
}
