//! Permissions of Lambda functions, each of which is one statement in the function's policy: Lambda writes it from the
//! properties of the permission.

use super::intrinsic::{name_of, text_of};
use super::node::{Key, Node, Value};

/// The properties that become conditions: by CloudFormation's name the operator and the key.
const CONDITIONS: [(&str, &str, &str); 6] = [
    ("SourceArn", "ArnLike", "aws:SourceArn"),
    ("SourceAccount", "StringEquals", "aws:SourceAccount"),
    ("PrincipalOrgID", "StringEquals", "aws:PrincipalOrgID"),
    ("EventSourceToken", "StringEquals", "lambda:EventSourceToken"),
    ("FunctionUrlAuthType", "StringEquals", "lambda:FunctionUrlAuthType"),
    ("InvokedViaFunctionUrl", "Bool", "lambda:InvokedViaFunctionUrl"),
];

/// The properties that say something, by CloudFormation's names; only Terraform has the version or alias apart.
pub(super) fn properties() -> impl Iterator<Item = &'static str> {
    let conditions = CONDITIONS.iter().map(|(property, ..)| *property);
    ["Action", "Principal", "FunctionName", "Qualifier"].into_iter().chain(conditions)
}

/// The policy with the statement that Lambda writes; why not, where the properties leave open whom it is about. `given` is
/// the value of a property.
pub(super) fn policy(at: usize, given: impl Fn(&str) -> Option<Node>) -> Result<Node, &'static str> {
    let map = |members: Vec<(&str, Node)>| {
        let member = |(key, node): (&str, Node)| (Key { text: key.to_owned(), at: node.at }, node);
        Node { value: Value::Map(members.into_iter().map(member).collect()), at }
    };
    let text = |text: &str, at: usize| Node { value: Value::Text(text.to_owned()), at };
    let principal = given("Principal").ok_or("it has no principal")?;
    let is_of_account =
        |name: &str| name.starts_with("arn:") || name.bytes().all(|byte| byte.is_ascii_digit());
    let is_own_account = name_of(&principal).is_some_and(|function| function == "Ref AWS::AccountId");
    let principal = match text_of(&principal).map(|written| written.text) {
        Some(name) if name == "*" && principal.text().is_some() => principal,
        Some(name) if is_own_account || is_of_account(&name) => map(vec![("AWS", principal)]),
        // A service's name has a dot, whatever functions stand in it.
        Some(name) if principal.text().is_some() || name.contains('.') => map(vec![("Service", principal)]),
        _ => return Err("a function stands for its principal"),
    };
    let function = given("FunctionName").ok_or("it has no function")?;
    let qualifier = given("Qualifier").and_then(|qualifier| Some(format!(":{}", qualifier.text()?)));
    let qualifier = qualifier.unwrap_or_default();
    let resource = match function.text() {
        // The whole ARN, an account and the name, or the name alone.
        Some(name) => {
            let before = match name {
                _ if name.starts_with("arn:") => "",
                _ if name.contains(":function:") => "arn:*:lambda:*:",
                _ => "arn:*:lambda:*:*:function:",
            };
            text(&format!("{before}{name}{qualifier}"), function.at)
        }
        None => function,
    };
    let mut statement = vec![("Effect", text("Allow", at)), ("Principal", principal)];
    statement.push(("Action", given("Action").ok_or("it has no action")?));
    statement.push(("Resource", resource));
    let mut operators: Vec<(&str, Vec<(&str, Node)>)> = Vec::new();
    for (property, operator, key) in CONDITIONS {
        let Some(value) = given(property).filter(|value| value.value != Value::Bool(false)) else { continue };
        match operators.iter_mut().find(|(known, _)| *known == operator) {
            Some((_, keys)) => keys.push((key, value)),
            None => operators.push((operator, vec![(key, value)])),
        }
    }
    if !operators.is_empty() {
        let operators = operators.into_iter().map(|(operator, keys)| (operator, map(keys)));
        statement.push(("Condition", map(operators.collect())));
    }
    Ok(map(vec![("Version", text("2012-10-17", at)), ("Statement", map(statement))]))
}
