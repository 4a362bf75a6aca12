//! What is fuzzed. A target takes any bytes, reads them as one kind of input, and panics where something is not true that
//! must be true of every such input. `fuzz/` gives it bytes without end; here it is given what fuzzing has left in
//! `fuzz/corpus`: few inputs that together reach all that was reached, and each one that was a failure.

// By path, for `fuzz/lib.rs` includes this file from its folder.
#[path = "fuzzed/agree.rs"]
mod agree;
#[path = "fuzzed/catalog.rs"]
mod catalog;
#[path = "fuzzed/condition.rs"]
mod condition;
#[path = "fuzzed/database.rs"]
mod database;
#[path = "fuzzed/diff.rs"]
pub(crate) mod diff;
#[path = "fuzzed/embedded.rs"]
mod embedded;
#[path = "fuzzed/glob.rs"]
mod glob;
#[path = "fuzzed/import.rs"]
mod import;
#[path = "fuzzed/policy.rs"]
pub(crate) mod policy;
#[path = "fuzzed/scenario.rs"]
mod scenario;
#[path = "fuzzed/validate.rs"]
mod validate;

use iamdb::algebra::Budget;
use iamdb::catalog::Catalog;

/// A target.
pub(crate) type Target = fn(&[u8]);

/// Every target by its name, which is that of its folder in `fuzz/corpus`; and a test that runs what is there.
macro_rules! targets {
    ($($name:ident)*) => {
        pub(crate) const TARGETS: &[(&str, Target)] = &[$((stringify!($name), $name::run)),*];

        #[cfg(test)]
        mod kept {
            $(#[test] fn $name() { super::test::run_what_is_kept(stringify!($name), super::$name::run) })*
        }
    };
}

targets! { agree catalog condition database diff embedded glob import policy scenario validate }

/// Little, for many inputs a second: what takes long all the same does not hide behind the budget.
const BUDGET: Budget = Budget { work: 200_000, states: 20_000, classes: 12, levels: 500 };

thread_local!(static CATALOG: &'static Catalog = Box::leak(Box::new(Catalog::embedded())));

/// Text as it comes out of a file that may not be UTF-8.
fn lossy(input: &[u8]) -> String {
    String::from_utf8_lossy(input).into_owned()
}

/// The first line of a text and the rest.
fn head(text: &str) -> (&str, &str) {
    text.split_once('\n').unwrap_or((text, ""))
}

#[cfg(test)]
mod test {
    use std::fs;
    use std::path::Path;

    use super::{TARGETS, Target};

    /// Every input that is kept for a target.
    pub(super) fn run_what_is_kept(name: &str, run: Target) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
        let mut count = 0;
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let input = fs::read(&path).unwrap();
            std::panic::catch_unwind(|| run(&input)).unwrap_or_else(|_| panic!("{}", path.display()));
            count += 1;
        }
        assert!(count > 5, "only {count} inputs of {name}");
    }

    /// A target without a binary is not fuzzed, and a folder without a target is not run.
    #[test]
    fn every_target_is_one_of_libfuzzer_too() {
        let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
        let mut names: Vec<String> = fs::read_dir(fuzz.join("corpus"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert!(names.iter().eq(TARGETS.iter().map(|(name, _)| name)), "{names:?}");
        let manifest = fs::read_to_string(fuzz.join("Cargo.toml")).unwrap();
        for name in names {
            let target = fs::read_to_string(fuzz.join(format!("targets/{name}.rs"))).unwrap();
            assert!(target.contains(&format!("\"{name}\"")), "{name}");
            assert!(manifest.contains(&format!("path = \"targets/{name}.rs\"")), "{name}");
        }
    }
}
