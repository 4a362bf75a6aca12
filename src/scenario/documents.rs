//! The policies of scenarios: each distinct document is read once, however many scenarios hold it, and so is each
//! distinct `policies`.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use serde_json::Value as Json;

use super::kinds::Kinds;
use super::raw::{self, RawValue};
use super::stacks::Stacks;
use super::{ScenarioError, error};
use crate::catalog::{Catalog, KeyKind};
use crate::eval::Decision;
use crate::layers::{LayerDocument, LayerPolicy, Level, PolicyLayers, Settings};
use crate::policy::{PolicyType, ResourceService, parse};
use crate::request::Request;

/// How many bytes of texts are kept before all are forgotten; what was read of them takes several times as much.
const MOST_BYTES: usize = 32 * 1024 * 1024;

/// Documents that were read before; for many threads.
#[derive(Debug)]
pub struct Documents {
    known: RwLock<Known>,
    kinds: Kinds,
    rcp_services: Arc<BTreeSet<String>>,
    named: BTreeMap<String, Result<NamedPolicy, String>>,
    stacks: Stacks,
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
    documents: HashMap<PolicyType, HashMap<Box<str>, Arc<LayerDocument>>>,
    /// By the type of the resource's policy and the text of `policies`, in which their offsets are.
    layers: HashMap<PolicyType, HashMap<Box<str>, PolicyLayers>>,
}

impl Known {
    /// Makes room for a text.
    fn grow(&mut self, text: &str) {
        if self.bytes > MOST_BYTES {
            *self = Known::default();
        }
        self.bytes += text.len();
    }
}

impl Documents {
    /// None yet. `rcp_services` are the prefixes of the services that support RCPs (R-EVL-39).
    pub fn new(rcp_services: BTreeSet<String>) -> Documents {
        Documents {
            known: RwLock::default(),
            kinds: Kinds::default(),
            rcp_services: Arc::new(rcp_services),
            named: BTreeMap::new(),
            stacks: Stacks::default(),
        }
    }

    /// With policies that stand elsewhere, by what tables call them; or why there is none of that name.
    #[must_use]
    pub fn with_named(self, named: BTreeMap<String, Result<NamedPolicy, String>>) -> Documents {
        Documents { named, ..self }
    }

    pub(super) fn rcp_services(&self) -> Arc<BTreeSet<String>> {
        Arc::clone(&self.rcp_services)
    }

    /// What the evaluator says of a request.
    pub(super) fn decision(&self, layers: &PolicyLayers, request: &Request) -> Decision {
        self.stacks.decision(layers, request)
    }

    /// Type and arity of a context key.
    pub(super) fn kind(&self, key: &str, catalog: &Catalog) -> Option<KeyKind> {
        self.kinds.of(key, catalog)
    }

    fn read(&self, text: &str, policy_type: PolicyType) -> Arc<LayerDocument> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.documents.get(&policy_type).and_then(|known| known.get(text)) {
            return Arc::clone(known);
        }
        drop(known);
        let document = Arc::new(LayerDocument { text: text.to_owned(), parsed: parse(text, policy_type) });
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.grow(text);
        known.documents.entry(policy_type).or_default().insert(text.into(), Arc::clone(&document));
        document
    }

    /// `policies`. The type of the resource's policy follows from the request; `origin` is where the text begins in
    /// which the places of documents are told.
    pub(super) fn layers(
        &self,
        text: Option<&RawValue>,
        of_resource: PolicyType,
        origin: *const u8,
    ) -> Result<PolicyLayers, ScenarioError> {
        let Some(text) = text.map(RawValue::get).filter(|&text| text != "null") else {
            return Ok(PolicyLayers::default());
        };
        let begin = text.as_ptr();
        let base = begin as usize - origin as usize;
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(layers) = known.layers.get(&of_resource).and_then(|known| known.get(text)) {
            return Ok(moved(layers.clone(), base));
        }
        drop(known);
        let layers = self.read_layers(&raw::policies("$.policies", text)?, of_resource, begin)?;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.grow(text);
        known.layers.entry(of_resource).or_default().insert(text.into(), layers.clone());
        Ok(moved(layers, base))
    }

    /// The same, layer by layer.
    pub(super) fn read_layers(
        &self,
        said: &raw::Policies<'_>,
        of_resource: PolicyType,
        origin: *const u8,
    ) -> Result<PolicyLayers, ScenarioError> {
        let list = |text: Option<&RawValue>, name: &str, policy_type| {
            self.policies(text, &format!("$.policies.{name}"), name, policy_type, origin)
        };
        let mut resource = list(said.resource, "resource", of_resource)?;
        // A document that names resources is no trust policy, even if it is the one of a role.
        if resource.iter().any(names_resources) {
            resource = list(said.resource, "resource", PolicyType::Resource(ResourceService::Other))?;
        }
        if resource.len() > 1 {
            return Err(error("$.policies.resource", "a resource has one policy"));
        }
        let levels = |text: Option<&RawValue>, name: &str, policy_type| {
            self.levels(text, &format!("$.policies.{name}"), name, policy_type, origin)
        };
        Ok(PolicyLayers {
            identity: list(said.identity, "identity", PolicyType::Identity)?,
            boundary: list(said.boundary, "boundary", PolicyType::Boundary)?,
            session: list(said.session, "session", PolicyType::Session)?,
            resource,
            scp: levels(said.scp, "scp", PolicyType::Scp)?,
            rcp: levels(said.rcp, "rcp", PolicyType::Rcp)?,
            vpc_endpoint: list(said.vpc_endpoint, "vpc_endpoint", PolicyType::VpcEndpoint)?,
            settings: Settings::default(),
        })
    }

    /// A list of policies, or one; `null` and `[]` are none.
    fn policies(
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
    fn levels(
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

/// The layers with the documents in them so many bytes further on; a document that stands by itself stays at 0.
fn moved(mut layers: PolicyLayers, by: usize) -> PolicyLayers {
    let PolicyLayers { identity, boundary, session, resource, scp, rcp, vpc_endpoint, settings: _ } =
        &mut layers;
    let flat = [identity, boundary, session, resource, vpc_endpoint].into_iter().flatten();
    let levelled = [scp, rcp].into_iter().flatten().flat_map(|level| &mut level.policies);
    for policy in flat.chain(levelled).filter(|policy| policy.offset > 0) {
        policy.offset += by;
    }
    layers
}

/// Whether a policy that was read as a trust policy has the element that trust policies have not (R-GRM-32).
fn names_resources(policy: &LayerPolicy) -> bool {
    let found = policy.document.iter().flat_map(|document| &document.parsed.diagnostics);
    policy.policy_type == PolicyType::Trust
        && found.into_iter().any(|found| found.code == "ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE")
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
