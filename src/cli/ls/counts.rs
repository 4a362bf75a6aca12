//! How much hangs on each principal and each policy: counted in one walk over each table, since a question for
//! each of ten thousand principals takes seconds.

use std::collections::HashMap;
use std::hash::Hash;

use crate::cli::aws::PolicyUse;
use crate::cli::error::CliError;
use crate::store::{AttachmentKind, ManagedPolicy, PolicyKey, PrincipalKey, Snapshot, Whose};

/// Numbers for the rows of a list; what is not in a map counts zero.
#[derive(Debug, Default)]
pub(super) struct Counts {
    policies: HashMap<PrincipalKey, usize>,
    boundaries: HashMap<PrincipalKey, PolicyKey>,
    groups: HashMap<PrincipalKey, usize>,
    members: HashMap<PrincipalKey, usize>,
    attached: HashMap<PolicyKey, usize>,
    boundary_of: HashMap<PolicyKey, usize>,
    default_versions: HashMap<PolicyKey, u32>,
}

impl Counts {
    /// Counts everything as of the snapshot.
    pub(super) fn of(snapshot: &Snapshot<'_>) -> Result<Counts, CliError> {
        let mut counts = Counts::default();
        for attachment in snapshot.all_attachments(Whose::All)? {
            match attachment.kind {
                AttachmentKind::Managed => {
                    one_more(&mut counts.policies, attachment.to);
                    one_more(&mut counts.attached, attachment.policy);
                }
                AttachmentKind::Boundary => {
                    counts.boundaries.insert(attachment.to, attachment.policy);
                    one_more(&mut counts.boundary_of, attachment.policy);
                }
            }
        }
        for inline in snapshot.all_inline(Whose::All)? {
            one_more(&mut counts.policies, inline.of);
        }
        for membership in snapshot.all_memberships(Whose::All)? {
            one_more(&mut counts.groups, membership.user);
            one_more(&mut counts.members, membership.group);
        }
        let defaults = snapshot.all_versions()?.into_iter().filter(|version| version.is_default);
        counts.default_versions = defaults.map(|version| (version.of, version.number)).collect();
        Ok(counts)
    }

    /// Managed and inline policies of a principal, without its boundary.
    pub(super) fn policies(&self, of: PrincipalKey) -> usize {
        self.policies.get(&of).copied().unwrap_or_default()
    }

    /// The boundary of a principal.
    pub(super) fn boundary(&self, of: PrincipalKey) -> Option<PolicyKey> {
        self.boundaries.get(&of).copied()
    }

    /// The groups that a user is in.
    pub(super) fn groups(&self, of: PrincipalKey) -> usize {
        self.groups.get(&of).copied().unwrap_or_default()
    }

    /// The members of a group.
    pub(super) fn members(&self, of: PrincipalKey) -> usize {
        self.members.get(&of).copied().unwrap_or_default()
    }

    /// What a policy is used for.
    pub(super) fn policy(&self, of: &ManagedPolicy) -> PolicyUse {
        PolicyUse {
            default_version: self.default_versions.get(&of.key).copied(),
            attached_to: self.attached.get(&of.key).copied().unwrap_or_default(),
            boundary_of: self.boundary_of.get(&of.key).copied().unwrap_or_default(),
        }
    }
}

fn one_more<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: K) {
    *counts.entry(key).or_default() += 1;
}
