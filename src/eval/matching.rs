//! Matching of actions and resources (semantics 2): naive, one pattern against one text.

use crate::pattern::{Pattern, Piece, Variable};
use crate::policy::{ActionPattern, PolicyType, ResourcePattern};
use crate::request::{Action, Context, Request, Resource, Value};

/// What a pattern is made of once its variables are replaced. What a variable contributes is characters,
/// never wildcards (R-PAT-3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Char(char),
    Star,
    Question,
}

/// Whether an action pattern matches an action: the service literally, the name as a glob, both without
/// regard to case (R-ACT-1 to 4).
pub(super) fn action(pattern: &ActionPattern, action: &Action) -> bool {
    match pattern {
        ActionPattern::Every => true,
        ActionPattern::Named { service, name } => {
            service.as_ref().is_none_or(|service| service.eq_ignore_ascii_case(action.service()))
                && glob(&plain_tokens(&name.to_ascii_lowercase()), &action.name().to_ascii_lowercase())
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
    segments.iter().zip(fields).all(|(segment, field)| matches(segment, field, context) == Some(true))
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
    Some(glob(&tokens(pattern, context)?, text))
}

/// The text of a pattern without wildcards; `None` where one of its variables cannot be resolved.
pub(super) fn resolve(pattern: &Pattern, context: &Context) -> Option<String> {
    let text = |token| match token {
        Token::Char(c) => c,
        Token::Star => '*',
        Token::Question => '?',
    };
    Some(tokens(pattern, context)?.into_iter().map(text).collect())
}

/// Replaces the variables (R-VAR-7, R-VAR-8): only a single, non-empty value resolves one.
fn tokens(pattern: &Pattern, context: &Context) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    for piece in pattern.pieces() {
        match piece {
            Piece::Text(text) => tokens.extend(text.chars().map(Token::Char)),
            Piece::Star => tokens.push(Token::Star),
            Piece::Question => tokens.push(Token::Question),
            Piece::Variable(Variable { key, default }) => {
                let value = match context.get(key) {
                    Some(Value::Single(value)) if !value.is_empty() => Some(value),
                    _ => default.as_ref(),
                };
                tokens.extend(value?.chars().map(Token::Char));
            }
        }
    }
    Some(tokens)
}

fn plain_tokens(pattern: &Pattern) -> Vec<Token> {
    tokens(pattern, &Context::default()).unwrap_or_default()
}

/// Glob matching (R-PAT-1, R-PAT-2), anchored at both ends: on a mismatch the last star takes one more
/// character. At most pattern times text steps.
fn glob(pattern: &[Token], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    let mut last_star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(Token::Star) => {
                last_star = Some((p, t));
                p += 1;
                continue;
            }
            Some(Token::Question) => {
                p += 1;
                t += 1;
                continue;
            }
            Some(Token::Char(c)) if text.get(t) == Some(c) => {
                p += 1;
                t += 1;
                continue;
            }
            _ => {}
        }
        let Some((star, taken)) = last_star else { return false };
        last_star = Some((star, taken + 1));
        p = star + 1;
        t = taken + 1;
    }
    pattern.iter().skip(p).all(|token| *token == Token::Star)
}
