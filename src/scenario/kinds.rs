//! The kinds of context keys, each looked up once: the catalogue unpacks a service for every answer.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use crate::catalog::{Catalog, KeyKind};
use crate::context_keys::key_kind;

/// How many keys are remembered before all are forgotten.
const MOST: usize = 65_536;

/// Kinds that were looked up before; for many threads.
#[derive(Debug, Default)]
pub(super) struct Kinds(RwLock<HashMap<String, Option<KeyKind>>>);

impl Kinds {
    /// Type and arity of a key (R-EVL-76).
    pub(super) fn of(&self, key: &str, catalog: &Catalog) -> Option<KeyKind> {
        if let Some(known) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(key) {
            return *known;
        }
        let kind = key_kind(key, catalog);
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(key.to_owned(), kind);
        kind
    }
}
