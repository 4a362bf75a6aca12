//! A text as a scenario or as a table of them: in brief, at length and by sets there is one decision.

use iamdb::eval::{Decision, authorize};
use iamdb::scenario::{Documents, Reader, Scenario, Table};

use super::{BUDGET, CATALOG, lossy};
use crate::agree::is_in_set;

pub(super) fn run(input: &[u8]) {
    let text = lossy(input);
    CATALOG.with(|catalog| {
        let documents = Documents::new(catalog.rcp_services().map(str::to_owned).collect());
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        let reader = Reader { documents: &documents, catalog, now };
        if !Table::is_meant(&text) {
            match reader.read(&text) {
                Ok(scenario) => has_one_decision(&scenario, &text, &reader),
                Err(error) => assert!(error.path.starts_with('$'), "{error}"),
            }
            return;
        }
        let Ok(table) = Table::read(&text) else { return };
        for case in table.cases(&reader) {
            assert!(text.get(case.offset..).is_some() && case.error_offset() <= case.offset);
            if let Ok(scenario) = case.scenario {
                has_one_decision(&scenario, &text, &reader);
            }
        }
    });
}

fn has_one_decision(scenario: &Scenario, text: &str, reader: &Reader<'_>) {
    let decision = authorize(&scenario.layers, &scenario.request).decision;
    let outcome = scenario.outcome(text, 1, reader);
    assert_eq!(outcome.decision, decision.to_string());
    assert_eq!(scenario.brief(reader).decision, decision.to_string());
    if let Ok(Some(is_in)) = is_in_set(&scenario.layers, &scenario.request, BUDGET) {
        assert_eq!(is_in, decision == Decision::Allowed, "{:#?}", scenario.request);
    }
}
