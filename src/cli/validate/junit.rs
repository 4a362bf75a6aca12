//! Findings as JUnit XML: a suite for each policy, a failed case for each finding, one that passed where there is none.

use std::io;

use quick_xml::Writer;
use quick_xml::events::BytesText;

use super::super::error::CliError;
use super::super::text::legal_in_xml as legal;
use super::places::{Place, placed};
use super::report::{level, way};
use super::{Checked, Document};
use crate::validate::{Finding, Location};

/// The whole report.
pub(super) fn written(checked: &[Checked]) -> Result<Vec<u8>, CliError> {
    let mut bytes = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_vec();
    let mut writer = Writer::new_with_indent(&mut bytes, b' ', 2);
    let failures: usize = checked.iter().map(|checked| checked.findings.len()).sum();
    let tests: usize = checked.iter().map(|checked| checked.findings.len().max(1)).sum();
    let (failures, tests) = (failures.to_string(), tests.to_string());
    writer
        .create_element("testsuites")
        .with_attributes([("name", "iamdb validate"), ("tests", &tests), ("failures", &failures)])
        .write_inner_content(|writer| checked.iter().try_for_each(|checked| suite(writer, checked)))?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn suite(writer: &mut Writer<&mut Vec<u8>>, checked: &Checked) -> io::Result<()> {
    let file = legal(&checked.document.label);
    let failures = checked.findings.len().to_string();
    let tests = checked.findings.len().max(1).to_string();
    let suite = writer.create_element("testsuite").with_attributes([
        ("name", file.as_str()),
        ("tests", &tests),
        ("failures", &failures),
    ]);
    suite.write_inner_content(|writer| {
        if checked.findings.is_empty() {
            let passed = writer.create_element("testcase");
            passed.with_attributes([("name", "validate"), ("classname", &file)]).write_empty()?;
        }
        let mut placed = placed(&checked.findings, &checked.document).into_iter();
        placed.try_for_each(|(finding, places)| {
            failed(writer, &file, finding, places.first().copied(), &checked.document)
        })
    })?;
    Ok(())
}

fn failed(
    writer: &mut Writer<&mut Vec<u8>>,
    file: &str,
    finding: &Finding,
    first: Option<(&Location, Place)>,
    document: &Document,
) -> io::Result<()> {
    // The lines of a policy inside a plan, and of one that is stored, are not those of a file.
    let place = first.filter(|_| document.is_in_file());
    let place = place.map(|(_, Place { start, .. })| (start.line.to_string(), start.column));
    let path = first.map(|(location, _)| way(location, document)).unwrap_or_default();
    let (name, message) = (legal(&format!("{} {path}", finding.code)), legal(&finding.message));
    let mut what = match &place {
        Some((line, column)) => format!("{line}:{column}: {path}"),
        None => path,
    };
    if let Some(suggestion) = &finding.suggestion {
        what.push_str(&format!("\n{suggestion}"));
    }
    let what = what.split('\n').map(legal).collect::<Vec<_>>().join("\n");
    let attributes = [("name", name.as_str()), ("classname", file), ("file", file)];
    let line = place.as_ref().map(|(line, _)| ("line", line.as_str()));
    let case = writer.create_element("testcase").with_attributes(attributes.into_iter().chain(line));
    case.write_inner_content(|writer| {
        let failure = writer
            .create_element("failure")
            .with_attributes([("message", message.as_str()), ("type", level(finding.finding_type))]);
        failure.write_text_content(BytesText::new(&what)).map(drop)
    })?;
    Ok(())
}
