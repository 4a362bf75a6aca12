//! What a principal may do, as text and as JSON.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::output::{FAINT, Output, STRONG};
use super::super::table::aligned;
use super::super::text::{Text, count, quoted_list, shown};
use super::super::told::clause_lines;
use super::Answer;
use crate::analysis::{Entries, Side, StatementBox};
use crate::layers::{Layer, StatementRef};
use crate::tell::{Source, Teller, Told};

/// The form of the object.
const SCHEMA: &str = "iamdb.effective/1";

/// A statement that comes to nothing, and what stops it.
struct Idle {
    source: Source,
    stopped_by: Vec<Layer>,
}

pub(super) fn print(answer: &Answer, teller: &Teller<'_>, out: &mut Output) -> Result<Exit, CliError> {
    let idle = idle(answer, teller);
    let (lines, is_cut) = lines(answer, &idle);
    if is_cut {
        out.note("long lists are cut; `--expand` shows all");
    }
    for policy in answer.subject.unknown() {
        out.note(&format!(
            "the document of {} is not known: where it would decide, nothing counts as allowed",
            quoted_list([policy])
        ));
    }
    out.answer(|| lines, || object(answer, &idle))?;
    Ok(Exit::Yes)
}

/// The statements of the principal's own policies that come to nothing wherever they count.
fn idle(answer: &Answer, teller: &Teller<'_>) -> Vec<Idle> {
    let of_resources = answer.subject.told.contains(&Layer::Identity);
    let mut by_statement: BTreeMap<StatementRef, Vec<&crate::analysis::Ineffective>> = BTreeMap::new();
    for idle in &answer.effective.ineffective {
        // What a resource grants to others is not idle.
        if !(of_resources && idle.statement.layer == Layer::Resource) {
            by_statement.entry(idle.statement).or_default().push(idle);
        }
    }
    let mut found = Vec::new();
    for (statement, idle) in by_statement {
        let places = answer.subject.situations.iter();
        let places = places.filter(|situation| situation.layers.statement(statement).is_some()).count();
        let Some(first) = idle.first().filter(|_| idle.len() == places) else { continue };
        let of = StatementBox {
            side: Side::Old,
            situation: first.situation,
            statement,
            actions: Entries::All,
            resources: Entries::All,
        };
        let stopping = idle.iter().max_by_key(|idle| idle.stopped_by.len());
        let stopped_by = stopping.map(|idle| idle.stopped_by.clone()).unwrap_or_default();
        found.extend(teller.source(&of).map(|source| Idle { source, stopped_by }));
    }
    found
}

fn lines(answer: &Answer, idle: &[Idle]) -> (Vec<Text>, bool) {
    let number = match answer.told.len() {
        0 if answer.subject.unknown().is_empty() => "nothing is allowed".to_owned(),
        0 => "nothing is known to be allowed".to_owned(),
        many => count(many, "clause", "clauses"),
    };
    let mut lines =
        vec![Text::styled(STRONG, &shown(&answer.who)).and(Text::styled(FAINT, &format!("  {number}")))];
    let mut is_cut = false;
    for (nth, told) in answer.told.iter().enumerate() {
        let (clause, cut) = clause_lines(told, answer.detail);
        is_cut |= cut;
        lines.push(Text::default());
        lines.extend(clause);
        if let Some(actions) = answer.actions.get(nth) {
            lines.push(Text::styled(FAINT, &format!("    {}", count(actions.len(), "action", "actions"))));
            lines.extend(actions.iter().map(|action| Text::from(format!("      {}", shown(action)))));
        }
    }
    if !idle.is_empty() {
        lines.push(Text::default());
        lines.push(Text::from("Come to nothing:"));
        let row = |idle: &Idle| {
            let Source { policy, line, sid, .. } = &idle.source;
            vec![format!("    {policy}:{line}"), sid.clone().unwrap_or_default(), why(answer, idle)]
        };
        let rows: Vec<Vec<String>> = idle.iter().map(row).collect();
        lines.extend(aligned(&rows).into_iter().map(|line| Text::from(shown(&line))));
    }
    (lines, is_cut)
}

fn why(answer: &Answer, idle: &Idle) -> String {
    let is_unknown =
        |layer| answer.subject.situations.iter().any(|situation| situation.layers.is_unknown(layer));
    let name = |layer: &Layer| match is_unknown(*layer) {
        true => format!("{layer} (not known)"),
        false => layer.to_string(),
    };
    match idle.stopped_by.as_slice() {
        [] => "applies to nothing that it could allow alone".to_owned(),
        layers => {
            let names: Vec<String> = layers.iter().map(name).collect();
            format!("stopped by {}", names.join(" and "))
        }
    }
}

fn object(answer: &Answer, idle: &[Idle]) -> Json {
    let clause = |(nth, told): (usize, &Told)| {
        let mut object = told.json();
        if let Some(actions) = answer.actions.get(nth) {
            object["catalogue_actions"] = json!(actions);
        }
        object
    };
    let without_effect = |idle: &Idle| {
        let mut object = idle.source.json();
        object["stopped_by"] = idle.stopped_by.iter().map(|layer| layer.name()).collect();
        object
    };
    json!({
        "schema": SCHEMA,
        "catalogue": answer.catalogue,
        "subject": answer.who,
        "allowed": answer.told.iter().enumerate().map(clause).collect::<Vec<_>>(),
        "without_effect": idle.iter().map(without_effect).collect::<Vec<_>>(),
    })
}
