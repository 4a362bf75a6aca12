//! What a condition says of contexts, and a point of a set as a context again.

use super::level::{Level, Subject};
use super::{CompileError, Compiler};
use crate::algebra::diagram::Datum;
use crate::algebra::{Glob, Held, Language, Set};
use crate::arn::{AccountId, Arn};
use crate::catalog::KeyType;
use crate::policy::Condition;
use crate::request::{Context, Value};

impl Compiler {
    /// The requests in whose context a condition holds.
    pub fn where_holds(&mut self, condition: &Condition) -> Result<Set, CompileError> {
        Ok(self.condition(condition)?)
    }

    /// The requests in which an open key has one value.
    pub fn only(&mut self, folded: &str, value: &str) -> Result<Set, CompileError> {
        let language = Language::of(&Glob::literal(value), self.arena.meter());
        let language = language.map_err(|what| self.at(folded, what))?;
        Ok(self.one_text(folded, language)?)
    }

    /// A context for a point: what is said already, what the point says, and a value for each key that is always
    /// there.
    pub fn context(&self, point: &[(Level, Datum)], said: &Context) -> Context {
        let mut context = said.clone();
        for (level, datum) in point {
            match (level, datum) {
                (Level::Relation(relation), Datum::Flag(true)) => {
                    if let Subject::Key(key) = &relation.subject
                        && let Some(text) = relation.template.example(&context)
                    {
                        let is_list = self.universe.domain(key).multivalued;
                        context
                            .set(key, if is_list { Value::Multi(vec![text]) } else { Value::Single(text) });
                    }
                }
                (Level::Read(key, _), datum) => {
                    if let Some(value) = value(KeyType::String, false, datum) {
                        context.set(key, value);
                    }
                }
                (Level::Key(key), datum) => {
                    let domain = self.universe.domain(key);
                    let is_account = self.universe.is_account(key);
                    if let Some(value) = value(domain.base, domain.multivalued, datum)
                        && (!is_account || AccountId::parse(&value.to_string()).is_some())
                        && context.get(key).is_none()
                    {
                        context.set(key, value);
                    }
                }
                _ => {}
            }
        }
        let mut of_keys = Context::default();
        for (key, domain) in self.universe.keys() {
            let value = match context.get(key).filter(|value| self.universe.begins(key, value)) {
                Some(value) => Some(value.clone()),
                None if domain.always_present && self.universe.follows(key).is_none() => {
                    Some(Value::Single(self.universe.example(key)))
                }
                None => None,
            };
            if let Some(value) = value {
                of_keys.set(key, value);
            }
        }
        // The time as seconds is the same time (R-EVL-74).
        let time = context.get("aws:CurrentTime").or_else(|| of_keys.get("aws:CurrentTime"));
        if let Some(Value::Single(text)) = time
            && let Ok(at) = text.parse::<jiff::Timestamp>()
            && of_keys.get("aws:EpochTime").is_some()
        {
            of_keys.set("aws:EpochTime", Value::Single(at.as_second().to_string()));
        }
        of_keys
    }
}

/// A datum as the value of a key; none where that is absence, or no value of the key's type.
fn value(base: KeyType, multivalued: bool, datum: &Datum) -> Option<Value> {
    let items: Vec<String> = match datum {
        Datum::TextKey(held) => items(held).to_vec(),
        Datum::FlagKey(held) => items(held).iter().map(bool::to_string).collect(),
        Datum::NumberKey(held) => items(held).iter().map(|number| number.to_plain_string()).collect(),
        Datum::AddressKey(held) => items(held).iter().map(std::net::IpAddr::to_string).collect(),
        Datum::InstantKey(held) => {
            let second = |second: &i64| jiff::Timestamp::from_second(*second).ok().map(|at| at.to_string());
            items(held).iter().filter_map(second).collect()
        }
        Datum::Flag(_) | Datum::Text(_) => Vec::new(),
    };
    let fits = |item: &String| base != KeyType::Arn || Arn::parse(item).is_some();
    match items.as_slice() {
        items if !items.iter().all(fits) => None,
        [] => None,
        [only] if !multivalued => Some(Value::Single(only.clone())),
        _ if multivalued => Some(Value::Multi(items)),
        _ => None,
    }
}

fn items<T>(held: &Held<T>) -> &[T] {
    match held {
        Held::Absent => &[],
        Held::One(value) => std::slice::from_ref(value),
        Held::Many(values) => values,
    }
}
