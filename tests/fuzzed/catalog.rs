//! Bytes as a catalogue: in its own format (with the digest that they should have), as JSON, or as a file of AWS's
//! Service Reference. What is read can be asked all that a catalogue is asked, and encodes to what is read again.

use iamdb::catalog::{Catalog, Contents, Query};
use sha2::{Digest, Sha256};

use super::{CATALOG, lossy};

const MAGIC: &[u8] = b"iamdb-catalog/1\n";

pub(super) fn run(input: &[u8]) {
    match input.strip_prefix(MAGIC) {
        Some(body) => {
            let file = [MAGIC, &Sha256::digest(body), body].concat();
            if let Ok(catalog) = Catalog::from_bytes(file) {
                is_asked(&catalog);
            }
        }
        None => {
            if let Ok(catalog) = Catalog::from_bytes(input.to_vec()) {
                is_asked(&catalog);
            }
        }
    }
    let file = [("service.json".to_owned(), lossy(input))];
    let contents = CATALOG.with(|older| Contents::from_service_reference(&file, "1", older));
    if let Ok(bytes) = contents.and_then(|contents| contents.encode()) {
        is_asked(&Catalog::parse(bytes).unwrap());
    }
}

fn is_asked(catalog: &Catalog) {
    for prefix in catalog.service_prefixes() {
        let service = catalog.service(prefix).unwrap();
        for key in &service.condition_keys {
            catalog.key_kind(&key.name);
            assert_eq!(service.condition_key(&key.name).map(|found| found.fits(&key.name)), Some(true));
        }
        for action in &service.actions {
            service.keys_of(action);
            service.types_of(action);
            assert!(catalog.suggest_actions(&format!("{prefix}:{}x", action.name), 3).len() <= 3);
        }
        let patterns = [format!("{prefix}:*"), "*Get*".to_owned()];
        let _found = catalog.find(&Query { actions: patterns.to_vec(), ..Query::default() });
    }
}
