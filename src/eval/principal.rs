//! Whether a resource-based statement is about the caller, and as what (R-PRN-1 to 13).

use std::collections::BTreeSet;

use crate::arn::{AccountId, Arn};
use crate::caller::{Caller, IamCaller, IamKind};
use crate::layers::{NotPrincipal, PolicyLayers, Settings};
use crate::policy::{Effect, PrincipalEntry, Selector, Statement};

/// As what a caller is named by a resource-based policy (R-PRN-1). It decides how far a grant reaches (R-EVL-20).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PrincipalClass {
    /// By its own ARN or id.
    Direct,
    /// By the ARN or id of the role whose session it is.
    RoleOfSession,
    /// By the ARN of the user who called `sts:GetFederationToken`.
    UserOfFederation,
    /// As one of an account.
    Account,
    /// As anyone.
    Wildcard,
    /// As a service.
    Service,
    /// As whom an identity provider vouches for.
    Federated,
    /// By the S3 canonical id of its account.
    Canonical,
}

/// The classes by which a statement's principal part matches the caller; none where it does not. A statement
/// without that part is about everybody.
pub fn classes(statement: &Statement, caller: &Caller, layers: &PolicyLayers) -> BTreeSet<PrincipalClass> {
    let class_of = |entry: &PrincipalEntry| class(entry, caller, &layers.settings);
    match &statement.principal {
        None => BTreeSet::from([PrincipalClass::Wildcard]),
        Some(Selector::In(entries)) => entries.iter().filter_map(|entry| class_of(entry)).collect(),
        Some(Selector::NotIn(entries)) => {
            let everyone = entries.iter().any(|entry| entry.value == PrincipalEntry::Everyone);
            let listed: BTreeSet<PrincipalClass> =
                entries.iter().filter_map(|entry| class_of(entry)).collect();
            let applies = !everyone && is_outside(statement.effect, &listed, caller, layers);
            // R-EVL-22.
            applies.then_some(PrincipalClass::Wildcard).into_iter().collect()
        }
    }
}

/// Whether a caller is outside of a `NotPrincipal` that lists it by these classes (R-PRN-8, R-PRN-9).
fn is_outside(
    effect: Effect,
    listed: &BTreeSet<PrincipalClass>,
    caller: &Caller,
    layers: &PolicyLayers,
) -> bool {
    let is_listed = |link: &PrincipalClass| {
        listed.contains(link)
            || (*link == PrincipalClass::Account && listed.contains(&PrincipalClass::Canonical))
    };
    let chain = chain(caller, &layers.settings);
    let none = !chain.iter().any(is_listed);
    match (effect, layers.settings.not_principal) {
        (Effect::Allow, _) => none,
        (Effect::Deny, _) if has_boundary(caller, layers) => true,
        (Effect::Deny, NotPrincipal::Layered) => none || !chain.iter().all(is_listed),
        (Effect::Deny, NotPrincipal::Lenient) => none,
    }
}

/// Whether the caller has a permissions boundary. Root has none (R-EVL-52), nor has who is no IAM principal.
pub(super) fn has_boundary(caller: &Caller, layers: &PolicyLayers) -> bool {
    caller.is_iam() && !caller.is_root() && !layers.boundary.is_empty()
}

/// The links of the caller from itself to its account, as the classes by which each is named. A link that is not
/// known is named by nobody.
fn chain(caller: &Caller, settings: &Settings) -> Vec<PrincipalClass> {
    use PrincipalClass::*;
    match caller {
        Caller::Iam(caller) => match caller.kind {
            IamKind::User => vec![Direct, Account],
            IamKind::RoleSession(_) => vec![Direct, RoleOfSession, Account],
            IamKind::FederatedUser(_) => vec![Direct, UserOfFederation, Account],
            IamKind::Root => vec![Account],
        },
        Caller::CanonicalUser(id) if settings.canonical_ids.contains_key(id) => vec![Canonical, Account],
        Caller::CanonicalUser(_) => vec![Canonical],
        Caller::Service(_) => vec![Service],
        Caller::Federated(_) => vec![Federated],
        Caller::Anonymous => Vec::new(),
    }
}

/// The class by which one entry matches the caller.
fn class(entry: &PrincipalEntry, caller: &Caller, settings: &Settings) -> Option<PrincipalClass> {
    use PrincipalClass::*;
    match (entry, caller) {
        (PrincipalEntry::Everyone, _) => Some(Wildcard),
        // The root's ARN is the account's id: no other partition has an account of that id.
        (PrincipalEntry::Account { account, .. }, _) => {
            (account_of(caller, settings) == Some(account)).then_some(Account)
        }
        (PrincipalEntry::User(arn), Caller::Iam(caller)) => match &caller.kind {
            IamKind::User => is_arn_of(arn, caller).then_some(Direct),
            IamKind::FederatedUser(Some(user)) => {
                (user == arn && is_of_account_of(arn, caller)).then_some(UserOfFederation)
            }
            _ => None,
        },
        (PrincipalEntry::Role(arn), Caller::Iam(caller)) => is_role_of(arn, caller).then_some(RoleOfSession),
        (PrincipalEntry::Session(arn) | PrincipalEntry::FederatedUser(arn), Caller::Iam(caller)) => {
            is_arn_of(arn, caller).then_some(Direct)
        }
        (PrincipalEntry::UniqueId(id), Caller::Iam(caller)) => by_unique_id(id, caller),
        (PrincipalEntry::Service(name), Caller::Service(caller)) => (name == caller).then_some(Service),
        (PrincipalEntry::Federated(name), Caller::Federated(caller)) => (name == caller).then_some(Federated),
        (PrincipalEntry::CanonicalUser(id), Caller::CanonicalUser(caller)) => {
            (id == caller).then_some(Canonical)
        }
        (PrincipalEntry::CanonicalUser(id), Caller::Iam(_)) => {
            let account = settings.canonical_ids.get(id);
            (account.is_some() && account == caller.account()).then_some(Canonical)
        }
        _ => None,
    }
}

/// The account of a caller, also of one that is known by a canonical id that is mapped to one (R-GRM-26).
pub(super) fn account_of<'a>(caller: &'a Caller, settings: &'a Settings) -> Option<&'a AccountId> {
    match caller {
        Caller::CanonicalUser(id) => settings.canonical_ids.get(id),
        _ => caller.account(),
    }
}

/// R-PRN-3, R-PRN-4: to the letter.
fn is_arn_of(arn: &Arn, caller: &IamCaller) -> bool {
    caller.account.is_some() && arn.as_str() == caller.arn()
}

/// R-PRN-2: partition, account and name; role names are unique in an account whatever the path.
fn is_role_of(arn: &Arn, caller: &IamCaller) -> bool {
    let name = arn.resource().rsplit('/').next().unwrap_or_default();
    matches!(caller.kind, IamKind::RoleSession(_)) && is_of_account_of(arn, caller) && name == caller.name
}

/// Whether partition and account are the caller's.
fn is_of_account_of(arn: &Arn, caller: &IamCaller) -> bool {
    let account = caller.account.as_ref().map(AccountId::as_str);
    arn.partition() == caller.partition && Some(arn.account()) == account
}

/// R-GRM-29: ids name the very principal, whatever it is called.
fn by_unique_id(id: &str, caller: &IamCaller) -> Option<PrincipalClass> {
    let own = caller.unique_id.as_deref()?;
    match &caller.kind {
        IamKind::User => (own == id && id.starts_with("AIDA")).then_some(PrincipalClass::Direct),
        IamKind::RoleSession(session) => match id.split_once(':') {
            None => (own == id && id.starts_with("AROA")).then_some(PrincipalClass::RoleOfSession),
            Some((role, name)) => {
                (own == role && session.as_deref() == Some(name)).then_some(PrincipalClass::Direct)
            }
        },
        IamKind::FederatedUser(_) | IamKind::Root => None,
    }
}
