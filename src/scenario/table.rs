//! Decision tables: many requests about the same policies, each with the decision expected (the input of `test`).
//!
//! ```text
//! {"principal": …, "policies": {"identity": ["deploy.json", …], …}, "settings": {…},
//!  "cases": [{"name": …, "action": …, "resource": …, "context": {…}, "expect": "Allowed"}, …]}
//! ```
//!
//! A case is a scenario whose members stand beside each other. What it does not say, the table says for all of them:
//! a whole member, but for single layers of `policies` and single keys of `context`. A key that is `null` in a case is
//! absent. Policies are written as in scenarios, or named by a string.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Expect, Parts, Reader, Said, Scenario, ScenarioError, error, named_policies, raw};
use crate::request::fold;

/// A decision table as it is written.
pub struct Table<'a> {
    text: &'a str,
    common: Members<'a>,
    cases: Vec<(Result<Members<'a>, ScenarioError>, &'a str)>,
}

/// One case, read.
#[derive(Debug)]
pub struct Case {
    /// Its name, or which of the table it is.
    pub name: String,
    /// Where it begins in the table's text, in bytes.
    pub offset: usize,
    /// The scenario that it makes.
    pub scenario: Result<Scenario, ScenarioError>,
}

impl Case {
    /// Where what is wrong with it begins: the case, or the table where that is said for all cases.
    pub fn error_offset(&self) -> usize {
        match &self.scenario {
            Err(found) if !found.path.starts_with("$.cases[") => 0,
            _ => self.offset,
        }
    }
}

/// What a table says for all its cases, and a case for itself.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Members<'a> {
    #[serde(borrow)]
    name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    principal: Option<&'a RawValue>,
    #[serde(borrow)]
    action: Option<Cow<'a, str>>,
    #[serde(borrow)]
    resource: Option<Cow<'a, str>>,
    #[serde(borrow)]
    resource_account: Option<Cow<'a, str>>,
    #[serde(borrow)]
    context: Option<raw::Members<'a>>,
    #[serde(borrow)]
    federated_by: Option<Cow<'a, str>>,
    #[serde(borrow)]
    role: Option<Cow<'a, str>>,
    derive: Option<bool>,
    #[serde(borrow)]
    policies: Option<&'a RawValue>,
    #[serde(borrow)]
    settings: Option<&'a RawValue>,
    #[serde(borrow)]
    expect: Option<&'a RawValue>,
    #[serde(borrow)]
    cases: Option<Vec<&'a RawValue>>,
    #[serde(borrow, rename = "description")]
    _description: Option<&'a RawValue>,
}

const MEMBERS: [&str; 14] = [
    "name",
    "principal",
    "action",
    "resource",
    "resource_account",
    "context",
    "federated_by",
    "role",
    "derive",
    "policies",
    "settings",
    "expect",
    "cases",
    "description",
];

impl<'a> Table<'a> {
    /// Whether a text is meant to be a decision table: one object with `cases`.
    pub fn is_meant(text: &str) -> bool {
        #[derive(Deserialize)]
        struct WithCases {
            #[serde(rename = "cases")]
            _cases: serde::de::IgnoredAny,
        }
        serde_json::from_str::<WithCases>(text).is_ok()
    }

    /// Reads a table; its cases are read one by one later.
    pub fn read(text: &'a str) -> Result<Table<'a>, ScenarioError> {
        let mut common: Members<'_> = raw::members("$", text, &MEMBERS)?;
        let case = |(nth, case): (usize, &'a RawValue)| {
            let path = format!("$.cases[{nth}]");
            let members: Result<Members<'_>, _> = raw::members(&path, case.get(), &MEMBERS);
            let members = members.and_then(|members| match members.cases {
                None => Ok(members),
                Some(_) => Err(error(path, "a case has no cases of its own")),
            });
            (members, case.get())
        };
        let cases = common.cases.take().unwrap_or_default();
        Ok(Table { text, common, cases: cases.into_iter().enumerate().map(case).collect() })
    }

    /// The strings that name policies.
    pub fn names(&self) -> BTreeSet<String> {
        let cases = self.cases.iter().filter_map(|(case, _)| case.as_ref().ok());
        let all = std::iter::once(&self.common).chain(cases);
        all.filter_map(|members| members.policies).flat_map(named_policies).collect()
    }

    /// Reads every case, in order.
    pub fn cases(&self, reader: &Reader<'_>) -> Vec<Case> {
        let scenario = |nth: usize, case: &Members<'a>| {
            self.scenario(case, reader)
                .and_then(Scenario::with_accepted_policies)
                .map_err(|found| ScenarioError { path: self.path(&found.path, nth, case), ..found })
        };
        let read = |(nth, (case, text)): (usize, &(Result<Members<'a>, ScenarioError>, &'a str))| {
            let name = case.as_ref().ok().and_then(|case| case.name.as_deref());
            Case {
                name: name.map_or_else(|| format!("case {}", nth + 1), str::to_owned),
                offset: text.as_ptr() as usize - self.text.as_ptr() as usize,
                scenario: match case {
                    Ok(case) => scenario(nth, case),
                    Err(found) => Err(found.clone()),
                },
            }
        };
        self.cases.iter().enumerate().map(read).collect()
    }

    fn scenario(&self, case: &Members<'a>, reader: &Reader<'_>) -> Result<Scenario, ScenarioError> {
        let common = &self.common;
        let needed = |name: &str| error("$.request", format!("neither the case nor the table has `{name}`"));
        let expect = case.expect.or(common.expect).ok_or_else(|| needed("expect"))?;
        let request = raw::Request {
            principal: case.principal.or(common.principal).ok_or_else(|| needed("principal"))?,
            action: case.action.clone().or(common.action.clone()).ok_or_else(|| needed("action"))?,
            resource: case.resource.clone().or(common.resource.clone()).ok_or_else(|| needed("resource"))?,
            resource_account: case.resource_account.clone().or(common.resource_account.clone()),
            context: Some(self.context(case)),
            federated_by: case.federated_by.clone().or(common.federated_by.clone()),
            role: case.role.clone().or(common.role.clone()),
            derive: case.derive.or(common.derive),
        };
        let policies = |text: Option<&'a RawValue>| {
            text.map_or_else(|| Ok(raw::Policies::default()), |text| raw::policies("$.policies", text.get()))
        };
        let (own, shared) = (policies(case.policies)?, policies(common.policies)?);
        reader.assemble(Parts {
            name: case.name.as_deref().map(str::to_owned),
            request,
            policies: Said::PutTogether(raw::Policies {
                identity: own.identity.or(shared.identity),
                boundary: own.boundary.or(shared.boundary),
                session: own.session.or(shared.session),
                resource: own.resource.or(shared.resource),
                scp: own.scp.or(shared.scp),
                rcp: own.rcp.or(shared.rcp),
                vpc_endpoint: own.vpc_endpoint.or(shared.vpc_endpoint),
            }),
            settings: case.settings.or(common.settings),
            expect: Some(Expect::read("$.expect", expect.get())?),
            origin: self.text.as_ptr(),
        })
    }

    /// The table's keys, and over them those of the case.
    fn context(&self, case: &Members<'a>) -> raw::Members<'a> {
        let members = |of: &Members<'a>| of.context.as_ref().map_or_else(Vec::new, |keys| keys.0.clone());
        let own = members(case);
        let is_own = |key: &str| own.iter().any(|(name, _)| fold(name) == fold(key));
        let mut keys = members(&self.common);
        keys.retain(|(key, _)| !is_own(key));
        keys.extend(own.iter().filter(|(_, value)| value.get() != "null").cloned());
        raw::Members(keys)
    }

    /// The place in a table of what has a place in the scenario that a case makes.
    fn path(&self, path: &str, nth: usize, case: &Members<'_>) -> String {
        let case_path = format!("$.cases[{nth}]");
        let below = |path: &str| path.strip_prefix("$.request").or(path.strip_prefix('$')).map(str::to_owned);
        let Some(rest) = below(path).filter(|rest| !rest.is_empty()) else { return case_path };
        let said = match rest.split(['.', '[']).nth(1).unwrap_or_default() {
            "policies" => {
                let layer = rest.split(['.', '[']).nth(2).unwrap_or_default();
                let own =
                    case.policies.and_then(|text| serde_json::from_str::<raw::Members<'_>>(text.get()).ok());
                own.is_some_and(|members| members.0.iter().any(|(name, _)| name == layer))
            }
            "principal" => case.principal.is_some(),
            "action" => case.action.is_some(),
            "resource" => case.resource.is_some(),
            "resource_account" => case.resource_account.is_some(),
            "federated_by" => case.federated_by.is_some(),
            "role" => case.role.is_some(),
            "settings" => case.settings.is_some(),
            "expect" => case.expect.is_some(),
            // A key of the context is the case's where the case has it.
            _ => case.context.as_ref().is_some_and(|keys| {
                keys.0.iter().any(|(key, _)| rest.starts_with(&format!(".context[\"{key}\"]")))
            }),
        };
        if said { format!("{case_path}{rest}") } else { format!("${rest}") }
    }
}
