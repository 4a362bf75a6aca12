//! What an import has stored all the same, and the user should know.

use std::fmt;

/// Something odd that does not stop an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// The dump ends with `IsTruncated: true` (R-FMT-4). Nothing is taken for gone then.
    Truncated {
        /// The file.
        file: String,
    },
    /// A document does not mean all that it says (semantics 0.3).
    Degraded {
        /// Whose document.
        what: String,
        /// How many more have the same text.
        also: usize,
        /// Where and what: `line:column: message (CODE); consequence`.
        finding: String,
    },
    /// A user is in a group that nobody describes (R-FMT-2).
    NoSuchGroup {
        /// The ARN of the user.
        user: String,
        /// The name of the group.
        group: String,
    },
    /// Somebody refers to a policy of which no document is known (R-EVL-4, R-FMT-5).
    UnknownDocument {
        /// Its ARN.
        arn: String,
        /// How many principals have it as their boundary.
        boundary_of: usize,
    },
    /// A version of a policy came without its document.
    NoVersionDocument {
        /// The ARN of the policy.
        arn: String,
        /// The version.
        number: u32,
    },
    /// A policy is not in the dump any more, but attached to somebody who was not in it either.
    KeptAttached {
        /// Its ARN.
        arn: String,
    },
    /// It is not known where a node of an organization hangs (R-FMT-23), so what limits it is not all known.
    Unplaced {
        /// Their ids.
        nodes: Vec<String>,
    },
    /// Nothing says which SCPs are attached to some nodes. AWS has at least one attached to each, and begins with
    /// `FullAWSAccess`.
    AssumedFullAccess {
        /// Their ids.
        nodes: Vec<String>,
    },
    /// A policy is attached to nodes of an organization, but its document is not known.
    UnknownOrganizationPolicy {
        /// `scp/limits`.
        policy: String,
        /// Its id.
        id: String,
    },
    /// Nothing says which types of policies are enabled (R-FMT-27).
    NoRoots,
    /// An OU is not in the dump any more, but something that was not in it either hangs under it.
    KeptOu {
        /// Its id.
        id: String,
    },
    /// Things made by hand turned out to be in this account, so it is the account of the file now.
    AccountSet {
        /// The account.
        account: crate::arn::AccountId,
        /// One of them.
        because: String,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::Truncated { file } => {
                write!(
                    f,
                    "{file}: incomplete: the dump says that more pages follow, so nothing is taken for gone"
                )
            }
            Warning::Degraded { what, also: 0, finding } => write!(f, "{what}: degraded: {finding}"),
            Warning::Degraded { what, also, finding } => {
                write!(f, "{what} and {also} more: degraded: {finding}")
            }
            Warning::NoSuchGroup { user, group } => {
                write!(f, "`{user}` is in group `{group}`, which the dump does not have; left out")
            }
            Warning::UnknownDocument { arn, boundary_of: 0 } => {
                write!(f, "`{arn}` is attached, but its document is not known: import it to have it count")
            }
            Warning::UnknownDocument { arn, boundary_of: 1 } => unknown_boundary(f, arn, "1 principal"),
            Warning::UnknownDocument { arn, boundary_of } => {
                unknown_boundary(f, arn, &format!("{boundary_of} principals"))
            }
            Warning::NoVersionDocument { arn, number } => {
                write!(f, "`{arn}`: v{number} comes without its document; left out")
            }
            Warning::KeptAttached { arn } => {
                write!(f, "`{arn}` is gone from the account but still attached here; kept")
            }
            Warning::Unplaced { nodes } => write!(
                f,
                "it is not known where {} hangs: import the output of list-accounts-for-parent and \
                 list-organizational-units-for-parent for every root and OU, or of list-parents",
                list(nodes)
            ),
            Warning::AssumedFullAccess { nodes } => write!(
                f,
                "nothing says which SCPs are attached to {}, so FullAWSAccess is taken for attached, as AWS \
                 begins: import the output of list-targets-for-policy for every SCP",
                list(nodes)
            ),
            Warning::UnknownOrganizationPolicy { policy, id } => write!(
                f,
                "`{policy}` ({id}) is attached, but its document is not known: import the output of describe-policy"
            ),
            Warning::NoRoots => f.write_str(
                "nothing says which types of policies are enabled, so SCPs and RCPs are taken for enabled: \
                 import the output of list-roots",
            ),
            Warning::KeptOu { id } => {
                write!(
                    f,
                    "`{id}` is gone from the organization but something still hangs under it here; kept"
                )
            }
            Warning::AccountSet { account, because } => write!(
                f,
                "{account} is now the account of everything made by hand: `{because}` is in this dump"
            ),
        }
    }
}

/// The first few ids, and how many more.
fn list(ids: &[String]) -> String {
    let first: Vec<String> = ids.iter().take(3).map(|id| format!("`{id}`")).collect();
    match ids.len().saturating_sub(first.len()) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

fn unknown_boundary(f: &mut fmt::Formatter<'_>, arn: &str, who: &str) -> fmt::Result {
    write!(
        f,
        "`{arn}` is the permissions boundary of {who}, but its document is not known: \
         import it, or what they can do stays unknown"
    )
}
