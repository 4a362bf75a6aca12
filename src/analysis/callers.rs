//! Callers that a witness is tried with, where it is about anyone: those whom policies name as principals or in keys
//! about the caller, and strangers of each kind.

use std::collections::BTreeSet;

use itertools::Itertools;

use crate::arn::AccountId;
use crate::caller::{Caller, IamCaller, IamKind};
use crate::compile::Callers;
use crate::policy::{PrincipalEntry, ResourcePattern, Selector, Statement};
use crate::request::fold;

/// How many accounts are tried where a key does not say of which a caller is.
const MOST_ACCOUNTS: usize = 16;
/// An account that stands for any.
const ANY_ACCOUNT: &str = "999999999999";
/// Keys whose values name accounts of callers.
const KEYS_OF_ACCOUNTS: [&str; 2] = ["aws:principalaccount", "aws:principalarn"];

/// The callers to try, those first who are named.
pub(super) fn callers_to_try<'s, I: Iterator<Item = &'s Statement>>(
    statements: impl Fn() -> I,
    partitions: &BTreeSet<&str>,
    asked: &Callers,
) -> Vec<Caller> {
    let entries = statements().filter_map(|statement| statement.principal.as_ref());
    let entries = entries.flat_map(Selector::entries);
    let named: Vec<Caller> = entries.flat_map(|entry| callers_of(&entry.value, partitions)).collect();
    let values = || {
        let conditions = statements().flat_map(|statement| &statement.conditions);
        conditions.flat_map(|of| of.values.iter().map(|value| (fold(&of.key), &*value.value.text)))
    };
    let by_keys = values()
        .filter(|(key, _)| KEYS_OF_ACCOUNTS.contains(&key.as_str()))
        .flat_map(|(_, value)| value.split(':').filter_map(AccountId::parse));
    let by_principals = named.iter().filter_map(|caller| caller.account().cloned());
    let accounts = by_keys.chain(by_principals).unique().take(MOST_ACCOUNTS);
    let accounts: BTreeSet<AccountId> = accounts.chain(AccountId::parse(ANY_ACCOUNT)).collect();
    let by_key = values().flat_map(|(key, value)| callers_by_key(&key, value, &accounts, partitions));
    let mut callers = named;
    callers.extend(by_key);
    callers.extend(
        AccountId::parse(ANY_ACCOUNT).into_iter().flat_map(|any| callers_of_account(&any, partitions)),
    );
    if *asked == Callers::InAccount {
        let resources = statements().filter_map(|statement| statement.resource.as_ref());
        let owners = resources.flat_map(Selector::entries).filter_map(|entry| owner_of(&entry.value));
        let owners = owners.unique().take(MOST_ACCOUNTS);
        callers.extend(owners.flat_map(|owner| callers_of_account(&owner, partitions)));
    }
    callers.push(Caller::Anonymous);
    callers.push(Caller::Service("other.amazonaws.com".to_owned()));
    callers.push(Caller::Federated("accounts.google.com".to_owned()));
    callers.dedup();
    callers
}

/// One of each kind in an account, in each partition.
fn callers_of_account(account: &AccountId, partitions: &BTreeSet<&str>) -> Vec<Caller> {
    let kinds = [
        "iam::A:user/anyone",
        "sts::A:assumed-role/anyone/session",
        "sts::A:federated-user/anyone",
        "iam::A:root",
    ];
    let arns = partitions.iter().cartesian_product(kinds);
    let arns =
        arns.map(|(partition, kind)| format!("arn:{partition}:{}", kind.replace('A', account.as_str())));
    arns.filter_map(|arn| Caller::parse(&arn)).collect()
}

/// The account in a pattern of resources.
fn owner_of(pattern: &ResourcePattern) -> Option<AccountId> {
    match pattern {
        ResourcePattern::Every => None,
        ResourcePattern::Arn(segments) => segments.get(4)?.as_text().and_then(AccountId::parse),
    }
}

/// Callers of whom a key holds a value, of an account if it does not say of which; what other wildcards stand for is anyone.
fn callers_by_key(
    folded: &str,
    value: &str,
    accounts: &BTreeSet<AccountId>,
    partitions: &BTreeSet<&str>,
) -> Vec<Caller> {
    let of_account = |account: &str| {
        AccountId::parse(account).map(|account| callers_of_account(&account, partitions)).unwrap_or_default()
    };
    let filled = |text: &str| text.replace('*', "anyone").replace('?', "a");
    match folded {
        "aws:principalarn" => {
            let fields: Vec<&str> = value.splitn(6, ':').collect();
            let [_, partition, service, _, account, name] = fields[..] else { return Vec::new() };
            let (partition, name) = (if partition.contains('*') { "aws" } else { partition }, filled(name));
            let service = match service {
                service if !service.contains('*') => service,
                _ if name.starts_with("federated-user/") => "sts",
                _ => "iam",
            };
            let named =
                |account: &str| Caller::parse(&format!("arn:{partition}:{service}::{account}:{name}"));
            match AccountId::parse(account) {
                Some(_) => named(account).into_iter().chain(of_account(account)).collect(),
                None => accounts.iter().filter_map(|account| named(account.as_str())).collect(),
            }
        }
        "aws:principalaccount" => of_account(value),
        "aws:username" => {
            let user = |account: &AccountId| {
                Caller::parse(&format!("arn:aws:iam::{account}:user/{}", filled(value)))
            };
            accounts.iter().filter_map(user).collect()
        }
        "aws:principalservicename" => vec![Caller::Service(filled(value))],
        _ => Vec::new(),
    }
}

/// Callers that an entry names: of an account one in each partition, and a federated user behind whom a user is.
fn callers_of(entry: &PrincipalEntry, partitions: &BTreeSet<&str>) -> Vec<Caller> {
    match entry {
        PrincipalEntry::Everyone | PrincipalEntry::OriginAccessIdentity(_) => Vec::new(),
        PrincipalEntry::Account { account, .. } => callers_of_account(account, partitions),
        PrincipalEntry::User(arn) => {
            let session = format!("arn:{}:sts::{}:federated-user/anyone", arn.partition(), arn.account());
            let mut session = Caller::parse(&session);
            if let Some(Caller::Iam(session)) = &mut session {
                session.kind = IamKind::FederatedUser(Some(arn.clone()));
            }
            Caller::parse(arn.as_str()).into_iter().chain(session).collect()
        }
        PrincipalEntry::Role(arn) | PrincipalEntry::Session(arn) | PrincipalEntry::FederatedUser(arn) => {
            Caller::parse(arn.as_str()).into_iter().collect()
        }
        PrincipalEntry::UniqueId(id) => {
            let (id, session) =
                id.split_once(':').map_or((id.as_str(), None), |(id, session)| (id, Some(session)));
            let kind = match (id.starts_with("AIDA"), session) {
                (true, _) => IamKind::User,
                (false, session) => IamKind::RoleSession(session.map(str::to_owned)),
            };
            let bearer = |partition: &&str| {
                Caller::Iam(IamCaller {
                    kind: kind.clone(),
                    partition: (*partition).to_owned(),
                    account: AccountId::parse(ANY_ACCOUNT),
                    path: "/".to_owned(),
                    name: "anyone".to_owned(),
                    unique_id: Some(id.to_owned()),
                    tags: Vec::new(),
                    may_bring_tags: false,
                })
            };
            partitions.iter().map(bearer).collect()
        }
        PrincipalEntry::Service(name) => vec![Caller::Service(name.clone())],
        PrincipalEntry::Federated(name) => vec![Caller::Federated(name.clone())],
        PrincipalEntry::CanonicalUser(id) => vec![Caller::CanonicalUser(id.clone())],
    }
}
