//! Which actions of the catalogue somebody asks for: by patterns, level, resource type and condition key.

use super::Catalog;
use super::facts::{AccessLevel, Action, ConditionKey, ResourceType, Service};
use crate::algebra::{Budget, Chars, Exhausted, Glob, Language, Meter, Piece};

/// What is asked for. What is empty asks for nothing in particular; of several in one list, any will do.
///
/// All patterns have `*` and `?`, and letters in any case.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Patterns of `service:Action`; without a colon, of the action's name, in any service.
    pub actions: Vec<String>,
    /// Access levels.
    pub levels: Vec<AccessLevel>,
    /// Patterns of the names of resource types.
    pub resource_types: Vec<String>,
    /// Condition keys as a policy names them, or patterns of their names in the catalogue.
    pub keys: Vec<String>,
}

/// A service, and those of its actions that were asked for, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The service.
    pub service: Service,
    /// The places of its actions in [`Service::actions`].
    places: Vec<usize>,
}

impl Found {
    /// The actions that were asked for.
    pub fn actions(&self) -> impl Iterator<Item = &Action> {
        self.places.iter().filter_map(|place| self.service.actions.get(*place))
    }
}

impl Service {
    /// The condition keys that a statement about an action can use besides the global ones of every request: those
    /// that the action has whatever the resource, and those of its resource types (R-KEY-8). Each once.
    pub fn keys_of<'a>(&'a self, action: &'a Action) -> Vec<&'a ConditionKey> {
        let types = action.resources.iter().filter_map(|used| self.resource_type(&used.type_name));
        let mut names: Vec<&String> = Vec::new();
        let of_resources = action.resources.iter().flat_map(|used| &used.keys);
        for name in action.keys.iter().chain(of_resources).chain(types.flat_map(|known| &known.keys)) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let known = |name: &&String| self.condition_keys.iter().find(|key| key.name == **name);
        names.iter().filter_map(known).collect()
    }

    /// The resource types that an action can be allowed or denied on, each once, and whether a call must name one.
    pub fn types_of<'a>(&'a self, action: &Action) -> Vec<(&'a ResourceType, bool)> {
        let mut found: Vec<(&ResourceType, bool)> = Vec::new();
        for used in &action.resources {
            match found.iter_mut().find(|(known, _)| known.name == used.type_name) {
                Some((_, required)) => *required |= used.required,
                None => found.extend(self.resource_type(&used.type_name).map(|known| (known, used.required))),
            }
        }
        found
    }
}

/// See [`Catalog::find`].
pub(super) fn find(catalog: &Catalog, query: &Query) -> Result<Vec<Found>, Exhausted> {
    let mut meter = Meter::new(Budget::default());
    let whole: Vec<String> = query.actions.iter().map(|pattern| with_service(pattern)).collect();
    let actions = language(&whole, &mut meter)?;
    let types = language(&query.resource_types, &mut meter)?;
    let keys = language(&query.keys, &mut meter)?;
    let fits = |language: &Option<Language>, text: &str| {
        language.as_ref().is_none_or(|language| language.accepts(text))
    };
    let mut found = Vec::new();
    for entry in &catalog.index.entries {
        let head = catalog.head(entry);
        let is_near = |(name, level): &(String, AccessLevel)| {
            fits(&actions, &format!("{}:{name}", entry.prefix))
                && (query.levels.is_empty() || query.levels.contains(level))
        };
        let near: Vec<bool> = head.actions.iter().map(is_near).collect();
        if !near.contains(&true) {
            continue;
        }
        let service = catalog.read(entry).expect("INVARIANT (checked catalogue)");
        let fits_type = |action: &Action| {
            types.is_none() || action.resources.iter().any(|used| fits(&types, &used.type_name))
        };
        let fits_key = |action: &Action| {
            let is_asked = |known: &&ConditionKey| {
                fits(&keys, &known.name) || query.keys.iter().any(|key| known.fits(key))
            };
            keys.is_none() || service.keys_of(action).iter().any(is_asked)
        };
        let places: Vec<usize> = (service.actions.iter().zip(near).enumerate())
            .filter(|(_, (action, near))| *near && fits_type(action) && fits_key(action))
            .map(|(place, _)| place)
            .collect();
        if !places.is_empty() {
            found.push(Found { service, places });
        }
    }
    Ok(found)
}

/// A pattern of a name alone is one of a name in any service.
fn with_service(pattern: &str) -> String {
    if pattern.contains(':') { pattern.to_owned() } else { format!("*:{pattern}") }
}

/// What any of the patterns matches; none where there is no pattern.
fn language(patterns: &[String], meter: &mut Meter) -> Result<Option<Language>, Exhausted> {
    if patterns.is_empty() {
        return Ok(None);
    }
    let piece = |c| match c {
        '*' => Piece::Many(Chars::Any),
        '?' => Piece::One(Chars::Any),
        other => Piece::One(Chars::any_case(other)),
    };
    let globs: Vec<Glob> = patterns.iter().map(|pattern| pattern.chars().map(piece).collect()).collect();
    Language::any_of(&globs, meter).map(Some)
}
