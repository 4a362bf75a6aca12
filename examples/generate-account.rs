//! Prints a made-up AWS account as `aws iam get-account-authorization-details` would, to try iamdb at size:
//!
//! ```sh
//! cargo run --release --example generate-account -- 1000 > gaad.json
//! iamdb import gaad.json
//! ```
//!
//! The first argument is the number of users and roles, the second, if any, the seed (1): the same arguments
//! print the same bytes.

use std::io::{self, BufWriter, Write};

#[path = "../tests/estate.rs"]
mod estate;

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u64>());
    let (principals, seed) = match (arguments.next(), arguments.next()) {
        (Some(Ok(principals)), None) => (principals, 1),
        (Some(Ok(principals)), Some(Ok(seed))) => (principals, seed),
        _ => return Err(io::Error::other("usage: generate-account PRINCIPALS [SEED]")),
    };
    let mut out = BufWriter::new(io::stdout().lock());
    estate::write_account(usize::try_from(principals).map_err(io::Error::other)?, seed, &mut out)?;
    out.flush()
}
