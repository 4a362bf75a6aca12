//! `iamdb export`: everything back out as AWS prints it.

use std::cell::RefCell;
use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::at::AtArgs;
use super::error::{CliError, ErrorKind};
use super::exit::Exit;
use super::name::account_id;
use super::output::Output;
use super::session::Session;
use super::staged::{Staged, cannot_write};
use super::text::{quoted_list, shown};
use crate::arn::AccountId;
use crate::export::{Counts, Export, ExportError};
use crate::import::counted;
use crate::store::Snapshot;

/// How many things that are left out are told one by one.
const TOLD: usize = 20;

/// Write everything in the formats that AWS prints and `import` reads
///
/// Into a folder: `gaad-ACCOUNT.json` for each account, as `aws iam get-account-authorization-details` prints it,
/// `organization/` with the tree and the policies of the organization in files named after what they are of, and
/// `resources.json` with the policies of resources. All or nothing, and never over anything that is there.
///
/// One account goes to stdout where no folder is named. Importing an export into a new database gives the same state;
/// into the same database it changes nothing. AWS's formats have no place for the history (`iamdb backup` keeps it)
/// and for what has no account or no id of AWS; what is left out is told. Policies keep their text, but for blank
/// space around it.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  iamdb export estate
  iamdb export estate-june --at 2026-06-30
  iamdb export --account 123456789012 > gaad.json
  iamdb export estate && iamdb --db copy.db import estate")]
pub(crate) struct ExportArgs {
    /// The folder to make; one that is there must be empty
    #[arg(value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// Only the dump of that account, to stdout
    #[arg(long, value_name = "ID", value_parser = account_id, conflicts_with = "folder")]
    account: Option<AccountId>,
    #[command(flatten)]
    at: AtArgs,
}

pub(crate) fn run(args: &ExportArgs, session: &mut Session) -> Result<Exit, CliError> {
    session.read(&args.at.at, |now, out| match &args.folder {
        Some(folder) => write_folder(now, folder, out),
        None => print_account(now, args.account.as_ref(), out),
    })?;
    Ok(Exit::Yes)
}

fn write_folder(now: &Snapshot<'_>, folder: &Path, out: &mut Output) -> Result<(), CliError> {
    must_be_empty(folder)?;
    let staged = Staged::beside(folder);
    fs::create_dir(staged.path()).map_err(|error| cannot_write(folder, &error))?;
    let mut export = Export::new(now)?;
    let mut files = Vec::new();
    {
        let files = RefCell::new(&mut files);
        export.write(&mut |name| {
            let path = staged.path().join(name);
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            let file = File::create_new(&path)?;
            files.borrow_mut().push(name.to_owned());
            Ok(Box::new(BufWriter::new(file)))
        })?;
    }
    files.sort();
    tell_left_out(&export, out)?;
    if files.is_empty() {
        return Err(nothing());
    }
    staged.keep_folder(&files, folder).map_err(|error| cannot_write(folder, &error))?;
    let counts = export.counts();
    let accounts: Vec<&str> = export.accounts().map(AccountId::as_str).collect();
    let shown_folder = shown(&folder.to_string_lossy());
    out.answer(
        || vec![format!("exported {} to {shown_folder}", summary(counts, &accounts)).into()],
        || {
            json!({
                "folder": shown_folder,
                "files": files,
                "accounts": accounts,
                "users": counts.users,
                "groups": counts.groups,
                "roles": counts.roles,
                "policies": counts.policies,
                "member_accounts": counts.member_accounts,
                "organizational_units": counts.ous,
                "organization_policies": counts.organization_policies,
                "resources": counts.resources,
                "at": now.change().0,
            })
        },
    )
}

fn print_account(now: &Snapshot<'_>, account: Option<&AccountId>, out: &mut Output) -> Result<(), CliError> {
    let mut export = Export::new(now)?;
    let accounts: Vec<AccountId> = export.accounts().cloned().collect();
    let account = match (account, accounts.as_slice()) {
        (Some(account), all) if all.contains(account) => account,
        (Some(account), _) => {
            let error = CliError::new(ErrorKind::NotFound, format!("nothing is stored of {account}"));
            let known = quoted_list(accounts.iter().map(AccountId::as_str));
            return Err(if accounts.is_empty() { error } else { error.hint(format!("there is {known}")) });
        }
        (None, [only]) if !export.has_more_than_accounts()? => only,
        (None, []) if !export.has_more_than_accounts()? => {
            tell_left_out(&export, out)?;
            return Err(nothing());
        }
        (None, _) => {
            let message = "there is more to export than the dump of one account, and stdout takes one";
            return Err(CliError::new(ErrorKind::Usage, message).hint(
                "`iamdb export FOLDER` writes everything, `iamdb export --account ID` prints one account",
            ));
        }
    };
    let mut dump = Vec::new();
    export.write_account(account, &mut dump)?;
    tell_left_out(&export, out)?;
    out.aws_document(&String::from_utf8_lossy(&dump))
}

fn nothing() -> CliError {
    CliError::new(ErrorKind::NotFound, "there is nothing to export")
        .hint("`iamdb ls` lists what is stored; `iamdb init --account 123456789012` says whose it is")
}

fn tell_left_out(export: &Export<'_, '_>, out: &mut Output) -> Result<(), CliError> {
    for left_out in export.left_out().take(TOLD) {
        out.warning(&shown(&left_out.to_string()))?;
    }
    match export.left_out().count().saturating_sub(TOLD) {
        0 => Ok(()),
        more => out.warning(&format!("and {more} more are left out")),
    }
}

/// `3 users, 1 role of 123456789012`
fn summary(counts: &Counts, accounts: &[&str]) -> String {
    let Counts { users, groups, roles, policies, member_accounts, ous, organization_policies, resources } =
        *counts;
    let found = [
        (users, "user", "users"),
        (groups, "group", "groups"),
        (roles, "role", "roles"),
        (policies, "policy", "policies"),
        (member_accounts, "account", "accounts"),
        (ous, "OU", "OUs"),
        (organization_policies, "organization policy", "organization policies"),
        (resources, "resource", "resources"),
    ];
    let found = found.into_iter().filter(|(number, ..)| *number > 0);
    let found: Vec<String> = found.map(|(number, one, many)| counted(number, one, many)).collect();
    match accounts {
        [] => found.join(", "),
        [one] => format!("{} of {one}", found.join(", ")),
        several => format!("{} of {} accounts", found.join(", "), several.len()),
    }
}

/// Refuses a folder that holds something.
fn must_be_empty(folder: &Path) -> Result<(), CliError> {
    match fs::read_dir(folder).map(|mut entries| entries.next()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(cannot_write(folder, &error)),
        Ok(None) => Ok(()),
        Ok(Some(_)) => {
            let message = format!("`{}` is not empty", shown(&folder.to_string_lossy()));
            Err(CliError::new(ErrorKind::Conflict, message)
                .hint("nothing has been written; name a folder that is not there yet"))
        }
    }
}

impl From<ExportError> for CliError {
    fn from(error: ExportError) -> CliError {
        match error {
            ExportError::Store(error) => CliError::from(error),
            ExportError::Io(_) => CliError::new(ErrorKind::Io, shown(&error.to_string())),
        }
    }
}
