//! A whole question, *can this principal do this?*, and its reply: the answer and everything that explains
//! it. What is stored comes in as layers and a caller, the clock as an instant: nothing is looked up here.

use std::collections::BTreeSet;

use crate::algebra::Budget;
use crate::arn::AccountId;
use crate::caller::{Caller, IamCaller, IamKind};
use crate::catalog::{Action as KnownAction, Catalog};
use crate::context_keys::{OWNER, global_region, is_always_present, key_kind};
use crate::eval::{self, Decision, Fit};
use crate::knowledge::{Identified, Knowledge, time_keys};
use crate::layers::{Layer, PolicyLayers, StatementRef};
use crate::policy::{Diagnostic, Effect, PrincipalEntry, Selector};
use crate::question::{self, Answer, Example, KeyFacts, Question, QuestionError};
use crate::request::{Action, Context, Request, Resource, Value, fold};
use crate::stored::{Assumption, session_names};

/// A question.
#[derive(Clone)]
pub struct Ask<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// How much of that counts.
    pub identified: Identified,
    /// The policies that decide.
    pub layers: &'a PolicyLayers,
    /// The action.
    pub action: Action,
    /// The resource; `None` where none was named, which asks about `*`.
    pub resource: Option<Resource>,
    /// Whose resource it is, where that is known (R-EVL-11).
    pub resource_account: Option<AccountId>,
    /// What is taken for granted of the resource.
    pub assumed: BTreeSet<Assumption>,
    /// Keys that follow from what surrounds the request: the organization, the resource's tags.
    pub surroundings: Vec<(String, Value)>,
    /// What was said of the context, key by key; `None`: it was said to be absent.
    pub given: Vec<(String, Option<Value>)>,
    /// What a key that was not mentioned is.
    pub unsaid: Unsaid,
    /// The time of the request.
    pub now: jiff::Timestamp,
    /// Facts about actions and keys.
    pub catalog: &'a Catalog,
    /// What the catalogue knows of the action.
    pub known_action: Option<&'a KnownAction>,
}

/// What a context key that was not mentioned is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsaid {
    /// Unknown: it may have any value, or be absent.
    Unknown,
    /// Absent, as AWS's policy simulator assumes.
    Absent,
}

impl Ask<'_> {
    /// The question as a request about a resource in a context.
    pub fn request(&self, resource: &Resource, context: Context) -> Request {
        Request {
            caller: self.caller.clone(),
            action: self.action.clone(),
            resource: resource.clone(),
            resource_account: self.resource_account.clone(),
            context,
        }
    }

    /// What is known of the context of a request about a resource.
    pub fn knowledge(&self, resource: &Resource) -> Knowledge {
        knowledge(self, resource, &mut Vec::new())
    }
}

/// The reply to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The resource that was asked about.
    pub resource: Resource,
    /// The answer.
    pub answer: Answer,
    /// The answer on `*`, where an ARN was given for an action that AWS decides on `*` (R-RES-11).
    pub on_star: Option<Answer>,
    /// Keys that were taken to be absent although they could have changed the answer.
    pub missing: Vec<String>,
    /// Allow statements that are about the action but did not apply.
    pub near: Vec<Near>,
    /// Malformed parts of the policies in play.
    pub degraded: Vec<Degraded>,
    /// What the reader should know.
    pub notes: Vec<Note>,
}

/// A statement that did not apply, and why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Near {
    /// The statement.
    pub statement: StatementRef,
    /// How far it fits.
    pub fit: Fit,
}

/// A malformed part of a policy in play (semantics 0.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Degraded {
    /// The layer of the policy.
    pub layer: Layer,
    /// The position of the policy in its layer.
    pub policy: usize,
    /// What is wrong.
    pub diagnostic: Diagnostic,
}

/// Something that an answer is to be read with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// The caller's account is not known.
    AccountUnset,
    /// AWS decides the action on `*`, whatever resource is named (R-RES-11).
    DecidedOnStar,
    /// The action works on a resource, but none was named (R-RES-11).
    NeedsResource,
    /// The action is about other resources, of which one is what AWS decides it on (R-RES-11).
    OtherResource {
        /// What their ARNs look like.
        arns: Vec<String>,
    },
    /// What was given contradicts what follows from the principal (R-KEY-1).
    Contradicts {
        /// The key.
        key: String,
        /// What follows; `None`: that it is absent.
        derived: Option<Value>,
    },
    /// The role lacks a tag that matters; a session could bring it (R-TAG-6).
    SessionTag {
        /// The key.
        key: String,
    },
    /// A policy names a session of the role, which is answered otherwise (R-PRN-6).
    SessionName {
        /// The name of the session.
        session: String,
        /// Its answer, in a word.
        answer: &'static str,
    },
    /// The resource is taken to be of this account, although there are others (R-EVL-11).
    OwnAccount {
        /// The caller's.
        account: AccountId,
    },
    /// The request is taken to come through no VPC endpoint, although policies of some are stored (R-EVL-57).
    NoVpcEndpoint,
    /// A layer is there, but does not count for the request (R-EVL-8, R-EVL-36, R-EVL-37).
    Ignored {
        /// The layer.
        layer: Layer,
    },
    /// A policy is attached, but its document is not known (R-EVL-64).
    UnknownDocument {
        /// The layer.
        layer: Layer,
        /// The policy.
        policy: String,
    },
}

impl Reply {
    /// The statements that decided, with the effect that counted, and their layer.
    pub fn deciding(&self) -> Vec<StatementRef> {
        let of = |example: &Example| -> Vec<StatementRef> {
            let denied = example.evaluation.decision == Decision::ExplicitlyDenied;
            let counts = |statement: &StatementRef| (statement.effect == Effect::Deny) == denied;
            example.evaluation.applying().filter(counts).collect()
        };
        match &self.answer {
            Answer::Decided(example) => of(example),
            Answer::Depends(depends) => of(&depends.allowed),
        }
    }
}

/// Answers a question.
pub fn reply(ask: &Ask<'_>) -> Result<Reply, QuestionError> {
    let mut notes = Vec::new();
    let resource = ask.resource.clone().unwrap_or(Resource::Star);
    let knowledge = knowledge(ask, &resource, &mut notes);
    let answer_on =
        |resource: &Resource, closed: bool| answer(ask, Knowledge { closed, ..knowledge.clone() }, resource);
    let closed = ask.unsaid == Unsaid::Absent;
    let answer = answer_on(&resource, closed)?;
    let missing = match (&answer, closed.then(|| answer_on(&resource, false))) {
        (Answer::Decided(_), Some(Ok(Answer::Depends(depends)))) => depends.keys,
        _ => Vec::new(),
    };
    let on_star = match (&resource, ask.known_action) {
        (Resource::Arn(_), Some(action)) if action.is_wildcard_only() => {
            notes.push(Note::DecidedOnStar);
            Some(answer_on(&Resource::Star, closed)?)
        }
        (Resource::Star, Some(action)) if action.needs_resource() => {
            notes.push(Note::NeedsResource);
            None
        }
        (Resource::Arn(arn), Some(action)) => {
            let service = ask.catalog.service(ask.action.service());
            let arns = service.iter().flat_map(|service| service.arns_instead(action, arn));
            let arns: Vec<String> = arns.map(str::to_owned).collect();
            if !arns.is_empty() {
                notes.push(Note::OtherResource { arns });
            }
            None
        }
        _ => None,
    };
    let near = match &answer {
        Answer::Decided(example) if example.evaluation.decision != Decision::Allowed => {
            near(ask.layers, &ask.request(&resource, example.context.clone()))
        }
        _ => Vec::new(),
    };
    let request = ask.request(&resource, Context::default());
    for layer in ask.layers.present() {
        if !eval::is_in_scope(layer, ask.layers, &request) {
            notes.push(Note::Ignored { layer });
            continue;
        }
        let unknown = ask.layers.policies(layer).into_iter().filter(|policy| policy.document.is_none());
        notes.extend(unknown.map(|policy| Note::UnknownDocument { layer, policy: policy.name.clone() }));
    }
    notes.extend(session_tags(ask, &resource));
    notes.extend(answers_of_sessions(ask, &resource, &answer)?);
    notes.extend(own_account(ask, &answer));
    notes.extend(no_endpoint(ask, &answer));
    Ok(Reply { resource, answer, on_star, missing, near, degraded: degraded(ask.layers), notes })
}

fn answer(ask: &Ask<'_>, knowledge: Knowledge, resource: &Resource) -> Result<Answer, QuestionError> {
    question::answer(&Question {
        layers: ask.layers,
        request: ask.request(resource, Context::default()),
        knowledge,
        facts: KeyFacts {
            kind: &|key| key_kind(key, ask.catalog),
            always_present: &|key| is_always_present(key, ask.caller),
        },
        budget: Budget::default(),
    })
}

/// What is known of the context: what was given, and under it what follows from the caller, the resource and
/// the clock (R-KEY-1).
fn knowledge(ask: &Ask<'_>, resource: &Resource, notes: &mut Vec<Note>) -> Knowledge {
    let mut knowledge = Knowledge::of_so_much(ask.caller, ask.identified);
    for (key, value) in &ask.surroundings {
        knowledge.known.set(key, value.clone());
    }
    if ask.caller.iam().is_some_and(|caller| caller.account.is_none()) {
        notes.push(Note::AccountUnset);
    }
    for (key, given) in &ask.given {
        let derived = knowledge.known.get(key).cloned();
        let is_derived = derived.is_some() || knowledge.is_absent(key);
        let is_session_tag = may_bring_tags(ask.caller) && fold(key).starts_with("aws:principaltag/");
        if is_derived && derived != *given && !is_session_tag {
            notes.push(Note::Contradicts { key: key.clone(), derived });
        }
    }
    for (key, value) in time_keys(&ask.now.as_second().into()) {
        knowledge.known.set(key, value);
    }
    let mut single = |key: &str, value: String| knowledge.known.set(key, Value::Single(value));
    let (partition, region) = match resource {
        Resource::Arn(arn) => (arn.partition(), arn.region()),
        Resource::Star => (ask.caller.iam().map_or("", |caller| &caller.partition), ""),
    };
    let region = global_region(&ask.action, partition).unwrap_or(region);
    if !region.is_empty() {
        single("aws:RequestedRegion", region.to_owned());
    }
    let owner = ask.resource_account.clone().or_else(|| match resource {
        Resource::Arn(arn) => AccountId::parse(arn.account()),
        Resource::Star => None,
    });
    if let Some(owner) = owner {
        single(OWNER, owner.as_str().to_owned());
        // Of an access point it is whose the bucket behind it is.
        if matches!(resource, Resource::Arn(arn) if arn.service() == "s3" && arn.account().is_empty()) {
            single("s3:ResourceAccount", owner.as_str().to_owned());
        }
    }
    knowledge.say(&ask.given);
    // The tags that were given are all that the request carries, where nothing else is unknown (semantics 5.6).
    let is_said = ask.given.iter().any(|(key, _)| fold(key) == "aws:tagkeys");
    if ask.unsaid == Unsaid::Absent && !is_said {
        let tag = |key: &String| Some(key.get("aws:RequestTag/".len()..)?.to_owned());
        let given = ask
            .given
            .iter()
            .filter(|(key, value)| value.is_some() && fold(key).starts_with("aws:requesttag/"));
        let tags: Vec<String> = given.filter_map(|(key, _)| tag(key)).collect();
        if !tags.is_empty() {
            knowledge.known.set("aws:TagKeys", Value::Multi(tags));
        }
    }
    knowledge
}

/// The Allow statements about the action that did not apply, where an Allow was missing.
fn near(layers: &PolicyLayers, request: &Request) -> Vec<Near> {
    let blocked_by = eval::authorize(layers, request).blocked_by;
    let allows =
        layers.statements().filter(|(of, _)| of.effect == Effect::Allow && blocked_by.contains(&of.layer));
    let fits = allows.filter_map(|(of, statement)| {
        let policy = layers.policy(of)?;
        Some(Near { statement: of, fit: eval::fit(statement, policy.policy_type, request, layers) })
    });
    fits.filter(|near| matches!(near.fit, Fit::OtherPrincipal | Fit::OtherResource | Fit::ConditionsFail(_)))
        .collect()
}

fn degraded(layers: &PolicyLayers) -> Vec<Degraded> {
    let mut found = Vec::new();
    for layer in layers.present() {
        for (policy, of) in layers.policies(layer).into_iter().enumerate() {
            let diagnostics = of.document.iter().flat_map(|document| document.parsed.degraded());
            found.extend(diagnostics.map(|diagnostic| Degraded {
                layer,
                policy,
                diagnostic: diagnostic.clone(),
            }));
        }
    }
    found
}

/// R-EVL-11: that the resource is taken to be of the caller's account, where that could matter. Across accounts a yes
/// needs more, and a no can turn only where it comes from the RCPs of the account.
fn own_account(ask: &Ask<'_>, answer: &Answer) -> Option<Note> {
    let denied_by = match answer {
        Answer::Decided(Example { evaluation, .. }) => match evaluation.decision {
            Decision::ImplicitlyDenied | Decision::ExplicitlyDenied => Some(&evaluation.blocked_by),
            Decision::Allowed | Decision::Unknown => None,
        },
        Answer::Depends(_) => None,
    };
    let could_matter = |assumption: &Assumption| match (assumption, denied_by) {
        (Assumption::NoResourcePolicy | Assumption::NoVpcEndpoint, _) => false,
        (_, Some(layers)) => layers.contains(&Layer::Rcp),
        (Assumption::OnlyAccount, None) => ask.layers.is_present(Layer::Resource),
        (Assumption::OwnAccount, None) => true,
    };
    let account = ask.caller.account().filter(|_| ask.assumed.iter().any(could_matter))?;
    Some(Note::OwnAccount { account: account.clone() })
}

/// R-EVL-57: that the request is taken to come through no VPC endpoint, where that could matter: a policy of one can only
/// limit.
fn no_endpoint(ask: &Ask<'_>, answer: &Answer) -> Option<Note> {
    let is_assumed = ask.assumed.contains(&Assumption::NoVpcEndpoint);
    (is_assumed && answer.word() != "no").then_some(Note::NoVpcEndpoint)
}

/// Whether sessions of the caller can carry tags of their own (R-TAG-6).
fn may_bring_tags(caller: &Caller) -> bool {
    let session = |kind: &IamKind| matches!(kind, IamKind::RoleSession(_) | IamKind::FederatedUser(_));
    caller.iam().is_some_and(|caller| session(&caller.kind))
}

/// The name of the session of a role that an entry names, by its ARN or by the id of the role.
fn session_of<'e>(entry: &'e PrincipalEntry, role: &IamCaller) -> Option<&'e str> {
    match entry {
        PrincipalEntry::Session(arn) => {
            let (name, session) = session_names(arn)?;
            let account = role.account.as_ref().map(AccountId::as_str);
            let is_it = arn.partition() == role.partition && account == Some(arn.account());
            (is_it && name == role.name).then_some(session)
        }
        PrincipalEntry::UniqueId(id) => {
            let (of, session) = id.split_once(':')?;
            (role.unique_id.as_deref() == Some(of)).then_some(session)
        }
        _ => None,
    }
}

/// The sessions of the role that policies name and that are answered otherwise than one of no name (R-PRN-6).
fn answers_of_sessions(
    ask: &Ask<'_>,
    resource: &Resource,
    answer_of_role: &Answer,
) -> Result<Vec<Note>, QuestionError> {
    let is_role = |caller: &&IamCaller| caller.kind == IamKind::RoleSession(None);
    let Some(role) = ask.caller.iam().filter(is_role) else { return Ok(Vec::new()) };
    let statements = ask.layers.statements().map(|(_, statement)| statement);
    let about = statements.filter(|statement| eval::is_about_action(statement, &ask.action));
    let entries = about.filter_map(|statement| statement.principal.as_ref()).flat_map(Selector::entries);
    let names: BTreeSet<&str> = entries.filter_map(|entry| session_of(&entry.value, role)).collect();
    let mut notes = Vec::new();
    for name in names {
        let kind = IamKind::RoleSession(Some(name.to_owned()));
        let caller = Caller::Iam(IamCaller { kind, ..role.clone() });
        let ask = Ask { caller: &caller, ..ask.clone() };
        let knowledge =
            Knowledge { closed: ask.unsaid == Unsaid::Absent, ..knowledge(&ask, resource, &mut Vec::new()) };
        let answer = answer(&ask, knowledge, resource)?;
        let is_same = match (&answer, answer_of_role) {
            (Answer::Depends(own), Answer::Depends(other)) => own.when == other.when,
            (own, other) => own.word() == other.word(),
        };
        if !is_same {
            notes.push(Note::SessionName { session: name.to_owned(), answer: answer.word() });
        }
    }
    Ok(notes)
}

/// Tags that the role does not have and that statements about the action look at: a session could bring them.
fn session_tags(ask: &Ask<'_>, resource: &Resource) -> Vec<Note> {
    let Some(caller) = ask.caller.iam().filter(|_| may_bring_tags(ask.caller)) else { return Vec::new() };
    let has_tag =
        |key: &str| caller.tags.iter().any(|(tag, _)| fold(&format!("aws:PrincipalTag/{tag}")) == fold(key));
    let was_given = |key: &str| ask.given.iter().any(|(given, _)| fold(given) == fold(key));
    let mut keys: Vec<String> = Vec::new();
    let request = ask.request(resource, Context::default());
    for (of, statement) in ask.layers.statements() {
        let fit = ask
            .layers
            .policy(of)
            .map(|policy| eval::fit(statement, policy.policy_type, &request, ask.layers));
        if fit.is_none_or(|fit| matches!(fit, Fit::OtherAction | Fit::OtherPrincipal)) {
            continue;
        }
        for key in statement.context_keys() {
            let is_tag = fold(key).starts_with("aws:principaltag/");
            if is_tag
                && !has_tag(key)
                && !was_given(key)
                && !keys.iter().any(|known| fold(known) == fold(key))
            {
                keys.push(key.to_owned());
            }
        }
    }
    keys.into_iter().map(|key| Note::SessionTag { key }).collect()
}
