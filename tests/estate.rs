//! A generator of accounts and organizations, in the forms that AWS prints (R-FMT-1, R-FMT-20).
//!
//! Seeded and deterministic: the same size and seed give the same bytes. What it draws is shaped like real
//! accounts: a few dozen policies that many share, users in groups, some of whose policies are AWS's own, inline
//! policies that are mostly copies of a few texts, roles whose trust policies are copies of a few texts as well, tags,
//! paths, boundaries on some, two versions of some policies. With their groups, users have about 30 managed policies
//! in play.
//!
//! Everything is drawn from a stream of its own that begins with the seed, so that what is written is never in memory
//! as a whole, and so that an account *a month later* is the same but for the principals that have changed.
//!
//! Tests and benches use it, and `examples/generate-account.rs`.

// By path, for whoever includes this file from another folder.
#[path = "estate/account.rs"]
mod account;
#[path = "estate/document.rs"]
mod document;
#[path = "estate/organization.rs"]
mod organization;
#[path = "estate/random.rs"]
mod random;
#[path = "estate/resources.rs"]
mod resources;

use std::io::{self, Write};

pub(crate) use account::Account;
pub(crate) use organization::Organization;
pub(crate) use resources::write_resources;

/// The account that everything is of, unless an organization is made.
pub(crate) const ACCOUNT: &str = "123456789012";

const TEAMS: [&str; 6] = ["payments", "search", "platform", "data", "web", "security"];

/// An account of somebody else: no GAAD says what is in it.
const PARTNER: &str = "999999999999";

/// Writes an account with that many users and roles, three users for two roles.
pub(crate) fn write_account(principals: usize, seed: u64, out: &mut dyn Write) -> io::Result<()> {
    Account::new(principals, seed).write(out)
}
