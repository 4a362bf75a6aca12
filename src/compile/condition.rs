//! Conditions as sets: presence and how many values here, the test of one value in `value` (semantics 3).
//!
//! A key whose value is known makes a condition true or false. Of an open key the condition asks for a *shape*: what
//! holds of its absence, of one value, and of several. Two things no shape can say, and they are coordinates of
//! their own, true or false of a request as a whole: a relation to the value of another open key, and a test of
//! another family than the key's type where no set of its values is known to be the same.

use std::sync::Arc;

use bigdecimal::BigDecimal;

use super::level::{Level, Opaque, ReadAs};
use super::universe::{EPOCH_TIME, Follows, KeyDomain};
use super::value::{self, Addresses, Instants, Numbers, Values};
use super::variable;
use super::{Compiler, Outcome};
use crate::algebra::domain::{Base, Region};
use crate::algebra::{Exhausted, Flag, Glob, Keyed, Language, Meter, Set, SetAlgebra, Several, Text};
use crate::catalog::KeyType;
use crate::policy::{Condition, ConditionValue, Family, Quantifier, Test};
use crate::request::{Context, fold};

/// Which values satisfy a condition, where it does not matter which they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Satisfied {
    ByAll,
    ByNone,
}

/// What a condition says of a key.
pub(super) struct Shape<D: Base> {
    absent: bool,
    ones: Region<D>,
    many: Region<Several<D>>,
}

impl<D: Base> Shape<D> {
    /// R-CND-8 to 12: from the values that satisfy the test. `no_value` is what counts as no value under a set
    /// operator, though it is one (R-CND-13).
    fn of(
        condition: &Condition,
        satisfying: Region<D>,
        no_value: &Region<D>,
        meter: &mut Meter,
    ) -> Result<Self, Exhausted> {
        let absent = holds_without_key(condition);
        let ones = if condition.operator.quantifier.is_none() {
            satisfying.clone()
        } else if absent {
            satisfying.union(no_value, meter)?
        } else {
            satisfying.difference(no_value, meter)?
        };
        let many = match condition.operator.quantifier {
            // R-CND-9, which `Null` is not concerned by.
            None if condition.operator.test != Test::Null => Region::empty(),
            None | Some(Quantifier::ForAllValues) => Region::all_in(&satisfying, meter)?,
            Some(Quantifier::ForAnyValue) => Region::some_in(&satisfying, meter)?,
        };
        Ok(Shape { absent, ones, many })
    }

    /// Nothing but the one value of some set.
    pub(super) fn one_of(ones: Region<D>) -> Self {
        Shape { absent: false, ones, many: Region::empty() }
    }

    /// As a set of the universe (R-EVL-75, R-EVL-76). What no request holds counts as something that some request
    /// holds: so sets are equal exactly if they are on the requests there are.
    pub(super) fn within(self, domain: KeyDomain, example: &D::Point) -> Region<Keyed<D>> {
        let absent = if domain.always_present { self.ones.contains(example) } else { self.absent };
        let many = match (domain.multivalued, absent) {
            (true, _) => self.many,
            (false, true) => Region::full(),
            (false, false) => Region::empty(),
        };
        let region = Region::one(self.ones).or_many(many);
        if absent { region.or_absent() } else { region }
    }
}

/// The table of R-CND-8.
fn holds_without_key(condition: &Condition) -> bool {
    let operator = condition.operator;
    match (operator.test, operator.quantifier) {
        (Test::Null, None) => lists(condition, "true"),
        (Test::Null, Some(quantifier)) => quantifier == Quantifier::ForAllValues,
        _ if operator.if_exists => true,
        (_, Some(quantifier)) => quantifier == Quantifier::ForAllValues,
        (test, None) => test.is_negated(),
    }
}

/// Whether `Null` lists a boolean (R-CND-30).
fn lists(condition: &Condition, text: &str) -> bool {
    condition.values.iter().any(|value| value.text.eq_ignore_ascii_case(text))
}

fn written(condition: &Condition) -> Vec<&ConditionValue> {
    condition.values.iter().map(|value| &value.value).collect()
}

/// Whether a condition holds of one request, by the sets of its values.
pub(super) fn holds(condition: &Condition, context: &Context) -> Result<bool, Exhausted> {
    let items = context.get(&condition.key).map_or(&[][..], |value| value.items());
    let mut meter = Meter::default();
    holds_of(condition, items, variable::Values::Of(context), &mut meter)
}

/// Whether a condition holds of a key's known values.
fn holds_of(
    condition: &Condition,
    items: &[String],
    variables: variable::Values<'_>,
    meter: &mut Meter,
) -> Result<bool, Exhausted> {
    let operator = condition.operator;
    if is_no_value(condition, items) {
        return Ok(holds_without_key(condition));
    }
    if operator.test == Test::Null {
        return Ok(lists(condition, "false"));
    }
    let satisfying = value::satisfying(operator.test, &written(condition), variables, meter)?;
    Ok(match (operator.quantifier, items) {
        (Some(Quantifier::ForAllValues), items) => items.iter().all(|item| satisfying.accepts(item)),
        (Some(Quantifier::ForAnyValue), items) => items.iter().any(|item| satisfying.accepts(item)),
        (None, [item]) => satisfying.accepts(item),
        (None, _) => false,
    })
}

/// R-CND-13.
fn is_no_value(condition: &Condition, items: &[String]) -> bool {
    items.is_empty() || (condition.operator.quantifier.is_some() && items.iter().all(String::is_empty))
}

impl Compiler {
    /// The requests of which a condition holds. The conditions of a policy are much alike, and those of two versions of it
    /// more so.
    pub(super) fn condition(&mut self, condition: &Condition) -> Outcome<Set> {
        let opaque = Opaque(condition.clone());
        if let Some(&known) = self.conditions.get(&opaque) {
            return Ok(known);
        }
        let set = self.new_condition(condition)?;
        self.conditions.insert(opaque, set);
        Ok(set)
    }

    fn new_condition(&mut self, condition: &Condition) -> Outcome<Set> {
        let folded = fold(&condition.key);
        let is_open = condition.values.iter().any(|value| self.universe.has_open(&value.pattern));
        match self
            .universe
            .known(&folded)
            .map(|value| value.map_or(Vec::new(), |value| value.items().to_vec()))
        {
            Some(items) if !is_open || is_no_value(condition, &items) => {
                let variables = variable::Values::Known(&self.universe);
                let holds = holds_of(condition, &items, variables, self.arena.meter());
                Ok(if holds.map_err(|what| self.at(&folded, what))? { Set::FULL } else { Set::EMPTY })
            }
            Some(items) if is_comparable(condition) => self.relations_of_known(condition, &items),
            Some(_) => self.opaque(condition),
            None if !is_open => self.of_open_key(condition, &folded),
            None => {
                let domain = self.universe.domain(&folded);
                let one_at_a_time = condition.operator.quantifier.is_none() || !domain.multivalued;
                if is_comparable(condition) && is_textual(domain.base) && one_at_a_time {
                    self.relations_of_open(condition, &folded)
                } else {
                    self.opaque_of_open(condition, &folded)
                }
            }
        }
    }

    /// A condition without open variables, of an open key.
    fn of_open_key(&mut self, condition: &Condition, folded: &str) -> Outcome<Set> {
        let domain = self.universe.domain(folded);
        if condition.operator.test == Test::Null {
            let satisfied = if lists(condition, "false") { Satisfied::ByAll } else { Satisfied::ByNone };
            return self.of_all_values(condition, folded, satisfied);
        }
        let values = written(condition);
        let variables = variable::Values::Known(&self.universe);
        let satisfying = value::satisfying(condition.operator.test, &values, variables, self.arena.meter());
        let satisfying = satisfying.map_err(|what| self.at(folded, what))?;
        let is_arn = condition.operator.test.family() == Family::Arn;
        match domain.base {
            KeyType::String | KeyType::Binary | KeyType::Arn => match satisfying {
                Values::Text(language) => self.text_shape(condition, folded, domain, language),
                Values::Flag(flags) => {
                    let globs = [true, false].into_iter().filter(|flag| flags.contains(flag));
                    let globs: Vec<Glob> = globs.map(|flag| Glob::any_case(&flag.to_string())).collect();
                    let language = Language::any_of(&globs, self.arena.meter());
                    let language = language.map_err(|what| self.at(folded, what))?;
                    self.text_shape(condition, folded, domain, language)
                }
                _ if domain.multivalued => self.opaque_of_open(condition, folded),
                other => self.read_as(condition, folded, domain, other),
            },
            KeyType::Bool => {
                let mut flags = Region::<Flag>::empty();
                for flag in [true, false] {
                    if satisfying.accepts(&flag.to_string()) {
                        flags = Region::only(flag)
                            .union(&flags, self.arena.meter())
                            .map_err(|what| self.at(folded, what))?;
                    }
                }
                self.flag_shape(condition, folded, domain, flags)
            }
            KeyType::Numeric => match satisfying {
                Values::Number(numbers) => self.number_shape(condition, folded, domain, numbers),
                Values::Text(language) if language == Language::full() => {
                    self.number_shape(condition, folded, domain, Region::full())
                }
                Values::Text(language) if language != Language::empty() && !is_arn => {
                    self.opaque_of_open(condition, folded)
                }
                Values::Instant(_) => self.opaque_of_open(condition, folded),
                _ => self.number_shape(condition, folded, domain, Region::empty()),
            },
            KeyType::Date => match satisfying {
                Values::Instant(instants) => self.seconds_shape(condition, folded, domain, &instants),
                Values::Number(numbers) if folded == EPOCH_TIME => {
                    self.seconds_shape(condition, folded, domain, &numbers)
                }
                Values::Text(_) if is_arn => self.instant_shape(condition, folded, domain, Region::empty()),
                text @ Values::Text(_) => match self.seconds_by_text(condition, folded, &text)? {
                    Some(instants) => self.instant_shape(condition, folded, domain, instants),
                    None => self.opaque_of_open(condition, folded),
                },
                _ => self.instant_shape(condition, folded, domain, Region::empty()),
            },
            KeyType::IpAddress => match satisfying {
                Values::Address(addresses) => self.address_shape(condition, folded, domain, addresses),
                Values::Text(_) if is_arn => self.address_shape(condition, folded, domain, Region::empty()),
                text @ Values::Text(_) => match self.addresses_by_text(condition, folded, &text)? {
                    Some(addresses) => self.address_shape(condition, folded, domain, addresses),
                    None => self.opaque_of_open(condition, folded),
                },
                _ => self.address_shape(condition, folded, domain, Region::empty()),
            },
        }
    }

    /// The seconds whose text satisfies a test of texts (R-CND-31); none where its wildcards cut across.
    fn seconds_by_text(
        &mut self,
        condition: &Condition,
        folded: &str,
        satisfying: &Values,
    ) -> Outcome<Option<Region<Instants>>> {
        let is_epoch = folded == EPOCH_TIME;
        let write =
            |second: &i64| if is_epoch { Some(second.to_string()) } else { value::written_instant(*second) };
        let read = |text: &str| value::request_second(text).map(|second| (second, value::second(second)));
        self.by_text(condition, folded, satisfying, read, write)
    }

    /// The addresses whose text satisfies a test of texts.
    fn addresses_by_text(
        &mut self,
        condition: &Condition,
        folded: &str,
        satisfying: &Values,
    ) -> Outcome<Option<Region<Addresses>>> {
        let read = |text: &str| {
            text.parse().ok().map(|address| (address, Region::<Addresses>::from_to(address, address)))
        };
        self.by_text(condition, folded, satisfying, read, |address| Some(address.to_string()))
    }

    fn by_text<D: Base>(
        &mut self,
        condition: &Condition,
        folded: &str,
        satisfying: &Values,
        read: impl Fn(&str) -> Option<(D::Point, Region<D>)>,
        write: impl Fn(&D::Point) -> Option<String>,
    ) -> Outcome<Option<Region<D>>> {
        match satisfying {
            Values::Text(language) if *language == Language::full() => return Ok(Some(Region::full())),
            Values::Text(language) if *language == Language::empty() => return Ok(Some(Region::empty())),
            _ => {}
        }
        let test = condition.operator.test;
        if test.family() != Family::String {
            return Ok(None);
        }
        let texts = value::whole_texts(&written(condition), variable::Values::Known(&self.universe));
        let Some(texts) = texts.map_err(|what| self.at(folded, what))? else { return Ok(None) };
        let candidates = texts.iter().filter_map(|text| read(text)).collect();
        let points = value::points_by_text(test, candidates, satisfying, write, self.arena.meter());
        points.map(Some).map_err(|what| self.at(folded, what))
    }

    /// What a condition says where every value satisfies it, or none does.
    fn of_all_values(&mut self, condition: &Condition, folded: &str, satisfied: Satisfied) -> Outcome<Set> {
        fn region<D: Base>(satisfied: Satisfied) -> Region<D> {
            match satisfied {
                Satisfied::ByAll => Region::full(),
                Satisfied::ByNone => Region::empty(),
            }
        }
        let domain = self.universe.domain(folded);
        match domain.base {
            KeyType::String | KeyType::Binary | KeyType::Arn => {
                self.text_shape(condition, folded, domain, region(satisfied))
            }
            KeyType::Bool => self.flag_shape(condition, folded, domain, region(satisfied)),
            KeyType::Numeric => self.number_shape(condition, folded, domain, region(satisfied)),
            KeyType::Date => self.instant_shape(condition, folded, domain, region(satisfied)),
            KeyType::IpAddress => self.address_shape(condition, folded, domain, region(satisfied)),
        }
    }

    fn flag_shape(
        &mut self,
        condition: &Condition,
        folded: &str,
        domain: KeyDomain,
        values: Region<Flag>,
    ) -> Outcome<Set> {
        self.shape(condition, folded, domain, values, Region::empty(), &false)
    }

    fn number_shape(
        &mut self,
        condition: &Condition,
        folded: &str,
        domain: KeyDomain,
        values: Region<Numbers>,
    ) -> Outcome<Set> {
        let zero = BigDecimal::from(0);
        self.shape(condition, folded, domain, values, Region::empty(), &zero)
    }

    fn instant_shape(
        &mut self,
        condition: &Condition,
        folded: &str,
        domain: KeyDomain,
        values: Region<Instants>,
    ) -> Outcome<Set> {
        self.shape(condition, folded, domain, values, Region::empty(), &0)
    }

    fn seconds_shape(
        &mut self,
        condition: &Condition,
        folded: &str,
        domain: KeyDomain,
        instants: &Region<Numbers>,
    ) -> Outcome<Set> {
        let seconds = value::seconds(instants, self.arena.meter()).map_err(|what| self.at(folded, what))?;
        self.instant_shape(condition, folded, domain, seconds)
    }

    fn address_shape(
        &mut self,
        condition: &Condition,
        folded: &str,
        domain: KeyDomain,
        values: Region<Addresses>,
    ) -> Outcome<Set> {
        let example = std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
        self.shape(condition, folded, domain, values, Region::empty(), &example)
    }

    pub(super) fn text_shape(
        &mut self,
        condition: &Condition,
        folded: &str,
        domain: KeyDomain,
        values: Language,
    ) -> Outcome<Set> {
        let of_empty =
            Language::of(&Glob::default(), self.arena.meter()).map_err(|what| self.at(folded, what))?;
        let (key, domain, [values, empty]) = self.followed(folded, domain, [values, of_empty])?;
        let shape = Shape::of(condition, values, &empty, self.arena.meter());
        let shape = shape.map_err(|what| self.at(folded, what))?;
        self.texts(&key, domain, shape)
    }

    /// Sets of values of a key; where it is made from another one, that key and the values of it that make them.
    fn followed<const N: usize>(
        &mut self,
        folded: &str,
        domain: KeyDomain,
        values: [Language; N],
    ) -> Outcome<(Arc<str>, KeyDomain, [Language; N])> {
        let Some(Follows { before, key, after }) = self.universe.follows(folded) else {
            return Ok((Arc::from(folded), domain, values));
        };
        let mut of_other = values;
        for values in &mut of_other {
            let between = values.between(&before, &after, self.arena.meter());
            *values = between.map_err(|what| self.at(folded, what))?;
        }
        let domain = self.universe.domain(&key);
        Ok((key, domain, of_other))
    }

    fn shape<D: Base>(
        &mut self,
        condition: &Condition,
        folded: &str,
        domain: KeyDomain,
        values: Region<D>,
        no_value: Region<D>,
        example: &D::Point,
    ) -> Outcome<Set>
    where
        crate::algebra::diagram::Predicate: From<Region<Keyed<D>>>,
    {
        let shape = Shape::of(condition, values, &no_value, self.arena.meter());
        let shape = shape.map_err(|what| self.at(folded, what))?;
        self.key(folded, shape.within(domain, example))
    }

    pub(super) fn key<D: Base>(&mut self, folded: &str, region: Region<Keyed<D>>) -> Outcome<Set>
    where
        crate::algebra::diagram::Predicate: From<Region<Keyed<D>>>,
    {
        self.arena.atom(self.universe.level(folded), region)
    }

    /// That an open key has one value of a text.
    pub(super) fn one_text(&mut self, folded: &str, language: Language) -> Outcome<Set> {
        let domain = self.universe.domain(folded);
        let (key, domain, [language]) = self.followed(folded, domain, [language])?;
        self.texts(&key, domain, Shape::one_of(language))
    }

    /// The requests in which a key has a shape: one of ARNs holds nothing else, and neither does one of an account, or one
    /// of which is known how it begins.
    fn texts(&mut self, folded: &str, domain: KeyDomain, shape: Shape<Text>) -> Outcome<Set> {
        let region = self.texts_of_universe(folded, domain, shape);
        let region = region.map_err(|what| self.at(folded, what))?;
        self.key(folded, region)
    }

    fn texts_of_universe(
        &mut self,
        folded: &str,
        domain: KeyDomain,
        shape: Shape<Text>,
    ) -> Result<Region<Keyed<Text>>, Exhausted> {
        let example = self.universe.example(folded);
        let is_account = self.universe.is_account(folded);
        let meter = self.arena.meter();
        let values = match (self.universe.beginning(folded), domain.base) {
            _ if is_account => Language::of(&value::account(), meter)?,
            (Some(begin), _) => {
                let mut glob = Glob::literal(begin);
                glob.extend(Glob::parse("?*").pieces().iter().cloned());
                Language::of(&glob, meter)?
            }
            (None, KeyType::Arn) => value::arns(meter)?,
            _ => return Ok(shape.within(domain, &example)),
        };
        let absent = if domain.always_present { shape.ones.contains(&example) } else { shape.absent };
        let mut ones = shape.ones.intersection(&values, meter)?;
        if absent {
            ones = ones.union(&values.complement(), meter)?;
        }
        Ok(Shape { ones, ..shape }.within(domain, &example))
    }

    /// A key of strings, of which there is one, read as what the operator compares: whether it can be read so, and as
    /// what, is a level beside the text itself.
    fn read_as(
        &mut self,
        condition: &Condition,
        folded: &str,
        domain: KeyDomain,
        values: Values,
    ) -> Outcome<Set> {
        let level = |as_what| Level::Read(Arc::from(folded), as_what);
        let read = match values {
            Values::Number(numbers) => {
                self.arena.atom(level(ReadAs::Number), Region::<Keyed<_>>::one(numbers))?
            }
            Values::Instant(instants) => {
                self.arena.atom(level(ReadAs::Instant), Region::<Keyed<_>>::one(instants))?
            }
            Values::Address(addresses) => {
                self.arena.atom(level(ReadAs::Address), Region::<Keyed<_>>::one(addresses))?
            }
            Values::Text(_) | Values::Flag(_) => Set::EMPTY,
        };
        let any =
            Language::of(&Glob::parse("?*"), self.arena.meter()).map_err(|what| self.at(folded, what))?;
        let some = self.one_text(folded, any)?;
        let read = self.arena.intersection([some, read])?;
        let otherwise = self.text_shape(condition, folded, domain, Language::empty())?;
        self.arena.union([read, otherwise])
    }

    /// The whole condition as one coordinate, of a known key.
    fn opaque(&mut self, condition: &Condition) -> Outcome<Set> {
        let level = Level::Opaque(Arc::new(Opaque(condition.clone())));
        self.arena.atom(level, Region::<Flag>::only(true))
    }

    /// The same of an open key: it is asked only where the key has a value.
    fn opaque_of_open(&mut self, condition: &Condition, folded: &str) -> Outcome<Set> {
        let flag = self.opaque(condition)?;
        let never = self.of_all_values(condition, folded, Satisfied::ByNone)?;
        let present = self.of_all_values(condition, folded, Satisfied::ByAll)?;
        let present = self.arena.difference([present], [never])?;
        let holds = self.arena.intersection([present, flag])?;
        self.arena.union([holds, never])
    }
}

/// Whether values of a type are texts like any other.
pub(super) fn is_textual(base: KeyType) -> bool {
    matches!(base, KeyType::String | KeyType::Binary | KeyType::Arn)
}

/// Whether texts are compared as they are, so that a template can stand for them.
fn is_comparable(condition: &Condition) -> bool {
    let test = condition.operator.test;
    matches!(test.family(), Family::String | Family::Arn) && !value::ignores_case(test)
}
