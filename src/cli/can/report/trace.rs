//! Everything that was looked at for an answer: layer by layer, and every statement about the action.

use super::super::super::output::FAINT;
use super::super::super::text::{Text, shown};
use super::super::super::when::condition_text;
use super::{place_text, principals, resources};
use crate::ask::{Ask, Reply};
use crate::eval::{self, Fit};
use crate::layers::{Layer, StatementRef};
use crate::question::Answer;
use crate::request::fold;
use crate::stored::Assumption;

/// The layers in the order of the rules, each with its decision; of a *depends* those of the case that is allowed.
pub(super) fn lines(ask: &Ask<'_>, reply: &Reply) -> Vec<Text> {
    let example = match &reply.answer {
        Answer::Decided(example) => example,
        Answer::Depends(depends) => &depends.allowed,
    };
    let request = ask.request(&reply.resource, example.context.clone());
    let owner = eval::owner(&request).map_or_else(|| "not known".to_owned(), |owner| owner.to_string());
    let mut lines =
        vec![Text::default(), format!("trace, by the rule {}", example.evaluation.route.name()).into()];
    let is_assumed =
        [Assumption::OnlyAccount, Assumption::OwnAccount].iter().any(|of| ask.assumed.contains(of));
    let assumed = if is_assumed { ", the caller's, as nothing says whose it is" } else { "" };
    lines.push(format!("  the account of the resource: {owner}{assumed}").into());
    for layer in Layer::OF_POLICIES {
        let says = match example.evaluation.layer(layer) {
            Some(evaluated) => evaluated.decision.to_string(),
            None if ask.layers.is_present(layer) => "does not count".to_owned(),
            None if layer == Layer::Resource && ask.assumed.contains(&Assumption::NoResourcePolicy) => {
                "none, as none is stored".to_owned()
            }
            None => "none".to_owned(),
        };
        lines.push(format!("  {layer}: {says}").into());
        for (policy, of) in ask.layers.policies(layer).into_iter().enumerate() {
            if of.document.is_none() {
                lines.push(format!("    {}: not known", shown(&of.name)).into());
            }
            for (position, statement) in of.statements().iter().enumerate() {
                let handle = StatementRef { layer, policy, position, effect: statement.effect };
                let how = match eval::fit(statement, of.policy_type, &request, ask.layers) {
                    Fit::OtherAction => continue,
                    Fit::OtherPrincipal => format!("only to {}", principals(statement)),
                    Fit::OtherResource => format!("only on {}", resources(statement)),
                    Fit::ConditionsFail(failing) => {
                        let failing = failing.iter().filter_map(|&nth| statement.conditions.get(nth));
                        let texts: Vec<String> = failing.map(condition_text).collect();
                        format!("requires {}", texts.join(" and "))
                    }
                    Fit::Applies => "applies".to_owned(),
                };
                lines.push(place_text(handle, of, ask.layers.level(handle), statement, statement.span));
                lines.push(Text::styled(FAINT, &format!("         {how}")));
            }
        }
    }
    let whence = |key: &str| {
        let same = |other: &String| fold(other) == fold(key);
        if ask.given.iter().any(|(given, _)| same(given)) {
            "given"
        } else if example.chosen.keys().any(same) {
            "tried"
        } else {
            "derived"
        }
    };
    let said = example
        .context
        .iter()
        .map(|(key, value)| format!("    {} = {}  ({})", shown(key), shown(&value.to_string()), whence(key)));
    lines.push("  context".into());
    lines.extend(said.map(Text::from));
    lines
}
