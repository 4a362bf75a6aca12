//! The two streams: stdout is the answer, stderr everything else.
//!
//! As text, warnings go to stderr when they are made and notes behind the answer. As JSON, the answer is one object
//! on stdout and holds both (`warnings`, `notes`); an error is one object on stderr. Nothing else in the crate
//! prints but clap its help (`usage`) and indicatif its bar (`progress`).

use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use serde_json::{Value, json};

use super::error::CliError;
use super::finding::Findings;
use super::text::{Text, shown, shown_document};

/// What `--output` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Wanted {
    /// For people
    Text,
    /// One JSON object, with AWS's field names where AWS has the shape
    Json,
    /// A report of tests, for machines that build (`iamdb test`, `iamdb validate`)
    Junit,
    /// Annotations of a workflow of GitHub (`iamdb validate`)
    Github,
    /// A comment on a pull request (`iamdb diff`), or a table (`iamdb who-can`)
    Markdown,
    /// A table, for spreadsheets (`iamdb who-can`, `iamdb actions`)
    Csv,
    /// Findings beside the code (`iamdb diff`, `iamdb validate`)
    Sarif,
}

/// How an answer is written, where the command does not write it in a form of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// One JSON object.
    Json,
}

impl Wanted {
    /// The format of everything but a form that only one command writes.
    pub(crate) fn format(self) -> Format {
        match self {
            Wanted::Text
            | Wanted::Junit
            | Wanted::Github
            | Wanted::Markdown
            | Wanted::Csv
            | Wanted::Sarif => Format::Text,
            Wanted::Json => Format::Json,
        }
    }
}

/// Whether to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR or TERM=dumb says otherwise
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What is wrong.
pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
/// What may be.
pub(crate) const WARNING: Style = AnsiColor::Yellow.on_default().bold();
/// What helps.
pub(crate) const NOTE: Style = AnsiColor::Cyan.on_default().bold();
/// What is named by a line of an answer.
pub(crate) const STRONG: Style = Style::new().bold();
/// What stands beside it.
pub(crate) const FAINT: Style = Style::new().dimmed();

/// Where everything is printed.
pub(crate) struct Output {
    format: Format,
    stdout: AutoStream<io::Stdout>,
    stderr: AutoStream<io::Stderr>,
    /// The answer as JSON, held back until all remarks are made.
    object: Option<Value>,
    warnings: Vec<Value>,
    notes: Vec<String>,
}

impl Output {
    /// The streams of the process.
    pub(crate) fn new(format: Format, color: Color) -> Output {
        let choice = match color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        Output {
            format,
            stdout: AutoStream::new(io::stdout(), choice),
            stderr: AutoStream::new(io::stderr(), choice),
            object: None,
            warnings: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Answers: `text` or `json`, which is an object.
    pub(crate) fn answer(
        &mut self,
        text: impl FnOnce() -> Vec<Text>,
        json: impl FnOnce() -> Value,
    ) -> Result<(), CliError> {
        match self.format {
            Format::Text => {
                for line in text() {
                    writeln!(self.stdout, "{}", line.as_str())?;
                }
            }
            Format::Json => self.object = Some(json()),
        }
        Ok(self.stdout.flush()?)
    }

    /// Ends a run that had an answer: notes stand behind it as text, and in it as JSON.
    pub(crate) fn finish(&mut self) -> Result<(), CliError> {
        match self.object.take() {
            Some(mut object) => {
                self.add_remarks(&mut object);
                writeln!(self.stdout, "{}", pretty(&object))?;
                Ok(self.stdout.flush()?)
            }
            None => self.print_notes(),
        }
    }

    /// Prints a document, or `json`: byte for byte into a file or a pipe, so far as it is harmless on a terminal.
    pub(crate) fn document(&mut self, text: &str, json: impl FnOnce() -> Value) -> Result<(), CliError> {
        match self.format {
            Format::Json => self.answer(Vec::new, json),
            Format::Text => self.print_document(text),
        }
    }

    /// Prints a document that is JSON of AWS's own, whatever the format: remarks stand apart from it.
    pub(crate) fn aws_document(&mut self, text: &str) -> Result<(), CliError> {
        for warning in std::mem::take(&mut self.warnings) {
            self.remark(WARNING, "warning", warning["message"].as_str().unwrap_or_default())?;
        }
        self.print_document(text)
    }

    fn print_document(&mut self, text: &str) -> Result<(), CliError> {
        if !io::stdout().is_terminal() {
            return self.bytes(text.as_bytes());
        }
        let shown = shown_document(text.strip_suffix('\n').unwrap_or(text));
        writeln!(self.stdout, "{}", shown.as_str())?;
        Ok(self.stdout.flush()?)
    }

    /// Writes what this program made for another program to read.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<(), CliError> {
        let mut stdout = io::stdout().lock();
        stdout.write_all(bytes)?;
        Ok(stdout.flush()?)
    }

    /// Says what may be a mistake.
    pub(crate) fn warning(&mut self, message: &str) -> Result<(), CliError> {
        match self.format {
            Format::Text => self.remark(WARNING, "warning", message),
            Format::Json => {
                self.warnings.push(json!({ "message": message }));
                Ok(())
            }
        }
    }

    /// Says what one should know to read the answer.
    pub(crate) fn note(&mut self, message: &str) {
        self.notes.push(message.to_owned());
    }

    /// Says what was found in a document that is not refused for it.
    pub(crate) fn findings(&mut self, findings: &Findings) -> Result<(), CliError> {
        match self.format {
            Format::Text => self.print_findings(findings),
            Format::Json => {
                self.warnings.extend(findings.json());
                Ok(())
            }
        }
    }

    /// Says why there is no answer. What cannot be printed is not printed: there is nobody left to tell.
    pub(crate) fn error(&mut self, error: &CliError) {
        if error.is_quiet() {
            return;
        }
        let printed = match self.format {
            Format::Text => self.print_error(error),
            Format::Json => {
                let mut object = error.json();
                self.add_remarks(&mut object);
                writeln!(self.stderr, "{}", pretty(&object)).map_err(CliError::from)
            }
        };
        drop(printed);
    }

    fn print_notes(&mut self) -> Result<(), CliError> {
        std::mem::take(&mut self.notes).iter().try_for_each(|note| self.remark(NOTE, "note", note))
    }

    fn print_error(&mut self, error: &CliError) -> Result<(), CliError> {
        if let Some(findings) = error.findings() {
            self.print_findings(findings)?;
        }
        self.remark(ERROR, "error", error.message())?;
        for hint in error.hints() {
            self.remark(NOTE, "hint", hint)?;
        }
        self.print_notes()
    }

    fn print_findings(&mut self, findings: &Findings) -> Result<(), CliError> {
        for finding in findings.texts(ERROR, WARNING, FAINT) {
            writeln!(self.stderr, "{}\n", finding.as_str())?;
        }
        Ok(())
    }

    fn remark(&mut self, style: Style, label: &str, message: &str) -> Result<(), CliError> {
        let line = Text::styled(style, label).and(": ").and(message);
        Ok(writeln!(self.stderr, "{}", line.as_str())?)
    }

    fn add_remarks(&mut self, object: &mut Value) {
        let message = |note: String| json!({ "message": note });
        let notes = std::mem::take(&mut self.notes).into_iter().map(message).collect();
        for (key, remarks) in [("warnings", std::mem::take(&mut self.warnings)), ("notes", notes)] {
            if !remarks.is_empty() {
                object[key] = Value::Array(remarks);
            }
        }
    }
}

/// JSON for people and programs. What a terminal would obey stands in strings only, and is escaped there.
fn pretty(value: &Value) -> String {
    format!("{value:#}").split('\n').map(shown).collect::<Vec<_>>().join("\n")
}

/// For failures to print, see [`CliError::exit`].
impl From<io::Error> for CliError {
    fn from(error: io::Error) -> CliError {
        CliError::printing(&error)
    }
}
