//! The actions somebody may have meant who wrote one that does not exist.
//!
//! Nearness is the number of letters changed, added, left out or swapped with their neighbour, whatever the
//! case, of the service and of the name together. The allowance grows with the length of the word: one letter in
//! `s3`, three in `DescribeInstnaces`.

use super::Catalog;

/// One action that is near enough. The order of the fields is the order of the suggestions: the nearest first;
/// of those equally near, the shortest service prefix, which tells `s3` from `s3-object-lambda`.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Candidate<'a> {
    distance: usize,
    prefix_length: usize,
    prefix: &'a str,
    name: &'a str,
}

/// See [`Catalog::suggest_actions`].
pub(super) fn suggest_actions(catalog: &Catalog, action: &str, most: usize) -> Vec<String> {
    let action = action.to_ascii_lowercase();
    let (service, name) = match action.split_once(':') {
        Some((service, name)) => (Some(service), name),
        None => (None, action.as_str()),
    };
    let near = |wanted: &str| {
        let within = reach(wanted);
        let wanted = wanted.to_owned();
        move |known: &str| distance(&wanted, known, within)
    };
    let mut found = match service {
        Some(service) => candidates(catalog, near(service), near(name)),
        None => candidates(catalog, |_| Some(0), near(name)),
    };
    if let (true, Some(service)) = (found.is_empty(), service)
        && catalog.entry(service).is_none()
    {
        // No such service, and none like it: where is there an action of exactly that name?
        found = candidates(
            catalog,
            |prefix| Some(strsim::osa_distance(service, prefix)),
            |known| known.eq_ignore_ascii_case(name).then_some(0),
        );
    }
    found.sort();
    if found.first().is_some_and(|nearest| nearest.distance == 0) && service.is_some() {
        return Vec::new();
    }
    found.into_iter().take(most).map(|one| format!("{}:{}", one.prefix, one.name)).collect()
}

/// The actions for which both the service and the name are near, by what each function says of them.
fn candidates(
    catalog: &Catalog,
    service_distance: impl Fn(&str) -> Option<usize>,
    name_distance: impl Fn(&str) -> Option<usize>,
) -> Vec<Candidate<'_>> {
    let mut found = Vec::new();
    for entry in &catalog.index.entries {
        let Some(from_service) = service_distance(&entry.prefix) else { continue };
        for name in catalog.names(entry) {
            if let Some(from_name) = name_distance(name) {
                found.push(Candidate {
                    distance: from_service + from_name,
                    prefix_length: entry.prefix.len(),
                    prefix: &entry.prefix,
                    name,
                });
            }
        }
    }
    found
}

/// How many slips a word of this length may have.
fn reach(word: &str) -> usize {
    (word.chars().count() / 4).clamp(1, 3)
}

/// The distance of two words, the first in lower case, if it is at most `within`.
fn distance(wanted: &str, known: &str, within: usize) -> Option<usize> {
    if wanted.chars().count().abs_diff(known.chars().count()) > within {
        return None;
    }
    let distance = strsim::osa_distance(wanted, &known.to_ascii_lowercase());
    (distance <= within).then_some(distance)
}
