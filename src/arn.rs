//! Amazon Resource Names: six fields between five colons (R-RES-1), and account ids.

use std::fmt;

/// The partitions of AWS, and the wildcard that stands for all of them (R-GRM-72).
pub const PARTITIONS: [&str; 9] =
    ["*", "aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc"];

/// A full ARN, `arn:partition:service:region:account:resource`, split at its first five colons.
///
/// The sixth field keeps its own colons and slashes. Nothing is looked up: any six fields that start with
/// `arn` are an ARN.
///
/// ```
/// # use iamdb::arn::Arn;
/// let arn = Arn::parse("arn:aws:iam::123456789012:user/dev/alice").unwrap();
/// assert_eq!((arn.service(), arn.account(), arn.resource()), ("iam", "123456789012", "user/dev/alice"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arn {
    text: String,
    /// Where the first five colons are.
    colons: [u32; 5],
}

impl Arn {
    /// Reads an ARN; `None` where the text does not start with `arn:`, or has fewer than six fields
    /// within four gigabytes.
    pub fn parse(text: &str) -> Option<Arn> {
        let mut found = text.match_indices(':').map(|(at, _)| at);
        let mut colons = [0; 5];
        for colon in &mut colons {
            *colon = u32::try_from(found.next()?).ok()?;
        }
        text.starts_with("arn:").then(|| Arn { text: text.to_owned(), colons })
    }

    /// The six fields in order; the first is always `arn`.
    pub fn fields(&self) -> [&str; 6] {
        let mut rest = 0;
        std::array::from_fn(|nth| {
            let end = self.colons.get(nth).map_or(self.text.len(), |&at| at as usize);
            let field = self.text.get(rest..end).unwrap_or_default();
            rest = end + 1;
            field
        })
    }

    /// `aws`, `aws-cn`, `aws-us-gov`, …
    pub fn partition(&self) -> &str {
        self.fields()[1]
    }

    /// The service namespace, such as `s3`.
    pub fn service(&self) -> &str {
        self.fields()[2]
    }

    /// The region; empty for global resources.
    pub fn region(&self) -> &str {
        self.fields()[3]
    }

    /// The account field as written; empty for S3 buckets, `aws` for AWS's own policies.
    pub fn account(&self) -> &str {
        self.fields()[4]
    }

    /// Everything behind the fifth colon.
    pub fn resource(&self) -> &str {
        self.fields()[5]
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A twelve-digit AWS account id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(String);

impl AccountId {
    /// What stands in ARNs while the account is not known.
    pub const UNSET: &'static str = "000000000000";

    /// That as an account: nobody's.
    pub fn unset() -> AccountId {
        AccountId(AccountId::UNSET.to_owned())
    }

    /// Reads an account id; `None` unless it is exactly twelve ASCII digits.
    pub fn parse(text: &str) -> Option<AccountId> {
        (text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())).then(|| AccountId(text.to_owned()))
    }

    /// The twelve digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
