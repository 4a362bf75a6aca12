//! What stays of a finding while lines move and statements are added before it: its check, its file, the names on the
//! way to it, and what is written there.

use sha2::{Digest, Sha256};

use super::Document;
use crate::validate::{Finding, Location, PathElement};

/// Thirty-two hexadecimal digits. Two findings of a file have the same only where they say the same of equal text.
pub(super) fn fingerprint(finding: &Finding, document: &Document) -> String {
    let mut digest = Sha256::new();
    for part in [finding.code, file(&document.label), document.name().unwrap_or_default()] {
        digest.update(part);
        digest.update([0]);
    }
    for location in &finding.locations {
        digest.update(names(&location.path));
        digest.update([0]);
        digest.update(written(location, &document.text));
        digest.update([0]);
    }
    digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// The file's name, however its folder was called.
pub(super) fn file(label: &str) -> &str {
    let label = label.strip_prefix("file://").unwrap_or(label);
    label.strip_prefix("./").unwrap_or(label)
}

/// The way without the places in lists.
fn names(path: &[PathElement]) -> String {
    let names = path.iter().filter_map(|element| match element {
        PathElement::Key(name) | PathElement::Value(name) => Some(name.as_str()),
        PathElement::Index(_) | PathElement::Substring { .. } => None,
    });
    names.collect::<Vec<_>>().join("/")
}

/// The text there, without its blanks; of the whole document nothing, as all else in it changes it.
fn written(location: &Location, text: &str) -> String {
    if location.path.is_empty() {
        return String::new();
    }
    let there = text.get(location.span.start..location.span.end).unwrap_or_default();
    there.split_whitespace().collect()
}
