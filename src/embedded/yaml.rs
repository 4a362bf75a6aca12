//! YAML templates. The short forms of CloudFormation's functions are written out: `!Sub x` is `{"Fn::Sub": "x"}`.
//!
//! An alias stands for a copy of its anchor, and copies of copies grow without end; so there is a budget of values, and
//! one of depth.

use std::collections::HashMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Tag};

use super::Unreadable;
use super::node::{Key, Node, Value};

/// The longest template that is read; CloudFormation takes one MiB.
const LONGEST: usize = 1 << 21;
/// The most that a template may cost, copies counted each time: one for each value, and one for each piece of its text.
const MOST_COST: usize = 400_000;
/// How many bytes of text cost as much as a value.
const PIECE: usize = 64;
/// How deep values may nest.
const DEEPEST: usize = 128;

/// Reads the first document of a text.
pub(super) fn read(text: &str) -> Result<Node, Unreadable> {
    if text.len() > LONGEST {
        let message = format!("the file has {} bytes, and no template has more than {LONGEST}", text.len());
        return Err(Unreadable { message, offset: 0 });
    }
    let (bom, body) = match text.strip_prefix('\u{feff}') {
        Some(body) => ('\u{feff}'.len_utf8(), body),
        None => (0, text),
    };
    let places =
        Places { bom, starts: body.char_indices().map(|(start, _)| start).collect(), end: text.len() };
    let mut builder = Builder { places, open: Vec::new(), anchors: HashMap::new(), cost: 0 };
    for event in Parser::new_from_str(body) {
        let (event, span) = event.map_err(|error| Unreadable {
            message: format!("not YAML: {}", error.info()),
            offset: builder.places.of(*error.marker()),
        })?;
        let at = builder.places.of(span.start);
        if let Some(whole) = builder.take(event, at)? {
            return Ok(whole);
        }
    }
    Err(Unreadable { message: "not YAML: the document is empty".to_owned(), offset: 0 })
}

/// From characters, which the parser counts, to bytes.
struct Places {
    bom: usize,
    starts: Vec<usize>,
    end: usize,
}

impl Places {
    fn of(&self, marker: Marker) -> usize {
        self.starts.get(marker.index()).map_or(self.end, |start| start + self.bom)
    }
}

/// A value with what it costs to copy.
#[derive(Clone)]
struct Built {
    node: Node,
    cost: usize,
    depth: usize,
}

/// A list or map whose end has not come.
struct Open {
    at: usize,
    anchor: usize,
    tag: Option<String>,
    is_map: bool,
    /// The key that waits for its value.
    key: Option<Key>,
    items: Vec<Node>,
    members: Vec<(Key, Node)>,
    cost: usize,
    depth: usize,
}

struct Builder {
    places: Places,
    open: Vec<Open>,
    anchors: HashMap<usize, Built>,
    cost: usize,
}

impl Builder {
    /// Takes an event in; gives the document when it is whole.
    fn take(&mut self, event: Event<'_>, at: usize) -> Result<Option<Node>, Unreadable> {
        match event {
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(None),
            Event::Alias(anchor) => {
                let Some(copy) = self.anchors.get(&anchor).cloned() else {
                    let message = "not YAML: an alias within what it stands for".to_owned();
                    return Err(Unreadable { message, offset: at });
                };
                self.put(copy, at)
            }
            Event::Scalar(text, style, anchor, tag) => {
                let (tag, length) = (tag.as_deref(), text.len());
                let is_text = style != ScalarStyle::Plain || tag.is_some();
                let value = if is_text { Value::Text(text.into_owned()) } else { plain(&text) };
                let built = Built { node: Node { value, at }, cost: 1 + length / PIECE, depth: 0 };
                self.close(built, anchor, tag.and_then(function), at)
            }
            Event::SequenceStart(anchor, tag) => self.begin(at, anchor, tag.as_deref(), false),
            Event::MappingStart(anchor, tag) => self.begin(at, anchor, tag.as_deref(), true),
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(open) = self.open.pop() else { return Ok(None) };
                let value = if open.is_map { Value::Map(open.members) } else { Value::List(open.items) };
                let node = Node { value, at: open.at };
                let built = Built { node, cost: open.cost + 1, depth: open.depth + 1 };
                self.close(built, open.anchor, open.tag, open.at)
            }
        }
    }

    fn begin(
        &mut self,
        at: usize,
        anchor: usize,
        tag: Option<&Tag>,
        is_map: bool,
    ) -> Result<Option<Node>, Unreadable> {
        if self.open.len() >= DEEPEST {
            return Err(too_deep(at));
        }
        self.open.push(Open {
            at,
            anchor,
            tag: tag.and_then(function),
            is_map,
            key: None,
            items: Vec::new(),
            members: Vec::new(),
            cost: 0,
            depth: 0,
        });
        Ok(None)
    }

    /// A value is whole: the function of its tag is put around it, and its anchor remembers it.
    fn close(
        &mut self,
        mut built: Built,
        anchor: usize,
        function: Option<String>,
        at: usize,
    ) -> Result<Option<Node>, Unreadable> {
        if let Some(text) = function {
            let value = Value::Map(vec![(Key { text, at }, built.node)]);
            built = Built { node: Node { value, at }, cost: built.cost + 1, depth: built.depth + 1 };
        }
        if anchor != 0 {
            self.anchors.insert(anchor, built.clone());
        }
        self.put(built, at)
    }

    /// Puts a value into the list or map that is open.
    fn put(&mut self, built: Built, at: usize) -> Result<Option<Node>, Unreadable> {
        self.cost += built.cost;
        if self.cost > MOST_COST {
            let message = format!("the template has more than {MOST_COST} values, copies by aliases counted");
            return Err(Unreadable { message, offset: at });
        }
        if self.open.len() + built.depth > DEEPEST {
            return Err(too_deep(at));
        }
        let Some(open) = self.open.last_mut() else { return Ok(Some(built.node)) };
        open.cost += built.cost;
        open.depth = open.depth.max(built.depth);
        match (open.is_map, open.key.take()) {
            (false, _) => open.items.push(built.node),
            (true, Some(key)) => open.members.push((key, built.node)),
            (true, None) => open.key = Some(key(built.node, at)?),
        }
        Ok(None)
    }
}

fn too_deep(at: usize) -> Unreadable {
    Unreadable { message: format!("the template nests deeper than {DEEPEST} levels"), offset: at }
}

/// A key is a text, or is read as one: `404:`.
fn key(node: Node, at: usize) -> Result<Key, Unreadable> {
    let text = match node.value {
        Value::Text(text) | Value::Number(text) => text,
        Value::Bool(value) => value.to_string(),
        Value::Null => {
            let message =
                "a key that is YAML's null and no text: for the operator write `\"Null\":`, with quotes";
            return Err(Unreadable { message: message.to_owned(), offset: at });
        }
        Value::List(_) | Value::Map(_) => {
            return Err(Unreadable { message: "a key that is no text".to_owned(), offset: at });
        }
    };
    Ok(Key { text, at })
}

/// What a scalar without quotes is. YAML's other spellings of numbers are texts here, as are dates: a policy's
/// version is one.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ if is_json_number(text) => Value::Number(text.to_owned()),
        _ => Value::Text(text.to_owned()),
    }
}

fn is_json_number(text: &str) -> bool {
    text.starts_with(|c: char| c == '-' || c.is_ascii_digit())
        && serde_json::from_str::<serde_json::Number>(text).is_ok()
}

/// The long form of a function's tag: `Ref`, `Condition`, `Fn::Sub`.
fn function(tag: &Tag) -> Option<String> {
    match (tag.handle.as_str(), tag.suffix.as_str()) {
        ("!", name @ ("Ref" | "Condition")) => Some(name.to_owned()),
        ("!", name) if !name.is_empty() => Some(format!("Fn::{name}")),
        _ => None,
    }
}
