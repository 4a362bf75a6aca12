//! A text as a template or a plan: every policy in a template is JSON, and every place of it is a place in the file.

use iamdb::embedded::{Kind, find, plan_changes};
use iamdb::policy::{PolicyType, parse};

use super::lossy;

pub(super) fn run(input: &[u8]) {
    let text = lossy(input);
    match find(&text) {
        Err(error) => assert!(error.offset <= text.len(), "{error} at {}", error.offset),
        Ok(None) => {}
        Ok(Some(contents)) => {
            for found in &contents.policies {
                let policy_type = found.policy_type.unwrap_or(PolicyType::Identity);
                for diagnostic in parse(&found.text, policy_type).diagnostics {
                    let offset = found.offset_in_file(diagnostic.span.start);
                    assert!(offset.is_none_or(|offset| text.get(offset..).is_some()), "{offset:?}");
                    found.position(&text, diagnostic.span.start);
                }
                for unknown in &found.unresolved {
                    let span = unknown.span;
                    assert!(found.text.get(span.start..span.end).is_some(), "{unknown:?} of {}", found.text);
                    assert!(unknown.offset <= text.len(), "{unknown:?}");
                }
                // What a plan has is a text that somebody wrote.
                let is_json = serde_json::from_str::<serde::de::IgnoredAny>(&found.text).is_ok();
                assert!(is_json || contents.kind != Kind::Template, "{:?} is {}", found.name, found.text);
            }
        }
    }
    if let Err(error) = plan_changes(&text) {
        assert!(error.offset <= text.len(), "{error} at {}", error.offset);
    }
}
