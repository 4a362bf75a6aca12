//! Those who moved alike: how many of which kind, and the OU or account that all of them are in.

use std::collections::{BTreeMap, BTreeSet};

use crate::access_change::Mover;
use crate::arn::AccountId;
use crate::cli::error::CliError;
use crate::cli::name::label;
use crate::cli::text::count;
use crate::cli::thing::node_label;
use crate::cli::who_can::names;
use crate::store::{Node, PrincipalKind, Snapshot};

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Named {
    /// Whether it is none of the stored ones, which come first.
    is_other: bool,
    /// What people call it.
    pub(super) label: String,
    /// What programs do.
    pub(super) name: String,
    /// Of a stored one.
    kind: Option<PrincipalKind>,
    account: Option<AccountId>,
}

impl Named {
    pub(super) fn of(who: &Mover) -> Named {
        match who {
            Mover::Stored(principal) => Named {
                is_other: false,
                label: label(principal),
                name: principal.arn(),
                kind: Some(principal.kind),
                account: principal.account.clone(),
            },
            Mover::Other(who) => {
                let (label, name) = names::of_outsider(who);
                Named { is_other: true, label, name, kind: None, account: None }
            }
        }
    }
}

impl Named {
    /// Calls it by its ARN where another account has one of that kind and name.
    pub(super) fn tell_apart(&mut self, snapshot: &Snapshot<'_>) -> Result<(), CliError> {
        let Some(kind) = self.kind else { return Ok(()) };
        let named = snapshot.principals_named(self.label.rsplit('/').next().unwrap_or_default())?;
        if named.iter().filter(|other| other.kind == kind).count() > 1 {
            self.label.clone_from(&self.name);
        }
        Ok(())
    }
}

/// `47 roles`.
pub(super) fn counted(who: &[Named]) -> String {
    let kinds: BTreeSet<Option<PrincipalKind>> = who.iter().map(|one| one.kind).collect();
    let (one, many) = match kinds.into_iter().collect::<Vec<_>>().as_slice() {
        [Some(PrincipalKind::User)] => ("user", "users"),
        [Some(PrincipalKind::Role)] => ("role", "roles"),
        _ => ("principal", "principals"),
    };
    count(who.len(), one, many)
}

/// Where accounts are in their organization.
#[derive(Default)]
pub(super) struct Places(BTreeMap<AccountId, Vec<Node>>);

impl Places {
    /// The lowest OU or account that all are in; none where that says nothing: they are in no organization, or under
    /// its root.
    pub(super) fn of(&mut self, who: &[Named], snapshot: &Snapshot<'_>) -> Result<Option<String>, CliError> {
        let accounts: Option<BTreeSet<&AccountId>> = who.iter().map(|one| one.account.as_ref()).collect();
        let mut common: Option<&[Node]> = None;
        let Some(accounts) = accounts else { return Ok(None) };
        for &account in &accounts {
            if !self.0.contains_key(account) {
                let node = snapshot.node_with_id(account.as_str())?;
                let path = node.map(|node| snapshot.path_of(&node)).transpose()?.unwrap_or_default();
                self.0.insert(account.clone(), path);
            }
        }
        for account in accounts {
            let path = self.0.get(account).map_or(&[][..], Vec::as_slice);
            let shared = common.map_or(path.len(), |common| {
                common.iter().zip(path).take_while(|(one, other)| one.key == other.key).count()
            });
            common = path.get(..shared);
        }
        Ok(common.filter(|path| path.len() > 1).and_then(<[Node]>::last).map(node_label))
    }
}
