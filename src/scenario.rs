//! Scenarios: one request with all its policies, as one JSON object (the input of `simulate` and `test`).
//!
//! ```text
//! {"name": …, "request": {"principal", "action", "resource", "resource_account", "context", …},
//!  "policies": {"identity": [{"name", "policy"}], "resource": …, "boundary", "session", "scp", "rcp", "vpc_endpoint"},
//!  "settings": {…}, "expect": {"decision": …}}
//! ```
//!
//! A scenario is closed: what it does not say of the context is absent, but for the identity of its caller and the
//! time, which are derived (R-KEY-1).

mod brief;
mod documents;
mod expect;
mod kinds;
mod outcome;
mod raw;
mod stacks;
mod table;

use jiff::Timestamp;
use thiserror::Error;

use crate::arn::{AccountId, Arn};
use crate::caller::{Caller, IamKind};
use crate::catalog::Catalog;
use crate::eval::resource_policy_type_of;
use crate::knowledge::{identity_keys, time_keys, time_of};
use crate::layers::PolicyLayers;
use crate::policy::position;
use crate::request::{Action, Context, Request, Resource, Value};

pub use brief::Brief;
pub use documents::{Documents, NamedPolicy, named_policies};
pub use expect::{Expect, Precision};
pub use outcome::{LayerOutcome, Outcome, Place, StatementOutcome};
pub use table::{Case, Table};

/// One request, what decides it, and what is expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    /// What people call it.
    pub name: Option<String>,
    /// The request, with its whole context.
    pub request: Request,
    /// The policies.
    pub layers: PolicyLayers,
    /// What it should be answered.
    pub expect: Option<Expect>,
    /// Keys that were given although something else follows from the caller (R-KEY-1).
    pub contradictions: Vec<String>,
}

impl Scenario {
    /// The scenario, where AWS accepts its policies: a document that is refused gives nothing, and who expects denials
    /// would not notice.
    pub fn with_accepted_policies(self) -> Result<Scenario, ScenarioError> {
        for layer in self.layers.present() {
            for policy in self.layers.policies(layer) {
                let Some(document) = &policy.document else { continue };
                if let Some(found) = document.parsed.errors().find(|found| found.degrades()) {
                    let (line, column) = position(&document.text, found.span.start);
                    let place = if policy.offset == 0 { format!(":{line}:{column}") } else { String::new() };
                    return Err(error(
                        format!("$.policies.{}", layer.name()),
                        format!(
                            "`{}{place}` is not what AWS accepts as a policy: {} at {}",
                            policy.name, found.message, found.path
                        ),
                    ));
                }
            }
        }
        Ok(self)
    }
}

/// The parts of a scenario as they are written.
struct Parts<'a> {
    name: Option<String>,
    request: raw::Request<'a>,
    policies: Said<'a>,
    settings: Option<&'a raw::RawValue>,
    expect: Option<Expect>,
    /// Where the text begins that they are parts of.
    origin: *const u8,
}

/// The policies of a scenario: as they stand there, or put together from several places.
enum Said<'a> {
    InOnePlace(Option<&'a raw::RawValue>),
    PutTogether(raw::Policies<'a>),
}

/// Why a text is no scenario.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{path}: {message}")]
pub struct ScenarioError {
    /// Where, as a JSON path from `$`.
    pub path: String,
    /// What is wrong.
    pub message: String,
}

/// What is at hand when scenarios are read.
pub struct Reader<'a> {
    /// Documents that were read before.
    pub documents: &'a Documents,
    /// Facts about context keys, and the services that support RCPs.
    pub catalog: &'a Catalog,
    /// The time of requests that do not say theirs.
    pub now: Timestamp,
}

fn error(path: impl Into<String>, message: impl Into<String>) -> ScenarioError {
    ScenarioError { path: path.into(), message: message.into() }
}

impl Reader<'_> {
    /// Reads one scenario.
    pub fn read(&self, text: &str) -> Result<Scenario, ScenarioError> {
        let raw: raw::Scenario<'_> = raw::parse("$", text)?;
        self.assemble(Parts {
            name: raw.name.map(String::from),
            request: raw::members("$.request", raw.request.get(), &raw::REQUEST)?,
            policies: Said::InOnePlace(raw.policies),
            settings: raw.settings,
            expect: raw.expect.map(|text| Expect::read("$.expect", text.get())).transpose()?,
            origin: text.as_ptr(),
        })
    }

    fn assemble(&self, parts: Parts<'_>) -> Result<Scenario, ScenarioError> {
        let said = &parts.request;
        let mut caller = caller(said)?;
        let action = Action::parse(&said.action).ok_or_else(|| {
            error("$.request.action", format!("`{}` is not one action such as `s3:GetObject`", said.action))
        })?;
        let resource = Resource::parse(&said.resource).ok_or_else(|| {
            error("$.request.resource", format!("`{}` is neither an ARN nor `*`", said.resource))
        })?;
        let resource_account = said.resource_account.as_deref().map(|text| {
            AccountId::parse(text).ok_or_else(|| {
                error("$.request.resource_account", format!("`{text}` is no account id of twelve digits"))
            })
        });
        let mut context = self.context(said.context.as_ref())?;
        learn_unique_id(&mut caller, &context);
        let mut contradictions = Vec::new();
        if said.derive != Some(false) {
            contradictions = self.derive(&mut context, &caller);
        }
        let request =
            Request { caller, action, resource, resource_account: resource_account.transpose()?, context };
        let layers = self.layers(&parts, &request)?;
        Ok(Scenario { name: parts.name, request, layers, expect: parts.expect, contradictions })
    }

    /// The keys that were given (R-KEY-2).
    fn context(&self, said: Option<&raw::Members<'_>>) -> Result<Context, ScenarioError> {
        let mut context = Context::default();
        for (key, text) in said.into_iter().flat_map(|members| &members.0) {
            let path = format!("$.request.context[\"{key}\"]");
            let value = match raw::value(&path, text.get())? {
                Value::Single(text)
                    if self.documents.kind(key, self.catalog).is_some_and(|kind| kind.multivalued) =>
                {
                    Value::Multi(vec![text])
                }
                value => value,
            };
            context.add_variant(key, value);
        }
        Ok(context)
    }

    /// Adds what follows from the caller and the clock; the keys that were given otherwise.
    fn derive(&self, context: &mut Context, caller: &Caller) -> Vec<String> {
        let mut contradictions = Vec::new();
        for (key, value) in identity_keys(caller) {
            match context.get(key) {
                None => context.set(key, value),
                Some(given) if given.items() != value.items() => contradictions.push(key.to_owned()),
                Some(_) => {}
            }
        }
        let epoch = time_of(context).unwrap_or_else(|| self.now.as_second().into());
        for (key, value) in time_keys(&epoch) {
            if context.get(key).is_none() {
                context.set(key, value);
            }
        }
        contradictions
    }

    fn layers(&self, parts: &Parts<'_>, request: &Request) -> Result<PolicyLayers, ScenarioError> {
        let of_resource = resource_policy_type_of(&request.action, &request.resource);
        let layers = match &parts.policies {
            Said::InOnePlace(text) => self.documents.layers(*text, of_resource, parts.origin),
            Said::PutTogether(said) => self.documents.read_layers(said, of_resource, parts.origin),
        };
        Ok(PolicyLayers {
            settings: raw::settings(parts.settings, self.documents.rcp_services())?,
            ..layers?
        })
    }
}

/// Who asks: an ARN, `*`, or a map with one of `Service`, `Federated`, `CanonicalUser`.
fn caller(said: &raw::Request<'_>) -> Result<Caller, ScenarioError> {
    let path = "$.request.principal";
    let text = said.principal.get();
    let mut caller = if text.starts_with('"') {
        let arn: String = raw::parse(path, text)?;
        Caller::parse(&arn).ok_or_else(|| {
            let kinds = "a user, role, role session, federated user or account root, nor `*`";
            error(path, format!("`{arn}` is not the ARN of {kinds}"))
        })?
    } else {
        match raw::parse::<raw::Principal>(path, text)? {
            raw::Principal::Service(name) => Caller::Service(name),
            raw::Principal::Federated(name) => Caller::Federated(name),
            raw::Principal::CanonicalUser(id) => Caller::CanonicalUser(id),
        }
    };
    let is_federated_user =
        caller.iam().is_some_and(|caller| matches!(caller.kind, IamKind::FederatedUser(_)));
    if said.federated_by.is_some() && !is_federated_user {
        return Err(error("$.request.federated_by", "only a federated user's session has a user behind it"));
    }
    if said.role.is_some() && caller.iam().is_none() {
        return Err(error("$.request.role", "only a session of a role has one"));
    }
    if let Caller::Iam(iam) = &mut caller {
        if let Some(text) = &said.role {
            let path = "$.request.role";
            let role = Caller::parse(text);
            let of_it = role.as_ref().and_then(Caller::iam).filter(|role| {
                matches!(role.kind, IamKind::RoleSession(None))
                    && matches!(iam.kind, IamKind::RoleSession(_))
                    && (&role.partition, &role.account, &role.name)
                        == (&iam.partition, &iam.account, &iam.name)
            });
            let Some(role) = of_it else {
                return Err(error(path, format!("`{text}` is not the ARN of the role of this session")));
            };
            iam.path.clone_from(&role.path);
        }
        if let (Some(text), IamKind::FederatedUser(user)) = (&said.federated_by, &mut iam.kind) {
            let arn = Arn::parse(text).ok_or_else(|| {
                error("$.request.federated_by", format!("`{text}` is not the ARN of a user"))
            })?;
            *user = Some(arn);
        }
    }
    Ok(caller)
}

/// `aws:userid` tells the unique id of a user or role (R-GRM-29).
fn learn_unique_id(caller: &mut Caller, context: &Context) {
    let id = context.get("aws:userid").and_then(|value| value.items().first());
    if let (Caller::Iam(caller), Some(id)) = (caller, id)
        && (id.starts_with("AIDA") || id.starts_with("AROA"))
    {
        caller.unique_id = id.split(':').next().map(str::to_owned);
    }
}
