//! `iamdb show`: one stored thing. A policy as its text, as it was written; anything else with all that it has.

mod thing;

use serde_json::json;

use super::at::AtArgs;
use super::aws;
use super::completions::{Offer, offer};
use super::error::{CliError, ErrorKind};
use super::exit::Exit;
use super::name::{label, policy_label};
use super::named::Named;
use super::nearest::{did_you_mean, nearest};
use super::output::{FAINT, Output, STRONG};
use super::resolve::PolicyChoice;
use super::session::{Session, UNSET_ACCOUNT};
use super::table::aligned;
use super::text::{Text, count, shown};
use super::thing::Thing;
use crate::policy::{Document, PolicyType, parse};
use crate::store::{AttachmentKind, ManagedPolicy, PolicyOwner, Principal, PrincipalKind, Snapshot};

/// Show a user, role, group, policy, organization, root, OU, account or resource
///
/// A policy is printed as it was written, so that it can be saved to a file again.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  iamdb show alice
  iamdb show my-repo@v2 > my-repo.json
  iamdb show role/deploy --trust
  iamdb show account/222222222222
  iamdb show scp/limits
  iamdb show arn:aws:s3:::reports --policy
  iamdb show alice --at 2026-11-01")]
pub(crate) struct ShowArgs {
    /// alice, role/deploy, group/devs, policy/my-repo, my-repo@v2, organization, root, ou/dev, account/ID, scp/limits,
    /// rcp/limits or an ARN
    #[arg(add = offer(&[Offer::Users, Offer::Roles, Offer::Groups, Offer::Policies, Offer::Nodes, Offer::OrganizationPolicies, Offer::Resources]))]
    what: String,
    /// Print the inline policy of that name of a principal
    #[arg(long, value_name = "NAME", conflicts_with = "trust")]
    inline: Option<String>,
    /// Print the trust policy of a role
    #[arg(long)]
    trust: bool,
    /// Print the policy of a resource
    #[arg(long, conflicts_with_all = ["inline", "trust"])]
    policy: bool,
    #[command(flatten)]
    at: AtArgs,
}

pub(crate) fn run(args: &ShowArgs, session: &mut Session) -> Result<Exit, CliError> {
    session.read(&args.at.at, |snapshot, out| {
        if let Some(thing) = Thing::parse(&args.what)? {
            thing::thing(args, &thing, snapshot, out)?;
            return Ok(Exit::Yes);
        }
        if args.policy {
            return Err(CliError::new(ErrorKind::Usage, "`--policy` is for the ARN of a resource"));
        }
        match (Named::resolve(snapshot, &args.what)?, &args.inline, args.trust) {
            (Named::Principal(of), Some(name), _) => inline(snapshot, &of, name, out)?,
            (Named::Principal(of), None, true) => trust(snapshot, &of, out)?,
            (Named::Principal(of), None, false) => principal(snapshot, &of, out)?,
            (Named::Policy(choice), None, false) => policy(snapshot, &choice, out)?,
            (Named::Policy(choice), _, _) => {
                return Err(CliError::new(
                    ErrorKind::Usage,
                    format!(
                        "`{}` is a policy: `--inline` and `--trust` are for principals",
                        policy_label(&choice.policy)
                    ),
                ));
            }
        }
        Ok(Exit::Yes)
    })
}

fn policy(snapshot: &Snapshot<'_>, choice: &PolicyChoice, out: &mut Output) -> Result<(), CliError> {
    let version = choice.version(snapshot)?;
    let object = match choice.version {
        Some(_) => json!({ "PolicyVersion": aws::version(&version) }),
        None => json!({ "Policy": aws::policy_detail(snapshot, &choice.policy)? }),
    };
    out.document(version.document.text(), || object)?;
    note_degraded(&version.document, PolicyType::Identity, out)
}

fn inline(snapshot: &Snapshot<'_>, of: &Principal, name: &str, out: &mut Output) -> Result<(), CliError> {
    let all = snapshot.inline(of.key)?;
    let near = nearest(name, all.iter().map(|inline| (inline.name.clone(), inline.name.clone())));
    let Some(inline) = all.into_iter().find(|inline| inline.name == name) else {
        let error = CliError::new(
            ErrorKind::NotFound,
            format!("`{}` has no inline policy `{}`", label(of), shown(name)),
        );
        return Err(match did_you_mean(&near) {
            Some(question) => error.hint(question),
            None => error.hint(format!("`iamdb show {}` lists what it has", label(of))),
        });
    };
    out.document(
        inline.document.text(),
        || json!({ "PolicyName": name, "PolicyDocument": aws::document(&inline.document) }),
    )?;
    note_degraded(&inline.document, PolicyType::Identity, out)
}

fn trust(snapshot: &Snapshot<'_>, of: &Principal, out: &mut Output) -> Result<(), CliError> {
    let Some(document) = snapshot.trust_policy(of.key)? else {
        return Err(CliError::new(
            ErrorKind::NotFound,
            format!("no trust policy of `{}` is stored", label(of)),
        ));
    };
    out.document(document.text(), || json!({ "AssumeRolePolicyDocument": aws::document(&document) }))?;
    note_degraded(&document, PolicyType::Trust, out)
}

fn note_degraded(document: &Document, policy_type: PolicyType, out: &mut Output) -> Result<(), CliError> {
    let degraded = parse(document.text(), policy_type).degraded().count();
    if degraded == 0 {
        return Ok(());
    }
    out.warning(&format!(
        "the document is degraded: {} in it that AWS would not accept, and it is read leniently",
        count(degraded, "thing is", "things are")
    ))
}

fn principal(snapshot: &Snapshot<'_>, of: &Principal, out: &mut Output) -> Result<(), CliError> {
    let facts = aligned(&facts(snapshot, of)?);
    let policies = aligned(&policies(snapshot, of)?);
    let object = match of.kind {
        PrincipalKind::User => json!({ "User": aws::principal_detail(snapshot, of)? }),
        PrincipalKind::Group => json!({ "Group": aws::principal_detail(snapshot, of)? }),
        PrincipalKind::Role => json!({ "Role": aws::principal_detail(snapshot, of)? }),
    };
    let text = || {
        let indented = |line: &String| Text::from(format!("  {line}"));
        let mut lines = vec![Text::styled(STRONG, &label(of))];
        lines.extend(facts.iter().map(indented));
        lines.push(Text::styled(STRONG, "policies"));
        if policies.is_empty() {
            lines.push(Text::from("  ").and(Text::styled(FAINT, "none")));
        }
        lines.extend(policies.iter().map(indented));
        lines
    };
    out.answer(text, || object)?;
    if of.account.is_none() {
        out.note(UNSET_ACCOUNT);
    }
    Ok(())
}

fn facts(snapshot: &Snapshot<'_>, of: &Principal) -> Result<Vec<Vec<String>>, CliError> {
    let mut facts = Vec::new();
    let mut fact = |name: &str, value: String| facts.push(vec![name.to_owned(), value]);
    fact("arn", of.arn());
    fact("id", of.unique_id.clone().unwrap_or_else(|| "unknown".to_owned()));
    fact("path", of.path.clone());
    let labels = |all: Vec<Principal>| all.iter().map(label).collect::<Vec<_>>().join(" ");
    let or_none = |list: String| if list.is_empty() { "none".to_owned() } else { list };
    match of.kind {
        PrincipalKind::Group => fact("members", or_none(labels(snapshot.members_of(of.key)?))),
        PrincipalKind::User | PrincipalKind::Role => {
            let tags = snapshot.tags(of.key)?;
            let tags = tags.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>();
            fact("tags", or_none(tags.join(" ")));
        }
    }
    match of.kind {
        PrincipalKind::User => fact("groups", or_none(labels(snapshot.groups_of(of.key)?))),
        PrincipalKind::Role => fact(
            "trust",
            match snapshot.trust_policy(of.key)? {
                Some(document) => described(&document, PolicyType::Trust),
                None => "unknown".to_owned(),
            },
        ),
        PrincipalKind::Group => {}
    }
    Ok(facts)
}

/// The policies that count for a principal, with what brings them in.
fn policies(snapshot: &Snapshot<'_>, of: &Principal) -> Result<Vec<Vec<String>>, CliError> {
    let mut rows = Vec::new();
    for policy in snapshot.attached(of.key, AttachmentKind::Boundary)? {
        rows.push(managed_row(snapshot, "boundary".to_owned(), &policy)?);
    }
    own_policies(snapshot, of, "", &mut rows)?;
    if of.kind == PrincipalKind::User {
        for group in snapshot.groups_of(of.key)? {
            own_policies(snapshot, &group, &format!("{} ", label(&group)), &mut rows)?;
        }
    }
    Ok(rows)
}

fn own_policies(
    snapshot: &Snapshot<'_>,
    of: &Principal,
    through: &str,
    rows: &mut Vec<Vec<String>>,
) -> Result<(), CliError> {
    for policy in snapshot.attached(of.key, AttachmentKind::Managed)? {
        rows.push(managed_row(snapshot, format!("{through}managed"), &policy)?);
    }
    for inline in snapshot.inline(of.key)? {
        let described = described(&inline.document, PolicyType::Identity);
        rows.push(vec![format!("{through}inline"), inline.name, described]);
    }
    Ok(())
}

fn managed_row(
    snapshot: &Snapshot<'_>,
    how: String,
    policy: &ManagedPolicy,
) -> Result<Vec<String>, CliError> {
    let document = match snapshot.default_version(policy.key)? {
        Some(version) => {
            format!("v{} {}", version.number, described(&version.document, PolicyType::Identity))
        }
        None => "document unknown".to_owned(),
    };
    let whose = match policy.owner {
        PolicyOwner::Aws => "AWS managed".to_owned(),
        PolicyOwner::Account(_) => String::new(),
    };
    Ok(vec![how, policy.name.clone(), document, whose])
}

/// `sha256 3f1c…`, and whether it is degraded.
fn described(document: &Document, policy_type: PolicyType) -> String {
    let mark = if aws::is_degraded(document, policy_type) { ", degraded" } else { "" };
    format!("sha256 {:.4}…{mark}", document.id())
}
