//! Policies that were made to be hard, with the budget that users have.

#[path = "../../tests/hostile/documents.rs"]
mod documents;

use iamdb::catalog::Catalog;

use crate::{corpus, table};

/// Prints how long each takes, and how it ends.
pub(crate) fn policies() {
    let catalog = Catalog::embedded();
    for (name, texts) in documents::all() {
        let layers = corpus::layers(&texts);
        let (time, outcome) = table::timed(|| {
            let mut compiler = corpus::compiler(&[&layers], &catalog);
            compiler.layers(&layers).map(|_| compiler.arena().node_count())
        });
        let ends = match outcome {
            Ok(nodes) => format!("{nodes} nodes"),
            Err(error) => error.to_string(),
        };
        table::line(&format!("{name:<45} {:>9.1} ms: {ends}", time.as_secs_f64() * 1e3));
    }
}
