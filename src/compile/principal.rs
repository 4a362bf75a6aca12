//! Principals as sets, class by class (R-PRN-1 to 13).
//!
//! A caller is three texts. The first is its ARN, or what stands for one:
//!
//! ```text
//!   a user, a federated user, root    its ARN
//!   a session of a role               arn:P:sts::A:assumed-role/NAME/SESSION; of an unknown name, without one
//!   a service                         service/NAME
//!   an identity provider's user       provider/NAME
//!   an account's canonical id         canonical/ID
//!   nobody known                      *
//! ```
//!
//! The second is its unique id, `AIDA…` of a user and `AROA…:SESSION` of a session; the third the ARN of the user
//! behind a federated user. Either is empty where it is not known. An entry that names one of these is about callers who
//! can have it: a unique id of a user is that of a user, and a federated user is of the account of the user behind it.

use std::collections::BTreeMap;

use super::layers::NeedsSession;
use super::{Callers, Compiler, Level, Outcome, holder};
use crate::algebra::{Chars, Glob, Language, Piece, Set};
use crate::arn::{AccountId, Arn};
use crate::caller::{Caller, IamCaller, IamKind};
use crate::layers::NotPrincipal;
use crate::policy::{Effect, PrincipalEntry, Selector, Statement};
use crate::request::Resource;

/// As what an entry names a caller (R-PRN-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    Direct,
    RoleOfSession,
    UserOfFederation,
    Account,
    Wildcard,
    Service,
    Federated,
    Canonical,
}

impl Class {
    /// The classes that reach equally far.
    pub(super) const ALIKE: [&[Class]; 4] = [
        &[Class::Direct, Class::Wildcard],
        &[Class::RoleOfSession, Class::UserOfFederation],
        &[Class::Account, Class::Canonical],
        &[Class::Service, Class::Federated],
    ];
}

/// The callers of each class; a class that is not in it has none.
pub(super) type Classes = BTreeMap<Class, Set>;

/// The three texts of a caller.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct CallerTexts {
    pub(super) caller: String,
    pub(super) id: String,
    pub(super) federated_by: String,
}

impl CallerTexts {
    pub(super) fn of(caller: &Caller) -> CallerTexts {
        let text =
            |kind: &str, name: &str| CallerTexts { caller: format!("{kind}/{name}"), ..Default::default() };
        match caller {
            Caller::Iam(caller) => CallerTexts::of_iam(caller),
            Caller::Service(name) => text("service", name),
            Caller::Federated(name) => text("provider", name),
            Caller::CanonicalUser(id) => text("canonical", id),
            Caller::Anonymous => CallerTexts { caller: "*".to_owned(), ..Default::default() },
        }
    }

    fn of_iam(caller: &IamCaller) -> CallerTexts {
        let account = caller.account.as_ref().map_or("", AccountId::as_str);
        let arn =
            |service: &str, rest: String| format!("arn:{}:{service}::{account}:{rest}", caller.partition);
        let (IamCaller { path, name, .. }, own) = (caller, caller.unique_id.clone().unwrap_or_default());
        let (text, id, federated_by) = match &caller.kind {
            IamKind::User => (arn("iam", format!("user{path}{name}")), own, String::new()),
            IamKind::RoleSession(session) => {
                let session = session.as_deref().unwrap_or_default();
                let id = if own.is_empty() { own } else { format!("{own}:{session}") };
                (arn("sts", format!("assumed-role/{name}/{session}")), id, String::new())
            }
            IamKind::FederatedUser(user) => {
                let user = user.as_ref().map(|user| user.as_str().to_owned()).unwrap_or_default();
                (arn("sts", format!("federated-user/{name}")), String::new(), user)
            }
            IamKind::Root => (arn("iam", "root".to_owned()), String::new(), String::new()),
        };
        CallerTexts { caller: text, id, federated_by }
    }
}

/// The kinds of callers, as patterns of their texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CallerKind {
    User,
    Session,
    FederatedUser,
    Root,
    Service,
    Provider,
    Canonical,
    Anonymous,
}

/// `arn:P:service::A:` with any partition or a given one, and likewise the account.
pub(super) fn arn_of(partition: Option<&str>, service: &str, account: Option<&str>) -> Glob {
    let field = |glob: &mut Glob, text: Option<&str>| match text {
        Some(text) => glob.extend(Glob::literal(text).pieces().iter().cloned()),
        None => glob.extend([Piece::Many(Chars::NotIn(vec![':']))]),
    };
    let mut glob = Glob::literal("arn:");
    field(&mut glob, partition);
    glob.extend(Glob::literal(&format!(":{service}::")).pieces().iter().cloned());
    field(&mut glob, account);
    glob.extend([Piece::One(Chars::Only(':'))]);
    glob
}

/// A pattern followed by a text in which `*` is any characters.
pub(super) fn with(mut glob: Glob, rest: &str) -> Glob {
    glob.extend(Glob::parse(rest).pieces().iter().cloned());
    glob
}

impl CallerKind {
    fn glob(self) -> Glob {
        match self {
            CallerKind::User => with(arn_of(None, "iam", None), "user/*"),
            CallerKind::Session => with(arn_of(None, "sts", None), "assumed-role/*"),
            CallerKind::FederatedUser => with(arn_of(None, "sts", None), "federated-user/*"),
            CallerKind::Root => with(arn_of(None, "iam", None), "root"),
            CallerKind::Service => Glob::parse("service/*"),
            CallerKind::Provider => Glob::parse("provider/*"),
            CallerKind::Canonical => Glob::parse("canonical/*"),
            CallerKind::Anonymous => Glob::literal("*"),
        }
    }
}

impl Compiler {
    /// The callers that a statement's principal part matches, by class; a statement without one is about everybody.
    pub(super) fn principals(&mut self, statement: &Statement) -> Outcome<Classes> {
        match &statement.principal {
            None => Ok(Classes::from([(Class::Wildcard, Set::FULL)])),
            Some(Selector::In(entries)) => self.listed(entries.iter().map(|entry| &entry.value)),
            Some(Selector::NotIn(entries)) => {
                // R-PRN-10.
                if entries.iter().any(|entry| entry.value == PrincipalEntry::Everyone) {
                    return Ok(Classes::new());
                }
                let listed = self.listed(entries.iter().map(|entry| &entry.value))?;
                // R-EVL-22.
                Ok(Classes::from([(Class::Wildcard, self.outside(statement.effect, &listed)?)]))
            }
        }
    }

    /// The callers outside of a `NotPrincipal` (R-PRN-8, R-PRN-9).
    fn outside(&mut self, effect: Effect, listed: &Classes) -> Outcome<Set> {
        let of = |class: Class| listed.get(&class).copied().unwrap_or(Set::EMPTY);
        let account = self.arena.union([of(Class::Account), of(Class::Canonical)])?;
        let chains = [
            (CallerKind::User, vec![of(Class::Direct), account]),
            (CallerKind::Session, vec![of(Class::Direct), of(Class::RoleOfSession), account]),
            (CallerKind::FederatedUser, vec![of(Class::Direct), of(Class::UserOfFederation), account]),
            (CallerKind::Root, vec![account]),
            (CallerKind::Service, vec![of(Class::Service)]),
            (CallerKind::Provider, vec![of(Class::Federated)]),
        ];
        let mut inside = Vec::new();
        let spares_any = effect == Effect::Allow || self.settings.not_principal == NotPrincipal::Lenient;
        for (kind, links) in chains {
            let kind = self.caller_kind(kind)?;
            let links = if spares_any { self.arena.union(links)? } else { self.arena.intersection(links)? };
            inside.push(self.arena.intersection([kind, links])?);
        }
        // The account of a canonical id is a link of its own only where it is known.
        let canonical = self.caller_kind(CallerKind::Canonical)?;
        let mapped = self.mapped_ids()?;
        let own = of(Class::Canonical);
        let own_or_account = account;
        let spared = match spares_any {
            true => self.arena.intersection([canonical, own_or_account])?,
            false => {
                let mapped_spared = self.arena.intersection([mapped, own_or_account, own])?;
                let others = self.arena.difference([own], [mapped])?;
                let others = self.arena.intersection([canonical, others])?;
                self.arena.union([mapped_spared, others])?
            }
        };
        inside.push(spared);
        let outside = self.arena.difference([Set::FULL], inside)?;
        if effect == Effect::Deny && self.has_boundary {
            let bounded =
                [CallerKind::User, CallerKind::Session, CallerKind::FederatedUser, CallerKind::Canonical];
            let mut all = vec![outside];
            for kind in bounded {
                all.push(self.caller_kind(kind)?);
            }
            return self.arena.union(all);
        }
        Ok(outside)
    }

    /// The callers that some entries name, by class.
    fn listed<'e>(&mut self, entries: impl Iterator<Item = &'e PrincipalEntry>) -> Outcome<Classes> {
        let mut named: BTreeMap<(Class, Level, Option<String>), Vec<Glob>> = BTreeMap::new();
        let mut classes = Classes::new();
        let mut add = |class, level, bearer: Option<String>, glob| {
            named.entry((class, level, bearer)).or_default().push(glob);
        };
        for entry in entries {
            match entry {
                PrincipalEntry::Everyone => {
                    classes.insert(Class::Wildcard, Set::FULL);
                }
                // Partitions do not tell accounts apart.
                PrincipalEntry::Account { account, .. } => {
                    for service in ["iam", "sts"] {
                        let arn = arn_of(None, service, Some(account.as_str()));
                        add(Class::Account, Level::Caller, None, with(arn, "*"));
                    }
                    for id in self.ids_of(account) {
                        let id = Glob::literal(&format!("canonical/{id}"));
                        add(Class::Account, Level::Caller, None, id);
                    }
                }
                PrincipalEntry::User(arn) => {
                    let user = Glob::literal(arn.as_str());
                    // R-EVL-59: the session is of the user's account.
                    let session = format!("arn:{}:sts::{}:federated-user/*", arn.partition(), arn.account());
                    add(Class::Direct, Level::Caller, None, user.clone());
                    add(Class::UserOfFederation, Level::FederatedBy, Some(session), user);
                }
                PrincipalEntry::Role(arn) => add(Class::RoleOfSession, Level::Caller, None, sessions_of(arn)),
                PrincipalEntry::Session(arn) | PrincipalEntry::FederatedUser(arn) => {
                    add(Class::Direct, Level::Caller, None, Glob::literal(arn.as_str()));
                }
                PrincipalEntry::UniqueId(id) => {
                    let (user, session) = ("arn:*:iam::*:user/*", "arn:*:sts::*:assumed-role/*/");
                    let whole = Glob::literal(id);
                    match id.split_once(':') {
                        Some((_, name)) => {
                            add(Class::Direct, Level::CallerId, Some(format!("{session}{name}")), whole);
                        }
                        None if id.starts_with("AIDA") => {
                            add(Class::Direct, Level::CallerId, Some(user.to_owned()), whole);
                        }
                        None => {
                            let session = Some(format!("{session}*"));
                            let sessions = Glob::parse(&format!("{id}:*"));
                            add(Class::RoleOfSession, Level::CallerId, session, sessions);
                        }
                    }
                }
                // No request comes from one.
                PrincipalEntry::OriginAccessIdentity(_) => {}
                PrincipalEntry::Service(name) => {
                    let service = Glob::literal(&format!("service/{name}"));
                    add(Class::Service, Level::Caller, None, service);
                }
                PrincipalEntry::Federated(name) => {
                    let provider = Glob::literal(&format!("provider/{name}"));
                    add(Class::Federated, Level::Caller, None, provider);
                }
                PrincipalEntry::CanonicalUser(id) => {
                    let canonical = Glob::literal(&format!("canonical/{id}"));
                    add(Class::Canonical, Level::Caller, None, canonical);
                    if let Some(account) = self.settings.canonical_ids.get(id) {
                        for service in ["iam", "sts"] {
                            let arn = arn_of(None, service, Some(account.as_str()));
                            add(Class::Canonical, Level::Caller, None, with(arn, "*"));
                        }
                    }
                }
            }
        }
        for ((class, level, bearer), globs) in named {
            let mut set = self.any_caller(level, &globs)?;
            if let Some(bearer) = bearer {
                let bearers = self.any_caller(Level::Caller, &[Glob::parse(&bearer)])?;
                set = self.arena.intersection([set, bearers])?;
            }
            let known = classes.get(&class).copied().unwrap_or(Set::EMPTY);
            classes.insert(class, self.arena.union([known, set])?);
        }
        Ok(classes)
    }

    /// The canonical ids of an account.
    fn ids_of(&self, account: &AccountId) -> Vec<String> {
        let ids = self.settings.canonical_ids.iter().filter(|(_, of)| *of == account);
        ids.map(|(id, _)| id.clone()).collect()
    }

    /// The callers known by a canonical id whose account is known.
    fn mapped_ids(&mut self) -> Outcome<Set> {
        let globs: Vec<Glob> =
            self.settings.canonical_ids.keys().map(|id| Glob::literal(&format!("canonical/{id}"))).collect();
        self.any_caller(Level::Caller, &globs)
    }

    /// The IAM principals of a partition.
    pub(super) fn of_partition(&mut self, partition: &str) -> Outcome<Set> {
        let arns = ["iam", "sts"].map(|service| with(arn_of(Some(partition), service, None), "*"));
        self.any_caller(Level::Caller, &arns)
    }

    /// The IAM principals of which more than an id is known.
    pub(super) fn iam_principals(&mut self) -> Outcome<Set> {
        let arns = ["iam", "sts"].map(|service| with(arn_of(None, service, None), "*"));
        self.any_caller(Level::Caller, &arns)
    }

    /// The IAM principals but root, in two kinds: a federated user's session needs a session policy (R-EVL-5).
    pub(super) fn in_account(&mut self) -> Outcome<[(Set, NeedsSession); 2]> {
        let kinds = [self.caller_kind(CallerKind::User)?, self.caller_kind(CallerKind::Session)?];
        let (others, federated) = (self.arena.union(kinds)?, self.caller_kind(CallerKind::FederatedUser)?);
        Ok([(others, NeedsSession::No), (federated, NeedsSession::Yes)])
    }

    /// The callers with credentials of AWS.
    pub(super) fn authenticated(&mut self) -> Outcome<Set> {
        let others = [self.caller_kind(CallerKind::Anonymous)?, self.caller_kind(CallerKind::Provider)?];
        self.arena.difference([Set::FULL], others)
    }

    /// The callers with long-term credentials.
    pub(super) fn long_term(&mut self) -> Outcome<Set> {
        let kinds = [self.caller_kind(CallerKind::User)?, self.caller_kind(CallerKind::Root)?];
        self.arena.union(kinds)
    }

    pub(super) fn caller_kind(&mut self, kind: CallerKind) -> Outcome<Set> {
        self.any_caller(Level::Caller, &[kind.glob()])
    }

    /// The callers one of whose texts matches one of some patterns.
    pub(super) fn any_caller(&mut self, level: Level, globs: &[Glob]) -> Outcome<Set> {
        let language = Language::any_of(globs, self.arena.meter());
        let language = language.map_err(|what| Self::exhausted(level.clone(), what))?;
        self.caller_atom(level, language)
    }

    /// The callers one of whose texts is in a language: all or none, where the caller is known.
    pub(super) fn caller_atom(&mut self, level: Level, language: Language) -> Outcome<Set> {
        let texts = match &self.universe.callers {
            Callers::One(caller) => CallerTexts::of(caller),
            Callers::Holder => CallerTexts::of(&holder(&Resource::Star)),
            Callers::Any | Callers::InAccount => return self.arena.atom(level, language),
        };
        let text = match level {
            Level::CallerId => &texts.id,
            Level::FederatedBy => &texts.federated_by,
            _ => &texts.caller,
        };
        Ok(if language.accepts(text) { Set::FULL } else { Set::EMPTY })
    }
}

/// R-PRN-2: partition, account and name, whatever the path.
pub(super) fn sessions_of(role: &Arn) -> Glob {
    let name = role.resource().rsplit('/').next().unwrap_or_default();
    let mut glob = arn_of(Some(role.partition()), "sts", Some(role.account()));
    glob.extend(Glob::literal(&format!("assumed-role/{name}/")).pieces().iter().cloned());
    glob.extend([Piece::Many(Chars::Any)]);
    glob
}
