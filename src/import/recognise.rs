//! The files that are not account dumps: policy documents and what other commands of AWS print (R-FMT-15,
//! R-FMT-16).

use std::collections::HashMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::ImportError;
use super::estate::{NamedDocument, NamedInline};
use super::file::FileReader;
use super::gaad::{RawVersion, required, required_version};
use super::name::is_policy_name;
use super::organization::is_page;
use super::resource::{are_arns, is_printed};
use crate::policy::PolicyType;
use crate::store::PrincipalKind;

/// A line of an index beside a folder of managed policies: their documents do not say their ARNs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct IndexLine {
    pub(super) name: String,
    /// Not known of some.
    #[serde(deserialize_with = "Option::deserialize")]
    pub(super) arn: Option<String>,
    pub(super) version: Option<String>,
}

/// get-user-policy, get-group-policy and get-role-policy.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PrincipalPolicy {
    user_name: Option<String>,
    group_name: Option<String>,
    role_name: Option<String>,
    policy_name: Option<String>,
    policy_document: Box<RawValue>,
}

type Members<'a> = HashMap<String, &'a RawValue>;

impl FileReader<'_> {
    /// Takes in a file of which no object is a page of an account dump.
    pub(super) fn recognise(&mut self) -> Result<(), ImportError> {
        let text = self.text()?;
        if let Some(lines) = index(&text) {
            let folder = folder(self.file);
            let lines = lines.into_iter().map(|line| ((folder.clone(), line.name.clone()), line));
            self.reading.index.extend(lines);
            return Ok(());
        }
        let Ok(members) = serde_json::from_str::<Members<'_>>(&text) else {
            return self.several(&text);
        };
        let has = |key: &str| members.contains_key(key);
        if has("Statement") {
            match self.told_arn() {
                Some(arn) => self.resource_document(&arn, &text),
                None => self.document(text),
            }
        } else if is_page(members.keys().map(String::as_str)) {
            self.organization_page(&text)
        } else if has("VpcEndpoints") {
            self.vpc_endpoints(&text)
        } else if !members.is_empty() && are_arns(members.keys().map(String::as_str)) {
            self.resources_by_arn(&text)
        } else if let Some(version) = members.get("PolicyVersion") {
            self.policy_version(version)
        } else if let Some(user) = members.get("User") {
            self.shown_principal(PrincipalKind::User, user)
        } else if let Some(role) = members.get("Role") {
            self.shown_principal(PrincipalKind::Role, role)
        } else if has("PolicyDocument") {
            self.principal_policy(&text)
        } else if let Some(policy) = members.get("Policy").filter(|policy| policy.get().starts_with('{')) {
            if is_described(policy) {
                return self.described_policy(policy);
            }
            if self.told_arn().is_some() {
                return self.printed_policy(&text);
            }
            let policy = serde_json::from_str(policy.get()).map_err(|error| self.shape(&error))?;
            self.managed_policy(policy)
        } else if is_printed(has) {
            self.printed_policy(&text)
        } else {
            let mut keys: Vec<String> = members.keys().map(|key| format!("`{key}`")).collect();
            keys.sort();
            keys.truncate(8);
            let found = if keys.is_empty() {
                "an empty object".to_owned()
            } else {
                format!("an object of {}", keys.join(", "))
            };
            Err(self.unrecognised(found))
        }
    }

    /// Pages of an organization's output in one file, or a list of resource policies.
    fn several(&mut self, text: &str) -> Result<(), ImportError> {
        let Some(values) = objects(text) else {
            return Err(self.unrecognised("several values, or not an object".to_owned()));
        };
        let all = |test: &dyn Fn(&Members<'_>) -> bool| {
            values.iter().all(|value| serde_json::from_str(value.get()).is_ok_and(|members| test(&members)))
        };
        if all(&|members| is_page(members.keys().map(String::as_str))) {
            return values.iter().try_for_each(|page| self.organization_page(page.get()));
        }
        let described =
            |members: &Members<'_>| members.get("Policy").is_some_and(|policy| is_described(policy));
        if !values.is_empty() && all(&described) {
            let policies = values.iter().filter_map(|value| serde_json::from_str(value.get()).ok());
            let mut policies = policies.filter_map(|mut members: Members<'_>| members.remove("Policy"));
            return policies.try_for_each(|policy| self.described_policy(policy));
        }
        if text.trim_start().starts_with('[')
            && all(&|members| members.keys().any(|key| IS_ARN.contains(&key.as_str())))
        {
            return self.resource_list(text);
        }
        let what = if text.trim_start().starts_with('[') {
            "an array of something else than pages of a dump"
        } else {
            "several values, or not an object"
        };
        Err(self.unrecognised(what.to_owned()))
    }

    /// A document on its own is a managed policy named after its file.
    fn document(&mut self, text: String) -> Result<(), ImportError> {
        let name = self.policy_name(stem(self.file))?;
        let what = || self.file.to_owned();
        let document = self.reading.estate.documents.keep(&text, PolicyType::Identity, what);
        self.reading.estate.named.push(NamedDocument {
            file: self.file.to_owned(),
            name,
            document,
            version: None,
        });
        Ok(())
    }

    /// A name that a file's name gives to a policy.
    fn policy_name(&self, name: String) -> Result<String, ImportError> {
        if is_policy_name(&name) {
            return Ok(name);
        }
        let message =
            format!("a policy is named after its file, and `{name}` cannot be the name of a policy");
        Err(self.content(message))
    }

    /// Has no ARN: the file's name says which policy it is of (R-FMT-15), with or without the version.
    fn policy_version(&mut self, version: &RawValue) -> Result<(), ImportError> {
        let version: RawVersion = serde_json::from_str(version.get()).map_err(|error| self.shape(&error))?;
        let number = required_version(version.version_id, "PolicyVersion", "VersionId")
            .map_err(|message| self.content(message))?;
        let document = version
            .document
            .ok_or_else(|| self.content("PolicyVersion: `Document` is missing".to_owned()))?;
        let stem = stem(self.file);
        let suffix = format!("v{number}");
        let name = stem
            .strip_suffix(&suffix)
            .and_then(|name| name.strip_suffix(['-', '_', '.', '@']))
            .filter(|name| !name.is_empty())
            .unwrap_or(&stem)
            .to_owned();
        let name = self.policy_name(name)?;
        let what = || self.file.to_owned();
        let document = self.reading.estate.documents.keep_raw(&document, PolicyType::Identity, what);
        self.reading.estate.named.push(NamedDocument {
            file: self.file.to_owned(),
            name,
            document,
            version: Some((number, version.is_default_version.unwrap_or(false))),
        });
        Ok(())
    }

    fn principal_policy(&mut self, text: &str) -> Result<(), ImportError> {
        let raw: PrincipalPolicy = serde_json::from_str(text).map_err(|error| self.shape(&error))?;
        let (kind, principal) = match (raw.user_name, raw.group_name, raw.role_name) {
            (Some(user), None, None) => (PrincipalKind::User, user),
            (None, Some(group), None) => (PrincipalKind::Group, group),
            (None, None, Some(role)) => (PrincipalKind::Role, role),
            _ => {
                let message = "expected one of `UserName`, `GroupName`, `RoleName` beside `PolicyDocument`";
                return Err(self.content(message.to_owned()));
            }
        };
        let who = format!("{kind}/{principal}");
        let named = required(Some(principal), kind.as_str(), "name")
            .and_then(|principal| Ok((principal, required(raw.policy_name, &who, "PolicyName")?)));
        let (principal, name) = named.map_err(|message| self.content(message))?;
        let what = || format!("{who}: inline policy `{name}`");
        let document =
            self.reading.estate.documents.keep_raw(&raw.policy_document, PolicyType::Identity, what);
        let file = self.file.to_owned();
        self.reading.estate.inline.push(NamedInline { file, kind, principal, name, document });
        Ok(())
    }

    pub(super) fn shape(&self, error: &serde_json::Error) -> ImportError {
        let message = error.to_string();
        let message = message.split_once(" at line ").map_or(message.as_str(), |(what, _)| what);
        self.content(message.to_owned())
    }
}

/// The key of an ARN in a list of resource policies.
const IS_ARN: [&str; 3] = ["ResourceArn", "Arn", "ARN"];

/// Whether what stands under `Policy` is what describe-policy of Organizations prints.
fn is_described(policy: &RawValue) -> bool {
    serde_json::from_str::<Members<'_>>(policy.get())
        .is_ok_and(|members| members.contains_key("PolicySummary"))
}

/// The values of a text, those of an array one by one; `None` where one is not an object.
fn objects(text: &str) -> Option<Vec<&RawValue>> {
    let mut found = Vec::new();
    for value in serde_json::Deserializer::from_str(text).into_iter::<&RawValue>() {
        let value = value.ok()?;
        match serde_json::from_str::<Vec<&RawValue>>(value.get()) {
            Ok(several) => found.extend(several),
            Err(_) => found.push(value),
        }
    }
    found.iter().all(|value| value.get().starts_with('{')).then_some(found)
}

/// The lines of an index; `None` where the file is something else.
fn index(text: &str) -> Option<Vec<IndexLine>> {
    serde_json::Deserializer::from_str(text).into_iter().collect::<Result<_, _>>().ok()
}

/// `policies/my-repo.json` -> `my-repo`
fn stem(file: &str) -> String {
    Path::new(file).file_stem().map_or(file.to_owned(), |stem| stem.to_string_lossy().into_owned())
}

/// `policies/my-repo.json` -> `policies`
pub(super) fn folder(file: &str) -> String {
    Path::new(file).parent().map_or(String::new(), |folder| folder.to_string_lossy().into_owned())
}
