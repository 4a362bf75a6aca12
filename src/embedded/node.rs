//! What stands in a template, read from JSON or YAML alike, with the places of all values.

use itertools::Itertools;

use crate::policy::json;

/// A value, and the byte of the file at which it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) at: usize,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    /// As JSON writes it.
    Number(String),
    Text(String),
    List(Vec<Node>),
    /// Members in the order of the text, repeated keys among them.
    Map(Vec<(Key, Node)>),
}

/// The name of a member, and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Key {
    pub(super) text: String,
    pub(super) at: usize,
}

impl Node {
    /// The value of a key; of a repeated one the last.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        let members = self.members().iter().rev();
        members.into_iter().find(|(known, _)| known.text == key).map(|(_, node)| node)
    }

    /// The members of a map; of anything else there are none.
    pub(super) fn members(&self) -> &[(Key, Node)] {
        if let Value::Map(members) = &self.value { members } else { &[] }
    }

    /// The items of a list; of anything else there are none.
    pub(super) fn items(&self) -> &[Node] {
        if let Value::List(items) = &self.value { items } else { &[] }
    }

    /// What it is, wherever it stands: equal for equal values.
    pub(super) fn said(&self) -> String {
        match &self.value {
            Value::Null => "null".to_owned(),
            Value::Bool(value) => value.to_string(),
            Value::Number(number) => number.clone(),
            Value::Text(text) => format!("{text:?}"),
            Value::List(items) => format!("[{}]", items.iter().map(Node::said).join(",")),
            Value::Map(members) => {
                let mut members = members.iter().map(|(key, node)| format!("{:?}:{}", key.text, node.said()));
                format!("{{{}}}", members.join(","))
            }
        }
    }

    /// The text of a text.
    pub(super) fn text(&self) -> Option<&str> {
        if let Value::Text(text) = &self.value { Some(text) } else { None }
    }
}

impl From<json::Node<'_>> for Node {
    fn from(node: json::Node<'_>) -> Node {
        let value = match node.value {
            json::Value::Null => Value::Null,
            json::Value::Bool(value) => Value::Bool(value),
            json::Value::Number(lexeme) => Value::Number(lexeme.to_owned()),
            json::Value::String(text) => Value::Text(text.into_owned()),
            json::Value::Array(items) => Value::List(items.into_iter().map(Node::from).collect()),
            json::Value::Object(members) => Value::Map(members.into_iter().map(member).collect()),
        };
        Node { value, at: node.span.start }
    }
}

fn member(member: json::Member<'_>) -> (Key, Node) {
    let key = Key { text: member.key.into_owned(), at: member.key_span.start };
    (key, Node::from(member.value))
}
