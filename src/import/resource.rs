//! Policies on resources: by ARN, as a list, or as the commands of services print them (R-FMT-16).
//!
//! Most of those do not print the ARN. Then the name of the file tells it, as it is or percent-encoded, or
//! whoever imports it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;

use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::ImportError;
use super::document::DocumentRef;
use super::file::FileReader;
use super::gaad::RawTag;
use crate::arn::{AccountId, Arn};
use crate::policy::resource_policy_type;
use crate::store::account_in;

/// What the files say of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ResourceRecord {
    pub(super) account: Option<AccountId>,
    /// `None`: it has none.
    pub(super) policy: Option<DocumentRef>,
    /// `None`: nothing is said of them.
    pub(super) tags: Option<BTreeMap<String, String>>,
}

/// An element of a list of resource policies.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    #[serde(alias = "Arn", alias = "ARN")]
    resource_arn: String,
    #[serde(alias = "OwnerId", alias = "Account")]
    account_id: Option<String>,
    #[serde(alias = "PolicyDocument", alias = "ResourcePolicy")]
    policy: Option<Box<RawValue>>,
    tags: Option<Vec<RawTag>>,
}

/// What the commands of services print around a policy.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Printed {
    #[serde(alias = "policyText", alias = "ResourcePolicy")]
    policy: Option<Box<RawValue>>,
    attributes: Option<Attributes>,
    #[serde(rename = "ARN")]
    arn: Option<String>,
}

/// get-queue-attributes and get-topic-attributes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attributes {
    policy: Option<Box<RawValue>>,
    #[serde(alias = "TopicArn")]
    queue_arn: Option<String>,
}

/// describe-vpc-endpoints.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Endpoints {
    vpc_endpoints: Vec<Endpoint>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Endpoint {
    vpc_endpoint_id: String,
    owner_id: String,
    service_name: String,
    service_region: Option<String>,
    policy_document: Option<Box<RawValue>>,
    tags: Option<Vec<RawTag>>,
}

/// Whether an object with these keys holds the policy of a resource.
pub(super) fn is_printed(has: impl Fn(&str) -> bool) -> bool {
    ["Policy", "ResourcePolicy", "policyText", "Attributes"].into_iter().any(has)
}

/// Whether every key is an ARN.
pub(super) fn are_arns<'a>(mut keys: impl Iterator<Item = &'a str>) -> bool {
    keys.all(|key| Arn::parse(key).is_some())
}

impl FileReader<'_> {
    /// A list of resources with their policies.
    pub(super) fn resource_list(&mut self, text: &str) -> Result<(), ImportError> {
        let list: Vec<Listed> = serde_json::from_str(text).map_err(|error| self.shape(&error))?;
        for Listed { resource_arn, account_id, policy, tags } in list {
            let account = account_id.map(|text| self.account_id(&text)).transpose()?;
            self.resource(&resource_arn, account, policy.as_deref(), tags)?;
        }
        Ok(())
    }

    /// An object of policies by ARN.
    pub(super) fn resources_by_arn(&mut self, text: &str) -> Result<(), ImportError> {
        let by_arn: BTreeMap<String, Option<Box<RawValue>>> =
            serde_json::from_str(text).map_err(|error| self.shape(&error))?;
        for (arn, policy) in by_arn {
            self.resource(&arn, None, policy.as_deref(), None)?;
        }
        Ok(())
    }

    /// What a command prints of one resource.
    pub(super) fn printed_policy(&mut self, text: &str) -> Result<(), ImportError> {
        let printed: Printed = serde_json::from_str(text).map_err(|error| self.shape(&error))?;
        let (attributes, queue_arn) =
            printed.attributes.map_or((None, None), |attributes| (attributes.policy, attributes.queue_arn));
        let policy = printed.policy.or(attributes);
        let arn = match (self.told_arn(), printed.arn.or(queue_arn)) {
            (Some(told), Some(said)) if told != said => {
                return Err(self.content(format!("this is of `{said}`, and it was told to be of `{told}`")));
            }
            (Some(arn), _) | (None, Some(arn)) => arn,
            (None, None) => return Err(self.content(UNTOLD.to_owned())),
        };
        self.resource(&arn, None, policy.as_deref(), None)
    }

    /// A bare document, where the ARN is told.
    pub(super) fn resource_document(&mut self, arn: &str, text: &str) -> Result<(), ImportError> {
        let raw: &RawValue = serde_json::from_str(text).map_err(|error| self.shape(&error))?;
        self.resource(arn, None, Some(raw), None)
    }

    /// VPC endpoints: their ids, accounts and regions make their ARNs.
    pub(super) fn vpc_endpoints(&mut self, text: &str) -> Result<(), ImportError> {
        let Endpoints { vpc_endpoints } = serde_json::from_str(text).map_err(|error| self.shape(&error))?;
        for endpoint in vpc_endpoints {
            let Endpoint { vpc_endpoint_id, owner_id, service_name, service_region, policy_document, tags } =
                endpoint;
            let owner = self.account_id(&owner_id)?;
            let region = service_region.or_else(|| region_of(&service_name));
            let Some(region) = region else {
                let message = format!("{vpc_endpoint_id}: `{service_name}` does not say the region");
                return Err(self.content(message));
            };
            let partition = if region.starts_with("cn-") {
                "aws-cn"
            } else if region.starts_with("us-gov-") {
                "aws-us-gov"
            } else {
                "aws"
            };
            let arn = format!("arn:{partition}:ec2:{region}:{owner}:vpc-endpoint/{vpc_endpoint_id}");
            self.resource(&arn, None, policy_document.as_deref(), tags)?;
        }
        Ok(())
    }

    /// The ARN that whoever imports told, else the one in the file's name.
    pub(super) fn told_arn(&self) -> Option<String> {
        self.reading.arn.clone().or_else(|| {
            let stem = Path::new(self.file).file_stem()?.to_string_lossy().into_owned();
            let name = percent_decode_str(&stem).decode_utf8().ok()?;
            let (_, rest) = name.split_once("arn:")?;
            let arn = Arn::parse(&format!("arn:{rest}")).filter(|arn| arn.service() != "iam")?;
            Some(arn.as_str().to_owned())
        })
    }

    fn resource(
        &mut self,
        arn: &str,
        account: Option<AccountId>,
        policy: Option<&RawValue>,
        tags: Option<Vec<RawTag>>,
    ) -> Result<(), ImportError> {
        let Some(parsed) = Arn::parse(arn) else {
            return Err(self.content(format!("`{arn}` is not an ARN")));
        };
        if arn.contains(['*', '?']) {
            return Err(self.content(format!("`{arn}` names many: a policy is on one resource")));
        }
        if matches!(parsed.service(), "iam" | "sts" | "organizations") {
            let message = format!(
                "`{arn}` is not a resource with a policy of its own; the trust policy of a role comes with the account dump, or as get-role prints it"
            );
            return Err(self.content(message));
        }
        if let (Some(said), Some(account)) = (&account, account_in(arn))
            && *said != account
        {
            return Err(self.content(format!("`{arn}` cannot belong to {said}")));
        }
        let documents = &mut self.reading.estate.documents;
        let policy = policy
            .map(|raw| documents.keep_raw(raw, resource_policy_type(arn), || format!("policy of {arn}")));
        let mut by_key = tags.is_some().then(BTreeMap::new);
        for RawTag { key, value } in tags.into_iter().flatten() {
            let Some(key) = key.filter(|key| !key.is_empty()) else {
                return Err(self.content(format!("{arn}: `Tags[].Key` is missing")));
            };
            by_key.get_or_insert_default().insert(key, value.unwrap_or_default());
        }
        let record = ResourceRecord { account, policy, tags: by_key };
        match self.reading.estate.resources.entry(arn.to_owned()) {
            Entry::Vacant(place) => {
                place.insert(record);
                Ok(())
            }
            Entry::Occupied(place) if *place.get() == record => Ok(()),
            Entry::Occupied(_) => Err(self.content(format!("`{arn}` is described twice, differently"))),
        }
    }

    fn account_id(&self, text: &str) -> Result<AccountId, ImportError> {
        AccountId::parse(text).ok_or_else(|| self.content(format!("`{text}` is not the id of an account")))
    }
}

const UNTOLD: &str = "the policy of a resource, and nothing says of which: tell it with `--arn ARN`, \
or name the file after it (`arn:aws:s3:::bucket.json`; `/` as %2F)";

/// `com.amazonaws.eu-west-1.s3` -> `eu-west-1`
fn region_of(service_name: &str) -> Option<String> {
    let is_region =
        |part: &&str| part.contains('-') && part.chars().next_back().is_some_and(|c| c.is_ascii_digit());
    service_name.split('.').find(is_region).map(str::to_owned)
}
