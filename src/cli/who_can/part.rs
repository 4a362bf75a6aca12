//! Who can do what in a part of all requests: those who may the same together.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use serde_json::{Value as Json, json};

use super::super::error::{CliError, ErrorKind, RESTRICT};
use super::super::exit::Exit;
use super::super::output::{FAINT, Output, STRONG, Wanted};
use super::super::part::PartArgs;
use super::super::progress::Meter;
use super::super::text::{Text, count, shown};
use super::super::told::{clause_lines, note_assumed, note_unmodelled};
use super::names::{NEEDS, Names, Naming, list};
use super::table;
use super::{Asked, Named, WhoCanArgs};
use crate::analysis::{Part, TIMES};
use crate::catalog::Catalog;
use crate::knowledge::time_keys;
use crate::request::{Value, fold};
use crate::store::Snapshot;
use crate::stored::{Everyone, Holder, endpoint};
use crate::tell::{Detail, Direction, Row, Teller, Told};
use crate::who_can::{About, OwnPolicies, PartQuestion, Regions, RegionsError, regions};

/// The form of the object.
const SCHEMA: &str = "iamdb.who-can-part/1";

/// Some who may the same.
pub(super) struct Group {
    /// What people call them, what programs do, and of what kinds they are.
    pub(super) who: Vec<(String, String, &'static str)>,
    pub(super) told: Vec<Told>,
    /// What else it takes.
    pub(super) needs: Option<&'static str>,
    /// Who would be one of them and may nothing, by what people and programs call it.
    except: Vec<(String, String)>,
}

/// Answers, and prints the answer.
pub(super) fn run(
    args: &WhoCanArgs,
    asked: &Asked,
    mut given: Vec<(String, Option<Value>)>,
    (snapshot, everyone, named): (&Snapshot<'_>, &Everyone, &Named),
    catalog: &Catalog,
    (wanted, out): (Wanted, &mut Output),
) -> Result<Exit, CliError> {
    if args.question.closed || args.question.resource_account.is_some() {
        let message = "`--closed` and `--resource-account` are for one action on one resource";
        return Err(CliError::new(ErrorKind::Usage, message)
            .hint("`--absent KEY` says of one key that it is absent, also about many actions"));
    }
    let is_time = |(key, _): &(String, _)| TIMES.contains(&&*fold(key));
    if let Some(now) = args.question.now.filter(|_| !given.iter().any(is_time)) {
        for (key, value) in time_keys(&now.as_second().into()) {
            given.push((key.to_owned(), Some(value)));
        }
    }
    let part = PartArgs::new(asked.actions.clone(), asked.resources.clone()).read_possible(catalog, out)?;
    let is_asked = |holder: &Holder| named.is_asked(holder);
    let about = if named.0.is_none() { About::Everyone } else { About::Those(&is_asked) };
    let question = PartQuestion { part: &part, given: &given, about, catalog };
    let mut meter = Meter::new("asking");
    let found = regions(snapshot, everyone, &question, &mut |done, all| meter.at(done as u64, all as u64));
    drop(meter);
    let found = found.map_err(failed)?;
    note_unmodelled(found.iter().map(|regions| &regions.subject), out);
    note_assumed(&endpoint(snapshot, &given)?, out);
    let names = Names::new(everyone);
    // Each is gone once it is told: sets are large.
    let told = found.into_iter().map(|of| Group::of(&of, &names, &part, catalog));
    let mut groups = together(told);
    groups.sort_by_key(|group| Reverse(group.who.len()));
    let what = title(asked);
    match wanted {
        Wanted::Csv => out.bytes(&table::csv_of_groups(&groups)?)?,
        Wanted::Markdown => out.bytes(table::markdown_of_groups(&what, &groups).as_bytes())?,
        Wanted::Text | Wanted::Json | Wanted::Junit | Wanted::Sarif | Wanted::Github => {
            if groups.iter().any(|group| group.who.len() > 1) {
                out.note("why and e.g. are told of the first named; the others may the same");
            }
            let detail = if args.all { Detail::Whole } else { Detail::Brief };
            out.answer(
                || lines(&what, &groups, args.naming(), detail),
                || object(asked, &groups, catalog.version()),
            )?;
        }
    }
    Ok(match () {
        () if groups.iter().any(Group::is_sure) => Exit::Yes,
        () if !groups.is_empty() => Exit::Undecided,
        () => Exit::No,
    })
}

fn failed(error: RegionsError) -> CliError {
    match error {
        RegionsError::Store(error) => error.into(),
        RegionsError::Analysis(error) => CliError::no_answer("somebody", &error, RESTRICT),
    }
}

/// What was asked, in one line.
fn title(asked: &Asked) -> String {
    let all = |list: &[String], all: &str| if list.is_empty() { all.to_owned() } else { list.join(", ") };
    format!("{} on {}", all(&asked.actions, "anything"), all(&asked.resources, "anything"))
}

/// What a group needs, who of it is excepted, and what it may: each clause by its heading and rows.
type Said = (String, Vec<(String, Vec<Row>)>);

impl Group {
    /// What others say as well who may the same, be it by other policies.
    fn said(&self) -> Said {
        let told = self.told.iter().map(|told| told.words(Detail::Whole));
        let is_what = |row: &Row| !["why", "e.g."].contains(&row.label);
        let clauses = told.map(|words| (words.heading, words.rows.into_iter().filter(is_what).collect()));
        (self.needs_words(), clauses.collect())
    }

    /// Whether they may some of it, whatever the documents say that are not known.
    fn is_sure(&self) -> bool {
        self.told.iter().any(Told::is_sure)
    }

    /// What else it takes, and who may nothing all the same.
    pub(super) fn needs_words(&self) -> String {
        let names = self.except.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
        let but_not = (!names.is_empty()).then(|| format!("but not {names}"));
        self.needs.map(str::to_owned).into_iter().chain(but_not).collect::<Vec<_>>().join("; ")
    }

    fn of(regions: &Regions, names: &Names<'_>, part: &Part, catalog: &Catalog) -> Group {
        let teller = Teller::of(catalog, &regions.subject).within_part(part);
        let clauses = regions.effective.clauses.iter().chain(&regions.effective.undecided);
        Group {
            who: regions.who.iter().filter_map(|who| names.of(who)).collect(),
            told: clauses.map(|clause| teller.tell(clause, Direction::Held)).collect(),
            needs: (regions.own_policies == OwnPolicies::Needed).then_some(NEEDS),
            except: regions
                .except
                .iter()
                .filter_map(|who| names.of(who))
                .map(|(name, principal, _)| (name, principal))
                .collect(),
        }
    }
}

/// Those as one group who say the same.
fn together(told: impl Iterator<Item = Group>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut said: HashMap<Said, usize> = HashMap::new();
    for group in told {
        match said.entry(group.said()) {
            Entry::Occupied(known) => groups[*known.get()].who.extend(group.who),
            Entry::Vacant(new) => {
                new.insert(groups.len());
                groups.push(group);
            }
        }
    }
    groups
}

fn lines(what: &str, groups: &[Group], naming: Naming, detail: Detail) -> Vec<Text> {
    let number = |is_sure: bool| -> usize {
        groups.iter().filter(|group| group.is_sure() == is_sure).map(|group| group.who.len()).sum()
    };
    let principals = |number| count(number, "principal", "principals");
    let number = match (number(true), number(false)) {
        (0, 0) => "nobody".to_owned(),
        (0, undecided) => format!("undecided: {}", principals(undecided)),
        (sure, 0) => principals(sure),
        (sure, undecided) => format!("{}; undecided: {undecided}", principals(sure)),
    };
    let mut lines = vec![Text::styled(STRONG, &shown(what)).and(Text::styled(FAINT, &format!("  {number}")))];
    for group in groups {
        lines.push(Text::default());
        let names: Vec<&str> = group.who.iter().map(|(name, _, _)| name.as_str()).collect();
        lines.extend(list("", &names, naming));
        let needs = Some(group.needs_words()).filter(|needs| !needs.is_empty());
        lines.extend(needs.map(|needs| Text::styled(FAINT, &format!("  {}", shown(&needs)))));
        for told in &group.told {
            lines.extend(clause_lines(told, detail).0);
        }
    }
    lines
}

fn object(asked: &Asked, groups: &[Group], catalogue: &str) -> Json {
    let who = |(_, principal, kind): &(String, String, &str)| json!({ "principal": principal, "kind": kind });
    let group = |group: &Group| {
        json!({
            "principals": group.who.iter().map(who).collect::<Vec<_>>(),
            "except": group.except.iter().map(|(_, principal)| principal).collect::<Vec<_>>(),
            "answer": if group.is_sure() { "yes" } else { "undecided" },
            "own_policies": if group.needs.is_some() { "needed" } else { "known" },
            "allowed": group.told.iter().map(Told::json).collect::<Vec<_>>(),
        })
    };
    json!({
        "schema": SCHEMA,
        "catalogue": catalogue,
        "actions": asked.actions,
        "resources": asked.resources,
        "groups": groups.iter().map(group).collect::<Vec<_>>(),
    })
}
