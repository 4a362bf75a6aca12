//! The algebra on real policies, as tables, and on sets of boxes.
//!
//! `cargo bench --bench algebra` prints all; a name such as `compile`, `pairs`, `curve`, `members`, `hostile` or `boxes` behind `--`
//! prints that part. Compare the figures of one run with each other, not with another machine's.

mod boxes;
mod corpus;
mod curve;
mod hostile;
mod members;
mod table;

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let is_wanted = |part: &str| wanted.is_empty() || wanted.iter().any(|word| word == part);
    let parts: [(&str, fn()); 5] = [
        ("compile", corpus::compile),
        ("pairs", corpus::pairs),
        ("curve", curve::statements),
        ("members", members::decisions),
        ("hostile", hostile::policies),
    ];
    for (name, print) in parts {
        if is_wanted(name) {
            print();
        }
    }
    if is_wanted("boxes") {
        divan::Divan::default().main();
    }
}
