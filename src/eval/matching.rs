//! Matching of actions and resources (semantics 2): naive, one pattern against one text.

use crate::pattern::{Pattern, Piece, Variable};
use crate::policy::{ActionPattern, PolicyType, ResourcePattern};
use crate::request::{Action, Context, Request, Resource, Value};

/// Whether an action pattern matches an action: the service literally, the name as a glob, both without
/// regard to case (R-ACT-1 to 4).
pub(super) fn action(pattern: &ActionPattern, action: &Action) -> bool {
    match pattern {
        ActionPattern::Every => true,
        ActionPattern::Named { service, name } => {
            service.as_ref().is_none_or(|service| service.eq_ignore_ascii_case(action.service()))
                && glob(name.pieces(), action.name(), &Context::default(), str::eq_ignore_ascii_case)
        }
    }
}

/// Whether a resource entry matches the request's resource (R-RES-1 to 10).
pub(super) fn resource(pattern: &ResourcePattern, policy_type: PolicyType, request: &Request) -> bool {
    let segments = match pattern {
        ResourcePattern::Every => return true,
        ResourcePattern::Arn(segments) => segments,
    };
    match &request.resource {
        Resource::Arn(arn) => segments_match(segments, policy_type, &arn.fields(), &request.context),
        // The one exception of R-RES-10: listing the buckets is allowed by a grant on all of them.
        Resource::Star if is_list_all_my_buckets(&request.action) => {
            let partition = request.caller.iam().map_or("aws", |caller| &caller.partition);
            segments_match(segments, policy_type, &["arn", partition, "s3", "", "", "*"], &request.context)
        }
        Resource::Star => false,
    }
}

fn is_list_all_my_buckets(action: &Action) -> bool {
    action.service().eq_ignore_ascii_case("s3") && action.name().eq_ignore_ascii_case("ListAllMyBuckets")
}

/// Segment by segment; missing segments are filled or make the pattern match nothing (R-RES-3, R-RES-4).
fn segments_match(
    segments: &[Pattern],
    policy_type: PolicyType,
    fields: &[&str; 6],
    context: &Context,
) -> bool {
    if segments.len() < 6 && !is_filled(segments, policy_type) {
        return false;
    }
    // From the last, in which most differ.
    segments.iter().zip(fields).rev().all(|(segment, field)| matches(segment, field, context) == Some(true))
}

/// The table of R-RES-4.
fn is_filled(segments: &[Pattern], policy_type: PolicyType) -> bool {
    match policy_type {
        PolicyType::Identity | PolicyType::Boundary | PolicyType::Session => true,
        PolicyType::Resource(_) | PolicyType::Trust | PolicyType::VpcEndpoint => {
            segments.iter().any(Pattern::has_star)
        }
        PolicyType::Scp => segments.last().is_some_and(Pattern::ends_in_star),
        PolicyType::Rcp => false,
    }
}

/// Whether a pattern matches a text; `None` where one of its variables cannot be resolved.
pub(super) fn matches(pattern: &Pattern, text: &str, context: &Context) -> Option<bool> {
    let is_resolved = pattern.variables().all(|variable| value_of(variable, context).is_some());
    is_resolved.then(|| glob(pattern.pieces(), text, context, |one, other| one == other))
}

/// The text of a pattern without wildcards; `None` where one of its variables cannot be resolved.
pub(super) fn resolve(pattern: &Pattern, context: &Context) -> Option<String> {
    let text = |piece| match piece {
        &Piece::Star => Some("*"),
        &Piece::Question => Some("?"),
        other => literal(other, context),
    };
    pattern.pieces().iter().map(text).collect()
}

/// What a variable stands for (R-VAR-7, R-VAR-8): only a single, non-empty value resolves one.
fn value_of<'a>(variable: &'a Variable, context: &'a Context) -> Option<&'a str> {
    match context.get(&variable.key) {
        Some(Value::Single(value)) if !value.is_empty() => Some(value),
        _ => variable.default.as_deref(),
    }
}

/// The characters that a piece stands for; `None` for a wildcard. What a variable contributes is characters, never
/// wildcards (R-PAT-3).
fn literal<'a>(piece: &'a Piece, context: &'a Context) -> Option<&'a str> {
    match piece {
        Piece::Text(text) => Some(text),
        Piece::Variable(variable) => value_of(variable, context),
        Piece::Star | Piece::Question => None,
    }
}

/// Glob matching (R-PAT-1, R-PAT-2), anchored at both ends: on a mismatch the last star takes one more
/// character. At most pattern times text steps.
fn glob(pattern: &[Piece], text: &str, context: &Context, same: fn(&str, &str) -> bool) -> bool {
    let (mut pieces, mut rest) = (pattern, text);
    // What follows the last star, and the text that it has not taken.
    let mut last_star: Option<(&[Piece], &str)> = None;
    loop {
        let step = match pieces.split_first() {
            None if rest.is_empty() => return true,
            None => None,
            Some((Piece::Star, after)) => {
                last_star = Some((after, rest));
                last_star
            }
            Some((Piece::Question, after)) => without_first(rest).map(|rest| (after, rest)),
            Some((piece, after)) => without(literal(piece, context), rest, same).map(|rest| (after, rest)),
        };
        let next = step.or_else(|| {
            let (after, left) = last_star?;
            last_star = Some((after, without_first(left)?));
            last_star
        });
        let Some(next) = next else { return false };
        (pieces, rest) = next;
    }
}

/// What follows a text's first character.
fn without_first(text: &str) -> Option<&str> {
    let mut chars = text.chars();
    chars.next().map(|_| chars.as_str())
}

/// What follows a prefix in a text.
fn without<'t>(prefix: Option<&str>, text: &'t str, same: fn(&str, &str) -> bool) -> Option<&'t str> {
    let prefix = prefix?;
    let (head, rest) = text.split_at_checked(prefix.len())?;
    same(head, prefix).then_some(rest)
}
