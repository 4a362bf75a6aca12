//! What a question says of a request besides who asks: what is options of every command that asks one.

use jiff::Timestamp;

use super::action::Unlisted;
use super::at::time;
use super::context::ContextArgs;
use super::error::{CliError, ErrorKind};
use super::name::account_id;
use super::text::shown;
use crate::arn::AccountId;
use crate::ask::Unsaid;
use crate::request::Resource;

/// The options of a question about single actions.
#[derive(Debug, clap::Args)]
pub(crate) struct QuestionArgs {
    #[command(flatten)]
    pub(crate) context: ContextArgs,
    /// Take every context key that is not mentioned to be absent, as AWS's policy simulator does. Who asks stays unknown
    /// as far as that is not on record: a unique id, or which of several principals it is
    #[arg(long)]
    pub(crate) closed: bool,
    /// The time of the request (aws:CurrentTime); the clock, unless given
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) now: Option<Timestamp>,
    #[command(flatten)]
    pub(crate) unlisted: Unlisted,
    /// Whose resource it is, where neither its ARN nor the file says so
    #[arg(long, value_name = "ACCOUNT", value_parser = account_id)]
    pub(crate) resource_account: Option<AccountId>,
}

impl QuestionArgs {
    /// What a key that is not mentioned is.
    pub(crate) fn unsaid(&self) -> Unsaid {
        if self.closed { Unsaid::Absent } else { Unsaid::Unknown }
    }

    /// When the request is made.
    pub(crate) fn made_at(&self) -> Timestamp {
        self.now.unwrap_or_else(Timestamp::now)
    }
}

/// An ARN, or `*`.
pub(crate) fn read_resource(text: &str) -> Result<Resource, CliError> {
    Resource::parse(text).ok_or_else(|| {
        CliError::new(ErrorKind::Usage, format!("the resource `{}` is neither an ARN nor `*`", shown(text)))
            .hint("an ARN has six fields: `arn:aws:s3:::bucket/key`, `arn:aws:iam::123456789012:user/alice`")
    })
}
