//! CloudFormation's functions in a policy: what they will give is not known before there is a stack, so a wildcard
//! stands for it.
//!
//! * In a text, `*` stands for `Ref`, `Fn::GetAtt`, `Fn::ImportValue`, pseudo parameters and any other function; of
//!   `Fn::Sub` and `Fn::Join` the text around them is kept.
//! * `Fn::If` in a list, or where a list may stand, gives both branches; elsewhere the first one. `AWS::NoValue` is
//!   left out.

use std::collections::HashMap;

use super::node::{Node, Value};
use super::{Instead, Unresolved};
use crate::policy::Span;

/// The longest text that `Fn::Sub` puts in for a name, and the longest that comes of it: no policy has longer ones, and
/// much can come of little where a name stands often.
const LONGEST_VALUE: usize = 256;
const LONGEST_RESULT: usize = 1 << 18;

/// The elements of a policy in whose place no list may stand.
const SINGLE: [&str; 4] = ["Version", "Id", "Sid", "Effect"];

/// A policy as JSON, where its values come from, and what could not be resolved.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) text: String,
    /// Bytes of the text, ascending, each with the byte of the file that it comes from.
    pub(super) places: Vec<(usize, usize)>,
    pub(super) unresolved: Vec<Unresolved>,
}

/// A piece of a text.
#[derive(Debug, Clone, PartialEq)]
enum Part {
    Literal(String),
    /// A wildcard in the place of a function.
    Wild {
        what: String,
        at: usize,
    },
}

/// A value without functions.
#[derive(Debug)]
struct Settled {
    value: Plain,
    at: usize,
    /// The `Fn::If` of which it is a branch, and where that stands.
    branch: Option<(String, usize, Instead)>,
}

#[derive(Debug)]
enum Plain {
    /// `null`, `true`, a number: as JSON writes it.
    Word(String),
    Text(Vec<Part>),
    List(Vec<Settled>),
    Map(Vec<(String, usize, Settled)>),
}

/// A function with its argument; `what` names it for people.
struct Function<'a> {
    name: &'a str,
    argument: &'a Node,
    at: usize,
}

/// The policy that a node is.
pub(super) fn written(node: &Node) -> Written {
    let mut written = Written::default();
    if let Some(settled) = settle(node, May::BeAList) {
        written.put(&settled);
    }
    written
}

/// The text that a node gives, where it is a text or a function.
pub(super) fn text_of(node: &Node) -> Option<Written> {
    if node.text().is_none() && function(node).is_none() {
        return None;
    }
    let mut written = Written::default();
    written.places.push((0, node.at));
    for part in merged(parts(node)) {
        written.part(&part, str::to_owned);
    }
    Some(written)
}

/// The condition and the two branches of an `Fn::If`.
pub(super) fn branches(node: &Node) -> Option<(&str, &Node, &Node)> {
    let function = function(node).filter(|function| function.name == "Fn::If")?;
    match function.argument.items() {
        [condition, then, otherwise] => Some((condition.text().unwrap_or("a condition"), then, otherwise)),
        _ => None,
    }
}

/// Whether a node stands for nothing.
pub(super) fn is_no_value(node: &Node) -> bool {
    function(node)
        .is_some_and(|function| function.name == "Ref" && function.argument.text() == Some("AWS::NoValue"))
}

/// A function in words: `Ref Bucket`, `Fn::GetAtt Bucket.Arn`, `Fn::If`; none where a node is no function.
pub(super) fn name_of(node: &Node) -> Option<String> {
    function(node).map(|function| function.what())
}

/// The functions of a node, each with all of its arguments: of texts that are put together, those that are in them.
pub(super) fn functions(node: &Node, found: &mut Vec<String>) {
    match function(node) {
        Some(Function { name: "Fn::Sub", argument: Node { value: Value::Text(text), .. }, .. }) => {
            let names = text.split("${").skip(1).filter_map(|behind| Some(behind.split_once('}')?.0));
            found.extend(names.map(|name| format!("${{{name}}}")));
        }
        Some(Function { name: "Fn::Join", argument, .. }) if is_joined(argument) => {
            argument.items().iter().for_each(|item| functions(item, found));
        }
        Some(_) => found.push(node.said()),
        None => {
            node.items().iter().for_each(|item| functions(item, found));
            node.members().iter().for_each(|(_, value)| functions(value, found));
        }
    }
}

/// Whether it is a text and a list: then the items are put together.
fn is_joined(argument: &Node) -> bool {
    matches!(argument.items(), [Node { value: Value::Text(_), .. }, Node { value: Value::List(_), .. }])
}

fn function(node: &Node) -> Option<Function<'_>> {
    match node.members() {
        [(key, argument)] if key.text == "Ref" || key.text.starts_with("Fn::") => {
            Some(Function { name: &key.text, argument, at: node.at })
        }
        _ => None,
    }
}

impl Function<'_> {
    fn what(&self) -> String {
        let words: Option<Vec<&str>> = match &self.argument.value {
            Value::Text(text) => Some(vec![text]),
            Value::List(items) if self.name == "Fn::GetAtt" => items.iter().map(Node::text).collect(),
            _ => None,
        };
        match words {
            Some(words) => format!("{} {}", self.name, words.join(".")),
            None => self.name.to_owned(),
        }
    }

    fn wild(&self) -> Part {
        Part::Wild { what: self.what(), at: self.at }
    }
}

/// Whether a list may stand in a place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum May {
    BeAList,
    BeOne,
}

/// A value without functions; none where it is left out.
fn settle(node: &Node, may: May) -> Option<Settled> {
    if is_no_value(node) {
        return None;
    }
    if branches(node).is_some() {
        return settle_branches(node, may);
    }
    let value = match &node.value {
        _ if function(node).is_some() => Plain::Text(merged(parts(node))),
        Value::Null => Plain::Word("null".to_owned()),
        Value::Bool(value) => Plain::Word(value.to_string()),
        Value::Number(lexeme) => Plain::Word(lexeme.clone()),
        Value::Text(text) => Plain::Text(vec![Part::Literal(text.clone())]),
        Value::List(items) => Plain::List(items.iter().flat_map(settle_item).collect()),
        Value::Map(members) => {
            let settled = members.iter().filter_map(|(key, node)| {
                let may = if SINGLE.contains(&key.text.as_str()) { May::BeOne } else { May::BeAList };
                Some((key.text.clone(), key.at, settle(node, may)?))
            });
            Plain::Map(settled.collect())
        }
    };
    Some(Settled { value, at: node.at, branch: None })
}

/// The items that an item of a list gives.
fn settle_item(node: &Node) -> Vec<Settled> {
    let Some((condition, then, otherwise)) = branches(node) else {
        return settle(node, May::BeOne).into_iter().collect();
    };
    let mut both = settle_item(then);
    both.extend(settle_item(otherwise));
    for item in &mut both {
        item.branch.get_or_insert((condition.to_owned(), node.at, Instead::BothBranches));
    }
    both
}

/// What an `Fn::If` gives that is no item of a list.
fn settle_branches(node: &Node, may: May) -> Option<Settled> {
    let (condition, then, otherwise) = branches(node)?;
    let (then, otherwise) = (settle(then, may), settle(otherwise, may));
    let is_map = |settled: &Settled| matches!(settled.value, Plain::Map(_));
    let branch = |instead| Some((condition.to_owned(), node.at, instead));
    match (then, otherwise) {
        (Some(then), Some(otherwise)) if may == May::BeAList && !is_map(&then) && !is_map(&otherwise) => {
            let items = [then, otherwise].into_iter().flat_map(|settled| match settled.value {
                Plain::List(items) => items,
                value => vec![Settled { value, ..settled }],
            });
            let value = Plain::List(items.collect());
            Some(Settled { value, at: node.at, branch: branch(Instead::BothBranches) })
        }
        (Some(one), _) | (None, Some(one)) => Some(Settled { branch: branch(Instead::FirstBranch), ..one }),
        (None, None) => None,
    }
}

/// The pieces of what a node gives as a text.
fn parts(node: &Node) -> Vec<Part> {
    let literal = |text: &str| vec![Part::Literal(text.to_owned())];
    let Some(function) = function(node) else {
        return match &node.value {
            Value::Text(text) | Value::Number(text) => literal(text),
            Value::Bool(value) => literal(&value.to_string()),
            Value::Null | Value::List(_) | Value::Map(_) => {
                vec![Part::Wild { what: "a value that is no text".to_owned(), at: node.at }]
            }
        };
    };
    match (function.name, &function.argument.value) {
        ("Ref", _) if is_no_value(node) => Vec::new(),
        ("Fn::Sub", Value::Text(template)) => substituted(template, &HashMap::new(), &function),
        ("Fn::Sub", Value::List(items)) => match items.as_slice() {
            [template, values] => match template.text() {
                Some(text) => {
                    let values = values.members().iter();
                    substituted(
                        text,
                        &values.map(|(key, node)| (key.text.as_str(), node)).collect(),
                        &function,
                    )
                }
                None => vec![function.wild()],
            },
            _ => vec![function.wild()],
        },
        ("Fn::Join", Value::List(items)) => match items.as_slice() {
            [Node { value: Value::Text(between), .. }, Node { value: Value::List(items), .. }] => {
                let mut joined = Vec::new();
                for item in items.iter().filter(|item| !is_no_value(item)) {
                    if !joined.is_empty() {
                        joined.push(Part::Literal(between.clone()));
                    }
                    joined.extend(parts(item));
                }
                joined
            }
            _ => vec![function.wild()],
        },
        _ => vec![function.wild()],
    }
}

/// The pieces of `Fn::Sub`: `${Name}` is what the map beside it says, or unknown; `${!Name}` is the text `${Name}`.
fn substituted(template: &str, values: &HashMap<&str, &Node>, function: &Function<'_>) -> Vec<Part> {
    let mut found = Vec::new();
    let mut length = template.len();
    let mut rest = template;
    while let Some((before, behind)) = rest.split_once("${") {
        found.push(Part::Literal(before.to_owned()));
        let Some((name, behind)) = behind.split_once('}') else {
            found.push(Part::Literal(format!("${{{behind}")));
            return found;
        };
        let value = values.get(name.trim());
        let literal = value.and_then(|value| value.text()).filter(|text| text.len() <= LONGEST_VALUE);
        let wild = |what: String| Part::Wild { what, at: function.at };
        found.push(match (name.strip_prefix('!'), literal, value.and_then(|value| name_of(value))) {
            (Some(name), ..) => Part::Literal(format!("${{{name}}}")),
            (None, Some(literal), _) => Part::Literal(literal.to_owned()),
            (None, None, Some(what)) => wild(what),
            (None, None, None) => wild(format!("${{{}}}", name.trim())),
        });
        length += literal.map_or(0, str::len);
        if length > LONGEST_RESULT {
            return vec![function.wild()];
        }
        rest = behind;
    }
    found.push(Part::Literal(rest.to_owned()));
    found
}

/// Without empty pieces, and with no two texts in a row.
fn merged(parts: Vec<Part>) -> Vec<Part> {
    let mut merged: Vec<Part> = Vec::new();
    for part in parts {
        match (merged.last_mut(), part) {
            (_, Part::Literal(text)) if text.is_empty() => {}
            (Some(Part::Literal(last)), Part::Literal(text)) => last.push_str(&text),
            (_, part) => merged.push(part),
        }
    }
    merged
}

impl Written {
    fn put(&mut self, settled: &Settled) {
        let start = self.text.len();
        self.places.push((start, settled.at));
        match &settled.value {
            Plain::Word(word) => self.text.push_str(word),
            Plain::Text(parts) => {
                self.text.push('"');
                for part in parts {
                    self.part(part, escaped);
                }
                self.text.push('"');
            }
            Plain::List(items) => {
                self.text.push('[');
                for (nth, item) in items.iter().enumerate() {
                    self.comma(nth);
                    self.put(item);
                }
                self.text.push(']');
            }
            Plain::Map(members) => {
                self.text.push('{');
                for (nth, (key, at, value)) in members.iter().enumerate() {
                    self.comma(nth);
                    self.places.push((self.text.len(), *at));
                    self.text.push_str(&format!("\"{}\":", escaped(key)));
                    self.put(value);
                }
                self.text.push('}');
            }
        }
        if let Some((condition, at, instead)) = &settled.branch {
            let span = Span { start, end: self.text.len() };
            let what = format!("Fn::If {condition}");
            self.unresolved.push(Unresolved { what, offset: *at, span, instead: *instead });
        }
    }

    fn comma(&mut self, nth: usize) {
        if nth > 0 {
            self.text.push(',');
        }
    }

    /// A piece of a text. Two wildcards in a row are one.
    fn part(&mut self, part: &Part, written: impl Fn(&str) -> String) {
        match part {
            Part::Literal(text) => self.text.push_str(&written(text)),
            Part::Wild { what, at } => {
                let end = self.text.len();
                let follows_one = self.unresolved.last().is_some_and(|last| last.span.end == end)
                    && self.text.ends_with('*');
                let start = if follows_one { end - 1 } else { end };
                if !follows_one {
                    self.text.push('*');
                }
                let span = Span { start, end: self.text.len() };
                let instead = Instead::Wildcard;
                self.unresolved.push(Unresolved { what: what.clone(), offset: *at, span, instead });
            }
        }
    }
}

/// A text as it stands between the quotes of JSON.
fn escaped(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_default().to_owned()
}
