//! The output of `get-account-authorization-details` (R-FMT-1), one user, group, role or policy at a time.
//!
//! A page is never held as a whole: each element of its lists is read, turned into a plain value and
//! forgotten. Unknown fields are skipped, optional ones may be absent or null.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::error::Place;
use super::estate::{Described, PolicyRecord, PrincipalRecord};
use super::file::FileReader;
use super::name::{PolicyName, PrincipalName, version_number};
use super::{ImportError, Warning};
use crate::arn::AccountId;
use crate::policy::PolicyType;
use crate::store::{PolicyOwner, PrincipalKind};

/// More than anybody has: AWS lets one have 50, beside those that begin with `aws:`.
const MOST_TAGS: usize = 200;

/// An element of `UserDetailList`, `GroupDetailList` or `RoleDetailList`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RawPrincipal {
    #[serde(alias = "UserName", alias = "GroupName", alias = "RoleName")]
    name: Option<String>,
    #[serde(alias = "UserId", alias = "GroupId", alias = "RoleId")]
    id: Option<String>,
    arn: Option<String>,
    #[serde(alias = "UserPolicyList", alias = "GroupPolicyList", alias = "RolePolicyList")]
    policy_list: Option<Vec<RawInline>>,
    group_list: Option<Vec<String>>,
    attached_managed_policies: Option<Vec<RawAttachment>>,
    permissions_boundary: Option<RawBoundary>,
    tags: Option<Vec<RawTag>>,
    assume_role_policy_document: Option<Box<RawValue>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawInline {
    policy_name: Option<String>,
    policy_document: Option<Box<RawValue>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawAttachment {
    policy_arn: Option<String>,
}

/// Its `PermissionsBoundaryType` says nothing (R-FMT-7).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawBoundary {
    permissions_boundary_arn: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RawTag {
    pub(super) key: Option<String>,
    pub(super) value: Option<String>,
}

/// An element of `Policies`, and what get-policy prints (R-FMT-16). Organizations name their lists of policies alike.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RawPolicy {
    pub(super) arn: Option<String>,
    /// These four of a policy of an organization only (R-FMT-20).
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) r#type: Option<String>,
    pub(super) aws_managed: Option<bool>,
    policy_name: Option<String>,
    default_version_id: Option<String>,
    policy_version_list: Option<Vec<RawVersion>>,
}

impl RawPolicy {
    /// Whether it is one of an organization.
    pub(super) fn is_of_organization(&self) -> bool {
        self.id.is_some() && self.r#type.is_some()
    }
}

/// An element of `PolicyVersionList`, and what get-policy-version prints (R-FMT-15).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RawVersion {
    pub(super) version_id: Option<String>,
    pub(super) document: Option<Box<RawValue>>,
    #[serde(default)]
    pub(super) is_default_version: Option<bool>,
}

/// A field that must be there, and not empty.
pub(super) fn required(value: Option<String>, who: &str, field: &str) -> Result<String, String> {
    value.filter(|text| !text.is_empty()).ok_or_else(|| format!("{who}: `{field}` is missing"))
}

/// `v3` -> 3, or why not.
pub(super) fn required_version(value: Option<String>, who: &str, field: &str) -> Result<u32, String> {
    let id = required(value, who, field)?;
    version_number(&id).ok_or_else(|| format!("{who}: `{field}` is `{id}`; expected v1, v2, …"))
}

impl FileReader<'_> {
    /// Takes in a principal.
    pub(super) fn principal(&mut self, kind: PrincipalKind, raw: RawPrincipal) -> Result<(), ImportError> {
        let record = self.principal_record(kind, raw).map_err(|message| self.content(message))?;
        self.claim_account(&record.name.account, &record.arn)?;
        self.seen.kinds.insert(kind);
        match self.reading.principal_by_arn.get(&record.arn) {
            Some((index, first)) => {
                // The first identical record counts (R-FMT-4).
                if self.reading.estate.principals.get(*index) != Some(&record) {
                    let message = format!("`{}` differs from its first mention in {first}", record.arn);
                    return Err(self.content(message));
                }
            }
            None => {
                let index = self.reading.estate.principals.len();
                self.reading.principal_by_arn.insert(record.arn.clone(), (index, self.file.to_owned()));
                self.reading.estate.principals.push(record);
            }
        }
        Ok(())
    }

    /// Takes in what get-user or get-role prints (R-FMT-16): it says nothing of policies and groups.
    pub(super) fn shown_principal(&mut self, kind: PrincipalKind, raw: &RawValue) -> Result<(), ImportError> {
        let raw = serde_json::from_str(raw.get()).map_err(|error| self.shape(&error))?;
        let record = self.principal_record(kind, raw).map_err(|message| self.content(message))?;
        let estate = &mut self.reading.estate;
        estate.coverage.entry(record.name.account.clone()).or_default();
        match estate.shown.iter().find(|known| known.arn == record.arn) {
            None => estate.shown.push(record),
            Some(known) if *known == record => {}
            Some(_) => return Err(self.content(format!("`{}` is described twice, differently", record.arn))),
        }
        Ok(())
    }

    fn principal_record(
        &mut self,
        kind: PrincipalKind,
        raw: RawPrincipal,
    ) -> Result<PrincipalRecord, String> {
        let arn_or_kind = raw.arn.clone().unwrap_or_else(|| kind.to_string());
        let given = required(raw.name, &arn_or_kind, name_field(kind))?;
        let who = format!("{kind}/{given}");
        let arn = required(raw.arn, &who, "Arn")?;
        let name = PrincipalName::parse(&arn, kind)
            .filter(|name| name.name == given)
            .ok_or_else(|| format!("{who}: `{arn}` is not the ARN of such a {kind}"))?;

        let mut tags = BTreeMap::new();
        for RawTag { key, value } in raw.tags.unwrap_or_default() {
            let key = required(key, &who, "Tags[].Key")?;
            tags.insert(key.to_lowercase(), (key, value.unwrap_or_default()));
        }
        if tags.len() > MOST_TAGS {
            return Err(format!("{who}: {} tags, where IAM lets one have 50", tags.len()));
        }
        let mut attached = std::collections::BTreeSet::new();
        for attachment in raw.attached_managed_policies.unwrap_or_default() {
            let arn = required(attachment.policy_arn, &who, "AttachedManagedPolicies[].PolicyArn")?;
            attached.insert(self.referred(&who, &arn)?);
        }
        let boundary = match raw.permissions_boundary {
            None => None,
            Some(_) if kind == PrincipalKind::Group => {
                return Err(format!("{who}: a group has no permissions boundary"));
            }
            Some(boundary) => {
                let field = "PermissionsBoundary.PermissionsBoundaryArn";
                let arn = required(boundary.permissions_boundary_arn, &who, field)?;
                Some(self.referred(&who, &arn)?)
            }
        };
        let mut inline = BTreeMap::new();
        for RawInline { policy_name, policy_document } in raw.policy_list.unwrap_or_default() {
            let policy = required(policy_name, &who, "PolicyName")?;
            let document = policy_document
                .ok_or_else(|| format!("{who}: inline policy `{policy}`: `PolicyDocument` is missing"))?;
            let what = || format!("{who}: inline policy `{policy}`");
            let document = self.reading.estate.documents.keep_raw(&document, PolicyType::Identity, what);
            if inline.insert(policy.clone(), document).is_some_and(|other| other != document) {
                return Err(format!("{who}: two inline policies are named `{policy}`"));
            }
        }
        let trust = match (kind, raw.assume_role_policy_document) {
            (PrincipalKind::Role, Some(document)) => {
                let what = || format!("{who}: trust policy");
                Some(self.reading.estate.documents.keep_raw(&document, PolicyType::Trust, what))
            }
            _ => None,
        };
        let groups = match kind {
            PrincipalKind::User => raw.group_list.unwrap_or_default().into_iter().collect(),
            PrincipalKind::Group | PrincipalKind::Role => Default::default(),
        };
        Ok(PrincipalRecord {
            kind,
            arn,
            name,
            unique_id: raw.id,
            tags,
            groups,
            attached,
            boundary,
            inline,
            trust,
        })
    }

    fn referred(&mut self, who: &str, arn: &str) -> Result<super::estate::PolicyRef, String> {
        let known = self.reading.estate.policy_by_arn.get(arn).copied();
        known.map_or_else(
            || {
                let name = PolicyName::parse(arn)
                    .ok_or_else(|| format!("{who}: `{arn}` is not the ARN of a managed policy"))?;
                Ok(self.reading.estate.policy(arn, name))
            },
            Ok,
        )
    }

    /// Takes in a managed policy.
    pub(super) fn managed_policy(&mut self, raw: RawPolicy) -> Result<(), ImportError> {
        let record = self.policy_record(raw).map_err(|message| self.content(message))?;
        if let PolicyOwner::Account(Some(account)) = &record.name.owner {
            self.claim_account(&account.clone(), &record.arn)?;
            self.seen.policies |= record.described == Described::Fully;
        }
        let known = self.reading.estate.policy(&record.arn, record.name.clone());
        let Some(place) = self.reading.estate.policies.get_mut(known.0) else { return Ok(()) };
        if place.described == Described::Referred {
            *place = record;
        } else if *place != record && !complete(place, record) {
            let message = format!("`{}` is described twice, differently", place.arn);
            return Err(self.content(message));
        }
        Ok(())
    }

    fn policy_record(&mut self, raw: RawPolicy) -> Result<PolicyRecord, String> {
        let who = raw.policy_name.as_ref().map_or("policy".to_owned(), |name| format!("policy/{name}"));
        let arn = required(raw.arn, &who, "Arn")?;
        let name = PolicyName::parse(&arn)
            .filter(|name| raw.policy_name.as_ref().is_none_or(|given| *given == name.name))
            .ok_or_else(|| format!("{who}: `{arn}` is not the ARN of such a managed policy"))?;
        let mut default = match raw.default_version_id {
            None => None,
            id => Some(required_version(id, &who, "DefaultVersionId")?),
        };
        let described = if raw.policy_version_list.is_some() { Described::Fully } else { Described::Partly };
        let mut versions = BTreeMap::new();
        for version in raw.policy_version_list.unwrap_or_default() {
            let number = required_version(version.version_id, &who, "PolicyVersionList[].VersionId")?;
            if version.is_default_version == Some(true) {
                default = Some(number);
            }
            let Some(document) = version.document else {
                self.reading.estate.warnings.push(Warning::NoVersionDocument { arn: arn.clone(), number });
                continue;
            };
            let what = || format!("{arn} v{number}");
            let document = self.reading.estate.documents.keep_raw(&document, PolicyType::Identity, what);
            if versions.insert(number, document).is_some_and(|other| other != document) {
                return Err(format!("{who}: v{number} is listed twice, differently"));
            }
        }
        Ok(PolicyRecord { arn, name, described, default, versions })
    }

    /// Every ARN of a dump is of one account (R-FMT-9).
    fn claim_account(&mut self, account: &AccountId, arn: &str) -> Result<(), ImportError> {
        match &self.account {
            Some((claimed, first)) if claimed != account => {
                let message =
                    format!("`{arn}` is of another account than `{first}`; a dump is of one account");
                Err(self.content(message))
            }
            Some(_) => Ok(()),
            None => {
                self.account = Some((account.clone(), arn.to_owned()));
                Ok(())
            }
        }
    }

    /// An error about what is being read.
    pub(super) fn content(&self, message: String) -> ImportError {
        ImportError::Content { file: self.file.to_owned(), place: self.place, message }
    }
}

/// What get-policy says of a policy and what a dump says of it go together.
fn complete(place: &mut PolicyRecord, other: PolicyRecord) -> bool {
    let agree = place.default == other.default || place.default.is_none() || other.default.is_none();
    if !agree || place.described == other.described {
        return false;
    }
    let default = place.default.or(other.default);
    if other.described > place.described {
        *place = other;
    }
    place.default = default;
    true
}

fn name_field(kind: PrincipalKind) -> &'static str {
    match kind {
        PrincipalKind::User => "UserName",
        PrincipalKind::Group => "GroupName",
        PrincipalKind::Role => "RoleName",
    }
}

/// Where nothing has been read yet.
pub(super) const NOWHERE: Place = Place { page: None, element: None };
