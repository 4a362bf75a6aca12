//! Which requests there are (R-EVL-75 to 77): the caller if it is known, what is known of the context, and of every
//! other key its type, its arity and whether a request can be without it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::level::Level;
use super::point::Point;
use crate::algebra::diagram::Assignment;
use crate::arn::AccountId;
use crate::caller::{Caller, IamCaller, IamKind};
use crate::catalog::{KeyKind, KeyType};
use crate::knowledge::Knowledge;
use crate::pattern::{Pattern, Piece};
use crate::policy::Statement;
use crate::request::{Request, Resource, Value, fold};

/// The requests that sets are made of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Universe {
    /// Who asks.
    pub callers: Callers,
    /// Whose every resource is, where that is said (R-EVL-11).
    pub resource_account: Option<AccountId>,
    /// The accounts that resources are known to be of, or are compared with.
    pub owners: BTreeSet<AccountId>,
    /// What is asked for on what, where all requests are alike in that.
    pub asked: Option<Asked>,
    /// What is known of every request's context.
    pub knowledge: Knowledge,
    /// The partitions that policies name: each other is to them like any other (R-EVL-34).
    partitions: BTreeSet<String>,
    /// What each other key can hold, by folded name.
    keys: BTreeMap<Arc<str>, KeyDomain>,
    typing: Typing,
}

/// One action on one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub(super) is_arn: bool,
    /// The text at each level of the action and the resource.
    texts: BTreeMap<Level, String>,
}

impl Asked {
    /// What a request asks for.
    pub fn by(request: &Request) -> Asked {
        let point = Point::of(request);
        let levels = [Level::Service, Level::Name].into_iter().chain(Level::FIELDS);
        let text = |level: Level| (level.clone(), point.text(&level).to_owned());
        Asked { is_arn: point.flag(&Level::IsArn), texts: levels.map(text).collect() }
    }
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Callers {
    /// This one.
    One(Caller),
    /// An IAM user in the partition and the account of the resource, whose own policy leaves all to that account, and
    /// of whom nothing else is said: who holds the policies of a question that is about no one in particular.
    #[default]
    Holder,
    /// Anyone, from another account than the resource's: for what resource-based policies say of everybody.
    Any,
    /// Any IAM principal of the resource's own account, but its root user: for what those policies grant to who may
    /// nothing by other policies (R-EVL-20). `iam:PassRole` is not asked about: no resource's policy decides it
    /// (R-EVL-8).
    InAccount,
}

/// The account of the caller that [`Callers::Holder`] stands for.
pub const HOLDER_ACCOUNT: &str = "111122223333";

/// The caller that [`Callers::Holder`] stands for in a request on a resource.
pub fn holder(resource: &Resource) -> Caller {
    let partition = match resource {
        Resource::Arn(arn) => arn.partition(),
        Resource::Star => "aws",
    };
    Caller::Iam(IamCaller {
        kind: IamKind::User,
        partition: partition.to_owned(),
        account: AccountId::parse(HOLDER_ACCOUNT),
        path: "/".to_owned(),
        name: "anyone".to_owned(),
        unique_id: None,
        tags: Vec::new(),
        may_bring_tags: false,
    })
}

/// Whether the types of keys count (R-EVL-76).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Typing {
    /// They do: a key holds values of its type only, and one at most if it is single-valued.
    #[default]
    Typed,
    /// Every key is a string of any arity.
    Untyped,
}

/// What a key can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyDomain {
    /// The type of its values.
    pub base: KeyType,
    /// Whether there can be several.
    pub multivalued: bool,
    /// Whether every request has it.
    pub always_present: bool,
}

impl KeyDomain {
    /// A value of its type.
    fn example(self) -> &'static str {
        match self.base {
            KeyType::String | KeyType::Binary => "-",
            KeyType::Arn => "arn:::::",
            KeyType::Bool => "false",
            KeyType::Numeric => "0",
            KeyType::Date => "1970-01-01T00:00:00Z",
            KeyType::IpAddress => "127.0.0.1",
        }
    }
}

/// A key whose value is made from that of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Follows {
    /// What is before the other's value.
    pub(super) before: String,
    /// The other key, folded.
    pub(super) key: Arc<str>,
    /// What is behind it.
    pub(super) after: String,
}

impl Follows {
    /// A template of one variable, as those of [`Knowledge::follows`] are.
    fn of(template: &Pattern) -> Option<Follows> {
        let at = template.pieces().iter().position(|piece| matches!(piece, Piece::Variable(_)))?;
        let (before, rest) = template.pieces().split_at(at);
        let (variable, after) = rest.split_first()?;
        let text = |pieces: &[Piece]| match pieces {
            [] => Some(String::new()),
            [Piece::Text(text)] => Some(text.clone()),
            _ => None,
        };
        match variable {
            Piece::Variable(variable) => {
                let key = Arc::from(fold(&variable.key));
                Some(Follows { before: text(before)?, key, after: text(after)? })
            }
            Piece::Text(_) | Piece::Star | Piece::Question => None,
        }
    }
}

/// A global key is recorded as such; of any other the kind is all there is.
pub struct KeyFacts<'a> {
    /// Type and arity, where they are on record.
    pub kind: &'a dyn Fn(&str) -> Option<KeyKind>,
    /// Whether every request has it.
    pub always_present: &'a dyn Fn(&str) -> bool,
}

/// The key that `aws:EpochTime` is another writing of (R-EVL-74).
const CURRENT_TIME: &str = "aws:currenttime";
/// The time in seconds.
pub(super) const EPOCH_TIME: &str = "aws:epochtime";

impl Universe {
    /// The requests in a context of which something is known.
    pub fn new(callers: Callers, knowledge: Knowledge, typing: Typing) -> Universe {
        Universe { callers, knowledge, typing, ..Universe::default() }
    }

    /// Takes in the partitions and the keys that statements mention: the kind of a key that is not on record depends on
    /// all of them (R-EVL-76).
    pub fn admit<'s>(&mut self, statements: impl IntoIterator<Item = &'s Statement>, facts: &KeyFacts<'_>) {
        let mut in_sets: BTreeSet<Arc<str>> = BTreeSet::new();
        let mut keys: BTreeSet<Arc<str>> = BTreeSet::new();
        for statement in statements {
            self.partitions.extend(statement.partitions().map(str::to_owned));
            keys.extend(statement.context_keys().map(|key| Arc::from(fold(key))));
            let quantified = statement.conditions.iter().filter(|of| of.operator.quantifier.is_some());
            in_sets.extend(quantified.map(|condition| Arc::from(fold(&condition.key))));
        }
        let followed = keys.iter().filter_map(|key| self.follows(key)).map(|follows| follows.key);
        keys.extend(followed.collect::<Vec<_>>());
        for key in keys {
            let always_present = (facts.always_present)(&key) && !self.knowledge.is_absent(&key);
            let domain = match (self.typing, (facts.kind)(&key)) {
                (Typing::Untyped, _) => {
                    KeyDomain { base: KeyType::String, multivalued: true, always_present: false }
                }
                (Typing::Typed, Some(KeyKind { base, multivalued })) => {
                    KeyDomain { base, multivalued, always_present }
                }
                (Typing::Typed, None) => {
                    let multivalued = in_sets.contains(&key)
                        || self.keys.get(&key).is_some_and(|domain| domain.multivalued);
                    KeyDomain { base: KeyType::String, multivalued, always_present }
                }
            };
            self.keys.insert(key, domain);
        }
    }

    /// The partitions that the statements name, and the usual one.
    pub fn partitions(&self) -> BTreeSet<&str> {
        self.partitions.iter().map(String::as_str).chain(["aws"]).collect()
    }

    /// Every key with what it can hold.
    pub fn keys(&self) -> impl Iterator<Item = (&Arc<str>, KeyDomain)> {
        self.keys.iter().map(|(key, domain)| (key, *domain))
    }

    /// Whether a key is open and holds one text.
    pub fn is_open_text(&self, folded: &str) -> bool {
        let domain = self.domain(folded);
        self.known(folded).is_none()
            && !domain.multivalued
            && matches!(domain.base, KeyType::String | KeyType::Binary)
    }

    /// What a key can hold; one that was never admitted is a string.
    pub fn domain(&self, folded: &str) -> KeyDomain {
        let unheard = KeyDomain { base: KeyType::String, multivalued: false, always_present: false };
        self.keys.get(folded).copied().unwrap_or(unheard)
    }

    /// What an open key is made from, where that is another one.
    pub(super) fn follows(&self, folded: &str) -> Option<Follows> {
        self.knowledge.follows(folded).and_then(Follows::of)
    }

    /// Whether a key is the account that is not set: it holds one all the same.
    pub(super) fn is_account(&self, folded: &str) -> bool {
        let makes = |(_, template): &(String, Pattern)| {
            template.variables().any(|variable| fold(&variable.key) == folded)
        };
        self.knowledge.follows.iter().any(makes)
    }

    /// What the value of an open key begins with, where that is known.
    pub(super) fn beginning(&self, folded: &str) -> Option<&str> {
        self.knowledge.beginning(folded)
    }

    /// Whether a value of a key is one that begins as it has to.
    pub(super) fn begins(&self, folded: &str, value: &Value) -> bool {
        let rest = |item: &String, begin| item.strip_prefix(begin).is_some_and(|rest| !rest.is_empty());
        self.beginning(folded).is_none_or(|begin| value.items().iter().all(|item| rest(item, begin)))
    }

    /// A value that a key can hold: what absence counts as, where that cannot be.
    pub(super) fn example(&self, folded: &str) -> String {
        let begin = self.beginning(folded).unwrap_or_default();
        let rest = if self.is_account(folded) { AccountId::UNSET } else { self.domain(folded).example() };
        format!("{begin}{rest}")
    }

    /// The value of a key: known, known to be absent (`Some(None)`), or open.
    pub(super) fn known(&self, folded: &str) -> Option<Option<&Value>> {
        match self.knowledge.known.get(folded) {
            Some(value) => Some(Some(value)),
            None => self.knowledge.is_absent(folded).then_some(None),
        }
    }

    /// The text at a level of the action or the resource, where all requests have the same there.
    pub(super) fn asked_text(&self, level: &Level) -> Option<&str> {
        self.asked.as_ref()?.texts.get(level).map(String::as_str)
    }

    /// The level of a key: the two keys of the time are one coordinate (R-EVL-74).
    pub(super) fn level(&self, folded: &str) -> Level {
        let is_time = folded == EPOCH_TIME && self.domain(folded).base == KeyType::Date;
        Level::Key(Arc::from(if is_time { CURRENT_TIME } else { folded }))
    }

    /// Whether an open variable can have a value: one of several values has none (R-VAR-7).
    pub(super) fn can_be_variable(&self, folded: &str) -> bool {
        !self.domain(folded).multivalued || self.typing == Typing::Untyped
    }

    /// Whether nothing is known of a key.
    pub fn is_open(&self, key: &str) -> bool {
        self.known(&fold(key)).is_none()
    }

    /// Whether a pattern has variables whose keys are open.
    pub(super) fn has_open(&self, pattern: &Pattern) -> bool {
        pattern.variables().any(|variable| self.is_open(&variable.key))
    }
}
