//! `can`: one question, answered with its reasons.

pub(super) mod context;
mod given;
pub(super) mod report;
pub(super) mod when;

use jiff::Timestamp;

use super::action::Unlisted;
use super::at::AtArgs;
use super::completions::{Offer, offer};
use super::error::{CliError, ErrorKind};
use super::exit::Exit;
use super::resolve::resolve_principal;
use super::session::Session;
use super::text::{quoted_list, shown};
use crate::arn::{AccountId, Arn};
use crate::ask::{Ask, Unsaid, reply};
use crate::caller::Caller;
use crate::knowledge::Identified;
use crate::layers::{Layer, PolicyLayers};
use crate::request::{Context, Request, Resource};
use crate::store::{Principal, Snapshot};
use crate::stored::{self, Assumption};
use context::ContextArgs;
use given::GivenPolicies;

/// Decide whether a principal may do something, and say why
///
/// The first word of the answer is `yes` (exit code 0), `no` (1), `depends` or `undecided` (3). A context key that is
/// not mentioned is unknown; where it matters the answer is `depends`, with the condition under which it is yes. A
/// policy that is attached but whose document is not known makes an answer `undecided`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  iamdb can alice ecr:PutImage arn:aws:ecr:us-east-1:123456789012:repository/my-repo
  iamdb can alice s3:GetObject arn:aws:s3:::reports/2026.csv --context aws:SourceIp=203.0.113.9
  iamdb can role/deploy iam:ListUsers --absent aws:MultiFactorAuthPresent
  if iamdb can ci s3:PutObject arn:aws:s3:::releases/latest.zip --closed; then echo may; fi")]
pub(crate) struct CanArgs {
    /// Who: `alice`, `user/alice`, `role/deploy`, an ARN, or the ARN of a role session
    #[arg(add = offer(&[Offer::Users, Offer::Roles]))]
    principal: String,
    /// What: `service:Action`
    #[arg(add = offer(&[Offer::Actions]))]
    action: String,
    /// On what: an ARN, or `*` for actions that take no resource
    #[arg(add = offer(&[Offer::Resources]))]
    resource: Option<String>,
    #[command(flatten)]
    context: ContextArgs,
    /// Take every context key that is not mentioned to be absent, as AWS's policy simulator does
    #[arg(long)]
    closed: bool,
    /// The time of the request (aws:CurrentTime); the clock, unless given
    #[arg(long, value_name = "TIME", value_parser = time)]
    now: Option<Timestamp>,
    #[command(flatten)]
    unlisted: Unlisted,
    /// Whose resource it is, where neither its ARN nor the file says so
    #[arg(long, value_name = "ACCOUNT", value_parser = account)]
    resource_account: Option<AccountId>,
    /// Show every layer and every statement about the action, also those that made no difference
    #[arg(long)]
    trace: bool,
    #[command(flatten)]
    policies: GivenPolicies,
    #[command(flatten)]
    at: AtArgs,
}

pub(super) fn account(text: &str) -> Result<AccountId, String> {
    AccountId::parse(text).ok_or_else(|| "an account id has twelve digits".to_owned())
}

pub(crate) fn time(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| "expected a time with its offset (2026-11-01T12:00:00Z)".to_owned())
}

pub(crate) fn run(args: &CanArgs, session: &mut Session) -> Result<Exit, CliError> {
    let catalog = session.catalog()?;
    let (action, known_action) = args.unlisted.read(&args.action, &catalog)?;
    let resource = args.resource.as_deref().map(read_resource).transpose()?;
    let given = args.context.read(&catalog)?;
    session.read(&args.at.at, |snapshot, out| {
        let (principal, session_name) = find(snapshot, &args.principal)?;
        let Some(caller) = stored::caller(snapshot, &principal, session_name)? else {
            return Err(is_a_group(snapshot, &principal)?);
        };
        let caller = Caller::Iam(caller);
        let asked = Request {
            caller: caller.clone(),
            action: action.clone(),
            resource: resource.clone().unwrap_or(Resource::Star),
            resource_account: args.resource_account.clone(),
            context: Context::default(),
        };
        let surroundings = stored::surroundings(snapshot, &asked, &catalog)?;
        let resource_account = args.resource_account.clone().or(surroundings.resource_account);
        let layers = PolicyLayers {
            resource: surroundings.resource,
            scp: surroundings.scp,
            rcp: surroundings.rcp,
            settings: surroundings.settings,
            ..stored::policy_layers(snapshot, &principal)?
        };
        let layers = args.policies.join(layers, &asked, snapshot)?;
        if asked.resource == Resource::Star && args.policies.gives_resource_policy() {
            out.warning("the resource `*` has no policy in AWS; the one given was evaluated")?;
        }
        let mut assumed = surroundings.assumed;
        assumed.retain(|&of| of != Assumption::NoResourcePolicy || !layers.is_present(Layer::Resource));
        context::warn_of_unknown_keys(&given, &catalog, out)?;
        let ask = Ask {
            caller: &caller,
            identified: Identified::Caller,
            layers: &layers,
            action,
            resource,
            resource_account,
            assumed,
            surroundings: surroundings.keys,
            given,
            unsaid: if args.closed { Unsaid::Absent } else { Unsaid::Unknown },
            now: args.now.unwrap_or_else(Timestamp::now),
            catalog: &catalog,
            known_action: known_action.as_ref(),
        };
        let reply = reply(&ask).map_err(|error| {
            CliError::new(ErrorKind::Budget, shown(&error.to_string()))
                .hint("say more of the context with `--context KEY=VALUE`, `--absent KEY` or `--closed`")
        })?;
        let detail = if args.trace { report::Detail::Trace } else { report::Detail::Brief };
        report::print(&ask, &reply, detail, out)
    })
}

pub(super) fn read_resource(text: &str) -> Result<Resource, CliError> {
    Resource::parse(text).ok_or_else(|| {
        CliError::new(ErrorKind::Usage, format!("the resource `{}` is neither an ARN nor `*`", shown(text)))
            .hint("an ARN has six fields: `arn:aws:s3:::bucket/key`, `arn:aws:iam::123456789012:user/alice`")
    })
}

/// The principal, and the session's name where the ARN of a role session was given (R-PRN-2). The ARN tells the
/// account of a role whose own is not set.
pub(super) fn find(snapshot: &Snapshot<'_>, text: &str) -> Result<(Principal, Option<String>), CliError> {
    let Some(arn) = Arn::parse(text).filter(|arn| arn.service() == "sts") else {
        return Ok((resolve_principal(snapshot, text)?, None));
    };
    let Some((name, session)) = stored::session_names(&arn) else {
        let message = format!("`{}` is not the ARN of a role session", shown(text));
        return Err(CliError::new(ErrorKind::Usage, message)
            .hint("such an ARN is `arn:aws:sts::123456789012:assumed-role/ROLE/SESSION`"));
    };
    match stored::role_of_session(&arn, snapshot.principals_named(name)?.iter()) {
        Some(role) => Ok((role, Some(session.to_owned()))),
        None => {
            let message = format!("no role `{}` of account {}", shown(name), shown(arn.account()));
            Err(CliError::new(ErrorKind::NotFound, message).hint("`iamdb ls roles` lists the roles"))
        }
    }
}

fn is_a_group(snapshot: &Snapshot<'_>, group: &Principal) -> Result<CliError, CliError> {
    let members = snapshot.members_of(group.key)?;
    let names: Vec<String> = members.iter().map(|member| format!("user/{}", member.name)).collect();
    let error = CliError::new(
        ErrorKind::Usage,
        format!("group/{} makes no requests: its members do", shown(&group.name)),
    );
    Ok(match names.as_slice() {
        [] => error.hint("it has no members; `iamdb join USER GROUP` adds one"),
        names => error.hint(format!("ask about one of {}", quoted_list(names))),
    })
}
