//! A policy document as it is kept: the text as written, its canonical form, and the hash of that.

use std::fmt;

use sha2::{Digest, Sha256};

use super::canonical::canonical;

/// The SHA-256 of a document's canonical form.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyId([u8; 32]);

impl PolicyId {
    fn of(canonical: &str) -> PolicyId {
        PolicyId(Sha256::digest(canonical.as_bytes()).into())
    }
}

impl fmt::Display for PolicyId {
    /// Sixty-four lower-case hexadecimal digits; `{:.8}` prints the first eight.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex: String = self.0.iter().map(|byte| format!("{byte:02x}")).collect();
        f.pad(&hex)
    }
}

impl fmt::Debug for PolicyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PolicyId({self:.8})")
    }
}

/// A policy document, read as nothing yet: total on any text, so that what an import finds can always be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    id: PolicyId,
    canonical: String,
    text: String,
}

impl Document {
    /// Canonicalises and hashes a text.
    pub fn new(text: String) -> Document {
        let canonical = canonical(&text);
        Document { id: PolicyId::of(&canonical), canonical, text }
    }

    /// The hash of the canonical form: equal for documents that differ only in formatting, key order,
    /// scalar against one-element list, list order or duplicates.
    pub fn id(&self) -> PolicyId {
        self.id
    }

    /// The canonical form.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// The text as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }
}
