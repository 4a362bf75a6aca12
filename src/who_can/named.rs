//! Those who are not stored users or roles: whom the policy of the resource names, and the root users.

use std::collections::BTreeSet;

use super::via::Via;
use super::{Answered, Answers, Asker, Asking, Outsider, OwnPolicies, Who, own_account, root_of};
use crate::analysis::{Subject, unlimited};
use crate::arn::{AccountId, Arn};
use crate::caller::{Caller, IamCaller, IamKind};
use crate::knowledge::Identified;
use crate::layers::{Layer, LayerPolicy, PolicyLayers};
use crate::policy::{Effect, PolicyType, PrincipalEntry, Selector};
use crate::store::{PrincipalKind, Snapshot, StoreError};
use crate::stored::{Everyone, Holder, Subjects, role_of_session, session_names};

/// Accounts that stand for any that is not known, the first that is not stored.
const OF_ANYONE: [&str; 3] = ["999999999999", "888888888888", "777777777777"];

/// One of them as a caller.
pub(crate) struct Asked {
    pub(crate) who: Outsider,
    pub(crate) caller: Caller,
    /// How much of the caller it is.
    pub(crate) identified: Identified,
    /// Its own policies.
    pub(crate) own: PolicyLayers,
    /// Whether those are not known, and taken to allow everything.
    pub(crate) own_policies: OwnPolicies,
}

/// Asks about those of one resource.
pub(super) fn ask(
    asking: &mut Asking<'_, '_, '_>,
    everyone: &Everyone,
    answers: &mut Answers,
) -> Result<(), StoreError> {
    let own = asking.snapshot.account()?;
    let of_resource = asking.ground(own.as_ref())?.layers.resource.clone();
    let all = named(&of_resource, asking.snapshot, everyone)?;
    for asked in all {
        let question = asking.question;
        let ground = asking.ground_of_outsider(&asked)?;
        let Asked { who, caller, identified, own, own_policies } = asked;
        let ask = |own: PolicyLayers| {
            let PolicyLayers { identity, boundary, .. } = own;
            let layers = PolicyLayers { identity, boundary, ..ground.layers.clone() };
            question.answered(caller.clone(), identified, layers, &ground)
        };
        // Who is let by the resource alone needs no policies of its own.
        let by_itself = match own_policies {
            OwnPolicies::Needed if identified == Identified::Caller => {
                Some(ask(PolicyLayers::default())).filter(Answered::is_yes)
            }
            OwnPolicies::Needed | OwnPolicies::Known => None,
        };
        let answered = by_itself.unwrap_or_else(|| Answered { own_policies, ..ask(own) });
        let via = answered.allowed().map(Via::of_resource).unwrap_or_default();
        answers.answers.push(answered);
        answers.askers.push(Asker { who: Who::Other(who), answer: answers.answers.len() - 1, via });
    }
    Ok(())
}

/// Those of them who may do something in a part of all requests, as subjects. Root users are not among them: they may
/// do everything in their account that nothing denies.
pub(crate) fn outsiders(
    subjects: &Subjects<'_, '_>,
    snapshot: &Snapshot<'_>,
    everyone: &Everyone,
) -> Result<Vec<(Asked, Subject)>, StoreError> {
    let mut found = Vec::new();
    for asked in named(subjects.of_resources(), snapshot, everyone)? {
        if !matches!(asked.who, Outsider::Root { .. }) {
            let subject = asked.subject(subjects, snapshot)?;
            found.push((asked, subject));
        }
    }
    Ok(found)
}

/// The root users, and whom the policies of resources name who is not stored.
pub(super) fn named<'p>(
    of_resources: impl IntoIterator<Item = &'p LayerPolicy>,
    snapshot: &Snapshot<'_>,
    everyone: &Everyone,
) -> Result<Vec<Asked>, StoreError> {
    let mut accounts: BTreeSet<(String, AccountId)> = everyone
        .users_and_roles()
        .filter_map(|holder| Some((holder.principal.partition.clone(), holder.principal.account.clone()?)))
        .collect();
    accounts.extend(snapshot.account()?.map(|own| ("aws".to_owned(), own)));
    let is_stored = |account: &AccountId| accounts.iter().any(|(_, of)| of == account);
    let root = |(partition, account): &(String, AccountId)| Outsider::Root {
        partition: partition.clone(),
        account: account.clone(),
    };
    let mut all: BTreeSet<Outsider> = accounts.iter().map(root).collect();
    let statements = of_resources.into_iter().flat_map(LayerPolicy::statements);
    for statement in statements.filter(|statement| statement.effect == Effect::Allow) {
        match &statement.principal {
            None => {}
            Some(Selector::NotIn(_)) => all.extend([Outsider::AnyPrincipal, Outsider::Public]),
            Some(Selector::In(entries)) => all.extend(entries.iter().flat_map(|entry| who(&entry.value))),
        }
    }
    all.retain(|who| match who {
        Outsider::OtherAccount(account) => !is_stored(account),
        Outsider::Stranger(arn) => !everyone.users_and_roles().any(|holder| is_the(arn, holder)),
        _ => true,
    });
    Ok(all.into_iter().filter_map(|who| Asked::of(who, everyone, &is_stored)).collect())
}

/// Whom an entry names.
fn who(entry: &PrincipalEntry) -> Vec<Outsider> {
    match entry {
        PrincipalEntry::Everyone => vec![Outsider::AnyPrincipal, Outsider::Public],
        PrincipalEntry::Account { account, .. } => vec![Outsider::OtherAccount(account.clone())],
        PrincipalEntry::User(arn)
        | PrincipalEntry::Role(arn)
        | PrincipalEntry::Session(arn)
        | PrincipalEntry::FederatedUser(arn) => vec![Outsider::Stranger(arn.clone())],
        PrincipalEntry::Service(name) => vec![Outsider::Service(name.clone())],
        PrincipalEntry::Federated(name) => vec![Outsider::Federated(name.clone())],
        PrincipalEntry::CanonicalUser(id) => vec![Outsider::CanonicalUser(id.clone())],
        // Who had a unique id and is not stored is no more (R-GRM-29); no request comes from the other.
        PrincipalEntry::UniqueId(_) | PrincipalEntry::OriginAccessIdentity(_) => Vec::new(),
    }
}

/// Whether an ARN is that of a stored user or role, whatever its path.
fn is_the(arn: &Arn, holder: &Holder) -> bool {
    let principal = &holder.principal;
    let kind = arn.resource().split('/').next().unwrap_or_default();
    let is_kind = || match principal.kind {
        PrincipalKind::User => kind == "user" && arn.as_str() == principal.arn(),
        PrincipalKind::Role => kind == "role",
        PrincipalKind::Group => false,
    };
    let name = arn.resource().rsplit('/').next().unwrap_or_default();
    name == principal.name && principal.may_be_of(arn) && is_kind()
}

impl Asked {
    /// Whether it is a session of a stored role.
    pub(super) fn is_of_stored_role(&self) -> bool {
        matches!(self.who, Outsider::Stranger(_)) && self.own_policies == OwnPolicies::Known
    }

    /// With all that decides for it. What is of nobody's account is not of an outsider's, but of the file's.
    pub(crate) fn subject(
        &self,
        subjects: &Subjects<'_, '_>,
        snapshot: &Snapshot<'_>,
    ) -> Result<Subject, StoreError> {
        let mut subject = subjects.of(self.caller.clone(), self.identified, self.own.clone())?;
        if !self.is_of_stored_role() {
            let own = own_account(snapshot)?;
            for situation in subject.situations.iter_mut().filter(|of| of.resource_account.is_none()) {
                situation.resource_account = Some(own.clone());
            }
        }
        if self.own_policies == OwnPolicies::Needed {
            subject.told = vec![Layer::Resource];
        }
        Ok(subject)
    }

    /// None of an ARN that nobody asks by.
    fn of(who: Outsider, everyone: &Everyone, is_stored: &dyn Fn(&AccountId) -> bool) -> Option<Asked> {
        let (caller, identified) = match &who {
            Outsider::Root { partition, account } => (root_of(partition, Some(account)), Identified::Caller),
            Outsider::Stranger(arn) => match session_of(arn, everyone) {
                Some((caller, own)) => {
                    let (identified, own_policies) = (Identified::Caller, OwnPolicies::Known);
                    return Some(Asked { who, caller, identified, own, own_policies });
                }
                None => (Caller::parse(arn.as_str())?, Identified::Caller),
            },
            Outsider::OtherAccount(account) => (root_of("aws", Some(account)), Identified::Account),
            Outsider::AnyPrincipal => {
                let accounts = OF_ANYONE.iter().filter_map(|id| AccountId::parse(id));
                let account = accounts.into_iter().find(|account| !is_stored(account));
                (root_of("aws", account.as_ref()), Identified::Anyone)
            }
            Outsider::Service(name) => (Caller::Service(name.clone()), Identified::Caller),
            Outsider::Federated(name) => (Caller::Federated(name.clone()), Identified::Caller),
            Outsider::CanonicalUser(id) => (Caller::CanonicalUser(id.clone()), Identified::Caller),
            Outsider::Public => (Caller::Anonymous, Identified::Caller),
        };
        let own_policies = match who {
            Outsider::Stranger(_)
            | Outsider::CanonicalUser(_)
            | Outsider::OtherAccount(_)
            | Outsider::AnyPrincipal => OwnPolicies::Needed,
            _ => OwnPolicies::Known,
        };
        let identity = match own_policies {
            OwnPolicies::Needed => vec![unlimited(PolicyType::Identity)],
            OwnPolicies::Known => Vec::new(),
        };
        let own = PolicyLayers { identity, ..PolicyLayers::default() };
        Some(Asked { who, caller, identified, own, own_policies })
    }
}

/// A session of a stored role, and the policies of that.
fn session_of(arn: &Arn, everyone: &Everyone) -> Option<(Caller, PolicyLayers)> {
    let (_, session) = session_names(arn)?;
    let role = role_of_session(arn, everyone.users_and_roles().map(|holder| &holder.principal))?;
    let holder = everyone.users_and_roles().find(|holder| holder.principal.key == role.key)?;
    let kind = IamKind::RoleSession(Some(session.to_owned()));
    let caller = IamCaller { kind, account: role.account, ..holder.caller()? };
    Some((Caller::Iam(caller), everyone.policy_layers(holder)))
}
