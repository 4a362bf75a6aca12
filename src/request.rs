//! One concrete question: who wants to do what, on which resource, in which context.

use std::collections::BTreeMap;
use std::fmt;

use crate::arn::{AccountId, Arn};
use crate::caller::Caller;

/// A request (semantics 0.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Who asks.
    pub caller: Caller,
    /// The action.
    pub action: Action,
    /// The resource.
    pub resource: Resource,
    /// Whose resource it is, where that is said (R-EVL-11).
    pub resource_account: Option<AccountId>,
    /// The context. A key that is not in it is absent.
    pub context: Context,
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Request { action, resource, caller, .. } = self;
        let context: Vec<String> = self.context.iter().map(|(key, value)| format!("{key}={value}")).collect();
        write!(f, "{action} on {resource} by {caller} with {{{}}}", context.join(", "))
    }
}

/// A complete action name, `service:name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    service: String,
    name: String,
}

impl Action {
    /// Reads an action; `None` unless it has exactly one colon, something on both sides, no blank and no
    /// wildcard.
    pub fn parse(text: &str) -> Option<Action> {
        let (service, name) = text.split_once(':')?;
        let legal = |part: &str| {
            !part.is_empty() && !part.contains([':', '*', '?', ',']) && !part.contains(char::is_whitespace)
        };
        (legal(service) && legal(name)).then(|| Action { service: service.to_owned(), name: name.to_owned() })
    }

    /// The service prefix, as given.
    pub fn service(&self) -> &str {
        &self.service
    }

    /// The name behind the colon, as given.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.service, self.name)
    }
}

/// What is acted on (R-RES-1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resource {
    /// The literal `*`: the action takes no resource.
    Star,
    /// A full ARN. Its text may hold `*` and `?`; they have no power.
    Arn(Arn),
}

impl Resource {
    /// Reads `*` or a full ARN.
    pub fn parse(text: &str) -> Option<Resource> {
        if text == "*" { Some(Resource::Star) } else { Arn::parse(text).map(Resource::Arn) }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Resource::Star => f.write_str("*"),
            Resource::Arn(arn) => write!(f, "{arn}"),
        }
    }
}

/// The value of a context key. An empty list counts as absent (R-CND-13).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// One value of a single-valued key.
    Single(String),
    /// The values of a multivalued key.
    Multi(Vec<String>),
}

impl Value {
    /// The values, one or many.
    pub fn items(&self) -> &[String] {
        match self {
            Value::Single(value) => std::slice::from_ref(value),
            Value::Multi(values) => values,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Single(value) => f.write_str(value),
            Value::Multi(values) => write!(f, "[{}]", values.join(", ")),
        }
    }
}

/// Context keys and their values. Names compare without regard to case (R-CND-3); two tags whose keys
/// differ only in case are kept apart (R-TAG-3).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Context {
    /// By folded name, then by the name as given.
    keys: BTreeMap<String, BTreeMap<String, Value>>,
}

impl Context {
    /// The value of a key: of the exact case if there is one, else of the variant that sorts first.
    pub fn get(&self, key: &str) -> Option<&Value> {
        let variants = if key.bytes().any(|byte| byte.is_ascii_uppercase()) {
            self.keys.get(&fold(key))?
        } else {
            self.keys.get(key)?
        };
        variants.get(key).or_else(|| variants.values().next())
    }

    /// Sets a key, replacing every case variant of it.
    pub fn set(&mut self, key: &str, value: Value) {
        self.keys.insert(fold(key), BTreeMap::from([(key.to_owned(), value)]));
    }

    /// Removes a key and its case variants.
    pub fn remove(&mut self, key: &str) {
        self.keys.remove(&fold(key));
    }

    /// Sets a key beside its case variants, for tags of services that keep them apart.
    pub fn add_variant(&mut self, key: &str, value: Value) {
        self.keys.entry(fold(key)).or_default().insert(key.to_owned(), value);
    }

    /// Every key with its value, by folded name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.keys.values().flatten().map(|(key, value)| (key.as_str(), value))
    }
}

/// The form in which names of context keys are compared.
pub fn fold(key: &str) -> String {
    key.to_ascii_lowercase()
}
