//! `iamdb init`: begin a database, and say whose it is.

use serde_json::json;

use super::error::CliError;
use super::exit::Exit;
use super::name::account_id;
use super::session::{Database, Keep, Session};
use super::text::shown;
use crate::arn::AccountId;

/// Make a database, and set the account of what is made by hand
///
/// Optional: the first write makes the database too. Until the account is set, ARNs show 000000000000 and every
/// resource counts as being in the same account. It is set once.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  iamdb init --account 123456789012
  iamdb init --db test.db")]
pub(crate) struct InitArgs {
    /// The account, twelve digits
    #[arg(long, value_name = "ID", value_parser = account_id)]
    account: Option<AccountId>,
}

pub(crate) fn run(args: &InitArgs, session: &mut Session) -> Result<Exit, CliError> {
    let is_new = !session.db().exists();
    let (account, change) = session.write(Database::MayBegin, Keep::Change, |writer| {
        if let Some(account) = &args.account {
            writer.set_account(account)?;
        }
        let summary = args.account.as_ref().map(|account| format!("set the account to {account}"));
        Ok((writer.account()?, summary.unwrap_or_default()))
    })?;
    let db = shown(&session.db().to_string_lossy());
    session.out.answer(
        || {
            let made = if is_new { format!("made {db}") } else { format!("{db} is there already") };
            let account = account.as_ref().map(|account| match change {
                Some(_) => format!("the account is {account} now"),
                None => format!("the account is {account}"),
            });
            [Some(made), account].into_iter().flatten().map(Into::into).collect()
        },
        || {
            json!({
                "database": db,
                "made": is_new,
                "account": account.as_ref().map(AccountId::as_str),
                "change": change.as_ref().map(|change| change.number.0),
            })
        },
    )?;
    Ok(Exit::Yes)
}
