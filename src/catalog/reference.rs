//! AWS's published Service Reference, downloaded: a list of services, and one file for each.
//!
//! ```json
//! [{ "service": "s3", "url": "https://…/s3.json" }]
//!
//! { "Name": "s3",
//!   "Actions": [{ "Name": "GetObject", "ActionConditionKeys": ["s3:TlsVersion"], "Resources": [{ "Name": "object" }],
//!                 "Annotations": { "Properties": { "IsList": false, "IsWrite": false,
//!                                                  "IsPermissionManagement": false, "IsTaggingOnly": false } } }],
//!   "ConditionKeys": [{ "Name": "s3:TlsVersion", "Types": ["Numeric"] }],
//!   "Resources": [{ "Name": "object", "ARNFormats": ["arn:${Partition}:s3:::…"], "ConditionKeys": [] }] }
//! ```
//!
//! It says less than a catalogue has. What people call a service, whether a call must name a resource of a type, which
//! keys an action has for one type only, and which services are under RCPs is taken from an older catalogue, so far as
//! that knows it. Fields not shown here are passed over: AWS adds some now and then.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::facts::{AccessLevel, Action, ActionResource, ConditionKey, KeyKind, ResourceType, Service};
use super::{Catalog, CatalogError, Contents};

/// See [`Contents::from_service_reference`].
pub(super) fn read(
    files: &[(String, String)],
    version: &str,
    older: &Catalog,
) -> Result<Contents, CatalogError> {
    let mut listed: BTreeSet<String> = BTreeSet::new();
    let mut services: Vec<Service> = Vec::new();
    for (file, json) in files {
        let wrong = |why: String| CatalogError::Reference { file: file.clone(), why };
        match serde_json::from_str(json).map_err(|error| wrong(error.to_string()))? {
            File::Index(all) => listed.extend(all.into_iter().map(|one| one.service.to_ascii_lowercase())),
            File::Service(service) => services.push(service.into_service(older).map_err(wrong)?),
        }
    }
    let missing: Vec<String> =
        listed.into_iter().filter(|name| services.iter().all(|service| service.prefix != *name)).collect();
    if !missing.is_empty() {
        return Err(CatalogError::Missing(missing.join(", ")));
    }
    services.sort_by(|a, b| a.prefix.cmp(&b.prefix));
    let rcp_services = older.rcp_services().map(str::to_owned).collect();
    Ok(Contents { version: version.to_owned(), rcp_services, services })
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "expected the list of services, or one service with its Name and Actions")]
enum File {
    Index(Vec<Listed>),
    Service(Box<ReferenceService>),
}

#[derive(Deserialize)]
struct Listed {
    service: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ReferenceService {
    name: String,
    actions: Vec<ReferenceAction>,
    #[serde(default)]
    condition_keys: Vec<ReferenceKey>,
    #[serde(default)]
    resources: Vec<ReferenceType>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ReferenceAction {
    name: String,
    #[serde(default)]
    action_condition_keys: Vec<String>,
    annotations: Option<Annotations>,
    #[serde(default)]
    resources: Vec<Used>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Annotations {
    properties: Properties,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[derive(Default)]
struct Properties {
    is_list: bool,
    is_permission_management: bool,
    is_tagging_only: bool,
    is_write: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Used {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ReferenceKey {
    name: String,
    types: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ReferenceType {
    name: String,
    #[serde(default, rename = "ARNFormats")]
    arn_formats: Vec<String>,
    #[serde(default)]
    condition_keys: Vec<String>,
}

impl Properties {
    /// An action that grants permissions also writes; the word that says most is its level.
    fn level(&self) -> AccessLevel {
        match self {
            Properties { is_permission_management: true, .. } => AccessLevel::PermissionsManagement,
            Properties { is_tagging_only: true, .. } => AccessLevel::Tagging,
            Properties { is_write: true, .. } => AccessLevel::Write,
            Properties { is_list: true, .. } => AccessLevel::List,
            _ => AccessLevel::Read,
        }
    }
}

impl ReferenceService {
    fn into_service(self, older: &Catalog) -> Result<Service, String> {
        let prefix = self.name.to_ascii_lowercase();
        let known = older.service(&prefix);
        let action = |action: ReferenceAction| action.into_action(known.as_deref());
        let mut actions = self.actions.into_iter().map(action).collect::<Result<Vec<_>, _>>()?;
        actions.sort_by(|a, b| a.name.cmp(&b.name));
        let mut resource_types: Vec<ResourceType> = self.resources.into_iter().map(Into::into).collect();
        resource_types.sort_by(|a, b| a.name.cmp(&b.name));
        let keys = self.condition_keys.into_iter().map(ReferenceKey::into_key);
        let mut condition_keys = keys.collect::<Result<Vec<_>, _>>()?;
        condition_keys.sort_by(|a, b| a.name.cmp(&b.name));
        let name = known.as_deref().map_or(self.name, |known| known.name.clone());
        Ok(Service { prefix, name, actions, resource_types, condition_keys })
    }
}

impl ReferenceAction {
    fn into_action(self, known: Option<&Service>) -> Result<Action, String> {
        let known = known.and_then(|service| service.action(&self.name));
        let access = match (self.annotations, known) {
            (Some(annotations), _) => annotations.properties.level(),
            (None, Some(known)) => known.access,
            (None, None) => return Err(format!("nothing says the access level of `{}`", self.name)),
        };
        let resource = |used: Used| {
            let known = known.iter().flat_map(|known| &known.resources);
            let known = known.into_iter().find(|one| one.type_name == used.name);
            ActionResource {
                type_name: used.name,
                required: known.is_some_and(|known| known.required),
                keys: known.map(|known| known.keys.clone()).unwrap_or_default(),
            }
        };
        let resources = self.resources.into_iter().map(resource).collect();
        Ok(Action { name: self.name, access, resources, keys: self.action_condition_keys })
    }
}

impl ReferenceKey {
    /// A key of several types is one of the first: a policy may use either operator, and a catalogue has one.
    fn into_key(self) -> Result<ConditionKey, String> {
        let Some(word) = self.types.first() else {
            return Err(format!("the condition key `{}` has no type", self.name));
        };
        match KeyKind::parse(word) {
            Some(kind) => Ok(ConditionKey { name: self.name, kind }),
            None => Err(format!("`{word}` is no known type of a condition key, as `{}` has", self.name)),
        }
    }
}

impl From<ReferenceType> for ResourceType {
    fn from(known: ReferenceType) -> ResourceType {
        ResourceType { name: known.name, arns: known.arn_formats, keys: known.condition_keys }
    }
}
