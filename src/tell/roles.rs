//! Trust policies that several roles have alike: they are decided as one policy that stands on all of them, and told by
//! the roles that matter.

use rustc_hash::FxHashSet;

use super::{Side, StatementBox, Teller};
use crate::analysis::Entries;
use crate::layers::{Layer, LayerPolicy, PolicyLayers, StatementRef};
use crate::policy::{PolicyType, ResourcePattern, Selector, Spanned, Statement};

/// What a policy is called, of which a statement was narrowed to the roles that matter.
pub(super) fn name(policy: &LayerPolicy, said: &Statement) -> String {
    let roles = roles_of(policy, said);
    let role = |role: &Spanned<ResourcePattern>| {
        role.value.to_string().rsplit('/').next().map(|name| format!("role/{name}"))
    };
    match (roles.first().and_then(role), roles.len()) {
        (None, _) => policy.name.clone(),
        (Some(role), 1) => role,
        (Some(role), many) => format!("{role} and {} more", many - 1),
    }
}

/// Whether a statement of a policy says what another one does, or of roles at least that.
pub(super) fn says_the_same(policy: &LayerPolicy, statement: &Statement, said: &Statement) -> bool {
    match roles_of(policy, statement) {
        [] => statement.says_the_same(said),
        here => {
            statement.says_the_same_elsewhere(said)
                && said.resource.iter().flat_map(Selector::entries).all(|role| here.contains(role))
        }
    }
}

/// The roles that a statement of a trust policy stands on; none of other policies.
fn roles_of<'s>(policy: &LayerPolicy, statement: &'s Statement) -> &'s [Spanned<ResourcePattern>] {
    match (&statement.resource, policy.policy_type) {
        (Some(Selector::In(roles)), PolicyType::Trust) => roles,
        _ => &[],
    }
}

/// A statement on some of its roles; other statements as they are.
fn on_some(policy: &LayerPolicy, statement: &Statement, matters: &dyn Fn(usize) -> bool) -> Statement {
    let mut said = statement.clone();
    let kept = roles_of(policy, statement).iter().enumerate().filter(|(nth, _)| matters(*nth));
    let kept: Vec<_> = kept.map(|(_, role)| role.clone()).collect();
    if !kept.is_empty() {
        said.resource = Some(Selector::In(kept));
    }
    said
}

impl Teller<'_> {
    /// What a box's statement says, of roles about those that matter.
    pub(super) fn said(&self, of: &StatementBox) -> Option<Statement> {
        let layers = &self.subject(of.side).situations.get(of.situation)?.layers;
        let (policy, statement) = layers.policy(of.statement).zip(layers.statement(of.statement))?;
        Some(on_some(policy, statement, &|nth| match &of.resources {
            Entries::All => true,
            Entries::Only(kept) => kept.contains(&nth),
        }))
    }

    /// The same of a statement about which the other side does not say the same, role by role; none where it says that
    /// of all of them.
    pub(super) fn unmatched(&self, side: Side, layers: &PolicyLayers, of: StatementRef) -> Option<Statement> {
        let (policy, statement) = layers.policy(of).zip(layers.statement(of))?;
        let others = || self.others(side, of.layer);
        let roles = roles_of(policy, statement);
        if roles.is_empty() {
            let is_there = others().any(|(_, there)| there.says_the_same(statement));
            return (!is_there).then(|| statement.clone());
        }
        let alike = others().filter(|(_, there)| there.says_the_same_elsewhere(statement));
        let there: FxHashSet<String> = alike
            .flat_map(|(other, there)| roles_of(other, there))
            .map(|role| role.value.to_string())
            .collect();
        let is_lacking =
            |nth: usize| roles.get(nth).is_some_and(|role| !there.contains(&role.value.to_string()));
        (0..roles.len()).any(is_lacking).then(|| on_some(policy, statement, &is_lacking))
    }

    /// The statements of a layer of the other side, with their policies.
    pub(super) fn others(
        &self,
        side: Side,
        layer: Layer,
    ) -> impl Iterator<Item = (&LayerPolicy, &Statement)> {
        let other = match (side, self.new) {
            (_, None) => None,
            (Side::Old, Some(new)) => Some(new),
            (Side::New, Some(_)) => Some(self.old),
        };
        let stacks = other.into_iter().flat_map(|other| &other.situations).map(|situation| &situation.layers);
        stacks.flat_map(move |layers| {
            let statements = layers.statements().filter(move |(there, _)| there.layer == layer);
            statements.filter_map(|(there, statement)| Some((layers.policy(there)?, statement)))
        })
    }
}
