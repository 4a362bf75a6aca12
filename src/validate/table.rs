//! Every check there is: its code in AWS's spelling, how bad its findings are, the types of policies that it is about,
//! what decides it, and what it means (semantics 6.2 to 6.5).

use std::fmt;

use super::FindingType;
use crate::policy::PolicyType;

/// One check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Check {
    /// AWS's issue code.
    pub code: &'static str,
    /// How bad a finding of it is.
    pub finding_type: FindingType,
    /// The types of policies that can have it.
    pub types: Types,
    /// What decides it.
    pub basis: Basis,
    /// What it finds: lower case, no final period.
    pub meaning: &'static str,
}

impl Check {
    /// Where AWS explains it (R-AA-1); of what AWS has no check of, the rules by which policies are evaluated.
    pub fn learn_more(&self) -> String {
        const GUIDE: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide";
        if self.basis == Basis::Proof {
            return format!("{GUIDE}/reference_policies_evaluation-logic.html");
        }
        let kind = match self.finding_type {
            FindingType::Error => "error",
            FindingType::SecurityWarning => "security-warning",
            FindingType::Warning => "general-warning",
            FindingType::Suggestion => "suggestion",
        };
        let page = "access-analyzer-reference-policy-checks";
        format!("{GUIDE}/{page}.html#{page}-{kind}-{}", self.code.to_lowercase().replace('_', "-"))
    }
}

/// What decides a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// The policy alone.
    Policy,
    /// The policy, and the catalogue of services (R-AA-3).
    Catalogue,
    /// Nothing that AWS checks: most by the algebra, over all requests.
    Proof,
    /// Nothing that is here: why it is not decided.
    Nothing(&'static str),
}

/// Some of the types of policies that AWS's checks tell apart (R-AA-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Types(u8);

/// Identity-based policies, boundaries and session policies.
const I: Types = Types(1);
/// Policies of resources and VPC endpoints.
const R: Types = Types(2);
/// Trust policies.
const T: Types = Types(4);
/// Service control policies.
const S: Types = Types(8);
/// Resource control policies.
const C: Types = Types(16);
/// Every policy.
const ALL: Types = Types(31);

impl Types {
    const fn and(self, other: Types) -> Types {
        Types(self.0 | other.0)
    }

    /// Whether policies of a type are among them.
    pub fn contain(self, policy_type: PolicyType) -> bool {
        let Types(one) = match policy_type {
            PolicyType::Identity | PolicyType::Boundary | PolicyType::Session => I,
            PolicyType::Resource(_) | PolicyType::VpcEndpoint => R,
            PolicyType::Trust => T,
            PolicyType::Scp => S,
            PolicyType::Rcp => C,
        };
        self.0 & one != 0
    }

    /// Their names, as the command line spells them.
    pub fn names(self) -> Vec<&'static str> {
        let named = [(I, "identity"), (R, "resource"), (T, "trust"), (S, "scp"), (C, "rcp")];
        named.into_iter().filter(|(one, _)| self.0 & one.0 != 0).map(|(_, name)| name).collect()
    }
}

impl fmt::Display for Types {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == ALL { f.write_str("all") } else { f.write_str(&self.names().join(", ")) }
    }
}

/// The check of a code.
pub fn check(code: &str) -> Option<&'static Check> {
    CHECKS.iter().find(|check| check.code == code)
}

macro_rules! checks {
    ($($finding_type:ident, $code:literal, $types:expr, $basis:expr, $meaning:literal;)*) => {
        /// Every check: those of AWS, the worst first and each kind by its code, and behind them what AWS has no check of,
        /// the worst first too.
        pub const CHECKS: &[Check] = &[$(Check {
            code: $code,
            finding_type: FindingType::$finding_type,
            types: $types,
            basis: $basis,
            meaning: $meaning,
        }),*];
    };
}

use Basis::{Catalogue, Nothing, Policy, Proof};

/// Why AWS's checks of the grammar before September 2025 are not made (R-GRM-33).
const WITHDRAWN: &str = "AWS withdrew it in September 2025, with the limits that it checked";

checks! {
    Error, "ARN_ACCOUNT_NOT_ALLOWED", ALL, Catalogue, "an ARN names an account, and such resources have none in their ARN";
    Error, "ARN_REGION_NOT_ALLOWED", ALL, Catalogue, "an ARN names a region, and such resources are in none";
    Error, "DATA_TYPE_MISMATCH", ALL, Policy, "an element has a JSON value of the wrong type";
    Error, "DUPLICATE_KEYS_WITH_DIFFERENT_CASE", ALL, Policy, "two condition keys or operators of one block differ only in letter case";
    Error, "EMPTY_VARIABLE", ALL, Policy, "a policy variable has no name: `${}`";
    Error, "FEDERATED_PRINCIPAL_NOT_SUPPORTED", R, Policy, "an identity provider is a principal outside of a trust policy";
    Error, "INVALID_ACTION", ALL, Catalogue, "the action does not exist, or the pattern matches none";
    Error, "INVALID_ARN_ACCOUNT", ALL, Policy, "the account of an ARN is not twelve digits";
    Error, "INVALID_ARN_PREFIX", ALL, Policy, "a resource has the fields of an ARN and does not begin with `arn:`";
    Error, "INVALID_ARN_REGION", ALL, Policy, "the region of an ARN does not exist";
    Error, "INVALID_ARN_RESOURCE", ALL, Catalogue, "the last field of an ARN fits no type of resource of its service";
    Error, "INVALID_ARN_SERVICE_CASE", ALL, Catalogue, "the service of an ARN exists in other letter case";
    Error, "INVALID_CONDITION_DATA_TYPE", ALL, Policy, "the values of one condition key have different JSON types";
    Error, "INVALID_CONDITION_KEY_FORMAT", ALL, Policy, "a condition key is not of the form `prefix:name`";
    Error, "INVALID_CONDITION_MULTIPLE_BOOLEAN", ALL, Policy, "a boolean test has several values";
    Error, "INVALID_CONDITION_OPERATOR", ALL, Policy, "the condition operator does not exist";
    Error, "INVALID_EFFECT", ALL, Policy, "the effect is neither `Allow` nor `Deny`";
    Error, "INVALID_FEDERATED_PRINCIPAL_SYNTAX_IN_ROLE_TRUST_POLICY", T, Policy, "a federated principal is neither the ARN nor the domain of an identity provider";
    Error, "INVALID_GLOBAL_CONDITION_KEY", ALL, Policy, "the global condition key does not exist";
    Error, "INVALID_KMS_KEY_VALUE", ALL, Policy, "a value names a KMS key in none of the forms of its ARN";
    Error, "INVALID_PARTITION", ALL, Policy, "the partition of an ARN does not exist";
    Error, "INVALID_POLICY_ELEMENT", ALL, Policy, "the element does not exist here";
    Error, "INVALID_PRINCIPAL_FORMAT", R.and(T).and(C), Policy, "a principal is of no known form";
    Error, "INVALID_PRINCIPAL_KEY", R.and(T), Policy, "a principal has another key than AWS, Service, Federated and CanonicalUser";
    Error, "INVALID_REGION", ALL, Policy, "a condition is about a region that does not exist";
    Error, "INVALID_SERVICE", ALL, Catalogue, "the service of an ARN or of a condition key does not exist";
    Error, "INVALID_SERVICE_CONDITION_KEY", ALL, Catalogue, "the service has no such condition key";
    Error, "INVALID_SERVICE_IN_ACTION", ALL, Catalogue, "the service of an action does not exist";
    Error, "INVALID_SERVICE_PRINCIPAL_FORMAT", ALL, Policy, "a service principal is not of the form `service.amazonaws.com`";
    Error, "INVALID_VARIABLE_FOR_OPERATOR", ALL, Policy, "a policy variable stands under an operator that substitutes none";
    Error, "INVALID_VERSION", ALL, Policy, "the version is neither `2012-10-17` nor `2008-10-17`";
    Error, "INVALID_VPCE_FORMAT", ALL, Policy, "`aws:SourceVpce` is not compared with the id of a VPC endpoint";
    Error, "INVALID_VPC_FORMAT", ALL, Policy, "`aws:SourceVpc` is not compared with the id of a VPC";
    Error, "JSON_SYNTAX_ERROR", ALL, Policy, "the document is not JSON, or has a key twice";
    Error, "MISMATCHED_ACTION_FOR_PRINCIPAL", T, Policy, "the principal cannot assume the role by that action";
    Error, "MISSING_ACTION", ALL, Policy, "a statement has neither `Action` nor `NotAction`";
    Error, "MISSING_ACTION_FOR_CONDITION_KEY", T, Policy, "the condition key only exists in calls of an action that the statement does not have";
    Error, "MISSING_ACTION_FOR_ROLES_ANYWHERE_TRUST_POLICY", T, Policy, "IAM Roles Anywhere is trusted without all three of the actions that it calls";
    Error, "MISSING_ARN_ACCOUNT", ALL, Catalogue, "an ARN names no account, and such resources have one";
    Error, "MISSING_ARN_FIELD", ALL, Policy, "a resource has fewer than the six fields of an ARN and is not `*`";
    Error, "MISSING_ARN_REGION", ALL, Catalogue, "an ARN names no region, and such resources are in one";
    Error, "MISSING_BRACE_IN_VARIABLE", ALL, Policy, "a policy variable is not closed";
    Error, "MISSING_EFFECT", ALL, Policy, "a statement has no `Effect`";
    Error, "MISSING_PRINCIPAL", R.and(T).and(C), Policy, "a statement has neither `Principal` nor `NotPrincipal`";
    Error, "MISSING_QUALIFIER", ALL, Catalogue, "a key with several values is tested without `ForAllValues:` or `ForAnyValue:`";
    Error, "MISSING_QUOTE_IN_VARIABLE", ALL, Policy, "the default of a policy variable is not in single quotes";
    Error, "MISSING_RESOURCE", I.and(R).and(S).and(C), Policy, "a statement has neither `Resource` nor `NotResource`";
    Error, "MISSING_STATEMENT", ALL, Policy, "the policy has no statement";
    Error, "MISSING_TAG_KEY_IN_CONDITION", ALL, Catalogue, "a tag condition does not say which tag";
    Error, "NULL_WITH_IF_EXISTS", ALL, Policy, "`Null` is about missing keys, and `IfExists` excludes them";
    Error, "POLICY_SIZE_EXCEEDS_RCP_QUOTA", C, Policy, "the document is longer than a resource control policy may be";
    Error, "POLICY_SIZE_EXCEEDS_SCP_QUOTA", S, Policy, "the document is longer than a service control policy may be";
    Error, "PRIVATE_IP_ADDRESS", ALL, Policy, "`aws:SourceIp` must be in private networks only, where no caller of AWS's public endpoints is";
    Error, "PRIVATE_NOT_IP_ADDRESS", ALL, Policy, "`aws:SourceIp` must be outside of private networks only, as every caller of AWS's public endpoints is";
    Error, "RCP_SYNTAX_ERROR_ACTION", C, Catalogue, "an action of a resource control policy is without service, or of a service that has none";
    Error, "RCP_SYNTAX_ERROR_ALLOW", C, Policy, "a resource control policy allows";
    Error, "RCP_SYNTAX_ERROR_NOTACTION", C, Policy, "a resource control policy has `NotAction`";
    Error, "RCP_SYNTAX_ERROR_PRINCIPAL", C, Policy, "the principal of a resource control policy is not `\"*\"`";
    Error, "ROLE_TRUST_POLICY_SYNTAX_ERROR_NOTPRINCIPAL", T, Policy, "a trust policy has `NotPrincipal`";
    Error, "ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE", T, Policy, "a trust policy has a resource";
    Error, "ROLE_TRUST_POLICY_UNSUPPORTED_WILDCARD_IN_PRINCIPAL", T, Policy, "the principal of a trust policy is `\"*\"`";
    Error, "SCP_SYNTAX_ERROR_ACTION_WILDCARD", S, Policy, "under the grammar before September 2025, a wildcard is not at the end of an action";
    Error, "SCP_SYNTAX_ERROR_ALLOW_CONDITION", S, Nothing(WITHDRAWN), "a service control policy allows under a condition";
    Error, "SCP_SYNTAX_ERROR_ALLOW_NOTACTION", S, Nothing(WITHDRAWN), "a service control policy allows by `NotAction`";
    Error, "SCP_SYNTAX_ERROR_ALLOW_RESOURCE", S, Nothing(WITHDRAWN), "a service control policy allows on some resources";
    Error, "SCP_SYNTAX_ERROR_NOTRESOURCE", S, Nothing(WITHDRAWN), "a service control policy has `NotResource`";
    Error, "SCP_SYNTAX_ERROR_PRINCIPAL", S, Policy, "a service control policy has a principal";
    Error, "TYPE_MISMATCH_IP_RANGE", ALL, Policy, "a value under an address operator is no address or network";
    Error, "UNIQUE_SIDS_REQUIRED", I.and(T).and(S).and(C), Policy, "a Sid stands twice";
    Error, "UNSUPPORTED_ACTION_FOR_CONDITION_KEY", ALL, Catalogue, "the condition key never exists in calls of the action";
    Error, "UNSUPPORTED_ACTION_IN_POLICY", R.and(T), Catalogue, "the action has nothing to do with the resource of the policy";
    Error, "UNSUPPORTED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL", R, Policy, "the condition key never exists in calls of a service principal";
    Error, "UNSUPPORTED_ELEMENT_COMBINATION", ALL, Policy, "a statement has both an element and its complement";
    Error, "UNSUPPORTED_GLOBAL_CONDITION_KEY", ALL, Policy, "`aws:ARN` is not supported";
    Error, "UNSUPPORTED_PRINCIPAL", I, Policy, "an identity-based policy has a principal";
    Error, "UNSUPPORTED_RESOURCE_ARN_IN_POLICY", R, Policy, "a resource is of another kind than the one that the policy is attached to";
    Error, "UNSUPPORTED_SID", ALL, Policy, "a Sid has characters that are not allowed in it";
    Error, "UNSUPPORTED_SPACE_IN_VARIABLE", ALL, Policy, "the name of a policy variable holds a blank";
    Error, "UNSUPPORTED_SYMBOL_IN_VARIABLE", ALL, Nothing("it is known from an old copy of AWS's list alone"), "a policy variable holds a symbol";
    Error, "UNSUPPORTED_WILDCARD_IN_PRINCIPAL", R.and(T), Policy, "a wildcard is part of a principal";
    Error, "VARIABLE_UNSUPPORTED_IN_ELEMENT", ALL, Policy, "a policy variable stands where none is substituted";
    Error, "VARIABLE_UNSUPPORTED_IN_VERSION", ALL, Policy, "a policy variable stands in a policy whose version is not `2012-10-17`";
    Error, "VARIABLE_USAGE_TOO_PERMISSIVE", R.and(C), Policy, "in the policy of a VPC endpoint or a resource control policy, a variable leaves too much open";
    Error, "WILDCARD_USAGE_TOO_PERMISSIVE", R.and(C), Policy, "in the policy of a VPC endpoint or a resource control policy, a wildcard leaves too much open";
    SecurityWarning, "ALLOW_WITH_NOT_PRINCIPAL", R, Policy, "everybody but a few is allowed";
    SecurityWarning, "DENY_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE", I.and(S), Catalogue, "a Deny with `NotAction` needs a tag of the resource that many services never tell";
    SecurityWarning, "DENY_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE", I.and(S), Catalogue, "a Deny needs a tag of the resource that its action never tells, so nothing is denied there";
    SecurityWarning, "DYNAMODB_ATTRIBUTES_WITHOUT_SELECT", I.and(R), Policy, "attributes of a DynamoDB table are restricted and `dynamodb:Select` is not";
    SecurityWarning, "FORALLVALUES_WITH_SINGLE_VALUED_KEY", ALL, Catalogue, "an Allow tests a key with one value by `ForAllValues:`, which a missing key passes";
    SecurityWarning, "FORANYVALUE_WITH_AUDIENCE_CLAIM_TYPE", T, Policy, "the audience of a web identity is tested by `ForAnyValue:`";
    SecurityWarning, "MISSING_CONDITION_KEY_FOR_OIDC_PRINCIPAL", T, Policy, "a web identity provider is trusted with all of its users";
    SecurityWarning, "MISSING_GITHUB_REPO_CONDITION_KEY", T, Policy, "GitHub is trusted without saying whose workflows";
    SecurityWarning, "MISSING_PAIRED_CONDITION_KEYS", ALL, Policy, "a private address is tested without the VPC that it is in";
    SecurityWarning, "PASS_ROLE_WITH_NOT_ACTION_AND_NOT_RESOURCE", I, Policy, "`NotAction` lets roles be passed, all but those in `NotResource`";
    SecurityWarning, "PASS_ROLE_WITH_NOT_RESOURCE", I, Policy, "all roles may be passed but those in `NotResource`";
    SecurityWarning, "PASS_ROLE_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE", I, Policy, "a wildcard lets roles be passed, all but those in `NotResource`";
    SecurityWarning, "PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE", I, Policy, "a wildcard lets every role be passed";
    SecurityWarning, "PASS_ROLE_WITH_STAR_IN_RESOURCE", I, Policy, "every role may be passed";
    SecurityWarning, "PASS_ROLE_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION", I, Policy, "`NotAction` lets every role be passed";
    SecurityWarning, "RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL", R, Policy, "a service is allowed for whomever it acts";
    SecurityWarning, "S3_PREFIX_IN_NEGATIVE_CONTEXT", I.and(R), Policy, "`s3:prefix` says what may not be listed, which a shorter prefix evades";
    SecurityWarning, "STRING_LIKE_OPERATOR_WITH_ARN_CONDITION_KEYS", ALL, Catalogue, "an ARN is matched as text, where a `*` goes past its fields";
    SecurityWarning, "UNTRUSTWORTHY_CONDITION_KEY", ALL, Policy, "an Allow relies on a key that the caller chooses";
    Warning, "CREATE_SLR_WITH_NOT_ACTION_AND_NOT_RESOURCE", I, Policy, "`NotAction` lets service-linked roles be created, all but those in `NotResource`";
    Warning, "CREATE_SLR_WITH_NOT_RESOURCE", I, Policy, "all service-linked roles may be created but those in `NotResource`";
    Warning, "CREATE_SLR_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE", I, Policy, "a wildcard lets service-linked roles be created, all but those in `NotResource`";
    Warning, "CREATE_SLR_WITH_STAR_IN_ACTION_AND_RESOURCE", I, Policy, "a wildcard lets every service-linked role be created";
    Warning, "CREATE_SLR_WITH_STAR_IN_RESOURCE", I, Policy, "every service-linked role may be created";
    Warning, "CREATE_SLR_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION", I, Policy, "`NotAction` lets every service-linked role be created";
    Warning, "DEPRECATED_GLOBAL_CONDITION_KEY", ALL, Nothing("AWS does not publish which keys it calls deprecated; `aws:ARN` has a code of its own"), "a global condition key is deprecated";
    Warning, "INVALID_DATE_VALUE", ALL, Policy, "a date may not mean what it seems to";
    Warning, "INVALID_ROLE_REFERENCE", R.and(T), Policy, "a principal is the id of a role that was deleted";
    Warning, "INVALID_USER_REFERENCE", R.and(T), Policy, "a principal is the id of a user that was deleted";
    Warning, "MISSING_VERSION", ALL, Policy, "the policy does not say its version";
    Warning, "POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA", I, Policy, "the policy is larger than any identity-based policy may be";
    Warning, "POLICY_SIZE_EXCEEDS_RESOURCE_POLICY_QUOTA", R, Policy, "the policy is larger than that of such a resource may be";
    Warning, "POLICY_SIZE_EXCEEDS_ROLE_TRUST_POLICY_QUOTA", T, Policy, "the policy is larger than a trust policy may be";
    Warning, "RCP_MISSING_RELATED_PRINCIPAL_CONDITION_KEY", C, Policy, "principals are denied by a key that services do not have, and services are not excepted";
    Warning, "RCP_MISSING_RELATED_SERVICE_PRINCIPAL_CONDITION_KEY", C, Policy, "sources are denied without saying that it is about calls of services";
    Warning, "RCP_MISSING_SERVICE_CONDITION_KEY_NULL_CHECK", C, Policy, "sources are denied also where a service tells none";
    Warning, "SPECIFIC_GITHUB_REPO_AND_BRANCH_RECOMMENDED", T, Policy, "GitHub is trusted beyond one repository and branch";
    Warning, "TYPE_MISMATCH", ALL, Catalogue, "the operator compares other values than the key has";
    Warning, "TYPE_MISMATCH_BOOLEAN", ALL, Policy, "a value under a boolean operator is neither `true` nor `false`";
    Warning, "TYPE_MISMATCH_DATE", ALL, Policy, "a value under a date operator is no date";
    Warning, "TYPE_MISMATCH_NUMBER", ALL, Policy, "a value under a numeric operator is no number";
    Warning, "TYPE_MISMATCH_STRING", ALL, Policy, "a value under `BinaryEquals` is no Base64 text";
    Warning, "UNIQUE_SIDS_RECOMMENDED", R, Policy, "a Sid stands twice";
    Warning, "USE_CONDITION_KEY_ONLY_WITH_SUPPORTED_SERVICES", ALL, Nothing("which services tell of the owner of a VPC endpoint is a list in AWS's prose, not in its service reference"), "the owner of the VPC endpoint is tested for services that do not tell it";
    Warning, "WILDCARD_WITHOUT_LIKE_OPERATOR", ALL, Policy, "a wildcard stands under an operator that has none";
    Suggestion, "ALLOW_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE", I, Catalogue, "an Allow with `NotAction` needs a tag of the resource that many services never tell";
    Suggestion, "ALLOW_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE", I, Catalogue, "an Allow needs a tag of the resource that its action never tells, so nothing is allowed there";
    Suggestion, "CONFIRM_AUDIENCE_CLAIM_TYPE", T, Policy, "whether a token of the provider has one audience or several decides which operator is right";
    Suggestion, "EMPTY_ARRAY_ACTION", ALL, Policy, "a list of actions is empty";
    Suggestion, "EMPTY_ARRAY_CONDITION", ALL, Policy, "a list of condition values is empty";
    Suggestion, "EMPTY_ARRAY_CONDITION_FORALLVALUES", ALL, Policy, "a list of condition values under `ForAllValues:` is empty";
    Suggestion, "EMPTY_ARRAY_CONDITION_FORANYVALUE", ALL, Policy, "a list of condition values under `ForAnyValue:` is empty";
    Suggestion, "EMPTY_ARRAY_CONDITION_IFEXISTS", ALL, Policy, "a list of condition values under `IfExists` is empty";
    Suggestion, "EMPTY_ARRAY_PRINCIPAL", R.and(T), Policy, "a list of principals is empty";
    Suggestion, "EMPTY_ARRAY_RESOURCE", ALL, Policy, "a list of resources is empty";
    Suggestion, "EMPTY_OBJECT_CONDITION", ALL, Policy, "a condition, or an operator in it, is empty";
    Suggestion, "EMPTY_OBJECT_PRINCIPAL", R.and(T), Policy, "a principal is an empty object";
    Suggestion, "EMPTY_SID_VALUE", ALL, Policy, "a Sid is empty";
    Suggestion, "EQUIVALENT_TO_NULL_FALSE", ALL, Policy, "the test holds exactly where the key is present";
    Suggestion, "EQUIVALENT_TO_NULL_TRUE", ALL, Policy, "the test holds exactly where the key is missing";
    Suggestion, "IMPROVE_IP_RANGE", ALL, Policy, "a network has bits set behind its prefix";
    Suggestion, "IRRELEVANT_CONDITION_KEY_IN_POLICY", R, Policy, "the condition key says nothing that the policy's own resource does not";
    Suggestion, "NULL_WITH_QUALIFIER", ALL, Policy, "`Null` is tested for each value";
    Suggestion, "PRIVATE_IP_ADDRESS_SUBSET", ALL, Policy, "some of the networks of `aws:SourceIp` are private, where no caller of AWS's public endpoints is";
    Suggestion, "PRIVATE_NOT_IP_ADDRESS_SUBSET", ALL, Policy, "some of the excluded networks of `aws:SourceIp` are private, where no caller of AWS's public endpoints is";
    Suggestion, "RECOMMENDED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL", R, Policy, "a service is confined by a weaker key than those made for it";
    Suggestion, "REDUNDANT_ACTION", ALL, Policy, "actions are within another entry of their list";
    Suggestion, "REDUNDANT_CONDITION_VALUE_NUM", ALL, Policy, "of several limits one decides";
    Suggestion, "REDUNDANT_KEY_DUE_TO_WILDCARD_IN_CONDITION", ALL, Policy, "a `*` makes a test hold always";
    Suggestion, "REDUNDANT_PRINCIPAL_IN_ROLE_TRUST_POLICY", T, Policy, "a session is trusted beside its role";
    Suggestion, "REDUNDANT_RESOURCE", ALL, Policy, "resources are within another entry of their list";
    Suggestion, "REDUNDANT_STATEMENT", ALL, Policy, "two statements say the same";
    Suggestion, "REDUNDANT_STATEMENT_DUE_TO_WILDCARD_IN_CONDITION", ALL, Policy, "a `*` makes a test fail always, so the statement never applies";
    Suggestion, "WILDCARD_IN_SERVICE_NAME", ALL, Policy, "a wildcard stands in the service of an ARN";
    SecurityWarning, "ALLOW_ALL_BY_NEGATION", I, Proof, "`NotAction` or `NotResource` grants everything that it does not name";
    SecurityWarning, "PASS_ROLE_TO_ANY_SERVICE", I, Proof, "roles may be passed to any service";
    SecurityWarning, "PUBLIC_ACCESS", R.and(T), Proof, "anybody may do something";
    SecurityWarning, "PRIVILEGE_ESCALATION", I, Proof, "some actions together let their holder give itself more permissions";
    Warning, "ALLOW_WITHOUT_EFFECT", ALL, Proof, "an Allow applies to no request, or to none that the policy does not deny";
    Warning, "CONDITION_NEVER_HOLDS", ALL, Proof, "a condition holds in no request, or several exclude each other";
    Warning, "DENY_WITHOUT_EFFECT", ALL, Proof, "a Deny applies to no request, or to none that the principal is allowed";
    Suggestion, "CONDITION_ALWAYS_HOLDS", ALL, Proof, "a condition holds in every request that the rest of the statement is about";
    Suggestion, "RESOURCE_WITHOUT_ACTION", I, Proof, "by the catalogue no action of the statement applies to a resource";
    Suggestion, "LIKE_WITHOUT_WILDCARD", ALL, Proof, "`StringLike` has no wildcard";
    Suggestion, "STATEMENT_SUBSUMED", ALL, Proof, "other statements say all that a statement says";
}
