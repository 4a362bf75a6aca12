//! The requests with rules of their own: for what needs no permission, what a resource's policy has to allow, and what a
//! service refuses whoever asks (R-EVL-40, R-EVL-50 to 55).

use super::{Callers, Compiler, Level, Outcome, all_or_none};
use crate::algebra::{End, Glob, Language, Set};
use crate::caller::{Caller, IamKind};

/// The actions that a role's trust policy decides (R-EVL-40).
const ROLE_SESSION_ACTIONS: [&str; 6] = [
    "assumerole",
    "assumerolewithsaml",
    "assumerolewithwebidentity",
    "tagsession",
    "setsourceidentity",
    "setcontext",
];

impl Compiler {
    /// What is allowed, and what is refused, whatever the policies say (R-EVL-50, R-EVL-51).
    pub(super) fn without_policies(&mut self) -> Outcome<(Set, Set)> {
        const IDENTITY: &str = "getcalleridentity";
        const TOKEN: &str = "getsessiontoken";
        match self.universe.callers.clone() {
            Callers::One(caller) => {
                let has_credentials = caller.is_iam() || matches!(caller, Caller::Service(_));
                let long_term =
                    caller.iam().is_some_and(|caller| matches!(caller.kind, IamKind::User | IamKind::Root));
                let identity = if has_credentials { self.action("sts", &[IDENTITY])? } else { Set::EMPTY };
                let token = self.action("sts", &[TOKEN])?;
                Ok(match long_term {
                    true => (self.arena.union([identity, token])?, Set::EMPTY),
                    false => (identity, token),
                })
            }
            Callers::Holder => Ok((self.action("sts", &[IDENTITY, TOKEN])?, Set::EMPTY)),
            Callers::Any | Callers::InAccount => {
                let identity = self.action("sts", &[IDENTITY])?;
                let token = self.action("sts", &[TOKEN])?;
                let authenticated = self.authenticated()?;
                let long_term = self.long_term()?;
                let identity = self.arena.intersection([identity, authenticated])?;
                let refused = self.arena.difference([token], [long_term])?;
                let token = self.arena.intersection([token, long_term])?;
                Ok((self.arena.union([identity, token])?, refused))
            }
        }
    }

    /// The requests about a session of a role, or about a key by `kms` (R-EVL-40).
    pub(super) fn requires_resource_policy(&mut self) -> Outcome<Set> {
        let (role, session) = (self.role()?, self.role_session()?);
        let of_role = self.arena.intersection([role, session])?;
        let kms = self.text_atom(Level::Service, &[Glob::literal("kms")])?;
        let keys = self.arn_of_service("kms")?;
        let key = self.text_atom(Level::ResourceId, &[Glob::parse("key/*")])?;
        let of_key = self.arena.intersection([kms, keys, key])?;
        self.arena.union([of_role, of_key])
    }

    /// The requests on a role.
    pub(super) fn role(&mut self) -> Outcome<Set> {
        let iam = self.arn_of_service("iam")?;
        let role = self.text_atom(Level::ResourceId, &[Glob::parse("role/*")])?;
        self.arena.intersection([iam, role])
    }

    /// The requests that create or annotate a session of a role.
    pub(super) fn role_session(&mut self) -> Outcome<Set> {
        self.action("sts", &ROLE_SESSION_ACTIONS)
    }

    /// R-EVL-55.
    pub(super) fn guarded(&mut self) -> Outcome<Set> {
        let aliases = self.action("kms", &["createalias", "updatealias", "deletealias"])?;
        let arn = self.is_arn()?;
        let of_aws = self.text_atom(Level::ResourceId, &[Glob::parse("alias/aws/*")])?;
        let aliases = self.arena.intersection([aliases, arn, of_aws])?;
        let iam = self.text_atom(Level::Service, &[Glob::literal("iam")])?;
        let reads: Vec<Glob> =
            ["get*", "list*", "simulate*", "generate*", "passrole*"].map(Glob::parse).to_vec();
        let reads = self.text_atom(Level::Name, &reads)?;
        let changes = self.arena.difference([iam], [reads])?;
        let of_iam = self.arn_of_service("iam")?;
        let policy = self.text_atom(Level::ResourceId, &[Glob::parse("policy/*")])?;
        let aws = self.text_atom(Level::Account, &[Glob::literal("aws")])?;
        let managed = self.arena.intersection([policy, aws])?;
        let reserved = self.text_atom(Level::ResourceId, &[Glob::parse("role/aws-reserved/*")])?;
        let linked = self.text_atom(Level::ResourceId, &[Glob::parse("role/aws-service-role/*")])?;
        let own_flow = self.text_atom(Level::Name, &[Glob::parse("*servicelinkedrole")])?;
        let linked_by_others = self.arena.difference([linked], [own_flow])?;
        let resources = self.arena.union([managed, reserved, linked_by_others])?;
        let of_iam = self.arena.intersection([changes, of_iam, resources])?;
        self.arena.union([aliases, of_iam])
    }

    /// The requests on an ARN of a service.
    pub(super) fn arn_of_service(&mut self, service: &str) -> Outcome<Set> {
        let arn = self.is_arn()?;
        let service = self.text_atom(Level::ResourceService, &[Glob::literal(service)])?;
        self.arena.intersection([arn, service])
    }

    /// The requests of one of some actions of a service; all in lower case.
    pub(super) fn action(&mut self, service: &str, names: &[&str]) -> Outcome<Set> {
        let named = match self.universe.asked_text(&Level::Name) {
            Some(asked) => all_or_none(names.contains(&asked)),
            None => {
                let names = names.iter().map(|name| (*name, End::Stop)).collect();
                self.arena.by_beginning(Level::Name, names, Set::FULL)?
            }
        };
        match self.universe.asked_text(&Level::Service) {
            Some(asked) => Ok(if asked == service { named } else { Set::EMPTY }),
            None => self.arena.by_text(Level::Service, &[(service, named)]),
        }
    }

    pub(super) fn text_atom(&mut self, level: Level, globs: &[Glob]) -> Outcome<Set> {
        let language = match self.atoms.get(globs) {
            Some(known) => known.clone(),
            None => {
                let language = Language::any_of(globs, self.arena.meter());
                let language = language.map_err(|what| Self::exhausted(level.clone(), what))?;
                self.atoms.insert(globs.to_vec(), language.clone());
                language
            }
        };
        self.text_of(level, language)
    }
}
