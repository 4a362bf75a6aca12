//! SARIF 2.1.0: what every log of findings has, whoever found them.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value as Json, json};

use super::text::shown;

/// What a path keeps in a URI.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The whole log, of the rules that were applied, what came of them, and what the run itself has to say.
pub(crate) fn log(rules: Vec<Json>, results: Vec<Json>, notifications: Vec<Json>) -> String {
    let mut log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {
                "driver": {
                    "name": "iamdb",
                    "version": env!("CARGO_PKG_VERSION"),
                    "rules": rules,
                },
            },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    if !notifications.is_empty() {
        log["runs"][0]["invocations"] =
            json!([{ "executionSuccessful": true, "toolExecutionNotifications": notifications }]);
    }
    let lines = format!("{log:#}");
    lines.split('\n').map(shown).collect::<Vec<_>>().join("\n") + "\n"
}

/// The URI of a file as it was named.
pub(crate) fn uri(file: &str) -> String {
    let path = file.strip_prefix("file://").unwrap_or(file);
    let path = path.strip_prefix("./").unwrap_or(path);
    let path = utf8_percent_encode(path, PATH).to_string();
    if path.starts_with('/') { format!("file://{path}") } else { path }
}
