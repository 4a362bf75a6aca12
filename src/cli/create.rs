//! `iamdb create`: users, roles and groups.

use serde_json::json;

use super::error::{CliError, ErrorKind};
use super::exit::Exit;
use super::name::{PrincipalName, label};
use super::output::STRONG;
use super::quota;
use super::session::{Database, Keep, Session, UNSET_ACCOUNT};
use super::source::Given;
use super::tag::{Tag, check_taggable, put_tags};
use super::text::{Text, shown};
use crate::policy::PolicyType;
use crate::store::PrincipalKind;

/// Create a user, role or group
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  iamdb create user/alice --tag team=blue
  iamdb create role/deploy --path /ci/
  iamdb create group/devs")]
pub(crate) struct CreateArgs {
    /// user/NAME, role/NAME, group/NAME (a path may stand between: user/dev/alice) or an ARN
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
}

pub(crate) fn run(args: &CreateArgs, session: &mut Session) -> Result<Exit, CliError> {
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
    let ((created, warning), change) = session.write(Database::MayBegin, Keep::Change, |writer| {
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
            vec![Text::from("created ").and(Text::styled(STRONG, &label(&created))).and(arn)]
        },
        || json!({ "created": created.arn(), "change": change.as_ref().map(|change| change.number.0) }),
    )?;
    if created.account.is_none() {
        session.out.note(UNSET_ACCOUNT);
    }
    Ok(Exit::Yes)
}
