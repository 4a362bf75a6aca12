//! Reading everything of one sort at once, for those who go through a whole estate: one query instead of one
//! for each principal. Documents come by id; nothing parses them here.

use rusqlite::{Row, params};

use super::snapshot::valid;
use super::{AttachmentKind, PolicyKey, PrincipalKey, Snapshot, StoreError};

/// The SHA-256 of a document's canonical form, as 64 hexadecimal digits: what `PolicyId` prints.
pub type DocumentId = String;

/// A document as it was written, in this snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TextKey(pub(super) i64);

/// Of whom the rows are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose<'k> {
    /// Of everybody.
    All,
    /// Of these.
    Of(&'k [PrincipalKey]),
}

/// A tag of somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagRow {
    /// Whose.
    pub of: PrincipalKey,
    /// The key as written.
    pub key: String,
    /// The value.
    pub value: String,
}

/// That a user is in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MembershipRow {
    /// The user.
    pub user: PrincipalKey,
    /// The group.
    pub group: PrincipalKey,
}

/// That a managed policy is attached to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttachmentRow {
    /// To whom.
    pub to: PrincipalKey,
    /// Which policy.
    pub policy: PolicyKey,
    /// How.
    pub kind: AttachmentKind,
}

/// An inline policy of somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InlineRow {
    /// Whose.
    pub of: PrincipalKey,
    /// Its name.
    pub name: String,
    /// Its document.
    pub document: DocumentId,
    /// The document as it was written.
    pub text: TextKey,
}

/// The trust policy of a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustRow {
    /// Whose.
    pub of: PrincipalKey,
    /// Its document.
    pub document: DocumentId,
    /// The document as it was written.
    pub text: TextKey,
}

/// A version of a managed policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionRow {
    /// Whose.
    pub of: PolicyKey,
    /// `1` for `v1`.
    pub number: u32,
    /// Whether it is the one that counts (R-EVL-3).
    pub is_default: bool,
    /// Its document.
    pub document: DocumentId,
    /// The document as it was written.
    pub text: TextKey,
}

impl Snapshot<'_> {
    /// Every tag of every principal.
    pub fn all_tags(&self, whose: Whose<'_>) -> Result<Vec<TagRow>, StoreError> {
        self.all_of(whose, "principal_id", "tags", "r.principal_id, r.key, r.value", |row| {
            Ok(TagRow { of: row.get(0)?, key: row.get(1)?, value: row.get(2)? })
        })
    }

    /// Every membership.
    pub fn all_memberships(&self, whose: Whose<'_>) -> Result<Vec<MembershipRow>, StoreError> {
        self.all_of(whose, "user_id", "group_memberships", "r.user_id, r.group_id", |row| {
            Ok(MembershipRow { user: row.get(0)?, group: row.get(1)? })
        })
    }

    /// Every attachment of a managed policy, boundaries included.
    pub fn all_attachments(&self, whose: Whose<'_>) -> Result<Vec<AttachmentRow>, StoreError> {
        self.all_of(
            whose,
            "principal_id",
            "attachments",
            "r.principal_id, r.policy_id, r.kind = 'boundary'",
            |row| {
                let kind = if row.get(2)? { AttachmentKind::Boundary } else { AttachmentKind::Managed };
                Ok(AttachmentRow { to: row.get(0)?, policy: row.get(1)?, kind })
            },
        )
    }

    /// Every inline policy.
    pub fn all_inline(&self, whose: Whose<'_>) -> Result<Vec<InlineRow>, StoreError> {
        self.all_of(
            whose,
            "principal_id",
            "inline_policies",
            "r.principal_id, r.name, t.document, t.rowid",
            |row| {
                let text = TextKey(row.get(3)?);
                Ok(InlineRow { of: row.get(0)?, name: row.get(1)?, document: row.get(2)?, text })
            },
        )
    }

    /// Every trust policy.
    pub fn all_trust_policies(&self, whose: Whose<'_>) -> Result<Vec<TrustRow>, StoreError> {
        self.trust_policies_where("TRUE", whose)
    }

    /// Every trust policy whose text has `TagSession` or a wildcard: no other allows `sts:TagSession`.
    pub fn trust_policies_that_may_name_tag_session(
        &self,
        whose: Whose<'_>,
    ) -> Result<Vec<TrustRow>, StoreError> {
        self.trust_policies_where("(t.text LIKE '%TagSession%' OR t.text GLOB '*[*?]*')", whose)
    }

    fn trust_policies_where(&self, condition: &str, whose: Whose<'_>) -> Result<Vec<TrustRow>, StoreError> {
        let columns = "r.principal_id, t.document, t.rowid";
        self.all_of_where(condition, whose, "principal_id", "trust_policies", columns, |row| {
            Ok(TrustRow { of: row.get(0)?, document: row.get(1)?, text: TextKey(row.get(2)?) })
        })
    }

    /// Every version of every managed policy.
    pub fn all_versions(&self) -> Result<Vec<VersionRow>, StoreError> {
        self.all("policy_versions", "r.policy_id, r.number, r.is_default, t.document, t.rowid", |row| {
            Ok(VersionRow {
                of: row.get(0)?,
                number: row.get(1)?,
                is_default: row.get(2)?,
                document: row.get(3)?,
                text: TextKey(row.get(4)?),
            })
        })
    }

    /// A document as it was written.
    pub fn written(&self, text: TextKey) -> Result<String, StoreError> {
        let mut statement = self.tx.prepare_cached("SELECT text FROM document_texts WHERE rowid = ?1")?;
        Ok(statement.query_row([text.0], |row| row.get(0))?)
    }

    /// The principals that were stored without an account: made by hand, in the file's own account.
    pub fn principals_made_by_hand(&self) -> Result<Vec<PrincipalKey>, StoreError> {
        let sql = format!("SELECT r.id FROM principals AS r WHERE r.account IS NULL AND {}", valid("r"));
        self.list(&sql, [self.at.0], |row| row.get(0))
    }

    /// The customers' managed policies that were stored without an account, likewise.
    pub fn policies_made_by_hand(&self) -> Result<Vec<PolicyKey>, StoreError> {
        let sql = format!(
            "SELECT r.id FROM policies AS r WHERE r.owner = 'account' AND r.account IS NULL AND {}",
            valid("r")
        );
        self.list(&sql, [self.at.0], |row| row.get(0))
    }

    fn all<T>(
        &self,
        table: &str,
        columns: &str,
        from_row: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        self.all_of(Whose::All, "id", table, columns, from_row)
    }

    fn all_of<T>(
        &self,
        whose: Whose<'_>,
        owner: &str,
        table: &str,
        columns: &str,
        from_row: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        self.all_of_where("TRUE", whose, owner, table, columns, from_row)
    }

    fn all_of_where<T>(
        &self,
        condition: &str,
        whose: Whose<'_>,
        owner: &str,
        table: &str,
        columns: &str,
        from_row: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let texts = if columns.contains("t.document") {
            "JOIN document_texts AS t ON t.sha256 = r.document_text"
        } else {
            ""
        };
        let select =
            format!("SELECT {columns} FROM {table} AS r {texts} WHERE {} AND {condition}", valid("r"));
        match whose {
            Whose::All => self.list(&format!("{select} ORDER BY r.id"), [self.at.0], from_row),
            Whose::Of(keys) => {
                let keys: Vec<String> = keys.iter().map(|key| key.0.to_string()).collect();
                let keys = format!("[{}]", keys.join(","));
                let of = format!("r.{owner} IN (SELECT value FROM json_each(?2))");
                self.list(&format!("{select} AND {of} ORDER BY r.id"), params![self.at.0, keys], from_row)
            }
        }
    }
}
