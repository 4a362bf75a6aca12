//! From AWS's own output formats to rows of the store.
//!
//! Two steps. [`Reading`] takes in files, one after the other and in any order, and merges what they say into an
//! [`Estate`] of plain values; it knows a file by its content and refuses what it does not know. [`apply()`]
//! makes the database say the same as the estate and writes nothing that it says already. So importing twice
//! changes nothing, and a newer dump of the same account records exactly what has become different.
//!
//! ```text
//! file ─┬─ pages of an account dump ─ gaad ──────┐                  store
//!       └─ anything else ─ recognise (one text) ─┴─ Estate ─ apply ─ Writer
//! ```
//!
//! No file is opened here: the caller has them. A dump is read as a stream; of it stay the distinct documents and
//! the names, once each.

mod apply;
mod document;
mod error;
mod estate;
mod file;
mod gaad;
mod name;
mod organization;
mod outcome;
mod recognise;
mod resource;
mod tape;
mod warning;

use std::collections::{HashMap, HashSet};
use std::io::Read;

pub use apply::{Progress, apply};
pub use error::{EXPECTED, ImportError, Place};
pub use estate::Estate;
pub use outcome::Outcome;
pub(crate) use outcome::counted;
pub use warning::Warning;

use estate::{Described, NamedDocument};
use name::{PolicyName, version_number};
use recognise::{IndexLine, folder};

/// How the ARNs of AWS's own policies begin. An index that has no others means them also where it knows no
/// ARN; a path that is missing is found out when somebody refers to the policy.
const OF_AWS: &str = "arn:aws:iam::aws:policy/";

/// The files of one import, being read.
#[derive(Debug, Default)]
pub struct Reading {
    estate: Estate,
    /// Which of the estate's principals has that ARN, and which file said so first.
    principal_by_arn: HashMap<String, (usize, String)>,
    /// The ARNs of documents, by folder and name.
    index: HashMap<(String, String), IndexLine>,
    /// Of which resource the policies are that come without an ARN.
    arn: Option<String>,
}

impl Reading {
    /// Nothing yet.
    pub fn new() -> Reading {
        Reading::default()
    }

    /// Nothing yet; a policy that comes without an ARN will be that of this resource.
    pub fn of_resource(arn: &str) -> Reading {
        Reading { arn: Some(arn.to_owned()), ..Reading::default() }
    }

    /// Takes in one file. Its name names it in messages, and the policy in it where the content has no name.
    ///
    /// ```
    /// # use iamdb::import::Reading;
    /// let mut reading = Reading::new();
    /// reading.add("my-repo.json", br#"{"Statement": []}"#.as_slice()).unwrap();
    /// assert_eq!(reading.finish().unwrap().len(), 1);
    /// let error = Reading::new().add("notes.json", br#"{"todo": []}"#.as_slice()).unwrap_err();
    /// assert!(error.to_string().starts_with("notes.json: not something that can be imported: an object of `todo`"));
    /// ```
    pub fn add(&mut self, file: &str, input: impl Read) -> Result<(), ImportError> {
        file::read(self, file, input)
    }

    /// Everything that the files say together.
    pub fn finish(self) -> Result<Estate, ImportError> {
        let Reading { mut estate, index, .. } = self;
        let named = std::mem::take(&mut estate.named);
        let others: HashSet<&str> = index
            .iter()
            .filter(|(_, line)| line.arn.as_deref().is_some_and(|arn| !arn.starts_with(OF_AWS)))
            .map(|((folder, _), _)| folder.as_str())
            .collect();
        for document in named {
            let folder = folder(&document.file);
            let of_aws = !others.contains(folder.as_str());
            let line = index.get(&(folder, document.name.clone()));
            let arn = line.and_then(|line| line.arn.clone());
            let arn = arn.or_else(|| of_aws.then(|| format!("{OF_AWS}{}", document.name)));
            match (line, arn) {
                (Some(line), Some(arn)) if document.version.is_none() => {
                    with_arn(&mut estate, document, &arn, line.version.as_deref())?;
                }
                _ => estate.named.push(document),
            }
        }
        once_per_name(&mut estate.named)?;
        estate.warnings.extend(estate.organization.check()?);
        let cut_off = estate.coverage.values().filter(|coverage| !coverage.has_end);
        let files = cut_off.filter_map(|coverage| coverage.truncated.clone());
        estate.warnings.extend(files.map(|file| Warning::Truncated { file }));
        Ok(estate)
    }
}

/// A document of which an index says the ARN. What an account dump says of the policy goes first.
fn with_arn(
    estate: &mut Estate,
    document: NamedDocument,
    arn: &str,
    version: Option<&str>,
) -> Result<(), ImportError> {
    let content =
        |message| ImportError::Content { file: document.file.clone(), place: Place::default(), message };
    let name = PolicyName::parse(arn)
        .ok_or_else(|| content(format!("the index says `{}`, which is no ARN of a managed policy", arn)))?;
    let number = match version {
        None => 1,
        Some(version) => version_number(version)
            .ok_or_else(|| content(format!("the index says version `{version}`; expected v1, v2, …")))?,
    };
    let policy = estate.policy(arn, name);
    if let Some(policy) = estate.policies.get_mut(policy.0) {
        policy.described = policy.described.max(Described::Partly);
        policy.versions.entry(number).or_insert(document.document);
        policy.default.get_or_insert(number);
    }
    Ok(())
}

/// Two files may give one policy only if they agree.
fn once_per_name(named: &mut Vec<NamedDocument>) -> Result<(), ImportError> {
    let mut first: HashMap<(String, Option<u32>), NamedDocument> = HashMap::new();
    for document in std::mem::take(named) {
        let version = document.version.map(|(number, _)| number);
        let key = (document.name.clone(), version);
        match first.get(&key) {
            None => {
                first.insert(key, document.clone());
                named.push(document);
            }
            Some(other) if other.document == document.document && other.version == document.version => {}
            Some(other) => {
                let message = format!(
                    "a policy is named after its file, and `{}` has the same name and says something else",
                    other.file
                );
                return Err(ImportError::Content { file: document.file, place: Place::default(), message });
            }
        }
    }
    Ok(())
}
