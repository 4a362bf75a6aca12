//! `iamdb completions`: the script that has a shell ask this program what could be typed next, and the answers.
//!
//! The script sets `IAMDB_COMPLETE` to the name of the shell and calls `iamdb -- WORDS…`. What could stand where the
//! cursor is follows from the definitions of the commands; what an argument names is in `completions/candidates`.
//! Scripts and answers are those of `clap_complete`, but for bash, which takes words apart at colons: `completions/bash`.

mod bash;
mod candidates;

use std::ffi::OsString;

use clap::CommandFactory;
use clap_complete::Shell;
use clap_complete::env::Shells;

use super::Cli;
use super::error::CliError;
use super::exit::Exit;
use super::output::{Color, Format, Output};
use super::session::Session;

pub(crate) use candidates::{Offer, offer};

/// The variable that makes a run of the program an answer to a shell.
const VARIABLE: &str = "IAMDB_COMPLETE";

/// Print the completion script of a shell
///
/// Beside commands and options it completes what is stored: principals, policies, resources and the nodes of
/// organizations, in the database that the line names, or else $IAMDB_DB or iam.db. Actions come from the catalogue. To
/// complete, the shell calls iamdb, which only looks: it makes and changes nothing. Load the script anew after an upgrade.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  source <(iamdb completions bash)         in ~/.bashrc
  source <(iamdb completions zsh)          in ~/.zshrc, after compinit
  iamdb completions fish | source          in ~/.config/fish/config.fish
  eval (iamdb completions elvish | slurp)  in rc.elv
  iamdb completions powershell | Out-String | Invoke-Expression
                                           in $PROFILE")]
pub(crate) struct CompletionsArgs {
    /// Which shell
    shell: Shell,
}

pub(crate) fn run(args: &CompletionsArgs, session: &mut Session) -> Result<Exit, CliError> {
    let mut script = Vec::new();
    match args.shell {
        Shell::Bash => script.extend_from_slice(bash::SCRIPT.as_bytes()),
        other => {
            if let Some(shell) = Shells::builtins().completer(&other.to_string()) {
                shell.write_registration(VARIABLE, "iamdb", "iamdb", "iamdb", &mut script)?;
            }
        }
    }
    session.out.bytes(&script)?;
    Ok(Exit::Yes)
}

/// Answers the shell that asks, if one does. Where there is no answer nothing is printed, for a shell has no place
/// to show an error while somebody types.
pub(super) fn answer() -> Option<Exit> {
    let shell = asking()?;
    let (mut command, words) = (Cli::command(), typed());
    let folder = std::env::current_dir().ok();
    let mut answer = Vec::new();
    let written = match Shells::builtins().completer(&shell) {
        _ if shell == bash::NAME => bash::write(&mut command, words, folder.as_deref(), &mut answer),
        Some(shell) => shell.write_complete(&mut command, words, folder.as_deref(), &mut answer),
        None => Ok(()),
    };
    if written.is_ok() {
        // A shell that no longer listens needs no answer.
        let _gone = Output::new(Format::Text, Color::Never).bytes(&answer);
    }
    Some(Exit::Yes)
}

/// The name of the shell that asks.
fn asking() -> Option<String> {
    std::env::var(VARIABLE).ok().filter(|name| !name.is_empty())
}

/// The words of the line that is typed, the first of which is the program's name.
fn typed() -> Vec<OsString> {
    let behind = std::env::args_os().skip_while(|word| word != "--").skip(1);
    if asking().as_deref() == Some(bash::NAME) { bash::words(behind) } else { behind.collect() }
}
