//! What is checked, and what was found in it.

use super::facts::Facts;
use super::place::Place;
use super::{Finding, Options, ResourceType, table};
use crate::policy::{
    Condition, Effect, Node, Operator, Policy, PolicyType, PrincipalEntry, Reading, Selector, Spanned,
    Statement, Version,
};
use crate::request::Request;

/// One document, read.
pub(super) struct Subject<'a> {
    pub(super) text: &'a str,
    pub(super) reading: &'a Reading<'a>,
    pub(super) options: &'a Options,
    pub(super) facts: &'a Facts<'a>,
    /// Every statement that can be read, also those that never apply.
    pub(super) statements: Vec<&'a Statement>,
}

impl<'a> Subject<'a> {
    pub(super) fn new(
        text: &'a str,
        reading: &'a Reading<'a>,
        options: &'a Options,
        facts: &'a Facts<'a>,
    ) -> Subject<'a> {
        let Policy { statements, .. } = &reading.parsed.policy;
        let mut statements: Vec<&Statement> = statements.iter().chain(&reading.inert).collect();
        statements.sort_by_key(|statement| statement.index);
        Subject { text, reading, options, facts, statements }
    }

    pub(super) fn policy_type(&self) -> PolicyType {
        self.options.policy_type
    }

    pub(super) fn resource_type(&self) -> Option<&'static ResourceType> {
        self.options.resource_type
    }

    pub(super) fn version(&self) -> Version {
        self.reading.parsed.policy.version
    }

    pub(super) fn root(&self) -> Option<&'a Node<'a>> {
        self.reading.root.as_ref()
    }

    /// Every condition, with its statement.
    pub(super) fn conditions(&self) -> impl Iterator<Item = (&'a Statement, &'a Condition)> {
        let statements = self.statements.clone();
        statements
            .into_iter()
            .flat_map(|statement| statement.conditions.iter().map(move |condition| (statement, condition)))
    }

    /// The statements that allow.
    pub(super) fn allows(&self) -> impl Iterator<Item = &'a Statement> {
        self.statements.clone().into_iter().filter(|statement| statement.effect == Effect::Allow)
    }
}

/// Where a condition's key stands.
pub(super) fn key_place(condition: &Condition) -> Place {
    Place::At(condition.span.start)
}

/// A condition's key in lower case.
pub(super) fn lower_key(condition: &Condition) -> String {
    condition.key.to_ascii_lowercase()
}

/// Whether a statement tests a key, in any way.
pub(super) fn tests_key(statement: &Statement, wanted: impl Fn(&str) -> bool) -> bool {
    statement.conditions.iter().any(|condition| wanted(&lower_key(condition)))
}

/// The principals that a statement names, not those it excludes.
pub(super) fn principals(statement: &Statement) -> &[Spanned<PrincipalEntry>] {
    match &statement.principal {
        Some(Selector::In(entries)) => entries,
        Some(Selector::NotIn(_)) | None => &[],
    }
}

/// Where a statement itself stands.
pub(super) fn statement_place(statement: &Statement) -> Place {
    Place::from(statement.span)
}

/// Whether an operator tests that a value is one of those given: no negation.
pub(super) fn is_positive(operator: Operator) -> bool {
    !operator.test.is_negated()
}

/// What was found.
pub(super) struct Report<'s> {
    subject: &'s Subject<'s>,
    findings: Vec<Finding>,
}

impl<'s> Report<'s> {
    pub(super) fn new(subject: &'s Subject<'s>) -> Report<'s> {
        Report { subject, findings: Vec::new() }
    }

    /// Adds a finding of a check, where it is about policies of this type.
    pub(super) fn add(&mut self, code: &str, place: impl Into<Place>, message: impl Into<String>) {
        self.group(code, [place.into()], message, None);
    }

    /// Adds a finding, with what to write instead.
    pub(super) fn suggest(
        &mut self,
        code: &str,
        place: impl Into<Place>,
        message: impl Into<String>,
        suggestion: Option<String>,
    ) {
        self.group(code, [place.into()], message, suggestion);
    }

    /// Adds a finding that is about several places.
    pub(super) fn group(
        &mut self,
        code: &str,
        places: impl IntoIterator<Item = Place>,
        message: impl Into<String>,
        suggestion: Option<String>,
    ) {
        let check = table::check(code).expect("INVARIANT (every code is in the table)");
        if !check.types.contain(self.subject.policy_type()) {
            return;
        }
        let located = places.into_iter().map(|place| place.locate(self.subject.root(), self.subject.text));
        self.findings.push(Finding {
            code: check.code,
            finding_type: check.finding_type,
            message: message.into(),
            suggestion,
            locations: located.collect(),
            example: None,
        });
    }

    /// Adds a finding that a request shows.
    pub(super) fn show(
        &mut self,
        code: &str,
        place: impl Into<Place>,
        message: impl Into<String>,
        example: Option<Request>,
    ) {
        let known = self.findings.len();
        self.add(code, place, message);
        if let Some(added) = self.findings.get_mut(known) {
            added.example = example;
        }
    }

    /// All of it, in the order of the text.
    pub(super) fn findings(mut self) -> Vec<Finding> {
        self.findings.sort_by(|one, other| {
            (one.span(), other.finding_type, one.code).cmp(&(other.span(), one.finding_type, other.code))
        });
        self.findings.dedup();
        self.findings
    }
}
