//! `validate`: the published policy checks of IAM Access Analyzer, offline.

mod baseline;
mod files;
mod fingerprint;
mod github;
mod junit;
mod list;
mod places;
mod principal;
mod report;
mod sarif;
mod suppress;

use clap::ValueEnum;
use jiff::Timestamp;

use super::completions::{Offer, offer};
use super::error::{CliError, ErrorKind};
use super::exit::Exit;
use super::output::Wanted;
use super::policy_type::Guess;
use super::policy_type::TypeName;
use super::session::Session;
use super::text::{count, shown};
use crate::analysis::AnalysisError;
use crate::policy::PolicyType;
use crate::validate::{Finding, FindingType, Options, RESOURCE_TYPES, ResourceType, ScpGrammar, Validator};

use files::Document;

/// Find errors, risks and slips in policies, as IAM Access Analyzer does
///
/// Every check that can be decided offline: the grammar, what exists in AWS's services, and what a policy means. Each
/// finding has AWS's code, its place, and what to write instead. `--list` shows all checks.
///
/// A policy is a JSON file, `-` for stdin, a literal {…}, or a stored policy. Policies inside CloudFormation templates
/// and what `terraform show -json` prints are found, and those of all files in a folder. Whether a policy is that of an identity, a resource or a role is seen from its principals.
///
/// Exit codes: 0 no findings, 1 findings, 2 a file could not be read; `--fail-on` says which findings count.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  iamdb validate deploy.json
  iamdb validate policies/ --fail-on security-warning
  iamdb validate bucket.json --resource-type AWS::S3::Bucket
  iamdb validate scps/ --type scp --output sarif > findings.sarif
  iamdb validate policies/ --write-baseline baseline.json
  iamdb validate policies/ --baseline baseline.json --suppress accepted.json --output github
  iamdb validate --principal role/deploy
  iamdb validate --list")]
pub(crate) struct ValidateArgs {
    /// Files, folders, `-`, literals {…}, or stored policies
    #[arg(value_name = "POLICY", required_unless_present_any = ["list", "principal"],
        add = offer(&[Offer::Policies, Offer::Files]))]
    policies: Vec<String>,
    /// Find what the policies of a stored user or role come to together: those that do nothing beside the others and
    /// under what limits them, and ways in which it can give itself more permissions
    #[arg(long, value_name = "PRINCIPAL", add = offer(&[Offer::Users, Offer::Roles]), conflicts_with_all = ["policies", "policy_type", "resource_type"])]
    principal: Option<String>,
    /// What they are used as: identity, boundary, session, resource, trust, scp, rcp or vpc-endpoint
    #[arg(long = "type", value_name = "TYPE", hide_possible_values = true)]
    policy_type: Option<TypeName>,
    /// Of what they are the policies: AWS::S3::Bucket, AWS::IAM::AssumeRolePolicyDocument, …
    #[arg(long, value_name = "TYPE", value_parser = resource_type, conflicts_with = "policy_type")]
    resource_type: Option<&'static ResourceType>,
    /// The least that makes the exit code 1: error, security-warning, warning, suggestion or none
    #[arg(long, value_name = "LEVEL", default_value = "suggestion", hide_possible_values = true)]
    fail_on: FailOn,
    /// Leave out the findings in this file, which were there before
    #[arg(long, value_name = "FILE")]
    baseline: Option<String>,
    /// Write down the findings as a baseline, and let none of them count
    #[arg(long, value_name = "FILE", conflicts_with = "baseline")]
    write_baseline: Option<String>,
    /// Leave out what is accepted in this file: codes with a reason and an expiry, perhaps a file and a Sid
    #[arg(long, value_name = "FILE")]
    suppress: Option<String>,
    /// The time from which on policies are looked at, and suppressions; now, unless given
    #[arg(long, value_name = "TIME", value_parser = super::at::time)]
    now: Option<Timestamp>,
    /// Check service control policies by the grammar before September 2025
    #[arg(long)]
    legacy_scp: bool,
    /// Show every check: its code, how bad it is, what it is about and what decides it
    #[arg(long, conflicts_with = "policies")]
    list: bool,
}

/// Which findings count for the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// What AWS does not accept, or what does not work
    Error,
    /// Also what allows more than it should
    SecurityWarning,
    /// Also what does not do what it seems to
    Warning,
    /// Also what could be written better
    Suggestion,
    /// Nothing
    None,
}

impl FailOn {
    fn counts(self, found: FindingType) -> bool {
        let least = match self {
            FailOn::Error => FindingType::Error,
            FailOn::SecurityWarning => FindingType::SecurityWarning,
            FailOn::Warning => FindingType::Warning,
            FailOn::Suggestion => FindingType::Suggestion,
            FailOn::None => return false,
        };
        found >= least
    }
}

fn resource_type(text: &str) -> Result<&'static ResourceType, String> {
    ResourceType::parse(text).ok_or_else(|| {
        let names: Vec<&str> = RESOURCE_TYPES.iter().map(|known| known.name).collect();
        format!("expected one of {}", names.join(", "))
    })
}

/// A document with what was found in it.
struct Checked {
    document: Document,
    options: Options,
    findings: Vec<Finding>,
}

pub(crate) fn run(args: &ValidateArgs, wanted: Wanted, session: &mut Session) -> Result<Exit, CliError> {
    if args.list {
        list::print(session)?;
        return Ok(Exit::Yes);
    }
    let catalog = session.catalog()?;
    let now = args.now.unwrap_or_else(Timestamp::now);
    let validator = Validator::new(&catalog).since(now);
    let mut checked = Vec::new();
    let (mut open, mut unproved, mut unreadable) = (0, 0, 0);
    for argument in &args.policies {
        for document in files::read(argument, &mut unreadable, session)? {
            let options = options(args, &document);
            let mut findings = validator.validate(&document.text, &options);
            let all = findings.len();
            findings.retain(|found| {
                !found.locations.iter().any(|place| document.is_open(found.code, place.span))
            });
            open += all - findings.len();
            unproved += usize::from(document.has_open_parts());
            match proved(&validator, &document, &options) {
                Ok(proved) => findings.extend(proved),
                Err(error) => {
                    session.out.note(&format!("{}: not all is proved: {error}", shown(&document.label)))
                }
            }
            findings.sort_by_key(Finding::span);
            checked.push(Checked { document, options, findings });
        }
    }
    if open > 0 {
        let found = count(open, "finding", "findings");
        session.out.note(&format!("left out, as templates leave open what stands there: {found}"));
    }
    if unproved > 0 {
        let policies = count(unproved, "policy", "policies");
        session.out.note(&format!(
            "nothing is proved of {policies} with functions of templates, but that anybody is let in where only the resources are left open"
        ));
    }
    if let Some(name) = &args.principal {
        checked = principal::checked(name, &validator, &catalog, session)?;
    } else if checked.is_empty() {
        return Err(CliError::new(ErrorKind::NotFound, "there is no policy in these files")
            .hint("a policy is a JSON object with a `Statement`, or inside a template or a plan"));
    }
    if let Some(path) = &args.suppress {
        suppress::leave_out(path, now, &mut checked, session)?;
    }
    if let Some(path) = &args.baseline {
        baseline::leave_out(path, &mut checked, session)?;
    }
    if let Some(path) = &args.write_baseline {
        baseline::write(path, &checked, session)?;
    }
    match wanted {
        Wanted::Sarif => session.out.bytes(sarif::written(&checked).as_bytes())?,
        Wanted::Github => session.out.bytes(github::written(&checked).as_bytes())?,
        Wanted::Junit => session.out.bytes(&junit::written(&checked)?)?,
        Wanted::Text | Wanted::Json | Wanted::Markdown | Wanted::Csv => {
            session.out.answer(|| report::text(&checked), || report::json(&checked))?;
        }
    }
    let mut found = checked.iter().flat_map(|checked| &checked.findings);
    let counts = found.any(|found| args.fail_on.counts(found.finding_type));
    Ok(match counts && args.write_baseline.is_none() {
        _ if unreadable > 0 => Exit::CouldNotAnswer,
        true => Exit::No,
        false => Exit::Yes,
    })
}

/// What the algebra finds. Where a template leaves resources open and nothing else, that is whom the policy lets in on its
/// own; where it leaves more open, nothing.
fn proved(
    validator: &Validator<'_>,
    document: &Document,
    options: &Options,
) -> Result<Vec<Finding>, AnalysisError> {
    if !document.has_open_parts() {
        return validator.prove(&document.text, options);
    }
    let Some(text) = document.on_any_resource() else { return Ok(Vec::new()) };
    let mut found = validator.prove(&text, options)?;
    found.retain(|finding| finding.code == "PUBLIC_ACCESS");
    // Which resource that is, is not known.
    found.iter_mut().for_each(|finding| finding.example = None);
    Ok(found)
}

fn options(args: &ValidateArgs, document: &Document) -> Options {
    let guessed = || Guess::of(&document.text).map_or(PolicyType::Identity, Guess::policy_type);
    let policy_type = match (args.resource_type, args.policy_type) {
        (Some(of), _) => of.policy_type(),
        (None, Some(name)) => name.policy_type(),
        (None, None) => document.policy_type().unwrap_or_else(guessed),
    };
    let scp_grammar = if args.legacy_scp { ScpGrammar::BeforeSeptember2025 } else { ScpGrammar::Full };
    Options { policy_type, resource_type: args.resource_type, scp_grammar }
}

/// `2 errors, 1 suggestion in 3 policies`.
fn summary(checked: &[Checked]) -> String {
    let of = |wanted: FindingType| {
        checked
            .iter()
            .flat_map(|checked| &checked.findings)
            .filter(|found| found.finding_type == wanted)
            .count()
    };
    let words = |found: FindingType| match found {
        FindingType::Error => ("error", "errors"),
        FindingType::SecurityWarning => ("security warning", "security warnings"),
        FindingType::Warning => ("warning", "warnings"),
        FindingType::Suggestion => ("suggestion", "suggestions"),
    };
    let counted: Vec<String> = FindingType::ALL
        .into_iter()
        .filter(|found| of(*found) > 0)
        .map(|found| count(of(found), words(found).0, words(found).1))
        .collect();
    let policies = count(checked.len(), "policy", "policies");
    match counted.is_empty() {
        true => format!("no findings in {policies}"),
        false => format!("{} in {policies}", counted.join(", ")),
    }
}
