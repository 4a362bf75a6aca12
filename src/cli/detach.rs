//! `iamdb detach`: the reverse of attach.

mod other;

use serde_json::json;

use super::access::{self, Access, AccessDiff};
use super::completions::{Offer, offer};
use super::error::{CliError, ErrorKind};
use super::exit::Exit;
use super::how::How;
use super::moves::Moves;
use super::name::label;
use super::nearest::{did_you_mean, nearest};
use super::resolve::{ambiguous, find_policies, policy_candidate, resolve_principal};
use super::session::{Database, DryRun, Session};
use super::text::{Text, quoted_list, shown};
use super::thing::Thing;
use crate::access_change::About;
use crate::store::{AttachmentKind, ManagedPolicy, Principal, Snapshot, Writer};

/// Detach a policy from a user, role or group, a root, OU or account, or a resource
///
/// The stored policy stays. What was attached remains in the history: `iamdb show alice --at CHANGE`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  iamdb detach alice my-repo
  iamdb detach role/deploy limits --boundary
  iamdb detach ou/dev deny-leaving
  iamdb detach arn:aws:s3:::reports")]
pub(crate) struct DetachArgs {
    /// From whom: alice, user/alice, role/deploy, group/devs, root, ou/dev, account/ID or an ARN
    #[arg(value_name = "FROM", add = offer(&[Offer::Users, Offer::Roles, Offer::Groups, Offer::Nodes, Offer::Resources]))]
    principal: String,
    /// The name or ARN of the policy; none for the policy of a resource
    #[arg(add = offer(&[Offer::Policies, Offer::OrganizationPolicies]))]
    policy: Option<String>,
    /// Remove the inline policy of that name
    #[arg(long, conflicts_with = "boundary")]
    inline: bool,
    /// Detach it as the permissions boundary
    #[arg(long)]
    boundary: bool,
    /// Forget the trust policy of a role
    #[arg(long, conflicts_with_all = ["inline", "boundary"])]
    trust: bool,
    #[command(flatten)]
    dry_run: DryRun,
}

pub(crate) fn run(args: &DetachArgs, session: &mut Session) -> Result<Exit, CliError> {
    match Thing::parse(&args.principal)? {
        Some(Thing::Node(name)) => return other::node(args, &name, session),
        Some(Thing::Resource(arn)) => return other::resource(args, &arn, session),
        Some(Thing::Organization(_) | Thing::Policy(..)) => {
            let message = format!("nothing is attached to `{}`", shown(&args.principal));
            return Err(CliError::new(ErrorKind::Usage, message));
        }
        None if args.trust => return other::trust(args, session),
        None => {}
    }
    let policy = args.required_policy()?;
    let how = How::asked(args.inline, args.boundary);
    let catalog = session.catalog()?;
    let keep = args.dry_run.keep();
    let ((from, name, access, others), change) = session.write(Database::MustExist, keep, |writer| {
        let from = resolve_principal(writer, &args.principal)?;
        let before = access::before(writer, Some(&from), &catalog)?;
        let name = detach(writer, policy, how, &from)?;
        let access = Access::after(before, writer, &from, &catalog)?;
        let others = Moves::by(writer, About::AllBut(from.key), &catalog)?;
        let summary = format!("detached {}", what_from(&name, how, &from));
        Ok(((from, name, access, others), summary))
    })?;
    let access = access.diff(&catalog, &mut session.out);
    session.out.answer(
        || {
            let done = Text::from(format!("{}detached {}", keep.would(), what_from(&name, how, &from)));
            let own = access.iter().flat_map(AccessDiff::lines);
            std::iter::once(done).chain(own).chain(others.beside(&from, keep)).collect()
        },
        || {
            json!({
                "principal": from.arn(),
                "PolicyName": name,
                "attached_as": how.word(),
                "dry_run": keep.is_dry(),
                "change": change.as_ref().map(|change| change.number.0),
                "access": access.as_ref().map(AccessDiff::json),
                "others": others.json(),
            })
        },
    )?;
    Ok(Exit::Yes)
}

impl DetachArgs {
    fn required_policy(&self) -> Result<&str, CliError> {
        self.policy.as_deref().ok_or_else(|| {
            CliError::new(ErrorKind::Usage, format!("which policy of `{}`?", shown(&self.principal)))
                .hint(format!("`iamdb show {}` lists what it has", shown(&self.principal)))
        })
    }

    fn no_policy(&self, why: &str) -> Result<(), CliError> {
        match &self.policy {
            None => Ok(()),
            Some(_) => Err(CliError::new(ErrorKind::Usage, format!("{why}: it is not named"))),
        }
    }
}

/// `limits (permissions boundary) from role/deploy`
fn what_from(name: &str, how: How, from: &Principal) -> String {
    let note = match how {
        How::Managed(AttachmentKind::Managed) => "",
        How::Managed(AttachmentKind::Boundary) => " (permissions boundary)",
        How::Inline => " (inline policy)",
    };
    format!("{name}{note} from {}", label(from))
}

/// Detaches, and tells the name.
fn detach(writer: &mut Writer<'_>, name: &str, how: How, from: &Principal) -> Result<String, CliError> {
    let kind = match how {
        How::Managed(kind) => kind,
        How::Inline if writer.remove_inline(from.key, name)? => return Ok(shown(name)),
        How::Inline => return Err(not_attached(writer, name, how, from)?),
    };
    let named = find_policies(writer, name)?;
    let attached = writer.attached(from.key, kind)?;
    let mut both: Vec<ManagedPolicy> = attached
        .into_iter()
        .filter(|policy| named.iter().any(|choice| choice.policy.key == policy.key))
        .collect();
    let Some(policy) = both.pop() else { return Err(not_attached(writer, name, how, from)?) };
    if let Some(other) = both.pop() {
        let both = [&policy, &other].map(policy_candidate);
        return Err(ambiguous(name, both.to_vec()));
    }
    writer.detach(from.key, policy.key, kind)?;
    Ok(shown(&policy.name))
}

/// The error of a policy that is not attached in this way: perhaps in another, perhaps under a similar name.
fn not_attached(
    snapshot: &Snapshot<'_>,
    name: &str,
    how: How,
    from: &Principal,
) -> Result<CliError, CliError> {
    let all = attachments(snapshot, from)?;
    let error = CliError::new(
        ErrorKind::NotFound,
        format!("`{}` is not attached to `{}`{}", shown(name), label(from), how.phrase()),
    );
    let name = name.rsplit('/').next().unwrap_or(name);
    let name = name.strip_suffix(".json").unwrap_or(name);
    if let Some((other, name)) = all.iter().find(|(other, attached)| *other != how && attached == name) {
        let name = shown(name);
        return Ok(match other {
            How::Managed(AttachmentKind::Managed) => {
                error.hint(format!("`{name}` is attached as a managed policy: leave the option out"))
            }
            How::Managed(AttachmentKind::Boundary) => {
                error.hint(format!("`{name}` is its permissions boundary: add `--boundary`"))
            }
            How::Inline => error.hint(format!("`{name}` is an inline policy: add `--inline`")),
        });
    }
    let here = all.into_iter().filter(|(other, _)| *other == how).map(|(_, name)| name).collect::<Vec<_>>();
    let near = nearest(name, here.iter().map(|name| (name.clone(), name.clone())));
    Ok(match did_you_mean(&near) {
        Some(question) => error.hint(question),
        None if here.is_empty() => {
            error.hint(format!("`{}` has no policy attached in this way", label(from)))
        }
        None => error.hint(format!("attached are {}", quoted_list(&here))),
    })
}

fn attachments(snapshot: &Snapshot<'_>, of: &Principal) -> Result<Vec<(How, String)>, CliError> {
    let mut all = Vec::new();
    for kind in [AttachmentKind::Managed, AttachmentKind::Boundary] {
        let attached = snapshot.attached(of.key, kind)?.into_iter();
        all.extend(attached.map(|policy| (How::Managed(kind), policy.name)));
    }
    all.extend(snapshot.inline(of.key)?.into_iter().map(|inline| (How::Inline, inline.name)));
    Ok(all)
}
