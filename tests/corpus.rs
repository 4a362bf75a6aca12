//! Cases as data: `tests/corpus/*.json`, each with the rule it shows.
