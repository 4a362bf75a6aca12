//! Requests that somebody makes: the caller and the keys about the caller say the same (R-EVL-74, semantics 5.2).
//!
//! Sets take the caller and each of these keys as coordinates of their own. Where policies speak of several, such as of a
//! role as a principal and of its ARN as `aws:PrincipalArn`, a set has points that are no request. What is possible is
//! found as far as those policies can tell: each account, ARN, role and service that they name is the caller's exactly
//! if it is the key's; and what all callers of a kind have in common, or lack, their keys do too.

use std::collections::{BTreeMap, BTreeSet};
use std::slice;
use std::sync::Arc;

use super::principal::{CallerKind, arn_of, sessions_of, with};
use super::value::Values;
use super::{Callers, CompileError, Compiler, Level, Outcome, value, variable};
use crate::algebra::{Chars, Glob, Language, Piece, Set};
use crate::arn::{AccountId, Arn};
use crate::caller::{Caller, IamCaller, IamKind};
use crate::catalog::KeyType;
use crate::knowledge::Knowledge;
use crate::pattern::Pattern;
use crate::policy::{
    Condition, ConditionValue, Family, PrincipalEntry, ResourcePattern, Selector, Statement, Test,
};
use crate::request::{Value, fold};

const ARN: &str = "aws:principalarn";
const ACCOUNT: &str = "aws:principalaccount";
const SERVICE: &str = "aws:principalservicename";
/// Of requests to KMS, and of those only (R-KEY-7).
const CALLER_ACCOUNT: &str = "kms:calleraccount";

const TYPE: &str = "aws:principaltype";
/// What it holds of callers that are no service.
const TYPES: [&str; 5] = ["Account", "User", "FederatedUser", "AssumedRole", "Anonymous"];

/// What limits the requests that somebody makes: of each kind of callers several sets, which are seldom needed all together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Possible {
    kinds: Vec<Vec<Set>>,
}

/// What policies name of callers, as principals or in keys about them.
#[derive(Default)]
struct Named {
    /// Accounts, and whether some ARN says the partition of each.
    accounts: BTreeMap<AccountId, bool>,
    /// Values of `aws:PrincipalArn`, and principals that it can be.
    arns: Vec<Language>,
    /// Values of it with wildcards that roles can have, each with the sessions of such roles as far as it tells them.
    role_patterns: Vec<(Language, Glob)>,
    /// Roles, by the ARN of their sessions, with their ARNs where they are principals: elsewhere one of another path may be
    /// written.
    roles: BTreeMap<Glob, (Arn, BTreeSet<Arn>)>,
    services: BTreeSet<String>,
    /// Whether some canonical id is named.
    by_canonical_id: bool,
}

impl Compiler {
    /// The requests that somebody makes, as far as they differ in what some statements say of callers.
    pub fn possible<'s>(
        &mut self,
        statements: impl IntoIterator<Item = &'s Statement>,
    ) -> Result<Possible, CompileError> {
        let keys: Vec<Arc<str>> = self.universe.keys().map(|(key, _)| Arc::clone(key)).collect();
        let mut named = Named::default();
        for statement in statements {
            self.gather(statement, &mut named)?;
        }
        if self.universe.callers == Callers::Holder {
            return Ok(Possible { kinds: vec![self.of_holder(&named, &keys)?] });
        }
        let of_accounts = self.accounts(&named, &keys)?;
        let mut kinds_of_callers = Vec::new();
        for (kind, examples) in kinds() {
            // Whom no policy names so is known by an ARN as well.
            if kind == CallerKind::Canonical && !named.by_canonical_id {
                continue;
            }
            let mut limits = vec![self.caller_kind(kind)?];
            self.common(&examples, &keys, &mut limits)?;
            self.ties(kind, (&named, &of_accounts), &keys, &mut limits)?;
            kinds_of_callers.push(limits);
        }
        Ok(Possible { kinds: kinds_of_callers })
    }

    /// Those of some requests that somebody makes.
    pub fn possible_of(&mut self, set: Set, possible: &Possible) -> Result<Set, CompileError> {
        let mut all = Vec::new();
        for limits in &possible.kinds {
            let mut left = set;
            for &limit in limits {
                left = self.arena.intersection([left, limit])?;
                if left == Set::EMPTY {
                    break;
                }
            }
            all.push(left);
        }
        Ok(self.arena.union(all)?)
    }

    /// What a statement names.
    fn gather(&mut self, statement: &Statement, named: &mut Named) -> Outcome<()> {
        for entry in statement.principal.iter().flat_map(Selector::entries) {
            match &entry.value {
                PrincipalEntry::Account { partition, account } => {
                    named.account(partition.as_deref().unwrap_or_default(), account.as_str());
                }
                PrincipalEntry::User(arn) | PrincipalEntry::FederatedUser(arn) => {
                    self.gather_arn(arn.as_str(), named)?;
                }
                PrincipalEntry::Role(arn) => {
                    named.role(arn).insert(arn.clone());
                }
                PrincipalEntry::Session(arn) => named.account(arn.partition(), arn.account()),
                PrincipalEntry::Service(name) => {
                    named.services.insert(name.clone());
                }
                PrincipalEntry::CanonicalUser(_) => named.by_canonical_id = true,
                PrincipalEntry::Everyone
                | PrincipalEntry::UniqueId(_)
                | PrincipalEntry::OriginAccessIdentity(_)
                | PrincipalEntry::Federated(_) => {}
            }
        }
        for entry in statement.resource.iter().flat_map(Selector::entries) {
            if let ResourcePattern::Arn(segments) = &entry.value {
                let text = |nth: usize| segments.get(nth).and_then(Pattern::as_text).unwrap_or_default();
                named.account(text(1), text(4));
            }
        }
        for condition in &statement.conditions {
            let key = fold(&condition.key);
            for value in &condition.values {
                let text = value.value.pattern.as_text();
                match (key.as_str(), text) {
                    (ACCOUNT | CALLER_ACCOUNT, Some(text)) => named.account("", text),
                    (SERVICE, Some(text)) => {
                        named.services.insert(text.to_owned());
                    }
                    (ARN, Some(text)) => self.gather_arn(text, named)?,
                    (ARN, None) => self.gather_pattern(condition.operator.test, &value.value, named)?,
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// A whole ARN that a key or a principal can be.
    fn gather_arn(&mut self, text: &str, named: &mut Named) -> Outcome<()> {
        let language = Language::of(&Glob::literal(text), self.arena.meter());
        named.arns.push(language.map_err(|what| self.at(ARN, what))?);
        if let Some(arn) = Arn::parse(text) {
            named.account(arn.partition(), arn.account());
            if arn.service() == "iam" && arn.resource().starts_with("role/") {
                named.role(&arn);
            }
        }
        Ok(())
    }

    /// A value of the key with wildcards.
    fn gather_pattern(&mut self, test: Test, value: &ConditionValue, named: &mut Named) -> Outcome<()> {
        if !matches!(test.family(), Family::String | Family::Arn)
            || value.pattern.variables().next().is_some()
        {
            return Ok(());
        }
        let fitting =
            value::fitting(test, &[value], variable::Values::Known(&self.universe), self.arena.meter());
        if let Values::Text(language) = fitting.map_err(|what| self.at(ARN, what))?.values {
            let fields: Vec<&str> = value.text.splitn(6, ':').collect();
            if let [_, partition, _, _, account, resource] = fields[..] {
                named.account(partition, account);
                let sessions = sessions_like(partition, account, resource);
                named.role_patterns.extend(sessions.map(|sessions| (language.clone(), sessions)));
            }
            named.arns.push(language);
        }
        Ok(())
    }

    /// What all callers of a kind have, and have in common, or lack.
    fn common(&mut self, examples: &[Caller; 2], keys: &[Arc<str>], limits: &mut Vec<Set>) -> Outcome<()> {
        let [one, other] = examples.each_ref().map(Knowledge::of);
        for key in keys {
            let is_bool = self.universe.domain(key).base == KeyType::Bool;
            let limit = match (one.known.get(key), other.known.get(key)) {
                (None, None) if one.is_absent(key) => Condition::of(key, Test::Null, ["true"]),
                (Some(Value::Single(value)), same) if same == Some(&Value::Single(value.clone())) => {
                    Condition::of(
                        key,
                        if is_bool { Test::Bool } else { Test::StringEquals },
                        [value.as_str()],
                    )
                }
                (Some(_), Some(_)) => Condition::of(key, Test::Null, ["false"]),
                _ => continue,
            };
            let limit = self.condition(&limit)?;
            // Where the kinds of callers are told apart otherwise, nothing is said.
            if limit != Set::EMPTY {
                limits.push(limit);
            }
        }
        Ok(())
    }

    /// Where who asks is no coordinate, the keys say the same of it.
    fn of_holder(&mut self, named: &Named, keys: &[Arc<str>]) -> Outcome<Vec<Set>> {
        let mut limits = Vec::new();
        let accounts: Vec<_> = named
            .accounts
            .keys()
            .map(|account| (arns_of(account).to_vec(), vec![Glob::literal(account.as_str())]))
            .collect();
        if has(keys, ARN) && has(keys, ACCOUNT) {
            let (arn, account) = (key_of(ARN), key_of(ACCOUNT));
            limits.push(self.tied(&accounts, arn, account)?);
        }
        if has(keys, ARN) && has(keys, CALLER_ACCOUNT) {
            let tied = self.tied(&accounts, key_of(ARN), key_of(CALLER_ACCOUNT))?;
            limits.push(self.unless_elsewhere(tied)?);
        }
        if has(keys, ACCOUNT) && has(keys, CALLER_ACCOUNT) {
            let same: Vec<_> = accounts.iter().map(|(_, id)| (id.clone(), id.clone())).collect();
            let tied = self.tied(&same, key_of(ACCOUNT), key_of(CALLER_ACCOUNT))?;
            limits.push(self.unless_elsewhere(tied)?);
        }
        Ok(limits)
    }

    /// A set, and all that is not asked of KMS.
    fn unless_elsewhere(&mut self, set: Set) -> Outcome<Set> {
        let kms = self.text_atom(Level::Service, &[Glob::literal("kms")])?;
        let elsewhere = self.arena.difference([Set::FULL], [kms])?;
        self.arena.union([set, elsewhere])
    }

    /// Who is named as a caller and by a key is named by both.
    fn ties(
        &mut self,
        kind: CallerKind,
        (named, of_accounts): (&Named, &[Set]),
        keys: &[Arc<str>],
        limits: &mut Vec<Set>,
    ) -> Outcome<()> {
        let (service, resource) = match kind {
            CallerKind::Canonical | CallerKind::Anonymous => return Ok(()),
            CallerKind::Service => {
                if has(keys, SERVICE) {
                    let services = named.services.iter().map(|name| {
                        (vec![Glob::literal(&format!("service/{name}"))], vec![Glob::literal(name)])
                    });
                    let services: Vec<_> = services.collect();
                    limits.push(self.tied(&services, by_caller, key_of(SERVICE))?);
                }
                return self.of_no_account(named, keys, limits);
            }
            // Whom a provider vouches for starts a session, and does nothing else.
            CallerKind::Provider => {
                limits.push(self.text_atom(Level::Service, &[Glob::literal("sts")])?);
                return self.of_no_account(named, keys, limits);
            }
            CallerKind::User => ("iam", "user/"),
            CallerKind::Session => ("iam", "role/"),
            CallerKind::FederatedUser => ("sts", "federated-user/"),
            CallerKind::Root => ("iam", "root"),
        };
        limits.extend(of_accounts);
        if has(keys, ACCOUNT) {
            limits.push(self.key_in(ACCOUNT, &[value::account()])?);
        }
        if has(keys, CALLER_ACCOUNT) {
            let account = self.key_in(CALLER_ACCOUNT, &[value::account()])?;
            limits.push(self.unless_elsewhere(account)?);
        }
        if has(keys, ARN) {
            let mut arn = arn_of(None, service, None);
            arn.extend(Glob::literal(resource).pieces().iter().cloned());
            if kind != CallerKind::Root {
                arn.extend([Piece::Many(Chars::NotIn(vec![':']))]);
            }
            limits.push(self.key_in(ARN, &[arn])?);
            match kind {
                CallerKind::Session => self.arns_of_roles(named, limits)?,
                _ => self.arns(named, limits)?,
            }
        }
        Ok(())
    }

    /// If a service has an account, it is AWS's own: none that a policy names. Neither is it of the type of others.
    fn of_no_account(&mut self, named: &Named, keys: &[Arc<str>], limits: &mut Vec<Set>) -> Outcome<()> {
        let accounts = named.accounts.keys().map(AccountId::as_str).chain(["anonymous"]);
        let of_others: [(&str, Vec<Glob>); 2] =
            [(ACCOUNT, accounts.map(Glob::literal).collect()), (TYPE, TYPES.map(Glob::literal).to_vec())];
        for (key, values) in of_others.iter().filter(|(key, _)| has(keys, key)) {
            let values = self.key_in(key, values)?;
            limits.push(self.arena.difference([Set::FULL], [values])?);
        }
        if has(keys, ARN) {
            limits.push(self.condition(&Condition::of(ARN, Test::Null, ["true"]))?);
        }
        Ok(())
    }

    /// The key of a session is the ARN of its role.
    fn arns_of_roles(&mut self, named: &Named, limits: &mut Vec<Set>) -> Outcome<()> {
        let roles = named.roles.iter().map(|(sessions, (arn, principals))| {
            let arns = match principals.len() {
                0 => roles_like(arn),
                _ => principals.iter().map(|arn| Glob::literal(arn.as_str())).collect(),
            };
            (vec![sessions.clone()], arns)
        });
        limits.push(self.tied(&roles.collect::<Vec<_>>(), by_caller, key_of(ARN))?);
        for (language, sessions) in &named.role_patterns {
            let caller = self.any_caller(Level::Caller, slice::from_ref(sessions))?;
            let key = self.one_text(ARN, language.clone())?;
            let otherwise = self.arena.difference([Set::FULL], [key])?;
            limits.push(self.arena.union([caller, otherwise])?);
        }
        Ok(())
    }

    /// The key of any other is its own ARN.
    fn arns(&mut self, named: &Named, limits: &mut Vec<Set>) -> Outcome<()> {
        for language in &named.arns {
            let caller = self.caller_atom(Level::Caller, language.clone())?;
            let key = self.one_text(ARN, language.clone())?;
            let both = self.arena.intersection([caller, key])?;
            let none = self.arena.difference([Set::FULL], [caller, key])?;
            limits.push(self.arena.union([both, none])?);
        }
        Ok(())
    }

    /// Of IAM principals the account is that of the keys.
    fn accounts(&mut self, named: &Named, keys: &[Arc<str>]) -> Outcome<Vec<Set>> {
        let accounts: Vec<_> = named
            .accounts
            .keys()
            .map(|account| (arns_of(account).to_vec(), vec![Glob::literal(account.as_str())]))
            .collect();
        let mut tied = Vec::new();
        // Whose ARN is written is of a partition that policies name: an ARN of a wrong one says nothing else.
        let partitions: Vec<String> = self.universe.partitions().into_iter().map(str::to_owned).collect();
        for (account, _) in named.accounts.iter().filter(|(_, is_in_arn)| **is_in_arn) {
            let own = partitions.iter().flat_map(|partition| arns_in(Some(partition), account));
            let (own, all) = (own.collect::<Vec<_>>(), arns_of(account));
            let mut elsewhere = Vec::new();
            let [of_own, of_all] =
                [self.any_caller(Level::Caller, &own)?, self.any_caller(Level::Caller, &all)?];
            elsewhere.push(self.arena.difference([of_all], [of_own])?);
            if has(keys, ARN) {
                let [of_own, of_all] = [self.key_in(ARN, &own)?, self.key_in(ARN, &all)?];
                elsewhere.push(self.arena.difference([of_all], [of_own])?);
            }
            tied.push(self.arena.difference([Set::FULL], elsewhere)?);
        }
        // The account of an ARN is whose the resource is, where it has one.
        if self.universe.callers == Callers::InAccount {
            let own = self.tied(&accounts, by_caller, |of, globs| of.text_atom(Level::Account, globs))?;
            let any = self.text_atom(Level::Account, &[value::account()])?;
            let none = self.arena.difference([Set::FULL], [any])?;
            tied.push(self.arena.union([own, none])?);
        }
        if has(keys, ACCOUNT) {
            tied.push(self.tied(&accounts, by_caller, key_of(ACCOUNT))?);
        }
        if has(keys, CALLER_ACCOUNT) {
            let own = self.tied(&accounts, by_caller, key_of(CALLER_ACCOUNT))?;
            tied.push(self.unless_elsewhere(own)?);
        }
        if has(keys, ARN) {
            let arns: Vec<_> = accounts.into_iter().map(|(arns, _)| (arns.clone(), arns)).collect();
            tied.push(self.tied(&arns, by_caller, key_of(ARN))?);
        }
        Ok(tied)
    }

    /// The requests in which a key holds what matches one of some patterns.
    fn key_in(&mut self, key: &str, globs: &[Glob]) -> Outcome<Set> {
        let language = Language::any_of(globs, self.arena.meter());
        let language = language.map_err(|what| self.at(key, what))?;
        self.one_text(key, language)
    }

    /// The requests in which one thing is of some texts exactly if another is of those beside them; no two have some in
    /// common.
    fn tied(
        &mut self,
        pairs: &[(Vec<Glob>, Vec<Glob>)],
        one: impl Fn(&mut Compiler, &[Glob]) -> Outcome<Set>,
        other: impl Fn(&mut Compiler, &[Glob]) -> Outcome<Set>,
    ) -> Outcome<Set> {
        let mut all = Vec::new();
        for (texts, beside) in pairs {
            let both = [one(self, texts)?, other(self, beside)?];
            all.push(self.arena.intersection(both)?);
        }
        let texts: Vec<Glob> = pairs.iter().flat_map(|(texts, _)| texts.clone()).collect();
        let beside: Vec<Glob> = pairs.iter().flat_map(|(_, beside)| beside.clone()).collect();
        let named = [one(self, &texts)?, other(self, &beside)?];
        all.push(self.arena.difference([Set::FULL], named)?);
        self.arena.union(all)
    }
}

/// The requests of callers of these texts.
fn by_caller(of: &mut Compiler, globs: &[Glob]) -> Outcome<Set> {
    of.any_caller(Level::Caller, globs)
}

/// The requests in which a key is of some texts.
fn key_of(key: &'static str) -> impl Fn(&mut Compiler, &[Glob]) -> Outcome<Set> {
    move |of, globs| of.key_in(key, globs)
}

/// The principals of an account, in any partition.
fn arns_of(account: &AccountId) -> [Glob; 2] {
    arns_in(None, account)
}

fn arns_in(partition: Option<&str>, account: &AccountId) -> [Glob; 2] {
    ["iam", "sts"].map(|service| with(arn_of(partition, service, Some(account.as_str())), "*"))
}

fn has(keys: &[Arc<str>], key: &str) -> bool {
    keys.iter().any(|asked| **asked == *key)
}

impl Named {
    /// An account, if it is one, in a partition, if that is said.
    fn account(&mut self, partition: &str, account: &str) {
        let Some(account) = AccountId::parse(account) else { return };
        *self.accounts.entry(account).or_default() |=
            !partition.is_empty() && !partition.contains(['*', '?']);
    }

    /// Where a role is a principal.
    fn role(&mut self, arn: &Arn) -> &mut BTreeSet<Arn> {
        self.account(arn.partition(), arn.account());
        let (_, principals) =
            self.roles.entry(sessions_of(arn)).or_insert_with(|| (arn.clone(), BTreeSet::new()));
        principals
    }
}

/// The ARNs of a role, whatever its path.
fn roles_like(arn: &Arn) -> Vec<Glob> {
    let name = arn.resource().rsplit('/').next().unwrap_or_default();
    let role = |path: &str| {
        let glob = arn_of(Some(arn.partition()), "iam", Some(arn.account()));
        with(glob, &format!("role/{path}{name}"))
    };
    vec![role(""), role("*/")]
}

/// The sessions of roles whose ARN fits fields of a pattern: of the name is known what is behind the last wildcard, unless
/// it is of the path.
fn sessions_like(partition: &str, account: &str, resource: &str) -> Option<Glob> {
    let role = resource.strip_prefix("role/")?;
    let is_literal = !resource.contains(['*', '?']);
    let last = role.rsplit(['*', '?']).next().unwrap_or_default();
    let name = match last.rsplit_once('/') {
        Some((_, name)) => name.to_owned(),
        None if is_literal => role.to_owned(),
        None => format!("*{last}"),
    };
    let field = |text: &str| if text.contains(['*', '?']) { "*".to_owned() } else { text.to_owned() };
    let (partition, account) = (field(partition), field(account));
    Some(Glob::parse(&format!("arn:{partition}:sts::{account}:assumed-role/{name}/*")))
}

/// Two callers of each kind, who have in common what all of it have; of their tags nothing is known.
fn kinds() -> [(CallerKind, [Caller; 2]); 8] {
    let iam = |kind: &IamKind| {
        ["111122223333", "444455556666"].map(|account| {
            Caller::Iam(IamCaller {
                kind: kind.clone(),
                partition: format!("aws-{account}"),
                account: AccountId::parse(account),
                path: format!("/{account}/"),
                name: account.to_owned(),
                unique_id: None,
                tags: Vec::new(),
                may_bring_tags: true,
            })
        })
    };
    let others = |of: fn(String) -> Caller| ["a", "b"].map(|name| of(name.to_owned()));
    [
        (CallerKind::User, iam(&IamKind::User)),
        (CallerKind::Session, iam(&IamKind::RoleSession(None))),
        (CallerKind::FederatedUser, iam(&IamKind::FederatedUser(None))),
        (CallerKind::Root, iam(&IamKind::Root)),
        (CallerKind::Service, others(Caller::Service)),
        (CallerKind::Provider, others(Caller::Federated)),
        (CallerKind::Canonical, others(Caller::CanonicalUser)),
        (CallerKind::Anonymous, others(|_| Caller::Anonymous)),
    ]
}
