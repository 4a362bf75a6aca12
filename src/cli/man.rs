//! `iamdb man`: manual pages, from the same definitions as the help.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use clap::CommandFactory;
use clap_mangen::Man;
use serde_json::json;

use super::error::CliError;
use super::exit::Exit;
use super::session::Session;
use super::staged::cannot_write;
use super::text::{count, shown};
use super::{Cli, RULES};

/// Print the manual page, or write one page for every command
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  iamdb man | man -l -
  iamdb man --dir ~/.local/share/man/man1")]
pub(crate) struct ManArgs {
    /// Write a page for iamdb and one for each command into this folder
    #[arg(long)]
    dir: Option<PathBuf>,
}

/// What manual pages say and the help does not.
const MORE: &str = "\
Environment:
  IAMDB_DB        the database, where --db names none
  IAMDB_OUTPUT    how answers are written, where --output does not say it
  IAMDB_ACTOR     who is recorded as the author of a change; else the login name
  NO_COLOR, CLICOLOR_FORCE, TERM
                  whether to colour, where --color does not say it
Files:
  iam.db          the database of the working directory
  iam.db-wal, iam.db-shm
                  what SQLite keeps beside a database while it is open";

pub(crate) fn run(args: &ManArgs, session: &mut Session) -> Result<Exit, CliError> {
    let mut command = Cli::command();
    command.build();
    let Some(dir) = &args.dir else {
        session.out.bytes(&page(&command, None)?)?;
        return Ok(Exit::Yes);
    };
    fs::create_dir_all(dir).map_err(|error| cannot_write(dir, &error))?;
    let mut written = Vec::new();
    pages(&command, None, &mut written)?;
    for (name, page) in &written {
        let path = dir.join(name);
        fs::write(&path, page).map_err(|error| cannot_write(&path, &error))?;
    }
    let (dir, names) = (dir.to_string_lossy(), written.iter().map(|(name, _)| name).collect::<Vec<_>>());
    session.out.answer(
        || vec![format!("wrote {} to {}", count(names.len(), "page", "pages"), shown(&dir)).into()],
        || json!({ "directory": dir, "pages": names }),
    )?;
    Ok(Exit::Yes)
}

/// The pages of a command and of those below it, by file name.
fn pages(
    command: &clap::Command,
    above: Option<&clap::Command>,
    pages_so_far: &mut Vec<(String, Vec<u8>)>,
) -> Result<(), CliError> {
    pages_so_far.push((Man::new(command.clone()).get_filename(), page(command, above)?));
    below(command).try_for_each(|sub| pages(sub, Some(command), pages_so_far))
}

/// The commands of a command.
fn below(command: &clap::Command) -> impl Iterator<Item = &clap::Command> {
    command.get_subcommands().filter(|sub| sub.get_name() != "help")
}

/// The page of a command, which may be one of another's.
fn page(command: &clap::Command, above: Option<&clap::Command>) -> Result<Vec<u8>, CliError> {
    let mut page = Vec::new();
    let without_help = |sub: clap::Command| if sub.get_name() == "help" { sub.hide(true) } else { sub };
    let man = Man::new(command.clone().mut_subcommands(without_help)).manual("iamdb");
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if below(command).next().is_some() {
        man.render_subcommands_section(&mut page)?;
    }
    let own = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
    let (own, rules, more) = (sections(&own), sections(RULES), sections(MORE));
    let rules = rules.iter().filter(|rule| above.is_some() && rule.title == "EXIT CODES");
    for section in own.iter().chain(rules).chain(&more) {
        writeln!(page, ".SH {:?}\n.nf", section.title)?;
        for line in &section.lines {
            writeln!(page, "{}", literal(line))?;
        }
        writeln!(page, ".fi")?;
    }
    let also = above.into_iter().chain(below(command)).map(|other| Man::new(other.clone()).get_filename());
    let also = also.filter_map(|name| Some(format!("{}(1)", name.strip_suffix(".1")?.replace('-', r"\-"))));
    writeln!(page, ".SH \"SEE ALSO\"\n{}", also.collect::<Vec<_>>().join(", "))?;
    Ok(page)
}

/// A section whose lines stand as they are written.
struct Section {
    title: String,
    lines: Vec<String>,
}

/// What the help says under labels that end in a colon.
fn sections(text: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for line in text.lines() {
        let label = line.split_once(':').filter(|(label, _)| !label.starts_with(' '));
        let line = match label {
            Some((label, rest)) => {
                sections.push(Section { title: label.to_uppercase(), lines: Vec::new() });
                format!("{}{rest}", " ".repeat(label.len() + 1))
            }
            None => line.to_owned(),
        };
        if let (Some(section), false) = (sections.last_mut(), line.trim().is_empty()) {
            section.lines.push(line);
        }
    }
    for section in &mut sections {
        let indent = |line: &String| line.len() - line.trim_start().len();
        let least = section.lines.iter().map(indent).min().unwrap_or(0);
        section.lines.iter_mut().for_each(|line| drop(line.drain(..least)));
    }
    sections
}

/// A line as troff prints it: no escapes, no requests, hyphens that can be copied.
fn literal(line: &str) -> String {
    let line = line.replace('\\', r"\e").replace('-', r"\-");
    if line.starts_with(['.', '\'']) { format!(r"\&{line}") } else { line }
}
