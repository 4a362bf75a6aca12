//! Rebuilds the catalogue that is part of iamdb, for its maintainers.
//!
//! ```text
//! cargo run --release --example build-catalog -- service-authorization.json [catalog.bin]
//! ```
//!
//! The input is described in `src/catalog/source.rs`, the output in `src/catalog/format.rs`. Without a second
//! argument the output is `src/catalog/catalog.bin` of this checkout. The same input gives the same bytes.

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

use iamdb::catalog::Contents;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let input = arguments.next().ok_or("usage: build-catalog service-authorization.json [catalog.bin]")?;
    let output = arguments
        .next()
        .unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/catalog/catalog.bin"));
    fs::write(output, Contents::from_json(&fs::read_to_string(input)?)?.encode()?)?;
    Ok(())
}
