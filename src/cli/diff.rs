//! `diff`: what two policies, or two folders, templates or plans of them, allow that the other does not.
//!
//! `meaning` turns an argument into policies, `pair` puts those of both sides beside each other and asks the analysis,
//! and one file for each form of the answer writes it.

mod beside;
mod estate;
mod fail_on;
mod json;
mod markdown;
mod pair;
mod plan;
mod sarif;
mod template;
mod text;

use super::at::When;
use super::completions::{Offer, offer};
use super::error::{COSTLY, CliError, ErrorKind};
use super::exit::Exit;
use super::meaning::meaning;
use super::output::Wanted;
use super::part::PartArgs;
use super::policy_type::TypeName;
use super::session::Session;
use super::told::note_unmodelled;
use crate::algebra::Budget;
use crate::analysis::{Analysis, Diff, Part, Subject};
use crate::compile::Typing;
use crate::store::At;
use crate::tell::Detail;

use beside::Beside;
use fail_on::FailOn;
use pair::{Compared, Denials, Pair};

/// Say what was gained and what was lost between two policies, or two times
///
/// A policy is a JSON file, `-` for stdin, a literal {…}, or a stored policy: its name or ARN, one of its versions
/// (my-repo@v1), or what it was at some time (my-repo@2026-10-01). A principal is compared with all that decides for it:
/// alice@2026-10-01, role/deploy. With two folders, files of the same name are compared; with two CloudFormation
/// templates, the policies of one resource, as far as what they leave open is the same.
///
/// `A..B` and `--since TIME` compare the whole database: whose access changed, those alike together, and by which
/// changes; users and roles that are new or gone are told apart from new access of old ones.
///
/// `--plan PLAN.json` compares the policies of a Terraform plan, as `terraform show -json` prints it, before and after,
/// each under the address of its resource: identity, trust and resource policies, SCPs and RCPs. What is attached to
/// whom is not compared. What is known only once it is deployed is named, and leaves the answer open.
///
/// Policies that only deny are compared beside another policy that allows everything, as AWS has SCPs beside
/// FullAWSAccess; others by themselves, and it is said where they deny other policies something else than before.
///
/// The policy of a resource is compared for callers of other accounts, and for those of the resource's own account, where
/// a grant to a principal itself needs no policy of its own, and may reach beyond its boundary and session policy.
///
/// The answer is exact: EQUIVALENT is a proof, and every difference has a request that was decided on both sides. What
/// is only possible is said to be.
///
/// Exit codes: 0 equivalent, 1 different, 2 no answer, 3 it may be different; `--fail-on` says what counts as
/// different.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  iamdb diff old.json new.json
  iamdb diff my-repo@v1 my-repo
  iamdb diff alice@2026-10-01 alice
  iamdb diff my-repo@2026-10-01 my-repo.json --fail-on gained:write
  iamdb diff --since 2026-10-01
  iamdb diff 2026-01-31..2026-06-30 role/deploy
  iamdb diff --type scp main/scps/ scps/ --output markdown
  iamdb diff old/template.yaml new/template.yaml
  terraform show -json tf.plan | iamdb diff --plan - --output markdown
  git show main:policy.json | iamdb diff - policy.json --output sarif > access.sarif")]
pub(crate) struct DiffArgs {
    /// What is compared with; or two times of the whole database, A..B, each a time or a change number; with --since a
    /// user or role, to be told of it only
    #[arg(required_unless_present_any = ["since", "plan"], value_name = "OLD|A..B", add = offer(&[Offer::Users, Offer::Roles, Offer::Policies, Offer::Files]))]
    old: Option<String>,
    /// What is compared; with A..B a user or role, to be told of it only
    #[arg(add = offer(&[Offer::Users, Offer::Roles, Offer::Policies, Offer::Files]))]
    new: Option<String>,
    /// Compare the whole database with what it was then
    #[arg(long, value_name = "TIME|CHANGE", value_parser = super::at::parse)]
    since: Option<When>,
    /// Compare the policies of a Terraform plan before and after: a file that `terraform show -json` printed, or `-`
    #[arg(long, value_name = "PLAN.json", conflicts_with_all = ["old", "new", "since", "policy_type"])]
    plan: Option<String>,
    /// What the policies are used as: identity, boundary, session, resource, trust, scp, rcp or vpc-endpoint [default:
    /// identity; with a principal in them resource or trust]
    #[arg(long = "type", value_name = "TYPE", hide_possible_values = true)]
    policy_type: Option<TypeName>,
    #[command(flatten)]
    part: PartArgs,
    /// What counts as different: any, gained, gained:LEVEL (list, read, tagging, write or permissions-management, or
    /// worse), lost or none
    #[arg(long, value_name = "WHAT", default_value = "any", value_parser = FailOn::parse)]
    fail_on: FailOn,
    /// Exit with 0 whatever differs
    #[arg(long)]
    exit_zero: bool,
    /// Show long lists whole
    #[arg(long)]
    expand: bool,
    /// Let keys hold what AWS says they never do: a date of no date, several values for one
    #[arg(long)]
    untyped: bool,
}

/// A difference as it is told.
struct Answer {
    pairs: Vec<Compared>,
    /// Whether folders were compared: then there are names to tell apart.
    layout: Layout,
    /// The addresses of policies that a plan or a template does not say.
    unknown: Vec<String>,
    /// About which requests.
    part: Part,
    /// The version of the catalogue.
    catalogue: String,
}

/// What was compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// Two policies.
    One,
    /// Two folders or templates, or both sides of a plan.
    Many,
}

pub(crate) fn run(args: &DiffArgs, wanted: Wanted, session: &mut Session) -> Result<Exit, CliError> {
    let part = args.part.read()?;
    if let Some(plan) = &args.plan {
        let compared = plan::pairs(plan, &mut session.out)?;
        return answer(args, compared, Layout::Many, part, wanted, session);
    }
    let (old, new) = match (args.since, args.old.as_deref(), args.new.as_deref()) {
        (Some(since), None, None) => return estate::run(args, (since, When(At::Now)), None, wanted, session),
        (Some(since), Some(who), None) => {
            return estate::run(args, (since, When(At::Now)), Some(who), wanted, session);
        }
        (None, Some(old), new) => match (super::at::range(old), new) {
            (Ok(range), who) => return estate::run(args, range, who, wanted, session),
            (Err(_), Some(new)) => (meaning(old, session)?, meaning(new, session)?),
            (Err(_), None) => return Err(nothing_to_compare()),
        },
        _ => return Err(nothing_to_compare()),
    };
    let (pairs, unknown, layout) = pair::pairs(old, new, args.policy_type, &mut session.out)?;
    answer(args, (pairs, unknown), layout, part, wanted, session)
}

/// Compares, and prints what came of it.
fn answer(
    args: &DiffArgs,
    (pairs, unknown): (Vec<Pair>, Vec<String>),
    layout: Layout,
    part: Part,
    wanted: Wanted,
    session: &mut Session,
) -> Result<Exit, CliError> {
    let catalog = session.catalog()?;
    let typing = if args.untyped { Typing::Untyped } else { Typing::Typed };
    note_unmodelled(pairs.iter().flat_map(|pair| [&pair.old, &pair.new]), &mut session.out);
    let mut compared = Vec::new();
    for pair in pairs.into_iter().map(Pair::compared) {
        let diff = |[old, new]: [&Subject; 2]| {
            let mut analysis = Analysis::new(&catalog, typing, Budget::default());
            analysis.diff(old, new, &part).map_err(|error| CliError::no_answer(&pair.label(), &error, COSTLY))
        };
        let found = diff([&pair.old, &pair.new])?;
        let denials = match &pair.beside {
            Beside::Mentioned(sides) if is_equal(&found) && !is_equal(&diff(sides.each_ref())?) => {
                Denials::Changed
            }
            _ => Denials::Same,
        };
        compared.push(Compared::of(pair, &found, denials, &part, &catalog));
    }
    let answer = Answer { pairs: compared, layout, unknown, part, catalogue: catalog.version().to_owned() };
    let detail = if args.expand { Detail::Whole } else { Detail::Brief };
    match wanted {
        Wanted::Markdown => session.out.bytes(markdown::written(&answer, detail).as_bytes())?,
        Wanted::Sarif => session.out.bytes(sarif::written(&answer)?.as_bytes())?,
        Wanted::Text | Wanted::Json | Wanted::Junit | Wanted::Csv | Wanted::Github => {
            let (lines, is_cut) = text::lines(&answer, detail);
            if is_cut {
                session.out.note("long lists are cut; `--expand` shows all");
            }
            session.out.answer(|| lines, || json::object(&answer))?;
        }
    }
    let gained = answer.pairs.iter().flat_map(|pair| &pair.gained);
    let exit = args.fail_on.exit(gained, answer.pairs.iter().flat_map(|pair| &pair.lost));
    let exit = if answer.unknown.is_empty() { exit } else { args.fail_on.exit_of_unknown(exit) };
    Ok(if args.exit_zero { Exit::Yes } else { exit })
}

fn is_equal(diff: &Diff) -> bool {
    diff.gained.is_empty() && diff.lost.is_empty()
}

fn nothing_to_compare() -> CliError {
    CliError::new(ErrorKind::Usage, "there is nothing to compare")
        .hint("`iamdb diff OLD NEW` compares two policies, `iamdb diff A..B` the database at two times")
}
