//! `iamdb man`: manual pages, from the same definitions as the help.

use std::path::PathBuf;

use clap::CommandFactory;
use clap_mangen::Man;
use serde_json::json;

use super::Cli;
use super::error::{CliError, ErrorKind};
use super::exit::Exit;
use super::session::Session;
use super::text::{count, shown};

/// Print the manual page, or write one page for every command
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  iamdb man > iamdb.1
  iamdb man --dir .")]
pub(crate) struct ManArgs {
    /// Write a page for iamdb and one for each command into this folder
    #[arg(long)]
    dir: Option<PathBuf>,
}

pub(crate) fn run(args: &ManArgs, session: &mut Session) -> Result<Exit, CliError> {
    let mut command = Cli::command();
    command.build();
    let Some(dir) = &args.dir else {
        session.out.bytes(&page(&command)?)?;
        return Ok(Exit::Yes);
    };
    let cannot = |path: &std::path::Path, error: std::io::Error| {
        CliError::new(ErrorKind::Io, format!("cannot write `{}`: {error}", shown(&path.to_string_lossy())))
    };
    std::fs::create_dir_all(dir).map_err(|error| cannot(dir, error))?;
    let subcommands = command.get_subcommands().filter(|sub| sub.get_name() != "help");
    let mut pages = Vec::new();
    for command in std::iter::once(&command).chain(subcommands) {
        pages.push((Man::new(command.clone()).get_filename(), page(command)?));
    }
    for (name, page) in &pages {
        let path = dir.join(name);
        std::fs::write(&path, page).map_err(|error| cannot(&path, error))?;
    }
    let (dir, names) = (dir.to_string_lossy(), pages.iter().map(|(name, _)| name).collect::<Vec<_>>());
    session.out.answer(
        || vec![format!("wrote {} to {}", count(names.len(), "page", "pages"), shown(&dir)).into()],
        || json!({ "directory": dir, "pages": names }),
    )?;
    Ok(Exit::Yes)
}

fn page(command: &clap::Command) -> Result<Vec<u8>, CliError> {
    let mut page = Vec::new();
    Man::new(command.clone()).render(&mut page)?;
    Ok(page)
}
