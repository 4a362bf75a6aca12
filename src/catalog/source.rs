//! The JSON a catalogue is built from: one file with every service.
//!
//! ```json
//! { "version": "…", "rcp_services": ["s3"], "services": { "s3": { "name": "Amazon S3",
//!   "actions": { "GetObject": { "access": "Read", "keys": ["s3:TlsVersion"],
//!                               "resources": [{ "type": "object", "required": true, "keys": ["s3:prefix"] }] } },
//!   "resource_types": { "object": { "arn": "arn:${Partition}:s3:::${BucketName}/${ObjectName}", "keys": [] } },
//!   "condition_keys": { "s3:prefix": "String", "s3:RequestObjectTagKeys": "ArrayOfString" } } } }
//! ```
//!
//! `keys`, `resources` and `required` may be absent. A field not shown here is an error: were it passed over,
//! facts would be lost without anybody noticing.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

use super::facts::{AccessLevel, Action, ActionResource, ConditionKey, KeyKind, ResourceType, Service};
use super::{CatalogError, Contents};

/// Reads the file.
pub(super) fn read(json: &str) -> Result<Contents, CatalogError> {
    let file: File = serde_json::from_str(json).map_err(CatalogError::Json)?;
    let services = file.services.into_iter().map(|(prefix, service)| service.into_service(prefix)).collect();
    Ok(Contents { version: file.version, rcp_services: file.rcp_services, services })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: String,
    rcp_services: Vec<String>,
    services: BTreeMap<String, SourceService>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceService {
    name: String,
    actions: BTreeMap<String, SourceAction>,
    resource_types: BTreeMap<String, SourceResourceType>,
    condition_keys: BTreeMap<String, Word<KeyKind>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceAction {
    access: Word<AccessLevel>,
    #[serde(default)]
    keys: Vec<String>,
    #[serde(default)]
    resources: Vec<SourceResource>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceResource {
    #[serde(rename = "type")]
    type_name: String,
    #[serde(default)]
    required: bool,
    #[serde(default)]
    keys: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceResourceType {
    arn: String,
    #[serde(default)]
    keys: Vec<String>,
}

impl SourceService {
    fn into_service(self, prefix: String) -> Service {
        let action = |(name, action): (String, SourceAction)| Action {
            name,
            access: action.access.0,
            resources: action.resources.into_iter().map(SourceResource::into_resource).collect(),
            keys: action.keys,
        };
        let resource_type = |(name, source): (String, SourceResourceType)| ResourceType {
            name,
            arns: vec![source.arn],
            keys: source.keys,
        };
        let condition_key = |(name, kind): (String, Word<KeyKind>)| ConditionKey { name, kind: kind.0 };
        Service {
            prefix,
            name: self.name,
            actions: self.actions.into_iter().map(action).collect(),
            resource_types: self.resource_types.into_iter().map(resource_type).collect(),
            condition_keys: self.condition_keys.into_iter().map(condition_key).collect(),
        }
    }
}

impl SourceResource {
    fn into_resource(self) -> ActionResource {
        ActionResource { type_name: self.type_name, required: self.required, keys: self.keys }
    }
}

/// A value written as AWS's word for it; an unknown word is an error at its line and column.
struct Word<T>(T);

impl<'de> Deserialize<'de> for Word<AccessLevel> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        word(deserializer, "access level", AccessLevel::parse)
    }
}

impl<'de> Deserialize<'de> for Word<KeyKind> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        word(deserializer, "type of a condition key", KeyKind::parse)
    }
}

fn word<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    what: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Word<T>, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse(&text)
        .map(Word)
        .ok_or_else(|| serde::de::Error::custom(format_args!("`{text}` is no known {what}")))
}
