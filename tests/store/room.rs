//! Where there is no room to write, neither for the database nor for the answer.

use std::fs;
use std::process::Command;

use super::*;

/// What a program says and leaves where files may only grow so long: `Ok` where it did its work.
fn with_room(blocks: u32, folder: &Path, arguments: &[&str]) -> Result<(), (Option<i32>, String)> {
    // The signal that comes with the limit would kill a program that does not know it; without it the error is seen.
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    let output = Command::new("sh")
        .args(["-c", &script, env!("CARGO_BIN_EXE_iamdb")])
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .output()
        .unwrap();
    if output.status.success() {
        return Ok(());
    }
    Err((output.status.code(), String::from_utf8(output.stderr).unwrap()))
}

/// However far it comes: it is all there, or nothing is, and an error says why.
#[test]
fn where_there_is_no_room_nothing_is_changed() {
    let (folder, path) = folder();
    let mut dump = fs::File::create(folder.path().join("gaad.json")).unwrap();
    crate::estate::Account::new(100, 1).write(&mut dump).unwrap();
    let before = ordinary(&path).changes().unwrap();
    let old = fs::read(&path).unwrap();
    let (mut done, mut refused) = (0, 0);
    // Blocks of 512 bytes; some shells count in 1,024.
    for blocks in [0, 1, 8, 40, 100, 200, 300, 400, 600, 800, 1_000, 1_500, 1_000_000] {
        for ending in ["db-wal", "db-shm"] {
            let _absent = fs::remove_file(path.with_extension(ending));
        }
        fs::write(&path, &old).unwrap();
        let outcome = with_room(blocks, folder.path(), &["--db", "iam.db", "import", "gaad.json"]);
        let store = Store::open(&path).unwrap();
        store.verify().unwrap().unwrap();
        let changes = store.changes().unwrap();
        match outcome {
            Ok(()) => {
                done += 1;
                assert_eq!(changes.len(), before.len() + 1);
            }
            Err((code, words)) => {
                refused += 1;
                assert_eq!((code, changes == before), (Some(2), true), "{blocks}: {words}");
                assert!(
                    words.contains("nothing has been changed") || words.contains("there is no room"),
                    "{blocks}: {words}"
                );
            }
        }
    }
    assert!(done > 0 && refused > 3, "{done} done, {refused} refused");
}

/// An answer that nobody could be given is no answer.
#[test]
fn an_answer_that_cannot_be_written_is_an_error() {
    let (folder, path) = folder();
    drop(ordinary(&path));
    for arguments in [&["log"][..], &["log", "--long"], &["verify"], &["ls", "--output", "json"]] {
        let output = Command::new(env!("CARGO_BIN_EXE_iamdb"))
            .args(arguments)
            .current_dir(folder.path())
            .env_clear()
            .stdout(fs::File::options().write(true).open("/dev/full").unwrap())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(String::from_utf8(output.stderr).unwrap().contains("No space left"), "{arguments:?}");
    }
}
