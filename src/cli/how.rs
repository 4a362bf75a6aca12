//! In which way a policy is attached to a principal: what `attach` and `detach` are asked for by `--inline` and
//! `--boundary`, and the words for it.

use crate::policy::PolicyType;
use crate::store::AttachmentKind;

/// In which way a policy is attached to a principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// As a policy with a name of its own, which others can have attached too.
    Managed(AttachmentKind),
    /// As a part of the principal.
    Inline,
}

impl How {
    /// What the two options ask for, of which at most one is given.
    pub(super) fn asked(inline: bool, boundary: bool) -> How {
        match (inline, boundary) {
            (true, _) => How::Inline,
            (false, true) => How::Managed(AttachmentKind::Boundary),
            (false, false) => How::Managed(AttachmentKind::Managed),
        }
    }

    /// As what a document attached so is read.
    pub(super) fn policy_type(self) -> PolicyType {
        match self {
            How::Managed(AttachmentKind::Boundary) => PolicyType::Boundary,
            How::Managed(AttachmentKind::Managed) | How::Inline => PolicyType::Identity,
        }
    }

    /// `managed`, `boundary` or `inline`: `attached_as` in JSON.
    pub(super) fn word(self) -> &'static str {
        match self {
            How::Managed(kind) => kind.as_str(),
            How::Inline => "inline",
        }
    }

    /// What a sentence about the attachment ends in: ` as an inline policy`.
    pub(super) fn phrase(self) -> &'static str {
        match self {
            How::Managed(AttachmentKind::Managed) => "",
            How::Managed(AttachmentKind::Boundary) => " as its permissions boundary",
            How::Inline => " as an inline policy",
        }
    }
}
