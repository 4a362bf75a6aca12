//! Scenarios and managed policies of the corpus beside the repository, where it is there: the repository
//! itself holds none of them.
//!
//! Of the scenarios those run that the identity and boundary layers decide alone: users and roles of the
//! resource's own account, without resource policy, session, organization or endpoint.

use std::path::PathBuf;

use iamdb::arn::Arn;
use iamdb::eval::{Decision, authorize};
use iamdb::policy::{PolicyType, parse};
use iamdb::request::{Context, Value};
use serde_json::{Map, Value as Json};

use crate::asking::{context, layers, request};

/// A folder of the corpus; `None`, with a word about it, where there is no corpus.
fn corpus(folder: &str) -> Option<PathBuf> {
    // Cargo sets the variable when it runs tests, too: a binary that was moved finds the corpus of its new place.
    let here = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
    let path = PathBuf::from(here).join("../shared/corpus").join(folder);
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("skipped: there is no ../shared/corpus/{folder}");
    None
}

fn files(folder: &PathBuf, suffix: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == suffix))
        .collect();
    files.sort();
    files
}

fn present(layer: &Json) -> bool {
    layer.as_array().map_or(!layer.is_null(), |items| !items.is_empty())
}

fn documents(layer: &Json) -> Vec<Json> {
    let items = layer.as_array().cloned().unwrap_or_default();
    items.into_iter().map(|item| item.get("policy").cloned().unwrap_or(item)).collect()
}

/// The principal, if this meaning can decide the scenario alone.
fn principal_of(scenario: &Json) -> Option<Arn> {
    let policies = &scenario["policies"];
    let elsewhere = ["resource", "session", "scp", "rcp", "vpc_endpoint"];
    if elsewhere.into_iter().any(|layer| present(&policies[layer])) {
        return None;
    }
    let asked = &scenario["request"];
    let principal = Arn::parse(asked["principal"].as_str()?)?;
    let kind = principal.resource().split('/').next().unwrap_or_default();
    let is_known = matches!((principal.service(), kind), ("iam", "user" | "role") | ("sts", "assumed-role"));
    // Actions on roles and keys and the calls that need no permission are decided by other layers.
    let action = asked["action"].as_str()?.to_ascii_lowercase();
    let own_rules = action.starts_with("sts:") || action.starts_with("kms:") || action == "iam:passrole";
    let owner = match asked["resource_account"].as_str() {
        Some(account) => account.to_owned(),
        None => {
            Arn::parse(asked["resource"].as_str()?).map_or_else(String::new, |arn| arn.account().to_owned())
        }
    };
    let same_account = owner.is_empty() || owner == principal.account();
    (is_known && !own_rules && same_account).then_some(principal)
}

/// The keys that a scenario derives (R-KEY-1), for those that it does not give.
fn derive(context: &mut Context, principal: &Arn) {
    let (kind, name) = principal.resource().split_once('/').unwrap_or_default();
    let arn = match kind {
        "assumed-role" => {
            let role = name.split('/').next().unwrap_or_default();
            format!("arn:{}:iam::{}:role/{role}", principal.partition(), principal.account())
        }
        _ => principal.to_string(),
    };
    let mut keys = vec![
        ("aws:PrincipalArn", arn),
        ("aws:PrincipalAccount", principal.account().to_owned()),
        ("aws:PrincipalType", if kind == "user" { "User" } else { "AssumedRole" }.to_owned()),
        ("aws:PrincipalIsAWSService", "false".to_owned()),
        ("aws:CurrentTime", "2026-01-01T00:00:00Z".to_owned()),
        ("aws:EpochTime", "1767225600".to_owned()),
    ];
    if kind == "user" {
        keys.push(("aws:username", name.rsplit('/').next().unwrap_or_default().to_owned()));
    }
    for (key, value) in keys {
        if context.get(key).is_none() {
            context.set(key, Value::Single(value));
        }
    }
}

/// Every scenario of these layers is decided as expected.
#[test]
fn every_scenario_of_these_layers() {
    let Some(folder) = corpus("scenarios") else { return };
    let (mut ran, mut wrong) = (0, Vec::new());
    for file in files(&folder, "jsonl") {
        for line in std::fs::read_to_string(&file).unwrap().lines() {
            let scenario: Json = serde_json::from_str(line).unwrap();
            let Some(principal) = principal_of(&scenario) else { continue };
            let asked = &scenario["request"];
            let mut context = context(asked["context"].as_object().unwrap_or(&Map::new()));
            if asked["derive"] != Json::Bool(false) {
                derive(&mut context, &principal);
            }
            let policies = &scenario["policies"];
            let layers = layers(&documents(&policies["identity"]), &documents(&policies["boundary"]));
            let text = |name: &str| asked[name].as_str().unwrap_or_default().to_owned();
            let evaluation = authorize(&layers, &request(&text("action"), &text("resource"), context));
            let decision = evaluation.decision.to_string();
            let expected = scenario["expect"]["decision"].as_str().unwrap();
            let coarse = scenario["expect"]["precision"] == "allowed";
            let allowed = Decision::Allowed.to_string();
            let right =
                if coarse { (decision == allowed) == (expected == allowed) } else { decision == expected };
            ran += 1;
            if !right {
                wrong.push(format!("{}: {} instead of {expected}", scenario["name"], decision));
            }
        }
    }
    eprintln!("{ran} scenarios ran");
    assert!(wrong.is_empty(), "{} of {ran}:\n{}", wrong.len(), wrong.join("\n"));
}

/// AWS stores every managed policy: the parser refuses none and bends none.
#[test]
fn every_managed_policy() {
    let Some(folder) = corpus("managed") else { return };
    let mut found = Vec::new();
    let files = files(&folder, "json");
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap();
        let parsed = parse(&text, PolicyType::Identity);
        for diagnostic in parsed.diagnostics.iter().filter(|found| found.degrades()).chain(parsed.errors()) {
            found.push(format!("{:?}: {} at {}", file.file_name(), diagnostic.message, diagnostic.path));
        }
    }
    eprintln!("{} managed policies read", files.len());
    assert!(found.is_empty(), "{}", found.join("\n"));
}
