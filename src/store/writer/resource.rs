//! Resources, and what belongs to one of them alone.

use rusqlite::params;

use super::Writer;
use crate::arn::AccountId;
use crate::policy::Document;
use crate::store::{Resource, ResourceKey, StoreError, account_in};

impl Writer<'_> {
    /// Makes a resource without policy and tags, unless one of that ARN is there.
    pub fn create_resource(&mut self, arn: &str) -> Result<Resource, StoreError> {
        if self.resource(arn)?.is_some() {
            return Err(StoreError::Exists { what: arn.to_owned() });
        }
        let key = ResourceKey(self.open("resources", "arn", params![arn])?);
        Ok(Resource { key, arn: arn.to_owned(), account: account_in(arn), policy: None })
    }

    /// Deletes a resource with its policy and tags.
    pub fn delete_resource(&mut self, key: ResourceKey) -> Result<(), StoreError> {
        self.standing_resource(key)?;
        self.close_all("resource_owners", "resource_id", key.0)?;
        self.close_all("resource_policies", "resource_id", key.0)?;
        self.close_all("resource_tags", "resource_id", key.0)?;
        self.close("resources", key.0)
    }

    /// Says whose a resource is; `false` where that is known already. What the ARN says cannot be said otherwise.
    pub fn put_resource_owner(&mut self, of: ResourceKey, account: &AccountId) -> Result<bool, StoreError> {
        let resource = self.standing_resource(of)?;
        if resource.account.as_ref() == Some(account) {
            return Ok(false);
        }
        if account_in(&resource.arn).is_some() {
            return Err(StoreError::WrongKind { rule: "the ARN of the resource says another account" });
        }
        self.close_all("resource_owners", "resource_id", of.0)?;
        self.open("resource_owners", "resource_id, account", params![of, account])?;
        Ok(true)
    }

    /// Puts a policy on a resource in place of any that is there; `false` where that text is there already.
    pub fn put_resource_policy(&mut self, of: ResourceKey, document: &Document) -> Result<bool, StoreError> {
        let resource = self.standing_resource(of)?;
        if resource.policy.as_ref().map(Document::text) == Some(document.text()) {
            return Ok(false);
        }
        self.close_all("resource_policies", "resource_id", of.0)?;
        let text = self.keep(document)?;
        self.open("resource_policies", "resource_id, document_text", params![of, text])?;
        Ok(true)
    }

    /// Takes the policy off a resource; `false` where it has none.
    pub fn remove_resource_policy(&mut self, of: ResourceKey) -> Result<bool, StoreError> {
        let had = self.standing_resource(of)?.policy.is_some();
        self.close_all("resource_policies", "resource_id", of.0)?;
        Ok(had)
    }

    /// Gives a resource a tag; `false` where it has it already. Keys differ by letter case.
    pub fn put_resource_tag(&mut self, of: ResourceKey, key: &str, value: &str) -> Result<bool, StoreError> {
        self.standing_resource(of)?;
        match self.resource_tag(of, key)? {
            Some((_, known)) if known == value => return Ok(false),
            Some((id, _)) => self.close("resource_tags", id)?,
            None => {}
        }
        self.open("resource_tags", "resource_id, key, value", params![of, key, value])?;
        Ok(true)
    }

    /// Takes a tag away; `false` where there is none of that key.
    pub fn remove_resource_tag(&mut self, of: ResourceKey, key: &str) -> Result<bool, StoreError> {
        match self.resource_tag(of, key)? {
            Some((id, _)) => self.close("resource_tags", id).map(|()| true),
            None => Ok(false),
        }
    }

    fn resource_tag(&self, of: ResourceKey, key: &str) -> Result<Option<(i64, String)>, StoreError> {
        let sql =
            "SELECT id, value FROM resource_tags WHERE resource_id = ?1 AND key = ?2 AND valid_to IS NULL";
        self.one(sql, params![of, key], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// The resource, where it has not been deleted.
    fn standing_resource(&self, key: ResourceKey) -> Result<Resource, StoreError> {
        self.resource_of(key)?.ok_or(StoreError::Gone { what: "resource" })
    }
}
