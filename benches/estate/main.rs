//! Whole accounts: how long what goes through all of it takes, and how much memory.
//!
//! `cargo bench --bench estate` prints all; a name such as `import` or `memory` behind `--` prints that part, and
//! `large` adds 100,000 principals to the 100, 1,000 and 10,000. Compare the figures of one run with each other, not
//! with another machine's.

#[expect(dead_code, unused_imports, reason = "organizations and resources are not measured")]
#[path = "../../tests/estate.rs"]
mod estate;

mod asking;
mod import;
mod made;
mod memory;
mod table;

use std::path::Path;

/// Prints the figures of something at these sizes.
type Print = fn(&[usize]);

// The allocator of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if let [memory::IN_A_PROCESS, what, file] = words.as_slice() {
        return memory::in_this_process(what, Path::new(file));
    }
    let sizes: &[usize] =
        if words.contains(&"large") { &[100, 1_000, 10_000, 100_000] } else { &[100, 1_000, 10_000] };
    let wanted: Vec<&str> = words.into_iter().filter(|word| *word != "large").collect();
    let parts: [(&str, Print); 3] =
        [("import", import::print), ("memory", memory::print), ("asking", asking::print)];
    for (name, print) in parts {
        if wanted.is_empty() || wanted.contains(&name) {
            print(sizes);
        }
    }
}
