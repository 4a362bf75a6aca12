//! Which actions can be about a resource.

use super::Catalog;
use super::facts::{Action, ResourceType, Service};
use crate::arn::Arn;
use crate::pattern::{Pattern, Piece, Syntax};
use crate::policy::ResourcePattern;

impl Catalog {
    /// The actions that can be about resources of a pattern, as patterns of a policy: all of the service that its ARN
    /// names, also those that the catalogue does not list, and of other services those whose resource types have such
    /// ARNs, as `sts:AssumeRole` has those of roles.
    ///
    /// None where the ARN names no single service, or none that the catalogue knows: then it can be any action.
    pub fn actions_about(&self, resource: &ResourcePattern) -> Option<Vec<String>> {
        let ResourcePattern::Arn(fields) = resource else { return None };
        let own = resource.service()?;
        self.entry(own)?;
        let mut found = vec![format!("{own}:*")];
        for entry in self.index.entries.iter().filter(|entry| entry.prefix != own) {
            let service = self.read(entry).expect("INVARIANT (checked catalogue)");
            let fitting: Vec<&ResourceType> =
                service.resource_types.iter().filter(|of| fits(of, fields)).collect();
            let about = service.actions.iter().filter(|action| is_about(action, &fitting));
            found.extend(about.map(|action| format!("{}:{}", service.prefix, action.name)));
        }
        Some(found)
    }
}

impl Service {
    /// The ARNs of the resources that an action is about, where the given one is of none of them: AWS decides the action
    /// on one of those, and what a policy says of the given one is without effect. Empty where it is of one, and for
    /// actions that are about no resource.
    pub fn arns_instead<'a>(&'a self, action: &Action, of: &Arn) -> Vec<&'a str> {
        let fields = of.fields().map(Pattern::literal);
        let types = || self.resource_types.iter().filter(|known| is_about(action, &[known]));
        if types().any(|known| fits(known, &fields)) {
            return Vec::new();
        }
        types().flat_map(|known| &known.arns).map(String::as_str).collect()
    }

    /// The ARNs of the resources that an action is about, as patterns.
    pub fn patterns_of<'a>(&'a self, action: &'a Action) -> impl Iterator<Item = ResourcePattern> + 'a {
        let types = self.resource_types.iter().filter(|known| is_about(action, &[known]));
        types.flat_map(|known| &known.arns).map(|arn| ResourcePattern::Arn(fields(arn)))
    }
}

/// Whether a resource of the type may have an ARN with these fields.
fn fits(of: &ResourceType, fields: &[Pattern]) -> bool {
    of.arns.iter().any(|arn| self::fields(arn).iter().zip(fields).all(|(own, field)| own.meets(field)))
}

/// The fields of an ARN of the catalogue, with a wildcard for each placeholder.
fn fields(arn: &str) -> Vec<Pattern> {
    let (pattern, _) = Pattern::parse(arn, Syntax { wildcards: true, variables: true });
    pattern.with_variables_as(&Piece::Star).split_at_colons(5)
}

fn is_about(action: &Action, types: &[&ResourceType]) -> bool {
    action.resources.iter().any(|used| types.iter().any(|of| of.name == used.type_name))
}

#[cfg(test)]
mod test {
    use super::*;

    fn about(arn: &str) -> Option<Vec<String>> {
        Catalog::embedded().actions_about(&ResourcePattern::one(&Arn::parse(arn).unwrap()))
    }

    #[test]
    fn actions_of_other_services_are_about_roles_and_clusters() {
        assert_eq!(about("arn:aws:sqs:us-east-1:123456789012:queue").unwrap(), ["sqs:*"]);
        let of_role = about("arn:aws:iam::123456789012:role/deploy").unwrap();
        for expected in ["iam:*", "sts:AssumeRole", "sts:TagSession"] {
            assert!(of_role.iter().any(|of| of == expected), "{expected}");
        }
        assert!(!of_role.iter().any(|of| of.starts_with("s3:")));
        let of_cluster = about("arn:aws:rds:us-east-1:123456789012:cluster:orders").unwrap();
        assert!(of_cluster.iter().any(|of| of == "rds-data:ExecuteStatement"));
    }

    #[test]
    fn an_alias_is_no_key() {
        let catalog = Catalog::embedded();
        let kms = catalog.service("kms").unwrap();
        let arn =
            |resource: &str| Arn::parse(&format!("arn:aws:kms:us-east-1:123456789012:{resource}")).unwrap();
        let decrypt = kms.action("Decrypt").unwrap();
        assert_eq!(
            kms.arns_instead(decrypt, &arn("alias/app")),
            ["arn:${Partition}:kms:${Region}:${Account}:key/${KeyId}"]
        );
        assert!(kms.arns_instead(decrypt, &arn("key/1234")).is_empty());
        assert!(kms.arns_instead(kms.action("CreateAlias").unwrap(), &arn("alias/app")).is_empty());
    }

    #[test]
    fn it_can_be_any_action_where_the_service_is_not_said_or_not_known() {
        assert_eq!(about("arn:aws:of-next-year:us-east-1:123456789012:thing/a"), None);
        assert_eq!(about("arn:aws:*:us-east-1:123456789012:thing/a").map(|found| found.len()), None);
        assert_eq!(Catalog::embedded().actions_about(&ResourcePattern::Every), None);
    }
}
