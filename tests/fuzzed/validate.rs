//! A line that names the type of a policy, and its text: every finding is in the text, and its checks end.

use iamdb::policy::PolicyType;
use iamdb::validate::{Options, Validator};

use super::{CATALOG, head, lossy};
use crate::asking::TYPES;

thread_local!(static VALIDATOR: Validator<'static> = CATALOG.with(|catalog| Validator::new(catalog)));

/// The type that a line names.
pub(super) fn policy_type(line: &str) -> PolicyType {
    let named = |policy_type: &&PolicyType| format!("{policy_type:?}") == line;
    TYPES.iter().find(named).copied().unwrap_or(TYPES[line.len() % TYPES.len()])
}

pub(super) fn run(input: &[u8]) {
    let input = lossy(input);
    let (line, text) = head(&input);
    VALIDATOR.with(|validator| {
        for finding in validator.validate(text, &Options::new(policy_type(line))) {
            for location in &finding.locations {
                let span = location.span;
                assert!(text.get(span.start..span.end).is_some(), "{}: {span:?} of {text:?}", finding.code);
            }
        }
    });
}
