//! A difference as SARIF 2.1.0, for what shows findings beside the code: one rule for each direction and level, a
//! result for each clause.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::super::error::CliError;
use super::super::sarif;
use super::super::text::shown;
use super::Answer;
use super::pair::{Compared, Pair};
use crate::catalog::AccessLevel;
use crate::tell::{Detail, Direction, Reason, Source, Told, level_name, request_json};

/// The whole log.
pub(super) fn written(answer: &Answer) -> Result<String, CliError> {
    let told: Vec<(&Compared, &Told)> = answer
        .pairs
        .iter()
        .flat_map(|pair| pair.gained.iter().chain(&pair.lost).map(move |told| (pair, told)))
        .collect();
    let used: BTreeSet<(Direction, Option<AccessLevel>)> =
        told.iter().map(|(_, told)| (told.direction, told.level)).collect();
    let rules: Vec<(Direction, Option<AccessLevel>)> = used.into_iter().collect();
    let results = told.iter().map(|(pair, told)| {
        let nth = rules.iter().position(|rule| *rule == (told.direction, told.level));
        result(pair, told, nth.unwrap_or_default())
    });
    let not_known = answer.unknown.iter().map(|name| {
        let message =
            format!("what the policy of {} comes to is known only once it is deployed", shown(name));
        json!({ "level": "warning", "message": { "text": message } })
    });
    let rules = rules.iter().map(|(direction, level)| rule(*direction, *level)).collect();
    Ok(sarif::log(rules, results.collect(), not_known.collect()))
}

/// `access-gained/permissions-management`.
fn rule_id(direction: Direction, level: Option<AccessLevel>) -> String {
    let what = if direction == Direction::Lost { "access-lost" } else { "access-gained" };
    format!("{what}/{}", level_name(level))
}

fn rule(direction: Direction, level: Option<AccessLevel>) -> Json {
    let verb =
        if direction == Direction::Lost { "is not allowed any more" } else { "is allowed now and was not" };
    let level_words = level.map_or_else(
        || "actions that the catalogue does not know".to_owned(),
        |level| format!("access of the level \"{}\"", level.to_string().to_lowercase()),
    );
    json!({
        "id": rule_id(direction, level),
        "shortDescription": { "text": format!("{level_words} {verb}") },
        "help": {
            "text": "The message ends with a request that one side allows and the other does not: both were \
                     decided one by one. `properties.witness` has it as a scenario's request, for `iamdb simulate`.",
        },
        "defaultConfiguration": { "level": sarif_level(direction, level) },
    })
}

fn sarif_level(direction: Direction, level: Option<AccessLevel>) -> &'static str {
    match (direction, level) {
        (Direction::Lost, _) => "note",
        (_, Some(AccessLevel::List | AccessLevel::Read | AccessLevel::Tagging)) => "warning",
        (_, Some(AccessLevel::Write | AccessLevel::PermissionsManagement) | None) => "error",
    }
}

fn result(compared: &Compared, told: &Told, rule: usize) -> Json {
    let words = told.words(Detail::Brief);
    let verb = if told.direction == Direction::Lost { "lost" } else { "gained" };
    let may = if told.example.is_none() { "possibly " } else { "" };
    let mut message = format!("{may}{verb}: {}", shown(&words.heading));
    for row in &words.rows {
        message.push_str(&format!("\n{}: {}", row.label, shown(&row.text)));
    }
    let pair = &compared.pair;
    let mut sources: Vec<&Source> = told.sources().collect();
    let culprit = told.culprit();
    sources.retain(|source| Some(*source) != culprit);
    let mut result = json!({
        "ruleId": rule_id(told.direction, told.level),
        "ruleIndex": rule,
        "level": sarif_level(told.direction, told.level),
        "message": { "text": message },
        "locations": culprit.iter().map(|source| location(pair, source)).collect::<Vec<_>>(),
        "partialFingerprints": { "accessRegion/v1": told.fingerprint() },
        "properties": {
            "subject": pair.label(),
            "possible": told.example.is_none(),
            "layers": told.reasons.iter().filter_map(layer).collect::<BTreeSet<_>>(),
            "witness": told.example.as_ref().map(|example| request_json(&example.request)),
        },
    });
    if !sources.is_empty() {
        result["relatedLocations"] = sources.iter().map(|source| location(pair, source)).collect();
    }
    result
}

fn layer(reason: &Reason) -> Option<&'static str> {
    match reason {
        Reason::Statement { source, .. } => Some(source.layer.name()),
        Reason::Limited { layer, .. } | Reason::Unknown { layer, .. } => Some(layer.name()),
        Reason::Rules | Reason::Undecided { .. } => None,
    }
}

/// Where a statement stands: in a file, or under a name that is none.
fn location(pair: &Pair, source: &Source) -> Json {
    let name =
        json!([{ "fullyQualifiedName": format!("{}#Statement[{}]", shown(&source.policy), source.index) }]);
    if !pair.files.contains(&source.policy) {
        return json!({ "logicalLocations": name });
    }
    json!({
        "physicalLocation": {
            "artifactLocation": { "uri": sarif::uri(&source.policy) },
            "region": { "startLine": source.line, "startColumn": source.column },
        },
        "logicalLocations": name,
    })
}
