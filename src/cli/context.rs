//! What a question says of its context: `--context`, `--context-file`, `--absent`.

use rustc_hash::FxHashMap;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value as Json;

use super::error::{CliError, ErrorKind};
use super::output::Output;
use super::source::Given;
use super::text::shown;
use crate::catalog::Catalog;
use crate::context_keys::key_kind;
use crate::request::{Value, fold};

/// What was said of one key.
type Said = (String, Option<Value>);

/// All that was said, each key once.
#[derive(Default)]
struct AllSaid {
    /// In its order.
    list: Vec<Said>,
    /// Where a key stands in the list, by its folded name.
    places: FxHashMap<String, usize>,
}

/// The options that say what a request's context is.
#[derive(Debug, clap::Args)]
pub(crate) struct ContextArgs {
    /// A context key and its value; several values separated by commas make a list, as does repeating the key;
    /// `KEY!` says that the key is absent; a JSON object gives several keys
    #[arg(long, value_name = "KEY=VALUE")]
    context: Vec<String>,
    /// A JSON object of context keys and values
    #[arg(long, value_name = "FILE")]
    context_file: Option<String>,
    /// A context key that is absent
    #[arg(long, value_name = "KEY")]
    absent: Vec<String>,
}

impl ContextArgs {
    /// All that was said, each key once: what is said again on the command line adds to a list.
    pub(crate) fn read(&self, catalog: &Catalog) -> Result<Vec<Said>, CliError> {
        read(&self.context, self.context_file.as_deref(), &self.absent, catalog)
    }
}

fn read(
    context: &[String],
    file: Option<&str>,
    absent: &[String],
    catalog: &Catalog,
) -> Result<Vec<Said>, CliError> {
    let mut said = AllSaid::default();
    if let Some(path) = file {
        let given = Given::from_file(path)?;
        read_object(&given.text, &given.label, catalog, &mut said)?;
    }
    for argument in context {
        if argument.trim_start().starts_with('{') {
            read_object(argument, "--context", catalog, &mut said)?;
        } else if let Some(key) = argument.strip_suffix('!').filter(|key| !key.contains('=')) {
            said.add(key, None)?;
        } else if let Some((key, text)) = argument.split_once('=').filter(|(key, _)| !key.is_empty()) {
            let is_single = key_kind(key, catalog).is_some_and(|kind| !kind.multivalued);
            let items = if is_single { vec![text] } else { text.split(',').collect() };
            let items = items.into_iter().map(str::to_owned).collect();
            said.add(key, Some(value(key, items, catalog)))?;
        } else {
            let message = format!("`{}` is no context key with a value", shown(argument));
            return Err(CliError::new(ErrorKind::Usage, message)
                .hint("write `--context aws:SourceIp=203.0.113.9`, or `--absent aws:SourceIp`"));
        }
    }
    for key in absent {
        said.add(key, None)?;
    }
    Ok(said.list)
}

/// A single value stays one unless its key is multivalued (R-KEY-2).
fn value(key: &str, mut items: Vec<String>, catalog: &Catalog) -> Value {
    let is_list = key_kind(key, catalog).is_some_and(|kind| kind.multivalued);
    match items.pop() {
        Some(only) if items.is_empty() && !is_list => Value::Single(only),
        last => Value::Multi(items.into_iter().chain(last).collect()),
    }
}

impl AllSaid {
    /// What was said of a key; none where nothing was.
    fn of(&mut self, key: &str) -> Option<&mut Option<Value>> {
        let place = *self.places.get(&fold(key))?;
        self.list.get_mut(place).map(|(_, value)| value)
    }

    /// Says what a key is of which nothing was said.
    fn push(&mut self, key: &str, value: Option<Value>) {
        self.places.insert(fold(key), self.list.len());
        self.list.push((key.to_owned(), value));
    }

    /// Says what a key is, also beside what was said of it.
    fn add(&mut self, key: &str, value: Option<Value>) -> Result<(), CliError> {
        match (self.of(key), value) {
            (None, value) => self.push(key, value),
            (Some(Some(earlier)), Some(value)) => {
                *earlier = Value::Multi(earlier.items().iter().chain(value.items()).cloned().collect());
            }
            (Some(None), None) => {}
            (Some(_), _) => {
                let message =
                    format!("the context key `{}` is said to be absent and to have a value", shown(key));
                return Err(CliError::new(ErrorKind::Usage, message));
            }
        }
        Ok(())
    }
}

/// The members of a JSON object, also where a key stands twice.
struct Members(Vec<(String, Json)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Members;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a JSON object of context keys")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Read)
    }
}

/// A JSON object: a string is one value, a list a list, also with one element; numbers and booleans are their
/// text; null is absent.
fn read_object(text: &str, label: &str, catalog: &Catalog, said: &mut AllSaid) -> Result<(), CliError> {
    let wrong = |what: String| {
        CliError::new(ErrorKind::Usage, format!("{label}:{what}"))
            .hint("a context is {\"aws:SourceIp\": \"203.0.113.9\", \"aws:TagKeys\": [\"team\", \"env\"]}")
    };
    let Members(members) = serde_json::from_str(text).map_err(|error| {
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default();
        wrong(format!("{}:{}: {}", error.line(), error.column(), shown(message)))
    })?;
    for (key, json) in members {
        if said.of(&key).is_some() {
            return Err(wrong(format!(" the context key `{}` stands twice", shown(&key))));
        }
        let scalar = |json: &Json| match json {
            Json::String(text) => Some(text.clone()),
            Json::Number(number) => Some(number.to_string()),
            Json::Bool(value) => Some(value.to_string()),
            Json::Null | Json::Array(_) | Json::Object(_) => None,
        };
        let read = match &json {
            Json::Null => Some(None),
            Json::Array(items) => {
                items.iter().map(scalar).collect::<Option<_>>().map(|items| Some(Value::Multi(items)))
            }
            single => scalar(single).map(|text| Some(value(&key, vec![text], catalog))),
        };
        let Some(read) = read else {
            return Err(wrong(format!(
                " the value of `{}` is neither a scalar nor a list of scalars",
                shown(&key)
            )));
        };
        said.push(&key, read);
    }
    Ok(())
}

/// A key of a known service, or of AWS, that is not on record may be a typo.
pub(crate) fn warn_of_unknown_keys(
    said: &[Said],
    catalog: &Catalog,
    out: &mut Output,
) -> Result<(), CliError> {
    for (key, _) in said {
        let prefix = key.split_once(':').map_or("", |(prefix, _)| prefix);
        let is_on_record = prefix.eq_ignore_ascii_case("aws") || catalog.service(prefix).is_some();
        if key_kind(key, catalog).is_none() && (is_on_record || prefix.is_empty()) {
            out.warning(&format!("the context key `{}` is not known to AWS's documentation", shown(key)))?;
        }
    }
    Ok(())
}
