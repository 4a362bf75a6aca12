//! What says nothing that its list or policy does not say anyway. Entries are compared by what they match, not as
//! texts (R-AA-8).

use std::hash::Hash;

use rustc_hash::FxHashMap;

use super::inclusion::includes;
use super::place::Place;
use super::subject::{Report, Subject, principals, statement_place};
use crate::algebra::{Budget, Meter};
use crate::arn::Arn;
use crate::policy::{
    ActionPattern, Condition, PrincipalEntry, ResourcePattern, Selector, Spanned, Statement, Test,
};
use crate::tell::Letters;

pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for statement in &subject.statements {
        entries("REDUNDANT_ACTION", &statement.action.entries().iter().collect::<Vec<_>>(), report);
        let resources = statement.resource.iter().flat_map(Selector::entries);
        entries("REDUNDANT_RESOURCE", &resources.collect::<Vec<_>>(), report);
        statement.conditions.iter().for_each(|condition| limits(condition, report));
        sessions(statement, report);
    }
    statements(&subject.statements, report);
}

/// An entry of a list that patterns are in.
trait Listed: std::fmt::Display {
    /// Whether it can match what another entry matches, without being the same.
    fn is_wild(&self) -> bool;
    /// Whether it matches whatever the other does.
    fn includes(&self, other: &Self, meter: &mut Meter) -> bool;
    /// What is equal for entries that match the same without wildcards.
    fn folded(&self) -> String;
}

impl Listed for ActionPattern {
    fn is_wild(&self) -> bool {
        match self {
            ActionPattern::Every => true,
            ActionPattern::Named { service, name } => service.is_none() || name.as_text().is_none(),
        }
    }

    fn includes(&self, other: &Self, meter: &mut Meter) -> bool {
        match (self, other) {
            (ActionPattern::Every, _) => true,
            (ActionPattern::Named { service: None, name }, ActionPattern::Every) => name.is_all_stars(),
            (ActionPattern::Named { .. }, ActionPattern::Every) => false,
            (
                ActionPattern::Named { service, name },
                ActionPattern::Named { service: of_other, name: other },
            ) => {
                let fits = match (service, of_other) {
                    (None, _) => true,
                    (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
                    (Some(_), None) => false,
                };
                fits && includes(name, other, Letters::InAnyCase, meter)
            }
        }
    }

    fn folded(&self) -> String {
        self.to_string().to_ascii_lowercase()
    }
}

impl Listed for ResourcePattern {
    fn is_wild(&self) -> bool {
        match self {
            ResourcePattern::Every => true,
            ResourcePattern::Arn(fields) => fields.iter().any(|field| field.as_text().is_none()),
        }
    }

    fn includes(&self, other: &Self, meter: &mut Meter) -> bool {
        match (self, other) {
            (ResourcePattern::Every, _) => true,
            (ResourcePattern::Arn(_), ResourcePattern::Every) => false,
            (ResourcePattern::Arn(one), ResourcePattern::Arn(other)) => {
                one.len() == 6
                    && other.len() == 6
                    && one
                        .iter()
                        .zip(other)
                        .all(|(one, other)| includes(one, other, Letters::AsWritten, meter))
            }
        }
    }

    fn folded(&self) -> String {
        self.to_string()
    }
}

/// How many pairs of entries are compared. A longer list, which no quota of AWS allows, is searched for copies alone.
const MOST_PAIRS: usize = 4_000_000;

/// How much comparing the patterns of one list as sets may cost: some hundredths of a second.
const BUDGET: Budget = Budget { work: 1_000_000, states: 100_000, classes: 12, levels: 500 };

/// One finding for each entry that others are within, and that is within none itself; of those that match the same the
/// first counts.
fn entries<T: Listed>(code: &str, list: &[&Spanned<T>], report: &mut Report<'_>) {
    let folded: Vec<String> = list.iter().map(|entry| entry.value.folded()).collect();
    let mut copies: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
    for (nth, text) in folded.iter().enumerate() {
        copies.entry(text).or_default().push(nth);
    }
    let mut groups: Vec<(&T, Vec<usize>)> = Vec::new();
    for copies in copies.into_values() {
        if let Some(entry) = copies.first().and_then(|first| list.get(*first)) {
            groups.push((&entry.value, copies));
        }
    }
    groups.sort_by(|(_, one), (_, other)| one.cmp(other));
    let is_wild = |(entry, _): &&(&T, Vec<usize>)| entry.is_wild();
    let mut wild: Vec<&(&T, Vec<usize>)> = groups.iter().filter(is_wild).collect();
    if wild.len().saturating_mul(groups.len()) > MOST_PAIRS {
        wild.clear();
    }
    let mut meter = Meter::new(BUDGET);
    for (entry, copies) in &groups {
        let mut members = copies.clone();
        if entry.is_wild() && !wild.is_empty() {
            let inside = groups
                .iter()
                .filter(|(other, of_other)| of_other != copies && entry.includes(other, &mut meter));
            members.extend(inside.flat_map(|(_, of_other)| of_other));
        }
        let mut is_within = |outer: &T, of_outer: &Vec<usize>| {
            of_outer != copies
                && outer.includes(entry, &mut meter)
                && (of_outer < copies || !entry.includes(outer, &mut meter))
        };
        if members.len() > 1 && !wild.iter().any(|(outer, of_outer)| is_within(outer, of_outer)) {
            members.sort_unstable();
            tell(code, *entry, copies.first().copied(), &members, list, report);
        }
    }
}

/// Says which entries are within one of them.
fn tell<T: Listed>(
    code: &str,
    entry: &T,
    own: Option<usize>,
    members: &[usize],
    list: &[&Spanned<T>],
    report: &mut Report<'_>,
) {
    let members: Vec<(usize, &Spanned<T>)> =
        members.iter().filter_map(|nth| list.get(*nth).map(|entry| (*nth, *entry))).collect();
    let others =
        members.iter().filter(|(nth, _)| Some(*nth) != own).map(|(_, entry)| entry.value.to_string());
    let example = others.max_by_key(String::len).unwrap_or_default();
    let what = match members.len() {
        2 => "one other entry is".to_owned(),
        many => format!("{} other entries are", many - 1),
    };
    let message = format!("whatever `{example}` matches, `{entry}` matches: {what} not needed beside it");
    let places = members.iter().map(|(_, entry)| Place::from(entry.span));
    report.group(code, places, message, Some(format!("leave `{example}` out")));
}

/// Of several values under an inequality one decides (R-CND-23).
fn limits(condition: &Condition, report: &mut Report<'_>) {
    let is_limit = matches!(
        condition.operator.test,
        Test::NumericLessThan
            | Test::NumericLessThanEquals
            | Test::NumericGreaterThan
            | Test::NumericGreaterThanEquals
    );
    if is_limit && condition.values.len() > 1 {
        let which = match condition.operator.test {
            Test::NumericLessThan | Test::NumericLessThanEquals => "largest",
            _ => "smallest",
        };
        let message = format!("of several limits under `{}` the {which} decides", condition.operator);
        let places = condition.values.iter().map(|value| Place::from(value.span));
        report.group("REDUNDANT_CONDITION_VALUE_NUM", places, message, None);
    }
}

/// A session whose role is trusted beside it (R-PRN-2).
fn sessions(statement: &Statement, report: &mut Report<'_>) {
    let entries = principals(statement);
    for session in entries {
        let PrincipalEntry::Session(arn) = &session.value else { continue };
        let role = entries.iter().find(|entry| match &entry.value {
            PrincipalEntry::Role(role) => is_session_of(arn, role),
            _ => false,
        });
        if let Some(role) = role {
            let message = format!("the session `{arn}` is one of the role `{}` beside it", role.value);
            let suggestion = Some(format!("leave `{arn}` out"));
            let places = [session.span.into(), role.span.into()];
            report.group("REDUNDANT_PRINCIPAL_IN_ROLE_TRUST_POLICY", places, message, suggestion);
        }
    }
}

fn is_session_of(session: &Arn, role: &Arn) -> bool {
    let name = session.resource().split('/').nth(1);
    (session.partition(), session.account()) == (role.partition(), role.account())
        && name.is_some()
        && name == role.resource().rsplit('/').next()
}

/// Statements that say the same, whatever they are called.
fn statements(statements: &[&Statement], report: &mut Report<'_>) {
    if statements.len() < 2 {
        return;
    }
    let mut alike: FxHashMap<_, Vec<&Statement>> = FxHashMap::default();
    for statement in statements {
        alike.entry(meaning(statement)).or_default().push(statement);
    }
    for alike in alike.into_values().filter(|alike| alike.len() > 1) {
        let message = format!("{} statements say the same", alike.len());
        let places = alike.into_iter().map(statement_place);
        report.group("REDUNDANT_STATEMENT", places, message, Some("leave all but one out".to_owned()));
    }
}

/// What a statement says, without its name and without the order of its lists.
fn meaning(statement: &Statement) -> impl Eq + Hash + use<> {
    fn sorted<T: std::fmt::Debug>(items: impl Iterator<Item = T>) -> Vec<String> {
        let mut texts: Vec<String> = items.map(|item| format!("{item:?}")).collect();
        texts.sort_unstable();
        texts.dedup();
        texts
    }
    fn side<T: std::fmt::Debug>(selector: &Selector<T>) -> (bool, Vec<String>) {
        let complement = matches!(selector, Selector::NotIn(_));
        (complement, sorted(selector.entries().iter().map(|entry| &entry.value)))
    }
    let conditions = statement.conditions.iter().map(|condition| {
        let values = sorted(condition.values.iter().map(|value| &value.value));
        (condition.operator, condition.key.to_ascii_lowercase(), values)
    });
    let action = match &statement.action {
        Selector::In(entries) => (false, sorted(entries.iter().map(|entry| entry.value.folded()))),
        Selector::NotIn(entries) => (true, sorted(entries.iter().map(|entry| entry.value.folded()))),
    };
    (
        statement.effect,
        statement.principal.as_ref().map(side),
        action,
        statement.resource.as_ref().map(side),
        sorted(conditions),
    )
}
