//! Names that were perhaps meant.

use std::cmp::Reverse;

use strsim::osa_distance;

use super::text::quoted_list;

/// How many suggestions help.
const SHOWN: usize = 3;

/// The labels of the names nearest to `wanted`, best first.
pub(crate) fn nearest(wanted: &str, candidates: impl IntoIterator<Item = (String, String)>) -> Vec<String> {
    let wanted = wanted.to_lowercase();
    let length = wanted.chars().count();
    // To a name of one letter every other one is one slip away.
    let allowed = if length < 2 { 0 } else { (length / 3).max(1) };
    let mut ranked: Vec<(usize, Reverse<bool>, String)> = candidates
        .into_iter()
        .filter_map(|(name, label)| {
            let name = name.to_lowercase();
            let begins = length >= 3 && (name.starts_with(&wanted) || wanted.starts_with(&name));
            let distance = osa_distance(&wanted, &name);
            (distance <= allowed || begins).then_some((distance, Reverse(begins), label))
        })
        .collect();
    ranked.sort();
    ranked.into_iter().map(|(_, _, label)| label).take(SHOWN).collect()
}

/// Whether a new name looks like a slip of the pen for one that exists. Names that differ only in digits are
/// counted up, not mistyped.
pub(crate) fn is_slip(new: &str, existing: &str) -> bool {
    let without_digits = |name: &str| name.chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
    let (new, existing) = (new.to_lowercase(), existing.to_lowercase());
    if new == existing {
        return true;
    }
    if without_digits(&new) == without_digits(&existing) {
        return false;
    }
    let allowed = match new.chars().count() {
        0..=3 => 0,
        4..=7 => 1,
        _ => 2,
    };
    osa_distance(&new, &existing) <= allowed
}

/// ``did you mean `user/alice`?``
pub(crate) fn did_you_mean(labels: &[String]) -> Option<String> {
    match labels {
        [] => None,
        [one] => Some(format!("did you mean {}?", quoted_list([one]))),
        several => Some(format!("did you mean one of {}?", quoted_list(several))),
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn slips_are_near_and_not_counted_up() {
        assert!(is_slip("alcie", "alice"));
        assert!(is_slip("Alice", "alice"));
        assert!(!is_slip("user2", "user1"));
        assert!(!is_slip("bob", "rob"));
        assert!(!is_slip("carol", "alice"));
    }

    #[test]
    fn the_nearest_comes_first() {
        let names = ["alice", "alicia", "bob"].map(|name| (name.to_owned(), format!("user/{name}")));
        assert_eq!(nearest("alic", names.clone()), ["user/alice", "user/alicia"]);
        assert!(nearest("zoe", names).is_empty());
        assert!(nearest("g", [("c".to_owned(), "user/c".to_owned())]).is_empty());
    }
}
