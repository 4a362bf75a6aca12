//! Simulating scenarios whose policies repeat, beside reading the same lines as plain JSON.
//!
//! `cargo bench --bench simulate`; compare the medians of one run with each other, not with another machine's. One
//! thread: `iamdb simulate` spreads the same work over all.

use divan::Bencher;
use iamdb::catalog::Catalog;
use iamdb::scenario::{Documents, Reader};
use jiff::Timestamp;
use serde_json::{Value, json};

fn main() {
    divan::main();
}

const LINES: usize = 2_000;

/// Scenarios of a hundred principals: each has three policies of its own out of thirty, an SCP at two levels and a
/// bucket policy, and asks for one of a thousand objects.
fn lines() -> Vec<String> {
    let policy = |nth: usize| {
        let statements: Vec<Value> = (0..6)
            .map(|part| {
                json!({"Sid": format!("S{nth}x{part}"), "Effect": "Allow",
                    "Action": [format!("s3:Get{part}*"), "s3:ListBucket", format!("ec2:Describe{nth}")],
                    "Resource": [format!("arn:aws:s3:::bucket-{nth}-{part}/*"), format!("arn:aws:s3:::bucket-{nth}")],
                    "Condition": {"Bool": {"aws:SecureTransport": "true"}}})
            })
            .chain([json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": format!("arn:aws:s3:::b{}/*", nth % 10)})])
            .collect();
        json!({"Version": "2012-10-17", "Statement": statements})
    };
    let full =
        json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}});
    let line = |nth: usize| {
        let own: Vec<Value> = (0..3)
            .map(|of| json!({"name": format!("p{of}"), "policy": policy((nth * 7 + of * 11) % 30)}))
            .collect();
        let bucket = json!({"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Principal": "*",
            "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}});
        json!({
            "name": format!("case {nth}"),
            "request": {"principal": format!("arn:aws:iam::111122223333:role/r{}", nth % 100), "action": "s3:GetObject",
                "resource": format!("arn:aws:s3:::b{}/k{}", nth % 13, nth % 1000), "context": {"aws:SecureTransport": "true"}},
            "policies": {"identity": own, "scp": [[{"name": "full", "policy": full}], [{"name": "full", "policy": full}]],
                "resource": {"name": "bucket", "policy": bucket}},
        })
        .to_string()
    };
    (0..LINES).map(line).collect()
}

#[divan::bench]
fn read_as_json(bencher: Bencher) {
    let lines = lines();
    bencher.bench(|| lines.iter().filter(|line| serde_json::from_str::<Value>(line).is_ok()).count());
}

#[divan::bench]
fn simulate(bencher: Bencher) {
    let lines = lines();
    let catalog = Catalog::embedded();
    bencher.bench(|| {
        let documents = Documents::new(catalog.rcp_services().map(str::to_owned).collect());
        let reader = Reader { documents: &documents, catalog: &catalog, now: Timestamp::UNIX_EPOCH };
        let answer = |line: &String| {
            let outcome = reader.read(line).ok()?.outcome(line, 1, &catalog);
            serde_json::to_string(&outcome).ok()
        };
        lines.iter().filter_map(answer).map(|answer| answer.len()).sum::<usize>()
    });
}
