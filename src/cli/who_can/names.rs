//! What those who can are called, and how many of them are.

use std::collections::HashSet;

use super::super::name::{label, shared};
use super::super::output::STRONG;
use super::super::text::{Text, shown};
use super::super::told::wrapped;
use crate::stored::{Everyone, Holder};
use crate::who_can::{Outsider, Who};

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

/// What those are called who are asked about.
pub(super) struct Names<'e> {
    /// The stored users and roles, in order.
    pub(super) holders: Vec<&'e Holder>,
    /// What several of them are called, of different accounts.
    shared: HashSet<String>,
}

impl<'e> Names<'e> {
    pub(super) fn new(everyone: &'e Everyone) -> Names<'e> {
        let holders: Vec<&Holder> = everyone.users_and_roles().collect();
        let shared = shared(holders.iter().map(|holder| &holder.principal));
        Names { holders, shared }
    }

    /// What people call somebody, what programs do, and of what kind it is.
    pub(super) fn of(&self, who: &Who) -> Option<(String, String, &'static str)> {
        match who {
            Who::Stored(nth) => {
                let principal = &self.holders.get(*nth)?.principal;
                let (label, arn) = (label(principal), principal.arn());
                let name = if self.shared.contains(&label) { arn.clone() } else { label };
                Some((name, arn, principal.kind.as_str()))
            }
            Who::Other(outsider) => {
                let (name, principal) = of_outsider(outsider);
                Some((name, principal, kind(outsider)))
            }
        }
    }
}

fn kind(outsider: &Outsider) -> &'static str {
    match outsider {
        Outsider::Root { .. } => "root",
        Outsider::Stranger(_) => "external",
        Outsider::OtherAccount(_) => "account",
        Outsider::AnyPrincipal => "any",
        Outsider::Service(_) => "service",
        Outsider::AnyService => "any-service",
        Outsider::Federated(_) => "federated",
        Outsider::CanonicalUser(_) => "canonical-user",
        Outsider::Public => "public",
    }
}

/// What people call somebody who is no stored user or role, and what programs do.
pub(in crate::cli) fn of_outsider(outsider: &Outsider) -> (String, String) {
    let same = |text: &str| (text.to_owned(), text.to_owned());
    match outsider {
        Outsider::Root { partition, account } => {
            (format!("root of {account}"), format!("arn:{partition}:iam::{account}:root"))
        }
        Outsider::Stranger(arn) => same(arn.as_str()),
        Outsider::OtherAccount(account) => (format!("account {account}"), account.to_string()),
        Outsider::AnyPrincipal => ("anybody with credentials of AWS".to_owned(), "AWS:*".to_owned()),
        Outsider::Service(name) | Outsider::Federated(name) | Outsider::CanonicalUser(name) => same(name),
        Outsider::AnyService => ("any service of AWS".to_owned(), "Service:*".to_owned()),
        Outsider::Public => ("the public, without credentials".to_owned(), "*".to_owned()),
    }
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
