//! What more statements cost.

use std::time::Duration;

use iamdb::algebra::{Budget, Set};
use iamdb::catalog::Catalog;
use serde_json::{Value as Json, json};

use crate::{corpus, table};

/// The sizes of the policies, in statements.
pub(crate) const SIZES: [usize; 4] = [10, 100, 1_000, 10_000];

/// How many statements one document has at most, for documents have a longest length.
const MOST_STATEMENTS: usize = 2_500;

/// Ordinary policies of so many statements together: a few actions of a service, resources of its own, every third with a
/// condition, every tenth a Deny.
pub(crate) fn policies(statements: usize) -> Vec<String> {
    let services = ["s3", "dynamodb", "sqs", "lambda", "ec2", "kms", "sns", "logs", "ecs", "rds"];
    let statement = |nth: usize| {
        let service = services[nth % services.len()];
        let condition = match nth % 6 {
            0 => json!({"StringEquals": {"aws:RequestedRegion": ["eu-central-1", "eu-west-1"]}}),
            3 => json!({"IpAddress": {"aws:SourceIp": [format!("10.{}.0.0/16", nth / 6 % 200)]}}),
            _ => json!({}),
        };
        json!({
            "Sid": format!("S{nth}"),
            "Effect": if nth % 10 == 9 { "Deny" } else { "Allow" },
            "Action": [format!("{service}:Get*"), format!("{service}:List*"), format!("{service}:Put{}", nth % 7)],
            "Resource": [
                format!("arn:aws:{service}:eu-central-1:111122223333:thing-{nth}"),
                format!("arn:aws:{service}:eu-central-1:111122223333:thing-{nth}/*"),
            ],
            "Condition": condition,
        })
    };
    let statements: Vec<_> = (0..statements).map(statement).collect();
    let document = |part: &[Json]| json!({"Version": "2012-10-17", "Statement": part}).to_string();
    statements.chunks(MOST_STATEMENTS).map(document).collect()
}

/// Prints the time of policies by the number of its statements.
pub(crate) fn statements() {
    let catalog = Catalog::embedded();
    let mut before: Option<Duration> = None;
    for size in SIZES {
        let texts = policies(size);
        let is_json = |text: &String| serde_json::from_str::<Json>(text).is_ok();
        let plain = table::least(5, || texts.iter().filter(|text| is_json(text)).count());
        let mut result = Ok(0);
        let ours = table::least(5, || {
            let layers = corpus::layers(&texts);
            let mut compiler = corpus::compiler(&[&layers], &catalog);
            result = compiler.layers(&layers).map(|compiled| {
                let left = compiler.arena().meter().left();
                usize::from(compiled.allowed != Set::EMPTY) * (Budget::default().work - left.work) as usize
            });
        });
        table::line(&format!(
            "{size:>6} statements: {:>9.3} ms, {:>6.1} times JSON values, {} times the one before, {result:?} steps of work",
            ours.as_secs_f64() * 1e3,
            ours.as_secs_f64() / plain.as_secs_f64(),
            before.map_or_else(
                || "-".to_owned(),
                |before| format!("{:.1}", ours.as_secs_f64() / before.as_secs_f64())
            ),
        ));
        before = Some(ours);
    }
}
