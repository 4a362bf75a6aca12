//! Who can: one action on one resource, asked of everybody at once.
//!
//! The answer is for each principal the one that [`ask`](crate::ask) gives to the same question about it. But each
//! policy is looked at once for a question, and principals whose policies come to the same for it are asked about
//! together (`alike`). Beside the stored users and roles, whoever the policy of the resource names is asked about
//! (`named`, `outsider`), be it that it is denied something or excepted: services, other accounts, identity providers,
//! sessions, everyone; and the root users of the accounts.

mod alike;
mod crowd;
mod directory;
mod kind;
mod named;
mod outsider;
mod regions;
mod via;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::arn::{AccountId, Arn};
use crate::ask::{Ask, Reply, Unsaid, reply};
use crate::caller::{Caller, IamCaller, IamKind};
use crate::catalog::{Action as KnownAction, Catalog};
use crate::knowledge::Identified;
use crate::layers::PolicyLayers;
use crate::question::QuestionError;
use crate::request::{Action, Context, Request, Resource, Value};
use crate::store::{Snapshot, StoreError};
use crate::stored::{Assumption, Endpoint, Everyone, Surroundings, endpoint, surroundings};

use alike::Alike;

pub(crate) use crowd::Crowd;
pub(crate) use kind::name as name_of;
pub(crate) use named::Mention;
pub(crate) use outsider::{AskedInPart, outsiders};

pub use outsider::named;
pub use regions::{About, PartQuestion, Regions, RegionsError, regions};
pub use via::Via;

/// One action on one resource.
pub struct Question<'a> {
    /// The action.
    pub action: Action,
    /// The resource.
    pub resource: Resource,
    /// Whose resource it is, where that is said (R-EVL-11).
    pub resource_account: Option<AccountId>,
    /// What was said of the context, key by key; `None`: it was said to be absent.
    pub given: Vec<(String, Option<Value>)>,
    /// What a key that was not mentioned is.
    pub unsaid: Unsaid,
    /// The time of the request.
    pub now: Timestamp,
    /// Facts about actions and keys.
    pub catalog: &'a Catalog,
    /// What the catalogue knows of the action.
    pub known_action: Option<&'a KnownAction>,
}

/// Somebody who may ask.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// A stored user or role, as a position among [`Everyone::users_and_roles`].
    Stored(usize),
    /// Somebody else.
    Other(Outsider),
}

/// Somebody who is no stored user or role.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outsider {
    /// The root user of an account.
    Root {
        /// `aws`, `aws-cn`, …
        partition: String,
        /// The account.
        account: AccountId,
    },
    /// A user or role that is not stored, by the policies of its own account, whatever they are; or a session.
    Stranger(Arn),
    /// Whoever of an account that is not stored is let by its policies, whatever they are.
    OtherAccount(AccountId),
    /// Whoever has credentials of AWS and is let by the policies of its account, whatever they are.
    AnyPrincipal,
    /// A service.
    Service(String),
    /// Whatever service.
    AnyService,
    /// Whom an identity provider vouches for.
    Federated(String),
    /// An IAM principal of an account of which the S3 canonical id is known.
    CanonicalUser(String),
    /// Whoever sends no credentials.
    Public,
}

/// Whose own policies are not known, and taken to allow everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnPolicies {
    /// They are known, or not needed.
    Known,
    /// It takes them.
    Needed,
}

/// Who can.
#[derive(Debug)]
pub struct Answers {
    /// The answers that there are.
    pub answers: Vec<Answered>,
    /// Who gets which of them, by position, and what lets it.
    pub askers: Vec<Asker>,
}

/// An answer that some get.
#[derive(Debug)]
pub struct Answered {
    /// Whom it was found for.
    pub caller: Caller,
    /// The policies that decided: of the identity policies, those without which it would be another.
    pub layers: PolicyLayers,
    /// The answer.
    pub reply: Result<Reply, QuestionError>,
    /// Whether the own policies of who asks are taken to allow everything.
    pub own_policies: OwnPolicies,
}

/// Somebody with its answer.
#[derive(Debug)]
pub struct Asker {
    /// Who.
    pub who: Who,
    /// The position of the answer.
    pub answer: usize,
    /// The statements that let it.
    pub via: Vec<Via>,
    /// Of whom it is one, as far as no policy tells it apart: of a session the role, of a user the account.
    pub general: Option<Who>,
}

/// Answers of one question, being found.
struct Asking<'q, 's, 'a> {
    question: &'q Question<'q>,
    snapshot: &'s Snapshot<'a>,
    endpoint: Endpoint,
    grounds: BTreeMap<Option<AccountId>, Surroundings>,
}

/// Asks everybody.
pub fn who_can(
    snapshot: &Snapshot<'_>,
    everyone: &Everyone,
    question: &Question<'_>,
) -> Result<Answers, StoreError> {
    who_can_and(snapshot, everyone, question, &BTreeSet::new())
}

/// Asks everybody, and some more whether or not a policy names them: whom the policies of another time name.
pub fn who_can_and(
    snapshot: &Snapshot<'_>,
    everyone: &Everyone,
    question: &Question<'_>,
    also: &BTreeSet<Outsider>,
) -> Result<Answers, StoreError> {
    let mut asking = Asking::new(question, snapshot)?;
    let mut answers = Answers { answers: Vec::new(), askers: Vec::new() };
    let mut alike = Alike::new(everyone);
    for (nth, holder) in everyone.users_and_roles().enumerate() {
        if let Some((answer, via)) = alike.answer(holder, &mut asking, &mut answers.answers)? {
            answers.askers.push(Asker { who: Who::Stored(nth), answer, via, general: None });
        }
    }
    outsider::ask(&mut asking, everyone, also, &mut answers)?;
    Ok(answers)
}

impl<'q, 's, 'a> Asking<'q, 's, 'a> {
    fn new(question: &'q Question<'q>, snapshot: &'s Snapshot<'a>) -> Result<Asking<'q, 's, 'a>, StoreError> {
        let endpoint = endpoint(snapshot, &question.given)?;
        Ok(Asking { question, snapshot, endpoint, grounds: BTreeMap::new() })
    }

    /// What surrounds the requests of an account's principals.
    fn ground(&mut self, account: Option<&AccountId>) -> Result<&Surroundings, StoreError> {
        Ok(match self.grounds.entry(account.cloned()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let request = self.question.request(root_of("aws", account));
                let ground = surroundings(self.snapshot, &request, self.question.catalog)?;
                new.insert(ground.through(&self.endpoint))
            }
        })
    }

    /// What surrounds the requests of somebody who is not stored: a resource of which nothing says whose it is is not
    /// of its account, but of the file's. (The session of a stored role is asked about as the role is.)
    fn ground_of_outsider(&self, asked: &outsider::Asked) -> Result<Surroundings, StoreError> {
        let mut request = self.question.request(asked.caller.clone());
        let around = |request: &Request| {
            Ok(surroundings(self.snapshot, request, self.question.catalog)?.through(&self.endpoint))
        };
        let ground = around(&request)?;
        let assumed = &ground.assumed;
        let is_assumed =
            [Assumption::OnlyAccount, Assumption::OwnAccount].iter().any(|of| assumed.contains(of));
        if asked.is_of_stored_role() || !is_assumed {
            return Ok(ground);
        }
        request.resource_account = Some(own_account(self.snapshot)?);
        around(&request)
    }
}

/// The account of the file; while it is not set, one that is nobody's.
fn own_account(snapshot: &Snapshot<'_>) -> Result<AccountId, StoreError> {
    Ok(snapshot.account()?.unwrap_or_else(AccountId::unset))
}

impl Question<'_> {
    fn request(&self, caller: Caller) -> Request {
        let Question { action, resource, resource_account, .. } = self;
        Request {
            caller,
            action: action.clone(),
            resource: resource.clone(),
            resource_account: resource_account.clone(),
            context: Context::default(),
        }
    }

    /// The question about one caller.
    fn about<'x>(
        &'x self,
        caller: &'x Caller,
        identified: Identified,
        layers: &'x PolicyLayers,
        ground: &Surroundings,
    ) -> Ask<'x> {
        Ask {
            caller,
            identified,
            layers,
            action: self.action.clone(),
            resource: Some(self.resource.clone()),
            resource_account: ground.resource_account.clone(),
            assumed: ground.assumed.clone(),
            surroundings: ground.keys.clone(),
            given: self.given.clone(),
            unsaid: self.unsaid,
            now: self.now,
            catalog: self.catalog,
            known_action: self.known_action,
        }
    }

    /// The answer to it.
    fn answered(
        &self,
        caller: Caller,
        identified: Identified,
        layers: PolicyLayers,
        ground: &Surroundings,
    ) -> Answered {
        let reply = reply(&self.about(&caller, identified, &layers, ground));
        Answered { caller, layers, reply, own_policies: OwnPolicies::Known }
    }
}

/// The root user of an account, which stands for whoever is of it.
fn root_of(partition: &str, account: Option<&AccountId>) -> Caller {
    Caller::Iam(IamCaller {
        kind: IamKind::Root,
        partition: partition.to_owned(),
        account: account.cloned(),
        path: String::new(),
        name: String::new(),
        unique_id: None,
        tags: Vec::new(),
        may_bring_tags: false,
    })
}
