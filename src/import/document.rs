//! Policy documents as dumps carry them (R-FMT-3), each distinct text read and hashed once.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::ops::Index;

use percent_encoding::percent_decode_str;
use serde_json::value::RawValue;

use super::Warning;
use crate::policy::{Document, PolicyType, parse, position};

/// Which of the [`Documents`]; equal exactly where the texts are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct DocumentRef(usize);

/// The distinct documents of an import, and which of them are degraded (semantics 0.3).
#[derive(Debug, Default)]
pub(super) struct Documents {
    list: Vec<Document>,
    by_hash: HashMap<u64, Vec<DocumentRef>>,
    hasher: RandomState,
    /// What reading a document as some type found: an index into `degraded`.
    findings: HashMap<(DocumentRef, PolicyType), Option<usize>>,
    degraded: Vec<Degraded>,
}

/// A document that does not mean all that it says.
#[derive(Debug)]
struct Degraded {
    /// Whose it is, in words.
    what: String,
    /// How many more have the same text.
    also: usize,
    /// The first finding, and how many more there are.
    finding: String,
}

impl Index<DocumentRef> for Documents {
    type Output = Document;

    fn index(&self, document: DocumentRef) -> &Document {
        &self.list[document.0]
    }
}

impl Documents {
    /// Keeps a document as it stands in a dump: the object as written, or the text that a string holds.
    ///
    /// Total, for the dump is kept whatever its documents are; `what` names the document in the warning that
    /// it is degraded.
    pub(super) fn keep_raw(
        &mut self,
        raw: &RawValue,
        policy_type: PolicyType,
        what: impl Fn() -> String,
    ) -> DocumentRef {
        match serde_json::from_str::<String>(raw.get()) {
            Ok(text) => self.keep(&decoded(text), policy_type, what),
            Err(_) => self.keep(raw.get(), policy_type, what),
        }
    }

    /// Keeps a text.
    pub(super) fn keep(
        &mut self,
        text: &str,
        policy_type: PolicyType,
        what: impl Fn() -> String,
    ) -> DocumentRef {
        let document = self.intern(text);
        let found = match self.findings.get(&(document, policy_type)) {
            Some(&found) => {
                if let Some(degraded) = found.and_then(|index| self.degraded.get_mut(index)) {
                    degraded.also += 1;
                }
                return document;
            }
            None => degradation(text, policy_type),
        };
        let index = found.map(|finding| {
            self.degraded.push(Degraded { what: what(), also: 0, finding });
            self.degraded.len() - 1
        });
        self.findings.insert((document, policy_type), index);
        document
    }

    fn intern(&mut self, text: &str) -> DocumentRef {
        let list = &mut self.list;
        let same_hash = self.by_hash.entry(self.hasher.hash_one(text)).or_default();
        if let Some(&known) = same_hash.iter().find(|known| list[known.0].text() == text) {
            return known;
        }
        list.push(Document::new(text.to_owned()));
        same_hash.push(DocumentRef(list.len() - 1));
        DocumentRef(list.len() - 1)
    }

    /// A warning for every degraded document.
    pub(super) fn warnings(&self) -> impl Iterator<Item = Warning> {
        self.degraded.iter().map(|Degraded { what, also, finding }| Warning::Degraded {
            what: what.clone(),
            also: *also,
            finding: finding.clone(),
        })
    }
}

/// The first finding that degrades a document: `line:column: message (CODE)`.
fn degradation(text: &str, policy_type: PolicyType) -> Option<String> {
    let parsed = parse(text, policy_type);
    let mut findings = parsed.degraded();
    let first = findings.next()?;
    let (line, column) = position(text, first.span.start);
    let more = match findings.count() {
        0 => String::new(),
        more => format!("; {more} more"),
    };
    Some(format!("{line}:{column}: {} ({}); {}{more}", first.message, first.code, first.consequence))
}

/// Undoes the percent-encoding of raw API output (R-FMT-3); `+` is no space. Blanks before the brace may be
/// encoded as well.
fn decoded(text: String) -> String {
    if text.starts_with('%')
        && let Ok(decoded) = percent_decode_str(&text).decode_utf8()
        && decoded.trim_start().starts_with('{')
    {
        return decoded.into_owned();
    }
    text
}
