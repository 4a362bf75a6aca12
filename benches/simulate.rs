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

// The allocator of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    divan::main();
}

/// Where the scenarios come from.
#[derive(Debug, Clone, Copy)]
enum Lines {
    /// Made here; the policies repeat.
    Generated,
    /// The same, but the contexts leave out keys that the policies test.
    Unsaid,
    /// The corpus, where it is there.
    Corpus,
}

const ALL: [Lines; 3] = [Lines::Generated, Lines::Unsaid, Lines::Corpus];

impl Lines {
    fn read(self) -> Vec<String> {
        match self {
            Lines::Generated => {
                generated(&json!({"aws:SecureTransport": "true", "aws:SourceVpce": "vpce-1"}))
            }
            Lines::Unsaid => generated(&json!({})),
            Lines::Corpus => {
                let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/scenarios");
                let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
                let texts = files.filter_map(|path| fs::read_to_string(path).ok());
                texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect()
            }
        }
    }
}

/// Scenarios of a hundred principals: each has three policies of its own out of thirty, an SCP at two levels and a
/// bucket policy with two conditions, and asks for one of a thousand objects.
fn generated(context: &Json) -> Vec<String> {
    let policy = |nth: usize| {
        let statements: Vec<Json> = (0..6)
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
        let own: Vec<Json> = (0..3)
            .map(|of| json!({"name": format!("p{of}"), "policy": policy((nth * 7 + of * 11) % 30)}))
            .collect();
        let denied = |condition: Json| json!({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": condition});
        let bucket = json!({"Version": "2012-10-17", "Statement": [
            denied(json!({"Bool": {"aws:SecureTransport": "false"}})),
            denied(json!({"StringNotEqualsIfExists": {"aws:SourceVpce": ["vpce-1", "vpce-2"]}})),
        ]});
        json!({
            "name": format!("case {nth}"),
            "request": {"principal": format!("arn:aws:iam::111122223333:role/r{}", nth % 100), "action": "s3:GetObject",
                "resource": format!("arn:aws:s3:::b{}/k{}", nth % 13, nth % 1000), "context": context},
            "policies": {"identity": own, "scp": [[{"name": "full", "policy": full}], [{"name": "full", "policy": full}]],
                "resource": {"name": "bucket", "policy": bucket}},
        })
        .to_string()
    };
    (0..2_000).map(line).collect()
}

#[divan::bench(args = ALL)]
fn json_only(bencher: Bencher, lines: Lines) {
    let lines = lines.read();
    bencher.bench(|| lines.iter().filter(|line| serde_json::from_str::<Json>(line).is_ok()).count());
}

/// Nothing is kept from one run to the next: each distinct document is parsed once a run.
#[divan::bench(args = ALL)]
fn simulate_on_one_thread(bencher: Bencher, lines: Lines) {
    let lines = lines.read();
    bencher.bench(|| answered(&lines, 1));
}

/// The decisions alone, of policies that repeat.
#[divan::bench(args = ALL)]
fn brief_on_one_thread(bencher: Bencher, lines: Lines) {
    let lines = lines.read();
    bencher.bench(|| {
        let catalog = Catalog::embedded();
        let documents = Documents::new(catalog.rcp_services().map(str::to_owned).collect());
        let reader = Reader { documents: &documents, catalog: &catalog, now: Timestamp::UNIX_EPOCH };
        let answer = |line: &String| serde_json::to_string(&reader.read(line).ok()?.brief(&reader)).ok();
        lines.iter().filter_map(answer).map(|answer| answer.len()).sum::<usize>()
    });
}

#[divan::bench(args = ALL)]
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
