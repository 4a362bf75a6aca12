//! `can`: one question, answered with its reasons.

mod given;
pub(super) mod report;

use super::at::AtArgs;
use super::completions::{Offer, offer};
use super::context;
use super::error::{CliError, ErrorKind};
use super::exit::Exit;
use super::question::{QuestionArgs, read_resource};
use super::resolve::resolve_caller;
use super::session::Session;
use super::text::{quoted_list, shown};
use crate::ask::{Ask, reply};
use crate::caller::Caller;
use crate::knowledge::Identified;
use crate::layers::{Layer, PolicyLayers};
use crate::request::{Context, Request, Resource};
use crate::store::{Principal, Snapshot};
use crate::stored::{self, Assumption};
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
    question: QuestionArgs,
    /// Show every layer and every statement about the action, also those that made no difference
    #[arg(long)]
    trace: bool,
    #[command(flatten)]
    policies: GivenPolicies,
    #[command(flatten)]
    at: AtArgs,
}

pub(crate) fn run(args: &CanArgs, session: &mut Session) -> Result<Exit, CliError> {
    let catalog = session.catalog()?;
    let (action, known_action) = args.question.unlisted.read(&args.action, &catalog)?;
    let resource = args.resource.as_deref().map(read_resource).transpose()?;
    let given = args.question.context.read(&catalog)?;
    session.read(&args.at.at, |snapshot, out| {
        let (principal, session_name) = resolve_caller(snapshot, &args.principal)?;
        let Some(caller) = stored::caller(snapshot, &principal, session_name)? else {
            return Err(is_a_group(snapshot, &principal)?);
        };
        let caller = Caller::Iam(caller);
        let asked = Request {
            caller: caller.clone(),
            action: action.clone(),
            resource: resource.clone().unwrap_or(Resource::Star),
            resource_account: args.question.resource_account.clone(),
            context: Context::default(),
        };
        let endpoint = stored::endpoint(snapshot, &given)?;
        let surroundings = stored::surroundings(snapshot, &asked, &catalog)?.through(&endpoint);
        let PolicyLayers { identity, boundary, .. } = stored::policy_layers(snapshot, &principal)?;
        let layers = PolicyLayers { identity, boundary, ..surroundings.layers };
        let layers = args.policies.join(layers, &asked, snapshot)?;
        if asked.resource == Resource::Star && args.policies.gives_resource_policy() {
            out.warning("the resource `*` has no policy in AWS; the one given was evaluated")?;
        }
        let mut assumed = surroundings.assumed;
        assumed.retain(|of| match of {
            Assumption::NoResourcePolicy => !layers.is_present(Layer::Resource),
            Assumption::NoVpcEndpoint => !layers.is_present(Layer::VpcEndpoint),
            Assumption::OnlyAccount | Assumption::OwnAccount => true,
        });
        context::warn_of_unknown_keys(&given, &catalog, out)?;
        let ask = Ask {
            caller: &caller,
            identified: Identified::Caller,
            layers: &layers,
            action,
            resource,
            resource_account: surroundings.resource_account,
            assumed,
            surroundings: surroundings.keys,
            given,
            unsaid: args.question.unsaid(),
            now: args.question.made_at(),
            catalog: &catalog,
            known_action: known_action.as_ref(),
        };
        let reply = reply(&ask).map_err(|error| {
            let advice = "say more of the context with `--context KEY=VALUE`, `--absent KEY` or `--closed`";
            CliError::no_answer(&args.principal, &error, advice)
        })?;
        let detail = if args.trace { report::Detail::Trace } else { report::Detail::Brief };
        report::print(&ask, &reply, detail, out)
    })
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
