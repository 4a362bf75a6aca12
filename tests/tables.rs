//! Decision tables: what the cases of a table have in common, what each says for itself, and where errors are.

use std::collections::BTreeMap;

use iamdb::catalog::Catalog;
use iamdb::scenario::{Case, Documents, NamedPolicy, Place, Reader, Table};
use serde_json::{Value as Json, json};

/// Reads the cases of a table beside which there is one file, `read.json`.
fn cases<T>(table: &Json, run: impl FnOnce(&str, Vec<Case>, &Reader<'_>) -> T) -> T {
    let text = format!("{table:#}");
    let catalog = Catalog::embedded();
    let read = NamedPolicy {
        name: "policies/read.json".to_owned(),
        kind: "policy file".to_owned(),
        text: "\n".to_owned() + &statement("Allow").to_string(),
    };
    let missing = Err("there is no file `gone.json`".to_owned());
    let named = BTreeMap::from([("read.json".to_owned(), Ok(read)), ("gone.json".to_owned(), missing)]);
    let documents = Documents::new(catalog.rcp_services().map(str::to_owned).collect()).with_named(named);
    let now = "2026-01-01T00:00:00Z".parse().unwrap();
    let reader = Reader { documents: &documents, catalog: &catalog, now };
    let table = Table::read(&text).unwrap();
    run(&text, table.cases(&reader), &reader)
}

fn statement(effect: &str) -> Json {
    json!({"Version": "2012-10-17", "Statement": {"Effect": effect, "Action": "s3:*", "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "true"}}}})
}

fn table(cases: &Json) -> Json {
    json!({
        "principal": "arn:aws:iam::111122223333:role/app",
        "action": "s3:GetObject",
        "resource": "arn:aws:s3:::b/k",
        "context": {"aws:SecureTransport": "true", "aws:SourceIp": "192.0.2.1"},
        "policies": {"identity": ["read.json"], "boundary": [statement("Deny")]},
        "expect": "Allowed",
        "cases": cases,
    })
}

/// A case overrides whole members, single layers and single keys; `null` takes a layer or a key away.
#[test]
fn a_case_overrides_what_the_table_says() {
    let table = table(&json!([
        {"name": "limited"},
        {"policies": {"boundary": null}},
        {"policies": {"boundary": []}, "context": {"AWS:securetransport": "false"}},
        {"policies": {"boundary": null}, "context": {"aws:SecureTransport": null}},
        {"policies": {"boundary": null}, "principal": "*"},
    ]));
    cases(&table, |text, cases, reader| {
        let decided = cases.iter().map(|case| {
            let scenario = case.scenario.as_ref().unwrap();
            (case.name.as_str(), scenario.outcome(text, 1, reader).decision)
        });
        let expected = [
            ("limited", "ExplicitlyDenied"),
            ("case 2", "Allowed"),
            ("case 3", "ImplicitlyDenied"),
            ("case 4", "ImplicitlyDenied"),
            ("case 5", "ImplicitlyDenied"),
        ];
        let decided: Vec<_> = decided.collect();
        let decided: Vec<_> = decided.iter().map(|(name, decision)| (*name, decision.as_str())).collect();
        assert_eq!(decided, expected);
        let keys = |nth: usize| &cases[nth].scenario.as_ref().unwrap().request.context;
        assert!(keys(3).get("aws:SecureTransport").is_none());
        assert!(keys(3).get("aws:SourceIp").is_some());
    });
}

/// A statement of a file has its line there, one that is written in the table has its line in the table.
#[test]
fn statements_have_the_places_of_their_files() {
    cases(&table(&json!([{}, {"policies": {"boundary": null}}])), |text, cases, reader| {
        let deciding = |nth: usize| {
            let outcome = cases[nth].scenario.as_ref().unwrap().outcome(text, 1, reader);
            let found = outcome.deciding().next().unwrap().clone();
            (found.place, found.policy, found.line)
        };
        let line = text.lines().position(|line| line.contains("\"Statement\"")).unwrap() + 1;
        assert_eq!(deciding(0), (Place::Scenario, "boundary[0]".to_owned(), line));
        assert_eq!(deciding(1), (Place::Elsewhere, "policies/read.json".to_owned(), 2));
    });
}

/// Errors say whether the case or the table is wrong.
#[test]
fn errors_are_in_the_case_or_in_the_table() {
    let wrong = [
        (json!({"principal": "app"}), "$.cases[0].principal", "`app`"),
        (json!({"action": "s3"}), "$.cases[0].action", "`s3`"),
        (json!({"expect": "perhaps"}), "$.cases[0].expect", "`perhaps`"),
        (json!({"context": {"a": {}}}), "$.cases[0].context[\"a\"]", "a context value"),
        (json!({"policies": {"scp": [["gone.json"]]}}), "$.cases[0].policies.scp[0][0]", "`gone.json`"),
        (
            json!({"policies": {"scp": [["other.json"]]}}),
            "$.cases[0].policies.scp[0][0]",
            "a policy is an object",
        ),
        (json!({"expects": "Allowed"}), "$.cases[0]", "did you mean `expect`?"),
        (json!({"cases": []}), "$.cases[0]", "no cases of its own"),
    ];
    for (case, path, message) in wrong {
        cases(&table(&json!([case])), |_, cases, _| {
            let found = cases[0].scenario.as_ref().unwrap_err();
            assert_eq!(found.path, path, "{found}");
            assert!(found.message.contains(message), "{found}");
        });
    }
    for (member, value, path) in [
        ("principal", json!("app"), "$.principal"),
        ("policies", json!({"identity": ["gone.json"]}), "$.policies.identity[0]"),
        ("settings", json!({"guard": true}), "$.settings"),
        ("expect", Json::Null, "$.cases[0]"),
    ] {
        let mut table = table(&json!([{}]));
        table[member] = value;
        cases(&table, |_, cases, _| assert_eq!(cases[0].scenario.as_ref().unwrap_err().path, path));
    }
    assert_eq!(Table::read("{\"cases\": [], \"case\": 1}").err().unwrap().path, "$");
}
