//! The policies of a template or a plan, to be compared with those of another.

use std::collections::{BTreeMap, BTreeSet};

use super::super::error::CliError;
use super::super::output::Output;
use super::super::source::Given;
use super::super::template::contents;
use super::{Named, Place};
use crate::embedded::{Found, Kind, Origin, recognise};
use crate::policy::{PolicyType, PrincipalEntry, Selector, Span, parse};

/// The policies of a template or a plan.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Template {
    /// By their addresses.
    pub(crate) policies: BTreeMap<String, Inside>,
    /// The addresses of those that it does not say.
    pub(crate) unread: BTreeSet<String>,
}

/// Stands in principals for what is open.
pub(crate) const SOME_ACCOUNT: &str = "999999999999";

/// A policy in a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Inside {
    /// Under its address.
    pub(crate) named: Named,
    /// Where the type of its resource says it.
    pub(crate) policy_type: Option<PolicyType>,
    /// Whether it is open what some functions stand for.
    pub(crate) is_open: bool,
    /// On what what is open depends.
    pub(crate) origin: Origin,
    /// Whether some of them stand where `*` cannot, so that what is written there fits nothing.
    pub(crate) is_unclear: bool,
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
