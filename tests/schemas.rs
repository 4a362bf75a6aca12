//! What commands write as JSON is as `schemas/` says. Every command of every transcript is run once more, for JSON, and
//! its answer held against the schema of its kind.

mod session;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock};

use boon::{Compiler, SchemaIndex, Schemas};
use iamdb::analysis::{Bounded, Reach, Standing};
use iamdb::catalog::{AccessLevel, KeyType};
use iamdb::eval::{Decision, Route};
use iamdb::layers::Layer;
use iamdb::policy::Effect;
use iamdb::store::{FeatureSet, OrganizationPolicyType, TypeStatus};
use iamdb::stored::Assumption;
use iamdb::tell::{Change, level_name};
use iamdb::validate::{CHECKS, FindingType, RESOURCE_TYPES};
use serde_json::{Map, Value as Json, json};
use tempfile::TempDir;

/// What other schemas refer to; no answer is of it.
const COMMON: &str = "common";

/// How many answers of each kind are seen at least.
const SEEN: [(&str, usize); 37] = [
    ("access-changes", 6),
    ("actions", 6),
    ("attach", 50),
    ("backup", 1),
    ("baseline", 2),
    ("can", 40),
    ("check", 6),
    ("create", 25),
    ("delete", 3),
    ("detach", 8),
    ("diff", 30),
    ("effective", 12),
    ("effective-policy", 1),
    ("error", 80),
    ("export", 2),
    ("export-account", 2),
    ("gc", 1),
    ("import", 4),
    ("init", 10),
    ("join", 5),
    ("leave", 3),
    ("log", 3),
    ("log-head", 2),
    ("ls", 10),
    ("man", 1),
    ("minimize", 1),
    ("set", 5),
    ("show", 20),
    ("simulate", 8),
    ("tag", 5),
    ("test", 5),
    ("validate", 15),
    ("validate-list", 1),
    ("verify", 4),
    ("who-can", 8),
    ("who-can-diff", 1),
    ("who-can-part", 8),
];

fn in_repository(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The schemas as JSON, by the names of their files without the ending.
fn texts() -> BTreeMap<String, Json> {
    let paths = fs::read_dir(in_repository("schemas")).unwrap().map(|entry| entry.unwrap().path());
    let schemas = paths.filter(|path| path.extension().is_some_and(|ending| ending == "json"));
    let read = |path: PathBuf| {
        let schema = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        (path.file_stem().unwrap().to_string_lossy().into_owned(), schema)
    };
    schemas.map(read).collect()
}

/// The schemas, ready to be asked.
struct Kinds {
    texts: BTreeMap<String, Json>,
    schemas: Schemas,
    indices: BTreeMap<String, SchemaIndex>,
}

impl Kinds {
    fn read() -> Kinds {
        let (texts, mut schemas, mut compiler) = (texts(), Schemas::new(), Compiler::new());
        for (kind, text) in &texts {
            compiler.add_resource(&format!("{kind}.json"), text.clone()).unwrap();
        }
        let mut index =
            |kind: &String| (kind.clone(), compiler.compile(&format!("{kind}.json"), &mut schemas).unwrap());
        let indices = texts.keys().map(&mut index).collect();
        Kinds { texts, schemas, indices }
    }

    /// Why an answer is none of its kind.
    fn refused(&self, kind: &str, answer: &Json) -> Option<String> {
        let index = self.indices.get(kind).unwrap_or_else(|| panic!("there is no schemas/{kind}.json"));
        self.schemas.validate(answer, *index).err().map(|error| format!("{error:#}"))
    }

    /// The members that an answer must have, by the parts of the schema that fit it.
    fn required(&self, kind: &str, answer: &Json) -> BTreeSet<String> {
        let mut open = vec![(kind.to_owned(), &self.texts[kind])];
        let (mut found, answer) = (BTreeSet::new(), answer.as_object().unwrap());
        while let Some((file, schema)) = open.pop() {
            if let Some(reference) = schema["$ref"].as_str() {
                let (name, pointer) = reference.split_once('#').unwrap();
                let file =
                    if name.is_empty() { file.clone() } else { name.trim_end_matches(".json").to_owned() };
                let target = self.texts[&file].pointer(pointer).unwrap();
                open.push((file, target));
            }
            let parts = schema["oneOf"].as_array().into_iter().flatten();
            open.extend(parts.filter(|part| part.get("$ref").is_some()).map(|part| (file.clone(), part)));
            let required: Vec<&str> =
                schema["required"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
            let fits = schema["properties"].as_object().is_some_and(|members| {
                answer.keys().all(|key| members.contains_key(key))
                    && required.iter().all(|key| answer.contains_key(*key))
            });
            found.extend(required.into_iter().filter(|_| fits).map(str::to_owned));
        }
        found
    }
}

/// Something that was written as JSON.
struct Answer {
    kind: String,
    /// The command.
    line: String,
    json: Json,
}

/// A command line in its words.
struct Words(Vec<String>);

impl Words {
    fn has(&self, word: &str) -> bool {
        self.0.iter().any(|one| one == word)
    }

    /// What stands behind an option.
    fn behind(&self, option: &str) -> Option<&str> {
        let at = self.0.iter().position(|word| word == option)?;
        self.0.get(at + 1).map(String::as_str)
    }

    /// The command, and what stands behind it that is no option.
    fn named(&self) -> Vec<&str> {
        let with_value = ["--db", "--catalog", "--color", "-o", "--output", "--account", "--at"];
        let mut words = self.0.iter().skip(1).map(String::as_str);
        let mut named = Vec::new();
        while let Some(word) = words.next() {
            if with_value.contains(&word) {
                words.next();
            } else if !word.starts_with('-') {
                named.push(word);
            }
        }
        named
    }

    /// Whether something else than JSON is asked for: another form of output, the help, a script, a manual page.
    fn asks_for_text(&self) -> bool {
        let form = ["-o", "--output"].iter().find_map(|option| self.behind(option));
        let is_page = match self.named().first() {
            Some(&"completions") => true,
            Some(&"man") => !self.has("--dir"),
            _ => false,
        };
        let is_help = ["-h", "--help", "-V", "--version"].iter().any(|option| self.has(option));
        is_page || is_help || form.is_some_and(|form| form != "json")
    }

    /// The kind of an answer that does not say it.
    fn kind(&self) -> String {
        let named = self.named();
        let command = *named.first().unwrap();
        match command {
            "effective" if self.has("--policy") => "effective-policy".to_owned(),
            "validate" if self.has("--list") => "validate-list".to_owned(),
            "log" if self.has("--head") => "log-head".to_owned(),
            "export" if named.len() == 1 => "export-account".to_owned(),
            _ => command.to_owned(),
        }
    }
}

/// The kind that an answer says.
fn said(answer: &Json) -> Option<String> {
    let schema = answer.get("schema")?.as_str().unwrap();
    Some(schema.strip_prefix("iamdb.").and_then(|rest| rest.strip_suffix("/1")).unwrap().to_owned())
}

/// The commands of a transcript.
fn commands(transcript: &str) -> Vec<String> {
    let mut commands: Vec<String> = Vec::new();
    let mut goes_on = false;
    for line in transcript.lines() {
        if let Some(more) = line.strip_prefix("> ").filter(|_| goes_on) {
            let last = commands.last_mut().unwrap();
            last.push('\n');
            last.push_str(more);
            continue;
        }
        goes_on = line.starts_with("$ iamdb");
        commands.extend(line.strip_prefix("$ ").filter(|_| goes_on).map(str::to_owned));
    }
    commands
}

/// Runs a command in a folder, and reads what it writes as JSON.
fn run(line: &str, folder: &Path) -> Vec<Answer> {
    let words = Words(shlex::split(line).unwrap());
    let mut command = Command::new(env!("CARGO_BIN_EXE_iamdb"));
    command.args(&words.0[1..]).current_dir(folder).stdin(Stdio::null()).env_remove("IAMDB_DB");
    let output = command.env("IAMDB_OUTPUT", "json").env("IAMDB_ACTOR", "ada").output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let (stdout, stderr) = (text(output.stdout), text(output.stderr));
    let read = |text: &str| -> Json {
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{line}: {error}: {text}"))
    };
    let of = |kind: String, json: Json| Answer { kind, line: line.to_owned(), json };
    let mut answers = Vec::new();
    match stdout.as_str() {
        _ if words.asks_for_text() => {}
        "" => {
            let error = of("error".to_owned(), read(&stderr));
            assert_eq!(error.json["exit_code"].as_i64(), output.status.code().map(i64::from), "{line}");
            answers.push(error);
        }
        lines if words.named().first() == Some(&"simulate") => {
            answers.extend(lines.lines().map(|line| of(words.kind(), read(line))));
        }
        whole => {
            assert_eq!(stderr, "", "{line}");
            let answer = read(whole);
            answers.push(of(said(&answer).unwrap_or_else(|| words.kind()), answer));
        }
    }
    if let Some(file) = words.behind("--write-baseline") {
        let baseline = read(&fs::read_to_string(folder.join(file)).unwrap());
        answers.push(of(said(&baseline).unwrap(), baseline));
    }
    answers
}

fn copied(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copied(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// A folder and the commands that are run in it, in their order.
struct Session {
    folder: TempDir,
    commands: Vec<String>,
}

/// The transcripts, and the session besides.
fn sessions() -> Vec<Session> {
    let paths = fs::read_dir(in_repository("tests/cmd")).unwrap().map(|entry| entry.unwrap().path());
    let transcripts = paths.filter(|path| path.extension().is_some_and(|ending| ending == "md"));
    let of_transcript = |path: PathBuf| {
        let folder = tempfile::tempdir().unwrap();
        let beside = path.with_extension("in");
        if beside.is_dir() {
            copied(&beside, folder.path());
        }
        Session { folder, commands: commands(&fs::read_to_string(&path).unwrap()) }
    };
    let mut sessions: Vec<Session> = transcripts.map(of_transcript).collect();
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in session::files() {
        fs::write(folder.path().join(name), text).unwrap();
    }
    sessions.push(Session { folder, commands: commands(session::COMMANDS) });
    sessions
}

/// Everything that all sessions wrote.
fn answers() -> &'static [Answer] {
    static ANSWERS: OnceLock<Vec<Answer>> = OnceLock::new();
    ANSWERS.get_or_init(|| {
        let (open, found) = (Mutex::new(sessions()), Mutex::new(Vec::new()));
        std::thread::scope(|scope| {
            for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
                scope.spawn(|| {
                    while let Some(session) = { open.lock().unwrap().pop() } {
                        let Session { folder, commands } = session;
                        let answers = commands.iter().flat_map(|line| run(line, folder.path()));
                        let answers: Vec<Answer> = answers.collect();
                        found.lock().unwrap().extend(answers);
                    }
                });
            }
        });
        found.into_inner().unwrap()
    })
}

#[test]
fn every_answer_is_of_its_schema() {
    let kinds = Kinds::read();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for Answer { kind, line, json } in answers() {
        *seen.entry(kind).or_default() += 1;
        if let Some(why) = kinds.refused(kind, json) {
            panic!("{line}: {why}: {json:#}");
        }
    }
    for (kind, least) in SEEN {
        let number = seen.get(kind).copied().unwrap_or_default();
        assert!(number >= least, "only {number} answers of {kind} are seen");
    }
}

#[test]
fn every_schema_is_of_an_answer() {
    let files: Vec<String> = texts().into_keys().collect();
    let mut expected: BTreeSet<&str> = SEEN.iter().map(|(kind, _)| *kind).collect();
    expected.insert(COMMON);
    assert_eq!(files, expected.into_iter().collect::<Vec<_>>());
    let readme = fs::read_to_string(in_repository("schemas/README.md")).unwrap();
    for file in files {
        assert!(readme.contains(&format!("[{file}]({file}.json)")), "README.md does not tell of {file}");
    }
}

/// Objects in which anything may stand: policy documents, and contexts.
fn may_hold_anything(path: &[String]) -> bool {
    let documents =
        ["AssumeRolePolicyDocument", "Content", "Document", "Policy", "PolicyDocument", "context", "policy"];
    path.iter().any(|step| documents.contains(&step.as_str()))
}

/// The paths of all objects in an answer.
fn objects(json: &Json, at: &[String], found: &mut Vec<Vec<String>>) {
    let mut below = |step: String, value: &Json| {
        let path: Vec<String> = at.iter().cloned().chain([step]).collect();
        objects(value, &path, found);
    };
    match json {
        Json::Object(members) => {
            members.iter().for_each(|(key, value)| below(key.clone(), value));
            found.push(at.to_vec());
        }
        Json::Array(items) => {
            items.iter().enumerate().for_each(|(nth, item)| below(nth.to_string(), item));
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}

/// The object at a path, to be changed.
fn object<'j>(json: &'j mut Json, path: &[String]) -> &'j mut Map<String, Json> {
    let found = path.iter().fold(json, |json, step| match json {
        Json::Array(items) => &mut items[step.parse::<usize>().unwrap()],
        other => &mut other[step],
    });
    found.as_object_mut().unwrap()
}

#[test]
fn what_is_broken_is_refused() {
    let kinds = Kinds::read();
    let mut broken: BTreeSet<&str> = BTreeSet::new();
    for Answer { kind, line, json } in answers() {
        let required = kinds.required(kind, json);
        assert!(!required.is_empty(), "{line}: nothing is required");
        for member in required {
            let mut answer = json.clone();
            answer.as_object_mut().unwrap().remove(&member);
            assert!(kinds.refused(kind, &answer).is_some(), "{line}: `{member}` may be left out");
        }
        let mut answer = json.clone();
        answer["unknown member"] = json!(1);
        assert!(kinds.refused(kind, &answer).is_some(), "{line}: anything may be added");
        broken.insert(kind);
    }
    assert_eq!(broken.len(), SEEN.len());
}

/// Within as well: of each kind in the largest answer of each shape that is not too large to be tried at every place.
#[test]
fn no_object_is_open() {
    let (kinds, most) = (Kinds::read(), 20_000);
    let mut shapes: BTreeMap<(&str, Vec<&String>), (usize, &Json)> = BTreeMap::new();
    for Answer { kind, json, .. } in answers() {
        let shape = (kind.as_str(), json.as_object().unwrap().keys().collect());
        let size = json.to_string().len();
        if size < most && shapes.get(&shape).is_none_or(|(known, _)| *known < size) {
            shapes.insert(shape, (size, json));
        }
    }
    for ((kind, _), (_, json)) in shapes {
        let mut paths = Vec::new();
        objects(json, &[], &mut paths);
        for path in paths {
            let mut answer = json.clone();
            object(&mut answer, &path).insert("unknown member".to_owned(), json!(1));
            let is_refused = kinds.refused(kind, &answer).is_some();
            assert!(is_refused || may_hold_anything(&path), "{kind}: anything may be added at {path:?}");
        }
    }
}

/// Each part of a schema that says what something is, with where it stands; not what only tells cases apart.
fn parts<'s>(schema: &'s Json, at: &str, found: &mut Vec<(String, &'s Json)>) {
    found.push((at.to_owned(), schema));
    let Some(members) = schema.as_object() else { return };
    for (key, value) in members {
        match (key.as_str(), value) {
            ("properties" | "$defs", Json::Object(named)) => {
                named.iter().for_each(|(name, part)| parts(part, &format!("{at}/{key}/{name}"), found));
            }
            ("oneOf" | "anyOf", Json::Array(all)) => {
                all.iter()
                    .enumerate()
                    .for_each(|(nth, part)| parts(part, &format!("{at}/{key}/{nth}"), found));
            }
            ("items" | "additionalProperties", Json::Object(_)) => {
                parts(value, &format!("{at}/{key}"), found)
            }
            _ => {}
        }
    }
}

#[test]
fn schemas_say_what_everything_is() {
    let says = |schema: &Json, member: &str| schema[member].as_str().is_some_and(|text| !text.is_empty());
    let (texts, mut named, mut defined) = (texts(), BTreeSet::new(), BTreeSet::new());
    for (file, schema) in &texts {
        assert_eq!(schema["$id"], json!(format!("{file}.json")));
        assert_eq!(schema["$schema"], json!("https://json-schema.org/draft/2020-12/schema"), "{file}");
        assert!(says(schema, "title") && says(schema, "description"), "{file}");
        let mut all = Vec::new();
        parts(schema, file, &mut all);
        for (at, part) in all {
            if let Some(members) = part["properties"].as_object() {
                assert_eq!(part["additionalProperties"], json!(false), "{at} is open");
                for (name, member) in members {
                    assert!(says(member, "description"), "{at}: `{name}` is not described");
                }
            }
            if let Some(reference) = part["$ref"].as_str() {
                let (to, pointer) = reference.split_once('#').unwrap();
                let to = if to.is_empty() { file } else { to.trim_end_matches(".json") };
                named.insert(format!("{to}{pointer}"));
            }
        }
        let definitions = schema["$defs"].as_object().into_iter().flat_map(Map::keys);
        defined.extend(definitions.map(|name| format!("{file}/$defs/{name}")));
    }
    assert_eq!(named, defined, "what is referred to, and what is defined");
}

/// The words that a part of a schema lists, sorted.
fn words(schema: &Json) -> Vec<String> {
    let text = |word: &Json| word.as_str().map(str::to_owned);
    let listed = schema["enum"].as_array().into_iter().flatten().filter_map(text);
    let described = schema["oneOf"].as_array().into_iter().flatten().filter_map(|word| text(&word["const"]));
    let mut words: Vec<String> = listed.chain(described).collect();
    words.sort();
    words
}

fn sorted(words: impl Iterator<Item = String>) -> Vec<String> {
    words.collect::<BTreeSet<_>>().into_iter().collect()
}

/// All values of a type; a new one does not compile until it is here.
macro_rules! all {
    ($of:ident: $($name:ident),*) => {{
        let all = [$($of::$name),*];
        all.iter().for_each(|one| match one { $($of::$name => {})* });
        all.into_iter()
    }};
}

#[test]
fn words_are_complete() {
    let texts = texts();
    let of = |file: &str, pointer: &str| {
        words(texts[file].pointer(pointer).unwrap_or_else(|| panic!("{file}: there is no {pointer}")))
    };
    let common = |name: &str| of(COMMON, &format!("/$defs/{name}"));
    let level = |level: AccessLevel| level_name(Some(level)).to_owned();
    let levels = AccessLevel::ALL.into_iter().map(level);
    let with_unknown = levels.clone().chain([level_name(None).to_owned()]);
    assert_eq!(common("access_level"), sorted(with_unknown));
    assert_eq!(of("actions", "/properties/actions/items/properties/level"), sorted(levels));
    let layers = Layer::BY_PRECEDENCE.iter().map(|layer| layer.name().to_owned());
    assert_eq!(common("layer"), sorted(layers));
    let decisions = all!(Decision: Allowed, ExplicitlyDenied, ImplicitlyDenied, Unknown);
    assert_eq!(common("decision"), sorted(decisions.map(|decision| decision.to_string())));
    let routes = all!(Route: NoPermissionNeeded, LongTermCredentialsOnly, OtherPartition, PassRoleAcrossAccounts,
        Guarded, PublicBucket, ServicePrincipal, Anonymous, Federation, DirectGrant, SessionGrant,
        ResourcePolicyRequired, Identity, CrossAccount);
    assert_eq!(common("route"), sorted(routes.map(|route| route.name().to_owned())));
    let effects = all!(Effect: Allow, Deny).map(|effect| effect.to_string());
    assert_eq!(common("effect"), sorted(effects));
    let edits = all!(Change: Added, Removed, Edited, Unchanged).map(|change| change.name().to_owned());
    assert_eq!(common("edit"), sorted(edits));
    let boundaries = all!(Bounded: Asked, Yes);
    let standings = all!(Reach: Asked, Unaided, HeldBack).flat_map(|reach| {
        let standing = move |boundary| Standing { reach, boundary }.name().to_owned();
        boundaries.clone().map(standing)
    });
    assert_eq!(common("standing"), sorted(standings));
    let statuses = TypeStatus::ALL.into_iter().map(|status| status.as_str().to_owned());
    assert_eq!(common("enabled"), sorted(statuses));
    let features = FeatureSet::ALL.into_iter().map(|features| features.as_str().to_owned());
    let features = sorted(features);
    assert_eq!(of(COMMON, "/$defs/organization/properties/FeatureSet"), features);
    let types = OrganizationPolicyType::ALL.into_iter().map(|of| of.aws_name().to_owned());
    assert_eq!(common("organization_policy_type"), sorted(types));
    let assumptions = all!(Assumption: OnlyAccount, OwnAccount, NoResourcePolicy, NoVpcEndpoint);
    let assumptions = sorted(assumptions.map(|assumption| assumption.name().to_owned()));
    assert_eq!(of("can", "/properties/assumed/items"), assumptions);
    let kinds = KeyType::ALL.into_iter().flat_map(|of| [of.to_string(), format!("ArrayOf{of}")]);
    let keys = "/properties/actions/items/properties/condition_keys/items/properties/type";
    assert_eq!(of("actions", keys), sorted(kinds));
    let found = sorted(FindingType::ALL.into_iter().map(|of| of.to_string()));
    assert_eq!(of("validate", "/$defs/finding/properties/findingType"), found);
    assert_eq!(of("validate-list", "/properties/checks/items/properties/findingType"), found);
    let types = sorted(CHECKS.iter().flat_map(|check| check.types.names()).map(str::to_owned));
    assert_eq!(of("validate-list", "/properties/checks/items/properties/policyTypes/items"), types);
    let resources = sorted(RESOURCE_TYPES.iter().map(|of| of.name.to_owned()));
    let member = "/properties/policies/items/properties/validatePolicyResourceType";
    assert_eq!(of("validate", member), resources);
}
