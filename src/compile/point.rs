//! A request as a point: its coordinate at every level.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::net::IpAddr;

use bigdecimal::BigDecimal;

use super::level::{Level, ReadAs, Relation, Subject};
use super::principal::CallerTexts;
use super::universe::EPOCH_TIME;
use super::{condition, value};
use crate::algebra::Held;
use crate::algebra::diagram::Assignment;
use crate::caller::Caller;
use crate::policy::date::{Side, instant};
use crate::request::{Request, Resource, Value};

/// A request, read for membership: what its coordinates are, each worked out where it is asked for.
#[derive(Debug, Clone)]
pub struct Point<'r> {
    request: &'r Request,
    service: Cow<'r, str>,
    name: Cow<'r, str>,
    fields: [&'r str; 5],
    caller: OnceCell<CallerTexts>,
}

/// The time as seconds is read as the time (R-EVL-74).
const CURRENT_TIME: &str = "aws:currenttime";

impl<'r> Point<'r> {
    /// Reads a request.
    pub fn of(request: &'r Request) -> Point<'r> {
        let fields = match &request.resource {
            Resource::Arn(arn) => {
                let [_, rest @ ..] = arn.fields();
                rest
            }
            Resource::Star => {
                let partition = request.caller.iam().map_or("aws", |caller| &caller.partition);
                [partition, "", "", "", ""]
            }
        };
        Point {
            request,
            service: lower(request.action.service()),
            name: lower(request.action.name()),
            fields,
            caller: OnceCell::new(),
        }
    }

    /// The coordinates of a caller.
    pub fn texts_of_caller(caller: &Caller) -> [(Level, String); 3] {
        let CallerTexts { caller, id, federated_by } = CallerTexts::of(caller);
        [(Level::Caller, caller), (Level::CallerId, id), (Level::FederatedBy, federated_by)]
    }

    /// The value of the key of a level.
    fn value(&self, level: &Level) -> Option<&'r Value> {
        match level {
            Level::Key(key) | Level::Read(key, _) => self.request.context.get(key),
            _ => None,
        }
    }

    fn held<T: PartialEq>(&self, level: &Level, read: impl Fn(&str) -> Option<T>) -> Held<T> {
        self.value(level).map_or(Held::Absent, |value| held(value, read))
    }

    fn caller(&self) -> &CallerTexts {
        self.caller.get_or_init(|| CallerTexts::of(&self.request.caller))
    }

    fn relates(&self, relation: &Relation) -> bool {
        let context = &self.request.context;
        let subject = match &relation.subject {
            Subject::Field(level) => Some(self.text(level)),
            Subject::Text(text) => Some(&**text),
            Subject::Key(key) => match context.get(key).map(Value::items) {
                Some([only]) => Some(only.as_str()),
                _ => None,
            },
        };
        subject.is_some_and(|subject| relation.template.matches(subject, context))
    }
}

/// In lower case.
fn lower(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}

/// The different values that can be read.
fn held<T: PartialEq>(value: &Value, read: impl Fn(&str) -> Option<T>) -> Held<T> {
    if let [only] = value.items() {
        return read(only).map_or(Held::Absent, Held::One);
    }
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

impl Assignment<Level> for Point<'_> {
    fn flag(&self, level: &Level) -> bool {
        match level {
            Level::IsArn => matches!(self.request.resource, Resource::Arn(_)),
            Level::Relation(relation) => self.relates(relation),
            Level::Opaque(opaque) => condition::holds(&opaque.0, &self.request.context).unwrap_or_default(),
            _ => false,
        }
    }

    fn text(&self, level: &Level) -> &str {
        let [partition, service, region, account, resource] = self.fields;
        match level {
            Level::Service => &self.service,
            Level::Name => &self.name,
            Level::Partition => partition,
            Level::ResourceService => service,
            Level::Region => region,
            Level::Account => account,
            Level::Caller => &self.caller().caller,
            Level::CallerId => &self.caller().id,
            Level::FederatedBy => &self.caller().federated_by,
            _ => resource,
        }
    }

    fn flag_key(&self, level: &Level) -> Held<bool> {
        self.held(level, value::flag)
    }

    fn text_key(&self, level: &Level) -> Held<String> {
        self.held(level, |text| Some(text.to_owned()))
    }

    fn number_key(&self, level: &Level) -> Held<BigDecimal> {
        match level {
            Level::Read(_, ReadAs::Instant) => self.held(level, |text| instant(text, Side::Request)),
            _ => self.held(level, value::number),
        }
    }

    fn instant_key(&self, level: &Level) -> Held<i64> {
        let is_time = matches!(level, Level::Key(key) if **key == *CURRENT_TIME);
        match self.request.context.get(EPOCH_TIME).filter(|_| is_time) {
            Some(seconds) => held(seconds, value::request_second),
            None => self.held(level, value::request_second),
        }
    }

    fn address_key(&self, level: &Level) -> Held<IpAddr> {
        self.held(level, |text| text.parse().ok())
    }
}
