//! `minimize`: the smallest policy found that is proved to mean the same.

use serde_json::json;

use super::alone::policy_subject;
use super::completions::{Offer, offer};
use super::error::{COSTLY, CliError, ErrorKind};
use super::exit::Exit;
use super::policy_type::TypeName;
use super::session::Session;
use super::text::shown;
use crate::algebra::Budget;
use crate::analysis::{Analysis, Subject};
use crate::compile::Typing;
use crate::layers::LayerPolicy;

/// Print the smallest policy found that is proved to mean the same
///
/// Statements are joined, and statements, entries, conditions and Sids are left out as long as the policy means the
/// same wherever it is attached: it denies the same and allows the same besides. Sizes are in IAM's count of
/// characters, without blanks.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  iamdb minimize my-repo.json > smaller.json
  iamdb minimize trust.json --type trust")]
pub(crate) struct MinimizeArgs {
    /// A file, `-`, a literal {…}, or a stored policy
    #[arg(add = offer(&[Offer::Policies, Offer::Files]))]
    policy: String,
    /// What it is used as: identity, boundary, session, resource, trust, scp, rcp or vpc-endpoint
    #[arg(long = "type", value_name = "TYPE", hide_possible_values = true)]
    policy_type: Option<TypeName>,
}

pub(crate) fn run(args: &MinimizeArgs, session: &mut Session) -> Result<Exit, CliError> {
    let (label, subject) = policy_subject(&args.policy, args.policy_type, session)?;
    let Some((policy, text)) = told(&subject) else {
        return Err(CliError::new(ErrorKind::NotFound, format!("`{}` has no document", shown(&label))));
    };
    let catalog = session.catalog()?;
    let mut analysis = Analysis::new(&catalog, Typing::Typed, Budget::default());
    let found = analysis
        .minimize(text, policy.policy_type)
        .map_err(|error| CliError::no_answer(&label, &error, COSTLY))?;
    let (before, size) = (found.before, found.size);
    session.out.document(&format!("{}\n", found.text), || {
        let policy: serde_json::Value = serde_json::from_str(&found.text).unwrap_or_default();
        json!({ "policy": policy, "size": size, "before": before })
    })?;
    session.out.note(&format!("{before} characters before, {size} now; proved to mean the same"));
    Ok(Exit::Yes)
}

/// The one policy that a subject is about.
fn told(subject: &Subject) -> Option<(&LayerPolicy, &str)> {
    let layer = *subject.told.first()?;
    let policy = subject.situations.first()?.layers.policy_at(layer, 0)?;
    Some((policy, &policy.document.as_ref()?.text))
}
