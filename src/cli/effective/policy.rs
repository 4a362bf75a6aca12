//! `--policy`: one policy that means the same, printed only where that is proved.

use serde_json::json;

use super::super::error::{CliError, ErrorKind, RESTRICT};
use super::super::exit::Exit;
use super::super::session::Session;
use super::super::text::{quoted_list, shown};
use super::Answer;
use crate::analysis::{Analysis, Side, Subject};
use crate::layers::LayerPolicy;
use crate::policy::{Effect, PolicyType, Statement};
use crate::tell::{Detail, Grammar, policy_of};

pub(super) fn print(
    answer: &Answer,
    analysis: &mut Analysis<'_>,
    session: &mut Session,
) -> Result<Exit, CliError> {
    if !answer.effective.undecided.is_empty() {
        let message = format!(
            "no policy says what is allowed: the document of {} is not known",
            quoted_list(answer.subject.unknown())
        );
        return Err(CliError::new(ErrorKind::Conflict, message)
            .hint("`iamdb import` or `iamdb attach` brings it; without `--policy` what is known is told"));
    }
    let (policy, amiss) = policy_of(&answer.told, denies(answer));
    let mut error = None;
    for (nth, why) in amiss {
        let words = answer.told.get(nth).map(|told| told.words(Detail::Brief).heading).unwrap_or_default();
        let why = match why {
            Grammar::SeveralLists => "it is in one list and not in another, or in several",
            Grammar::SameTest => "one operator would stand on one key twice",
            Grammar::Fits | Grammar::TooManyWays => "there are too many ways to meet its limits",
        };
        let message = format!("no Allow statement says what is allowed of {}: {why}", shown(&words));
        error.get_or_insert_with(|| CliError::new(ErrorKind::Conflict, message));
    }
    if let Some(error) = error {
        return Err(error.hint("`--action` and `--resource` ask for a part; without `--policy` all is told"));
    }
    let text = format!("{:#}\n", policy.to_json());
    let candidate = answer.subject.with_only(&layer_policy(&text));
    let is_proved = analysis
        .is_equivalent(&answer.subject, &candidate, &answer.part)
        .map_err(|error| CliError::no_answer(&answer.who, &error, RESTRICT))?;
    if !is_proved {
        return Err(differs(answer, analysis, &candidate)?);
    }
    session.out.document(&text, || json!({ "subject": answer.who, "policy": policy.to_json() }))?;
    Ok(Exit::Yes)
}

/// The statements that take something out of the clauses.
fn denies(answer: &Answer) -> Vec<&Statement> {
    let boxes = answer.effective.clauses.iter().flat_map(|clause| &clause.except);
    let denies = boxes.filter(|of| of.statement.effect == Effect::Deny && of.side == Side::Old);
    denies
        .filter_map(|of| answer.subject.situations.get(of.situation)?.layers.statement(of.statement))
        .collect()
}

/// The error of a policy that does not say the same, with an example.
fn differs(answer: &Answer, analysis: &mut Analysis<'_>, candidate: &Subject) -> Result<CliError, CliError> {
    let diff = analysis
        .diff(&answer.subject, candidate, &answer.part)
        .map_err(|error| CliError::no_answer(&answer.who, &error, RESTRICT))?;
    let example = diff.gained.iter().chain(&diff.lost).find_map(|clause| clause.example());
    let example = example.map(|request| format!(", such as {} on {}", request.action, request.resource));
    let message = format!(
        "one policy of Allow and Deny statements does not say the same as {}: what is denied of one clause, or limited \
         in it, is allowed by another{}",
        shown(&answer.who),
        shown(&example.unwrap_or_default())
    );
    Ok(CliError::new(ErrorKind::Conflict, message)
        .hint("`--action` and `--resource` ask for a part; without `--policy` all is told"))
}

fn layer_policy(text: &str) -> LayerPolicy {
    LayerPolicy::read("policy", "document", text, PolicyType::Identity)
}
