//! The custom checks of IAM Access Analyzer (R-AA-20 to R-AA-26): which Allow statements grant what they must not.
//!
//! All three are one question: which statements allow some of what a subject may do, within a part, and another may
//! not. Where relations remain that cannot be decided, the answer is that they do (R-AA-26).

use std::net::IpAddr;
use std::sync::Arc;

use itertools::Itertools;

use super::clause::{Clause, StatementBox};
use super::{Accounts, Analysis, AnalysisError, ByResource, Cause, Part, Read, Side, Standing, Subject};
use crate::algebra::Set;
use crate::arn::AccountId;
use crate::caller::{Caller, IamCaller, IamKind};
use crate::compile::{Callers, Possible};
use crate::eval::condition_holds;
use crate::knowledge::Knowledge;
use crate::layers::{LayerDocument, LayerPolicy, PolicyLayers, StatementRef};
use crate::pattern::Pattern;
use crate::policy::{
    Condition, Effect, Parsed, Policy, PrincipalEntry, Selector, Spanned, Statement, address, provider,
};
use crate::request::{Value, fold};

use super::Witness;

/// An Allow statement that is blamed (R-AA-23).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blamed {
    /// Of which callers.
    pub standing: Standing,
    /// The situation of the subject.
    pub situation: usize,
    /// The statement.
    pub statement: StatementRef,
    /// A request for which it is blamed; none: it may be that there is none.
    pub witness: Option<Witness>,
}

impl Analysis<'_> {
    /// The Allow statements by which a subject may do some of a part that another may not, or that at all.
    pub fn blamed(
        &mut self,
        subject: &Subject,
        existing: Option<&Subject>,
        part: &Part,
    ) -> Result<Vec<Blamed>, AnalysisError> {
        let mut blamed = Vec::new();
        // A statement that grants something grants it to callers of other accounts too.
        let standings = match existing {
            Some(existing) => Standing::all_of(&[existing, subject]),
            None => vec![Standing::ASKED],
        };
        for standing in standings {
            let (subject, existing) =
                (standing.meets(subject), existing.map(|existing| standing.meets(existing)));
            let subjects: Vec<&Subject> = existing.iter().map(AsRef::as_ref).chain([&*subject]).collect();
            let mut universes = self.universes(&subjects);
            let own = universes.pop().unwrap_or_default();
            let new = self.read(&subject, &own, Side::New)?;
            let old = match (&existing, universes.pop()) {
                (Some(existing), Some(universe)) => Some(self.read(existing, &universe, Side::Old)?),
                _ => None,
            };
            let part = self.part(part)?;
            let target = self.compiler.arena().intersection([new.allowed, part])?;
            let target = self.compiler.arena().difference([target], old.as_ref().map(|old| old.allowed))?;
            if target == Set::EMPTY {
                continue;
            }
            let possible = self.possible(&subjects);
            self.blame(standing, (target, &possible), &new, old.as_ref(), &mut blamed)?;
        }
        blamed.sort_by_key(|blamed| (blamed.situation, blamed.statement));
        Ok(blamed)
    }

    /// Adds the Allow statements that allow some of a target to those that are blamed already.
    fn blame(
        &mut self,
        standing: Standing,
        (target, possible): (Set, &Option<Possible>),
        new: &Read<'_>,
        old: Option<&Read<'_>>,
        blamed: &mut Vec<Blamed>,
    ) -> Result<(), AnalysisError> {
        for (nth, situation) in new.situations.iter().enumerate() {
            for &statement in situation.compiled.statements.keys() {
                let is_known = |known: &Blamed| {
                    known.situation == nth && known.statement == statement && known.witness.is_some()
                };
                if statement.effect == Effect::Deny
                    || !new.subject.told.contains(&statement.layer)
                    || blamed.iter().any(is_known)
                {
                    continue;
                }
                self.compiler.arena().renew(self.budget);
                let (requests, scope) = (situation.requests(statement), situation.scope(statement.layer));
                let set = self.compiler.arena().intersection([requests, scope, situation.on, target])?;
                let set = self.possible_of(set, possible)?;
                if set == Set::EMPTY {
                    continue;
                }
                let clause = Clause {
                    standing,
                    situation: nth,
                    boxes: vec![StatementBox::whole(Side::New, nth, statement)],
                    within: Vec::new(),
                    accounts: Accounts::Any,
                    is_on_few: false,
                    by_resource: ByResource::NONE,
                    except: Vec::new(),
                    cause: Cause::None,
                    is_exact: false,
                    witness: None,
                    set,
                    in_others: Set::EMPTY,
                };
                let witness = self.witness(&clause, new, old)?;
                blamed.retain(|known| (known.situation, known.statement) != (nth, statement));
                blamed.push(Blamed { standing, situation: nth, statement, witness });
            }
        }
        Ok(())
    }
}

/// An account that no policy names.
const STRANGER: &str = "999999999998";
/// Where a stranger may call from: one of these that no network of the policy holds.
const ADDRESSES: [&str; 5] = ["198.51.100.77", "203.0.113.77", "192.0.2.77", "100.64.0.77", "8.8.4.77"];

/// Whose a stranger's token is, by its subject and by what else tells it.
const STRANGER_SUB: &str = "repo:stranger/stranger:ref:refs/heads/main";
const STRANGER_CLAIM: &str = "stranger/stranger";

/// Keys that fixed values of pin a caller or a source, beside those of R-EVL-62 (R-AA-25).
const FURTHER: [&str; 6] = [
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "kms:calleraccount",
    "aws:vpcsourceip",
    "lambda:eventsourcetoken",
    "elasticfilesystem:accessedviamounttarget",
];
/// What a stranger has to say of the source of a request.
const OF_SOURCE: [(&str, &str); 9] = [
    ("aws:SourceAccount", STRANGER),
    ("aws:SourceArn", "arn:aws:sns:us-east-1:999999999998:stranger"),
    ("aws:SourceOwner", STRANGER),
    ("aws:SourceOrgID", "o-stranger99"),
    ("aws:SourceVpc", "vpc-99999999999999999"),
    ("aws:SourceVpce", "vpce-99999999999999999"),
    ("aws:VpceAccount", STRANGER),
    ("aws:VpceOrgID", "o-stranger99"),
    ("s3:DataAccessPointAccount", STRANGER),
];

/// A resource-based policy as strangers meet it (R-AA-25): someone of an account and an organization that it does not
/// name, nobody in particular, and who has a token of a provider that gives one to anyone; each without a source that it
/// could name and with another one. It is public exactly if it allows one of them something.
///
/// Statements that are pinned to fixed values allow strangers nothing. Other positive tests of what would pin are taken
/// to hold: a stranger may be called what a pattern wants.
pub fn outsiders(subject: &Subject) -> Vec<Subject> {
    let account = AccountId::parse(STRANGER);
    let someone = Caller::Iam(IamCaller {
        kind: IamKind::User,
        partition: "aws".to_owned(),
        account,
        path: "/".to_owned(),
        name: "stranger".to_owned(),
        unique_id: None,
        tags: Vec::new(),
        may_bring_tags: false,
    });
    let mut strangers = vec![(someone, None), (Caller::Anonymous, None)];
    for (entry, token) in tokens(subject) {
        strangers.push((Caller::Federated(entry), Some(token)));
    }
    let mut all = Vec::new();
    for (caller, token) in strangers {
        for has_source in [Source::Unsaid, Source::Other] {
            let mut knowledge = Knowledge::of(&caller);
            if caller.is_iam() {
                // Whatever name and tags are asked for.
                knowledge.known.remove("aws:username");
                knowledge.absent.remove("aws:principaltag/");
                knowledge.known.set("aws:PrincipalOrgID", Value::Single("o-stranger99".to_owned()));
            }
            if let Some(token) = &token {
                for claim in token.claims {
                    let whose = if *claim == "sub" { STRANGER_SUB } else { STRANGER_CLAIM };
                    let key = format!("{}:{claim}", token.host);
                    knowledge.known.set(&key, Value::Single(whose.to_owned()));
                }
            }
            let address = ADDRESSES.iter().find(|address| !is_named(address, subject));
            if let Some(address) = address {
                knowledge.known.set("aws:SourceIp", Value::Single((*address).to_owned()));
            }
            for (key, value) in OF_SOURCE {
                match has_source {
                    Source::Unsaid => knowledge.set_absent(key),
                    Source::Other => knowledge.known.set(key, Value::Single(value.to_owned())),
                }
            }
            let mut outsider = subject.clone();
            outsider.callers = Callers::One(caller.clone());
            outsider.knowledge = knowledge;
            for situation in &mut outsider.situations {
                let layers = std::mem::take(&mut situation.layers);
                let resource =
                    layers.resource.iter().map(|policy| unpinned(policy, token.as_ref())).collect();
                situation.layers = PolicyLayers { resource, ..layers };
            }
            all.push(outsider);
        }
    }
    all
}

/// A token that anyone can have.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Token {
    host: String,
    /// The claims that tell whose it is.
    claims: &'static [&'static str],
}

impl Token {
    /// Whether a condition that has to hold leaves it to anyone whose the token is.
    fn is_anyones(&self, condition: &Condition) -> bool {
        let is_open = |pattern: &Pattern| match self.host.as_str() {
            provider::GITHUB => provider::is_anyones(pattern),
            _ => pattern.as_text().is_none(),
        };
        let claim = provider::claim(condition, &self.host);
        claim.is_some_and(|claim| self.claims.contains(&claim.as_str()))
            && condition.values.iter().any(|value| is_open(&value.pattern))
    }
}

/// The providers that policies name and that give a token to anyone, each with that.
fn tokens(subject: &Subject) -> Vec<(String, Token)> {
    let statements = subject.situations.iter().flat_map(|situation| situation.layers.statements());
    let principals = statements.filter_map(|(_, statement)| statement.principal.as_ref());
    let token = |entry: &Spanned<PrincipalEntry>| {
        let (host, claims) = provider::claims_of_shared(&entry.value)?;
        Some((entry.value.to_string(), Token { host, claims }))
    };
    principals.flat_map(Selector::entries).filter_map(token).unique_by(|(entry, _)| entry.clone()).collect()
}

/// What a stranger says of where a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Unsaid,
    Other,
}

/// Whether an address is in a network, small enough to mean somebody, that the policies name.
fn is_named(address: &str, subject: &Subject) -> bool {
    let Ok(address) = address.parse::<IpAddr>() else { return true };
    let statements = subject.situations.iter().flat_map(|situation| situation.layers.statements());
    let conditions = statements.flat_map(|(_, statement)| &statement.conditions);
    let values = conditions.flat_map(|condition| &condition.values);
    let mut networks = values.filter_map(|value| address::network(&value.text));
    networks.any(|network| network.prefix_len() >= 8 && network.contains(&address))
}

/// A policy without the statements that are pinned, and without the tests that do not pin.
fn unpinned(policy: &LayerPolicy, token: Option<&Token>) -> LayerPolicy {
    let document = policy.document.as_ref().map(|document| {
        let statement = |statement: &Statement| {
            let mut statement = statement.clone();
            if statement.effect == Effect::Allow {
                if statement.conditions.iter().any(is_pin) {
                    // It stays in its place and allows no one.
                    statement.action = Selector::In(Vec::new());
                }
                // R-CND-14: without values none holds.
                let is_taken_to_hold = |of: &Condition| {
                    let is_anyones = would_pin(of) || token.is_some_and(|token| token.is_anyones(of));
                    of.is_positive() && !of.values.is_empty() && is_anyones && !names_nobody(of)
                };
                statement.conditions.retain(|condition| !is_taken_to_hold(condition));
            }
            statement
        };
        let policy = &document.parsed.policy;
        let statements = policy.statements.iter().map(statement).collect();
        let policy = Policy { version: policy.version, statements };
        let parsed = Parsed { policy, diagnostics: document.parsed.diagnostics.clone() };
        Arc::new(LayerDocument { text: document.text.clone(), parsed })
    });
    policy.with_document(document)
}

fn is_pin(condition: &Condition) -> bool {
    let is_fixed =
        |text: &Option<&str>| text.is_some_and(|text| !text.is_empty() && !text.contains(['*', '?']));
    (condition.pins_caller() && !names_nobody(condition))
        || (condition.is_positive()
            && FURTHER.contains(&fold(&condition.key).as_str())
            && !condition.values.is_empty()
            && condition.values.iter().all(|value| is_fixed(&value.pattern.as_text())))
}

/// Whether a condition tests who asks and holds of who is anonymous (R-EVL-53).
fn names_nobody(condition: &Condition) -> bool {
    let nobody = Knowledge::of(&Caller::Anonymous).known;
    nobody.get(&condition.key).is_some() && condition_holds(condition, &nobody)
}

/// Whether a condition is on a key that pins where its values are fixed.
fn would_pin(condition: &Condition) -> bool {
    let key = fold(&condition.key);
    let of_callers = ["aws:principal", "aws:source", "aws:vpce", "aws:userid", "s3:dataaccesspoint"];
    let is_tag = key.starts_with("aws:principaltag/") || key.starts_with("aws:principaltype");
    (of_callers.iter().any(|of| key.starts_with(of)) && !is_tag) || FURTHER.contains(&key.as_str())
}
