//! The outputs as they are, field by field (R-FMT-20).

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::import::gaad::RawPolicy;

/// One page of any of the outputs.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Page {
    pub(super) organization: Option<RawOrganization>,
    pub(super) roots: Option<Vec<RawRoot>>,
    pub(super) organizational_units: Option<Vec<RawNode>>,
    pub(super) organizational_unit: Option<RawNode>,
    pub(super) accounts: Option<Vec<RawNode>>,
    pub(super) account: Option<RawNode>,
    pub(super) children: Option<Vec<RawRelative>>,
    pub(super) parents: Option<Vec<RawRelative>>,
    pub(super) targets: Option<Vec<RawTarget>>,
    pub(super) next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RawOrganization {
    pub(super) id: Option<String>,
    #[serde(alias = "ManagementAccountId")]
    pub(super) master_account_id: Option<String>,
    pub(super) feature_set: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RawRoot {
    pub(super) id: Option<String>,
    pub(super) arn: Option<String>,
    pub(super) name: Option<String>,
    pub(super) policy_types: Option<Vec<RawPolicyType>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RawPolicyType {
    pub(super) r#type: Option<String>,
    pub(super) status: Option<String>,
}

/// An OU or account.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RawNode {
    pub(super) id: Option<String>,
    pub(super) arn: Option<String>,
    pub(super) name: Option<String>,
    pub(super) status: Option<String>,
    pub(super) state: Option<String>,
    pub(super) path: Option<String>,
    pub(super) paths: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RawRelative {
    pub(super) id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RawTarget {
    pub(super) target_id: Option<String>,
}

/// The summary of a policy, and describe-policy around it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RawDescribed {
    pub(super) policy_summary: RawPolicy,
    pub(super) content: Option<Box<RawValue>>,
}
