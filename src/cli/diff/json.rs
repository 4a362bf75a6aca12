//! A difference for programs. `schema` names the form: members may be added to it, none changes its meaning.

use serde_json::{Value as Json, json};

use super::Answer;
use super::pair::{Compared, Denials, verdict};
use crate::tell::{Change, Direction, Source, Told};

/// The form of the object.
const SCHEMA: &str = "iamdb.diff/1";

/// The whole answer.
pub(super) fn object(answer: &Answer) -> Json {
    json!({
        "schema": SCHEMA,
        "verdict": overall(answer),
        "part": {
            "actions": answer.part.actions.iter().map(|entry| entry.value.to_string()).collect::<Vec<_>>(),
            "resources": answer.part.resources.iter().map(|entry| entry.value.to_string()).collect::<Vec<_>>(),
        },
        "catalogue": answer.catalogue,
        "subjects": answer.pairs.iter().map(subject).collect::<Vec<_>>(),
        "unknown": answer.unknown,
    })
}

/// The verdict over all that was compared, and what could not be.
fn overall(answer: &Answer) -> &'static str {
    match verdict(&answer.pairs) {
        "equivalent" if !answer.unknown.is_empty() => "unknown",
        word => word,
    }
}

fn subject(compared: &Compared) -> Json {
    let possibly = compared.possibly().into_iter().map(|direction| match direction {
        Direction::Lost => "narrower",
        Direction::Gained | Direction::Held => "wider",
    });
    json!({
        "name": compared.pair.name,
        "old": compared.pair.old_label,
        "new": compared.pair.new_label,
        "verdict": compared.word(),
        "possibly": possibly.collect::<Vec<_>>(),
        "text_changed": compared.is_text_changed(),
        "denials_changed": compared.denials == Denials::Changed,
        "gained": compared.gained.iter().map(Told::json).collect::<Vec<_>>(),
        "lost": compared.lost.iter().map(Told::json).collect::<Vec<_>>(),
        "without_effect": compared.reworded.iter().map(statement).collect::<Vec<_>>(),
    })
}

fn statement((source, change): &(Source, Change)) -> Json {
    let mut object = source.json();
    object["change"] = json!(change.name());
    object
}
