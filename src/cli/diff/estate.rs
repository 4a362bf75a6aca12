//! The whole database at two times: who gained and lost what.

use serde_json::json;

use super::super::at::When;
use super::super::error::{CliError, ErrorKind};
use super::super::exit::Exit;
use super::super::moves::Moves;
use super::super::output::{STRONG, Wanted};
use super::super::resolve::resolve_principal;
use super::super::session::Session;
use super::super::text::{Text, count};
use super::DiffArgs;
use crate::access_change::{About, NewPrincipals};
use crate::store::{PrincipalKey, PrincipalKind, Snapshot};
use crate::tell::{Detail, Direction};

/// The form of the object.
const SCHEMA: &str = "iamdb.access-changes/1";

/// Compares, and prints what came of it.
pub(super) fn run(
    args: &DiffArgs,
    range: (When, When),
    who: Option<&str>,
    wanted: Wanted,
    session: &mut Session,
) -> Result<Exit, CliError> {
    if matches!(wanted, Wanted::Sarif | Wanted::Markdown) {
        return Err(CliError::new(ErrorKind::Usage, "two times of a database are told as text or as JSON")
            .hint("`markdown` and `sarif` are about files"));
    }
    for (option, is_given) in [("--type", args.policy_type.is_some()), ("--untyped", args.untyped)] {
        if is_given {
            let message = format!("`{option}` is not for two times of a database");
            return Err(CliError::new(ErrorKind::Usage, message).hint(format!(
                "what is stored says what it is used as: `{option}` is for policies and files"
            )));
        }
    }
    let part = args.part.read()?;
    let catalog = session.catalog()?;
    session.read_range(range, |before, after, out| {
        let only = who.map(|who| members(after, before, who)).transpose()?;
        let is_asked = |key: PrincipalKey| only.iter().flatten().any(|one| *one == key);
        let about = if only.is_some() { About::These(&is_asked) } else { About::Everyone };
        let new = if args.expand || only.is_some() { NewPrincipals::Compared } else { NewPrincipals::Listed };
        let moves = Moves::between(before, after, &part, about, new, &catalog)?;
        let detail = if args.expand { Detail::Whole } else { Detail::Brief };
        let (first, last) = (before.change().0 + 1, after.change().0);
        let changes = match first {
            _ if first > last => format!("no change after {last}"),
            _ if first == last => format!("change {last}"),
            _ => format!("changes {first} to {last}"),
        };
        let head = || {
            let what = match moves.count() {
                0 => "nobody's access".to_owned(),
                moved => format!("the access of {}", count(moved, "principal", "principals")),
            };
            let verdict = Text::styled(STRONG, &moves.verdict().to_uppercase());
            verdict.and(format!("  {changes} changed {what}"))
        };
        out.answer(
            || std::iter::once(head()).chain(moves.lines(detail)).collect(),
            || {
                let mut object = moves.json();
                object["schema"] = json!(SCHEMA);
                object["catalogue"] = json!(catalog.version());
                object["from"] = json!(before.change().0);
                object["to"] = json!(after.change().0);
                object
            },
        )?;
        if moves.groups.iter().any(|group| group.error.is_some()) {
            return Ok(Exit::CouldNotAnswer);
        }
        let told = |direction| moves.told(direction);
        let exit = args.fail_on.exit(told(Direction::Gained), told(Direction::Lost));
        Ok(if args.exit_zero { Exit::Yes } else { exit })
    })
}

/// The user or role that was named, or the members of the group, on either side.
fn members(after: &Snapshot<'_>, before: &Snapshot<'_>, who: &str) -> Result<Vec<PrincipalKey>, CliError> {
    let found = match resolve_principal(after, who) {
        Ok(found) => found,
        Err(error) => resolve_principal(before, who).map_err(|_| error)?,
    };
    if found.kind != PrincipalKind::Group {
        return Ok(vec![found.key]);
    }
    let mut members = before.members_of(found.key)?;
    members.extend(after.members_of(found.key)?);
    Ok(members.into_iter().map(|member| member.key).collect())
}
