//! A policy with only what it says of the resources that it is on, so that it can stand beside those of others.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::held::{beginning, holder};
use crate::arn::{AccountId, Arn};
use crate::context_keys::OWNER;
use crate::layers::{LayerDocument, LayerPolicy};
use crate::pattern::{Pattern, Piece, Syntax};
use crate::policy::{Condition, Parsed, Policy, ResourcePattern, Selector, Span, Spanned, Statement, Test};
use crate::store::Principal;

/// The resources that the policy of one is about (R-EVL-8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// The one.
    One(Arn),
    /// One, and what lies in it: a bucket and its objects.
    Holder {
        /// The one.
        arn: Arn,
        /// With what the resource fields of all in it begin.
        within: String,
    },
    /// What lies in one: the objects of a bucket.
    Held {
        /// In which.
        arn: Arn,
        /// With what their resource fields begin.
        within: String,
    },
    /// A role of this partition, path and name in an account that is not set: any.
    RoleOfAnyAccount {
        /// The partition.
        partition: String,
        /// `role/PATH/NAME`.
        resource: String,
    },
}

impl Place {
    /// Of the policy on a resource.
    pub(super) fn of_resource(arn: Arn) -> Place {
        match beginning(&arn) {
            Some(within) => Place::Holder { arn, within },
            None => Place::One(arn),
        }
    }

    /// Of a trust policy.
    pub(super) fn of_role(role: &Principal) -> Option<Place> {
        match role.account {
            Some(_) => Arn::parse(&role.arn()).map(Place::One),
            None => Some(Place::RoleOfAnyAccount {
                partition: role.partition.clone(),
                resource: format!("role{}{}", role.path, role.name),
            }),
        }
    }

    /// Whether it is a KMS key or a role, which always have policies (R-EVL-40).
    pub(super) fn requires_policy(&self) -> bool {
        match self {
            Place::One(arn) => matches!(arn.service(), "iam" | "kms"),
            Place::RoleOfAnyAccount { .. } => true,
            Place::Holder { .. } | Place::Held { .. } => false,
        }
    }

    /// As patterns.
    pub(super) fn entries(&self) -> Vec<Spanned<ResourcePattern>> {
        let segments = self.patterns().into_iter();
        segments
            .map(|segments| Spanned { value: ResourcePattern::Arn(segments), span: Span::NOWHERE })
            .collect()
    }

    fn patterns(&self) -> Vec<Vec<Pattern>> {
        let one = |arn: &Arn| arn.fields().iter().map(|field| Pattern::literal(field)).collect();
        let all_in = |arn: &Arn, within: &str| {
            let resource = wild(&format!("{}*", Pattern::literal(within)));
            let [arn, partition, service, region, account, _] = arn.fields().map(Pattern::literal);
            vec![arn, partition, service, region, account, resource]
        };
        match self {
            Place::One(arn) => vec![one(arn)],
            Place::Holder { arn, within } => vec![one(arn), all_in(arn, within)],
            Place::Held { arn, within } => vec![all_in(arn, within)],
            Place::RoleOfAnyAccount { partition, resource } => {
                let [arn, partition, iam, none, resource] =
                    ["arn", partition, "iam", "", resource].map(Pattern::literal);
                vec![vec![arn, partition, iam, none, wild("*"), resource]]
            }
        }
    }

    /// What names this place to those that can lie in it: the ARN of the holder, or that of a role but for the account; none
    /// where it is one resource.
    fn holding(&self) -> Option<String> {
        match self {
            Place::One(_) => None,
            Place::Holder { arn, .. } | Place::Held { arn, .. } => Some(arn.as_str().to_owned()),
            Place::RoleOfAnyAccount { partition, resource } => Some(of_any_account(partition, resource)),
        }
    }

    /// That of all places that this one can lie in.
    fn held_by(&self) -> [Option<String>; 2] {
        let Place::One(arn) = self else { return [None, None] };
        let is_of_iam = arn.service() == "iam";
        let role = is_of_iam.then(|| of_any_account(arn.partition(), arn.resource()));
        [holder(arn).map(|holder| holder.as_str().to_owned()), role]
    }
}

fn of_any_account(partition: &str, resource: &str) -> String {
    format!("arn:{partition}:iam::*:{resource}")
}

/// Of each place, those of the others that lie in it.
pub(super) fn held<'p>(places: impl Iterator<Item = &'p Place> + Clone) -> Vec<Vec<usize>> {
    let mut holders: FxHashMap<String, Vec<usize>> = FxHashMap::default();
    let mut held = Vec::new();
    for (nth, place) in places.clone().enumerate() {
        held.push(Vec::new());
        place.holding().into_iter().for_each(|key| holders.entry(key).or_default().push(nth));
    }
    for (nth, place) in places.enumerate().filter(|_| !holders.is_empty()) {
        for holder in place.held_by().iter().flatten().filter_map(|key| holders.get(key)).flatten() {
            held.get_mut(*holder).into_iter().for_each(|held: &mut Vec<usize>| held.push(nth));
        }
    }
    held
}

/// A pattern in which text that is not wild is escaped.
fn wild(text: &str) -> Pattern {
    Pattern::parse(text, Syntax { wildcards: true, variables: true }).0
}

/// The policy of a resource as a policy that says the same of it and nothing of others; none where that cannot be
/// written in patterns, or its document is not known.
pub(super) fn confined(policy: &LayerPolicy, to: &Place) -> Option<LayerPolicy> {
    let document = policy.document.as_ref()?;
    let mut statements = Vec::new();
    for statement in &document.parsed.policy.statements {
        let resource = match &statement.resource {
            None => to.entries(),
            Some(Selector::In(entries)) => confined_entries(entries, to)?,
            Some(Selector::NotIn(_)) => return None,
        };
        // One without entries applies to nothing, and keeps the numbers of the others.
        statements.push(Statement { resource: Some(Selector::In(resource)), ..statement.clone() });
    }
    Some(with_statements(policy, document, statements))
}

/// A policy that is on several, as one that says the same of all of them; none where [`confined`] has none.
pub(super) fn confined_to_all(policy: &LayerPolicy, places: &[&Place]) -> Option<LayerPolicy> {
    let mut all: Option<LayerPolicy> = None;
    let mut statements: Vec<Statement> = Vec::new();
    for place in places {
        let one = confined(policy, place)?;
        for (position, statement) in one.statements().iter().enumerate() {
            let known = statements.get_mut(position).and_then(|known| known.resource.as_mut());
            match (known, &statement.resource) {
                (Some(Selector::In(known)), Some(Selector::In(more))) => known.extend(more.iter().cloned()),
                _ => statements.push(statement.clone()),
            }
        }
        all = all.or(Some(one));
    }
    let all = all?;
    let document = all.document.as_ref()?;
    let name = match places.len() {
        1 => all.name.clone(),
        many => format!("{} and {} more", all.name, many - 1),
    };
    Some(LayerPolicy { name, ..with_statements(&all, document, statements) })
}

/// A policy with only what it says of the resources of some accounts.
pub(super) fn confined_to_accounts<'a>(
    policy: &LayerPolicy,
    accounts: impl IntoIterator<Item = &'a AccountId>,
) -> LayerPolicy {
    let Some(document) = &policy.document else { return policy.clone() };
    let of_accounts = Condition::of(OWNER, Test::StringEquals, accounts.into_iter().map(AccountId::as_str));
    let mut statements = document.parsed.policy.statements.clone();
    statements.iter_mut().for_each(|statement| statement.conditions.push(of_accounts.clone()));
    with_statements(policy, document, statements)
}

/// A policy with other statements in the place of its own, each of those by its number.
fn with_statements(
    policy: &LayerPolicy,
    document: &LayerDocument,
    statements: Vec<Statement>,
) -> LayerPolicy {
    let parsed = Parsed {
        policy: Policy { version: document.parsed.policy.version, statements },
        diagnostics: document.parsed.diagnostics.clone(),
    };
    policy.with_document(Some(Arc::new(LayerDocument { text: document.text.clone(), parsed })))
}

/// Whether a place is certain to have none of the resources of some entries.
pub(super) fn is_apart(place: &Place, entries: &[Spanned<ResourcePattern>]) -> bool {
    let is_disjoint = |entry: &Spanned<ResourcePattern>| match &entry.value {
        ResourcePattern::Every => false,
        ResourcePattern::Arn(segments) => {
            place.patterns().iter().all(|part| relation(segments, part) == Some(Relation::IsDisjoint))
        }
    };
    entries.iter().all(is_disjoint)
}

fn confined_entries(
    entries: &[Spanned<ResourcePattern>],
    to: &Place,
) -> Option<Vec<Spanned<ResourcePattern>>> {
    let mut all: Vec<Spanned<ResourcePattern>> = Vec::new();
    for entry in entries {
        for part in to.patterns() {
            let kept = match &entry.value {
                ResourcePattern::Every => Some(part),
                ResourcePattern::Arn(segments) => match relation(segments, &part)? {
                    Relation::Covers => Some(part),
                    Relation::IsWithin => Some(segments.clone()),
                    Relation::IsDisjoint => None,
                },
            };
            let kept = kept.map(|kept| Spanned { value: ResourcePattern::Arn(kept), span: entry.span });
            all.extend(kept.filter(|kept| !all.contains(kept)));
        }
    }
    Some(all)
}

/// How the resources of a pattern lie to those of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relation {
    Covers,
    IsWithin,
    IsDisjoint,
}

/// None where they cross, or that is not easily seen.
fn relation(pattern: &[Pattern], place: &[Pattern]) -> Option<Relation> {
    if pattern.len() != place.len() {
        return None;
    }
    let segments = || pattern.iter().zip(place);
    if segments().any(|(pattern, place)| is_disjoint(pattern, place)) {
        return Some(Relation::IsDisjoint);
    }
    if segments().all(|(pattern, place)| covers(pattern, place)) {
        return Some(Relation::Covers);
    }
    segments().all(|(pattern, place)| covers(place, pattern)).then_some(Relation::IsWithin)
}

/// The text before everything else.
fn head(pattern: &Pattern) -> &str {
    match pattern.pieces().first() {
        Some(Piece::Text(text)) => text,
        _ => "",
    }
}

fn is_disjoint(one: &Pattern, other: &Pattern) -> bool {
    match (one.as_text(), other.as_text()) {
        (Some(one), Some(other)) => one != other,
        (Some(text), None) => !text.starts_with(head(other)),
        (None, Some(text)) => !text.starts_with(head(one)),
        (None, None) => !head(one).starts_with(head(other)) && !head(other).starts_with(head(one)),
    }
}

/// Whether everything that `inner` matches has the text with which `outer` begins, and `outer` is that and `*`.
fn covers(outer: &Pattern, inner: &Pattern) -> bool {
    match outer.pieces() {
        [Piece::Star] => true,
        [Piece::Text(text), Piece::Star] => head(inner).starts_with(text.as_str()),
        _ => outer.as_text().is_some() && outer == inner,
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::policy::{PolicyType, ResourceService};

    fn resources_of(resource: &str, place: &str) -> Option<Vec<String>> {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":"*","Action":"*",{resource}}}}}"#
        );
        let policy_type = PolicyType::Resource(ResourceService::Other);
        let policy = LayerPolicy::read("p", "k", &text, policy_type);
        let confined = confined(&policy, &Place::of_resource(Arn::parse(place).unwrap()))?;
        let entries = confined.statements().first()?.resource.as_ref()?.entries().to_vec();
        Some(entries.iter().map(|entry| entry.value.to_string()).collect())
    }

    #[test]
    fn a_policy_is_confined_to_its_bucket() {
        let of = |resource: &str| resources_of(resource, "arn:aws:s3:::b");
        let whole = || Some(vec!["arn:aws:s3:::b".to_owned(), "arn:aws:s3:::b/*".to_owned()]);
        assert_eq!(of(r#""Resource":"*""#), whole());
        assert_eq!(of(r#""Resource":"arn:aws:s3:::b*""#), whole());
        let own = ["arn:aws:s3:::b", "arn:aws:s3:::b/x/*"];
        assert_eq!(
            of(r#""Resource":["arn:aws:s3:::b","arn:aws:s3:::b/x/*","arn:aws:s3:::bb/*"]"#),
            Some(own.map(str::to_owned).to_vec())
        );
        assert_eq!(of(r#""Resource":"arn:aws:s3:::*/x""#), None);
        assert_eq!(of(r#""NotResource":"arn:aws:s3:::b/x""#), None);
    }

    #[test]
    fn a_policy_without_resources_is_about_its_own() {
        let queue = "arn:aws:sqs:eu-west-1:111122223333:q";
        assert_eq!(resources_of(r#""Sid":"a""#, queue), Some(vec![queue.to_owned()]));
        assert_eq!(resources_of(r#""Resource":"arn:aws:sqs:*:*:p""#, queue), Some(Vec::new()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_lie_in_their_bucket_and_roles_in_those_of_any_account() {
        let arn = |text: &str| Arn::parse(text).unwrap();
        let one = |text: &str| Place::One(arn(text));
        let role =
            |resource: &str| Place::RoleOfAnyAccount { partition: "aws".into(), resource: resource.into() };
        let places = [
            Place::of_resource(arn("arn:aws:s3:::logs")),
            Place::Held { arn: arn("arn:aws:s3:::logs"), within: "logs/".to_owned() },
            Place::of_resource(arn("arn:aws-cn:s3:::logs")),
            one("arn:aws:s3:::logs/2026/a"),
            one("arn:aws:s3:::logs/"),
            one("arn:aws:s3:::logs-2/a"),
            one("arn:aws:s3:eu-west-1:111122223333:logs/a"),
            one("arn:aws:s3:::logs"),
            role("role/dev/deploy"),
            one("arn:aws:iam::111122223333:role/dev/deploy"),
            one("arn:aws:iam::111122223333:role/deploy"),
            one("arn:aws-cn:iam::111122223333:role/dev/deploy"),
            role("role/dev/deploy"),
        ];
        let mut expected = vec![Vec::new(); places.len()];
        (expected[0], expected[1]) = (vec![3, 4], vec![3, 4]);
        (expected[8], expected[12]) = (vec![9], vec![9]);
        assert_eq!(held(places.iter()), expected);
    }
}
