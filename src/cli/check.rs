//! `check`: the custom policy checks of IAM Access Analyzer, offline (R-AA-20 to R-AA-26).

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::alone::{policy_subject, reference_and_policy};
use super::completions::{Offer, offer};
use super::error::{COSTLY, CliError, ErrorKind};
use super::exit::Exit;
use super::output::{FAINT, STRONG};
use super::part::PartArgs;
use super::policy_type::TypeName;
use super::session::Session;
use super::source::Given;
use super::text::{Text, shown};
use super::told::note_unmodelled;
use crate::algebra::Budget;
use crate::analysis::{Analysis, AnalysisError, Blamed, Part, Subject, outsiders};
use crate::compile::Typing;
use crate::request::fold;
use crate::tell::{By, request_json, request_words};

/// Check a policy as IAM Access Analyzer's custom checks do: PASS or FAIL, with reasons
///
/// Each statement that is the reason has a request that was decided by the evaluator. What cannot be decided counts as
/// granted. Exit codes: 0 PASS, 1 FAIL, 2 no answer.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  iamdb check no-new-access new.json reference.json
  iamdb check access-not-granted policy.json --action iam:PassRole --action 'sts:*'
  iamdb check no-public-access bucket.json --resource-type AWS::S3::Bucket")]
pub(crate) struct CheckArgs {
    #[command(subcommand)]
    check: Check,
}

#[derive(Debug, clap::Subcommand)]
enum Check {
    /// Whether a policy allows nothing that an existing or a reference policy does not allow
    NoNewAccess {
        /// The policy to be checked: a file, `-`, a literal {…}, or a stored policy
        #[arg(add = offer(&[Offer::Policies, Offer::Files]))]
        new: String,
        /// The policy that is there, or a reference
        #[arg(add = offer(&[Offer::Policies, Offer::Files]))]
        existing: String,
        /// What both are used as: identity, resource or trust
        #[arg(long = "type", value_name = "TYPE", hide_possible_values = true)]
        policy_type: Option<TypeName>,
    },
    /// Whether a policy allows none of some actions on any of some resources
    AccessNotGranted {
        /// The policy to be checked
        #[arg(add = offer(&[Offer::Policies, Offer::Files]))]
        policy: String,
        #[command(flatten)]
        part: PartArgs,
        /// The same as AWS's CLI takes it: {"actions": […], "resources": […]}
        #[arg(long, value_name = "FILE")]
        access: Option<String>,
        /// What it is used as: identity, resource or trust
        #[arg(long = "type", value_name = "TYPE", hide_possible_values = true)]
        policy_type: Option<TypeName>,
    },
    /// Whether the policy of a resource, or a trust policy, lets in no stranger
    NoPublicAccess {
        /// The policy to be checked
        #[arg(add = offer(&[Offer::Policies, Offer::Files]))]
        policy: String,
        /// Of what it is the policy: AWS::S3::Bucket, AWS::IAM::AssumeRolePolicyDocument, …
        #[arg(long, value_name = "TYPE", value_parser = resource_type)]
        resource_type: String,
    },
}

/// The types of resources that AWS checks (R-AA-25).
const RESOURCE_TYPES: [&str; 26] = [
    "AWS::DynamoDB::Table",
    "AWS::DynamoDB::Stream",
    "AWS::EFS::FileSystem",
    "AWS::OpenSearchService::Domain",
    "AWS::Kinesis::Stream",
    "AWS::Kinesis::StreamConsumer",
    "AWS::KMS::Key",
    "AWS::Lambda::Function",
    "AWS::S3::Bucket",
    "AWS::S3::AccessPoint",
    "AWS::S3Express::DirectoryBucket",
    "AWS::S3Express::AccessPoint",
    "AWS::S3::Glacier",
    "AWS::S3Outposts::Bucket",
    "AWS::S3Outposts::AccessPoint",
    "AWS::SecretsManager::Secret",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
    "AWS::IAM::AssumeRolePolicyDocument",
    "AWS::S3Tables::TableBucket",
    "AWS::S3Tables::Table",
    "AWS::ApiGateway::RestApi",
    "AWS::CodeArtifact::Domain",
    "AWS::Backup::BackupVault",
    "AWS::CloudTrail::Dashboard",
    "AWS::CloudTrail::EventDataStore",
];
/// The one whose policies are trust policies.
const TRUST: &str = "AWS::IAM::AssumeRolePolicyDocument";

fn resource_type(text: &str) -> Result<String, String> {
    match RESOURCE_TYPES.iter().find(|known| known.eq_ignore_ascii_case(text)) {
        Some(known) => Ok((*known).to_owned()),
        None => Err(format!("expected one of {}", RESOURCE_TYPES.join(", "))),
    }
}

/// What is said of an answer.
struct Words {
    pass: &'static str,
    fail: &'static str,
    reason: &'static str,
    /// Where no request shows a reason.
    unshown: &'static str,
}

const ONLY_POSSIBLE: &str = "it is only possible: no request was found that shows it";

const NO_NEW_ACCESS: Words = Words {
    pass: "The modified permissions don't grant new access compared to your existing policy.",
    fail: "The modified permissions grant new access compared to your existing policy.",
    reason: "New access in the statement with",
    unshown: ONLY_POSSIBLE,
};
const NOT_GRANTED: Words = Words {
    pass: "The policy document does not grant access to perform one or more of the listed actions.",
    fail: "The policy document grants access to perform one or more of the listed actions.",
    reason: "One or more of the listed actions in the statement with",
    unshown: ONLY_POSSIBLE,
};
const NOT_PUBLIC: Words = Words {
    pass: "The resource policy does not grant public access for the given resource type.",
    fail: "The resource policy grants public access for the given resource type.",
    reason: "Public access granted in the statement with",
    unshown: "no request was found that shows it: a stranger may be what its patterns want",
};

pub(crate) fn run(args: &CheckArgs, session: &mut Session) -> Result<Exit, CliError> {
    let catalog = session.catalog()?;
    let mut analysis = Analysis::new(&catalog, Typing::Typed, Budget::default());
    match &args.check {
        Check::NoNewAccess { new, existing, policy_type } => {
            let (existing, subject) = reference_and_policy(existing, new, *policy_type, session)?;
            refuse_invalid(&existing)?;
            refuse_invalid(&subject)?;
            let blamed =
                analysis.blamed(&subject, Some(&existing), &Part::default()).map_err(no_answer(new))?;
            print(&NO_NEW_ACCESS, (&subject, Some(&existing)), &blamed, session)
        }
        Check::AccessNotGranted { policy, part, access, policy_type } => {
            let part = match access {
                Some(file) => access_part(file)?,
                None => part.read()?,
            };
            if part == Part::default() {
                return Err(CliError::new(ErrorKind::Usage, "which access must not be granted?")
                    .hint("`--action`, `--resource` or `--access` say it"));
            }
            let (_, subject) = policy_subject(policy, *policy_type, session)?;
            refuse_invalid(&subject)?;
            let blamed = analysis.blamed(&subject, None, &part).map_err(no_answer(policy))?;
            print(&NOT_GRANTED, (&subject, None), &blamed, session)
        }
        Check::NoPublicAccess { policy, resource_type } => {
            let typed = if resource_type == TRUST { TypeName::Trust } else { TypeName::Resource };
            let (_, subject) = policy_subject(policy, Some(typed), session)?;
            refuse_invalid(&subject)?;
            let blamed = public(&mut analysis, &subject).map_err(no_answer(policy))?;
            print(&NOT_PUBLIC, (&subject, None), &blamed, session)
        }
    }
}

/// The statements that let strangers in. Strangers meet a policy without its patterns, so the request that shows it is one
/// that the same stranger may make as the policy is, with what the patterns want.
fn public(analysis: &mut Analysis<'_>, subject: &Subject) -> Result<Vec<Blamed>, AnalysisError> {
    let mut found: Vec<Blamed> = Vec::new();
    for outsider in outsiders(subject) {
        let blamed = analysis.blamed(&outsider, None, &Part::default())?;
        if blamed.is_empty() {
            continue;
        }
        let in_person = Subject { situations: subject.situations.clone(), ..outsider };
        let mut shown = analysis.blamed(&in_person, None, &Part::default())?;
        for one in blamed {
            let same = shown.iter_mut().find(|shown| shown.statement == one.statement);
            let one = Blamed { witness: same.and_then(|same| same.witness.take()), ..one };
            match found.iter_mut().find(|known| known.statement == one.statement) {
                Some(known) if known.witness.is_some() => {}
                Some(known) => *known = one,
                None => found.push(one),
            }
        }
    }
    found.sort_by_key(|blamed| blamed.statement);
    Ok(found)
}

/// The error of a check that has no answer.
fn no_answer(policy: &str) -> impl Fn(AnalysisError) -> CliError {
    move |error| CliError::no_answer(policy, &error, COSTLY)
}

/// The access that must not be granted, as AWS's CLI takes it; a list of one such object is that object.
fn access_part(file: &str) -> Result<Part, CliError> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Access {
        #[serde(default)]
        actions: Vec<String>,
        #[serde(default)]
        resources: Vec<String>,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrList {
        One(Access),
        List([Access; 1]),
    }
    let given = Given::from_file(file)?;
    let read: OneOrList = serde_json::from_str(&given.text).map_err(|error| {
        let message = format!("{}: no access to check: {error}", shown(&given.label));
        CliError::new(ErrorKind::InvalidInput, message)
            .hint("it is {\"actions\": [\"iam:PassRole\"], \"resources\": [\"arn:aws:iam::*:role/*\"]}")
    })?;
    let (OneOrList::One(access) | OneOrList::List([access])) = read;
    PartArgs::new(access.actions, access.resources).read()
}

/// R-AA-21: what AWS would not take is no policy to check.
fn refuse_invalid(subject: &Subject) -> Result<(), CliError> {
    let stacks = subject.situations.iter().map(|situation| &situation.layers);
    let policies = stacks.flat_map(|layers| subject.told.iter().flat_map(|layer| layers.policies(*layer)));
    for policy in policies {
        if let Some(error) = policy.document.iter().find_map(|document| document.parsed.errors().next()) {
            let message = format!(
                "`{}` is not a policy that AWS accepts: {}",
                shown(&policy.name),
                shown(&error.message)
            );
            return Err(CliError::new(ErrorKind::InvalidPolicy, message));
        }
    }
    Ok(())
}

/// The keys that policies test.
fn tested<'s>(subjects: impl Iterator<Item = &'s Subject>) -> BTreeSet<String> {
    let situations = subjects.flat_map(|subject| &subject.situations);
    let statements = situations.flat_map(|situation| situation.layers.statements());
    statements.flat_map(|(_, statement)| &statement.conditions).map(|of| fold(&of.key)).collect()
}

fn print(
    words: &Words,
    (subject, existing): (&Subject, Option<&Subject>),
    blamed: &[Blamed],
    session: &mut Session,
) -> Result<Exit, CliError> {
    note_unmodelled([subject], &mut session.out);
    let (result, message, exit) = match blamed {
        [] => ("PASS", words.pass, Exit::Yes),
        _ => ("FAIL", words.fail, Exit::No),
    };
    let statement = |blamed: &Blamed| {
        subject.situations.get(blamed.situation).and_then(|of| of.layers.statement(blamed.statement))
    };
    let description = |blamed: &Blamed| match statement(blamed).map(|of| (of.index, of.sid.as_ref())) {
        Some((_, Some(sid))) => format!("{} sid: {sid}.", words.reason),
        Some((index, None)) => format!("{} index: {index}.", words.reason),
        None => words.reason.to_owned(),
    };
    let tested = tested([subject].into_iter().chain(existing));
    let text = || {
        let mut lines = vec![Text::styled(STRONG, result).and(format!("  {message}"))];
        for blamed in blamed {
            lines.push(format!("  {}", shown(&description(blamed))).into());
            lines.push(Text::from("    ").and(Text::styled(FAINT, &shown(&example(words, blamed, &tested)))));
        }
        lines
    };
    let reason = |blamed: &Blamed| -> Json {
        let mut object = json!({ "description": description(blamed) });
        if let Some(statement) = statement(blamed) {
            object["statementIndex"] = json!(statement.index);
            if let Some(sid) = &statement.sid {
                object["statementId"] = json!(sid);
            }
        }
        object["standing"] = json!(blamed.standing.name());
        object["witness"] =
            blamed.witness.as_ref().map(|witness| request_json(&witness.request)).unwrap_or_default();
        object
    };
    let reasons = || blamed.iter().map(reason).collect::<Vec<_>>();
    session.out.answer(text, || json!({ "result": result, "message": message, "reasons": reasons() }))?;
    Ok(exit)
}

/// The request for which a statement is blamed, with what it says of the keys that are tested.
fn example(words: &Words, blamed: &Blamed, tested: &BTreeSet<String>) -> String {
    let Some(witness) = &blamed.witness else {
        return words.unshown.to_owned();
    };
    let keys = witness.request.context.iter().map(|(key, _)| fold(key));
    let others = keys.filter(|key| !tested.contains(key)).collect();
    let mut example = format!("e.g. {}", request_words(&witness.request, By::Anyone, &others));
    if let Some(standing) = blamed.standing.words() {
        example.push_str(&format!(", {standing}"));
    }
    example
}
