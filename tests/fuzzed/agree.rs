//! Bytes as choices from the words of the property tests: policies of users and boundaries in the universe where keys have
//! their kinds, or a request through every layer. Both meanings agree.

use iamdb::policy::{Family, Test};
use iamdb::request::{Action, Context, Request, Resource, Value};
use serde_json::{Map, Value as Json, json};

use crate::agree::{Arity, agree_in_typed_contexts, agree_through_all_layers};
use crate::asking::user;
use crate::generate::{
    ACTIONS, FAMILIES, Question, RESOURCES, VARIABLES, key_of, readable_policy_values,
    readable_request_values, unreadable_policy_values, unreadable_request_values,
};
use crate::layers::{ASKED, CALLERS, PRINCIPALS};

pub(super) fn run(input: &[u8]) {
    let mut choices = Choices(input);
    let agreed = match choices.below(4) {
        0 => agree_in_typed_contexts(question(&mut choices), Arity::One),
        1 => agree_in_typed_contexts(question(&mut choices), Arity::Several),
        both => agree_through_all_layers(&scenario(&mut choices), both == 2),
    };
    if let Err(disagreement) = agreed {
        panic!("{disagreement}");
    }
}

/// Small numbers, one from each byte, and zeros behind the last.
struct Choices<'a>(&'a [u8]);

impl Choices<'_> {
    fn below(&mut self, limit: usize) -> usize {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(*first) % limit
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    /// A list of one to three, or none of them now and then.
    fn list<T>(&mut self, item: impl Fn(&mut Self) -> T) -> Vec<T> {
        let length = [1, 1, 1, 2, 2, 3, 0][self.below(7)];
        (0..length).map(|_| item(self)).collect()
    }
}

/// A name with a wildcard, a variable or nothing put into it.
fn pattern(choices: &mut Choices<'_>, names: &[&str]) -> String {
    let name = choices.of(names);
    let chars: Vec<char> = name.chars().collect();
    let at = choices.below(chars.len() + 1);
    let (head, tail): (String, String) = (chars[..at].iter().collect(), chars[at..].iter().collect());
    let rest: String = tail.chars().skip(choices.below(8)).collect();
    match choices.below(6) {
        0 => name.to_owned(),
        1 => "*".to_owned(),
        2 => format!("{head}*{rest}"),
        3 => format!("{head}?{rest}"),
        4 => name.replacen("bob", choices.of(VARIABLES), 1),
        _ => format!("{head}*{}", tail.to_uppercase()),
    }
}

fn condition(choices: &mut Choices<'_>) -> Json {
    let test = choices.of(Test::ALL);
    let quantifier = choices.of(&["", "", "ForAllValues:", "ForAnyValue:"]);
    let if_exists = if test.family() == Family::Null { "" } else { choices.of(&["", "IfExists"]) };
    let family = match test.family() {
        Family::Null => choices.of(FAMILIES),
        family => family,
    };
    let values = choices.list(|choices| match choices.below(8) {
        0 => choices.of(unreadable_policy_values(test.family())),
        _ => choices.of(readable_policy_values(test.family())),
    });
    let key = choices.of(&[key_of(family), key_of(family), "aws:username", "aws:PrincipalTag/team"]);
    json!({ format!("{quantifier}{}{if_exists}", test.name()): { key: values } })
}

fn statement(choices: &mut Choices<'_>) -> Json {
    let mut statement = Map::new();
    statement.insert("Effect".to_owned(), json!(choices.of(&["Allow", "Allow", "Deny"])));
    let actions = choices.list(|choices| pattern(choices, ACTIONS));
    statement.insert(choices.of(&["Action", "Action", "NotAction"]).to_owned(), json!(actions));
    let resources = choices.list(|choices| pattern(choices, RESOURCES));
    statement.insert(choices.of(&["Resource", "Resource", "NotResource"]).to_owned(), json!(resources));
    if choices.below(3) > 0 {
        statement.insert("Condition".to_owned(), condition(choices));
    }
    Json::Object(statement)
}

fn policy(choices: &mut Choices<'_>) -> Json {
    let statements = choices.list(statement);
    json!({ "Version": choices.of(&["2012-10-17", "2012-10-17", "2008-10-17"]), "Statement": statements })
}

fn context(choices: &mut Choices<'_>) -> Context {
    let mut context = Context::default();
    let mut set =
        |choices: &mut Choices<'_>, key: &str, item: &dyn Fn(&mut Choices<'_>) -> String| match choices
            .below(4)
        {
            0 => {}
            1 => context.set(key, Value::Multi(choices.list(item))),
            _ => context.set(key, Value::Single(item(choices))),
        };
    for family in FAMILIES {
        set(choices, key_of(*family), &|choices| {
            let unreadable = choices.below(8) == 0;
            let values = if unreadable {
                unreadable_request_values(*family)
            } else {
                readable_request_values(*family)
            };
            choices.of(values).to_owned()
        });
    }
    for key in ["aws:username", "aws:PrincipalTag/team"] {
        set(choices, key, &|choices| choices.of(&["bob", "*", "", "x:y"]).to_owned());
    }
    context
}

fn question(choices: &mut Choices<'_>) -> Question {
    let (policy, boundary) = (policy(choices), (choices.below(3) == 0).then(|| policy(choices)));
    let action = Action::parse(choices.of(ACTIONS)).unwrap();
    let resource = match choices.below(4) {
        0 => "*".to_owned(),
        1 => format!("{}{}", choices.of(RESOURCES), choices.of(&["/bob", "*", "é\n", ":x"])),
        _ => choices.of(RESOURCES).to_owned(),
    };
    let (caller, resource) = (user("alice"), Resource::parse(&resource).unwrap());
    let request = Request { caller, resource_account: None, action, resource, context: context(choices) };
    Question { policy, boundary, request }
}

/// A statement of a layer.
fn statement_of(choices: &mut Choices<'_>, has_principals: bool) -> Json {
    let actions = ["*", "s3:*", "s3:GetObject", "kms:*", "sts:AssumeRole", "sts:*", "iam:PassRole", "ec2:*"];
    let mut statement =
        json!({ "Effect": choices.of(&["Allow", "Allow", "Allow", "Deny"]), "Action": choices.of(&actions) });
    if choices.below(5) > 0 {
        statement["Resource"] =
            json!(choices.of(&["*", "*", "*", "arn:aws:s3:::b/*", "arn:aws:kms:*:111111111111:key/*"]));
    }
    if has_principals {
        let principal: Json = serde_json::from_str(choices.of(PRINCIPALS)).unwrap();
        statement[choices.of(&["Principal", "Principal", "Principal", "NotPrincipal"])] = principal;
    }
    match choices.below(6) {
        0 => {
            statement["Condition"] =
                json!({ "Bool": { "aws:SecureTransport": choices.of(&["true", "false"]) } })
        }
        1 => {
            statement["Condition"] = json!({ choices.of(&["StringEquals", "StringNotEqualsIfExists"]): { "aws:PrincipalAccount": "111111111111" } })
        }
        2 => {
            statement["Condition"] = json!({ choices.of(&["ArnLike", "ArnNotLike"]): { "aws:PrincipalArn": "arn:aws:iam::111111111111:role/*" } })
        }
        _ => {}
    }
    statement
}

/// A request and its policies in every layer, as the text of a scenario.
fn scenario(choices: &mut Choices<'_>) -> String {
    let caller: Json = serde_json::from_str(choices.of(CALLERS)).unwrap();
    let (action, resource) = choices.of(ASKED);
    let policy = |choices: &mut Choices<'_>, has_principals| {
        let statements = choices.list(|choices| statement_of(choices, has_principals));
        json!({ "Version": "2012-10-17", "Statement": statements })
    };
    let some = |choices: &mut Choices<'_>, has_principals| -> Vec<Json> {
        (0..choices.of(&[0, 1, 1, 2])).map(|_| policy(choices, has_principals)).collect()
    };
    let levels = |choices: &mut Choices<'_>, has_principals| -> Vec<Vec<Json>> {
        (0..choices.of(&[0, 0, 1, 2])).map(|_| some(choices, has_principals)).collect()
    };
    let policies = json!({
        "identity": some(choices, false),
        "boundary": some(choices, false),
        "session": some(choices, false),
        "scp": levels(choices, false),
        "rcp": levels(choices, true),
        "resource": some(choices, true).pop(),
        "vpc_endpoint": some(choices, true),
    });
    json!({
        "request": { "principal": caller, "action": action, "resource": resource,
            "resource_account": choices.of(&["111111111111", "111111111111", "222222222222"]),
            "context": { "aws:SecureTransport": choices.of(&["true", "false"]) } },
        "policies": policies,
    })
    .to_string()
}
