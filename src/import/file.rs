//! One file: what it is shows in its keys.
//!
//! The file is read as a stream of JSON values (one, or one a line). Objects with one of the four lists of
//! an account dump are pages of it and are taken in as they come; of anything else the text is taken from
//! the tape and looked at as a whole.

use std::collections::BTreeSet;
use std::fmt;
use std::io::{BufRead, BufReader, Read};

use serde::Deserializer as _;
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;

use super::error::Place;
use super::estate::Coverage;
use super::gaad::{NOWHERE, RawPolicy, RawPrincipal};
use super::tape::Tape;
use super::{ImportError, Reading, Warning};
use crate::arn::AccountId;
use crate::store::{OrganizationPolicyType, PrincipalKind};

/// One file being read into a [`Reading`].
#[derive(Debug)]
pub(super) struct FileReader<'a> {
    pub(super) reading: &'a mut Reading,
    pub(super) file: &'a str,
    pub(super) place: Place,
    /// The account of the dump, and the ARN that said so.
    pub(super) account: Option<(AccountId, String)>,
    pub(super) seen: Coverage,
    tape: Tape,
    pages: usize,
    others: usize,
    /// The last page says that more pages follow.
    truncated: bool,
    /// The policies of an organization on the page.
    organization_policies: BTreeSet<(String, OrganizationPolicyType)>,
    /// Why reading was stopped, where it was not the JSON.
    failure: Option<ImportError>,
}

/// Reads a file into `reading`.
pub(super) fn read(reading: &mut Reading, file: &str, input: impl Read) -> Result<(), ImportError> {
    let (tape, recorder) = Tape::record(input);
    let mut input = BufReader::with_capacity(1 << 16, recorder);
    let io_error = |source| ImportError::Io { file: file.to_owned(), source };
    if input.fill_buf().map_err(io_error)?.starts_with(BYTE_ORDER_MARK) {
        input.consume(BYTE_ORDER_MARK.len());
    }
    let mut reader = FileReader {
        reading,
        file,
        place: NOWHERE,
        account: None,
        seen: Coverage::default(),
        tape,
        pages: 0,
        others: 0,
        truncated: false,
        organization_policies: BTreeSet::new(),
        failure: None,
    };
    let mut json = serde_json::Deserializer::from_reader(input);
    loop {
        let value = json.deserialize_any(ValueVisitor(&mut reader));
        value.map_err(|error| reader.explain(error))?;
        match json.end() {
            Ok(()) => return reader.finish(),
            Err(error) if error.is_io() => return Err(reader.explain(error)),
            Err(_) => {}
        }
    }
}

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

impl FileReader<'_> {
    fn finish(mut self) -> Result<(), ImportError> {
        self.place = NOWHERE;
        match (self.pages, self.others) {
            (_, 0) => {
                self.cover();
                Ok(())
            }
            (0, _) => self.recognise(),
            _ => Err(self.unrecognised("pages of an account dump among other things".to_owned())),
        }
    }

    /// The text of a file that is not a dump.
    pub(super) fn text(&self) -> Result<String, ImportError> {
        let bytes = self.tape.take().ok_or_else(|| self.unrecognised("something large".to_owned()))?;
        let text =
            String::from_utf8(bytes).map_err(|_| self.unrecognised("text that is not UTF-8".to_owned()))?;
        Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
    }

    /// Remembers what this dump covers.
    fn cover(mut self) {
        let truncated = self.truncated.then(|| self.file.to_owned());
        let Some((account, _)) = self.account.take() else {
            let warnings = truncated.map(|file| Warning::Truncated { file });
            self.reading.estate.warnings.extend(warnings);
            return;
        };
        let all = self.reading.estate.coverage.entry(account).or_default();
        all.kinds.append(&mut self.seen.kinds);
        all.policies |= self.seen.policies;
        all.lists_principals |= self.seen.lists_principals;
        all.has_end |= truncated.is_none();
        all.truncated = truncated.or(all.truncated.take());
    }

    pub(super) fn unrecognised(&self, found: String) -> ImportError {
        ImportError::Unrecognised { file: self.file.to_owned(), found }
    }

    fn explain(&mut self, error: serde_json::Error) -> ImportError {
        if let Some(failure) = self.failure.take() {
            return failure;
        }
        let file = self.file.to_owned();
        let (line, column) = (error.line(), error.column());
        let message = error.to_string();
        let message = message.split_once(" at line ").map_or(message.as_str(), |(what, _)| what).to_owned();
        match error.classify() {
            Category::Io => ImportError::Io { file, source: error.into() },
            Category::Eof if self.pages + self.others == 0 && message == "EOF while parsing a value" => {
                self.unrecognised("an empty file".to_owned())
            }
            Category::Data if self.place == NOWHERE => self.unrecognised(message),
            Category::Data => ImportError::Json { file, line, column, place: self.place, message },
            Category::Syntax | Category::Eof => {
                let message = format!("not JSON: {message}");
                ImportError::Json { file, line, column, place: self.place, message }
            }
        }
    }

    /// A policy of an account, or of an organization.
    fn policy(&mut self, raw: RawPolicy) -> Result<(), ImportError> {
        if !raw.is_of_organization() {
            return self.managed_policy(raw);
        }
        let found = self.organization_policy(raw, None)?;
        self.organization_policies.extend(found);
        Ok(())
    }

    fn object<'de, A: MapAccess<'de>>(&mut self, mut map: A) -> Result<(), A::Error> {
        let (mut is_page, mut truncated) = (false, false);
        while let Some(key) = map.next_key::<String>()? {
            let list = match key.as_str() {
                "UserDetailList" => Some(List::Principals("UserDetailList", PrincipalKind::User)),
                "GroupDetailList" => Some(List::Principals("GroupDetailList", PrincipalKind::Group)),
                "RoleDetailList" => Some(List::Principals("RoleDetailList", PrincipalKind::Role)),
                "Policies" => Some(List::Policies),
                _ => None,
            };
            match list {
                Some(list) => {
                    self.tape.forget();
                    is_page = true;
                    self.seen.lists_principals |= list != List::Policies;
                    map.next_value_seed(ListSeed { reader: self, list })?;
                    self.place.element = None;
                }
                None if key == "IsTruncated" => truncated |= map.next_value::<Option<bool>>()? == Some(true),
                None if key == "NextToken" => truncated |= map.next_value::<Option<IgnoredAny>>()?.is_some(),
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if is_page {
            self.pages += 1;
            self.truncated = truncated;
            let found = std::mem::take(&mut self.organization_policies);
            if let Err(failure) = self.listed_policies(&found, truncated) {
                self.failure = Some(failure);
                return Err(A::Error::custom("stopped"));
            }
        } else {
            self.others += 1;
        }
        Ok(())
    }
}

/// A whole value: an object, or an array of pages.
struct ValueVisitor<'r, 'a>(&'r mut FileReader<'a>);

impl<'de> Visitor<'de> for ValueVisitor<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        self.0.object(map)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut pages: A) -> Result<(), A::Error> {
        let before = self.0.others;
        for page in 0.. {
            self.0.place.page = Some(page);
            if pages.next_element_seed(PageSeed(self.0))?.is_none() {
                break;
            }
        }
        self.0.place = NOWHERE;
        if self.0.others == before && self.0.pages == 0 {
            self.0.others += 1;
        }
        if self.0.others > before && self.0.pages > 0 {
            self.0.failure = Some(
                self.0.unrecognised("an array of something else than pages of an account dump".to_owned()),
            );
            return Err(A::Error::custom("not pages"));
        }
        Ok(())
    }
}

/// One page of an array.
struct PageSeed<'r, 'a>(&'r mut FileReader<'a>);

impl<'de> DeserializeSeed<'de> for PageSeed<'_, '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, page: D) -> Result<(), D::Error> {
        page.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for PageSeed<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a page of an account dump")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        self.0.object(map)
    }
}

/// Which list of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum List {
    Principals(&'static str, PrincipalKind),
    Policies,
}

struct ListSeed<'r, 'a> {
    reader: &'r mut FileReader<'a>,
    list: List,
}

impl<'de> DeserializeSeed<'de> for ListSeed<'_, '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, list: D) -> Result<(), D::Error> {
        list.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ListSeed<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.list {
            List::Principals(name, _) => write!(f, "a list `{name}`"),
            List::Policies => f.write_str("a list `Policies`"),
        }
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        for index in 0.. {
            let taken = match self.list {
                List::Principals(name, kind) => {
                    self.reader.place.element = Some((name, index));
                    let Some(raw) = elements.next_element::<RawPrincipal>()? else { break };
                    self.reader.principal(kind, raw)
                }
                List::Policies => {
                    self.reader.place.element = Some(("Policies", index));
                    let Some(raw) = elements.next_element::<RawPolicy>()? else { break };
                    self.reader.policy(raw)
                }
            };
            if let Err(failure) = taken {
                self.reader.failure = Some(failure);
                return Err(A::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}
