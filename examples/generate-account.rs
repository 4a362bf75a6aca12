//! Prints a made-up AWS account as `aws iam get-account-authorization-details` would, to try iamdb at size:
//!
//! ```sh
//! cargo run --release --example generate-account -- 10000 > gaad.json
//! iamdb import gaad.json
//! ```
//!
//! The first argument is the number of users and roles, the second, if any, the seed (1): the same arguments
//! print the same bytes. Behind them,
//!
//! * `--changed K` prints the same account a month later, when K of its principals have changed;
//! * `--resources N` prints N buckets, queues, keys and secrets of the account with their policies;
//! * `--organization N FOLDER` writes an organization of N such accounts, each with 20 resources, into files.
//!
//! ```sh
//! cargo run --release --example generate-account -- 10000 1 --changed 100 > gaad-later.json
//! cargo run --release --example generate-account -- 10000 1 --resources 500 > resources.json
//! cargo run --release --example generate-account -- 100 1 --organization 100 organization
//! ```

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

#[path = "../tests/estate.rs"]
mod estate;

use estate::{Account, Organization, write_account, write_resources};

const USAGE: &str = "usage: generate-account PRINCIPALS [SEED] \
                     [--changed K | --resources N | --organization N FOLDER]";

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let options = arguments.iter().position(|argument| argument.starts_with("--")).unwrap_or(arguments.len());
    let (numbers, options) = arguments.split_at(options);
    let (principals, seed) = match numbers {
        [principals] => (number(principals)?, 1),
        [principals, seed] => (number(principals)?, number(seed)? as u64),
        _ => return Err(io::Error::other(USAGE)),
    };
    let mut out = BufWriter::new(io::stdout().lock());
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    match options.as_slice() {
        [] => write_account(principals, seed, &mut out)?,
        ["--changed", changed] => {
            Account::new(principals, seed).later(number(changed)?).write(&mut out)?;
        }
        ["--resources", count] => {
            write_resources(&Account::new(principals, seed), number(count)?, &mut out)?;
        }
        ["--organization", accounts, folder] => {
            fs::create_dir_all(folder)?;
            let made = Organization { accounts: number(accounts)?, principals, resources: 20, seed };
            made.write(&mut |name| {
                Ok(Box::new(BufWriter::new(File::create(Path::new(folder).join(name))?)))
            })?;
        }
        _ => return Err(io::Error::other(USAGE)),
    }
    out.flush()
}

fn number(text: &str) -> io::Result<usize> {
    text.parse().map_err(|_| io::Error::other(USAGE))
}
