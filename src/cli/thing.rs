//! What is no principal and no managed policy, as people name it: `organization`, `root`, `ou/dev`,
//! `account/123456789012`, `scp/limits`, `rcp/limits`, or the ARN of a resource.

use super::error::{CliError, ErrorKind};
use super::name::account_id;
use super::nearest::{did_you_mean, nearest};
use super::text::{quoted_list, shown};
use crate::arn::{AccountId, Arn};
use crate::store::{
    Node, NodeKind, Organization, OrganizationPolicy, OrganizationPolicyType, Resource, Snapshot,
};

/// What was named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Thing {
    /// `organization` or `organization/o-…`.
    Organization(Option<String>),
    /// A root, OU or account.
    Node(NodeName),
    /// `scp/…` or `rcp/…`, by name or id.
    Policy(OrganizationPolicyType, String),
    /// An ARN.
    Resource(Arn),
}

/// How somebody names a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NodeName {
    /// `root` or `root/r-ab12`.
    Root(Option<String>),
    /// `ou/dev`, `ou/dev/web`, `ou/ou-ab12-abcd1234` or the id alone: name, end of the path of names, or id.
    Ou(String),
    /// `account/123456789012`.
    Account(AccountId),
}

impl Thing {
    /// Reads a name; `None` where it is one of a principal or managed policy.
    pub(crate) fn parse(text: &str) -> Result<Option<Thing>, CliError> {
        if let Some(arn) = Arn::parse(text) {
            return match arn.service() {
                "iam" | "sts" => Ok(None),
                "organizations" => of_organization(&arn).map(Some),
                _ => Ok(Some(Thing::Resource(arn))),
            };
        }
        let (word, rest) = text.split_once('/').unwrap_or((text, ""));
        let name = (!rest.is_empty()).then(|| rest.to_owned());
        Ok(match (word, name) {
            ("organization", id) => Some(Thing::Organization(id)),
            ("root", id) => Some(Thing::Node(NodeName::Root(id))),
            ("ou", Some(name)) => Some(Thing::Node(NodeName::Ou(name))),
            ("account", Some(digits)) => Some(Thing::Node(NodeName::Account(account(&digits)?))),
            ("scp", Some(name)) => Some(Thing::Policy(OrganizationPolicyType::Scp, name)),
            ("rcp", Some(name)) => Some(Thing::Policy(OrganizationPolicyType::Rcp, name)),
            ("ou" | "account" | "scp" | "rcp", None) if text.contains('/') => {
                return Err(CliError::new(ErrorKind::Usage, format!("`{}` names nothing", shown(text))));
            }
            _ => None,
        })
    }
}

/// A service or resource control policy by name, id or ARN: its type as far as that says it, and its name or id.
pub(crate) fn policy_name(text: &str) -> Result<(Option<OrganizationPolicyType>, String), CliError> {
    Ok(match Thing::parse(text)? {
        Some(Thing::Policy(policy_type, name)) => (Some(policy_type), name),
        _ => (None, text.to_owned()),
    })
}

fn account(text: &str) -> Result<AccountId, CliError> {
    account_id(text).map_err(|why| {
        CliError::new(ErrorKind::Usage, format!("`{}` is not the id of an account", shown(text))).hint(why)
    })
}

/// `arn:aws:organizations::111111111111:ou/o-abc/ou-ab12-abcd1234` and its like.
fn of_organization(arn: &Arn) -> Result<Thing, CliError> {
    let parts: Vec<&str> = arn.resource().split('/').collect();
    match parts.as_slice() {
        ["organization", id] => Ok(Thing::Organization(Some((*id).to_owned()))),
        ["root", _, id] => Ok(Thing::Node(NodeName::Root(Some((*id).to_owned())))),
        ["ou", _, id] => Ok(Thing::Node(NodeName::Ou((*id).to_owned()))),
        ["account", _, id] => Ok(Thing::Node(NodeName::Account(account(id)?))),
        ["policy", .., "service_control_policy", id] => {
            Ok(Thing::Policy(OrganizationPolicyType::Scp, (*id).to_owned()))
        }
        ["policy", .., "resource_control_policy", id] => {
            Ok(Thing::Policy(OrganizationPolicyType::Rcp, (*id).to_owned()))
        }
        _ => Err(CliError::new(
            ErrorKind::Usage,
            format!("`{}` does not name a root, OU, account or policy", shown(arn.as_str())),
        )),
    }
}

/// `root`, `ou/dev`, `account/123456789012`.
pub(crate) fn node_label(node: &Node) -> String {
    shown(&node.to_string())
}

/// `scp/limits`.
pub(crate) fn organization_policy_label(policy: &OrganizationPolicy) -> String {
    shown(&policy.to_string())
}

/// `organization/o-abc`, or `organization` where the id is not known.
pub(crate) fn organization_label(organization: &Organization) -> String {
    match &organization.facts.id {
        Some(id) => format!("organization/{}", shown(id)),
        None => "organization".to_owned(),
    }
}

/// The organization that was named; without an id the only one.
pub(crate) fn resolve_organization(
    snapshot: &Snapshot<'_>,
    id: Option<&str>,
) -> Result<Organization, CliError> {
    let mut all = snapshot.organizations()?;
    if let Some(id) = id {
        let found = all.into_iter().find(|one| one.facts.id.as_deref() == Some(id));
        return found.ok_or_else(|| {
            CliError::new(ErrorKind::NotFound, format!("there is no `organization/{}`", shown(id)))
                .hint("`iamdb ls ous` lists what is stored")
        });
    }
    match (all.pop(), all.as_slice()) {
        (Some(only), []) => Ok(only),
        (None, _) => Err(no_organization()),
        (Some(_), _) => Err(CliError::new(ErrorKind::Ambiguous, "there are several organizations")
            .hint("name one by its id: organization/o-abcdefghij, or its root: root/r-ab12")),
    }
}

fn no_organization() -> CliError {
    CliError::new(ErrorKind::NotFound, "there is no organization").hint(
        "`iamdb create organization --management 111111111111` makes one, `iamdb import` takes one from AWS's output",
    )
}

/// The root, OU or account that was named.
pub(crate) fn resolve_node(snapshot: &Snapshot<'_>, name: &NodeName) -> Result<Node, CliError> {
    match name {
        NodeName::Root(Some(id)) => match snapshot.node_with_id(id)? {
            Some(node) if node.kind == NodeKind::Root => Ok(node),
            _ => Err(CliError::new(ErrorKind::NotFound, format!("there is no `root/{}`", shown(id)))),
        },
        NodeName::Root(None) => {
            let root = resolve_organization(snapshot, None)?.root;
            let found = snapshot.nodes(Some(NodeKind::Root))?.into_iter().find(|node| node.key == root);
            found.ok_or_else(no_organization)
        }
        NodeName::Account(account) => snapshot.node_with_id(account.as_str())?.ok_or_else(|| {
            CliError::new(ErrorKind::NotFound, format!("there is no `account/{account}`"))
                .hint(format!("`iamdb create account/{account}` stores it, `--in ou/dev` in its place"))
        }),
        NodeName::Ou(name) => resolve_ou(snapshot, name),
    }
}

fn resolve_ou(snapshot: &Snapshot<'_>, name: &str) -> Result<Node, CliError> {
    let all = snapshot.nodes(Some(NodeKind::Ou))?;
    let wanted = format!("/{name}");
    let mut found = Vec::new();
    for node in &all {
        let path = ou_path(snapshot, node)?;
        if node.id.as_deref() == Some(name) || format!("/{path}").ends_with(&wanted) {
            found.push((path, node.clone()));
        }
    }
    match found.as_slice() {
        [(_, only)] => Ok(only.clone()),
        [] => {
            let error = CliError::new(ErrorKind::NotFound, format!("there is no `ou/{}`", shown(name)));
            let names = all
                .iter()
                .filter_map(|node| node.name.clone())
                .map(|name| (name.clone(), format!("ou/{name}")));
            Err(match did_you_mean(&nearest(name, names)) {
                Some(question) => error.hint(question),
                None => error.hint("`iamdb ls ous` lists what is stored"),
            })
        }
        several => {
            let paths = several.iter().map(|(path, node)| match &node.id {
                Some(id) => format!("ou/{id}"),
                None => format!("ou/{path}"),
            });
            Err(CliError::new(
                ErrorKind::Ambiguous,
                format!("`ou/{}` fits several: {}", shown(name), quoted_list(paths)),
            )
            .hint("name one as it stands here"))
        }
    }
}

/// The names from below the root down to an OU: `dev/web`.
pub(crate) fn ou_path(snapshot: &Snapshot<'_>, node: &Node) -> Result<String, CliError> {
    let path = snapshot.path_of(node)?;
    let names = path.iter().filter(|node| node.kind == NodeKind::Ou);
    let names = names.map(|node| node.name.clone().or(node.id.clone()).unwrap_or_default());
    Ok(names.collect::<Vec<_>>().join("/"))
}

/// The service or resource control policies of that name or id, of one type or any.
pub(crate) fn find_organization_policies(
    snapshot: &Snapshot<'_>,
    policy_type: Option<OrganizationPolicyType>,
    name: &str,
) -> Result<Vec<OrganizationPolicy>, CliError> {
    let mut found = snapshot.organization_policies()?;
    found.retain(|policy| {
        policy_type.is_none_or(|wanted| wanted == policy.policy_type)
            && (policy.name == name || policy.id.as_deref() == Some(name))
    });
    Ok(found)
}

/// The one of that name or id.
pub(crate) fn resolve_organization_policy(
    snapshot: &Snapshot<'_>,
    policy_type: Option<OrganizationPolicyType>,
    name: &str,
) -> Result<OrganizationPolicy, CliError> {
    let found = find_organization_policies(snapshot, policy_type, name)?;
    match found.as_slice() {
        [only] => Ok(only.clone()),
        [] => {
            let what =
                policy_type.map_or("organization policy".to_owned(), |one| one.to_string().to_uppercase());
            let error =
                CliError::new(ErrorKind::NotFound, format!("there is no stored {what} `{}`", shown(name)));
            let all = snapshot.organization_policies()?;
            let labels = all.iter().map(|policy| (policy.name.clone(), organization_policy_label(policy)));
            Err(match did_you_mean(&nearest(name, labels)) {
                Some(question) => error.hint(question),
                None => error.hint("`iamdb ls organization-policies` lists what is stored"),
            })
        }
        several => {
            let labels = several.iter().map(|policy| match &policy.id {
                Some(id) => format!("{}/{id}", policy.policy_type),
                None => organization_policy_label(policy),
            });
            Err(CliError::new(
                ErrorKind::Ambiguous,
                format!("`{}` fits several: {}", shown(name), quoted_list(labels)),
            )
            .hint("name one as it stands here"))
        }
    }
}

/// The resource of exactly that ARN.
pub(crate) fn resolve_resource(snapshot: &Snapshot<'_>, arn: &Arn) -> Result<Resource, CliError> {
    if let Some(found) = snapshot.resource(arn.as_str())? {
        return Ok(found);
    }
    let error =
        CliError::new(ErrorKind::NotFound, format!("there is no stored resource `{}`", shown(arn.as_str())));
    let all = snapshot.resources()?.into_iter().map(|resource| (resource.arn.clone(), resource.arn));
    Err(match did_you_mean(&nearest(arn.as_str(), all)) {
        Some(question) => error.hint(question),
        None => error.hint("`iamdb ls resources` lists what is stored"),
    })
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn reads_every_form() {
        let parse = |text: &str| Thing::parse(text).unwrap();
        let ou = |name: &str| Some(Thing::Node(NodeName::Ou(name.to_owned())));
        for principal in
            ["alice", "user/root", "dev/alice", "arn:aws:iam::123456789012:role/deploy", "policy/x"]
        {
            assert_eq!(parse(principal), None, "{principal}");
        }
        assert_eq!(parse("root"), Some(Thing::Node(NodeName::Root(None))));
        assert_eq!(parse("ou/dev/web"), ou("dev/web"));
        let arn = "arn:aws:organizations::111111111111:ou/o-abcdefghij/ou-ab12-abcd1234";
        assert_eq!(parse(arn), ou("ou-ab12-abcd1234"));
        assert_eq!(
            parse("scp/limits"),
            Some(Thing::Policy(OrganizationPolicyType::Scp, "limits".to_owned()))
        );
        assert!(matches!(parse("arn:aws:s3:::bucket"), Some(Thing::Resource(_))));
        assert!(Thing::parse("account/12").is_err());
        assert!(Thing::parse("account/000000000000").is_err());
    }
}
