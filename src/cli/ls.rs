//! `iamdb ls`: what is stored.

use clap::ValueEnum;
use serde_json::{Value, json};

use super::at::AtArgs;
use super::aws;
use super::error::CliError;
use super::exit::Exit;
use super::name::{label, policy_label};
use super::session::{Session, UNSET_ACCOUNT};
use super::table::aligned;
use super::text::count;
use crate::arn::AccountId;
use crate::policy::PolicyType;
use crate::store::{At, AttachmentKind, ManagedPolicy, PolicyOwner, Principal, PrincipalKind, Snapshot};

/// List what is stored
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  iamdb ls
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
}

pub(crate) fn run(args: &LsArgs, session: &mut Session) -> Result<Exit, CliError> {
    session.read(&args.at.at, |snapshot, out| {
        let principals = match args.what {
            None => snapshot.principals(None)?,
            Some(What::Users) => snapshot.principals(Some(PrincipalKind::User))?,
            Some(What::Groups) => snapshot.principals(Some(PrincipalKind::Group))?,
            Some(What::Roles) => snapshot.principals(Some(PrincipalKind::Role))?,
            Some(What::Policies | What::Accounts) => Vec::new(),
        };
        let policies = match args.what {
            None | Some(What::Policies) => snapshot.managed_policies()?,
            Some(_) => Vec::new(),
        };
        let accounts = if args.what == Some(What::Accounts) { snapshot.accounts()? } else { Vec::new() };
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
        for principal in &principals {
            rows.push(principal_row(snapshot, principal)?);
        }
        if args.what.is_none_or(|asked| asked == What::Policies) {
            let list = policies.iter().map(|policy| aws::policy(snapshot, policy));
            objects["Policies"] = Value::Array(list.collect::<Result<_, _>>()?);
        }
        for policy in &policies {
            rows.push(policy_row(snapshot, policy)?);
        }
        if args.what == Some(What::Accounts) {
            objects["Accounts"] = accounts.iter().map(|account| json!({ "Id": account.as_str() })).collect();
            rows.extend(accounts.iter().map(|account: &AccountId| vec![account.to_string()]));
        }
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

fn principal_row(snapshot: &Snapshot<'_>, of: &Principal) -> Result<Vec<String>, CliError> {
    let managed = snapshot.attached(of.key, AttachmentKind::Managed)?.len();
    let inline = snapshot.inline(of.key)?.len();
    let mut facts = vec![count(managed + inline, "policy", "policies")];
    if let Some(boundary) = snapshot.attached(of.key, AttachmentKind::Boundary)?.first() {
        facts.push(format!("boundary {}", boundary.name));
    }
    match of.kind {
        PrincipalKind::User => match snapshot.groups_of(of.key)?.len() {
            0 => {}
            groups => facts.push(count(groups, "group", "groups")),
        },
        PrincipalKind::Group => facts.push(count(snapshot.members_of(of.key)?.len(), "member", "members")),
        PrincipalKind::Role => {}
    }
    Ok(vec![label(of), facts.join(", "), of.arn()])
}

fn policy_row(snapshot: &Snapshot<'_>, of: &ManagedPolicy) -> Result<Vec<String>, CliError> {
    let attached = snapshot.attached_to(of.key, AttachmentKind::Managed)?.len();
    let boundaries = snapshot.attached_to(of.key, AttachmentKind::Boundary)?.len();
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
    facts.push(format!("attached to {attached}"));
    if boundaries > 0 {
        facts.push(format!("boundary of {boundaries}"));
    }
    Ok(vec![policy_label(of), facts.join(", "), of.arn()])
}
