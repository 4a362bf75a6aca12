//! What is said beside an answer: what was taken for granted, what does not count, what is malformed.

use itertools::Itertools;

use super::super::super::text::shown;
use super::place;
use crate::ask::{Ask, Degraded, Note};
use crate::layers::Layer;
use crate::request::Action;

/// What is said where no VPC endpoint is named although policies of some are stored (R-EVL-57).
pub(in crate::cli) const NO_VPC_ENDPOINT: &str = "requests are taken to come through no VPC endpoint, although policies of \
    some are stored; `--context aws:SourceVpce=ID` asks through one";

/// What is to be said of the answers about an action, whoever asks; none where it is about one caller.
pub(in crate::cli) fn general_note(note: &Note, action: &Action) -> Option<String> {
    Some(match note {
        Note::AccountUnset => {
            "the account is not set, so ARNs show 000000000000 and every resource counts as being in the \
             same account; `iamdb init --account 123456789012` sets it"
                .to_owned()
        }
        Note::DecidedOnStar => {
            format!("{} takes no resource: AWS decides it on `*`, not on the ARN given", action)
        }
        Note::NeedsResource => {
            format!(
                "{} works on a resource: on `*` only statements about all resources count; name an ARN",
                action
            )
        }
        Note::OtherResource { arns } => {
            let more = if arns.len() > 3 { ", …" } else { "" };
            let arns = arns.iter().take(3).map(|arn| format!("`{}`", shown(arn))).join(", ");
            format!(
                "{action} is not about such a resource: AWS decides it on another, {arns}{more}, and what policies say of this one has no \
                 effect"
            )
        }
        Note::OwnAccount { account } => format!(
            "the resource is taken to be of the caller's account {account}, as nothing says whose it is; \
             `--resource-account` does"
        ),
        Note::NoVpcEndpoint => NO_VPC_ENDPOINT.to_owned(),
        Note::Contradicts { .. }
        | Note::SessionTag { .. }
        | Note::SessionName { .. }
        | Note::Ignored { .. }
        | Note::UnknownDocument { .. } => return None,
    })
}

pub(super) fn note_text(note: &Note, ask: &Ask<'_>) -> String {
    match note {
        Note::AccountUnset
        | Note::DecidedOnStar
        | Note::NeedsResource
        | Note::OtherResource { .. }
        | Note::OwnAccount { .. }
        | Note::NoVpcEndpoint => general_note(note, &ask.action).unwrap_or_default(),
        Note::Contradicts { key, derived: Some(value) } => {
            format!(
                "`{}` was given, although it is {} for this principal",
                shown(key),
                shown(&value.to_string())
            )
        }
        Note::Contradicts { key, derived: None } => {
            format!("`{}` was given, although requests of this principal do not have it", shown(key))
        }
        Note::SessionTag { key } => format!(
            "the role has no tag for `{key}`; a session that brings one is asked about with `--context {key}=…`",
            key = shown(key)
        ),
        Note::SessionName { session, answer } => {
            format!("it depends on the name of the session: of `{}` the answer is {answer}", shown(session))
        }
        Note::Ignored { layer } => ignored_text(*layer, ask),
        Note::UnknownDocument { layer, policy } => {
            let hint = match layer {
                Layer::Resource => "; `--resource-policy FILE` gives it, `iamdb attach ARN FILE` keeps it",
                _ => "",
            };
            format!("{layer}: the document of `{}` is not known{hint}", shown(policy))
        }
    }
}

/// Why a layer that is there does not count (R-EVL-8, R-EVL-36 to 39).
fn ignored_text(layer: Layer, ask: &Ask<'_>) -> String {
    let service_linked = ask.caller.iam().is_some_and(|caller| caller.is_service_linked());
    match layer {
        Layer::Resource => "the trust policy of a role counts only where the role is assumed".to_owned(),
        Layer::Scp | Layer::Rcp if service_linked => format!("{layer} do not limit service-linked roles"),
        Layer::Rcp => format!("resource control policies do not limit {}", ask.action),
        layer => format!("{layer}: not for callers of this kind"),
    }
}

pub(super) fn degraded_text(degraded: &Degraded, ask: &Ask<'_>) -> String {
    let policy = ask.layers.policy_at(degraded.layer, degraded.policy);
    let (line, column) = policy.map_or((1, 1), |policy| place(policy, degraded.diagnostic.span));
    let name = policy.map_or_else(String::new, |policy| shown(&policy.name));
    let diagnostic = &degraded.diagnostic;
    format!(
        "{name}:{line}:{column}: degraded: {}; {} ({})",
        shown(&diagnostic.message),
        diagnostic.consequence,
        diagnostic.code
    )
}
