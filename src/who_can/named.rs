//! Whom the policies of resources and VPC endpoints name who are not stored users or roles: whom they grant something,
//! whom they set apart from others by a Deny or an exception, as those of endpoints do by all that they say, and who stands
//! for all whom they do not name.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::directory::Directory;
use super::kind::name;
use super::{Outsider, Who};
use crate::arn::{AccountId, Arn};
use crate::layers::LayerPolicy;
use crate::policy::{Condition, Effect, PolicyType, PrincipalEntry, Selector, Statement, Test};
use crate::request::fold;

/// Why somebody is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mention {
    /// It is told apart from others: told where its answer is another than theirs.
    Apart,
    /// Something is granted to it.
    Granted,
}

/// Whom policies name.
#[derive(Debug, Default)]
pub(crate) struct Named {
    who: BTreeMap<Outsider, Mention>,
    /// Accounts, each with its partition.
    accounts: BTreeMap<AccountId, String>,
    /// Names of users, roles and services.
    names: BTreeSet<String>,
}

/// Names that no policy has: of those who stand for all others.
#[derive(Debug, Clone)]
pub(crate) struct Unnamed {
    pub(crate) account: Option<AccountId>,
    pub(crate) user: String,
    pub(crate) service: String,
}

impl Named {
    /// Those whom some policies name, and who are stored in none of some files.
    pub(crate) fn by<'p>(
        policies: impl IntoIterator<Item = &'p LayerPolicy>,
        directories: &[&Directory<'_>],
    ) -> Named {
        let mut named = Named::default();
        // Many roles have the same document.
        let mut seen = FxHashSet::default();
        let is_new = |policy: &&LayerPolicy| {
            policy.document.as_ref().is_some_and(|document| seen.insert(Arc::as_ptr(document)))
        };
        let policies: Vec<&LayerPolicy> = policies.into_iter().filter(is_new).collect();
        for policy in &policies {
            let can_grant = policy.policy_type != PolicyType::VpcEndpoint;
            policy.statements().iter().for_each(|statement| named.read(statement, can_grant, directories));
        }
        if named.who.contains_key(&Outsider::AnyService) {
            let statements = policies.iter().flat_map(|policy| policy.statements());
            statements.flat_map(services_of).for_each(|name| named.add(name, Mention::Granted));
        }
        let is_stored = |account: &AccountId| directories.iter().any(|of| of.has_account(account));
        named.who.retain(|who, _| match who {
            Outsider::OtherAccount(account) | Outsider::Root { account, .. } => !is_stored(account),
            Outsider::Stranger(arn) => !directories.iter().any(|of| of.has(arn)),
            _ => true,
        });
        named
    }

    fn read(&mut self, statement: &Statement, can_grant: bool, directories: &[&Directory<'_>]) {
        let Some(principal) = &statement.principal else { return };
        let allows = can_grant && statement.effect == Effect::Allow;
        let grants = allows && matches!(principal, Selector::In(_));
        let mention = if grants { Mention::Granted } else { Mention::Apart };
        if allows && !grants {
            self.add_everyone();
        }
        for entry in principal.entries().iter().map(|entry| &entry.value) {
            self.names.extend(name(entry));
            match entry {
                PrincipalEntry::Everyone if grants => self.add_everyone(),
                PrincipalEntry::Account { partition, account } => {
                    let partition = partition.clone().unwrap_or_else(|| "aws".to_owned());
                    self.add(Outsider::OtherAccount(account.clone()), mention);
                    // Of an account that is listed, the root user alone has no other link (R-PRN-8).
                    if let (Effect::Deny, Selector::NotIn(_)) = (statement.effect, principal) {
                        let (partition, account) = (partition.clone(), account.clone());
                        self.add(Outsider::Root { partition, account }, Mention::Apart);
                    }
                    self.accounts.insert(account.clone(), partition);
                }
                PrincipalEntry::User(arn)
                | PrincipalEntry::Role(arn)
                | PrincipalEntry::Session(arn)
                | PrincipalEntry::FederatedUser(arn) => {
                    let account = AccountId::parse(arn.account());
                    self.accounts.extend(account.map(|account| (account, arn.partition().to_owned())));
                    self.add(Outsider::Stranger(arn.clone()), mention);
                }
                PrincipalEntry::Service(name) => {
                    self.names.insert(name.clone());
                    self.add(Outsider::Service(name.clone()), mention);
                }
                PrincipalEntry::Federated(name) => self.add(Outsider::Federated(name.clone()), mention),
                PrincipalEntry::CanonicalUser(id) => self.add(Outsider::CanonicalUser(id.clone()), mention),
                // Who had a unique id and is not stored is no more (R-GRM-29).
                PrincipalEntry::UniqueId(id) => {
                    let sessions = directories.iter().filter_map(|of| of.session_of_id(id));
                    sessions.for_each(|arn| self.add(Outsider::Stranger(arn), mention));
                }
                // No request comes from the latter.
                PrincipalEntry::Everyone | PrincipalEntry::OriginAccessIdentity(_) => {}
            }
        }
    }

    fn add_everyone(&mut self) {
        for who in [Outsider::AnyPrincipal, Outsider::AnyService, Outsider::Public] {
            self.add(who, Mention::Granted);
        }
    }

    /// Adds somebody.
    pub(crate) fn add(&mut self, who: Outsider, mention: Mention) {
        let known = self.who.entry(who).or_insert(mention);
        *known = mention.max(*known);
    }

    /// Those who are named.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Outsider, Mention)> {
        self.who.iter().map(|(who, mention)| (who, *mention))
    }

    /// The partition of an account.
    pub(crate) fn partition(&self, account: &AccountId) -> &str {
        self.accounts.get(account).map_or("aws", String::as_str)
    }

    /// Names that neither the policies nor some files have.
    pub(crate) fn unnamed(&self, is_taken: impl Fn(&AccountId) -> bool) -> Unnamed {
        let accounts = (0..=999_999_999_999_u64).rev();
        let mut accounts = accounts.filter_map(|number| AccountId::parse(&format!("{number:012}")));
        let is_free = |name: &String| !self.names.contains(name);
        let with_number = |name: &str, nth: usize| match nth {
            0 => name.to_owned(),
            nth => format!("{name}-{nth}"),
        };
        let user = (0..).map(|nth| with_number("anyone", nth)).find(is_free);
        let service = (0..).map(|nth| format!("{}.amazonaws.com", with_number("example", nth))).find(is_free);
        Unnamed {
            account: accounts.find(|account| !self.accounts.contains_key(account) && !is_taken(account)),
            user: user.unwrap_or_default(),
            service: service.unwrap_or_default(),
        }
    }

    /// Whose answer somebody has whom no policy tells apart, of those who are asked about: of a session the role's, of
    /// whoever is of an account the account's.
    pub(crate) fn general(&self, who: &Outsider, directory: &Directory<'_>) -> Option<Who> {
        let asked = |who: Outsider| self.who.contains_key(&who).then_some(Who::Other(who));
        let any = || asked(Outsider::AnyPrincipal);
        let of_account = |account: &AccountId| asked(Outsider::OtherAccount(account.clone())).or_else(any);
        match who {
            Outsider::Stranger(arn) => {
                let stored = directory.role_of(arn).map(|(nth, _)| Who::Stored(nth));
                let role = || self.role_of(arn).map(|arn| Who::Other(Outsider::Stranger(arn)));
                let account = || AccountId::parse(arn.account()).as_ref().and_then(of_account);
                stored.or_else(role).or_else(account).or_else(any)
            }
            Outsider::Root { account, .. } if !directory.has_account(account) => of_account(account),
            Outsider::OtherAccount(_) | Outsider::CanonicalUser(_) => any(),
            Outsider::Service(_) => asked(Outsider::AnyService),
            Outsider::Root { .. }
            | Outsider::AnyPrincipal
            | Outsider::AnyService
            | Outsider::Federated(_)
            | Outsider::Public => None,
        }
    }

    /// The role of a session, where both are named and neither is stored.
    fn role_of(&self, session: &Arn) -> Option<Arn> {
        let (role, _) = crate::stored::session_names(session)?;
        self.who.keys().find_map(|who| match who {
            Outsider::Stranger(arn)
                if arn.account() == session.account()
                    && arn.partition() == session.partition()
                    && arn.resource().starts_with("role/")
                    && arn.resource().rsplit('/').next() == Some(role) =>
            {
                Some(arn.clone())
            }
            _ => None,
        })
    }
}

/// The services that the conditions of a statement about everybody name: by their names, or by what they call for.
fn services_of(statement: &Statement) -> Vec<Outsider> {
    let is_about_many = match &statement.principal {
        Some(Selector::In(entries)) => entries.iter().any(|entry| entry.value == PrincipalEntry::Everyone),
        Some(Selector::NotIn(_)) => true,
        None => false,
    };
    let of_condition = |condition: &Condition| -> Vec<String> {
        let texts = condition.values.iter().map(|value| value.text.as_str());
        let is_plain = |text: &&str| !text.is_empty() && !text.contains(['*', '?', '$']);
        match fold(&condition.key).as_str() {
            _ if condition.operator.test == Test::Null => Vec::new(),
            "aws:principalservicename" | "aws:principalservicenameslist" => {
                texts.filter(is_plain).filter(|text| text.contains('.')).map(str::to_owned).collect()
            }
            "aws:sourcearn" => {
                let services = texts.filter_map(|text| text.split(':').nth(2)).filter(is_plain);
                services.map(|service| format!("{service}.amazonaws.com")).collect()
            }
            _ => Vec::new(),
        }
    };
    let conditions = statement.conditions.iter().filter(|_| is_about_many);
    conditions.flat_map(of_condition).map(Outsider::Service).collect()
}
