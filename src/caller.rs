//! Who makes a request: an IAM principal or a session of one, a service, an identity provider's user, or nobody
//! known (semantics 2.6).
//!
//! A group is no caller: it makes no requests (R-EVL-3).

use std::fmt;

use crate::arn::{AccountId, Arn};

/// Who makes a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// A user, a role session, a federated-user session or the root user of an account.
    Iam(IamCaller),
    /// A service principal such as `lambda.amazonaws.com` (R-PRN-11).
    Service(String),
    /// Someone whom an identity provider vouches for, before there is a session (R-EVL-44): the provider.
    Federated(String),
    /// An IAM principal of which only the S3 canonical id of its account is known (R-EVL-10).
    CanonicalUser(String),
    /// Whoever sends no credentials (R-EVL-53).
    Anonymous,
}

/// An IAM principal that makes requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IamCaller {
    /// User, session or root.
    pub kind: IamKind,
    /// `aws`, `aws-cn`, …
    pub partition: String,
    /// The account; `None` while it is not set, and then every resource counts as being in the same account.
    pub account: Option<AccountId>,
    /// The path of the user or role.
    pub path: String,
    /// The name of the user, the role or the federated user; empty for root.
    pub name: String,
    /// `AIDA…` or `AROA…`, where known.
    pub unique_id: Option<String>,
    /// The tags of the user or role.
    pub tags: Vec<(String, String)>,
    /// Whether sessions of the role may bring tags, which count before those of the role (R-TAG-6): somebody whom it trusts
    /// may call `sts:TagSession`. Then nothing is known of `aws:PrincipalTag/…`.
    pub may_bring_tags: bool,
}

/// What kind of IAM principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IamKind {
    /// An IAM user.
    User,
    /// A session of a role; its name where it is known (R-PRN-6).
    RoleSession(Option<String>),
    /// A session of `sts:GetFederationToken`; the ARN of the user who called that, where it is known.
    FederatedUser(Option<Arn>),
    /// The root user, or a session of `sts:AssumeRoot`.
    Root,
}

impl Caller {
    /// Reads the ARN of a user, a role, a role session, a federated user or an account's root, or `*` for nobody
    /// known. The ARN of a role means a session whose name is not known; of a session ARN the role's path is not.
    ///
    /// ```
    /// # use iamdb::caller::Caller;
    /// let caller = Caller::parse("arn:aws:sts::111122223333:assumed-role/ci/run-7").unwrap();
    /// assert_eq!(caller.principal_arn().unwrap(), "arn:aws:iam::111122223333:role/ci");
    /// assert!(Caller::parse("arn:aws:iam::111122223333:group/devs").is_none());
    /// ```
    pub fn parse(text: &str) -> Option<Caller> {
        if text == "*" {
            return Some(Caller::Anonymous);
        }
        let arn = Arn::parse(text)?;
        let account = AccountId::parse(arn.account())?;
        let (kind, rest) = arn.resource().split_once('/').unwrap_or((arn.resource(), ""));
        let (kind, path, name) = match (arn.service(), kind) {
            ("iam", "root") if rest.is_empty() && arn.resource() == "root" => {
                (IamKind::Root, String::new(), "")
            }
            ("iam", "user" | "role") => {
                let (path, name) = split_path(rest);
                let kind = if kind == "user" { IamKind::User } else { IamKind::RoleSession(None) };
                (kind, path, name)
            }
            ("sts", "assumed-role") => {
                let (role, session) = rest.split_once('/')?;
                if session.is_empty() || session.contains('/') {
                    return None;
                }
                (IamKind::RoleSession(Some(session.to_owned())), "/".to_owned(), role)
            }
            ("sts", "federated-user") => (IamKind::FederatedUser(None), "/".to_owned(), rest),
            _ => return None,
        };
        if !arn.region().is_empty() || (name.is_empty() && kind != IamKind::Root) {
            return None;
        }
        Some(Caller::Iam(IamCaller {
            kind,
            partition: arn.partition().to_owned(),
            account: Some(account),
            path,
            name: name.to_owned(),
            unique_id: None,
            tags: Vec::new(),
            may_bring_tags: false,
        }))
    }

    /// The IAM principal, if it is one of which more than an id is known.
    pub fn iam(&self) -> Option<&IamCaller> {
        match self {
            Caller::Iam(caller) => Some(caller),
            _ => None,
        }
    }

    /// Whether identity policies speak of it: a caller of another kind has neither them nor a boundary nor a
    /// session policy (R-EVL-10).
    pub fn is_iam(&self) -> bool {
        matches!(self, Caller::Iam(_) | Caller::CanonicalUser(_))
    }

    /// Whether it is the root user.
    pub fn is_root(&self) -> bool {
        self.iam().is_some_and(|caller| caller.kind == IamKind::Root)
    }

    /// Its account, where it has one and that is known.
    pub fn account(&self) -> Option<&AccountId> {
        self.iam().and_then(|caller| caller.account.as_ref())
    }

    /// `aws:PrincipalArn` (semantics 5.2): of a role session the ARN of the role, with its path. Only IAM
    /// principals have one.
    pub fn principal_arn(&self) -> Option<String> {
        self.iam().map(IamCaller::principal_arn)
    }
}

/// `/a/b/` and `c` of `a/b/c`.
fn split_path(text: &str) -> (String, &str) {
    match text.rsplit_once('/') {
        Some((path, name)) => (format!("/{path}/"), name),
        None => ("/".to_owned(), text),
    }
}

impl IamCaller {
    /// `aws:PrincipalArn`.
    pub fn principal_arn(&self) -> String {
        let (service, resource) = match self.kind {
            IamKind::User => ("iam", format!("user{}{}", self.path, self.name)),
            IamKind::RoleSession(_) => ("iam", format!("role{}{}", self.path, self.name)),
            IamKind::FederatedUser(_) => ("sts", format!("federated-user/{}", self.name)),
            IamKind::Root => ("iam", "root".to_owned()),
        };
        self.arn_of(service, &resource)
    }

    /// The ARN of the caller itself: of a named role session that of the session.
    pub fn arn(&self) -> String {
        match &self.kind {
            IamKind::RoleSession(Some(session)) => {
                self.arn_of("sts", &format!("assumed-role/{}/{session}", self.name))
            }
            _ => self.principal_arn(),
        }
    }

    /// Whether it is a session of a service-linked role, which its path tells (R-PRN-7).
    pub fn is_service_linked(&self) -> bool {
        matches!(self.kind, IamKind::RoleSession(_)) && self.path.starts_with("/aws-service-role/")
    }

    fn arn_of(&self, service: &str, resource: &str) -> String {
        let account = self.account.as_ref().map_or(AccountId::UNSET, AccountId::as_str);
        format!("arn:{}:{service}::{account}:{resource}", self.partition)
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Caller::Iam(caller) => f.write_str(&caller.arn()),
            Caller::Service(name) | Caller::Federated(name) | Caller::CanonicalUser(name) => {
                f.write_str(name)
            }
            Caller::Anonymous => f.write_str("*"),
        }
    }
}
