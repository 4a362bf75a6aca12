//! The answers about one action on one resource, in words; and as JSON.

use std::collections::{BTreeMap, BTreeSet};

use itertools::Itertools;
use serde_json::{Value as Json, json};

use super::super::can::report::notes::general_note;
use super::super::exit::Exit;
use super::super::told::unmodelled;
use super::super::when::{when_json, when_words};
use super::Named;
use super::names::{NEEDS, Names};
use crate::ask::{Note, Reply};
use crate::layers::{Layer, LayerPolicy};
use crate::policy::{Statement, position};
use crate::question;
use crate::stored::Everyone;
use crate::who_can::{Answered, Answers, Asker, OwnPolicies, Question, Via, Who};

/// The form of the object.
const SCHEMA: &str = "iamdb.who-can/1";

/// Who can do one thing.
pub(super) struct Answer {
    pub(super) action: String,
    pub(super) resource: String,
    /// Those who can, or may be.
    pub(super) rows: Vec<Row>,
    /// How many were asked about.
    pub(super) asked: usize,
    /// What the answers are to be read with.
    pub(super) notes: BTreeSet<String>,
}

/// Somebody who can, or may be.
pub(super) struct Row {
    /// What people call it.
    pub(super) who: String,
    /// The ARN, or what else names it for programs.
    pub(super) principal: String,
    pub(super) kind: &'static str,
    /// `yes`, `depends`, `undecided`, or `no answer`.
    pub(super) answer: &'static str,
    /// Under which condition it is yes, or why it is neither yes nor no.
    pub(super) when: Option<String>,
    when_json: Json,
    /// What else it takes.
    pub(super) needs: Option<&'static str>,
    /// Who would be one of them and cannot, by what people and programs call it.
    pub(super) except: Vec<(String, String)>,
    /// By which rule of the evaluation.
    route: Option<&'static str>,
    /// By which statements.
    pub(super) via: Vec<Way>,
}

/// A statement that lets somebody.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Way {
    layer: Layer,
    policy: String,
    kind: String,
    group: Option<String>,
    line: usize,
    sid: Option<String>,
    index: usize,
}

impl Answer {
    pub(super) fn of(question: &Question<'_>, everyone: &Everyone, found: &Answers, named: &Named) -> Answer {
        let names = Names::new(everyone);
        let (mut rows, mut asked) = (Vec::new(), 0);
        let (mut at, mut excepted) = (BTreeMap::new(), Vec::new());
        let mut notes = BTreeSet::new();
        for asker in &found.askers {
            let is_asked = match &asker.who {
                Who::Stored(nth) => names.holders.get(*nth).is_some_and(|holder| named.is_asked(holder)),
                _ => named.0.is_none(),
            };
            if !is_asked {
                continue;
            }
            asked += 1;
            let Some(answered) = found.answers.get(asker.answer) else { continue };
            match Row::of(asker, answered, everyone, &names) {
                Some(row) => {
                    at.insert(&asker.who, rows.len());
                    rows.push(row);
                }
                None => excepted.extend(asker.general.as_ref().map(|general| (general, &asker.who))),
            }
        }
        for (general, who) in excepted {
            let row: Option<&mut Row> = at.get(general).and_then(|&at| rows.get_mut(at));
            if let Some((row, (who, principal, _))) = row.zip(names.of(who)) {
                row.except.push((who, principal));
            }
        }
        notes.extend(unmodelled(found.answers.iter().flat_map(|answered| answered.layers.not_modelled())));
        for reply in found.answers.iter().filter_map(|answered| answered.reply.as_ref().ok()) {
            notes.extend(reply.notes.iter().filter_map(|note| general_note(note, &question.action)));
        }
        Answer {
            action: question.action.to_string(),
            resource: question.resource.to_string(),
            rows,
            asked,
            notes,
        }
    }
}

impl Row {
    /// None for who cannot.
    fn of(asker: &Asker, answered: &Answered, everyone: &Everyone, names: &Names<'_>) -> Option<Row> {
        let (who, principal, kind) = names.of(&asker.who)?;
        let (answer, when, when_json) = match &answered.reply {
            Err(error) => ("no answer", Some(error.to_string()), Json::Null),
            Ok(reply) => match &reply.answer {
                question::Answer::Depends(depends) => {
                    ("depends", Some(when_words(&depends.when)), when_json(&depends.when))
                }
                decided @ question::Answer::Decided(_) => match decided.word() {
                    "undecided" => ("undecided", Some(unknown(reply)), Json::Null),
                    decided => (decided, None, Json::Null),
                },
            },
        };
        if answer == "no" {
            return None;
        }
        let needs = (answered.own_policies == OwnPolicies::Needed).then_some(NEEDS);
        let route = answered.allowed().map(|evaluation| evaluation.route.name());
        let via = asker.via.iter().filter_map(|via| Way::of(via, answered, everyone)).collect();
        let except = Vec::new();
        Some(Row { who, principal, kind, answer, when, when_json, needs, except, route, via })
    }

    /// Who would be one of them and cannot; none where that is nobody.
    pub(super) fn but_not(&self) -> Option<String> {
        let names = self.except.iter().map(|(name, _)| name.as_str()).join(", ");
        (!names.is_empty()).then_some(names)
    }

    pub(super) fn json(&self) -> Json {
        let mut object = json!({
            "principal": self.principal,
            "kind": self.kind,
            "answer": self.answer,
            "own_policies": if self.needs.is_some() { "needed" } else { "known" },
            "except": self.except.iter().map(|(_, principal)| principal).collect::<Vec<_>>(),
            "route": self.route,
            "via": self.via.iter().map(Way::json).collect::<Vec<_>>(),
        });
        match self.answer {
            "depends" => object["when"] = self.when_json.clone(),
            "no answer" | "undecided" => object["why"] = json!(self.when),
            _ => {}
        }
        object
    }
}

/// Which documents are not known.
fn unknown(reply: &Reply) -> String {
    let name = |note: &Note| match note {
        Note::UnknownDocument { layer, policy } => {
            Some(format!("{layer}: the document of {policy} is not known"))
        }
        _ => None,
    };
    reply.notes.iter().filter_map(name).join("; ")
}

impl Way {
    fn of(via: &Via, answered: &Answered, everyone: &Everyone) -> Option<Way> {
        match via {
            Via::Held { policy, group, position } => {
                let policy = everyone.policies().get(*policy)?;
                let statement = policy.statements().get(*position)?;
                Some(Way { group: group.clone(), ..Way::new(Layer::Identity, policy, statement) })
            }
            Via::Layer(of) => {
                let (policy, statement) = answered.layers.policy(*of).zip(answered.layers.statement(*of))?;
                Some(Way::new(of.layer, policy, statement))
            }
        }
    }

    fn new(layer: Layer, policy: &LayerPolicy, statement: &Statement) -> Way {
        let line = policy.document.as_ref().map_or(1, |of| position(&of.text, statement.span.start).0);
        Way {
            layer,
            policy: policy.name.clone(),
            kind: policy.kind.clone(),
            group: None,
            line,
            sid: statement.sid.clone(),
            index: statement.index,
        }
    }

    /// Whether it is of the principal itself or one of its groups: one of several is enough.
    pub(super) fn is_own(&self) -> bool {
        self.layer == Layer::Identity
    }

    /// In one line.
    pub(super) fn words(&self) -> String {
        let Way { policy, kind, group, line, sid, index, .. } = self;
        let sid = sid.clone().unwrap_or_else(|| format!("statement {index}"));
        let of = group.as_ref().map_or_else(String::new, |group| format!(" of group/{group}"));
        format!("{policy}:{line} {sid} ({kind}{of})")
    }

    fn json(&self) -> Json {
        let Way { layer, policy, kind, group, line, sid, index } = self;
        json!({
            "layer": layer.name(),
            "policy": policy,
            "kind": kind,
            "group": group,
            "line": line,
            "sid": sid,
            "index": index,
        })
    }
}

/// For programs.
pub(super) fn object(answers: &[Answer], catalogue: &str) -> Json {
    let one = |answer: &Answer| {
        json!({
            "action": answer.action,
            "resource": answer.resource,
            "asked": answer.asked,
            "principals": answer.rows.iter().map(Row::json).collect::<Vec<_>>(),
        })
    };
    json!({
        "schema": SCHEMA,
        "catalogue": catalogue,
        "answers": answers.iter().map(one).collect::<Vec<_>>(),
    })
}

/// Somebody can, somebody may, nobody can; or somebody got no answer.
pub(super) fn exit(answers: &[Answer]) -> Exit {
    let is = |word: &str| answers.iter().flat_map(|answer| &answer.rows).any(|row| row.answer == word);
    match () {
        () if is("no answer") => Exit::CouldNotAnswer,
        () if is("yes") => Exit::Yes,
        () if is("depends") || is("undecided") => Exit::Undecided,
        () => Exit::No,
    }
}
