//! Ways in which who holds some permissions can give itself more: combinations of actions that are known from practice,
//! each looked for in all that a principal may do.
//!
//! Whoever changes a user, a role or a group wins by it only where that is itself, or where it can act as that one: as a
//! user whose keys or password it makes, as a role that it assumes, by a group that it is in.

use serde_json::json;

use crate::analysis::{self, Analysis, AnalysisError, Part, Subject};
use crate::caller::{Caller, IamCaller, IamKind};
use crate::compile::Callers;
use crate::layers::{Layer, LayerPolicy, StatementRef};
use crate::policy::{PolicyType, ResourcePattern, ResourceService, Selector, Spanned, Statement, parse};
use crate::request::{Action, Request};

/// The policy that gives the most.
const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
/// The key of the service to which a role is passed.
const PASSED_TO: &str = "iam:PassedToService";
/// The key of the policy that is attached.
const POLICY_ARN: &str = "iam:PolicyARN";

/// What it takes.
struct Way {
    /// What is won.
    what: &'static str,
    /// The actions, all of them.
    actions: &'static [&'static str],
    /// One of these besides.
    then: &'static [&'static str],
    /// Whom the actions change.
    on: On,
    /// To which service a role is passed before.
    passed_to: Option<&'static str>,
}

/// Whom a way changes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum On {
    /// Nobody, or by each action somebody else.
    Anything,
    /// The principal that goes it, or a group that it is in.
    Itself,
    /// One and the same other user or role.
    Another,
    /// One and the same group, in which it is not; only users come into groups.
    OtherGroup,
    /// One and the same other role, which trusts whoever goes it once its trust policy is written.
    TrustingRole,
}

/// Each is the beginning of acting as a user.
const ACT_AS_USER: &[&str] = &["iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile"];

const fn way(what: &'static str, actions: &'static [&'static str]) -> Way {
    Way { what, actions, then: &[], on: On::Anything, passed_to: None }
}

const fn on(on: On, what: &'static str, actions: &'static [&'static str]) -> Way {
    Way { on, ..way(what, actions) }
}

const fn as_user(on: On, what: &'static str, actions: &'static [&'static str]) -> Way {
    Way { on, then: ACT_AS_USER, ..way(what, actions) }
}

const fn passing(what: &'static str, service: &'static str, actions: &'static [&'static str]) -> Way {
    Way { passed_to: Some(service), ..way(what, actions) }
}

/// Of those that begin with the same action on somebody, the first that is there is told.
const WAYS: &[Way] = &[
    way("writes a new version of a managed policy and makes it the default", &["iam:CreatePolicyVersion"]),
    way("makes an older version of a managed policy the default", &["iam:SetDefaultPolicyVersion"]),
    on(On::Itself, "attaches a policy that allows everything to itself", &["iam:AttachUserPolicy"]),
    as_user(
        On::Another,
        "attaches a policy that allows everything to another user and acts as that user",
        &["iam:AttachUserPolicy"],
    ),
    on(
        On::Itself,
        "attaches a policy that allows everything to a group that it is in",
        &["iam:AttachGroupPolicy"],
    ),
    on(
        On::OtherGroup,
        "attaches a policy that allows everything to a group and puts itself into it",
        &["iam:AttachGroupPolicy", "iam:AddUserToGroup"],
    ),
    as_user(
        On::Anything,
        "attaches a policy that allows everything to a group and acts as a user, who may be in it",
        &["iam:AttachGroupPolicy"],
    ),
    on(On::Itself, "attaches a policy that allows everything to itself", &["iam:AttachRolePolicy"]),
    on(
        On::Another,
        "attaches a policy that allows everything to a role and assumes it",
        &["iam:AttachRolePolicy", "sts:AssumeRole"],
    ),
    on(
        On::TrustingRole,
        "attaches a policy that allows everything to a role, lets itself into it and assumes it",
        &["iam:AttachRolePolicy", "iam:UpdateAssumeRolePolicy", "sts:AssumeRole"],
    ),
    on(On::Itself, "writes an inline policy of its own", &["iam:PutUserPolicy"]),
    as_user(
        On::Another,
        "writes an inline policy of another user and acts as that user",
        &["iam:PutUserPolicy"],
    ),
    on(On::Itself, "writes an inline policy of a group that it is in", &["iam:PutGroupPolicy"]),
    on(
        On::OtherGroup,
        "writes an inline policy of a group and puts itself into it",
        &["iam:PutGroupPolicy", "iam:AddUserToGroup"],
    ),
    as_user(
        On::Anything,
        "writes an inline policy of a group and acts as a user, who may be in it",
        &["iam:PutGroupPolicy"],
    ),
    on(On::Itself, "writes an inline policy of its own", &["iam:PutRolePolicy"]),
    on(
        On::Another,
        "writes an inline policy of a role and assumes it",
        &["iam:PutRolePolicy", "sts:AssumeRole"],
    ),
    on(
        On::TrustingRole,
        "writes an inline policy of a role, lets itself into it and assumes it",
        &["iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy", "sts:AssumeRole"],
    ),
    on(On::OtherGroup, "puts itself into a group", &["iam:AddUserToGroup"]),
    as_user(On::Anything, "puts a user into a group and acts as that user", &["iam:AddUserToGroup"]),
    on(On::Another, "makes an access key of another user", &["iam:CreateAccessKey"]),
    on(On::Another, "gives another user a password", &["iam:CreateLoginProfile"]),
    on(On::Another, "changes the password of another user", &["iam:UpdateLoginProfile"]),
    on(
        On::TrustingRole,
        "lets itself into a role and assumes it",
        &["iam:UpdateAssumeRolePolicy", "sts:AssumeRole"],
    ),
    on(On::Itself, "takes its own boundary away", &["iam:DeleteUserPermissionsBoundary"]),
    as_user(
        On::Another,
        "takes the boundary from another user and acts as that user",
        &["iam:DeleteUserPermissionsBoundary"],
    ),
    on(On::Itself, "takes its own boundary away", &["iam:DeleteRolePermissionsBoundary"]),
    on(
        On::Another,
        "takes the boundary from a role and assumes it",
        &["iam:DeleteRolePermissionsBoundary", "sts:AssumeRole"],
    ),
    on(
        On::TrustingRole,
        "takes the boundary from a role, lets itself into it and assumes it",
        &["iam:DeleteRolePermissionsBoundary", "iam:UpdateAssumeRolePolicy", "sts:AssumeRole"],
    ),
    way(
        "replaces the code of a function, which runs with the function's role",
        &["lambda:UpdateFunctionCode"],
    ),
    way("runs commands on an instance, with the instance's role", &["ssm:SendCommand"]),
    way("opens a shell on an instance, with the instance's role", &["ssm:StartSession"]),
    way("opens a development endpoint, with its role", &["glue:UpdateDevEndpoint"]),
    passing("starts an instance with a role", "ec2.amazonaws.com", &["ec2:RunInstances"]),
    passing(
        "makes a function with a role and calls it",
        "lambda.amazonaws.com",
        &["lambda:CreateFunction", "lambda:InvokeFunction"],
    ),
    passing(
        "makes a function with a role that a stream calls",
        "lambda.amazonaws.com",
        &["lambda:CreateFunction", "lambda:CreateEventSourceMapping"],
    ),
    passing("makes a stack with a role", "cloudformation.amazonaws.com", &["cloudformation:CreateStack"]),
    passing("makes a development endpoint with a role", "glue.amazonaws.com", &["glue:CreateDevEndpoint"]),
    passing(
        "makes a job with a role and runs it",
        "glue.amazonaws.com",
        &["glue:CreateJob", "glue:StartJobRun"],
    ),
    passing(
        "makes a pipeline with a role and starts it",
        "datapipeline.amazonaws.com",
        &[
            "datapipeline:CreatePipeline",
            "datapipeline:PutPipelineDefinition",
            "datapipeline:ActivatePipeline",
        ],
    ),
    passing(
        "makes a notebook with a role and opens it",
        "sagemaker.amazonaws.com",
        &["sagemaker:CreateNotebookInstance", "sagemaker:CreatePresignedNotebookInstanceUrl"],
    ),
    passing(
        "makes a build project with a role and starts it",
        "codebuild.amazonaws.com",
        &["codebuild:CreateProject", "codebuild:StartBuild"],
    ),
    passing(
        "makes a task with a role and runs it",
        "ecs-tasks.amazonaws.com",
        &["ecs:RegisterTaskDefinition", "ecs:RunTask"],
    ),
    passing(
        "makes a state machine with a role and runs it",
        "states.amazonaws.com",
        &["states:CreateStateMachine", "states:StartExecution"],
    ),
];

/// How somebody can get more permissions than it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Escalation {
    /// It may do everything that an account has to give already, by this statement.
    Administrator(StatementRef),
    /// By some actions, all of which it may.
    By {
        /// What is won.
        what: &'static str,
        /// The actions, each with a request that is allowed.
        steps: Vec<Step>,
    },
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// `iam:PassRole`.
    pub action: &'static str,
    /// A request that the evaluator allowed.
    pub example: Request,
    /// A statement that allows it.
    pub statement: StatementRef,
}

/// The ways in which a subject can get more permissions than it has; of an administrator none but that. `groups` are those
/// that it is in, as ARNs name them: `group/dev/readers`. A policy's unknown holder may be any user, in any group.
pub fn escalations(
    analysis: &mut Analysis<'_>,
    subject: &Subject,
    groups: &[String],
) -> Result<Vec<Escalation>, AnalysisError> {
    if let Some((_, statement)) = analysis.granting_all(subject, &[Part::default()])?.first() {
        return Ok(vec![Escalation::Administrator(*statement)]);
    }
    let own = Own::of(subject, groups);
    let trusted = trusted(subject);
    let mut found = Vec::new();
    let mut changing: Vec<&str> = Vec::new();
    for way in WAYS {
        let first = way.actions.first().copied().unwrap_or_default();
        if changing.contains(&first) {
            continue;
        }
        let asked = if way.on == On::TrustingRole { &trusted } else { subject };
        let Some(steps) = gone(way, analysis, asked, &own)? else { continue };
        if way.on != On::Anything {
            changing.push(first);
        }
        found.push(Escalation::By { what: way.what, steps });
    }
    Ok(found)
}

/// The steps of a way, if a subject can go it.
fn gone(
    way: &Way,
    analysis: &mut Analysis<'_>,
    subject: &Subject,
    own: &Own,
) -> Result<Option<Vec<Step>>, AnalysisError> {
    let passing = way.passed_to.map(|service| ("iam:PassRole", Some(service)));
    let actions = way.actions.iter().map(|action| (*action, None));
    let needed: Vec<(&'static str, Option<&str>)> = passing.into_iter().chain(actions).collect();
    let alternatives: Vec<Vec<_>> = match way.then {
        [] => vec![needed],
        some => some.iter().map(|then| [needed.clone(), vec![(*then, None)]].concat()).collect(),
    };
    for steps in alternatives {
        let mut asked = Vec::new();
        for (action, service) in &steps {
            let Some(step) = own.step(way.on, action, *service) else { return Ok(None) };
            asked.push(step);
        }
        // By each action somebody else, or by all of them the same one.
        let chains: Vec<Vec<analysis::Step>> = match way.on {
            On::Anything => asked.into_iter().map(|step| vec![step]).collect(),
            _ => vec![asked],
        };
        let shown: Option<Vec<_>> = analysis.shown(subject, &chains)?.into_iter().collect();
        let Some(shown) = shown else { continue };
        let step = |((action, _), shown): (&(&'static str, Option<&str>), analysis::Shown)| Step {
            action,
            example: spelled(shown.witness.request, action),
            statement: shown.statement,
        };
        return Ok(Some(steps.iter().zip(shown.into_iter().flatten()).map(step).collect()));
    }
    Ok(None)
}

/// A request for an action in AWS's spelling.
fn spelled(mut request: Request, action: &str) -> Request {
    if let Some(action) = Action::parse(action) {
        request.action = action;
    }
    for key in [PASSED_TO, POLICY_ARN] {
        if let Some(value) = request.context.get(key).cloned() {
            request.context.remove(key);
            request.context.set(key, value);
        }
    }
    request
}

/// What of IAM is the principal's own, as patterns of ARNs.
#[derive(Default)]
struct Own {
    /// Whether it is not known who it is: any user, in any group.
    is_anyone: bool,
    /// Its account, or `*`.
    account: String,
    user: Vec<String>,
    role: Vec<String>,
    groups: Vec<String>,
    /// Whether it can be that it has a boundary.
    has_boundary: bool,
}

impl Own {
    fn of(subject: &Subject, groups: &[String]) -> Own {
        let any = |kind| vec![format!("arn:*:iam::*:{kind}/*")];
        let account = "*".to_owned();
        let Callers::One(Caller::Iam(caller)) = &subject.callers else {
            let (user, groups) = (any("user"), any("group"));
            return Own { is_anyone: true, account, user, groups, has_boundary: true, ..Own::default() };
        };
        let account = caller.account.as_ref().map_or(account, ToString::to_string);
        let arn = |resource: &str| format!("arn:*:iam::{account}:{resource}");
        let IamCaller { path, name, .. } = caller;
        let (user, role) = match caller.kind {
            IamKind::User => (vec![arn(&format!("user{path}{name}"))], Vec::new()),
            IamKind::RoleSession(_) => (Vec::new(), vec![arn(&format!("role{path}{name}"))]),
            IamKind::FederatedUser(_) | IamKind::Root => (Vec::new(), Vec::new()),
        };
        let groups = groups.iter().map(|group| arn(group)).collect();
        let has_boundary = subject.situations.iter().any(|situation| !situation.layers.boundary.is_empty());
        Own { is_anyone: false, account, user, role, groups, has_boundary }
    }

    /// A step of a way on somebody; none where there is nobody.
    fn step(&self, on: On, action: &str, passed_to: Option<&str>) -> Option<analysis::Step> {
        let none = Vec::new();
        let account = &self.account;
        let of = |kind: &str| format!("arn:*:iam::{account}:{kind}/*");
        // AWS's own policies cannot be changed, and only some types of resources matter.
        let (all, own) = match action {
            "iam:PassRole" => (of("role"), &none),
            "sts:AssumeRole" => ("arn:*:iam::*:role/*".to_owned(), &self.role),
            "iam:CreatePolicyVersion" | "iam:SetDefaultPolicyVersion" if account == "*" => {
                ("arn:*:iam::????????????:policy/*".to_owned(), &none)
            }
            "iam:CreatePolicyVersion" | "iam:SetDefaultPolicyVersion" => (of("policy"), &none),
            _ if action.starts_with("iam:") && action.contains("Group") => (of("group"), &self.groups),
            _ if action.starts_with("iam:") && action.contains("Role") => (of("role"), &self.role),
            _ if action.starts_with("iam:") => (of("user"), &self.user),
            "ec2:RunInstances" => ("arn:*:ec2:*:*:instance/*".to_owned(), &none),
            _ => ("*".to_owned(), &none),
        };
        let (resources, but_not_on) = match on {
            On::Itself if action.ends_with("PermissionsBoundary") && !self.has_boundary => return None,
            On::Itself => (own.as_slice(), &none),
            On::OtherGroup if self.user.is_empty() => return None,
            _ if self.is_anyone => (std::slice::from_ref(&all), &none),
            _ => (std::slice::from_ref(&all), own),
        };
        Some(analysis::Step {
            action: Action::parse(action)?,
            about: about(action, resources, passed_to)?,
            but_not_on: about(action, but_not_on, None).map(entries).unwrap_or_default(),
        })
    }
}

/// The requests for an action; of those that attach a policy, for one that allows everything; for passing a role, to a
/// service. None on no resources.
fn about(action: &str, resources: &[String], passed_to: Option<&str>) -> Option<Statement> {
    if resources.is_empty() {
        return None;
    }
    let mut statement = json!({ "Effect": "Allow", "Action": action, "Resource": resources });
    if action.starts_with("iam:Attach") {
        statement["Condition"] = json!({ "ArnEquals": { POLICY_ARN: ADMINISTRATOR } });
    }
    if let Some(service) = passed_to {
        statement["Condition"] = json!({ "StringEquals": { PASSED_TO: service } });
    }
    let policy = json!({ "Version": "2012-10-17", "Statement": statement });
    parse(&policy.to_string(), PolicyType::Identity).policy.statements.pop()
}

fn entries(statement: Statement) -> Vec<Spanned<ResourcePattern>> {
    match statement.resource {
        Some(Selector::In(entries)) => entries,
        Some(Selector::NotIn(_)) | None => Vec::new(),
    }
}

/// A subject once it has written itself into the trust policy of every role.
fn trusted(subject: &Subject) -> Subject {
    let caller = match &subject.callers {
        Callers::One(Caller::Iam(caller)) if caller.account.is_some() => caller.principal_arn(),
        _ => "*".to_owned(),
    };
    let statement = json!({
        "Effect": "Allow",
        "Principal": { "AWS": caller },
        "Action": "sts:AssumeRole",
        "Resource": "arn:*:iam::*:role/*",
    });
    let text = json!({ "Version": "2012-10-17", "Statement": statement }).to_string();
    let policy_type = PolicyType::Resource(ResourceService::Other);
    let trust = LayerPolicy::read("trust policy", "written", &text, policy_type);
    let mut subject = Subject { told: vec![Layer::Identity, Layer::Resource], ..subject.clone() };
    for situation in &mut subject.situations {
        situation.layers.resource.retain(|policy| policy.policy_type != PolicyType::Trust);
        situation.layers.resource.push(trust.clone());
    }
    subject
}
