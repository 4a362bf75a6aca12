//! Values with open variables: what a product of sets cannot say of two coordinates is a coordinate of its own, beside
//! what is necessary for it (R-VAR-8, R-CND-34).

use std::sync::Arc;

use bigdecimal::BigDecimal;

use super::condition::{Shape, is_textual};
use super::level::{Level, Relation, Subject, Template, Token};
use super::variable::{self, Need, Symbols, Way};
use super::{CompileError, Compiler, Outcome, value};
use crate::algebra::diagram::Datum;
use crate::algebra::domain::Region;
use crate::algebra::{Flag, Glob, Held, Language, Set, SetAlgebra};
use crate::catalog::KeyType;
use crate::policy::{Condition, Family, Quantifier};
use crate::request::{Context, Value, fold};

use super::value::{Addresses, Instants, Numbers};

/// How many points that no request is are left out of a set, one by one.
const MOST_REFUTED: usize = 8;

/// The values of a condition.
struct Reading {
    /// The ways to read each.
    ways: Vec<Way>,
    /// Those of another type, which spoil a negation (R-CND-33) where every segment can be read (R-CND-34): the ways to
    /// read each segment.
    spoiling: Vec<Vec<Vec<Way>>>,
}

impl Compiler {
    /// Values with open variables, compared with a known key's values.
    pub(super) fn relations_of_known(&mut self, condition: &Condition, items: &[String]) -> Outcome<Set> {
        let mut of_items = Vec::new();
        for item in items {
            of_items.push(self.item(condition, item)?);
        }
        Ok(match condition.operator.quantifier {
            Some(Quantifier::ForAllValues) => self.arena.intersection(of_items)?,
            Some(Quantifier::ForAnyValue) => self.arena.union(of_items)?,
            None if items.len() > 1 => Set::EMPTY,
            None => self.arena.union(of_items)?,
        })
    }

    /// The requests in which an item satisfies a test whose values have open variables.
    fn item(&mut self, condition: &Condition, item: &str) -> Outcome<Set> {
        let folded = fold(&condition.key);
        let family = condition.operator.test.family();
        let readable = value::readable_text(family, self.arena.meter());
        if !readable.map_err(|what| self.at(&folded, what))?.accepts(item) {
            return Ok(Set::EMPTY);
        }
        let reading = self.reading(condition)?;
        let mut fitting = Vec::new();
        for way in &reading.ways {
            let necessary = Language::of(&way.template.glob(), self.arena.meter());
            if necessary.map_err(|what| self.at(&folded, what))?.accepts(item) {
                fitting.push(self.way(Subject::Text(Arc::from(item)), way)?);
            }
        }
        self.satisfied(condition, &reading, Set::FULL, fitting)
    }

    /// Values with open variables, compared with an open key that holds text.
    pub(super) fn relations_of_open(&mut self, condition: &Condition, folded: &str) -> Outcome<Set> {
        let domain = self.universe.domain(folded);
        let reading = self.reading(condition)?;
        let mut fitting = Vec::new();
        for way in &reading.ways {
            let language = Language::of(&way.template.glob(), self.arena.meter());
            let language = language.map_err(|what| self.at(folded, what))?;
            let necessary = self.one_text(folded, language)?;
            let related = self.way(Subject::Key(Arc::from(folded)), way)?;
            fitting.push(self.arena.intersection([necessary, related])?);
        }
        let readable = value::readable_text(condition.operator.test.family(), self.arena.meter());
        let readable = readable.map_err(|what| self.at(folded, what))?;
        let readable = self.one_text(folded, readable)?;
        let satisfied = self.satisfied(condition, &reading, readable, fitting)?;
        let otherwise = self.text_shape(condition, folded, domain, Region::empty())?;
        if condition.operator.quantifier.is_none() {
            return self.arena.union([satisfied, otherwise]);
        }
        // R-CND-13: the empty text is no value.
        let some =
            Language::of(&Glob::parse("?*"), self.arena.meter()).map_err(|what| self.at(folded, what))?;
        let some = self.one_text(folded, some)?;
        let satisfied = self.arena.intersection([satisfied, some])?;
        self.arena.union([satisfied, otherwise])
    }

    /// What of the readable fits, or does not where the test is negated.
    fn satisfied(
        &mut self,
        condition: &Condition,
        reading: &Reading,
        readable: Set,
        fitting: Vec<Set>,
    ) -> Outcome<Set> {
        Ok(match condition.operator.test.is_negated() {
            true => {
                let mut without = fitting;
                for segments in &reading.spoiling {
                    without.push(self.can_be_read(segments)?);
                }
                self.arena.difference([readable], without)?
            }
            false => {
                let fitting = self.arena.union(fitting)?;
                self.arena.intersection([readable, fitting])?
            }
        })
    }

    /// All values of a condition.
    fn reading(&mut self, condition: &Condition) -> Outcome<Reading> {
        let variables = variable::Values::Known(&self.universe);
        let mut ways = Vec::new();
        let mut spoiling = Vec::new();
        for value in &condition.values {
            let found = if condition.operator.test.family() == Family::Arn && !value.pattern.is_all_stars() {
                let segments = value.pattern.split_at_colons(5);
                if segments.len() < 6 {
                    let each =
                        segments.iter().map(|segment| variables.ways(segment)).collect::<Result<Vec<_>, _>>();
                    spoiling.push(each.map_err(|what| self.at(&condition.key, what))?);
                    Ok(Vec::new())
                } else {
                    variables.ways_of_arn(&segments)
                }
            } else {
                variables.ways(&value.pattern)
            };
            ways.extend(found.map_err(|what| self.at(&condition.key, what))?);
        }
        Ok(Reading { ways, spoiling })
    }

    /// That a way is the one, and its template related to a text as it must.
    pub(super) fn way(&mut self, subject: Subject, way: &Way) -> Outcome<Set> {
        let mut all = vec![self.needed(way)?];
        if way.template.has_variable() {
            all.push(self.related(subject, &way.template)?);
        }
        self.arena.intersection(all)
    }

    /// That every segment has a way to be read.
    fn can_be_read(&mut self, segments: &[Vec<Way>]) -> Outcome<Set> {
        let mut all = Vec::new();
        for ways in segments {
            let ways = ways.iter().map(|way| self.needed(way)).collect::<Outcome<Vec<Set>>>()?;
            all.push(self.arena.union(ways)?);
        }
        self.arena.intersection(all)
    }

    /// That open keys have values, or have none, as a way takes it.
    fn needed(&mut self, way: &Way) -> Outcome<Set> {
        let mut all = Vec::new();
        for (key, need) in &way.needs {
            let has_value = self.has_value(key)?;
            all.push(match need {
                Need::Value => has_value,
                Need::NoValue => self.arena.complement(has_value)?,
            });
        }
        self.arena.intersection(all)
    }

    fn related(&mut self, subject: Subject, template: &Template) -> Outcome<Set> {
        if let Subject::Text(text) = &subject
            && let Some((key, values)) = template.solved_for(text)
            && is_textual(self.universe.domain(&key).base)
        {
            let values: Vec<Glob> = values.iter().map(|value| Glob::literal(value)).collect();
            let language = Language::any_of(&values, self.arena.meter());
            let language = language.map_err(|what| self.at(&key, what))?;
            return self.one_text(&key, language);
        }
        let relation = Relation { subject, template: template.clone() };
        self.arena.atom(Level::Relation(Arc::new(relation)), Region::<Flag>::only(true))
    }

    /// That an open key has a value that a variable can stand for (R-VAR-8).
    fn has_value(&mut self, folded: &str) -> Outcome<Set> {
        let domain = self.universe.domain(folded);
        if is_textual(domain.base) {
            let some =
                Language::of(&Glob::parse("?*"), self.arena.meter()).map_err(|what| self.at(folded, what))?;
            return self.one_text(folded, some);
        }
        match domain.base {
            KeyType::Bool => self.key(folded, Shape::one_of(Region::<Flag>::full()).within(domain, &false)),
            KeyType::Date => self.key(folded, Shape::one_of(Region::<Instants>::full()).within(domain, &0)),
            KeyType::IpAddress => {
                let example = std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
                self.key(folded, Shape::one_of(Region::<Addresses>::full()).within(domain, &example))
            }
            _ => {
                let zero = BigDecimal::from(0);
                self.key(folded, Shape::one_of(Region::<Numbers>::full()).within(domain, &zero))
            }
        }
    }

    /// A set without such points as no request is, where that can be told: a text that matches one template matches
    /// every wider one, and two texts are related or not.
    pub fn coherent(&mut self, set: Set) -> Result<Set, CompileError> {
        let relations: Vec<Arc<Relation>> = self
            .arena
            .levels(set)
            .into_iter()
            .filter_map(|level| match level {
                Level::Relation(relation) => Some(relation),
                _ => None,
            })
            .collect();
        let symbols = Symbols::of(relations.iter().map(|relation| &relation.template));
        let mut languages = Vec::new();
        for relation in &relations {
            let Some(glob) = relation.template.with_symbols(&symbols) else { return Ok(set) };
            let language = Language::of(&glob, self.arena.meter());
            let level = Level::Relation(Arc::clone(relation));
            languages.push(language.map_err(|what| Self::exhausted(level, what))?);
        }
        let mut coherent = set;
        for (narrow, inside) in relations.iter().zip(&languages) {
            for (wide, outside) in relations.iter().zip(&languages) {
                let level = Level::Relation(Arc::clone(narrow));
                let is_wider = narrow != wide
                    && narrow.subject == wide.subject
                    // A value can be longer than the one character that stands for it.
                    && !wide.template.tokens.contains(&Token::Question)
                    && inside
                        .is_subset(outside, self.arena.meter())
                        .map_err(|what| Self::exhausted(level.clone(), what))?;
                if is_wider {
                    let matches_narrow = self.arena.atom(level, Region::<Flag>::only(true))?;
                    let fails_wide = Level::Relation(Arc::clone(wide));
                    let fails_wide = self.arena.atom(fails_wide, Region::<Flag>::only(false))?;
                    let never = self.arena.intersection([matches_narrow, fails_wide])?;
                    coherent = self.arena.difference([coherent], [never])?;
                }
            }
        }
        for _ in 0..MOST_REFUTED {
            let point = self.arena.witness(coherent);
            let Some(never) = point.map(|point| self.refuted(&point)).transpose()?.flatten() else { break };
            coherent = self.arena.difference([coherent], [never])?;
        }
        Ok(coherent)
    }

    /// Points like one, that no request is: of two keys it has texts, and that they are not related as these are.
    fn refuted(&mut self, point: &[(Level, Datum)]) -> Outcome<Option<Set>> {
        let mut context = Context::default();
        for (level, datum) in point {
            if let (Level::Key(key), Datum::TextKey(Held::One(text))) = (level, datum)
                && !self.universe.domain(key).multivalued
            {
                context.set(key, Value::Single(text.clone()));
            }
        }
        for (level, datum) in point {
            let (Level::Relation(relation), Datum::Flag(is_related)) = (level, datum) else { continue };
            let Subject::Key(subject) = &relation.subject else { continue };
            let variables = relation.template.tokens.iter().filter_map(Token::variable);
            let keys: Vec<Arc<str>> = std::iter::once(Arc::clone(subject)).chain(variables).collect();
            let Some(texts) =
                keys.iter().map(|key| context.get(key).map(ToString::to_string)).collect::<Option<Vec<_>>>()
            else {
                continue;
            };
            let is_so = texts.first().is_some_and(|text| relation.template.matches(text, &context));
            if is_so == *is_related {
                continue;
            }
            let mut never = vec![self.arena.atom(level.clone(), Region::<Flag>::only(*is_related))?];
            for (key, text) in keys.iter().zip(&texts) {
                let language = Language::of(&Glob::literal(text), self.arena.meter());
                let language = language.map_err(|what| self.at(key, what))?;
                never.push(self.one_text(key, language)?);
            }
            return Ok(Some(self.arena.intersection(never)?));
        }
        Ok(None)
    }
}
