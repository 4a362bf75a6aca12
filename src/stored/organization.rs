//! What an account's place in an organization brings: the levels of SCPs and RCPs above it, and context keys.

use super::confine::confined_to_accounts;
use super::layer_policy;
use crate::arn::AccountId;
use crate::layers::{LayerPolicy, Level};
use crate::policy::Effect;
use crate::request::Value;
use crate::store::{
    self, FeatureSet, Node, NodeKind, OrganizationPolicy, OrganizationPolicyType, Snapshot, Standing,
    StoreError, TypeStatus,
};

/// How an organization limits an account.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Limits {
    /// The SCPs that limit its principals, level by level.
    pub scp: Vec<Level>,
    /// The RCPs that limit who uses its resources.
    pub rcp: Vec<Level>,
    /// The keys that follow from its place.
    pub keys: Vec<(String, Value)>,
}

/// Reads them.
pub fn limits(snapshot: &Snapshot<'_>, account: Option<&AccountId>) -> Result<Limits, StoreError> {
    let Some(standing) = standing(snapshot, account)? else { return Ok(Limits::default()) };
    Ok(Limits {
        scp: levels(&standing, OrganizationPolicyType::Scp),
        rcp: levels(&standing, OrganizationPolicyType::Rcp),
        keys: organization_keys("aws:Principal", &standing),
    })
}

/// Where an account stands, if that is known.
pub(super) fn standing(
    snapshot: &Snapshot<'_>,
    account: Option<&AccountId>,
) -> Result<Option<Standing>, StoreError> {
    account.map(|account| snapshot.standing(account)).transpose().map(Option::flatten)
}

/// The levels of policies that limit an account (R-EVL-35, R-EVL-37); none where they do not count: the management
/// account, an organization that has not enabled them (R-EVL-36, R-FMT-27), no organization. Where the account's
/// place in the tree is known in part only, the rest is a level that is not known, and so is what is attached where
/// nothing is known to be (R-EVL-64).
pub(super) fn levels(standing: &Standing, which: OrganizationPolicyType) -> Vec<Level> {
    let unknown = |name: &str, policy_type| Level {
        name: name.to_owned(),
        policies: vec![layer_policy(name.to_owned(), "not stored", policy_type, None)],
    };
    let policy_type = which.policy_type();
    let kind = match which {
        OrganizationPolicyType::Scp => "service control policy",
        OrganizationPolicyType::Rcp => "resource control policy",
    };
    let counts = match &standing.organization {
        None => standing.is_known_in_part,
        Some(organization) => {
            let status = match which {
                OrganizationPolicyType::Scp => organization.facts.scps,
                OrganizationPolicyType::Rcp => organization.facts.rcps,
            };
            status == TypeStatus::Enabled
                && organization.facts.feature_set == FeatureSet::All
                && !standing.is_management_account()
        }
    };
    if !counts {
        return Vec::new();
    }
    let read = |policy: &OrganizationPolicy| {
        layer_policy(policy.name.clone(), kind, policy_type, policy.document.as_ref())
    };
    let level = |level: &store::Level| Level {
        name: level.node.to_string(),
        policies: match which {
            OrganizationPolicyType::Scp => &level.scps,
            OrganizationPolicyType::Rcp => &level.rcps,
        }
        .iter()
        .map(read)
        .collect(),
    };
    let above = standing.is_known_in_part.then(|| unknown("the levels above", policy_type));
    let is_known = |level: &Level| !standing.is_known_in_part || !level.policies.is_empty();
    above.into_iter().chain(standing.levels.iter().map(level).filter(is_known)).collect()
}

/// An RCP that denies something, where it is attached, and the accounts that it limits there.
#[derive(Clone)]
pub(super) struct AttachedRcp {
    level: String,
    policy: LayerPolicy,
    accounts: Vec<AccountId>,
}

/// The RCPs of all accounts. Those whose documents are not known are left out.
pub(super) fn attached_rcps(snapshot: &Snapshot<'_>) -> Result<Vec<AttachedRcp>, StoreError> {
    let denies = |policy: &LayerPolicy| policy.statements().iter().any(|of| of.effect == Effect::Deny);
    let mut found: Vec<AttachedRcp> = Vec::new();
    for account in snapshot.nodes(Some(NodeKind::Account))?.iter().filter_map(Node::account) {
        let Some(standing) = standing(snapshot, Some(&account))? else { continue };
        for Level { name: level, policies } in levels(&standing, OrganizationPolicyType::Rcp) {
            for policy in policies.into_iter().filter(denies) {
                match found.iter_mut().find(|of| (&of.level, &of.policy) == (&level, &policy)) {
                    Some(of) => of.accounts.push(account.clone()),
                    None => found.push(AttachedRcp {
                        level: level.clone(),
                        policy,
                        accounts: vec![account.clone()],
                    }),
                }
            }
        }
    }
    Ok(found)
}

/// The levels of RCPs together that limit the accounts other than one, each policy with what it says of the resources of
/// those that it limits (R-EVL-31).
pub(super) fn rcps_of_others(attached: &[AttachedRcp], own: &AccountId) -> Vec<Level> {
    let mut levels: Vec<Level> = Vec::new();
    for AttachedRcp { level: name, policy, accounts } in attached {
        let mut others = accounts.iter().filter(|account| *account != own).peekable();
        if others.peek().is_none() {
            continue;
        }
        let policy = confined_to_accounts(policy, others);
        match levels.iter_mut().find(|level| level.name == *name) {
            Some(level) => level.policies.push(policy),
            None => levels.push(Level { name: name.clone(), policies: vec![policy] }),
        }
    }
    levels
}

/// `aws:PrincipalOrgID` and `aws:PrincipalOrgPaths`, or those of the resource.
pub(super) fn organization_keys(prefix: &str, standing: &Standing) -> Vec<(String, Value)> {
    let id = standing.organization.as_ref().and_then(|organization| organization.facts.id.clone());
    let mut keys: Vec<(String, Value)> = Vec::new();
    keys.extend(id.map(|id| (format!("{prefix}OrgID"), Value::Single(id))));
    keys.extend(standing.path().map(|path| (format!("{prefix}OrgPaths"), Value::Multi(vec![path]))));
    keys
}
