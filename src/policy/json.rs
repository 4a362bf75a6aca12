//! JSON with positions: every key and value knows where it stands, duplicate keys are kept, numbers keep
//! their lexeme.

use std::borrow::Cow;

use jsonc_parser::ast;
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use super::Span;

/// Sixteen times what any AWS service stores. A longer text is not read at all: the tree of a document made of
/// punctuation takes a hundred times its length.
const LONGEST: usize = 1 << 21;

/// A JSON value and where it stands.
#[derive(Debug)]
pub(crate) struct Node<'a> {
    pub(crate) value: Value<'a>,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) enum Value<'a> {
    Null,
    Bool(bool),
    Number(&'a str),
    String(Cow<'a, str>),
    Array(Vec<Node<'a>>),
    Object(Vec<Member<'a>>),
}

#[derive(Debug)]
pub(crate) struct Member<'a> {
    pub(crate) key: Cow<'a, str>,
    pub(crate) key_span: Span,
    pub(crate) value: Node<'a>,
}

/// Why a text cannot be read, and at which byte.
#[derive(Debug)]
pub(crate) struct SyntaxError {
    pub(crate) message: String,
    pub(crate) offset: usize,
}

impl Value<'_> {
    /// What it is, in JSON's words.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
        }
    }
}

impl<'a> Node<'a> {
    /// Reads exactly one JSON value. `serde_json` decides what is JSON; it skips values without recursion and so
    /// without a limit of depth. The second reader adds the positions, refuses lone surrogates and what nests
    /// deeper than 512 arrays, objects and members together.
    pub(crate) fn read(text: &'a str) -> Result<Node<'a>, SyntaxError> {
        if text.len() > LONGEST {
            let message =
                format!("the document has {} bytes, and no policy has more than {LONGEST}", text.len());
            return Err(SyntaxError { message, offset: 0 });
        }
        serde_json::from_str::<serde::de::IgnoredAny>(text).map_err(|error| SyntaxError {
            offset: offset_of(text, error.line(), error.column()),
            message: format!("not JSON: {}", without_place(&error.to_string())),
        })?;
        let options = ParseOptions {
            allow_comments: false,
            allow_loose_object_property_names: false,
            allow_trailing_commas: false,
            allow_missing_commas: false,
            allow_single_quoted_strings: false,
            allow_hexadecimal_numbers: false,
            allow_unary_plus_numbers: false,
            allow_bare_decimal_point_numbers: false,
            allow_non_finite_numbers: false,
            allow_extended_string_escapes: false,
        };
        let parsed =
            parse_to_ast(text, &CollectOptions::default(), &options).map_err(|error| SyntaxError {
                offset: error.range().start,
                message: format!("not JSON: {}", error.kind().to_string().to_lowercase()),
            })?;
        let value = parsed
            .value
            .ok_or(SyntaxError { message: "not JSON: the document is empty".to_owned(), offset: 0 })?;
        Ok(Node::from(value))
    }

    /// The value of a key, if it is there once.
    pub(crate) fn member(&self, key: &str) -> Option<&Node<'a>> {
        let Value::Object(members) = &self.value else { return None };
        let mut found = members.iter().filter(|member| member.key == key);
        found.next().filter(|_| found.next().is_none()).map(|member| &member.value)
    }

    /// The items of an array; of anything else that itself.
    pub(crate) fn items(&self) -> &[Node<'a>] {
        if let Value::Array(items) = &self.value { items } else { std::slice::from_ref(self) }
    }

    /// The text of a string.
    pub(crate) fn text(&self) -> Option<&str> {
        if let Value::String(text) = &self.value { Some(text) } else { None }
    }
}

impl<'a> From<ast::Value<'a>> for Node<'a> {
    fn from(value: ast::Value<'a>) -> Self {
        let range = value.range();
        let value = match value {
            ast::Value::NullKeyword(_) => Value::Null,
            ast::Value::BooleanLit(lit) => Value::Bool(lit.value),
            ast::Value::NumberLit(lit) => Value::Number(lit.value),
            ast::Value::StringLit(lit) => Value::String(lit.value),
            ast::Value::Array(array) => Value::Array(array.elements.into_iter().map(Node::from).collect()),
            ast::Value::Object(object) => Value::Object(object.properties.into_iter().map(member).collect()),
        };
        Node { value, span: Span { start: range.start, end: range.end } }
    }
}

fn member(property: ast::ObjectProp<'_>) -> Member<'_> {
    let range = property.name.range();
    let key = match property.name {
        ast::ObjectPropName::String(lit) => lit.value,
        ast::ObjectPropName::Word(lit) => Cow::Borrowed(lit.value),
    };
    Member { key, key_span: Span { start: range.start, end: range.end }, value: Node::from(property.value) }
}

/// `serde_json` counts lines from one and columns in bytes, one past what it has read.
fn offset_of(text: &str, line: usize, column: usize) -> usize {
    let line_start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let mut offset = (line_start + column.saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

fn without_place(message: &str) -> String {
    message.split_once(" at line ").map_or(message, |(what, _)| what).to_owned()
}
