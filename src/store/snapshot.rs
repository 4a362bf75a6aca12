//! Reading: the state as of one change.
//!
//! Every query has the change's number as `?1` and sees the rows that were valid then. A snapshot holds a read
//! transaction, so what other processes write meanwhile does not show.

use std::rc::Rc;

use rusqlite::{OptionalExtension, Params, Row, Transaction, params};

use super::{
    At, AttachmentKind, ChangeNumber, InlinePolicy, ManagedPolicy, PolicyKey, PolicyVersion, Principal,
    PrincipalKey, PrincipalKind, StoreError, history,
};
use crate::arn::AccountId;
use crate::policy::Document;

/// A consistent view of the state that one change left behind.
#[derive(Debug)]
pub struct Snapshot<'a> {
    pub(super) tx: Rc<Transaction<'a>>,
    pub(super) at: ChangeNumber,
}

/// The condition under which a row of `alias` was valid at `?1`.
pub(super) fn valid(alias: &str) -> String {
    format!("{alias}.valid_from <= ?1 AND ({alias}.valid_to IS NULL OR {alias}.valid_to > ?1)")
}

/// Selects principals `p`, with the account that a missing one stands for.
fn select_principals(joins: &str, condition: &str) -> String {
    format!(
        "SELECT p.id, p.kind, p.partition, coalesce(p.account, own.value) AS account, p.path, p.name, p.unique_id \
         FROM principals AS p {joins} \
         LEFT JOIN settings AS own ON own.name = 'account' AND {} \
         WHERE {} AND {condition}",
        valid("own"),
        valid("p")
    )
}

/// Selects managed policies `q`, likewise.
fn select_policies(joins: &str, condition: &str) -> String {
    format!(
        "SELECT q.id, q.partition, q.owner, coalesce(q.account, own.value) AS account, q.path, q.name \
         FROM policies AS q {joins} \
         LEFT JOIN settings AS own ON own.name = 'account' AND {} \
         WHERE {} AND {condition}",
        valid("own"),
        valid("q")
    )
}

impl<'a> Snapshot<'a> {
    /// The state as of `at`, in a transaction that nothing has been read in yet.
    pub(super) fn new(tx: Transaction<'a>, at: At) -> Result<Snapshot<'a>, StoreError> {
        let newest = history::newest(&tx)?.map_or(ChangeNumber(0), |change| change.number);
        let snapshot = Snapshot { tx: Rc::new(tx), at: newest };
        let at = snapshot.as_of(at)?.at;
        Ok(Snapshot { at, ..snapshot })
    }

    /// The state as of then, not later than this one.
    pub fn as_of(&self, at: At) -> Result<Snapshot<'_>, StoreError> {
        let at = match at {
            At::Now => self.at,
            At::Change(asked) if (0..=self.at.0).contains(&asked.0) => asked,
            At::Change(asked) => return Err(StoreError::NoSuchChange { asked, newest: self.at }),
            At::Time(time) => history::newest_at(&self.tx, time)?.min(self.at),
        };
        Ok(Snapshot { tx: self.tx.clone(), at })
    }

    /// The state before the change that is being made.
    pub(super) fn before_change_in_progress(&self) -> Snapshot<'_> {
        Snapshot { tx: self.tx.clone(), at: ChangeNumber(self.at.0 - 1) }
    }

    /// The state that the change being made leaves behind.
    pub(super) fn of_change_in_progress(tx: Transaction<'a>, number: ChangeNumber) -> Snapshot<'a> {
        Snapshot { tx: Rc::new(tx), at: number }
    }

    /// As of which change; while one is being made, its own number.
    pub fn change(&self) -> ChangeNumber {
        self.at
    }

    /// The account of everything made by hand; `None` until it is set.
    pub fn account(&self) -> Result<Option<AccountId>, StoreError> {
        let sql = format!("SELECT s.value FROM settings AS s WHERE s.name = 'account' AND {}", valid("s"));
        self.one(&sql, [self.at.0], |row| row.get(0))
    }

    /// Every account that something belongs to, in order.
    pub fn accounts(&self) -> Result<Vec<AccountId>, StoreError> {
        let sql = format!(
            "SELECT account FROM ({}) WHERE account IS NOT NULL \
             UNION SELECT account FROM ({}) WHERE account IS NOT NULL ORDER BY account",
            select_principals("", "true"),
            select_policies("", "q.owner = 'account'")
        );
        self.list(&sql, [self.at.0], |row| row.get(0))
    }

    /// Whether the file knows of accounts beside this one: its own is another, there is an organization, or a principal
    /// or resource of another.
    pub fn knows_other_accounts(&self, than: &AccountId) -> Result<bool, StoreError> {
        let exists = |table: &str, condition: &str| {
            format!("EXISTS (SELECT 1 FROM {table} AS t WHERE {condition} AND {})", valid("t"))
        };
        let sql = format!(
            "SELECT {} OR {} OR {} OR {}",
            exists("settings", "t.name = 'account' AND t.value <> ?2"),
            exists("organizations", "true"),
            exists("resource_owners", "t.account <> ?2"),
            exists("principals", "t.account <> ?2")
        );
        Ok(self.one(&sql, params![self.at.0, than], |row| row.get(0))?.unwrap_or(false))
    }

    /// Every principal, or every one of a kind, by account, kind, path and name.
    pub fn principals(&self, kind: Option<PrincipalKind>) -> Result<Vec<Principal>, StoreError> {
        let sql = select_principals("", "(?2 IS NULL OR p.kind = ?2)");
        self.principal_list(&sql, params![self.at.0, kind])
    }

    /// The principals of exactly this name, of any kind and account.
    pub fn principals_named(&self, name: &str) -> Result<Vec<Principal>, StoreError> {
        self.principal_list(&select_principals("", "p.name = ?2"), params![self.at.0, name])
    }

    /// A principal's tags by key.
    pub fn tags(&self, of: PrincipalKey) -> Result<Vec<(String, String)>, StoreError> {
        let sql = format!(
            "SELECT t.key, t.value FROM tags AS t WHERE t.principal_id = ?2 AND {} ORDER BY t.key",
            valid("t")
        );
        self.list(&sql, params![self.at.0, of], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// The groups that a user is in.
    pub fn groups_of(&self, user: PrincipalKey) -> Result<Vec<Principal>, StoreError> {
        let joins = format!("JOIN group_memberships AS m ON m.group_id = p.id AND {}", valid("m"));
        self.principal_list(&select_principals(&joins, "m.user_id = ?2"), params![self.at.0, user])
    }

    /// The users in a group.
    pub fn members_of(&self, group: PrincipalKey) -> Result<Vec<Principal>, StoreError> {
        let joins = format!("JOIN group_memberships AS m ON m.user_id = p.id AND {}", valid("m"));
        self.principal_list(&select_principals(&joins, "m.group_id = ?2"), params![self.at.0, group])
    }

    /// The managed policies attached to a principal in one way, by ARN.
    pub fn attached(&self, to: PrincipalKey, kind: AttachmentKind) -> Result<Vec<ManagedPolicy>, StoreError> {
        let joins = format!("JOIN attachments AS a ON a.policy_id = q.id AND {}", valid("a"));
        let sql = select_policies(&joins, "a.principal_id = ?2 AND a.kind = ?3");
        self.policy_list(&sql, params![self.at.0, to, kind])
    }

    /// The principals that a managed policy is attached to in one way.
    pub fn attached_to(&self, policy: PolicyKey, kind: AttachmentKind) -> Result<Vec<Principal>, StoreError> {
        let joins = format!("JOIN attachments AS a ON a.principal_id = p.id AND {}", valid("a"));
        let sql = select_principals(&joins, "a.policy_id = ?2 AND a.kind = ?3");
        self.principal_list(&sql, params![self.at.0, policy, kind])
    }

    /// A principal's inline policies by name.
    pub fn inline(&self, of: PrincipalKey) -> Result<Vec<InlinePolicy>, StoreError> {
        let sql = format!(
            "SELECT i.name, t.text FROM inline_policies AS i \
             JOIN document_texts AS t ON t.sha256 = i.document_text \
             WHERE i.principal_id = ?2 AND {} ORDER BY i.name",
            valid("i")
        );
        self.list(&sql, params![self.at.0, of], InlinePolicy::from_row)
    }

    /// Who may assume a role; `None` where that is not known.
    pub fn trust_policy(&self, role: PrincipalKey) -> Result<Option<Document>, StoreError> {
        let sql = format!(
            "SELECT t.text FROM trust_policies AS r \
             JOIN document_texts AS t ON t.sha256 = r.document_text \
             WHERE r.principal_id = ?2 AND {}",
            valid("r")
        );
        self.one(&sql, params![self.at.0, role], |row| Ok(Document::new(row.get(0)?)))
    }

    /// Every managed policy by ARN.
    pub fn managed_policies(&self) -> Result<Vec<ManagedPolicy>, StoreError> {
        self.policy_list(&select_policies("", "true"), [self.at.0])
    }

    /// The managed policies of exactly this name, whoever's, by ARN.
    pub fn managed_policies_named(&self, name: &str) -> Result<Vec<ManagedPolicy>, StoreError> {
        self.policy_list(&select_policies("", "q.name = ?2"), params![self.at.0, name])
    }

    /// The versions of a managed policy, oldest first.
    pub fn versions(&self, of: PolicyKey) -> Result<Vec<PolicyVersion>, StoreError> {
        let sql = format!(
            "SELECT v.number, v.is_default, t.text FROM policy_versions AS v \
             JOIN document_texts AS t ON t.sha256 = v.document_text \
             WHERE v.policy_id = ?2 AND {} ORDER BY v.number",
            valid("v")
        );
        self.list(&sql, params![self.at.0, of], PolicyVersion::from_row)
    }

    /// The version that counts; `None` where the document is not known (R-EVL-4).
    pub fn default_version(&self, of: PolicyKey) -> Result<Option<PolicyVersion>, StoreError> {
        let sql = format!(
            "SELECT v.number, v.is_default, t.text FROM policy_versions AS v \
             JOIN document_texts AS t ON t.sha256 = v.document_text \
             WHERE v.policy_id = ?2 AND v.is_default = 1 AND {}",
            valid("v")
        );
        self.one(&sql, params![self.at.0, of], PolicyVersion::from_row)
    }

    /// A principal by its key; `None` where it did not live then.
    pub fn principal(&self, key: PrincipalKey) -> Result<Option<Principal>, StoreError> {
        self.one(&select_principals("", "p.id = ?2"), params![self.at.0, key], Principal::from_row)
    }

    /// A managed policy by its key, likewise.
    pub fn managed_policy(&self, key: PolicyKey) -> Result<Option<ManagedPolicy>, StoreError> {
        self.one(&select_policies("", "q.id = ?2"), params![self.at.0, key], ManagedPolicy::from_row)
    }

    fn principal_list(&self, sql: &str, params: impl Params) -> Result<Vec<Principal>, StoreError> {
        let mut found = self.list(sql, params, Principal::from_row)?;
        found.sort_by(Principal::in_order);
        Ok(found)
    }

    fn policy_list(&self, sql: &str, params: impl Params) -> Result<Vec<ManagedPolicy>, StoreError> {
        let mut found = self.list(sql, params, ManagedPolicy::from_row)?;
        found.sort_by_cached_key(ManagedPolicy::arn);
        Ok(found)
    }

    pub(super) fn list<T>(
        &self,
        sql: &str,
        params: impl Params,
        from_row: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let mut statement = self.tx.prepare_cached(sql)?;
        let rows = statement.query_map(params, from_row)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    pub(super) fn one<T>(
        &self,
        sql: &str,
        params: impl Params,
        from_row: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.tx.prepare_cached(sql)?.query_row(params, from_row).optional()?)
    }
}
