//! The invariants of ARCHITECTURE.md that reading the source can check.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Modules of `src/lib.rs` that must not touch files, clock, environment or SQL: everything before this one.
const FIRST_IMPURE: &str = "store";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below a folder, with its text.
fn rust_files(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut open = vec![root().join(folder)];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path.strip_prefix(root()).unwrap().to_owned(), text));
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "no files in the folder");
    found
}

/// The modules in reading order.
fn modules() -> Vec<String> {
    let lib = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let names = lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    names.map(str::to_owned).collect()
}

/// The module of `src/lib.rs` that a file belongs to.
fn module_of(path: &Path) -> String {
    let below_src = path.components().nth(1).unwrap().as_os_str().to_string_lossy().into_owned();
    below_src.trim_end_matches(".rs").to_owned()
}

/// The code of a file, without its comments.
fn code(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

#[test]
fn modules_use_only_those_above_them() {
    let order = modules();
    let rank = |module: &str| order.iter().position(|name| name == module);
    for (path, text) in rust_files("src") {
        let module = module_of(&path);
        let Some(own) = rank(&module) else {
            assert!(
                ["lib", "main"].contains(&module.as_str()),
                "{} is in no module of lib.rs",
                path.display()
            );
            continue;
        };
        for used in code(&text).split("crate::").skip(1) {
            let used: String = used.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let used_rank = rank(&used).unwrap_or_else(|| panic!("{} uses crate::{used}", path.display()));
            assert!(used_rank <= own, "{} is above {used} in lib.rs and uses it", path.display());
        }
    }
}

/// The evaluator is the reference: it stands on the words alone.
#[test]
fn the_evaluator_uses_only_the_words() {
    let words = ["arn", "pattern", "policy", "caller", "request", "layers", "eval"];
    for (path, text) in rust_files("src/eval") {
        for used in code(&text).split("crate::").skip(1) {
            assert!(words.iter().any(|word| used.starts_with(word)), "{}: crate::{used:.20}", path.display());
        }
    }
}

/// The algebra stands on nothing and is about nothing in particular.
#[test]
fn the_algebra_has_no_word_of_the_policy_language() {
    let words = [
        "aws",
        "iam",
        "arn",
        "policy",
        "policies",
        "statement",
        "principal",
        "action",
        "resource",
        "permission",
        "allow",
        "deny",
        "request",
    ];
    for (path, text) in rust_files("src").into_iter().filter(|(path, _)| module_of(path) == "algebra") {
        let text_words = text.split(|c: char| !c.is_alphabetic()).map(str::to_lowercase);
        for word in text_words {
            let is_listed = words.contains(&word.as_str()) || words.contains(&word.trim_end_matches('s'));
            assert!(!is_listed, "{} says {word}", path.display());
        }
        for used in code(&text).split("crate::").skip(1) {
            assert!(used.starts_with("algebra"), "{}: crate::{used:.20}", path.display());
        }
    }
}

#[test]
fn each_capability_has_one_place() {
    let places = [
        ("rusqlite", vec!["store"]),
        ("clap", vec!["cli", "main"]),
        ("std::env", vec!["cli", "main"]),
        ("std::io::stdin", vec!["cli", "main"]),
        ("anstream", vec!["cli"]),
        ("println!", vec![]),
        ("Timestamp::now", vec!["cli"]),
        ("static mut", vec![]),
        ("LazyLock", vec![]),
        ("OnceLock", vec!["catalog"]),
    ];
    for (path, text) in rust_files("src") {
        for (word, allowed) in &places {
            let there = code(&text).contains(word);
            assert!(
                !there || allowed.contains(&module_of(&path).as_str()),
                "{} names {word}",
                path.display()
            );
        }
    }
}

#[test]
fn everything_before_the_store_is_pure() {
    let order = modules();
    let first_impure = order.iter().position(|name| name == FIRST_IMPURE).unwrap();
    for (path, text) in rust_files("src") {
        let pure = order.iter().take(first_impure).any(|name| *name == module_of(&path));
        for word in ["std::fs", "std::env", "std::time", "std::process", "Timestamp::now", "rand::"] {
            assert!(!pure || !code(&text).contains(word), "{} names {word}", path.display());
        }
    }
}

#[test]
fn every_file_says_what_it_is_and_stays_readable() {
    for folder in ["src", "tests", "examples"] {
        for (path, text) in rust_files(folder) {
            assert!(text.starts_with("//!"), "{} does not say at its head what it is", path.display());
            let is_short = text.lines().count() <= 600 || folder == "tests";
            assert!(is_short, "{} is too long to have one subject", path.display());
            let unfinished =
                [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("#[ig", "nore"), concat!("todo", "!(")];
            for mark in unfinished {
                assert!(!text.contains(mark), "{} holds {mark}", path.display());
            }
        }
    }
}

#[test]
fn every_test_file_is_in_the_test_binary() {
    let main = fs::read_to_string(root().join("tests/main.rs")).unwrap();
    for entry in fs::read_dir(root().join("tests")).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        if path.extension().is_some_and(|extension| extension == "rs") && stem != "main" {
            assert!(main.contains(&format!("mod {stem};")), "tests/{stem}.rs is not run");
        }
    }
}

/// Whether a licence expression lets one choose only licences of a list. What stands in parentheses is a choice.
fn is_allowed(expression: &str, allowed: &[&str]) -> bool {
    let choice = |part: &str| {
        let part = part.trim_matches(['(', ')']).replace('/', " OR ");
        part.split(" OR ").any(|licence| allowed.contains(&licence.trim()))
    };
    expression.split(" AND ").all(choice)
}

/// What `deny.toml` says of the crates that the program is made of, of this platform's.
#[test]
fn dependencies_are_few_and_free() {
    let deny = fs::read_to_string(root().join("deny.toml")).unwrap();
    let list = deny.split_once("allow = [").and_then(|(_, rest)| rest.split_once(']')).unwrap().0;
    let allowed: Vec<&str> = list.split('"').skip(1).step_by(2).collect();
    let mut cargo = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()));
    cargo.args(["tree", "--locked", "--edges", "no-dev", "--prefix", "none", "--format", "{p}|{l}|"]);
    let tree = cargo.current_dir(root()).output().unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8(tree.stdout).unwrap();
    let mut versions: BTreeMap<&str, &str> = BTreeMap::new();
    for line in tree.lines().skip(1) {
        let (package, rest) = line.split_once('|').unwrap();
        let licence = rest.split('|').next().unwrap();
        assert!(is_allowed(licence, &allowed), "{package} is under {licence}");
        let package = package.trim_end_matches(" (proc-macro)");
        assert!(!package.contains('('), "{package} is of no registry");
        let (name, version) = package.split_once(' ').unwrap();
        let other = versions.insert(name, version).filter(|other| *other != version);
        assert!(other.is_none(), "{name} is there twice: {version} and {other:?}");
    }
    assert!(versions.len() > 20 && !is_allowed("GPL-3.0 AND (MIT OR Zlib)", &allowed));
}
