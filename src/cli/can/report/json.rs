//! The reply to `can` as JSON.

use serde_json::{Value as Json, json};

use super::super::super::when::when_json;
use super::place;
use crate::ask::{Ask, Degraded, Near, Reply};
use crate::eval::Fit;
use crate::explain;
use crate::layers::StatementRef;
use crate::policy::Selector;
use crate::question::{Answer, Depends, Example};
use crate::tell::{condition_json, value_json};

/// The reply as an object.
pub(super) fn object(ask: &Ask<'_>, reply: &Reply) -> Json {
    let (decision, example) = match &reply.answer {
        Answer::Decided(example) => (example.evaluation.decision.to_string(), example),
        Answer::Depends(depends) => ("Depends".to_owned(), &depends.allowed),
    };
    let layers: serde_json::Map<String, Json> = example
        .evaluation
        .layers
        .iter()
        .map(|layer| {
            let statements: Vec<Json> =
                layer.applying.iter().filter_map(|&of| statement_json(ask, of)).collect();
            let value = json!({ "decision": layer.decision.to_string(), "statements": statements });
            (layer.layer.name().to_owned(), value)
        })
        .collect();
    let mut object = json!({
        "schema": "iamdb.can/1",
        "principal": ask.caller.to_string(),
        "action": ask.action.to_string(),
        "resource": reply.resource.to_string(),
        "answer": reply.answer.word(),
        "decision": decision,
        "layers": layers,
        "route": example.evaluation.route.name(),
        "assumed": ask.assumed.iter().map(|of| of.name()).collect::<Vec<_>>(),
        "near": reply.near.iter().filter_map(|near| near_json(ask, near)).collect::<Vec<_>>(),
        "degraded": reply.degraded.iter().map(|degraded| degraded_json(ask, degraded)).collect::<Vec<_>>(),
    });
    match &reply.answer {
        Answer::Decided(example) => {
            object["blocked_by"] = example.evaluation.blocked_by.iter().map(|layer| layer.name()).collect();
            object["missing_context"] = json!(reply.missing);
            let request = ask.request(&reply.resource, example.context.clone());
            object["why"] = json!(explain::why(ask.layers, &request, &example.evaluation));
            object["would_allow"] = json!(explain::would_allow(ask.layers, &request, &example.evaluation));
        }
        Answer::Depends(depends) => {
            object["missing_context"] = json!(depends.keys);
            object["when"] = when_json(&depends.when);
            object["examples"] =
                json!([example_json(depends, &depends.allowed), example_json(depends, &depends.denied)]);
        }
    }
    if let Some(on_star) = &reply.on_star {
        object["on_star"] = json!(on_star.word());
    }
    object
}

fn statement_json(ask: &Ask<'_>, of: StatementRef) -> Option<Json> {
    let (policy, statement) = ask.layers.policy(of).zip(ask.layers.statement(of))?;
    let (line, column) = place(policy, statement.span);
    Some(json!({
        "policy": policy.name,
        "kind": policy.kind,
        "group": policy.group,
        "level": ask.layers.level(of).map(|level| &level.name),
        "effect": statement.effect.to_string(),
        "index": statement.index,
        "sid": statement.sid,
        "line": line,
        "column": column,
    }))
}

fn near_json(ask: &Ask<'_>, near: &Near) -> Option<Json> {
    let mut object = statement_json(ask, near.statement)?;
    let statement = ask.layers.statement(near.statement)?;
    object["layer"] = json!(near.statement.layer.name());
    match &near.fit {
        Fit::ConditionsFail(failing) => {
            let failing = failing.iter().filter_map(|&nth| statement.conditions.get(nth));
            object["conditions"] = failing.map(condition_json).collect();
        }
        Fit::OtherResource | Fit::OtherPrincipal | Fit::OtherAction | Fit::Applies => {
            let (key, entries) = match &statement.resource {
                None => return Some(object),
                Some(Selector::In(entries)) => ("resources", entries),
                Some(Selector::NotIn(entries)) => ("not_resources", entries),
            };
            object[key] = entries.iter().map(|entry| json!(entry.value.to_string())).collect();
        }
    }
    Some(object)
}

fn example_json(depends: &Depends, example: &Example) -> Json {
    let chosen = example.chosen.iter().filter(|(key, _)| depends.keys.contains(key));
    let context: serde_json::Map<String, Json> =
        chosen.map(|(key, value)| (key.clone(), value.as_ref().map_or(Json::Null, value_json))).collect();
    json!({ "decision": example.evaluation.decision.to_string(), "context": context })
}

fn degraded_json(ask: &Ask<'_>, degraded: &Degraded) -> Json {
    let policy = ask.layers.policy_at(degraded.layer, degraded.policy);
    let (line, column) = policy.map_or((1, 1), |policy| place(policy, degraded.diagnostic.span));
    json!({
        "layer": degraded.layer.name(),
        "policy": policy.map(|policy| &policy.name),
        "line": line,
        "column": column,
        "path": degraded.diagnostic.path.to_string(),
        "code": degraded.diagnostic.code,
        "message": degraded.diagnostic.message,
        "consequence": degraded.diagnostic.consequence.to_string(),
    })
}
