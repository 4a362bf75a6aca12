//! What one dimension of a clause may be: the actions, the resources or the principals of several statements at once.

use super::cover::Entry;
use crate::analysis::Entries;
use crate::policy::{Selector, Spanned};

/// Entries as they are written: what fits an entry of every list of `among`, and none of `but`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection<T> {
    /// One entry of each of these lists; no list: everything. Several lists stand here only where reading them does
    /// not tell what they have in common.
    pub among: Vec<Vec<T>>,
    /// None of these.
    pub but: Vec<T>,
}

impl<T> Default for Selection<T> {
    /// Everything.
    fn default() -> Self {
        Selection { among: Vec::new(), but: Vec::new() }
    }
}

#[expect(private_bounds, reason = "the entries are those of the policy language, and no others")]
impl<T: Entry> Selection<T> {
    /// The kept entries of an element; everything where a statement has none.
    pub(super) fn of(element: Option<&Selector<T>>, kept: &Entries) -> Selection<T> {
        let mut selection = Selection::default();
        match element {
            None => {}
            Some(Selector::In(entries)) => {
                let is_kept = |nth: &usize| match kept {
                    Entries::All => true,
                    Entries::Only(kept) => kept.contains(nth),
                };
                let entries = entries.iter().enumerate().filter(|(nth, _)| is_kept(nth));
                selection.among.push(entries.map(|(_, entry)| entry.value.clone()).collect());
            }
            Some(Selector::NotIn(entries)) => {
                selection.but = entries.iter().map(|entry| entry.value.clone()).collect();
            }
        }
        selection.simplified()
    }

    /// Any of some entries; everything where there are none.
    pub(super) fn of_any(entries: &[Spanned<T>]) -> Selection<T> {
        let list: Vec<T> = entries.iter().map(|entry| entry.value.clone()).collect();
        let among = if list.is_empty() { Vec::new() } else { vec![list] };
        Selection { among, but: Vec::new() }.simplified()
    }

    /// What is in both.
    #[must_use]
    pub(super) fn and(mut self, other: Selection<T>) -> Selection<T> {
        for list in other.among {
            if !self.among.contains(&list) {
                self.among.push(list);
            }
        }
        self.but.extend(other.but);
        self.simplified()
    }

    /// What is in either, where that can be said as one.
    pub(super) fn or(&self, other: &Selection<T>) -> Option<Selection<T>> {
        match (self.among.as_slice(), other.among.as_slice()) {
            _ if self == other => Some(self.clone()),
            ([one], [other_list]) if self.but.is_empty() && other.but.is_empty() => {
                let among = vec![one.iter().chain(other_list).cloned().collect()];
                Some(Selection { among, but: Vec::new() }.simplified())
            }
            _ => None,
        }
    }

    /// Whether nothing is left out.
    pub fn is_everything(&self) -> bool {
        self.among.is_empty() && self.but.is_empty()
    }

    /// Whether it surely has all that another has.
    pub(super) fn covers(&self, other: &Selection<T>) -> bool {
        let has = |entry: &T| self.among.iter().all(|list| list.iter().any(|own| own.covers(entry)));
        let spares = |entry: &T| {
            let is_out = |own: &T| own.is_apart_from(entry) || other.but.iter().any(|but| but.covers(own));
            self.but.iter().all(is_out)
        };
        match other.among.as_slice() {
            [] => {
                self.among.is_empty()
                    && self.but.iter().all(|own| other.but.iter().any(|but| but.covers(own)))
            }
            lists => lists.iter().any(|list| list.iter().all(|entry| has(entry) && spares(entry))),
        }
    }

    /// The same, with fewer words.
    fn simplified(mut self) -> Selection<T> {
        self.among.retain(|list| !list.iter().any(Entry::is_everything));
        let mut lists: Vec<Vec<T>> = Vec::new();
        for list in self.among {
            let mut list = widest(list);
            while let Some((nth, met)) =
                lists.iter().enumerate().find_map(|(nth, known)| Some((nth, met(known, &list)?)))
            {
                lists.remove(nth);
                list = widest(met);
            }
            lists.push(list);
        }
        self.but = widest(self.but);
        for list in &mut lists {
            if list.iter().any(|entry| !self.but.iter().any(|but| but.covers(entry))) {
                list.retain(|entry| !self.but.iter().any(|but| but.covers(entry)));
            }
        }
        if let [list] = lists.as_slice() {
            self.but.retain(|but| !list.iter().all(|entry| entry.is_apart_from(but)));
        }
        Selection { among: lists, but: self.but }
    }
}

/// The entries that no other entry covers, in their order.
fn widest<T: Entry>(entries: Vec<T>) -> Vec<T> {
    let mut kept: Vec<T> = Vec::new();
    for entry in entries {
        if !kept.iter().any(|known| known.covers(&entry)) {
            kept.retain(|known| !entry.covers(known));
            kept.push(entry);
        }
    }
    kept
}

/// What two lists have in common, where reading them tells.
fn met<T: Entry>(one: &[T], other: &[T]) -> Option<Vec<T>> {
    let mut both = Vec::new();
    for entry in one {
        for other in other {
            if entry.covers(other) {
                both.push(other.clone());
            } else if other.covers(entry) {
                both.push(entry.clone());
            } else if !entry.is_apart_from(other) {
                return None;
            }
        }
    }
    Some(both)
}
