//! `who-can`: everybody who can do something, and by which way.
//!
//! One action on one resource is a `point`; a question with a pattern in it, or with a part left open, is about a
//! `part` of all requests.

mod change;
pub(super) mod names;
mod part;
mod point;
mod table;
mod text;

use std::collections::BTreeSet;

use itertools::Itertools;
use jiff::Timestamp;

use super::at::{AtArgs, When};
use super::completions::{Offer, offer};
use super::context;
use super::error::{CliError, ErrorKind};
use super::exit::Exit;
use super::output::{Output, Wanted};
use super::question::{QuestionArgs, read_resource};
use super::resolve::resolve_principal;
use super::session::Session;
use crate::catalog::{Action as KnownAction, Catalog};
use crate::request::{Action, Resource, Value};
use crate::store::{PrincipalKey, Snapshot};
use crate::stored::{Everyone, Holder};
use crate::who_can::{self, Outsider, Question, who_can_and};

use point::Answer;

/// Say who can do something, and by which way
///
/// Everybody is asked: the stored users and roles, the root users of their accounts, and whom the policies of resources
/// name, be it to deny or to except it: services, other accounts, sessions, identity providers, everyone. Each gets the answer that `iamdb can` gives: `yes`,
/// `depends` with the condition under which it is yes, or `undecided` where a document is not known. Of another account it
/// is told what the resource lets it do; whether its own policies do is not known here. `but not` names those whom a policy
/// tells apart and who cannot.
///
/// A question with patterns in it, or with the action or the resource left out, is answered as `iamdb effective` answers
/// it, for everybody: by regions of actions and resources, those who have the same together. Root users are not told
/// then: they may do everything in their account that nothing denies. About a resource without an action is asked what
/// can be about it: all actions of its service, and what the catalogue knows of others, as sts:AssumeRole on a role.
///
/// Exit codes: 0 somebody can, 1 nobody can, 2 no answer, 3 somebody may, depending on what was not said.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  iamdb who-can s3:GetObject arn:aws:s3:::payroll/2026.csv
  iamdb who-can sts:AssumeRole arn:aws:iam::111122223333:role/deploy --output csv
  iamdb who-can 's3:Put*' 'arn:aws:s3:::payroll/*'
  iamdb who-can arn:aws:s3:::payroll
  iamdb who-can s3:GetObject --principal alice
  iamdb who-can s3:GetObject arn:aws:s3:::payroll/2026.csv --diff 2026-01-31..2026-06-30")]
pub(crate) struct WhoCanArgs {
    /// What, on what: an action or a pattern of actions, then resources, as ARNs or patterns, or `*`; either may be
    /// left out
    #[arg(value_name = "ACTION|RESOURCE", add = offer(&[Offer::Actions, Offer::Resources]))]
    what: Vec<String>,
    /// More actions
    #[arg(long = "action", value_name = "ACTION", value_delimiter = ',', add = offer(&[Offer::Actions]))]
    actions: Vec<String>,
    /// More resources
    #[arg(long = "resource", value_name = "RESOURCE", add = offer(&[Offer::Resources]))]
    resources: Vec<String>,
    /// Ask only about these stored users and roles
    #[arg(long = "principal", value_name = "PRINCIPAL", add = offer(&[Offer::Users, Offer::Roles]))]
    principals: Vec<String>,
    #[command(flatten)]
    question: QuestionArgs,
    /// Say whose answer changed between two times, each a time or a change number
    #[arg(long, value_name = "A..B", value_parser = super::at::range, conflicts_with = "at")]
    diff: Option<(When, When)>,
    /// Name everybody, however many, and show long lists whole
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    at: AtArgs,
}

/// What is asked, as texts.
struct Asked {
    actions: Vec<String>,
    resources: Vec<String>,
}

/// Everybody, or those who were named.
struct Named(Option<BTreeSet<PrincipalKey>>);

impl Named {
    fn find(snapshot: &Snapshot<'_>, names: &[String]) -> Result<Named, CliError> {
        if names.is_empty() {
            return Ok(Named(None));
        }
        let find = |name: &String| Ok(resolve_principal(snapshot, name)?.key);
        Ok(Named(Some(names.iter().map(find).collect::<Result<_, CliError>>()?)))
    }

    fn is_asked(&self, holder: &Holder) -> bool {
        self.0.as_ref().is_none_or(|keys| keys.contains(&holder.principal.key))
    }
}

/// What was said of the context, the time, and the catalogue.
type Said<'a> = (&'a [(String, Option<Value>)], Timestamp, &'a Catalog);

/// The action, what the catalogue knows of it, and the resources.
type Points = (Vec<(Action, Option<KnownAction>)>, Vec<Resource>);

pub(crate) fn run(args: &WhoCanArgs, wanted: Wanted, session: &mut Session) -> Result<Exit, CliError> {
    let catalog = session.catalog()?;
    let asked = args.asked()?;
    let given = args.question.context.read(&catalog)?;
    let points = args.points(&asked, &catalog)?;
    let now = args.question.made_at();
    if let Some(range) = args.diff {
        let Some(points) = points else {
            let message = "`--diff` is about single actions on single resources";
            return Err(CliError::new(ErrorKind::Usage, message)
                .hint("`iamdb diff A..B --action 's3:*'` compares a part of all requests"));
        };
        return session.read_range(range, |before, after, out| {
            context::warn_of_unknown_keys(&given, &catalog, out)?;
            args.compare_points(&points, (&given, now, &catalog), [before, after], (wanted, out))
        });
    }
    session.read(&args.at.at, |snapshot, out| {
        context::warn_of_unknown_keys(&given, &catalog, out)?;
        let everyone = Everyone::read(snapshot)?;
        let named = Named::find(snapshot, &args.principals)?;
        match points {
            Some(points) => {
                let said = (&given[..], now, &*catalog);
                let side = (snapshot, &everyone, &named);
                let answers = args.answers(&points, said, side, &BTreeSet::new())?;
                args.print_points(&answers, &catalog, (wanted, out))
            }
            None => part::run(args, &asked, given, (snapshot, &everyone, &named), &catalog, (wanted, out)),
        }
    })
}

impl WhoCanArgs {
    fn asked(&self) -> Result<Asked, CliError> {
        let mut asked = Asked { actions: self.actions.clone(), resources: self.resources.clone() };
        let mut what = self.what.iter();
        match what.next() {
            Some(first) if first.starts_with("arn:") => asked.resources.insert(0, first.clone()),
            Some(first) => asked.actions.insert(0, first.clone()),
            None => {}
        }
        asked.resources.extend(what.cloned());
        if asked.actions.is_empty() && asked.resources.is_empty() && self.principals.is_empty() {
            return Err(CliError::new(ErrorKind::Usage, "nothing is asked").hint(
                "name an action, a resource, or both: `iamdb who-can s3:GetObject arn:aws:s3:::reports/a`",
            ));
        }
        Ok(asked)
    }

    /// Where the question is about single actions on single resources.
    fn points(&self, asked: &Asked, catalog: &Catalog) -> Result<Option<Points>, CliError> {
        let is_wild = |text: &String| text.contains(['*', '?']);
        let resources_wild = asked.resources.iter().any(|text| text != "*" && is_wild(text));
        if asked.actions.is_empty() || asked.actions.iter().any(is_wild) || resources_wild {
            return Ok(None);
        }
        let actions = asked.actions.iter().map(|text| self.question.unlisted.read(text, catalog));
        let actions = actions.collect::<Result<Vec<_>, _>>()?;
        let takes_none = |(_, known): &(_, Option<KnownAction>)| {
            known.as_ref().is_some_and(|known| known.is_wildcard_only())
        };
        if asked.resources.is_empty() && !actions.iter().all(takes_none) {
            return Ok(None);
        }
        let resources =
            asked.resources.iter().map(|text| read_resource(text)).collect::<Result<Vec<_>, _>>()?;
        Ok(Some((actions, if resources.is_empty() { vec![Resource::Star] } else { resources })))
    }

    /// Each question of some points.
    fn questions<'p>(
        &self,
        (actions, resources): &'p Points,
        (given, now, catalog): Said<'p>,
    ) -> Vec<Question<'p>> {
        let pairs = actions.iter().cartesian_product(resources);
        let question =
            |((action, known_action), resource): (&'p (Action, Option<KnownAction>), &Resource)| Question {
                action: action.clone(),
                resource: resource.clone(),
                resource_account: self.question.resource_account.clone(),
                given: given.to_vec(),
                unsaid: self.question.unsaid(),
                now,
                catalog,
                known_action: known_action.as_ref(),
            };
        pairs.map(question).collect()
    }

    fn answers(
        &self,
        points: &Points,
        said: Said<'_>,
        (snapshot, everyone, named): (&Snapshot<'_>, &Everyone, &Named),
        also: &BTreeSet<Outsider>,
    ) -> Result<Vec<Answer>, CliError> {
        let mut answers = Vec::new();
        for question in self.questions(points, said) {
            let found = who_can_and(snapshot, everyone, &question, also)?;
            answers.push(Answer::of(&question, everyone, &found, named));
        }
        Ok(answers)
    }

    fn print_points(
        &self,
        answers: &[Answer],
        catalog: &Catalog,
        (wanted, out): (Wanted, &mut Output),
    ) -> Result<Exit, CliError> {
        match wanted {
            Wanted::Csv => out.bytes(&table::csv(answers)?)?,
            Wanted::Markdown => out.bytes(table::markdown(answers).as_bytes())?,
            Wanted::Text | Wanted::Json | Wanted::Junit | Wanted::Sarif | Wanted::Github => {
                for note in answers.iter().flat_map(|answer| &answer.notes).collect::<BTreeSet<_>>() {
                    out.note(note);
                }
                let lines = || text::lines(answers, self.naming());
                out.answer(lines, || point::object(answers, catalog.version()))?;
            }
        }
        Ok(point::exit(answers))
    }

    fn compare_points(
        &self,
        points: &Points,
        said: Said<'_>,
        snapshots: [&Snapshot<'_>; 2],
        (wanted, out): (Wanted, &mut Output),
    ) -> Result<Exit, CliError> {
        if matches!(wanted, Wanted::Csv | Wanted::Markdown) {
            return Err(CliError::new(ErrorKind::Usage, "`--diff` is told as text or as JSON"));
        }
        let mut sides = Vec::new();
        // Whom the policies of one time name is asked about at both.
        let mut outsiders = BTreeSet::new();
        for snapshot in snapshots {
            let everyone = Everyone::read(snapshot)?;
            for question in self.questions(points, said) {
                outsiders.extend(who_can::named(snapshot, &everyone, &question)?);
            }
            sides.push((snapshot, everyone, Named::find(snapshot, &self.principals)?));
        }
        let answers = sides.iter().map(|(snapshot, everyone, named)| {
            self.answers(points, said, (snapshot, everyone, named), &outsiders)
        });
        let mut sides = answers.collect::<Result<Vec<_>, _>>()?;
        let after = sides.pop().unwrap_or_default();
        let before = sides.pop().unwrap_or_default();
        let pairs = before.into_iter().zip(after).map(|(before, after)| change::Pair { before, after });
        let pairs: Vec<change::Pair> = pairs.collect();
        out.answer(|| change::lines(&pairs), || change::object(&pairs, said.2.version()))?;
        Ok(change::exit(&pairs))
    }

    fn naming(&self) -> names::Naming {
        if self.all { names::Naming::All } else { names::Naming::Some }
    }
}
