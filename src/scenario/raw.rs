//! The members of a scenario as they are written.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
pub(super) use serde_json::value::RawValue;

use super::{ScenarioError, error};
use crate::arn::AccountId;
use crate::layers::{DirectGrants, Guards, NotPrincipal, PublicBuckets, Settings};
use crate::request::Value;

/// The whole; members that are not here pass untouched.
#[derive(Deserialize)]
pub(super) struct Scenario<'a> {
    #[serde(borrow)]
    pub(super) name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) request: &'a RawValue,
    #[serde(borrow)]
    pub(super) policies: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) settings: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) expect: Option<&'a RawValue>,
}

/// `request`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Request<'a> {
    #[serde(borrow)]
    pub(super) principal: &'a RawValue,
    #[serde(borrow)]
    pub(super) action: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) resource: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) resource_account: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) context: Option<Members<'a>>,
    #[serde(borrow)]
    pub(super) federated_by: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) role: Option<Cow<'a, str>>,
    pub(super) derive: Option<bool>,
}

/// A principal that has no ARN.
#[derive(Deserialize)]
pub(super) enum Principal {
    Service(String),
    Federated(String),
    CanonicalUser(String),
}

/// `policies`.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Policies<'a> {
    #[serde(borrow)]
    pub(super) identity: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) boundary: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) session: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) resource: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) scp: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) rcp: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) vpc_endpoint: Option<&'a RawValue>,
}

/// One element of a list of policies, if it is not a bare document.
#[derive(Deserialize)]
pub(super) struct Named<'a> {
    #[serde(borrow)]
    pub(super) name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) policy: Option<&'a RawValue>,
}

/// `expect`.
#[derive(Deserialize)]
pub(super) struct Expect {
    pub(super) decision: String,
    pub(super) precision: Option<String>,
    pub(super) blocked_by: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSettings {
    notprincipal: Option<RawNotPrincipal>,
    session_policy_limits_direct_grants: Option<bool>,
    guards: Option<bool>,
    s3_block_public_access: Option<RawPublicAccess>,
    rcp_services: Option<BTreeSet<String>>,
    #[serde(default)]
    canonical_ids: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum RawNotPrincipal {
    Layered,
    Lenient,
}

/// As S3 names its four settings; the other three decide no request.
#[derive(Deserialize)]
struct RawPublicAccess {
    #[serde(rename = "RestrictPublicBuckets", default)]
    restrict_public_buckets: bool,
}

/// Members of an object in their order, none of them twice.
pub(super) struct Members<'a>(pub(super) Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder<'a>(PhantomData<&'a ()>);
        impl<'de: 'a, 'a> Visitor<'de> for InOrder<'a> {
            type Value = Members<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'a>, A::Error> {
                let mut members: Vec<(String, &'a RawValue)> = Vec::new();
                while let Some((key, value)) = map.next_entry::<String, &'a RawValue>()? {
                    if members.iter().any(|(known, _)| *known == key) {
                        return Err(serde::de::Error::custom(format!("`{key}` stands twice")));
                    }
                    members.push((key, value));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(InOrder(PhantomData))
    }
}

/// Reads a part of a scenario.
pub(super) fn parse<'a, T: Deserialize<'a>>(path: &str, text: &'a str) -> Result<T, ScenarioError> {
    serde_json::from_str(text).map_err(|found| error(path, found.to_string()))
}

/// The value of a context key: numbers and booleans are their text.
pub(super) fn value(path: &str, text: &str) -> Result<Value, ScenarioError> {
    match text.bytes().next() {
        Some(b'"') => parse(path, text).map(Value::Single),
        Some(b'[') => {
            let items: Vec<&RawValue> = parse(path, text)?;
            let item = |(nth, item): (usize, &&RawValue)| match value(&format!("{path}[{nth}]"), item.get())?
            {
                Value::Single(text) => Ok(text),
                Value::Multi(_) => Err(error(format!("{path}[{nth}]"), "a list in a list")),
            };
            items.iter().enumerate().map(item).collect::<Result<_, _>>().map(Value::Multi)
        }
        Some(b'{' | b'n') | None => {
            Err(error(path, "a context value is a string, a number, a boolean or a list of them"))
        }
        Some(_) => Ok(Value::Single(text.to_owned())),
    }
}

/// The switches of the rules.
pub(super) fn settings(
    text: Option<&RawValue>,
    rcp_services: Arc<BTreeSet<String>>,
) -> Result<Settings, ScenarioError> {
    let path = "$.settings";
    let default = Settings { rcp_services: Some(rcp_services), ..Settings::default() };
    let Some(text) = text.filter(|text| text.get() != "null") else { return Ok(default) };
    let raw: RawSettings = parse(path, text.get())?;
    let account = |(id, text): (String, String)| match AccountId::parse(&text) {
        Some(account) => Ok((id, account)),
        None => Err(error(format!("{path}.canonical_ids[\"{id}\"]"), format!("`{text}` is no account id"))),
    };
    Ok(Settings {
        not_principal: match raw.notprincipal {
            Some(RawNotPrincipal::Lenient) => NotPrincipal::Lenient,
            Some(RawNotPrincipal::Layered) | None => NotPrincipal::Layered,
        },
        direct_grants: match raw.session_policy_limits_direct_grants {
            Some(true) => DirectGrants::LimitedBySession,
            Some(false) | None => DirectGrants::Unlimited,
        },
        guards: if raw.guards == Some(true) { Guards::On } else { Guards::Off },
        public_buckets: match raw.s3_block_public_access {
            Some(RawPublicAccess { restrict_public_buckets: true }) => PublicBuckets::Restricted,
            _ => PublicBuckets::Unrestricted,
        },
        rcp_services: raw.rcp_services.map(Arc::new).or(default.rcp_services),
        canonical_ids: raw.canonical_ids.into_iter().map(account).collect::<Result<_, _>>()?,
    })
}
