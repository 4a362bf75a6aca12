//! Who gained and lost what by the changes of the database between two states of it.
//!
//! First the rows that were opened or closed tell whose access can have changed, and in which part of all requests
//! (`reach`): a policy that was replaced reaches those who hold it, in the actions of the statements that differ.
//! Then those whose policies come to the same in that part, before and after, are compared together. What it costs
//! grows with what changed and with whom that reaches, and little with how many are stored.

mod hull;
mod reach;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::algebra::Budget;
use crate::analysis::{Analysis, AnalysisError, Diff, Part, Subject};
use crate::caller::Caller;
use crate::catalog::Catalog;
use crate::compile::Typing;
use crate::knowledge::Identified;
use crate::store::{ChangeNumber, Principal, PrincipalKey, Snapshot, StoreError};
use crate::stored::{Everyone, Holder, Subjects};
use crate::who_can::{AskedInPart, Crowd, Mention, Outsider, RegionsError, Who, outsiders};

use hull::Hull;
use reach::{Reach, Reached};

/// Of more than so many it is faster to read everybody.
const MANY: usize = 1_000;

/// What there is to say beside whose access changed.
#[derive(Debug, Default)]
pub struct AccessChanges {
    /// Those whose policies changed and whose access did not, which is proved.
    pub unmoved: Vec<Principal>,
    /// Users and roles that there are only after.
    pub new: Vec<Principal>,
    /// Users and roles that there were only before.
    pub gone: Vec<Principal>,
}

/// What of the changes is asked about.
pub struct Asked<'a> {
    /// Which part of all requests.
    pub part: &'a Part,
    /// Which of the stored users and roles, and whether anybody else is.
    pub about: About<'a>,
    /// How those are told that there were not before.
    pub new: NewPrincipals,
    /// Facts about actions and keys.
    pub catalog: &'a Catalog,
}

/// Who is asked about.
#[derive(Clone, Copy)]
pub enum About<'a> {
    /// Everybody.
    Everyone,
    /// These stored users and roles.
    These(&'a dyn Fn(PrincipalKey) -> bool),
    /// Everybody but this one.
    AllBut(PrincipalKey),
}

/// How users and roles are told that there were not before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewPrincipals {
    /// With all that they may do.
    Compared,
    /// By name.
    Listed,
}

/// Some whose access changed alike.
#[derive(Debug)]
pub struct Moved {
    /// Who.
    pub who: Vec<Mover>,
    /// The first of them as it was.
    pub old: Subject,
    /// As it is.
    pub new: Subject,
    /// In which part of all requests they were compared: nothing differs elsewhere.
    pub part: Part,
    /// What differs; an error where that is too much to be compared.
    pub diff: Result<Diff, AnalysisError>,
    /// The changes that touched what decides for them.
    pub changes: BTreeSet<ChangeNumber>,
}

/// Somebody whose access changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mover {
    /// A stored user or role.
    Stored(Principal),
    /// Somebody else.
    Other(Outsider),
}

/// Both states, and what was found so far.
struct Comparison<'e, 's, 'a> {
    everyone: &'e [Everyone; 2],
    snapshots: [&'s Snapshot<'a>; 2],
    subjects: [Subjects<'s, 'a>; 2],
    crowds: [Crowd<'e, 's, 'a>; 2],
    analysis: Analysis<'e>,
    found: AccessChanges,
    /// Who hears of those who moved, and who they are.
    tell: &'e mut dyn FnMut(Moved),
    moved: BTreeSet<PrincipalKey>,
}

/// Compares two states of one database.
///
/// `tell` hears of those whose access changed, or could not be compared, those alike together: there can be too many to be
/// kept. `progress` hears how many of those who are reached were compared.
pub fn access_changes<'s, 'a>(
    before: &'s Snapshot<'a>,
    after: &'s Snapshot<'a>,
    asked: &Asked<'_>,
    tell: &mut dyn FnMut(Moved),
    progress: &mut dyn FnMut(usize, usize),
) -> Result<AccessChanges, RegionsError> {
    let Reached { mut of_principals, of_others } = reach::reached(before, after)?;
    // What reaches one who is told elsewhere reaches its sessions.
    if let About::These(these) = asked.about {
        of_principals.retain(|key, _| these(*key));
    }
    let mut found = AccessChanges::default();
    if of_principals.is_empty() && of_others.0.is_empty() {
        return Ok(found);
    }
    let keys: BTreeSet<PrincipalKey> = of_principals.keys().copied().collect();
    let read = |snapshot: &Snapshot<'_>| {
        if keys.len() > MANY { Everyone::read(snapshot) } else { Everyone::some(snapshot, &keys) }
    };
    let everyone = [read(before)?, read(after)?];
    let mut principals: BTreeMap<PrincipalKey, [Option<Principal>; 2]> = BTreeMap::new();
    for (side, everyone) in everyone.iter().enumerate() {
        for holder in everyone.users_and_roles() {
            let sides = principals.entry(holder.principal.key).or_default();
            sides.get_mut(side).into_iter().for_each(|of| *of = Some(holder.principal.clone()));
        }
    }
    let mut classes: BTreeMap<(Hull, BTreeSet<ChangeNumber>), Vec<PrincipalKey>> = BTreeMap::new();
    let mut touched = BTreeSet::new();
    for (key, sides) in principals.iter().filter(|(key, _)| asked.about.has(**key)) {
        match sides {
            [None, None] => {}
            [None, Some(new)] => found.new.push(new.clone()),
            [Some(gone), None] => found.gone.push(gone.clone()),
            [Some(_), Some(_)] => {
                for part in of_principals.get(key).into_iter().flat_map(|reach| &reach.0) {
                    touched.extend(part.is_own.then_some(*key));
                    classes.entry((part.hull.clone(), part.changes.clone())).or_default().push(*key);
                }
            }
        }
    }
    let elsewhere = match asked.about {
        About::AllBut(one) => of_principals.get(&one),
        About::Everyone | About::These(_) => None,
    };
    let others = elsewhere.into_iter().chain([&of_others]).flat_map(|reach| &reach.0);
    let all = classes.keys().map(|(hull, _)| hull).chain(others.map(|part| &part.hull)).cloned();
    let hull = match (asked.new, found.new.is_empty()) {
        (NewPrincipals::Compared, false) => Hull::default(),
        _ => all.reduce(Hull::joined).unwrap_or_default(),
    };
    let part = hull.part(asked.part);
    let [old, new] =
        [Subjects::read(before, asked.catalog, &part)?, Subjects::read(after, asked.catalog, &part)?];
    let budget = Budget::default();
    let [old_everyone, new_everyone] = &everyone;
    let crowds = [
        Crowd::new(old_everyone, old.clone(), asked.catalog, budget)?,
        Crowd::new(new_everyone, new.clone(), asked.catalog, budget)?,
    ];
    let mut comparison = Comparison {
        everyone: &everyone,
        snapshots: [before, after],
        subjects: [old, new],
        crowds,
        analysis: Analysis::new(asked.catalog, Typing::Typed, budget),
        found,
        tell,
        moved: BTreeSet::new(),
    };
    let total: usize = classes.values().map(Vec::len).sum();
    let mut done = 0;
    for ((hull, changes), keys) in classes {
        comparison.compare(&hull.part(asked.part), &keys, &changes, &mut || {
            done += 1;
            progress(done, total);
        })?;
    }
    if let About::Everyone | About::AllBut(_) = asked.about {
        comparison.compare_others(asked, &of_others, &of_principals)?;
    }
    if asked.new == NewPrincipals::Compared {
        for principal in std::mem::take(&mut comparison.found.new) {
            let changes = of_principals.get(&principal.key).cloned().and_then(Reach::joined);
            let changes = changes.map(|(_, changes)| changes).unwrap_or_default();
            comparison.compare_new(principal, asked.part, &changes)?;
        }
    }
    let Comparison { mut found, moved, .. } = comparison;
    found.unmoved.retain(|principal| touched.contains(&principal.key) && !moved.contains(&principal.key));
    found.unmoved.dedup_by_key(|principal| principal.key);
    found.new.sort_by(Principal::in_order);
    found.gone.sort_by(Principal::in_order);
    found.unmoved.sort_by(Principal::in_order);
    Ok(found)
}

impl Mover {
    fn key(&self) -> Option<PrincipalKey> {
        match self {
            Mover::Stored(principal) => Some(principal.key),
            Mover::Other(_) => None,
        }
    }
}

impl About<'_> {
    fn has(self, key: PrincipalKey) -> bool {
        match self {
            About::Everyone => true,
            About::These(these) => these(key),
            About::AllBut(one) => key != one,
        }
    }
}

impl Comparison<'_, '_, '_> {
    /// Compares principals in a part, those alike on both sides together.
    fn compare(
        &mut self,
        part: &Part,
        keys: &[PrincipalKey],
        changes: &BTreeSet<ChangeNumber>,
        progress: &mut dyn FnMut(),
    ) -> Result<(), RegionsError> {
        for crowd in &mut self.crowds {
            crowd.turn_to(part)?;
        }
        let [old_everyone, new_everyone] = self.everyone;
        let mut alike = HashMap::new();
        let mut groups: Vec<Vec<(&Holder, &Holder)>> = Vec::new();
        for key in keys {
            let holders = old_everyone.holder(*key).zip(new_everyone.holder(*key));
            let Some((old, new)) = holders else { continue };
            let [old_crowd, new_crowd] = &mut self.crowds;
            let likeness = (old_crowd.likeness(old)?.0, new_crowd.likeness(new)?.0);
            let position = *alike.entry(likeness).or_insert(groups.len());
            match groups.get_mut(position) {
                Some(group) => group.push((old, new)),
                None => groups.push(vec![(old, new)]),
            }
        }
        for group in groups {
            let Some((old, new)) = group.first() else { continue };
            let [old_crowd, new_crowd] = &mut self.crowds;
            let sides = old_crowd.subject(old)?.zip(new_crowd.subject(new)?);
            let who = group.iter().map(|(_, new)| Mover::Stored(new.principal.clone()));
            if let Some((old, new)) = sides {
                self.add(who.collect(), old, new, part, changes);
            }
            group.iter().for_each(|_| progress());
        }
        Ok(())
    }

    /// Compares somebody with what it was before: nobody.
    fn compare_new(
        &mut self,
        principal: Principal,
        part: &Part,
        changes: &BTreeSet<ChangeNumber>,
    ) -> Result<(), RegionsError> {
        let [_, everyone] = self.everyone;
        let [_, subjects] = &self.subjects;
        let Some(holder) = everyone.holder(principal.key) else { return Ok(()) };
        let Some(caller) = holder.caller() else { return Ok(()) };
        let own = everyone.policy_layers(holder);
        let new = subjects.of(Caller::Iam(caller), Identified::Caller, own)?;
        let who = vec![Mover::Stored(principal)];
        self.add(who, new.without_policies(), new, part, changes);
        Ok(())
    }

    /// Compares those who are not stored and whom policies of resources name, before or after. A session of a role is
    /// reached by what reaches the role.
    fn compare_others(
        &mut self,
        asked: &Asked<'_>,
        of_others: &Reach,
        of_principals: &BTreeMap<PrincipalKey, Reach>,
    ) -> Result<(), RegionsError> {
        let ([old_subjects, new_subjects], [before, after]) = (self.subjects.clone(), self.snapshots);
        let [old_everyone, new_everyone] = self.everyone;
        let sides = [(&old_subjects, before, old_everyone), (&new_subjects, after, new_everyone)];
        let both = |[old, new]: [Option<AskedInPart>; 2]| Some([old?, new?]);
        let all: Vec<[AskedInPart; 2]> = outsiders(sides)?.into_iter().filter_map(both).collect();
        let mut within = BTreeMap::new();
        for pair in &all {
            let [old, new] = pair;
            // A session of a role that was not there before is new as the role is.
            if old.asked.role != new.asked.role {
                continue;
            }
            let of_role = new.asked.role.and_then(|key| of_principals.get(&key));
            let reach = of_role.into_iter().fold(of_others.clone(), Reach::and);
            let Some((hull, changes)) = reach.joined() else { continue };
            let part = hull.part(asked.part);
            let subjects: &[Subjects<'_, '_>; 2] = within
                .entry(hull)
                .or_insert_with(|| [old_subjects.within(&part), new_subjects.within(&part)]);
            let of_side = |[old, new]: &[AskedInPart; 2]| -> Result<[Subject; 2], StoreError> {
                let [old_subjects, new_subjects] = subjects;
                Ok([old.asked.subject(old_subjects, before)?, new.asked.subject(new_subjects, after)?])
            };
            let [old_subject, new_subject] = of_side(pair)?;
            let diff = self.analysis.diff(&old_subject, &new_subject, &part);
            if diff.as_ref().is_ok_and(|diff| diff.gained.is_empty() && diff.lost.is_empty()) {
                continue;
            }
            let general = match (&new.general, new.asked.role) {
                (_, Some(role)) => self.stored(role, subjects)?,
                (Some(Who::Other(who)), None) => {
                    let general = all.iter().find(|[_, new]| new.asked.who == *who);
                    general.filter(|_| new.mention == Mention::Apart).map(of_side).transpose()?
                }
                (Some(Who::Stored(_)) | None, None) => None,
            };
            let is_told_of_general = general.is_some_and(|[old_general, new_general]| {
                let (own, general) = ([&old_subject, &new_subject], [&old_general, &new_general]);
                self.analysis.is_change_within(own, general, &part).is_ok_and(|is_within| is_within)
            });
            if !is_told_of_general {
                let who = vec![Mover::Other(new.asked.who.clone())];
                (self.tell)(Moved { who, old: old_subject, new: new_subject, part, diff, changes });
            }
        }
        Ok(())
    }

    /// A stored user or role on both sides, where it is there.
    fn stored(
        &self,
        key: PrincipalKey,
        subjects: &[Subjects<'_, '_>; 2],
    ) -> Result<Option<[Subject; 2]>, StoreError> {
        let subject = |everyone: &Everyone, subjects: &Subjects<'_, '_>| {
            let Some(holder) = everyone.holder(key) else { return Ok(None) };
            let Some(caller) = holder.caller() else { return Ok(None) };
            let own = everyone.policy_layers(holder);
            subjects.of(Caller::Iam(caller), Identified::Caller, own).map(Some)
        };
        let ([old_everyone, new_everyone], [old, new]) = (self.everyone, subjects);
        let (old, new) = (subject(old_everyone, old)?, subject(new_everyone, new)?);
        Ok(old.zip(new).map(|(old, new)| [old, new]))
    }

    fn add(
        &mut self,
        who: Vec<Mover>,
        old: Subject,
        new: Subject,
        part: &Part,
        changes: &BTreeSet<ChangeNumber>,
    ) {
        let diff = self.analysis.diff(&old, &new, part);
        let is_same = diff.as_ref().is_ok_and(|diff| diff.gained.is_empty() && diff.lost.is_empty());
        if is_same {
            self.found.unmoved.extend(who.into_iter().filter_map(|who| match who {
                Mover::Stored(principal) => Some(principal),
                Mover::Other(_) => None,
            }));
            return;
        }
        self.moved.extend(who.iter().filter_map(Mover::key));
        let (part, changes) = (part.clone(), changes.clone());
        (self.tell)(Moved { who, old, new, part, diff, changes });
    }
}
