//! The `iamdb` program: everything it does is in [`iamdb`].

fn main() {}
