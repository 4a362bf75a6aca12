//! What those who can are called, and how many of them are.

use super::super::name::label;
use super::super::output::STRONG;
use super::super::text::{Text, shown};
use super::super::told::wrapped;
use crate::stored::Holder;
use crate::who_can::Who;

/// How many of those who can by one way are named.
const NAMED: usize = 12;
/// How wide a list is.
pub(super) const WIDTH: usize = 90;
/// What it takes besides, of whom only the policy of a resource is known.
pub(super) const NEEDS: &str = "if the policies of its own account allow it, which are not stored";

/// How many are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Naming {
    /// The first of many.
    Some,
    /// Everybody.
    All,
}

/// What people call somebody, what programs do, and of what kind it is.
pub(super) fn of(who: &Who, holders: &[&Holder]) -> Option<(String, String, &'static str)> {
    let same = |text: &str, kind| (text.to_owned(), text.to_owned(), kind);
    Some(match who {
        Who::Stored(nth) => {
            let principal = &holders.get(*nth)?.principal;
            (label(principal), principal.arn(), principal.kind.as_str())
        }
        Who::Root { partition, account } => {
            (format!("root of {account}"), format!("arn:{partition}:iam::{account}:root"), "root")
        }
        Who::Stranger(arn) => same(arn.as_str(), "external"),
        Who::OtherAccount(account) => (format!("account {account}"), account.to_string(), "account"),
        Who::AnyPrincipal => ("anybody with credentials of AWS".to_owned(), "AWS:*".to_owned(), "any"),
        Who::Service(name) => same(name, "service"),
        Who::Federated(name) => same(name, "federated"),
        Who::CanonicalUser(id) => same(id, "canonical-user"),
        Who::Public => ("the public, without credentials".to_owned(), "*".to_owned(), "public"),
    })
}

/// A list of names, in lines, the first of which begins with a word.
pub(super) fn list(word: &str, names: &[&str], naming: Naming) -> Vec<Text> {
    let told = match naming {
        Naming::Some if names.len() > NAMED => NAMED,
        Naming::Some | Naming::All => names.len(),
    };
    let mut list: Vec<String> = names.iter().take(told).map(|name| shown(name)).collect();
    match names.len() - told {
        0 => {}
        more => list.push(format!("and {more} more (--all names them)")),
    }
    let width = word.len().next_multiple_of(10);
    let line = |(nth, part): (usize, String)| {
        let word = if nth == 0 { word } else { "" };
        Text::styled(STRONG, &format!("{word:<width$}")).and(part)
    };
    wrapped(&list.join(", "), WIDTH).into_iter().enumerate().map(line).collect()
}
