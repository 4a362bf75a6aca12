//! JSON text to [`Policy`]: the whole grammar of semantics 1, with a diagnostic for everything that AWS
//! would refuse and the lenient rule that was applied to it.
//!
//! There is one reader for both modes (semantics 0.3). The *strict* mode refuses a document that has an
//! error; the *lenient* mode takes the policy as it is and remembers which findings degrade it.

mod condition;
mod statement;

use std::collections::HashSet;

use super::json::{Member, Node, Value};
use super::{
    Consequence, Diagnostic, JsonPath, Policy, PolicyType, Quota, Severity, Span, Statement, Version, size,
};

/// A policy and everything that was found while reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// What the document means under the lenient rules.
    pub policy: Policy,
    /// What is wrong with it, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

impl Parsed {
    /// The findings for which the strict mode refuses the document.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// The findings that a decision must carry (semantics 0.3).
    pub fn degraded(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.degrades())
    }
}

/// Reads a policy document of some type. Total: what cannot be read becomes a policy without statements and
/// a diagnostic.
///
/// ```
/// # use iamdb::policy::{PolicyType, parse};
/// let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*","Resorce":1}}"#;
/// let parsed = parse(text, PolicyType::Identity);
/// assert_eq!(parsed.policy.statements.len(), 1);
/// assert_eq!(parsed.errors().next().unwrap().code, "INVALID_POLICY_ELEMENT");
/// ```
pub fn parse(text: &str, policy_type: PolicyType) -> Parsed {
    read(text, policy_type).parsed
}

/// A policy document with what [`Parsed`] leaves out of it: what checks look at that do not decide.
#[derive(Debug)]
pub(crate) struct Reading<'a> {
    /// What the document means, and what is wrong with it.
    pub(crate) parsed: Parsed,
    /// The statements that never apply because of what was found, as far as they can be read.
    pub(crate) inert: Vec<Statement>,
    /// The JSON, with positions; `None` where it is none.
    pub(crate) root: Option<Node<'a>>,
}

/// [`parse`], and the rest.
pub(crate) fn read(text: &str, policy_type: PolicyType) -> Reading<'_> {
    let mut reader = Reader {
        policy_type,
        version: Version::V2008,
        diagnostics: Vec::new(),
        rejected: false,
        inert: false,
        inert_statements: Vec::new(),
        sids: Vec::new(),
    };
    let root = reader.root(text);
    let statements = root.as_ref().map_or_else(Vec::new, |root| reader.document(root));
    let Reader { version, mut diagnostics, rejected, inert_statements, .. } = reader;
    diagnostics.sort_by_key(|diagnostic| (diagnostic.span.start, diagnostic.span.end));
    let (statements, inert) =
        if rejected { (Vec::new(), Vec::new()) } else { (statements, inert_statements) };
    Reading { parsed: Parsed { policy: Policy { version, statements }, diagnostics }, inert, root }
}

/// Where the reader is: a path that is written out only when there is something to report.
#[derive(Clone, Copy)]
enum Place<'p> {
    Root,
    Key(&'p Place<'p>, &'p str),
    Index(&'p Place<'p>, usize),
}

impl<'p> Place<'p> {
    fn key(&'p self, key: &'p str) -> Place<'p> {
        Place::Key(self, key)
    }

    fn index(&'p self, index: usize) -> Place<'p> {
        Place::Index(self, index)
    }

    fn path(&self) -> JsonPath {
        match self {
            Place::Root => JsonPath::default(),
            Place::Key(parent, key) => parent.path().key(key),
            Place::Index(parent, index) => parent.path().index(*index),
        }
    }
}

/// What is known while reading.
struct Reader {
    policy_type: PolicyType,
    version: Version,
    diagnostics: Vec<Diagnostic>,
    /// A finding that rejects the document was made.
    rejected: bool,
    /// A finding that makes the statement being read inert was made.
    inert: bool,
    /// The statements of which that is so.
    inert_statements: Vec<Statement>,
    /// The Sids that were read, with their places.
    sids: Vec<(String, JsonPath, Span)>,
}

const TOP_LEVEL: [&str; 3] = ["Version", "Id", "Statement"];

impl Reader {
    /// The JSON of a document, if it is JSON.
    fn root<'a>(&mut self, text: &'a str) -> Option<Node<'a>> {
        let whole = Span { start: 0, end: text.len() };
        let top = Place::Root;
        let (bom, text_behind) = match text.strip_prefix('\u{feff}') {
            Some(behind) => ('\u{feff}'.len_utf8(), behind),
            None => (0, text),
        };
        if bom > 0 {
            let span = Span { start: 0, end: bom };
            self.error(
                "JSON_SYNTAX_ERROR",
                Consequence::None,
                &top,
                span,
                "a byte order mark before the document",
            );
        }
        self.check_text(text_behind, bom, whole);
        let mut root = match Node::read(text_behind) {
            Ok(root) => root,
            Err(error) => {
                let start = bom + error.offset;
                let wide = text.get(start..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
                let span = Span { start, end: start + wide };
                self.error("JSON_SYNTAX_ERROR", Consequence::DocumentRejected, &top, span, error.message);
                return None;
            }
        };
        if bom > 0 {
            shift(&mut root, bom);
        }
        Some(root)
    }

    fn document(&mut self, root: &Node<'_>) -> Vec<Statement> {
        let top = Place::Root;
        let Value::Object(members) = &root.value else {
            let message = format!("a policy is a JSON object, not {}", root.value.kind());
            self.error("DATA_TYPE_MISMATCH", Consequence::DocumentRejected, &top, root.span, message);
            return Vec::new();
        };
        self.duplicates(members, &top, &["Version", "Id"]);
        let mut all_inert = false;
        for member in members.iter().filter(|member| !TOP_LEVEL.contains(&member.key.as_ref())) {
            all_inert |= self.unknown_element(member, &top, &TOP_LEVEL);
        }
        self.version(members, root.span);
        self.id(members);
        let statements = match last(members, "Statement") {
            Some(member) => self.statements(member),
            None => {
                let message = "the policy has no `Statement`";
                self.error("MISSING_STATEMENT", Consequence::None, &top, root.span, message);
                Vec::new()
            }
        };
        self.unique_sids();
        if all_inert { Vec::new() } else { statements }
    }

    /// Length and character repertoire (R-GRM-2, R-GRM-60) of the text that starts at a byte of the document.
    fn check_text(&mut self, text: &str, at: usize, whole: Span) {
        let top = Place::Root;
        let organizations = match self.policy_type {
            PolicyType::Scp => Some(("POLICY_SIZE_EXCEEDS_SCP_QUOTA", Quota::SCP)),
            PolicyType::Rcp => Some(("POLICY_SIZE_EXCEEDS_RCP_QUOTA", Quota::RCP)),
            _ => None,
        };
        let length = text.chars().count();
        if let Some((code, quota)) = organizations
            && let Some(message) = quota.exceeded_by(length)
        {
            self.error(code, Consequence::None, &top, whole, message);
        }
        if !self.policy_type.is_stored_by_iam() {
            return;
        }
        if let Some(message) = Quota::DOCUMENT_LENGTH.exceeded_by(length) {
            self.error("POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA", Consequence::None, &top, whole, message);
        } else if self.policy_type == PolicyType::Trust
            && let Some(message) = Quota::TRUST_POLICY.exceeded_by(size(text))
        {
            self.warning(
                "POLICY_SIZE_EXCEEDS_ROLE_TRUST_POLICY_QUOTA",
                Consequence::None,
                &top,
                whole,
                message,
            );
        }
        let outside = |&(_, c): &(usize, char)| !matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{ff}');
        let is_plain = |byte: u8| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7f);
        let first = if text.bytes().all(is_plain) { None } else { text.char_indices().find(outside) };
        if let Some((start, c)) = first {
            let span = Span { start: at + start, end: at + start + c.len_utf8() };
            let message = format!(
                "the character U+{:04X} is outside of what IAM accepts (U+0020 to U+00FF)",
                u32::from(c)
            );
            self.error("JSON_SYNTAX_ERROR", Consequence::None, &top, span, message);
        } else if let Some(start) = escape_outside_of_repertoire(text) {
            let span = Span { start: at + start, end: at + start + r"\u0000".len() };
            let message = "an escape stands for a character outside of what IAM accepts (U+0020 to U+00FF)";
            self.warning("JSON_SYNTAX_ERROR", Consequence::None, &top, span, message);
        }
    }

    /// R-GRM-8 to 10.
    fn version(&mut self, members: &[Member<'_>], document: Span) {
        let top = Place::Root;
        let must_be_2012 = self.policy_type.is_stored_by_iam() || self.policy_type == PolicyType::Rcp;
        let Some(member) = last(members, "Version") else {
            let message = "the policy has no `Version`: write \"Version\": \"2012-10-17\"";
            if must_be_2012 {
                self.error("MISSING_VERSION", Consequence::None, &top, document, message);
            } else {
                self.warning("MISSING_VERSION", Consequence::None, &top, document, message);
            }
            return;
        };
        let path = top.key("Version");
        match &member.value.value {
            Value::String(text) if text == "2012-10-17" => self.version = Version::V2012,
            Value::String(text) if text == "2008-10-17" => {
                if must_be_2012 {
                    let message = "AWS stores such a policy only with the version `2012-10-17`";
                    self.error("INVALID_VERSION", Consequence::None, &path, member.value.span, message);
                }
            }
            Value::String(text) => {
                let message =
                    format!("`{text}` is no version of the policy language: `2012-10-17` or `2008-10-17`");
                self.error("INVALID_VERSION", Consequence::ElementIgnored, &path, member.value.span, message);
            }
            other => self.wrong_type(
                "Version",
                "a string",
                other,
                Consequence::ElementIgnored,
                &path,
                member.value.span,
            ),
        }
    }

    /// R-GRM-11 and the matrix of R-GRM-30.
    fn id(&mut self, members: &[Member<'_>]) {
        let Some(member) = last(members, "Id") else { return };
        let path = Place::Root.key("Id");
        if matches!(self.policy_type, PolicyType::Scp | PolicyType::Rcp) {
            let message = "this type of policy has no `Id`";
            self.error(
                "INVALID_POLICY_ELEMENT",
                Consequence::ElementIgnored,
                &path,
                member.key_span,
                message,
            );
        } else if !matches!(member.value.value, Value::String(_)) {
            let (value, span) = (&member.value.value, member.value.span);
            self.wrong_type("Id", "a string", value, Consequence::ElementIgnored, &path, span);
        }
    }

    fn statements(&mut self, member: &Member<'_>) -> Vec<Statement> {
        let path = Place::Root.key("Statement");
        match &member.value.value {
            Value::Object(_) => self.statement(0, &member.value, &path).into_iter().collect(),
            Value::Array(items) if items.is_empty() => {
                let message = "`Statement` is an empty array";
                self.error("MISSING_STATEMENT", Consequence::None, &path, member.value.span, message);
                Vec::new()
            }
            Value::Array(items) => {
                let read = items.iter().enumerate();
                read.filter_map(|(index, item)| self.statement(index, item, &path.index(index))).collect()
            }
            other => {
                let span = member.value.span;
                self.wrong_type(
                    "Statement",
                    "an object or an array",
                    other,
                    Consequence::StatementInert,
                    &path,
                    span,
                );
                Vec::new()
            }
        }
    }

    /// R-GRM-20, of every statement that was read, also of those that never apply.
    fn unique_sids(&mut self) {
        let needed = self.policy_type.is_stored_by_iam()
            || matches!(self.policy_type, PolicyType::Scp | PolicyType::Rcp);
        let mut seen = HashSet::new();
        let (severity, code) = match needed {
            true => (Severity::Error, "UNIQUE_SIDS_REQUIRED"),
            false => (Severity::Warning, "UNIQUE_SIDS_RECOMMENDED"),
        };
        for (sid, path, span) in std::mem::take(&mut self.sids) {
            if !seen.insert(sid.clone()) {
                let message = format!("the Sid `{sid}` is used more than once");
                self.report(severity, code, Consequence::None, path, span, message);
            }
        }
    }

    /// R-GRM-3: duplicate keys reject the document, but for those in `last_wins`.
    fn duplicates(&mut self, members: &[Member<'_>], path: &Place<'_>, last_wins: &[&str]) {
        /// How many keys are compared one by one before they are hashed.
        const FEW: usize = 16;
        let mut seen = HashSet::new();
        for (nth, member) in members.iter().enumerate() {
            let key = member.key.as_ref();
            let is_new = match members.len() {
                ..=FEW => members[..nth].iter().all(|before| before.key != member.key),
                _ => seen.insert(key),
            };
            if is_new {
                continue;
            }
            let consequence = if last_wins.contains(&key) {
                Consequence::ElementIgnored
            } else {
                Consequence::DocumentRejected
            };
            let message = format!("the key `{key}` stands twice in one object");
            self.error("JSON_SYNTAX_ERROR", consequence, &path.key(key), member.key_span, message);
        }
    }

    /// R-GRM-5. Tells whether the name is a known one in other letter case.
    fn unknown_element(&mut self, member: &Member<'_>, path: &Place<'_>, known: &[&str]) -> bool {
        let key = member.key.as_ref();
        let meant = known.iter().find(|name| name.eq_ignore_ascii_case(key));
        let (consequence, message) = match meant {
            Some(name) => (
                Consequence::StatementInert,
                format!("unknown element `{key}`: element names are case-sensitive, write `{name}`"),
            ),
            None => (
                Consequence::ElementIgnored,
                format!("unknown element `{key}`: known here are {}", known.join(", ")),
            ),
        };
        self.error("INVALID_POLICY_ELEMENT", consequence, &path.key(key), member.key_span, message);
        meant.is_some()
    }

    fn wrong_type(
        &mut self,
        element: &str,
        wanted: &str,
        found: &Value<'_>,
        consequence: Consequence,
        path: &Place<'_>,
        span: Span,
    ) {
        let message = format!("`{element}` must be {wanted}, not {}", found.kind());
        self.error("DATA_TYPE_MISMATCH", consequence, path, span, message);
    }

    fn error(
        &mut self,
        code: &'static str,
        consequence: Consequence,
        path: &Place<'_>,
        span: Span,
        message: impl Into<String>,
    ) {
        self.report(Severity::Error, code, consequence, path.path(), span, message.into());
    }

    fn warning(
        &mut self,
        code: &'static str,
        consequence: Consequence,
        path: &Place<'_>,
        span: Span,
        message: impl Into<String>,
    ) {
        self.report(Severity::Warning, code, consequence, path.path(), span, message.into());
    }

    fn report(
        &mut self,
        severity: Severity,
        code: &'static str,
        consequence: Consequence,
        path: JsonPath,
        span: Span,
        message: String,
    ) {
        self.rejected |= consequence == Consequence::DocumentRejected;
        self.inert |= consequence == Consequence::StatementInert;
        let message = clipped(message);
        self.diagnostics.push(Diagnostic { code, severity, consequence, message, path, span });
    }
}

/// The first `\uXXXX` that decodes to what may not stand in the text itself (R-GRM-2).
fn escape_outside_of_repertoire(text: &str) -> Option<usize> {
    let mut from = 0;
    while let Some(found) = text.get(from..)?.find('\\') {
        let at = from + found;
        let code = text.get(at + 1..at + 6).and_then(|escape| escape.strip_prefix('u'));
        let code = code.and_then(|hex| u32::from_str_radix(hex, 16).ok());
        if code.is_some_and(|code| !matches!(code, 0x09 | 0x0a | 0x0d | 0x20..=0xff)) {
            return Some(at);
        }
        from = at + 1 + text.get(at + 1..)?.chars().next()?.len_utf8();
    }
    None
}

/// How much of a message is kept from its beginning and from its end.
const CLIP: (usize, usize) = (400, 100);

/// A message without its middle where it quotes something as long as a document may be.
fn clipped(message: String) -> String {
    let (head, tail) = CLIP;
    let (Some((end, _)), Some((start, _))) =
        (message.char_indices().nth(head), message.char_indices().nth_back(tail))
    else {
        return message;
    };
    if end >= start {
        return message;
    }
    let (head, tail) = (message.get(..end), message.get(start..));
    format!("{} … {}", head.unwrap_or_default(), tail.unwrap_or_default())
}

/// The last member of a name: where a name stands twice, the earlier ones are reported and do not count.
fn last<'n, 'a>(members: &'n [Member<'a>], key: &str) -> Option<&'n Member<'a>> {
    members.iter().rfind(|member| member.key == key)
}

/// Moves every position behind a byte order mark.
fn shift(node: &mut Node<'_>, by: usize) {
    let moved = |span: &mut Span| *span = Span { start: span.start + by, end: span.end + by };
    moved(&mut node.span);
    match &mut node.value {
        Value::Array(items) => items.iter_mut().for_each(|item| shift(item, by)),
        Value::Object(members) => {
            for member in members {
                moved(&mut member.key_span);
                shift(&mut member.value, by);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
