//! The policy documents of scenarios: each distinct text is read once, however many scenarios hold it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value as Json;

use super::raw::{self, RawValue};
use super::{ScenarioError, error};
use crate::layers::{LayerDocument, LayerPolicy, Level};
use crate::policy::{PolicyType, parse};

/// How many bytes of documents are kept before all are forgotten.
const MOST_BYTES: usize = 256 * 1024 * 1024;

/// Documents that were read before; for many threads.
#[derive(Debug)]
pub struct Documents {
    known: Mutex<Known>,
    rcp_services: Arc<BTreeSet<String>>,
    named: BTreeMap<String, Result<NamedPolicy, String>>,
}

/// A policy that stands elsewhere and is named in a decision table by a string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedPolicy {
    /// What reports call it.
    pub name: String,
    /// What it is: `policy file`, `stored policy`.
    pub kind: String,
    /// The document.
    pub text: String,
}

#[derive(Debug, Default)]
struct Known {
    bytes: usize,
    by_type: HashMap<PolicyType, HashMap<Box<str>, Arc<LayerDocument>>>,
}

impl Documents {
    /// None yet. `rcp_services` are the prefixes of the services that support RCPs (R-EVL-39).
    pub fn new(rcp_services: BTreeSet<String>) -> Documents {
        Documents { known: Mutex::default(), rcp_services: Arc::new(rcp_services), named: BTreeMap::new() }
    }

    /// With policies that stand elsewhere, by what tables call them; or why there is none of that name.
    #[must_use]
    pub fn with_named(self, named: BTreeMap<String, Result<NamedPolicy, String>>) -> Documents {
        Documents { named, ..self }
    }

    pub(super) fn rcp_services(&self) -> Arc<BTreeSet<String>> {
        Arc::clone(&self.rcp_services)
    }

    fn read(&self, text: &str, policy_type: PolicyType) -> Arc<LayerDocument> {
        let lock = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().by_type.get(&policy_type).and_then(|known| known.get(text)) {
            return Arc::clone(known);
        }
        let document = Arc::new(LayerDocument { text: text.to_owned(), parsed: parse(text, policy_type) });
        let mut known = lock();
        if known.bytes > MOST_BYTES {
            *known = Known::default();
        }
        known.bytes += text.len();
        known.by_type.entry(policy_type).or_default().insert(text.into(), Arc::clone(&document));
        document
    }

    /// A list of policies, or one; `null` and `[]` are none.
    pub(super) fn policies(
        &self,
        text: Option<&RawValue>,
        path: &str,
        layer: &str,
        policy_type: PolicyType,
        origin: *const u8,
    ) -> Result<Vec<LayerPolicy>, ScenarioError> {
        let Some(text) = text.filter(|text| text.get() != "null") else { return Ok(Vec::new()) };
        if !text.get().starts_with('[') {
            return Ok(vec![self.policy(text, path, layer, policy_type, origin)?]);
        }
        let items: Vec<&RawValue> = raw::parse(path, text.get())?;
        let item = |(nth, item): (usize, &&RawValue)| {
            self.policy(item, &format!("{path}[{nth}]"), &format!("{layer}[{nth}]"), policy_type, origin)
        };
        items.iter().enumerate().map(item).collect()
    }

    /// The levels of an organization, from the root to the account.
    pub(super) fn levels(
        &self,
        text: Option<&RawValue>,
        path: &str,
        layer: &str,
        policy_type: PolicyType,
        origin: *const u8,
    ) -> Result<Vec<Level>, ScenarioError> {
        let Some(text) = text.filter(|text| text.get() != "null") else { return Ok(Vec::new()) };
        let items: Vec<&RawValue> = raw::parse(path, text.get())?;
        let level = |(nth, item): (usize, &&RawValue)| {
            let (path, name) = (format!("{path}[{nth}]"), format!("{layer}[{nth}]"));
            if !item.get().starts_with('[') {
                return Err(error(path, "a level is a list of policies"));
            }
            Ok(Level {
                policies: self.policies(Some(item), &path, &name, policy_type, origin)?,
                name: format!("level {nth}"),
            })
        };
        items.iter().enumerate().map(level).collect()
    }

    /// A policy that stands elsewhere.
    fn named(&self, text: &str, path: &str, policy_type: PolicyType) -> Result<LayerPolicy, ScenarioError> {
        let name: String = raw::parse(path, text)?;
        match self.named.get(&name) {
            Some(Ok(NamedPolicy { name, kind, text })) => Ok(LayerPolicy {
                name: name.clone(),
                kind: kind.clone(),
                group: None,
                policy_type,
                document: Some(self.read(text, policy_type)),
                offset: 0,
            }),
            Some(Err(message)) => Err(error(path, message)),
            None => Err(error(path, "a policy is an object; only decision tables name files")),
        }
    }

    /// `{"name", "policy"}`, a bare document, or a name.
    fn policy(
        &self,
        text: &RawValue,
        path: &str,
        name: &str,
        policy_type: PolicyType,
        origin: *const u8,
    ) -> Result<LayerPolicy, ScenarioError> {
        if text.get().starts_with('"') {
            return self.named(text.get(), path, policy_type);
        }
        if !text.get().starts_with('{') {
            return Err(error(
                path,
                "a policy is an object: `{\"name\": …, \"policy\": …}`, or the document itself",
            ));
        }
        let named: raw::Named<'_> = raw::parse(path, text.get())?;
        let document = named.policy.unwrap_or(text);
        Ok(LayerPolicy {
            name: named.name.map_or_else(|| name.to_owned(), String::from),
            kind: "policy of the scenario".to_owned(),
            group: None,
            policy_type,
            document: Some(self.read(document.get(), policy_type)),
            offset: document.get().as_ptr() as usize - origin as usize,
        })
    }
}

/// The names in `policies` that stand for policies elsewhere: every string among them.
pub fn named_policies(policies: &RawValue) -> BTreeSet<String> {
    fn collect(value: &Json, found: &mut BTreeSet<String>) {
        match value {
            Json::String(name) => {
                found.insert(name.clone());
            }
            Json::Array(items) => items.iter().for_each(|item| collect(item, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    if let Ok(Json::Object(layers)) = serde_json::from_str(policies.get()) {
        layers.values().for_each(|layer| collect(layer, &mut found));
    }
    found
}
