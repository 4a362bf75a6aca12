//! The files of a folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::error::CliError;

/// The files with some endings of a folder and of those in it, each with its path from there; hidden ones are none of
/// ours.
pub(crate) fn files_in(top: &Path, endings: &[&str]) -> Result<Vec<(String, PathBuf)>, CliError> {
    let mut found = Vec::new();
    let mut open = vec![top.to_owned()];
    while let Some(folder) = open.pop() {
        let cannot = |error: io::Error| CliError::unreadable(&folder.to_string_lossy(), &error);
        for entry in fs::read_dir(&folder).map_err(cannot)? {
            let entry = entry.map_err(cannot)?;
            let path = entry.path();
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            // A link to a folder could lead in circles.
            if entry.file_type().map_err(cannot)?.is_dir() {
                open.push(path);
            } else if path
                .extension()
                .is_some_and(|ending| endings.iter().any(|one| ending.eq_ignore_ascii_case(one)))
            {
                let name = path.strip_prefix(top).unwrap_or(&path).to_string_lossy().into_owned();
                found.push((name, path));
            }
        }
    }
    found.sort();
    Ok(found)
}
