//! Policies of two templates, those of one address beside each other.

use std::collections::BTreeSet;

use super::super::error::{CliError, ErrorKind};
use super::super::meaning::template::{Inside, SOME_ACCOUNT, Template};
use super::super::output::Output;
use super::super::text::{count, quoted_list, shown};
use super::pair::{Pair, pair};
use crate::policy::PolicyType;

/// Why it is open what a policy comes to.
const BY_CONDITION: &str = "`Fn::If` chooses parts of it";

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
