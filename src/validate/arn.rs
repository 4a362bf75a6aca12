//! ARNs of resources: their fields, and whether such a resource exists.
//!
//! A field that is a wildcard can be right whatever the catalogue says, so the fields that it decides are looked at
//! only where they are written out: AWS's own policies show that AWS does so, too.

use super::facts::{Facts, Shape};
use super::region;
use super::subject::{Report, Subject};
use crate::arn::PARTITIONS;
use crate::pattern::Pattern;
use crate::policy::{ResourcePattern, Selector, Span};

/// Resources of AWS itself, which have no account although the catalogue gives them one.
const OF_AWS: [(&str, &str); 3] =
    [("ssm", "document/"), ("ssm", "parameter/aws/"), ("resource-explorer-2", "view/AWS")];

/// What stands for an account where AWS, or somebody who sells by it, owns the resource.
const OWNERS: [&str; 4] = ["aws", "aws-marketplace", "third-party", "cloudfront"];

/// What the fields are.
pub(super) const FORM: &str = "an ARN is `arn:partition:service:region:account:resource`";

pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for statement in &subject.statements {
        for entry in statement.resource.iter().flat_map(Selector::entries) {
            if let ResourcePattern::Arn(fields) = &entry.value {
                check_arn(fields, &entry.value.to_string(), entry.span, subject.facts, report);
            }
        }
    }
}

fn check_arn(fields: &[Pattern], arn: &str, span: Span, facts: &Facts<'_>, report: &mut Report<'_>) {
    if fields.len() < 6 {
        let message = format!("`{arn}` has {} of the six fields of an ARN", fields.len());
        report.suggest("MISSING_ARN_FIELD", span, message, Some(FORM.to_owned()));
    }
    if let Some(partition) = written(fields, 1)
        && !PARTITIONS.contains(&partition)
    {
        let near = Facts::nearest(partition, PARTITIONS.into_iter().filter(|known| *known != "*"));
        let message = format!("the partition `{partition}` of `{arn}` does not exist");
        report.suggest("INVALID_PARTITION", span, message, Some(did_you_mean(near.unwrap_or("aws"))));
    }
    if let Some(account) = written(fields, 4)
        && !(account.is_empty() || is_account(account))
    {
        let message = format!("the account `{account}` of `{arn}` is not twelve digits");
        report.add("INVALID_ARN_ACCOUNT", span, message);
    }
    if let Some(name) = written(fields, 3)
        && !(name.is_empty() || region::exists(name))
    {
        let message = format!("the region `{name}` of `{arn}` does not exist");
        report.suggest("INVALID_ARN_REGION", span, message, region::suggestion(name));
    }
    match written(fields, 2) {
        None if fields.len() > 2 => {
            let message = format!("a wildcard in the service of `{arn}`: write one entry for each service");
            report.add("WILDCARD_IN_SERVICE_NAME", span, message);
        }
        None => {}
        Some(service) => of_service(service, fields, arn, span, facts, report),
    }
}

fn of_service(
    service: &str,
    fields: &[Pattern],
    arn: &str,
    span: Span,
    facts: &Facts<'_>,
    report: &mut Report<'_>,
) {
    let own = facts.service(service);
    let foreign = || facts.foreign_shapes(service);
    if own.is_none() && foreign().is_empty() {
        let message = format!("the service `{service}` of `{arn}` does not exist");
        let near = Facts::nearest(service, facts.catalog().service_prefixes());
        report.suggest("INVALID_SERVICE", span, message, near.map(did_you_mean));
        return;
    }
    let lower = service.to_ascii_lowercase();
    if lower != service {
        let message =
            format!("the service `{service}` of `{arn}` has capital letters, and so matches nothing");
        report.suggest("INVALID_ARN_SERVICE_CASE", span, message, Some(format!("write `{lower}`")));
        return;
    }
    let Some(resource) = fields.get(5) else { return };
    let fitting = |shape: &&Shape| shape.fields.get(5).is_some_and(|field| field.meets(resource));
    let shapes: Vec<&Shape> = own.iter().flat_map(|known| &known.shapes).collect();
    let mut fit: Vec<&Shape> = shapes.iter().copied().filter(fitting).collect();
    if fit.is_empty() {
        fit = foreign().iter().filter(fitting).collect();
    }
    let (region, account) = (written(fields, 3), written(fields, 4));
    if fit.is_empty() {
        if region.is_some() && account.is_some() && !shapes.is_empty() {
            let message = format!("no type of resource of `{service}` has an ARN such as `{arn}`");
            report.suggest("INVALID_ARN_RESOURCE", span, message, expected(&shapes, resource));
        }
        return;
    }
    let forms = || fit.first().map(|shape| format!("its form is `{}`", shape.written));
    let all = |field: usize, empty: bool| fit.iter().all(|shape| shape.is_empty(field) == empty);
    let resource_type = fit.first().map_or("", |shape| shape.type_name.as_str());
    let mut found = |code: &str, message: String| report.suggest(code, span, message, forms());
    if region.is_some_and(|region| !region.is_empty()) && all(3, true) {
        found(
            "ARN_REGION_NOT_ALLOWED",
            format!("`{arn}` names a region, and the ARN of a `{resource_type}` has none"),
        );
    }
    if account.is_some_and(is_account) && all(4, true) {
        found(
            "ARN_ACCOUNT_NOT_ALLOWED",
            format!("`{arn}` names an account, and the ARN of a `{resource_type}` has none"),
        );
    }
    if region == Some("") && account.is_some() && all(3, false) {
        found(
            "MISSING_ARN_REGION",
            format!("`{arn}` names no region, and the ARN of a `{resource_type}` has one"),
        );
    }
    if account == Some("") && region.is_some() && all(4, false) && !is_of_aws(service, resource) {
        found(
            "MISSING_ARN_ACCOUNT",
            format!("`{arn}` names no account, and the ARN of a `{resource_type}` has one"),
        );
    }
}

/// A field without wildcards and variables.
pub(super) fn written(fields: &[Pattern], nth: usize) -> Option<&str> {
    fields.get(nth).and_then(Pattern::as_text)
}

fn is_account(text: &str) -> bool {
    (text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())) || OWNERS.contains(&text)
}

fn is_of_aws(service: &str, resource: &Pattern) -> bool {
    let text = resource.to_string();
    OF_AWS.iter().any(|(of, start)| *of == service && text.starts_with(start))
}

/// The forms that there are, those first that begin alike.
fn expected(shapes: &[&Shape], resource: &Pattern) -> Option<String> {
    /// More than this helps nobody.
    const FEW: usize = 3;
    let text = resource.to_string();
    let alike = |shape: &&&Shape| {
        let form = shape.fields.get(5).map(Pattern::to_string).unwrap_or_default();
        std::cmp::Reverse(form.chars().zip(text.chars()).take_while(|(one, other)| one == other).count())
    };
    let mut nearest: Vec<&&Shape> = shapes.iter().collect();
    nearest.sort_by_key(alike);
    let forms: Vec<String> = nearest.iter().take(FEW).map(|shape| format!("`{}`", shape.written)).collect();
    (!forms.is_empty()).then(|| format!("forms are {}", forms.join(", ")))
}

fn did_you_mean(near: &str) -> String {
    format!("did you mean `{near}`?")
}
