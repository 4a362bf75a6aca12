//! Reading, deciding and answering scenarios whose policies repeat, beside reading the same lines as plain JSON.
//!
//! `cargo bench --bench simulate`; compare the medians of one run with each other, not with another machine's.

use std::fs;
use std::path::Path;
use std::thread;

use divan::Bencher;
use iamdb::catalog::Catalog;
use iamdb::scenario::{Documents, Reader};
use jiff::Timestamp;
use serde_json::{Value as Json, json};

fn main() {
    divan::main();
}

/// Where the scenarios come from.
#[derive(Debug, Clone, Copy)]
enum Lines {
    /// Few sets of policies, asked about often.
    Generated,
    /// The corpus, where it is there.
    Corpus,
}

const BOTH: [Lines; 2] = [Lines::Generated, Lines::Corpus];

impl Lines {
    fn read(self) -> Vec<String> {
        match self {
            Lines::Generated => (0..4_000).map(scenario).collect(),
            Lines::Corpus => {
                let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/scenarios");
                let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
                let texts = files.filter_map(|path| fs::read_to_string(path).ok());
                texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect()
            }
        }
    }
}

/// One of twenty teams asks for one of many objects, under an SCP.
fn scenario(nth: usize) -> String {
    let team = nth % 20;
    let statement = |bucket: usize| {
        json!({
            "Sid": format!("Bucket{bucket}"),
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:ListBucket", "s3:PutObject"],
            "Resource": [format!("arn:aws:s3:::team-{team}-{bucket}"), format!("arn:aws:s3:::team-{team}-{bucket}/*")],
        })
    };
    let statements: Vec<Json> = (0..8).map(statement).collect();
    let everything =
        json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}});
    let guard = json!({"Version": "2012-10-17", "Statement": [
        {"Sid": "Regions", "Effect": "Deny", "NotAction": ["iam:*", "sts:*", "s3:*"], "Resource": "*",
         "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-central-1", "eu-west-1"]}}},
        {"Sid": "Trail", "Effect": "Deny", "Action": ["cloudtrail:StopLogging", "cloudtrail:DeleteTrail"], "Resource": "*"},
    ]});
    json!({
        "name": format!("case {nth}"),
        "request": {
            "principal": format!("arn:aws:iam::111122223333:role/team-{team}"),
            "action": "s3:GetObject",
            "resource": format!("arn:aws:s3:::team-{team}-{}/object-{nth}", nth % 9),
            "context": {"aws:RequestedRegion": "eu-central-1", "aws:SecureTransport": "true"},
        },
        "policies": {
            "identity": [{"name": "team", "policy": {"Version": "2012-10-17", "Statement": statements}}],
            "scp": [[{"name": "FullAWSAccess", "policy": everything}],
                    [{"name": "FullAWSAccess", "policy": everything}, {"name": "guard", "policy": guard}]],
        },
        "expect": {"decision": if nth % 9 < 8 { "Allowed" } else { "ImplicitlyDenied" }},
    })
    .to_string()
}

#[divan::bench(args = BOTH)]
fn json_only(bencher: Bencher, lines: Lines) {
    let lines = lines.read();
    bencher.bench(|| lines.iter().filter(|line| serde_json::from_str::<Json>(line).is_ok()).count());
}

/// Nothing is kept from one run to the next: each distinct document is parsed once a run.
#[divan::bench(args = BOTH)]
fn simulate_on_one_thread(bencher: Bencher, lines: Lines) {
    let lines = lines.read();
    bencher.bench(|| answered(&lines, 1));
}

#[divan::bench(args = BOTH)]
fn simulate_on_all_threads(bencher: Bencher, lines: Lines) {
    let lines = lines.read();
    let threads = thread::available_parallelism().map_or(1, usize::from);
    bencher.bench(|| answered(&lines, threads));
}

/// The bytes of the answers to all lines.
fn answered(lines: &[String], threads: usize) -> usize {
    let catalog = Catalog::embedded();
    let documents = Documents::new(catalog.rcp_services().map(str::to_owned).collect());
    let reader = Reader { documents: &documents, catalog: &catalog, now: Timestamp::UNIX_EPOCH };
    let answer = |line: &String| {
        let scenario = reader.read(line).ok()?;
        serde_json::to_string(&scenario.outcome(line, 1, &reader)).ok()
    };
    let part = |lines: &[String]| lines.iter().filter_map(answer).map(|answer| answer.len()).sum::<usize>();
    thread::scope(|scope| {
        let chunks = lines.chunks(lines.len().div_ceil(threads).max(1));
        let running: Vec<_> = chunks.map(|lines| scope.spawn(move || part(lines))).collect();
        running.into_iter().filter_map(|part| part.join().ok()).sum()
    })
}
