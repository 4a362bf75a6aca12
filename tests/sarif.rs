//! What is written as SARIF is SARIF: against the schema of version 2.1.0 that OASIS publishes, which stands in
//! `sarif/sarif-2.1.0.json` without its descriptions.

use std::path::{Path, PathBuf};
use std::process::Command;

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::{Value as Json, json};

fn in_tests(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

/// The schema, ready to be asked.
fn schema() -> (Schemas, SchemaIndex) {
    let text = std::fs::read_to_string(in_tests("sarif/sarif-2.1.0.json")).unwrap();
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.add_resource("sarif.json", serde_json::from_str(&text).unwrap()).unwrap();
    let index = compiler.compile("sarif.json", &mut schemas).unwrap();
    (schemas, index)
}

/// The log of a command that finds something, run in a folder of the transcripts.
fn log(folder: &str, arguments: &[&str]) -> Json {
    let mut command = Command::new(env!("CARGO_BIN_EXE_iamdb"));
    let output =
        command.args(arguments).args(["--output", "sarif"]).current_dir(in_tests(folder)).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    let log: Json = serde_json::from_slice(&output.stdout).unwrap();
    assert!(!log["runs"][0]["results"].as_array().unwrap().is_empty(), "{arguments:?} finds nothing");
    log
}

#[test]
fn logs_are_of_the_published_schema() {
    let (schemas, index) = schema();
    let literal = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s4:X","Resource":"*"}}"#;
    let logs = [
        log("cmd/validate.in", &["validate", "deploy.json", "bucket.json", "policies", "stacks", literal]),
        log("cmd/diff.in", &["diff", "old", "new"]),
    ];
    for log in logs {
        let outcome = schemas.validate(&log, index);
        assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
    }
}

#[test]
fn the_schema_refuses_what_is_none() {
    let (schemas, index) = schema();
    for wrong in
        [json!({}), json!({ "version": "2.1.0", "runs": [{}] }), json!({ "version": "2.0.0", "runs": [] })]
    {
        assert!(schemas.validate(&wrong, index).is_err(), "{wrong}");
    }
}
