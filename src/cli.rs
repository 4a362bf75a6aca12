//! The command line: one file per command, each with its arguments (whose comments are the help) and a `run`.
//!
//! Only this module names clap, prints, reads files, the environment and the clock. A command goes like this:
//! [`run`] parses the arguments, a `Session` knows the database and who asks, `resolve`
//! and `source` turn what was typed into what is meant, the store answers, and an `Output` prints. Exit codes
//! are in `exit`, errors in `error`; text from input goes through `text`.

mod access;
mod action;
mod actions;
mod alone;
mod at;
mod attach;
mod aws;
mod backup;
mod can;
mod check;
mod completions;
mod context;
mod create;
mod delete;
mod detach;
mod diff;
mod effective;
mod error;
mod exit;
mod export;
mod finding;
mod folder;
mod gc;
mod how;
mod import;
mod init;
mod join;
mod leave;
mod log;
mod ls;
mod man;
mod markdown;
mod meaning;
mod minimize;
mod moves;
mod name;
mod named;
mod nearest;
mod organization;
mod output;
mod part;
mod policy_type;
mod progress;
mod question;
mod quota;
mod resolve;
mod sarif;
mod session;
mod set;
mod show;
mod simulate;
mod source;
mod spreadsheet;
mod staged;
mod table;
mod tag;
mod template;
mod test;
mod text;
mod thing;
mod told;
mod usage;
mod validate;
mod verify;
mod when;
mod who_can;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use error::{CliError, ErrorKind};
use exit::Exit;
use output::{Color, Output, Wanted};
use session::Session;

/// Keep AWS IAM policies in one file, and ask it what they allow
///
/// iamdb holds policies and the users, roles, groups, organizations and resources they are attached to in one SQLite
/// file, with their whole history, and answers offline. It needs no account, no credentials and no network, and it asks for none.
#[derive(Debug, Parser)]
#[command(name = "iamdb", version, max_term_width = 100, help_template = help(), after_long_help = RULES)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// The rules that hold for every command.
const RULES: &str = "\
Database:    --db FILE, else $IAMDB_DB, else iam.db in the working directory.
             The first attach, create or init makes it.
Principals:  alice, user/alice, role/deploy, group/devs or an ARN
Also:        organization, root, ou/dev, account/222222222222,
             scp/limits, rcp/limits, arn:aws:s3:::reports
Policies:    a JSON file, - for stdin, a literal {…},
             or the name or ARN of a stored one, also my-repo@v2
Exit codes:  0  yes, done
             1  no
             2  no answer: usage, broken input, I/O
             3  undecided: it depends on what was not said
Streams:     the answer is on stdout, everything else on stderr";

/// The first screen: the commands and the rules. Options come last.
fn help() -> String {
    format!(
        "{{about-with-newline}}
{{usage-heading}} {{usage}}

Commands:
{{subcommands}}

{RULES}

Options:
{{options}}

Begin with:  iamdb attach alice policy.json
"
    )
}

/// Options of every command.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Global options")]
struct Global {
    /// The database file [default: iam.db; env: IAMDB_DB]
    #[arg(long, global = true, value_name = "FILE")]
    db: Option<PathBuf>,
    /// How the answer is written: for people, or as one JSON object; `test` also writes junit, `diff`
    /// markdown and sarif, `who-can` markdown and csv, `actions` csv, `validate` sarif, github and junit
    /// [env: IAMDB_OUTPUT]
    #[arg(
        short,
        long,
        global = true,
        value_name = "text|json|…",
        env = "IAMDB_OUTPUT",
        hide_possible_values = true,
        hide_env = true,
        default_value = "text"
    )]
    output: Wanted,
    /// The facts about AWS's actions and keys, instead of those in the program: a file that iamdb's `build-catalog`
    /// wrote, or the JSON that it reads. They show and check; they never decide
    #[arg(long, global = true, value_name = "FILE")]
    catalog: Option<PathBuf>,
    /// Whether to colour; auto obeys NO_COLOR, CLICOLOR_FORCE and TERM=dumb
    #[arg(
        long,
        global = true,
        value_name = "auto|always|never",
        default_value = "auto",
        hide_possible_values = true
    )]
    color: Color,
}

#[derive(Debug, Subcommand)]
enum Command {
    Attach(attach::AttachArgs),
    Can(can::CanArgs),
    WhoCan(who_can::WhoCanArgs),
    Detach(detach::DetachArgs),
    Diff(diff::DiffArgs),
    Effective(effective::EffectiveArgs),
    Check(check::CheckArgs),
    Validate(validate::ValidateArgs),
    Simulate(simulate::SimulateArgs),
    Test(test::TestArgs),
    Minimize(minimize::MinimizeArgs),
    Actions(actions::ActionsArgs),
    Import(import::ImportArgs),
    Export(export::ExportArgs),
    Ls(ls::LsArgs),
    Show(show::ShowArgs),
    Create(create::CreateArgs),
    Delete(delete::DeleteArgs),
    Join(join::JoinArgs),
    Leave(leave::LeaveArgs),
    Tag(tag::TagArgs),
    Set(set::SetArgs),
    Log(log::LogArgs),
    Verify(verify::VerifyArgs),
    Backup(backup::BackupArgs),
    Gc(gc::GcArgs),
    Init(init::InitArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
}

/// Runs the program with these arguments, the first of which is its name.
pub fn run(arguments: Vec<OsString>) -> ExitCode {
    if let Some(exit) = completions::answer() {
        return exit.into();
    }
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => return usage::tell(&error, &arguments).into(),
    };
    let Global { db, output, catalog, color } = cli.global;
    let out = Output::new(output.format(), color);
    let mut session = Session::new(database(db), catalog, &arguments, out);
    let outcome = dispatch(cli.command, output, &mut session);
    match outcome.and_then(|exit| session.out.finish().map(|()| exit)) {
        Ok(exit) => exit.into(),
        Err(error) => {
            session.out.error(&error);
            error.exit().into()
        }
    }
}

/// The file: `--db`, else the environment's (an empty variable is none), else the one of the working directory.
fn database(db: Option<PathBuf>) -> PathBuf {
    let from_environment = || std::env::var_os("IAMDB_DB").filter(|name| !name.is_empty()).map(PathBuf::from);
    db.or_else(from_environment).unwrap_or_else(|| PathBuf::from("iam.db"))
}

fn dispatch(command: Command, wanted: Wanted, session: &mut Session) -> Result<Exit, CliError> {
    let refused = match (wanted, &command) {
        (Wanted::Text | Wanted::Json, _)
        | (Wanted::Junit, Command::Test(_) | Command::Validate(_))
        | (Wanted::Github, Command::Validate(_))
        | (Wanted::Sarif, Command::Diff(_) | Command::Validate(_))
        | (Wanted::Markdown, Command::Diff(_))
        | (Wanted::Markdown | Wanted::Csv, Command::WhoCan(_))
        | (Wanted::Csv, Command::Actions(_)) => None,
        (Wanted::Junit, _) => Some("only `iamdb test` and `iamdb validate` write a report as `junit`"),
        (Wanted::Github, _) => Some("only `iamdb validate` writes `github`"),
        (Wanted::Markdown, _) => Some("only `iamdb diff` and `iamdb who-can` write `markdown`"),
        (Wanted::Csv, _) => Some("only `iamdb who-can` and `iamdb actions` write `csv`"),
        (Wanted::Sarif, _) => Some("only `iamdb diff` and `iamdb validate` write `sarif`"),
    };
    if let Some(message) = refused {
        return Err(CliError::new(ErrorKind::Usage, message)
            .hint("`--output json` is for programs, with every command"));
    }
    match command {
        Command::Attach(args) => attach::run(&args, session),
        Command::Can(args) => can::run(&args, session),
        Command::WhoCan(args) => who_can::run(&args, wanted, session),
        Command::Detach(args) => detach::run(&args, session),
        Command::Check(args) => check::run(&args, session),
        Command::Validate(args) => validate::run(&args, wanted, session),
        Command::Effective(args) => effective::run(&args, session),
        Command::Diff(args) => diff::run(&args, wanted, session),
        Command::Simulate(args) => simulate::run(&args, session),
        Command::Test(args) => test::run(&args, wanted, session),
        Command::Minimize(args) => minimize::run(&args, session),
        Command::Actions(args) => actions::run(&args, wanted, session),
        Command::Import(args) => import::run(&args, session),
        Command::Export(args) => export::run(&args, session),
        Command::Ls(args) => ls::run(&args, session),
        Command::Show(args) => show::run(&args, session),
        Command::Create(args) => create::run(&args, session),
        Command::Delete(args) => delete::run(&args, session),
        Command::Join(args) => join::run(&args, session),
        Command::Leave(args) => leave::run(&args, session),
        Command::Tag(args) => tag::run(&args, session),
        Command::Set(args) => set::run(&args, session),
        Command::Log(args) => log::run(&args, session),
        Command::Verify(args) => verify::run(&args, session),
        Command::Backup(args) => backup::run(&args, session),
        Command::Gc(args) => gc::run(&args, session),
        Command::Init(args) => init::run(&args, session),
        Command::Completions(args) => completions::run(&args, session),
        Command::Man(args) => man::run(&args, session),
    }
}
