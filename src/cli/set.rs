//! `iamdb set`: the facts of an organization that is stored.

use std::str::FromStr;

use super::create::{attach_full_access, management_account};
use super::error::{CliError, ErrorKind};
use super::exit::Exit;
use super::name::account_id;
use super::session::{Database, DryRun, Keep, Session};
use super::text::shown;
use super::thing::{Thing, organization_label, resolve_organization};
use crate::arn::AccountId;
use crate::store::{NodeKey, Organization, TypeStatus, Writer};

/// Change the facts of an organization: management account, policy types
///
/// Policies of a type that is disabled stay where they are attached and limit nothing. Where SCPs are enabled, every
/// root, OU and account without an SCP gets FullAWSAccess, as in AWS.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  iamdb set organization --management 111111111111
  iamdb set organization --scps off --dry-run")]
pub(crate) struct SetArgs {
    /// organization or organization/o-…
    what: String,
    /// The management account, whose principals and resources no SCP or RCP limits
    #[arg(long, value_name = "ACCOUNT", value_parser = account_id)]
    management: Option<AccountId>,
    /// Whether service control policies are enabled
    #[arg(long, value_name = "on|off")]
    scps: Option<Switch>,
    /// Whether resource control policies are enabled
    #[arg(long, value_name = "on|off")]
    rcps: Option<Switch>,
    #[command(flatten)]
    dry_run: DryRun,
}

/// `on` or `off`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Switch(TypeStatus);

impl FromStr for Switch {
    type Err = String;

    fn from_str(text: &str) -> Result<Switch, String> {
        match text {
            "on" => Ok(Switch(TypeStatus::Enabled)),
            "off" => Ok(Switch(TypeStatus::Disabled)),
            _ => Err("expected on or off".to_owned()),
        }
    }
}

pub(crate) fn run(args: &SetArgs, session: &mut Session) -> Result<Exit, CliError> {
    let Some(Thing::Organization(id)) = Thing::parse(&args.what)? else {
        let message = format!("`{}` has no facts to set: organizations have", shown(&args.what));
        return Err(CliError::new(ErrorKind::Usage, message)
            .hint("`iamdb tag` sets tags, `iamdb attach` sets policies"));
    };
    if args.management.is_none() && args.scps.is_none() && args.rcps.is_none() {
        return Err(CliError::new(ErrorKind::Usage, "nothing is said that could be set")
            .hint("`--management`, `--scps` and `--rcps` set something"));
    }
    let keep = args.dry_run.keep();
    let (sentences, change) = session.write(Database::MustExist, keep, |writer| {
        let known = resolve_organization(writer, id.as_deref())?;
        let mut facts = known.facts.clone();
        facts.management_account = args.management.clone().or(facts.management_account);
        facts.scps = args.scps.map_or(facts.scps, |Switch(status)| status);
        facts.rcps = args.rcps.map_or(facts.rcps, |Switch(status)| status);
        writer.put_organization(known.root, &facts)?;
        let now = Organization { root: known.root, facts };
        let mut sentences = changes(&known, &now, keep);
        if let Some(account) = &args.management {
            sentences.extend(placed(writer, account, now.root, keep)?);
        }
        if known.facts.scps != now.facts.scps {
            for node in writer.nodes_under(now.root)? {
                sentences.extend(attach_full_access(writer, &node, keep)?);
            }
        }
        let summary = sentences.join("; ");
        Ok((sentences, summary))
    })?;
    session.done(&sentences, keep, change.as_ref())
}

/// What is different now; that nothing is.
fn changes(before: &Organization, after: &Organization, keep: Keep) -> Vec<String> {
    let (would, label) = (keep.would(), organization_label(after));
    let mut sentences = Vec::new();
    if before.facts.management_account != after.facts.management_account
        && let Some(account) = &after.facts.management_account
    {
        sentences.push(format!("{would}made account/{account} the management account of {label}"));
    }
    for (what, before, after) in
        [("SCPs", before.facts.scps, after.facts.scps), ("RCPs", before.facts.rcps, after.facts.rcps)]
    {
        let verb = if after == TypeStatus::Enabled { "enabled" } else { "disabled" };
        sentences.extend((before != after).then(|| format!("{would}{verb} the {what} of {label}")));
    }
    if sentences.is_empty() {
        sentences.push(format!("{label} is like that already"));
    }
    sentences
}

/// The management account hangs somewhere in the tree: under the root, unless it has its place.
fn placed(
    writer: &mut Writer<'_>,
    account: &AccountId,
    root: NodeKey,
    keep: Keep,
) -> Result<Vec<String>, CliError> {
    if let Some(node) = writer.node_with_id(account.as_str())?
        && writer.path_of(&node)?.first().is_some_and(|top| top.key == root)
    {
        return Ok(Vec::new());
    }
    management_account(writer, account, root, keep)
}
