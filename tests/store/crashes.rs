//! Killed at any moment: nothing that was said to be done is lost, and nothing is there by half.
//!
//! Each kill is SIGKILL, at a moment that is drawn. `IAMDB_KILLS=100 cargo test crashes` kills a hundred times in each
//! test instead of a few.

use std::fs::{self, File};
use std::io::Write as _;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};

use super::processes::{DATABASE, NAME, start};
use super::*;
use crate::estate::Account;

/// How many kills there are in each test.
fn kills() -> u32 {
    std::env::var("IAMDB_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(4)
}

/// A moment of something that takes so long; at times it is over before.
fn moment(random: &mut TestRng, whole: Duration) -> Duration {
    whole.mul_f64(f64::from(random.next_u32()) / f64::from(u32::MAX) * 1.1)
}

fn random() -> TestRng {
    TestRng::deterministic_rng(RngAlgorithm::ChaCha)
}

/// Kills a process; whether it was over before.
fn kill(mut process: Child) -> bool {
    process.kill().unwrap();
    process.wait().unwrap().success()
}

/// Runs the program.
fn iamdb(folder: &Path, db: &Path, arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_iamdb"));
    command.current_dir(folder).env_clear().arg("--db").arg(db).args(arguments);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Everything that is stored, as AWS would say it, and the changes.
fn state(path: &Path) -> (Vec<iamdb::store::Change>, String) {
    let mut store = Store::open(path).unwrap();
    store.verify().unwrap().unwrap();
    let now = store.read(At::Now).unwrap();
    let mut dump = Vec::new();
    let mut export = iamdb::export::Export::new(&now).unwrap();
    export.write_account(&account(crate::estate::ACCOUNT), &mut dump).unwrap();
    drop(now);
    (store.changes().unwrap(), String::from_utf8(dump).unwrap())
}

/// An import of another dump over a first one is there as a whole or not at all, and the next one is complete.
#[test]
fn an_import_that_is_killed() {
    let (folder, path) = folder();
    let import = |dump: &str, db: &Path| iamdb(folder.path(), db, &["import", dump]);
    for (name, seed) in [("january.json", 1), ("june.json", 2)] {
        let mut file = File::create(folder.path().join(name)).unwrap();
        Account::new(250, seed).write(&mut file).unwrap();
    }
    assert!(import("january.json", &path).wait().unwrap().success());
    let before = state(&path);
    let killed = folder.path().join("killed.db");
    fs::copy(&path, &killed).unwrap();
    let began = Instant::now();
    assert!(import("june.json", &killed).wait().unwrap().success());
    let (whole, after) = (began.elapsed(), state(&killed).1);
    assert_ne!(before.1, after);

    let (mut random, mut unfinished) = (random(), 0);
    for _ in 0..kills() {
        for ending in ["db", "db-wal", "db-shm"] {
            let _absent = fs::remove_file(killed.with_extension(ending));
        }
        fs::copy(&path, &killed).unwrap();
        let process = import("june.json", &killed);
        std::thread::sleep(moment(&mut random, whole));
        let was_over = kill(process);
        let (changes, dump) = state(&killed);
        if changes.len() == before.0.len() {
            assert!(!was_over);
            assert_eq!((changes, &dump), (before.0.clone(), &before.1));
            unfinished += 1;
        } else {
            assert!(changes.starts_with(&before.0) && changes.len() == before.0.len() + 1);
            assert_eq!(dump, after);
        }
    }
    assert!(unfinished > 0, "every import was over before it was killed");
    assert!(import("june.json", &killed).wait().unwrap().success());
    assert_eq!(state(&killed).1, after);
}

/// What is exported or backed up is there as a whole or not at all, under its own name.
#[test]
fn an_export_and_a_backup_that_are_killed() {
    let (folder, path) = folder();
    let mut dump = File::create(folder.path().join("gaad.json")).unwrap();
    Account::new(250, 1).write(&mut dump).unwrap();
    assert!(iamdb(folder.path(), &path, &["import", "gaad.json"]).wait().unwrap().success());
    let out = folder.path().join("out");
    let exported = out.join(format!("gaad-{}.json", crate::estate::ACCOUNT));
    let mut random = random();
    for (command, made) in [("export", &exported), ("backup", &out)] {
        let began = Instant::now();
        assert!(iamdb(folder.path(), &path, &[command, "out"]).wait().unwrap().success());
        let (taken, whole) = (began.elapsed(), fs::read(made).unwrap());
        for _ in 0..kills() {
            let _gone = fs::remove_dir_all(&out).or_else(|_| fs::remove_file(&out));
            let process = iamdb(folder.path(), &path, &[command, "out"]);
            std::thread::sleep(moment(&mut random, taken));
            let was_over = kill(process);
            assert!(out.exists() || !was_over);
            if out.exists() {
                assert!(fs::read(made).unwrap() == whole, "{command}: there by half");
            }
        }
        let _gone = fs::remove_dir_all(&out).or_else(|_| fs::remove_file(&out));
    }
}

/// What a command has said to be done is there, and what it has not said is there as a whole or not at all.
#[test]
fn commands_that_are_killed() {
    let (folder, path) = folder();
    fs::write(folder.path().join("read.json"), READ).unwrap();
    for arguments in [["attach", "alice", "read.json"], ["detach", "alice", "read"]] {
        assert!(iamdb(folder.path(), &path, &arguments).wait().unwrap().success());
    }
    let attached = || {
        let mut store = Store::open(&path).unwrap();
        store.verify().unwrap().unwrap();
        let now = store.read(At::Now).unwrap();
        let alice = only(&now, "alice");
        (now.change().0, !now.attached(alice.key, AttachmentKind::Managed).unwrap().is_empty())
    };
    let (mut random, mut unfinished, mut taken) = (random(), 0, Duration::ZERO);
    for kill_number in 0..=kills() {
        let (changes, was) = attached();
        let mut command = Command::new(env!("CARGO_BIN_EXE_iamdb"));
        command.current_dir(folder.path()).env_clear().arg("--db").arg(&path);
        command.args(if was { ["detach", "alice", "read"] } else { ["attach", "alice", "read.json"] });
        let began = Instant::now();
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        // The first one is left alone, to see how long it takes.
        if kill_number == 0 {
            process.wait().unwrap();
            taken = began.elapsed();
        } else {
            std::thread::sleep(moment(&mut random, taken));
            process.kill().unwrap();
        }
        let output = process.wait_with_output().unwrap();
        let (changes_now, is) = attached();
        assert_eq!(is != was, changes_now == changes + 1);
        assert!(is != was || output.stdout.is_empty(), "what was said to be done is lost");
        unfinished += u32::from(is == was);
    }
    assert!(unfinished > 0, "every command was over before it was killed");
}

/// A file of the first schema is of that schema or of the newest, with all that was in it.
#[test]
fn a_migration_that_is_killed() {
    let (folder, path) = folder();
    let before = ordinary(&path).changes().unwrap();
    files::back_to_the_first_schema(&path);
    let old = fs::read(&path).unwrap();
    let began = Instant::now();
    assert!(iamdb(folder.path(), &path, &["log"]).wait().unwrap().success());
    let (taken, newest) = (began.elapsed(), files::version(&path));
    let (mut random, mut unfinished) = (random(), 0);
    // Most moments are before or after the migration, which is short.
    for _ in 0..kills() * 4 {
        for ending in ["db-wal", "db-shm"] {
            let _absent = fs::remove_file(path.with_extension(ending));
        }
        fs::write(&path, &old).unwrap();
        let process = iamdb(folder.path(), &path, &["log"]);
        std::thread::sleep(moment(&mut random, taken));
        let was_over = kill(process);
        let version = files::version(&path);
        assert!(version == newest || (version == 1 && !was_over), "version {version}");
        unfinished += u32::from(version == 1);
        let store = Store::open(&path).unwrap();
        store.verify().unwrap().unwrap();
        assert_eq!(store.changes().unwrap(), before);
    }
    assert!(unfinished > 0, "every migration was over before it was killed");
}

/// Names the file into which a process says what it has done.
const DONE: &str = "IAMDB_TEST_DONE";

/// Makes changes of several rows each until it is killed, and says of each when it is done.
#[test]
fn a_process_that_writes_until_it_is_killed() {
    let (Some(path), Ok(name)) = (std::env::var_os(DATABASE), std::env::var(NAME)) else { return };
    let Some(done) = std::env::var_os(DONE) else { return };
    let mut done = File::options().append(true).create(true).open(done).unwrap();
    let mut store = Store::open(Path::new(&path)).unwrap();
    for number in 0.. {
        let name = format!("{name}-{number}");
        change(&mut store, |writer| {
            let key = writer.create_principal(&user(&name))?.key;
            writer.put_tag(key, "Name", &name)?;
            writer.put_inline(key, "own", &document(&READ.replace("s3:Get*", &name)))
        });
        done.write_all(format!("{name}\n").as_bytes()).unwrap();
    }
}

/// Whether each user that such processes made is there with all that came with it, and how many there are.
fn whole_users(now: &Snapshot<'_>) -> usize {
    let everyone = now.principals(Some(PrincipalKind::User)).unwrap();
    for principal in everyone.iter().filter(|principal| principal.name.contains('-')) {
        let name = principal.name.clone();
        assert_eq!(now.tags(principal.key).unwrap(), [("Name".to_owned(), name)]);
        assert_eq!(now.inline(principal.key).unwrap().len(), 1);
    }
    let written = everyone.len() - 1;
    // Each change made one user.
    assert_eq!(now.change().0 - 5, written as i64);
    written
}

/// Of several processes that write at once some are killed: what each has said to be done is there, all of it; and
/// who reads meanwhile sees the state after some change, and later ones after that.
#[test]
fn writers_that_are_killed() {
    let (folder, path) = folder();
    drop(ordinary(&path));
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let (mut seen, mut looks) = (0, 0);
            while !is_over.load(Ordering::Relaxed) {
                let now = whole_users(&Store::open(&path).unwrap().read(At::Now).unwrap());
                assert!(now >= seen, "what was read is gone");
                (seen, looks) = (now, looks + 1);
            }
            looks
        });
        kill_writers(folder.path(), &path);
        is_over.store(true, Ordering::Relaxed);
        assert!(reader.join().unwrap() > 1, "nobody was reading");
    });
}

fn kill_writers(folder: &Path, path: &Path) {
    let done = folder.join("done");
    fs::write(&done, "").unwrap();
    let (mut random, mut written) = (random(), 0);
    for kill_number in 0..kills() {
        let writers: Vec<Child> = ["a", "b", "c"]
            .iter()
            .map(|name| {
                let name = format!("{name}{kill_number}");
                let test = "crashes::a_process_that_writes_until_it_is_killed";
                start(test, path, &name, &[(DONE, done.as_os_str())])
            })
            .collect();
        for writer in writers {
            std::thread::sleep(moment(&mut random, Duration::from_millis(120)));
            assert!(!kill(writer));
        }
        let mut store = Store::open(path).unwrap();
        store.verify().unwrap().unwrap();
        let now = store.read(At::Now).unwrap();
        for name in fs::read_to_string(&done).unwrap().lines() {
            only(&now, name);
        }
        written = whole_users(&now);
    }
    assert!(written > 0, "no process lived long enough to write");
}
