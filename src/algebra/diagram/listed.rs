//! Sets that are lists of texts.
//!
//! What leads on for a few texts, or for all that begin with them, and to nothing for any other string, is remembered as
//! that list. Lists are united by sorting their entries together: no machines are laid over one another.

use rustc_hash::FxHashMap;

use super::Set;
use crate::algebra::End;

/// A text, or all strings that begin with it, and where that leads.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    /// Where the text begins and ends among all texts.
    text: (usize, usize),
    pub(super) end: End,
    pub(super) set: Set,
}

impl Entry {
    /// The same text, or all that begin with it, leading elsewhere.
    pub(super) fn leading(self, end: End, set: Set) -> Entry {
        Entry { end, set, ..self }
    }
}

/// The lists of sets; a string leads to the union of all whose entry it fits.
#[derive(Debug, Default)]
pub(super) struct Listed {
    /// All texts, one behind the other.
    texts: String,
    lists: FxHashMap<Set, Vec<Entry>>,
}

impl Listed {
    /// A text, from here on.
    pub(super) fn entry(&mut self, text: &str, end: End, set: Set) -> Entry {
        let start = self.texts.len();
        self.texts.push_str(text);
        Entry { text: (start, self.texts.len()), end, set }
    }

    /// Remembers what a set is.
    pub(super) fn remember(&mut self, set: Set, list: Vec<Entry>) {
        self.lists.insert(set, list);
    }

    pub(super) fn text(&self, entry: Entry) -> &str {
        self.texts.get(entry.text.0..entry.text.1).unwrap_or_default()
    }

    /// The entries of sets, ascending; none where some set is not a list.
    pub(super) fn united(&self, sets: impl Iterator<Item = Set> + Clone) -> Option<Vec<Entry>> {
        let lists = sets.map(|set| self.lists.get(&set));
        let count = lists.clone().map(|list| list.map(Vec::len)).sum::<Option<usize>>()?;
        let mut all = Vec::with_capacity(count);
        for list in lists.flatten() {
            all.extend_from_slice(list);
        }
        all.sort_by(|left, right| (self.text(*left), left.end).cmp(&(self.text(*right), right.end)));
        Some(all)
    }
}
