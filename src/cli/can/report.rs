//! The reply to `can`: its text, and how much of everything else is printed with it.

mod json;
pub(in crate::cli) mod notes;
mod trace;

use itertools::Itertools;

use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::output::{FAINT, Output, STRONG};
use super::super::session::shell_quoted;
use super::super::text::{Text, quoted_list, shown};
use super::super::when::{case_lines, cases_text, condition_text};
use crate::ask::{Ask, Near, Reply};
use crate::caller::{Caller, IamKind};
use crate::eval::{self, Decision, Fit, Route};
use crate::explain;
use crate::layers::{Layer, LayerPolicy, Level, StatementRef};
use crate::policy::{Effect, PrincipalEntry, Selector, Span, Spanned, Statement, position};
use crate::question::{Answer, Depends, Example};
use crate::request::{Context, Value};

/// How many near misses are worth reading.
const NEAR_SHOWN: usize = 5;

/// How much of an answer is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    /// The layers and statements that mattered.
    Brief,
    /// Every layer, and every statement about the action.
    Trace,
}

/// Prints a reply; its exit code.
pub(super) fn print(
    ask: &Ask<'_>,
    reply: &Reply,
    detail: Detail,
    out: &mut Output,
) -> Result<Exit, CliError> {
    for note in &reply.notes {
        out.note(&notes::note_text(note, ask));
    }
    for degraded in &reply.degraded {
        out.warning(&notes::degraded_text(degraded, ask))?;
    }
    if !reply.missing.is_empty() {
        let keys = quoted_list(&reply.missing);
        out.note(&format!("taken to be absent, although with a value they could change the answer: {keys}"));
    }
    out.answer(|| text(ask, reply, detail), || json::object(ask, reply))?;
    Ok(match reply.answer.word() {
        "yes" => Exit::Yes,
        "no" => Exit::No,
        _ => Exit::Undecided,
    })
}

fn principal(ask: &Ask<'_>) -> String {
    let Caller::Iam(caller) = ask.caller else { return ask.caller.to_string() };
    match &caller.kind {
        IamKind::User => format!("user/{}", caller.name),
        IamKind::RoleSession(None) => format!("role/{}", caller.name),
        IamKind::RoleSession(Some(session)) => format!("role/{} (session {session})", caller.name),
        IamKind::FederatedUser(_) => format!("federated-user/{}", caller.name),
        IamKind::Root => "root".to_owned(),
    }
}

fn text(ask: &Ask<'_>, reply: &Reply, detail: Detail) -> Vec<Text> {
    let word = reply.answer.word();
    let verb = if word == "no" { "cannot" } else { "can" };
    let whether = if word == "undecided" { "whether " } else { "" };
    let tail = match &reply.answer {
        Answer::Depends(depends) if !depends.when.provided.is_empty() => ", provided that",
        Answer::Depends(depends) => cases_text(&depends.when),
        Answer::Decided(_) => "",
    };
    let who = shown(&principal(ask));
    let headline =
        format!(": {whether}{who} {verb} {} on {}{tail}", ask.action, shown(&reply.resource.to_string()));
    let mut lines = vec![Text::styled(STRONG, word).and(headline)];
    match &reply.answer {
        Answer::Decided(example) => lines.extend(decided(ask, reply, example)),
        Answer::Depends(depends) => lines.extend(open(ask, reply, depends)),
    }
    if let Some(on_star) = &reply.on_star {
        lines.push(Text::default());
        lines.push(format!("on `*`, where AWS decides {}: {}", ask.action, on_star.word()).into());
    }
    if detail == Detail::Trace {
        lines.extend(trace::lines(ask, reply));
    }
    lines
}

/// The reasons of a definite answer.
fn decided(ask: &Ask<'_>, reply: &Reply, example: &Example) -> Vec<Text> {
    let evaluation = &example.evaluation;
    let request = ask.request(&reply.resource, example.context.clone());
    let why = || shown(&explain::why(ask.layers, &request, evaluation));
    let statements = |of: Vec<StatementRef>| -> Vec<Text> {
        of.into_iter().flat_map(|of| statement_text(ask, reply, of, &example.context)).collect()
    };
    let mut lines = vec![Text::default()];
    match evaluation.decision {
        Decision::Allowed => {
            if evaluation.route != Route::Identity || ask.caller.is_root() {
                lines.push(format!("  {}", why()).into());
            }
            lines.extend(statements(granting(reply)));
        }
        Decision::Unknown => lines.push("  a document that would decide is not known".into()),
        Decision::ExplicitlyDenied => {
            let denies = explain::denies(evaluation);
            lines.push(
                if denies.is_empty() { format!("  {}", why()) } else { "  an explicit deny:".to_owned() }
                    .into(),
            );
            let changes = explain::would_allow(ask.layers, &request, evaluation);
            let needs: Vec<String> =
                changes.into_iter().skip(denies.len()).map(|need| shown(&need)).collect();
            lines.extend(statements(denies));
            lines.push(Text::from(match needs.as_slice() {
                [] => "  but for that it would be allowed".to_owned(),
                needs => format!("  without that, too, {}", needs.join(", and ")),
            }));
        }
        Decision::ImplicitlyDenied => {
            lines.push(format!("  {}", why()).into());
            let deciding = granting(reply);
            let granted =
                ![Layer::Identity, Layer::Resource].iter().any(|of| evaluation.blocked_by.contains(of));
            if granted && !deciding.is_empty() {
                lines.push("  but for that it would be allowed:".into());
                lines.extend(statements(deciding));
            }
        }
    }
    if evaluation.decision == Decision::ImplicitlyDenied && !reply.near.is_empty() {
        lines.push("  nearly:".into());
        lines.extend(reply.near.iter().take(NEAR_SHOWN).flat_map(|near| near_text(ask, near)));
        if reply.near.len() > NEAR_SHOWN {
            lines.push(format!("  and {} more", reply.near.len() - NEAR_SHOWN).into());
        }
    }
    lines
}

/// The statements that decided, without those that let everything pass which is not denied: of the organization and
/// the endpoint.
fn granting(reply: &Reply) -> Vec<StatementRef> {
    let gates = [Layer::Scp, Layer::Rcp, Layer::VpcEndpoint];
    reply.deciding().into_iter().filter(|of| !gates.contains(&of.layer)).collect()
}

/// The condition, an example for each side, and the statements in play.
fn open(ask: &Ask<'_>, reply: &Reply, depends: &Depends) -> Vec<Text> {
    let mut lines = vec![Text::default()];
    let when = &depends.when;
    lines.extend(case_lines(&when.provided));
    if !when.provided.is_empty() && !when.cases.is_empty() {
        lines.push(format!("  {}", cases_text(when).trim_start_matches(", ")).into());
    }
    for (nth, case) in when.cases.iter().enumerate() {
        if nth > 0 {
            lines.push("  or".into());
        }
        lines.extend(case_lines(case));
    }
    lines.push(Text::default());
    for (word, example) in [("yes", &depends.allowed), (word_of_refusal(&depends.denied), &depends.denied)] {
        lines.push(Text::from(format!("  e.g. {word:<4}")).and(format!(" {}", options(depends, example))));
    }
    lines.push(Text::default());
    let deciding = granting(reply);
    lines.extend(deciding.iter().flat_map(|&of| statement_text(ask, reply, of, &depends.allowed.context)));
    let denies = depends.denied.evaluation.applying().filter(|of| of.effect == Effect::Deny);
    lines.extend(denies.flat_map(|of| statement_text(ask, reply, of, &depends.denied.context)));
    lines
}

fn word_of_refusal(example: &Example) -> &'static str {
    if example.evaluation.decision == Decision::Unknown { "?" } else { "no" }
}

/// The options that make a question an example.
fn options(depends: &Depends, example: &Example) -> String {
    let matters = |key: &String| depends.keys.contains(key);
    let option = |(key, value): (&String, &Option<Value>)| match value {
        None => format!("--absent {}", shell_quoted(&shown(key))),
        Some(value) => {
            let said = format!("{key}={}", value.items().join(","));
            format!("--context {}", shell_quoted(&shown(&said)))
        }
    };
    example.chosen.iter().filter(|(key, _)| matters(key)).map(option).join(" ")
}

/// Where a statement stands, what it is called, and the entry by which it is about the action.
fn statement_text(ask: &Ask<'_>, reply: &Reply, of: StatementRef, context: &Context) -> Vec<Text> {
    let Some((policy, statement)) = ask.layers.policy(of).zip(ask.layers.statement(of)) else {
        return Vec::new();
    };
    let request = ask.request(&reply.resource, context.clone());
    let span = eval::matching_action(statement, &request).map_or(statement.span, |entry| entry.span);
    vec![
        place_text(of, policy, ask.layers.level(of), statement, span),
        Text::styled(FAINT, &format!("         {}", about(policy, statement, span))),
    ]
}

fn place_text(
    of: StatementRef,
    policy: &LayerPolicy,
    level: Option<&Level>,
    statement: &Statement,
    span: Span,
) -> Text {
    let (line, column) = place(policy, span);
    let name = shown(&policy.name);
    let sid =
        statement.sid.as_ref().map_or_else(|| format!("statement {}", statement.index), |sid| shown(sid));
    let kind = match (of.layer, &policy.group) {
        (Layer::Boundary, _) => format!("permissions boundary, {}", policy.kind),
        (Layer::Identity, None) => policy.kind.clone(),
        (Layer::Identity, Some(group)) => format!("{} of group/{}", policy.kind, shown(group)),
        _ => policy.kind.clone(),
    };
    let level = level.map_or_else(String::new, |level| format!(" at {}", shown(&level.name)));
    Text::from(format!("  {:<5}  ", of.effect.to_string()))
        .and(format!("{name}:{line}:{column}  {sid}  ({kind}{level})"))
}

fn place(policy: &LayerPolicy, span: Span) -> (usize, usize) {
    policy.document.as_ref().map_or((1, 1), |document| position(&document.text, span.start))
}

/// What a statement says of actions and resources, as written.
fn about(policy: &LayerPolicy, statement: &Statement, span: Span) -> String {
    let written = |span: Span| {
        let text = policy.document.as_ref().and_then(|document| document.text.get(span.start..span.end));
        shown(text.unwrap_or_default())
    };
    let action = match &statement.action {
        Selector::In(_) => written(span),
        Selector::NotIn(entries) => {
            format!("NotAction {}", entries.iter().map(|entry| written(entry.span)).join(", "))
        }
    };
    format!("{action} on {}", resources(statement))
}

fn resources(statement: &Statement) -> String {
    let list = |entries: Vec<String>| match entries.as_slice() {
        [first, second, third, rest @ ..] if !rest.is_empty() => {
            format!("{first}, {second}, {third} and {} more", rest.len())
        }
        all => all.join(", "),
    };
    match &statement.resource {
        None => "any resource".to_owned(),
        Some(Selector::In(entries)) => list(entries.iter().map(|entry| shown(&entry.to_string())).collect()),
        Some(Selector::NotIn(entries)) => {
            format!(
                "everything but {}",
                list(entries.iter().map(|entry| shown(&entry.to_string())).collect())
            )
        }
    }
}

/// Whom a resource-based statement is about.
fn principals(statement: &Statement) -> String {
    let list = |entries: &[Spanned<PrincipalEntry>]| {
        entries.iter().map(|entry| shown(&entry.to_string())).join(", ")
    };
    match &statement.principal {
        None => "everyone".to_owned(),
        Some(Selector::In(entries)) => list(entries),
        Some(Selector::NotIn(entries)) => format!("everyone but {}", list(entries)),
    }
}

fn near_text(ask: &Ask<'_>, near: &Near) -> Vec<Text> {
    let of = near.statement;
    let Some((policy, statement)) = ask.layers.policy(of).zip(ask.layers.statement(of)) else {
        return Vec::new();
    };
    let why = match &near.fit {
        Fit::ConditionsFail(failing) => {
            let failing = failing.iter().filter_map(|&nth| statement.conditions.get(nth));
            format!("requires {}", failing.map(condition_text).join(" and "))
        }
        Fit::OtherPrincipal => format!("only to {}", principals(statement)),
        Fit::OtherResource | Fit::OtherAction | Fit::Applies => format!("only on {}", resources(statement)),
    };
    vec![
        place_text(of, policy, ask.layers.level(of), statement, statement.span),
        Text::styled(FAINT, &format!("         {why}")),
    ]
}
