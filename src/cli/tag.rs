//! `iamdb tag`: the tags of a user or role, which feed `aws:PrincipalTag`, and of a resource, which feed
//! `aws:ResourceTag`.

use std::collections::HashSet;
use std::str::FromStr;

use serde_json::json;

use super::completions::{Offer, offer};
use super::error::{CliError, ErrorKind};
use super::exit::Exit;
use super::name::label;
use super::quota;
use super::resolve::resolve_principal;
use super::session::{Database, DryRun, Keep, Session};
use super::text::{Text, quoted_list, shown};
use super::thing::{Thing, resolve_resource};
use crate::arn::Arn;
use crate::store::{Principal, PrincipalKind, Resource, Writer};

/// Set or remove tags of a user, role or resource
///
/// Keys of users and roles that differ only in upper and lower case are the same key, as in AWS. Conditions read tags
/// as aws:PrincipalTag/KEY, those of resources as aws:ResourceTag/KEY.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  iamdb tag alice team=blue cost-centre=7
  iamdb tag alice --remove cost-centre
  iamdb tag arn:aws:s3:::reports team=blue")]
pub(crate) struct TagArgs {
    /// Whose: alice, user/alice, role/deploy or an ARN
    #[arg(value_name = "WHOSE", add = offer(&[Offer::Users, Offer::Roles, Offer::Resources]))]
    principal: String,
    /// Tags to set
    #[arg(value_name = "KEY=VALUE", required_unless_present = "remove")]
    tags: Vec<Tag>,
    /// A tag to remove; may be given several times
    #[arg(long, value_name = "KEY")]
    remove: Vec<String>,
    #[command(flatten)]
    dry_run: DryRun,
}

/// A tag to set, within IAM's limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tag {
    key: String,
    value: String,
}

impl FromStr for Tag {
    type Err = String;

    fn from_str(text: &str) -> Result<Tag, String> {
        let (key, value) = text.split_once('=').ok_or("a tag is KEY=VALUE")?;
        if key.is_empty() || key.chars().count() > 128 {
            return Err("the key of a tag has 1 to 128 characters".to_owned());
        }
        if value.chars().count() > 256 {
            return Err("the value of a tag has at most 256 characters".to_owned());
        }
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err("keys that begin with aws: are AWS's own".to_owned());
        }
        let fits = |c: char| c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c);
        match text.chars().find(|&c| !fits(c)) {
            Some(odd) => Err(format!("`{}` cannot stand in a tag", shown(&odd.to_string()))),
            None => Ok(Tag { key: key.to_owned(), value: value.to_owned() }),
        }
    }
}

/// Only users and roles have tags.
pub(crate) fn check_taggable(kind: PrincipalKind) -> Result<(), CliError> {
    match kind {
        PrincipalKind::User | PrincipalKind::Role => Ok(()),
        PrincipalKind::Group => {
            Err(CliError::new(ErrorKind::Conflict, "a group has no tags: only users and roles have"))
        }
    }
}

/// Sets tags, of which no two may have one key (R-TAG-5).
pub(crate) fn put_tags(writer: &mut Writer<'_>, of: &Principal, tags: &[Tag]) -> Result<(), CliError> {
    let mut keys = HashSet::new();
    for Tag { key, value } in tags {
        if !keys.insert(key.to_lowercase()) {
            let message =
                format!("the tag `{}` is given twice: keys do not differ by letter case", shown(key));
            return Err(CliError::new(ErrorKind::Usage, message));
        }
        writer.put_tag(of.key, key, value)?;
    }
    Ok(())
}

/// Sets tags of a resource.
pub(crate) fn put_resource_tags(
    writer: &mut Writer<'_>,
    of: &Resource,
    tags: &[Tag],
) -> Result<(), CliError> {
    for Tag { key, value } in tags {
        writer.put_resource_tag(of.key, key, value)?;
    }
    Ok(())
}

impl TagArgs {
    /// `team=blue -cost-centre`
    fn said(&self) -> String {
        let set = self.tags.iter().map(|Tag { key, value }| format!("{key}={value}"));
        let removed = self.remove.iter().map(|key| format!("-{key}"));
        set.chain(removed).map(|tag| shown(&tag)).collect::<Vec<_>>().join(" ")
    }
}

/// The answer of both: whose, and all tags now.
fn tell(
    session: &mut Session,
    label: &str,
    arn: &str,
    tags: &[(String, String)],
    keep: Keep,
    change: Option<i64>,
) -> Result<Exit, CliError> {
    session.out.answer(
        || {
            let tags = tags.iter().map(|(key, value)| format!("{}={}", shown(key), shown(value)));
            let tags = tags.collect::<Vec<_>>().join(" ");
            let tags = if tags.is_empty() { "no tags".to_owned() } else { format!("tags {tags}") };
            vec![Text::from(match (keep, change) {
                (Keep::Nothing, _) => format!("{label} would have {tags}"),
                (Keep::Change, None) => format!("{label} has {tags} already"),
                (Keep::Change, Some(_)) => format!("{label} has {tags}"),
            })]
        },
        || {
            let tags: Vec<_> =
                tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
            let whose = if label == arn { "resource" } else { "principal" };
            json!({ whose: arn, "Tags": tags, "dry_run": keep.is_dry(), "change": change })
        },
    )?;
    Ok(Exit::Yes)
}

fn resource(args: &TagArgs, arn: &Arn, session: &mut Session) -> Result<Exit, CliError> {
    let keep = args.dry_run.keep();
    let ((of, tags), change) = session.write(Database::MustExist, keep, |writer| {
        let of = resolve_resource(writer, arn)?;
        for key in &args.remove {
            if !writer.remove_resource_tag(of.key, key)? {
                let message = format!("`{}` has no tag `{}`", shown(&of.arn), shown(key));
                return Err(CliError::new(ErrorKind::NotFound, message));
            }
        }
        put_resource_tags(writer, &of, &args.tags)?;
        let tags = writer.resource_tags(of.key)?;
        let summary = format!("tagged {} {}", shown(&of.arn), args.said());
        Ok(((of, tags), summary))
    })?;
    tell(session, &shown(&of.arn), &shown(&of.arn), &tags, keep, change.map(|change| change.number.0))
}

pub(crate) fn run(args: &TagArgs, session: &mut Session) -> Result<Exit, CliError> {
    match Thing::parse(&args.principal)? {
        Some(Thing::Resource(arn)) => return resource(args, &arn, session),
        Some(_) => {
            let what = shown(&args.principal);
            let message = format!(
                "`{what}` has no tags that a policy could read: only users, roles and resources have"
            );
            return Err(CliError::new(ErrorKind::Usage, message));
        }
        None => {}
    }
    let keep = args.dry_run.keep();
    let ((of, tags, warning), change) = session.write(Database::MustExist, keep, |writer| {
        let of = resolve_principal(writer, &args.principal)?;
        check_taggable(of.kind)?;
        for key in &args.remove {
            if !writer.remove_tag(of.key, key)? {
                return Err(no_tag(writer, &of, key)?);
            }
        }
        put_tags(writer, &of, &args.tags)?;
        let tags = writer.tags(of.key)?;
        let warning = quota::of_tags(writer, &of)?;
        let summary = format!("tagged {} {}", label(&of), args.said());
        Ok(((of, tags, warning), summary))
    })?;
    if let Some(warning) = warning {
        session.out.warning(&warning)?;
    }
    tell(session, &label(&of), &of.arn(), &tags, keep, change.map(|change| change.number.0))
}

fn no_tag(writer: &Writer<'_>, of: &Principal, key: &str) -> Result<CliError, CliError> {
    let error = CliError::new(ErrorKind::NotFound, format!("`{}` has no tag `{}`", label(of), shown(key)));
    let tags = writer.tags(of.key)?;
    if tags.is_empty() {
        return Ok(error);
    }
    Ok(error.hint(format!("it has {}", quoted_list(tags.iter().map(|(key, _)| key)))))
}
