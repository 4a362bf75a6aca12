//! `iamdb import`: what AWS says of an account, and folders of policies.

use std::cell::RefCell;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::error::{CliError, ErrorKind};
use super::exit::Exit;
use super::progress::{Meter, Metered};
use super::session::{Database, DryRun, Session};
use super::text::{quoted_list, shown};
use crate::arn::AccountId;
use crate::import::{Estate, ImportError, Outcome, Reading, apply};

/// How many warnings are told one by one.
const WARNINGS: usize = 50;

/// Import accounts and policies as AWS prints them
///
/// Recognised by their content: the output of `aws iam get-account-authorization-details` (whole, or its pages as
/// an array, one a line or one a file), of get-user, get-role, get-policy, get-policy-version, get-user-policy,
/// get-group-policy and get-role-policy, and policy documents, which are named after their files. Folders are read with all
/// the folders in them.
///
/// Of an organization: describe-organization, list-roots, list-organizational-units-for-parent, list-accounts,
/// list-accounts-for-parent, list-children, list-parents, list-policies, list-policies-for-target, describe-policy and
/// list-targets-for-policy. Their output does not say which parent, target or policy was asked for, so the name of the
/// file, or of its folder, does: list-targets-for-policy-p-abcd1234.json.
///
/// Of resources: an object of policies by ARN, a list of `{"ResourceArn", "AccountId", "Policy"}`, describe-vpc-endpoints,
/// and get-bucket-policy, get-key-policy, get-queue-attributes, get-policy of Lambda and their like. Where those do not
/// say the ARN, `--arn` does, or the name of the file (`arn:aws:s3:::bucket.json`).
///
/// All or nothing, as one change. Importing the same again changes nothing; a newer dump of an account records
/// what has become different, and removes what a complete dump does not have any more.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  aws iam get-account-authorization-details > gaad.json && iamdb import gaad.json
  iamdb import policies/
  iamdb import organization/
  aws s3api get-bucket-policy --bucket reports | iamdb import - --arn arn:aws:s3:::reports
  iamdb import --dry-run gaad-june.json")]
pub(crate) struct ImportArgs {
    /// Files, folders, or - for stdin
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Of which resource the policy is, where it comes without an ARN
    #[arg(long)]
    arn: Option<String>,
    #[command(flatten)]
    dry_run: DryRun,
}

pub(crate) fn run(args: &ImportArgs, session: &mut Session) -> Result<Exit, CliError> {
    let files = Files::find(&args.paths)?;
    let estate = files.read(match &args.arn {
        Some(arn) => Reading::of_resource(arn),
        None => Reading::new(),
    })?;
    let keep = args.dry_run.keep();
    let meter = RefCell::new(Meter::new("storing"));
    let (outcome, change) = session.write(Database::MayBeginUntried, keep, |writer| {
        let outcome = apply(writer, &estate, &mut |progress| {
            meter.borrow_mut().at(progress.done as u64, progress.total as u64);
        })?;
        let summary = outcome.summary();
        Ok((outcome, summary))
    })?;
    drop(meter);
    warn(&files, &outcome, session)?;
    let summary = format!("{}{}", keep.would(), outcome.summary());
    session.out.answer(
        || vec![shown(&summary).into()],
        || {
            json!({
                "users": outcome.users,
                "groups": outcome.groups,
                "roles": outcome.roles,
                "policies": outcome.policies,
                "accounts": outcome.accounts.iter().map(AccountId::as_str).collect::<Vec<_>>(),
                "member_accounts": outcome.member_accounts,
                "organizational_units": outcome.ous,
                "organization_policies": outcome.organization_policies,
                "resources": outcome.resources,
                "new": outcome.new,
                "changed": outcome.changed,
                "removed": outcome.removed,
                "dry_run": keep.is_dry(),
                "change": change.as_ref().map(|change| change.number.0),
            })
        },
    )?;
    Ok(Exit::Yes)
}

fn warn(files: &Files, outcome: &Outcome, session: &mut Session) -> Result<(), CliError> {
    if !files.left_out.is_empty() {
        let names = files.left_out.iter().take(8).map(|path| path.display().to_string());
        let more = if files.left_out.len() > 8 { ", …" } else { "" };
        session.out.note(&format!("left out what is not .json or .jsonl: {}{more}", quoted_list(names)));
    }
    for warning in outcome.warnings.iter().take(WARNINGS) {
        session.out.warning(&shown(&warning.to_string()))?;
    }
    match outcome.warnings.len().saturating_sub(WARNINGS) {
        0 => Ok(()),
        more => session.out.warning(&format!("and {more} more warnings")),
    }
}

/// The files of an import, in order.
struct Files {
    files: Vec<PathBuf>,
    /// What folders hold besides.
    left_out: Vec<PathBuf>,
    bytes: u64,
}

impl Files {
    /// The files named, and those in the folders named.
    fn find(paths: &[PathBuf]) -> Result<Files, CliError> {
        let mut found = Files { files: Vec::new(), left_out: Vec::new(), bytes: 0 };
        for path in paths {
            if path == Path::new("-") {
                found.files.push(path.clone());
                continue;
            }
            let metadata =
                fs::metadata(path).map_err(|error| CliError::unreadable(&path.to_string_lossy(), &error))?;
            if !metadata.is_dir() {
                found.bytes += metadata.len();
                found.files.push(path.clone());
                continue;
            }
            let before = found.files.len();
            found.walk(path)?;
            if found.files.len() == before {
                let message =
                    format!("there is no .json or .jsonl file in `{}`", shown(&path.to_string_lossy()));
                return Err(CliError::new(ErrorKind::NotFound, message));
            }
        }
        Ok(found)
    }

    /// What is in a folder, by name; hidden files and folders are none of ours.
    fn walk(&mut self, folder: &Path) -> Result<(), CliError> {
        let cannot = |error: &io::Error| CliError::unreadable(&folder.to_string_lossy(), error);
        let mut entries = fs::read_dir(folder)
            .and_then(Iterator::collect::<Result<Vec<fs::DirEntry>, _>>)
            .map_err(|error| cannot(&error))?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            // A link to a folder could lead in circles.
            let is_folder = entry.file_type().map_err(|error| cannot(&error))?.is_dir();
            let ending = path.extension().map(|ending| ending.to_ascii_lowercase());
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            } else if is_folder {
                self.walk(&path)?;
            } else if ending.is_some_and(|ending| ending == "json" || ending == "jsonl") && path.is_file() {
                self.bytes += entry.metadata().map_or(0, |metadata| metadata.len());
                self.files.push(path);
            } else {
                self.left_out.push(path);
            }
        }
        Ok(())
    }

    fn read(&self, mut reading: Reading) -> Result<Estate, CliError> {
        let (mut meter, mut done) = (Meter::new("reading"), 0);
        for path in &self.files {
            let (name, input): (_, Box<dyn Read>) = if path == Path::new("-") {
                ("<stdin>".to_owned(), Box::new(io::stdin().lock()))
            } else {
                let file = File::open(path)
                    .map_err(|error| CliError::unreadable(&path.to_string_lossy(), &error))?;
                (path.display().to_string(), Box::new(file))
            };
            let total = self.bytes;
            reading.add(&name, Metered { inner: input, meter: &mut meter, done: &mut done, total })?;
        }
        Ok(reading.finish()?)
    }
}

impl From<ImportError> for CliError {
    fn from(error: ImportError) -> CliError {
        let message = shown(&error.to_string());
        match error {
            ImportError::Store(error) => CliError::from(error),
            ImportError::Io { .. } => CliError::new(ErrorKind::Io, message).hint(NOTHING_STORED),
            ImportError::Unrecognised { .. } | ImportError::Json { .. } | ImportError::Content { .. } => {
                CliError::new(ErrorKind::InvalidInput, message).hint(NOTHING_STORED)
            }
        }
    }
}

const NOTHING_STORED: &str = "nothing has been stored";
