//! A clause as JSON: the same facts as in words, whole, and a fingerprint of those that stay when lines move.

use std::fmt::Display;

use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};

use super::{Change, Direction, Reason, Region, Selection, Source, Told, Within, level_name};
use crate::analysis::{Accounts, ByResource, Side, Standing};
use crate::caller::{Caller, IamKind};
use crate::policy::Condition;
use crate::request::{Request, Value};

impl Told {
    /// The clause as JSON.
    pub fn json(&self) -> Json {
        let mut object = region_members(&self.region);
        object.insert("standing".to_owned(), json!(self.standing.name()));
        object.insert("own_account_only".to_owned(), json!(self.accounts == Accounts::Own));
        object.insert("other_accounts_only".to_owned(), json!(self.accounts == Accounts::Others));
        object.insert("by_resource_policy".to_owned(), json!(by_resource(self.by_resource)));
        let within = self.within.iter().map(|within| {
            let any_of = within.any_of.iter().map(|(region, source)| {
                let mut object = region_members(region);
                object.insert("statement".to_owned(), source.json());
                Json::Object(object)
            });
            json!({
                "layer": within.layer.name(),
                "name": within.name,
                "any_of": any_of.collect::<Vec<_>>(),
            })
        });
        object.insert("within".to_owned(), within.collect());
        let except = self.except.iter().map(|exception| {
            let mut object = region_members(&exception.region);
            object.insert("statement".to_owned(), exception.source.json());
            Json::Object(object)
        });
        object.insert("except".to_owned(), except.collect());
        object.insert("level".to_owned(), json!(level_name(self.level)));
        object.insert("causes".to_owned(), self.reasons.iter().map(reason_json).collect());
        object.insert("exact".to_owned(), json!(self.is_exact));
        object.insert("possible".to_owned(), json!(self.example.is_none()));
        let witness = self.example.as_ref().map(|example| request_json(&example.request));
        object.insert("witness".to_owned(), witness.unwrap_or(Json::Null));
        object.insert("fingerprint".to_owned(), json!(self.fingerprint()));
        Json::Object(object)
    }

    /// The same for the same difference, wherever its statements stand and whatever they are called: a SHA-256.
    pub fn fingerprint(&self) -> String {
        let regions = |within: &Within| {
            let mut regions: Vec<String> =
                within.any_of.iter().map(|(region, _)| stable(region).to_string()).collect();
            regions.sort();
            json!([within.layer.name(), regions])
        };
        let mut except: Vec<String> =
            self.except.iter().map(|exception| stable(&exception.region).to_string()).collect();
        except.sort();
        let mut facts = json!({
            "direction": match self.direction {
                Direction::Gained => "gained",
                Direction::Lost => "lost",
                Direction::Held => "held",
            },
            "region": stable(&self.region),
            "own_account_only": self.accounts == Accounts::Own,
            "within": self.within.iter().map(regions).collect::<Vec<_>>(),
            "except": except,
        });
        if self.accounts == Accounts::Others {
            facts["other_accounts_only"] = json!(true);
        }
        if self.standing != Standing::ASKED {
            facts["standing"] = json!(self.standing.name());
        }
        let digest = Sha256::digest(facts.to_string().as_bytes());
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// A region without the order of its lists.
fn stable(region: &Region) -> Json {
    fn sorted<T: Display>(selection: &Selection<T>) -> Json {
        let list = |entries: &Vec<T>| {
            let mut texts: Vec<String> = entries.iter().map(T::to_string).collect();
            texts.sort();
            texts
        };
        let mut among: Vec<Vec<String>> = selection.among.iter().map(list).collect();
        among.sort();
        json!([among, list(&selection.but)])
    }
    let mut conditions: Vec<String> =
        region.conditions.iter().map(|of| condition_json(of).to_string()).collect();
    conditions.sort();
    json!([sorted(&region.actions), sorted(&region.resources), sorted(&region.principals), conditions])
}

fn region_members(region: &Region) -> Map<String, Json> {
    let mut object = Map::new();
    let actions = &region.actions;
    let mut lists = actions.among.iter().map(|list| texts(list));
    match lists.next() {
        Some(first) => {
            object.insert("actions".to_owned(), first);
        }
        None if actions.but.is_empty() => {
            object.insert("actions".to_owned(), json!(["*"]));
        }
        None => {}
    }
    let others: Vec<Json> = lists.collect();
    if !others.is_empty() {
        object.insert("and_actions".to_owned(), others.into());
    }
    if !actions.but.is_empty() {
        object.insert("not_actions".to_owned(), texts(&actions.but));
    }
    object.insert("resources".to_owned(), selection_json(&region.resources));
    object.insert("principals".to_owned(), selection_json(&region.principals));
    object.insert("conditions".to_owned(), region.conditions.iter().map(condition_json).collect());
    object
}

fn texts<T: Display>(entries: &[T]) -> Json {
    entries.iter().map(T::to_string).collect()
}

fn selection_json<T: Display>(selection: &Selection<T>) -> Json {
    let mut lists = selection.among.iter().map(|list| texts(list));
    let include = lists.next().unwrap_or_else(|| json!(["*"]));
    let mut object = json!({ "include": include, "exclude": texts(&selection.but) });
    let others: Vec<Json> = lists.collect();
    if !others.is_empty() {
        object["and"] = others.into();
    }
    object
}

/// A condition.
pub(crate) fn condition_json(condition: &Condition) -> Json {
    let values: Vec<&str> = condition.values.iter().map(|value| value.text.as_str()).collect();
    json!({ "operator": condition.operator.to_string(), "key": condition.key, "values": values })
}

impl Source {
    /// Where the statement stands, as JSON.
    pub fn json(&self) -> Json {
        let Source { side, layer, level, policy, group, index, sid, effect, line, column } = self;
        json!({
            "side": match side {
                Side::Old => "old",
                Side::New => "new",
            },
            "file": policy,
            "line": line,
            "column": column,
            "sid": sid,
            "index": index,
            "effect": effect.to_string(),
            "layer": layer.name(),
            "level": level,
            "group": group,
        })
    }
}

/// Of which requests the resource's own policy decides as well.
fn by_resource(of: ByResource) -> Vec<&'static str> {
    match of {
        ByResource::All => vec!["all"],
        ByResource::Some { keys_and_roles, other_accounts } => {
            let some = [(keys_and_roles, "keys_and_roles"), (other_accounts, "other_accounts")];
            some.into_iter().filter(|(is_so, _)| *is_so).map(|(_, name)| name).collect()
        }
    }
}

fn reason_json(reason: &Reason) -> Json {
    match reason {
        Reason::Statement { source, change } => {
            let mut object = source.json();
            object["change"] = json!(change.name());
            object
        }
        Reason::Limited { layer, name, change } => {
            json!({ "layer": layer.name(), "file": name, "change": change.name() })
        }
        Reason::Unknown { layer, name, change } => {
            json!({ "layer": layer.name(), "file": name, "change": change.name(), "known": false })
        }
        Reason::Rules => json!({ "layer": "rules", "change": Change::Unchanged.name() }),
        Reason::Undecided { policy } => json!({ "layer": null, "file": policy, "known": false }),
    }
}

impl Change {
    /// The word for it in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Change::Added => "added",
            Change::Removed => "removed",
            Change::Edited => "edited",
            Change::Unchanged => "unchanged",
        }
    }
}

/// What a context key holds.
pub(crate) fn value_json(value: &Value) -> Json {
    match value {
        Value::Single(text) => json!(text),
        Value::Multi(texts) => json!(texts),
    }
}

/// A request as the `request` of a scenario, with its whole context.
pub fn request_json(request: &Request) -> Json {
    let principal = match &request.caller {
        Caller::Iam(caller) => json!(caller.arn()),
        Caller::Service(name) => json!({ "Service": name }),
        Caller::Federated(name) => json!({ "Federated": name }),
        Caller::CanonicalUser(id) => json!({ "CanonicalUser": id }),
        Caller::Anonymous => json!("*"),
    };
    let context: Map<String, Json> =
        request.context.iter().map(|(key, value)| (key.to_owned(), value_json(value))).collect();
    let mut object = json!({
        "principal": principal,
        "action": request.action.to_string(),
        "resource": request.resource.to_string(),
        "context": context,
        "derive": false,
    });
    if let Some(account) = &request.resource_account {
        object["resource_account"] = json!(account.as_str());
    }
    match request.caller.iam().map(|caller| (caller, &caller.kind)) {
        Some((_, IamKind::FederatedUser(Some(user)))) => object["federated_by"] = json!(user.to_string()),
        Some((caller, IamKind::RoleSession(Some(_)))) if caller.path != "/" => {
            object["role"] = json!(caller.principal_arn());
        }
        _ => {}
    }
    object
}
