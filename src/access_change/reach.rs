//! Whose access a change of rows can change, and in which part of all requests.
//!
//! What is said here is never too little: where it is not easily seen, it is everything.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::analysis::Part;
use crate::arn::AccountId;
use crate::layers::{LayerPolicy, PolicyLayers};
use crate::policy::{PolicyType, Selector, Statement, parse};
use crate::store::{
    AttachmentKind, ChangeNumber, PolicyKey, Principal, PrincipalKey, PrincipalKind, ResourceKey, Snapshot,
    StoreError, Touch,
};
use crate::stored;

/// A part of all requests: those for one of some actions on one of some resources.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Hull {
    /// As patterns; none: all.
    actions: Option<BTreeSet<String>>,
    resources: Option<BTreeSet<String>>,
}

/// Where a principal's access can have changed, and by which changes.
#[derive(Debug, Clone, Default)]
pub(super) struct Reach {
    /// None: nowhere.
    pub(super) hull: Option<Hull>,
    pub(super) changes: BTreeSet<ChangeNumber>,
}

/// Whom changes reach.
#[derive(Debug, Default)]
pub(super) struct Reached {
    /// Users and roles, on one side or both.
    pub(super) of_principals: BTreeMap<PrincipalKey, Reach>,
    /// Where everybody's access can have changed; none: nowhere.
    pub(super) of_all: Option<Hull>,
    pub(super) changes_of_all: BTreeSet<ChangeNumber>,
    /// Whether it takes to look at everybody.
    pub(super) everyone: bool,
}

impl Hull {
    const EVERYTHING: Hull = Hull { actions: None, resources: None };

    /// All that is in either, and perhaps more.
    pub(super) fn joined(self, other: Hull) -> Hull {
        let join = |one: Option<BTreeSet<String>>, other: Option<BTreeSet<String>>| match (one, other) {
            (Some(one), Some(other)) => Some(one.into_iter().chain(other).collect()),
            _ => None,
        };
        Hull { actions: join(self.actions, other.actions), resources: join(self.resources, other.resources) }
    }

    /// Whether some request may be in both, as far as the services of the actions tell.
    pub(super) fn may_meet(&self, other: &Hull) -> bool {
        let (Some(own), Some(others)) = (&self.actions, &other.actions) else { return true };
        let service = |action: &str| action.split(':').next().unwrap_or_default().to_ascii_lowercase();
        own.iter().any(|own| {
            others.iter().any(|other| {
                let (own, other) = (service(own), service(other));
                own == other || own.contains(['*', '?']) || other.contains(['*', '?'])
            })
        })
    }

    /// The actions that statements are about, on any resource; none where there are no statements.
    fn of_statements<'s>(statements: impl IntoIterator<Item = &'s Statement>) -> Option<Hull> {
        let mut actions = Some(BTreeSet::new());
        let mut is_any = false;
        for statement in statements {
            is_any = true;
            match (&statement.action, &mut actions) {
                (Selector::In(entries), Some(actions)) => {
                    actions.extend(entries.iter().map(|entry| entry.value.to_string()));
                }
                _ => actions = None,
            }
        }
        is_any.then_some(Hull { actions, resources: None })
    }

    /// As a part of another.
    pub(super) fn part(&self, within: &Part) -> Part {
        let list = |list: &Option<BTreeSet<String>>| match list {
            Some(list) => json!(list),
            None => json!("*"),
        };
        let policy = json!({"Version": "2012-10-17", "Statement":
            {"Effect": "Allow", "Action": list(&self.actions), "Resource": list(&self.resources)}});
        let mut part = within.clone();
        let statement = parse(&policy.to_string(), PolicyType::Identity).policy.statements.pop();
        if let Some(Statement {
            action: Selector::In(actions),
            resource: Some(Selector::In(resources)),
            ..
        }) = statement
        {
            // The part that was asked for is narrower than all, and is what is told.
            if part.actions.is_empty() && self.actions.is_some() {
                part.actions = actions;
            }
            if part.resources.is_empty() && self.resources.is_some() {
                part.resources = resources;
            }
        }
        part
    }
}

impl Reach {
    fn add(&mut self, hull: Option<Hull>, change: ChangeNumber) {
        let Some(hull) = hull else { return };
        self.hull = Some(match self.hull.take() {
            Some(known) => known.joined(hull),
            None => hull,
        });
        self.changes.insert(change);
    }
}

/// Whom the changes between two states reach.
pub(super) fn reached(before: &Snapshot<'_>, after: &Snapshot<'_>) -> Result<Reached, StoreError> {
    let mut reaching = Reaching { before, after, reached: Reached::default() };
    let touched = after.touched_since(before.change())?;
    let mut of_principals: BTreeMap<PrincipalKey, BTreeSet<ChangeNumber>> = BTreeMap::new();
    let mut of_policies: BTreeMap<PolicyKey, BTreeSet<ChangeNumber>> = BTreeMap::new();
    let mut of_organization = BTreeSet::new();
    for (touch, change) in touched {
        match touch {
            Touch::Principal(key) => drop(of_principals.entry(key).or_default().insert(change)),
            Touch::Policy(key) => drop(of_policies.entry(key).or_default().insert(change)),
            Touch::Trust(key) => reaching.trust(key, change)?,
            Touch::Resource(key) => reaching.resource(key, change)?,
            Touch::Organization => drop(of_organization.insert(change)),
            Touch::Account => reaching.all(Some(Hull::EVERYTHING), change),
        }
    }
    for (key, changes) in of_principals {
        reaching.principal(key, &changes)?;
    }
    for (key, changes) in of_policies {
        reaching.policy(key, &changes)?;
    }
    if !of_organization.is_empty() {
        reaching.organization(&of_organization)?;
    }
    Ok(reaching.reached)
}

struct Reaching<'s, 'a> {
    before: &'s Snapshot<'a>,
    after: &'s Snapshot<'a>,
    reached: Reached,
}

impl<'s, 'a> Reaching<'s, 'a> {
    fn sides(&self) -> [&'s Snapshot<'a>; 2] {
        [self.before, self.after]
    }

    fn all(&mut self, hull: Option<Hull>, change: ChangeNumber) {
        let mut reach = Reach {
            hull: self.reached.of_all.take(),
            changes: std::mem::take(&mut self.reached.changes_of_all),
        };
        self.reached.everyone |= hull.is_some();
        reach.add(hull, change);
        self.reached.of_all = reach.hull;
        self.reached.changes_of_all = reach.changes;
    }

    fn one(&mut self, key: PrincipalKey, hull: Option<&Hull>, changes: &BTreeSet<ChangeNumber>) {
        let reach = self.reached.of_principals.entry(key).or_default();
        changes.iter().for_each(|change| reach.add(hull.cloned(), *change));
    }

    /// The users and roles that a principal is or has as members, on either side.
    fn members(&self, principal: &Principal) -> Result<BTreeSet<PrincipalKey>, StoreError> {
        if principal.kind != PrincipalKind::Group {
            return Ok(BTreeSet::from([principal.key]));
        }
        let mut members = BTreeSet::new();
        for side in self.sides() {
            members.extend(side.members_of(principal.key)?.into_iter().map(|member| member.key));
        }
        Ok(members)
    }

    /// A principal of which rows of its own were touched.
    fn principal(&mut self, key: PrincipalKey, changes: &BTreeSet<ChangeNumber>) -> Result<(), StoreError> {
        let (old, new) = (self.before.principal(key)?, self.after.principal(key)?);
        let hull = match (&old, &new) {
            (None, None) => return Ok(()),
            (Some(old), Some(new)) => {
                let tags = self.before.tags(key)? == self.after.tags(key)?;
                if tags && old == new {
                    let layers =
                        [stored::policy_layers(self.before, old)?, stored::policy_layers(self.after, new)?];
                    of_layers(&layers)
                } else {
                    Some(Hull::EVERYTHING)
                }
            }
            // What a group that is not on both sides gives is told by the groups of its members.
            (Some(one), None) | (None, Some(one)) if one.kind == PrincipalKind::Group => return Ok(()),
            _ => Some(Hull::EVERYTHING),
        };
        let Some(principal) = new.or(old) else { return Ok(()) };
        for member in self.members(&principal)? {
            self.one(member, hull.as_ref(), changes);
        }
        Ok(())
    }

    /// A managed policy whose versions were touched.
    fn policy(&mut self, key: PolicyKey, changes: &BTreeSet<ChangeNumber>) -> Result<(), StoreError> {
        for kind in [AttachmentKind::Managed, AttachmentKind::Boundary] {
            let policy_type = match kind {
                AttachmentKind::Managed => PolicyType::Identity,
                AttachmentKind::Boundary => PolicyType::Boundary,
            };
            let mut documents = Vec::new();
            for side in self.sides() {
                let version = side.default_version(key)?;
                let document = version.map(|version| version.document);
                documents.push(stored::layer_policy(String::new(), "", policy_type, document.as_ref()));
            }
            let [old, new] = documents.as_slice() else { continue };
            let hull = of_policies(&[old], &[new]);
            let mut holders = BTreeMap::new();
            for side in self.sides() {
                let attached = side.attached_to(key, kind)?.into_iter();
                holders.extend(attached.map(|principal| (principal.key, principal)));
            }
            for principal in holders.values() {
                for member in self.members(principal)? {
                    self.one(member, hull.as_ref(), changes);
                }
            }
        }
        Ok(())
    }

    /// A role whose trust policy was touched.
    fn trust(&mut self, key: PrincipalKey, change: ChangeNumber) -> Result<(), StoreError> {
        for side in self.sides() {
            if let Some(role) = side.principal(key)? {
                let resources = role.account.is_some().then(|| BTreeSet::from([role.arn()]));
                let actions = crate::eval::role_session_actions().map(|action| action.to_string()).collect();
                self.all(Some(Hull { actions: Some(actions), resources }), change);
            }
        }
        Ok(())
    }

    /// A resource whose policy, owner or tags were touched.
    fn resource(&mut self, key: ResourceKey, change: ChangeNumber) -> Result<(), StoreError> {
        for side in self.sides() {
            if let Some(resource) = side.resource_of(key)? {
                let arn = resource.arn;
                // What is in a bucket is decided by its policy (R-EVL-8).
                let within = arn.starts_with("arn:") && !arn.contains(['*', '?', '$']);
                let resources = within.then(|| BTreeSet::from([format!("{arn}/*"), arn]));
                self.all(Some(Hull { actions: None, resources }), change);
            }
        }
        Ok(())
    }

    /// Accounts whose place in the organization was touched, or the policies that limit them there.
    fn organization(&mut self, changes: &BTreeSet<ChangeNumber>) -> Result<(), StoreError> {
        let mut accounts: BTreeMap<Option<AccountId>, BTreeSet<PrincipalKey>> = BTreeMap::new();
        for side in self.sides() {
            for principal in side.principals(None)? {
                if principal.kind != PrincipalKind::Group {
                    accounts.entry(principal.account.clone()).or_default().insert(principal.key);
                }
            }
            // Accounts of which nobody is stored own resources, and are named by policies of others.
            let owners = side.resources()?.into_iter().filter_map(|resource| resource.account);
            let nodes = side.nodes(None)?.into_iter().filter_map(|node| node.account());
            for account in owners.chain(nodes) {
                accounts.entry(Some(account)).or_default();
            }
        }
        for (account, principals) in &accounts {
            let old = stored::limits(self.before, account.as_ref())?;
            let new = stored::limits(self.after, account.as_ref())?;
            if old == new {
                continue;
            }
            let is_placed_alike = old.keys == new.keys;
            let hull_of = |old: &[crate::layers::Level], new: &[crate::layers::Level]| {
                if old == new {
                    return None;
                }
                if old.len() != new.len() || !is_placed_alike {
                    return Some(Hull::EVERYTHING);
                }
                let hulls = old.iter().zip(new).filter_map(|(old, new)| {
                    of_policies(
                        &old.policies.iter().collect::<Vec<_>>(),
                        &new.policies.iter().collect::<Vec<_>>(),
                    )
                });
                hulls.reduce(Hull::joined)
            };
            let own = if is_placed_alike { hull_of(&old.scp, &new.scp) } else { Some(Hull::EVERYTHING) };
            for key in principals {
                self.one(*key, own.as_ref(), changes);
            }
            // The place of an account is a key of every request on its resources, whoever asks.
            let of_all = if is_placed_alike { hull_of(&old.rcp, &new.rcp) } else { Some(Hull::EVERYTHING) };
            let of_others = own.filter(|_| principals.is_empty());
            for hull in of_all.into_iter().chain(of_others) {
                changes.iter().for_each(|&change| self.all(Some(hull.clone()), change));
            }
        }
        Ok(())
    }
}

/// What differs between the own layers of a principal.
fn of_layers([old, new]: &[PolicyLayers; 2]) -> Option<Hull> {
    if old.boundary.len() != new.boundary.len() {
        return Some(Hull::EVERYTHING);
    }
    fn all(layer: &[LayerPolicy]) -> Vec<&LayerPolicy> {
        layer.iter().collect()
    }
    let identity = of_policies(&all(&old.identity), &all(&new.identity));
    let boundary = of_policies(&all(&old.boundary), &all(&new.boundary));
    identity.into_iter().chain(boundary).reduce(Hull::joined)
}

/// What differs between two lists of policies: the statements that only one of them has, each wherever it stands.
fn of_policies(old: &[&LayerPolicy], new: &[&LayerPolicy]) -> Option<Hull> {
    let is_unknown = |policies: &[&LayerPolicy]| policies.iter().filter(|of| of.document.is_none()).count();
    if is_unknown(old) != is_unknown(new) {
        return Some(Hull::EVERYTHING);
    }
    fn statements<'p>(policies: &[&'p LayerPolicy]) -> Vec<&'p Statement> {
        policies.iter().flat_map(|policy| policy.statements()).collect()
    }
    let (old, new) = (statements(old), statements(new));
    let only = |of: &[&Statement], other: &[&Statement]| -> Vec<Statement> {
        let is_there = |statement: &Statement| other.iter().any(|other| statement.says_the_same(other));
        of.iter().filter(|statement| !is_there(statement)).map(|&statement| statement.clone()).collect()
    };
    Hull::of_statements(only(&old, &new).iter().chain(&only(&new, &old)))
}
