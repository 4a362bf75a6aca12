//! `iam-rs`: IAM policies in Rust. Its limit of 1,000 statements is lifted, its other options are as they come.

use iam_rs::{
    Arn, Context, ContextValue, Decision, EvaluationOptions, IAMPolicy, IAMRequest, PolicyEvaluator,
    Principal, PrincipalId,
};

use crate::made::{Asked, CALLER, Made};
use crate::{Answer, Decider, timed};

fn request(asked: &Asked) -> IAMRequest {
    let text = |value: &str| ContextValue::String(value.to_owned());
    let keys = [
        ("aws:SourceIp", text(&asked.source_ip)),
        ("aws:RequestedRegion", text(asked.region)),
        ("aws:SecureTransport", ContextValue::Boolean(asked.is_secure)),
        ("aws:UserAgent", text(asked.user_agent)),
        ("aws:PrincipalArn", text(CALLER)),
    ];
    let context = Context::with_data(keys.into_iter().map(|(key, value)| (key.to_owned(), value)).collect());
    let resource = Arn::parse(&asked.resource).expect("an ARN");
    let principal = Principal::Aws(PrincipalId::String(CALLER.to_owned()));
    IAMRequest::new_with_context(principal, asked.action, resource, context)
}

pub(crate) fn decider(made: &Made) -> Decider {
    let texts = made.iam();
    let read = |text: &String| IAMPolicy::from_json(text).expect("a policy");
    let (reading, policies) = timed(|| texts.iter().map(read).collect::<Vec<_>>());
    let options = EvaluationOptions { max_statements: usize::MAX, ..EvaluationOptions::default() };
    let evaluator = PolicyEvaluator::with_policies(policies).with_options(options);
    let requests: Vec<IAMRequest> = made.requests.iter().map(request).collect();
    Decider {
        name: format!("iam-rs {}", crate::version("iam-rs")),
        made_in: vec![("reading", reading)],
        decide: Box::new(move |nth| {
            match evaluator.evaluate(&requests[nth]).expect("an evaluation").decision {
                Decision::Allow => Answer::Allowed,
                Decision::Deny => Answer::ExplicitlyDenied,
                Decision::NotApplicable => Answer::ImplicitlyDenied,
            }
        }),
    }
}
