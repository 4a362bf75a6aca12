//! Who gained and lost what by changes of the database, for people and for programs.

mod who;

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::access::verdict;
use super::error::{COSTLY, CliError};
use super::name::{label, shared};
use super::output::{FAINT, STRONG};
use super::progress::Meter;
use super::session::Keep;
use super::text::{Text, count, shown};
use super::told::{brief_lines, clause_lines, wrapped};
use crate::access_change::{About, AccessChanges, Asked, Moved, NewPrincipals, access_changes};
use crate::analysis::{AnalysisError, Part};
use crate::catalog::Catalog;
use crate::store::{Change, ChangeNumber, Principal, PrincipalKind, Snapshot, Writer};
use crate::tell::{Detail, Direction, Teller, Told};
use crate::who_can::RegionsError;

use who::{Named, Places, counted};

/// How many of those who moved alike are named.
const NAMED: usize = 6;
/// How many of those who moved are told one after the other.
const GROUPS: usize = 20;
/// How many names make a list.
const LISTED: usize = 30;
/// How wide a list is.
const WIDTH: usize = 90;

/// Who gained and lost what.
#[derive(Debug)]
pub(crate) struct Moves {
    pub(crate) groups: Vec<Group>,
    unmoved: Vec<Principal>,
    pub(crate) new: Vec<Principal>,
    pub(crate) gone: Vec<Principal>,
    /// The changes that moved somebody.
    changes: Vec<Change>,
}

/// Some who moved alike.
#[derive(Debug)]
pub(crate) struct Group {
    who: Vec<Named>,
    /// The OU or account that they are in.
    place: Option<String>,
    pub(crate) gained: Vec<Told>,
    pub(crate) lost: Vec<Told>,
    pub(crate) error: Option<AnalysisError>,
    changes: BTreeSet<ChangeNumber>,
}

impl Moves {
    /// Compares two states.
    pub(crate) fn between(
        before: &Snapshot<'_>,
        after: &Snapshot<'_>,
        part: &Part,
        about: About<'_>,
        new: NewPrincipals,
        catalog: &Catalog,
    ) -> Result<Moves, CliError> {
        let asked = Asked { part, about, new, catalog };
        let mut meter = Meter::new("comparing");
        let mut groups: Vec<Group> = Vec::new();
        let mut tell = |moved: Moved| {
            let group = Group::of(moved, catalog);
            match groups.iter_mut().find(|known| known.is_alike(&group)) {
                Some(known) => known.join(group),
                None => groups.push(group),
            }
        };
        let mut progress = |done, all| meter.at(done as u64, all as u64);
        let found = access_changes(before, after, &asked, &mut tell, &mut progress);
        drop(meter);
        let AccessChanges { unmoved, new, gone } = found.map_err(|error| match error {
            RegionsError::Store(error) => error.into(),
            RegionsError::Analysis(error) => CliError::no_answer("who gained and lost what", &error, COSTLY),
        })?;
        groups.sort_by_cached_key(|group| (std::cmp::Reverse(group.who.len()), group.who.first().cloned()));
        let mut places = Places::default();
        for group in &mut groups {
            group.who.iter_mut().try_for_each(|one| one.tell_apart(after))?;
            group.who.sort();
            group.place = places.of(&group.who, after)?;
        }
        let numbers: BTreeSet<ChangeNumber> =
            groups.iter().flat_map(|group| group.changes.iter().copied()).collect();
        Ok(Moves { groups, unmoved, new, gone, changes: after.changes_numbered(numbers)? })
    }

    /// What the change that is being made does, to everybody or to those whom it is not about.
    pub(crate) fn by(writer: &Writer<'_>, about: About<'_>, catalog: &Catalog) -> Result<Moves, CliError> {
        Moves::between(&writer.before(), writer, &Part::default(), about, NewPrincipals::Listed, catalog)
    }

    /// Everything that was gained, or lost.
    pub(crate) fn told(&self, direction: Direction) -> impl Iterator<Item = &Told> {
        self.groups.iter().flat_map(move |group| match direction {
            Direction::Lost => &group.lost,
            Direction::Gained | Direction::Held => &group.gained,
        })
    }

    /// In one word, over all who moved.
    pub(crate) fn verdict(&self) -> &'static str {
        let compared = verdict(self.told(Direction::Gained), self.told(Direction::Lost));
        let is_known = self.groups.iter().all(|group| group.error.is_none());
        if compared == "equivalent" && !is_known { "unknown" } else { compared }
    }

    /// How many moved, each once, in however many parts of all requests.
    pub(crate) fn count(&self) -> usize {
        self.groups.iter().flat_map(|group| &group.who).collect::<BTreeSet<_>>().len()
    }

    /// What a change did, behind the lines that say what was done, also where that is nothing.
    pub(crate) fn brief_or_nobody(&self, keep: Keep) -> Vec<Text> {
        if !self.groups.is_empty() {
            return self.brief();
        }
        let changed = if keep.is_dry() { "would change" } else { "changed" };
        let nobody = Text::styled(FAINT, &format!("  nobody's access {changed}"));
        vec![Text::default(), Text::styled(STRONG, "EQUIVALENT").and(nobody)]
    }

    /// What it did beside what it did to one: of a group, to its members.
    pub(crate) fn beside(&self, one: &Principal, keep: Keep) -> Vec<Text> {
        match one.kind {
            PrincipalKind::Group => self.brief_or_nobody(keep),
            PrincipalKind::User | PrincipalKind::Role => self.brief(),
        }
    }

    /// The same, where something did change.
    fn brief(&self) -> Vec<Text> {
        let mut lines = Vec::new();
        for group in self.groups.iter().take(GROUPS) {
            lines.push(Text::default());
            lines.extend(group.heading(Detail::Brief));
            lines.extend(group.gained.iter().chain(&group.lost).flat_map(brief_lines));
        }
        if self.groups.len() > GROUPS {
            let more: usize = self.groups.iter().skip(GROUPS).map(|group| group.who.len()).sum();
            lines.push(Text::default());
            lines.push(format!("and {} more", count(more, "principal", "principals")).into());
        }
        lines
    }

    /// All of it.
    pub(crate) fn lines(&self, detail: Detail) -> Vec<Text> {
        let mut lines = Vec::new();
        let told = if detail == Detail::Whole { self.groups.len() } else { GROUPS };
        for group in self.groups.iter().take(told) {
            lines.push(Text::default());
            lines.extend(group.heading(detail));
            let changes = self.changes.iter().filter(|change| group.changes.contains(&change.number));
            lines.extend(changes.map(|change| Text::styled(FAINT, &format!("    {}", change_words(change)))));
            for told in group.gained.iter().chain(&group.lost) {
                lines.extend(clause_lines(told, detail).0);
            }
        }
        if self.groups.len() > told {
            let more: usize = self.groups.iter().skip(told).map(|group| group.who.len()).sum();
            lines.push(Text::default());
            lines.push(
                format!("and {} more; --expand tells all", count(more, "principal", "principals")).into(),
            );
        }
        for (title, principals) in [
            ("New:", &self.new),
            ("Gone:", &self.gone),
            ("Policies changed, access did not (proved):", &self.unmoved),
        ] {
            lines.extend(listed(title, principals, detail));
        }
        lines
    }

    /// For programs.
    pub(crate) fn json(&self) -> Json {
        let arns = |principals: &[Principal]| principals.iter().map(Principal::arn).collect::<Vec<_>>();
        json!({
            "verdict": self.verdict(),
            "subjects": self.groups.iter().map(Group::json).collect::<Vec<_>>(),
            "unmoved": arns(&self.unmoved),
            "new": arns(&self.new),
            "gone": arns(&self.gone),
            "changes": self.changes.iter().map(change_json).collect::<Vec<_>>(),
        })
    }
}

fn change_words(change: &Change) -> String {
    let Change { number, time, actor, summary, .. } = change;
    format!("change {} by {}, {time}: {}", number.0, shown(actor), shown(summary))
}

fn change_json(change: &Change) -> Json {
    let Change { number, time, actor, command, summary, .. } = change;
    json!({
        "change": number.0,
        "time": time.to_string(),
        "actor": actor,
        "command": command,
        "summary": summary,
    })
}

/// Names, none where there are none.
fn listed(title: &str, principals: &[Principal], detail: Detail) -> Vec<Text> {
    if principals.is_empty() {
        return Vec::new();
    }
    let told = if detail == Detail::Whole { principals.len() } else { LISTED };
    let shared = shared(principals.iter());
    let name = |principal: &Principal| {
        Some(label(principal)).filter(|label| !shared.contains(label)).unwrap_or_else(|| principal.arn())
    };
    let mut names: Vec<String> = principals.iter().take(told).map(name).collect();
    if principals.len() > told {
        names.push(format!("and {} more", principals.len() - told));
    }
    let title = format!("{title} {}", count(principals.len(), "principal", "principals"));
    let mut lines = vec![Text::default(), Text::from(title)];
    lines.extend(wrapped(&names.join(", "), WIDTH).into_iter().map(|line| Text::from(format!("    {line}"))));
    lines
}

impl Group {
    fn of(moved: Moved, catalog: &Catalog) -> Group {
        let Moved { who, old, new, part, diff, changes } = moved;
        let who = who.iter().map(Named::of).collect();
        let teller = Teller::between(catalog, &old, &new).within_part(&part);
        let (gained, lost, error) = match diff {
            Ok(diff) => {
                let tell = |clauses: &[crate::analysis::Clause], direction| -> Vec<Told> {
                    clauses.iter().map(|clause| teller.tell(clause, direction)).collect()
                };
                (tell(&diff.gained, Direction::Gained), tell(&diff.lost, Direction::Lost), None)
            }
            Err(error) => (Vec::new(), Vec::new(), Some(error)),
        };
        Group { who, place: None, gained, lost, error, changes }
    }

    /// Whether the same is told of others, but for what the difference takes besides what makes it.
    fn is_alike(&self, other: &Group) -> bool {
        let are_alike = |own: &[Told], others: &[Told]| {
            own.len() == others.len() && own.iter().zip(others).all(|(own, other)| own.is_alike(other))
        };
        self.changes == other.changes
            && self.error.is_none()
            && other.error.is_none()
            && are_alike(&self.gained, &other.gained)
            && are_alike(&self.lost, &other.lost)
    }

    /// Takes in others of whom the same is told: what is said of both stays.
    fn join(&mut self, other: Group) {
        self.who.extend(other.who);
        self.who.sort();
        let told = self.gained.iter_mut().chain(&mut self.lost);
        for (own, other) in told.zip(other.gained.iter().chain(&other.lost)) {
            own.reasons.retain(|reason| other.reasons.contains(reason));
        }
    }

    fn verdict(&self) -> &'static str {
        match self.error {
            Some(_) => "unknown",
            None => verdict(self.gained.iter(), self.lost.iter()),
        }
    }

    /// `WIDER  47 roles in ou/dev: role/a, role/b and 45 more  2 gained, 0 lost`
    fn heading(&self, detail: Detail) -> Vec<Text> {
        let told = if detail == Detail::Whole { self.who.len() } else { NAMED };
        let mut names: Vec<String> = self.who.iter().take(told).map(|one| shown(&one.label)).collect();
        if self.who.len() > told {
            names.push(format!("and {} more", self.who.len() - told));
        }
        let number = match (self.who.len(), &self.place) {
            (1, _) => String::new(),
            (_, Some(place)) => format!("{} in {place}: ", counted(&self.who)),
            (_, None) => format!("{}: ", counted(&self.who)),
        };
        let (word, numbers) = match &self.error {
            None => (
                self.verdict().to_uppercase(),
                format!("  {} gained, {} lost", self.gained.len(), self.lost.len()),
            ),
            Some(error) => ("NOT COMPARED".to_owned(), format!("  {}", shown(&error.to_string()))),
        };
        let mut lines = wrapped(&format!("{number}{}", names.join(", ")), WIDTH).into_iter();
        let first = lines.next().unwrap_or_default();
        let mut all = vec![Text::styled(STRONG, &word).and("  ").and(first)];
        all.extend(lines.map(|line| Text::from(format!("    {line}"))));
        if let Some(last) = all.pop() {
            all.push(last.and(Text::styled(FAINT, &numbers)));
        }
        all
    }

    fn json(&self) -> Json {
        json!({
            "principals": self.who.iter().map(|one| &one.name).collect::<Vec<_>>(),
            "place": self.place,
            "verdict": self.verdict(),
            "gained": self.gained.iter().map(Told::json).collect::<Vec<_>>(),
            "lost": self.lost.iter().map(Told::json).collect::<Vec<_>>(),
            "error": self.error.as_ref().map(ToString::to_string),
            "changes": self.changes.iter().map(|change| change.0).collect::<Vec<_>>(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_compared_is_not_equivalent() {
        let group = |error| Group {
            who: Vec::new(),
            place: None,
            gained: Vec::new(),
            lost: Vec::new(),
            error,
            changes: BTreeSet::new(),
        };
        let failed = || Some(AnalysisError::Disagreement { request: "s3:GetObject".to_owned() });
        assert_eq!(group(None).json()["verdict"], "equivalent");
        assert_eq!(group(failed()).json()["verdict"], "unknown");
        let moves = |groups| Moves {
            groups,
            unmoved: Vec::new(),
            new: Vec::new(),
            gone: Vec::new(),
            changes: Vec::new(),
        };
        assert_eq!(moves(vec![group(None)]).json()["verdict"], "equivalent");
        assert_eq!(moves(vec![group(None), group(failed())]).json()["verdict"], "unknown");
    }
}
