//! How a document stands in a dump (R-FMT-3).

use serde::Serialize;
use serde_json::value::RawValue;

use crate::policy::Document;

/// A document as JSON.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Printed {
    /// The text itself, which is an object.
    Object(Box<RawValue>),
    /// A text that is no object, as a string.
    Text(String),
}

impl From<&Document> for Printed {
    fn from(document: &Document) -> Printed {
        match RawValue::from_string(document.text().to_owned()) {
            Ok(json) if json.get().starts_with('{') => Printed::Object(json),
            _ => Printed::Text(document.text().to_owned()),
        }
    }
}
