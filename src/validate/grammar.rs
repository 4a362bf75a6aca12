//! What the parser finds, as findings: the same codes, with AWS's finding types.

use super::arn::FORM;
use super::place::Place;
use super::subject::{Report, Subject};
use crate::policy::{Consequence, Diagnostic, PolicyType, Severity, Step};

/// What the parser says of identity policies only, and other checks here of all.
const ELSEWHERE: [&str; 6] = [
    "INVALID_PARTITION",
    "INVALID_SERVICE",
    "WILDCARD_IN_SERVICE_NAME",
    "ARN_REGION_NOT_ALLOWED",
    "MISSING_ARN_FIELD",
    "POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA",
];

pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for diagnostic in &subject.reading.parsed.diagnostics {
        if ELSEWHERE.contains(&diagnostic.code) || is_iams_own(diagnostic) {
            continue;
        }
        let code = match diagnostic.code {
            "INVALID_FEDERATED_PRINCIPAL_SYNTAX_IN_ROLE_TRUST_POLICY"
                if subject.policy_type() != PolicyType::Trust =>
            {
                "FEDERATED_PRINCIPAL_NOT_SUPPORTED"
            }
            // What has too few fields to be an ARN is told so first: AWS finds that in `fakeArn`.
            "INVALID_ARN_PREFIX" if colons(diagnostic, subject) < 5 => "MISSING_ARN_FIELD",
            _ if has_variable(diagnostic, subject) => "VARIABLE_UNSUPPORTED_IN_ELEMENT",
            code => code,
        };
        let place = match (code, subject.root()) {
            ("JSON_SYNTAX_ERROR", root) if root.is_none() || diagnostic.path.0.is_empty() => {
                Place::Bytes(diagnostic.span)
            }
            (_, _) if diagnostic.path.0.is_empty() => Place::Document,
            _ => Place::from(diagnostic.span),
        };
        let suggestion = (code == "MISSING_ARN_FIELD").then(|| FORM.to_owned());
        report.suggest(code, place, diagnostic.message.clone(), suggestion);
    }
}

/// What IAM asks of a document before it stores it, and AWS's checks do not: the newer version (R-GRM-10), escapes
/// within its repertoire (R-GRM-2).
fn is_iams_own(diagnostic: &Diagnostic) -> bool {
    match diagnostic.code {
        "INVALID_VERSION" => diagnostic.consequence == Consequence::None,
        "JSON_SYNTAX_ERROR" => diagnostic.severity == Severity::Warning,
        _ => false,
    }
}

/// Whether it is about an action or a principal that is written with a policy variable.
fn has_variable(diagnostic: &Diagnostic, subject: &Subject<'_>) -> bool {
    let codes = [
        "INVALID_ACTION",
        "INVALID_PRINCIPAL_FORMAT",
        "INVALID_SERVICE_PRINCIPAL_FORMAT",
        "UNSUPPORTED_WILDCARD_IN_PRINCIPAL",
        "INVALID_FEDERATED_PRINCIPAL_SYNTAX_IN_ROLE_TRUST_POLICY",
        "UNSUPPORTED_SID",
    ];
    let in_list = matches!(diagnostic.path.0.last(), Some(Step::Key(_) | Step::Index(_)));
    codes.contains(&diagnostic.code) && in_list && written(diagnostic, subject).contains("${")
}

/// What the author wrote there.
fn written<'s>(diagnostic: &Diagnostic, subject: &'s Subject<'_>) -> &'s str {
    subject.text.get(diagnostic.span.start..diagnostic.span.end).unwrap_or_default()
}

fn colons(diagnostic: &Diagnostic, subject: &Subject<'_>) -> usize {
    written(diagnostic, subject).matches(':').count()
}
