//! `who-can`: everybody who can do something, and by which way.

mod point;
mod table;
mod text;

use jiff::Timestamp;

use super::action::Unlisted;
use super::at::AtArgs;
use super::can::context::{self, ContextArgs};
use super::can::{account, read_resource, time};
use super::error::CliError;
use super::exit::Exit;
use super::output::Wanted;
use super::session::Session;
use crate::arn::AccountId;
use crate::ask::Unsaid;
use crate::catalog::Catalog;
use crate::request::Resource;
use crate::stored::Everyone;
use crate::who_can::{Question, who_can};

use point::Answer;

/// Say who can do something, and by which way
///
/// Everybody is asked: the stored users and roles, the root users of their accounts, and whom the policy of the resource
/// names: services, other accounts, identity providers, everyone. Each gets the answer that `iamdb can` gives: `yes`,
/// `depends` with the condition under which it is yes, or `undecided` where a document is not known. Of another account it
/// is told what the resource lets it do; whether its own policies do is not known here.
///
/// Exit codes: 0 somebody can, 1 nobody can, 2 no answer, 3 somebody may, depending on what was not said.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  iamdb who-can s3:GetObject arn:aws:s3:::payroll/2026.csv
  iamdb who-can sts:AssumeRole arn:aws:iam::111122223333:role/deploy --output csv
  iamdb who-can kms:Decrypt arn:aws:kms:eu-west-1:111122223333:key/k --context aws:SourceIp=203.0.113.9")]
pub(crate) struct WhoCanArgs {
    /// What: `service:Action`
    #[arg(value_name = "ACTION")]
    action: String,
    /// On what: ARNs, or `*` for actions that take no resource
    #[arg(value_name = "RESOURCE")]
    resources: Vec<String>,
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
    /// Name everybody, however many
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    at: AtArgs,
}

pub(crate) fn run(args: &WhoCanArgs, wanted: Wanted, session: &mut Session) -> Result<Exit, CliError> {
    let catalog = Catalog::embedded();
    let (action, known_action) = args.unlisted.read(&args.action, &catalog)?;
    let resources = args.resources.iter().map(|text| read_resource(text)).collect::<Result<Vec<_>, _>>()?;
    let given = args.context.read(&catalog)?;
    let resources = if resources.is_empty() { vec![Resource::Star] } else { resources };
    session.read(&args.at.at, |snapshot, out| {
        context::warn_of_unknown_keys(&given, &catalog, out)?;
        let everyone = Everyone::read(snapshot)?;
        let mut answers = Vec::new();
        for resource in &resources {
            let question = Question {
                action: action.clone(),
                resource: resource.clone(),
                resource_account: args.resource_account.clone(),
                given: given.clone(),
                unsaid: if args.closed { Unsaid::Absent } else { Unsaid::Unknown },
                now: args.now.unwrap_or_else(Timestamp::now),
                catalog: &catalog,
                known_action: known_action.as_ref(),
            };
            let found = who_can(snapshot, &everyone, &question)?;
            answers.push(Answer::of(&question, &everyone, &found));
        }
        let detail = if args.all { text::Detail::Whole } else { text::Detail::Brief };
        match wanted {
            Wanted::Csv => out.bytes(&table::csv(&answers)?)?,
            Wanted::Markdown => out.bytes(table::markdown(&answers).as_bytes())?,
            Wanted::Text | Wanted::Json | Wanted::Junit | Wanted::Sarif => {
                for note in answers.iter().flat_map(|answer| &answer.notes) {
                    out.note(note);
                }
                out.answer(|| text::lines(&answers, detail), || point::object(&answers, catalog.version()))?;
            }
        }
        Ok(point::exit(&answers))
    })
}
