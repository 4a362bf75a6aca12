//! What is written under another name first, so that under its own there is all of it or nothing.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::error::{CliError, ErrorKind};
use super::text::shown;

/// A file or folder that is being written, and goes if it is not kept.
pub(crate) struct Staged {
    path: PathBuf,
}

impl Staged {
    /// Beside what it will be.
    pub(crate) fn beside(target: &Path) -> Staged {
        // Without a separator at its end, behind which the name would be in the folder and not beside it.
        let mut name = target.components().as_path().as_os_str().to_owned();
        name.push(format!(".partial-{}", std::process::id()));
        Staged { path: PathBuf::from(name) }
    }

    /// Where it is meanwhile.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Puts a file on the disk and gives it its name, unless that has been taken meanwhile.
    pub(crate) fn keep_file(self, target: &Path) -> io::Result<()> {
        sync(&self.path)?;
        match fs::hard_link(&self.path, target) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(error),
            Ok(()) => {}
            // Some file systems have no links.
            Err(_) => fs::rename(&self.path, target)?,
        }
        sync_folder_of(target);
        Ok(())
    }

    /// Puts the files of a folder on the disk and gives the folder its name, in place of an empty one.
    pub(crate) fn keep_folder(self, files: &[String], target: &Path) -> io::Result<()> {
        for file in files {
            sync(&self.path.join(file))?;
        }
        if target.exists() {
            fs::remove_dir(target)?;
        }
        fs::rename(&self.path, target)?;
        sync_folder_of(target);
        Ok(())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // One of the two fails, and both where it was kept under its name.
        let _file = fs::remove_file(&self.path);
        let _folder = fs::remove_dir_all(&self.path);
    }
}

fn sync(file: &Path) -> io::Result<()> {
    File::options().write(true).open(file)?.sync_all()
}

/// Not every system can; then it keeps names in order by itself.
fn sync_folder_of(target: &Path) {
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let _synced = File::open(folder).and_then(|folder| folder.sync_all());
}

/// The error of a file or folder that cannot be written.
pub(crate) fn cannot_write(path: &Path, error: &io::Error) -> CliError {
    let message = format!("cannot write `{}`: {}", shown(&path.to_string_lossy()), shown(&error.to_string()));
    CliError::new(ErrorKind::Io, message)
}
