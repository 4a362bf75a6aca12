//! Ways in which who holds some permissions can give itself more: combinations of actions that are known from practice,
//! each looked for in all that a principal may do.

use serde_json::json;

use crate::analysis::{Analysis, AnalysisError, Part, Subject};
use crate::caller::Caller;
use crate::compile::Callers;
use crate::layers::StatementRef;
use crate::policy::{PolicyType, Statement, parse};
use crate::request::{Action, Request};

/// The policy that gives the most.
const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
/// The key of the service to which a role is passed.
const PASSED_TO: &str = "iam:PassedToService";

/// What it takes.
struct Way {
    /// What is won.
    what: &'static str,
    /// The actions, all of them.
    actions: &'static [&'static str],
    /// To which service a role is passed.
    passed_to: Option<&'static str>,
}

const fn way(what: &'static str, actions: &'static [&'static str]) -> Way {
    Way { what, actions, passed_to: None }
}

const fn passing(what: &'static str, service: &'static str, actions: &'static [&'static str]) -> Way {
    Way { what, actions, passed_to: Some(service) }
}

const WAYS: &[Way] = &[
    way("writes a new version of a managed policy and makes it the default", &["iam:CreatePolicyVersion"]),
    way("makes an older version of a managed policy the default", &["iam:SetDefaultPolicyVersion"]),
    way("attaches a policy that allows everything to a user", &["iam:AttachUserPolicy"]),
    way("attaches a policy that allows everything to a group", &["iam:AttachGroupPolicy"]),
    way(
        "attaches a policy that allows everything to a role and assumes it",
        &["iam:AttachRolePolicy", "sts:AssumeRole"],
    ),
    way("writes an inline policy of a user", &["iam:PutUserPolicy"]),
    way("writes an inline policy of a group", &["iam:PutGroupPolicy"]),
    way("writes an inline policy of a role and assumes it", &["iam:PutRolePolicy", "sts:AssumeRole"]),
    way("puts a user into a group", &["iam:AddUserToGroup"]),
    way("makes an access key of another user", &["iam:CreateAccessKey"]),
    way("gives another user a password", &["iam:CreateLoginProfile"]),
    way("changes the password of another user", &["iam:UpdateLoginProfile"]),
    way("lets itself into a role and assumes it", &["iam:UpdateAssumeRolePolicy", "sts:AssumeRole"]),
    way("takes the boundary from a user", &["iam:DeleteUserPermissionsBoundary"]),
    way("takes the boundary from a role", &["iam:DeleteRolePermissionsBoundary"]),
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

/// The ways in which a subject can get more permissions than it has; of an administrator none but that.
pub fn escalations(analysis: &mut Analysis<'_>, subject: &Subject) -> Result<Vec<Escalation>, AnalysisError> {
    if let Some((_, statement)) = analysis.granting_all(subject, &Part::default())?.first() {
        return Ok(vec![Escalation::Administrator(*statement)]);
    }
    let own = match &subject.callers {
        Callers::One(caller @ Caller::Iam(_)) => {
            caller.to_string().splitn(6, ':').nth(5).map(|name| format!("arn:*:iam::*:{name}"))
        }
        _ => None,
    };
    let own = own.as_deref();
    let asked: Vec<(usize, &'static str, Statement)> = WAYS
        .iter()
        .enumerate()
        .flat_map(|(nth, way)| {
            let passing = way.passed_to.map(|service| ("iam:PassRole", Some(service)));
            let actions = way.actions.iter().map(|action| (*action, None));
            let steps: Vec<_> = passing.into_iter().chain(actions).collect();
            steps
                .into_iter()
                .filter_map(move |(action, service)| Some((nth, action, about(action, service, own)?)))
        })
        .collect();
    let statements: Vec<Statement> = asked.iter().map(|(_, _, statement)| statement.clone()).collect();
    let shown = analysis.shown(subject, &statements)?;
    let mut found = Vec::new();
    for (nth, way) in WAYS.iter().enumerate() {
        let of_way = asked.iter().zip(&shown).filter(|((of, _, _), _)| *of == nth);
        let steps: Option<Vec<Step>> = of_way
            .map(|((_, action, _), shown)| {
                let (statement, witness) = shown.as_ref()?;
                Some(Step {
                    action,
                    example: spelled(witness.request.clone(), action),
                    statement: *statement,
                })
            })
            .collect();
        found.extend(steps.map(|steps| Escalation::By { what: way.what, steps }));
    }
    Ok(found)
}

/// A request for an action in AWS's spelling.
fn spelled(mut request: Request, action: &str) -> Request {
    if let Some(action) = Action::parse(action) {
        request.action = action;
    }
    if let Some(service) = request.context.get(PASSED_TO).cloned() {
        request.context.remove(PASSED_TO);
        request.context.set(PASSED_TO, service);
    }
    request
}

/// What it takes to win something: AWS's own policies cannot be changed, and only some types of resources matter.
fn resource_of(action: &str) -> &'static str {
    match action {
        "iam:PassRole" | "sts:AssumeRole" => "arn:*:iam::*:role/*",
        "iam:CreatePolicyVersion" | "iam:SetDefaultPolicyVersion" => "arn:*:iam::????????????:policy/*",
        "ec2:RunInstances" => "arn:*:ec2:*:*:instance/*",
        _ if action.starts_with("iam:") && action.contains("Group") => "arn:*:iam::*:group/*",
        _ if action.starts_with("iam:") && action.contains("Role") => "arn:*:iam::*:role/*",
        _ if action.starts_with("iam:") => "arn:*:iam::*:user/*",
        _ => "*",
    }
}

/// The requests for an action; of those that attach a policy, for one that allows everything; for passing a role, to a service.
fn about(action: &str, passed_to: Option<&str>, own: Option<&str>) -> Option<Statement> {
    let mut statement = json!({ "Effect": "Allow", "Action": action, "Resource": resource_of(action) });
    // What somebody does with its own keys and password wins nothing.
    if let (Some(own), "iam:CreateAccessKey" | "iam:CreateLoginProfile" | "iam:UpdateLoginProfile") =
        (own, action)
    {
        statement = json!({ "Effect": "Allow", "Action": action, "NotResource": own });
    }
    if action.starts_with("iam:Attach") {
        statement["Condition"] = json!({ "ArnEquals": { "iam:PolicyARN": ADMINISTRATOR } });
    }
    if let Some(service) = passed_to {
        statement["Condition"] = json!({ "StringEquals": { PASSED_TO: service } });
    }
    let policy = json!({ "Version": "2012-10-17", "Statement": statement });
    parse(&policy.to_string(), PolicyType::Identity).policy.statements.pop()
}
