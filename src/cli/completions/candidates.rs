//! What a shell offers for an argument: names that are stored, actions of the catalogue, files.
//!
//! Names that a shell reads as more than themselves are not offered, nor is anything where the database cannot
//! be looked at as it is.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap_complete::engine::{ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter};

use super::super::name::{label, policy_label};
use super::super::text::shown;
use super::super::thing::{node_label, organization_policy_label};
use super::typed;
use crate::catalog::Catalog;
use crate::store::{At, PrincipalKind, Snapshot, Store, StoreError};

/// How many names are offered at most. More help nobody, and bash takes long over them.
const MOST: usize = 1_000;

/// What an argument may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Offer {
    /// Stored users.
    Users,
    /// Stored roles.
    Roles,
    /// Stored groups.
    Groups,
    /// Stored managed policies.
    Policies,
    /// Roots, OUs and accounts.
    Nodes,
    /// Stored SCPs and RCPs.
    OrganizationPolicies,
    /// Stored resources.
    Resources,
    /// Actions of the catalogue; without a colon its services.
    Actions,
    /// Files.
    Files,
}

/// What is stored, as people can name it.
struct Stored {
    name: String,
    /// With its kind.
    label: String,
    arn: String,
    /// Others are there only because a name may be theirs, too.
    is_wanted: bool,
}

/// The completer of an argument that may name these.
pub(crate) fn offer(offers: &'static [Offer]) -> ArgValueCompleter {
    ArgValueCompleter::new(|begun: &OsStr| {
        let text = begun.to_string_lossy();
        let mut found = names(offers, &text);
        if offers.contains(&Offer::Actions) {
            found.extend(actions(&text));
        }
        if offers.contains(&Offer::Files) {
            found.extend(PathCompleter::any().complete(begun));
        }
        found
    })
}

/// Stored names that begin so: of each the shortest that is its own; where none does those with their kind; then ARNs.
fn names(offers: &[Offer], begun: &str) -> Vec<CompletionCandidate> {
    let look = || stored(&Store::glance(&database(&typed()))?.read(At::Now).ok()?, offers).ok();
    let stored = look().unwrap_or_default();
    let mut times: HashMap<&str, usize> = HashMap::new();
    for text in stored.iter().flat_map(|one| BTreeSet::from([&one.name, &one.label])) {
        *times.entry(text).or_default() += 1;
    }
    let is_its_own = |text: &&String| times.get(text.as_str()) == Some(&1);
    for longer in 0..3 {
        let spelled = |one: &Stored| {
            let texts = [&one.name, &one.label, &one.arn].into_iter().skip(longer);
            texts.clone().find(is_its_own).or(texts.last()).map(|text| (text.clone(), shown(&one.arn)))
        };
        let spelled = stored.iter().filter(|one| one.is_wanted).filter_map(spelled);
        let found: BTreeMap<String, String> =
            spelled.filter(|(text, _)| text.starts_with(begun) && is_plain(text)).collect();
        if !found.is_empty() {
            let candidate =
                |(text, arn): (String, String)| CompletionCandidate::new(text).help(Some(arn.into()));
            return found.into_iter().take(MOST).map(candidate).collect();
        }
    }
    Vec::new()
}

/// Whether a shell takes it for what it is.
fn is_plain(text: &str) -> bool {
    !text.starts_with('-') && text.chars().all(|c| c.is_ascii_alphanumeric() || "_+=,.@-/:".contains(c))
}

/// What is stored of these, and whatever else could be meant by the same names.
fn stored(snapshot: &Snapshot<'_>, offers: &[Offer]) -> Result<Vec<Stored>, StoreError> {
    let mut all = Vec::new();
    let offer_of = |kind| match kind {
        PrincipalKind::User => Offer::Users,
        PrincipalKind::Role => Offer::Roles,
        PrincipalKind::Group => Offer::Groups,
    };
    let kinds = [Offer::Users, Offer::Roles, Offer::Groups];
    let principals = if offers.iter().any(|offer| kinds.contains(offer)) {
        snapshot.principals(None)?
    } else {
        Vec::new()
    };
    all.extend(principals.into_iter().map(|one| Stored {
        label: label(&one),
        arn: one.arn(),
        is_wanted: offers.contains(&offer_of(one.kind)),
        name: one.name,
    }));
    let simple =
        |text: String| Stored { name: text.clone(), label: text.clone(), arn: text, is_wanted: true };
    if offers.contains(&Offer::Policies) {
        all.extend(snapshot.managed_policies()?.into_iter().map(|one| Stored {
            label: policy_label(&one),
            arn: one.arn(),
            is_wanted: true,
            name: one.name,
        }));
    }
    if offers.contains(&Offer::Nodes) {
        all.extend(snapshot.nodes(None)?.iter().map(|one| simple(node_label(one))));
    }
    if offers.contains(&Offer::OrganizationPolicies) {
        all.extend(
            snapshot.organization_policies()?.iter().map(|one| simple(organization_policy_label(one))),
        );
    }
    if offers.contains(&Offer::Resources) {
        all.extend(snapshot.resources()?.into_iter().map(|one| simple(one.arn)));
    }
    Ok(all)
}

/// The database that the line names, else the one of the environment or the folder.
fn database(words: &[OsString]) -> PathBuf {
    let words: Vec<Cow<'_, str>> = words.iter().map(|word| word.to_string_lossy()).collect();
    let named = words.iter().enumerate().find_map(|(nth, word)| match word.strip_prefix("--db") {
        Some("") => words.get(nth + 1).map(|next| next.as_ref()),
        Some(rest) => rest.strip_prefix('='),
        None => None,
    });
    super::super::database(named.map(PathBuf::from))
}

/// Actions of a service that begin so, in whatever case; before the colon services.
fn actions(begun: &str) -> Vec<CompletionCandidate> {
    let catalog = Catalog::embedded();
    let names: Vec<String> = match begun.split_once(':') {
        Some((prefix, _)) => {
            let service = catalog.service(prefix);
            let actions = service.iter().flat_map(|service| &service.actions);
            actions.map(|action| format!("{prefix}:{}", action.name)).collect()
        }
        None => catalog.service_prefixes().map(|prefix| format!("{prefix}:")).collect(),
    };
    let begun = begun.to_lowercase();
    let fits = |name: &String| name.to_lowercase().starts_with(&begun);
    names.into_iter().filter(fits).map(CompletionCandidate::new).collect()
}
