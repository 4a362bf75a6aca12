//! Those who are not stored users or roles: whom the policy of the resource names, and the root users.

use std::collections::BTreeSet;

use super::via::Via;
use super::{Answered, Answers, Asker, Asking, OwnPolicies, Who, root_of};
use crate::analysis::unlimited;
use crate::arn::{AccountId, Arn};
use crate::caller::{Caller, IamCaller, IamKind};
use crate::eval::Decision;
use crate::knowledge::Identified;
use crate::layers::PolicyLayers;
use crate::policy::{Effect, PolicyType, PrincipalEntry, Selector};
use crate::question::Answer;
use crate::store::{PrincipalKind, StoreError};
use crate::stored::{Everyone, Holder};

/// Accounts that stand for any that is not known, the first that is not stored.
const OF_ANYONE: [&str; 3] = ["999999999999", "888888888888", "777777777777"];

/// Asks about them.
pub(super) fn ask(
    asking: &mut Asking<'_, '_, '_>,
    everyone: &Everyone,
    answers: &mut Answers,
) -> Result<(), StoreError> {
    let own = asking.snapshot.account()?;
    let holders = || everyone.users_and_roles();
    let mut accounts: BTreeSet<(String, AccountId)> = holders()
        .filter_map(|holder| Some((holder.principal.partition.clone(), holder.principal.account.clone()?)))
        .collect();
    accounts.extend(own.clone().map(|own| ("aws".to_owned(), own)));
    let is_stored = |account: &AccountId| accounts.iter().any(|(_, of)| of == account);
    let mut all: BTreeSet<Who> = accounts
        .iter()
        .map(|(partition, account)| Who::Root { partition: partition.clone(), account: account.clone() })
        .collect();
    let ground = asking.ground(own.as_ref())?;
    for (_, statement) in ground.layers.statements().filter(|(of, _)| of.effect == Effect::Allow) {
        match &statement.principal {
            None => {}
            Some(Selector::NotIn(_)) => all.extend([Who::AnyPrincipal, Who::Public]),
            Some(Selector::In(entries)) => all.extend(entries.iter().flat_map(|entry| who(&entry.value))),
        }
    }
    all.retain(|who| match who {
        Who::OtherAccount(account) => !is_stored(account),
        Who::Stranger(arn) => !holders().any(|holder| is_the(arn, holder)),
        _ => true,
    });
    for who in all {
        let Some(answered) = about(&who, asking, everyone)? else { continue };
        let via = answered.allowed().map(Via::of_resource);
        let via = via.unwrap_or_default();
        answers.answers.push(answered);
        answers.askers.push(Asker { who, answer: answers.answers.len() - 1, via });
    }
    Ok(())
}

/// Whom an entry names.
fn who(entry: &PrincipalEntry) -> Vec<Who> {
    match entry {
        PrincipalEntry::Everyone => vec![Who::AnyPrincipal, Who::Public],
        PrincipalEntry::Account { account, .. } => vec![Who::OtherAccount(account.clone())],
        PrincipalEntry::User(arn)
        | PrincipalEntry::Role(arn)
        | PrincipalEntry::Session(arn)
        | PrincipalEntry::FederatedUser(arn) => vec![Who::Stranger(arn.clone())],
        PrincipalEntry::Service(name) => vec![Who::Service(name.clone())],
        PrincipalEntry::Federated(name) => vec![Who::Federated(name.clone())],
        PrincipalEntry::CanonicalUser(id) => vec![Who::CanonicalUser(id.clone())],
        // Who had a unique id and is not stored is no more (R-GRM-29); no request comes from the other.
        PrincipalEntry::UniqueId(_) | PrincipalEntry::OriginAccessIdentity(_) => Vec::new(),
    }
}

/// Whether an ARN is that of a stored user or role, whatever its path.
fn is_the(arn: &Arn, holder: &Holder) -> bool {
    let principal = &holder.principal;
    let kind = arn.resource().split('/').next().unwrap_or_default();
    let of_account = principal.account.as_ref().is_none_or(|account| account.as_str() == arn.account());
    let is_kind = match principal.kind {
        PrincipalKind::User => kind == "user" && arn.as_str() == principal.arn(),
        PrincipalKind::Role => kind == "role",
        PrincipalKind::Group => false,
    };
    let name = arn.resource().rsplit('/').next().unwrap_or_default();
    of_account && is_kind && arn.partition() == principal.partition && name == principal.name
}

/// The answer about one of them.
fn about(
    who: &Who,
    asking: &mut Asking<'_, '_, '_>,
    everyone: &Everyone,
) -> Result<Option<Answered>, StoreError> {
    let stored = |arn: &Arn| {
        let role = arn.resource().strip_prefix("assumed-role/")?.split('/').next()?;
        let is_it = |holder: &&Holder| {
            let of = &holder.principal;
            of.kind == PrincipalKind::Role
                && (of.name.as_str(), of.partition.as_str()) == (role, arn.partition())
                && of.account.as_ref().is_none_or(|account| account.as_str() == arn.account())
        };
        everyone.users_and_roles().find(is_it)
    };
    let question = asking.question;
    let (caller, identified) = match who {
        Who::Stored(_) => return Ok(None),
        Who::Root { partition, account } => (root_of(partition, Some(account)), Identified::Caller),
        Who::Stranger(arn) => match stored(arn).and_then(|role| Some((role, role.caller()?))) {
            // A session of a stored role.
            Some((role, caller)) => {
                let session = arn.resource().rsplit('/').next().map(str::to_owned);
                let caller = IamCaller { kind: IamKind::RoleSession(session), ..caller };
                let ground = asking.ground(caller.account.as_ref())?;
                let own = everyone.policy_layers(role);
                let layers =
                    PolicyLayers { identity: own.identity, boundary: own.boundary, ..ground.layers.clone() };
                let caller = Caller::Iam(caller);
                return Ok(Some(question.answered(caller, Identified::Caller, layers, &ground.surroundings)));
            }
            None => match Caller::parse(arn.as_str()) {
                Some(caller) => (caller, Identified::Caller),
                None => return Ok(None),
            },
        },
        Who::OtherAccount(account) => (root_of("aws", Some(account)), Identified::Account),
        Who::AnyPrincipal => {
            let stored: Vec<&AccountId> =
                everyone.users_and_roles().filter_map(|holder| holder.principal.account.as_ref()).collect();
            let account = OF_ANYONE.iter().filter_map(|id| AccountId::parse(id));
            let account = account.into_iter().find(|account| !stored.contains(&account));
            (root_of("aws", account.as_ref()), Identified::Anyone)
        }
        Who::Service(name) => (Caller::Service(name.clone()), Identified::Caller),
        Who::Federated(name) => (Caller::Federated(name.clone()), Identified::Caller),
        Who::CanonicalUser(id) => (Caller::CanonicalUser(id.clone()), Identified::Caller),
        Who::Public => (Caller::Anonymous, Identified::Caller),
    };
    let ground = asking.ground(caller.account())?;
    let ask = |layers| question.answered(caller.clone(), identified, layers, &ground.surroundings);
    let by_itself = ask(ground.layers.clone());
    let is_allowed = by_itself.allowed().is_some_and(|of| of.decision == Decision::Allowed)
        && matches!(by_itself.reply.as_ref().map(|reply| &reply.answer), Ok(Answer::Decided(_)));
    Ok(Some(match who {
        Who::Stranger(_) | Who::CanonicalUser(_) if !is_allowed => {
            let identity = vec![unlimited(PolicyType::Identity)];
            let layers = PolicyLayers { identity, ..ground.layers.clone() };
            Answered { own_policies: OwnPolicies::Needed, ..ask(layers) }
        }
        Who::OtherAccount(_) | Who::AnyPrincipal => {
            Answered { own_policies: OwnPolicies::Needed, ..by_itself }
        }
        _ => by_itself,
    }))
}
