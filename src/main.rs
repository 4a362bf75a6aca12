//! The `iamdb` program: everything it does is in [`iamdb`].

use std::process::ExitCode;

fn main() -> ExitCode {
    iamdb::cli::run(std::env::args_os().collect())
}
