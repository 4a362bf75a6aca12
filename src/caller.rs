//! The principal who asks, and the context keys that follow from it (semantics 5.2, R-KEY-1, R-KEY-6).

use std::collections::BTreeSet;

use crate::arn::AccountId;
use crate::pattern::{Pattern, Piece, Syntax};
use crate::request::{Context, Value, fold};

/// A principal that makes requests. Groups are none (R-EVL-3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// User or role session.
    pub kind: CallerKind,
    /// `aws`, `aws-cn`, …
    pub partition: String,
    /// The account; `None` while it is not set.
    pub account: Option<AccountId>,
    /// The path of the user or role.
    pub path: String,
    /// The name of the user or role.
    pub name: String,
    /// `AIDA…` or `AROA…`, where known.
    pub unique_id: Option<String>,
    /// The tags of the user or role.
    pub tags: Vec<(String, String)>,
}

/// What kind of principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallerKind {
    /// An IAM user.
    User,
    /// A session of a role; its name where it is known (R-PRN-6).
    RoleSession(Option<String>),
}

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
        let unsaid = self.closed && !unset;
        self.known.get(key).is_none() && (unsaid || self.absent.contains(&folded) || under_prefix())
    }

    /// Whether nothing at all is known about a key.
    pub fn is_unknown(&self, key: &str) -> bool {
        self.known.get(key).is_none() && !self.is_absent(key) && self.follows(key).is_none()
    }

    /// The template of a key that follows from an unknown one.
    pub fn follows(&self, key: &str) -> Option<&Pattern> {
        self.follows.iter().find(|(name, _)| fold(name) == fold(key)).map(|(_, template)| template)
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

    /// Notes that a key is absent.
    pub fn set_absent(&mut self, key: &str) {
        self.absent.insert(fold(key));
    }
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

impl Caller {
    /// The keys that follow from the principal: known values, and keys that such a principal never has.
    pub fn derive(&self) -> Knowledge {
        let mut knowledge = Knowledge::default();
        let mut set = |key: &str, value: &str| knowledge.known.set(key, Value::Single(value.to_owned()));
        set("aws:PrincipalIsAWSService", "false");
        for (key, value) in &self.tags {
            set(&format!("aws:PrincipalTag/{key}"), value);
        }
        let mut absent = vec![
            "aws:PrincipalTag/",
            "aws:PrincipalServiceName",
            "aws:PrincipalServiceNamesList",
            "aws:AssumedRoot",
            "aws:SourceArn",
            "aws:SourceAccount",
            "aws:SourceOrgID",
            "aws:SourceOrgPaths",
        ];
        let user_id = match &self.kind {
            CallerKind::User => {
                set("aws:PrincipalType", "User");
                set("aws:username", &self.name);
                absent.extend(["aws:FederatedProvider", "aws:SourceIdentity"]);
                self.unique_id.clone()
            }
            CallerKind::RoleSession(session) => {
                set("aws:PrincipalType", "AssumedRole");
                absent.push("aws:username");
                self.unique_id.as_ref().zip(session.as_ref()).map(|(id, session)| format!("{id}:{session}"))
            }
        };
        if let Some(user_id) = user_id {
            set("aws:userid", &user_id);
        }
        match &self.account {
            Some(account) => {
                set("aws:PrincipalAccount", account.as_str());
                set("kms:CallerAccount", account.as_str());
                set("aws:PrincipalArn", &self.arn());
            }
            None => {
                let arn = self.arn().replacen(AccountId::UNSET, "${aws:PrincipalAccount}", 1);
                let (template, _) = Pattern::parse(&arn, Syntax { wildcards: false, variables: true });
                knowledge.follows.push(("aws:PrincipalArn".to_owned(), template));
            }
        }
        absent.into_iter().for_each(|key| knowledge.set_absent(key));
        knowledge
    }

    /// `aws:PrincipalArn`: of a role session the ARN of the role, with its path.
    pub fn arn(&self) -> String {
        let kind = match self.kind {
            CallerKind::User => "user",
            CallerKind::RoleSession(_) => "role",
        };
        let account = self.account.as_ref().map_or(AccountId::UNSET, AccountId::as_str);
        format!("arn:{}:iam::{account}:{kind}{}{}", self.partition, self.path, self.name)
    }
}
