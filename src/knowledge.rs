//! What is known of the context of a request: the keys that follow from its caller (semantics 5.2, R-KEY-1,
//! R-KEY-6), those that were said, and those that are known to be absent.

use std::collections::{BTreeMap, BTreeSet};

use bigdecimal::{BigDecimal, ToPrimitive};
use jiff::Timestamp;

use crate::arn::AccountId;
use crate::caller::{Caller, IamCaller, IamKind};
use crate::pattern::{Pattern, Piece, Syntax};
use crate::policy::date::{Side, instant};
use crate::request::{Context, Value, fold};

/// What is known about the context of a question. A key that is in no part of it is unknown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Knowledge {
    /// Keys with known values.
    pub known: Context,
    /// Folded names of keys that are known to be absent; one that ends in `/` stands for every key that
    /// starts with it.
    pub absent: BTreeSet<String>,
    /// Keys whose value is made from an unknown key: `aws:PrincipalArn` while the account is not set.
    pub follows: Vec<(String, Pattern)>,
    /// What the value of an unknown key begins with, by folded name: there is more of it. `aws:userid` of a role begins
    /// with the role's id, whatever the session is called.
    pub beginnings: BTreeMap<String, String>,
    /// Folded names of keys that a caller has and whose values are not known, for it may be any of several, or has an id that
    /// is not on record: unknown, also where keys that are unsaid are absent (R-EVL-75).
    pub of_each: BTreeSet<&'static str>,
    /// Whether every key that is unsaid is absent, as AWS's simulator assumes.
    pub closed: bool,
}

impl Knowledge {
    /// Whether a key is known to be absent.
    pub fn is_absent(&self, key: &str) -> bool {
        let folded = fold(key);
        let under_prefix =
            || self.absent.iter().any(|name| name.ends_with('/') && folded.starts_with(name.as_str()));
        // The account that is not set is unknown, not absent, and so is what is made from it.
        let unset = self.follows.iter().any(|(name, template)| {
            fold(name) == folded || template.variables().any(|variable| fold(&variable.key) == folded)
        });
        let has_value = unset || self.beginning(key).is_some() || self.of_each.contains(folded.as_str());
        let unsaid = self.closed && !has_value;
        self.known.get(key).is_none() && (unsaid || self.absent.contains(&folded) || under_prefix())
    }

    /// Whether neither the value of a key is known, nor that it has none, nor what it is made from.
    pub fn is_unknown(&self, key: &str) -> bool {
        self.known.get(key).is_none() && !self.is_absent(key) && self.follows(key).is_none()
    }

    /// The template of a key that follows from an unknown one.
    pub fn follows(&self, key: &str) -> Option<&Pattern> {
        self.follows.iter().find(|(name, _)| fold(name) == fold(key)).map(|(_, template)| template)
    }

    /// What the value of an unknown key begins with, where that is known.
    pub fn beginning(&self, key: &str) -> Option<&str> {
        self.beginnings.get(&fold(key)).map(String::as_str)
    }

    /// Fills in the keys that follow from others, once those are known. What is said of such a key itself
    /// wins.
    pub fn settle_followers(&mut self) {
        let templates = std::mem::take(&mut self.follows);
        for (key, template) in templates {
            if self.known.get(&key).is_some() || self.is_absent(&key) {
                continue;
            }
            match filled(&template, &self.known) {
                Some(text) => self.known.set(&key, Value::Single(text)),
                None => self.follows.push((key, template)),
            }
        }
    }

    /// A whole context: what is known, of the keys of which nothing is what a context says, and what follows from both.
    pub fn completed(&self, context: &Context) -> Context {
        let mut knowledge = self.clone();
        let is_open = |key: &str| self.known.get(key).is_none() && !self.is_absent(key);
        for (key, value) in context.iter().filter(|(key, _)| is_open(key)) {
            knowledge.known.set(key, value.clone());
        }
        knowledge.settle_followers();
        knowledge.known
    }

    /// Notes that a key is absent.
    pub fn set_absent(&mut self, key: &str) {
        self.absent.insert(fold(key));
    }

    /// Takes in what was said of the context, key by key: a value, or that it is absent. What that tells of other keys
    /// counts where nothing was said of them.
    pub fn say(&mut self, given: &[(String, Option<Value>)]) {
        for (key, value) in given {
            self.put(key, value.clone());
        }
        for (key, value) in told_by(given) {
            if said(given, key).is_none() {
                self.put(key, value);
            }
        }
        self.settle_followers();
    }

    fn put(&mut self, key: &str, value: Option<Value>) {
        match value {
            Some(value) => self.known.set(key, value),
            None => {
                self.known.remove(key);
                self.set_absent(key);
            }
        }
    }
}

/// What was said of a key; none where nothing was.
fn said<'g>(given: &'g [(String, Option<Value>)], key: &str) -> Option<&'g Option<Value>> {
    given.iter().find(|(of, _)| fold(of) == fold(key)).map(|(_, value)| value)
}

/// What some keys tell of others: the time in its other writing (R-EVL-74), the first and the last of the services
/// through which the request came (semantics 5.6).
fn told_by(given: &[(String, Option<Value>)]) -> Vec<(&'static str, Option<Value>)> {
    let mut context = Context::default();
    for (key, value) in given {
        value.iter().for_each(|value| context.set(key, value.clone()));
    }
    let time = time_of(&context);
    let times = time.iter().flat_map(time_keys).map(|(key, value)| (key, Some(value)));
    let chain = said(given, "aws:CalledVia").map(|chain| {
        let services = chain.as_ref().map_or(&[][..], Value::items);
        [("aws:CalledViaFirst", services.first()), ("aws:CalledViaLast", services.last())]
    });
    let ends = chain.into_iter().flatten().map(|(key, end)| (key, end.cloned().map(Value::Single)));
    times.chain(ends).collect()
}

/// The time that a context has in either of its keys, in seconds.
pub(crate) fn time_of(context: &Context) -> Option<BigDecimal> {
    ["aws:CurrentTime", "aws:EpochTime"].into_iter().find_map(|key| {
        let text = context.get(key).and_then(|value| value.items().first())?;
        instant(text, Side::Request)
    })
}

/// One instant in both keys of the time (R-EVL-74): as a date in whole seconds (R-CND-31), if it is one that can be
/// written.
pub(crate) fn time_keys(epoch: &BigDecimal) -> impl Iterator<Item = (&'static str, Value)> {
    let date = epoch.to_i64().and_then(|second| Timestamp::from_second(second).ok());
    let date = date.map(|date| ("aws:CurrentTime", date.to_string()));
    let keys = date.into_iter().chain([("aws:EpochTime", epoch.normalized().to_plain_string())]);
    keys.map(|(key, text)| (key, Value::Single(text)))
}

/// The text of a template of text and variables, once every variable has a value.
fn filled(template: &Pattern, known: &Context) -> Option<String> {
    let text = |piece: &Piece| match piece {
        Piece::Text(text) => Some(text.clone()),
        Piece::Variable(variable) => {
            known.get(&variable.key).and_then(|value| value.items().first()).cloned()
        }
        Piece::Star | Piece::Question => None,
    };
    template.pieces().iter().map(text).collect()
}

/// The identity keys of a caller, as every request of it has them (R-KEY-1): a scenario derives these and no
/// others. The account's own keys are left out while the account is not set.
pub fn identity_keys(caller: &Caller) -> Vec<(&'static str, Value)> {
    let single = |text: &str| Value::Single(text.to_owned());
    let is_service = matches!(caller, Caller::Service(_));
    let mut keys = Vec::new();
    if *caller != Caller::Anonymous {
        keys.push(("aws:PrincipalIsAWSService", single(if is_service { "true" } else { "false" })));
    }
    match caller {
        Caller::Iam(caller) => {
            let kind = match caller.kind {
                IamKind::User => "User",
                IamKind::RoleSession(_) => "AssumedRole",
                IamKind::FederatedUser(_) => "FederatedUser",
                IamKind::Root => "Account",
            };
            keys.push(("aws:PrincipalType", single(kind)));
            if caller.kind == IamKind::User {
                keys.push(("aws:username", single(&caller.name)));
            }
            if let Some(account) = &caller.account {
                keys.push(("aws:PrincipalAccount", single(account.as_str())));
                keys.push(("aws:PrincipalArn", Value::Single(caller.principal_arn())));
            }
            keys.extend(user_id(caller).map(|id| ("aws:userid", Value::Single(id))));
        }
        Caller::Service(name) => {
            keys.push(("aws:PrincipalServiceName", single(name)));
            keys.push(("aws:PrincipalServiceNamesList", Value::Multi(vec![name.clone()])));
        }
        Caller::Anonymous => {
            for (key, value) in [
                ("aws:PrincipalAccount", "anonymous"),
                ("aws:PrincipalType", "Anonymous"),
                ("aws:userid", "anonymous"),
            ] {
                keys.push((key, single(value)));
            }
        }
        Caller::Federated(_) | Caller::CanonicalUser(_) => {}
    }
    keys
}

/// `aws:userid`, as far as it is known.
fn user_id(caller: &IamCaller) -> Option<String> {
    let account = || caller.account.as_ref().map(AccountId::as_str);
    match &caller.kind {
        IamKind::User => caller.unique_id.clone(),
        IamKind::RoleSession(session) => {
            Some(format!("{}:{}", caller.unique_id.as_ref()?, session.as_ref()?))
        }
        IamKind::FederatedUser(_) => Some(format!("{}:{}", account()?, caller.name)),
        IamKind::Root => account().map(str::to_owned),
    }
}

/// How much of who asks a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Identified {
    /// This very caller.
    Caller,
    /// This very caller, of whose tags nothing is known.
    Untagged,
    /// Any of its kind in its account.
    Kind,
    /// Anybody of its account.
    Account,
    /// Anybody with credentials of AWS.
    Anyone,
}

/// What only the caller itself tells, beside its tags: folded names.
const OF_ITSELF: [&str; 3] = ["aws:username", "aws:userid", "aws:principalarn"];

/// What follows from an IAM principal, beside its tags: folded names.
const OF_IAM: [&str; 6] = [
    "aws:principaltype",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:userid",
    "aws:username",
    "kms:calleraccount",
];

impl Identified {
    /// Whether a key that follows from a caller follows also from this much of it.
    fn tells(self, key: &str) -> bool {
        let folded = fold(key);
        let is_own = OF_ITSELF.contains(&folded.as_str()) || folded.starts_with("aws:principaltag/");
        let is_of_service = || OF_SERVICES.iter().any(|of| fold(of) == folded);
        match self {
            Identified::Caller => true,
            Identified::Untagged => !folded.starts_with("aws:principaltag/"),
            Identified::Kind => !is_own,
            Identified::Account => {
                matches!(
                    folded.as_str(),
                    "aws:principalisawsservice" | "aws:principalaccount" | "kms:calleraccount"
                ) || is_of_service()
            }
            Identified::Anyone => folded == "aws:principalisawsservice" || is_of_service(),
        }
    }

    /// Whether a key can differ between callers of one kind in one account.
    pub fn is_own(key: &str) -> bool {
        !Identified::Kind.tells(key)
    }
}

/// Keys that only requests of service principals have (R-KEY-6).
const OF_SERVICES: [&str; 6] = [
    "aws:PrincipalServiceName",
    "aws:PrincipalServiceNamesList",
    "aws:SourceArn",
    "aws:SourceAccount",
    "aws:SourceOrgID",
    "aws:SourceOrgPaths",
];

/// The keys by which services name themselves: folded names.
const NAMES_OF_SERVICES: [&str; 2] = ["aws:principalservicename", "aws:principalservicenameslist"];

/// Keys that only signed requests have, those of sessions of IAM principals and of what these let services call
/// (semantics 5.2, 5.3, 5.6; AWS global condition context keys, the availability of each; the last: AWS KMS condition
/// keys).
const OF_SIGNED: [&str; 24] = [
    "aws:PrincipalIsAWSService",
    "aws:FederatedProvider",
    "aws:TokenIssueTime",
    "aws:SignInSessionArn",
    "aws:MultiFactorAuthPresent",
    "aws:MultiFactorAuthAge",
    "aws:SourceIdentity",
    "aws:ChatbotSourceArn",
    "aws:Ec2InstanceSourceVpc",
    "aws:Ec2InstanceSourcePrivateIPv4",
    "ec2:RoleDelivery",
    "ec2:SourceInstanceArn",
    "glue:RoleAssumedBy",
    "glue:CredentialIssuingService",
    "lambda:SourceFunctionArn",
    "ssm:SourceInstanceArn",
    "codebuild:BuildArn",
    "codebuild:ProjectArn",
    "identitystore:UserId",
    "aws:CalledVia",
    "aws:CalledViaFirst",
    "aws:CalledViaLast",
    "aws:CalledViaAWSMCP",
    "kms:CallerAccount",
];

impl Knowledge {
    /// What follows from so much of a caller.
    pub fn of_so_much(caller: &Caller, identified: Identified) -> Knowledge {
        let mut knowledge = Knowledge::of(caller);
        // Of services nothing is told apart but the name.
        if let Caller::Service(_) = caller {
            for key in NAMES_OF_SERVICES.into_iter().filter(|_| identified == Identified::Anyone) {
                knowledge.known.remove(key);
                knowledge.of_each.insert(key);
            }
            return knowledge;
        }
        let own: Vec<String> = knowledge.known.iter().map(|(key, _)| key.to_owned()).collect();
        for key in own.iter().filter(|key| !identified.tells(key)) {
            knowledge.known.remove(key);
        }
        // A service has no name of a user whoever it is; a user has one, whichever.
        let is_of_kind = |key: &String| identified == Identified::Kind && fold(key) == "aws:username";
        knowledge.absent.retain(|key| identified.tells(key) || is_of_kind(key));
        knowledge.follows.retain(|(key, _)| identified.tells(key));
        knowledge.beginnings.retain(|key, _| identified.tells(key));
        if caller.iam().is_some() {
            knowledge.of_each.extend(OF_IAM.into_iter().filter(|key| !identified.tells(key)));
        }
        knowledge
    }

    /// Adds what only a caller itself tells to what is known of its kind, but for what was said of it.
    pub fn identify(&mut self, caller: &Caller, said: impl Fn(&str) -> bool) {
        let itself = Knowledge::of(caller);
        self.of_each.retain(|key| !Identified::is_own(key));
        self.of_each.extend(itself.of_each);
        for (key, value) in itself.known.iter() {
            if Identified::is_own(key) && !said(key) {
                self.known.set(key, value.clone());
            }
        }
        self.absent.extend(itself.absent.into_iter().filter(|key| Identified::is_own(key)));
        self.follows.extend(itself.follows.into_iter().filter(|(key, _)| Identified::is_own(key)));
        self.beginnings.extend(itself.beginnings.into_iter().filter(|(key, _)| Identified::is_own(key)));
        self.settle_followers();
    }

    /// What follows from the caller: known values, and keys that such a caller never has.
    pub fn of(caller: &Caller) -> Knowledge {
        let mut knowledge = Knowledge::default();
        for (key, value) in identity_keys(caller) {
            knowledge.known.set(key, value);
        }
        let mut absent = Vec::new();
        if !matches!(caller, Caller::Service(_)) {
            absent.extend(OF_SERVICES);
        }
        match caller {
            Caller::Iam(caller) => {
                if !caller.may_bring_tags {
                    absent.push("aws:PrincipalTag/");
                    for (key, value) in &caller.tags {
                        knowledge.known.set(&format!("aws:PrincipalTag/{key}"), Value::Single(value.clone()));
                    }
                }
                match caller.kind {
                    IamKind::User => {
                        absent.extend(["aws:FederatedProvider", "aws:SourceIdentity", "aws:AssumedRoot"]);
                    }
                    IamKind::RoleSession(_) | IamKind::FederatedUser(_) => {
                        absent.extend(["aws:username", "aws:AssumedRoot"]);
                    }
                    IamKind::Root => absent.push("aws:username"),
                }
                match (&caller.kind, &caller.unique_id) {
                    (IamKind::RoleSession(None), Some(id)) => {
                        knowledge.beginnings.insert("aws:userid".to_owned(), format!("{id}:"));
                    }
                    _ if user_id(caller).is_none() => drop(knowledge.of_each.insert("aws:userid")),
                    _ => {}
                }
                match &caller.account {
                    Some(account) => {
                        knowledge.known.set("kms:CallerAccount", Value::Single(account.as_str().to_owned()));
                    }
                    None => {
                        let arn =
                            caller.principal_arn().replacen(AccountId::UNSET, "${aws:PrincipalAccount}", 1);
                        let (template, _) =
                            Pattern::parse(&arn, Syntax { wildcards: false, variables: true });
                        knowledge.follows.push(("aws:PrincipalArn".to_owned(), template));
                    }
                }
            }
            Caller::CanonicalUser(_) => knowledge.of_each.extend(OF_IAM),
            Caller::Service(_) | Caller::Federated(_) | Caller::Anonymous => {
                absent.extend([
                    "aws:PrincipalTag/",
                    "aws:username",
                    "aws:PrincipalOrgID",
                    "aws:PrincipalOrgPaths",
                ]);
                absent.push("aws:AssumedRoot");
                if !matches!(caller, Caller::Service(_)) {
                    absent.push("aws:PrincipalArn");
                }
                if *caller == Caller::Anonymous {
                    absent.extend(OF_SIGNED);
                    // A service that calls on somebody's behalf signs with what that one gave it.
                    knowledge.known.set("aws:ViaAWSService", Value::Single("false".to_owned()));
                }
            }
        }
        absent.into_iter().for_each(|key| knowledge.set_absent(key));
        knowledge
    }
}
