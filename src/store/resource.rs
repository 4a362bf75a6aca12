//! Resources: whatever has an ARN and is no principal. Whose they are, the policy on them, and their tags.

use rusqlite::types::{FromSql, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Row, params};

use super::snapshot::valid;
use super::{Snapshot, StoreError};
use crate::arn::{AccountId, Arn};
use crate::policy::{Document, PolicyType, resource_policy_type};

/// Row id of a resource's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceKey(pub(crate) i64);

/// A bucket, key, queue, VPC endpoint, ….
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// Its key in this file.
    pub key: ResourceKey,
    /// Its ARN.
    pub arn: String,
    /// The account that owns it: the one in the ARN, else the one that was said.
    pub account: Option<AccountId>,
    /// The policy on it; `None` where it has none.
    pub policy: Option<Document>,
}

impl Resource {
    /// The grammar of the policy on it.
    pub fn policy_type(&self) -> PolicyType {
        resource_policy_type(&self.arn)
    }

    /// The policy that guards it. That of a VPC endpoint is about what is asked through it, not about the endpoint
    /// (R-EVL-57).
    pub fn guarding_policy(&self) -> Option<&Document> {
        self.policy.as_ref().filter(|_| self.policy_type() != PolicyType::VpcEndpoint)
    }

    fn from_row(row: &Row<'_>) -> rusqlite::Result<Resource> {
        let arn: String = row.get("arn")?;
        let said: Option<AccountId> = row.get("account")?;
        let text: Option<String> = row.get("text")?;
        Ok(Resource {
            key: row.get("id")?,
            account: account_in(&arn).or(said),
            arn,
            policy: text.map(Document::new),
        })
    }
}

/// The account that an ARN says; S3 buckets do not say theirs.
pub fn account_in(arn: &str) -> Option<AccountId> {
    Arn::parse(arn)
        .and_then(|arn| AccountId::parse(arn.account()))
        .filter(|account| account.as_str() != AccountId::UNSET)
}

/// Selects resources `r`.
fn select(condition: &str) -> String {
    format!(
        "SELECT r.id, r.arn, o.account, t.text FROM resources AS r \
         LEFT JOIN resource_owners AS o ON o.resource_id = r.id AND {} \
         LEFT JOIN resource_policies AS p ON p.resource_id = r.id AND {} \
         LEFT JOIN document_texts AS t ON t.sha256 = p.document_text \
         WHERE {} AND {condition} ORDER BY r.arn",
        valid("o"),
        valid("p"),
        valid("r")
    )
}

impl Snapshot<'_> {
    /// Every resource by ARN.
    pub fn resources(&self) -> Result<Vec<Resource>, StoreError> {
        self.list(&select("true"), [self.at.0], Resource::from_row)
    }

    /// Every VPC endpoint by ARN.
    pub fn vpc_endpoints(&self) -> Result<Vec<Resource>, StoreError> {
        self.list(&select("r.arn GLOB 'arn:*:ec2:*:vpc-endpoint/*'"), [self.at.0], Resource::from_row)
    }

    /// The resource of exactly this ARN. An object in a bucket is not the bucket.
    pub fn resource(&self, arn: &str) -> Result<Option<Resource>, StoreError> {
        self.one(&select("r.arn = ?2"), params![self.at.0, arn], Resource::from_row)
    }

    /// The tags of a resource by key.
    pub fn resource_tags(&self, of: ResourceKey) -> Result<Vec<(String, String)>, StoreError> {
        let sql = format!(
            "SELECT t.key, t.value FROM resource_tags AS t WHERE t.resource_id = ?2 AND {} ORDER BY t.key",
            valid("t")
        );
        self.list(&sql, params![self.at.0, of], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// A resource by its key; `None` where it did not live then.
    pub fn resource_of(&self, key: ResourceKey) -> Result<Option<Resource>, StoreError> {
        self.one(&select("r.id = ?2"), params![self.at.0, key], Resource::from_row)
    }
}

impl FromSql for ResourceKey {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<ResourceKey> {
        i64::column_result(value).map(ResourceKey)
    }
}

impl ToSql for ResourceKey {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}
