//! The report of `test` as JUnit XML: a suite for each file, as machines that build read it.

use std::io;

use quick_xml::Writer;
use quick_xml::events::BytesText;

use super::super::error::CliError;
use super::super::text::legal_in_xml as legal;
use super::report::{Tally, difference};
use super::{Broken, CaseReport, CaseResult, FileReport};

/// The whole report.
pub(super) fn written(reports: &[FileReport]) -> Result<Vec<u8>, CliError> {
    let mut bytes = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_vec();
    let mut writer = Writer::new_with_indent(&mut bytes, b' ', 2);
    let sums = sums(Tally::of(reports));
    let suites = writer.create_element("testsuites").with_attribute(("name", "iamdb test"));
    suites
        .with_attributes(attributes(&sums))
        .write_inner_content(|writer| reports.iter().try_for_each(|report| suite(writer, report)))?;
    bytes.push(b'\n');
    Ok(bytes)
}

type Sums = [(&'static str, String); 3];

fn sums(tally: Tally) -> Sums {
    [
        ("tests", tally.cases().to_string()),
        ("failures", tally.failed.to_string()),
        ("errors", tally.broken.to_string()),
    ]
}

fn attributes(sums: &Sums) -> impl Iterator<Item = (&str, &str)> {
    sums.iter().map(|(name, value)| (*name, value.as_str()))
}

fn suite(writer: &mut Writer<&mut Vec<u8>>, report: &FileReport) -> io::Result<()> {
    let file = legal(&report.file);
    let sums = sums(Tally::of([report]));
    let suite = writer.create_element("testsuite").with_attribute(("name", file.as_str()));
    suite.with_attributes(attributes(&sums)).write_inner_content(|writer| {
        if let Some(broken) = &report.broken {
            let testcase = writer
                .create_element("testcase")
                .with_attributes([("name", "the file"), ("classname", &file)]);
            testcase.write_inner_content(|writer| error(writer, broken))?;
        }
        report.cases.iter().try_for_each(|case| testcase(writer, &file, case))
    })?;
    Ok(())
}

fn testcase(writer: &mut Writer<&mut Vec<u8>>, file: &str, case: &CaseReport) -> io::Result<()> {
    let (name, line) = (legal(&case.name), case.line.to_string());
    let testcase = writer.create_element("testcase").with_attributes([
        ("name", name.as_str()),
        ("classname", file),
        ("file", file),
        ("line", line.as_str()),
    ]);
    match &case.result {
        CaseResult::Passed(_) => testcase.write_empty()?,
        CaseResult::Broken(broken) => testcase.write_inner_content(|writer| error(writer, broken))?,
        CaseResult::Failed(decided) => testcase.write_inner_content(|writer| {
            let (difference, why) = (legal(&difference(decided)), legal(&decided.outcome.why));
            let failure = writer.create_element("failure").with_attribute(("message", difference.as_str()));
            failure.write_text_content(BytesText::new(&why)).map(drop)
        })?,
    };
    Ok(())
}

fn error(writer: &mut Writer<&mut Vec<u8>>, broken: &Broken) -> io::Result<()> {
    let Broken { line, column, path, message } = broken;
    let (message, place) = (legal(message), legal(&format!("{line}:{column}: {path}")));
    let error = writer.create_element("error").with_attribute(("message", message.as_str()));
    error.write_text_content(BytesText::new(&place)).map(drop)
}
