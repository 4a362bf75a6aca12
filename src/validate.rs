//! The published policy checks of IAM Access Analyzer, offline (semantics 6).
//!
//! The parser finds what is wrong with the grammar; here that becomes findings as AWS gives them, and the other checks
//! look at what was parsed: one file for each family, and one table ([`CHECKS`]) that lists every code with what it
//! means, how bad it is and what decides it. Where AWS compares texts, this compares what they mean: an action is
//! redundant if whatever it matches another entry matches.
//!
//! The catalogue says what exists. For a service that it does not know nothing is found but that (R-AA-3).

mod always;
mod action;
mod address;
mod arn;
mod confine;
mod facts;
mod grammar;
mod inclusion;
mod key;
mod reliance;
mod kind;
mod oidc;
mod operator;
mod organization;
mod pass_role;
mod place;
mod principal;
mod proof;
mod redundant;
mod region;
mod resource_type;
mod service_principal;
mod shape;
mod size;
mod subject;
mod table;
mod tag;
mod together;
mod trust;
mod value;

use std::fmt;

use jiff::Timestamp;

use crate::algebra::Budget;
use crate::analysis::{Analysis, AnalysisError};
use crate::catalog::Catalog;
use crate::compile::Typing;
use crate::policy::{PolicyType, Span, read};
use crate::request::Request;

pub use place::{Location, PathElement};
pub use proof::{Escalation, Step, escalations};
pub use resource_type::{RESOURCE_TYPES, ResourceType};
pub use table::{Basis, CHECKS, Check, Types, check};

use facts::Facts;
use subject::{Report, Subject};

/// How bad a finding is (R-AA-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FindingType {
    /// It could be written better.
    Suggestion,
    /// It does not do what it seems to.
    Warning,
    /// It allows more than it should.
    SecurityWarning,
    /// It does not work.
    Error,
}

impl FindingType {
    /// Every one, the worst first.
    pub const ALL: [FindingType; 4] =
        [FindingType::Error, FindingType::SecurityWarning, FindingType::Warning, FindingType::Suggestion];

    /// AWS's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            FindingType::Suggestion => "SUGGESTION",
            FindingType::Warning => "WARNING",
            FindingType::SecurityWarning => "SECURITY_WARNING",
            FindingType::Error => "ERROR",
        }
    }
}

impl fmt::Display for FindingType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One finding (R-AA-4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// AWS's issue code.
    pub code: &'static str,
    /// How bad it is.
    pub finding_type: FindingType,
    /// What is wrong: lower case, no final period, the author's words in backticks.
    pub message: String,
    /// What to write instead, where that is known: `` did you mean `s3:GetObject`? ``
    pub suggestion: Option<String>,
    /// Where, in the order of the text; never empty.
    pub locations: Vec<Location>,
    /// A request that shows it, which the evaluator decided.
    pub example: Option<Request>,
}

impl Finding {
    /// Where AWS explains its check, or the rules that it follows from.
    pub fn learn_more(&self) -> String {
        check(self.code).map(Check::learn_more).unwrap_or_default()
    }

    /// The place that is shown first.
    pub fn span(&self) -> Span {
        self.locations.first().map_or(Span { start: 0, end: 0 }, |location| location.span)
    }
}

/// What a policy is checked as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Where it is used.
    pub policy_type: PolicyType,
    /// Of what it is the policy, where that is known (R-FMT-42).
    pub resource_type: Option<&'static ResourceType>,
    /// The grammar of service control policies (R-GRM-33).
    pub scp_grammar: ScpGrammar,
}

impl Options {
    /// A policy of some type, by today's grammar.
    pub fn new(policy_type: PolicyType) -> Options {
        Options { policy_type, resource_type: None, scp_grammar: ScpGrammar::Full }
    }
}

/// What service control policies may be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScpGrammar {
    /// The whole language, since September 2025.
    Full,
    /// Wildcards at the end of an action only.
    BeforeSeptember2025,
}

/// The checks of one family: they add what they find.
type Family = fn(&Subject<'_>, &mut Report<'_>);

/// All of them.
const FAMILIES: [Family; 22] = [
    grammar::check,
    shape::check,
    size::check,
    action::check,
    arn::check,
    resource_type::check,
    key::check,
    reliance::check,
    kind::check,
    operator::check,
    value::check,
    address::check,
    always::check,
    tag::check,
    pass_role::check,
    redundant::check,
    principal::check,
    service_principal::check,
    trust::check,
    oidc::check,
    organization::check,
    confine::check,
];

/// Checks policies by one catalogue; what was unpacked of it is kept from one to the next.
#[derive(Debug)]
pub struct Validator<'c> {
    facts: Facts<'c>,
    since: Option<Timestamp>,
}

impl<'c> Validator<'c> {
    /// By a catalogue.
    pub fn new(catalog: &'c Catalog) -> Validator<'c> {
        Validator { facts: Facts::new(catalog), since: None }
    }

    /// What is proved is of requests from some time on: a statement whose dates are past never applies.
    #[must_use]
    pub fn since(self, since: Timestamp) -> Validator<'c> {
        Validator { since: Some(since), ..self }
    }

    fn analysis(&self) -> Analysis<'c> {
        Analysis::new(self.facts.catalog(), Typing::Typed, Budget::default()).since(self.since)
    }

    /// Every finding in a text, in the order of the text. Total: what is no policy at all has findings that say so.
    ///
    /// ```
    /// # use iamdb::catalog::Catalog;
    /// # use iamdb::policy::PolicyType;
    /// # use iamdb::validate::{Options, Validator};
    /// let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObjct","Resource":"*"}}"#;
    /// let catalog = Catalog::embedded();
    /// let found = Validator::new(&catalog).validate(text, &Options::new(PolicyType::Identity));
    /// assert_eq!(found[0].code, "INVALID_ACTION");
    /// assert_eq!(found[0].suggestion.as_deref(), Some("did you mean `s3:GetObject`?"));
    /// ```
    pub fn validate(&self, text: &str, options: &Options) -> Vec<Finding> {
        let reading = read(text, options.policy_type);
        let subject = Subject::new(text, &reading, options, &self.facts);
        let mut report = Report::new(&subject);
        for family in FAMILIES {
            family(&subject, &mut report);
        }
        report.findings()
    }

    /// Every finding that the algebra makes: AWS has no such checks. An error where the policy is too complicated.
    pub fn prove(&self, text: &str, options: &Options) -> Result<Vec<Finding>, AnalysisError> {
        let reading = read(text, options.policy_type);
        let subject = Subject::new(text, &reading, options, &self.facts);
        let mut report = Report::new(&subject);
        proof::check(&subject, self.analysis(), &mut report)?;
        Ok(report.findings())
    }
}
