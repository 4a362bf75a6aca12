//! Resources with their policies and tags.

use super::Applier;
use crate::import::resource::ResourceRecord;
use crate::policy::Document;
use crate::store::StoreError;

impl Applier<'_, '_> {
    /// Every resource of the dump.
    pub(super) fn resources(&mut self) -> Result<(), StoreError> {
        for (arn, record) in &self.estate.resources {
            self.resource(arn, record)?;
            self.outcome.resources += 1;
            self.step();
        }
        Ok(())
    }

    fn resource(&mut self, arn: &str, record: &ResourceRecord) -> Result<(), StoreError> {
        let (resource, is_new) = match self.writer.resource(arn)? {
            Some(resource) => (resource, false),
            None => (self.writer.create_resource(arn)?, true),
        };
        let key = resource.key;
        let mut changed = match &record.account {
            Some(account) => self.writer.put_resource_owner(key, account)?,
            None => false,
        };
        changed |= match record.policy {
            None => self.writer.remove_resource_policy(key)?,
            Some(document) => {
                let document = &self.estate.documents[document];
                let same = resource.policy.as_ref().map(Document::id) == Some(document.id());
                !same && self.writer.put_resource_policy(key, document)?
            }
        };
        if let Some(tags) = &record.tags {
            for (tag, _) in self.writer.resource_tags(key)? {
                if !tags.contains_key(&tag) {
                    changed |= self.writer.remove_resource_tag(key, &tag)?;
                }
            }
            for (tag, value) in tags {
                changed |= self.writer.put_resource_tag(key, tag, value)?;
            }
        }
        self.outcome.new += usize::from(is_new);
        self.outcome.changed += usize::from(changed && !is_new);
        Ok(())
    }
}
