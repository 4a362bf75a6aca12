//! What says nothing that its list or policy does not say anyway. Entries are compared by what they match, not as
//! texts (R-AA-8).

use std::hash::Hash;

use rustc_hash::FxHashMap;

use super::inclusion::includes;
use super::place::Place;
use super::subject::{Report, Subject, principals, statement_place};
use crate::arn::Arn;
use crate::policy::{
    ActionPattern, Condition, PrincipalEntry, ResourcePattern, Selector, Spanned, Statement, Test,
};
use crate::tell::Letters;

pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for statement in &subject.statements {
        entries("REDUNDANT_ACTION", statement.action.entries(), report);
        let resources = statement.resource.iter().flat_map(Selector::entries);
        entries("REDUNDANT_RESOURCE", &resources.cloned().collect::<Vec<_>>(), report);
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
    fn includes(&self, other: &Self) -> bool;
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

    fn includes(&self, other: &Self) -> bool {
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
                fits && includes(name, other, Letters::InAnyCase)
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

    fn includes(&self, other: &Self) -> bool {
        match (self, other) {
            (ResourcePattern::Every, _) => true,
            (ResourcePattern::Arn(_), ResourcePattern::Every) => false,
            (ResourcePattern::Arn(one), ResourcePattern::Arn(other)) => {
                one.len() == 6
                    && other.len() == 6
                    && one.iter().zip(other).all(|(one, other)| includes(one, other, Letters::AsWritten))
            }
        }
    }

    fn folded(&self) -> String {
        self.to_string()
    }
}

/// How many pairs of entries are compared. A longer list, which no quota of AWS allows, is searched for copies alone.
const MOST_PAIRS: usize = 4_000_000;

/// One finding for each entry that others are within, and that is within none itself.
fn entries<T: Listed>(code: &str, list: &[Spanned<T>], report: &mut Report<'_>) {
    if list.len() < 2 {
        return;
    }
    let folded: Vec<String> = list.iter().map(|entry| entry.folded()).collect();
    let mut first: FxHashMap<&str, usize> = FxHashMap::default();
    for (nth, text) in folded.iter().enumerate() {
        first.entry(text).or_insert(nth);
    }
    let mut wild: Vec<(usize, &Spanned<T>)> =
        list.iter().enumerate().filter(|(_, entry)| entry.is_wild()).collect();
    if wild.len().saturating_mul(list.len()) > MOST_PAIRS {
        wild.clear();
    }
    for (nth, (entry, text)) in list.iter().zip(&folded).enumerate() {
        // A copy says what its original does.
        if first.get(text.as_str()) != Some(&nth) {
            continue;
        }
        let is_outer = |(other, one): &(usize, &Spanned<T>)| {
            *other != nth && one.includes(&entry.value) && !entry.includes(&one.value)
        };
        if entry.is_wild() && wild.iter().any(is_outer) {
            continue;
        }
        let wild = entry.is_wild() && !wild.is_empty();
        let within = |(other, (one, of_one)): (usize, (&Spanned<T>, &String))| {
            let is_in = other != nth && (of_one == text || (wild && entry.includes(&one.value)));
            is_in.then_some(other)
        };
        let inside: Vec<usize> = list.iter().zip(&folded).enumerate().filter_map(within).collect();
        let is_told = |other: &usize| {
            *other < nth
                && list
                    .get(*other)
                    .is_some_and(|other| wild && other.is_wild() && other.includes(&entry.value))
        };
        if inside.is_empty() || inside.iter().any(is_told) {
            continue;
        }
        let example = inside.iter().filter_map(|other| list.get(*other)).map(|entry| entry.value.to_string());
        let example = example.max_by_key(String::len).unwrap_or_default();
        let mut members: Vec<usize> = inside.iter().copied().chain([nth]).collect();
        members.sort_unstable();
        let count = inside.len();
        let what =
            if count == 1 { "one other entry is".to_owned() } else { format!("{count} other entries are") };
        let message =
            format!("whatever `{}` matches, `{}` matches: {what} not needed beside it", example, entry.value);
        let places =
            members.iter().filter_map(|member| list.get(*member)).map(|entry| Place::from(entry.span));
        report.group(code, places, message, Some(format!("leave `{example}` out")));
    }
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
