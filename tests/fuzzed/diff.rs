//! A line that names the type of two policies, and their texts with a line `---` between them: what the difference says
//! of each witness the evaluator says again, and the way back is the difference mirrored.

use iamdb::analysis::{Analysis, AnalysisError, Clause, Diff, Part, Subject, Verdict, alone};
use iamdb::compile::Typing;
use iamdb::eval::Decision;

use super::validate::policy_type;
use super::{BUDGET, CATALOG, head, lossy};
use crate::asking::layer_policy;

pub(super) fn run(input: &[u8]) {
    let input = lossy(input);
    let (line, texts) = head(&input);
    let Some((old, new)) = texts.split_once("\n---\n") else { return };
    let policy_type = policy_type(line);
    let subject = |text: &str| alone(vec![layer_policy(text, policy_type)], policy_type);
    let (old, new) = (subject(old), subject(new));
    let (Some(there), Some(back)) = (difference(&old, &new), difference(&new, &old)) else { return };
    for (clauses, allowing, other) in [(&there.gained, &new, &old), (&there.lost, &old, &new)] {
        clauses.iter().for_each(|clause| is_replayed(clause, allowing, other));
    }
    if !there.is_possible_only() && !back.is_possible_only() {
        assert_eq!(there.verdict, mirrored(back.verdict));
    }
}

/// The difference; none where it takes more than the budget.
fn difference(old: &Subject, new: &Subject) -> Option<Diff> {
    let diff = CATALOG
        .with(|catalog| Analysis::new(catalog, Typing::Typed, BUDGET).diff(old, new, &Part::default()));
    match diff {
        Ok(diff) => Some(diff),
        Err(AnalysisError::Compile(_)) => None,
        Err(error @ AnalysisError::Disagreement { .. }) => panic!("{error}"),
    }
}

fn is_replayed(clause: &Clause, allowing: &Subject, other: &Subject) {
    let Some(request) = clause.example() else { return };
    let is_allowed = |subject: &Subject| {
        let met = clause.standing.meets(subject);
        met.decide(request, 0).is_some_and(|evaluation| evaluation.decision == Decision::Allowed)
    };
    assert!(is_allowed(allowing), "{request:#?} is not allowed");
    assert!(!is_allowed(other), "{request:#?} is allowed by both");
}

/// The verdict on the way back.
pub(crate) fn mirrored(verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::Wider => Verdict::Narrower,
        Verdict::Narrower => Verdict::Wider,
        other => other,
    }
}
