//! Policies of both sides beside each other, as subjects of the analysis, and what came of comparing them.

use std::collections::BTreeSet;

use super::super::access;
use super::super::alone::{layer_policy, type_of_both};
use super::super::error::{CliError, ErrorKind};
use super::super::meaning::{Meaning, Named, Place};
use super::super::output::Output;
use super::super::policy_type::TypeName;
use super::super::text::shown;
use super::Layout;
use super::beside::Beside;
use super::template;
use crate::analysis::{Diff, Part, Subject, alone};
use crate::catalog::Catalog;
use crate::layers::LayerPolicy;
use crate::policy::{Document, PolicyType};
use crate::tell::{Change, Direction, Source, Teller, Told};

/// Two subjects to be compared.
#[derive(Debug)]
pub(super) struct Pair {
    /// What the old side is known as; none: it has no such file.
    pub(super) old_label: Option<String>,
    /// What the new side is known as.
    pub(super) new_label: Option<String>,
    /// The path of both in their folders.
    pub(super) name: Option<String>,
    /// What is compared with.
    pub(super) old: Subject,
    /// What is compared.
    pub(super) new: Subject,
    /// Both beside another policy.
    pub(super) beside: Beside,
    /// Whether the documents differ beyond their formatting.
    pub(super) wording: Wording,
    /// The labels that are files.
    pub(super) files: BTreeSet<String>,
}

/// How two documents differ as texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wording {
    /// They have one canonical form.
    Same,
    /// They say something otherwise, be it to the same effect.
    Changed,
}

/// About which requests two subjects are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// All.
    Everything,
    /// Those that `--action` and `--resource` name; what a changed text does elsewhere is not known then.
    Part,
}

/// A pair and its difference.
#[derive(Debug)]
pub(super) struct Compared {
    /// What was compared.
    pub(super) pair: Pair,
    /// About which requests.
    pub(super) asked: Asked,
    /// What is allowed now and was not.
    pub(super) gained: Vec<Told>,
    /// What was allowed and is not now.
    pub(super) lost: Vec<Told>,
    /// Statements whose text changed without effect.
    pub(super) reworded: Vec<(Source, Change)>,
    /// What is denied to other policies.
    pub(super) denials: Denials,
}

/// Whether two policies that are equal by themselves deny the same to other policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Denials {
    /// They do, or are not equal.
    Same,
    /// They do not.
    Changed,
}

impl Pair {
    /// The pair as it is compared: what only denies, beside what it denies.
    pub(super) fn compared(mut self) -> Pair {
        match std::mem::replace(&mut self.beside, Beside::Nothing) {
            Beside::Compared(sides) => {
                let [old, new] = *sides;
                Pair { old, new, ..self }
            }
            beside => Pair { beside, ..self },
        }
    }

    /// `old.json → new.json`, or the path of both.
    pub(super) fn label(&self) -> String {
        let of = |label: &Option<String>| {
            label.as_ref().map_or_else(|| "nothing".to_owned(), |label| shown(label))
        };
        match &self.name {
            Some(name) => shown(name),
            None => format!("{} → {}", of(&self.old_label), of(&self.new_label)),
        }
    }
}

impl Compared {
    /// A pair with its difference in a part of all requests, told.
    pub(super) fn of(pair: Pair, diff: &Diff, denials: Denials, part: &Part, catalog: &Catalog) -> Compared {
        let teller = Teller::between(catalog, &pair.old, &pair.new).within_part(part);
        let gained: Vec<Told> =
            diff.gained.iter().map(|clause| teller.tell(clause, Direction::Gained)).collect();
        let lost: Vec<Told> = diff.lost.iter().map(|clause| teller.tell(clause, Direction::Lost)).collect();
        let all: Vec<Told> = gained.iter().chain(&lost).cloned().collect();
        let asked = if *part == Part::default() { Asked::Everything } else { Asked::Part };
        let reworded = match asked {
            Asked::Everything if denials == Denials::Same => teller.without_effect(&all),
            Asked::Everything | Asked::Part => Vec::new(),
        };
        Compared { pair, asked, gained, lost, reworded, denials }
    }

    /// Whether something is certain to have been gained or lost.
    pub(super) fn is_sure(&self, direction: Direction) -> bool {
        let told = if direction == Direction::Lost { &self.lost } else { &self.gained };
        told.iter().any(|told| told.example.is_some())
    }

    /// Whether the documents differ beyond their formatting.
    pub(super) fn is_text_changed(&self) -> bool {
        self.pair.wording == Wording::Changed
    }

    /// What is possible beyond the verdict.
    pub(super) fn possibly(&self) -> Vec<Direction> {
        let only_possible =
            |told: &[Told]| !told.is_empty() && told.iter().all(|told| told.example.is_none());
        let gained = only_possible(&self.gained).then_some(Direction::Gained);
        gained.into_iter().chain(only_possible(&self.lost).then_some(Direction::Lost)).collect()
    }

    /// The verdict in one word: the fifth is for what is only possible.
    pub(super) fn word(&self) -> &'static str {
        verdict(std::slice::from_ref(self))
    }

    /// Whether the text changed, and access did not.
    pub(super) fn is_reworded(&self) -> bool {
        self.word() == "equivalent"
            && self.is_text_changed()
            && self.asked == Asked::Everything
            && self.denials == Denials::Same
    }
}

/// The verdict over some pairs in one word.
pub(super) fn verdict(pairs: &[Compared]) -> &'static str {
    access::verdict(pairs.iter().flat_map(|pair| &pair.gained), pairs.iter().flat_map(|pair| &pair.lost))
}

/// What is to be compared with what, and the addresses of what is not known.
pub(super) fn pairs(
    old: Meaning,
    new: Meaning,
    typed: Option<TypeName>,
    out: &mut Output,
) -> Result<(Vec<Pair>, Vec<String>, Layout), CliError> {
    let typed = typed.map(TypeName::policy_type);
    match (old, new) {
        (Meaning::Policy(old), Meaning::Policy(new)) => {
            Ok((vec![pair(None, Some(&old), Some(&new), typed, out)?], Vec::new(), Layout::One))
        }
        (Meaning::Folder(old), Meaning::Folder(new)) => {
            let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            if names.is_empty() {
                return Err(CliError::new(ErrorKind::NotFound, "there is no .json file in these folders"));
            }
            let pair = |name: &String| pair(Some(name), old.get(name), new.get(name), typed, out);
            Ok((names.into_iter().map(pair).collect::<Result<_, _>>()?, Vec::new(), Layout::Many))
        }
        (Meaning::Template(old), Meaning::Template(new)) => {
            let (pairs, unknown) = template::pairs(&old, &new, typed, out)?;
            Ok((pairs, unknown, Layout::Many))
        }
        (Meaning::Principal(old_label, old), Meaning::Principal(new_label, new)) => {
            let pair = Pair {
                old_label: Some(old_label),
                new_label: Some(new_label),
                name: None,
                wording: if old == new { Wording::Same } else { Wording::Changed },
                old: *old,
                new: *new,
                beside: Beside::Nothing,
                files: BTreeSet::new(),
            };
            Ok((vec![pair], Vec::new(), Layout::One))
        }
        _ => Err(CliError::new(
            ErrorKind::Usage,
            "a folder is compared with a folder, a template with a template, a principal with a principal, a policy with a policy",
        )
        .hint("name a file in the folder, or another folder")),
    }
}

/// Two policies, or one and none, beside each other.
pub(super) fn pair(
    name: Option<&String>,
    old: Option<&Named>,
    new: Option<&Named>,
    typed: Option<PolicyType>,
    out: &mut Output,
) -> Result<Pair, CliError> {
    let policy_type = type_of_both(typed, old, new)?;
    let wording = match (old, new) {
        (Some(old), Some(new))
            if Document::new(old.text.clone()).id() == Document::new(new.text.clone()).id() =>
        {
            Wording::Same
        }
        _ => Wording::Changed,
    };
    let mut read =
        |named: Option<&Named>| named.map(|named| layer_policy(named, policy_type, out)).transpose();
    let (old_policy, new_policy) = (read(old)?, read(new)?);
    let beside = Beside::of(policy_type, [&old_policy, &new_policy]);
    let subject = |policy: Option<LayerPolicy>| alone(policy.into_iter().collect(), policy_type);
    let label = |named: Option<&Named>| named.map(|named| named.label.clone());
    let files = old.into_iter().chain(new).filter(|named| named.place == Place::File);
    Ok(Pair {
        old_label: label(old),
        new_label: label(new),
        name: name.cloned(),
        old: subject(old_policy),
        new: subject(new_policy),
        beside,
        wording,
        files: files.map(|named| named.label.clone()).collect(),
    })
}
