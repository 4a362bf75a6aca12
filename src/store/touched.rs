//! What changed between two changes: of whom or what rows were opened or closed.

use rusqlite::params;

use super::{ChangeNumber, PolicyKey, PrincipalKey, ResourceKey, Snapshot, StoreError};

/// Something of which a row was opened or closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Touch {
    /// A user, role or group, its tags, groups and policies.
    Principal(PrincipalKey),
    /// Whom a role trusts.
    Trust(PrincipalKey),
    /// The versions of a managed policy.
    Policy(PolicyKey),
    /// A resource, its owner, policy and tags.
    Resource(ResourceKey),
    /// The tree of the organization, its policies and where they are attached.
    Organization,
    /// The account of what was made by hand.
    Account,
}

/// The tables whose rows belong to something, and the column that says to what.
const OF_PRINCIPALS: [(&str, &str); 5] = [
    ("principals", "id"),
    ("tags", "principal_id"),
    ("group_memberships", "user_id"),
    ("attachments", "principal_id"),
    ("inline_policies", "principal_id"),
];
const OF_RESOURCES: [(&str, &str); 4] = [
    ("resources", "id"),
    ("resource_owners", "resource_id"),
    ("resource_policies", "resource_id"),
    ("resource_tags", "resource_id"),
];
const OF_ORGANIZATIONS: [&str; 7] = [
    "organization_nodes",
    "organization_node_details",
    "organization_placements",
    "organizations",
    "organization_policies",
    "organization_policy_contents",
    "organization_attachments",
];

impl Snapshot<'_> {
    /// What was touched by the changes after `before`, up to this state, and by which.
    pub fn touched_since(&self, before: ChangeNumber) -> Result<Vec<(Touch, ChangeNumber)>, StoreError> {
        let mut touched = Vec::new();
        for (table, column) in OF_PRINCIPALS {
            self.rows_touched(
                table,
                column,
                before,
                |key| Touch::Principal(PrincipalKey(key)),
                &mut touched,
            )?;
        }
        let trust = |key| Touch::Trust(PrincipalKey(key));
        self.rows_touched("trust_policies", "principal_id", before, trust, &mut touched)?;
        let policy = |key| Touch::Policy(PolicyKey(key));
        self.rows_touched("policy_versions", "policy_id", before, policy, &mut touched)?;
        for (table, column) in OF_RESOURCES {
            self.rows_touched(table, column, before, |key| Touch::Resource(ResourceKey(key)), &mut touched)?;
        }
        for table in OF_ORGANIZATIONS {
            self.rows_touched(table, "id", before, |_| Touch::Organization, &mut touched)?;
        }
        self.rows_touched("settings", "id", before, |_| Touch::Account, &mut touched)?;
        touched.sort_unstable();
        touched.dedup();
        Ok(touched)
    }

    fn rows_touched(
        &self,
        table: &str,
        column: &str,
        before: ChangeNumber,
        touch: impl Fn(i64) -> Touch,
        touched: &mut Vec<(Touch, ChangeNumber)>,
    ) -> Result<(), StoreError> {
        let sql = format!(
            "SELECT {column}, valid_from FROM {table} WHERE valid_from > ?2 AND valid_from <= ?1 \
             UNION SELECT {column}, valid_to FROM {table} WHERE valid_to > ?2 AND valid_to <= ?1"
        );
        let row = |row: &rusqlite::Row<'_>| Ok((touch(row.get(0)?), ChangeNumber(row.get(1)?)));
        touched.extend(self.list(&sql, params![self.at.0, before.0], row)?);
        Ok(())
    }

    /// The changes of some numbers, oldest first.
    pub fn changes_numbered(
        &self,
        numbers: impl IntoIterator<Item = ChangeNumber>,
    ) -> Result<Vec<super::Change>, StoreError> {
        let mut found = Vec::new();
        for number in numbers {
            found.extend(super::history::numbered(&self.tx, number)?);
        }
        Ok(found)
    }
}
