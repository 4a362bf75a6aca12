//! Policies that say who: on a resource, and the trust policy on a role. There is one at most, so it is set.

use serde_json::{Value, json};

use super::AttachArgs;
use crate::access_change::About;
use crate::arn::Arn;
use crate::cli::error::{CliError, ErrorKind};
use crate::cli::exit::Exit;
use crate::cli::moves::Moves;
use crate::cli::name::label;
use crate::cli::resolve::resolve_principal;
use crate::cli::session::{Database, Keep, Session};
use crate::cli::source::Source;
use crate::cli::text::shown;
use crate::cli::told::unmodelled;
use crate::layers::{LayerPolicy, PolicyLayers};
use crate::policy::resource_policy_type;
use crate::policy::{Document, PolicyType};
use crate::store::{PrincipalKind, Writer};

/// What came of it.
struct Set {
    created: bool,
    /// On what, for people and for programs.
    label: String,
    arn: String,
    before: Option<Document>,
    changed: bool,
}

/// Sets the policy of a resource.
pub(super) fn resource(args: &AttachArgs, arn: &Arn, session: &mut Session) -> Result<Exit, CliError> {
    if arn.as_str().contains(['*', '?']) {
        let message = format!("`{}` names many: a policy is on one resource", shown(arn.as_str()));
        return Err(CliError::new(ErrorKind::Usage, message));
    }
    args.refuse(&[("--trust", args.trust), ("--scp", args.scp), ("--rcp", args.rcp)])?;
    set(args, "resource policy", resource_policy_type(arn.as_str()), session, |writer, document| {
        let known = writer.resource(arn.as_str())?;
        let created = known.is_none();
        let resource = match known {
            Some(resource) => resource,
            None => writer.create_resource(arn.as_str())?,
        };
        if let Some(owner) = &args.account {
            writer.put_resource_owner(resource.key, owner)?;
        }
        let changed = writer.put_resource_policy(resource.key, document)?;
        Ok(Set { created, label: shown(&resource.arn), arn: resource.arn, before: resource.policy, changed })
    })
}

/// Sets the trust policy of a role.
pub(super) fn trust(args: &AttachArgs, session: &mut Session) -> Result<Exit, CliError> {
    args.refuse(&[("--scp", args.scp), ("--rcp", args.rcp), ("--account", args.account.is_some())])?;
    set(args, "trust policy", PolicyType::Trust, session, |writer, document| {
        let role = resolve_principal(writer, &args.principal)?;
        if role.kind != PrincipalKind::Role {
            let message = format!("`{}` has no trust policy: only roles have", label(&role));
            return Err(CliError::new(ErrorKind::Conflict, message));
        }
        let before = writer.trust_policy(role.key)?;
        let changed = writer.put_trust_policy(role.key, document)?;
        Ok(Set { created: false, label: label(&role), arn: role.arn(), before, changed })
    })
}

fn set(
    args: &AttachArgs,
    what: &'static str,
    policy_type: PolicyType,
    session: &mut Session,
    work: impl Fn(&mut Writer<'_>, &Document) -> Result<Set, CliError>,
) -> Result<Exit, CliError> {
    args.refuse(&[
        ("--inline", args.inline),
        ("--boundary", args.boundary),
        ("--create", args.create),
        ("--new-version", args.new_version),
        ("--name", args.name.is_some()),
    ])?;
    let document = match Source::read(&args.policy)? {
        Source::Given(given) => given.accepted(policy_type, &mut session.out)?,
        Source::Stored(name) => {
            return Err(CliError::new(ErrorKind::NotFound, format!("there is no file `{}`", shown(&name)))
                .hint(format!("a {what} is a JSON file, `-` for stdin, or a literal {{…}}")));
        }
    };
    let policy = LayerPolicy::read("", "", document.text(), policy_type);
    let not_modelled = PolicyLayers { resource: vec![policy], ..PolicyLayers::default() }.not_modelled();
    if let Some(note) = unmodelled(not_modelled) {
        session.out.note(&note);
    }
    let catalog = session.catalog()?;
    let keep = args.dry_run.keep();
    let database = if policy_type == PolicyType::Trust { Database::MustExist } else { Database::MayBegin };
    let ((set, moves), change) = session.write(database, keep, |writer| {
        let set = work(writer, &document)?;
        let summary = set.sentences(what, &document, Keep::Change).join("; ");
        Ok(((set, Moves::by(writer, About::Everyone, &catalog)?), summary))
    })?;
    session.out.answer(
        || {
            let sentences = set.sentences(what, &document, keep).into_iter().map(Into::into);
            sentences.chain(moves.brief_or_nobody(keep)).collect()
        },
        || -> Value {
            json!({
                "Arn": set.arn,
                "created": set.created.then_some(&set.arn),
                "sha256": document.id().to_string(),
                "replaced": set.before.as_ref().map(|before| before.id().to_string()),
                "attached_as": what.replace(' ', "-"),
                "attached": set.changed,
                "dry_run": keep.is_dry(),
                "change": change.as_ref().map(|change| change.number.0),
                "access_changes": moves.json(),
            })
        },
    )?;
    Ok(Exit::Yes)
}

impl Set {
    fn sentences(&self, what: &str, document: &Document, keep: Keep) -> Vec<String> {
        let would = keep.would();
        let (label, id) = (&self.label, document.id());
        let created = self.created.then(|| format!("{would}created {label}"));
        let sentence = match &self.before {
            _ if !self.changed => format!("the {what} of {label} is that (sha256 {id:.4}…) already"),
            Some(before) => {
                format!("{would}replaced the {what} of {label} (sha256 {:.4}… by {id:.4}…)", before.id())
            }
            None => format!("{would}set the {what} of {label} (sha256 {id:.4}…)"),
        };
        created.into_iter().chain([sentence]).collect()
    }
}
