//! A command line that cannot be understood: clap's words, told as every other error is.

use std::ffi::OsString;

use clap::error::ErrorKind as ClapKind;

use super::error::{CliError, ErrorKind};
use super::exit::Exit;
use super::output::{Color, Format, Output};

/// Prints what clap has to say, and tells the exit code. Help and version are answers.
pub(crate) fn tell(error: &clap::Error, arguments: &[OsString]) -> Exit {
    let format = wanted_format(arguments);
    let is_help = error.kind() == ClapKind::DisplayHelpOnMissingArgumentOrSubcommand;
    if !error.use_stderr() || (is_help && format == Format::Text) {
        // Help says nothing that comes from input.
        return match error.print().map_err(CliError::from) {
            Err(failure) => failure.exit(),
            Ok(()) if error.use_stderr() => Exit::CouldNotAnswer,
            Ok(()) => Exit::Yes,
        };
    }
    let error = if is_help {
        CliError::new(ErrorKind::Usage, "no command was given").hint("try `iamdb --help`")
    } else {
        in_our_words(&error.render().to_string())
    };
    Output::new(format, Color::Auto).error(&error);
    error.exit()
}

/// `error: …`, `tip: …`, `Usage: …` and where help is, as a message with hints.
fn in_our_words(rendered: &str) -> CliError {
    let mut message = Vec::new();
    let mut hints = Vec::new();
    for paragraph in rendered.split("\n\n") {
        let paragraph = paragraph.trim();
        if let Some(tip) = paragraph.strip_prefix("tip: ") {
            hints.push(tip.to_owned());
        } else if let Some(usage) = paragraph.strip_prefix("Usage: ") {
            hints.push(format!("usage: {usage}"));
        } else if paragraph.starts_with("For more information") {
            hints.push("`--help` says more".to_owned());
        } else if !paragraph.is_empty() {
            message.push(paragraph.strip_prefix("error: ").unwrap_or(paragraph));
        }
    }
    hints.into_iter().fold(CliError::new(ErrorKind::Usage, message.join("\n")), CliError::hint)
}

/// `--output` as far as it can be read off a command line that cannot be understood.
fn wanted_format(arguments: &[OsString]) -> Format {
    let mut wanted = std::env::var("IAMDB_OUTPUT").is_ok_and(|format| format == "json");
    let mut words = arguments.iter().map(|argument| argument.to_string_lossy());
    while let Some(word) = words.next() {
        let value = match word.as_ref() {
            "-o" | "--output" => words.next(),
            other => {
                let attached = other.strip_prefix("--output=").or_else(|| other.strip_prefix("-o"));
                attached.map(|value| value.trim_start_matches('=').to_owned().into())
            }
        };
        if let Some(value) = value {
            wanted = value == "json";
        }
    }
    if wanted { Format::Json } else { Format::Text }
}
