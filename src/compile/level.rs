//! The coordinates of a request, in their order in the diagrams.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use crate::policy::Condition;

/// A coordinate of a request.
///
/// What tells most statements apart comes first. A request for the literal `*` has no ARN, and then the levels of
/// the ARN's fields mean nothing, but for the partition: that is the caller's (R-RES-10).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// The service of the action, in lower case.
    Service,
    /// The name of the action, in lower case.
    Name,
    /// Whether the resource is an ARN; else it is the literal `*`.
    IsArn,
    /// The partition of the ARN.
    Partition,
    /// The service of the ARN.
    ResourceService,
    /// The region of the ARN.
    Region,
    /// The account of the ARN.
    Account,
    /// What is behind the ARN's fifth colon.
    ResourceId,
    /// The caller: its ARN, or what kind of other caller it is (see the module `principal`).
    Caller,
    /// The caller's unique id, where known.
    CallerId,
    /// The user behind a federated user's session, where known.
    FederatedBy,
    /// What a context key holds; its folded name.
    Key(Arc<str>),
    /// What the one value of a key of strings is, read as something else; nothing where it cannot be.
    Read(Arc<str>, ReadAs),
    /// Whether a text matches a template of variables.
    Relation(Arc<Relation>),
    /// Whether the values of a key satisfy a condition that sets of their own values cannot say.
    Opaque(Arc<Opaque>),
}

/// As what a string is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReadAs {
    /// A number.
    Number,
    /// An instant, in seconds, which may be fractions.
    Instant,
    /// An address.
    Address,
}

impl Level {
    /// The levels of an ARN's fields behind the first.
    pub const FIELDS: [Level; 5] =
        [Level::Partition, Level::ResourceService, Level::Region, Level::Account, Level::ResourceId];
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Level::Service => f.write_str("the services of the actions"),
            Level::Name => f.write_str("the names of the actions"),
            Level::IsArn => f.write_str("whether the resource is an ARN"),
            Level::Partition => f.write_str("the partitions of the resources"),
            Level::ResourceService => f.write_str("the services of the resources"),
            Level::Region => f.write_str("the regions of the resources"),
            Level::Account => f.write_str("the accounts of the resources"),
            Level::ResourceId => f.write_str("the names of the resources"),
            Level::Caller | Level::CallerId | Level::FederatedBy => f.write_str("the principals"),
            Level::Key(key) | Level::Read(key, _) => write!(f, "the values of `{key}`"),
            Level::Relation(relation) => write!(f, "{relation}"),
            Level::Opaque(opaque) => write!(f, "`{}` of `{}`", opaque.operator(), opaque.0.key),
        }
    }
}

/// Whether a text matches a template whose variables are open: what a product of sets cannot say.
///
/// It is a coordinate of its own, beside what is necessary for it; equal templates share it, so they cancel.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Relation {
    /// The text.
    pub subject: Subject,
    /// The template.
    pub template: Template,
}

/// A text of a request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A field of the ARN.
    Field(Box<Level>),
    /// The one value of a context key.
    Key(Arc<str>),
    /// This text.
    Text(Arc<str>),
}

/// A pattern in which the variables with known values are replaced.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Template {
    /// Its pieces in order.
    pub tokens: Vec<Token>,
    /// Whether the five colons of an ARN are for themselves: wildcards do not reach across them (R-CND-29).
    pub fields: Fields,
}

/// How wildcards go with colons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Fields {
    /// A wildcard is any characters.
    #[default]
    One,
    /// Those before the fifth colon are any characters but a colon.
    Six,
}

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Token {
    /// Text.
    Text(String),
    /// `*`.
    Star,
    /// `?`.
    Question,
    /// The value of an open key; its folded name.
    Variable(Arc<str>),
}

impl Token {
    /// The key of a variable.
    pub fn variable(&self) -> Option<Arc<str>> {
        match self {
            Token::Variable(key) => Some(Arc::clone(key)),
            Token::Text(_) | Token::Star | Token::Question => None,
        }
    }
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.subject {
            Subject::Field(level) => write!(f, "{level}")?,
            Subject::Key(key) => write!(f, "`{key}`")?,
            Subject::Text(text) => write!(f, "`{text}`")?,
        }
        write!(f, " matching `{}`", self.template)
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for token in &self.tokens {
            match token {
                Token::Text(text) => f.write_str(text)?,
                Token::Star => f.write_str("*")?,
                Token::Question => f.write_str("?")?,
                Token::Variable(key) => write!(f, "${{{key}}}")?,
            }
        }
        Ok(())
    }
}

/// A condition as a coordinate of its own: all of it, or nothing, is known of a request. Equal where key, operator
/// and values are.
#[derive(Debug, Clone)]
pub struct Opaque(pub Condition);

impl Opaque {
    fn operator(&self) -> String {
        self.0.operator.to_string()
    }

    fn order(&self) -> (crate::policy::Operator, String, Vec<&str>) {
        let mut values: Vec<&str> = self.0.values.iter().map(|value| value.text.as_str()).collect();
        values.sort_unstable();
        (self.0.operator, crate::request::fold(&self.0.key), values)
    }
}

impl PartialEq for Opaque {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Opaque {}

impl PartialOrd for Opaque {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Opaque {
    fn cmp(&self, other: &Self) -> Ordering {
        let patterns = |opaque: &Opaque| -> Vec<crate::pattern::Pattern> {
            let values = opaque.0.values.iter().map(|value| value.pattern.clone());
            values.collect::<std::collections::BTreeSet<_>>().into_iter().collect()
        };
        self.order().cmp(&other.order()).then_with(|| patterns(self).cmp(&patterns(other)))
    }
}

impl std::hash::Hash for Opaque {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.order().hash(state);
    }
}
