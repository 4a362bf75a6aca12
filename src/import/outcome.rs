//! What an import did, in numbers and in one line.

use super::Warning;
use crate::arn::AccountId;
use crate::store::PrincipalKind;

/// What an import did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// The users found.
    pub users: usize,
    /// The groups found.
    pub groups: usize,
    /// The roles found.
    pub roles: usize,
    /// The managed policies found; those that are only referred to are not counted.
    pub policies: usize,
    /// The accounts of an organization found.
    pub member_accounts: usize,
    /// The OUs found.
    pub ous: usize,
    /// The service and resource control policies found.
    pub organization_policies: usize,
    /// The resources found.
    pub resources: usize,
    /// The accounts they are of.
    pub accounts: Vec<AccountId>,
    /// How many principals, policies, accounts, … are new.
    pub new: usize,
    /// How many were stored and are different now.
    pub changed: usize,
    /// How many are gone.
    pub removed: usize,
    /// What the user should know.
    pub warnings: Vec<Warning>,
}

impl Outcome {
    pub(super) fn count(&mut self, kind: PrincipalKind) {
        match kind {
            PrincipalKind::User => self.users += 1,
            PrincipalKind::Group => self.groups += 1,
            PrincipalKind::Role => self.roles += 1,
        }
    }

    /// `imported 1,000 users, 40 roles of 123456789012 (3 new, 2 changed, 1 removed)`
    pub fn summary(&self) -> String {
        let found = [
            (self.users, "user", "users"),
            (self.groups, "group", "groups"),
            (self.roles, "role", "roles"),
            (self.policies, "policy", "policies"),
            (self.member_accounts, "account", "accounts"),
            (self.ous, "OU", "OUs"),
            (self.organization_policies, "organization policy", "organization policies"),
            (self.resources, "resource", "resources"),
        ];
        let found: Vec<String> = found
            .iter()
            .filter(|(count, ..)| *count > 0)
            .map(|(count, one, many)| counted(*count, one, many))
            .collect();
        let found = if found.is_empty() { "nothing".to_owned() } else { found.join(", ") };
        let of = match self.accounts.as_slice() {
            [] => String::new(),
            [one] => format!(" of {one}"),
            many => format!(" of {} accounts", grouped(many.len())),
        };
        let became: Vec<String> = [(self.new, "new"), (self.changed, "changed"), (self.removed, "removed")]
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, how)| format!("{} {how}", grouped(*count)))
            .collect();
        let became = if became.is_empty() { "nothing changed".to_owned() } else { became.join(", ") };
        format!("imported {found}{of} ({became})")
    }
}

/// `1 user`, `1,000 users`
pub(crate) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

/// 1234567 -> `1,234,567`
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (nth, digit) in digits.chars().enumerate() {
        if nth > 0 && (digits.len() - nth).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
