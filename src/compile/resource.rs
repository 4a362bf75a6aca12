//! Resources as sets: segment by segment (R-RES-1 to 14).

use std::sync::Arc;

use super::level::Subject;
use super::variable::{self, Way};
use super::{Compiler, Level, Outcome};
use crate::algebra::{End, Exhausted, Flag, Glob, Language, Region, Set};
use crate::pattern::{Pattern, Piece};
use crate::policy::{PolicyType, ResourcePattern, Selector, Spanned};

impl Compiler {
    /// The requests whose resource an element selects (R-RES-13); all, where a type has no such element (R-GRM-17).
    pub(super) fn resources(
        &mut self,
        resource: Option<&Selector<ResourcePattern>>,
        policy_type: PolicyType,
    ) -> Outcome<Set> {
        match resource {
            None => Ok(Set::FULL),
            Some(Selector::In(entries)) => self.any_resource(entries, policy_type),
            Some(Selector::NotIn(entries)) => {
                let listed = self.any_resource(entries, policy_type)?;
                Ok(self.arena.complement(listed)?)
            }
        }
    }

    /// The requests whose resource matches some entry. Entries that differ in their last segment only are read at
    /// once.
    pub(super) fn any_resource<'e>(
        &mut self,
        entries: impl IntoIterator<Item = &'e Spanned<ResourcePattern>>,
        policy_type: PolicyType,
    ) -> Outcome<Set> {
        let mut sets = Vec::new();
        let mut alike: Vec<(&[Pattern], Vec<&Pattern>)> = Vec::new();
        for entry in entries {
            let segments = match &entry.value {
                ResourcePattern::Every => return Ok(Set::FULL),
                ResourcePattern::Arn(segments) => segments.as_slice(),
            };
            if segments.len() < 6 && !is_filled(segments, policy_type) {
                continue;
            }
            sets.extend(self.list_of_buckets(segments)?);
            match segments.split_last() {
                Some((last, before)) if before.len() == 5 && is_closed(segments) => {
                    match alike.iter_mut().find(|(known, _)| *known == before) {
                        Some((_, all)) => all.push(last),
                        None => alike.push((before, vec![last])),
                    }
                }
                _ => sets.push(self.arn(segments)?),
            }
        }
        for (before, last) in alike {
            let before = before.iter().skip(1).map(|segment| vec![segment]);
            let fields: Vec<_> = Level::FIELDS.into_iter().zip(before.chain([last])).collect();
            sets.push(match &self.universe.asked {
                Some(asked) if !asked.is_arn => Set::EMPTY,
                Some(_) => self.asked_fields(&fields)?,
                None => self.closed_arn(fields)?,
            });
        }
        self.arena.union(sets)
    }

    /// The requests on ARNs of which each field matches any of some patterns without variables.
    fn closed_arn(&mut self, fields: Vec<(Level, Vec<&Pattern>)>) -> Outcome<Set> {
        let mut set = Set::FULL;
        for (level, patterns) in fields.into_iter().rev() {
            set = match variable::texts(&patterns) {
                Some(texts) if texts.contains(&("", End::Star)) => set,
                Some(texts) => self.arena.by_beginning(level, texts, set)?,
                None => {
                    let language =
                        self.segment(&patterns).map_err(|what| Self::exhausted(level.clone(), what))?;
                    self.arena.above(level, &language.into(), set)?
                }
            };
        }
        self.arena.above(Level::IsArn, &Region::<Flag>::only(true).into(), set)
    }

    /// All or no requests: whether each field of the ARN that is asked for matches any of some patterns without variables.
    fn asked_fields(&mut self, fields: &[(Level, Vec<&Pattern>)]) -> Outcome<Set> {
        for (level, patterns) in fields {
            let language = self.segment(patterns).map_err(|what| Self::exhausted(level.clone(), what))?;
            if !self.universe.asked_text(level).is_some_and(|text| language.accepts(text)) {
                return Ok(Set::EMPTY);
            }
        }
        Ok(Set::FULL)
    }

    /// What matches any of some segments without variables; what one matches is remembered.
    fn segment(&mut self, segments: &[&Pattern]) -> Result<Language, Exhausted> {
        let [segment] = segments else {
            return variable::language_of(segments, self.arena.meter());
        };
        if let Some(known) = self.segments.get(*segment) {
            return Ok(known.clone());
        }
        let language = variable::language_of(segments, self.arena.meter())?;
        self.segments.insert((*segment).clone(), language.clone());
        Ok(language)
    }

    /// The requests whose ARN matches, segment by segment; missing segments match anything (R-RES-3, R-RES-4).
    fn arn(&mut self, segments: &[Pattern]) -> Outcome<Set> {
        let mut all = vec![self.is_arn()?];
        for (nth, segment) in segments.iter().enumerate() {
            let mut some = Vec::new();
            for way in self.segment_ways(segment, nth)? {
                some.push(match nth.checked_sub(1).and_then(|nth| Level::FIELDS.get(nth)) {
                    Some(level) => self.field(level, &way)?,
                    None => self.text("arn", &way)?,
                });
            }
            all.push(self.arena.union(some)?);
        }
        self.arena.intersection(all)
    }

    /// The ways to read a segment. A value with a colon is none for the first five (R-VAR-5).
    fn segment_ways(&mut self, segment: &Pattern, nth: usize) -> Outcome<Vec<Way>> {
        let mut ways = variable::Values::Known(&self.universe)
            .ways(segment)
            .map_err(|what| Self::exhausted(Level::ResourceId, what))?;
        ways.retain(|way| nth >= 5 || !way.template.has_colon());
        Ok(ways)
    }

    /// That a field of the ARN matches.
    fn field(&mut self, level: &Level, way: &Way) -> Outcome<Set> {
        let language = Language::of(&way.template.glob(), self.arena.meter());
        let language = language.map_err(|what| Self::exhausted(level.clone(), what))?;
        let subject = match self.universe.asked_text(level) {
            Some(text) => Subject::Text(Arc::from(text)),
            None => Subject::Field(Box::new(level.clone())),
        };
        let necessary = self.text_of(level.clone(), language)?;
        let related = self.way(subject, way)?;
        self.arena.intersection([necessary, related])
    }

    /// That a text that every request has matches.
    fn text(&mut self, text: &str, way: &Way) -> Outcome<Set> {
        let language = Language::of(&way.template.glob(), self.arena.meter());
        let language = language.map_err(|what| Self::exhausted(Level::ResourceId, what))?;
        if language.accepts(text) { self.way(Subject::Text(Arc::from(text)), way) } else { Ok(Set::EMPTY) }
    }

    /// The one exception of R-RES-10: the list of all buckets is also matched as `arn:<partition>:s3:::*`.
    fn list_of_buckets(&mut self, segments: &[Pattern]) -> Outcome<Option<Set>> {
        const LIST: [&str; 6] = ["arn", "", "s3", "", "", "*"];
        let is_about_others = |nth: usize| {
            let Some(segment) = segments.get(nth) else { return false };
            match (segment.as_text(), segment.pieces().first()) {
                (Some(text), _) => text != LIST[nth],
                (None, Some(Piece::Text(text))) => !LIST[nth].starts_with(text.as_str()),
                _ => false,
            }
        };
        if is_about_others(2) || is_about_others(5) {
            return Ok(None);
        }
        let is_arn = self.is_arn()?;
        let mut all = vec![self.arena.complement(is_arn)?];
        for (level, name) in [(Level::Service, "s3"), (Level::Name, "listallmybuckets")] {
            let language = Language::of(&Glob::literal(name), self.arena.meter());
            let language = language.map_err(|what| Self::exhausted(level.clone(), what))?;
            all.push(self.text_of(level, language)?);
        }
        for (nth, segment) in segments.iter().enumerate() {
            let mut some = Vec::new();
            for way in self.segment_ways(segment, nth)? {
                some.push(match LIST.get(nth) {
                    Some(_) if nth == 1 => self.field(&Level::Partition, &way)?,
                    Some(text) => self.text(text, &way)?,
                    None => Set::EMPTY,
                });
            }
            all.push(self.arena.union(some)?);
        }
        Ok(Some(self.arena.intersection(all)?))
    }
}

/// Whether an ARN pattern has no variable.
fn is_closed(segments: &[Pattern]) -> bool {
    segments.iter().all(|segment| segment.variables().next().is_none())
        && segments.first().and_then(Pattern::as_text) == Some("arn")
}

/// The table of R-RES-4.
fn is_filled(segments: &[Pattern], policy_type: PolicyType) -> bool {
    match policy_type {
        PolicyType::Identity | PolicyType::Boundary | PolicyType::Session => true,
        PolicyType::Resource(_) | PolicyType::Trust | PolicyType::VpcEndpoint => {
            segments.iter().any(Pattern::has_star)
        }
        PolicyType::Scp => segments.last().is_some_and(Pattern::ends_in_star),
        PolicyType::Rcp => false,
    }
}
