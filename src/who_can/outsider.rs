//! Those who are not stored users or roles, as callers: whom the policies of resources and VPC endpoints name, and the
//! root users.

use std::collections::{BTreeMap, BTreeSet};

use super::directory::Directory;
use super::named::{Mention, Named, Unnamed};
use super::via::Via;
use super::{Answered, Answers, Asker, Asking, Outsider, OwnPolicies, Question, Who, own_account, root_of};
use crate::analysis::{Subject, unlimited};
use crate::arn::{AccountId, Arn};
use crate::caller::{Caller, IamCaller, IamKind};
use crate::eval::is_role_session_action;
use crate::knowledge::Identified;
use crate::layers::{Layer, LayerPolicy, PolicyLayers};
use crate::policy::PolicyType;
use crate::request::{Action, Resource};
use crate::store::{PrincipalKey, Snapshot, StoreError};
use crate::stored::{Everyone, Subjects, session_names};

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
    /// The stored role whose session it is.
    pub(crate) role: Option<PrincipalKey>,
}

/// One of them in a part of all requests.
pub(crate) struct AskedInPart {
    pub(crate) asked: Asked,
    pub(crate) mention: Mention,
    /// Of which it is one.
    pub(crate) general: Option<Who>,
}

/// Asks about those of one resource, and about some more.
pub(super) fn ask<'o>(
    asking: &mut Asking<'_, '_, '_>,
    everyone: &Everyone,
    also: impl IntoIterator<Item = &'o Outsider>,
    answers: &mut Answers,
) -> Result<(), StoreError> {
    let own = asking.snapshot.account()?;
    let directory = Directory::of(everyone, asking.snapshot)?;
    let ground = asking.ground(own.as_ref())?;
    let owner = ground.resource_account.clone();
    let mut named = Named::by(naming(&ground.layers), &[&directory]);
    for (partition, account) in directory.accounts() {
        let (partition, account) = (partition.clone(), account.clone());
        named.add(Outsider::Root { partition, account }, Mention::Granted);
    }
    also.into_iter().for_each(|who| named.add(who.clone(), Mention::Granted));
    let of_arn = match &asking.question.resource {
        Resource::Arn(arn) => AccountId::parse(arn.account()),
        Resource::Star => None,
    };
    let owners = [owner, of_arn];
    let unnamed = named.unnamed(|account| {
        directory.has_account(account) || owners.iter().flatten().any(|owner| owner == account)
    });
    let mut found = BTreeMap::new();
    for (who, mention) in named.iter().filter(|(who, _)| may_ask(who, &asking.question.action)) {
        let Some(asked) = Asked::of(who, everyone, &directory, &named, &unnamed) else { continue };
        let (answered, via) = answered(asking, asked)?;
        found.insert(who, (answered, via, mention));
    }
    let stored = |nth: usize| {
        let askers = answers.askers.iter().find(|asker| asker.who == Who::Stored(nth));
        askers.and_then(|asker| answers.answers.get(asker.answer))
    };
    let mut kept = BTreeMap::new();
    for (&who, (answered, _, mention)) in &found {
        let general = named.general(who, &directory);
        let of_general = match &general {
            None => None,
            Some(Who::Stored(nth)) => stored(*nth),
            Some(Who::Other(who)) => found.get(who).map(|(answered, ..)| answered),
        };
        let is_like = match of_general {
            None => answered.is_no(),
            Some(general) => answered.is_like(general),
        };
        if *mention == Mention::Granted || !is_like {
            kept.insert(who.clone(), general);
        }
    }
    let found: Vec<_> =
        found.into_iter().map(|(who, (answered, via, _))| (who.clone(), answered, via)).collect();
    for (who, answered, via) in found {
        if let Some(general) = kept.remove(&who) {
            let (who, answer) = (Who::Other(who), answers.answers.len());
            answers.answers.push(answered);
            answers.askers.push(Asker { who, answer, via, general });
        }
    }
    Ok(())
}

/// The policies that can name somebody: that of the resource, and those of the VPC endpoint.
fn naming(layers: &PolicyLayers) -> impl Iterator<Item = &LayerPolicy> {
    layers.resource.iter().chain(&layers.vpc_endpoint)
}

/// Whom the policies about a question name, to ask about them at another time, too.
pub fn named(
    snapshot: &Snapshot<'_>,
    everyone: &Everyone,
    question: &Question<'_>,
) -> Result<BTreeSet<Outsider>, StoreError> {
    let mut asking = Asking::new(question, snapshot)?;
    let own = snapshot.account()?;
    let directory = Directory::of(everyone, snapshot)?;
    let ground = asking.ground(own.as_ref())?;
    let named = Named::by(naming(&ground.layers), &[&directory]);
    Ok(named.iter().map(|(who, _)| who.clone()).collect())
}

/// Whether somebody may ask for an action at all: who has no session yet starts one with credentials, and not with
/// those of a root user (STS API reference, AssumeRole).
fn may_ask(who: &Outsider, action: &Action) -> bool {
    !(matches!(who, Outsider::Root { .. } | Outsider::Public) && is_role_session_action(action))
}

fn answered(asking: &Asking<'_, '_, '_>, asked: Asked) -> Result<(Answered, Vec<Via>), StoreError> {
    let question = asking.question;
    let ground = asking.ground_of_outsider(&asked)?;
    let Asked { caller, identified, own, own_policies, .. } = asked;
    let ask = |own: PolicyLayers| {
        let PolicyLayers { identity, boundary, .. } = own;
        let layers = PolicyLayers { identity, boundary, ..ground.layers.clone() };
        question.answered(caller.clone(), identified, layers, &ground)
    };
    // Who is let by the resource alone needs no policies of its own.
    let by_itself = match own_policies {
        OwnPolicies::Needed if identified <= Identified::Untagged => {
            Some(ask(PolicyLayers::default())).filter(Answered::is_yes)
        }
        OwnPolicies::Needed | OwnPolicies::Known => None,
    };
    let answered = by_itself.unwrap_or_else(|| Answered { own_policies, ..ask(own) });
    let via = answered.allowed().map(Via::of_resource).unwrap_or_default();
    Ok((answered, via))
}

/// Whom the policies of resources name in a part of all requests, on each of some sides. Root users of stored accounts
/// are not among them: they may do everything in their account that nothing denies.
pub(crate) fn outsiders<const SIDES: usize>(
    sides: [(&Subjects<'_, '_>, &Snapshot<'_>, &Everyone); SIDES],
) -> Result<Vec<[Option<AskedInPart>; SIDES]>, StoreError> {
    let mut directories = Vec::new();
    for (_, snapshot, everyone) in sides {
        directories.push(Directory::of(everyone, snapshot)?);
    }
    let policies = sides.iter().flat_map(|(subjects, ..)| subjects.of_resources());
    let named = Named::by(policies, &directories.iter().collect::<Vec<_>>());
    let mut taken: BTreeSet<AccountId> = BTreeSet::new();
    for (subjects, ..) in sides {
        taken.extend(subjects.owners().cloned());
    }
    let unnamed = named.unnamed(|account| {
        directories.iter().any(|directory| directory.has_account(account)) || taken.contains(account)
    });
    let mut directories = directories.iter();
    let of_sides = sides.map(|(.., everyone)| directories.next().map(|directory| (everyone, directory)));
    let each = named.iter().map(|(who, mention)| {
        of_sides.map(|side| {
            let (everyone, directory) = side?;
            let asked = Asked::of(who, everyone, directory, &named, &unnamed)?;
            Some(AskedInPart { asked, mention, general: named.general(who, directory) })
        })
    });
    Ok(each.collect())
}

impl Asked {
    /// Whether it is a session of a stored role.
    pub(super) fn is_of_stored_role(&self) -> bool {
        self.role.is_some()
    }

    /// With all that decides for it. What is of nobody's account is not of an outsider's, but of the file's.
    pub(crate) fn subject(
        &self,
        subjects: &Subjects<'_, '_>,
        snapshot: &Snapshot<'_>,
    ) -> Result<Subject, StoreError> {
        let (caller, own) = (self.caller.clone(), self.own.clone());
        let mut subject = if self.is_of_stored_role() {
            subjects.of(caller, self.identified, own)?
        } else {
            subjects.of_outsider(caller, self.identified, own)?
        };
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
    fn of(
        who: &Outsider,
        everyone: &Everyone,
        directory: &Directory<'_>,
        named: &Named,
        unnamed: &Unnamed,
    ) -> Option<Asked> {
        let any_user = |partition: &str, account: Option<&AccountId>| {
            Caller::Iam(IamCaller {
                kind: IamKind::User,
                partition: partition.to_owned(),
                account: account.cloned(),
                path: "/".to_owned(),
                name: unnamed.user.clone(),
                unique_id: None,
                tags: Vec::new(),
                may_bring_tags: false,
            })
        };
        let (caller, identified) = match who {
            Outsider::Root { partition, account } => (root_of(partition, Some(account)), Identified::Caller),
            Outsider::Stranger(arn) => match session_of(arn, everyone, directory) {
                Some(asked) => return Some(asked),
                None => (Caller::parse(arn.as_str())?, Identified::Untagged),
            },
            Outsider::OtherAccount(account) => {
                (any_user(named.partition(account), Some(account)), Identified::Account)
            }
            Outsider::AnyPrincipal => {
                (any_user(directory.partition(), unnamed.account.as_ref()), Identified::Anyone)
            }
            Outsider::Service(name) => (Caller::Service(name.clone()), Identified::Caller),
            Outsider::AnyService => (Caller::Service(unnamed.service.clone()), Identified::Anyone),
            Outsider::Federated(name) => (Caller::Federated(name.clone()), Identified::Caller),
            Outsider::CanonicalUser(id) => (Caller::CanonicalUser(id.clone()), Identified::Untagged),
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
        Some(Asked { who: who.clone(), caller, identified, own, own_policies, role: None })
    }
}

/// A session of a stored role, with the policies of that.
fn session_of(arn: &Arn, everyone: &Everyone, directory: &Directory<'_>) -> Option<Asked> {
    let (_, session) = session_names(arn)?;
    let (nth, role) = directory.role_of(arn)?;
    let holder = directory.holder(nth)?;
    let kind = IamKind::RoleSession(Some(session.to_owned()));
    let caller = IamCaller { kind, account: role.account, ..holder.caller()? };
    Some(Asked {
        who: Outsider::Stranger(arn.clone()),
        caller: Caller::Iam(caller),
        identified: Identified::Caller,
        own: everyone.policy_layers(holder),
        own_policies: OwnPolicies::Known,
        role: Some(role.key),
    })
}
