//! Every check, as a table.

use serde_json::{Value as Json, json};

use super::super::error::CliError;
use super::super::session::Session;
use super::super::table::aligned;
use super::super::text::Text;
use super::report::level;
use crate::validate::{Basis, CHECKS, Check};

/// Prints the table.
pub(super) fn print(session: &mut Session) -> Result<(), CliError> {
    session.out.answer(text, || json!({ "checks": CHECKS.iter().map(one).collect::<Vec<_>>() }))?;
    let (decided, rest): (Vec<&Check>, Vec<&Check>) =
        CHECKS.iter().partition(|check| !matches!(check.basis, Basis::Nothing(_)));
    session.out.note(&format!(
        "{} checks are decided offline; {} are known and not decided, each with its reason",
        decided.len(),
        rest.len()
    ));
    Ok(())
}

fn text() -> Vec<Text> {
    let heading = ["CODE", "LEVEL", "POLICIES", "DECIDED BY", "MEANING"].map(str::to_owned).to_vec();
    let rows = CHECKS.iter().map(|check| {
        let meaning = match check.basis {
            Basis::Nothing(why) => format!("{} (not decided: {why})", check.meaning),
            Basis::Policy | Basis::Catalogue | Basis::Proof => check.meaning.to_owned(),
        };
        vec![
            check.code.to_owned(),
            level(check.finding_type).to_owned(),
            check.types.to_string(),
            basis(check).to_owned(),
            meaning,
        ]
    });
    let rows: Vec<Vec<String>> = [heading].into_iter().chain(rows).collect();
    aligned(&rows).into_iter().map(Text::from).collect()
}

fn basis(check: &Check) -> &'static str {
    match check.basis {
        Basis::Policy => "policy",
        Basis::Catalogue => "catalogue",
        Basis::Proof => "proof",
        Basis::Nothing(_) => "-",
    }
}

fn one(check: &Check) -> Json {
    let mut object = json!({
        "issueCode": check.code,
        "findingType": check.finding_type.as_str(),
        "policyTypes": check.types.names(),
        "decidedBy": basis(check),
        "meaning": check.meaning,
    });
    if let Basis::Nothing(why) = check.basis {
        object["decidedBy"] = Json::Null;
        object["notDecidedBecause"] = json!(why);
    }
    object
}
