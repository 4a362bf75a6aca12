//! Reading and deciding, beside reading the same documents as plain JSON.
//!
//! `cargo bench --bench documents`; compare the medians of one run with each other, not with another machine's.

use std::fs;
use std::path::Path;

use divan::Bencher;
use iamdb::caller::Caller;
use iamdb::catalog::Catalog;
use iamdb::eval::authorize;
use iamdb::layers::{LayerPolicy, PolicyLayers};
use iamdb::policy::{Document, PolicyType, parse};
use iamdb::request::{Action, Context, Request, Resource, Value};
use iamdb::validate::{Options, Validator};
use serde_json::json;

fn main() {
    divan::main();
}

/// AWS's managed policies where the corpus is there, else generated ones of like size.
fn documents() -> Vec<String> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/managed");
    let files = fs::read_dir(corpus).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut files: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|ending| ending == "json")).collect();
    files.sort();
    let texts: Vec<String> = files.iter().filter_map(|path| fs::read_to_string(path).ok()).collect();
    if texts.is_empty() { (1..300).map(|size| policy(size % 20 + 1)).collect() } else { texts }
}

/// A policy of so many statements, each on a bucket of its own.
fn policy(statements: usize) -> String {
    let statement = |nth: usize| {
        json!({
            "Sid": format!("S{nth}"),
            "Effect": "Allow",
            "Action": ["s3:Get*", "s3:ListBucket", "s3:PutObject"],
            "Resource": [format!("arn:aws:s3:::bucket-{nth}"), format!("arn:aws:s3:::bucket-{nth}/*")],
            "Condition": {"IpAddress": {"aws:SourceIp": ["192.0.2.0/24", "203.0.113.0/24"]}},
        })
    };
    let statements: Vec<_> = (0..statements).map(statement).collect();
    serde_json::to_string_pretty(&json!({"Version": "2012-10-17", "Statement": statements}))
        .unwrap_or_default()
}

/// Every check, with the services of the catalogue unpacked anew.
#[divan::bench]
fn checked(bencher: Bencher) {
    let documents = documents();
    let catalog = Catalog::embedded();
    let options = Options::new(PolicyType::Identity);
    bencher.bench_local(|| {
        let validator = Validator::new(&catalog);
        documents.iter().map(|text| validator.validate(text, &options).len()).sum::<usize>()
    });
}

#[divan::bench]
fn json_only(bencher: Bencher) {
    let documents = documents();
    bencher.bench(|| {
        documents.iter().filter(|text| serde_json::from_str::<serde_json::Value>(text).is_ok()).count()
    });
}

#[divan::bench]
fn parse_policies(bencher: Bencher) {
    let documents = documents();
    bencher.bench(|| {
        documents.iter().map(|text| parse(text, PolicyType::Identity).policy.statements.len()).sum::<usize>()
    });
}

#[divan::bench]
fn canonicalise_and_hash(bencher: Bencher) {
    let documents = documents();
    bencher.bench(|| documents.iter().map(|text| Document::new(text.clone()).id()).max());
}

/// One decision over a policy of so many statements, of which the last one allows.
#[divan::bench(args = [10, 100, 1_000, 4_000])]
fn authorize_among(bencher: Bencher, statements: usize) {
    let text = policy(statements);
    let policy = LayerPolicy::read("policy", "inline policy", &text, PolicyType::Identity);
    let layers = PolicyLayers { identity: vec![policy], ..PolicyLayers::default() };
    let mut context = Context::default();
    context.set("aws:SourceIp", Value::Single("203.0.113.9".to_owned()));
    let last = format!("arn:aws:s3:::bucket-{}/key", statements - 1);
    let (Some(action), Some(resource)) = (Action::parse("s3:GetObject"), Resource::parse(&last)) else {
        return;
    };
    let Some(caller) = Caller::parse("arn:aws:iam::123456789012:user/alice") else { return };
    let request = Request { caller, action, resource, resource_account: None, context };
    bencher.bench(|| authorize(&layers, &request).decision);
}
