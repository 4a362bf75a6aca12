//! `iamdb attach`: the headline. What is stored and attached is one change.

mod change;
mod node;
mod on;

use serde_json::{Value, json};

use super::access::{self, Access, AccessDiff};
use super::completions::{Offer, offer};
use super::error::{CliError, ErrorKind};
use super::exit::Exit;
use super::how::How;
use super::moves::Moves;
use super::name::{PrincipalName, account_id, label, policy_label};
use super::resolve::find_principal;
use super::session::{Database, DryRun, Keep, Session, UNSET_ACCOUNT};
use super::source::Source;
use super::text::shown;
use super::thing::Thing;
use crate::access_change::About;
use crate::arn::AccountId;
use crate::policy::Document;
use crate::store::{Change, ManagedPolicy, OrganizationPolicyType, Principal};

/// Attach a policy to a user, role or group, a root, OU or account, or a resource
///
/// Stores the document (once, however often it is attached) and attaches it, as one change, and tells what the
/// principal gained and lost by it. A user who is not
/// stored yet is created, unless a similar name exists. A document that AWS would refuse is refused: every error
/// is shown with its line, and nothing is stored.
///
/// To root, ou/NAME and account/ID go service control policies (`--scp`) and resource control policies (`--rcp`). To
/// the ARN of a resource goes its resource policy, in place of the one that is there; a VPC endpoint is a resource
/// too.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  iamdb attach alice my-repo.json
  iamdb attach role/deploy limits.json --boundary
  echo '{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":\"*\"}}' |
    iamdb attach group/devs - --name all-of-s3
  iamdb attach role/deploy trust.json --trust
  iamdb attach ou/dev deny-leaving.json --scp
  iamdb attach arn:aws:s3:::reports bucket-policy.json")]
pub(crate) struct AttachArgs {
    /// To whom: alice, user/alice, role/deploy, group/devs, root, ou/dev, account/ID or an ARN
    #[arg(value_name = "TO", add = offer(&[Offer::Users, Offer::Roles, Offer::Groups, Offer::Nodes, Offer::Resources]))]
    principal: String,
    /// A JSON file, `-` for stdin, a literal {…}, or the name or ARN of a stored policy
    #[arg(add = offer(&[Offer::Policies, Offer::Files]))]
    policy: String,
    /// Embed the document in the principal instead of storing a managed policy
    #[arg(long, conflicts_with = "boundary")]
    inline: bool,
    /// Attach it as the permissions boundary, in place of the one that is there
    #[arg(long)]
    boundary: bool,
    /// Set it as the trust policy of a role, in place of the one that is there
    #[arg(long, conflicts_with_all = ["inline", "boundary"])]
    trust: bool,
    /// It is a service control policy
    #[arg(long, conflicts_with = "rcp")]
    scp: bool,
    /// It is a resource control policy
    #[arg(long)]
    rcp: bool,
    /// The name to store it under, instead of the file's
    #[arg(long)]
    name: Option<String>,
    /// Where the name is taken by another document: store this one as its new default version
    #[arg(long)]
    new_version: bool,
    #[command(flatten)]
    dry_run: DryRun,
    /// Whose the resource is, where its ARN does not say it
    #[arg(long, value_name = "ACCOUNT", value_parser = account_id)]
    account: Option<AccountId>,
    /// Create the user although a similar name exists
    #[arg(long)]
    create: bool,
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

pub(crate) fn run(args: &AttachArgs, session: &mut Session) -> Result<Exit, CliError> {
    match Thing::parse(&args.principal)? {
        Some(Thing::Node(name)) => return node::node(args, &name, session),
        Some(Thing::Resource(arn)) => return on::resource(args, &arn, session),
        Some(Thing::Organization(_) | Thing::Policy(..)) => {
            let what = shown(&args.principal);
            let message = format!("a policy cannot be attached to `{what}`");
            return Err(CliError::new(ErrorKind::Usage, message)
                .hint("policies of organizations are attached to root, ou/NAME and account/ID"));
        }
        None if args.trust => return on::trust(args, session),
        None => {
            args.refuse(&[("--scp", args.scp), ("--rcp", args.rcp), ("--account", args.account.is_some())])?
        }
    }
    let how = How::asked(args.inline, args.boundary);
    let source = Source::read(&args.policy)?;
    if let (Source::Stored(_), How::Managed(_)) = (&source, how) {
        args.refuse_beside_stored()?;
    }
    let given = match &source {
        Source::Given(given) => {
            let name = given.name(args.name.as_deref())?;
            Some((name, given.accepted(how.policy_type(), &mut session.out)?))
        }
        Source::Stored(_) => None,
    };
    let catalog = session.catalog()?;
    let keep = args.dry_run.keep();
    let ((attached, access, others), change) = session.write(Database::MayBegin, keep, |writer| {
        let name = PrincipalName::parse(&args.principal)?;
        let found = find_principal(writer, &args.principal, &name)?;
        let before = access::before(writer, found.as_ref(), &catalog)?;
        let attached = change::attach(writer, args, how, &source, given.as_ref())?;
        let access = Access::after(before, writer, &attached.to, &catalog)?;
        let others = Moves::by(writer, About::AllBut(attached.to.key), &catalog)?;
        let summary = attached.summary(how);
        Ok(((attached, access, others), summary))
    })?;
    let access = access.diff(&catalog, &mut session.out);
    for warning in &attached.warnings {
        session.out.warning(warning)?;
    }
    session.out.answer(
        || {
            let sentences = attached.sentences(how, keep).into_iter().map(Into::into);
            sentences
                .chain(access.iter().flat_map(AccessDiff::lines))
                .chain(others.beside(&attached.to, keep))
                .collect()
        },
        || {
            let mut object = attached.json(how, keep, change.as_ref());
            object["access"] = access.as_ref().map(AccessDiff::json).unwrap_or_default();
            object["others"] = others.json();
            object
        },
    )?;
    if attached.created.as_ref().is_some_and(|created| created.account.is_none()) {
        session.out.note(UNSET_ACCOUNT);
    }
    Ok(Exit::Yes)
}

impl AttachArgs {
    /// The error of an option that does not fit what is attached to.
    fn refuse(&self, options: &[(&str, bool)]) -> Result<(), CliError> {
        match options.iter().find(|(_, given)| *given) {
            None => Ok(()),
            Some((option, _)) => {
                let message = format!("`{option}` is not for `{}`", shown(&self.principal));
                Err(CliError::new(ErrorKind::Usage, message))
            }
        }
    }

    /// The error of an option that says how a document is stored, where the policy is stored already.
    fn refuse_beside_stored(&self) -> Result<(), CliError> {
        let options = [("--name", self.name.is_some()), ("--new-version", self.new_version)];
        match options.iter().find(|(_, given)| *given) {
            None => Ok(()),
            Some((option, _)) => {
                let message = format!("a stored policy is attached as it is: `{option}` is for a document");
                Err(CliError::new(ErrorKind::Usage, message))
            }
        }
    }

    fn organization_policy_type(&self) -> Option<OrganizationPolicyType> {
        match (self.scp, self.rcp) {
            (true, _) => Some(OrganizationPolicyType::Scp),
            (false, true) => Some(OrganizationPolicyType::Rcp),
            (false, false) => None,
        }
    }
}

impl Attached {
    /// What was done, or would be, in order.
    fn sentences(&self, how: How, keep: Keep) -> Vec<String> {
        let Attached { created, to, name, document, managed, .. } = self;
        let would = keep.would();
        let mut sentences = Vec::new();
        if let Some(principal) = created {
            sentences.push(format!("{would}created {} ({})", label(principal), shown(&principal.arn())));
        }
        if let Some((policy, version)) = managed
            && self.stored_version
            && *version > 1
        {
            sentences
                .push(format!("{would}stored v{version} of {} as its default version", policy_label(policy)));
        }
        if let Some(replaced) = &self.replaced {
            sentences.push(format!("{would}replaced the permissions boundary {replaced} of {}", label(to)));
        }
        let (id, phrase, to) = (document.id(), how.phrase(), label(to));
        sentences.push(if self.changed {
            format!("{would}attached {name} (sha256 {id:.4}…) to {to}{phrase}")
        } else {
            format!("{name} (sha256 {id:.4}…) is attached to {to}{phrase} already")
        });
        sentences
    }

    /// The same for the log, on one line and without the ARN.
    fn summary(&self, how: How) -> String {
        let created = self.created.as_ref().map(|principal| format!("created {}", label(principal)));
        let rest = self.sentences(how, Keep::Change).into_iter().skip(created.iter().count());
        created.iter().cloned().chain(rest).collect::<Vec<_>>().join("; ")
    }

    fn json(&self, how: How, keep: Keep, change: Option<&Change>) -> Value {
        let managed = self.managed.as_ref();
        json!({
            "created": self.created.as_ref().map(Principal::arn),
            "principal": self.to.arn(),
            "PolicyName": self.name,
            "PolicyArn": managed.map(|(policy, _)| policy.arn()),
            "VersionId": managed.map(|(_, version)| format!("v{version}")),
            "sha256": self.document.id().to_string(),
            "attached_as": how.word(),
            "attached": self.changed,
            "dry_run": keep.is_dry(),
            "change": change.map(|change| change.number.0),
        })
    }
}
