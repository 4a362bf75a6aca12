//! A policy as a document again: what it says, in the version of the language that has policy variables, without what
//! can never apply.

use serde_json::{Map, Value as Json, json};

use super::{
    ActionPattern, Condition, Policy, PrincipalEntry, ResourcePattern, Selector, Spanned, Statement, Version,
};

impl Policy {
    /// The policy as JSON. Text that is ordinary in the older version and would be a variable or a wildcard in this one
    /// is escaped (R-VAR-9).
    pub fn to_json(&self) -> Json {
        let statements: Vec<Json> =
            self.statements.iter().map(|statement| statement.to_json(self.version)).collect();
        json!({ "Version": "2012-10-17", "Statement": one_or_all(statements) })
    }
}

impl Statement {
    fn to_json(&self, version: Version) -> Json {
        let mut members = Map::new();
        if let Some(sid) = &self.sid {
            members.insert("Sid".to_owned(), json!(sid));
        }
        members.insert("Effect".to_owned(), json!(self.effect.to_string()));
        if let Some(principal) = &self.principal {
            members.insert(name("Principal", principal), principals(principal.entries()));
        }
        let actions =
            self.action.entries().iter().map(|entry: &Spanned<ActionPattern>| json!(entry.to_string()));
        members.insert(name("Action", &self.action), one_or_all(actions.collect()));
        if let Some(resource) = &self.resource {
            let entries = resource.entries().iter();
            let entries = entries.map(|entry: &Spanned<ResourcePattern>| json!(entry.to_string()));
            members.insert(name("Resource", resource), one_or_all(entries.collect()));
        }
        let mut operators: Map<String, Json> = Map::new();
        for condition in &self.conditions {
            let block = operators.entry(condition.operator.to_string()).or_insert_with(|| json!({}));
            if let Json::Object(block) = block {
                block.insert(condition.key.clone(), values(condition, version));
            }
        }
        if !operators.is_empty() {
            members.insert("Condition".to_owned(), Json::Object(operators));
        }
        Json::Object(members)
    }
}

fn values(condition: &Condition, version: Version) -> Json {
    let text = |value: &super::ConditionValue| match version {
        Version::V2008 if condition.operator.test.has_variables() => value.pattern.to_string(),
        _ => value.text.clone(),
    };
    let values: Vec<Json> = condition.values.iter().map(|value| json!(text(value))).collect();
    one_or_all(values)
}

fn name<T>(element: &str, selector: &Selector<T>) -> String {
    match selector {
        Selector::In(_) => element.to_owned(),
        Selector::NotIn(_) => format!("Not{element}"),
    }
}

fn principals(entries: &[Spanned<PrincipalEntry>]) -> Json {
    if entries.iter().any(|entry| entry.value == PrincipalEntry::Everyone) {
        return json!("*");
    }
    let mut map: Map<String, Json> = Map::new();
    for entry in entries {
        let key = match &entry.value {
            PrincipalEntry::Service(_) => "Service",
            PrincipalEntry::Federated(_) => "Federated",
            PrincipalEntry::CanonicalUser(_) => "CanonicalUser",
            _ => "AWS",
        };
        let list = map.entry(key.to_owned()).or_insert_with(|| json!([]));
        if let Json::Array(list) = list {
            list.push(json!(entry.value.to_string()));
        }
    }
    for list in map.values_mut() {
        if let Json::Array(items) = list.take() {
            *list = one_or_all(items);
        }
    }
    Json::Object(map)
}

/// A list of one is its member.
fn one_or_all(mut items: Vec<Json>) -> Json {
    match items.pop() {
        Some(only) if items.is_empty() => only,
        last => {
            items.extend(last);
            Json::Array(items)
        }
    }
}
