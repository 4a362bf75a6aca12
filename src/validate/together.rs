//! What the policies of one principal come to together, through all that limits them: statements that do nothing there,
//! and ways to more permissions.

use std::collections::{BTreeMap, BTreeSet};

use super::proof::{Escalation, escalations};
use super::subject::{Report, Subject, statement_place};
use super::{Finding, Options, Validator};
use crate::analysis::{self, Analysis, AnalysisError, Part, Superfluous};
use crate::layers::{Layer, LayerPolicy, StatementRef};
use crate::policy::{Effect, read};
use crate::request::Request;

/// A finding about a statement.
struct Note {
    statement: StatementRef,
    code: &'static str,
    message: String,
    example: Option<Request>,
}

impl Validator<'_> {
    /// What the identity policies of a principal come to together, by policy; and, where it can get itself more
    /// permissions, how. `groups` are those that it is in, as ARNs name them: `group/dev/readers`. An error where
    /// the policies are too complicated.
    pub fn prove_together<'p>(
        &self,
        principal: &'p analysis::Subject,
        groups: &[String],
    ) -> Result<Vec<(&'p LayerPolicy, Vec<Finding>)>, AnalysisError> {
        let mut analysis = self.analysis();
        let mut notes = idle(&mut analysis, principal)?;
        notes.extend(more_permissions(&mut analysis, principal, groups)?);
        let Some(situation) = principal.situations.first() else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for (nth, policy) in situation.layers.policies(Layer::Identity).into_iter().enumerate() {
            let own = notes.iter().filter(|note| note.statement.policy == nth);
            let Some(document) = &policy.document else { continue };
            let reading = read(&document.text, policy.policy_type);
            let options = Options::new(policy.policy_type);
            let subject = Subject::new(&document.text, &reading, &options, &self.facts);
            let mut report = Report::new(&subject);
            for note in own {
                if let Some(statement) = policy.statements().get(note.statement.position) {
                    report.show(
                        note.code,
                        statement_place(statement),
                        note.message.as_str(),
                        note.example.clone(),
                    );
                }
            }
            found.push((policy, report.findings()));
        }
        found.retain(|(_, findings)| !findings.is_empty());
        Ok(found)
    }
}

/// The statements of the identity policies that do nothing for any resource.
fn idle(analysis: &mut Analysis<'_>, principal: &analysis::Subject) -> Result<Vec<Note>, AnalysisError> {
    let mut stopped: BTreeMap<StatementRef, Vec<Vec<Layer>>> = BTreeMap::new();
    for idle in analysis.effective(principal, &Part::default())?.ineffective {
        stopped.entry(idle.statement).or_default().push(idle.stopped_by);
    }
    let mut covered: BTreeMap<StatementRef, Vec<Vec<StatementRef>>> = BTreeMap::new();
    for found in analysis.superfluous(principal)? {
        match found.what {
            Superfluous::Voided => stopped.entry(found.statement).or_default().push(Vec::new()),
            Superfluous::Redundant => covered.entry(found.statement).or_default().push(found.by),
            Superfluous::Vacuous | Superfluous::Shadowed => {}
        }
    }
    let is_everywhere = |times: usize| times == principal.situations.len();
    let mut notes = Vec::new();
    for (statement, by) in stopped {
        if statement.layer != Layer::Identity || !is_everywhere(by.len()) {
            continue;
        }
        let mut layers: Vec<Layer> = by.into_iter().flatten().collect();
        layers.sort_unstable();
        layers.dedup();
        let layers: Vec<String> = layers.iter().map(ToString::to_string).collect();
        let (code, message) = match (statement.effect, layers.is_empty()) {
            (Effect::Deny, _) => {
                let message = "the principal is allowed nothing of what the statement denies";
                ("DENY_WITHOUT_EFFECT", message.to_owned())
            }
            // It applies to no request, which is found in the policy by itself.
            (Effect::Allow, true) => continue,
            (Effect::Allow, false) => {
                let message =
                    format!("nothing that the statement allows comes through: {}", layers.join(", "));
                ("ALLOW_WITHOUT_EFFECT", message)
            }
        };
        notes.push(Note { statement, code, message, example: None });
    }
    for (statement, by) in covered {
        let others: BTreeSet<StatementRef> = by.iter().flatten().copied().collect();
        // What others of the same policy say is found in the policy by itself.
        let is_within = others.iter().all(|other| other.policy == statement.policy);
        if statement.layer != Layer::Identity || !is_everywhere(by.len()) || is_within {
            continue;
        }
        let policies: BTreeSet<&str> = others
            .iter()
            .filter_map(|other| Some(principal.situations.first()?.layers.policy(*other)?.name.as_str()))
            .collect();
        let policies: Vec<&str> = policies.into_iter().collect();
        let message =
            format!("the principal may the same without this statement: {} has it, too", policies.join(", "));
        notes.push(Note { statement, code: "STATEMENT_SUBSUMED", message, example: None });
    }
    Ok(notes)
}

/// Each way at the statement that allows its first step.
fn more_permissions(
    analysis: &mut Analysis<'_>,
    principal: &analysis::Subject,
    groups: &[String],
) -> Result<Vec<Note>, AnalysisError> {
    let code = "PRIVILEGE_ESCALATION";
    let mut notes = Vec::new();
    for escalation in escalations(analysis, principal, groups)? {
        match escalation {
            Escalation::Administrator(statement) => {
                let message = "the principal is an administrator: it may do everything".to_owned();
                notes.push(Note { statement, code, message, example: None });
            }
            Escalation::By { what, steps } => {
                let Some(first) = steps.first() else { continue };
                let actions: Vec<&str> = steps.iter().map(|step| step.action).collect();
                let message =
                    format!("a way to more permissions: the principal {what} ({})", actions.join(", "));
                let example = Some(first.example.clone());
                notes.push(Note { statement: first.statement, code, message, example });
            }
        }
    }
    notes.retain(|note| note.statement.layer == Layer::Identity);
    Ok(notes)
}
