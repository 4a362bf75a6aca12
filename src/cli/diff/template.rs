//! Policies of two templates, those of one address beside each other.

use std::collections::{BTreeMap, BTreeSet};

use super::super::error::{CliError, ErrorKind};
use super::super::output::Output;
use super::super::source::Given;
use super::super::template::contents;
use super::super::text::{count, quoted_list, shown};
use super::meaning::{Named, Place};
use super::pair::{Pair, pair};
use crate::embedded::{Found, Kind, Origin, recognise};
use crate::policy::{PolicyType, PrincipalEntry, Selector, Span, parse};

/// The policies of a template or a plan.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Template {
    /// By their addresses.
    policies: BTreeMap<String, Inside>,
    /// The addresses of those that it does not say.
    unread: BTreeSet<String>,
}

/// Why it is open what a policy comes to.
const BY_CONDITION: &str = "`Fn::If` chooses parts of it";

/// Stands in principals for what is open.
const SOME_ACCOUNT: &str = "999999999999";

/// A policy in a template.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Inside {
    named: Named,
    policy_type: Option<PolicyType>,
    /// Whether it is open what some functions stand for.
    is_open: bool,
    origin: Origin,
    /// Whether some of them stand where `*` cannot, so that what is written there fits nothing.
    is_unclear: bool,
}

/// The policies of a file that is a template or a plan; none of another file.
pub(super) fn read(given: &Given, out: &mut Output) -> Result<Option<Template>, CliError> {
    if !matches!(recognise(&given.text), Some(Kind::Template | Kind::Plan)) {
        return Ok(None);
    }
    let Some(contents) = contents(given, "not compared", out)? else { return Ok(None) };
    let mut template = Template::default();
    template.unread.extend(contents.unread.into_iter().map(|unread| unread.name));
    for found in contents.policies {
        let name = found.name.clone().unwrap_or_default();
        let text = with_stand_ins(&found);
        let named = Named { label: name.clone(), place: Place::Elsewhere, text };
        let policy_type = found.policy_type;
        let parsed = parse(&named.text, policy_type.unwrap_or(PolicyType::Identity));
        let is_unclear = !found.unresolved.is_empty() && parsed.degraded().next().is_some();
        let (is_open, origin) = (!found.unresolved.is_empty(), found.origin);
        template.policies.insert(name, Inside { named, policy_type, is_open, origin, is_unclear });
    }
    Ok(Some(template))
}

/// A policy in which what is open stands for what can be in its place: at the beginning of a resource for an ARN, for as
/// `*` it would be none, and no request would fit it; in a principal for some account, and not for everybody.
fn with_stand_ins(found: &Found) -> String {
    const ARN: &str = "arn:*:*:*:*:*";
    let parsed = parse(&found.text, found.policy_type.unwrap_or(PolicyType::Identity));
    let is_open = |at: usize| found.unresolved.iter().any(|one| one.span.start <= at && at < one.span.end);
    let stars = |span: Span| {
        let text = found.text.get(span.start..span.end).unwrap_or_default();
        text.match_indices('*')
            .map(move |(at, _)| span.start + at)
            .filter(|at| is_open(*at))
            .collect::<Vec<_>>()
    };
    let mut stand_ins: BTreeMap<usize, &str> = BTreeMap::new();
    for diagnostic in &parsed.diagnostics {
        match diagnostic.code {
            "INVALID_ARN_PREFIX" => {
                let first = stars(diagnostic.span).into_iter().find(|at| *at == diagnostic.span.start + 1);
                stand_ins.extend(first.map(|at| (at, ARN)));
            }
            "UNSUPPORTED_WILDCARD_IN_PRINCIPAL" => {
                stand_ins.extend(stars(diagnostic.span).into_iter().map(|at| (at, SOME_ACCOUNT)));
            }
            _ => {}
        }
    }
    let principals = parsed.policy.statements.iter().filter_map(|statement| statement.principal.as_ref());
    for entry in
        principals.flat_map(Selector::entries).filter(|entry| entry.value == PrincipalEntry::Everyone)
    {
        stand_ins.extend(stars(entry.span).into_iter().map(|at| (at, SOME_ACCOUNT)));
    }
    let mut text = found.text.clone();
    for (at, stand_in) in stand_ins.into_iter().rev() {
        text.replace_range(at..at + 1, stand_in);
    }
    text
}

impl Inside {
    /// Why it is not known whether what is open is the same on another side; none where it is.
    fn doubt(&self, other: &Inside) -> Option<String> {
        let (own, others) = (&self.origin, &other.origin);
        if own.condition != others.condition {
            return Some("it is there under another condition".to_owned());
        }
        if own.condition.is_empty() && !self.is_open && !other.is_open {
            return None;
        }
        if own.context != others.context {
            return Some("the conditions, mappings or parameters of the templates differ".to_owned());
        }
        if own.source == others.source {
            return None;
        }
        if own.is_conditional || others.is_conditional {
            return Some(BY_CONDITION.to_owned());
        }
        let [one, another] = [own, others].map(|side| side.functions.iter().collect::<BTreeSet<_>>());
        if one != another {
            let only = quoted_list(one.symmetric_difference(&another));
            return Some(format!("only one side has {only}"));
        }
        // What is `*` on both sides could be one thing here and another there.
        let is_moved = one.len() > 1 && own.functions != others.functions;
        is_moved.then(|| format!("{} stand in other places", quoted_list(one)))
    }
}

/// The pairs, and the addresses of what is not known: policies that a template does not say, and those of which other
/// things are open on the other side. What is open on both is taken to be the same, which is said.
pub(super) fn pairs(
    old: &Template,
    new: &Template,
    typed: Option<PolicyType>,
    out: &mut Output,
) -> Result<(Vec<Pair>, Vec<String>), CliError> {
    let mut unknown: BTreeSet<String> = old.unread.union(&new.unread).cloned().collect();
    let names: BTreeSet<&String> = old.policies.keys().chain(new.policies.keys()).collect();
    if names.is_empty() && unknown.is_empty() {
        return Err(CliError::new(ErrorKind::NotFound, "there is no policy in these templates"));
    }
    let mut open = 0;
    let mut pairs = Vec::new();
    let read = |name: &&String| !old.unread.contains(*name) && !new.unread.contains(*name);
    for name in names.into_iter().filter(read) {
        let (old, new) = (old.policies.get(name), new.policies.get(name));
        let either = old.into_iter().chain(new);
        let policy_type = typed.or(either.clone().find_map(|of| of.policy_type));
        open += usize::from(either.clone().any(|of| of.is_open));
        if either.clone().any(|of| of.is_unclear) {
            unknown.insert(name.clone());
            continue;
        }
        let doubt = match (old, new) {
            (Some(old), Some(new)) => old.doubt(new),
            // What `Fn::If` denies on one condition must not hide what is allowed on the other.
            _ => either.clone().any(|of| of.origin.is_conditional).then(|| BY_CONDITION.to_owned()),
        };
        if let Some(doubt) = doubt {
            out.warning(&format!("{}: it is open what it comes to: {}", shown(name), shown(&doubt)))?;
            unknown.insert(name.clone());
            continue;
        }
        let named = |of: Option<&Inside>| of.map(|of| of.named.clone());
        pairs.push(pair(Some(name), named(old).as_ref(), named(new).as_ref(), policy_type, out)?);
    }
    if open > 0 {
        let policies = count(open, "policy", "policies");
        out.note(&format!(
            "templates leave open what functions in {policies} stand for: it is taken to be the same on both sides, and told \
             as `*`, in principals as account {SOME_ACCOUNT}"
        ));
    }
    Ok((pairs, unknown.into_iter().collect()))
}
