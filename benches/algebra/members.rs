//! Deciding many requests by one compiled set.

use iamdb::caller::Caller;
use iamdb::catalog::Catalog;
use iamdb::compile::Point;
use iamdb::eval::{Decision, authorize};
use iamdb::layers::PolicyLayers;
use iamdb::request::{Action, Context, Request, Resource, Value};

use crate::{corpus, curve, table};

/// How many requests are decided in a row.
const REQUESTS: usize = 100_000;

/// Requests for the resources of a generated policy and for others.
fn requests(statements: usize) -> Vec<Request> {
    let actions =
        ["s3:GetObject", "dynamodb:Put1", "ec2:DescribeInstances", "kms:Decrypt", "lambda:ListFunctions"];
    let request = |nth: usize| {
        let action = Action::parse(actions[nth % actions.len()])?;
        let resource = format!(
            "arn:aws:{}:eu-central-1:111122223333:thing-{}/key{nth}",
            action.service(),
            nth * 7 % (statements * 2)
        );
        let mut context = Context::default();
        context.set("aws:SourceIp", Value::Single(format!("10.{}.0.7", nth % 200)));
        context.set("aws:RequestedRegion", Value::Single("eu-central-1".to_owned()));
        context.set("aws:SecureTransport", Value::Single("true".to_owned()));
        context.set("aws:PrincipalArn", Value::Single("arn:aws:iam::111122223333:user/anyone".to_owned()));
        let caller = Caller::parse("arn:aws:iam::111122223333:user/anyone")?;
        let resource = Resource::parse(&resource)?;
        Some(Request { caller, action, resource, resource_account: None, context })
    };
    (0..1_000).filter_map(request).collect()
}

fn print(what: &str, layers: &PolicyLayers, requests: &[Request], catalog: &Catalog) {
    let mut compiler = corpus::compiler(&[layers], catalog);
    let Ok(compiled) = compiler.layers(layers) else {
        table::line(&format!("{what}: over the budget"));
        return;
    };
    let mut allowed = 0;
    let time = table::least(5, || {
        let many = requests.iter().cycle().take(REQUESTS);
        allowed = many.filter(|request| compiler.contains(compiled.allowed, &Point::of(request))).count();
    });
    let few = requests.len().min(200);
    let evaluator = table::least(1, || {
        let is_allowed = |request: &&Request| authorize(layers, request).decision == Decision::Allowed;
        requests.iter().take(few).filter(is_allowed).count()
    });
    table::line(&format!(
        "{what:<40} {:>10.0} decisions a second (the evaluator {:>8.0}), {:.0} % allowed",
        REQUESTS as f64 / time.as_secs_f64(),
        few as f64 / evaluator.as_secs_f64(),
        allowed as f64 * 100.0 / REQUESTS as f64,
    ));
}

/// Prints how many requests are decided in a second, each from the request itself.
pub(crate) fn decisions() {
    let catalog = Catalog::embedded();
    let managed = corpus::managed();
    let names = [
        "AmazonS3FullAccess",
        "AmazonEC2ReadOnlyAccess",
        "AWSLambda_FullAccess",
        "AmazonDynamoDBFullAccess",
        "IAMReadOnlyAccess",
        "CloudWatchLogsFullAccess",
        "AmazonSQSFullAccess",
        "AWSKeyManagementServicePowerUser",
        "AmazonECS_FullAccess",
        "SecurityAudit",
    ];
    let mut ten = PolicyLayers::default();
    for (name, text) in managed {
        if names.contains(&name.as_str()) {
            ten.identity.extend(corpus::layers(&[text]).identity);
        }
    }
    if ten.identity.len() == names.len() {
        print("ten managed policies", &ten, &requests(100), &catalog);
    } else {
        table::line(&format!("skipped: {} of ten managed policies", ten.identity.len()));
    }
    for size in curve::SIZES {
        let layers = corpus::layers(&curve::policies(size));
        print(&format!("{size} statements"), &layers, &requests(size), &catalog);
    }
}
