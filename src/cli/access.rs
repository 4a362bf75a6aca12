//! What a principal gained and lost by a change: a verdict, and what each clause is.

use serde_json::{Value as Json, json};

use super::name::label;
use super::output::{FAINT, Output, STRONG};
use super::text::{Text, shown};
use super::told::brief_lines;
use crate::algebra::Budget;
use crate::analysis::{Analysis, Part, Subject};
use crate::catalog::Catalog;
use crate::compile::Typing;
use crate::store::{Principal, PrincipalKind, Snapshot, StoreError};
use crate::stored;
use crate::tell::{Direction, Teller, Told};

/// How many clauses are told.
const MOST: usize = 10;

/// A principal before and after a change.
#[derive(Debug)]
pub(crate) struct Access {
    who: String,
    before: Subject,
    after: Subject,
}

/// What came of comparing.
pub(crate) struct AccessDiff {
    who: String,
    gained: Vec<Told>,
    lost: Vec<Told>,
}

/// A principal as a change finds it; none where it is not stored yet.
pub(crate) fn before(
    snapshot: &Snapshot<'_>,
    principal: Option<&Principal>,
    catalog: &Catalog,
) -> Result<Option<Subject>, StoreError> {
    let read = |principal| stored::subject(snapshot, principal, None, catalog, &Part::default());
    principal.map(read).transpose()
}

impl Access {
    /// What was before, and what a change leaves behind.
    pub(crate) fn after(
        before: Option<Subject>,
        snapshot: &Snapshot<'_>,
        principal: &Principal,
        catalog: &Catalog,
    ) -> Result<Access, StoreError> {
        let who = match principal.kind {
            PrincipalKind::Group => format!("members of {}", label(principal)),
            PrincipalKind::User | PrincipalKind::Role => label(principal),
        };
        let after = stored::subject(snapshot, principal, None, catalog, &Part::default())?;
        let before = before.unwrap_or_else(|| after.without_policies());
        Ok(Access { who, before, after })
    }

    /// What differs. Where that is too much to be compared, a note says so: the change itself is done.
    pub(crate) fn diff(self, catalog: &Catalog, out: &mut Output) -> Option<AccessDiff> {
        let mut analysis = Analysis::new(catalog, Typing::Typed, Budget::default());
        let diff = match analysis.diff(&self.before, &self.after, &Part::default()) {
            Ok(diff) => diff,
            Err(error) => {
                out.note(&format!(
                    "what {} gained and lost is not told: {}",
                    self.who,
                    shown(&error.to_string())
                ));
                return None;
            }
        };
        let teller = Teller::between(catalog, &self.before, &self.after);
        let tell = |clauses: &[crate::analysis::Clause], direction| -> Vec<Told> {
            clauses.iter().map(|clause| teller.tell(clause, direction)).collect()
        };
        let gained = tell(&diff.gained, Direction::Gained);
        let lost = tell(&diff.lost, Direction::Lost);
        Some(AccessDiff { who: self.who, gained, lost })
    }
}

impl AccessDiff {
    fn verdict(&self) -> &'static str {
        verdict(self.gained.iter(), self.lost.iter())
    }

    /// The lines behind those that say what was done.
    pub(crate) fn lines(&self) -> Vec<Text> {
        let verdict = Text::styled(STRONG, &self.verdict().to_uppercase()).and(format!("  {}", self.who));
        let mut lines = vec![Text::default()];
        if self.gained.is_empty() && self.lost.is_empty() {
            lines.push(verdict.and(Text::styled(FAINT, "  nothing gained, nothing lost")));
            return lines;
        }
        let numbers = format!("  {} gained, {} lost", self.gained.len(), self.lost.len());
        lines.push(verdict.and(Text::styled(FAINT, &numbers)));
        let all = || self.gained.iter().chain(&self.lost);
        for told in all().take(MOST) {
            lines.extend(brief_lines(told));
        }
        if all().count() > MOST {
            lines.push(format!("and {} more", all().count() - MOST).into());
        }
        lines
    }

    /// The same for programs, and all of it.
    pub(crate) fn json(&self) -> Json {
        let all = |told: &[Told]| told.iter().map(Told::json).collect::<Vec<_>>();
        json!({ "verdict": self.verdict(), "gained": all(&self.gained), "lost": all(&self.lost) })
    }
}

/// The verdict in one word. What has an example is certain; where all is only possible it is not known.
pub(crate) fn verdict<'t>(
    gained: impl Iterator<Item = &'t Told>,
    lost: impl Iterator<Item = &'t Told>,
) -> &'static str {
    let of = |told: &mut dyn Iterator<Item = &'t Told>| {
        told.fold((false, false), |(sure, possible), told| {
            (sure || told.example.is_some(), possible || told.example.is_none())
        })
    };
    let ((gained, may_gain), (lost, may_lose)) = (of(&mut { gained }), of(&mut { lost }));
    match (gained, lost) {
        (true, true) => "both",
        (true, false) => "wider",
        (false, true) => "narrower",
        (false, false) if may_gain || may_lose => "unknown",
        (false, false) => "equivalent",
    }
}
