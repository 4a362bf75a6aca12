//! `effective`: everything that a principal may do, or that a policy allows.

mod policy;
mod report;

use super::alone::policy_subject;
use super::at::AtArgs;
use super::completions::{Offer, offer};
use super::context::{self, ContextArgs};
use super::error::{CliError, RESTRICT};
use super::exit::Exit;
use super::name::label;
use super::part::PartArgs;
use super::policy_type::TypeName;
use super::resolve::resolve_caller;
use super::session::Session;
use super::text::shown;
use super::told::{note_assumed, note_unmodelled};
use crate::algebra::Budget;
use crate::analysis::{Analysis, Effective, Part, Subject};
use crate::catalog::Catalog;
use crate::compile::Typing;
use crate::request::Value;
use crate::store::PrincipalKind;
use crate::stored;
use crate::tell::{Detail, Direction, Teller, Told};

/// Say everything that a principal may do, exactly
///
/// The answer is in the patterns of the policies themselves: what is allowed, what has to allow it besides, what is
/// taken out, and which statements say so. Of a group it is what its members get. The policies of stored resources and
/// the trust policies of stored roles count, too. Of a KMS key, a role or a resource of another account that is not stored
/// it is told that its own policy has to allow it as well; any other is taken to have none.
///
/// With `--resource` and no `--action` it is what can be about such resources: all actions of their service, and what the
/// catalogue knows of others, as sts:AssumeRole on a role.
///
/// A statement that comes to nothing is listed apart, with what stops it.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  iamdb effective alice
  iamdb effective role/deploy --action 's3:*' --context aws:SourceIp=203.0.113.9
  iamdb effective alice --policy > alice.json
  iamdb effective --policy-file my-repo.json --expand")]
pub(crate) struct EffectiveArgs {
    /// Who: alice, user/alice, role/deploy, group/devs, an ARN, or the ARN of a role session
    #[arg(required_unless_present = "policy_file", conflicts_with = "policy_file", add = offer(&[Offer::Users, Offer::Roles, Offer::Groups]))]
    principal: Option<String>,
    /// What one policy allows by itself: a file, `-`, a literal {…}, or a stored policy
    #[arg(long, value_name = "POLICY", add = offer(&[Offer::Policies, Offer::Files]))]
    policy_file: Option<String>,
    /// What that policy is used as: identity, boundary, session, resource, trust, scp, rcp or vpc-endpoint
    #[arg(long = "type", value_name = "TYPE", hide_possible_values = true, requires = "policy_file")]
    policy_type: Option<TypeName>,
    #[command(flatten)]
    part: PartArgs,
    #[command(flatten)]
    context: ContextArgs,
    /// Show long lists whole, and the actions of the catalogue in each clause
    #[arg(long)]
    expand: bool,
    /// Print one policy that means the same, in the place of the principal's own policies, boundary and SCPs
    #[arg(long)]
    policy: bool,
    #[command(flatten)]
    at: AtArgs,
}

/// An answer.
struct Answer {
    who: String,
    subject: Subject,
    part: Part,
    effective: Effective,
    told: Vec<Told>,
    /// The actions of the catalogue in each clause, where they were asked for.
    actions: Vec<Vec<String>>,
    detail: Detail,
    catalogue: String,
}

pub(crate) fn run(args: &EffectiveArgs, session: &mut Session) -> Result<Exit, CliError> {
    let catalog = session.catalog()?;
    let part = args.part.read_possible(&catalog, &mut session.out)?;
    let given = args.context.read(&catalog)?;
    let (who, subject) = args.subject(session, &catalog, &part, &given)?;
    note_unmodelled([&subject], &mut session.out);
    context::warn_of_unknown_keys(&given, &catalog, &mut session.out)?;
    let subject = subject.with_context(&given);
    let mut analysis = Analysis::new(&catalog, Typing::Typed, Budget::default());
    let effective =
        analysis.effective(&subject, &part).map_err(|error| CliError::no_answer(&who, &error, RESTRICT))?;
    let teller = Teller::of(&catalog, &subject).within_part(&part);
    let told = effective.clauses.iter().map(|clause| teller.tell(clause, Direction::Held)).collect();
    let mut actions = Vec::new();
    for clause in effective.clauses.iter().filter(|_| args.expand) {
        actions.push(
            analysis.known_actions(clause).map_err(|error| CliError::no_answer(&who, &error, RESTRICT))?,
        );
    }
    let answer = Answer {
        who,
        told,
        actions,
        part,
        effective,
        detail: if args.expand { Detail::Whole } else { Detail::Brief },
        catalogue: catalog.version().to_owned(),
        subject: subject.clone(),
    };
    if args.policy {
        return policy::print(&answer, &mut analysis, session);
    }
    report::print(&answer, &teller, &mut session.out)
}

impl EffectiveArgs {
    /// Whom or what the answer is about, and what it is called.
    fn subject(
        &self,
        session: &mut Session,
        catalog: &Catalog,
        part: &Part,
        given: &[(String, Option<Value>)],
    ) -> Result<(String, Subject), CliError> {
        let Some(principal) = &self.principal else {
            let argument = self.policy_file.as_deref().unwrap_or_default();
            return policy_subject(argument, self.policy_type, session);
        };
        session.read(&self.at.at, |snapshot, out| {
            let (principal, name) = resolve_caller(snapshot, principal)?;
            let mut who = label(&principal);
            if let (PrincipalKind::Role, Some(name)) = (principal.kind, &name) {
                who.push_str(&format!(" (session {})", shown(name)));
            }
            let subject = stored::subject(snapshot, &principal, name, catalog, part)?;
            let endpoint = stored::endpoint(snapshot, given)?;
            note_assumed(&endpoint, out);
            Ok((who, subject.through(&endpoint.policies)))
        })
    }
}
