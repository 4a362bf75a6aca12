//! The change that `iamdb attach` makes: the principal, the stored policy, and the attachment between them.

use super::{AttachArgs, Attached};
use crate::cli::error::{CliError, ErrorKind};
use crate::cli::how::How;
use crate::cli::name::{PrincipalName, label, policy_label};
use crate::cli::nearest::{did_you_mean, is_slip};
use crate::cli::quota;
use crate::cli::resolve::{
    PolicyChoice, ambiguous, find_policies, find_principal, policy_candidate, unknown_principal,
};
use crate::cli::session::shell_quoted;
use crate::cli::source::{Source, neither_file_nor_stored};
use crate::cli::text::{quoted_list, shown};
use crate::policy::Document;
use crate::store::{
    AttachmentKind, ManagedPolicy, NewManagedPolicy, PolicyKey, PolicyOwner, Principal, PrincipalKind,
    Snapshot, Writer,
};

/// Attaches, after creating and storing what is not there yet.
pub(super) fn attach(
    writer: &mut Writer<'_>,
    args: &AttachArgs,
    how: How,
    source: &Source,
    given: Option<&(String, Document)>,
) -> Result<Attached, CliError> {
    if let Source::Given(_) = source {
        Source::check_unambiguous(&args.policy, writer)?;
    }
    let (to, created) = principal(writer, args)?;
    if how == How::Managed(AttachmentKind::Boundary) && to.kind == PrincipalKind::Group {
        return Err(CliError::new(
            ErrorKind::Conflict,
            format!("`{}` cannot have a permissions boundary: only users and roles can", label(&to)),
        )
        .hint("attach it to the users of the group one by one"));
    }
    let mut attached = match (how, given) {
        (How::Inline, Some((name, document))) => inline(writer, args, to, name, document.clone())?,
        (How::Inline, None) => {
            let choice = stored(writer, &args.policy, &to)?;
            let document = choice.version(writer)?.document;
            let name = args.name.clone().unwrap_or(choice.policy.name);
            inline(writer, args, to, &name, document)?
        }
        (How::Managed(kind), Some((name, document))) => {
            let stored = store(writer, args, &to, name, document)?;
            managed(writer, to, stored, document.clone(), kind)?
        }
        (How::Managed(kind), None) => {
            let choice = stored(writer, &args.policy, &to)?;
            let default = choice.policy.clone();
            let version = PolicyChoice { policy: default, version: None }.version(writer)?;
            if choice.version.is_some_and(|asked| asked != version.number) {
                return Err(not_the_default(&choice.policy, version.number));
            }
            let stored = Stored { policy: choice.policy, version: version.number, is_new: false };
            managed(writer, to, stored, version.document, kind)?
        }
    };
    attached.created = created;
    Ok(attached)
}

/// The principal, created where it is a user whom nobody is like.
fn principal(writer: &mut Writer<'_>, args: &AttachArgs) -> Result<(Principal, Option<Principal>), CliError> {
    let name = PrincipalName::parse(&args.principal)?;
    if let Some(found) = find_principal(writer, &args.principal, &name)? {
        return Ok((found, None));
    }
    let to_create = match name.kind {
        Some(kind @ (PrincipalKind::Role | PrincipalKind::Group)) => {
            return Err(unknown_principal(writer, &args.principal, &name)?
                .hint(format!("`iamdb create {kind}/{}` creates it", shell_quoted(&shown(&name.name)))));
        }
        Some(PrincipalKind::User) | None => name.to_create(PrincipalKind::User)?,
    };
    if !args.create {
        let like = |one: &&Principal| {
            name.kind.is_none_or(|kind| kind == one.kind) && is_slip(&name.name, &one.name)
        };
        let everyone = writer.principals(None)?;
        let similar: Vec<String> = everyone.iter().filter(like).take(3).map(label).collect();
        if let Some(question) = did_you_mean(&similar) {
            let what = shown(&args.principal);
            return Err(CliError::new(ErrorKind::NotFound, format!("there is no user `{what}`"))
                .hint(question)
                .hint(format!("`--create` creates `{what}` all the same")));
        }
    }
    let created = writer.create_principal(&to_create)?;
    Ok((created.clone(), Some(created)))
}

/// A managed policy that now has the document as its default version.
struct Stored {
    policy: ManagedPolicy,
    version: u32,
    is_new: bool,
}

/// Stores a document as a managed policy of the principal's account, unless it is stored.
fn store(
    writer: &mut Writer<'_>,
    args: &AttachArgs,
    to: &Principal,
    name: &str,
    document: &Document,
) -> Result<Stored, CliError> {
    let owner = PolicyOwner::Account(to.account.clone());
    let mut existing = writer.managed_policies_named(name)?;
    existing.retain(|policy| policy.owner == owner && policy.partition == to.partition);
    let Some(policy) = existing.pop() else {
        let partition = to.partition.clone();
        let new = NewManagedPolicy { partition, owner, path: "/".to_owned(), name: name.to_owned() };
        let policy = writer.create_managed_policy(&new)?;
        writer.put_version(policy.key, 1, document, true)?;
        return Ok(Stored { policy, version: 1, is_new: true });
    };
    match writer.default_version(policy.key)? {
        Some(version) if version.document.id() == document.id() => {
            Ok(Stored { policy, version: version.number, is_new: false })
        }
        Some(version) if !args.new_version => {
            let shown_name = shown(name);
            Err(CliError::new(
                ErrorKind::Conflict,
                format!(
                    "`policy/{shown_name}` is stored with other content: v{} is sha256 {:.4}…, this is {:.4}…",
                    version.number,
                    version.document.id(),
                    document.id()
                ),
            )
            .hint(format!("`--new-version` makes this its new default version, for everyone it is attached to ({})", everyone(writer, policy.key)?))
            .hint("`--name NAME` stores this one under another name"))
        }
        Some(_) | None => {
            let version = writer.add_version(policy.key, document)?;
            Ok(Stored { policy, version, is_new: true })
        }
    }
}

fn everyone(snapshot: &Snapshot<'_>, policy: PolicyKey) -> Result<String, CliError> {
    let mut all = snapshot.attached_to(policy, AttachmentKind::Managed)?;
    all.extend(snapshot.attached_to(policy, AttachmentKind::Boundary)?);
    let names: Vec<String> = all.iter().take(3).map(label).collect();
    Ok(match all.len() {
        0 => "nobody now".to_owned(),
        1..=3 => names.join(", "),
        more => format!("{} and {} more", names.join(", "), more - names.len()),
    })
}

/// The stored policy that was named, of those that the principal could have: AWS's and its own account's.
fn stored(snapshot: &Snapshot<'_>, text: &str, to: &Principal) -> Result<PolicyChoice, CliError> {
    let found = find_policies(snapshot, text)?;
    let foreign: Vec<String> = found.iter().map(|choice| choice.policy.arn()).collect();
    let fits = |choice: &PolicyChoice| match &choice.policy.owner {
        PolicyOwner::Aws => choice.policy.partition == to.partition,
        PolicyOwner::Account(account) => *account == to.account,
    };
    let mut usable: Vec<PolicyChoice> = found.into_iter().filter(fits).collect();
    match (usable.len(), usable.pop()) {
        (1, Some(choice)) => Ok(choice),
        (0, _) | (_, None) if foreign.is_empty() => Err(neither_file_nor_stored(snapshot, text)?),
        (0, _) | (_, None) => Err(CliError::new(
            ErrorKind::Conflict,
            format!("{} belongs to another account than `{}`", quoted_list(&foreign), shown(&to.arn())),
        )
        .hint("AWS attaches its own managed policies and those of the principal's account")),
        (_, Some(last)) => {
            usable.push(last);
            Err(ambiguous(text, usable.iter().map(|choice| policy_candidate(&choice.policy)).collect()))
        }
    }
}

fn not_the_default(policy: &ManagedPolicy, default: u32) -> CliError {
    CliError::new(
        ErrorKind::Conflict,
        format!(
            "an attachment follows the default version, and that of `{}` is v{default}",
            policy_label(policy)
        ),
    )
    .hint("leave the version out, or copy it with `--inline`")
}

fn managed(
    writer: &mut Writer<'_>,
    to: Principal,
    stored: Stored,
    document: Document,
    kind: AttachmentKind,
) -> Result<Attached, CliError> {
    let Stored { policy, version, is_new } = stored;
    let before = match kind {
        AttachmentKind::Boundary => writer.attached(to.key, kind)?,
        AttachmentKind::Managed => Vec::new(),
    };
    let changed = writer.attach(to.key, policy.key, kind)?;
    let replaced = before.iter().find(|before| before.key != policy.key).map(policy_label);
    let name = shown(&policy.name);
    let mut warnings = Vec::new();
    if is_new {
        warnings.extend(quota::of_document(&name, &document));
        warnings.extend(quota::of_versions(writer, policy.key, &name)?);
    }
    if changed && kind == AttachmentKind::Managed {
        warnings.extend(quota::of_attachments(writer, &to)?);
    }
    Ok(Attached {
        created: None,
        to,
        name,
        document,
        managed: Some((policy, version)),
        stored_version: is_new,
        changed,
        replaced,
        warnings,
    })
}

fn inline(
    writer: &mut Writer<'_>,
    args: &AttachArgs,
    to: Principal,
    name: &str,
    document: Document,
) -> Result<Attached, CliError> {
    let existing = writer.inline(to.key)?.into_iter().find(|inline| inline.name == name);
    let same = existing.as_ref().is_some_and(|inline| inline.document.id() == document.id());
    if existing.is_some() && !same && !args.new_version {
        return Err(CliError::new(
            ErrorKind::Conflict,
            format!("`{}` has an inline policy `{}` with other content", label(&to), shown(name)),
        )
        .hint("`--new-version` puts this in its place")
        .hint("`--name NAME` embeds this one under another name"));
    }
    let changed = !same && writer.put_inline(to.key, name, &document)?;
    let warnings = quota::of_inline(writer, &to)?.into_iter().collect();
    Ok(Attached {
        created: None,
        to,
        name: shown(name),
        document,
        managed: None,
        stored_version: false,
        changed,
        replaced: None,
        warnings,
    })
}
