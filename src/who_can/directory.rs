//! Who is stored, by name and by account.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use crate::arn::{AccountId, Arn};
use crate::store::{Principal, PrincipalKind, Snapshot, StoreError};
use crate::stored::{Everyone, Holder, role_of_session, session_names};

/// The stored users and roles.
pub(crate) struct Directory<'e> {
    holders: Vec<&'e Holder>,
    /// As positions among them.
    by_name: FxHashMap<&'e str, Vec<usize>>,
    /// Theirs, and that of the file, each with its partition.
    accounts: BTreeSet<(String, AccountId)>,
}

impl<'e> Directory<'e> {
    pub(crate) fn of(everyone: &'e Everyone, snapshot: &Snapshot<'_>) -> Result<Directory<'e>, StoreError> {
        let holders: Vec<&Holder> = everyone.users_and_roles().collect();
        let mut by_name: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
        for (nth, holder) in holders.iter().enumerate() {
            by_name.entry(&holder.principal.name).or_default().push(nth);
        }
        let of_holder = |holder: &&'e Holder| {
            let Principal { partition, account, .. } = &holder.principal;
            Some((partition, account.as_ref()?))
        };
        let accounts: BTreeSet<(&String, &AccountId)> = holders.iter().filter_map(of_holder).collect();
        let accounts = accounts.into_iter().map(|(partition, account)| (partition.clone(), account.clone()));
        let own = snapshot.account()?.map(|own| ("aws".to_owned(), own));
        Ok(Directory { accounts: accounts.chain(own).collect(), holders, by_name })
    }

    /// The accounts, each with its partition.
    pub(crate) fn accounts(&self) -> impl Iterator<Item = &(String, AccountId)> {
        self.accounts.iter()
    }

    /// The partition of those who are stored.
    pub(crate) fn partition(&self) -> &str {
        self.holders.first().map_or("aws", |holder| &holder.principal.partition)
    }

    pub(crate) fn has_account(&self, account: &AccountId) -> bool {
        self.accounts.iter().any(|(_, of)| of == account)
    }

    fn of_name(&self, name: &str) -> impl Iterator<Item = (usize, &'e Holder)> {
        let positions = self.by_name.get(name).into_iter().flatten();
        positions.filter_map(|&nth| self.holders.get(nth).map(|holder| (nth, *holder)))
    }

    /// Whether an ARN is that of a stored user or role, whatever the path of the role.
    pub(crate) fn has(&self, arn: &Arn) -> bool {
        let kind = arn.resource().split('/').next().unwrap_or_default();
        let name = arn.resource().rsplit('/').next().unwrap_or_default();
        self.of_name(name).any(|(_, Holder { principal, .. })| {
            let is_kind = match principal.kind {
                PrincipalKind::User => kind == "user" && arn.as_str() == principal.arn(),
                PrincipalKind::Role => kind == "role",
                PrincipalKind::Group => false,
            };
            is_kind && principal.may_be_of(arn)
        })
    }

    /// The stored role that has the session of an ARN, and its position.
    pub(crate) fn role_of(&self, session: &Arn) -> Option<(usize, Principal)> {
        let (name, _) = session_names(session)?;
        let role = role_of_session(session, self.of_name(name).map(|(_, holder)| &holder.principal))?;
        let (nth, _) = self.of_name(name).find(|(_, holder)| holder.principal.key == role.key)?;
        Some((nth, role))
    }

    pub(crate) fn holder(&self, nth: usize) -> Option<&'e Holder> {
        self.holders.get(nth).copied()
    }

    /// The ARN of the session that `AROA…:SESSION` is of a stored role.
    pub(crate) fn session_of_id(&self, id: &str) -> Option<Arn> {
        let (role, session) = id.split_once(':')?;
        let is_it = |principal: &&Principal| principal.unique_id.as_deref() == Some(role);
        let Principal { partition, account, name, .. } =
            self.holders.iter().map(|holder| &holder.principal).find(is_it)?;
        let account = account.as_ref()?;
        Arn::parse(&format!("arn:{partition}:sts::{account}:assumed-role/{name}/{session}"))
    }
}
