//! Policies that a question brings along: `--session-policy`, `--resource-policy`, `--vpc-endpoint-policy`, `--scp`,
//! `--rcp`.

use super::super::error::CliError;
use super::super::resolve::policy_version;
use super::super::source::{Given, Source, neither_file_nor_stored};
use crate::eval::resource_policy_type_of;
use crate::layers::{LayerPolicy, Level, PolicyLayers};
use crate::policy::{Document, PolicyType};
use crate::request::Request;
use crate::store::Snapshot;
use crate::stored::layer_policy;

/// Policies beside those that are stored.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Policies of the question")]
pub(crate) struct GivenPolicies {
    /// A session policy; several make a union
    #[arg(long, value_name = "POLICY")]
    session_policy: Vec<String>,
    /// The resource's policy, in place of the stored one; of a role its trust policy
    #[arg(long, value_name = "POLICY")]
    resource_policy: Option<String>,
    /// The policy of the VPC endpoint through which the request comes, in place of the stored one of the endpoint that
    /// `--context aws:SourceVpce=…` names
    #[arg(long, value_name = "POLICY")]
    vpc_endpoint_policy: Option<String>,
    /// A service control policy at a level of its own, below those that are stored; several stand at one level
    #[arg(long, value_name = "POLICY")]
    scp: Vec<String>,
    /// A resource control policy, likewise
    #[arg(long, value_name = "POLICY")]
    rcp: Vec<String>,
}

impl GivenPolicies {
    /// Whether there is one of the resource.
    pub(super) fn gives_resource_policy(&self) -> bool {
        self.resource_policy.is_some()
    }

    /// The layers with these policies in them.
    pub(super) fn join(
        &self,
        mut layers: PolicyLayers,
        request: &Request,
        snapshot: &Snapshot<'_>,
    ) -> Result<PolicyLayers, CliError> {
        let read = |arguments: &[String], policy_type, kind: &str| -> Result<Vec<LayerPolicy>, CliError> {
            arguments.iter().map(|argument| read(argument, policy_type, kind, snapshot)).collect()
        };
        layers.session.extend(read(&self.session_policy, PolicyType::Session, "session policy")?);
        if let Some(argument) = &self.resource_policy {
            let policy_type = resource_policy_type_of(&request.action, &request.resource);
            let kind = if policy_type == PolicyType::Trust { "trust policy" } else { "resource policy" };
            layers.resource = read(std::slice::from_ref(argument), policy_type, kind)?;
        }
        if let Some(argument) = &self.vpc_endpoint_policy {
            let argument = std::slice::from_ref(argument);
            layers.vpc_endpoint = read(argument, PolicyType::VpcEndpoint, "VPC endpoint policy")?;
        }
        let level = |policies| Level { name: "the command line".to_owned(), policies };
        if !self.scp.is_empty() {
            layers.scp.push(level(read(&self.scp, PolicyType::Scp, "service control policy")?));
        }
        if !self.rcp.is_empty() {
            layers.rcp.push(level(read(&self.rcp, PolicyType::Rcp, "resource control policy")?));
        }
        Ok(layers)
    }
}

/// A policy that was named: a document, or the default version of a stored policy.
fn read(
    argument: &str,
    policy_type: PolicyType,
    kind: &str,
    snapshot: &Snapshot<'_>,
) -> Result<LayerPolicy, CliError> {
    match Source::read(argument)? {
        Source::Given(Given { label, text, .. }) => {
            Ok(layer_policy(label, kind, policy_type, Some(&Document::new(text))))
        }
        Source::Stored(name) => {
            let Some((policy, version)) = policy_version(snapshot, &name)? else {
                return Err(neither_file_nor_stored(snapshot, &name)?);
            };
            Ok(layer_policy(policy.name, kind, policy_type, Some(&version.document)))
        }
    }
}
