//! Names as people type them, and the rules that IAM has for new ones (R-GRM-61).

use std::collections::HashSet;

use super::error::{CliError, ErrorKind};
use super::text::shown;
use crate::arn::{AccountId, Arn};
use crate::store::{ManagedPolicy, NewPrincipal, Principal, PrincipalKind};

/// How somebody names a principal: `alice`, `user/alice`, `user/dev/alice`, `dev/alice` or an ARN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PrincipalName {
    /// `user/`, `role/` or `group/`.
    pub(crate) kind: Option<PrincipalKind>,
    /// `/dev/`.
    pub(crate) path: Option<String>,
    /// The last part.
    pub(crate) name: String,
    /// Partition and account, where an ARN was given.
    pub(crate) home: Option<Home>,
}

/// The fields of an ARN before the resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Home {
    /// `aws`, `aws-cn`, …
    pub(crate) partition: String,
    /// `None` for `000000000000`.
    pub(crate) account: Option<AccountId>,
}

impl PrincipalName {
    /// Reads a name.
    pub(crate) fn parse(text: &str) -> Result<PrincipalName, CliError> {
        let (home, resource) = match Arn::parse(text) {
            Some(arn) => (Some(home(&arn)?), arn.resource().to_owned()),
            None => (None, text.to_owned()),
        };
        let (kind, rest) = match resource.split_once('/') {
            Some((word, rest)) => match PrincipalKind::ALL.into_iter().find(|kind| kind.as_str() == word) {
                Some(kind) => (Some(kind), rest),
                None => (None, resource.as_str()),
            },
            None => (None, resource.as_str()),
        };
        if home.is_some() && kind.is_none() {
            return Err(no_principal(text).hint(
                "the ARNs of users, roles and groups are known: arn:aws:iam::123456789012:user/alice",
            ));
        }
        let (path, name) = match rest.rsplit_once('/') {
            Some((path, name)) => (Some(format!("/{}/", path.trim_start_matches('/'))), name),
            None => (home.is_some().then(|| "/".to_owned()), rest),
        };
        if name.is_empty() {
            return Err(no_principal(text).hint("write alice, user/alice, role/deploy, group/devs or an ARN"));
        }
        Ok(PrincipalName { kind, path, name: name.to_owned(), home })
    }

    /// Whether this name means that principal.
    pub(crate) fn fits(&self, principal: &Principal) -> bool {
        self.name == principal.name
            && self.kind.is_none_or(|kind| kind == principal.kind)
            && self.path.as_ref().is_none_or(|path| *path == principal.path)
            && self
                .home
                .as_ref()
                .is_none_or(|home| home.partition == principal.partition && home.account == principal.account)
    }

    /// The principal to create under this name, where IAM's rules allow it.
    pub(crate) fn to_create(&self, kind: PrincipalKind) -> Result<NewPrincipal, CliError> {
        check_name(kind.as_str(), &self.name, if kind == PrincipalKind::Group { 128 } else { 64 })?;
        let path = self.path.clone().unwrap_or_else(|| "/".to_owned());
        check_path(&path)?;
        let home = self.home.clone().unwrap_or(Home { partition: "aws".to_owned(), account: None });
        Ok(NewPrincipal {
            kind,
            partition: home.partition,
            account: home.account,
            path,
            name: self.name.clone(),
            unique_id: None,
        })
    }
}

/// The id of an account as it is typed.
pub(crate) fn account_id(text: &str) -> Result<AccountId, String> {
    match AccountId::parse(text) {
        Some(account) if account.as_str() != AccountId::UNSET => Ok(account),
        Some(_) => Err("000000000000 stands for an account that is not set".to_owned()),
        None => Err("an account id is twelve digits".to_owned()),
    }
}

fn home(arn: &Arn) -> Result<Home, CliError> {
    let account = match arn.account() {
        AccountId::UNSET => Some(None),
        digits => AccountId::parse(digits).map(Some),
    };
    match account {
        Some(account) if arn.service() == "iam" && arn.region().is_empty() => {
            Ok(Home { partition: arn.partition().to_owned(), account })
        }
        _ if arn.service() == "sts" => Err(no_principal(arn.as_str())
            .hint("a session has the access of its role: name the role, as in role/deploy")),
        _ => Err(no_principal(arn.as_str())
            .hint("the ARNs of users, roles and groups are known: arn:aws:iam::123456789012:user/alice")),
    }
}

fn no_principal(text: &str) -> CliError {
    CliError::new(ErrorKind::Usage, format!("`{}` does not name a user, role or group", shown(text)))
}

/// `user/alice`.
pub(crate) fn label(principal: &Principal) -> String {
    format!("{}/{}", principal.kind, shown(&principal.name))
}

/// The labels that several principals have, of different accounts: those are told by their ARNs.
pub(crate) fn shared<'p>(principals: impl Iterator<Item = &'p Principal>) -> HashSet<String> {
    let mut seen = HashSet::new();
    principals.map(label).filter(|label| !seen.insert(label.clone())).collect()
}

/// `policy/my-repo`.
pub(crate) fn policy_label(policy: &ManagedPolicy) -> String {
    format!("policy/{}", shown(&policy.name))
}

/// IAM's rule for names: letters and digits of ASCII and `_+=,.@-`.
pub(crate) fn check_name(what: &str, name: &str, longest: usize) -> Result<(), CliError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    let problem = if name.is_empty() {
        "it is empty".to_owned()
    } else if let Some(odd) = name.chars().find(|&c| !fits(c)) {
        format!("`{}` is not among letters, digits and _+=,.@-", shown(&odd.to_string()))
    } else if name.len() > longest {
        format!("it has {} characters of at most {longest}", name.len())
    } else {
        return Ok(());
    };
    Err(CliError::new(
        ErrorKind::Usage,
        format!("`{}` is not a name that IAM takes for a {what}: {problem}", shown(name)),
    ))
}

/// IAM's rule for paths: `/` or `/dev/`, of printable ASCII.
pub(crate) fn check_path(path: &str) -> Result<(), CliError> {
    let framed = path == "/" || (path.len() > 2 && path.starts_with('/') && path.ends_with('/'));
    if framed && path.len() <= 512 && path.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    Err(CliError::new(ErrorKind::Usage, format!("`{}` is not a path that IAM takes", shown(path)))
        .hint("a path begins and ends with a slash: / or /dev/"))
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn reads_every_form() {
        let read = |text: &str| {
            let PrincipalName { kind, path, name, home } = PrincipalName::parse(text).unwrap();
            (kind, path, name, home.map(|home| home.account.map(|account| account.to_string())))
        };
        let user = Some(PrincipalKind::User);
        let dev = || Some("/dev/".to_owned());
        assert_eq!(read("alice"), (None, None, "alice".to_owned(), None));
        assert_eq!(read("user/alice"), (user, None, "alice".to_owned(), None));
        assert_eq!(read("user/dev/alice"), (user, dev(), "alice".to_owned(), None));
        assert_eq!(read("dev/alice"), (None, dev(), "alice".to_owned(), None));
        let account = Some(Some("123456789012".to_owned()));
        assert_eq!(
            read("arn:aws:iam::123456789012:user/dev/alice"),
            (user, dev(), "alice".to_owned(), account)
        );
        assert_eq!(
            read("arn:aws:iam::000000000000:user/alice"),
            (user, Some("/".to_owned()), "alice".to_owned(), Some(None))
        );
        for bad in
            ["", "user/", "arn:aws:iam::123456789012:root", "arn:aws:sts::123456789012:assumed-role/a/b"]
        {
            assert!(PrincipalName::parse(bad).is_err(), "{bad}");
        }
    }
}
