//! Who gained and lost what by the changes of the database between two states of it.
//!
//! First the rows that were opened or closed tell whose access can have changed, and in which part of all requests
//! (`reach`): a policy that was replaced reaches those who hold it, in the actions of the statements that differ.
//! Then those whose policies come to the same in that part, before and after, are compared together. What it costs
//! grows with what changed, and not with how many are stored.

mod reach;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::algebra::Budget;
use crate::analysis::{Analysis, AnalysisError, Diff, Part, Subject};
use crate::caller::Caller;
use crate::catalog::Catalog;
use crate::compile::Typing;
use crate::knowledge::Identified;
use crate::store::{ChangeNumber, Principal, PrincipalKey, Snapshot};
use crate::stored::{Everyone, Holder, Subjects};
use crate::who_can::{self, Crowd, Outsider, RegionsError, outsiders};

use reach::{Hull, Reached};

/// What changed for whom.
#[derive(Debug, Default)]
pub struct AccessChanges {
    /// Those whose access changed, or could not be compared, those alike together.
    pub moved: Vec<Moved>,
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

/// Both states.
struct Sides<'s, 'a> {
    everyone: [Everyone; 2],
    subjects: [Subjects<'s, 'a>; 2],
}

/// Compares two states of one database.
///
/// `progress` hears how many of those who are reached were compared.
pub fn access_changes<'s, 'a>(
    before: &'s Snapshot<'a>,
    after: &'s Snapshot<'a>,
    asked: &Asked<'_>,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<AccessChanges, RegionsError> {
    let Reached { mut of_principals, of_all, changes_of_all, everyone: reads_everyone } =
        reach::reached(before, after)?;
    of_principals.retain(|key, _| asked.about.has(*key));
    let mut found = AccessChanges::default();
    if of_principals.is_empty() && of_all.is_none() {
        return Ok(found);
    }
    let keys: BTreeSet<PrincipalKey> = of_principals.keys().copied().collect();
    let read = |snapshot: &Snapshot<'_>| {
        if reads_everyone { Everyone::read(snapshot) } else { Everyone::some(snapshot, &keys) }
    };
    let everyone = [read(before)?, read(after)?];
    let mut principals: BTreeMap<PrincipalKey, [Option<Principal>; 2]> = BTreeMap::new();
    for (side, everyone) in everyone.iter().enumerate() {
        for holder in everyone.users_and_roles() {
            let sides = principals.entry(holder.principal.key).or_default();
            sides.get_mut(side).into_iter().for_each(|of| *of = Some(holder.principal.clone()));
        }
    }
    // Who is reached alone and with everybody is compared in both parts, or in one where they may overlap.
    let mut classes: BTreeMap<(Hull, BTreeSet<ChangeNumber>), Vec<PrincipalKey>> = BTreeMap::new();
    let mut touched = BTreeSet::new();
    for (key, sides) in principals.iter().filter(|(key, _)| asked.about.has(**key)) {
        match sides {
            [None, None] => {}
            [None, Some(new)] => found.new.push(new.clone()),
            [Some(gone), None] => found.gone.push(gone.clone()),
            [Some(_), Some(_)] => {
                let own = of_principals.remove(key).and_then(|own| Some((own.hull?, own.changes)));
                let all = of_all.clone().map(|hull| (hull, changes_of_all.clone()));
                touched.extend(own.is_some().then_some(*key));
                let reached = match (own, all) {
                    (Some((own, changes)), Some((all, changes_of_all))) if own.may_meet(&all) => {
                        vec![(own.joined(all), changes.into_iter().chain(changes_of_all).collect())]
                    }
                    (own, all) => own.into_iter().chain(all).collect(),
                };
                for class in reached {
                    classes.entry(class).or_default().push(*key);
                }
            }
        }
    }
    let all = classes.keys().map(|(hull, _)| hull.clone()).chain(of_all.clone());
    let hull = match (asked.new, found.new.is_empty()) {
        (NewPrincipals::Compared, false) => Hull::default(),
        _ => all.reduce(Hull::joined).unwrap_or_default(),
    };
    let part = hull.part(asked.part);
    let subjects =
        [Subjects::read(before, asked.catalog, &part)?, Subjects::read(after, asked.catalog, &part)?];
    let sides = Sides { everyone, subjects };
    let total: usize = classes.values().map(Vec::len).sum();
    let mut done = 0;
    for ((hull, changes), keys) in classes {
        let part = hull.part(asked.part);
        sides.compare(&part, &keys, &changes, asked.catalog, &mut found, &mut || {
            done += 1;
            progress(done, total);
        })?;
    }
    if let (Some(hull), About::Everyone | About::AllBut(_)) = (of_all, asked.about) {
        let part = hull.part(asked.part);
        sides.compare_others(&part, [before, after], &changes_of_all, asked.catalog, &mut found)?;
    }
    if asked.new == NewPrincipals::Compared {
        for principal in std::mem::take(&mut found.new) {
            let changes = of_principals.get(&principal.key).map(|reach| reach.changes.clone());
            sides.compare_new(principal, asked, &changes.unwrap_or_default(), &mut found)?;
        }
    }
    let moved: BTreeSet<PrincipalKey> =
        found.moved.iter().flat_map(|moved| &moved.who).filter_map(Mover::key).collect();
    found.unmoved.retain(|principal| touched.contains(&principal.key) && !moved.contains(&principal.key));
    found.unmoved.dedup_by_key(|principal| principal.key);
    found.new.sort_by(Principal::in_order);
    found.gone.sort_by(Principal::in_order);
    found.unmoved.sort_by(Principal::in_order);
    found.moved.sort_by_cached_key(|moved| {
        let first = moved.who.first().map(|who| match who {
            Mover::Stored(principal) => (0, principal.arn(), None),
            Mover::Other(who) => (1, String::new(), Some(who.clone())),
        });
        (std::cmp::Reverse(moved.who.len()), first)
    });
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

impl Sides<'_, '_> {
    /// Compares principals in a part, those alike on both sides together.
    fn compare(
        &self,
        part: &Part,
        keys: &[PrincipalKey],
        changes: &BTreeSet<ChangeNumber>,
        catalog: &Catalog,
        found: &mut AccessChanges,
        progress: &mut dyn FnMut(),
    ) -> Result<(), RegionsError> {
        let [old_everyone, new_everyone] = &self.everyone;
        let [old_subjects, new_subjects] = &self.subjects;
        let (old_subjects, new_subjects) = (old_subjects.within(part), new_subjects.within(part));
        let budget = Budget::default();
        let mut old_crowd = Crowd::new(old_everyone, &old_subjects, catalog, part, budget)?;
        let mut new_crowd = Crowd::new(new_everyone, &new_subjects, catalog, part, budget)?;
        let mut alike = HashMap::new();
        let mut groups: Vec<Vec<(&Holder, &Holder)>> = Vec::new();
        for key in keys {
            let holders = old_everyone.holder(*key).zip(new_everyone.holder(*key));
            let Some((old, new)) = holders else { continue };
            let likeness = (old_crowd.likeness(old)?.0, new_crowd.likeness(new)?.0);
            let position = *alike.entry(likeness).or_insert(groups.len());
            match groups.get_mut(position) {
                Some(group) => group.push((old, new)),
                None => groups.push(vec![(old, new)]),
            }
        }
        for group in groups {
            let Some((old, new)) = group.first() else { continue };
            let old = old_crowd.subject(old)?;
            let new = new_crowd.subject(new)?;
            let who = group.iter().map(|(_, new)| Mover::Stored(new.principal.clone()));
            if let Some((old, new)) = old.zip(new) {
                found.add(who.collect(), old, new, part, changes, catalog);
            }
            group.iter().for_each(|_| progress());
        }
        Ok(())
    }

    /// Compares somebody with what it was before: nobody.
    fn compare_new(
        &self,
        principal: Principal,
        asked: &Asked<'_>,
        changes: &BTreeSet<ChangeNumber>,
        found: &mut AccessChanges,
    ) -> Result<(), RegionsError> {
        let [_, everyone] = &self.everyone;
        let [_, subjects] = &self.subjects;
        let Some(holder) = everyone.holder(principal.key) else { return Ok(()) };
        let Some(caller) = holder.caller() else { return Ok(()) };
        let own = everyone.policy_layers(holder);
        let new = subjects.of(Caller::Iam(caller), Identified::Caller, own)?;
        let who = vec![Mover::Stored(principal)];
        found.add(who, new.without_policies(), new, asked.part, changes, asked.catalog);
        Ok(())
    }

    /// Compares those who are not stored and whom policies of resources name, before or after.
    fn compare_others(
        &self,
        part: &Part,
        snapshots: [&Snapshot<'_>; 2],
        changes: &BTreeSet<ChangeNumber>,
        catalog: &Catalog,
        found: &mut AccessChanges,
    ) -> Result<(), RegionsError> {
        let mut all: BTreeMap<Outsider, who_can::Asked> = BTreeMap::new();
        let subjects = self.subjects.each_ref().map(|subjects| subjects.within(part));
        for ((subjects, everyone), snapshot) in subjects.iter().zip(&self.everyone).zip(snapshots) {
            let named = outsiders(subjects, snapshot, everyone)?;
            all.extend(named.into_iter().map(|(asked, _)| (asked.who.clone(), asked)));
        }
        for (who, asked) in all {
            let [old, new] = &subjects;
            let [before, after] = snapshots;
            let (old, new) = (asked.subject(old, before)?, asked.subject(new, after)?);
            found.add(vec![Mover::Other(who)], old, new, part, changes, catalog);
        }
        Ok(())
    }
}

impl AccessChanges {
    fn add(
        &mut self,
        who: Vec<Mover>,
        old: Subject,
        new: Subject,
        part: &Part,
        changes: &BTreeSet<ChangeNumber>,
        catalog: &Catalog,
    ) {
        let mut analysis = Analysis::new(catalog, Typing::Typed, Budget::default());
        let diff = analysis.diff(&old, &new, part);
        let is_same = diff.as_ref().is_ok_and(|diff| diff.gained.is_empty() && diff.lost.is_empty());
        if is_same {
            self.unmoved.extend(who.into_iter().filter_map(|who| match who {
                Mover::Stored(principal) => Some(principal),
                Mover::Other(_) => None,
            }));
            return;
        }
        self.moved.push(Moved { who, old, new, diff, changes: changes.clone() });
    }
}
