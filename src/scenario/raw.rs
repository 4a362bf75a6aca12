//! The members of a scenario as they are written.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use rustc_hash::FxHashSet;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
pub(super) use serde_json::value::RawValue;
use strsim::osa_distance;

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
    #[serde(borrow, default, deserialize_with = "said")]
    pub(super) identity: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "said")]
    pub(super) boundary: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "said")]
    pub(super) session: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "said")]
    pub(super) resource: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "said")]
    pub(super) scp: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "said")]
    pub(super) rcp: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "said")]
    pub(super) vpc_endpoint: Option<&'a RawValue>,
}

/// What is said, also `null`.
fn said<'de: 'a, 'a, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'a RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// One element of a list of policies, if it is not a bare document.
#[derive(Deserialize)]
pub(super) struct Named<'a> {
    #[serde(borrow)]
    pub(super) name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) policy: Option<&'a RawValue>,
}

/// `expect`, where it is an object.
#[derive(Deserialize)]
pub(super) struct Expect {
    pub(super) decision: String,
    pub(super) precision: Option<String>,
    pub(super) blocked_by: Option<Vec<String>>,
    #[serde(flatten)]
    pub(super) others: BTreeMap<String, IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSettings<'a> {
    notprincipal: Option<RawNotPrincipal>,
    session_policy_limits_direct_grants: Option<bool>,
    guards: Option<bool>,
    #[serde(borrow)]
    s3_block_public_access: Option<&'a RawValue>,
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
                let mut known = FxHashSet::default();
                while let Some((key, value)) = map.next_entry::<String, &'a RawValue>()? {
                    if !known.insert(key.clone()) {
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
    serde_json::from_str(text).map_err(|found| {
        let message = found.to_string();
        let (what, place) = message.rsplit_once(" at line ").unwrap_or((&message, ""));
        // Of a part, the path says where; the place would be one in the part.
        let whole = path == "$" && !place.is_empty();
        error(path, if whole { format!("{what} at line {place}") } else { what.to_owned() })
    })
}

/// Reads an object of which all members are known.
pub(super) fn members<'a, T: Deserialize<'a>>(
    path: &str,
    text: &'a str,
    known: &[&str],
) -> Result<T, ScenarioError> {
    parse(path, text).map_err(|found| unknown_member(path, text, known).unwrap_or(found))
}

/// The first member that is not known, with the one that was perhaps meant.
fn unknown_member(path: &str, text: &str, known: &[&str]) -> Option<ScenarioError> {
    let Members(members) = serde_json::from_str(text).ok()?;
    let (unknown, _) = members.into_iter().find(|(name, _)| !known.contains(&name.as_str()))?;
    let near = known.iter().min_by_key(|name| osa_distance(&unknown.to_lowercase(), name))?;
    Some(error(path, format!("there is no member `{unknown}`; did you mean `{near}`?")))
}

/// The members of `request`.
pub(super) const REQUEST: [&str; 8] =
    ["principal", "action", "resource", "resource_account", "context", "federated_by", "role", "derive"];

const POLICIES: [&str; 7] = ["identity", "boundary", "session", "resource", "scp", "rcp", "vpc_endpoint"];

const SETTINGS: [&str; 6] = [
    "notprincipal",
    "session_policy_limits_direct_grants",
    "guards",
    "s3_block_public_access",
    "rcp_services",
    "canonical_ids",
];

const PUBLIC_ACCESS: [&str; 4] =
    ["RestrictPublicBuckets", "BlockPublicPolicy", "BlockPublicAcls", "IgnorePublicAcls"];

/// `policies`.
pub(super) fn policies<'a>(path: &str, text: &'a str) -> Result<Policies<'a>, ScenarioError> {
    members(path, text, &POLICIES)
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
    let raw: RawSettings<'_> = members(path, text.get(), &SETTINGS)?;
    let public_buckets = raw.s3_block_public_access.map(|text| public_buckets(path, text)).transpose()?;
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
        public_buckets: public_buckets.unwrap_or_default(),
        rcp_services: raw.rcp_services.map(Arc::new).or(default.rcp_services),
        canonical_ids: raw.canonical_ids.into_iter().map(account).collect::<Result<_, _>>()?,
        supposed: None,
    })
}

/// As S3 names its four settings; three of them decide no request.
fn public_buckets(path: &str, text: &RawValue) -> Result<PublicBuckets, ScenarioError> {
    let path = format!("{path}.s3_block_public_access");
    let said: BTreeMap<String, bool> = parse(&path, text.get())?;
    match unknown_member(&path, text.get(), &PUBLIC_ACCESS) {
        Some(unknown) => Err(unknown),
        None if said.get("RestrictPublicBuckets") == Some(&true) => Ok(PublicBuckets::Restricted),
        None => Ok(PublicBuckets::Unrestricted),
    }
}
