//! A request as a point: its coordinate at every level.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use bigdecimal::BigDecimal;

use super::level::{Level, ReadAs, Relation, Subject};
use super::principal::CallerTexts;
use super::universe::EPOCH_TIME;
use super::{condition, value};
use crate::algebra::Held;
use crate::algebra::diagram::Assignment;
use crate::caller::Caller;
use crate::policy::date::{Side, instant};
use crate::request::{Context, Request, Resource, Value, fold};

/// A request, read for membership.
#[derive(Debug, Clone)]
pub struct Point {
    service: String,
    name: String,
    is_arn: bool,
    fields: [String; 5],
    caller: CallerTexts,
    keys: BTreeMap<Arc<str>, Key>,
    context: Context,
}

/// What a key holds, read as every type.
#[derive(Debug, Clone)]
struct Key {
    flag: Held<bool>,
    text: Held<String>,
    number: Held<BigDecimal>,
    instant: Held<BigDecimal>,
    second: Held<i64>,
    address: Held<IpAddr>,
}

/// A key that the request does not have.
static ABSENT: Key = Key {
    flag: Held::Absent,
    text: Held::Absent,
    number: Held::Absent,
    instant: Held::Absent,
    second: Held::Absent,
    address: Held::Absent,
};

/// The time as seconds is read as the time (R-EVL-74).
const CURRENT_TIME: &str = "aws:currenttime";

impl Point {
    /// Reads a request.
    pub fn of(request: &Request) -> Point {
        let mut keys: BTreeMap<Arc<str>, Key> = BTreeMap::new();
        for (key, _) in request.context.iter() {
            if let Some(value) = request.context.get(key) {
                keys.insert(Arc::from(fold(key)), Key::of(value));
            }
        }
        if let Some(seconds) = keys.get(EPOCH_TIME).map(|key| key.second.clone()) {
            keys.entry(Arc::from(CURRENT_TIME)).or_insert_with(|| ABSENT.clone()).second = seconds;
        }
        let partition = request.caller.iam().map_or("aws", |caller| &caller.partition).to_owned();
        let mut fields = [partition, String::new(), String::new(), String::new(), String::new()];
        if let Resource::Arn(arn) = &request.resource {
            let [_, rest @ ..] = arn.fields();
            fields = rest.map(str::to_owned);
        }
        Point {
            service: request.action.service().to_ascii_lowercase(),
            name: request.action.name().to_ascii_lowercase(),
            is_arn: matches!(request.resource, Resource::Arn(_)),
            fields,
            caller: CallerTexts::of(&request.caller),
            keys,
            context: request.context.clone(),
        }
    }

    /// The coordinates of a caller.
    pub fn texts_of_caller(caller: &Caller) -> [(Level, String); 3] {
        let CallerTexts { caller, id, federated_by } = CallerTexts::of(caller);
        [(Level::Caller, caller), (Level::CallerId, id), (Level::FederatedBy, federated_by)]
    }

    fn key(&self, level: &Level) -> &Key {
        match level {
            Level::Key(key) | Level::Read(key, _) => self.keys.get(key).unwrap_or(&ABSENT),
            _ => &ABSENT,
        }
    }

    fn relates(&self, relation: &Relation) -> bool {
        let subject = match &relation.subject {
            Subject::Field(level) => Some(self.text(level).as_str()),
            Subject::Text(text) => Some(&**text),
            Subject::Key(key) => match self.context.get(key).map(Value::items) {
                Some([only]) => Some(only.as_str()),
                _ => None,
            },
        };
        subject.is_some_and(|subject| relation.template.matches(subject, &self.context))
    }
}

impl Key {
    fn of(value: &Value) -> Key {
        Key {
            flag: held(value, value::flag),
            text: held(value, |text| Some(text.to_owned())),
            number: held(value, value::number),
            instant: held(value, |text| instant(text, Side::Request)),
            second: held(value, value::request_second),
            address: held(value, |text| text.parse().ok()),
        }
    }
}

/// The different values that can be read.
fn held<T: PartialEq>(value: &Value, read: impl Fn(&str) -> Option<T>) -> Held<T> {
    let mut values: Vec<T> = Vec::new();
    for item in value.items().iter().filter_map(|item| read(item)) {
        if !values.contains(&item) {
            values.push(item);
        }
    }
    match (values.pop(), values.is_empty()) {
        (None, _) => Held::Absent,
        (Some(only), true) => Held::One(only),
        (Some(last), false) => {
            values.push(last);
            Held::Many(values)
        }
    }
}

impl Assignment<Level> for Point {
    fn flag(&self, level: &Level) -> &bool {
        let is_so = match level {
            Level::IsArn => self.is_arn,
            Level::Relation(relation) => self.relates(relation),
            Level::Opaque(opaque) => condition::holds(&opaque.0, &self.context).unwrap_or_default(),
            _ => false,
        };
        if is_so { &true } else { &false }
    }

    fn text(&self, level: &Level) -> &String {
        let [partition, service, region, account, resource] = &self.fields;
        match level {
            Level::Service => &self.service,
            Level::Name => &self.name,
            Level::Partition => partition,
            Level::ResourceService => service,
            Level::Region => region,
            Level::Account => account,
            Level::Caller => &self.caller.caller,
            Level::CallerId => &self.caller.id,
            Level::FederatedBy => &self.caller.federated_by,
            _ => resource,
        }
    }

    fn flag_key(&self, level: &Level) -> &Held<bool> {
        &self.key(level).flag
    }

    fn text_key(&self, level: &Level) -> &Held<String> {
        &self.key(level).text
    }

    fn number_key(&self, level: &Level) -> &Held<BigDecimal> {
        match level {
            Level::Read(_, ReadAs::Instant) => &self.key(level).instant,
            _ => &self.key(level).number,
        }
    }

    fn instant_key(&self, level: &Level) -> &Held<i64> {
        &self.key(level).second
    }

    fn address_key(&self, level: &Level) -> &Held<IpAddr> {
        &self.key(level).address
    }
}
