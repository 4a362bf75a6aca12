//! `actions`: what the catalogue knows of actions.

use serde_json::{Value as Json, json};

use super::completions::{Offer, offer};
use super::error::{CliError, ErrorKind};
use super::exit::Exit;
use super::nearest::{did_you_mean, nearest};
use super::output::{FAINT, STRONG, Wanted};
use super::session::Session;
use super::spreadsheet;
use super::table::aligned;
use super::text::{Text, count, shown};
use crate::catalog::{AccessLevel, Action, Catalog, Found, Query, Service};
use crate::tell::level_name;

/// The form of the object.
const SCHEMA: &str = "iamdb.actions/1";

/// List the actions of AWS that match, with their access levels, resource types and condition keys
///
/// A glob such as s3:Get* is matched with `*` and `?` and letters in any case; without a service, in every service.
/// One action is told whole, of several there is a table; `--details` tells all of them whole. A `*` behind a
/// resource type says that a call must name a resource of it.
///
/// The facts are AWS's Service Authorization Reference; `--catalog FILE` takes others. They never decide a request.
///
/// Exit codes: 0 there are such actions, 1 there is none with that level, resource type and key, 2 no answer, also
/// where a glob matches nothing.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  iamdb actions s3:GetObject
  iamdb actions 'ecr:*' --level write
  iamdb actions '*PassRole*'
  iamdb actions --key ec2:ResourceTag/team --resource-type instance
  iamdb actions --level permissions-management --output csv > sensitive.csv")]
pub(crate) struct ActionsArgs {
    /// Actions such as s3:GetObject, or patterns of them; all, where none is given
    #[arg(value_name = "GLOB", add = offer(&[Offer::Actions]))]
    globs: Vec<String>,
    /// Only those of an access level: list, read, tagging, write or permissions-management
    #[arg(long = "level", value_name = "LEVEL", value_parser = level, value_delimiter = ',')]
    levels: Vec<AccessLevel>,
    /// Only those that can be allowed on a resource type, such as bucket; also a pattern
    #[arg(long = "resource-type", value_name = "TYPE")]
    resource_types: Vec<String>,
    /// Only those that have a condition key, such as s3:prefix or aws:ResourceTag/team; also a pattern
    #[arg(long = "key", value_name = "KEY")]
    keys: Vec<String>,
    /// Tell all of them whole
    #[arg(long)]
    details: bool,
}

fn level(text: &str) -> Result<AccessLevel, String> {
    let is_meant = |level: &AccessLevel| level_name(Some(*level)).eq_ignore_ascii_case(text);
    AccessLevel::ALL
        .into_iter()
        .find(is_meant)
        .ok_or_else(|| "expected list, read, tagging, write or permissions-management".to_owned())
}

pub(crate) fn run(args: &ActionsArgs, wanted: Wanted, session: &mut Session) -> Result<Exit, CliError> {
    let catalog = session.catalog()?;
    for glob in &args.globs {
        let query = Query { actions: vec![glob.clone()], ..Query::default() };
        if find(&catalog, &query)?.is_empty() {
            return Err(no_such(glob, &catalog));
        }
    }
    let query = Query {
        actions: args.globs.clone(),
        levels: args.levels.clone(),
        resource_types: args.resource_types.clone(),
        keys: args.keys.clone(),
    };
    let found = find(&catalog, &query)?;
    let number: usize = found.iter().map(|found| found.actions().count()).sum();
    if wanted == Wanted::Csv {
        let columns = ["action", "level", "resource_types", "arns", "condition_keys"];
        session
            .out
            .bytes(&spreadsheet::csv(columns, each(&found).map(|(service, action)| row(service, action)))?)?;
    } else {
        let lines = || match number {
            0 => vec![Text::from("no action")],
            1 => each(&found).flat_map(|(service, action)| details(service, action)).collect(),
            _ if args.details => whole(&found),
            _ => table(&found),
        };
        session.out.answer(lines, || object(&found, catalog.version()))?;
    }
    if wanted != Wanted::Json {
        let number = count(number, "action", "actions");
        session.out.note(&format!("{number}; catalogue {}", shown(catalog.version())));
    }
    Ok(if found.is_empty() { Exit::No } else { Exit::Yes })
}

fn find(catalog: &Catalog, query: &Query) -> Result<Vec<Found>, CliError> {
    catalog.find(query).map_err(|error| {
        CliError::new(ErrorKind::Budget, format!("the patterns are too hard to match: {error}"))
            .hint("patterns with several `*` inside cost most: ask in several questions")
    })
}

/// The error of a glob that matches nothing, with what may have been meant.
fn no_such(glob: &str, catalog: &Catalog) -> CliError {
    let message = format!("no action is `{}` (catalogue {})", shown(glob), shown(catalog.version()));
    let error = CliError::new(ErrorKind::NotFound, message);
    let prefixes = || catalog.service_prefixes().map(|prefix| (prefix.to_owned(), prefix.to_owned()));
    let near = match glob.split_once(':') {
        None if catalog.service(glob).is_some() => vec![format!("{}:*", glob.to_ascii_lowercase())],
        Some((service, name)) if name.contains(['*', '?']) && catalog.service(service).is_none() => {
            nearest(service, prefixes()).into_iter().map(|service| format!("{service}:{name}")).collect()
        }
        _ => catalog.suggest_actions(glob, 3),
    };
    match did_you_mean(&near) {
        Some(question) => error.hint(question),
        None => error.hint("`iamdb actions '*Word*'` looks for a word in all services"),
    }
}

fn each(found: &[Found]) -> impl Iterator<Item = (&Service, &Action)> {
    found.iter().flat_map(|found| found.actions().map(|action| (&found.service, action)))
}

fn name(service: &Service, action: &Action) -> String {
    format!("{}:{}", service.prefix, action.name)
}

/// `bucket*` where a call must name one, as AWS's tables have it.
fn type_names(service: &Service, action: &Action) -> Vec<String> {
    let marked = |required: bool| if required { "*" } else { "" };
    let types = service.types_of(action).into_iter();
    types.map(|(known, required)| format!("{}{}", known.name, marked(required))).collect()
}

fn table(found: &[Found]) -> Vec<Text> {
    let row = |(service, action): (&Service, &Action)| {
        let level = level_name(Some(action.access)).to_owned();
        vec![name(service, action), level, type_names(service, action).join(", ")]
    };
    let rows: Vec<Vec<String>> = each(found).map(row).collect();
    aligned(&rows).into_iter().map(Text::from).collect()
}

fn whole(found: &[Found]) -> Vec<Text> {
    let mut lines = Vec::new();
    for (service, action) in each(found) {
        if !lines.is_empty() {
            lines.push(Text::default());
        }
        lines.extend(details(service, action));
    }
    lines
}

/// All that is known of one action.
fn details(service: &Service, action: &Action) -> Vec<Text> {
    let heading = Text::styled(STRONG, &shown(&name(service, action)));
    let level = level_name(Some(action.access));
    let mut lines = vec![heading.and(Text::styled(FAINT, &format!("  {level}  {}", shown(&service.name))))];
    let types = service.types_of(action).into_iter().zip(type_names(service, action));
    let on = types.flat_map(|((known, _), name)| {
        let arns = known.arns.iter().enumerate();
        arns.map(move |(nth, arn)| vec![if nth == 0 { name.clone() } else { String::new() }, arn.clone()])
    });
    let on: Vec<Vec<String>> = on.collect();
    let on = if on.is_empty() { vec![vec!["*".to_owned(), "it takes no resource".to_owned()]] } else { on };
    lines.extend(labelled("on", &on));
    let keys = service.keys_of(action).into_iter().map(|key| vec![key.name.clone(), key.kind.to_string()]);
    lines.extend(labelled("keys", &keys.collect::<Vec<_>>()));
    lines
}

fn labelled(label: &str, rows: &[Vec<String>]) -> Vec<Text> {
    let line = |(nth, line): (usize, String)| {
        let label = if nth == 0 { label } else { "" };
        Text::from("    ").and(Text::styled(FAINT, &format!("{label:<8}"))).and(line)
    };
    aligned(rows).into_iter().enumerate().map(line).collect()
}

/// A row for spreadsheets.
fn row(service: &Service, action: &Action) -> [String; 5] {
    let arns =
        service.types_of(action).into_iter().flat_map(|(known, _)| known.arns.iter().map(String::as_str));
    let keys = service.keys_of(action).into_iter().map(|key| key.name.as_str());
    [
        name(service, action),
        level_name(Some(action.access)).to_owned(),
        type_names(service, action).join("; "),
        arns.collect::<Vec<_>>().join("; "),
        keys.collect::<Vec<_>>().join("; "),
    ]
}

fn object(found: &[Found], catalogue: &str) -> Json {
    let action = |(service, action): (&Service, &Action)| {
        let types = service.types_of(action).into_iter();
        let types = types
            .map(|(known, required)| json!({ "name": known.name, "required": required, "arns": known.arns }));
        let keys = service.keys_of(action).into_iter();
        let keys = keys.map(|key| json!({ "name": key.name, "type": key.kind.to_string() }));
        json!({
            "action": name(service, action),
            "service": service.name,
            "level": level_name(Some(action.access)),
            "resource_types": types.collect::<Vec<_>>(),
            "condition_keys": keys.collect::<Vec<_>>(),
        })
    };
    json!({
        "schema": SCHEMA,
        "catalogue": catalogue,
        "actions": each(found).map(action).collect::<Vec<_>>(),
    })
}
