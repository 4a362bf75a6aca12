//! Resources to which no action of their statement applies.

use crate::pattern::{Pattern, Piece};
use crate::policy::{ActionPattern, ResourcePattern, Selector, Spanned};
use crate::validate::action::matching;
use crate::validate::facts::{Facts, Shape};
use crate::validate::subject::{Report, Subject};

pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for statement in &subject.statements {
        let (Selector::In(actions), Some(Selector::In(resources))) = (&statement.action, &statement.resource)
        else {
            continue;
        };
        // Of what was left out as no action nothing is known.
        let mut unread = subject.reading.parsed.diagnostics.iter().filter(|of| of.code == "INVALID_ACTION");
        let is_whole = !unread.any(|of| (statement.span.start..statement.span.end).contains(&of.span.start));
        let Some(shapes) = shapes(actions, subject.facts).filter(|_| is_whole) else { continue };
        for entry in resources {
            let ResourcePattern::Arn(fields) = &entry.value else { continue };
            // All that a service has is as good as `*`, by which actions without resources are allowed.
            let is_all = fields.last().is_some_and(Pattern::is_all_stars);
            if is_all || shapes.iter().any(|shape| fits(shape, fields)) {
                continue;
            }
            let mut expected: Vec<&str> = shapes.iter().map(|shape| shape.written.as_str()).collect();
            expected.sort_unstable();
            expected.dedup();
            let suggestion = match expected.as_slice() {
                [] => "they are about `*` only".to_owned(),
                [one] => format!("they are about `{one}`"),
                [one, other] => format!("they are about `{one}` and `{other}`"),
                [one, rest @ ..] => {
                    format!("they are about `{one}` and {} other types of resources", rest.len())
                }
            };
            let message = "by the catalogue no action of the statement applies to the resource";
            report.suggest("RESOURCE_WITHOUT_ACTION", entry.span, message, Some(suggestion));
        }
    }
}

/// What the resources of some actions look like; none where that is not known of all of them.
fn shapes(actions: &[Spanned<ActionPattern>], facts: &Facts<'_>) -> Option<Vec<Shape>> {
    let mut shapes = Vec::new();
    for entry in actions {
        let ActionPattern::Named { service: Some(service), name } = &entry.value else { return None };
        let known = facts.service(service)?;
        let mut is_known = false;
        for action in matching(&known, name) {
            is_known = true;
            for resource in &action.resources {
                let before = shapes.len();
                shapes.extend(
                    known.shapes.iter().filter(|shape| shape.type_name == resource.type_name).cloned(),
                );
                (shapes.len() > before).then_some(())?;
            }
        }
        is_known.then_some(())?;
    }
    Some(shapes)
}

fn fits(shape: &Shape, fields: &[Pattern]) -> bool {
    let mut pairs = shape.fields.iter().zip(fields);
    shape.fields.len() != fields.len()
        || pairs.all(|(shape, field)| shape.meets(&field.with_variables_as(&Piece::Star)))
}
