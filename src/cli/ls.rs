//! `iamdb ls`: what is stored.

mod counts;
mod organization;

use std::collections::HashMap;

use clap::ValueEnum;
use serde_json::json;

use super::at::AtArgs;
use super::aws;
use super::error::CliError;
use super::exit::Exit;
use super::name::{label, policy_label};
use super::session::{Session, UNSET_ACCOUNT};
use super::table::aligned;
use super::text::count;
use crate::policy::PolicyType;
use crate::store::{At, ManagedPolicy, PolicyKey, PolicyOwner, Principal, PrincipalKind, Snapshot};
use counts::Counts;

/// List what is stored
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  iamdb ls
  iamdb ls accounts
  iamdb ls policies --at 2026-11-01")]
pub(crate) struct LsArgs {
    /// Only these
    what: Option<What>,
    #[command(flatten)]
    at: AtArgs,
}

/// What to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    Users,
    Groups,
    Roles,
    Policies,
    Accounts,
    /// Organizations' roots and OUs
    Ous,
    /// Service and resource control policies
    OrganizationPolicies,
    Resources,
}

pub(crate) fn run(args: &LsArgs, session: &mut Session) -> Result<Exit, CliError> {
    session.read(&args.at.at, |snapshot, out| {
        let principals = match args.what {
            None => snapshot.principals(None)?,
            Some(What::Users) => snapshot.principals(Some(PrincipalKind::User))?,
            Some(What::Groups) => snapshot.principals(Some(PrincipalKind::Group))?,
            Some(What::Roles) => snapshot.principals(Some(PrincipalKind::Role))?,
            Some(_) => Vec::new(),
        };
        let stored = snapshot.managed_policies()?;
        let policies = match args.what {
            None | Some(What::Policies) => stored.as_slice(),
            Some(_) => &[],
        };
        let counts = Counts::of(snapshot)?;
        let mut rows = Vec::new();
        let mut objects = json!({ "change": snapshot.change().0 });
        for (what, key, kind) in [
            (What::Users, "Users", PrincipalKind::User),
            (What::Groups, "Groups", PrincipalKind::Group),
            (What::Roles, "Roles", PrincipalKind::Role),
        ] {
            if args.what.is_none_or(|asked| asked == what) {
                let of_kind = principals.iter().filter(|one| one.kind == kind);
                objects[key] = of_kind.map(aws::principal).collect();
            }
        }
        let names: HashMap<PolicyKey, &str> = stored.iter().map(|one| (one.key, one.name.as_str())).collect();
        rows.extend(principals.iter().map(|principal| principal_row(&counts, &names, principal)));
        if args.what.is_none_or(|asked| asked == What::Policies) {
            objects["Policies"] =
                policies.iter().map(|policy| aws::policy(policy, &counts.policy(policy))).collect();
        }
        for policy in policies {
            rows.push(policy_row(snapshot, &counts, policy)?);
        }
        organization::rows(snapshot, args.what, &mut rows, &mut objects)?;
        let is_empty = rows.is_empty();
        out.answer(|| aligned(&rows).into_iter().map(Into::into).collect(), || objects)?;
        if is_empty {
            out.note(match (args.what, args.at.at.0) {
                (None, At::Now) => "nothing is stored; `iamdb attach alice policy.json` begins",
                (None, _) => "nothing was stored then",
                (Some(_), _) => "there are none",
            });
        }
        let unset = |policy: &ManagedPolicy| policy.owner == PolicyOwner::Account(None);
        if principals.iter().any(|one| one.account.is_none()) || policies.iter().any(unset) {
            out.note(UNSET_ACCOUNT);
        }
        Ok(Exit::Yes)
    })
}

fn principal_row(counts: &Counts, names: &HashMap<PolicyKey, &str>, of: &Principal) -> Vec<String> {
    let mut facts = vec![count(counts.policies(of.key), "policy", "policies")];
    if let Some(name) = counts.boundary(of.key).and_then(|boundary| names.get(&boundary)) {
        facts.push(format!("boundary {name}"));
    }
    match of.kind {
        PrincipalKind::User => match counts.groups(of.key) {
            0 => {}
            groups => facts.push(count(groups, "group", "groups")),
        },
        PrincipalKind::Group => facts.push(count(counts.members(of.key), "member", "members")),
        PrincipalKind::Role => {}
    }
    vec![label(of), facts.join(", "), of.arn()]
}

fn policy_row(snapshot: &Snapshot<'_>, counts: &Counts, of: &ManagedPolicy) -> Result<Vec<String>, CliError> {
    let aws::PolicyUse { attached_to, boundary_of, .. } = counts.policy(of);
    let mut facts = Vec::new();
    match snapshot.default_version(of.key)? {
        Some(version) => {
            facts.push(format!("v{} sha256 {:.4}…", version.number, version.document.id()));
            if aws::is_degraded(&version.document, PolicyType::Identity) {
                facts.push("degraded".to_owned());
            }
        }
        None => facts.push("document unknown".to_owned()),
    }
    facts.push(format!("attached to {attached_to}"));
    if boundary_of > 0 {
        facts.push(format!("boundary of {boundary_of}"));
    }
    Ok(vec![policy_label(of), facts.join(", "), of.arn()])
}
