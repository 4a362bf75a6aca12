//! Findings for people, beside the lines they are about, and as AWS's `validate-policy` returns them (R-FMT-43 to 45).

use anstyle::Style;
use serde_json::{Value as Json, json};

use super::super::finding::Told;
use super::super::output::{ERROR, FAINT, NOTE, WARNING};
use super::super::text::{Text, shown};
use super::places::{Place, Point, placed};
use super::{Checked, Document, summary};
use crate::knowledge::Knowledge;
use crate::policy::{JsonPath, PolicyType, Step};
use crate::request::{Request, fold};
use crate::tell::{By, request_json, request_words};
use crate::validate::{Finding, FindingType, Location, PathElement};

/// More than this of one policy helps nobody.
const SHOWN: usize = 100;

/// Each finding with its line, then how many there are.
pub(super) fn text(checked: &[Checked]) -> Vec<Text> {
    let mut lines = Vec::new();
    for Checked { document, findings, options } in checked {
        let by = if options.policy_type.has_principals() { By::Anyone } else { By::Subject };
        let first = findings.get(..SHOWN).unwrap_or(findings);
        let placed = placed(first, document);
        lines.extend(placed.into_iter().map(|(finding, places)| told(finding, &places, document, by)));
        if findings.len() > SHOWN {
            let more = findings.len() - SHOWN;
            lines.push(
                format!("{}: and {more} more; `--output json` has all\n", shown(&document.label)).into(),
            );
        }
    }
    lines.push(summary(checked).into());
    lines
}

fn style(found: FindingType) -> Style {
    match found {
        FindingType::Error | FindingType::SecurityWarning => ERROR,
        FindingType::Warning | FindingType::Suggestion => WARNING,
    }
}

/// How bad it is, in the program's words: `error`, `security-warning`.
pub(super) fn level(found: FindingType) -> &'static str {
    match found {
        FindingType::Error => "error",
        FindingType::SecurityWarning => "security-warning",
        FindingType::Warning => "warning",
        FindingType::Suggestion => "suggestion",
    }
}

fn told(finding: &Finding, places: &[(&Location, Place)], document: &Document, by: By) -> Text {
    // The lines of a policy inside a plan are its own, and not those of the file.
    let named = document.name().filter(|_| !document.is_in_file());
    let (label, text) = (named.unwrap_or(&document.label), document.source());
    let mut places = places.iter();
    let first = places.next();
    let path = first.map(|(first, _)| way(first, document)).unwrap_or_default();
    let Place { start, end } = first.map(|(_, place)| *place).unwrap_or_default();
    let mark = format!("{}[{}]", level(finding.finding_type), finding.code);
    let told =
        Told { mark: &mark, message: &finding.message, path: &path, length: end.offset - start.offset };
    let mut told = told.text((label, text), (start.line, start.column), style(finding.finding_type), FAINT);
    for (other, Place { start: Point { line, column, .. }, .. }) in places {
        let also = format!("\nalso {}:{line}:{column} at {}", shown(label), shown(&way(other, document)));
        told = told.and(Text::styled(FAINT, &also));
    }
    if let Some(suggestion) = &finding.suggestion {
        told = told.and("\n").and(Text::styled(NOTE, "hint")).and(format!(": {}", shown(suggestion)));
    }
    if let Some(example) = &finding.example {
        told = told
            .and("\n")
            .and(Text::styled(NOTE, "e.g."))
            .and(format!(" {}", shown(&example_words(example, by))));
    }
    told.and("\n")
}

/// Who asks is told where the policy says who may.
fn example_words(example: &Request, by: By) -> String {
    let known = Knowledge::of(&example.caller).known;
    let follows = known.iter().map(|(key, _)| fold(key)).collect();
    request_words(example, by, &follows)
}

/// `$.Statement[0].Action[5]`, behind the address of the policy where that is in a template or a plan.
pub(super) fn way(location: &Location, document: &Document) -> String {
    let path = json_path(&location.path);
    document.name().map_or_else(|| path.clone(), |name| format!("{name} {path}"))
}

/// `$.Statement[0].Action[5]`.
fn json_path(path: &[PathElement]) -> String {
    let steps = path.iter().filter_map(|element| match element {
        PathElement::Index(index) => Some(Step::Index(*index)),
        PathElement::Key(name) | PathElement::Value(name) => Some(Step::Key(name.clone())),
        PathElement::Substring { .. } => None,
    });
    JsonPath(steps.collect()).to_string()
}

/// The findings of every policy in AWS's shape, with what to write instead beside it.
pub(super) fn json(checked: &[Checked]) -> Json {
    let policies = checked.iter().map(|checked| {
        let mut policy = json!({
            "file": checked.document.label,
            "policyType": aws_type(checked.options.policy_type),
            "findings": findings(&checked.findings, &checked.document),
        });
        if let Some(name) = checked.document.name() {
            policy["name"] = json!(name);
        }
        if let Some(of) = resource_type(checked) {
            policy["validatePolicyResourceType"] = json!(of);
        }
        policy
    });
    json!({ "schema": "iamdb.validate/1", "policies": policies.collect::<Vec<_>>(), "summary": summary(checked) })
}

/// R-FMT-42.
fn aws_type(policy_type: PolicyType) -> &'static str {
    match policy_type {
        PolicyType::Identity | PolicyType::Boundary | PolicyType::Session => "IDENTITY_POLICY",
        PolicyType::Resource(_) | PolicyType::VpcEndpoint | PolicyType::Trust => "RESOURCE_POLICY",
        PolicyType::Scp => "SERVICE_CONTROL_POLICY",
        PolicyType::Rcp => "RESOURCE_CONTROL_POLICY",
    }
}

fn resource_type(checked: &Checked) -> Option<&'static str> {
    match (checked.options.resource_type, checked.options.policy_type) {
        (Some(of), _) => Some(of.name),
        (None, PolicyType::Trust) => Some("AWS::IAM::AssumeRolePolicyDocument"),
        (None, _) => None,
    }
}

fn findings(findings: &[Finding], document: &Document) -> Vec<Json> {
    if findings.is_empty() {
        return Vec::new();
    }
    let text = document.source();
    // Where its characters begin, if some are more than one byte.
    let starts: Option<Vec<usize>> =
        (!text.is_ascii()).then(|| text.char_indices().map(|(start, _)| start).collect());
    let position = |point: Point| {
        let count = |starts: &Vec<usize>| starts.partition_point(|start| *start < point.offset);
        let characters = starts.as_ref().map_or(point.offset, count);
        // Lines from one, columns and offsets from zero (R-FMT-44).
        json!({ "line": point.line, "column": point.column - 1, "offset": characters })
    };
    let location = |(location, place): (&Location, Place)| {
        let path: Vec<Json> = location.path.iter().map(element).collect();
        json!({ "path": path, "span": { "start": position(place.start), "end": position(place.end) } })
    };
    let finding = |(finding, places): (&Finding, Vec<(&Location, Place)>)| {
        let mut object = json!({
            "findingDetails": finding.message,
            "findingType": finding.finding_type.as_str(),
            "issueCode": finding.code,
            "learnMoreLink": finding.learn_more(),
            "locations": places.into_iter().map(location).collect::<Vec<_>>(),
        });
        if let Some(suggestion) = &finding.suggestion {
            object["suggestion"] = json!(suggestion);
        }
        if let Some(example) = &finding.example {
            object["example"] = request_json(example);
        }
        object
    };
    placed(findings, document).into_iter().map(finding).collect()
}

/// R-FMT-45.
fn element(element: &PathElement) -> Json {
    match element {
        PathElement::Index(index) => json!({ "index": index }),
        PathElement::Key(name) => json!({ "key": name }),
        PathElement::Value(name) => json!({ "value": name }),
        PathElement::Substring { start, length } => {
            json!({ "substring": { "start": start, "length": length } })
        }
    }
}
