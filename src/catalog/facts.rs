//! What the catalogue says about one service: its actions, resource types and condition keys, in AWS's words.
//!
//! Values only. Nothing here decides a request (R-RES-11): these facts are for showing, checking and suggesting.

use std::fmt;

/// One service, such as `s3`, with everything the service reference says about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The part before the colon of its actions, in lower case: `s3`.
    pub prefix: String,
    /// The name for people: `Amazon S3`.
    pub name: String,
    /// Its actions, by name.
    pub actions: Vec<Action>,
    /// The kinds of resources its actions act on, by name.
    pub resource_types: Vec<ResourceType>,
    /// Every condition key that its actions or resource types name, global and foreign ones included.
    pub condition_keys: Vec<ConditionKey>,
}

impl Service {
    /// The action of that name (`GetObject`, without the service), whatever its case.
    pub fn action(&self, name: &str) -> Option<&Action> {
        self.actions.iter().find(|action| action.name.eq_ignore_ascii_case(name))
    }

    /// The resource type of that name, as [`ActionResource::type_name`] spells it.
    pub fn resource_type(&self, name: &str) -> Option<&ResourceType> {
        self.resource_types.iter().find(|resource_type| resource_type.name == name)
    }

    /// The condition key that a policy's `key` means among those of this service; see [`ConditionKey::fits`].
    pub fn condition_key(&self, key: &str) -> Option<&ConditionKey> {
        nearest_fit(&self.condition_keys, key)
    }
}

/// Where several keys fit, the one that says most: the most characters outside its placeholder.
pub(super) fn nearest_fit<'a>(keys: &'a [ConditionKey], key: &str) -> Option<&'a ConditionKey> {
    keys.iter().filter(|known| known.fits(key)).max_by_key(|known| known.fixed_length())
}

/// One action of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// The name without the service: `GetObject`.
    pub name: String,
    /// What the action does, roughly.
    pub access: AccessLevel,
    /// The resource types it can be allowed or denied on. AWS lists a type twice where the action takes two of
    /// them.
    pub resources: Vec<ActionResource>,
    /// The condition keys it has whatever the resource, in AWS's order.
    pub keys: Vec<String>,
}

impl Action {
    /// Whether the action supports no resource type, so that AWS decides it on `*` (R-RES-10).
    pub fn is_wildcard_only(&self) -> bool {
        self.resources.is_empty()
    }

    /// Whether some resource type is mandatory, so that a request on `*` is not what AWS sees (R-RES-11).
    pub fn needs_resource(&self) -> bool {
        self.resources.iter().any(|resource| resource.required)
    }
}

/// A resource type as one action uses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionResource {
    /// The name of a [`ResourceType`] of the same service.
    pub type_name: String,
    /// Whether every call names a resource of this type.
    pub required: bool,
    /// The condition keys the action has for this type.
    pub keys: Vec<String>,
}

/// A kind of resource: `bucket`, `object`, …
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceType {
    /// The name, which may hold spaces and slashes.
    pub name: String,
    /// The ARN patterns, such as `arn:${Partition}:s3:::${BucketName}`.
    pub arns: Vec<String>,
    /// The condition keys that describe such a resource.
    pub keys: Vec<String>,
}

/// A condition key and the kind of its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConditionKey {
    /// The name, perhaps with a placeholder: `s3:prefix`, `aws:ResourceTag/${TagKey}`,
    /// `s3:ExistingObjectTag/<key>`.
    pub name: String,
    /// What its values are.
    pub kind: KeyKind,
}

impl ConditionKey {
    /// Whether a policy's `key` means this key: the same name but for case, with any text for the placeholder
    /// (R-KEY-8).
    ///
    /// Nearly always that is a prefix up to a slash; `codebuild:fileSystemLocations/${identifier}.type` also has
    /// text behind its placeholder, and that must be there.
    pub fn fits(&self, key: &str) -> bool {
        let Some((before, after)) = self.around_placeholder() else {
            return self.name.eq_ignore_ascii_case(key);
        };
        let (before, after, key) = (before.as_bytes(), after.as_bytes(), key.as_bytes());
        key.len() >= before.len() + after.len()
            && key[..before.len()].eq_ignore_ascii_case(before)
            && key[key.len() - after.len()..].eq_ignore_ascii_case(after)
    }

    /// The text before and behind the placeholder, `${…}` or `<…>`, if the name has one.
    fn around_placeholder(&self) -> Option<(&str, &str)> {
        // Few names have one, and looking for two characters takes longer.
        if !self.name.bytes().any(|byte| byte == b'$' || byte == b'<') {
            return None;
        }
        let split = |open, close| {
            let (before, rest) = self.name.split_once(open)?;
            Some((before, rest.rsplit_once(close)?.1))
        };
        split("${", '}').or_else(|| split("<", '>'))
    }

    /// A name without a placeholder says more than any with one.
    fn fixed_length(&self) -> usize {
        self.around_placeholder().map_or(usize::MAX, |(before, after)| before.len() + after.len())
    }
}

/// The type of a key's values, and whether a request can hold several (R-KEY-2, R-KEY-8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyKind {
    /// The type of each value.
    pub base: KeyType,
    /// Whether the key is multivalued: AWS writes `ArrayOf…`.
    pub multivalued: bool,
}

impl KeyKind {
    /// Reads AWS's word for it: `String`, `ArrayOfARN`, …
    pub fn parse(word: &str) -> Option<KeyKind> {
        let (multivalued, word) = match word.strip_prefix("ArrayOf") {
            Some(word) => (true, word),
            None => (false, word),
        };
        let base = KeyType::ALL.into_iter().find(|base| base.as_str() == word)?;
        Some(KeyKind { base, multivalued })
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.multivalued { "ArrayOf" } else { "" }, self.base)
    }
}

/// The types of values in the service reference (R-KEY-8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyType {
    /// Text.
    String,
    /// A decimal number.
    Numeric,
    /// `true` or `false`.
    Bool,
    /// A point in time.
    Date,
    /// An IP address.
    IpAddress,
    /// An ARN.
    Arn,
    /// Bytes in Base64.
    Binary,
}

impl KeyType {
    /// Every type. A data file names them by their place here, so new ones go to the end.
    pub const ALL: [KeyType; 7] = [
        KeyType::String,
        KeyType::Numeric,
        KeyType::Bool,
        KeyType::Date,
        KeyType::IpAddress,
        KeyType::Arn,
        KeyType::Binary,
    ];

    /// AWS's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            KeyType::String => "String",
            KeyType::Numeric => "Numeric",
            KeyType::Bool => "Bool",
            KeyType::Date => "Date",
            KeyType::IpAddress => "IPAddress",
            KeyType::Arn => "ARN",
            KeyType::Binary => "Binary",
        }
    }
}

impl fmt::Display for KeyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What an action does, roughly, as AWS classifies it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccessLevel {
    /// Sees that resources exist.
    List,
    /// Reads what is in them.
    Read,
    /// Creates, changes or deletes them.
    Write,
    /// Grants or changes permissions.
    PermissionsManagement,
    /// Only changes tags.
    Tagging,
}

impl AccessLevel {
    /// Every level, in AWS's order. A data file names them by their place here, so new ones go to the end.
    pub const ALL: [AccessLevel; 5] = [
        AccessLevel::List,
        AccessLevel::Read,
        AccessLevel::Write,
        AccessLevel::PermissionsManagement,
        AccessLevel::Tagging,
    ];

    /// AWS's words for it.
    pub fn as_str(self) -> &'static str {
        match self {
            AccessLevel::List => "List",
            AccessLevel::Read => "Read",
            AccessLevel::Write => "Write",
            AccessLevel::PermissionsManagement => "Permissions management",
            AccessLevel::Tagging => "Tagging",
        }
    }

    /// Reads AWS's words for it, whatever their case.
    pub fn parse(words: &str) -> Option<AccessLevel> {
        AccessLevel::ALL.into_iter().find(|level| level.as_str().eq_ignore_ascii_case(words))
    }
}

impl fmt::Display for AccessLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
