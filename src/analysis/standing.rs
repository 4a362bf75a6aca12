//! Within one account a grant is more than a word of two that are needed: what a resource's policy grants to a principal
//! itself needs no identity policy, and may need no boundary or session policy either (R-EVL-20).
//!
//! A resource-based policy by itself is asked about callers of other accounts, whose own policies allow everything
//! ([`alone`](super::alone())). There all classes of grants reach equally far (R-EVL-30). Two policies that say the same to
//! those are the same to everybody exactly if they are so to these two as well; and, where a Deny spares principals, to
//! each of the three with a permissions boundary, for whoever has one it denies all the same (R-PRN-9).

use std::borrow::Cow;

use super::Subject;
use super::alone::unlimited;
use crate::compile::Callers;
use crate::layers::LayerPolicy;
use crate::policy::{Effect, PolicyType, PrincipalEntry, Selector};

/// Allows nothing.
const NOTHING: &str = r#"{"Version":"2012-10-17","Statement":[]}"#;

/// How callers stand to the resource, by what else allows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Standing {
    /// Whose they are, and what else allows them.
    pub reach: Reach,
    /// Whether they have a permissions boundary, for what a Deny with `NotPrincipal` says of these (R-PRN-9).
    pub boundary: Bounded,
}

/// Whose callers are, and what else allows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reach {
    /// As the question has it; to a resource-based policy by itself they are of other accounts than the resource's.
    Asked,
    /// IAM principals of the resource's own account whom no identity policy allows anything.
    Unaided,
    /// Those of them whose boundary or session policy does not allow it either.
    HeldBack,
}

/// Whether callers have a permissions boundary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bounded {
    /// As the question has it.
    Asked,
    /// They have one; it allows everything.
    Yes,
}

impl Standing {
    /// As the question has it.
    pub const ASKED: Standing = Standing::of(Reach::Asked);
    /// Those of the resource's own account without policies of their own.
    pub const UNAIDED: Standing = Standing::of(Reach::Unaided);
    /// Those of them who are held back.
    pub const HELD_BACK: Standing = Standing::of(Reach::HeldBack);

    const fn of(reach: Reach) -> Standing {
        Standing { reach, boundary: Bounded::Asked }
    }

    /// With a permissions boundary that limits nothing.
    #[must_use]
    pub const fn bounded(self) -> Standing {
        Standing { boundary: Bounded::Yes, ..self }
    }

    /// Those in which two subjects may differ.
    pub(super) fn all_of(subjects: &[&Subject]) -> Vec<Standing> {
        if !subjects.iter().all(|subject| subject.callers == Callers::Any) {
            return vec![Standing::ASKED];
        }
        let mut all = vec![Standing::ASKED, Standing::UNAIDED, Standing::HELD_BACK];
        if subjects.iter().any(|subject| spares_principals(subject)) {
            all.extend(all.clone().into_iter().map(Standing::bounded));
        }
        all
    }

    /// A subject as those callers meet it.
    pub fn meets(self, subject: &Subject) -> Cow<'_, Subject> {
        if self == Standing::ASKED {
            return Cow::Borrowed(subject);
        }
        let mut met = subject.clone();
        for situation in &mut met.situations {
            if self.boundary == Bounded::Yes {
                situation.layers.boundary = vec![unlimited(PolicyType::Boundary)];
            }
            situation.layers.session = match self.reach {
                Reach::Asked => continue,
                Reach::Unaided => vec![unlimited(PolicyType::Session)],
                Reach::HeldBack => {
                    vec![LayerPolicy::read("nothing", "assumed", NOTHING, PolicyType::Session)]
                }
            };
            met.callers = Callers::InAccount;
            situation.layers.identity = Vec::new();
            situation.resource_account = None;
        }
        Cow::Owned(met)
    }

    /// Whether an entry can grant something to them: others are none of those callers, or leave all to their own policies.
    pub fn is_granted_by(self, entry: &PrincipalEntry) -> bool {
        match (self.reach, entry) {
            (Reach::Asked, _) => true,
            (
                _,
                PrincipalEntry::Account { .. }
                | PrincipalEntry::CanonicalUser(_)
                | PrincipalEntry::Service(_)
                | PrincipalEntry::Federated(_),
            ) => false,
            (Reach::HeldBack, PrincipalEntry::Role(_)) => false,
            (Reach::HeldBack, PrincipalEntry::UniqueId(id)) => id.contains(':') || id.starts_with("AIDA"),
            _ => true,
        }
    }

    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match (self.reach, self.boundary) {
            (Reach::Asked, Bounded::Asked) => "asked",
            (Reach::Unaided, Bounded::Asked) => "own-account",
            (Reach::HeldBack, Bounded::Asked) => "own-account-held-back",
            (Reach::Asked, Bounded::Yes) => "bounded",
            (Reach::Unaided, Bounded::Yes) => "own-account-bounded",
            (Reach::HeldBack, Bounded::Yes) => "own-account-bounded-held-back",
        }
    }
}

/// Whether a Deny of a subject spares some principals.
fn spares_principals(subject: &Subject) -> bool {
    let mut statements = subject.situations.iter().flat_map(|situation| situation.layers.statements());
    statements.any(|(_, statement)| {
        statement.effect == Effect::Deny && matches!(statement.principal, Some(Selector::NotIn(_)))
    })
}
