//! Sizes and quotas as AWS counts them (R-GRM-60, R-GRM-61).

/// The size of a document for the quotas of IAM: characters, without JSON's insignificant whitespace.
pub fn size(text: &str) -> usize {
    let mut in_string = false;
    let mut escaped = false;
    text.chars()
        .filter(|&c| {
            let counts = in_string || !matches!(c, ' ' | '\t' | '\r' | '\n');
            match (in_string, escaped, c) {
                (true, true, _) => escaped = false,
                (true, false, '\\') => escaped = true,
                (_, false, '"') => in_string = !in_string,
                _ => {}
            }
            counts
        })
        .count()
}

/// A limit of AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// What is limited.
    pub item: &'static str,
    /// The limit; where AWS raises it on request, the default.
    pub limit: usize,
}

impl Quota {
    /// Length of any document that an IAM call accepts, whitespace included.
    pub const DOCUMENT_LENGTH: Quota = Quota { item: "length of a policy document", limit: 131_072 };
    /// Size of a customer managed policy.
    pub const MANAGED_POLICY: Quota = Quota { item: "size of a customer managed policy", limit: 6_144 };
    /// All inline policies of one user together.
    pub const INLINE_OF_USER: Quota = Quota { item: "size of all inline policies of a user", limit: 2_048 };
    /// All inline policies of one group together.
    pub const INLINE_OF_GROUP: Quota = Quota { item: "size of all inline policies of a group", limit: 5_120 };
    /// All inline policies of one role together.
    pub const INLINE_OF_ROLE: Quota = Quota { item: "size of all inline policies of a role", limit: 10_240 };
    /// A role's trust policy.
    pub const TRUST_POLICY: Quota = Quota { item: "size of a trust policy", limit: 2_048 };
    /// A service control policy, whitespace included.
    pub const SCP: Quota = Quota { item: "size of a service control policy", limit: 10_240 };
    /// A resource control policy, whitespace included.
    pub const RCP: Quota = Quota { item: "size of a resource control policy", limit: 5_120 };
    /// Managed policies attached to one user or group.
    pub const ATTACHED_POLICIES: Quota =
        Quota { item: "managed policies attached to one principal", limit: 10 };
    /// Managed policies attached to one role.
    pub const ATTACHED_POLICIES_OF_ROLE: Quota =
        Quota { item: "managed policies attached to one role", limit: 20 };
    /// Service control policies attached to one root, OU or account.
    pub const SCPS_OF_NODE: Quota =
        Quota { item: "service control policies attached to one root, OU or account", limit: 10 };
    /// Resource control policies attached to one root, OU or account, `RCPFullAWSAccess` among them.
    pub const RCPS_OF_NODE: Quota =
        Quota { item: "resource control policies attached to one root, OU or account", limit: 5 };
    /// Groups of one user.
    pub const GROUPS_OF_USER: Quota = Quota { item: "groups of a user", limit: 10 };
    /// Versions kept of one managed policy.
    pub const POLICY_VERSIONS: Quota = Quota { item: "versions of a managed policy", limit: 5 };
    /// Tags of one principal.
    pub const TAGS: Quota = Quota { item: "tags of a principal", limit: 50 };

    /// A warning, where the limit is passed.
    pub fn exceeded_by(self, found: usize) -> Option<String> {
        let Quota { item, limit } = self;
        (found > limit).then(|| format!("{item}: {found} is over AWS's default quota of {limit}"))
    }
}
