//! The data file of a catalogue, written and read side by side.
//!
//! ```text
//! magic      "iamdb-catalog/1\n"
//! digest     SHA-256 of all that follows
//! index      version, RCP services, and for each service: prefix, packed length, unpacked length
//! blocks     one for each service, in the order of the index, each deflated by itself
//!
//! a block    name
//!            condition keys: name, kind
//!            actions:        name, access level              <- the head ends here
//!            resource types: name, ARN patterns, keys
//!            of each action: keys; resources: type, required or not, keys
//! ```
//!
//! Numbers are LEB128, a text is its length and its UTF-8 bytes, a list is its length and its items. Names are
//! written out each time: deflate finds the repetitions nearly as well as a table of names would (317 KB against
//! 287 KB for all of AWS), and nothing read can be larger than a fixed multiple of what was unpacked. Blocks
//! start with the part that is asked for alone: the kinds of keys, and the names of actions.
//!
//! Bytes are not trusted: every count is checked against the bytes left before anything is allocated, and a
//! block may not unpack to more than [`LARGEST_BLOCK`].

use std::io::{Read, Write};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use flate2::Compression;
use flate2::bufread::DeflateDecoder;
use flate2::write::DeflateEncoder;
use sha2::{Digest, Sha256};

use super::facts::{
    AccessLevel, Action, ActionResource, ConditionKey, KeyKind, KeyType, ResourceType, Service,
};
use super::{CatalogError, Contents};

/// The first bytes of every data file; the digit is the version of the format.
const MAGIC: &[u8] = b"iamdb-catalog/1\n";

/// The length of the digest behind the magic.
const DIGEST: usize = 32;

/// The most bytes that one service may unpack to; the largest of AWS, `ec2`, takes 0.2 MB.
const LARGEST_BLOCK: usize = 1 << 20;

/// Why some bytes cannot be read.
#[derive(Debug)]
pub(super) struct Fault(&'static str);

impl Fault {
    /// The error that tells which part of the file is at fault.
    pub(super) fn in_part(self, part: &str) -> CatalogError {
        CatalogError::Damaged { part: part.to_owned(), why: self.0 }
    }
}

/// What stands before the blocks.
#[derive(Debug, Clone)]
pub(super) struct Index {
    pub(super) version: String,
    pub(super) rcp_services: Vec<String>,
    /// In ascending order of prefix.
    pub(super) entries: Vec<Entry>,
}

/// Where to find one service.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) prefix: String,
    /// The place of the block in the whole file.
    pub(super) block: Range<usize>,
    unpacked: usize,
    /// Its condition keys, once they were asked for.
    pub(super) keys: OnceLock<Vec<ConditionKey>>,
    /// The names of its actions, once they were asked for.
    pub(super) names: OnceLock<Vec<String>>,
    /// All about it, once it was asked for.
    pub(super) service: OnceLock<Arc<Service>>,
}

/// The first part of a service.
pub(super) struct Head {
    pub(super) name: String,
    pub(super) condition_keys: Vec<ConditionKey>,
    pub(super) actions: Vec<(String, AccessLevel)>,
}

// Writing.

/// The data file of a catalogue; the same contents give the same bytes.
pub(super) fn encode(contents: &Contents) -> Vec<u8> {
    let mut services: Vec<&Service> = contents.services.iter().collect();
    services.sort_by(|a, b| a.prefix.cmp(&b.prefix));

    let mut body = Vec::new();
    put_text(&mut body, &contents.version);
    put_list(&mut body, &contents.rcp_services, |out, prefix| put_text(out, prefix));
    let mut blocks = Vec::new();
    put_list(&mut body, &services, |out, service| {
        let block = encode_service(service);
        let packed = deflate(&block);
        put_text(out, &service.prefix);
        put_number(out, packed.len());
        put_number(out, block.len());
        blocks.extend_from_slice(&packed);
    });
    body.extend_from_slice(&blocks);

    let mut file = MAGIC.to_vec();
    file.extend_from_slice(&Sha256::digest(&body));
    file.extend_from_slice(&body);
    file
}

fn encode_service(service: &Service) -> Vec<u8> {
    let mut out = Vec::new();
    put_text(&mut out, &service.name);
    put_list(&mut out, &service.condition_keys, |out, key| {
        put_text(out, &key.name);
        put_place(out, &KeyType::ALL, key.kind.base);
        out.push(u8::from(key.kind.multivalued));
    });
    put_list(&mut out, &service.actions, |out, action| {
        put_text(out, &action.name);
        put_place(out, &AccessLevel::ALL, action.access);
    });
    put_list(&mut out, &service.resource_types, |out, resource_type| {
        put_text(out, &resource_type.name);
        put_texts(out, &resource_type.arns);
        put_texts(out, &resource_type.keys);
    });
    for action in &service.actions {
        put_texts(&mut out, &action.keys);
        put_list(&mut out, &action.resources, |out, resource| {
            put_text(out, &resource.type_name);
            out.push(u8::from(resource.required));
            put_texts(out, &resource.keys);
        });
    }
    out
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("INVARIANT (writing to memory)")
}

fn put_number(out: &mut Vec<u8>, mut number: usize) {
    while number > 0x7f {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    put_number(out, text.len());
    out.extend_from_slice(text.as_bytes());
}

fn put_list<T>(out: &mut Vec<u8>, items: &[T], mut put: impl FnMut(&mut Vec<u8>, &T)) {
    put_number(out, items.len());
    for item in items {
        put(out, item);
    }
}

fn put_texts(out: &mut Vec<u8>, texts: &[String]) {
    put_list(out, texts, |out, text| put_text(out, text));
}

/// Writes one of a few values as its place among them.
fn put_place<T: PartialEq>(out: &mut Vec<u8>, all: &[T], value: T) {
    put_number(out, all.iter().position(|known| *known == value).expect("INVARIANT (ALL holds every value)"));
}

// Reading.

/// Checks that these bytes are whole: the magic, and the digest of the rest.
pub(super) fn check_whole(file: &[u8]) -> Result<(), CatalogError> {
    let rest = file.strip_prefix(MAGIC).ok_or(CatalogError::NotACatalogue)?;
    let intact = rest.split_at_checked(DIGEST).is_some_and(|(digest, body)| *digest == *Sha256::digest(body));
    if intact { Ok(()) } else { Err(Fault("its digest is not that of its contents").in_part("the file")) }
}

/// Reads the index, and sees that it divides the rest of the file into blocks without gap or excess.
pub(super) fn read_index(file: &[u8]) -> Result<Index, Fault> {
    let mut reader = Reader { rest: file };
    reader.take(MAGIC.len() + DIGEST)?;
    let version = reader.text()?;
    let rcp_services = reader.texts()?;
    let mut entries = reader.list(|reader| {
        let (prefix, packed, unpacked) = (reader.text()?, reader.number()?, reader.number()?);
        if !is_prefix(&prefix) {
            return Err(Fault("a service prefix has other characters than `a` to `z`, `0` to `9` and `-`"));
        }
        if unpacked > LARGEST_BLOCK {
            return Err(Fault("a service is larger than 1 MiB"));
        }
        let (keys, names, service) = <(OnceLock<_>, OnceLock<_>, OnceLock<_>)>::default();
        Ok(Entry { prefix, block: 0..packed, unpacked, keys, names, service })
    })?;
    if !entries.is_sorted_by(|a, b| a.prefix < b.prefix) {
        return Err(Fault("the services are not in order, or one stands there twice"));
    }
    let mut start = file.len() - reader.rest.len();
    for entry in &mut entries {
        let end = start.checked_add(entry.block.end).ok_or(Fault("a length is out of range"))?;
        entry.block = start..end;
        start = end;
    }
    if start != file.len() {
        return Err(Fault("the blocks do not fill the file"));
    }
    Ok(Index { version, rcp_services, entries })
}

fn is_prefix(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// Inflates the block of one service.
pub(super) fn unpack(file: &[u8], entry: &Entry) -> Result<Vec<u8>, Fault> {
    let packed = file.get(entry.block.clone()).ok_or(Fault("the block lies outside the file"))?;
    let mut block = Vec::with_capacity(entry.unpacked);
    // One byte more than stated, so that a block that is too long shows.
    let most = entry.unpacked as u64 + 1;
    DeflateDecoder::new(packed)
        .take(most)
        .read_to_end(&mut block)
        .map_err(|_| Fault("the block does not inflate"))?;
    if block.len() != entry.unpacked {
        return Err(Fault("the block does not have the length stated"));
    }
    Ok(block)
}

/// Inflates and reads only the condition keys of one service: most often they are within the first bytes.
pub(super) fn read_keys(file: &[u8], entry: &Entry) -> Result<Vec<ConditionKey>, Fault> {
    const FIRST: usize = 4096;
    let packed = file.get(entry.block.clone()).ok_or(Fault("the block lies outside the file"))?;
    let mut start = Vec::with_capacity(FIRST);
    DeflateDecoder::new(packed)
        .take(FIRST as u64)
        .read_to_end(&mut start)
        .map_err(|_| Fault("the block does not inflate"))?;
    match (Reader { rest: &start }).name_and_keys() {
        Ok((_, keys)) => Ok(keys),
        Err(_) => (Reader { rest: &unpack(file, entry)? }).name_and_keys().map(|(_, keys)| keys),
    }
}

/// Reads only the first part of an unpacked block.
pub(super) fn read_head(block: &[u8]) -> Result<Head, Fault> {
    Reader { rest: block }.head()
}

/// Reads a whole unpacked block.
pub(super) fn read_service(prefix: &str, block: &[u8]) -> Result<Service, Fault> {
    let mut reader = Reader { rest: block };
    let head = reader.head()?;
    let resource_types = reader.list(|reader| {
        Ok(ResourceType { name: reader.text()?, arns: reader.texts()?, keys: reader.texts()? })
    })?;
    let mut actions = Vec::with_capacity(head.actions.len());
    for (name, access) in head.actions {
        let keys = reader.texts()?;
        let resources = reader.list(|reader| {
            Ok(ActionResource {
                type_name: reader.text()?,
                required: reader.place(&[false, true])?,
                keys: reader.texts()?,
            })
        })?;
        actions.push(Action { name, access, resources, keys });
    }
    if !reader.rest.is_empty() {
        return Err(Fault("bytes are left over"));
    }
    Ok(Service {
        prefix: prefix.to_owned(),
        name: head.name,
        actions,
        resource_types,
        condition_keys: head.condition_keys,
    })
}

/// Bytes not yet read.
struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Fault> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(Fault("it ends too early"))?;
        self.rest = rest;
        Ok(taken)
    }

    /// At most four bytes of seven bits: no part of a catalogue is as long as 256 MiB.
    fn number(&mut self) -> Result<usize, Fault> {
        let mut number = 0;
        for shift in [0, 7, 14, 21] {
            let byte = self.take(1)?[0];
            number |= usize::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Fault("a number is out of range"))
    }

    fn text(&mut self) -> Result<String, Fault> {
        let length = self.number()?;
        let text = std::str::from_utf8(self.take(length)?).map_err(|_| Fault("a text is not UTF-8"))?;
        Ok(text.to_owned())
    }

    /// An item takes at least one byte, so a count beyond the bytes left is refused before room is made for it.
    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Result<T, Fault>) -> Result<Vec<T>, Fault> {
        let count = self.number()?;
        if count > self.rest.len() {
            return Err(Fault("it ends too early"));
        }
        (0..count).map(|_| item(self)).collect()
    }

    fn texts(&mut self) -> Result<Vec<String>, Fault> {
        self.list(Reader::text)
    }

    /// One of a few values, written as its place among them.
    fn place<T: Copy>(&mut self, all: &[T]) -> Result<T, Fault> {
        all.get(self.number()?).copied().ok_or(Fault("a value is none of those known"))
    }

    fn name_and_keys(&mut self) -> Result<(String, Vec<ConditionKey>), Fault> {
        let name = self.text()?;
        let keys = self.list(|reader| {
            let name = reader.text()?;
            let base = reader.place(&KeyType::ALL)?;
            let multivalued = reader.place(&[false, true])?;
            Ok(ConditionKey { name, kind: KeyKind { base, multivalued } })
        })?;
        Ok((name, keys))
    }

    fn head(&mut self) -> Result<Head, Fault> {
        let (name, condition_keys) = self.name_and_keys()?;
        let actions = self.list(|reader| Ok((reader.text()?, reader.place(&AccessLevel::ALL)?)))?;
        Ok(Head { name, condition_keys, actions })
    }
}
