//! Findings as SARIF 2.1.0: one rule for each check, a result for each finding.

use serde_json::{Value as Json, json};

use super::super::sarif;
use super::super::text::shown;
use super::fingerprint::fingerprint;
use super::places::{Place, placed};
use super::report::way;
use super::{Checked, Document};
use crate::validate::{Check, Finding, FindingType, Location, check};

/// The whole log.
pub(super) fn written(checked: &[Checked]) -> String {
    let mut rules: Vec<&Check> = Vec::new();
    let mut results = Vec::new();
    for Checked { document, findings, .. } in checked {
        for (finding, places) in placed(findings, document) {
            let nth = rules.iter().position(|rule| rule.code == finding.code).unwrap_or_else(|| {
                rules.extend(check(finding.code));
                rules.len().saturating_sub(1)
            });
            results.push(result(finding, &places, document, nth));
        }
    }
    sarif::log(rules.into_iter().map(rule).collect(), results, Vec::new())
}

fn level(found: FindingType) -> &'static str {
    match found {
        FindingType::Error | FindingType::SecurityWarning => "error",
        FindingType::Warning => "warning",
        FindingType::Suggestion => "note",
    }
}

fn rule(check: &Check) -> Json {
    json!({
        "id": check.code,
        "shortDescription": { "text": check.meaning },
        "helpUri": check.learn_more(),
        "defaultConfiguration": { "level": level(check.finding_type) },
    })
}

fn result(finding: &Finding, places: &[(&Location, Place)], document: &Document, rule: usize) -> Json {
    let mut message = shown(&finding.message);
    if let Some(suggestion) = &finding.suggestion {
        message.push_str(&format!("; {}", shown(suggestion)));
    }
    let mut places = places.iter().map(|(location, place)| json_location(location, *place, document));
    let mut result = json!({
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": level(finding.finding_type),
        "message": { "text": message },
        "locations": places.next().into_iter().collect::<Vec<_>>(),
        "partialFingerprints": { "finding/v1": fingerprint(finding, document) },
    });
    let related: Vec<Json> = places.collect();
    if !related.is_empty() {
        result["relatedLocations"] = Json::Array(related);
    }
    result
}

fn json_location(location: &Location, Place { start, end }: Place, document: &Document) -> Json {
    let path = way(location, document);
    let name = json!([{ "fullyQualifiedName": format!("{}#{}", shown(&document.label), shown(&path)) }]);
    if !document.is_in_file() {
        return json!({ "logicalLocations": name });
    }
    json!({
        "physicalLocation": {
            "artifactLocation": { "uri": sarif::uri(&document.label) },
            "region": {
                "startLine": start.line,
                "startColumn": start.column,
                "endLine": end.line,
                "endColumn": end.column,
            },
        },
        "logicalLocations": name,
    })
}
