//! A difference as a comment on a pull request: a table of what matters most, then requests that can be replayed.

use super::super::markdown::{code, text};
use super::super::text::{count, shown};
use super::pair::{Compared, Denials};
use super::text::overall;
use super::{Answer, Layout};
use crate::catalog::AccessLevel;
use crate::tell::{Detail, Direction, Told, request_json, severity};

/// How many rows a reviewer reads.
const ROWS: usize = 10;

/// The whole comment.
pub(super) fn written(answer: &Answer, detail: Detail) -> String {
    let mut rows: Vec<(&Compared, &Told)> = Vec::new();
    for pair in &answer.pairs {
        rows.extend(pair.gained.iter().chain(&pair.lost).map(|told| (pair, told)));
    }
    rows.sort_by_key(|(_, told)| urgency(told));
    let mut out = format!(
        "### IAM access: **{}**",
        overall(answer).to_lowercase().replace("both", "wider and narrower")
    );
    out.push_str(&summary(answer));
    out.push('\n');
    if !rows.is_empty() {
        let folders = answer.layout == Layout::Many;
        out.push_str(if folders {
            "\n| | Policy | Access | On | When | Cause |\n|---|---|---|---|---|---|\n"
        } else {
            "\n| | Access | On | When | Cause |\n|---|---|---|---|---|\n"
        });
        let most = if detail == Detail::Whole { rows.len() } else { ROWS };
        for (pair, told) in rows.iter().take(most) {
            out.push_str(&row(pair, told, answer.layout, detail));
        }
        if rows.len() > most {
            out.push_str(&format!("\nand {} more; `iamdb diff --expand` shows all\n", rows.len() - most));
        }
        out.push_str(&examples(rows.iter().take(most).map(|(_, told)| *told)));
    }
    out.push_str(&unmoved(answer));
    if !answer.unknown.is_empty() {
        let names: Vec<String> = answer.unknown.iter().map(|name| code(name)).collect();
        out.push_str(&format!("\nKnown only once it is deployed: {}\n", names.join(", ")));
    }
    out
}

/// What is gained before what is lost, and the worst first.
fn urgency(told: &Told) -> (bool, u8) {
    (told.direction == Direction::Lost, u8::MAX - told.level.map_or(u8::MAX, severity))
}

fn summary(answer: &Answer) -> String {
    let (mut gained, mut lost) = (0, 0);
    for pair in &answer.pairs {
        gained += pair.gained.len();
        lost += pair.lost.len();
    }
    let numbers = match (gained, lost) {
        (0, 0) => String::new(),
        (gained, 0) => format!(" · {gained} gained"),
        (0, lost) => format!(" · {lost} lost"),
        (gained, lost) => format!(" · {gained} gained, {lost} lost"),
    };
    let same = answer.pairs.iter().filter(|pair| pair.word() == "equivalent").count();
    match (answer.layout, same) {
        (Layout::One, _) | (Layout::Many, 0) => numbers,
        (Layout::Many, same) => format!("{numbers} · {} equivalent", count(same, "policy", "policies")),
    }
}

fn row(pair: &Compared, told: &Told, layout: Layout, detail: Detail) -> String {
    let words = told.words(detail);
    let cell = |label: &str| {
        let rows = words.rows.iter().filter(|row| row.label == label);
        rows.map(|row| text(&row.text)).collect::<Vec<_>>().join("<br>")
    };
    let mut on = code(words.rows.iter().find(|row| row.label == "on").map_or("*", |row| row.text.as_str()));
    for label in ["only", "by", "within", "except", "but"] {
        let more = cell(label);
        if !more.is_empty() {
            on.push_str(&format!("<br>{label} {more}"));
        }
    }
    let when = cell("when");
    let when = if when.is_empty() { "always".to_owned() } else { when };
    let policy =
        if layout == Layout::Many { format!("{} | ", code(&pair.pair.label())) } else { String::new() };
    let access = format!("{}<br>{}", code(&words.heading), words.level);
    format!("| {} | {policy}{access} | {on} | {when} | {} |\n", sign(told), cell("why"))
}

/// Told by colour and by a sign.
fn sign(told: &Told) -> &'static str {
    match (told.direction, told.level) {
        (Direction::Lost, _) => "⚪ −",
        (_, Some(AccessLevel::List | AccessLevel::Read | AccessLevel::Tagging)) => "🟠 +",
        (_, _) => "🔴 +",
    }
}

fn examples<'t>(told: impl Iterator<Item = &'t Told>) -> String {
    let requests: Vec<String> = told
        .filter_map(|told| {
            let request = request_json(&told.example.as_ref()?.request);
            let sign = if told.direction == Direction::Lost { "lost" } else { "gained" };
            Some(format!("{sign}: {}", shown(&request.to_string())))
        })
        .collect();
    if requests.is_empty() {
        return String::new();
    }
    // No line of these can begin like the fence.
    format!(
        "\n<details><summary>A request for each, decided on both sides</summary>\n\n~~~\n{}\n~~~\n</details>\n",
        requests.join("\n")
    )
}

fn unmoved(answer: &Answer) -> String {
    let names: Vec<String> =
        answer.pairs.iter().filter(|pair| pair.is_reworded()).map(|pair| code(&pair.pair.label())).collect();
    let mut out = if names.is_empty() {
        String::new()
    } else {
        format!("\n{}: the text changed, **access did not** (proved).\n", names.join(", "))
    };
    for pair in answer.pairs.iter().filter(|pair| pair.denials == Denials::Changed) {
        let name = code(&pair.pair.label());
        out.push_str(&format!(
            "\n{name}: by itself it allows the same; what it denies to other policies changed.\n"
        ));
    }
    for pair in answer.pairs.iter().filter(|pair| !pair.reworded.is_empty() && pair.word() != "equivalent") {
        let place = |(source, change): &(crate::tell::Source, crate::tell::Change)| {
            let sid = source.sid.as_ref().map(|sid| format!(" {sid}")).unwrap_or_default();
            format!(
                "{} ({})",
                code(&format!("{}:{}{sid}", source.policy, source.line)),
                super::text::change_word(*change)
            )
        };
        let places: Vec<String> = pair.reworded.iter().map(place).collect();
        out.push_str(&format!("\nText changed, access did not: {}\n", places.join(", ")));
    }
    out
}
