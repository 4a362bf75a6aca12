//! Within one account a grant is more than a word of two that are needed: what a resource's policy grants to a principal
//! itself needs no identity policy, and may need no boundary or session policy either (R-EVL-20).
//!
//! A resource-based policy by itself is asked about callers of other accounts, whose own policies allow everything
//! ([`alone`](super::alone())). There all classes of grants reach equally far (R-EVL-30). Two policies that say the same to
//! those are the same to everybody exactly if they are so to these two as well.

use std::borrow::Cow;

use super::Subject;
use super::alone::unlimited;
use crate::compile::Callers;
use crate::layers::{LayerPolicy, PolicyLayers};
use crate::policy::{PolicyType, PrincipalEntry};

/// Allows nothing.
const NOTHING: &str = r#"{"Version":"2012-10-17","Statement":[]}"#;

/// How callers stand to the resource, by what else allows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// As the question has it; to a resource-based policy by itself they are of other accounts than the resource's.
    Asked,
    /// IAM principals of the resource's own account whom no identity policy allows anything.
    Unaided,
    /// Those of them whose boundary or session policy does not allow it either.
    HeldBack,
}

impl Standing {
    /// Those in which two subjects may differ.
    pub(super) fn of(subjects: &[&Subject]) -> &'static [Standing] {
        let are_of_resources = subjects.iter().all(|subject| subject.callers == Callers::Any);
        let all = &[Standing::Asked, Standing::Unaided, Standing::HeldBack];
        if are_of_resources { all } else { &[Standing::Asked] }
    }

    /// A subject as those callers meet it.
    pub fn meets(self, subject: &Subject) -> Cow<'_, Subject> {
        let session = match self {
            Standing::Asked => return Cow::Borrowed(subject),
            Standing::Unaided => unlimited(PolicyType::Session),
            Standing::HeldBack => LayerPolicy::read("nothing", "assumed", NOTHING, PolicyType::Session),
        };
        let mut met = Subject { callers: Callers::InAccount, ..subject.clone() };
        for situation in &mut met.situations {
            let layers = std::mem::take(&mut situation.layers);
            let (identity, session) = (Vec::new(), vec![session.clone()]);
            situation.layers = PolicyLayers { identity, session, ..layers };
            situation.resource_account = None;
        }
        Cow::Owned(met)
    }

    /// Whether an entry can grant something to them: others are none of those callers, or leave all to their own policies.
    pub fn is_granted_by(self, entry: &PrincipalEntry) -> bool {
        match (self, entry) {
            (Standing::Asked, _) => true,
            (
                _,
                PrincipalEntry::Account { .. }
                | PrincipalEntry::CanonicalUser(_)
                | PrincipalEntry::Service(_)
                | PrincipalEntry::Federated(_),
            ) => false,
            (Standing::HeldBack, PrincipalEntry::Role(_)) => false,
            (Standing::HeldBack, PrincipalEntry::UniqueId(id)) => id.contains(':') || id.starts_with("AIDA"),
            _ => true,
        }
    }

    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Standing::Asked => "asked",
            Standing::Unaided => "own-account",
            Standing::HeldBack => "own-account-held-back",
        }
    }
}
