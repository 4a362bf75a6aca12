//! `iamdb completions`: what a shell needs to complete commands and options.

use clap::CommandFactory;
use clap_complete::{Shell, generate};

use super::Cli;
use super::error::CliError;
use super::exit::Exit;
use super::session::Session;

/// Print the completion script of a shell
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Example:
  iamdb completions bash > ~/.local/share/bash-completion/completions/iamdb")]
pub(crate) struct CompletionsArgs {
    /// Which shell
    shell: Shell,
}

pub(crate) fn run(args: &CompletionsArgs, session: &mut Session) -> Result<Exit, CliError> {
    let mut script = Vec::new();
    generate(args.shell, &mut Cli::command(), "iamdb", &mut script);
    session.out.bytes(&script)?;
    Ok(Exit::Yes)
}
