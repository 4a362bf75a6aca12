//! A clause in words: a heading, and a row for each thing that there is to say.
//!
//! ```text
//! s3:GetObject, s3:GetObjectVersion                                              read
//!   on      arn:aws:s3:::payroll/* except arn:aws:s3:::payroll/public/*
//!   when    aws:SourceVpce is absent or not vpce-1
//!   within  boundary dev: s3:*, ec2:*
//!   why     deploy.json:14 ReadAll allows it (new)
//!   e.g.    s3:GetObject on arn:aws:s3:::payroll/a without aws:SourceVpce
//! ```

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt::Display;

use super::condition;
use super::{By, Change, Direction, Example, Exception, Reason, Region, Selection, Source, Told, Within};
use crate::analysis::{Accounts, Bounded, ByResource, Reach, Side, Standing};
use crate::layers::Layer;
use crate::policy::{ActionPattern, Condition, Effect};
use crate::request::{Request, Value, fold};

/// How much of long lists is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Their beginning, and how many more there are.
    Brief,
    /// All of them.
    Whole,
}

/// How many entries of a list are told in brief.
const BRIEF: usize = 6;
/// How many statements.
const FEW: usize = 4;

/// A clause in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// The actions.
    pub heading: String,
    /// The worst that they do.
    pub level: String,
    /// Everything else.
    pub rows: Vec<Row>,
    /// Whether a list was cut.
    pub is_cut: bool,
}

/// One thing about a clause.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Row {
    /// What sort of thing: `on`, `when`, …
    pub label: &'static str,
    /// What.
    pub text: String,
}

/// Writes lists, and notices when one is cut.
struct Writer {
    detail: Detail,
    is_cut: Cell<bool>,
}

impl Standing {
    /// Who the callers are, where they are not those that the whole answer is about.
    pub fn words(self) -> Option<String> {
        let reach = match self.reach {
            Reach::Asked => None,
            Reach::Unaided => {
                Some("in the resource's own account, also without policies of the caller's own")
            }
            Reach::HeldBack => Some(
                "in the resource's own account, also where a boundary or session policy does not allow it",
            ),
        };
        let boundary = match self.boundary {
            Bounded::Asked => None,
            Bounded::Yes => Some("by principals with a permissions boundary, whatever that allows"),
        };
        let words: Vec<&str> = boundary.into_iter().chain(reach).collect();
        (!words.is_empty()).then(|| words.join(", "))
    }
}

impl Told {
    /// The clause in words.
    pub fn words(&self, detail: Detail) -> Words {
        let writer = Writer { detail, is_cut: Cell::new(false) };
        let mut rows = Vec::new();
        let mut row = |label, text| rows.push(Row { label, text });
        row("on", writer.selection(&self.region.resources));
        let accounts = match self.accounts {
            Accounts::Any => None,
            Accounts::Own => Some("resources of the caller's own account"),
            Accounts::Others => Some("resources of other accounts"),
        };
        for words in accounts.into_iter().chain(by_resource(self.by_resource)) {
            row("only", words.to_owned());
        }
        if let Some(words) = self.standing.words() {
            row("only", words);
        }
        if !self.region.principals.is_everything() || self.is_about_anyone() {
            row("by", writer.selection(&self.region.principals).replace('*', "anyone"));
        }
        for text in writer.conditions(&self.region.conditions) {
            row("when", text);
        }
        for within in &self.within {
            row("within", writer.within(within));
        }
        let (shown, more) = writer.cut(&self.except, FEW);
        for exception in shown {
            row("except", writer.exception(exception, &self.region, self.direction));
        }
        if more > 0 {
            row("except", format!("what {more} more statements take out"));
        }
        if self.is_of_rules() {
            row("why", "AWS's own rules, whatever the policies say".to_owned());
        } else {
            row("why", writer.reasons(&self.reasons, self.direction));
        }
        match &self.example {
            Some(example) => row("e.g.", self.example_words(example)),
            None => row("but", format!("it is only possible: {}", self.why_only_possible())),
        }
        if !self.is_exact && !self.is_of_rules() && !self.is_undecided() {
            row("but", "it is less than what is told here".to_owned());
        }
        let level =
            self.level.map_or_else(|| "unknown level".to_owned(), |level| level.to_string().to_lowercase());
        Words { heading: self.heading(&writer), level, rows, is_cut: writer.is_cut.get() }
    }

    /// Whether no statement is behind it: calls that need no permission, or that need long-term credentials.
    fn is_of_rules(&self) -> bool {
        self.reasons.iter().all(|reason| *reason == Reason::Rules)
    }

    /// Whether a document would decide that is not known.
    fn is_undecided(&self) -> bool {
        let is_unknown =
            |reason: &Reason| matches!(reason, Reason::Unknown { .. } | Reason::Undecided { .. });
        self.reasons.iter().any(is_unknown)
    }

    fn is_about_anyone(&self) -> bool {
        self.example.as_ref().is_some_and(|example| example.by == By::Anyone)
    }

    fn why_only_possible(&self) -> &'static str {
        match self.direction {
            _ if self.is_undecided() => "a document that decides is not known",
            Direction::Gained | Direction::Lost => "no request was found that differs here",
            Direction::Held => "no request was found that is allowed here",
        }
    }

    /// The actions, with how many of the catalogue a pattern matches.
    fn heading(&self, writer: &Writer) -> String {
        if self.is_of_rules() {
            return "what no policy decides".to_owned();
        }
        let counted = |entry: &ActionPattern| {
            let text = entry.to_string();
            match self.counts.iter().find(|(of, _)| *of == text) {
                Some((_, 1)) => format!("{text} (1 action)"),
                Some((_, count)) => format!("{text} ({count} actions)"),
                None => text,
            }
        };
        writer.selection_as(&self.region.actions, "every action", counted)
    }

    fn example_words(&self, example: &Example) -> String {
        let Example { request, by, follows } = example;
        let mut words = request_words(request, *by, follows);
        let excepted = self.except.iter().flat_map(|exception| &exception.region.conditions);
        let limits = self.within.iter().flat_map(|within| &within.any_of);
        let limiting = limits.flat_map(|(region, _)| &region.conditions);
        let all = self.region.conditions.iter().chain(excepted).chain(limiting);
        let mut seen = BTreeSet::new();
        let absent: Vec<&str> = all
            .filter(|condition| request.context.get(&condition.key).is_none())
            .filter(|condition| seen.insert(fold(&condition.key)))
            .map(|condition| condition.key.as_str())
            .collect();
        if !absent.is_empty() {
            words.push_str(&format!(" without {}", absent.join(", ")));
        }
        words
    }
}

/// A value, with quotes where there would be nothing to see.
fn value_words(value: &Value) -> String {
    match value {
        Value::Single(text) => condition::quoted(text),
        Value::Multi(texts) => {
            format!("[{}]", texts.iter().map(|text| condition::quoted(text)).collect::<Vec<_>>().join(", "))
        }
    }
}

impl Writer {
    /// What is told of a list, and how many more there are.
    fn cut<'t, T>(&self, all: &'t [T], most: usize) -> (&'t [T], usize) {
        // One more is not worth a remark that is as long.
        if self.detail == Detail::Whole || all.len() <= most + 1 {
            return (all, 0);
        }
        self.is_cut.set(true);
        (all.get(..most).unwrap_or(all), all.len() - most)
    }

    fn list<T>(&self, all: &[T], word: impl Fn(&T) -> String) -> String {
        let (shown, more) = self.cut(all, BRIEF);
        let words: Vec<String> = shown.iter().map(word).collect();
        let words = if words.is_empty() { "nothing".to_owned() } else { words.join(", ") };
        if more > 0 { format!("{words} and {more} more") } else { words }
    }

    fn selection<T: Display>(&self, selection: &Selection<T>) -> String {
        self.selection_as(selection, "*", T::to_string)
    }

    fn selection_as<T: Display>(
        &self,
        selection: &Selection<T>,
        everything: &str,
        word: impl Fn(&T) -> String,
    ) -> String {
        let lists: Vec<String> = selection.among.iter().map(|list| self.list(list, &word)).collect();
        let among = if lists.is_empty() { everything.to_owned() } else { lists.join(" and also ") };
        if selection.but.is_empty() {
            among
        } else {
            format!("{among} except {}", self.list(&selection.but, T::to_string))
        }
    }

    fn conditions(&self, conditions: &[Condition]) -> Vec<String> {
        let words = |condition: &Condition| {
            let (values, more) = self.cut(&condition.values, BRIEF);
            let shown = Condition { values: values.to_vec(), ..condition.clone() };
            let words = condition::words(&shown);
            if more > 0 { format!("{words} and {more} more") } else { words }
        };
        conditions.iter().map(words).collect()
    }

    /// What a region says: of each dimension that says something.
    fn region(&self, region: &Region) -> String {
        let mut words = Vec::new();
        if !region.actions.is_everything() {
            words.push(self.selection(&region.actions));
        }
        if !region.resources.is_everything() {
            words.push(format!("on {}", self.selection(&region.resources)));
        }
        if !region.principals.is_everything() {
            words.push(format!("by {}", self.selection(&region.principals)));
        }
        if !region.conditions.is_empty() {
            words.push(format!("when {}", self.conditions(&region.conditions).join(" and ")));
        }
        words.join(" ")
    }

    fn within(&self, within: &Within) -> String {
        let what = |(region, source): &(Region, Source)| {
            let words = self.region(region);
            let words = if words.is_empty() { "every action".to_owned() } else { words };
            match within.name {
                Some(_) => words,
                None => format!("{} {words}", source_words(source)),
            }
        };
        let (shown, more) = self.cut(&within.any_of, FEW);
        let mut words: Vec<String> = shown.iter().map(what).collect();
        if more > 0 {
            words.push(format!("and {more} more"));
        }
        let words = if words.is_empty() { "nothing".to_owned() } else { words.join("; or ") };
        format!("{}: {words}", layer_words(within.layer, within.name.as_deref()))
    }

    fn exception(&self, exception: &Exception, of: &Region, direction: Direction) -> String {
        let words = self.region(&exception.region.beside(of));
        let source = source_words(&exception.source);
        let how = match (exception.source.effect, exception.source.side, direction) {
            (Effect::Deny, Side::Old, Direction::Lost) => format!("{source} denied it"),
            (Effect::Deny, ..) => format!("{source} denies it"),
            (Effect::Allow, Side::Old, _) => format!("{source} allowed it already"),
            (Effect::Allow, Side::New, _) => format!("{source} allows it still"),
        };
        if words.is_empty() { how } else { format!("{words} ({how})") }
    }

    fn reasons(&self, reasons: &[Reason], direction: Direction) -> String {
        let (shown, more) = self.cut(reasons, FEW);
        let word = |(nth, reason): (usize, &Reason)| match reason {
            // What became of a statement says nothing where another one made the difference.
            Reason::Statement { source, .. } if nth > 0 => {
                let kept = Reason::Statement { source: source.clone(), change: Change::Unchanged };
                reason_words(&kept, direction)
            }
            reason => reason_words(reason, direction),
        };
        let mut words: Vec<String> = shown.iter().enumerate().map(word).collect();
        if more > 0 {
            words.push(format!("and {more} more statements"));
        }
        words.join("; ")
    }
}

/// `deploy.json:14 ReadAll`.
pub(super) fn source_words(source: &Source) -> String {
    let Source { level, policy, group, sid, line, .. } = source;
    let mut words = format!("{policy}:{line}");
    if let Some(sid) = sid {
        words.push_str(&format!(" {sid}"));
    }
    if let Some(group) = group {
        words.push_str(&format!(" (of group/{group})"));
    }
    if let Some(level) = level {
        words.push_str(&format!(" (at {level})"));
    }
    words
}

/// `s3:GetObject on arn:aws:s3:::payroll/a by * with aws:SourceVpce=vpce-1`: the keys that follow from who asks left out.
pub fn request_words(request: &Request, by: By, follows: &BTreeSet<String>) -> String {
    let mut words = format!("{} on {}", request.action, request.resource);
    if by == By::Anyone {
        words.push_str(&format!(" by {}", request.caller));
    }
    let given = request.context.iter().filter(|(key, _)| !follows.contains(&fold(key)));
    let given: Vec<String> = given.map(|(key, value)| format!("{key}={}", value_words(value))).collect();
    if !given.is_empty() {
        words.push_str(&format!(" with {}", given.join(", ")));
    }
    words
}

fn reason_words(reason: &Reason, direction: Direction) -> String {
    let is_past = direction == Direction::Lost;
    match reason {
        Reason::Statement { source, change } => {
            let source_words = source_words(source);
            match (source.effect, is_past, change) {
                (Effect::Allow, false, Change::Added) => format!("{source_words} allows it (new)"),
                (Effect::Allow, false, Change::Edited) => format!("{source_words} allows it (changed)"),
                (Effect::Allow, false, _) => format!("{source_words} allows it"),
                (Effect::Allow, true, Change::Removed) => format!("{source_words} allowed it and is gone"),
                (Effect::Allow, true, Change::Edited) => format!("{source_words} allowed it and was changed"),
                (Effect::Allow, true, _) => format!("{source_words} allowed it"),
                (Effect::Deny, false, Change::Removed) => format!("{source_words} denied it and is gone"),
                (Effect::Deny, false, Change::Edited) => format!("{source_words} denied it and was changed"),
                (Effect::Deny, false, _) => format!("{source_words} denied it"),
                (Effect::Deny, true, Change::Added) => format!("{source_words} denies it (new)"),
                (Effect::Deny, true, Change::Edited) => format!("{source_words} denies it (changed)"),
                (Effect::Deny, true, _) => format!("{source_words} denies it"),
            }
        }
        Reason::Limited { layer, name, change } => {
            let layer = layer_words(*layer, name.as_deref());
            match (is_past, change) {
                (false, Change::Removed) => format!("{layer} did not allow it and is gone"),
                (false, Change::Edited) => format!("{layer} did not allow it and was changed"),
                (false, _) => format!("{layer} did not allow it"),
                (true, Change::Added) => format!("{layer} does not allow it (new)"),
                (true, Change::Edited) => format!("{layer} does not allow it (changed)"),
                (true, _) => format!("{layer} does not allow it"),
            }
        }
        Reason::Unknown { layer, name, .. } => {
            let layer = layer_words(*layer, name.as_deref());
            let tense = if is_past { "is" } else { "was" };
            format!("what {layer} would say {tense} not known")
        }
        Reason::Rules if is_past => "the resource is of an account that has to allow it too".to_owned(),
        Reason::Rules => "the resource was of an account that had to allow it too".to_owned(),
        Reason::Undecided { policy } => format!("the document of {policy} is not known"),
    }
}

/// Where the resource's own policy has to allow it as well.
fn by_resource(of: ByResource) -> Option<&'static str> {
    match of {
        ByResource::All => Some("if the resource's own policy, which is not known, allows it too"),
        ByResource::Some { keys_and_roles: true, other_accounts: true } => {
            Some("of KMS keys, roles and resources of other accounts, those whose own policy allows it too")
        }
        ByResource::Some { keys_and_roles: true, other_accounts: false } => {
            Some("of KMS keys and roles, those whose own policy leaves it to the account")
        }
        ByResource::Some { keys_and_roles: false, other_accounts: true } => {
            Some("of resources of other accounts, those whose own policy allows it too")
        }
        ByResource::Some { keys_and_roles: false, other_accounts: false } => None,
    }
}

/// `boundary dev`.
fn layer_words(layer: Layer, name: Option<&str>) -> String {
    let kind = match layer {
        Layer::Identity => "identity policy",
        Layer::Boundary => "boundary",
        Layer::Session => "session policy",
        Layer::Resource => "resource policy",
        Layer::Scp => "SCPs at",
        Layer::Rcp => "RCPs at",
        Layer::VpcEndpoint => "VPC endpoint policy",
        Layer::PublicAccessBlock => "S3 Block Public Access",
        Layer::Guard => "the service itself",
    };
    match (name, layer) {
        (Some(name), _) => format!("{kind} {name}"),
        (None, Layer::Identity | Layer::Resource | Layer::Session) => "one of".to_owned(),
        (None, Layer::Scp) => "SCPs".to_owned(),
        (None, Layer::Rcp) => "RCPs".to_owned(),
        (None, _) => kind.to_owned(),
    }
}
