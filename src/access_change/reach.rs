//! Whose access a change of rows can change, and in which part of all requests.
//!
//! What is said here is never too little: where it is not easily seen, it is everything.

use std::collections::{BTreeMap, BTreeSet};

use itertools::Itertools;

use super::hull::Hull;
use crate::arn::AccountId;
use crate::layers::{LayerPolicy, PolicyLayers};
use crate::policy::{PolicyType, PrincipalEntry, Selector, Statement};
use crate::store::{
    AttachmentKind, ChangeNumber, PolicyKey, Principal, PrincipalKey, PrincipalKind, Resource, ResourceKey,
    Snapshot, StoreError, Touch,
};
use crate::stored;
use crate::who_can::name_of;

/// Where somebody's access can have changed: parts that have nothing in common, as far as the services of their actions
/// tell.
#[derive(Debug, Clone, Default)]
pub(super) struct Reach(pub(super) Vec<ReachedPart>);

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ReachedPart {
    pub(super) hull: Hull,
    /// By which changes.
    pub(super) changes: BTreeSet<ChangeNumber>,
    /// Whether some of them are of the principal's own policies.
    pub(super) is_own: bool,
}

/// Whom changes reach.
#[derive(Debug, Default)]
pub(super) struct Reached {
    /// Users and roles, on one side or both.
    pub(super) of_principals: BTreeMap<PrincipalKey, Reach>,
    /// Those who are not stored.
    pub(super) of_others: Reach,
}

impl Reach {
    fn add(&mut self, mut part: ReachedPart) {
        let (meeting, apart) =
            std::mem::take(&mut self.0).into_iter().partition(|of| of.hull.may_meet(&part.hull));
        let meeting: Vec<ReachedPart> = meeting;
        for of in meeting {
            part.hull = part.hull.joined(of.hull);
            part.changes.extend(of.changes);
            part.is_own |= of.is_own;
        }
        self.0 = apart;
        self.0.push(part);
    }

    /// Where either can have changed.
    pub(super) fn and(self, other: &Reach) -> Reach {
        other.0.iter().cloned().fold(self, |mut reach, part| {
            reach.add(part);
            reach
        })
    }

    /// All of it as one.
    pub(super) fn joined(self) -> Option<(Hull, BTreeSet<ChangeNumber>)> {
        let parts = self.0.into_iter().map(|part| (part.hull, part.changes));
        parts.reduce(|(hull, changes), (more, by)| {
            (hull.joined(more), changes.into_iter().chain(by).collect())
        })
    }
}

/// Whom the changes between two states reach.
pub(super) fn reached(before: &Snapshot<'_>, after: &Snapshot<'_>) -> Result<Reached, StoreError> {
    let mut reaching = Reaching { before, after, reached: Reached::default(), everyone: None };
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
            Touch::Account => reaching.everybody(&Hull::EVERYTHING, change)?,
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
    /// All stored users and roles, on each side.
    everyone: Option<Vec<Principal>>,
}

impl<'s, 'a> Reaching<'s, 'a> {
    fn sides(&self) -> [&'s Snapshot<'a>; 2] {
        [self.before, self.after]
    }

    fn everybody(&mut self, hull: &Hull, change: ChangeNumber) -> Result<(), StoreError> {
        self.those(&|_| true, hull, change)
    }

    /// Some of the stored users and roles, and everybody else.
    fn those(
        &mut self,
        these: &dyn Fn(&Principal) -> bool,
        hull: &Hull,
        change: ChangeNumber,
    ) -> Result<(), StoreError> {
        let everyone = match self.everyone.take() {
            Some(everyone) => everyone,
            None => {
                let sides = [self.before.principals(None)?, self.after.principals(None)?];
                sides.into_iter().flatten().filter(|of| of.kind != PrincipalKind::Group).collect()
            }
        };
        let part = ReachedPart { hull: hull.clone(), changes: BTreeSet::from([change]), is_own: false };
        let keys: BTreeSet<PrincipalKey> =
            everyone.iter().filter(|principal| these(principal)).map(|principal| principal.key).collect();
        for key in keys {
            self.reached.of_principals.entry(key).or_default().add(part.clone());
        }
        self.reached.of_others.add(part);
        self.everyone = Some(everyone);
        Ok(())
    }

    fn one(&mut self, key: PrincipalKey, hull: Option<&Hull>, changes: &BTreeSet<ChangeNumber>) {
        let reach = self.reached.of_principals.entry(key).or_default();
        if let Some(hull) = hull {
            reach.add(ReachedPart { hull: hull.clone(), changes: changes.clone(), is_own: true });
        }
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
        let mut roles = BTreeSet::new();
        let mut policies = Vec::new();
        let mut bring_tags = BTreeSet::new();
        for side in self.sides() {
            roles.extend(side.principal(key)?.filter(|role| role.account.is_some()).map(|role| role.arn()));
            let document = side.trust_policy(key)?;
            let policy = document
                .map(|document| stored::layer_policy(String::new(), "", PolicyType::Trust, Some(&document)));
            let lets_tags_in = |policy: &LayerPolicy| {
                policy.document.as_ref().is_some_and(|document| stored::lets_tags_in(&document.parsed))
            };
            bring_tags.insert(policy.as_ref().is_some_and(lets_tags_in));
            policies.push(policy);
        }
        if bring_tags.len() > 1 {
            self.one(key, Some(&Hull::EVERYTHING), &BTreeSet::from([change]));
        }
        let actions = crate::eval::role_session_actions().map(|action| action.to_string()).collect();
        let resources = (!roles.is_empty()).then_some(roles);
        let hull = Hull { actions: Some(actions), resources };
        self.about(&policies, &hull, change)
    }

    /// Those whom the policy of a resource is about in what differs.
    fn about(
        &mut self,
        sides: &[Option<LayerPolicy>],
        hull: &Hull,
        change: ChangeNumber,
    ) -> Result<(), StoreError> {
        let [old, new] = sides else { return Ok(()) };
        let (old, new): (Vec<_>, Vec<_>) = (old.iter().collect(), new.iter().collect());
        match differing(&old, &new) {
            None => self.everybody(hull, change),
            Some(statements) if statements.is_empty() => Ok(()),
            Some(statements) => {
                let these = |principal: &Principal| {
                    statements.iter().any(|statement| may_be_about(statement, principal))
                };
                self.those(&these, hull, change)
            }
        }
    }

    /// A resource whose policy, owner or tags were touched.
    fn resource(&mut self, key: ResourceKey, change: ChangeNumber) -> Result<(), StoreError> {
        let mut resources = Vec::new();
        let mut tags = Vec::new();
        for side in self.sides() {
            let resource = side.resource_of(key)?;
            tags.push(match &resource {
                Some(resource) => side.resource_tags(resource.key)?,
                None => Vec::new(),
            });
            resources.push(resource);
        }
        let Some(arn) = resources.iter().flatten().next().map(|resource| resource.arn.clone()) else {
            return Ok(());
        };
        // What is in a bucket is decided by its policy (R-EVL-8).
        let within = arn.starts_with("arn:") && !arn.contains(['*', '?', '$']);
        let resources_of = within.then(|| BTreeSet::from([format!("{arn}/*"), arn]));
        let hull = Hull { actions: None, resources: resources_of };
        let owner = |resource: &Option<Resource>| resource.as_ref().map(|resource| resource.account.clone());
        let policy = |resource: &Option<Resource>| {
            let resource = resource.as_ref()?;
            let document = resource.guarding_policy()?;
            Some(stored::layer_policy(String::new(), "", resource.policy_type(), Some(document)))
        };
        let is_policy_only = resources.iter().map(owner).all_equal() && tags.iter().all_equal();
        match is_policy_only {
            true => self.about(&resources.iter().map(policy).collect::<Vec<_>>(), &hull, change),
            false => self.everybody(&hull, change),
        }
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
            if let Some(hull) = of_all {
                for change in changes {
                    self.everybody(&hull, *change)?;
                }
            }
            // Whom policies name of the account and who is not stored.
            if let Some(hull) = own {
                self.reached.of_others.add(ReachedPart { hull, changes: changes.clone(), is_own: false });
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

/// What differs between two lists of policies.
fn of_policies(old: &[&LayerPolicy], new: &[&LayerPolicy]) -> Option<Hull> {
    match differing(old, new) {
        Some(statements) => Hull::of_statements(&statements),
        None => Some(Hull::EVERYTHING),
    }
}

/// The statements that only one of two lists of policies has, each wherever it stands; none where documents that are not
/// known differ.
fn differing(old: &[&LayerPolicy], new: &[&LayerPolicy]) -> Option<Vec<Statement>> {
    let unknown = |policies: &[&LayerPolicy]| policies.iter().filter(|of| of.document.is_none()).count();
    (unknown(old) == unknown(new)).then_some(())?;
    fn statements<'p>(policies: &[&'p LayerPolicy]) -> Vec<&'p Statement> {
        policies.iter().flat_map(|policy| policy.statements()).collect()
    }
    let (old, new) = (statements(old), statements(new));
    let only = |of: &[&Statement], other: &[&Statement]| -> Vec<Statement> {
        let is_there = |statement: &Statement| other.iter().any(|other| statement.says_the_same(other));
        of.iter().filter(|statement| !is_there(statement)).map(|&statement| statement.clone()).collect()
    };
    Some([only(&old, &new), only(&new, &old)].concat())
}

/// Whether the policy of a resource can be about a user or role in a statement; what is not easily seen is yes.
fn may_be_about(statement: &Statement, principal: &Principal) -> bool {
    let is_named = |entry: &PrincipalEntry| match entry {
        PrincipalEntry::Service(_)
        | PrincipalEntry::Federated(_)
        | PrincipalEntry::OriginAccessIdentity(_) => false,
        PrincipalEntry::Account { account, .. } => {
            principal.account.as_ref().is_none_or(|own| own == account)
        }
        PrincipalEntry::User(_)
        | PrincipalEntry::Role(_)
        | PrincipalEntry::Session(_)
        | PrincipalEntry::UniqueId(_) => name_of(entry).is_none_or(|name| {
            let own = [Some(&principal.name), principal.unique_id.as_ref()];
            own.into_iter().flatten().any(|own| own.eq_ignore_ascii_case(&name))
        }),
        PrincipalEntry::Everyone | PrincipalEntry::FederatedUser(_) | PrincipalEntry::CanonicalUser(_) => {
            true
        }
    };
    match &statement.principal {
        Some(Selector::In(entries)) => entries.iter().any(|entry| is_named(&entry.value)),
        Some(Selector::NotIn(_)) | None => true,
    }
}
