//! A set of requests, told in the patterns of the policies: which statement allows it, what else limits it, and what
//! is taken out.
//!
//! ```text
//!   clause  =  a statement's requests                   boxes
//!            ∩ what each limiting group allows          within
//!            ∩ why the other side says no               cause
//!            \ what is denied, or allowed already       except
//! ```

use super::supposed::ByResource;
use super::{Accounts, Analysis, AnalysisError, Read, ReadSituation, Side, Standing};
use crate::algebra::Set;
use crate::compile::Level;
use crate::layers::{Layer, StatementRef};
use crate::policy::{ActionPattern, Effect, PolicyType, Selector, Spanned, Statement};
use crate::request::Request;

use super::Witness;

/// A part of what is allowed, or of a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// Of which callers it is.
    pub standing: Standing,
    /// The situation of the side that allows.
    pub situation: usize,
    /// What applies to all of it: the Allow, unless several do (see `within`), and the Deny of the other side that was
    /// the cause.
    pub boxes: Vec<StatementBox>,
    /// Statements of which one has to allow it: of a limiting layer that allows it only in part, and of the layer that
    /// is told where several statements allow it.
    pub within: Vec<Limit>,
    /// Whose resources are in it, of all that its patterns match.
    pub accounts: Accounts,
    /// Whether only those are in it for which its situation holds.
    pub is_on_few: bool,
    /// Where the resource's own policy has to allow it as well.
    pub by_resource: ByResource,
    /// What is not in it.
    pub except: Vec<StatementBox>,
    /// Why it is told: why the other side does not allow it.
    pub cause: Cause,
    /// Whether boxes, limits and exceptions are all that makes it.
    pub is_exact: bool,
    /// A request in it, decided by the evaluator on both sides; none: it may be that there is none.
    pub witness: Option<Witness>,
    /// The requests.
    pub set: Set,
    /// What its patterns match besides, on resources of other accounts than the caller's.
    pub in_others: Set,
}

/// A statement's requests, or those of some of its entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementBox {
    /// Of which side.
    pub side: Side,
    /// In which situation of it.
    pub situation: usize,
    /// The statement.
    pub statement: StatementRef,
    /// The entries of `Action` that have requests in the clause.
    pub actions: Entries,
    /// The entries of `Resource` that have.
    pub resources: Entries,
}

/// Some entries of a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Entries {
    /// The whole element, as it is written.
    #[default]
    All,
    /// These, by position.
    Only(Vec<usize>),
}

/// Policies of which one has to allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// Their layer.
    pub layer: Layer,
    /// Which group of the layer.
    pub group: usize,
    /// The statements that allow some of the clause.
    pub statements: Vec<StatementBox>,
}

/// Why the other side does not allow something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// There is no other side.
    None,
    /// No statement there allows it.
    NotAllowed,
    /// A statement there denies it; it is the last of the boxes.
    Denied(StatementRef),
    /// A group of a layer there does not allow it.
    Limited {
        /// The layer.
        layer: Layer,
        /// Which group of it.
        group: usize,
    },
    /// A group of a layer there has a policy whose document is not known: it may be that this allows it (R-EVL-64).
    Unknown {
        /// The layer.
        layer: Layer,
        /// Which group of it.
        group: usize,
    },
    /// It takes a word of the caller's policies and one of the resource's, and there this one is missing; it is the last
    /// of the boxes.
    HalfAllowed(StatementRef),
    /// The rules about accounts and resources that it is decided by there.
    Rules,
    /// A document of either side that is not known, which may allow it or deny it (R-EVL-64).
    Undecided,
}

/// The requests of a target that one statement allows.
#[derive(Clone, Copy)]
pub(super) struct Part {
    pub(super) situation: usize,
    pub(super) statement: StatementRef,
    pub(super) set: Set,
}

/// A clause in the making.
pub(super) struct Draft {
    pub(super) situation: usize,
    /// What applies to all of it.
    pub(super) boxes: Vec<StatementBox>,
    /// What allows it, where that are several statements.
    pub(super) any: Vec<StatementBox>,
    pub(super) cause: Cause,
    pub(super) set: Set,
}

impl Draft {
    pub(super) fn of(side: Side, part: &Part, cause: Cause, set: Set) -> Draft {
        let allow = StatementBox::whole(side, part.situation, part.statement);
        Draft { situation: part.situation, boxes: vec![allow], any: Vec::new(), cause, set }
    }
}

impl StatementBox {
    pub(super) fn whole(side: Side, situation: usize, statement: StatementRef) -> StatementBox {
        StatementBox { side, situation, statement, actions: Entries::All, resources: Entries::All }
    }
}

impl ReadSituation<'_> {
    /// The requests for which a layer counts.
    pub(super) fn scope(&self, layer: Layer) -> Set {
        self.compiled.scopes.get(&layer).copied().unwrap_or(Set::FULL)
    }

    /// Whether a group of a layer has a policy whose document is not known.
    pub(super) fn is_unknown(&self, layer: Layer, group: usize) -> bool {
        let layers = &self.situation.layers;
        let mut members = layers.groups(layer).get(group).cloned().into_iter().flatten();
        members.any(|nth| layers.policy_at(layer, nth).is_some_and(|policy| policy.document.is_none()))
    }

    /// The requests to which a statement applies.
    pub(super) fn applies(&self, of: StatementRef) -> Set {
        self.compiled.statements.get(&of).copied().unwrap_or(Set::EMPTY)
    }

    /// The same; of an Allow of a resource's policy those for which it is a grant.
    pub(super) fn requests(&self, of: StatementRef) -> Set {
        self.compiled.granting.get(&of).copied().unwrap_or_else(|| self.applies(of))
    }
}

impl Analysis<'_> {
    /// The clauses of a set that a side allows.
    pub(super) fn clauses(
        &mut self,
        from: &Read<'_>,
        against: Option<&Read<'_>>,
        target: Set,
    ) -> Result<Vec<Clause>, AnalysisError> {
        let mut parts: Vec<Part> = Vec::new();
        for (nth, situation) in from.situations.iter().enumerate() {
            for &statement in situation.compiled.statements.keys() {
                let granted = situation.compiled.granted.get(&statement).copied();
                let set = granted.unwrap_or_else(|| situation.requests(statement));
                let is_told =
                    from.subject.told.contains(&statement.layer) && statement.effect == Effect::Allow;
                if !is_told || target == Set::EMPTY {
                    continue;
                }
                let scope = situation.scope(statement.layer);
                let mut set = self.compiler.arena().intersection([set, scope, situation.on, target])?;
                // What the caller's own policies do not come to is allowed by the statements of resources.
                let by_resource = from.subject.told.contains(&Layer::Resource);
                if statement.layer == Layer::Identity && by_resource {
                    let limits = [Layer::Boundary, Layer::Session];
                    let groups = limits.iter().filter_map(|limit| situation.compiled.groups.get(limit));
                    let limits = groups.flatten().copied().chain([situation.compiled.reach, set]);
                    set = self.compiler.arena().intersection(limits.collect::<Vec<_>>())?;
                }
                if set != Set::EMPTY {
                    parts.push(Part { situation: nth, statement, set });
                }
            }
        }
        let parts = self.needed(parts)?;
        let told = self.compiler.arena().union(parts.iter().map(|part| part.set))?;
        let untold = self.compiler.arena().difference([target], [told])?;
        let mut drafts = match against {
            None => parts.iter().map(|part| Draft::of(from.side, part, Cause::None, part.set)).collect(),
            Some(against) => self.by_cause(from, &parts, against, target)?,
        };
        // What no statement allows: such as calls that need no permission.
        if untold != Set::EMPTY {
            let (boxes, any) = (Vec::new(), Vec::new());
            drafts.push(Draft { situation: 0, boxes, any, cause: Cause::Rules, set: untold });
        }
        let mut clauses = Vec::new();
        for draft in drafts {
            self.compiler.arena().renew(self.budget);
            clauses.extend(self.finished(draft, from, against)?);
        }
        Ok(clauses)
    }

    /// The parts without those that the others cover.
    fn needed(&mut self, parts: Vec<Part>) -> Result<Vec<Part>, AnalysisError> {
        let arena = self.compiler.arena();
        let mut behind = vec![Set::EMPTY];
        for part in parts.iter().rev() {
            let last = behind.last().copied().unwrap_or(Set::EMPTY);
            behind.push(arena.union([last, part.set])?);
        }
        let mut kept = Vec::new();
        let mut covered = Set::EMPTY;
        for (nth, part) in parts.iter().enumerate() {
            let others = behind.get(parts.len() - nth - 1).copied().unwrap_or(Set::EMPTY);
            let others = arena.union([covered, others])?;
            if !arena.is_subset(part.set, others)? {
                covered = arena.union([covered, part.set])?;
                kept.push(*part);
            }
        }
        Ok(kept)
    }

    /// The limits and exceptions that make a draft's boxes its set, and the entries that matter.
    fn finished(
        &mut self,
        draft: Draft,
        from: &Read<'_>,
        against: Option<&Read<'_>>,
    ) -> Result<Option<Clause>, AnalysisError> {
        let Draft { situation: nth, mut boxes, any, cause, set } = draft;
        let Some(situation) = from.situations.get(nth) else { return Ok(None) };
        for of in &mut boxes {
            self.narrow(of, from, against, set)?;
        }
        let beyond = situation.compiled.beyond;
        let mut shown = self.compiler.arena().difference([self.asked], [beyond])?;
        for of in &boxes {
            let requests = self.requests_of(of, cause, from, against)?;
            shown = self.compiler.arena().intersection([shown, requests])?;
        }
        let is_on_few = situation.situation.on.is_some()
            && !any.iter().chain(&boxes).any(|of| of.statement.layer == Layer::Resource)
            && !self.compiler.arena().is_subset(shown, situation.anyones)?;
        let shows_stored_of_others = situation.situation.on.is_none()
            && !self.compiler.arena().is_disjoint(shown, situation.stored_of_others)?;
        shown = self.compiler.arena().intersection([shown, situation.anyones])?;
        let is_within_reach = self.compiler.arena().is_subset(set, situation.compiled.reach)?;
        let accounts = self.accounts_of(situation, set, (shown, shows_stored_of_others), is_within_reach)?;
        let mut in_others = match accounts {
            Accounts::Own => self.asked_of_others(from)?,
            Accounts::Others | Accounts::Any => Set::EMPTY,
        };
        for of in &boxes {
            let requests = self.requests_in_others(of, cause, (from, against), in_others)?;
            in_others = self.compiler.arena().intersection([in_others, requests])?;
        }
        shown = self.compiler.arena().intersection([shown, situation.on])?;
        let by_resource = self.by_resource(situation, set, shown, is_within_reach)?;
        if is_within_reach {
            shown = self.compiler.arena().intersection([shown, situation.compiled.reach])?;
        }
        let mut within = Vec::new();
        let own = any.first().or(boxes.iter().find(|of| of.side == from.side)).map(|of| of.statement.layer);
        if let Some(layer) = any.first().map(|of| of.statement.layer) {
            let (limit, allowed) = self.limit(layer, 0, any, from, against, set)?;
            shown = self.compiler.arena().intersection([shown, allowed])?;
            in_others = self.limited_in_others(&limit, (from, against), in_others)?;
            within.push(limit);
        }
        for (&layer, groups) in &situation.compiled.groups {
            for (group, &allowed) in groups.iter().enumerate() {
                let lacking = self.compiler.arena().difference([situation.scope(layer)], [allowed])?;
                if own == Some(layer)
                    || !limits(layer)
                    // What the caller's own policies come to needs no word of the resource's.
                    || (layer == Layer::Resource && is_within_reach)
                    || self.compiler.arena().is_disjoint(shown, lacking)?
                {
                    continue;
                }
                if !self.compiler.arena().is_disjoint(set, lacking)? {
                    continue;
                }
                let members =
                    situation.situation.layers.groups(layer).get(group).cloned().unwrap_or_default();
                let is_member = |of: &StatementRef| {
                    of.layer == layer && of.effect == Effect::Allow && members.contains(&of.policy)
                };
                let mut statements = Vec::new();
                for (&statement, &allowing) in
                    situation.compiled.statements.iter().filter(|(of, _)| is_member(of))
                {
                    if !self.compiler.arena().is_disjoint(set, allowing)? {
                        statements.push(StatementBox::whole(from.side, nth, statement));
                    }
                }
                let (limit, allowed) = self.limit(layer, group, statements, from, against, set)?;
                shown = self.compiler.arena().intersection([shown, allowed])?;
                in_others = self.limited_in_others(&limit, (from, against), in_others)?;
                within.push(limit);
            }
        }
        let mut except = Vec::new();
        let denying = (from, nth, Effect::Deny);
        let mut takers = vec![denying];
        if let Some(against) = against {
            let is_taken = matches!(cause, Cause::NotAllowed | Cause::Limited { .. });
            let all = (0..against.situations.len()).filter(|_| is_taken);
            takers.extend(all.map(|nth| (against, nth, Effect::Allow)));
        }
        for (side, nth, effect) in takers {
            let Some(situation) = side.situations.get(nth) else { continue };
            let is_taker = |of: &StatementRef| match (effect, cause) {
                (Effect::Deny, _) => true,
                (Effect::Allow, Cause::Limited { layer, group }) => {
                    let groups = situation.situation.layers.groups(layer);
                    of.layer == layer && groups.get(group).is_some_and(|group| group.contains(&of.policy))
                }
                (Effect::Allow, _) => side.subject.told.contains(&of.layer),
            };
            let takers = situation.compiled.statements.keys();
            for &statement in takers.filter(|of| of.effect == effect && is_taker(of)) {
                let requests = situation.requests(statement);
                if shown == set {
                    break;
                }
                let arena = self.compiler.arena();
                let scope = situation.scope(statement.layer);
                let taken = arena.intersection([shown, requests, scope, situation.on])?;
                if taken == Set::EMPTY || !arena.is_disjoint(taken, set)? {
                    continue;
                }
                shown = arena.difference([shown], [taken])?;
                let mut of = StatementBox::whole(side.side, nth, statement);
                let taken_in_others = self.taken_in_others(&of, (from, against), in_others)?;
                in_others = self.compiler.arena().difference([in_others], [taken_in_others])?;
                let told_of_others = if in_others == Set::EMPTY { Set::EMPTY } else { taken_in_others };
                let taken = self.compiler.arena().union([taken, told_of_others])?;
                self.narrow(&mut of, from, against, taken)?;
                except.push(of);
            }
        }
        let is_exact = shown == set;
        let (standing, situation, witness) = (Standing::ASKED, nth, None);
        Ok(Some(Clause {
            standing,
            situation,
            boxes,
            within,
            accounts,
            is_on_few,
            by_resource,
            except,
            cause,
            is_exact,
            witness,
            set,
            in_others,
        }))
    }

    /// Statements of which one has to allow, and the requests that they do.
    fn limit(
        &mut self,
        layer: Layer,
        group: usize,
        mut statements: Vec<StatementBox>,
        from: &Read<'_>,
        against: Option<&Read<'_>>,
        set: Set,
    ) -> Result<(Limit, Set), AnalysisError> {
        let mut all = Vec::new();
        for of in &mut statements {
            self.narrow(of, from, against, set)?;
            all.push(self.requests_of(of, Cause::None, from, against)?);
        }
        let allowed = self.compiler.arena().union(all)?;
        Ok((Limit { layer, group, statements }, allowed))
    }

    /// Leaves out the entries that have no request in a set, or none that another has not.
    fn narrow(
        &mut self,
        of: &mut StatementBox,
        from: &Read<'_>,
        against: Option<&Read<'_>>,
        set: Set,
    ) -> Result<(), AnalysisError> {
        let Some((statement, policy_type)) = statement_of(of, from, against) else { return Ok(()) };
        self.turn_to(of, from, against);
        if let Selector::In(entries) = &statement.action
            && entries.len() > 1
        {
            let mut kept = Vec::new();
            for (nth, entry) in entries.iter().enumerate() {
                if self.has_action(set, entry)? {
                    kept.push(nth);
                }
            }
            of.actions = some_of(kept, entries.len());
        }
        if let Some(Selector::In(entries)) = &statement.resource
            && entries.len() > 1
        {
            let mut kept = Vec::new();
            for (nth, entry) in entries.iter().enumerate() {
                let requests = self.compiler.resource_entry(entry, policy_type)?;
                if !self.compiler.arena().is_disjoint(requests, set)? {
                    kept.push(nth);
                }
            }
            of.resources = some_of(kept, entries.len());
        }
        Ok(())
    }

    /// Whether some request of a set is about an action of an entry.
    fn has_action(&mut self, set: Set, entry: &Spanned<ActionPattern>) -> Result<bool, AnalysisError> {
        if let ActionPattern::Named { service: Some(service), name } = &entry.value
            && let Some(name) = name.as_text()
        {
            let set = self.with_text(set, Level::Service, &service.to_ascii_lowercase())?;
            return Ok(self.with_text(set, Level::Name, &name.to_ascii_lowercase())? != Set::EMPTY);
        }
        let requests = self.compiler.action_entry(entry)?;
        Ok(!self.compiler.arena().is_disjoint(requests, set)?)
    }

    /// Reads on as the side of a box does.
    fn turn_to(&mut self, of: &StatementBox, from: &Read<'_>, against: Option<&Read<'_>>) {
        if let Some(situation) = side_of(of, from, against).situations.get(of.situation)
            && *self.compiler.universe() != situation.universe
        {
            self.compiler.turn_to(situation.universe.clone());
        }
    }

    /// The requests of a box in a clause that is there for this cause.
    pub(super) fn requests_of(
        &mut self,
        of: &StatementBox,
        cause: Cause,
        from: &Read<'_>,
        against: Option<&Read<'_>>,
    ) -> Result<Set, AnalysisError> {
        let side = side_of(of, from, against);
        let Some(situation) = side.situations.get(of.situation) else { return Ok(Set::EMPTY) };
        let requests = match cause {
            Cause::HalfAllowed(_) => situation.applies(of.statement),
            _ => situation.requests(of.statement),
        };
        let mut all = vec![requests, situation.scope(of.statement.layer)];
        self.turn_to(of, from, against);
        if let Some((statement, policy_type)) = statement_of(of, from, against) {
            if let (Selector::In(entries), Entries::Only(kept)) = (&statement.action, &of.actions) {
                let mut sets = Vec::new();
                for entry in kept.iter().filter_map(|nth| entries.get(*nth)) {
                    sets.push(self.compiler.action_entry(entry)?);
                }
                all.push(self.compiler.arena().union(sets)?);
            }
            if let (Some(Selector::In(entries)), Entries::Only(kept)) = (&statement.resource, &of.resources) {
                let mut sets = Vec::new();
                for entry in kept.iter().filter_map(|nth| entries.get(*nth)) {
                    sets.push(self.compiler.resource_entry(entry, policy_type)?);
                }
                all.push(self.compiler.arena().union(sets)?);
            }
        }
        Ok(self.compiler.arena().intersection(all)?)
    }
}

/// Some entries of so many.
fn some_of(kept: Vec<usize>, count: usize) -> Entries {
    if kept.len() == count { Entries::All } else { Entries::Only(kept) }
}

/// Whether a layer limits by not allowing.
pub(super) fn limits(layer: Layer) -> bool {
    matches!(
        layer,
        Layer::Boundary
            | Layer::Session
            | Layer::Scp
            | Layer::VpcEndpoint
            | Layer::Identity
            | Layer::Resource
    )
}

pub(super) fn side_of<'r, 's>(
    of: &StatementBox,
    from: &'r Read<'s>,
    against: Option<&'r Read<'s>>,
) -> &'r Read<'s> {
    match against {
        Some(against) if against.side == of.side => against,
        _ => from,
    }
}

fn statement_of<'s>(
    of: &StatementBox,
    from: &Read<'s>,
    against: Option<&Read<'s>>,
) -> Option<(&'s Statement, PolicyType)> {
    let layers = &side_of(of, from, against).subject.situations.get(of.situation)?.layers;
    Some((layers.statement(of.statement)?, layers.policy(of.statement)?.policy_type))
}

impl Clause {
    /// What may be allowed or not, by what is not known.
    pub(super) fn undecided(cause: Cause, set: Set) -> Clause {
        Clause {
            standing: Standing::ASKED,
            situation: 0,
            boxes: Vec::new(),
            within: Vec::new(),
            accounts: Accounts::Any,
            is_on_few: false,
            by_resource: ByResource::NONE,
            except: Vec::new(),
            cause,
            is_exact: false,
            witness: None,
            set,
            in_others: Set::EMPTY,
        }
    }

    /// The request that shows it.
    pub fn example(&self) -> Option<&Request> {
        self.witness.as_ref().map(|witness| &witness.request)
    }
}
