//! `iamdb create`: users, roles and groups; organizations, OUs and accounts; resources.

mod organization;
mod resource;

use serde_json::json;

use super::completions::{Offer, offer};
use super::error::{CliError, ErrorKind};
use super::exit::Exit;
use super::name::{PrincipalName, account_id, label};
use super::output::STRONG;
use super::quota;
use super::session::{Database, DryRun, Session, UNSET_ACCOUNT};
use super::source::Given;
use super::tag::{Tag, check_taggable, put_tags};
use super::text::{Text, shown};
use super::thing::{NodeName, Thing};
use crate::arn::AccountId;
use crate::policy::PolicyType;
use crate::store::PrincipalKind;
pub(crate) use organization::{attach_full_access, management_account, place_name};

/// Create a user, role or group, an organization, OU or account, or a resource
///
/// An OU is in the root unless `--in` says otherwise; an account without `--in` is in no organization. As in AWS,
/// every root, OU and account of an organization begins with the SCP FullAWSAccess.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  iamdb create user/alice --tag team=blue
  iamdb create role/deploy --path /ci/
  iamdb create group/devs
  iamdb create organization/o-abcdefghij --management 111111111111
  iamdb create ou/dev && iamdb create account/222222222222 --name web --in ou/dev
  iamdb create arn:aws:s3:::reports --account 222222222222")]
pub(crate) struct CreateArgs {
    /// user/NAME, role/NAME, group/NAME (a path may stand between: user/dev/alice), organization/o-…, ou/NAME,
    /// account/ID or an ARN
    #[arg(value_name = "WHAT")]
    principal: String,
    /// Its path
    #[arg(long)]
    path: Option<String>,
    /// A tag; may be given several times
    #[arg(long = "tag", value_name = "KEY=VALUE")]
    tags: Vec<Tag>,
    /// The trust policy of a role: who may assume it
    #[arg(long, value_name = "FILE")]
    trust: Option<String>,
    /// The management account of an organization
    #[arg(long, value_name = "ACCOUNT", value_parser = account_id)]
    management: Option<AccountId>,
    /// Where an OU or account is: root or ou/NAME
    #[arg(long = "in", value_name = "PLACE", add = offer(&[Offer::Nodes]))]
    into: Option<String>,
    /// The name of an account
    #[arg(long)]
    name: Option<String>,
    /// The id of an OU (ou-…), or of the root of an organization (r-…), where it is known
    #[arg(long)]
    id: Option<String>,
    /// Whose a resource is, where its ARN does not say it
    #[arg(long, value_name = "ACCOUNT", value_parser = account_id)]
    account: Option<AccountId>,
    #[command(flatten)]
    dry_run: DryRun,
}

impl CreateArgs {
    /// The options given, each with what it is for.
    fn options(&self) -> [(&'static str, bool, &'static [For]); 8] {
        use For::{Account, Organization, Ou, Principal, Resource};
        [
            ("--path", self.path.is_some(), &[Principal]),
            ("--tag", !self.tags.is_empty(), &[Principal, Resource]),
            ("--trust", self.trust.is_some(), &[Principal]),
            ("--management", self.management.is_some(), &[Organization]),
            ("--in", self.into.is_some(), &[Ou, Account]),
            ("--name", self.name.is_some(), &[Account]),
            ("--id", self.id.is_some(), &[Organization, Ou]),
            ("--account", self.account.is_some(), &[Resource]),
        ]
    }

    fn check_options(&self, created: For) -> Result<(), CliError> {
        let wrong = self.options().into_iter().find(|(_, given, fits)| *given && !fits.contains(&created));
        match wrong {
            None => Ok(()),
            Some((option, ..)) => Err(CliError::new(
                ErrorKind::Usage,
                format!("`{option}` is not for `{}`", shown(&self.principal)),
            )),
        }
    }
}

/// What an option is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum For {
    Principal,
    Organization,
    Ou,
    Account,
    Resource,
}

pub(crate) fn run(args: &CreateArgs, session: &mut Session) -> Result<Exit, CliError> {
    match Thing::parse(&args.principal)? {
        Some(Thing::Organization(id)) => {
            args.check_options(For::Organization)?;
            return organization::organization(args, id.as_deref(), session);
        }
        Some(Thing::Node(name)) => {
            let is_account = matches!(name, NodeName::Account(_));
            args.check_options(if is_account { For::Account } else { For::Ou })?;
            return organization::node(args, &name, session);
        }
        Some(Thing::Resource(arn)) => {
            args.check_options(For::Resource)?;
            return resource::resource(args, &arn, session);
        }
        Some(Thing::Policy(policy_type, name)) => {
            let name = shown(&name);
            return Err(CliError::new(ErrorKind::Usage, "a policy is created where it is attached")
                .hint(format!("`iamdb attach root FILE --{policy_type} --name {name}`")));
        }
        None => args.check_options(For::Principal)?,
    }
    let mut name = PrincipalName::parse(&args.principal)?;
    let Some(kind) = name.kind else {
        let typed = shown(&args.principal);
        return Err(CliError::new(ErrorKind::Usage, format!("`{typed}` does not say what to create"))
            .hint(format!("write `user/{typed}`, `role/{typed}` or `group/{typed}`")));
    };
    if let (Some(path), given) = (&args.path, &name.path) {
        if given.as_ref().is_some_and(|given| given != path) {
            return Err(CliError::new(
                ErrorKind::Usage,
                format!("`{}` and `--path {}` say different paths", shown(&args.principal), shown(path)),
            ));
        }
        name.path = Some(path.clone());
    }
    let new = name.to_create(kind)?;
    if !args.tags.is_empty() {
        check_taggable(kind)?;
    }
    let trust = match &args.trust {
        Some(_) if kind != PrincipalKind::Role => {
            return Err(CliError::new(ErrorKind::Usage, "only a role has a trust policy"));
        }
        Some(path) => {
            let path = path.strip_prefix("file://").unwrap_or(path);
            Some(Given::from_file(path)?.accepted(PolicyType::Trust, &mut session.out)?)
        }
        None => None,
    };
    let keep = args.dry_run.keep();
    let ((created, warning), change) = session.write(Database::MayBegin, keep, |writer| {
        let mut alike = writer.principals(Some(kind))?;
        alike.retain(|one| one.name != new.name && one.name.eq_ignore_ascii_case(&new.name));
        let created = writer.create_principal(&new)?;
        if let Some(other) = alike.iter().find(|one| one.account == created.account) {
            return Err(CliError::new(
                ErrorKind::Conflict,
                format!(
                    "`{}` exists, and IAM does not tell names apart by upper and lower case",
                    label(other)
                ),
            ));
        }
        put_tags(writer, &created, &args.tags)?;
        if let Some(document) = &trust {
            writer.put_trust_policy(created.key, document)?;
        }
        let warning = quota::of_tags(writer, &created)?;
        let summary = format!("created {}", label(&created));
        Ok(((created, warning), summary))
    })?;
    if let Some(warning) = warning {
        session.out.warning(&warning)?;
    }
    session.out.answer(
        || {
            let arn = format!(" ({})", shown(&created.arn()));
            vec![
                Text::from(format!("{}created ", keep.would()))
                    .and(Text::styled(STRONG, &label(&created)))
                    .and(arn),
            ]
        },
        || {
            let change = change.as_ref().map(|change| change.number.0);
            json!({ "created": created.arn(), "dry_run": keep.is_dry(), "change": change })
        },
    )?;
    if created.account.is_none() {
        session.out.note(UNSET_ACCOUNT);
    }
    Ok(Exit::Yes)
}
