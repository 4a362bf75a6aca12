//! `cedar-policy`: another language for the same thing. Actions by prefix are groups of actions, as Cedar has it; a
//! resource is an entity with its ARN as an attribute.

use std::collections::{HashMap, HashSet};

use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityUid, PolicySet, Request, RestrictedExpression,
};

use crate::made::{Asked, Made};
use crate::{Answer, Decider, timed};

fn uid(kind: &str, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(kind.parse().expect("a type"), cedar_policy::EntityId::new(id))
}

/// The requests' actions with their groups, and the requests' resources.
fn entities(made: &Made) -> Entities {
    let mut entities = HashMap::new();
    for asked in &made.requests {
        let action = uid("Action", asked.action);
        if !entities.contains_key(&action) {
            let groups = made.groups_of(asked.action);
            let groups: HashSet<EntityUid> = groups.into_iter().map(|group| uid("Action", group)).collect();
            for group in &groups {
                let group = Entity::new_no_attrs(group.clone(), HashSet::new());
                entities.insert(group.uid(), group);
            }
            entities.insert(action.clone(), Entity::new_no_attrs(action, groups));
        }
        let resource = uid("Resource", &asked.resource);
        let arn = RestrictedExpression::new_string(asked.resource.clone());
        let attributes = HashMap::from([("arn".to_owned(), arn)]);
        let resource = Entity::new(resource, attributes, HashSet::new()).expect("an entity");
        entities.insert(resource.uid(), resource);
    }
    Entities::from_entities(entities.into_values(), None).expect("entities")
}

fn request(asked: &Asked) -> Request {
    let text = |value: &str| RestrictedExpression::new_string(value.to_owned());
    let pairs = [
        ("sourceIp", RestrictedExpression::new_ip(&asked.source_ip)),
        ("region", text(asked.region)),
        ("secureTransport", RestrictedExpression::new_bool(asked.is_secure)),
        ("userAgent", text(asked.user_agent)),
    ];
    let context = Context::from_pairs(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)));
    let context = context.expect("a context");
    let resource = uid("Resource", &asked.resource);
    Request::new(uid("User", "anyone"), uid("Action", asked.action), resource, context, None)
        .expect("a request")
}

pub(crate) fn decider(made: &Made) -> Decider {
    let text = made.cedar();
    let (reading, policies) = timed(|| text.parse::<PolicySet>().expect("policies"));
    let entities = entities(made);
    let requests: Vec<Request> = made.requests.iter().map(request).collect();
    let authorizer = Authorizer::new();
    Decider {
        name: format!("cedar-policy {}", crate::version("cedar-policy")),
        made_in: vec![("reading", reading)],
        decide: Box::new(move |nth| {
            let response = authorizer.is_authorized(&requests[nth], &policies, &entities);
            assert_eq!(response.diagnostics().errors().count(), 0, "an error is no decision");
            match response.decision() {
                Decision::Allow => Answer::Allowed,
                Decision::Deny if response.diagnostics().reason().next().is_some() => {
                    Answer::ExplicitlyDenied
                }
                Decision::Deny => Answer::ImplicitlyDenied,
            }
        }),
    }
}
