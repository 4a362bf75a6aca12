//! iamdb's evaluator: every statement is looked at, and the answer names those that apply.

use iamdb::caller::Caller;
use iamdb::eval::{Decision, authorize};
use iamdb::layers::{LayerPolicy, PolicyLayers};
use iamdb::policy::PolicyType;
use iamdb::request::{Action, Context, Request, Resource, Value};

use crate::made::{Asked, CALLER, Made};
use crate::{Answer, Decider, timed};

/// The layers of a user who has these identity policies.
pub(crate) fn layers(texts: &[String]) -> PolicyLayers {
    let policy = |text: &String| LayerPolicy::read("policy", "managed policy", text, PolicyType::Identity);
    PolicyLayers { identity: texts.iter().map(policy).collect(), ..PolicyLayers::default() }
}

/// A request in iamdb's types.
pub(crate) fn request(asked: &Asked) -> Request {
    let mut context = Context::default();
    let keys = [
        ("aws:SourceIp", asked.source_ip.as_str()),
        ("aws:RequestedRegion", asked.region),
        ("aws:SecureTransport", if asked.is_secure { "true" } else { "false" }),
        ("aws:UserAgent", asked.user_agent),
        ("aws:PrincipalArn", CALLER),
    ];
    for (key, value) in keys {
        context.set(key, Value::Single(value.to_owned()));
    }
    Request {
        caller: Caller::parse(CALLER).expect("a caller"),
        action: Action::parse(asked.action).expect("an action"),
        resource: Resource::parse(&asked.resource).expect("a resource"),
        resource_account: None,
        context,
    }
}

pub(crate) fn decider(made: &Made) -> Decider {
    let texts = made.iam();
    let (reading, layers) = timed(|| layers(&texts));
    let requests: Vec<Request> = made.requests.iter().map(request).collect();
    Decider {
        name: format!("iamdb {} evaluator", crate::version("iamdb")),
        made_in: vec![("reading", reading)],
        decide: Box::new(move |nth| match authorize(&layers, &requests[nth]).decision {
            Decision::Allowed => Answer::Allowed,
            Decision::ExplicitlyDenied => Answer::ExplicitlyDenied,
            Decision::ImplicitlyDenied | Decision::Unknown => Answer::ImplicitlyDenied,
        }),
    }
}
