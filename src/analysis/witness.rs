//! A request of a set: with an action that exists, a resource made from the author's patterns and values that differ
//! only where they must, if there is such a one; and then decided by the evaluator.

use std::collections::BTreeMap;

use itertools::Itertools;

use super::callers::callers_to_try;
use super::clause::{Clause, Entries, StatementBox};
use super::supposed::ByResource;
use super::{Analysis, AnalysisError, Read, allows};
use crate::algebra::Set;
use crate::algebra::diagram::Datum;
use crate::arn::AccountId;
use crate::caller::Caller;
use crate::catalog::KeyType;
use crate::compile::{Callers, HOLDER_ACCOUNT, Level, Point, holder};
use crate::context_keys::OWNER;
use crate::eval::{Decision, Evaluation};
use crate::knowledge::identity_keys;
use crate::pattern::{Pattern, Piece};
use crate::policy::{ActionPattern, ResourcePattern, Selector, Spanned, Statement};
use crate::request::{Action, Context, Request, Resource, Value, fold};

/// How many requests are made before a clause is only possible.
const MOST_TRIES: usize = 200;
/// How many resources are tried of those that patterns name.
const MOST_RESOURCES: usize = 30;
/// How many are tried of those that the catalogue knows of an action.
const MOST_OF_ACTION: usize = 4;
/// How many actions are tried.
const MOST_ACTIONS: usize = 6;
/// Accounts that fill wildcards, where the own account does not, or is not known.
const ACCOUNTS: [&str; 2] = ["111122223333", "444455556666"];

/// Resources that are tried where no pattern names one.
const COMMON: [&str; 6] = [
    "arn:aws:s3:::example/example",
    "arn:aws:iam::111122223333:user/example",
    "arn:aws:iam::111122223333:role/example",
    "arn:aws:iam::111122223333:group/example",
    "arn:aws:iam::111122223333:policy/example",
    "arn:aws:ec2:us-east-1:111122223333:instance/i-0abcdef1234567890",
];

/// A request, and what the evaluator says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// The request, as the side that allows it sees it.
    pub request: Request,
    /// What that side says.
    pub allowing: Evaluation,
    /// What the other side says, where there is one and it has policies for the resource.
    pub other: Option<Evaluation>,
}

/// What a request is made from.
struct Hints<'s> {
    statements: Vec<(&'s Statement, &'s StatementBox)>,
    /// What to say of keys that are used as variables.
    starts: Vec<Context>,
    /// How keys are written, by folded name.
    spelling: BTreeMap<String, String>,
    callers: Vec<Option<Caller>>,
    /// The resources that were asked about.
    named: Vec<ResourcePattern>,
    own_account: Option<AccountId>,
}

impl Analysis<'_> {
    /// A request of a clause that is allowed by one side and not by the other, whatever the policies say that are not
    /// known, if there is one; none where all that were tried are in the set only as far as it can tell.
    pub(super) fn witness(
        &mut self,
        clause: &Clause,
        allowing: &Read<'_>,
        other: Option<&Read<'_>>,
    ) -> Result<Option<Witness>, AnalysisError> {
        if let Some(situation) = allowing.situations.get(clause.situation)
            && clause.by_resource != ByResource::All
        {
            let sure = self.compiler.arena().difference([clause.set], [situation.compiled.supposed])?;
            let sure = Clause { set: sure, ..clause.clone() };
            let found = if sure.set == clause.set { None } else { self.request_of(&sure, allowing, other)? };
            if found.is_some() {
                return Ok(found);
            }
        }
        self.request_of(clause, allowing, other)
    }

    fn request_of(
        &mut self,
        clause: &Clause,
        allowing: &Read<'_>,
        other: Option<&Read<'_>>,
    ) -> Result<Option<Witness>, AnalysisError> {
        let hints = self.hints(clause, allowing, other);
        let mut tries = 0;
        for action in self.actions(&hints, clause.set)? {
            let of_action = match &action {
                Some(action) => self.with_action(clause.set, action)?,
                None => clause.set,
            };
            if of_action == Set::EMPTY {
                continue;
            }
            let about = self.about(action.as_ref());
            for (says_who, caller) in [true, false].into_iter().cartesian_product(&hints.callers) {
                let of_caller = match caller {
                    Some(caller) => self.with_caller(of_action, caller)?,
                    None => of_action,
                };
                let own = if says_who { self.of_caller(caller.as_ref()) } else { Context::default() };
                let (of_caller, said) = self.compiler.with_context(of_caller, &own)?;
                if said != own {
                    continue;
                }
                for start in &hints.starts {
                    let mut wanted = start.clone();
                    own.iter().for_each(|(key, _)| wanted.remove(key));
                    let (of_context, mut context) = self.compiler.with_context(of_caller, &wanted)?;
                    own.iter().for_each(|(key, value)| context.set(key, value.clone()));
                    for resource in resources(&hints, &context, &about) {
                        if of_context == Set::EMPTY || tries >= MOST_TRIES {
                            break;
                        }
                        tries += 1;
                        let made = self.request(
                            of_context,
                            action.as_ref(),
                            resource,
                            caller.as_ref(),
                            &context,
                            &hints,
                        )?;
                        let Some(request) = made else { continue };
                        if let Some(found) = self.replayed(clause, request, allowing, other)? {
                            return self.shortened(clause, found, allowing, other).map(Some);
                        }
                    }
                }
            }
        }
        Ok(None)
    }

    /// What the catalogue knows an action to be about, the shortest ARN first: an object before one of an access point.
    fn about(&self, action: Option<&Action>) -> Vec<ResourcePattern> {
        let Some(action) = action else { return Vec::new() };
        let Some(service) = self.catalog.service(action.service()) else { return Vec::new() };
        let known = service.action(action.name());
        let patterns = known.into_iter().flat_map(|known| service.patterns_of(known));
        patterns.sorted_by_cached_key(|pattern| pattern.to_string().len()).take(MOST_OF_ACTION).collect()
    }

    /// What follows of the context from who asks, as far as policies ask (R-EVL-74).
    fn of_caller(&self, caller: Option<&Caller>) -> Context {
        let mut context = Context::default();
        let universe = self.compiler.universe();
        for (key, value) in caller.map(identity_keys).into_iter().flatten() {
            let folded = fold(key);
            let is_text = matches!(universe.domain(&folded).base, KeyType::String | KeyType::Arn);
            let is_asked = universe.keys().any(|(asked, _)| **asked == folded) && universe.is_open(key);
            if let Value::Single(_) = value
                && is_text
                && is_asked
            {
                context.set(key, value);
            }
        }
        context
    }

    /// A witness without those context keys that it is one without.
    fn shortened(
        &mut self,
        clause: &Clause,
        witness: Witness,
        allowing: &Read<'_>,
        other: Option<&Read<'_>>,
    ) -> Result<Witness, AnalysisError> {
        let mut witness = witness;
        let keys: Vec<String> = witness.request.context.iter().map(|(key, _)| key.to_owned()).collect();
        for key in keys {
            let universe = self.compiler.universe();
            if universe.domain(&fold(&key)).always_present || !universe.is_open(&key) {
                continue;
            }
            let mut request = witness.request.clone();
            request.context.remove(&key);
            if let Some(shorter) = self.replayed(clause, request, allowing, other)? {
                witness = shorter;
            }
        }
        Ok(witness)
    }

    fn hints<'s>(&self, clause: &'s Clause, allowing: &Read<'s>, other: Option<&Read<'s>>) -> Hints<'s> {
        let sides = || std::iter::once(allowing).chain(other);
        let all = || {
            let situations = sides().flat_map(|side| &side.subject.situations);
            situations.flat_map(|situation| situation.layers.statements()).map(|(_, statement)| statement)
        };
        let mut statements = Vec::new();
        for of in clause.boxes.iter().rev().chain(clause.within.iter().flat_map(|limit| &limit.statements)) {
            let side = sides().find(|side| side.side == of.side);
            let situation = side.and_then(|side| side.subject.situations.get(of.situation));
            statements.extend(
                situation
                    .and_then(|situation| situation.layers.statement(of.statement))
                    .map(|found| (found, of)),
            );
        }
        let mut spelling = BTreeMap::new();
        for key in all().flat_map(Statement::context_keys) {
            spelling.entry(fold(key)).or_insert_with(|| key.to_owned());
        }
        let mut starts = self.compiler.starts(&all().collect::<Vec<_>>());
        starts.push(Context::default());
        starts.dedup();
        let callers = match &allowing.subject.callers {
            Callers::One(_) | Callers::Holder => vec![None],
            asked @ (Callers::Any | Callers::InAccount) => {
                callers_to_try(all, &self.compiler.universe().partitions(), asked)
                    .into_iter()
                    .map(Some)
                    .collect()
            }
        };
        let named = self.named.resources.iter().map(|named| named.value.clone()).collect();
        let own_account = match &allowing.subject.callers {
            Callers::One(caller) => caller.account().cloned(),
            Callers::Holder | Callers::Any | Callers::InAccount => None,
        };
        Hints { statements, starts, spelling, callers, named, own_account }
    }

    /// Actions that exist and that the clause may have, then none: any.
    fn actions(&mut self, hints: &Hints<'_>, set: Set) -> Result<Vec<Option<Action>>, AnalysisError> {
        let mut found: Vec<Option<Action>> = Vec::new();
        for (statement, of) in &hints.statements {
            let Selector::In(entries) = &statement.action else { continue };
            for (nth, entry) in entries.iter().enumerate() {
                let is_kept = match &of.actions {
                    Entries::All => true,
                    Entries::Only(kept) => kept.contains(&nth),
                };
                if is_kept && found.len() < MOST_ACTIONS {
                    found.extend(self.action_of(entry, set)?.map(Some));
                }
            }
        }
        for entry in &self.named.actions.clone() {
            found.extend(self.action_of(entry, set)?.map(Some));
        }
        for common in ["s3:GetObject", "ec2:DescribeInstances", "iam:GetUser"] {
            found.extend(Action::parse(common).map(Some));
        }
        found.push(None);
        Ok(found)
    }

    /// The action that an entry names, else the first of the catalogue that it matches and of which a set has requests.
    fn action_of(
        &mut self,
        entry: &Spanned<ActionPattern>,
        set: Set,
    ) -> Result<Option<Action>, AnalysisError> {
        let ActionPattern::Named { service, name } = &entry.value else { return Ok(None) };
        let service = service.as_deref().unwrap_or("s3");
        if let Some(name) = name.as_text() {
            return Ok(Action::parse(&format!("{service}:{name}")));
        }
        let pattern = self.compiler.action_entry(entry)?;
        let here = self.compiler.arena().intersection([pattern, set])?;
        let known = self.catalog.service(service);
        for known in known.iter().flat_map(|service| &service.actions) {
            let Some(action) = Action::parse(&format!("{service}:{}", known.name)) else { continue };
            if self.with_action(here, &action)? != Set::EMPTY {
                return Ok(Some(action));
            }
        }
        Ok(None)
    }

    pub(super) fn with_text(&mut self, set: Set, level: Level, text: &str) -> Result<Set, AnalysisError> {
        Ok(self.compiler.arena().restrict(set, level, &Datum::Text(text.to_owned()))?)
    }

    pub(super) fn with_action(&mut self, set: Set, action: &Action) -> Result<Set, AnalysisError> {
        let set = self.with_text(set, Level::Service, &action.service().to_ascii_lowercase())?;
        self.with_text(set, Level::Name, &action.name().to_ascii_lowercase())
    }

    fn with_caller(&mut self, set: Set, caller: &Caller) -> Result<Set, AnalysisError> {
        let mut set = set;
        for (level, text) in Point::texts_of_caller(caller) {
            set = self.with_text(set, level, &text)?;
        }
        Ok(set)
    }

    fn with_resource(&mut self, set: Set, resource: &Resource) -> Result<Set, AnalysisError> {
        let is_arn = Datum::Flag(matches!(resource, Resource::Arn(_)));
        let mut set = self.compiler.arena().restrict(set, Level::IsArn, &is_arn)?;
        match resource {
            Resource::Arn(arn) => {
                for (level, field) in Level::FIELDS.into_iter().zip(arn.fields().into_iter().skip(1)) {
                    set = self.with_text(set, level, field)?;
                }
            }
            Resource::Star => set = self.with_text(set, Level::Partition, "aws")?,
        }
        Ok(set)
    }

    /// A request of a set that has this context, if these parts of it are of one.
    fn request(
        &mut self,
        set: Set,
        action: Option<&Action>,
        resource: Option<Resource>,
        caller: Option<&Caller>,
        context: &Context,
        hints: &Hints<'_>,
    ) -> Result<Option<Request>, AnalysisError> {
        let mut set = set;
        let mut texts: BTreeMap<Level, String> = BTreeMap::new();
        if resource.is_none() {
            for (level, text) in [(Level::Partition, "aws"), (Level::Account, HOLDER_ACCOUNT)] {
                let usual = self.with_text(set, level.clone(), text)?;
                if usual != Set::EMPTY {
                    set = usual;
                    texts.insert(level, text.to_owned());
                }
            }
        }
        if let Some(resource) = &resource {
            set = self.with_resource(set, resource)?;
        }
        let Some(found) = self.compiler.arena().witness(set) else { return Ok(None) };
        let context = Self::spelled(&self.compiler.context(&found, context), hints);
        let mut is_arn = true;
        for (level, datum) in found {
            match (level, datum) {
                (Level::IsArn, Datum::Flag(value)) => is_arn = value,
                (level, Datum::Text(text)) => {
                    texts.insert(level, text);
                }
                _ => {}
            }
        }
        let action = match action {
            Some(action) => Some(action.clone()),
            None => {
                let part = |level, plain: &str| {
                    let text = texts.get(&level).filter(|text| !text.is_empty());
                    text.cloned().unwrap_or_else(|| plain.to_owned())
                };
                Action::parse(&format!(
                    "{}:{}",
                    part(Level::Service, "a"),
                    part(Level::Name, &"Any".repeat(20))
                ))
            }
        };
        let resource = resource.or_else(|| {
            if !is_arn {
                return Some(Resource::Star);
            }
            let fields = Level::FIELDS.map(|level| texts.get(&level).cloned().unwrap_or_default());
            Resource::parse(&format!("arn:{}", fields.join(":")))
        });
        Ok(action.zip(resource).map(|(action, resource)| Request {
            caller: caller.cloned().unwrap_or_else(|| holder(&resource)),
            action,
            resource,
            resource_account: None,
            context,
        }))
    }

    /// A context with each key in its author's spelling.
    fn spelled(context: &Context, hints: &Hints<'_>) -> Context {
        let mut spelled = Context::default();
        for (key, value) in context.iter() {
            spelled.set(hints.spelling.get(&fold(key)).map_or(key, String::as_str), value.clone());
        }
        spelled
    }

    /// The request, decided by both sides; none where they do not differ over it as the set has it, which they may only
    /// where that relates coordinates.
    fn replayed(
        &mut self,
        clause: &Clause,
        request: Request,
        allowing: &Read<'_>,
        other: Option<&Read<'_>>,
    ) -> Result<Option<Witness>, AnalysisError> {
        let Request { caller, action, resource, context, .. } = request;
        let of = |read: &Read<'_>, situation: usize| {
            let caller = match &read.subject.callers {
                Callers::One(one) => one.clone(),
                Callers::Holder => holder(&resource),
                Callers::Any | Callers::InAccount => caller.clone(),
            };
            read.subject.request(action.clone(), resource.clone(), caller, &context, situation)
        };
        let request = of(allowing, clause.situation);
        let point = Point::of(&request);
        if !self.compiler.contains(clause.set, &point) || !is_asked_about(&allowing.subject.callers, &request)
        {
            return Ok(None);
        }
        let Some(allowed) = allowing.subject.decide(&request, clause.situation) else { return Ok(None) };
        let mut refused = None;
        if let Some(other) = other {
            for (nth, situation) in other.situations.iter().enumerate() {
                if self.compiler.contains(situation.on, &point) {
                    refused = other.subject.decide(&of(other, nth), nth);
                    break;
                }
            }
        }
        // What is not known there may be allowed as well (R-EVL-64).
        if refused.as_ref().is_some_and(|refused| refused.decision == Decision::Unknown) {
            return Ok(None);
        }
        if !allows(&allowed) || refused.as_ref().is_some_and(allows) {
            return Err(AnalysisError::Disagreement { request: request.to_string() });
        }
        Ok(Some(Witness { request, allowing: allowed, other: refused }))
    }
}

/// Whether a request is one of those callers: who is of the resource's own account, or is not.
fn is_asked_about(callers: &Callers, request: &Request) -> bool {
    let (owner, own) = (request.resource_account.as_ref(), request.caller.account());
    match callers {
        Callers::One(_) | Callers::Holder => true,
        Callers::Any => owner.is_none() || owner != own,
        Callers::InAccount => owner.is_some() && owner == own,
    }
}

/// Resources made from the patterns of the clause, then those that the action is about, `*`, and whatever the set has.
fn resources(hints: &Hints<'_>, context: &Context, of_action: &[ResourcePattern]) -> Vec<Option<Resource>> {
    let mut found: Vec<Option<Resource>> = Vec::new();
    let own = hints.own_account.as_ref().map_or(ACCOUNTS[0], AccountId::as_str);
    let other = if own == ACCOUNTS[0] { ACCOUNTS[1] } else { ACCOUNTS[0] };
    let conditions = hints.statements.iter().flat_map(|(statement, _)| &statement.conditions);
    let of_owner = conditions.filter(|condition| fold(&condition.key) == fold(OWNER));
    let said =
        of_owner.flat_map(|condition| condition.values.iter().take(1)).map(|value| value.text.as_str());
    let said = said.filter(|account| AccountId::parse(account).is_some());
    let accounts = [own, other].into_iter().chain(said).unique();
    let example: Vec<(&str, &str)> = accounts.map(|account| ("example", account)).collect();
    let edges = [("", ""), ("a", "a")];
    let fill = |found: &mut Vec<Option<Resource>>, pattern: &ResourcePattern, with: &[(&str, &str)]| {
        let ResourcePattern::Arn(segments) = pattern else { return };
        let filled = with.iter().filter_map(|(text, account)| filled(segments, text, account, context));
        found.extend(filled.map(Some));
    };
    for (statement, of) in &hints.statements {
        let Some(Selector::In(entries)) = &statement.resource else { continue };
        for (nth, entry) in entries.iter().enumerate() {
            let is_kept = match &of.resources {
                Entries::All => true,
                Entries::Only(kept) => kept.contains(&nth),
            };
            if is_kept {
                fill(&mut found, &entry.value, &[&example[..], &edges].concat());
            }
        }
    }
    hints.named.iter().for_each(|named| fill(&mut found, named, &[&example[..], &edges].concat()));
    found.dedup();
    found.truncate(MOST_RESOURCES);
    of_action.iter().for_each(|of_action| fill(&mut found, of_action, &example));
    found.push(Some(Resource::Star));
    found.extend(COMMON.iter().filter_map(|arn| Resource::parse(arn)).map(Some));
    found.push(None);
    found
}

/// A resource that matches a pattern: wildcards filled with a text, and for accounts with one of their own; variables with
/// what the context says.
fn filled(segments: &[Pattern], with: &str, account: &str, context: &Context) -> Option<Resource> {
    let text = |segment: usize, piece: &Piece| match piece {
        Piece::Text(text) => Some(text.clone()),
        Piece::Star => Some(match (segment, with) {
            (1, _) => "aws".to_owned(),
            (3, "example") => "us-east-1".to_owned(),
            (4, _) => account.to_owned(),
            (_, with) => with.to_owned(),
        }),
        Piece::Question => Some(if segment == 4 { "1" } else { "x" }.to_owned()),
        Piece::Variable(variable) => match context.get(&variable.key) {
            Some(Value::Single(value)) => Some(value.clone()),
            _ => variable.default.clone(),
        },
    };
    let mut fields = Vec::new();
    for (nth, segment) in segments.iter().enumerate() {
        let field: Option<String> = segment.pieces().iter().map(|piece| text(nth, piece)).collect();
        fields.push(field?);
    }
    while fields.len() < 6 {
        fields.push(with.to_owned());
    }
    Resource::parse(&fields.join(":"))
}
