//! Resources in others, which the policy of the other is about, too (R-EVL-8): the objects of a bucket, the indexes of a
//! table.
//!
//! From AWS's documentation: "Policies and permissions in Amazon S3" (objects), "Configuring IAM policies for using access
//! points" and its page for S3 on Outposts (objects through them), "Using resource-based policies for DynamoDB" (indexes;
//! a stream has a policy of its own), "Identity and Access Management in Amazon OpenSearch Service" (what is under a
//! domain), "MediaStore container policies", and "Control access to a REST API with API Gateway resource policies".

use crate::arn::Arn;

/// Where resources lie in others: the resource field of the holder has so many parts between slashes, the first of them
/// that one, and the resource field of what it holds goes on with `/` and `then`.
struct Rule {
    service: &'static str,
    first: Option<&'static str>,
    parts: usize,
    then: &'static str,
}

const RULES: [Rule; 8] = [
    Rule { service: "s3", first: None, parts: 1, then: "" },
    Rule { service: "s3", first: Some("accesspoint"), parts: 2, then: "object/" },
    Rule { service: "s3-outposts", first: Some("outpost"), parts: 4, then: "object/" },
    Rule { service: "dynamodb", first: Some("table"), parts: 2, then: "index/" },
    Rule { service: "es", first: Some("domain"), parts: 2, then: "" },
    Rule { service: "mediastore", first: Some("container"), parts: 2, then: "" },
    Rule { service: "execute-api", first: None, parts: 1, then: "" },
    Rule { service: "s3-object-lambda", first: Some("accesspoint"), parts: 2, then: "object/" },
];

impl Rule {
    /// Of a bucket only its ARN says that it is one: it has no account.
    fn is_about(&self, arn: &Arn) -> bool {
        let is_of_bucket = self.service != "s3" || self.first.is_some() || arn.account().is_empty();
        let begins = self.first.is_none_or(|first| arn.resource().split('/').next() == Some(first));
        arn.service() == self.service && is_of_bucket && begins
    }
}

/// With what the resource fields of all begin that lie in a resource; none where nothing does.
pub(super) fn beginning(holder: &Arn) -> Option<String> {
    let is_holder =
        |rule: &&Rule| rule.is_about(holder) && holder.resource().split('/').count() == rule.parts;
    let rule = RULES.iter().find(is_holder)?;
    Some(format!("{}/{}", holder.resource(), rule.then))
}

/// The resource in which another lies, if it lies in one.
pub(super) fn holder(of: &Arn) -> Option<Arn> {
    let resource = of.resource();
    RULES.iter().filter(|rule| rule.is_about(of)).find_map(|rule| {
        let (end, _) = resource.match_indices('/').nth(rule.parts.checked_sub(1)?)?;
        let rest = resource.get(end + 1..)?;
        let holder = of.as_str().strip_suffix(resource.get(end..)?)?;
        if rest.starts_with(rule.then) { Arn::parse(holder) } else { None }
    })
}

#[cfg(test)]
mod test {
    use super::*;

    fn holder_of(text: &str) -> Option<String> {
        holder(&Arn::parse(text).unwrap()).map(|arn| arn.as_str().to_owned())
    }

    #[test]
    fn objects_lie_in_buckets_and_indexes_in_tables() {
        for (of, expected) in [
            ("arn:aws:s3:::b/k/l", "arn:aws:s3:::b"),
            (
                "arn:aws:s3:us-east-1:111111111111:accesspoint/ap/object/k",
                "arn:aws:s3:us-east-1:111111111111:accesspoint/ap",
            ),
            (
                "arn:aws:dynamodb:us-east-1:111111111111:table/t/index/i",
                "arn:aws:dynamodb:us-east-1:111111111111:table/t",
            ),
            ("arn:aws:es:us-east-1:111111111111:domain/d/x/y", "arn:aws:es:us-east-1:111111111111:domain/d"),
            (
                "arn:aws:s3-outposts:us-east-1:111111111111:outpost/op/bucket/b/object/k",
                "arn:aws:s3-outposts:us-east-1:111111111111:outpost/op/bucket/b",
            ),
            (
                "arn:aws:execute-api:us-east-1:111111111111:api/prod/GET/x",
                "arn:aws:execute-api:us-east-1:111111111111:api",
            ),
        ] {
            assert_eq!(holder_of(of).as_deref(), Some(expected));
            let (of, expected) = (Arn::parse(of).unwrap(), Arn::parse(expected).unwrap());
            assert!(of.resource().starts_with(&beginning(&expected).unwrap()));
            assert_eq!(holder(&expected), None, "{expected}");
        }
    }

    #[test]
    fn names_with_slashes_lie_in_nothing() {
        for alone in [
            "arn:aws:s3:us-east-1:111111111111:accesspoint/ap",
            "arn:aws:dynamodb:us-east-1:111111111111:table/t/stream/2026",
            "arn:aws:ecr:us-east-1:111111111111:repository/a/b",
            "arn:aws:iam::111111111111:role/a/b",
            "arn:aws:secretsmanager:us-east-1:111111111111:secret:a/b",
        ] {
            assert_eq!(holder_of(alone), None);
        }
    }
}
