//! The `iamdb` program: everything it does is in [`iamdb`].

use std::process::ExitCode;

// Sets are millions of small things that live briefly: a quarter to a half of the time is spent on them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    iamdb::cli::run(std::env::args_os().collect())
}
