//! Entries of `Principal` and `NotPrincipal` (R-GRM-22 to 28).

use std::fmt;

use crate::arn::{AccountId, Arn};

/// One principal that a resource-based policy names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PrincipalEntry {
    /// `*`, bare or under `AWS`.
    Everyone,
    /// An account id or the ARN of its root: the account as a whole. They mean the same (R-PRN-1): AWS writes the
    /// ARN where an id was written, no two partitions have an account of one id, and none reaches into another
    /// (R-EVL-34).
    Account {
        /// The partition, where an ARN was written; it is for showing.
        partition: Option<String>,
        /// The account.
        account: AccountId,
    },
    /// The ARN of a user, with its path.
    User(Arn),
    /// The ARN of a role, with its path: every session of it.
    Role(Arn),
    /// The ARN of one role session.
    Session(Arn),
    /// The ARN of a federated-user session.
    FederatedUser(Arn),
    /// `AIDA…`, `AROA…` or `AROA…:session`: what AWS shows where the principal was deleted (R-GRM-29).
    UniqueId(String),
    /// A CloudFront origin access identity.
    OriginAccessIdentity(String),
    /// A service principal such as `lambda.amazonaws.com`.
    Service(String),
    /// A SAML or OIDC provider.
    Federated(String),
    /// An S3 canonical user id.
    CanonicalUser(String),
}

/// Why a text is no principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NotAPrincipal {
    pub(super) code: &'static str,
    pub(super) message: String,
}

/// The web identity providers that are built in (R-GRM-25).
const WEB_IDENTITY: [&str; 4] =
    ["cognito-identity.amazonaws.com", "www.amazon.com", "graph.facebook.com", "accounts.google.com"];

impl PrincipalEntry {
    /// Reads one value under a key of the principal map.
    pub(super) fn parse(key: &str, text: &str) -> Result<PrincipalEntry, NotAPrincipal> {
        if key == "AWS" && text == "*" {
            return Ok(PrincipalEntry::Everyone);
        }
        if text.contains(['*', '?']) {
            return Err(NotAPrincipal {
                code: "UNSUPPORTED_WILDCARD_IN_PRINCIPAL",
                message: format!(
                    "a wildcard in a principal must be the whole value under `AWS`, not part of `{text}`"
                ),
            });
        }
        let entry = match key {
            "AWS" => aws(text),
            "Service" => is_service(text).then(|| PrincipalEntry::Service(text.to_owned())),
            "Federated" => is_provider(text).then(|| PrincipalEntry::Federated(text.to_owned())),
            _ => is_canonical_id(text).then(|| PrincipalEntry::CanonicalUser(text.to_owned())),
        };
        entry.ok_or_else(|| match key {
            "Service" => NotAPrincipal {
                code: "INVALID_SERVICE_PRINCIPAL_FORMAT",
                message: format!("`{text}` is no service principal such as `lambda.amazonaws.com`"),
            },
            "Federated" => NotAPrincipal {
                code: "INVALID_FEDERATED_PRINCIPAL_SYNTAX_IN_ROLE_TRUST_POLICY",
                message: format!("`{text}` is neither the ARN of an identity provider nor its domain"),
            },
            _ => NotAPrincipal {
                code: "INVALID_PRINCIPAL_FORMAT",
                message: format!("`{text}` names no principal under `{key}`"),
            },
        })
    }
}

impl PrincipalEntry {
    /// The partition of the ARN, where it is one of an account, a user, a role or a session.
    pub fn partition(&self) -> Option<&str> {
        match self {
            PrincipalEntry::Account { partition, .. } => partition.as_deref(),
            PrincipalEntry::User(arn)
            | PrincipalEntry::Role(arn)
            | PrincipalEntry::Session(arn)
            | PrincipalEntry::FederatedUser(arn) => Some(arn.partition()),
            _ => None,
        }
    }
}

fn aws(text: &str) -> Option<PrincipalEntry> {
    if let Some(account) = AccountId::parse(text) {
        return Some(PrincipalEntry::Account { partition: None, account });
    }
    let Some(arn) = Arn::parse(text) else {
        return is_unique_id(text).then(|| PrincipalEntry::UniqueId(text.to_owned()));
    };
    let (kind, name) = arn.resource().split_once('/').unwrap_or((arn.resource(), ""));
    if (arn.service(), arn.region(), arn.account(), kind) == ("iam", "", "cloudfront", "user") {
        return Some(PrincipalEntry::OriginAccessIdentity(text.to_owned()));
    }
    let account = AccountId::parse(arn.account())?;
    match (arn.service(), arn.region(), kind, name.is_empty()) {
        ("iam", "", "root", true) if arn.resource() == "root" => {
            Some(PrincipalEntry::Account { partition: Some(arn.partition().to_owned()), account })
        }
        ("iam", "", "user", false) => Some(PrincipalEntry::User(arn)),
        ("iam", "", "role", false) => Some(PrincipalEntry::Role(arn)),
        ("sts", "", "assumed-role", false)
            if name.split('/').filter(|part| !part.is_empty()).count() == 2 =>
        {
            Some(PrincipalEntry::Session(arn))
        }
        ("sts", "", "federated-user", false) => Some(PrincipalEntry::FederatedUser(arn)),
        _ => None,
    }
}

fn is_unique_id(text: &str) -> bool {
    let id = text.split_once(':').map_or(text, |(id, _)| id);
    let is_session = id.len() != text.len();
    let prefix = id.starts_with("AROA") || (id.starts_with("AIDA") && !is_session);
    prefix && (16..=128).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric())
}

fn is_service(text: &str) -> bool {
    let known_end = [".amazonaws.com", ".amazonaws.com.cn", ".amazon.com", ".internal"];
    known_end.iter().any(|end| text.len() > end.len() && text.ends_with(end))
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-._".contains(&b))
}

fn is_provider(text: &str) -> bool {
    WEB_IDENTITY.contains(&text)
        || Arn::parse(text).is_some_and(|arn| {
            let resource = arn.resource();
            arn.service() == "iam"
                && AccountId::parse(arn.account()).is_some()
                && (resource.starts_with("saml-provider/") || resource.starts_with("oidc-provider/"))
        })
}

fn is_canonical_id(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

impl fmt::Display for PrincipalEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PrincipalEntry::Everyone => f.write_str("*"),
            PrincipalEntry::Account { partition: None, account } => write!(f, "{account}"),
            PrincipalEntry::Account { partition: Some(partition), account } => {
                write!(f, "arn:{partition}:iam::{account}:root")
            }
            PrincipalEntry::User(arn)
            | PrincipalEntry::Role(arn)
            | PrincipalEntry::Session(arn)
            | PrincipalEntry::FederatedUser(arn) => write!(f, "{arn}"),
            PrincipalEntry::UniqueId(text)
            | PrincipalEntry::OriginAccessIdentity(text)
            | PrincipalEntry::Service(text)
            | PrincipalEntry::Federated(text)
            | PrincipalEntry::CanonicalUser(text) => f.write_str(text),
        }
    }
}
