//! `iamdb attach`: the headline. What is stored and attached is one change.

use serde_json::{Value, json};

use super::error::{CliError, ErrorKind};
use super::exit::Exit;
use super::name::{PrincipalName, label, policy_label};
use super::nearest::{did_you_mean, is_slip};
use super::output::STRONG;
use super::quota;
use super::resolve::{PolicyChoice, ambiguous, find_policies, find_principal, unknown_principal};
use super::session::{Database, Keep, Session, UNSET_ACCOUNT, shell_quoted};
use super::source::{Given, Source, neither_file_nor_stored};
use super::text::{Text, quoted_list, shown};
use crate::policy::{Document, PolicyType};
use crate::store::{
    AttachmentKind, Change, ManagedPolicy, NewManagedPolicy, PolicyKey, PolicyOwner, Principal,
    PrincipalKind, Snapshot, Writer,
};

/// Attach a policy to a user, role or group
///
/// Stores the document (once, however often it is attached) and attaches it, as one change. A user who is not
/// stored yet is created, unless a similar name exists. A document that AWS would refuse is refused: every error
/// is shown with its line, and nothing is stored.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  iamdb attach alice my-repo.json
  iamdb attach role/deploy limits.json --boundary
  echo '{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":\"*\"}}' |
    iamdb attach group/devs - --name all-of-s3")]
pub(crate) struct AttachArgs {
    /// To whom: alice, user/alice, role/deploy, group/devs or an ARN
    principal: String,
    /// A JSON file, `-` for stdin, a literal {…}, or the name or ARN of a stored policy
    policy: String,
    /// Embed the document in the principal instead of storing a managed policy
    #[arg(long, conflicts_with = "boundary")]
    inline: bool,
    /// Attach it as the permissions boundary, in place of the one that is there
    #[arg(long)]
    boundary: bool,
    /// The name to store it under, instead of the file's
    #[arg(long)]
    name: Option<String>,
    /// Where the name is taken by another document: store this one as its new default version
    #[arg(long)]
    new_version: bool,
    /// Say what would be stored, and store nothing
    #[arg(long)]
    dry_run: bool,
    /// Create the user although a similar name exists
    #[arg(long)]
    create: bool,
}

/// In which way it is attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Managed(AttachmentKind),
    Inline,
}

/// What came of it.
struct Attached {
    created: Option<Principal>,
    to: Principal,
    name: String,
    document: Document,
    /// The managed policy and its default version; none for an inline policy.
    managed: Option<(ManagedPolicy, u32)>,
    stored_version: bool,
    changed: bool,
    replaced: Option<String>,
    warnings: Vec<String>,
}

pub(crate) fn run(args: AttachArgs, session: &mut Session) -> Result<Exit, CliError> {
    let how = args.how();
    let source = Source::read(&args.policy)?;
    if let (Source::Stored(_), Some(_), How::Managed(_)) = (&source, &args.name, how) {
        return Err(CliError::new(
            ErrorKind::Usage,
            "a stored policy has a name already: `--name` is for a document",
        ));
    }
    let given = match &source {
        Source::Given(given) => {
            let name = given.name(args.name.as_deref())?;
            Some((name, given.accepted(how.policy_type(), &mut session.out)?))
        }
        Source::Stored(_) => None,
    };
    let keep = if args.dry_run { Keep::Nothing } else { Keep::Change };
    let (attached, change) = session.write(Database::MayBegin, keep, |writer| {
        let attached = attach(writer, &args, how, &source, given.as_ref())?;
        let summary = attached.sentence(how, "attached");
        Ok((attached, summary))
    })?;
    for warning in &attached.warnings {
        session.out.warning(warning)?;
    }
    session.out.answer(|| attached.lines(how, keep), || attached.json(how, keep, change.as_ref()))?;
    if attached.created.as_ref().is_some_and(|created| created.account.is_none()) {
        session.out.note(UNSET_ACCOUNT)?;
    }
    if keep == Keep::Nothing {
        session.out.note("dry run: nothing was stored")?;
    }
    Ok(Exit::Yes)
}

impl AttachArgs {
    fn how(&self) -> How {
        match (self.inline, self.boundary) {
            (true, _) => How::Inline,
            (false, true) => How::Managed(AttachmentKind::Boundary),
            (false, false) => How::Managed(AttachmentKind::Managed),
        }
    }
}

impl How {
    fn policy_type(self) -> PolicyType {
        match self {
            How::Managed(AttachmentKind::Boundary) => PolicyType::Boundary,
            How::Managed(AttachmentKind::Managed) | How::Inline => PolicyType::Identity,
        }
    }

    fn phrase(self) -> &'static str {
        match self {
            How::Managed(AttachmentKind::Managed) => "",
            How::Managed(AttachmentKind::Boundary) => " as its permissions boundary",
            How::Inline => " as an inline policy",
        }
    }
}

fn attach(
    writer: &mut Writer<'_>,
    args: &AttachArgs,
    how: How,
    source: &Source,
    given: Option<&(String, Document)>,
) -> Result<Attached, CliError> {
    if let Source::Given(Given { .. }) = source {
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
            return Err(CliError::new(
                ErrorKind::NotFound,
                format!("there is no user `{what}`, but there is {}", quoted_list(&similar)),
            )
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
            Err(ambiguous(text, usable.iter().map(|choice| choice.policy.arn()).collect()))
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

impl Attached {
    /// `attached my-repo (sha256 3f1c…) to user/alice`
    fn sentence(&self, how: How, verb: &str) -> String {
        let Attached { name, document, to, .. } = self;
        let id = document.id();
        format!("{verb} {name} (sha256 {id:.4}…) to {}{}", label(to), how.phrase())
    }

    fn lines(&self, how: How, keep: Keep) -> Vec<Text> {
        let (created, stored, attached) = match keep {
            Keep::Change => ("created", "stored", "attached"),
            Keep::Nothing => ("would create", "would store", "would attach"),
        };
        let mut lines = Vec::new();
        if let Some(principal) = &self.created {
            let arn = format!(" ({})", shown(&principal.arn()));
            lines.push(
                Text::from(format!("{created} ")).and(Text::styled(STRONG, &label(principal))).and(arn),
            );
        }
        if let Some((policy, version)) = &self.managed
            && self.stored_version
            && *version > 1
        {
            lines.push(
                format!("{stored} v{version} of {} as its default version", policy_label(policy)).into(),
            );
        }
        if let Some(replaced) = &self.replaced {
            let verb = if keep == Keep::Change { "replaced" } else { "would replace" };
            lines.push(format!("{verb} the permissions boundary {replaced} of {}", label(&self.to)).into());
        }
        if self.changed {
            lines.push(self.sentence(how, attached).into());
        } else {
            let Attached { name, document, to, .. } = self;
            let id = document.id();
            let phrase = how.phrase();
            lines.push(
                format!("{name} (sha256 {id:.4}…) is attached to {}{phrase} already", label(to)).into(),
            );
        }
        lines
    }

    fn json(&self, how: How, keep: Keep, change: Option<&Change>) -> Value {
        let managed = self.managed.as_ref();
        json!({
            "Created": self.created.as_ref().map(Principal::arn),
            "PrincipalArn": self.to.arn(),
            "PolicyName": self.name,
            "PolicyArn": managed.map(|(policy, _)| policy.arn()),
            "VersionId": managed.map(|(_, version)| format!("v{version}")),
            "Sha256": self.document.id().to_string(),
            "AttachedAs": match how {
                How::Managed(kind) => kind.as_str(),
                How::Inline => "inline",
            },
            "Attached": self.changed,
            "DryRun": keep == Keep::Nothing,
            "Change": change.map(|change| change.number.0),
        })
    }
}
