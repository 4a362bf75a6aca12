//! Where to start looking for a request of a set in which policies use keys as variables. The set says of such a key and
//! of what it is compared with that they are related, not which two texts are: so a text is chosen first.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use itertools::Itertools;

use super::{CompileError, Compiler, Level};
use crate::algebra::diagram::Datum;
use crate::algebra::{Held, Set};
use crate::pattern::{Pattern, Piece};
use crate::policy::{ResourcePattern, Selector, Statement};
use crate::request::{Context, Value, fold};

/// What variables are given in any case.
const NAMES: [&str; 2] = ["alice", "bob"];
/// How many texts of the policies they are given besides.
const MOST_TEXTS: usize = 6;

impl Compiler {
    /// Contexts in which all open keys that these statements use as variables have one text, each time another: a name,
    /// then what other values beside the variable's would have it be. None where there is no such key.
    pub(crate) fn starts(&self, statements: &[&Statement]) -> Vec<Context> {
        let folded: BTreeSet<String> =
            statements.iter().flat_map(|statement| statement.variables()).map(fold).collect();
        let open: Vec<String> = folded.into_iter().filter(|key| self.universe.is_open_text(key)).collect();
        if open.is_empty() {
            return Vec::new();
        }
        let beginnings = self.universe.knowledge.beginnings.values();
        let begun: Vec<String> = beginnings.map(|begin| format!("{begin}alice")).collect();
        let texts = texts(statements).filter(|text| !text.is_empty()).take(MOST_TEXTS);
        let texts = NAMES.into_iter().chain(begun.iter().map(String::as_str)).chain(texts);
        let context = |text: &str| {
            let mut context = Context::default();
            for key in &open {
                let value = match key {
                    key if key.ends_with("account") && NAMES.contains(&text) => "111122223333",
                    key if key.ends_with("region") && NAMES.contains(&text) => "us-east-1",
                    _ => text,
                };
                context.set(key, Value::Single(value.to_owned()));
            }
            context
        };
        texts.map(context).dedup().collect()
    }

    /// What a set has where keys of one text have the values that are wanted; and without those of which it has none.
    pub(crate) fn with_context(
        &mut self,
        set: Set,
        wanted: &Context,
    ) -> Result<(Set, Context), CompileError> {
        let (mut set, mut context) = (set, Context::default());
        for (key, value) in wanted.iter() {
            let one = Datum::TextKey(Held::One(value.to_string()));
            let with = self.arena.restrict(set, Level::Key(Arc::from(fold(key))), &one)?;
            if with != Set::EMPTY {
                set = with;
                context.set(key, value.clone());
            }
        }
        Ok((set, context))
    }
}

/// What variables would have to be for one value of a key, or one segment of a resource, to be another that some
/// statement has.
fn texts<'s>(statements: &[&'s Statement]) -> impl Iterator<Item = &'s str> {
    let mut of_keys: BTreeMap<String, Vec<&'s Pattern>> = BTreeMap::new();
    let mut of_segments: Vec<Vec<&'s Pattern>> = Vec::new();
    for statement in statements {
        for condition in &statement.conditions {
            let values = condition.values.iter().map(|value| &value.pattern);
            of_keys.entry(fold(&condition.key)).or_default().extend(values);
        }
        for entry in statement.resource.iter().flat_map(Selector::entries) {
            let ResourcePattern::Arn(segments) = &entry.value else { continue };
            of_segments.resize(of_segments.len().max(segments.len()), Vec::new());
            of_segments.iter_mut().zip(segments).for_each(|(all, segment)| all.push(segment));
        }
    }
    let of_one = |patterns: Vec<&'s Pattern>| {
        let with_variables = patterns.iter().filter(|pattern| pattern.variables().next().is_some());
        let ends = with_variables.map(|pattern| {
            let text = |piece: Option<&'s Piece>| match piece {
                Some(Piece::Text(text)) => text.as_str(),
                _ => "",
            };
            (text(pattern.pieces().first()), text(pattern.pieces().last()))
        });
        let ends: Vec<_> = ends.unique().collect();
        let plain = move |(begin, end)| {
            let plain: Vec<&'s str> = patterns.iter().filter_map(|pattern| pattern.as_text()).collect();
            plain.into_iter().filter_map(move |text: &str| text.strip_prefix(begin)?.strip_suffix(end))
        };
        ends.into_iter().flat_map(plain)
    };
    of_keys.into_values().chain(of_segments).flat_map(of_one).unique()
}
