//! A text as a policy of every type: reading it never panics, every place is in the text, what strict mode takes is not
//! bent, and the canonical form is a fixed point that says the same.

use std::collections::BTreeSet;
use std::fmt::Debug;

use iamdb::policy::{
    Condition, Consequence, Diagnostic, Document, Parsed, PolicyType, Selector, Statement, Step, parse,
};
use serde_json::Value as Json;

use super::lossy;
use crate::asking::TYPES;

pub(super) fn run(input: &[u8]) {
    let text = lossy(input);
    is_its_canonical_form(&text);
    for policy_type in TYPES {
        has_its_places(&text, policy_type);
        is_not_degraded_where_it_is_strict(&text, policy_type);
    }
}

/// The canonical form is its own canonical form and says the same, as a policy of any type.
pub(crate) fn is_its_canonical_form(text: &str) {
    let document = Document::new(text.to_owned());
    let again = Document::new(document.canonical().to_owned());
    assert_eq!(document.canonical(), again.canonical());
    assert_eq!(document.id(), again.id());
    for policy_type in TYPES {
        let (written, canonical) = (parse(text, policy_type), parse(document.canonical(), policy_type));
        assert_eq!(written.policy.version, canonical.policy.version);
        assert_eq!(said(&written), said(&canonical), "{text}");
    }
}

/// Semantics 0.3: what the strict mode takes, the lenient mode did not have to bend.
pub(crate) fn is_not_degraded_where_it_is_strict(text: &str, policy_type: PolicyType) {
    let parsed = parse(text, policy_type);
    if parsed.errors().next().is_some() {
        return;
    }
    // IAM stores an action with a blank (R-GRM-71); an Allow of everything but such an action is kept from applying
    // all the same (semantics 0.3, complements).
    let is_stored_but_inert = |found: &&Diagnostic| {
        (found.code, found.consequence) == ("INVALID_ACTION", Consequence::StatementInert)
            && found.path.0.contains(&Step::Key("NotAction".to_owned()))
    };
    let degraded: Vec<_> = parsed.degraded().filter(|found| !is_stored_but_inert(found)).collect();
    assert!(degraded.is_empty(), "{degraded:?} in {text}");
}

/// Every span lies on character boundaries inside the text, every path leads to something, in order (R-GRM-73).
pub(crate) fn has_its_places(text: &str, policy_type: PolicyType) {
    let parsed = parse(text, policy_type);
    let spans = parsed.diagnostics.iter().map(|found| found.span);
    let of_statements = parsed.policy.statements.iter().flat_map(|statement| {
        let inside = statement.conditions.iter().map(|condition| condition.span);
        std::iter::once(statement.span).chain(inside)
    });
    for span in spans.chain(of_statements) {
        assert!(span.start <= span.end, "{span:?} of {text:?}");
        assert!(text.get(span.start..span.end).is_some(), "{span:?} of {text:?}");
    }
    let is_ordered = parsed.diagnostics.windows(2).all(|pair| pair[0].span.start <= pair[1].span.start);
    assert!(is_ordered, "{:?}", parsed.diagnostics);
    for statement in &parsed.policy.statements {
        let written = text.get(statement.span.start..statement.span.end).unwrap_or_default();
        assert!(written.starts_with('{') && written.ends_with('}'), "{written}");
    }
    let Ok(document) = serde_json::from_str::<Json>(text.strip_prefix('\u{feff}').unwrap_or(text)) else {
        return;
    };
    for found in &parsed.diagnostics {
        // A duplicate is not in what serde_json kept, and only a duplicate may miss it.
        let is_doubled = parsed.diagnostics.iter().any(|other| other.message.contains("stands twice"));
        let end = found.path.0.iter().try_fold(&document, |at, step| match step {
            Step::Key(key) => at.get(key),
            Step::Index(nth) => at.get(nth),
        });
        assert!(end.is_some() || is_doubled, "{} leads nowhere in {text}", found.path);
    }
}

/// What the statements of a policy say, without the order and the repetition of their entries and conditions.
fn said(parsed: &Parsed) -> Vec<String> {
    fn sorted<T>(items: &[T], print: impl Fn(&T) -> String) -> BTreeSet<String> {
        items.iter().map(print).collect()
    }
    fn selector<T: Debug>(selector: &Selector<T>) -> String {
        let side = if matches!(selector, Selector::In(_)) { "in" } else { "not in" };
        format!("{side} {:?}", sorted(selector.entries(), |entry| format!("{:?}", entry.value)))
    }
    let condition = |condition: &Condition| {
        let values = sorted(&condition.values, |value| format!("{:?}", value.value));
        format!("{} {} {values:?}", condition.operator, condition.key)
    };
    let statement = |of: &Statement| {
        format!(
            "{} {:?} {} {:?} {} {:?} {:?}",
            of.index,
            of.sid,
            of.effect,
            of.principal.as_ref().map(selector),
            selector(&of.action),
            of.resource.as_ref().map(selector),
            sorted(&of.conditions, condition)
        )
    };
    parsed.policy.statements.iter().map(statement).collect()
}
