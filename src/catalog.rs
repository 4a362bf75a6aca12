//! The catalogue: which services, actions, resource types and condition keys AWS has.
//!
//! It comes from AWS's Service Authorization Reference and is part of the program, in a compact data file
//! (`catalog/format.rs` describes it). Opening it reads only the index of services; each question unpacks the
//! one service it is about, and only the kinds of that service's keys are kept.
//!
//! The catalogue shows, checks and suggests, and says which actions are asked about where only a resource is named. It
//! never decides: a request for an action it does not know is
//! evaluated like any other (R-RES-11). Its one influence is on the declared universe of contexts, by the kinds
//! of keys (R-EVL-76).
//!
//! To rebuild the data file from a newer reference (the same input gives the same bytes):
//!
//! ```text
//! cargo run --release --example build-catalog -- service-authorization.json
//! cargo run --release --example build-catalog -- FOLDER VERSION
//! ```
//!
//! where the folder has AWS's Service Reference, as `examples/build-catalog.rs` says.

mod about;
mod facts;
mod format;
mod query;
mod reference;
mod source;
mod suggest;

use std::borrow::Cow;
use std::sync::Arc;

use crate::algebra::Exhausted;

pub use facts::{AccessLevel, Action, ActionResource, ConditionKey, KeyKind, KeyType, ResourceType, Service};
use format::{Entry, Head, Index};
pub use query::{Found, Query};

/// The data file that is part of the program.
const EMBEDDED: &[u8] = include_bytes!("catalog/catalog.bin");

/// Facts about AWS, ready to be asked.
///
/// Invariant: every block of the bytes can be read. [`Catalog::parse`] has read them all; those of
/// [`Catalog::embedded`] are read by a test.
#[derive(Debug, Clone)]
pub struct Catalog {
    bytes: Cow<'static, [u8]>,
    index: Index,
}

impl Catalog {
    /// The catalogue that is part of the program.
    pub fn embedded() -> Catalog {
        let index = format::read_index(EMBEDDED).expect("INVARIANT (embedded catalogue)");
        Catalog { bytes: Cow::Borrowed(EMBEDDED), index }
    }

    /// Reads a data file that [`Contents::encode`] wrote, and checks all of it.
    ///
    /// # Errors
    ///
    /// Where the bytes are no such file, or not whole.
    pub fn parse(bytes: impl Into<Cow<'static, [u8]>>) -> Result<Catalog, CatalogError> {
        let bytes = bytes.into();
        format::check_whole(&bytes)?;
        let index = format::read_index(&bytes).map_err(|fault| fault.in_part("the index"))?;
        let catalog = Catalog { bytes, index };
        for entry in &catalog.index.entries {
            catalog.read(entry)?;
        }
        Ok(catalog)
    }

    /// Reads a data file, as [`Catalog::parse`] does, or the JSON that one is built from ([`Contents::from_json`]).
    ///
    /// # Errors
    ///
    /// Where the bytes are neither.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Catalog, CatalogError> {
        match std::str::from_utf8(&bytes) {
            Ok(json) if json.trim_start_matches('\u{feff}').trim_start().starts_with('{') => {
                Catalog::parse(Contents::from_json(json)?.encode()?)
            }
            _ => Catalog::parse(bytes),
        }
    }

    /// The same, but that it names the services under resource control policies that `rules` names. That list alone
    /// decides requests (R-EVL-39).
    #[must_use]
    pub fn with_rcp_services_of(mut self, rules: &Catalog) -> Catalog {
        self.index.rcp_services.clone_from(&rules.index.rcp_services);
        self
    }

    /// The version of AWS's reference it was built from.
    pub fn version(&self) -> &str {
        &self.index.version
    }

    /// The prefixes of all services, in lower case and in order.
    pub fn service_prefixes(&self) -> impl Iterator<Item = &str> {
        self.index.entries.iter().map(|entry| entry.prefix.as_str())
    }

    /// The prefixes of the services whose resources are under resource control policies.
    pub fn rcp_services(&self) -> impl Iterator<Item = &str> {
        self.index.rcp_services.iter().map(String::as_str)
    }

    /// All about the service of that prefix, whatever its case. Unpacks it when it is first asked for.
    pub fn service(&self, prefix: &str) -> Option<Arc<Service>> {
        let entry = self.entry(prefix)?;
        let read = || Arc::new(self.read(entry).expect("INVARIANT (checked catalogue)"));
        Some(entry.service.get_or_init(read).clone())
    }

    /// The kind of a service's own condition key, such as `s3:prefix` or `s3:ExistingObjectTag/team`, whatever
    /// its case (R-KEY-8, R-EVL-76).
    ///
    /// Only the service named by the part before the colon is asked. So `aws:…`, `saml:…` and the keys of identity
    /// providers have none here; those that a service lists are found by [`Service::condition_key`].
    pub fn key_kind(&self, key: &str) -> Option<KeyKind> {
        let (prefix, _) = key.split_once(':')?;
        let entry = self.entry(prefix)?;
        let read = || format::read_keys(&self.bytes, entry).expect("INVARIANT (checked catalogue)");
        facts::nearest_fit(entry.keys.get_or_init(read), key).map(|known| known.kind)
    }

    /// At most `most` actions, as `service:Action`, that `action` may be a slip for; the nearest first.
    ///
    /// The slip may be in the name, in the service, or in both; and the service may be missing. Nothing for an
    /// action that exists, and nothing where nothing is near.
    pub fn suggest_actions(&self, action: &str, most: usize) -> Vec<String> {
        suggest::suggest_actions(self, action, most)
    }

    /// The actions that are asked for, by service and in order.
    ///
    /// # Errors
    ///
    /// Where the patterns together are too hard to match.
    pub fn find(&self, query: &Query) -> Result<Vec<Found>, Exhausted> {
        query::find(self, query)
    }

    fn entry(&self, prefix: &str) -> Option<&Entry> {
        let prefix = prefix.to_ascii_lowercase();
        let at = self.index.entries.binary_search_by(|entry| entry.prefix.cmp(&prefix)).ok()?;
        Some(&self.index.entries[at])
    }

    fn read(&self, entry: &Entry) -> Result<Service, CatalogError> {
        format::unpack(&self.bytes, entry)
            .and_then(|block| format::read_service(&entry.prefix, &block))
            .map_err(|fault| fault.in_part(&format!("service `{}`", entry.prefix)))
    }

    /// The keys and action names of a service, without the rest.
    fn head(&self, entry: &Entry) -> Head {
        format::unpack(&self.bytes, entry)
            .and_then(|block| format::read_head(&block))
            .expect("INVARIANT (checked catalogue)")
    }

    /// The names of a service's actions, once they were asked for.
    fn names<'e>(&self, entry: &'e Entry) -> &'e [String] {
        let read = || self.head(entry).actions.into_iter().map(|(name, _)| name).collect();
        entry.names.get_or_init(read)
    }
}

/// Everything a catalogue says, unpacked: what a data file is built from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// The version of the reference.
    pub version: String,
    /// The prefixes of the services under resource control policies.
    pub rcp_services: Vec<String>,
    /// The services, in any order; a data file has them by prefix.
    pub services: Vec<Service>,
}

impl Contents {
    /// Reads `service-authorization.json`.
    ///
    /// # Errors
    ///
    /// Where the text is not of that form; also where it says something that a catalogue has no place for.
    pub fn from_json(json: &str) -> Result<Contents, CatalogError> {
        source::read(json)
    }

    /// Reads the files of AWS's Service Reference, each with its name for errors: the services, and the list of them if
    /// it is there, in any order. What the reference does not say comes from an `older` catalogue.
    ///
    /// # Errors
    ///
    /// Where a file is of another form, or a service that is listed has none.
    pub fn from_service_reference(
        files: &[(String, String)],
        version: &str,
        older: &Catalog,
    ) -> Result<Contents, CatalogError> {
        reference::read(files, version, older)
    }

    /// The data file: the same contents give the same bytes.
    ///
    /// # Errors
    ///
    /// Where [`Catalog::parse`] would refuse the file: two services with the same prefix, a prefix with other
    /// characters than `a` to `z`, `0` to `9` and `-`, or a service beyond any sensible size.
    pub fn encode(&self) -> Result<Vec<u8>, CatalogError> {
        let bytes = format::encode(self);
        Catalog::parse(bytes).map(|catalog| catalog.bytes.into_owned())
    }
}

/// Why there is no catalogue.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// The bytes do not start like a data file of this version.
    #[error("this is not a catalogue")]
    NotACatalogue,
    /// The bytes start like a data file, but cannot be read.
    #[error("the catalogue is damaged: {part}: {why}")]
    Damaged {
        /// What cannot be read.
        part: String,
        /// Why not.
        why: &'static str,
    },
    /// The JSON is not of the form described.
    #[error("this is not a service authorization reference: {0}")]
    Json(serde_json::Error),
    /// A file is none of AWS's Service Reference.
    #[error("`{file}` is no file of AWS's Service Reference: {why}")]
    Reference {
        /// The name of the file.
        file: String,
        /// Why not.
        why: String,
    },
    /// Services of the list have no file.
    #[error("the list of services names some that have no file: {0}")]
    Missing(String),
}
