//! Where a finding is: the elements of AWS's paths (R-FMT-45), found from the place in the text.

use crate::policy::{Node, Span, Value};

/// Where something stands in a document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// The bytes of the text.
    pub span: Span,
    /// The way to it; empty for the whole document.
    pub path: Vec<PathElement>,
}

/// One step of the way (R-FMT-45).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PathElement {
    /// Into an array, from zero.
    Index(usize),
    /// The name of a member itself; always last.
    Key(String),
    /// Into the value of a member.
    Value(String),
    /// A part of a text, in characters; always last.
    Substring {
        /// The first character.
        start: usize,
        /// How many.
        length: usize,
    },
}

/// What is meant by a place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The value or the name that begins there.
    At(usize),
    /// Some characters of the text value that begins there.
    Part {
        /// The byte where the text value begins.
        at: usize,
        /// The first character.
        start: usize,
        /// How many.
        length: usize,
    },
    /// The whole document.
    Document,
    /// Some bytes where no value and no name begins.
    Bytes(Span),
}

impl From<Span> for Place {
    fn from(span: Span) -> Place {
        Place::At(span.start)
    }
}

impl Place {
    /// The location of a place in a document of some length.
    pub(super) fn locate(self, root: Option<&Node<'_>>, text: &str) -> Location {
        let whole = Location { span: Span { start: 0, end: text.len() }, path: Vec::new() };
        let found = |at| root.and_then(|root| find(root, at));
        match self {
            Place::Document => whole,
            Place::Bytes(span) => Location { span, path: Vec::new() },
            Place::At(at) => found(at).unwrap_or(whole),
            Place::Part { at, start, length } => {
                let Some(mut location) = found(at) else { return whole };
                let raw = text.get(location.span.start..location.span.end).unwrap_or_default();
                // Where something is escaped, characters of the value are not those of the text.
                if !raw.contains('\\') {
                    let byte = |nth: usize| raw.char_indices().nth(nth + 1).map_or(raw.len(), |(at, _)| at);
                    let from = location.span.start;
                    location.span = Span { start: from + byte(start), end: from + byte(start + length) };
                }
                location.path.push(PathElement::Substring { start, length });
                location
            }
        }
    }
}

/// The value or name that begins at a byte, and the way to it.
fn find(root: &Node<'_>, at: usize) -> Option<Location> {
    let mut path = Vec::new();
    let mut node = root;
    loop {
        if node.span.start == at {
            return Some(Location { span: node.span, path });
        }
        let within = |span: Span| span.start <= at && at < span.end;
        match &node.value {
            Value::Array(items) => {
                let nth = items.partition_point(|item| item.span.end <= at);
                node = items.get(nth).filter(|item| within(item.span))?;
                path.push(PathElement::Index(nth));
            }
            Value::Object(members) => {
                let member = members
                    .iter()
                    .find(|member| member.key_span.start <= at && at < member.value.span.end)?;
                if within(member.key_span) {
                    path.push(PathElement::Key(member.key.clone().into_owned()));
                    return Some(Location { span: member.key_span, path });
                }
                path.push(PathElement::Value(member.key.clone().into_owned()));
                node = &member.value;
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return None,
        }
    }
}
