//! Rebuilds the catalogue that is part of iamdb, for its maintainers, or one for `--catalog FILE`.
//!
//! ```text
//! cargo run --release --example build-catalog -- service-authorization.json [catalog.bin]
//! cargo run --release --example build-catalog -- service-reference/ 2026-11-20 [catalog.bin]
//! ```
//!
//! The first input is one file with everything (`src/catalog/source.rs`). The second is a folder with the JSON files of
//! AWS's Service Reference (`src/catalog/reference.rs`), the index among them, and the day on which they were
//! downloaded, which becomes the version:
//!
//! ```text
//! mkdir service-reference && cd service-reference
//! curl -o index.json https://servicereference.us-east-1.amazonaws.com/
//! jq -r '.[].url' index.json | xargs -n 1 curl -sSO
//! ```
//!
//! Without a last argument the output is `src/catalog/catalog.bin` of this checkout, described in
//! `src/catalog/format.rs`. The same input gives the same bytes.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use iamdb::catalog::{Catalog, Contents};

const USAGE: &str = "usage: build-catalog service-authorization.json [catalog.bin]
       build-catalog FOLDER VERSION [catalog.bin]";

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args_os().skip(1);
    let input = arguments.next().map(PathBuf::from).ok_or(USAGE)?;
    let contents = if input.is_dir() {
        let version = arguments.next().ok_or(USAGE)?.into_string().map_err(|_| USAGE)?;
        Contents::from_service_reference(&files_in(&input)?, &version, &Catalog::embedded())?
    } else {
        Contents::from_json(&fs::read_to_string(input)?)?
    };
    let output = arguments
        .next()
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("src/catalog/catalog.bin"), PathBuf::from);
    fs::write(output, contents.encode()?)?;
    Ok(())
}

/// The names and texts of the JSON files in a folder, in order.
fn files_in(folder: &Path) -> Result<Vec<(String, String)>, Box<dyn Error>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "json") {
            files.push((path.to_string_lossy().into_owned(), fs::read_to_string(&path)?));
        }
    }
    files.sort();
    Ok(files)
}
