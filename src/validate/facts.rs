//! The catalogue as checks ask it: services once unpacked stay, and names are found by hashing.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::catalog::{Action, Catalog, ConditionKey, KeyKind, KeyType, Service};
use crate::context_keys::global_key;
use crate::pattern::{Pattern, Syntax};

/// What is known of AWS.
#[derive(Debug)]
pub(super) struct Facts<'c> {
    catalog: &'c Catalog,
    services: RefCell<FxHashMap<String, Option<Rc<Known>>>>,
    /// The forms of ARNs that name another service than the one that lists them, by that service.
    foreign: OnceCell<FxHashMap<String, Vec<Shape>>>,
}

/// One service.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) service: Arc<Service>,
    /// By name in lower case, the place among the actions.
    actions: FxHashMap<String, usize>,
    /// The forms of the ARNs of its resource types.
    pub(super) shapes: Vec<Shape>,
}

/// What the ARNs of a resource type look like: six patterns.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    /// The resource type.
    pub(super) type_name: String,
    /// As AWS writes it, with its placeholders.
    pub(super) written: String,
    /// Its fields, placeholders as `*`.
    pub(super) fields: Vec<Pattern>,
}

impl Shape {
    fn of(type_name: &str, written: &str) -> Option<Shape> {
        let (pattern, _) = Pattern::parse(written, Syntax { wildcards: true, variables: true });
        let fields = pattern.with_variables_as(&crate::pattern::Piece::Star).split_at_colons(5);
        (fields.len() == 6).then(|| Shape {
            type_name: type_name.to_owned(),
            written: written.to_owned(),
            fields,
        })
    }

    /// Whether a field of the ARN is always empty.
    pub(super) fn is_empty(&self, field: usize) -> bool {
        self.fields.get(field).is_some_and(|field| field.pieces().is_empty())
    }
}

impl Known {
    fn new(service: Arc<Service>) -> Known {
        let lower =
            service.actions.iter().enumerate().map(|(nth, action)| (action.name.to_ascii_lowercase(), nth));
        let actions = lower.collect();
        let shapes = service
            .resource_types
            .iter()
            .flat_map(|of| of.arns.iter().filter_map(|written| Shape::of(&of.name, written)));
        let shapes = shapes.collect();
        Known { service, actions, shapes }
    }

    /// The action of that name, whatever its case.
    pub(super) fn action(&self, name: &str) -> Option<&Action> {
        let nth = self.actions.get(&name.to_ascii_lowercase())?;
        self.service.actions.get(*nth)
    }

    /// What a condition key of this service is, whatever its case.
    pub(super) fn key(&self, key: &str) -> Option<KeyKind> {
        let exact = self.service.condition_key(key).map(|known| known.kind);
        exact.or_else(|| {
            let keys = &self.service.condition_keys;
            keys.iter().find(|known| is_tag_of(&known.name, key)).map(|known| known.kind)
        })
    }

    /// Whether calls of an action may have a key: its own, that of a type of resource, or of such an action on one.
    pub(super) fn populates(&self, action: &Action, key: &str) -> bool {
        let fits = |names: &[String]| names.iter().any(|name| is_key(name, key));
        fits(&action.keys)
            || action.resources.iter().any(|resource| {
                fits(&resource.keys)
                    || self.service.resource_type(&resource.type_name).is_some_and(|of| fits(&of.keys))
            })
    }
}

/// Whether a policy's key is the one that the reference calls by a name (R-KEY-8).
fn is_key(name: &str, key: &str) -> bool {
    let known =
        ConditionKey { name: name.to_owned(), kind: KeyKind { base: KeyType::String, multivalued: false } };
    known.fits(key) || is_tag_of(name, key)
}

/// Whether a policy's key is one of a tag, which AWS's name for it gives in words: `ssm:resourceTag/tag-key`,
/// `glacier:ResourceTag/`.
fn is_tag_of(name: &str, key: &str) -> bool {
    let Some((start, "tag-key" | "")) = name.rsplit_once('/') else { return false };
    match key.split_at_checked(start.len()) {
        Some((of_key, tag)) => {
            of_key.eq_ignore_ascii_case(start) && tag.strip_prefix('/').is_some_and(|tag| !tag.is_empty())
        }
        None => false,
    }
}

impl<'c> Facts<'c> {
    pub(super) fn new(catalog: &'c Catalog) -> Facts<'c> {
        Facts { catalog, services: RefCell::default(), foreign: OnceCell::new() }
    }

    pub(super) fn catalog(&self) -> &'c Catalog {
        self.catalog
    }

    /// The service of a prefix, whatever its case.
    pub(super) fn service(&self, prefix: &str) -> Option<Rc<Known>> {
        let lower = prefix.to_ascii_lowercase();
        if let Some(known) = self.services.borrow().get(&lower) {
            return known.clone();
        }
        let known = self.catalog.service(&lower).map(|service| Rc::new(Known::new(service)));
        self.services.borrow_mut().insert(lower, known.clone());
        known
    }

    /// The forms of ARNs that name a service, but are listed by another one. Unpacks the whole catalogue, once.
    pub(super) fn foreign_shapes(&self, service: &str) -> &[Shape] {
        let all = self.foreign.get_or_init(|| {
            let mut found: FxHashMap<String, Vec<Shape>> = FxHashMap::default();
            for prefix in self.catalog.service_prefixes() {
                for shape in self.service(prefix).iter().flat_map(|known| &known.shapes) {
                    let named = shape.fields.get(2).and_then(Pattern::as_text).unwrap_or_default();
                    if named != prefix {
                        found.entry(named.to_owned()).or_default().push(shape.clone());
                    }
                }
            }
            found
        });
        all.get(service).map_or(&[], Vec::as_slice)
    }

    /// What a key is: from the table of global keys, else from its service.
    pub(super) fn kind(&self, key: &str) -> Option<KeyKind> {
        if let Some(known) = global_key(key) {
            return Some(known.kind);
        }
        let (prefix, _) = key.split_once(':')?;
        match self.service(prefix) {
            Some(known) => known.key(key),
            None if is_of_identity_provider(prefix) => self.service("sts")?.key(key),
            None => None,
        }
    }

    /// The nearest of some names, if any is near.
    pub(super) fn nearest<'n>(wanted: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
        let wanted = wanted.to_ascii_lowercase();
        let within = (wanted.chars().count() / 4).clamp(1, 4);
        let near = names.map(|name| (strsim::osa_distance(&wanted, &name.to_ascii_lowercase()), name));
        near.filter(|(distance, _)| *distance <= within).min().map(|(_, name)| name)
    }

    /// The prefixes of the services under resource control policies.
    pub(super) fn rcp_services(&self) -> FxHashSet<&str> {
        self.catalog.rcp_services().collect()
    }
}

/// Whether the part of a key before the colon is not that of a service: the host of an identity provider, or SAML.
pub(super) fn is_of_identity_provider(prefix: &str) -> bool {
    prefix.contains(['.', '/']) || prefix.eq_ignore_ascii_case("saml")
}
