//! Ids of Organizations (R-FMT-24), and where they stand in the names of files.

use std::path::Path;

use crate::store::NodeKind;

/// The ids in a name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Ids {
    /// Of roots, OUs and accounts.
    pub(super) nodes: Vec<String>,
    /// Of policies.
    pub(super) policies: Vec<String>,
}

/// Which kind of node an id is of; `None` where it is not one.
pub(in crate::import) fn kind_of(id: &str) -> Option<NodeKind> {
    let whole = |length: Option<usize>| length == Some(id.len());
    if whole(root(id)) {
        Some(NodeKind::Root)
    } else if whole(ou(id)) {
        Some(NodeKind::Ou)
    } else if whole(account(id)) {
        Some(NodeKind::Account)
    } else {
        None
    }
}

/// Whether a text is the id of a policy.
pub(super) fn is_policy(id: &str) -> bool {
    policy(id) == Some(id.len())
}

/// The ids that a file's name holds, else those of its folder. Where a list can do without, `words` must stand in the
/// file's name before the folder is asked.
pub(super) fn ids_for(file: &str, words: &str) -> Ids {
    let path = Path::new(file);
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let found = ids_in(&name);
    let folder = path.parent().and_then(Path::file_name);
    match folder {
        Some(folder) if found == Ids::default() && name.contains(words) => ids_in(&folder.to_string_lossy()),
        _ => found,
    }
}

fn ids_in(name: &str) -> Ids {
    let mut ids = Ids::default();
    let mut rest = name;
    let mut before = None;
    while let Some(c) = rest.chars().next() {
        let begins = !before.is_some_and(|c: char| c.is_ascii_alphanumeric());
        let node = begins.then(|| ou(rest).or_else(|| root(rest)).or_else(|| account(rest))).flatten();
        let policy = begins.then(|| policy(rest)).flatten();
        let length = node.or(policy).unwrap_or(c.len_utf8());
        let (id, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        let list = if node.is_some() { Some(&mut ids.nodes) } else { policy.map(|_| &mut ids.policies) };
        if let Some(list) = list
            && !list.iter().any(|known| known == id)
        {
            list.push(id.to_owned());
        }
        before = id.chars().next_back();
        rest = after;
    }
    ids
}

/// The length of `r-ab12` at the beginning of a text.
fn root(text: &str) -> Option<usize> {
    Some(2 + run(text.strip_prefix("r-")?, 4, 32, is_lower)?)
}

/// The length of `ou-ab12-abcd1234`.
fn ou(text: &str) -> Option<usize> {
    let rest = text.strip_prefix("ou-")?;
    let (of_root, rest) = rest.split_once('-')?;
    let first = run(of_root, 4, 32, is_lower).filter(|length| *length == of_root.len())?;
    Some(3 + first + 1 + run(rest, 8, 32, is_lower)?)
}

/// The length of twelve digits.
fn account(text: &str) -> Option<usize> {
    run(text, 12, 12, |c| c.is_ascii_digit())
}

/// The length of `p-abcd1234`.
fn policy(text: &str) -> Option<usize> {
    Some(2 + run(text.strip_prefix("p-")?, 8, 128, |c| c.is_ascii_alphanumeric() || c == '_')?)
}

fn is_lower(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit()
}

/// How many such characters there are, where that is within limits and no letter or digit follows.
fn run(text: &str, least: usize, most: usize, fits: impl Fn(char) -> bool) -> Option<usize> {
    let length = text.chars().take_while(|c| fits(*c)).count();
    let next = text.chars().nth(length);
    ((least..=most).contains(&length) && !next.is_some_and(|c| c.is_ascii_alphanumeric())).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_ids() {
        let ids = ids_for("dump/list-targets-for-policy-p-FullAWSAccess.json", "");
        assert_eq!(ids.policies, ["p-FullAWSAccess"]);
        let ids = ids_for("list-accounts-for-parent-ou-ab12-abcd1234-page2.json", "");
        assert_eq!(ids.nodes, ["ou-ab12-abcd1234"]);
        assert_eq!(ids_for("r-ab12/list-children.json", "").nodes, ["r-ab12"]);
        assert_eq!(ids_for("r-ab12/list-accounts.json", "for-parent").nodes, Vec::<String>::new());
        assert_eq!(ids_for("list_parents_123456789012.json", "").nodes, ["123456789012"]);
        assert_eq!(ids_for("1234567890123.json", "").nodes, Vec::<String>::new());
    }

    #[test]
    fn ids_have_kinds() {
        assert_eq!(kind_of("r-ab12"), Some(NodeKind::Root));
        assert_eq!(kind_of("ou-ab12-abcd1234"), Some(NodeKind::Ou));
        assert_eq!(kind_of("123456789012"), Some(NodeKind::Account));
        assert_eq!(kind_of("ou-ab12"), None);
        assert_eq!(kind_of("p-FullAWSAccess"), None);
        assert!(is_policy("p-FullAWSAccess") && is_policy("p-ab12cd34"));
        assert!(!is_policy("p-ab12") && !is_policy("p-ab12=cd34ef56") && !is_policy("ou-ab12-abcd1234"));
    }
}
