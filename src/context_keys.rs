//! The global context keys (semantics 5.2 to 5.6): their type, their arity, and whether a request of an IAM
//! principal always has them.

use crate::caller::Caller;
use crate::catalog::{Catalog, KeyKind, KeyType};
use crate::request::Action;

/// The account of the resource of a request.
pub(crate) const OWNER: &str = "aws:ResourceAccount";

/// What is known about a global key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GlobalKey {
    /// AWS's spelling; one that ends in `/` is completed by a tag key.
    pub name: &'static str,
    /// Type and arity.
    pub kind: KeyKind,
    /// Whether a request of an IAM principal always has it (R-EVL-75).
    pub always_present: bool,
}

impl GlobalKey {
    /// Whether every request of some callers has it: of IAM principals, or of whoever may ask. What tells of the
    /// principal is not said of everybody (semantics 5.2).
    pub fn is_always_present(&self, of: Askers) -> bool {
        let name = self.name.to_ascii_lowercase();
        let is_of_principal = name.starts_with("aws:principal") || name == "aws:userid";
        self.always_present && (of == Askers::IamPrincipals || !is_of_principal)
    }
}

/// Whether every request of a caller has a key (R-EVL-75).
pub fn is_always_present(key: &str, caller: &Caller) -> bool {
    global_key(key).is_some_and(|known| known.is_always_present(Askers::of(caller)))
}

/// Whose requests are asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Askers {
    /// Users, roles, federated users, root users.
    IamPrincipals,
    /// Anyone: services and anonymous callers, too.
    Anyone,
}

impl Askers {
    /// Of a canonical user nothing is known but the id.
    pub fn of(caller: &Caller) -> Askers {
        if caller.iam().is_some() { Askers::IamPrincipals } else { Askers::Anyone }
    }
}

const fn key(name: &'static str, base: KeyType) -> GlobalKey {
    GlobalKey { name, kind: KeyKind { base, multivalued: false }, always_present: false }
}

const fn list(name: &'static str, base: KeyType) -> GlobalKey {
    GlobalKey { name, kind: KeyKind { base, multivalued: true }, always_present: false }
}

const fn always(name: &'static str, base: KeyType) -> GlobalKey {
    GlobalKey { name, kind: KeyKind { base, multivalued: false }, always_present: true }
}

/// Every global key, and the session keys of services that are present on other services' requests.
pub const GLOBAL_KEYS: &[GlobalKey] = &[
    always("aws:PrincipalArn", KeyType::Arn),
    always("aws:PrincipalAccount", KeyType::String),
    key("aws:PrincipalOrgID", KeyType::String),
    list("aws:PrincipalOrgPaths", KeyType::String),
    key("aws:PrincipalTag/", KeyType::String),
    always("aws:PrincipalIsAWSService", KeyType::Bool),
    key("aws:PrincipalServiceName", KeyType::String),
    list("aws:PrincipalServiceNamesList", KeyType::String),
    always("aws:PrincipalType", KeyType::String),
    always("aws:userid", KeyType::String),
    key("aws:username", KeyType::String),
    key("aws:AssumedRoot", KeyType::Bool),
    key("aws:FederatedProvider", KeyType::String),
    key("aws:TokenIssueTime", KeyType::Date),
    key("aws:SignInSessionArn", KeyType::Arn),
    key("aws:MultiFactorAuthPresent", KeyType::Bool),
    key("aws:MultiFactorAuthAge", KeyType::Numeric),
    key("aws:SourceIdentity", KeyType::String),
    key("aws:ChatbotSourceArn", KeyType::Arn),
    key("aws:Ec2InstanceSourceVpc", KeyType::String),
    key("aws:Ec2InstanceSourcePrivateIPv4", KeyType::IpAddress),
    key("aws:ViaCustomerDomain", KeyType::String),
    key("ec2:RoleDelivery", KeyType::Numeric),
    key("ec2:SourceInstanceArn", KeyType::Arn),
    key("glue:RoleAssumedBy", KeyType::String),
    key("glue:CredentialIssuingService", KeyType::String),
    key("lambda:SourceFunctionArn", KeyType::Arn),
    key("ssm:SourceInstanceArn", KeyType::Arn),
    key("codebuild:BuildArn", KeyType::Arn),
    key("codebuild:ProjectArn", KeyType::Arn),
    key("identitystore:UserId", KeyType::String),
    key("aws:SourceIp", KeyType::IpAddress),
    key("aws:SourceVpc", KeyType::String),
    key("aws:SourceVpcArn", KeyType::Arn),
    key("aws:SourceVpce", KeyType::String),
    key("aws:VpceAccount", KeyType::String),
    key("aws:VpceOrgID", KeyType::String),
    list("aws:VpceOrgPaths", KeyType::String),
    key("aws:VpcSourceIp", KeyType::IpAddress),
    key("aws:ResourceAccount", KeyType::String),
    key("aws:ResourceOrgID", KeyType::String),
    list("aws:ResourceOrgPaths", KeyType::String),
    key("aws:ResourceTag/", KeyType::String),
    list("aws:CalledVia", KeyType::String),
    key("aws:CalledViaFirst", KeyType::String),
    key("aws:CalledViaLast", KeyType::String),
    key("aws:CalledViaAWSMCP", KeyType::String),
    always("aws:ViaAWSService", KeyType::Bool),
    key("aws:ViaAWSMCPService", KeyType::Bool),
    key("aws:IsMcpServiceAction", KeyType::Bool),
    always("aws:CurrentTime", KeyType::Date),
    always("aws:EpochTime", KeyType::Date),
    key("aws:referer", KeyType::String),
    key("aws:RequestedRegion", KeyType::String),
    key("aws:RequestTag/", KeyType::String),
    list("aws:TagKeys", KeyType::String),
    always("aws:SecureTransport", KeyType::Bool),
    key("aws:SourceAccount", KeyType::String),
    key("aws:SourceArn", KeyType::Arn),
    key("aws:SourceOrgID", KeyType::String),
    list("aws:SourceOrgPaths", KeyType::String),
    key("aws:SourceOwner", KeyType::String),
    key("aws:UserAgent", KeyType::String),
];

/// Looks a global key up, letter case aside; `aws:PrincipalTag/team` finds `aws:PrincipalTag/`.
pub fn global_key(name: &str) -> Option<GlobalKey> {
    let fits = |known: &&GlobalKey| match name.split_at_checked(known.name.len()) {
        Some((start, rest)) if known.name.ends_with('/') => {
            !rest.is_empty() && start.eq_ignore_ascii_case(known.name)
        }
        Some((start, "")) => start.eq_ignore_ascii_case(known.name),
        _ => false,
    };
    GLOBAL_KEYS.iter().find(fits).copied()
}

/// Type and arity of a key (R-EVL-76): of a global key from the table, else from the catalogue. `None`: a
/// string, multivalued if and only if a policy in play uses it under a set operator.
pub fn key_kind(name: &str, catalog: &Catalog) -> Option<KeyKind> {
    global_key(name).map(|known| known.kind).or_else(|| catalog.key_kind(name))
}

/// Services that have one endpoint in a partition (semantics 5.6).
const GLOBAL_SERVICES: [&str; 4] = ["iam", "organizations", "route53", "cloudfront"];

/// The region in which a global service takes an action in a partition, as `aws:RequestedRegion` has it (semantics 5.6);
/// none of other services, and where it could be more than one.
pub fn global_region(action: &Action, partition: &str) -> Option<&'static str> {
    let is = |service: &str| action.service().eq_ignore_ascii_case(service);
    // It is asked for in calls of other services.
    let is_pass_role = is("iam") && action.name().eq_ignore_ascii_case("PassRole");
    if is_pass_role || !GLOBAL_SERVICES.into_iter().any(is) {
        return None;
    }
    match partition {
        "aws" => Some("us-east-1"),
        "aws-us-gov" => Some("us-gov-west-1"),
        _ => None,
    }
}
